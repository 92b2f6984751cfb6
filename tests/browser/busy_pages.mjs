// Pages with very many items whose prices keep changing, on a phone at a quarter of its speed; and what that costs the browser.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { House } from "./house.mjs";
import { PHONE, Visitor } from "./visitor.mjs";
import { inSeconds } from "./sales.mjs";

export const SLOWED = 4;
export const PRICES_PER_S = 10;
const N_LOTS = 500;
const N_CARDS = 200;
/** As many items as a phone shows at a time: every other price that changes is one of theirs. */
const N_IN_VIEW = 8;

/** A house with a sale of 500 lots and 200 items beside it. Returns `{house, pages}`, each page a path with its items' ids. */
export async function busyHouse() {
  const house = await House.open();
  for (const name of ["bob", "cleo"]) house.auction("account", "credit", `${name}@example.org`, "900000000", "--why", "for a busy evening");
  const lots = ["lot,section,seller,title,opening"];
  for (let i = 1; i <= N_LOTS; i++) lots.push(`${i},Part ${1 + (i % 5)},ann@example.org,Lot ${i} of a long evening,10000`);
  const items = ["seller,title,opening,closes_at"];
  for (let i = 1; i <= N_CARDS; i++) items.push(`ann@example.org,Item ${i} of a busy house,10000,${inSeconds(3600 + i)}`);
  const file = (name, rows) => {
    writeFileSync(join(house.folder, name), `${rows.join("\n")}\n`);
    return join(house.folder, name);
  };
  house.auction("listing", "import", file("items.csv", items));
  const all = await house.call("GET", `/api/v1/listings?limit=${N_CARDS}`);
  house.auction("sale", "add", "evening", "--name", "A long evening", "--closes-at", inSeconds(7200), "--every", "10s");
  house.auction("sale", "import", "evening", file("lots.csv", lots));
  house.auction("sale", "publish", "evening");
  const ofSale = async (path, pattern) => {
    const html = await (await fetch(house.base + path)).text();
    return [...html.matchAll(pattern)].map(([, id]) => Number(id));
  };
  const pages = [
    { name: "a sale of 500 lots", path: "/sales/evening", ids: await ofSale("/sales/evening", /<li class="lot[^>]*data-listing="(\d+)"/g), least: 50 },
    { name: "the home page with 200 cards", path: `/?limit=${N_CARDS}`, ids: all.listings.map(({ id }) => id), least: 45 },
  ];
  return { house, pages };
}

/** How often each item was bid on; all busy pages are of one house. */
const rounds = new Map();

/** Bids so that ten prices a second change, until it is told to stop; then returns how many did. */
export function keepBidding(house, ids) {
  let isOver = false;
  const bidding = (async () => {
    const began = performance.now();
    let n = 0;
    for (; !isOver; n++) {
      const id = n % 2 ? ids[Math.floor(n / 2) % N_IN_VIEW] : ids[N_IN_VIEW + ((n / 2) % (ids.length - N_IN_VIEW))];
      const round = rounds.get(id) ?? 0;
      rounds.set(id, round + 1);
      await house.bid(round % 2 ? "Cleo" : "Bob", id, Math.round(10_000 * 1.3 ** round / 1000) * 1000);
      await sleep(Math.max(0, began + ((n + 1) * 1000) / PRICES_PER_S - performance.now()));
    }
    return n;
  })();
  return () => {
    isOver = true;
    return bidding;
  };
}

/** A slowed phone that looks at the page. */
export async function slowPhone(browser, house, path) {
  // Motion costs, too: it is measured with it.
  const visitor = await Visitor.come(browser, house, { shape: PHONE, reducedMotion: "no-preference" });
  const protocol = await visitor.context.newCDPSession(visitor.page);
  await protocol.send("Performance.enable");
  await visitor.visit(path);
  await protocol.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
  return { visitor, protocol, page: visitor.page };
}

const COSTS = { script: "ScriptDuration", layout: "LayoutDuration", style: "RecalcStyleDuration", all: "TaskDuration" };

async function costs({ protocol }) {
  const { metrics } = await protocol.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value * 1000;
  return Object.fromEntries(Object.entries(COSTS).map(([name, metric]) => [name, value(metric)]));
}

/** Returns frames a second over so long, and the milliseconds of a second that the main thread worked, by kind. */
export async function measure(phone, seconds) {
  const before = await costs(phone);
  const frames = await phone.page.evaluate((ms) => new Promise((done) => {
    const began = performance.now();
    let n = 0;
    const next = (at) => (at - began < ms ? (n++, requestAnimationFrame(next)) : done((n * 1000) / (at - began)));
    requestAnimationFrame(next);
  }), seconds * 1000);
  const after = await costs(phone);
  return { frames, ...Object.fromEntries(Object.keys(COSTS).map((name) => [name, (after[name] - before[name]) / seconds])) };
}

/** Returns the milliseconds that a fixed piece of work takes on the page's main thread at this moment, on average. */
export function workOfReference({ page }) {
  return page.evaluate(() => {
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < 15_000_000; i++) sum = (sum * 31 + i) % 1_000_003;
    return (performance.now() - began + (sum < 0 ? 1 : 0)) / 5;
  });
}
