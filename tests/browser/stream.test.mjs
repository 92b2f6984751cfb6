// One stream a browser: nine tabs leave the bids their way, tabs share and pass on the stream, whoever logs out in one tab
// does so in all, and a page that the browser kept is right and live when it is shown again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launchWhole } from "./visitor.mjs";

const PATIENCE_MS = 60_000;
// A browser without a worker, and one on plain http:// in a hall, which has no locks either.
const NO_WORKER = () => delete globalThis.SharedWorker;
const NO_LOCKS = () => delete Navigator.prototype.locks;

let house;
let browser;

before(async () => {
  house = await House.open();
  // The tests' browser keeps no pages for the way back unless it is told to.
  browser = await launchWhole({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
});

after(async () => {
  await browser?.close();
  await house?.close();
});

async function nWatchers() {
  const text = await (await fetch(`${house.base}/metrics`)).text();
  return Number(/^auction_watchers (\d+)/m.exec(text)[1]);
}

/** If it does not come to that, tells how many there are, and who holds or awaits the lock. */
async function untilWatchers(what, n, visitor) {
  let counted;
  await until(what, async () => (counted = await nWatchers()) === n, PATIENCE_MS).catch(async (error) => {
    const locks = await visitor?.page.evaluate(() => navigator.locks.query());
    assert.fail(`${error.message}; there are ${counted}: ${JSON.stringify(locks)}`);
  });
}

/** A page that is just being loaded again says nothing yet. */
const asks = (visitor, ask) => visitor.page.evaluate(ask).catch(() => null);

/** As a person goes back: a page that was kept is not loaded again, and tells the test no `load`. */
const goBack = (visitor) => visitor.page.evaluate(() => void setTimeout(() => history.back()));

const shows = (visitor, price) =>
  until(`the price is ${price}`, async () =>
    (await visitor.attribute("price").catch(() => null)) === String(price), PATIENCE_MS);

for (const [how, scripts] of [["a shared worker", []], ["a leading tab", [NO_WORKER]]]) {
  test(`nine tabs by ${how}: one stream, and a bid from the first goes through`, async () => {
    const { id } = await house.list({ title: "Nine tabs" });
    const other = await house.list({ title: "Another room" });
    const first = await Visitor.come(browser, house, { name: "Bob", scripts });
    await first.visit(`/listings/${id}`);
    const tabs = [first];
    while (tabs.length < 8) tabs.push(await first.tab(`/listings/${id}`));
    tabs.push(await first.tab(`/listings/${other.id}`));
    for (const tab of tabs) await tab.isLive();
    await untilWatchers("one stream serves all", 1, first);

    await first.bid(10_000);
    for (const tab of tabs.slice(0, 8)) await shows(tab, 10_000);
    await house.bid("Cleo", other.id, 12_000);
    await shows(tabs[8], 12_000);
    assert.equal(await first.attribute("price"), "10000");

    // Whichever tab holds the stream, the others go on without it.
    for (const tab of tabs.splice(4)) await tab.page.close();
    await tabs.shift().page.close();
    await house.bid("Cleo", id, 11_000);
    for (const tab of tabs) await shows(tab, 11_000);
    for (const tab of tabs) {
      await tab.assertSameDocument();
      tab.assertNoComplaints();
    }
    await first.context.close();
    await untilWatchers("the stream ends with the browser", 0);
  });
}

test("where tabs cannot agree, each is live while it is looked at", async () => {
  const { id } = await house.list({ title: "A hall without TLS" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, scripts: [NO_LOCKS] });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  await bob.bid(10_000);
  await shows(bob, 10_000);
  bob.assertNoComplaints();
  await bob.close();
});

for (const [how, shape] of [["a shared worker", DESK], ["a leading tab", PHONE]]) {
  test(`whoever logs out in one tab does so in all; another person is told only their own: ${how}`, async () => {
    const { id } = await house.list({ title: `Changing hands by ${how}` });
    const one = await Visitor.come(browser, house, { name: "Bob", shape });
    await one.visit(`/listings/${id}`);
    const two = await one.tab("/account");
    const three = await one.tab(`/listings/${id}`);
    await three.bid(10_000);
    await until("Bob leads", () => three.page.$("[data-turn-said].leads"), PATIENCE_MS);

    await one.page.click("form[action='/logout'] button");
    for (const tab of [two, three]) {
      await until("nothing of Bob's is shown", async () =>
        (await asks(tab, () => document.querySelectorAll("[data-me], [data-available]").length)) === 0, PATIENCE_MS);
    }
    await two.page.waitForURL((address) => address.pathname === "/login");
    await three.isLive();

    // Cleo logs in: the stream is hers now.
    await two.page.fill("[name=email]", "cleo@example.org");
    await two.page.fill("[name=password]", "correct horse battery");
    await two.page.click("form[action='/login'] button[type=submit]");
    await until("the other tab is Cleo's too", async () =>
      (await asks(three, () => document.querySelector("[data-me]")?.textContent)) === "Cleo", PATIENCE_MS);
    await three.isLive();
    await two.page.waitForSelector("[data-held]");
    const held = async () => Number(await two.page.getAttribute("[data-held]", "data-held"));
    const held_before = await held();
    await three.bid(12_000);
    await until("Cleo leads", () => three.page.$("[data-turn-said].leads"), PATIENCE_MS);
    await until("her funds are told to the account page", async () =>
      (await held()) === held_before + 12_000, PATIENCE_MS);
    await house.bid("Bob", id, 20_000);
    await until("Cleo is told that she is outbid", () => three.page.$("[data-turn-said].outbid"), PATIENCE_MS);
    await one.context.close();
  });
}

for (const [how, shape] of [["a shared worker", DESK], ["a leading tab", PHONE]]) {
  test(`gone away and back, the page is right and live: ${how}`, async () => {
    const { id } = await house.list({ title: "Back and forth" });
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await bob.page.evaluate(() => addEventListener("pageshow", (event) => (window.wasKept = event.persisted)));
    await bob.page.goto(`${house.base}/join`);
    await house.bid("Cleo", id, 10_000);
    await goBack(bob);
    await shows(bob, 10_000);
    if (shape === PHONE) assert.equal(await bob.page.evaluate(() => window.wasKept), true, "the page was not kept");
    await bob.isLive();
    await house.bid("Bob", id, 11_000);
    await shows(bob, 11_000);
    bob.assertNoComplaints();
    await bob.close();
  });
}

test("a kept page shows nothing of a person who has logged out since", async () => {
  const { id } = await house.list({ title: "Left behind" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  await bob.page.click("form[action='/logout'] button");
  await bob.page.waitForURL((address) => address.pathname === "/");
  await goBack(bob);
  await until("it is a guest's page", () => asks(bob, () =>
    document.documentElement.checkVisibility() && location.pathname !== "/" && !document.querySelector("[data-me]")), PATIENCE_MS);
  await bob.close();
});

test("a stream that falls silent is opened again", async () => {
  const { id } = await house.list({ title: "Silent" });
  const bob = await Visitor.come(browser, house, { shape: PHONE });
  // The stream opens and then says nothing, as behind a proxy that has forgotten it.
  let n_opened = 0;
  await bob.context.exposeFunction("opened", () => (n_opened += 1));
  await bob.context.addInitScript(() => {
    const True = EventSource;
    globalThis.EventSource = class extends True {
      constructor(address) {
        super(address);
        globalThis.opened();
        this.isFirst = !globalThis.hadOne;
        globalThis.hadOne = true;
      }
      addEventListener(name, listen) {
        super.addEventListener(name, (event) => this.isFirst || listen(event));
      }
    };
  });
  await bob.visit(`/listings/${id}`);
  await until("the stream is open", () => n_opened >= 1, PATIENCE_MS);
  await house.bid("Bob", id, 10_000);
  await until("it is opened again", () => n_opened >= 2, PATIENCE_MS);
  await shows(bob, 10_000);
  await bob.close();
});
