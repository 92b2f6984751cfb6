// This tab's end of the stream (stream.js): what it asks for, what it has heard, and when it looks for another way.

const stream = { last: page.cursor, live: false, way: null, nth: 0, heard: 0 };

/** Whether the page shows what changes. Any other page of a person hears only of what concerns them. */
const isLive = listingPage || board || ["home", "account", "sale"].some((kind) => document.body.classList.contains(kind));
const showsAll = isLive && !listingPage && !document.body.classList.contains("account");

function wish() {
  const ids = all("[data-listing]").map((root) => Number(root.dataset.listing));
  return { listings: showsAll ? "all" : [...ids, ...outbid.keys()], after: stream.last, who: page.who };
}

function connect() {
  stream.heard = performance.now();
  stream.way ??= WAYS[stream.nth](wish, hear);
}

function disconnect() {
  stream.way?.leave();
  stream.way = null;
}

/** Gives up a way that fails and takes the next one. */
function nextWay() {
  disconnect();
  stream.nth = Math.min(stream.nth + 1, WAYS.length - 1);
  connect();
}

function hear({ name, id, data, link, broken }) {
  if (broken) return nextWay();
  stream.heard = performance.now();
  if (link !== undefined) return showLink(link);
  if (id !== null) {
    if (id <= stream.last && name !== "reset") return;
    stream.last = id;
  }
  const told = JSON.parse(data || "{}");
  // Another person has just logged in with this browser: their events are not shown here.
  if (told.account !== undefined && told.account !== page.me) return;
  acts[name](told);
  moveOwnBid(name, told);
}

function showLink(live = stream.live) {
  stream.live = live;
  const link = one("[data-link]");
  if (!link) return;
  link.className = live ? "link on" : "link off";
  setText(link, words(live ? "live" : "offline"));
}

/** The line sends something every four seconds. A tab that slept heard nothing, which is no failure. */
const SILENT_WAY_MS = 30_000;
let watched = 0;

function watchWay() {
  const late = performance.now() - watched > 5000;
  watched = performance.now();
  if (document.hidden || late) stream.heard = watched;
  else if (watched - stream.heard > SILENT_WAY_MS) nextWay();
}

function wake() {
  syncClock();
  connect();
  stream.way.wake();
}
