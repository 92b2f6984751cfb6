// A listing's pictures, its watch button and its print button.

function leaf(event) {
  const link = event.target.closest(".thumbs a");
  if (!link) return;
  event.preventDefault();
  const shot = one(link.hash).parentElement;
  shot.parentElement.scrollTo({ left: shot.offsetLeft - shot.parentElement.offsetLeft });
}

/** Marks the picture in view. `scroll` does not bubble, so it is caught in the capture phase. */
function markShown({ target: strip }) {
  if (!strip.matches?.(".strip")) return;
  const shown = Math.round(strip.scrollLeft / strip.clientWidth);
  all(".thumbs a").forEach((link, i) => link.toggleAttribute("aria-current", i === shown));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-watch]")) return;
  event.preventDefault();
  const button = one("button", form);
  const body = new URLSearchParams({ on: button.value });
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return form.submit();
  button.setAttribute("aria-pressed", button.value === "yes");
  button.value = button.value === "yes" ? "no" : "yes";
});

document.addEventListener("click", leaf);
document.addEventListener("scroll", markShown, { capture: true, passive: true });

document.addEventListener("click", ({ target }) => target.closest("[data-print]") && print());
all("[data-print]").forEach((button) => (button.hidden = false));
