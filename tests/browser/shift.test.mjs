// Nothing jumps: what a page has shown stays where it is, while its script and pictures come and whatever happens at the auction.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { livedIn } from "./lived_in.mjs";
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

/** Returns the least bid that the house takes now. */
const next = async (id) => (await house.call("GET", `/api/v1/listings/${id}`)).minimum;

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
