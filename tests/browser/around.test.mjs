// The pages around the room: home and board live, a draft that is checked before it is sent and kept when it is faulty, a
// currency with cents, the house's zone, less motion for those who want less, and a way on from every error.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { photos } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const PATIENCE_MS = 60_000;

let house;
let browser;

before(async () => {
  // 12.50 is twelve and a half here.
  house = await House.open({ currency: "EUR" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const card = (visitor, id, part) => visitor.page.locator(`.card[data-listing="${id}"] ${part}`);

const reads = (locator, what) =>
  until(`it reads ${what}`, async () => what.test(await locator.textContent()), PATIENCE_MS);

/**
 * Runs in the page: by how many seconds a card's countdown is off, up to one for it counts whole seconds. The median of
 * fifteen: a busy machine may hold up any answer.
 */
async function countdownOff(id) {
  const card = document.querySelector(`.card[data-listing="${id}"]`);
  const offs = [];
  for (let i = 0; i < 15; i++) {
    const { unix_ms } = await (await fetch("/api/v1/time")).json();
    const left_s = (Date.parse(card.querySelector("[data-closes-at]").dataset.closesAt) - unix_ms) / 1000;
    offs.push(Number(card.querySelector("[data-countdown]").dataset.countdown) - left_s);
    await new Promise((go) => setTimeout(go, 30));
  }
  return offs.sort((a, b) => a - b)[7];
}

test("home: prices, countdowns and ends come by themselves, and what is new is offered", async () => {
  const moving = await house.list({ title: "Moving", closes_in_s: 3600 });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  const ending = await house.listInTime(() => ({ title: "Ending" }), () => guest.visit("/"));
  await house.bid("Bob", moving.id, 12_550);
  await reads(card(guest, moving.id, "[data-price]"), /^€125\.50$/);
  await reads(card(guest, moving.id, "[data-n-bids]"), /^1 bid$/);
  assert.equal(await card(guest, moving.id, ".leader").textContent(), "Bob");
  const off = await guest.page.evaluate(countdownOff, moving.id);
  assert.ok(off > -0.3 && off < 1.3, `${off} s off`);
  assert.equal(await guest.page.isVisible("[data-fresh]"), false);
  await house.list({ title: "New here", category: "Lamps" });
  await until("the new listing is offered", () => guest.page.isVisible("[data-fresh] a"), PATIENCE_MS);
  await reads(card(guest, ending.id, "[data-state]"), /^Unsold$/);
  await guest.assertSameDocument();
  await guest.follow("[data-fresh] a");
  await guest.page.waitForSelector(".card-title:text('New here')");
  await guest.page.click(".find-more summary");
  await guest.follow(".shelves a:has-text('Lamps')");
  assert.deepEqual(await guest.page.$$eval(".card-title", (all) => all.map((at) => at.textContent)), ["New here"]);
  guest.assertNoComplaints();
  await guest.close();
});

test("the board takes turns, shows each new price, and asks for no log-in", async () => {
  const ids = [];
  for (const title of ["First in turn", "Second in turn"]) ids.push((await house.list({ title, closes_in_s: 300 })).id);
  const hall = await Visitor.come(browser, house, { shape: { viewport: { width: 1920, height: 1080 } } });
  await hall.visit("/board");
  const stage = () => hall.page.getAttribute(".board-first", "data-listing");
  const first = await stage();
  await until("another takes the stage", async () => (await stage()) !== first, PATIENCE_MS);
  await house.bid("Cleo", Number(ids[0]), 20_050);
  await reads(hall.page.locator(`[data-listing="${ids[0]}"] [data-price]`), /€200\.50/);
  assert.deepEqual(
    await hall.page.evaluate(() => [document.documentElement.scrollHeight <= innerHeight, document.querySelectorAll("input, form").length]),
    [true, 0], "one screen, nothing to press");
  await hall.assertSameDocument();
  hall.assertNoComplaints();
  await hall.close();
});

test("a draft is checked before it is sent, looked at, and kept with its pictures when it is faulty", async () => {
  const pictures = (await photos(browser, ["#7fa58a", "#b0483c"])).map((buffer, i) => ({ name: `${i}.jpg`, mimeType: "image/jpeg", buffer }));
  const ann = await Visitor.come(browser, house, { name: "Ann", shape: PHONE });
  const { page } = ann;
  await ann.visit("/listings/new");
  await page.fill("[name=title]", "Two lamps");
  await page.fill("[name=opening]", "12.5055");
  await page.fill("[name=category]", "Lamps");
  await page.focus("[name=description]");
  await reads(page.locator("#opening-error"), /2 decimals/);
  await page.fill("[name=opening]", "12.50");
  await reads(page.locator("#opening-error"), /^$/);
  // What is folded away is shown when it is wrong, and nothing is sent.
  await page.click("#new-listing summary");
  await page.fill("[name=reserve]", "12.00");
  await page.click("#new-listing summary");
  const go = page.locator("form#new-listing > .go button[value=list]");
  await go.click();
  await until("the fold opens", () => page.isVisible("[name=reserve]"), PATIENCE_MS);
  assert.notEqual(await page.locator("#reserve-error").textContent(), "");
  await ann.assertSameDocument();
  await page.fill("[name=reserve]", "");
  await page.setInputFiles("[name=picture]", Array(9).fill(pictures[0]));
  await reads(page.locator("#picture-error"), /Up to 8/);
  await until("the same picture is kept once", async () => (await page.locator("[name=picture_kept]").count()) === 1 && (await page.locator("[data-tile]").count()) === 1);
  await page.setInputFiles("[name=picture]", [{ name: "x.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") }]);
  // The server says what only it can know, and nothing is sent without it.
  await reads(page.locator("#picture-error"), /x\.jpg: .*not a picture/);
  await go.click();
  await ann.assertSameDocument();
  assert.deepEqual([await page.inputValue("[name=title]"), await page.inputValue("[name=opening]"), await page.inputValue("[name=category]")], ["Two lamps", "12.50", "Lamps"]);
  await page.click("[data-state=failed] [data-remove]");
  await page.setInputFiles("[name=picture]", [pictures[1]]);
  await ann.follow("form#new-listing > .go button[value=preview]");
  await page.waitForSelector("[data-preview]");
  assert.match(await page.textContent("[data-preview]"), /Two lamps.*€12\.50.*IST/s);
  assert.equal(await page.locator("[data-preview] .strip img:not(.blur)").count(), 2);
  await ann.follow("[data-preview] button[value=list]");
  assert.match(page.url(), /\/listings\/\d+\?done=listed$/);
  assert.equal(await page.locator(".strip img:not(.blur)").count(), 2);
  assert.equal(await page.locator(".shelf").textContent(), "Lamps");
  ann.assertNoComplaints(/status of 422/);
  await ann.close();
});

for (const [locale, dated] of [["en-GB", /^\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d:\d\d IST$/], ["ko-KR", /^\d{4}년 \d{1,2}월 \d{1,2}일 \d\d:\d\d:\d\d IST$/]]) {
  test(`what the script writes is what the server writes, in cents and in the house's zone: ${locale}`, async () => {
    const soft_close = { window_s: 3600, extension_s: 3600, cap_s: 86_400 };
    const { id } = await house.list({ title: "Written twice", closes_in_s: 1800, soft_close, opening: 123_456 });
    // The device is elsewhere.
    const bob = await Visitor.come(browser, house, { name: "Bob", shape: DESK, locale, timezoneId: "America/New_York" });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await bob.page.fill("form[data-bid] [name=max]", "1,234.56");
    await bob.page.click("form[data-bid] button[type=submit]");
    assert.match(await bob.page.textContent("[data-confirm-amount]"), /€1,234\.56/);
    await bob.page.click("dialog[data-confirm] button[value=confirm]");
    await until("it stands", async () => (await bob.attribute("price")) === "123456", PATIENCE_MS);
    await until("the close was moved", () => bob.page.isVisible("[data-extended]"), PATIENCE_MS);
    // The stream and the answer each bring something, in any order.
    await until("it is in the history", async () => (await bob.page.locator("[data-history] .sum").count()) === 1, PATIENCE_MS);
    await until("its receipt is there", async () => (await bob.page.locator("[data-receipt]").count()) === 1, PATIENCE_MS);
    const parts = ["[data-price]", "[data-minimum]", "[data-closes-at]", "[data-n-bids]", "[data-hint]", "[data-history] .sum", "[data-available]", "form[data-quick]:nth-child(3) button", "[data-receipt]"];
    const written = () => bob.page.evaluate((all) => all.map((at) => document.querySelector(at).textContent.replace(/\s+/g, " ").trim()), parts);
    const offered = () => bob.page.inputValue("form[data-bid] [name=max]");
    const live = [await written(), await offered()];
    assert.match(live[0][2], dated);
    await bob.assertSameDocument();
    await bob.page.reload();
    assert.deepEqual([await written(), await offered()], live);
    await bob.close();
  });
}

test("a close after the clocks change is written by the script as by the server", async () => {
  // A zone of its own, whose summer begins in twenty minutes and goes on for months.
  const begins = new Date(Date.now() + 20 * 60_000);
  const day = (at) => Math.round((Date.UTC(2026, at.getUTCMonth(), at.getUTCDate()) - Date.UTC(2026, 0, 0)) / 86_400_000);
  const ends = new Date(begins.getTime() + 100 * 86_400_000);
  const rule = `AAA0BBB-1,J${day(begins)}/${begins.getUTCHours()}:${begins.getUTCMinutes()},J${day(ends)}/0`;
  house.auction("house", "set", "zone", "localtime");
  await house.kill();
  await house.start({ TZ: rule });
  const soft_close = { window_s: 3600, extension_s: 3600, cap_s: 86_400 };
  const { id } = await house.list({ title: "Over the change", closes_in_s: 600, soft_close, opening: 1000 });
  const guest = await Visitor.come(browser, house, {});
  await guest.visit(`/listings/${id}`);
  await guest.isLive();
  const written = () => guest.page.textContent("[data-closes-at]");
  assert.match(await written(), / AAA$/);
  await house.call("POST", `/api/v1/listings/${id}/bids`, house.tokens.Bob, { amount: 1000 });
  await until("the close was moved", () => guest.page.isVisible("[data-extended]"), PATIENCE_MS);
  const live = await written();
  assert.match(live, / BBB$/);
  await guest.page.reload();
  assert.equal(await written(), live);
  await guest.close();
  house.auction("house", "set", "zone", "Asia/Kolkata");
  await house.kill();
  await house.start();
});

test("who wants less motion has none, others have some", async () => {
  const { id } = await house.list({ title: "Quiet" });
  for (const [reducedMotion, moves] of [["reduce", false], ["no-preference", true]]) {
    const guest = await Visitor.come(browser, house, { reducedMotion });
    await guest.visit(`/listings/${id}`);
    const motion = await guest.page.evaluate(() => {
      const price = document.querySelector("[data-price]");
      price.classList.add("changed");
      const styles = [...document.querySelectorAll("*")].map((at) => getComputedStyle(at));
      return styles.some((at) => at.animationName !== "none" || at.transitionDuration !== "0s" || at.scrollBehavior === "smooth");
    });
    assert.equal(motion, moves, reducedMotion);
    await guest.close();
  }
});

test("every error is a page in one's own language, with a way on", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", locale: "ko-KR" });
  const { id } = await house.list({ title: "Not Bob's" });
  for (const [what, go] of [
    [404, () => bob.page.goto(`${house.base}/listings/999`)],
    [404, () => bob.page.goto(`${house.base}/account/won/7`)],
    [400, () => bob.page.goto(`${house.base}/?sort=sideways`)],
    [405, () => bob.page.goto(`${house.base}/logout`)],
  ]) {
    const answer = await go();
    assert.equal(answer.status(), what);
    assert.equal(await bob.page.getAttribute("html", "lang"), "ko");
    assert.match(await bob.page.textContent("main"), /[가-힣]/);
    await bob.follow("main a.button");
    await bob.page.waitForSelector(".cards");
  }
  // Cancelling what is another's: refused, and the way leads on.
  await bob.page.goto(`${house.base}/listings/${id}`);
  await bob.page.evaluate((path) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: path });
    form.append(Object.assign(document.createElement("input"), { name: "confirm", value: "yes" }));
    document.body.append(form);
    form.submit();
  }, `/listings/${id}/cancel`);
  await bob.page.waitForSelector(".error-page .status");
  assert.equal((await bob.page.textContent(".error-page .status")).trim(), "403");
  await bob.follow("main a.button");
  await bob.page.waitForSelector(".cards");
  await bob.close();
});
