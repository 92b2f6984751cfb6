// 500 lots, or 200 cards, on one page of a phone at a quarter of its speed, while ten prices a second change: as smooth as the
// same page while prices change elsewhere, and each change costs little. `frames.mjs` measures the frames themselves, on a quiet machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { busyHouse, keepBidding, measure, slowPhone, workOfReference } from "./busy_pages.mjs";
import { launch } from "./visitor.mjs";

/** Of the frames at rest; both are measured in turn, beside as many bids, for the machine does other things too. */
const LEAST_OF_FRAMES = 0.8;
/** Where so many frames are drawn at rest, the machine is free, and the page draws as many as `busy_pages.mjs` names. */
const FREE = 55;
/** Of a fixed piece of work (some 11 ms of a desktop's processor): script, style and layout of one price. */
const MOST_OF_WORK = 0.25;
const ROUNDS = 8;
const SECONDS = 3;

let busy;
let browser;

before(async () => {
  [busy, browser] = await Promise.all([busyHouse(), launch()]);
});

after(async () => {
  await browser?.close();
  await busy?.house.close();
});

for (const [nth, name] of ["a sale of 500 lots", "the home page with 200 cards"].entries()) {
  test(`ten prices a second leave ${name} smooth`, async (t) => {
    const { path, ids, least } = busy.pages[nth];
    const phone = await slowPhone(browser, busy.house, path);
    assert.equal(await phone.page.locator(".lot[data-listing], .card[data-listing]").count(), ids.length);
    await phone.page.waitForFunction(() => document.querySelector("[data-bound]").textContent.trim());
    let [frames, share, work] = [0, 0, Infinity];
    let isFree = false;
    const isSmooth = () => share >= LEAST_OF_FRAMES && (!isFree || frames >= least);
    for (let round = 0; round < ROUNDS && !(isSmooth() && work <= MOST_OF_WORK); round++) {
      const elsewhere = keepBidding(busy.house, busy.pages[1 - nth].ids);
      const atRest = await measure(phone, SECONDS);
      const reference_ms = await workOfReference(phone);
      await elsewhere();
      const began = performance.now();
      const here = keepBidding(busy.house, ids);
      const changing = await measure(phone, SECONDS);
      const took_s = (performance.now() - began) / 1000;
      const changes_per_s = (await here()) / took_s;
      const spent = ({ script, style, layout }) => script + style + layout;
      const ms = Math.max(0, spent(changing) - spent(atRest)) / changes_per_s;
      frames = Math.max(frames, changing.frames);
      share = Math.max(share, changing.frames / atRest.frames);
      isFree ||= atRest.frames >= FREE;
      work = Math.min(work, ms / reference_ms);
      t.diagnostic(`${changing.frames.toFixed(0)} frames a second, at rest ${atRest.frames.toFixed(0)}; ` +
        `${changes_per_s.toFixed(1)} changes a second, ${ms.toFixed(1)} ms each, ${(ms / reference_ms).toFixed(3)} of the piece of work`);
    }
    assert.ok(isSmooth(), `${frames.toFixed(0)} frames a second, ${share.toFixed(2)} of those at rest`);
    assert.ok(work <= MOST_OF_WORK, `a change costs ${work.toFixed(2)} of the piece of work`);
    phone.visitor.assertNoComplaints();
    await phone.visitor.close();
  });
}
