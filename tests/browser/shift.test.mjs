// Nothing jumps: what a page has shown stays where it is, while its script and pictures come and whatever happens at the auction.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { listWithPictures, livedIn, photos } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const MOST = 0.02;

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

/** Runs in every page: notes each shift, those that follow a press as well, with what moved. */
function noteShifts() {
  globalThis.shifts = [];
  const nameOf = (node) => (node?.nodeType === 1 ? `${node.localName}.${node.className}` : node?.nodeName ?? "?");
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      globalThis.shifts.push({ value, what: sources.map(({ node }) => nameOf(node)).join(" ") });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/** Returns what has shifted since the page began, or since this was last asked: nothing if it is little. */
async function shifted({ page }, what) {
  // Shifts are noted with the frame in which they are painted.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
  const shifts = await page.evaluate(() => globalThis.shifts.splice(0));
  const sum = shifts.reduce((sum, { value }) => sum + value, 0);
  return sum < MOST ? [] : [`${what}: ${sum.toFixed(3)}, ${shifts.map(({ what }) => what).join("; ")}`];
}

const MOTION = { reducedMotion: "no-preference" };

test("no page shifts as it comes, on a phone or on a desk", async () => {
  const pages = await livedIn(house, browser);
  const found = [];
  for (const [how, shape] of [["phone", PHONE], ["desk", DESK]]) {
    for (const who of new Set(pages.map((page) => page.who))) {
      const visitor = await Visitor.come(browser, house, { name: who, shape, scripts: [noteShifts], ...MOTION });
      for (const { name, path, act } of pages.filter((page) => page.who === who)) {
        await visitor.visit(path);
        await act?.(visitor.page);
        await until("the script runs", () => visitor.page.evaluate(() =>
          !document.querySelector("[data-bound]") || document.querySelector("[data-bound]").textContent.trim()));
        found.push(...(await shifted(visitor, `${name} (${how})`)));
      }
      await visitor.close();
    }
  }
  assert.deepEqual(found, []);
});

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`nothing shifts while one bids, is refused, is outbid and wins: ${how}`, async () => {
    const [picture] = await photos(browser, ["#7fa58a"]);
    const found = [];
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, scripts: [noteShifts], ...MOTION });
    const other = await house.list({ title: "On another page" });
    await house.bid("Bob", other.id, 10_000);
    const look = async (what) => found.push(...(await shifted(bob, what)));
    const alert = () => bob.page.textContent("[data-alert]");
    const soft_close = JSON.stringify({ window_s: 120, extension_s: 40, cap_s: 300 });
    const { id } = await listWithPictures(house, [picture], { title: "Celadon bowl", closes_in_s: 60, soft_close });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await look("the page comes");
    await bob.bid(10_000);
    await until("the receipt is there", () => bob.page.$("[data-receipt]"));
    await until("Bob leads", () => bob.page.$("[data-turn-said].leads"));
    await look("a bid, its receipt and the extension");
    await house.bid("Cleo", other.id, 12_000);
    await until("the other notice is there", () => bob.page.$(`[data-toast="${other.id}"]`));
    await look("outbid on another item");
    await house.bid("Cleo", id, 12_000);
    await until("Bob is outbid", async () => /outbid/i.test(await alert()));
    await look("outbid on this item");
    // The answer of the house to a price that has moved meanwhile.
    await bob.page.route("**/bids", (route) => route.fulfill({
      status: 409, contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", title: "Too low", status: 409, code: "bid_too_low", minimum: 12_500 }),
    }));
    await bob.confirmBid(13_000);
    await until("the refusal is read", async () => (await bob.page.locator("[data-error=amount]").textContent()).trim());
    await look("a refused bid");
    await bob.page.unroute("**/bids");
    await bob.bid(15_000);
    await until("Bob leads again", () => bob.page.$("[data-turn-said].leads"));
    await look("leading again");
    await until("it is over", () => bob.page.$(".ending"), 400_000);
    await look("the close, and what was won");
    bob.assertNoComplaints(/409/);
    await bob.close();
    assert.deepEqual(found, []);
  });
}
