// A scanner is a keyboard that types an address and Enter. It lands in the field that it is for, whichever is focused.

/** What a scanned address is of: a number card, or the label of a lot. Null for what a person types. */
function scanned(text) {
  let url;
  try {
    url = /^https?:\/\//i.test(text.trim()) && new URL(text.trim());
  } catch {
    return null;
  }
  if (!url) return null;
  const number = url.searchParams.get("number");
  if (/^\d+$/.test(number ?? "")) return { field: "number", value: number };
  if (url.searchParams.get("lot")) return { field: "lot", value: url.searchParams.get("lot") };
  return /\/listings\/\d+\/?$/.test(url.pathname) ? { field: "lot", value: text.trim() } : null;
}

/** The fields of a form that a person fills in or presses, in their order. */
const fieldsOf = (form) => [...form.elements].filter((e) => e.matches("input:not([type=hidden]), select, textarea, button"));

/** Whether a field is still to be filled in: needed, or wanted unless another one is filled in. */
function isWanted(field) {
  const other = field.dataset?.wanted && field.form.elements[field.dataset.wanted];
  return !field.value && (field.required || Boolean(other && !other.value));
}

/**
 * Enter goes on to the next field that is still to be filled in, and sends the form once there is none. What was scanned
 * moves to the field of the form that takes it. In a form without such a field the server reads the address.
 */
function land(event) {
  const typed = event.target;
  if (event.key !== "Enter" || event.isComposing || !(typed instanceof HTMLInputElement) || !typed.form) return;
  // A form that looks something up is sent as it is: the server reads the address.
  if (typed.form.getAttribute("method") === "get") return;
  const found = scanned(typed.value);
  const field = found && typed.form.elements[found.field];
  if (found && field && field.type !== "hidden") {
    // Whatever was in the other field before the scanner typed into it.
    if (field !== typed) typed.value = typed.dataset.before ?? "";
    field.value = found.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (!typed.form.matches("[data-enter-next]")) {
    return;
  }
  const next = fieldsOf(typed.form).find(isWanted);
  if (next || found) event.preventDefault();
  (next ?? (found && one("[type=submit]", typed.form)))?.focus();
  next?.select?.();
}

document.addEventListener("keydown", land);
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLInputElement) target.dataset.before = target.value;
});
