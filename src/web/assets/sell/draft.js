// Mistakes are shown before the form is sent, and what the seller will receive. The server checks everything again.

const AMOUNTS = ["opening", "reserve", "buy_now", "increment"];

function faultsOfDraft() {
  const typed = draft.elements;
  const faults = {};
  const amounts = {};
  for (const name of AMOUNTS) {
    const amount = typed[name].value.trim() ? parse(typed[name].value) : 0;
    if (typeof amount === "string") faults[name] = words(amount);
    else amounts[name] = amount;
    // Shows the amount as understood, so that a misreading is noticed before it binds.
    setText(one(`#${name}-read`), amounts[name] ? `= ${money(amounts[name])}` : "");
  }
  if (amounts.reserve && amounts.reserve < amounts.opening) faults.reserve = words("need_reserve");
  const floor = Math.max(amounts.opening ?? 0, amounts.reserve ?? 0);
  if (amounts.buy_now && amounts.buy_now < floor) faults.buy_now = words("need_buy_now");
  sayReceived(Math.max(amounts.opening ?? 0, amounts.reserve ?? 0));
  return faults;
}

const kept_of_price = one("[data-receive]").textContent;

/** Says what is left of the lowest price, rounded as the house does. */
function sayReceived(price) {
  const commission = Number((BigInt(price) * BigInt(given.commission_bps) + 5000n) / 10000n);
  const figures = { price: money(price), net: money(price - commission), commission: money(commission) };
  setText(one("[data-receive]"), price && given.commission_bps ? words("receive", figures) : kept_of_price);
}

const SOFT_CLOSE = ["window_min", "extension_min", "cap_min"].map((id) => one(`#${id}`, draft));

/** What is not chosen is neither checked nor sent. Of a soft close, all three parts are needed. */
function checkChoices() {
  draft.elements.closes_at.disabled = draft.elements.closes_in_s.value !== "at";
  const isOn = draft.elements.soft_close.checked;
  for (const input of SOFT_CLOSE) {
    input.disabled = !isOn;
    input.setCustomValidity(isOn && !input.value ? words("need_soft_close") : "");
    if (input.validity.valid) input.removeAttribute("aria-invalid");
  }
  if (SOFT_CLOSE.every((input) => input.disabled || input.validity.valid)) setText(one("#soft-close-error"), "");
}

/** Shows a mistake when its field is left, and keeps the form from being sent meanwhile. */
function checkDraft({ type, target }) {
  if (target.form !== draft) return;
  checkChoices();
  const faults = faultsOfDraft();
  for (const name of AMOUNTS) {
    const input = draft.elements[name];
    input.setCustomValidity(faults[name] ?? "");
    if (type === "input" && !input.hasAttribute("aria-invalid")) continue;
    if (type === "change" && target !== input && !input.value && !input.hasAttribute("aria-invalid")) continue;
    mark(input, faults[name] ?? "");
  }
  if (target.id && !AMOUNTS.includes(target.id) && target.validity.valid && target.type !== "file" && one(`#${target.id}-error`)) {
    mark(target, "");
  }
  save();
}

// On the document, and so after amounts have been grouped there.
document.addEventListener("input", checkDraft);
document.addEventListener("change", checkDraft);
draft.addEventListener("invalid", ({ target }) => {
  // The browser cannot point at an invalid field in a closed fold.
  target.closest("details")?.setAttribute("open", "");
  if (one(`#${target.id}-error`)) mark(target, target.validationMessage);
  else {
    target.setAttribute("aria-invalid", "true");
    setText(one("#soft-close-error"), target.validationMessage);
  }
  askToFix();
}, true);
