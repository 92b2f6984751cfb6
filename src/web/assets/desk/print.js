// Prints a card or a slip on its own: the style sheet leaves out the rest of the page. A device that always prints says so
// once, and it is kept on that device.

const printer = one("[data-print]");
const atOnce = one("[data-print-at-once]");

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage, the choice lasts as long as the page.
  }
}

if (printer) {
  const PRINTS = `auction_desk_prints_${printer.dataset.print}`;
  printer.hidden = false;
  printer.addEventListener("click", () => print());
  if (atOnce) {
    const box = one("input", atOnce);
    atOnce.hidden = false;
    box.checked = kept(PRINTS) === "yes";
    box.addEventListener("change", () => keep(PRINTS, box.checked ? "yes" : "no"));
    // Not again for a page that is loaded again, or that somebody goes back to.
    const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate";
    if (box.checked && isFresh) addEventListener("load", () => setTimeout(print));
  }
}
