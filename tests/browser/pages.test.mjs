// Every page, light and dark, on a phone and on a desk, in English and Korean: nothing that axe finds, nothing on the
// console, nothing refused by the page's own policy, and no scrolling sideways on the narrowest phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import axe from "axe-core";
import { House, until } from "./house.mjs";
import { livedIn } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const MAX_SHIFT = 0.02;
/** Pictures come after the first paint, as they do over a network: a page that keeps no room for one moves. */
const PICTURE_DELAY_MS = 200;
const REFUSED = /status of 4\d\d/;

let house;
let browser;
let pages;

before(async () => {
  house = await House.open();
  browser = await launch();
  pages = await livedIn(house, browser);
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** Every page in turn, by its visitor, two visitors at a time; `look` says what is wrong with it, or nothing. */
async function faultsOn(options, look) {
  const faults = [];
  const visit = async (name) => {
    const visitor = await Visitor.come(browser, house, { name, ...options });
    await visitor.context.route("**/pictures/**", async (route) => {
      await setTimeout(PICTURE_DELAY_MS);
      await route.continue();
    });
    for (const page of pages.filter(({ who }) => who === name)) {
      await visitor.visit(page.path);
      await page.act?.(visitor.page);
      for (const fault of await look(visitor, page)) faults.push(`${page.name}: ${fault}`);
    }
    await visitor.close();
  };
  for (const names of [[null, "Bob"], ["Ann", "Cleo"]]) await Promise.all(names.map(visit));
  return faults;
}

async function untilScriptRuns({ page }) {
  const clock = () => page.getAttribute("[data-clock]", "data-clock");
  const first = await clock();
  await until("the page's script runs", async () => (await clock()) !== first);
}

/** Runs in the page: how much has moved without being touched, since it was first painted. */
function shiftSoFar() {
  return new Promise((done) => {
    let sum = 0;
    const see = (list) => list.getEntries().forEach((entry) => (sum += entry.value));
    new PerformanceObserver(see).observe({ type: "layout-shift", buffered: true });
    globalThis.setTimeout(() => done(sum), 100);
  });
}

async function axeFindings({ page }, rules = null) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.addScriptTag({ content: axe.source });
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate((given) => globalThis.axe.run(document, given), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

// Each shape in each scheme, and each language once: what axe finds hangs on no other pairs.
for (const [shape_name, shape, locale] of [["phone", PHONE, "en-GB"], ["desk", DESK, "ko-KR"]]) {
  test(`axe finds nothing, light and dark: ${shape_name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const options = { shape, locale, bypassCSP: true };
    const found = await faultsOn(options, async (visitor, { grows }) => {
      await untilScriptRuns(visitor);
      const shift = await visitor.page.evaluate(shiftSoFar);
      const jumps = grows || shift < MAX_SHIFT ? [] : [`it moved by ${shift}`];
      const in_light = await axeFindings(visitor);
      await visitor.page.emulateMedia({ colorScheme: "dark" });
      const in_dark = await axeFindings(visitor, ["color-contrast"]);
      await visitor.page.emulateMedia({ colorScheme: "light" });
      return [...jumps, ...in_light, ...in_dark.map((fault) => `dark: ${fault}`)];
    });
    assert.deepEqual(found, []);
  });
}

for (const locale of ["en-GB", "ko-KR"]) {
  test(`320 px are enough, the console stays empty, the policy refuses nothing: ${locale}`, async () => {
    const shape = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
    const found = await faultsOn({ shape, locale }, async (visitor, { name }) => {
      await untilScriptRuns(visitor);
      const too_wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - 320);
      const complaints = visitor.complaints.splice(0);
      const unexpected = complaints.filter((text) => !(/missing|refused/.test(name) && REFUSED.test(text)));
      return too_wide > 0 ? [`${too_wide} px too wide`, ...unexpected] : unexpected;
    });
    assert.deepEqual(found, []);
  });
}

test("the dialog that asks before a bid is sound too", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, colorScheme, bypassCSP: true });
    await bob.visit(pages.find(({ name }) => name === "listing-outbid").path);
    await bob.page.fill("form[data-bid] [name=max]", "60000");
    await bob.page.click("form[data-bid] button[type=submit]");
    await bob.page.waitForSelector("dialog[data-confirm][open]");
    assert.deepEqual(await axeFindings(bob), []);
    await bob.close();
  }
});
