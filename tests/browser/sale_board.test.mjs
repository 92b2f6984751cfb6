// A sale on the projector and on paper, in a real Chromium: the board follows bids, closes, pauses and postponements by itself and
// fits the screen; what is printed has the right paper, and as many pages as it should.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const PROJECTOR = { viewport: { width: 1920, height: 1080 } };
const MM = 72 / 25.4;

let house;
let browser;

before(async () => {
  house = await House.open();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const inSeconds = (s) => new Date(Date.now() + s * 1000).toISOString();

/** Publishes a sale of so many lots, A1 and on; the first closes after `closes_in_s`. */
async function publish(code, { n, closes_in_s = 3600, every = "60s", name = "Spring Night of the Harbour School", sections = ["Silent"] }) {
  house.auction("sale", "add", code, "--name", name, "--closes-at", inSeconds(86_400), "--every", every);
  for (let i = 0; i < n; i++) {
    const section = sections[Math.floor((i * sections.length) / n)];
    const lot = ["--title", `Celadon tea bowl number ${i + 1}`, "--opening", "10000", "--lot", `A${i + 1}`, "--section", section];
    house.auction("listing", "add", "--seller", "ann@example.org", "--sale", code, ...lot);
  }
  house.auction("sale", "set", code, "closes_at", inSeconds(closes_in_s));
  house.auction("sale", "publish", code);
  const { listings } = await house.call("GET", "/api/v1/listings?state=all&limit=200");
  return new Map(listings.filter(({ sale }) => sale === code).map(({ lot, id }) => [lot, id]));
}

const seen = (visitor, selector) => visitor.page.textContent(selector, { timeout: 1000 }).catch(() => null);
const shows = (visitor, selector, text) => until(`${selector}: ${text}`, async () => text.test((await seen(visitor, selector)) ?? ""));
const stage = (visitor) => visitor.page.getAttribute(".hall-now", "data-lot", { timeout: 1000 }).catch(() => null);

/** What is cut off or hangs out of the screen. */
function outside({ page }) {
  return page.$$eval(".hall > *, .hall-side > *, .hall-side dd, .hall-words > *, .hall-next li", (all) =>
    all.filter((at) => at.getBoundingClientRect().bottom > innerHeight + 1 || at.getBoundingClientRect().right > innerWidth + 1)
      .map((at) => `${at.className || at.localName}: ${at.textContent.trim().slice(0, 40)}`));
}

test("the board follows bids, a postponement, a pause and its end, and shows them on one screen", async () => {
  const lots = await publish("night", { n: 8, sections: ["Silent auction", "Live auction"] });
  const hall = await Visitor.come(browser, house, { shape: PROJECTOR });
  await hall.visit("/sales/night/board");
  assert.equal(await stage(hall), "A1");
  await shows(hall, "[data-unbid]", /A1 A2 A3 A4 A5 …/);
  await house.bid("Bob", lots.get("A1"), 12_000);
  await shows(hall, ".hall-price", /12,000/);
  await shows(hall, ".hall-now .leader", /^Bob$/);
  await shows(hall, "[data-unbid]", /^A2/);
  await house.bid("Cleo", lots.get("A3"), 10_500);
  await shows(hall, '[data-lot="A3"] .hall-sum', /10,500/);
  const ends = () => hall.page.getAttribute("[data-ends=sale]", "data-until", { timeout: 1000 }).catch(() => null);
  const before_it = Date.parse(await ends());
  house.auction("sale", "postpone", "night", "--by", "10m", "--why", "the wifi failed");
  await shows(hall, "[data-postponed]", /10 min: the wifi failed/);
  await until("the sale ends later", async () => Date.parse(await ends()) === before_it + 600_000);
  for (const viewport of [PROJECTOR.viewport, { width: 1280, height: 720 }]) {
    await hall.page.setViewportSize(viewport);
    assert.deepEqual(await outside(hall), [], `${viewport.width} px`);
    const smallest = await hall.page.$$eval(".hall *", (all) => Math.min(...all
      .filter((at) => at.checkVisibility() && !at.closest(".hall-warning, .unseen") && [...at.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
      .map((at) => parseFloat(getComputedStyle(at).fontSize))));
    assert.ok(smallest >= viewport.width / 50, `the smallest letters have ${smallest} px`);
  }
  house.auction("sale", "pause", "night", "--why", "Fire alarm");
  await shows(hall, "[data-paused]", /Fire alarm/);
  assert.equal(await stage(hall), null);
  assert.deepEqual(await outside(hall), []);
  house.auction("sale", "resume", "night");
  await until("it goes on", async () => (await stage(hall)) === "A1");
  house.auction("sale", "cancel", "night", "--why", "The hall is closed");
  await shows(hall, "[data-cancelled]", /The hall is closed/);
  await hall.assertSameDocument();
  hall.assertNoComplaints();
  await hall.close();
});

test("when a lot closes the next one takes over, and its hammer is told", async () => {
  const hall = await Visitor.come(browser, house, { shape: PROJECTOR });
  // On a busy machine the first lot may be over before anybody looks: then another sale, that closes later.
  for (let closes_in_s = 16; ; closes_in_s *= 2) {
    const code = `quick-${closes_in_s}`;
    const lots = await publish(code, { n: 2, closes_in_s, every: "600s" });
    const bid = await house.bid("Bob", lots.get("A1"), 15_000).catch(() => null);
    await hall.visit(`/sales/${code}/board`);
    if (bid && (await stage(hall)) === "A1") break;
  }
  await until("the next takes over", async () => (await stage(hall)) === "A2");
  await shows(hall, ".hall-last", /A1.*Sold to Bob for ₩15,000/);
  await shows(hall, "[data-total]", /15,000/);
  assert.ok(await hall.page.$(".hall-last.fell"), "the moment is marked");
  await hall.assertSameDocument();
  hall.assertNoComplaints();
  await hall.close();
});

test("the board opens by itself at the announced time", async () => {
  const lots = ["--title", "A lamp", "--opening", "10000"];
  house.auction("sale", "add", "opening", "--name", "Opening", "--closes-at", inSeconds(3600));
  house.auction("listing", "add", "--seller", "ann@example.org", "--sale", "opening", "--lot", "A1", ...lots);
  const hall = await Visitor.come(browser, house, { shape: DESK });
  house.auction("sale", "set", "opening", "opens_at", inSeconds(6));
  house.auction("sale", "publish", "opening");
  await hall.visit("/sales/opening/board");
  await until("bidding is open", async () => (await stage(hall)) === "A1");
  await hall.assertSameDocument();
  hall.assertNoComplaints();
  await hall.close();
});

test("without scripts the board is whole, and comes again by itself", async () => {
  const lots = await publish("plain", { n: 2 });
  await house.bid("Bob", lots.get("A1"), 13_000);
  const hall = await Visitor.come(browser, house, { shape: PROJECTOR, javaScriptEnabled: false });
  await hall.page.goto(`${house.base}/sales/plain/board`);
  assert.match(await seen(hall, ".hall-price"), /13,000/);
  await house.bid("Cleo", lots.get("A1"), 14_000);
  await shows(hall, ".hall-price", /14,000/);
  await hall.close();
});

/** The size of each page of a PDF, in mm. */
async function papers(visitor, path) {
  await visitor.visit(path);
  const pdf = (await visitor.page.pdf({ preferCSSPageSize: true })).toString("latin1");
  const sizes = [...pdf.matchAll(/\/Type \/Page\b(?!s)[^]*?\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
  return sizes.map(([, width, height]) => [Math.round(width / MM), Math.round(height / MM)]);
}

const times = (n, size) => Array(n).fill(size);

test("each page to print has its paper, and as many pages as it should", async () => {
  await publish("paper", { n: 25 });
  const printer = await Visitor.come(browser, house, { shape: DESK });
  const print = (what) => papers(printer, `/sales/paper/print?what=${what}`);
  assert.deepEqual(await print("labels24"), times(2, [210, 297]));
  assert.deepEqual(await print("labels24&lots=A1-A24"), times(1, [210, 297]));
  assert.deepEqual(await print("labels24&lots=A1-A5&skip=20"), times(2, [210, 297]));
  assert.deepEqual(await print("labels62"), times(25, [62, 29]));
  assert.deepEqual(await print("sheets"), times(25, [148, 210]));
  const catalogue = await print("catalogue");
  assert.ok(catalogue.length > 2 && catalogue.every(([width, height]) => width === 210 && height === 297), String(catalogue));
  assert.equal(await printer.page.$eval("article", (at) => getComputedStyle(at).breakInside), "avoid");
  printer.assertNoComplaints();
  await printer.close();
});

const PAGES = ["board", "print", "print?what=catalogue", "print?what=sheets", "print?what=labels62", "print?what=labels24&skip=2"];

for (const [shape_name, shape, locale] of [["phone", PHONE, "ko-KR"], ["desk", DESK, "en-GB"]]) {
  test(`axe finds nothing on the board and the paper: ${shape_name}`, async () => {
    const code = `axe-${shape_name}`;
    await publish(code, { n: 3, name: "Donaudampfschifffahrtsgesellschaftskapitänsabend" });
    const visitor = await Visitor.come(browser, house, { shape, locale, bypassCSP: true });
    const found = [];
    const look = async (page) => {
      await visitor.visit(`/sales/${code}/${page}`);
      await visitor.page.addScriptTag({ content: axe.source });
      const { violations } = await visitor.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${page}: ${id}: ${target} ${failureSummary}`)));
      await visitor.page.setViewportSize({ width: 320, height: 640 });
      const too_wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (too_wide > 0) found.push(`${page}: ${too_wide} px too wide at 320 px`);
      await visitor.page.setViewportSize(shape.viewport);
    };
    for (const page of PAGES) await look(page);
    house.auction("sale", "pause", code, "--why", "Fire alarm");
    await look("board");
    house.auction("sale", "resume", code);
    house.auction("sale", "postpone", code, "--by", "5m", "--why", "the wifi failed");
    await look("board");
    house.auction("sale", "cancel", code, "--why", "The hall is closed");
    await look("board");
    assert.deepEqual(found, []);
    visitor.assertNoComplaints();
    await visitor.close();
  });
}
