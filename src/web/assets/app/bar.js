// The bar at the bottom of a listing's page, once its panel has scrolled away: price, time and the next paddle.

const bar = one("[data-bar]");
let panelIsAway = false;

/** Returns the paddle that the bar offers, unless nobody can bid by it now. */
function nextPaddle() {
  const paddle = one("[data-offers]:not([hidden]) .next-bids:not(.gone) form[data-quick]:not([hidden])", listingPage);
  return paddle && !one("button", paddle).disabled ? paddle : null;
}

/** Shows the bar with what the panel says, or hides it where one cannot bid. */
function drawBar() {
  const paddle = panelIsAway ? nextPaddle() : null;
  // Who is about to press it keeps it, for instance while the answer is on its way.
  const isPressed = !paddle && panelIsAway && bar.contains(document.activeElement) && bidForm();
  const wasHidden = bar.hidden;
  bar.hidden = !paddle && !isPressed;
  if (wasHidden && document.activeElement !== document.body) clearOfBar({ target: document.activeElement });
  const go = one("[data-bar-go]", bar);
  go.disabled = !paddle;
  if (bar.hidden || !paddle) return;
  setText(one("[data-bar-price]", bar), one("[data-price]", listingPage).textContent);
  setText(one("[data-bar-left]", bar), one("[data-countdown]", listingPage).textContent);
  const amount = money(Number(one("button", paddle).dataset.amount));
  setText(go, words(leads() ? "confirm_raise_go" : "confirm_go", { amount, max: amount }));
}

/** Nothing that has the focus lies under the bar. */
function clearOfBar({ target }) {
  if (bar.hidden || bar.contains(target) || target.closest("dialog")) return;
  const under = target.getBoundingClientRect().bottom - bar.getBoundingClientRect().top;
  if (under > 0) scrollBy({ top: under + 12, behavior: "instant" });
}

if (bar && globalThis.IntersectionObserver) {
  new IntersectionObserver(([{ isIntersecting }]) => {
    panelIsAway = !isIntersecting;
    drawBar();
  }).observe(one("[data-panel-place]"));
  setInterval(() => panelIsAway && drawBar(), 250);
  addEventListener("focusin", clearOfBar);
  one("[data-bar-go]", bar).addEventListener("click", () => nextPaddle()?.requestSubmit());
}
