// The bids of a listing's page. Rows stay where they are and their contents move down, so that nothing jumps.

const MAX_ROWS = 1000;
const bidList = one("[data-history]");
const seen = new Set(bidList ? all("li", bidList).map((row) => Number(row.dataset.seq)) : []);
let arrived = [];

function addBid(bid) {
  if (!bidList || seen.has(bid.seq)) return;
  seen.add(bid.seq);
  if (!arrived.length) setTimeout(drawArrived, 16);
  arrived.push(bid);
}

function drawArrived() {
  const fresh = arrived.map(rowOf).reverse();
  arrived = [];
  one("[data-no-bids]").hidden = true;
  const contents = [...fresh, ...bidList.children].slice(0, MAX_ROWS).map((line) => ({
    seq: line.dataset.seq,
    kind: line.className,
    parts: [...line.childNodes],
  }));
  while (bidList.childElementCount < contents.length) bidList.append(document.createElement("li"));
  contents.forEach(({ seq, kind, parts }, i) => {
    const line = bidList.children[i];
    line.dataset.seq = seq;
    line.className = kind;
    line.replaceChildren(...parts);
  });
}

/** Draws the price as steps from the opening, as the server does. */
function drawSpark(price) {
  const spark = one("[data-spark]");
  const prices = [...spark.dataset.spark.split(",").filter(Boolean).map(Number), price].slice(-60);
  const low = Math.min(...prices);
  const span = Math.max(Math.max(...prices) - low, 1);
  const y = (of) => 46 - Math.floor((44 * (of - low)) / span);
  const step = (of, i) => (i ? `H${Math.floor((240 * i) / prices.length)}V${y(of)}` : `M0 ${y(of)}`);
  spark.dataset.spark = prices;
  one("path", spark).setAttribute("d", `${prices.map(step).join("")}H240`);
}

function rowOf(bid) {
  const row = one("template[data-row]").content.firstElementChild.cloneNode(true);
  row.dataset.seq = bid.seq;
  row.className = bid.bidder_id === page.me ? "own" : "";
  one(".who", row).textContent = bidderOf(bid, "bidder");
  one(".sum", row).textContent = money(bid.amount);
  const mark = bid.automatic ? words("automatic") : bid.by_desk ? words("by_desk") : "";
  if (mark) one(".said", row).append(Object.assign(document.createElement("em"), { textContent: mark }));
  else one(".said", row).textContent = bid.message ?? "";
  one("time", row).textContent = timeOfDay(now());
  return row;
}
