// Fields for amounts: digits are grouped as they are typed. Whoever types a comma or another mark decides alone.

/** Returns plain digits, and decimals behind a point, with a comma between groups of three; anything else as it is. */
function grouped(text) {
  const [, whole, part] = /^(\d+)(\.\d*)?$/.exec(text) ?? [];
  return whole === undefined ? text : whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ?? "");
}

/** Shows an amount in its field. */
function setAmount(input, minor) {
  input.value = grouped(field(minor));
  input.dataset.grouped = input.value;
}

/** Groups what is typed, with the caret behind the same digit. The marks of the page's own are taken out first. */
function group(input) {
  const wasOwn = (input.dataset.grouped ?? "").includes(",");
  const own = (text) => (wasOwn ? text.replaceAll(",", "") : text);
  const shown = grouped(own(input.value));
  delete input.dataset.grouped;
  if (!/^[\d,]*(\.\d*)?$/.test(shown) || (!wasOwn && input.value.includes(","))) return;
  let left = own(input.value.slice(0, input.selectionStart)).length;
  let caret = 0;
  while (left > 0) if (shown[caret++] !== ",") left--;
  input.value = input.dataset.grouped = shown;
  if (document.activeElement === input) input.setSelectionRange(caret, caret);
}

document.addEventListener("input", ({ target, isComposing, data }) => {
  if (!target.matches("input[data-amount-field]") || isComposing) return;
  // A comma that is typed is the person's own, as in 3,50.
  if (data === ",") delete target.dataset.grouped;
  else group(target);
});
all("input[data-amount-field]").forEach(group);
