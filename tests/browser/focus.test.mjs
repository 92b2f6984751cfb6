// The focus ring, counted in pixels: on every page, in light and dark, what the keyboard reaches is marked by a ring that
// differs by at least 3:1 from the same place without it (WCAG 2.2, 2.4.13) and is as long as two lines around the element:
// a ring that something clips or covers is too short.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";
import { livedIn } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

/** The ring lies within so many pixels around the element. */
const AROUND_PX = 8;
const MIN_CONTRAST = 3;
/** A ring has three pixels, and round corners; that of a text which wraps follows its lines. */
const MIN_LINES = 1.7;
const MIN_LINES_WRAPPED = 1;
/** More than any page has: a page on which the keyboard goes round for ever fails. */
const MAX_STOPS = 150;

let house;
let browser;
let pages;
let judge;

before(async () => {
  house = await House.open();
  browser = await launch();
  pages = await livedIn(house, browser);
  judge = await (await browser.newContext()).newPage();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** Runs in the page: what has the focus, where it is, and what it looks like: elements of one look are judged once. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  // A field in a frame of its own, such as an amount, is marked by the frame.
  const frame = element.closest(".amount") ?? element;
  const { x, y, width, height } = frame.getBoundingClientRect();
  const n_rows = frame.getClientRects().length;
  const look = [];
  for (let at = frame; at && at !== document.body && look.length < 4; at = at.parentElement) look.push(`${at.localName}.${at.className}`);
  return { look: look.join(" < "), x, y, width, height, isWrapped: n_rows > 1 };
}

/** Runs in the judge's page: how many pixels differ by the contrast between two pictures. */
async function pixelsApart([one, other, min]) {
  const data = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    return canvas.getImageData(0, 0, picture.width, picture.height).data;
  };
  const linear = (value) => (value <= 10.3 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (pixels, i) => 0.2126 * linear(pixels[i]) + 0.7152 * linear(pixels[i + 1]) + 0.0722 * linear(pixels[i + 2]);
  const [a, b] = [await data(one), await data(other)];
  let n = 0;
  for (let i = 0; i < a.length; i += 4) {
    const [dark, light] = [luminance(a, i), luminance(b, i)].sort((x, y) => x - y);
    if ((light + 0.05) / (dark + 0.05) >= min) n++;
  }
  return n;
}

async function pictureAround(page, { x, y, width, height }) {
  const view = page.viewportSize();
  const [left, top] = [Math.max(0, Math.floor(x - AROUND_PX)), Math.max(0, Math.floor(y - AROUND_PX))];
  const [right, bottom] = [Math.min(view.width, Math.ceil(x + width + AROUND_PX)), Math.min(view.height, Math.ceil(y + height + AROUND_PX))];
  const clip = { x: left, y: top, width: right - left, height: bottom - top };
  return (await page.screenshot({ clip, animations: "disabled", caret: "hide" })).toString("base64");
}

/** Returns what is wrong with the rings of a page; `known` are the looks that were judged on the pages before it. */
async function faultsOf(page, known) {
  const faults = [];
  let n_stops = 0;
  for (; n_stops < MAX_STOPS; n_stops++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (!stop) break;
    if (known.has(stop.look)) continue;
    known.add(stop.look);
    const with_ring = await pictureAround(page, stop);
    await page.evaluate(() => document.activeElement.blur());
    const without = await pictureAround(page, stop);
    // The keyboard goes on from here.
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    const n_pixels = await judge.evaluate(pixelsApart, [with_ring, without, MIN_CONTRAST]);
    const around = 2 * (stop.width + stop.height);
    if (n_pixels < (stop.isWrapped ? MIN_LINES_WRAPPED : MIN_LINES) * around) faults.push(`${stop.look}: ${n_pixels} pixels around ${Math.round(around)}`);
  }
  if (n_stops === MAX_STOPS) faults.push(`more than ${MAX_STOPS} stops`);
  return faults;
}

for (const [name, shape, colorScheme] of [["phone, dark", PHONE, "dark"], ["desk, light", DESK, "light"]]) {
  test(`whatever the keyboard reaches is ringed, by at least ${MIN_CONTRAST}:1: ${name}`, async () => {
    const known = new Set();
    const faults = [];
    for (const who of [null, "Bob", "Ann", "Cleo"]) {
      const visitor = await Visitor.come(browser, house, { name: who, shape: { ...shape, deviceScaleFactor: 1 }, colorScheme });
      for (const page of pages.filter((page) => page.who === who)) {
        await visitor.visit(page.path);
        await page.act?.(visitor.page);
        for (const fault of await faultsOf(visitor.page, known)) faults.push(`${page.name}: ${fault}`);
      }
      await visitor.close();
    }
    console.log(`${known.size} kinds of elements judged`);
    assert.deepEqual(faults, []);
  });
}
