// The form to list an item: its order, its amounts, and pictures that are shrunk, sent while the form is filled in, ordered by
// the keyboard, and kept when something goes wrong.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, until } from "./house.mjs";
import { photos } from "./lived_in.mjs";
import { sale } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

/** What the browser's tools call "Fast 3G": 1.6 Mbit/s down, 750 kbit/s up, but with 300 ms of latency. */
const THREE_G = { offline: false, latency: 300, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const LISTED_WITHIN_MS = 20_000;
const MOST_BYTES = 700_000;
const MOST_PX = 2000;

let house;
let browser;
let small;
/** Where photos lie as on a phone: a browser that reads them there is not kept busy by being sent them. */
let album;

before(async () => {
  house = await House.open({ currency: "EUR" });
  house.auction("house", "set", "commission_bps", "500");
  browser = await launch();
  album = mkdtempSync(join(tmpdir(), "auction-album-"));
  small = (await photos(browser, ["#7fa58a", "#b0483c", "#3f6a98"])).map((buffer, i) => ({ name: `${i}.jpg`, mimeType: "image/jpeg", buffer }));
});

after(async () => {
  await browser?.close();
  await house?.close();
  if (album) rmSync(album, { recursive: true, force: true });
});

const sell = (options) => Visitor.come(browser, house, { name: "Ann", shape: PHONE, scripts: [watchPosts], ...options });
const publish = "form#new-listing > .go button[value=list]";
const tiles = (page, state) => page.locator(state ? `[data-tile][data-state=${state}]` : "[data-tile]").count();
const haveTiles = (page, n, state = "sent") => until(`${n} tiles are ${state}`, async () => (await tiles(page, state)) === n);
const kept = (page) => page.$$eval("[name=picture_kept]", (inputs) => inputs.map(({ value }) => value));
const idOf = (page) => Number(/\/listings\/(\d+)/.exec(page.url())[1]);

/** Runs in the page: notes each picture that travels. */
function watchPosts() {
  globalThis.travelled = [];
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    if (body instanceof FormData && body.get("picture")) globalThis.travelled.push(body.get("picture"));
    return send.call(this, body);
  };
}

/** Runs in a page: a photo of 12 megapixels with grain, at a quality at which it has about this many bytes. */
async function grainy([seed, bytes]) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 4000, height: 3000 });
  const paper = canvas.getContext("2d");
  const sky = paper.createLinearGradient(0, 0, 4000, 3000);
  sky.addColorStop(0, `hsl(${seed * 90} 60% 70%)`);
  sky.addColorStop(1, `hsl(${seed * 90 + 60} 50% 25%)`);
  paper.fillStyle = sky;
  paper.fillRect(0, 0, 4000, 3000);
  const pixels = paper.getImageData(0, 0, 4000, 3000);
  let x = seed;
  for (let i = 0; i < pixels.data.length; i += 4) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    const grain = (x >>> 24) / 5 - 25;
    for (let c = 0; c < 3; c++) pixels.data[i + c] += grain;
  }
  paper.putImageData(pixels, 0, 0);
  for (let quality = 0.95; ; quality -= 0.05) {
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob.size > bytes && quality > 0.1) continue;
    // Bytes after the end of a JPEG are no part of the picture.
    const whole = new Blob([blob, new Uint8Array(Math.max(0, bytes - blob.size))]);
    return new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.split(",")[1]);
      reader.readAsDataURL(whole);
    });
  }
}

async function largePhotos(n) {
  const page = await browser.newPage();
  const made = [];
  for (let i = 1; i <= n; i++) {
    const buffer = Buffer.from(await page.evaluate(grainy, [i, 3_500_000]), "base64");
    assert.ok(buffer.length >= 3_400_000 && buffer.length <= 3_700_000, `${buffer.length} bytes`);
    const file = join(album, `IMG_${i}.jpg`);
    writeFileSync(file, buffer);
    made.push(file);
  }
  await page.close();
  return made;
}

/** A photo of two halves, red and blue, that says by EXIF that its left side is the top. */
async function onItsSide(width, height) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async ([width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const paper = canvas.getContext("2d");
    for (const [colour, from] of [["#c00", 0], ["#00c", width / 2]]) {
      paper.fillStyle = colour;
      paper.fillRect(from, 0, width / 2, height);
    }
    return canvas.toDataURL("image/jpeg", 0.95).split(",")[1];
  }, [width, height]);
  await page.close();
  const plain = Buffer.from(base64, "base64");
  const tiff = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);
  const body = Buffer.concat([Buffer.from("Exif\0\0"), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  return Buffer.concat([plain.subarray(0, 2), head, body, plain.subarray(2)]);
}

async function slowly(visitor) {
  const protocol = await visitor.context.newCDPSession(visitor.page);
  await protocol.send("Network.enable");
  const set = (conditions) => protocol.send("Network.emulateNetworkConditions", conditions);
  await set(THREE_G);
  return () => set({ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
}

test("price, title and end stand on the first screen of a phone; the end is the event's, soft close is on, in minutes", async () => {
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  assert.equal(await page.locator("[name=closes_in_s]").inputValue(), "86400", "without an event");
  await sale(house, "spring", { titles: ["A lamp", "A stool"], name: "Spring evening", closes_in_s: 7200 });
  await ann.visit("/listings/new");
  const below = async (selector) => (await page.locator(selector).boundingBox()).y;
  const order = [await below("#opening"), await below("#title"), await below("#closes_in_s"), await below("[data-pictures]"), await below("#description")];
  assert.deepEqual(order, order.toSorted((a, b) => a - b), "price first");
  const end = await page.locator("#closes_in_s").boundingBox();
  assert.ok(end.y + end.height <= 844, `the end is at ${end.y}`);
  assert.equal(await page.textContent("h1"), "List an item");
  assert.equal((await page.textContent(publish)).trim(), "Publish");
  assert.equal(await page.inputValue("[name=closes_in_s]"), "event");
  assert.match(await page.textContent("#closes_in_s option:checked"), /Spring evening/);
  assert.equal(await page.isChecked("[name=soft_close]"), true);
  for (const name of ["window", "extension", "cap"]) {
    assert.match(await page.textContent(`label[for=${name}_min]`), /\(min\)/);
  }
  await page.fill("#title", "Ends with the evening");
  await page.fill("#opening", "20");
  assert.match(await page.textContent("[data-receive]"), /you receive €19\.00: the organiser keeps €1\.00/);
  await page.fill("#window_min", "");
  await page.click(publish);
  assert.equal(await page.isVisible("[data-fix]"), true);
  assert.equal(await page.textContent("[data-fix]"), "Please fix the highlighted fields.");
  assert.match(await page.textContent("#soft-close-error"), /^Fill in all three/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "window_min");
  await ann.assertSameDocument();
  await page.fill("#window_min", "3");
  assert.equal(await page.textContent("#soft-close-error"), "");
  await ann.follow(publish);
  const event = await house.call("GET", "/api/v1/sales/spring");
  const listed = await house.call("GET", `/api/v1/listings/${idOf(page)}`);
  assert.equal(listed.closes_at, event.last_closes_at);
  assert.deepEqual(listed.soft_close, { window_s: 180, extension_s: 120, cap_s: 1800 });
  ann.assertNoComplaints();
  await ann.close();
});

/** Lists photos on 3G, from choosing them to the page of the listing: how long that takes, and what travels. */
async function listedOn3G(large) {
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  await slowly(ann);
  const began = performance.now();
  await page.setInputFiles("[name=picture]", large);
  await page.fill("#opening", "25");
  await page.fill("#title", "Three photos of a harbour");
  await page.click(publish);
  // It waits with a sentence, and goes on by itself.
  assert.match(await page.textContent("[data-wait]"), /published as soon as/);
  const travelled = await page.evaluate(async () => {
    while (globalThis.travelled.length < 3) await new Promise((done) => setTimeout(done, 50));
    return Promise.all(globalThis.travelled.map(async (blob) => {
      const { width, height } = await createImageBitmap(blob);
      return { bytes: blob.size, width, height };
    }));
  });
  await page.waitForURL(/\/listings\/\d+/, { waitUntil: "commit" });
  const took_ms = performance.now() - began;
  assert.equal((await house.call("GET", `/api/v1/listings/${idOf(page)}`)).pictures.length, large.length);
  ann.assertNoComplaints();
  await ann.close();
  return { took_ms, travelled };
}

test("three photos of 3.5 MB on 3G are listed within 20 s, each with at most 0.7 MB", async () => {
  const large = await largePhotos(3);
  // A machine that is busy with other tests may need more than one try.
  for (let tries = 1; ; tries++) {
    const { took_ms, travelled } = await listedOn3G(large);
    console.log(`3 photos of 3.5 MB on 3G: listed in ${Math.round(took_ms)} ms; ${JSON.stringify(travelled)}`);
    for (const { bytes, width, height } of travelled) {
      assert.ok(bytes <= MOST_BYTES && Math.max(width, height) <= MOST_PX, JSON.stringify(travelled));
    }
    if (took_ms < LISTED_WITHIN_MS) break;
    assert.ok(tries < 3, `${took_ms} ms`);
  }
});

/** Presses Tab until the focus is there. */
async function tabTo(page, selector) {
  for (let i = 0; i < 80; i++) {
    if (await page.evaluate((at) => document.activeElement.matches(at), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

test("pictures are ordered and removed by the keyboard alone, and their order is the listing's", async () => {
  const ann = await sell({ shape: DESK });
  const { page } = ann;
  await ann.visit("/listings/new");
  await page.setInputFiles("[name=picture]", small);
  await haveTiles(page, 3);
  const [first, second, third] = await kept(page);
  assert.equal(await page.locator(".upload-cover:visible").count(), 1);
  await page.focus("#title");
  await tabTo(page, "[data-tile]:nth-child(3) [data-earlier]");
  await page.keyboard.press("Enter");
  assert.deepEqual(await kept(page), [first, third, second]);
  assert.equal(await page.evaluate(() => document.activeElement.matches("[data-tile]:nth-child(2) [data-earlier]")), true, "the focus goes along");
  await page.keyboard.press("Enter");
  assert.deepEqual(await kept(page), [third, first, second]);
  assert.match(await page.textContent("[data-picture-said]"), /position 1\./);
  await page.keyboard.press("Enter");
  assert.deepEqual(await kept(page), [third, first, second], "there is nothing earlier");
  await tabTo(page, "[data-tile]:nth-child(2) [data-remove]");
  await page.keyboard.press("Space");
  assert.deepEqual(await kept(page), [third, second]);
  assert.equal(await page.evaluate(() => document.activeElement.matches("[data-remove]")), true);
  // A pointer drags.
  await page.locator("[data-tile]").nth(1).dragTo(page.locator("[data-tile]").nth(0));
  assert.deepEqual(await kept(page), [second, third]);
  await page.fill("#opening", "5");
  await page.fill("#title", "In order");
  await page.focus("#title");
  await tabTo(page, publish);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  const { pictures } = await house.call("GET", `/api/v1/listings/${idOf(page)}`);
  assert.deepEqual(pictures, [second, third].map((name) => `/pictures/${name}.jpg`));
  ann.assertNoComplaints();
  await ann.close();
});

test("an upload that breaks off is resumed, and the form keeps everything", async () => {
  const [large] = await largePhotos(1);
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  await page.fill("#opening", "1234.5");
  await page.fill("#title", "Through a power cut");
  await page.fill("#description", "Two lines,\nkept.");
  const quickly = await slowly(ann);
  await page.setInputFiles("[name=picture]", [large]);
  await page.setInputFiles("[name=picture]", [small[0]]);
  await haveTiles(page, 1);
  await until("the large one is on its way", () => page.evaluate(() => Number(document.querySelector("[data-state=sending] progress")?.value) > 10));
  await house.kill();
  await until("it is said", async () => /Trying again/.test(await page.textContent("[data-tiles]")));
  await page.click(publish);
  assert.match(await page.textContent("[data-wait]"), /Uploading 1 more/);
  // It can be called off, and nothing is frozen meanwhile.
  await page.click("[data-wait] button");
  assert.equal(await page.isVisible("[data-wait]"), false);
  await page.fill("#category", "Lamps");
  await house.start();
  await quickly();
  await haveTiles(page, 2);
  assert.deepEqual([await page.inputValue("#title"), await page.inputValue("#opening"), await page.inputValue("#description")], ["Through a power cut", "1,234.5", "Two lines,\nkept."]);
  await ann.assertSameDocument();
  await ann.follow(publish);
  const listed = await house.call("GET", `/api/v1/listings/${idOf(page)}`);
  assert.deepEqual([listed.pictures.length, listed.opening, listed.category], [2, 123_450, "Lamps"]);
  ann.assertNoComplaints(/ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|Failed to load|the live stream/i);
  await ann.close();
});

test("a refused form keeps its fields and its tiles in their order; so does a reload", async () => {
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  await page.setInputFiles("[name=picture]", small.slice(0, 2));
  await haveTiles(page, 2);
  await page.click("[data-tile]:nth-child(2) [data-earlier]");
  const names = await kept(page);
  await page.fill("#opening", "12.50");
  // Only the house finds that nothing of it can be seen.
  await page.fill("#title", "\u200b\u200b");
  await page.uncheck("[name=soft_close]");
  await ann.follow(publish);
  assert.equal(await page.textContent("[data-fix]"), "Please fix the highlighted fields.");
  assert.equal(await page.evaluate(() => document.activeElement.id), "title", "the first field at fault has the focus");
  assert.deepEqual(await kept(page), names);
  assert.deepEqual([await page.inputValue("#opening"), await page.isChecked("[name=soft_close]")], ["12.50", false]);

  await page.fill("#title", "After a reload");
  await ann.visit("/listings/new");
  await haveTiles(page, 2);
  assert.deepEqual(await kept(page), names);
  assert.deepEqual([await page.inputValue("#title"), await page.isChecked("[name=soft_close]")], ["After a reload", false]);
  assert.equal(await page.isVisible("[data-restored]"), true);
  await ann.follow(publish);
  assert.match(page.url(), /done=listed/);
  // What was published is no draft any more.
  await ann.visit("/listings/new");
  assert.deepEqual([await page.inputValue("#title"), await tiles(page)], ["", 0]);
  // Nor does one stay in the browser of whoever logs out.
  const drafts = () => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("draft")).length);
  await page.fill("#title", "For nobody else");
  assert.equal(await drafts(), 1);
  await ann.follow("form[action='/logout'] button");
  assert.equal(await drafts(), 0);
  ann.assertNoComplaints(/status of 422/);
  await ann.close();
});

test("a file that is no picture is said beside the tiles, and keeps nothing else from being published", async () => {
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  const heic = Buffer.from("\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHB\0\0\0\0", "latin1");
  await page.setInputFiles("[name=picture]", [small[0], { name: "IMG_1.heic", mimeType: "image/heic", buffer: heic }]);
  await haveTiles(page, 1, "failed");
  await haveTiles(page, 1);
  assert.match(await page.textContent("#picture-error"), /IMG_1\.heic: This photo’s format is HEIC/);
  await page.fill("#opening", "5");
  await page.fill("#title", "One of two");
  await page.click(publish);
  assert.equal(await page.isVisible("[data-fix]"), true);
  assert.equal(await page.evaluate(() => document.activeElement.matches("[data-state=failed] [data-remove]")), true);
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent("#picture-error"), "");
  await page.setInputFiles("[name=picture]", Array(9).fill(small[1]));
  assert.match(await page.textContent("#picture-error"), /Up to 8/);
  await haveTiles(page, 2);
  await until("the same picture is there once", async () => (await tiles(page)) === 2);
  await ann.follow(publish);
  assert.equal((await house.call("GET", `/api/v1/listings/${idOf(page)}`)).pictures.length, 2);
  ann.assertNoComplaints(/status of 422/);
  await ann.close();
});

test("a portrait stands upright, whether it was shrunk here or by the house", async () => {
  const ann = await sell();
  const { page } = ann;
  await ann.visit("/listings/new");
  const shots = await Promise.all([[3200, 2400], [600, 400]].map((size) => onItsSide(...size)));
  await page.setInputFiles("[name=picture]", shots.map((buffer, i) => ({ name: `${i}.jpg`, mimeType: "image/jpeg", buffer })));
  await haveTiles(page, 2);
  const canvas = await page.$eval("[data-tile] canvas", ({ width, height }) => [width, height]);
  assert.ok(canvas[0] < canvas[1], "the preview stands, too");
  for (const name of await kept(page)) {
    const seen = await page.evaluate(async (src) => {
      const image = Object.assign(new Image(), { src });
      await image.decode();
      const paper = Object.assign(document.createElement("canvas"), { width: 10, height: 10 }).getContext("2d");
      paper.drawImage(image, 0, 0, 10, 10);
      const at = (y) => [...paper.getImageData(5, y, 1, 1).data].slice(0, 3).map((v) => (v > 100 ? 1 : 0)).join("");
      return [image.naturalWidth < image.naturalHeight, at(1), at(8)];
    }, `${house.base}/pictures/${name}.jpg`);
    assert.deepEqual(seen, [true, "100", "001"], "red on top, blue below");
  }
  await ann.close();
});

test("without JavaScript, it is a plain form that keeps pictures and lets them be unticked", async () => {
  const ann = await sell({ javaScriptEnabled: false });
  const { page } = ann;
  await page.goto(`${house.base}/listings/new`);
  await page.fill("#opening", "12");
  await page.fill("#title", "\u200b");
  await page.setInputFiles("[name=picture]", small.slice(0, 2));
  await ann.follow(publish);
  assert.equal(await page.getAttribute("[data-fix] a", "href"), "#title");
  assert.equal(await page.locator("[name=picture_kept]:checked").count(), 2);
  const [, second] = await kept(page);
  await page.locator("[name=picture_kept]").first().uncheck();
  await page.fill("#title", "By a plain form");
  await ann.follow(publish);
  const listed = await house.call("GET", `/api/v1/listings/${idOf(page)}`);
  assert.deepEqual(listed.pictures, [`/pictures/${second}.jpg`]);
  assert.deepEqual(listed.soft_close, { window_s: 120, extension_s: 120, cap_s: 1800 });
  await ann.close();
});

test("amounts are grouped as they are typed, with the caret behind the same digit and the sign beside them", async () => {
  const ann = await sell({ shape: DESK });
  const { page } = ann;
  await ann.visit("/listings/new");
  const value = () => page.inputValue("#opening");
  const read = () => page.textContent("#opening-read");
  const caret = () => page.$eval("#opening", (input) => input.selectionStart);
  assert.equal((await page.textContent(".amount:has(#opening) .amount-sign")).trim(), "€");
  await page.focus("#opening");
  await page.keyboard.type("1234567");
  assert.deepEqual([await value(), await read(), await caret()], ["1,234,567", "= €1,234,567.00", 9]);
  // In the middle: 1,234|,567, a digit more, and two less.
  await page.$eval("#opening", (input) => input.setSelectionRange(5, 5));
  await page.keyboard.type("9");
  assert.deepEqual([await value(), await caret()], ["12,349,567", 6]);
  await page.keyboard.press("Backspace");
  assert.deepEqual([await value(), await caret()], ["1,234,567", 5]);
  await page.keyboard.press("Backspace");
  assert.deepEqual([await value(), await caret()], ["123,567", 3]);
  await page.fill("#opening", "");
  await page.keyboard.type("1234.5");
  assert.deepEqual([await value(), await read()], ["1,234.5", "= €1,234.50"]);
  await page.fill("#opening", "");
  await page.evaluate(() => document.execCommand("insertText", false, "1.234,50"));
  assert.deepEqual([await value(), await read()], ["1.234,50", "= €1,234.50"]);
  await page.fill("#opening", "");
  await page.keyboard.type("3,50");
  assert.deepEqual([await value(), await read()], ["3,50", "= €3.50"]);
  await ann.close();

  const other = await House.open();
  for (const [locale, sign] of [["en-GB", "₩"], ["ko-KR", "원"]]) {
    const visitor = await Visitor.come(browser, other, { name: "Ann", locale });
    await visitor.visit("/listings/new");
    assert.equal((await visitor.page.textContent(".amount:has(#opening) .amount-sign")).trim(), sign);
    await visitor.page.focus("#opening");
    await visitor.page.keyboard.type("12000");
    assert.equal(await visitor.page.inputValue("#opening"), "12,000");
    await visitor.close();
  }
  await other.close();
});

for (const [colorScheme, locale] of [["light", "en-GB"], ["dark", "ko-KR"]]) {
  test(`axe finds nothing on tiles of every state: ${colorScheme}, ${locale}`, async () => {
    const ann = await sell({ colorScheme, locale, bypassCSP: true });
    const { page } = ann;
    await ann.visit("/listings/new");
    await page.setInputFiles("[name=picture]", [...small.slice(0, 2), { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") }]);
    await haveTiles(page, 1, "failed");
    await haveTiles(page, 2);
    await page.route("**/listings/new/pictures", () => {});
    await page.setInputFiles("[name=picture]", [small[2]]);
    await haveTiles(page, 1, "sending");
    await page.fill("#opening", "5");
    await page.fill("#title", "Looked at");
    await page.click("[data-state=failed] [data-remove]");
    await page.click(publish);
    await page.waitForSelector("[data-wait]:visible");
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`)), []);
    await ann.close();
  });
}
