// A sale: its catalogue of many lots, what closes next, and how its lots concern this person.
//
// A phone shows a few rows of a catalogue at a time. Only their countdowns are drawn; a row elsewhere is touched when it
// opens, closes or changes.

const lotRows = catalogue ? all(".lot", catalogue) : [];
const catalogueClocks = catalogue ? all("[data-clock]") : [];
const shownLots = new Set();
/** When the next row opens or closes. */
let nextDue = 0;

if (catalogue) {
  const eye = new IntersectionObserver((rows) => {
    for (const { target, isIntersecting } of rows) shownLots[isIntersecting ? "add" : "delete"](target);
  }, { rootMargin: "50%" });
  lotRows.forEach((row) => eye.observe(row));
}

/** The heights of rows out of sight are guessed: a jump lands on its section once the rows near it are laid out. */
function land(tries = 4) {
  const to = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!to || !tries) return;
  requestAnimationFrame(() => {
    to.scrollIntoView();
    land(tries - 1);
  });
}

if (catalogue) {
  land();
  catalogue.addEventListener("click", ({ target }) => target.closest("a[href*='#section-']") && setTimeout(land));
}

// A row that scrolls does not show the whole of a link that has the focus by itself.
addEventListener("focusin", ({ target }) => {
  if (target.closest?.(".shelves")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
});

const stateOf = (row) => one("[data-state]", row).dataset.state;

function catalogueCountdowns() {
  const rows = [...shownLots].map((row) => one("[data-countdown]", row)).filter(Boolean);
  return [...all("[data-countdown]", one(".sale-head")), ...rows];
}

/** Draws the rows that have just opened or closed, wherever they are. */
function drawDueLots(at) {
  if (!catalogue || at < nextDue) return;
  nextDue = Infinity;
  for (const row of lotRows) {
    if (!["upcoming", "open"].includes(stateOf(row))) continue;
    if (awaited(row).at <= at) {
      drawCountdown(one("[data-countdown]", row), at);
      nextSoon();
    }
    if (["upcoming", "open"].includes(stateOf(row))) nextDue = Math.min(nextDue, awaited(row).at);
  }
}

/** A lot's close has changed. */
function lotMoved(root) {
  if (!root.closest("[data-catalogue], .sale-head")) return;
  nextDue = 0;
  nextSoon();
}

/** What is raised: of a whole catalogue the sum of its rows, else what the server says. */
function drawRaised() {
  const total = one(".sale-head [data-total]");
  if (!total) return;
  if (!catalogue || "part" in catalogue.dataset) return refreshSoon(".sale-head");
  const sold = lotRows.filter((row) => stateOf(row) === "sold").map((row) => Number(one("[data-price]", row).dataset.price));
  setFigure(one(".sale-head"), "total", sold.reduce((sum, hammer) => sum + hammer, 0));
}

/** A lot that now ends last moves the end of its sale, whether this page shows the lot or not. */
function saleMoved(closesAt) {
  const ends = one(".sale-ends [data-closes-at]");
  if (ends && Date.parse(closesAt) > Date.parse(ends.dataset.closesAt)) refreshSoon(".sale-head");
}

function lotEnded(root) {
  one(".lot-left .left", root)?.remove();
  if (root.dataset.mine && root.dataset.mine !== "won") setMine(root, "over", words("mine_over"));
  if (root.closest("[data-own]")) refreshSoon("[data-own]");
  if (!root.closest("[data-catalogue], .sale-head")) return;
  nextSoon();
  const isLast = catalogue && !lotRows.some((row) => ["upcoming", "open", "paused", "closing"].includes(stateOf(row)));
  if (isLast) refreshSoon(".sale-head");
}

let isNextAwaited = false;

function nextSoon() {
  if (isNextAwaited) return;
  isNextAwaited = true;
  setTimeout(() => {
    isNextAwaited = false;
    drawNext();
    drawTime();
  }, 50);
}

/** Shows which lots close next. A page without all lots asks the server. */
function drawNext() {
  if (!catalogue || "part" in catalogue.dataset) return refreshSoon(".sale-head");
  const list = one("[data-next]");
  if (!list) return;
  const at = now();
  const ahead = lotRows
    .filter((row) => ["upcoming", "open", "paused"].includes(stateOf(row)))
    .map((row) => ({ row, closes: Date.parse(one("[data-closes-at]", row).dataset.closesAt) }))
    .filter(({ row, closes }) => stateOf(row) === "paused" || closes > at)
    .sort((a, b) => a.closes - b.closes)
    .slice(0, 3);
  const ids = (rows) => rows.map((row) => row.dataset.listing).join();
  if (ids(ahead.map(({ row }) => row)) === ids([...list.children])) return;
  const made = ahead.map(({ row }) => nextRow(list.firstElementChild, row));
  if (made.length) list.replaceChildren(...made);
  else list.previousElementSibling.remove(), list.remove();
  forgetRoots();
}

function nextRow(like, row) {
  const next = like.cloneNode(true);
  next.dataset.listing = row.dataset.listing;
  one("a", next).href = one("a", row).href;
  setText(one("[data-code]", next), one(".paddle", row).textContent);
  setText(one("[data-name]", next), one("strong", row).textContent);
  const [price, of] = [one("[data-price]", next), one("[data-price]", row)];
  price.dataset.price = of.dataset.price;
  setText(price, of.textContent);
  one("[data-state]", next).dataset.state = stateOf(row);
  one("[data-closes-at]", next).dataset.closesAt = one("[data-closes-at]", row).dataset.closesAt;
  const left = one("[data-countdown]", next);
  left.dataset.countdown = "";
  if (stateOf(row) === "paused") setText(left, words("paused"));
  return next;
}

function saleIsAhead() {
  const opens = one(".sale-head .sale-opens [data-opens-at]");
  return Boolean(opens) && Date.parse(opens.dataset.opensAt) > now();
}

const lastSaid = { text: "", at: 0 };

/** Says what happened to the sale of this lot: once, though each of its lots hears of it. The server's words follow. */
function saleSays(listing, state, text) {
  // The head of a first page without a sale has the same look.
  const sale = one(".sale-head[data-sale]");
  const isOfIt = (root) => root.matches("[data-catalogue] *, .sale-head *") || root.dataset.ofSale === sale.dataset.sale;
  if (!sale || !rootsOf(listing).some(isOfIt)) return;
  if (state && stateOf(sale) === state) return;
  refreshSoon(".sale-head");
  if (state) setState(sale, state);
  else if (lastSaid.text === text && now() - lastSaid.at < 10_000) return;
  Object.assign(lastSaid, { text, at: now() });
  one("[data-sale-said]", sale).replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
  say(text);
}

/* ---- this person's own lots and cards ---- */

function setMine(root, mine, text) {
  if (!root.matches(".lot, .card")) return;
  root.dataset.mine = mine;
  let said = one("[data-mine-said]", root);
  if (!said) {
    said = Object.assign(document.createElement("em"), { className: "mine-said" });
    said.dataset.mineSaid = "";
    one(".lot-price, .card-picture", root).append(" ", said);
  }
  setText(said, text);
  if (root.closest("[data-own]")) refreshSoon("[data-own]");
}

function markMine(root, bid) {
  if (!page.me) return;
  const was = root.dataset.mine;
  if (bid.leader_id === page.me) {
    if (was !== "leading") setMine(root, "leading", words("mine_leading"));
  } else if (was === "leading" || was === "outbid" || bid.bidder_id === page.me) {
    setMine(root, "outbid", words("mine_outbid", { minimum: money(bid.minimum) }));
  }
}
