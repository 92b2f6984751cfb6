// Bidding live: everyone sees everyone's bids at once, each once and in order, whatever happens to server and network.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, countdownFrom, launch } from "./visitor.mjs";

const LIVE_WITHIN_MS = 2000;
const NETWORK = /net::ERR_|Failed to fetch/;

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

async function meet(listing, people) {
  const visitors = await Promise.all(people.map((person) => Visitor.come(browser, house, person)));
  for (const visitor of visitors) await visitor.visit(`/listings/${listing}`);
  return visitors;
}

async function assertAllShow(visitors, n) {
  for (const visitor of visitors) {
    const wanted = String(countdownFrom(n));
    let shown;
    await until(`the history shows ${n} bids, each once`, async () => {
      shown = String(await visitor.sequence());
      return shown === wanted;
    }).catch((error) => assert.fail(`${error.message}; it shows ${shown}`));
  }
}

test("two bidders and a watcher see each other's bids without a reload", async () => {
  const { id } = await house.list({ title: "Seen by all" });
  const visitors = await meet(id, [{ name: "Bob", shape: PHONE }, { name: "Cleo", shape: DESK }, { shape: DESK }]);
  const [bob, cleo, watcher] = visitors;

  await bob.bid(10_000, "A lamp like my grandmother's <3");
  await assertAllShow(visitors, 1);
  for (const visitor of visitors) {
    assert.match((await visitor.history())[0].text, /Bob.*10,000.*A lamp like my grandmother's <3/);
    assert.equal(await visitor.attribute("price"), "10000");
    assert.equal(await visitor.attribute("leader"), "Bob");
    assert.equal(await visitor.attribute("minimum"), "10500");
  }
  await until("Bob is told that he leads", () => bob.page.$("[data-turn-said].leads"));

  // A maximum, of which the least that is needed is bid.
  await cleo.bid(12_000);
  await assertAllShow(visitors, 2);
  await until("Bob is told that he is outbid", async () => {
    const alert = bob.page.locator("[role=alert][data-alert]");
    return /outbid/i.test(await alert.textContent()) && /10,500/.test(await alert.textContent());
  });
  assert.equal((await cleo.page.textContent("[data-alert]")).trim(), "");
  assert.equal((await watcher.page.textContent("[data-alert]")).trim(), "");

  const waits_ms = [];
  for (let amount = 12_500; amount <= 16_000; amount += 500) {
    await (amount % 1000 ? bob : cleo).bid(amount);
    const answered = performance.now();
    await until("the watcher sees the bid", async () => (await watcher.attribute("price")) === String(amount));
    waits_ms.push(performance.now() - answered);
  }
  await assertAllShow(visitors, 10);
  // A busy machine may hold up any one of them.
  const [median_ms] = waits_ms.toSorted((a, b) => a - b).slice(waits_ms.length / 2);
  assert.ok(median_ms <= LIVE_WITHIN_MS, `a bid was seen after ${median_ms} ms`);
  for (const visitor of visitors) {
    await visitor.assertSameDocument();
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("a bid that was overtaken is refused with the new minimum, and what to do next stands ready", async () => {
  const { id } = await house.list({ title: "Overtaken" });
  const [bob] = await meet(id, [{ name: "Bob", shape: PHONE }]);
  // Cleo is faster than the bid that Bob has confirmed; while he is asked, her bid would close the question.
  await bob.page.route("**/api/v1/listings/*/bids", async (route) => {
    await house.bid("Cleo", id, 11_000);
    await until("the new price is on the page", async () => (await bob.attribute("price")) === "11000");
    await route.continue();
  });
  await bob.confirmBid(10_000);
  await until("the refusal names the minimum", async () =>
    /11,500/.test(await bob.page.textContent("form[data-bid] [data-error=amount]")));
  assert.equal(await bob.page.inputValue("form[data-bid] [name=max]"), "11,500");
  assert.deepEqual(await bob.sequence(), [1]);
  bob.assertNoComplaints(/status of 409/);
  await bob.close();
});

test("a server that is killed and started again leaves no gap and no double", async () => {
  const { id } = await house.list({ title: "Survives" });
  const visitors = await meet(id, [{ name: "Bob" }, { shape: PHONE }]);
  for (const visitor of visitors) await visitor.isLive();
  await house.bid("Bob", id, 10_000);
  await house.bid("Cleo", id, 10_500);
  await assertAllShow(visitors, 2);

  await house.kill();
  for (const visitor of visitors) await until("the page says that it is cut off", () => visitor.page.$("[data-link].off"));
  await house.start();
  for (let amount = 11_000; amount <= 13_000; amount += 500) {
    await house.bid(amount % 1000 ? "Cleo" : "Bob", id, amount);
  }
  await assertAllShow(visitors, 7);
  for (const visitor of visitors) await visitor.isLive();
  await house.bid("Cleo", id, 13_500);
  await assertAllShow(visitors, 8);
  for (const visitor of visitors) {
    assert.equal(await visitor.attribute("price"), "13500");
    await visitor.assertSameDocument();
    visitor.assertNoComplaints(NETWORK);
    await visitor.close();
  }
});

test("a phone that was offline catches up", async () => {
  const { id } = await house.list({ title: "Offline and back" });
  const [bob] = await meet(id, [{ name: "Bob", shape: PHONE }]);
  await bob.isLive();
  await bob.bid(10_000);
  await assertAllShow([bob], 1);
  await bob.context.setOffline(true);
  await until("the page says that it is offline", () => bob.page.$("[data-link].off"));
  for (const amount of [11_000, 12_000, 13_000]) await house.bid(amount === 12_000 ? "Bob" : "Cleo", id, amount);
  assert.deepEqual(await bob.sequence(), [1]);
  await bob.context.setOffline(false);
  await assertAllShow([bob], 4);
  await until("Bob is told that he is outbid", async () => /outbid/i.test(await bob.page.textContent("[data-turn]")));
  await bob.assertSameDocument();
  bob.assertNoComplaints(NETWORK);
  await bob.close();
});

test("at zero the page closes the listing, and tells the result without a reload", async () => {
  // Everyone is there before it begins: a busy machine takes its time to log them in.
  const people = [{ name: "Bob", shape: PHONE }, { name: "Cleo" }, {}];
  const visitors = await Promise.all(people.map((person) => Visitor.come(browser, house, person)));
  const [bob, cleo, watcher] = visitors;
  await house.listInTime(() => ({ title: "Ends in sight" }), ({ id }) =>
    Promise.all(visitors.map((visitor) => visitor.visit(`/listings/${id}`))));
  await cleo.bid(10_000);
  await bob.bid(20_000);
  await assertAllShow(visitors, 2);
  for (const visitor of visitors) {
    await until("the page says how it ended", async () => (await visitor.attribute("state")) === "sold", 120_000);
    await until("the winner and the price are named", async () =>
      /Bob/.test(await visitor.page.textContent("[data-turn]")) && /10,500/.test(await visitor.page.textContent("[data-turn]")));
    assert.equal(await visitor.page.locator("form[data-bid]").count(), 0);
  }
  await until("Bob is told that he won", async () => /won/i.test(await bob.page.textContent("[data-turn]")));
  for (const visitor of [cleo, watcher]) assert.doesNotMatch(await visitor.page.textContent("[data-alert]"), /won/i);
  for (const visitor of visitors) {
    await visitor.assertSameDocument();
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("while no server says how it ended, the page says that it is closing", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  const { id } = await house.listInTime(() => ({ title: "Ends in the dark" }), async ({ id }) => {
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
  });
  await house.bid("Bob", id, 10_000);
  await assertAllShow([bob], 1);
  await house.kill();
  await until("the page says that it is closing", async () =>
    (await bob.attribute("state")) === "closing" && /^Ending…$/.test((await bob.page.textContent("[data-countdown]")).trim()), 120_000);
  for (const button of await bob.page.$$("form[data-bid] button, form[data-quick] button")) {
    assert.equal(await button.isDisabled(), true, "a bid is still offered");
  }
  await house.start();
  await until("the page says how it ended", async () => (await bob.attribute("state")) === "sold");
  await bob.assertSameDocument();
  bob.assertNoComplaints(NETWORK);
  await bob.close();
});

test("with extend, a listing whose last minutes were not served is prolonged, and the page says why", async () => {
  house.auction("house", "set", "outage", "extend");
  const { id, closes_at } = await house.list({ title: "Goes on", closes_in_s: 240 });
  house.auction("house", "set", "outage", "settle");
  const visitors = await meet(id, [{ name: "Bob" }, { locale: "ko-KR" }]);
  for (const visitor of visitors) {
    await visitor.isLive();
    assert.equal(await visitor.page.isVisible("[data-outage]"), false);
  }
  await house.kill();
  await house.start();
  const whys = [/was down from .* to .*/, /의 서버 장애로/];
  for (const [visitor, why] of visitors.map((visitor, i) => [visitor, whys[i]])) {
    await until("the page says why", () => visitor.page.isVisible("[data-outage]"));
    const live = await visitor.page.textContent("[data-outage]");
    assert.match(live, why);
    assert.equal(await visitor.page.isVisible("[data-extended]"), true);
    assert.ok(Date.parse(await visitor.attribute("closes-at")) > Date.parse(closes_at));
    await visitor.assertSameDocument();
    await visitor.visit(`/listings/${id}`);
    assert.equal(await visitor.page.textContent("[data-outage]"), live, "the server's own words are the same");
    await visitor.isLive();
  }
  await visitors[0].bid(10_000);
  await assertAllShow(visitors, 1);
  for (const visitor of visitors) {
    visitor.assertNoComplaints(NETWORK);
    await visitor.close();
  }
});
