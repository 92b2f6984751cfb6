// The house's clock and countdown on a device whose own clock is wrong: right to within 100 ms all the same.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const WRONG_BY_MS = 37_000;
const RIGHT_WITHIN_MS = 100;

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

/** Runs in the page: its `Date` is wrong by so much from now on. */
function bendDate(wrong_by_ms) {
  const TrueDate = Date;
  globalThis.Date = class extends TrueDate {
    constructor(...given) {
      given.length ? super(...given) : super(TrueDate.now() + wrong_by_ms);
    }
    static now() {
      return TrueDate.now() + wrong_by_ms;
    }
  };
}

/**
 * Runs in the page: the server's time, and what the page shows at that very moment. Of fifteen samples over half a second,
 * the one whose clock is off by the median: a busy machine may hold up any one of them, a wrong clock is wrong in all.
 */
async function compare() {
  const samples = [];
  for (let i = 0; i < 15; i++) {
    const asked = performance.now();
    const { unix_ms } = await (await fetch("/api/v1/time", { cache: "no-store" })).json();
    const journey = performance.now() - asked;
    const [shown] = [...document.querySelectorAll("[data-clock]")].map((e) => Date.parse(e.dataset.clock));
    const closes_at = document.querySelector("[data-closes-at]")?.dataset.closesAt;
    const left_s = Number(document.querySelector("[data-countdown]")?.dataset.countdown);
    samples.push({ journey, server: unix_ms + journey / 2, shown, closes_at, left_s, device: Date.now() });
    await new Promise((go) => setTimeout(go, 30));
  }
  return samples.sort((a, b) => a.shown - a.server - (b.shown - b.server))[7];
}

for (const wrong_by_ms of [WRONG_BY_MS, -WRONG_BY_MS]) {
  test(`clock and countdown are right on a device that is ${wrong_by_ms / 1000} s wrong`, async () => {
    const { id } = await house.list({ title: "Right on time" });
    const visitor = await Visitor.come(browser, house, { shape: PHONE });
    await visitor.context.addInitScript(bendDate, wrong_by_ms);
    await visitor.visit(`/listings/${id}`);
    await until("the page has asked for the time", async () => (await visitor.page.textContent("[data-bound]")).trim());
    const { journey, server, shown, closes_at, left_s, device } = await visitor.page.evaluate(compare);
    assert.ok(Math.abs(Math.abs(device - server) - WRONG_BY_MS) < 1000, "the device's clock is wrong");
    const off_ms = shown - server;
    assert.ok(Math.abs(off_ms) <= RIGHT_WITHIN_MS, `the clock is ${off_ms} ms off, journey ${journey} ms`);
    const left = (at) => Math.ceil((Date.parse(closes_at) - at) / 1000);
    const right = [left(server - RIGHT_WITHIN_MS), left(server), left(server + RIGHT_WITHIN_MS)];
    assert.ok(right.includes(left_s), `the countdown shows ${left_s} s, not ${right}`);
    visitor.assertNoComplaints();
    await visitor.close();
  });
}

test("a clock that is put right while the page is open moves nothing", async () => {
  const { id } = await house.list({ title: "Put right" });
  const visitor = await Visitor.come(browser, house);
  await visitor.visit(`/listings/${id}`);
  await until("the page has asked for the time", async () => (await visitor.page.textContent("[data-bound]")).trim());
  await visitor.page.evaluate(bendDate, WRONG_BY_MS);
  const began = performance.now();
  while (performance.now() - began < 1000) {
    const { server, shown } = await visitor.page.evaluate(compare);
    assert.ok(Math.abs(shown - server) <= RIGHT_WITHIN_MS, `the clock is ${shown - server} ms off`);
  }
  await visitor.close();
});
