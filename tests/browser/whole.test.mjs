// A whole auction with soft close, on two phones and a desk: bids by hand, an extension, the end, the winner. And what it
// costs to look at: how much is loaded, and how little moves while a hundred prices go by.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const PATIENCE_MS = 120_000;
const MAX_FIRST_LOAD = 40 * 1024;
const MAX_SHIFT = 0.02;
const N_PRICES = 100;

let house;
let browser;

before(async () => {
  house = await House.open();
  house.auction("house", "set", "limit_bids_per_s", "0");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const shows = (visitor, name, value) =>
  until(`${name} is ${value}`, async () => (await visitor.attribute(name)) === String(value), PATIENCE_MS);

test("two bidders and a watcher through a whole auction with soft close", async () => {
  const people = [{ name: "Bob", shape: PHONE }, { name: "Cleo", shape: PHONE }, {}];
  const visitors = await Promise.all(people.map((person) => Visitor.come(browser, house, person)));
  const [bob, cleo, watcher] = visitors;
  // Each price moves the close, whenever this machine gets round to it.
  const terms = (s) => ({ title: "From first to last", soft_close: { window_s: s * 2, extension_s: s, cap_s: 600 } });
  const listed = await house.listInTime(terms, async ({ id }) => {
    await Promise.all(visitors.map((visitor) => visitor.visit(`/listings/${id}`)));
    for (const visitor of visitors) await visitor.isLive();
  });

  let price = 10_000;
  for (const bidder of [bob, cleo, bob, cleo]) {
    await bidder.seesEveryBid();
    await bidder.page.locator("form[data-quick] button").first().click();
    await bidder.page.click("dialog[data-confirm] button[value=confirm]");
    for (const visitor of visitors) await shows(visitor, "price", price);
    price += 500;
  }
  assert.match(await bob.page.textContent("[data-alert]"), /outbid/i);
  for (const visitor of visitors) {
    assert.ok(Date.parse(await visitor.attribute("closes-at")) > Date.parse(listed.closes_at), "the close was moved");
    assert.equal(await visitor.page.isVisible("[data-extended]"), true, "and the page says so");
    const spark = await visitor.page.getAttribute("[data-spark]", "data-spark");
    assert.equal(spark, "10000,10000,10500,11000,11500", "the drawing shows each price");
  }

  for (const visitor of visitors) await shows(visitor, "state", "sold");
  for (const visitor of visitors) {
    await until("the winner and the hammer price are named", async () =>
      /Cleo/.test(await visitor.page.textContent(".ending")) && /11,500/.test(await visitor.page.textContent(".ending")), PATIENCE_MS);
  }
  await until("Cleo is told that she won", async () => /won/i.test(await cleo.page.textContent("[data-turn]")), PATIENCE_MS);
  assert.doesNotMatch(await watcher.page.textContent("[data-turn]"), /you/i);

  await cleo.page.goto(`${house.base}/account?tab=pay`);
  await cleo.page.click("details summary");
  await cleo.page.click("a[href^='/account/won/']");
  assert.match(await cleo.page.textContent("[data-invoice]"), /11,500/);
  assert.match(await cleo.page.textContent("[data-invoice]"), /Ann/);
  for (const visitor of visitors) {
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`a hundred prices move next to nothing on ${how}`, async () => {
    const { id } = await house.list({ title: "Keeps still", increment: 1, opening: 1_000 });
    const watcher = await Visitor.come(browser, house, { shape });
    await watcher.context.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await watcher.visit(`/listings/${id}`);
    await watcher.isLive();
    for (let i = 0; i < N_PRICES; i++) await house.bid(i % 2 ? "Cleo" : "Bob", id, 1_000 + i, i % 3 ? "" : "and one more");
    await shows(watcher, "price", 1_000 + N_PRICES - 1);
    const shift = await watcher.page.evaluate(() => new Promise((done) => setTimeout(() => done(window.shift), 500)));
    assert.ok(shift < MAX_SHIFT, `layout shift ${shift}`);
    await watcher.close();
  });
}

test("the first load of a listing is light: one page, one style sheet, one script, all compressed", async () => {
  const { id } = await house.list({ title: "Light" });
  for (let i = 0; i < 30; i++) await house.bid(i % 2 ? "Cleo" : "Bob", id, 20_000 + i * 1_000, "a word with the bid");
  const context = await browser.newContext();
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  await protocol.send("Network.enable");
  const kinds = new Map();
  const bytes = new Map();
  protocol.on("Network.responseReceived", ({ requestId, type, response }) => kinds.set(requestId, [type, response.url]));
  protocol.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await page.goto(`${house.base}/listings/${id}`, { waitUntil: "load" });
  const loads = [...kinds].map(([request, [type, url]]) => ({ type, url, bytes: bytes.get(request) ?? 0 }));
  const of = (type) => loads.filter((load) => load.type === type);
  assert.deepEqual([of("Document").length, of("Stylesheet").length, of("Script").length], [1, 1, 1]);
  const parts = [...of("Document"), ...of("Stylesheet"), ...of("Script")];
  const weight = parts.reduce((sum, load) => sum + load.bytes, 0);
  assert.ok(weight > 0 && weight <= MAX_FIRST_LOAD, `${weight} bytes: ${JSON.stringify(parts)}`);
  console.log(`first load of a listing with 30 bids: ${weight} bytes`);
  for (const load of [...of("Stylesheet"), ...of("Script")]) {
    const answer = await fetch(load.url);
    assert.equal(answer.headers.get("content-encoding"), "gzip");
    assert.match(answer.headers.get("cache-control"), /immutable/);
    assert.match(new URL(load.url).pathname, /\.[0-9a-f]{12}\.(css|js)$/);
    const again = await fetch(load.url, { headers: { "if-none-match": answer.headers.get("etag") } });
    assert.equal(again.status, 304);
  }
  await context.close();
});

test("the watchlist and the sound are remembered, without an account too", async () => {
  const { id } = await house.list({ title: "Worth watching" });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit(`/listings/${id}`);
  const pressed = (name) => guest.page.getAttribute(`[data-${name}]`, "aria-pressed");
  const starred = () => guest.page.getAttribute("[data-watch] button", "aria-pressed");
  assert.deepEqual([await starred(), await pressed("sound")], ["false", "false"]);
  await guest.page.click("[data-watch] button");
  await until("it is watched", async () => (await starred()) === "true", PATIENCE_MS);
  await guest.page.click("[data-sound]");
  await until("the sound is on", async () => (await pressed("sound")) === "true", PATIENCE_MS);
  await guest.assertSameDocument();
  await guest.page.reload();
  assert.equal(await starred(), "true");
  await until("the sound is on still", async () => (await pressed("sound")) === "true", PATIENCE_MS);
  await guest.page.goto(`${house.base}/?show=watched`);
  assert.deepEqual(await guest.page.$$eval(".card-title", (titles) => titles.map((t) => t.textContent)), ["Worth watching"]);

  await guest.page.goto(`${house.base}/login?next=/%3Fshow%3Dwatched`);
  await guest.page.fill("[name=email]", "bob@example.org");
  await guest.page.fill("[name=password]", "correct horse battery");
  await guest.page.click("form[action='/login'] button[type=submit]");
  await guest.page.waitForSelector("[data-me]");
  assert.match(await guest.page.textContent(".cards"), /Worth watching/, "it comes along at log-in");
  guest.assertNoComplaints();
  await guest.close();
});
