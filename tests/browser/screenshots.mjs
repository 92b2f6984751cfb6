// Takes pictures of every page of a house in which something of everything happened, to be looked at: phone and desktop, light
// and dark, English and Korean. Says what the browser complained about, and which pages scroll sideways at 320 px.
//
//   node tests/browser/screenshots.mjs OUT_FOLDER [NAME...]
//   node tests/browser/screenshots.mjs --hero packaging/listing.webp
//
// With --hero, the README's picture instead: the demo's evening on a laptop and a phone.
//
// Without names, all pages of `lived_in.mjs`. The board is also taken as a projector and a wall of 4K show it, the papers as they
// are printed.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { hero } from "./hero.mjs";
import { House } from "./house.mjs";
import { livedIn } from "./lived_in.mjs";
import { Visitor, launch } from "./visitor.mjs";

const [out, ...named] = process.argv.slice(2);
if (!out || (out === "--hero" && named.length !== 1)) {
  console.error("usage: screenshots.mjs OUT_FOLDER [NAME...] | --hero FILE.webp");
  process.exit(2);
}
if (out === "--hero") {
  const browser = await launch();
  await hero(browser, named[0]);
  await browser.close();
  process.exit(0);
}

const SHAPES = [["phone", { width: 390, height: 844 }], ["desktop", { width: 1280, height: 900 }]];
const LOCALES = [["en", "en-GB"], ["ko", "ko-KR"]];
const OTHERS = [
  ["board", "board-projector", { width: 1920, height: 1080 }, "screen"],
  ["board", "board-4k", { width: 3840, height: 2160 }, "screen"],
  ["board", "board-upright", { width: 1080, height: 1920 }, "screen"],
  ["board-moment", "board-moment-projector", { width: 1920, height: 1080 }, "screen"],
  ["sale-board", "sale-board-projector", { width: 1920, height: 1080 }, "screen"],
  ["sale-board", "sale-board-upright", { width: 1080, height: 1920 }, "screen"],
  ["home", "home-4k", { width: 3840, height: 2160 }, "screen"],
  ["sheet", "sheet-printed", { width: 794, height: 1123 }, "print"],
  ["invoice", "invoice-printed", { width: 794, height: 1123 }, "print"],
];

/** Pages without the house's script, which `lived_in.mjs` leaves out. */
const PLAIN = [{ name: "sale-print", who: null, path: "/sales/summer/print" }, { name: "offline", who: null, path: "/offline" }];

const complaints = new Set();

async function reach(visitor, { path, act }) {
  await visitor.visit(path);
  await act?.(visitor.page);
  // A picture below the screen is loaded once somebody scrolls there.
  await visitor.page.evaluate(() => Promise.all([...document.images].map((img) => {
    img.loading = "eager";
    return img.decode().catch(() => {});
  })));
  await visitor.page.waitForTimeout(100);
}

/** One visitor a person, shape and language; both schemes of each page without loading it again. */
async function take(browser, house, who, pages, [shape, viewport], [lang, locale]) {
  const visitor = await Visitor.come(browser, house, { name: who, shape: { viewport }, locale });
  for (const page of pages) {
    await visitor.page.setViewportSize(viewport);
    await reach(visitor, page);
    for (const colorScheme of ["light", "dark"]) {
      await visitor.page.emulateMedia({ colorScheme });
      await visitor.page.screenshot({ path: join(out, `${page.name}-${shape}-${colorScheme}-${lang}.png`), fullPage: true });
    }
    await visitor.page.setViewportSize({ width: 320, height: 640 });
    const too_wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (too_wide > 0) complaints.add(`${page.name}: ${too_wide} px too wide at 320 px`);
    for (const text of visitor.complaints.splice(0)) if (!/status of 4\d\d/.test(text)) complaints.add(`${page.name}: ${text}`);
  }
  await visitor.close();
}

const house = await House.open();
const browser = await launch();
await mkdir(out, { recursive: true });
const pages = [...(await livedIn(house, browser)), ...PLAIN].filter(({ name }) => !named.length || named.includes(name));
for (const who of new Set(pages.map((page) => page.who))) {
  const own = pages.filter((page) => page.who === who);
  for (const shape of SHAPES) await Promise.all(LOCALES.map((locale) => take(browser, house, who, own, shape, locale)));
}
for (const [of, name, viewport, media] of OTHERS) {
  const page = pages.find((page) => page.name === of);
  if (!page) continue;
  const visitor = await Visitor.come(browser, house, { name: page.who, shape: { viewport } });
  await visitor.page.emulateMedia({ media });
  await reach(visitor, page);
  await visitor.page.screenshot({ path: join(out, `${name}.png`) });
  await visitor.close();
}
await browser.close();
await house.close();
for (const text of complaints) console.error(text);
process.exit(complaints.size ? 1 : 0);
