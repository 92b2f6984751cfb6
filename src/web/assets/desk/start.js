// Starts what every page of the desk has.

// A tablet is shared: a page that the browser kept is asked for again, so that the server decides whether the pass holds.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.documentElement.hidden = true;
  location.reload();
});

function showLine() {
  one("[data-offline]").hidden = navigator.onLine;
}

addEventListener("online", showLine);
addEventListener("offline", showLine);
showLine();
showPrinting();
if (document.activeElement) selectFocused({ target: document.activeElement });
sendKept();

/** A form is sent once: a second press within a moment would only load the same answer again. */
const SENDING_MS = 3000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (form.ariaBusy === "true") return event.preventDefault();
  form.ariaBusy = "true";
  setTimeout(() => (form.ariaBusy = null), SENDING_MS);
});

/** A held Enter would confirm what nobody has read. */
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
});
