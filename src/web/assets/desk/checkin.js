// Check-in: guests are found while somebody types.

const search = one("[data-search]");
/** A pause in typing, in milliseconds: shorter ones would only ask for what nobody waits for. */
const PAUSE_MS = 150;

function searchSoon() {
  clearTimeout(searchSoon.timer);
  const { value } = search.elements.q;
  // A scanner types the whole address at once, and Enter after it.
  if (/^https?:/i.test(value)) return;
  searchSoon.timer = setTimeout(async () => {
    if (await refresh("[data-found]", `${search.action}?q=${encodeURIComponent(value)}`)) say(one("[data-found] p").textContent);
  }, PAUSE_MS);
}

search?.addEventListener("input", searchSoon);
