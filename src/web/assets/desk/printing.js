// What prints: by a button, and by itself on a device that says so once, for number cards and for receipts each. The choice is
// kept there.

const PRINTS = "auction-desk-prints-";

function printsAlways(what) {
  try {
    return localStorage.getItem(PRINTS + what) === "yes";
  } catch {
    return false;
  }
}

function choosePrinting({ target }) {
  const choice = target.closest("[data-print-always]");
  if (!choice) return;
  try {
    localStorage.setItem(PRINTS + choice.dataset.printAlways, target.checked ? "yes" : "no");
  } catch {
    // Without storage, the button prints.
  }
}

/** What was just made (`data-new`) prints by itself once: not when its page is loaded again, nor when somebody goes back to it. */
function showPrinting() {
  all("[data-print]").forEach((button) => (button.hidden = false));
  // The address of a receipt says that it is new: not the one that somebody keeps or goes back to.
  if (one(".slip[data-new]")) history.replaceState(null, "", location.pathname);
  const choice = one("[data-print-always]");
  if (!choice) return;
  const prints = printsAlways(choice.dataset.printAlways);
  choice.hidden = false;
  one("input", choice).checked = prints;
  const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (prints && isFresh && one("article[data-new]")) print();
}

document.addEventListener("change", choosePrinting);
document.addEventListener("click", ({ target }) => target.closest("[data-print]") && print());
