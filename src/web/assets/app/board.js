// Parts of the page fetched anew from the server, and the board, which shows the next listings in turn.

const refreshing = new Set();

function refreshSoon(selector) {
  if (refreshing.has(selector)) return;
  refreshing.add(selector);
  setTimeout(() => refresh(selector).catch(() => {}).finally(() => refreshing.delete(selector)), 200 + Math.random() * 1000);
}

/** Counts up every 15 s: the board shows the listings that end next in turn. */
let turn = 0;

function turned(here) {
  if (!board) return here;
  const address = new URL(here, location);
  address.searchParams.set("turn", turn);
  return address;
}

async function refresh(selector) {
  const answer = await fetch(turned(base + page.here), { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
  if (!answer.ok) return;
  const fresh = one(selector, new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!fresh) return;
  const alert = one("[data-alert]");
  one(selector).replaceWith(fresh);
  // An alert that is shown stays.
  if (alert && one("[data-alert]")) one("[data-alert]").replaceWith(alert);
  all("[data-bound]").forEach((e) => clock.bound && setText(e, words("bound", { ms: Math.ceil(clock.bound) })));
  showLink();
}

if (board) setInterval(() => (turn += 1, refreshSoon("[data-board]")), 15_000);
