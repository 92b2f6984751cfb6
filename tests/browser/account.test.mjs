// The account's tabs in a real browser: by keyboard, live, from old addresses, on the narrowest phone, and for axe.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFindings } from "./desks.mjs";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const TABS = ["pay", "bidding", "selling", "money", "settings"];

let house;
let browser;
let ids;

before(async () => {
  house = await House.open({ currency: "EUR" });
  browser = await launch();
  const { id: lamp } = await house.list({ title: "Brass lamp", opening: 1_000, increment: 100 });
  const { id: stool } = await house.list({ title: "Oak stool", opening: 1_000, increment: 100 });
  await house.bid("Bob", lamp, 1_000);
  await house.bid("Bob", stool, 1_000);
  await house.bid("Cleo", stool, 2_000);
  const { id: vase } = await house.list({ title: "Vase", buy_now: 9_000 });
  await house.call("POST", `/api/v1/listings/${vase}/buy`, house.tokens.Cleo);
  ids = { lamp, stool, vase };
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const present = (page) => page.getAttribute(".tabs [aria-current]", "data-tab");

test("each tab is reached by the keyboard alone", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: DESK });
  const { page } = bob;
  await bob.visit("/account");
  assert.equal(await present(page), "bidding");
  for (const tab of TABS) {
    await page.focus("#main");
    for (let i = 0; i < 10; i += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((name) => document.activeElement?.dataset.tab === name, tab)) break;
    }
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.equal(await present(page), tab);
    assert.equal(new URL(page.url()).searchParams.get("tab"), tab);
  }
  bob.assertNoComplaints();
  await bob.close();
});

test("an item moves between the lists as bids come, with its price and what to bid next", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  const { page } = bob;
  await bob.visit("/account?tab=bidding");
  const row = (id, mine) => page.$(`[data-listing="${id}"][data-mine=${mine}]`);
  assert.ok(await row(ids.stool, "outbid"));
  assert.ok(await row(ids.lamp, "leading"));
  assert.equal((await page.textContent(`[data-listing="${ids.stool}"] .button`)).trim(), "Bid €21.00");
  await house.bid("Cleo", ids.lamp, 1_500);
  await until("the lamp is outbid", () => row(ids.lamp, "outbid"));
  assert.equal((await page.textContent(`[data-listing="${ids.lamp}"] .button`)).trim(), "Bid €16.00");
  assert.equal(await page.locator("#leading-title").count(), 0, "an empty section folds away");
  const held = () => page.getAttribute("main [data-held]", "data-held");
  await until("nothing is held", async () => (await held()) === "0");
  await house.bid("Bob", ids.stool, 5_000);
  await until("Bob leads again", () => row(ids.stool, "leading"));
  await until("the hold is shown", async () => (await held()) === "5000");
  await bob.assertSameDocument();
  await page.click(`[data-listing="${ids.stool}"] > a`);
  await page.waitForURL(new RegExp(`/listings/${ids.stool}$`));
  bob.assertNoComplaints();
  await bob.close();
});

test("an old address leads to the tab that holds its section", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  const { page } = bob;
  await page.goto(`${house.base}/account#push`);
  await page.waitForURL((address) => address.search === "?tab=settings" && address.hash === "#push");
  await page.waitForSelector("section#push");
  await page.goto(`${house.base}/account?tab=settings#push`);
  assert.equal(await present(page), "settings");
  await bob.close();
  // Without scripts, the tab that holds it is marked.
  const plain = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE, javaScriptEnabled: false });
  await plain.page.goto(`${house.base}/account#mail`);
  const marked = await plain.page.$eval(".tabs a:has(:target)", (link) => [link.dataset.tab, getComputedStyle(link).boxShadow]);
  assert.equal(marked[0], "settings");
  assert.notEqual(marked[1], "none");
  await plain.close();
});

test("at 390 the tabs stand in one row, at 320 nothing is too wide, and no focus ring is clipped", async () => {
  for (const locale of ["en-GB", "ko-KR"]) {
    const cleo = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE, locale });
    const { page } = cleo;
    await cleo.visit("/account?tab=bidding");
    const tops = await page.$$eval(".tabs a", (links) => new Set(links.map((link) => link.offsetTop)).size);
    assert.equal(tops, 1, locale);
    const heights = await page.$$eval(".tabs a", (links) => links.map((link) => link.getBoundingClientRect().height));
    assert.ok(heights.every((height) => height >= 44), String(heights));
    for (const tab of TABS) {
      await page.setViewportSize({ width: 320, height: 640 });
      await cleo.visit(`/account?tab=${tab}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${tab} in ${locale}: ${over} px`);
      const clips = await page.$$eval(".tabs, .tabs a", (all) => all.filter((at) => getComputedStyle(at).overflow !== "visible").length);
      assert.equal(clips, 0);
    }
    await cleo.close();
  }
});

for (const [name, shape, locale] of [["phone", PHONE, "en-GB"], ["desk", DESK, "ko-KR"]]) {
  test(`axe finds nothing on any tab, light and dark: ${name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const cleo = await Visitor.come(browser, house, { name: "Cleo", shape, locale, bypassCSP: true });
    const found = [];
    for (const path of [...TABS.map((tab) => `/account?tab=${tab}`), "/no-such-page", "/offline", "/account/bills"]) {
      for (const colorScheme of ["light", "dark"]) {
        await cleo.page.emulateMedia({ colorScheme });
        await cleo.page.goto(house.base + path);
        found.push(...(await axeFindings(cleo.page)).map((fault) => `${path}, ${colorScheme}: ${JSON.stringify(fault)}`));
      }
    }
    assert.deepEqual(found, []);
    await cleo.close();
  });
}
