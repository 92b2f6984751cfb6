// Nothing jumps: what a page has shown stays where it is, whatever happens at the auction. That nothing moves as a page comes is
// seen on every page by `pages.test.mjs`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { listWithPictures, photos } from "./lived_in.mjs";
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

/** Runs in every page: notes each shift, with what moved. */
function noteShifts() {
  globalThis.shifts = [];
  const nameOf = (node) => (node?.nodeType === 1 ? `${node.localName}.${node.className}` : node?.nodeName ?? "?");
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      globalThis.shifts.push({ value, what: sources.map(({ node }) => nameOf(node)).join(" ") });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/**
 * Returns what has shifted since the page began, or since this was last asked: nothing if it is little. Shifts that follow a press
 * count as well, which the platform would forgive: what a press brings comes with the answer of the house.
 */
async function shifted({ page }, what) {
  // Shifts are noted with the frame in which they are painted.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
  const shifts = await page.evaluate(() => globalThis.shifts.splice(0));
  const sum = shifts.reduce((sum, { value }) => sum + value, 0);
  if (sum) console.log(`${what}: ${sum.toFixed(4)}`);
  return sum < MOST ? [] : [`${what}: ${sum.toFixed(3)}, ${shifts.map(({ value, what }) => `${value.toFixed(3)} ${what}`).join("; ")}`];
}

/** Returns the least bid that the house takes now. */
const next = async (id) => (await house.call("GET", `/api/v1/listings/${id}`)).minimum;

const MOTION = { reducedMotion: "no-preference" };

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`nothing shifts as notices come and prices change, on any page: ${how}`, async () => {
    const found = [];
    const ids = [];
    for (const title of ["On the home page", "Elsewhere", "A third", "A fourth"]) ids.push((await house.list({ title })).id);
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, scripts: [noteShifts], ...MOTION });
    for (const path of ["/", "/help", "/account", `/listings/${ids[0]}`]) {
      for (const id of ids.slice(1)) await house.bid("Bob", id, await next(id));
      await bob.visit(path);
      await until("the script runs", () => bob.page.evaluate(() =>
        !document.querySelector("[data-bound]") || document.querySelector("[data-bound]").textContent.trim()));
      found.push(...(await shifted(bob, `${path} comes`)));
      for (const id of ids.slice(1)) {
        await house.bid("Cleo", id, await next(id));
        await until("the notice is there", () => bob.page.$(`[data-toast="${id}"]`));
      }
      found.push(...(await shifted(bob, `${path}, outbid three times`)));
    }
    await bob.close();
    assert.deepEqual(found, []);
  });
}

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`nothing shifts on the page of an item while one bids, is refused, is outbid and wins: ${how}`, async () => {
    const [picture] = await photos(browser, ["#7fa58a"]);
    const found = [];
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, scripts: [noteShifts], ...MOTION });
    const other = await house.list({ title: "On another page" });
    await house.bid("Bob", other.id, 10_000);
    const look = async (what) => found.push(...(await shifted(bob, `${what} (${how})`)));
    const shows = (price) => until(`the price is ${price}`, async () => (await bob.attribute("price")) === String(price));
    const alert = () => bob.page.textContent("[data-alert]");
    // Each bid extends it: it ends when the test is through.
    const soft_close = JSON.stringify({ window_s: 120, extension_s: 20, cap_s: 300 });
    const { id } = await listWithPictures(house, [picture], { title: "Celadon bowl", closes_in_s: 20, soft_close });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await look("the page comes");
    await house.bid("Cleo", id, 10_000);
    await shows(10_000);
    await look("a bid by another while I look on");
    await bob.bid(11_000);
    await until("the receipt is there", () => bob.page.$("[data-receipt]"));
    await until("Bob leads", () => bob.page.$("[data-turn-said].leads"));
    await look("a bid, its receipt and the extension");
    await house.bid("Cleo", other.id, 12_000);
    await until("the other notice is there", () => bob.page.$(`[data-toast="${other.id}"]`));
    await look("the notice appears on top");
    await house.bid("Cleo", id, 12_000);
    await until("Bob is outbid", async () => /outbid/i.test(await alert()));
    await look("outbid on this item");
    // The answer of the house to a price that has moved meanwhile.
    await bob.page.route("**/bids", (route) => route.fulfill({
      status: 409, contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", title: "Too low", status: 409, code: "bid_too_low", minimum: 12_500 }),
    }));
    await bob.confirmBid(12_600);
    await until("the refusal is read", async () => (await bob.page.locator("[data-error=amount]").textContent()).trim());
    await look("a refused bid");
    await bob.page.unroute("**/bids");
    await bob.bid(15_000);
    await until("Bob leads again", () => bob.page.$("[data-turn-said].leads"));
    await look("leading again, with a second receipt");
    await bob.bid(16_000);
    await look("a raise");
    await until("it is over", () => bob.page.$(".ending.mine"), 400_000);
    await look("the close, and what was won");
    bob.assertNoComplaints(/409/);
    await bob.close();
    assert.deepEqual(found, []);
  });

  test(`nothing shifts on the page of an item as somebody else wins it: ${how}`, async () => {
    const [picture] = await photos(browser, ["#b0483c"]);
    const found = [];
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, scripts: [noteShifts], ...MOTION });
    const { id } = await listWithPictures(house, [picture], { title: "Red bowl", closes_in_s: 25 });
    const look = async (what) => found.push(...(await shifted(bob, `${what} (${how})`)));
    await house.bid("Bob", id, 10_000);
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await house.bid("Cleo", id, 12_000);
    await until("Bob is outbid", async () => /outbid/i.test(await bob.page.textContent("[data-alert]")));
    await look("outbid");
    const funds = Number(await bob.attribute("available")) - 1000;
    const pay = (way) => house.auction("account", way, "bob@example.org", String(funds), "--why", "test");
    pay("debit");
    await until("he has too little", () => bob.page.isVisible("[data-no-funds]"));
    await look("his funds are gone");
    pay("credit");
    await until("he has enough", () => bob.page.isVisible("[data-offers]"));
    await look("his funds are back");
    await until("it is over", () => bob.page.$(".ending"), 400_000);
    await look("it ends");
    await bob.close();
    assert.deepEqual(found, []);
  });
}
