// Whether this person leads or is outbid, and what the page offers them because of it.

/** The first bid ends cancelling and buy-now; with a reserve, buy-now stays until it is met. Their space stays. */
function withdrawOffers(reserveMet) {
  all("[data-until-bid]").forEach((offer) => offer.classList.add("gone"));
  const hasReserve = one("[data-reserve]").dataset.reserve !== "";
  if (!hasReserve || reserveMet) all("[data-buy]").forEach((offer) => offer.classList.add("gone"));
}

/** `max` is this person's maximum: null if unknown, undefined if unchanged. */
function nowLeading(max) {
  const said = one("[data-turn-said]");
  if (!said) return;
  if (said.classList.contains("outbid")) alarm("", "");
  if (!said.classList.contains("leads")) dropQuestions();
  if (max != null) {
    said.dataset.max = max;
    setText(said, words("leading", { max: money(max) }));
  } else if (max === null || !said.classList.contains("leads")) {
    delete said.dataset.max;
    setText(said, words("leading_unsaid"));
  }
  said.className = "turn-said leads";
  drawOffers();
}

/** Closes a confirmation and clears errors: they were about another state. */
function dropQuestions() {
  one("dialog[data-confirm]").close();
  const form = bidForm();
  if (!form) return;
  delete form.dataset.refusedAt;
  showErrors({});
}

/** The same for a new price, except for an error that names this minimum. */
function dropStaleQuestions(minimum) {
  if (minimum <= Number(bidForm()?.dataset.refusedAt ?? -1)) return one("dialog[data-confirm]").close();
  dropQuestions();
}

/** The sentence of the alert, which follows the price. */
let outbidBy = "outbid";

/** Returns that sentence, with the price as it is now: an answer may be older than what the page shows. */
function outbidText(price) {
  const newest = Math.max(price ?? 0, Number(one("[data-price]", listingPage).dataset.price));
  return words(outbidBy, { price: money(newest) });
}

/** `how` names the sentence: outbid by a bid, or at once by a higher maximum. */
function nowOutbid(price, how = "outbid") {
  const said = one("[data-turn-said]");
  if (!said?.classList.contains("leads")) return correctAlarm(outbidText(price));
  outbidBy = how;
  dropQuestions();
  said.className = "turn-said outbid";
  delete said.dataset.max;
  setText(said, "");
  drawOffers();
  alarm(outbidText(price), "bad");
}

/** From now on, the panel is at least as high as it is now: what stands below it stays, however much less it says. */
function holdPanel() {
  const place = one("[data-panel-place]");
  place?.style.setProperty("--held", `${place.offsetHeight}px`);
}

// Turned or resized, the page is laid out anew.
matchMedia("(orientation: portrait)").addEventListener("change", () => one("[data-panel-place]")?.style.removeProperty("--held"));

/** Nobody can bid for now, or bidding goes on: said at once; the panel as it is now follows from the server. */
function waitFor(state, text) {
  one("dialog[data-confirm]").close();
  const said = Object.assign(document.createElement("div"), { className: "waits" });
  said.dataset.waits = state;
  said.append(Object.assign(document.createElement("p"), { textContent: text }));
  holdPanel();
  one("[data-turn]").replaceChildren(one("[data-alert]"), said);
  say(text);
  ring("note");
  refreshSoon(".panel");
}

/** Shows the result at once; the server's full text follows, fetched at random times to spread the load. */
function conclude(listing, text) {
  if (board) refreshSoon("[data-board]");
  if (Number(listingPage?.dataset.listing) !== listing) return;
  if (alarmed.isOutbid) alarm("", "");
  one("dialog[data-confirm]").close();
  const said = Object.assign(document.createElement("p"), { className: "ending-said", textContent: text });
  holdPanel();
  // What the person is told of it next comes below.
  one("[data-turn]").replaceChildren(said, one("[data-alert]"));
  say(text);
  refreshSoon(".panel");
}
