// The house in a second engine, a real Firefox: two tabs that hear of bids, the dialog, the form to list an item, the clock, the
// layout on a phone's width and a desk's, both languages, and the parts of the web that the pages rely on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Firefox } from "./firefox.mjs";
import { House, until } from "./house.mjs";
import { sale } from "./sales.mjs";

/** For everything together, once Firefox runs. */
const LIMIT_MS = 60_000;
const limit = new AbortController();

let house;
let firefox;
let timer;

before(async () => {
  house = await House.open();
  firefox = await Firefox.launch();
  timer = setTimeout(() => limit.abort(), LIMIT_MS);
}, { signal: limit.signal });

after(async () => {
  clearTimeout(timer);
  await firefox?.close();
  await house?.close();
});

const leader = "article[data-listing] [data-leader]";

test("two tabs hear of a bid from elsewhere, and a bid is placed by the dialog", { signal: limit.signal }, async () => {
  const { id } = await house.list({ title: "Heard in Firefox" });
  const bob = await firefox.come(house, { name: "Bob" });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  const home = await bob.tab("/");
  await house.bid("Cleo", id, 10_000);
  await bob.reads("article[data-listing] [data-price]", /10,000/);
  await home.reads(`[data-listing="${id}"] [data-price]`, /10,000/);
  assert.equal(await bob.page.evaluate(() => typeof SharedWorker), "function", "one worker holds the stream for both");

  const open = () => bob.page.evaluate(() => {
    const dialog = document.querySelector("dialog[data-confirm]");
    return dialog.open && dialog.contains(document.activeElement) && document.activeElement.value !== "confirm";
  });
  await bob.page.bringToFront();
  await bob.press("form[data-quick] button");
  await until("it is asked, on Back", open);
  await bob.page.keyboard.press("Escape");
  await until("it is closed", async () => !(await open()));
  assert.equal((await house.call("GET", `/api/v1/listings/${id}`)).n_bids, 1, "nothing was bid");
  await bob.press("form[data-quick] button");
  await until("it is asked again", open);
  await bob.press("dialog[data-confirm] button[value=confirm]");
  await bob.reads(leader, /^Bob$/);
  await home.reads(`[data-listing="${id}"] [data-n-bids]`, /^2 bids$/);
  await house.bid("Cleo", id, 50_000);
  await bob.reads("[data-alert]", /outbid.*50,000/i);
  // Firefox keeps what a script did to a form when the page is loaded again.
  await bob.page.evaluate(() => document.querySelectorAll("[data-turn] button").forEach((button) => (button.disabled = true)));
  await bob.page.reload();
  const disabled = await bob.page.$$eval("[data-turn] button", (all) => all.filter((button) => button.disabled).length);
  assert.equal(disabled, 0, "whoever loads the page again may bid");
  for (const tab of [bob, home]) tab.assertNoComplaints();
  await bob.close();
});

test("an item is listed with a time of one's own, and its time left is counted down", { signal: limit.signal }, async () => {
  const ann = await firefox.come(house, { name: "Ann" });
  await ann.visit("/listings/new");
  await ann.page.type("#new-listing [name=title]", "Listed in Firefox");
  await ann.page.type("#new-listing [name=opening]", "25000");
  const closes_at = await ann.page.evaluate(() => {
    const { closes_in_s, closes_at } = document.querySelector("#new-listing").elements;
    if (closes_in_s) closes_in_s.value = "at";
    closes_at.valueAsNumber = Math.ceil(new Date(`${closes_at.min}Z`).getTime() / 60_000) * 60_000 + 300_000;
    for (const field of [closes_in_s, closes_at]) field?.dispatchEvent(new Event("change", { bubbles: true }));
    return closes_at.type === "datetime-local" && closes_at.validity.valid && closes_at.value;
  });
  assert.match(closes_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d/);
  await ann.follow("#new-listing button[value=list]");
  await ann.reads("h1", /^Listed in Firefox$/);
  const id = await ann.page.$eval("article[data-listing]", (at) => at.dataset.listing);
  const listing = await house.call("GET", `/api/v1/listings/${id}`);
  // The house is in Kolkata.
  assert.equal(Date.parse(listing.closes_at), Date.parse(`${closes_at.padEnd(19, ":00")}+05:30`));
  assert.equal(listing.opening, 25_000);
  const left = () => ann.page.$eval("article[data-listing] [data-countdown]", (at) => [Number(at.dataset.countdown), at.textContent.trim()]);
  const [first] = await left();
  await until("it is counted down", async () => (await left())[0] < first);
  const [seconds, text] = await left();
  assert.ok(Math.abs(seconds - (Date.parse(listing.closes_at) - Date.now()) / 1000) < 3, `${seconds} s`);
  assert.match(text, /^\d:\d\d$/);
  ann.assertNoComplaints();
  await ann.close();
});

test("each page fits a phone and a desk, in both languages, with what it relies on", { signal: limit.signal }, async () => {
  const { id } = await house.list({ title: "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbrett 아주긴제목의찻사발" });
  await sale(house, "firefox", { titles: ["Brass lamp", "Oak stool", "차 한 잔과 이야기"], sections: ["Silent"] });
  await house.bid("Cleo", id, 10_000, "m".repeat(120));
  const bob = await firefox.come(house, { name: "Bob" });
  const relied_on = await bob.page.evaluate(() => ({
    has: CSS.supports("selector(:has(a))"),
    nesting_free: CSS.supports("color: color-mix(in srgb, red, blue)"),
    layers: "CSSLayerBlockRule" in globalThis,
    content_visibility: CSS.supports("content-visibility: auto"),
    dvh: CSS.supports("height: 100dvh"),
    aspect_ratio: CSS.supports("aspect-ratio: 4 / 3"),
    dialog: typeof HTMLDialogElement.prototype.showModal === "function",
    worker: typeof SharedWorker === "function",
    locks: Boolean(navigator.locks) || !isSecureContext,
  }));
  assert.deepEqual(Object.entries(relied_on).filter(([, there]) => !there), []);
  const faults = [];
  for (const [width, height] of [[390, 844], [1280, 900]]) {
    await bob.page.setViewport({ width, height });
    for (const path of ["/", `/listings/${id}`, "/sales/firefox", "/account", "/listings/new", "/board", "/sales/firefox/board", "/help"]) {
      await bob.visit(`${path}?lang=${width === 390 ? "ko" : "en"}`);
      faults.push(...(await bob.page.evaluate(outside)).map((fault) => `${path} at ${width} px: ${fault}`));
      const lang = await bob.page.$eval("html", (at) => [at.lang, /[가-힣]/.test(document.querySelector("main").textContent)]);
      if (path !== "/help" && (lang[0] !== (width === 390 ? "ko" : "en") || (width === 390 && !lang[1]))) faults.push(`${path}: ${lang}`);
    }
  }
  assert.deepEqual(faults, []);
  bob.assertNoComplaints();
  await bob.close();
});

test("a sale's moment is shown on the board", { signal: limit.signal }, async () => {
  const { id } = await house.list({ title: "Sold in Firefox", buy_now: 15_000 });
  const hall = await firefox.come(house, { width: 1920, height: 1080 });
  await hall.visit("/board");
  const other = await house.list({ title: "Beside it" });
  await hall.reads("[data-board]", /Beside it/);
  await house.call("POST", `/api/v1/listings/${id}/buy`, house.tokens.Bob, {});
  await hall.reads("[data-moment] .moment-said", /^SOLD · Bob · ₩15,000$/);
  await house.bid("Cleo", other.id, 10_000);
  await until("its price flashes", () => hall.page.$(`[data-listing="${other.id}"][data-flash]`));
  assert.deepEqual(await hall.page.evaluate(outside), []);
  hall.assertNoComplaints();
  await hall.close();
});

/** In the page: what makes it scroll sideways, and what stands outside of the screen. */
function outside() {
  const wide = document.documentElement.clientWidth;
  const faults = [];
  if (document.documentElement.scrollWidth > wide) faults.push(`${document.documentElement.scrollWidth - wide} px too wide`);
  for (const at of document.querySelectorAll("main, main > *, h1, [data-price], [data-countdown], form[data-bid], form[data-quick] button, .card, .lot, [data-code]")) {
    if (!at.checkVisibility()) continue;
    const { left, right, width } = at.getBoundingClientRect();
    const scrolls = at.parentElement.closest("main *") && [...ancestors(at)].some((above) => above.scrollWidth > above.clientWidth + 1 && getComputedStyle(above).overflowX !== "visible");
    if (width && !scrolls && (left < -1 || right > wide + 1)) faults.push(`${at.className || at.localName}: ${Math.round(left)} to ${Math.round(right)}`);
  }
  return faults;

  function* ancestors(of) {
    for (let above = of.parentElement; above && above !== document.body; above = above.parentElement) yield above;
  }
}
