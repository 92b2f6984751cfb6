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

/**
 * Moves what was scanned to the field of a form that takes it, and goes on to the next empty one. A form without such a
 * field is sent as it is: the server reads the address.
 */
function land(event) {
  const typed = event.target;
  if (event.key !== "Enter" || event.isComposing || !(typed instanceof HTMLInputElement) || !typed.form) return;
  // A form that looks something up is sent as it is: the server reads the address.
  if (typed.form.getAttribute("method") === "get") return;
  const found = scanned(typed.value);
  const field = found && typed.form.elements[`desk_${found.field}`] || found && typed.form.elements[found.field];
  if (!field || field.type === "hidden") return;
  event.preventDefault();
  if (field !== typed) typed.value = typed.defaultValue;
  field.value = found.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  nextEmpty(typed.form, field)?.focus();
}

/** The first field of a form that is needed and still empty; else the one after `field`. */
function nextEmpty(form, field) {
  const fields = [...form.elements].filter((e) => e.matches("input:not([type=hidden]), select, button"));
  return fields.find((e) => e.required && !e.value) ?? fields[fields.indexOf(field) + 1];
}

document.addEventListener("keydown", land);
