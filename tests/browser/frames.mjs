// Measures how smooth a page stays while ten prices a second change on it: frames a second and the main thread's work, on a
// phone slowed four times, beside the same page while nothing happens. To be run on a quiet machine, with a release build:
//
//   AUCTION_BIN=target/release/auction node tests/browser/frames.mjs [SECONDS]

import { busyHouse, keepBidding, measure, slowPhone, workOfReference } from "./busy_pages.mjs";
import { launch } from "./visitor.mjs";

const seconds = Number(process.argv[2] ?? 10);
const browser = await launch();
const { house, pages } = await busyHouse();
const shown = ({ frames, script, style, layout, all }) =>
  `${frames.toFixed(1)} frames/s; of each second: script ${script.toFixed(1)} ms, style ${style.toFixed(1)}, layout ${layout.toFixed(1)}, all tasks ${all.toFixed(0)}`;
for (const { name, path, ids } of pages) {
  const phone = await slowPhone(browser, house, path);
  await phone.page.waitForTimeout(3000);
  console.log(`${name}, a fixed piece of work: ${(await workOfReference(phone)).toFixed(1)} ms`);
  console.log(`  while nothing happens: ${shown(await measure(phone, seconds))}`);
  const stop = keepBidding(house, ids);
  await phone.page.waitForTimeout(1000);
  console.log(`  while prices change:   ${shown(await measure(phone, seconds))}`);
  console.log(`  ${await stop()} bids`);
  await phone.visitor.close();
}
await browser.close();
await house.close();
