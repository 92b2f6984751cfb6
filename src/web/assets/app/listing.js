// The state of a listing, wherever the page shows it: on its own page, on a card or on the board.

let roots = null;

/** Returns where the page shows a listing. A page of 500 lots is searched once, not for each price. */
function rootsOf(listing) {
  if (!roots) {
    roots = new Map();
    for (const root of all("[data-listing]")) {
      const id = Number(root.dataset.listing);
      roots.set(id, [...(roots.get(id) ?? []), root]);
    }
  }
  return roots.get(Number(listing)) ?? [];
}

/** To be called when parts of the page were replaced. */
function forgetRoots() {
  roots = null;
}

function setState(root, state) {
  const badge = one("[data-state]", root);
  if (!badge || badge.dataset.state === state) return;
  badge.dataset.state = state;
  countAnew(root);
  setText(badge, words(state));
  if (root === listingPage) all("[data-turn] button", root).forEach((b) => (b.disabled = state !== "open"));
}

function setFigure(root, name, minor) {
  const element = one(`[data-${name}]`, root);
  if (!element || element.getAttribute(`data-${name}`) === String(minor)) return;
  element.setAttribute(`data-${name}`, minor);
  setText(element, money(minor));
  moves(element, "changed");
}

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

/** Moves an element once, as the style does for `how`. It may move already: then it begins again. */
function moves(element, how) {
  if (!element || isStill.matches || document.hidden) return;
  element.classList.remove(how);
  requestAnimationFrame(() => element.classList.add(how));
}

function setDeadline(root, closesAt) {
  const time = one("[data-closes-at]", root);
  if (!time || !closesAt || Date.parse(time.dataset.closesAt) === Date.parse(closesAt)) return;
  time.dataset.closesAt = closesAt;
  countAnew(root);
  time.setAttribute("datetime", closesAt);
  setText(time, "brief" in time.dataset ? briefTime(Date.parse(closesAt)) : fullTime(Date.parse(closesAt)));
  lotMoved(root);
  const mark = one("[data-extended]", root);
  mark?.classList.remove("gone");
}

/** Returns a bidder as the house shows them, such as the `leader` of a listing: a number is in the page's language. */
function bidderOf(told, who) {
  const number = told[`${who}_number`];
  return number == null ? told[who] : words("bidder_number", { n: number });
}

/** Shows the fields that a `bid` event and a listing share. */
function setStanding(root, standing) {
  if (standing.price != null) {
    setFigure(root, "price", standing.price);
    setText(one("[data-price-label]", root), words("label_price"));
  }
  setFigure(root, "minimum", standing.minimum);
  const leader = one("[data-leader]", root);
  if (leader && standing.leader != null) {
    leader.dataset.leader = bidderOf(standing, "leader");
    setText(leader, leader.dataset.leader);
  }
  const count = one("[data-n-bids]", root);
  if (count) {
    count.dataset.nBids = standing.n_bids;
    setText(count, words(standing.n_bids === 1 ? "one_bid" : "n_bids", { n: standing.n_bids }));
  }
  const reserve = one("[data-reserve]", root);
  if (reserve && standing.reserve_met === true) {
    reserve.dataset.reserve = "true";
    setText(reserve, words("reserve_met"));
  }
  setDeadline(root, standing.closes_at);
  if (root === listingPage) drawOffers();
}

/** Nobody can bid until it goes on. */
function setPaused(root) {
  setState(root, "paused");
  // The board shows the time that is left once it goes on.
  if (!board) setText(one("[data-countdown]", root), words("paused"));
}

/** A listing that goes on after a pause; its sale may not have opened yet. */
function setResumed(root, closesAt) {
  setDeadline(root, closesAt);
  const opens = one("[data-opens-at]", root);
  setState(root, opens && Date.parse(opens.dataset.opensAt) > now() ? "upcoming" : "open");
}

function setEnding(root, outcome, hammer) {
  setState(root, outcome);
  const left = one("[data-countdown]", root);
  if (left) setText(left, words(outcome));
  if (hammer == null) return;
  setFigure(root, "price", hammer);
  setText(one("[data-price-label]", root), words("label_hammer"));
}
