// Number cards print by themselves on a device that says so once; it is kept there.

const PRINTS_CARDS = "auction-desk-print-cards";

function printsCards() {
  try {
    return localStorage.getItem(PRINTS_CARDS) === "yes";
  } catch {
    return false;
  }
}

function keepPrintsCards({ target }) {
  if (!target.closest("[data-print-at-once]")) return;
  try {
    localStorage.setItem(PRINTS_CARDS, target.checked ? "yes" : "no");
  } catch {
    // Without storage, the button prints.
  }
}

/** A card prints by itself once: not when its page is loaded again, nor when somebody goes back to it. */
function printCard() {
  const choice = one("[data-print-at-once]");
  if (!choice) return;
  choice.hidden = false;
  one("input", choice).checked = printsCards();
  const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (isFresh && printsCards()) print();
}

document.addEventListener("change", keepPrintsCards);
