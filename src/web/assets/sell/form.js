// The form to list an item: what its files share. Without scripts it is a plain form, and it decides no rule.

const draft = one("form#new-listing");
const given = JSON.parse(one("script[data-sell]").textContent);
Object.assign(page.words, given.words);
const MAX_PICTURES = 8;

/** Marks a field as wrong, or as right where nothing is said. */
function mark(input, said) {
  setText(one(`#${input.id}-error`), said);
  said ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
}

/** Says above the form that something in it is wrong, in role=alert. */
function askToFix() {
  const alert = one("[data-fix]");
  if (!alert.hidden) return;
  alert.hidden = false;
  setText(alert, words("fix"));
}

/** An element with these properties, and attributes. */
function make(tag, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
