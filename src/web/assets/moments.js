// The moments of a board: each sale in gold over it for some seconds, one after another, and quietly what was not sold.
// Many at once are not shown one by one: the newest few are, and the others counted.

const box = document.querySelector("[data-moments]");
/** How long a moment stays: shorter while others wait. Four at their shortest pass within the 20 s between two lots. */
const LONG_MS = 6500;
const SHORT_MS = 3500;
const MAX_WAITING = 3;

const waiting = [];
let moreSold = 0;
let shownAt = 0;
let timer = null;

/** A lot that the board does not show comes without its title: the house says it, and what it calls the lot. */
async function named(detail) {
  if (detail.title) return detail;
  const address = new URL(`../api/v1/listings/${detail.listing}`, import.meta.url);
  const { title, lot } = await (await fetch(address, { signal: AbortSignal.timeout(4000) })).json();
  const { lotNumber, itemNumber } = box.dataset;
  const number = lot ? lotNumber.replace("%code", () => lot) : itemNumber.replace("%n", detail.listing);
  return { ...detail, title, number: detail.number || number };
}

document.addEventListener("hammer", async ({ detail }) => {
  const moment = await named(detail).catch(() => null);
  if (!moment) return;
  waiting.push(moment);
  while (waiting.length > MAX_WAITING) {
    if (waiting.shift().outcome === "sold") moreSold += 1;
  }
  if (timer === null) next();
  else endAfter(SHORT_MS);
});

function next() {
  timer = null;
  const moment = waiting.shift();
  if (!moment) return void box.replaceChildren();
  box.replaceChildren(drawn(moment));
  shownAt = performance.now();
  endAfter(waiting.length || moment.outcome !== "sold" ? SHORT_MS : LONG_MS);
}

/** Ends the moment that is shown once it has had so much time. */
function endAfter(ms) {
  clearTimeout(timer);
  timer = setTimeout(next, Math.max(0, shownAt + ms - performance.now()));
}

function drawn({ listing, number, title, outcome, winner, hammer }) {
  const moment = made("div", "moment");
  Object.assign(moment.dataset, { moment: listing, outcome });
  const lot = made("p", "moment-lot");
  if (number) lot.append(made("span", "paddle", number), " ");
  lot.append(made("span", "", title));
  const { sold, unsold, more } = box.dataset;
  const said = sold.replace(/%(winner|hammer)/g, (_, key) => ({ winner, hammer })[key]);
  const line = made("p", "moment-said");
  // Each part stays whole where the line must break.
  (outcome === "sold" ? said : unsold).split(" · ").forEach((part, i) => line.append(i ? " · " : "", made("span", "", part)));
  moment.append(lot, line);
  if (moreSold) moment.append(made("p", "moment-more", more.replace("%n", moreSold)));
  moreSold = 0;
  return moment;
}

function made(name, kind, text = "") {
  return Object.assign(document.createElement(name), { className: kind, textContent: text });
}
