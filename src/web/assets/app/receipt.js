// The receipts of the person's own bids: shown as they come, and copied.

/** Shows the newest receipt; earlier ones go behind a fold. */
function showReceipt({ seq, amount, at, receipt }) {
  const box = one("[data-receipts]");
  if (!box || one(`[data-receipt="${seq}"]`, box)) return;
  const before = one(":scope > [data-receipt]", box);
  if (before) {
    let fold = one(":scope > details", box);
    if (!fold) {
      fold = Object.assign(document.createElement("details"), { className: "fold" });
      fold.append(Object.assign(document.createElement("summary"), { textContent: words("receipts_earlier") }));
    }
    fold.firstElementChild.after(before);
    box.append(fold);
  }
  const shown = one("template[data-receipt-form]").content.firstElementChild.cloneNode(true);
  shown.dataset.receipt = seq;
  setText(one("[data-receipt-of]", shown), words("receipt", { seq, amount: money(amount) }));
  setText(one("time", shown), timeOfDay(Date.parse(at)));
  setText(one("code", shown), receipt);
  one("a", shown).href = `${base}/listings/${listingPage.dataset.listing}/proof#${receipt}`;
  box.prepend(shown);
}

/** Copies a receipt's text. Browsers that keep the clipboard to themselves copy what is selected. */
async function copyReceipt(chip) {
  const shown = chip.closest("[data-receipt]");
  const code = one("code", shown);
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    one("details", shown).open = true;
    getSelection().selectAllChildren(code);
    if (!document.execCommand("copy")) return;
  }
  setText(chip, words("receipt_copied"));
  say(words("receipt_copied"));
  setTimeout(() => setText(chip, words("receipt_chip")), 3000);
}

document.addEventListener("click", ({ target }) => {
  const chip = target.closest("[data-copy]");
  if (chip) copyReceipt(chip);
});
