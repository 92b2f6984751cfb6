// A new listing: mistakes are shown before it is sent. The server checks everything again.

const draft = one("form#new-listing");
const MIB = 1024 * 1024;

function faultsOfDraft() {
  const typed = draft.elements;
  const faults = {};
  const amounts = {};
  for (const name of ["opening", "reserve", "buy_now", "increment"]) {
    const amount = typed[name].value.trim() ? parse(typed[name].value) : 0;
    if (typeof amount === "string") faults[name] = words(amount);
    else amounts[name] = amount;
    // Shows the amount as understood, so that a misreading is noticed before it binds.
    setText(one(`#${name}-read`), amounts[name] ? `= ${money(amounts[name])}` : "");
  }
  if (amounts.reserve && amounts.reserve < amounts.opening) faults.reserve = words("need_reserve");
  const floor = Math.max(amounts.opening ?? 0, amounts.reserve ?? 0);
  if (amounts.buy_now && amounts.buy_now < floor) faults.buy_now = words("need_buy_now");
  const sizes = [...typed.picture.files].map((file) => file.size);
  const n = sizes.length + all("[name=picture_kept]:checked", draft).length;
  const together = sizes.reduce((sum, size) => sum + size, 0);
  if (n > 8 || sizes.some((size) => size > 10 * MIB) || together > 40 * MIB) faults.picture = words("need_picture");
  return faults;
}

/** Shows a mistake when its field is left, and keeps the form from being sent meanwhile. */
function checkDraft({ type }) {
  const faults = faultsOfDraft();
  for (const name of ["opening", "reserve", "buy_now", "increment", "picture"]) {
    const input = draft.elements[name];
    input.setCustomValidity(faults[name] ?? "");
    if (type === "input" && !input.hasAttribute("aria-invalid")) continue;
    setText(one(`#${name}-error`), faults[name] ?? "");
    faults[name] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
}

if (draft) faultsOfDraft();
draft?.addEventListener("input", checkDraft);
draft?.addEventListener("change", checkDraft);
// The browser cannot point at an invalid field in a closed fold.
draft?.addEventListener("invalid", ({ target }) => target.closest("details")?.setAttribute("open", ""), true);
