// What each event of the stream changes on the page.

const acts = {
  bid(bid) {
    outbidMoved(bid);
    rootsOf(bid.listing).forEach((root) => {
      if (board) flash(root, bid);
      setStanding(root, bid);
      markMine(root, bid);
      if (bid.bidder_id === page.me && !bid.automatic) moves(one(".paddle", root), "waves");
    });
    // One lot less without a bid.
    if (board && bid.seq === 1) refreshSoon("[data-board]");
    if (Number(listingPage?.dataset.listing) !== bid.listing) return;
    addBid(bid);
    drawSpark(bid.price);
    withdrawOffers(bid.reserve_met);
    say(words("say_price", { bidder: bidderOf(bid, "leader"), price: money(bid.price) }));
    // What an answer told already closes no question that was asked since.
    if (bid.seq > answered.n_bids) dropStaleQuestions(bid.minimum);
    if (!page.me) return;
    if (bid.leader_id !== page.me) return nowOutbid(bid.price);
    // A bid of another tab: only that tab knows the maximum. This tab's own bids are known by their answer.
    const isOfOtherTab = bid.bidder_id === page.me && !bid.automatic && bid.seq !== answered.seq;
    nowLeading(isOfOtherTab ? null : undefined);
  },
  extended({ listing, closes_at, outage, cause, why }) {
    saleMoved(closes_at);
    const [root] = rootsOf(listing);
    const postponed = cause === "postponement" && root ? tellPostponed(root, closes_at, why) : "";
    rootsOf(listing).forEach((root) => setDeadline(root, closes_at));
    if (Number(listingPage?.dataset.listing) === listing) {
      const extended = words("extended", { time: timeOfDay(Date.parse(closes_at)) });
      say([postponed, extended, outage && tellOutage(outage)].filter(Boolean).join(" "));
      ring("note");
    }
    if (board) refreshSoon("[data-board]");
  },
  paused({ listing, why }) {
    rootsOf(listing).forEach(setPaused);
    const text = words("paused_why", { why });
    if (Number(listingPage?.dataset.listing) === listing) waitFor("paused", text);
    saleSays(listing, "paused", text);
    if (board) refreshSoon("[data-board]");
  },
  resumed({ listing, closes_at }) {
    rootsOf(listing).forEach((root) => setResumed(root, closes_at));
    const text = words("resumed", { time: timeOfDay(Date.parse(closes_at)) });
    if (Number(listingPage?.dataset.listing) === listing) waitFor("resumed", text);
    saleSays(listing, saleIsAhead() ? "upcoming" : "open", words("sale_resumed"));
    if (board) refreshSoon("[data-board]");
  },
  settled(end) {
    if (board) tellHammer(end);
    rootsOf(end.listing).forEach((root) => {
      setEnding(root, end.outcome, end.hammer);
      if (end.outcome === "sold") moves(one("[data-state]", root), "stamped");
      lotEnded(root);
    });
    if (end.hammer != null) drawRaised();
    noLongerOutbid(end.listing);
    const text = end.outcome === "sold"
      ? words("sold_to", { winner: bidderOf(end, "winner"), hammer: money(end.hammer) })
      : words("closed_unsold");
    conclude(end.listing, text);
  },
  cancelled({ listing, why }) {
    rootsOf(listing).forEach((root) => {
      setEnding(root, "cancelled", null);
      lotEnded(root);
    });
    noLongerOutbid(listing);
    conclude(listing, [words("closed_cancelled"), why].filter(Boolean).join(" "));
  },
  listed({ sale }) {
    const fresh = one("[data-fresh]");
    if (fresh && (!catalogue || sale === one(".sale-head").dataset.sale)) {
      setText(one("a", fresh), words("new_listings"));
      fresh.hidden = false;
    }
    if (board) refreshSoon("[data-board]");
  },
  outbid(told) {
    nowOutbidOn(told);
    if (Number(listingPage?.dataset.listing) !== told.listing) return;
    nowOutbid(told.price);
  },
  won({ listing }) {
    rootsOf(listing).forEach((root) => setMine(root, "won", words("mine_won")));
    if (Number(listingPage?.dataset.listing) !== listing) return;
    listingPage.classList.add("just-won");
    alarm(words("won"), "good");
  },
  funds(funds) {
    for (const name of ["available", "balance", "held"]) {
      if (Number.isSafeInteger(funds[name])) all(`[data-${name}]`).forEach((e) => setFigure(e.parentElement, name, funds[name]));
    }
    if (listingPage) drawOffers();
  },
  time({ unix_ms }) {
    const late = now() - unix_ms;
    if (late < -250 || late > 5000) syncClock();
  },
  reset() {
    // A page that shows nothing of the house stays, with what was typed into it.
    if (!isLive) return;
    const last = Number(sessionStorage.getItem("reset_at"));
    if (Date.now() - last < 10000) return;
    sessionStorage.setItem("reset_at", Date.now());
    location.assign(base + page.here);
  },
};

/** Shows that the close was moved because the server was down, and when. */
function tellOutage({ from, until }) {
  const text = words("outage", { from: fullTime(Date.parse(from)), until: fullTime(Date.parse(until)) });
  const line = one("[data-outage]", listingPage);
  setText(line, text);
  line.hidden = false;
  return text;
}

/** Shows by how much and why a lot was postponed; the server's sentence, which says by whom, follows. */
function tellPostponed(root, closesAt, why) {
  const by_s = Math.round((Date.parse(closesAt) - Date.parse(one("[data-closes-at]", root).dataset.closesAt)) / 1000);
  const text = by_s > 0 ? words("postponed", { by: span(by_s), why }) : "";
  if (text) saleSays(root.dataset.listing, null, text);
  const lines = root === listingPage && one("[data-postponed]", root);
  if (lines && text) {
    lines.prepend(Object.assign(document.createElement("p"), { textContent: text }));
    refreshSoon("[data-postponed]");
  }
  return text;
}
