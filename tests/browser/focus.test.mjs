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
/** More looks than any page has. */
const MAX_STOPS = 150;
const MAX_MOVES = 5;

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

/** Runs in the page: the first element that the keyboard reaches whose look is not `known`, focused as by the keyboard. */
function focusNext(known) {
  const reached = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  for (const element of document.querySelectorAll(reached)) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled || element.tabIndex < 0) continue;
    // A field in a frame of its own, such as an amount, is marked by the frame.
    const frame = element.closest(".amount") ?? element;
    const parts = [];
    for (let at = frame; at && at !== document.body && parts.length < 4; at = at.parentElement) parts.push(`${at.localName}.${at.className}`);
    const look = parts.join(" < ");
    if (known.includes(look)) continue;
    element.focus();
    // What a dialog, a closed fold or another script keeps from the focus is not reached.
    if (document.activeElement !== element) continue;
    globalThis.judged = { element, frame };
    return { look, isWrapped: frame.getClientRects().length > 1 };
  }
  return null;
}

/** Runs in the page: focuses what is judged again, and tells where it is once that is drawn. */
async function placeOfJudged() {
  judged.element.focus();
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const { x, y, width, height } = judged.frame.getBoundingClientRect();
  return { x, y, width, height };
}

/** Two pictures of what is judged, with its ring and without; anew where it has moved meanwhile, as a notice does that comes. */
async function picturesOf(page) {
  for (let n = 0; ; n++) {
    const place = await page.evaluate(placeOfJudged);
    const with_ring = await pictureAround(page, place);
    await page.evaluate(() => document.activeElement.blur());
    const without = await pictureAround(page, place);
    const now = await page.evaluate(placeOfJudged);
    if (n === MAX_MOVES || (now.x === place.x && now.y === place.y && now.width === place.width)) return { place, with_ring, without };
  }
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
  // From now on a focus is the keyboard's.
  await page.keyboard.press("Tab");
  for (let n = 0; n < MAX_STOPS; n++) {
    const stop = await page.evaluate(focusNext, [...known]);
    if (!stop) return faults;
    known.add(stop.look);
    const { place, with_ring, without } = await picturesOf(page);
    const n_pixels = await judge.evaluate(pixelsApart, [with_ring, without, MIN_CONTRAST]);
    const around = 2 * (place.width + place.height);
    if (n_pixels < (stop.isWrapped ? MIN_LINES_WRAPPED : MIN_LINES) * around) faults.push(`${stop.look}: ${n_pixels} pixels around ${Math.round(around)}`);
  }
  return [...faults, `more than ${MAX_STOPS} looks`];
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
