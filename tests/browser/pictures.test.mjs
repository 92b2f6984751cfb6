// Pictures as browsers choose and show them: the size that a screen needs, whole on the page of an item, cut with heads kept on
// cards; a tile where there is none; and what the demo's weigh.

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";
import { listWithPictures, portrait } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const MAX_DEMO_BYTES = 15 * 1024;
const CARD_PX = 480;

let house;
let browser;
let bust;

before(async () => {
  house = await House.open();
  browser = await launch();
  bust = await listWithPictures(house, [await portrait(browser)], { title: "Bust of a founder" });
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** Opens a page in a window of its own; the visitor, and the sizes of the pictures that it loaded. */
async function opened(shape, path) {
  const visitor = await Visitor.come(browser, house, { shape });
  const loaded = [];
  visitor.page.on("request", (request) => {
    const [, size] = /\/pictures\/[0-9a-f]{32}(-\w+)?\.jpg$/.exec(request.url()) ?? [];
    if (request.url().includes("/pictures/")) loaded.push(size ?? "-large");
  });
  await visitor.visit(path);
  await visitor.page.evaluate(() => Promise.all([...document.images].map((img) => img.decode())));
  return { visitor, loaded: loaded.sort() };
}

const SHARP_DESK = { ...DESK, deviceScaleFactor: 2 };

for (const [name, shape, path, expected] of [
  ["a card on a phone", PHONE, "/", ["-thumb"]],
  ["a card on a desk", DESK, "/", ["-thumb"]],
  ["an item on a phone", PHONE, "/listings/1", ["-middle", "-thumb"]],
  ["an item on a desk", DESK, "/listings/1", ["-middle", "-thumb"]],
  ["an item on a sharp screen", SHARP_DESK, "/listings/1", ["-large", "-thumb"]],
]) {
  test(`${name} loads the size that it shows, and no other: ${expected}`, async () => {
    const { visitor, loaded } = await opened(shape, path);
    assert.deepEqual(loaded, expected);
    visitor.assertNoComplaints();
    await visitor.close();
  });
}

test("an upright picture is seen whole, before itself blurred, and keeps its head on a card", async () => {
  const { visitor } = await opened(PHONE, `/listings/${bust.id}`);
  const seen = await visitor.page.$eval(".picture .shot", (shot) => {
    const [whole, blur] = shot.querySelectorAll("img");
    const of = (img) => ({ fit: getComputedStyle(img).objectFit, filter: getComputedStyle(img).filter, ...img.getBoundingClientRect().toJSON() });
    const at = document.elementFromPoint(shot.getBoundingClientRect().left + 4, shot.getBoundingClientRect().top + 40);
    return { whole: of(whole), blur: of(blur), shot: shot.getBoundingClientRect().toJSON(), is_on_top: at === whole, hidden: blur.ariaHidden, alt: whole.alt };
  });
  assert.equal(seen.whole.fit, "contain");
  assert.deepEqual([seen.whole.width, seen.whole.height], [seen.shot.width, seen.shot.height]);
  assert.ok(seen.shot.height <= 844 * 0.4 + 1, `${seen.shot.height} px high`);
  assert.match(seen.blur.filter, /blur/);
  assert.ok(seen.blur.width > seen.shot.width && seen.is_on_top && seen.hidden === "true");
  assert.equal(seen.alt, "Bust of a founder");
  await visitor.visit("/");
  const card = await visitor.page.$eval(".card-picture img", (img) => [getComputedStyle(img).objectFit, getComputedStyle(img).objectPosition]);
  assert.deepEqual(card, ["cover", "50% 25%"]);
  await visitor.close();
});

test("where there is no picture stand the mark of its category and its title, in the same room", async () => {
  const atlas = await house.list({ title: "Atlas of the world", category: "Books and maps" });
  const other = await house.list({ title: "Something else", category: "Zeppelins" });
  const { visitor } = await opened(DESK, "/?sort=newest");
  const tile = (id) => visitor.page.$eval(`.card[data-listing="${id}"] .tile`, (at) => {
    const title = at.querySelector(".tile-title");
    const box = at.getBoundingClientRect();
    return {
      words: getComputedStyle(title, "::before").content, is_shown: getComputedStyle(title).display !== "none", text: at.innerText.trim(),
      mark: at.querySelector(".tile-mark").getBoundingClientRect().height, box: [box.width, box.height],
      room: [at.parentElement.clientWidth, at.parentElement.clientHeight], initial: at.querySelector("[data-initial]")?.dataset.initial,
    };
  });
  const [known, unknown] = [await tile(atlas.id), await tile(other.id)];
  assert.equal(known.words, '"Atlas of the world"');
  assert.deepEqual([known.is_shown, known.text, known.initial], [true, "", undefined]);
  assert.ok(known.mark > 50, `${known.mark} px`);
  known.box.forEach((side, i) => assert.ok(Math.abs(side - known.room[i]) < 1, `${known.box} in ${known.room}`));
  assert.equal(unknown.initial, "Z");
  await visitor.close();
});

test("each of the demo's pictures weighs at most 15 KB as a WebP of a card's width", async () => {
  const demo = new House(mkdtempSync(join(tmpdir(), "auction-demo-")));
  await demo.start({ LC_ALL: "C" }, ["--demo"]);
  const { listings } = await demo.call("GET", "/api/v1/listings?state=all&limit=100");
  const page = await browser.newPage();
  await page.goto(`${demo.base}/healthz`);
  const paths = listings.flatMap(({ pictures }) => pictures);
  assert.ok(paths.length > 24);
  const sizes = await page.evaluate(([paths, width]) => Promise.all(paths.map(async (path) => {
    const img = new Image();
    img.src = path;
    await img.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width, height: (width * img.height) / img.width });
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(img, 0, 0, canvas.width, canvas.height);
    return (await new Promise((done) => canvas.toBlob(done, "image/webp", 0.8))).size;
  })), [paths, CARD_PX]);
  sizes.forEach((size, i) => assert.ok(size <= MAX_DEMO_BYTES, `${paths[i]}: ${size}`));
  await page.close();
  await demo.close();
});
