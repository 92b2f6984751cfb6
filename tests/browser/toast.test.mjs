// Outbid, told on every page of the browser: what the notice says and where it leads, in which tabs it stands, when it goes, and
// that it is in nobody's way.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { House, PASSWORD, emailOf, until } from "./house.mjs";
import { sale } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

let house;
let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

// Each has a house of its own: whoever is outbid is told so on every page from then on.
beforeEach(async () => (house = await House.open()));
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await house?.close();
});

const toast = (visitor, id) => visitor.page.locator(`[role=status] [data-toast="${id}"]`);
const text = async (visitor, id) => (await toast(visitor, id).textContent()).replace(/\s+/g, " ").trim();
const stands = (visitor, id) => until(`a notice of item ${id} stands`, () => toast(visitor, id).count());
const isGone = (visitor, id) => until(`the notice of item ${id} is gone`, async () => (await toast(visitor, id).count()) === 0);
const titled = (visitor, pattern) => until(`the title says ${pattern}`, async () => pattern.test(await visitor.page.title()));

/** Asked of the server: pages without a mark of the link join as soon as their script runs. */
async function watchers() {
  const metrics = await (await fetch(`${house.base}/metrics`)).text();
  return Number(/^auction_watchers (\d+)/m.exec(metrics)[1]);
}

const untilWatchers = (n) => until(`there are ${n} watchers`, async () => (await watchers()) === n);

/** Bob leads a new item, by a bid of 10,000. */
async function ledByBob(terms) {
  const { id } = await house.list(terms);
  await house.bid("Bob", id, 10_000);
  return id;
}

async function leave(visitor) {
  await visitor.close();
  await untilWatchers(0);
}

for (const [how, shape] of [["by a shared worker", DESK], ["on a phone, by one tab for all", PHONE]]) {
  test(`six tabs, whatever they show, tell who is outbid, by one stream: ${how}`, async () => {
    const id = await ledByBob({ title: "Brass desk lamp" });
    const other = await house.list({ title: "Another" });
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit("/help");
    const tabs = [bob];
    for (const path of ["/account/profile", "/listings/new", `/listings/${other.id}`, "/no-such-page", "/"]) tabs.push(await bob.tab(path));
    await untilWatchers(1);
    for (const tab of tabs) assert.equal(await tab.page.locator("[data-toast]").count(), 0);

    await house.bid("Cleo", id, 12_000);
    for (const tab of tabs) {
      await stands(tab, id);
      assert.match(await text(tab, id), /^Outbid on Brass desk lamp: the price is now ₩12,000 — Bid again/);
      await titled(tab, /^\(1\) Outbid · /);
    }
    // The price goes on, and the notice with it, on a page that shows nothing live either.
    house.addPerson("Dora");
    const { token } = await house.call("POST", "/api/v1/sessions", null, { email: emailOf("Dora"), password: PASSWORD });
    await house.call("POST", `/api/v1/listings/${id}/bids`, token, { amount: 15_000 });
    for (const tab of tabs) await until("the price follows", async () => /15,000/.test(await text(tab, id)));
    await untilWatchers(1);

    // Leading again, by a bid elsewhere, takes it away in each tab.
    await house.bid("Bob", id, 30_000);
    for (const tab of tabs) {
      await isGone(tab, id);
      await titled(tab, /^(?!.*Outbid)/);
      await tab.assertSameDocument();
    }
    bob.assertNoComplaints();
    await leave(bob);
  });
}

test("the notice links the item, whose own page tells it once", async () => {
  const id = await ledByBob({ title: "Oak stool" });
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit("/help");
  const own = await bob.tab(`/listings/${id}`);
  await own.isLive();
  await house.bid("Cleo", id, 12_000);
  await stands(bob, id);
  await until("the page of the item tells it", async () => /outbid/i.test(await own.page.textContent("[data-alert]")));
  await titled(own, /^\(1\) Outbid · Oak stool/);
  assert.equal(await own.page.locator("[data-toast]").count(), 0, "no double");
  // Others go on without this person.
  house.addPerson("Dora");
  const { token } = await house.call("POST", "/api/v1/sessions", null, { email: emailOf("Dora"), password: PASSWORD });
  await house.call("POST", `/api/v1/listings/${id}/bids`, token, { amount: 13_000 });
  await until("what it tells follows the price", async () => /outbid.*13,000/i.test(await own.page.textContent("[data-alert]")));
  await bob.follow(`[data-toast="${id}"] a`);
  assert.equal(new URL(bob.page.url()).pathname, `/listings/${id}`);
  assert.equal(await bob.page.locator("[data-toast]").count(), 0);
  await titled(bob, /^\(1\) Outbid · Oak stool/);
  // A bid from that page ends it in all tabs.
  await own.bid(15_000);
  await titled(bob, /^Oak stool/);
  await titled(own, /^Oak stool/);
  await leave(bob);
});

test("it stands on each page one comes to, also when no page was open as it happened, and is said aloud once", async () => {
  const id = await ledByBob({ title: "Walnut radio" });
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.page.goto("about:blank");
  await untilWatchers(0);
  await house.bid("Cleo", id, 12_000);
  const live = () => bob.page.getAttribute("[data-toasts]", "aria-live");
  await bob.visit("/help");
  await stands(bob, id);
  assert.equal(await live(), "polite");
  for (const path of ["/account", "/help/settings", "/sales"]) {
    await bob.visit(path);
    await stands(bob, id);
    await titled(bob, /^\(1\) Outbid · /);
    assert.equal(await live(), "off", "it was said before");
  }
  // Missed, too: he leads again while no page of his is open.
  await bob.page.goto("about:blank");
  await untilWatchers(0);
  await house.bid("Bob", id, 20_000);
  await bob.visit("/help");
  await titled(bob, /^(?!.*Outbid)/);
  assert.equal(await bob.page.locator("[data-toast]").count(), 0);
  await leave(bob);
});

test("dismissed by button or Escape it is gone in all tabs and stays so, until one is outbid anew", async () => {
  const [first, second] = [await ledByBob({ title: "First" }), await ledByBob({ title: "Second" })];
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit("/help");
  const tab = await bob.tab("/account/profile");
  await untilWatchers(1);
  for (const id of [first, second]) await house.bid("Cleo", id, 12_000);
  for (const id of [first, second]) for (const page of [bob, tab]) await stands(page, id);
  await titled(tab, /^\(2\) Outbid · /);
  await bob.page.getByRole("button", { name: "Dismiss: First" }).click();
  for (const page of [bob, tab]) await isGone(page, first);
  await titled(tab, /^\(1\) Outbid · /);
  await tab.page.keyboard.press("Escape");
  for (const page of [bob, tab]) await isGone(page, second);
  await titled(bob, /^(?!.*Outbid)/);
  await bob.visit("/help");
  await untilWatchers(1);
  assert.equal(await bob.page.locator("[data-toast]").count(), 0, "it stays dismissed");
  await house.bid("Bob", first, 20_000);
  await house.bid("Cleo", first, 30_000);
  for (const page of [bob, tab]) await stands(page, first);
  await bob.visit("/help");
  await stands(bob, first);
  await leave(bob);
});

test("it goes when the item closes, and when it is cancelled", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit("/help");
  let own;
  const { id } = await house.listInTime(() => ({ title: "Soon over" }), async ({ id }) => {
    await own?.page.close();
    own = await bob.tab(`/listings/${id}`);
    await own.isLive();
    await house.bid("Bob", id, 10_000);
    await house.bid("Cleo", id, 12_000);
    await stands(bob, id);
    await titled(own, /Outbid · Soon over/);
  });
  const cancelled = await ledByBob({ title: "Broken jug" });
  await house.bid("Cleo", cancelled, 12_000);
  await stands(bob, cancelled);
  house.auction("listing", "cancel", String(cancelled), "--why", "It fell.");
  await isGone(bob, cancelled);
  await isGone(bob, id);
  for (const tab of [bob, own]) await titled(tab, /^(?!.*Outbid)/);
  assert.equal(await own.page.textContent("[data-alert]"), "", "its own page tells how it ended, and no more");
  for (const tab of [bob, own]) await tab.assertSameDocument();
  await leave(bob);
});

test("three stand, the others are counted", async () => {
  const ids = [];
  for (const title of ["One", "Two", "Three", "Four", "Five"]) ids.push(await ledByBob({ title }));
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit("/help");
  for (const id of ids) await house.bid("Cleo", id, 12_000);
  await titled(bob, /^\(5\) Outbid · /);
  await until("two more are counted", async () => /2 more/.test(await bob.page.textContent("[data-toasts]")));
  assert.equal(await bob.page.locator("[data-toast]").count(), 3);
  for (const id of ids.slice(2)) assert.equal(await toast(bob, id).count(), 1, "the newest stand");
  const at = await bob.page.evaluate(() => (scrollTo(0, 300), scrollY));
  await bob.page.getByRole("button", { name: "Dismiss: Five" }).click();
  await stands(bob, ids[1]);
  assert.match(await bob.page.textContent("[data-toasts]"), /1 more/);
  for (const dismiss = bob.page.locator("[data-toast] button"); await dismiss.count(); ) await dismiss.first().click();
  // A press scrolls what it presses into view, by a few pixels; the page's beginning is 300 above.
  assert.equal(at, 300);
  assert.ok((await bob.page.evaluate(() => scrollY)) > at - 50, "the page stays about where it was");
  await leave(bob);
});

for (const [how, shape] of [["a shared worker", DESK], ["a leading tab", PHONE]]) {
  test(`logging out clears it, and another person of the browser reads nothing of it: ${how}`, async () => {
    const id = await ledByBob({ title: "Changing hands" });
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit("/help");
    const tab = await bob.tab("/help/settings");
    await untilWatchers(1);
    await house.bid("Cleo", id, 12_000);
    for (const page of [bob, tab]) await stands(page, id);
    await bob.follow("form[action='/logout'] button");
    await until("the other tab is a guest's", () => tab.page.$("a[href^='/login']").catch(() => null));
    for (const page of [bob, tab]) await isGone(page, id);
    assert.equal(await bob.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("toast")).length), 0);
    await tab.page.goto("about:blank");
    await bob.visit("/help");
    await untilWatchers(0);

    await bob.page.goto(`${house.base}/login`);
    await bob.page.fill("[name=email]", emailOf("Cleo"));
    await bob.page.fill("[name=password]", PASSWORD);
    await bob.follow("form[action='/login'] button[type=submit]");
    await bob.visit("/help");
    await untilWatchers(1);
    await house.bid("Bob", id, 20_000);
    await stands(bob, id);
    await house.bid("Cleo", id, 30_000);
    await isGone(bob, id);
    assert.equal(await bob.page.locator("[data-toast]").count(), 0, "that Bob is outbid is told to Bob alone");
    await leave(bob);
  });
}

test("on no board", async () => {
  const id = await ledByBob({ title: "Projected" });
  await sale(house, "hall", { titles: ["Lot one"] });
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit("/help");
  const boards = [await bob.tab("/board"), await bob.tab("/sales/hall/board")];
  await house.bid("Cleo", id, 12_000);
  await stands(bob, id);
  for (const board of boards) {
    await board.visit(new URL(board.page.url()).pathname);
    assert.equal(await board.page.locator("[data-toast]").count(), 0);
    assert.doesNotMatch(await board.page.title(), /Outbid/);
  }
  await leave(bob);
});

test("in Korean, in the dark, at 320 px, sound for axe, and still for who wants it still", async () => {
  const long = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbrett 아주긴제목의오래된청자찻사발";
  const ids = [await ledByBob({ title: long }), await ledByBob({ title: "청자 찻사발" })];
  for (const id of ids) await house.bid("Cleo", id, 12_000);
  for (const [locale, colorScheme, width] of [["ko-KR", "dark", 320], ["en-GB", "light", 390], ["ko-KR", "light", 1280]]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape: { viewport: { width, height: 700 } }, locale, colorScheme, bypassCSP: true });
    await bob.visit("/help");
    for (const id of ids) await stands(bob, id);
    const said = await text(bob, ids[1]);
    if (locale === "ko-KR") assert.match(said, /^청자 찻사발: 상위 입찰이 발생했습니다\. 현재가 ₩?[\d,]+원? — 다시 입찰하기/);
    assert.ok(await bob.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await bob.page.evaluate(AXE);
    const faults = await bob.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
    });
    assert.deepEqual(faults, [], `${locale} ${colorScheme} ${width}`);
    const small = await bob.page.$$eval("[data-toasts] :is(a, button)", (all) =>
      all.filter((at) => at.getBoundingClientRect().height < 44).map((at) => at.outerHTML));
    assert.deepEqual(small, []);
    assert.equal(await toast(bob, ids[1]).evaluate((at) => getComputedStyle(at).animationName), "none");
    await leave(bob);
  }
});

test("by the keyboard alone: reached, followed, dismissed; it covers nothing that has the focus", async () => {
  const ids = [await ledByBob({ title: "Left" }), await ledByBob({ title: "Right" })];
  for (const shape of [{ viewport: { width: 390, height: 844 } }, DESK]) {
    for (const id of ids) await house.bid("Cleo", id, 12_000).catch(() => {});
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit("/listings/new");
    for (const id of ids) await stands(bob, id);
    // Through the whole page: whatever has the focus can be seen.
    const covered = () => bob.page.evaluate(() => {
      const at = document.activeElement.getBoundingClientRect();
      const isSeen = Number(getComputedStyle(document.querySelector("[data-toasts]")).opacity) > 0;
      return isSeen && !document.activeElement.closest("[data-toasts]") && [...document.querySelectorAll("[data-toast]")].some((toast) => {
        const over = toast.getBoundingClientRect();
        return over.left < at.right && at.left < over.right && over.top < at.bottom && at.top < over.bottom;
      });
    });
    const reached = [];
    for (let i = 0; i < 120 && reached.length < 4; i++) {
      await bob.page.keyboard.press("Tab");
      assert.equal(await covered(), false, await bob.page.evaluate(() => document.activeElement.outerHTML.slice(0, 80)));
      const inside = await bob.page.evaluate(() => document.activeElement.closest("[data-toast]") && document.activeElement.localName);
      if (inside) reached.push(inside);
    }
    assert.deepEqual(reached, ["a", "button", "a", "button"]);
    const pressed = await bob.page.evaluate(() => Number(document.activeElement.closest("[data-toast]").dataset.toast));
    await bob.page.keyboard.press("Enter");
    await isGone(bob, pressed);
    assert.equal(await bob.page.evaluate(() => Boolean(document.activeElement.closest("[data-toasts]"))), true, "the focus is not lost");
    await bob.page.keyboard.press("Escape");
    await isGone(bob, ids.find((id) => id !== pressed));
    await leave(bob);
  }
});

test("a dialog stays usable while a notice comes", async () => {
  const [id, other] = [await ledByBob({ title: "In the dialog" }), await ledByBob({ title: "Meanwhile" })];
  await house.bid("Cleo", id, 12_000);
  for (const shape of [PHONE, DESK]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await bob.page.fill("form[data-bid] [name=max]", "90000");
    await bob.page.click("form[data-bid] button[type=submit]");
    await bob.page.waitForSelector("dialog[open]");
    await house.bid("Cleo", other, shape === PHONE ? 12_000 : 40_000);
    await stands(bob, other);
    await bob.page.keyboard.press("Escape");
    await until("the dialog closes first", async () => !(await bob.page.$("dialog[open]")));
    assert.equal(await toast(bob, other).count(), 1);
    await bob.close();
    await house.bid("Bob", other, shape === PHONE ? 30_000 : 50_000);
  }
});

test("a guest's page that shows nothing live opens no stream", async () => {
  const guest = await Visitor.come(browser, house);
  await guest.visit("/help");
  await until("the script runs", async () => (await guest.page.textContent("[data-bound]")).trim());
  assert.equal(await watchers(), 0);
  await guest.close();
});
