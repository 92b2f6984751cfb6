// The checkout by keyboard alone: Enter books, the arrows choose the method, a number that is typed or scanned anywhere goes
// to its field, Escape goes on to the next guest.

/** Whether a key is meant for the text field, or the open list, that has the focus. */
function isTyping() {
  const field = document.activeElement;
  return field?.matches("input:not([type=radio], [type=checkbox]), textarea, select") ?? false;
}

/** What is typed while no text field has the focus, as by a scanner, is a number. */
function toFind({ key, ctrlKey, altKey, metaKey, isComposing }) {
  const find = one("[data-find] input");
  if (!find || pending || isTyping() || ctrlKey || altKey || metaKey || isComposing || key.length !== 1 || key === " ") return;
  find.value = "";
  find.focus();
}

/** The arrows in the amount choose how it is paid: an amount has no use for them. */
function chooseMethod(event) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by || event.target.id !== "amount") return;
  event.preventDefault();
  const methods = all("[name=method]", event.target.form);
  const now = methods.findIndex((method) => method.checked);
  const next = methods[(now + by + methods.length) % methods.length];
  next.checked = true;
  say(next.parentElement.textContent.trim());
}

/** A card or label that is scanned while an amount or a reason has the focus is looked up, and the field left as it was. */
function lookUpScanned(event) {
  const field = event.target;
  const find = one("[data-find]");
  if (event.key !== "Enter" || !find || !field.matches("[data-send] input")) return;
  // It may have been typed behind what the field had.
  const text = /https?:\/\/\S+$/i.exec(field.value)?.[0] ?? "";
  if (!scanned(text)) return;
  event.preventDefault();
  event.stopPropagation();
  field.value = field.defaultValue;
  location.assign(`${find.getAttribute("action")}?number=${encodeURIComponent(text)}`);
}

function onKey(event) {
  if (event.repeat && event.key === "Enter") return event.preventDefault();
  toFind(event);
  chooseMethod(event);
  const way = one("main [data-escape]");
  if (event.key === "Escape" && way && !pending && !event.isComposing) location.assign((all("main [data-escape]").at(-1) ?? way).href);
}

/** What is typed next replaces what the field has. */
function selectFocused({ target }) {
  if (target.matches("#amount, [data-find] input")) target.select();
}

document.addEventListener("keydown", lookUpScanned, { capture: true });
document.addEventListener("keydown", onKey);
document.addEventListener("focusin", selectFocused);
