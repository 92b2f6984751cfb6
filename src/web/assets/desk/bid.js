// A bid for a guest: what is known of the lot and of the number is shown once they are typed or scanned.

const desk_bid = one("[data-desk-bid]");

function showAbout() {
  clearTimeout(showAbout.timer);
  const { lot, number } = desk_bid.elements;
  const query = new URLSearchParams({ lot: lot.value, number: number.value });
  showAbout.timer = setTimeout(() => refresh("[data-about]", `${desk_bid.action}?${query}`), PAUSE_MS);
}

desk_bid?.addEventListener("input", ({ target }) => ["lot", "number"].includes(target.name) && showAbout());
