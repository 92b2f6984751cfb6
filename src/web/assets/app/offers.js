// The bid form and the paddles: what they offer, what that comes to, what the person can afford, and what is wrong with
// what was typed. The one field is a maximum: the least that is needed is bid of it.

const bidForm = () => one("form[data-bid]");
const touched = () => bidForm()?.elements.max.hasAttribute("data-touched");
const minimumNow = () => Number(one("[data-minimum]", listingPage).dataset.minimum);

/** A highest bidder raises their maximum instead of bidding an amount. */
const leads = () => Boolean(one("[data-turn-said].leads"));
/** Whether a maximum that reaches the reserve bids it at once. */
const awaitsReserve = () => one("[data-reserve]", listingPage).dataset.reserve === "false";
const ownMax = () => Number(one("[data-turn-said]")?.dataset.max ?? 0);

/** Offers the new minimum, or higher maximums to the highest bidder. A maximum that was typed stays. */
function drawOffers() {
  drawFundsSoon();
  const form = bidForm();
  const minimum = minimumNow();
  if (!form || !minimum) return;
  const price = Number(one("[data-price]", listingPage).dataset.price);
  const step = price ? minimum - price : Number(one("[data-increment]").dataset.increment) || 1;
  const raises = leads();
  setText(one("[data-hint]", form), raises ? "" : words("at_least", { minimum: money(minimum) }));
  setText(one("#max-hint", form), raises && ownMax() ? words("need_raise", { max: money(ownMax()) }) : words("max_hint"));
  if (!touched()) raises ? (form.elements.max.value = "") : setAmount(form.elements.max, minimum);
  if (form.getAttribute("aria-busy") !== "true") setText(one("button[type=submit]", form), words(raises ? "raise" : "bid"));
  one(".next-bids", listingPage).classList.toggle("gone", raises && !ownMax());
  all("form[data-quick]").forEach((quick, i) => {
    const offer = raises ? ownMax() + step * [1, 2, 5][i] : minimum + step * [0, 2, 5][i];
    // A raise sends the current price as its amount: if someone else leads by then, it is too low and refused.
    quick.elements.amount.value = field(raises ? price : offer);
    quick.elements.max.value = raises ? field(offer) : "";
    drawOffer(one("button", quick), offer, raises);
  });
  drawComesTo();
}

function drawOffer(button, offer, raises) {
  button.dataset.amount = offer;
  const small = (text) => Object.assign(document.createElement("small"), { textContent: text });
  const before = raises ? [small(words("raise_caption")), " "] : [];
  const after = Number(listingPage.dataset.premiumBps) ? [" ", small(words("paddle_total", { total: money(withPremium(offer)) }))] : [];
  button.replaceChildren(...before, money(offer), ...after);
}

/** Shows what the typed maximum comes to with the premium, and whether that is more than the person may spend. */
function drawComesTo() {
  const line = one("[data-comes-to]");
  const typed = parse(bidForm().elements.max.value);
  const is = typeof typed === "string" ? "" : comesTo(typed);
  const isBeyond = is && !affords(typed);
  line.classList.toggle("bad", Boolean(isBeyond));
  setText(line, isBeyond ? `${is}. ${words("beyond_funds")}` : is);
}

/* ---- what the person can afford ---- */

/** Returns what can be put into a bid here, with what is held for the own lead: known to the server alone until then. */
function spendable() {
  const available = one("[data-available]")?.dataset.available;
  if (!me || available === undefined) return Infinity;
  return Number(available) + (leads() ? withPremium(ownMax()) : 0);
}

const affords = (hammer) => withPremium(hammer) <= spendable();

let drawingFunds = false;

/** A lost lead and the money that it sets free are told one after the other: both count before anything is shown. */
function drawFundsSoon() {
  if (drawingFunds || !one("[data-no-funds]")) return;
  drawingFunds = true;
  setTimeout(() => {
    drawingFunds = false;
    bidForm()?.getAttribute("aria-busy") === "true" ? drawFundsSoon() : drawFunds();
  }, 150);
}

/** Shows the form, or what to do for who cannot afford the next bid; and only the paddles that they can afford. */
function drawFunds() {
  const [box, offers, minimum] = [one("[data-no-funds]"), one("[data-offers]"), minimumNow()];
  if (!box || !minimum) return;
  const isUnknown = leads() && !ownMax();
  const dialog = one("dialog[data-confirm]");
  // What is asked about was within the funds as it was asked.
  if (dialog.open && !isUnknown && !affords(Number(dialog.dataset.most))) dialog.close();
  const isShort = !isUnknown && !affords(leads() ? ownMax() + 1 : minimum);
  if (isShort) {
    setText(one("[data-no-funds-said]", box), words("no_funds", { most: money(mostWithin(spendable())) }));
    const next = Number(one("form[data-quick] button")?.dataset.amount || minimum);
    setText(one("[data-no-funds-need]", box), words("no_funds_need", { total: money(withPremium(next)) }));
    if (!box.hidden) return;
    dialog.close();
  }
  holdPanel();
  const hadFocus = offers?.contains(document.activeElement);
  box.hidden = !isShort;
  if (!offers) return;
  offers.hidden = isShort;
  if (isShort && hadFocus) box.focus();
  for (const quick of all("form[data-quick]")) quick.hidden = !affords(Number(one("button", quick).dataset.amount));
  for (const buy of all("form[data-buy]")) buy.hidden = !affords(Number(buy.dataset.buy));
  drawComesTo();
}

/* ---- what was typed ---- */

/** Shows each error; those of the amount and of the maximum stand at the one field. */
function showErrors(errors) {
  const { max, message } = bidForm().elements;
  for (const place of all("[data-error]", bidForm())) setText(place, errors[place.dataset.error] ?? "");
  const ofMax = errors.amount || errors.max;
  for (const [input, error] of [[max, ofMax], [message, errors.message]]) {
    error ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
  if (errors.message) message.closest("details").open = true;
  if (ofMax || errors.message) (ofMax ? max : message).focus();
}

/** Returns the bid that the form or a paddle makes, or shows the errors and returns null. */
function readBid(quick) {
  const { max, message } = bidForm().elements;
  const [raises, minimum] = [leads(), minimumNow()];
  const typed = parse(quick ? quick.max.value || quick.amount.value : max.value);
  const errors = {};
  if (typeof typed === "string") errors.max = words(typed);
  else if (raises && !(typed > ownMax())) errors.max = words("need_raise", { max: money(ownMax()) });
  else if (!raises && typed < minimum) errors.max = words("at_least", { minimum: money(minimum) });
  showErrors(errors);
  if (errors.max) return null;
  const bid = { amount: minimum };
  if (raises) bid.amount = Number(one("[data-price]", listingPage).dataset.price);
  else if (quick) bid.amount = typed;
  // A maximum equal to the minimum is a plain bid.
  if (typed > bid.amount || raises) bid.max = typed;
  if (message.value.trim()) bid.message = message.value.trim();
  return bid;
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("form[data-bid] [name=max]")) return;
  target.setAttribute("data-touched", "");
  drawComesTo();
});
// What a guest typed before they logged in, or what was refused, stays as if typed here.
if (bidForm() && !leads() && parse(bidForm().elements.max.value) !== minimumNow()) {
  bidForm().elements.max.setAttribute("data-touched", "");
}
