// Every page, light and dark, on a phone and on a desk, in English and Korean: nothing that axe finds, nothing on the
// console, nothing refused by the page's own policy, and no scrolling sideways on the narrowest phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbrett 아주긴제목의오래된청자찻사발";

let house;
let browser;
let pages;

before(async () => {
  house = await House.open();
  browser = await launch();
  const open = await house.list({ title: LONG, description: `${"wide ".repeat(60)}\n${"x".repeat(300)}`, closes_in_s: 86_400 });
  const fresh = await house.list({ title: "Nobody has bid yet", buy_now: 900_000, reserve: 500_000, closes_in_s: 3600 });
  const ended = await house.list({ title: "Over", closes_in_s: 5 });
  const unsold = await house.list({ title: "Nobody wanted it", closes_in_s: 5 });
  await house.bid("Cleo", ended.id, 10_000);
  await house.bid("Bob", open.id, 10_000, "m".repeat(200));
  await house.bid("Cleo", open.id, 11_000, "안녕하세요, 잘 부탁드립니다");
  await house.bid("Bob", fresh.id, 10_000);
  for (const { id } of [ended, unsold]) {
    await until("it is settled", async () => (await house.call("GET", `/api/v1/listings/${id}`)).outcome, 10_000);
  }
  // Who looks, and where.
  pages = [
    [null, "/"],
    [null, "/?q=nothing-like-this"],
    [null, "/?state=all&sort=closes_at"],
    [null, "/?show=watched"],
    [null, `/listings/${open.id}/sheet`],
    [null, `/listings/${open.id}`],
    [null, `/listings/${unsold.id}`],
    [null, `/listings/${open.id}/proof`],
    [null, "/join"],
    [null, "/login"],
    [null, "/board"],
    [null, "/no-such-page"],
    ["Bob", `/listings/${open.id}`],
    ["Bob", `/listings/${fresh.id}`],
    ["Cleo", `/listings/${ended.id}`],
    ["Cleo", "/account"],
    ["Cleo", `/account/won/${(await house.call("GET", `/api/v1/listings/${ended.id}/settlement`)).id}`],
    ["Ann", `/listings/${open.id}`],
    ["Ann", "/listings/new"],
    ["Ann", "/account"],
  ];
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** Every page in turn, by its visitor; `look` says what is wrong with it, or nothing. */
async function faultsOn(options, look) {
  const faults = [];
  for (const name of [null, "Ann", "Bob", "Cleo"]) {
    const visitor = await Visitor.come(browser, house, { name, ...options });
    for (const [, path] of pages.filter(([viewer]) => viewer === name)) {
      await visitor.visit(path);
      for (const fault of await look(visitor, path)) faults.push(`${name ?? "a guest"} on ${path}: ${fault}`);
    }
    await visitor.close();
  }
  return faults;
}

async function axeFindings({ page }, rules = null) {
  await page.addScriptTag({ content: axe.source });
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate((given) => globalThis.axe.run(document, given), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

// Each shape in each scheme, and each language once: what axe finds hangs on no other pairs.
for (const [shape_name, shape, locale] of [["phone", PHONE, "en-GB"], ["desk", DESK, "ko-KR"]]) {
  test(`axe finds nothing, light and dark: ${shape_name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const options = { shape, locale, bypassCSP: true };
    const found = await faultsOn(options, async (visitor) => {
      const in_light = await axeFindings(visitor);
      await visitor.page.emulateMedia({ colorScheme: "dark" });
      const in_dark = await axeFindings(visitor, ["color-contrast"]);
      await visitor.page.emulateMedia({ colorScheme: "light" });
      return [...in_light, ...in_dark.map((fault) => `dark: ${fault}`)];
    });
    assert.deepEqual(found, []);
  });
}

for (const locale of ["en-GB", "ko-KR"]) {
  test(`320 px are enough, the console stays empty, the policy refuses nothing: ${locale}`, async () => {
    const shape = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
    const found = await faultsOn({ shape, locale }, async (visitor, path) => {
      const clock = () => visitor.page.getAttribute("[data-clock]", "data-clock");
      const first = await clock();
      await until("the page's script runs", async () => (await clock()) !== first);
      const too_wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - 320);
      const complaints = visitor.complaints.splice(0);
      const unexpected = complaints.filter((text) => !(path === "/no-such-page" && text.includes("status of 404")));
      return too_wide > 0 ? [`${too_wide} px too wide`, ...unexpected] : unexpected;
    });
    assert.deepEqual(found, []);
  });
}

test("the page that asks before a bid is sound too", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, colorScheme, bypassCSP: true });
    await bob.visit(pages.find(([viewer]) => viewer === "Bob")[1]);
    await bob.page.fill("form[data-bid] [name=amount]", "20000");
    await bob.page.click("form[data-bid] button[type=submit]");
    await bob.page.waitForSelector("dialog[data-confirm][open]");
    assert.deepEqual(await axeFindings(bob), []);
    await bob.page.keyboard.press("Escape");
    // As a browser without scripts sends it.
    await bob.page.evaluate(() => document.querySelector("form[data-bid]").submit());
    await bob.page.waitForSelector("main form input[name=confirm]", { state: "attached" });
    assert.deepEqual(await axeFindings(bob), []);
    await bob.close();
  }
});
