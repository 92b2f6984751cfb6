// A bid for a guest: what is known of the lot and of the number is shown once they are typed or scanned.

let askingAbout;

function showAbout({ target }) {
  const form = target.closest("[data-desk-bid]");
  if (!form || !["lot", "number"].includes(target.name)) return;
  clearTimeout(askingAbout);
  const { lot, number } = form.elements;
  const query = new URLSearchParams({ lot: lot.value, number: number.value });
  askingAbout = setTimeout(() => refresh("[data-about]", `${form.action}?${query}`), PAUSE_MS);
}

document.addEventListener("input", showAbout);
