// The bid form and the paddles: what they offer, and what is wrong with what was typed.

const bidForm = () => one("form[data-bid]");
const touched = () => bidForm()?.elements.amount.hasAttribute("data-touched");

/** A highest bidder raises their maximum instead of bidding an amount. */
const leads = () => Boolean(one("[data-turn-said].leads"));
const ownMax = () => Number(one("[data-turn-said]")?.dataset.max ?? 0);

/** Offers the new minimum, or higher maximums to the highest bidder. An amount that was typed stays. */
function drawOffers() {
  const form = bidForm();
  const minimum = Number(one("[data-minimum]", listingPage).dataset.minimum);
  if (!form || !minimum) return;
  const price = Number(one("[data-price]", listingPage).dataset.price);
  const step = price ? minimum - price : Number(one("[data-increment]").dataset.increment) || 1;
  const raises = leads();
  one(".field-amount", form).hidden = raises;
  one("[data-optional]", form).hidden = raises;
  setText(one("#max-hint", form), raises && ownMax() ? words("need_raise", { max: money(ownMax()) }) : words("max_hint"));
  // A raise sends the current price as its amount: if someone else leads by then, it is too low and refused.
  if (raises) form.elements.amount.value = field(price);
  else if (!touched()) form.elements.amount.value = field(minimum);
  setText(one("[data-hint]", form), words("at_least", { minimum: money(minimum) }));
  if (form.getAttribute("aria-busy") !== "true") setText(one("button[type=submit]", form), words(raises ? "raise" : "bid"));
  one(".next-bids", listingPage).hidden = raises && !ownMax();
  all("form[data-quick]").forEach((quick, i) => {
    const offer = raises ? ownMax() + step * [1, 2, 5][i] : minimum + step * [0, 2, 5][i];
    quick.elements.amount.value = field(raises ? price : offer);
    quick.elements.max.value = raises ? field(offer) : "";
    drawOffer(one("button", quick), offer, raises);
  });
}

function drawOffer(button, offer, raises) {
  button.dataset.amount = offer;
  const caption = Object.assign(document.createElement("small"), { textContent: words("raise_caption") });
  button.replaceChildren(...(raises ? [caption, " "] : []), money(offer));
}

function showErrors(errors) {
  for (const place of all("[data-error]", bidForm())) {
    const name = place.dataset.error;
    setText(place, errors[name] ?? "");
    const input = name && bidForm().elements[name];
    if (input) errors[name] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
  const first = ["amount", "max", "message"].find((name) => errors[name]);
  if (first) bidForm().elements[first].focus();
}

/** Returns the bid, or shows the errors and returns null. A paddle may bring its own maximum. */
function readBid(amountTyped, maxTyped) {
  const { max, message } = bidForm().elements;
  const bid = { amount: parse(amountTyped) };
  const maximum = maxTyped || max.value;
  if (maximum.trim()) bid.max = parse(maximum);
  if (message.value.trim()) bid.message = message.value.trim();
  const errors = {};
  if (typeof bid.amount === "string") errors.amount = words(bid.amount);
  if (typeof bid.max === "string") errors.max = words(bid.max);
  else if (leads() && !(bid.max > ownMax())) errors.max = words("need_raise", { max: money(ownMax()) });
  else if (bid.max < bid.amount) errors.max = words("need_max");
  const minimum = Number(one("[data-minimum]", listingPage).dataset.minimum);
  if (!leads() && bid.amount < minimum) errors.amount = words("at_least", { minimum: money(minimum) });
  showErrors(errors);
  return Object.keys(errors).length ? null : bid;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("form[data-bid] [name=amount]")) event.target.setAttribute("data-touched", "");
});
