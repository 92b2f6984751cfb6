// Check-in: guests are found while somebody types.

/** A pause in typing, in milliseconds: shorter ones would only ask for what nobody waits for. */
const PAUSE_MS = 150;

let searching;

function searchSoon({ target }) {
  const search = target.closest("[data-search]");
  if (!search) return;
  clearTimeout(searching);
  const { value } = search.elements.q;
  // A scanner types an address, and Enter after it.
  if (/^https?:/i.test(value)) return;
  searching = setTimeout(async () => {
    if (await refresh("[data-found]", `${search.action}?q=${encodeURIComponent(value)}`)) say(one("[data-found] p").textContent);
  }, PAUSE_MS);
}

document.addEventListener("input", searchSoon);
