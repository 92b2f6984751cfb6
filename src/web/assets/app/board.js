// Parts of the page fetched anew from the server, and the board, which shows the next listings in turn.

/** The parts that are about to be fetched or are on their way; whether something happened since a fetch began. */
const refreshing = new Map();

function refreshSoon(selector) {
  if (refreshing.has(selector)) return void refreshing.set(selector, true);
  refreshing.set(selector, false);
  setTimeout(async () => {
    refreshing.set(selector, false);
    await refresh(selector).catch(() => {});
    const again = refreshing.get(selector);
    refreshing.delete(selector);
    // The server's clock may be a moment behind this page's.
    if (again || (selector === ".panel" && waitsInVain())) refreshSoon(selector);
  }, 200 + Math.random() * 1000);
}

/** Counts up every 15 s: the board shows the listings that end next in turn. */
let turn = 0;

/** Returns the address of a part of this page: the board in turn, and a catalogue without its lots. */
function addressOf(selector) {
  const address = new URL(base + page.here, location);
  if (board) address.searchParams.set("turn", turn);
  if (selector === ".sale-head") {
    address.searchParams.delete("lot");
    address.searchParams.set("part", "head");
  }
  return address;
}

async function refresh(selector) {
  const answer = await fetch(addressOf(selector), { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
  if (!answer.ok) return;
  const fresh = one(selector, new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!fresh) return;
  const alert = one("[data-alert]");
  const hammer = one("[data-hammer]")?.dataset.hammer;
  if (selector === ".panel") holdPanel();
  keepPictures(one(selector), fresh);
  one(selector).replaceWith(fresh);
  forgetRoots();
  const fell = one("[data-hammer]", fresh);
  if (fell && fell.dataset.hammer !== hammer) fell.classList.add("fell");
  // An alert that is shown stays.
  if (alert && one("[data-alert]")) one("[data-alert]").replaceWith(alert);
  all("[data-bound]").forEach((e) => clock.bound && setText(e, words("bound", { ms: Math.ceil(clock.bound) })));
  showLink();
  drawTime();
  if (board) drawFlashes();
}

/** Whether the panel still waits for what has happened since. */
function waitsInVain() {
  const waits = one("[data-waits]", listingPage)?.dataset.waits;
  return waits !== undefined && waits !== one("[data-state]", listingPage).dataset.state;
}

/** A picture that stays is not loaded again, so that it does not flicker. */
function keepPictures(old, fresh) {
  const shown = new Map(all("img", old).map((img) => [img.getAttribute("src"), img]));
  all("img", fresh).forEach((img) => shown.has(img.getAttribute("src")) && img.replaceWith(shown.get(img.getAttribute("src"))));
}

/* ---- what changes on a board is seen from the back of the hall ---- */

const FLASH_MS = 2500;
/** Lots whose price has just changed: how, and until when they flash. The board may be drawn anew meanwhile. */
const flashes = new Map();

/** Before the board shows a bid: somebody was outbid, or the price is new. */
function flash(root, bid) {
  const led = one("[data-leader]", root)?.dataset.leader;
  const kind = led && led !== bidderOf(bid, "leader") ? "outbid" : "bid";
  delete root.dataset.flash;
  // A second bid within the first one's time flashes again.
  void root.offsetWidth;
  flashes.set(root.dataset.listing, { kind, until: performance.now() + FLASH_MS });
  drawFlashes();
  setTimeout(drawFlashes, FLASH_MS + 20);
}

function drawFlashes() {
  for (const [listing, { kind, until }] of flashes) {
    const isOver = performance.now() >= until;
    if (isOver) flashes.delete(listing);
    for (const root of rootsOf(listing)) {
      if (isOver) delete root.dataset.flash;
      else root.dataset.flash = kind;
    }
  }
}

/** A hammer that fell longer ago is no moment: a board that was away does not show again what it missed. */
const MOMENT_MS = 15_000;

/** Whether a listing has just ended. An event does not say when it happened, and a board hears late of what it missed. */
async function hasJustEnded(listing) {
  const address = `${base}/api/v1/listings/${listing}/settlement`;
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(4000) });
  return answer.ok && now() - Date.parse((await answer.json()).settled_at) < MOMENT_MS;
}

/** Hands a lot's end to moments.js, which boards alone load: in words, with what the board calls the lot. */
async function tellHammer(end) {
  const codes = JSON.parse(one("[data-board]").dataset.codes ?? "null");
  if (codes && !codes[end.listing]) return;
  const root = rootsOf(end.listing)[0] ?? one(`[data-hammer="${end.listing}"]`);
  const detail = {
    listing: end.listing,
    number: codes?.[end.listing] ?? (root && one(".paddle", root).textContent) ?? "",
    title: (root && one("h2, .hall-title, .board-title", root)?.textContent) ?? "",
    outcome: end.outcome,
    winner: end.hammer === null ? "" : bidderOf(end, "winner"),
    hammer: end.hammer === null ? "" : money(end.hammer),
  };
  const isNews = await hasJustEnded(end.listing).catch(() => false);
  if (isNews) document.dispatchEvent(new CustomEvent("hammer", { detail }));
}

if (board) setInterval(() => (turn += 1, refreshSoon("[data-board]")), 15_000);
