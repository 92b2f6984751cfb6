// Both boards in a real Chromium, as a hall sees them: each sale has its moment, one after another and never for minutes; a price
// that changes flashes; people join by a code and an address; everything fits the screen it is on, in its middle.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, emailOf, until } from "./house.mjs";
import { inSeconds, lotsOf } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const PROJECTOR = { viewport: { width: 1920, height: 1080 } };
const SCREENS = [[1920, 1080], [3840, 2160], [1280, 720], [1080, 1920], [390, 844]];

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

/** A published sale whose lots can be bought at once, for 15,000 each: a hammer falls whenever the test wants it. */
async function onSale(code, n) {
  house.auction("sale", "add", code, "--name", `Sale ${code}`, "--closes-at", inSeconds(3600), "--every", "20s");
  for (let i = 1; i <= n; i++) {
    house.auction("listing", "add", "--seller", emailOf("Ann"), "--sale", code, "--lot", `A${i}`,
      "--title", `Celadon tea bowl number ${i}`, "--opening", "10000", "--buy-now", "15000");
  }
  house.auction("sale", "publish", code);
  return lotsOf(house, code, n);
}

const buy = (name, listing) => house.call("POST", `/api/v1/listings/${listing}/buy`, house.tokens[name], {});

/** Keeps what the board shows in its moments, each with when it came. */
function remember() {
  globalThis.moments = [];
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-moments]");
    new MutationObserver(() => {
      const text = (at) => box.querySelector(at)?.textContent ?? "";
      const [lot, said, more] = [".moment-lot", ".moment-said", ".moment-more"].map(text);
      globalThis.moments.push({ lot: lot.trim(), said, more, at: performance.now() });
    }).observe(box, { childList: true });
  });
}

const come = (options) => Visitor.come(browser, house, { shape: PROJECTOR, scripts: [remember], ...options });
const moments = ({ page }) => page.evaluate(() => globalThis.moments);
const shown = async (visitor) => (await moments(visitor)).filter(({ said }) => said);
const isOver = (visitor) => until("the last moment is over", async () => (await moments(visitor)).at(-1)?.said === "");

/** The board is connected: it shows a price that somebody has just bid. */
async function isLive(visitor, listing, name, amount) {
  await house.bid(name, listing, amount);
  await until("the board is live", () => visitor.page.$(`[data-listing="${listing}"] [data-price="${amount}"]`));
}

/** Whether the box is in the middle of the screen, from side to side. */
const offCentre = (visitor, selector) => visitor.page.$eval(selector, (at) => {
  const { left, right } = at.getBoundingClientRect();
  return Math.abs((left + right) / 2 - document.documentElement.clientWidth / 2);
});

/** The contrast of an element's letters with what is behind them. */
const contrast = (visitor, selector) => visitor.page.$eval(selector, (at) => {
  const light = (colour) => {
    const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = at;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
  const [one, other] = [getComputedStyle(at).color, getComputedStyle(ground).backgroundColor].map(light);
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
});

test("each sale has its moment in gold, with the bidder as the house shows bidders, in both languages", async () => {
  const lots = await onSale("gold", 4);
  house.auction("bidder", "add", "gold", "--name", "Cleo", "--email", emailOf("Cleo"), "--number", "17");
  house.auction("house", "set", "bidder_names", "number");
  const english = await come();
  const [korean, whole] = await Promise.all([come({ locale: "ko-KR" }), come({ reducedMotion: "no-preference" })]);
  for (const visitor of [english, korean]) await visitor.visit("/sales/gold/board");
  await whole.visit("/board");
  for (const visitor of [english, korean, whole]) assert.equal((await shown(visitor)).length, 0, "nothing was sold yet");
  await house.bid("Bob", lots[3], 10_000);
  for (const visitor of [english, korean]) await until("the board is live", () => visitor.page.$(`[data-listing="${lots[3]}"] [data-price="10000"]`));
  const total = (visitor) => visitor.page.getAttribute("[data-total]", "data-total", { timeout: 1000 }).catch(() => null);
  assert.equal(await total(english), "0");
  await buy("Cleo", lots[0]);
  await english.page.waitForSelector("[data-moment]");
  assert.ok(await contrast(english, ".moment-said") >= 4.5, "gold on dark");
  const [red, green, blue] = await english.page.$eval(".moment-said", (at) => getComputedStyle(at).color.match(/\d+/g).map(Number));
  assert.ok(red > green && green > blue && red > 180 && blue < 120, `gold: ${red} ${green} ${blue}`);
  assert.ok(await offCentre(english, ".moment-said") <= 1, "in the middle");
  assert.equal(await english.page.$eval("[data-moment]", (at) => getComputedStyle(at).animationName), "none", "less motion was asked for");
  await whole.page.waitForSelector("[data-moment]");
  assert.equal(await whole.page.$eval("[data-moment]", (at) => getComputedStyle(at).animationName), "moment");
  for (const [visitor, lot, said] of [
    [english, "A1 Celadon tea bowl number 1", "SOLD · No. 17 · ₩15,000"],
    [korean, "A1 Celadon tea bowl number 1", "낙찰 · 17번 · 15,000원"],
    [whole, "Lot A1 Celadon tea bowl number 1", "SOLD · No. 17 · ₩15,000"],
  ]) {
    assert.deepEqual((await shown(visitor)).map((moment) => [moment.lot, moment.said]), [[lot, said]]);
  }
  for (const visitor of [english, whole]) await until("the total is live", async () => (await total(visitor)) === "15000");
  await isOver(english);
  const [began, ended] = await moments(english);
  assert.ok(ended.at - began.at > 3000 && ended.at - began.at < 15_000, `${ended.at - began.at} ms`);
  house.auction("house", "set", "bidder_names", "name");
  await until("names are shown", async () => (await house.call("GET", `/api/v1/listings/${lots[3]}`)).leader === "Bob");
  await buy("Bob", lots[1]);
  await until("by name", async () => (await shown(english)).at(-1).said === "SOLD · Bob · ₩15,000");
  for (const visitor of [english, korean, whole]) {
    await visitor.assertSameDocument();
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("sales one after another each have theirs, and of many at once the newest are shown and the others counted", async () => {
  const lots = await onSale("burst", 17);
  const other = await onSale("other", 1);
  const hall = await come();
  await hall.visit("/sales/burst/board");
  await isLive(hall, lots[2], "Bob", 10_000);
  await buy("Bob", other[0]);
  await buy("Bob", lots[0]);
  await until("the first is shown", async () => (await shown(hall)).length === 1);
  await buy("Bob", lots[1]);
  await until("the second is shown", async () => (await shown(hall)).length === 2);
  await isOver(hall);
  const codes = (await shown(hall)).map(({ lot }) => lot.split(" ")[0]);
  assert.deepEqual(codes, ["A1", "A2"], "another sale's lot is none of its");
  await hall.page.evaluate(() => (globalThis.moments.length = 0));
  // The board asks when each was sold before it shows it.
  let asked = 0;
  hall.page.on("requestfinished", (request) => (asked += request.url().endsWith("/settlement") ? 1 : 0));
  await Promise.all(lots.slice(3).map((lot) => buy("Cleo", lot)));
  await until("it has heard of all", async () => asked === 14);
  await isOver(hall);
  const burst = await moments(hall);
  const all = burst.filter(({ said }) => said);
  const counted = all.reduce((n, { more }) => n + Number(/and (\d+) more sold/.exec(more)?.[1] ?? 0), 0);
  assert.equal(all.length + counted, 14, "nothing is left out");
  assert.ok(all.length >= 2 && all.length < 10, `${all.length} are shown`);
  for (const { lot } of all) assert.match(lot, /^A(\d+) Celadon tea bowl number \1$/, "also of one that the board did not show");
  assert.ok(burst.at(-1).at - burst[0].at < 40_000, "the board is free again");
  await until("the total is live", async () => (await hall.page.getAttribute("[data-total]", "data-total")) === "240000");
  await hall.assertSameDocument();
  hall.assertNoComplaints();
  await hall.close();
});

test("a lot that the house's board does not show has its number and its title in its moment", async () => {
  const lots = await onSale("unseen", 9);
  const hall = await come();
  await hall.visit("/board");
  assert.equal(await hall.page.locator(`[data-listing="${lots[8]}"]`).count(), 0);
  await buy("Cleo", lots[8]);
  await until("it is shown", async () => (await shown(hall)).length === 1);
  assert.equal((await shown(hall))[0].lot, "Lot A9 Celadon tea bowl number 9");
  await hall.close();
});

test("what was not sold is said quietly, and the board goes on to be read", async () => {
  const hall = await come();
  await house.listInTime(() => ({ title: "Nobody's jug" }), () => hall.visit("/board"));
  await until("it is said", async () => (await shown(hall)).length === 1);
  const [{ lot, said }] = await shown(hall);
  assert.match(lot, /No\. \d+ Nobody's jug/);
  assert.equal(said, "Not sold");
  const quiet = await hall.page.$eval("[data-moment]", (at) => at.getBoundingClientRect().height * at.getBoundingClientRect().width);
  assert.ok(quiet < 1920 * 1080 / 10, "it covers little");
  assert.ok(await offCentre(hall, "[data-moment]") <= 1);
  await isOver(hall);
  hall.assertNoComplaints();
  await hall.close();
});

test("a board that was away shows no old moment when it comes back", async () => {
  const lots = await onSale("away", 3);
  // A stream that a worker holds is not cut with its page.
  const hall = await come({ scripts: [remember, () => delete globalThis.SharedWorker] });
  await hall.visit("/sales/away/board");
  await isLive(hall, lots[2], "Bob", 10_000);
  await hall.context.setOffline(true);
  await buy("Cleo", lots[0]);
  // Longer ago than a hammer is news.
  const settled_at = new Date(Date.now() - 16_000).toISOString();
  await hall.page.route(`**/listings/${lots[0]}/settlement`, (route) => route.fulfill({ json: { settled_at } }));
  const asked = hall.page.waitForResponse(`**/listings/${lots[0]}/settlement`);
  await hall.context.setOffline(false);
  await asked;
  await until("it has what it missed", async () => (await hall.page.getAttribute("[data-total]", "data-total")) === "15000");
  assert.deepEqual(await shown(hall), []);
  await buy("Cleo", lots[1]);
  await until("a new one is shown", async () => (await shown(hall)).length === 1);
  assert.match((await shown(hall))[0].lot, /^A2 /);
  await hall.assertSameDocument();
  await hall.close();
});

test("a new price and a lost lead flash, the large one and those below", async () => {
  const lots = await onSale("flash", 2);
  const [still, lively] = [await come(), await come({ reducedMotion: "no-preference" })];
  for (const visitor of [still, lively]) await visitor.visit("/sales/flash/board");
  const flash = (visitor, lot) => visitor.page.getAttribute(`[data-listing="${lot}"]`, "data-flash").catch(() => null);
  const style = (visitor, lot, of) => visitor.page.$eval(`[data-listing="${lot}"] ${of}`, (at) =>
    [getComputedStyle(at).backgroundColor, getComputedStyle(at).animationName]);
  for (const lot of lots) {
    const before = await style(still, lot, "[data-price]");
    await house.bid("Bob", lot, 10_000);
    for (const visitor of [still, lively]) await until("a new price", async () => (await flash(visitor, lot)) === "bid");
    await until("it is over", async () => (await flash(still, lot)) === null);
    await house.bid("Cleo", lot, 12_000);
    for (const visitor of [still, lively]) await until("outbid", async () => (await flash(visitor, lot)) === "outbid");
    for (const of of ["[data-price]", ".leader"]) {
      const [[ground, moves], [, moves_too]] = [await style(still, lot, of), await style(lively, lot, of)];
      assert.notEqual(ground, before[0], `${of} has another ground`);
      assert.deepEqual([moves, moves_too], ["none", "flash"], of);
      assert.ok(await contrast(still, `[data-listing="${lot}"] ${of}`) >= 4.5, of);
    }
    await until("it is over again", async () => (await flash(still, lot)) === null);
    assert.deepEqual(await style(still, lot, "[data-price]"), before);
  }
  for (const visitor of [still, lively]) {
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("people join by a code and an address that says the same", async () => {
  await onSale("join", 1);
  const hall = await come();
  const join = async (path) => {
    await hall.visit(path);
    const code = await hall.page.getAttribute("[data-code]", "data-code");
    const typed = (await hall.page.$$eval(".code figcaption span", (all) => all.map((at) => at.textContent))).join("");
    assert.equal(code.replace(/^https?:\/\//, ""), typed);
    return [code, Boolean(await hall.page.$("[data-out-of-reach]"))];
  };
  assert.deepEqual(await join("/board"), [house.base, true]);
  assert.deepEqual(await join("/sales/join/board"), [`${house.base}/sales/join`, true]);
  house.auction("house", "set", "public_url", "https://auction.example.org");
  await until("the house has an address", async () => !(await join("/board"))[1]);
  assert.deepEqual(await join("/board"), ["https://auction.example.org", false]);
  assert.deepEqual(await join("/sales/join/board"), ["https://auction.example.org/sales/join", false]);
  const side = await hall.page.$eval("[data-code]", (at) => Math.min(at.getBoundingClientRect().width, at.getBoundingClientRect().height));
  assert.ok(side >= 1920 / 8, `${side} px are read across a hall`);
  house.auction("house", "set", "public_url", "none");
  hall.assertNoComplaints();
  await hall.close();
});

test("both boards fit each screen, and stand in its middle, also during a moment", async () => {
  await onSale("shapes", 8);
  house.auction("sale", "postpone", "shapes", "--by", "10m", "--why", "the wifi failed");
  const hall = await come();
  const faults = [];
  for (const path of ["/board", "/sales/shapes/board"]) {
    for (const [width, height] of SCREENS) {
      await hall.page.setViewportSize({ width, height });
      await hall.visit(path);
      await hall.page.evaluate(() => document.dispatchEvent(new CustomEvent("hammer", { detail:
        { listing: 1, number: "A1", title: "A week in a cabin by the lake, with wood", outcome: "sold", winner: "Donaudampfschiff", hammer: "€12,000.00" } })));
      await hall.page.waitForSelector("[data-moment]");
      faults.push(...await hall.page.evaluate((where) => {
        const wrong = [];
        const [wide, high] = [document.documentElement.clientWidth, innerHeight];
        if (document.documentElement.scrollWidth > wide) wrong.push("it scrolls sideways");
        // Nobody scrolls a projector.
        const stays = wide >= 960 && wide > high;
        for (const at of document.querySelectorAll("main *")) {
          if (!at.checkVisibility() || at.closest(".unseen, svg")) continue;
          const box = at.getBoundingClientRect();
          if (box.right > wide + 1 || box.left < -1 || (stays && box.bottom > high + 1)) wrong.push(`${at.className || at.localName} hangs out`);
        }
        const lefts = document.querySelector("[data-board] > *").getBoundingClientRect();
        if (Math.abs(lefts.left - (wide - lefts.right)) > 1) wrong.push("its margins differ");
        for (const name of [".moment", ".moment-said"]) {
          const { left, right } = document.querySelector(name).getBoundingClientRect();
          if (Math.abs((left + right) / 2 - wide / 2) > 1) wrong.push(`${name} is off the middle`);
        }
        const [large, next] = [".hall-words, .board-words", ".hall-next, .board-next"].map((name) => document.querySelector(name).getBoundingClientRect());
        if (large.bottom > next.top + 1) wrong.push("the large lot hangs over the next ones");
        const [code, words] = ["[data-code]", ".code figcaption"].map((name) => document.querySelector(name).getBoundingClientRect());
        if (Math.abs((code.left + code.right - words.left - words.right) / 2) > 1) wrong.push("the code is not above its address");
        const total = document.querySelector(".board-grid [data-total]")?.getBoundingClientRect();
        if (total && stays && Math.abs((code.left + code.right - total.left - total.right) / 2) > 1) wrong.push("the total is not below the code");
        return wrong.map((text) => `${where}: ${text}`);
      }, `${path} at ${width} × ${height}`));
    }
  }
  assert.deepEqual(faults, []);
  hall.assertNoComplaints();
  await hall.close();
});

for (const [shape_name, shape, locale, colorScheme] of [["phone", PHONE, "ko-KR", "dark"], ["desk", DESK, "en-GB", "light"]]) {
  test(`axe finds nothing on a board with a moment: ${shape_name}`, async () => {
    const [lot] = await onSale(`axe-${shape_name}`, 3);
    const visitor = await come({ shape, locale, colorScheme, bypassCSP: true });
    for (const path of ["/board", `/sales/axe-${shape_name}/board`]) {
      await visitor.visit(path);
      for (const outcome of ["sold", "unsold"]) {
        await visitor.page.evaluate((detail) => {
          document.querySelector("[data-moments]").replaceChildren();
          document.dispatchEvent(new CustomEvent("hammer", { detail }));
        }, { listing: lot, number: "A1", title: "Celadon tea bowl", outcome, winner: "Cleo", hammer: "€12" });
        await visitor.page.waitForSelector(`[data-moment][data-outcome=${outcome}]`);
        await visitor.page.addScriptTag({ content: axe.source });
        const { violations } = await visitor.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${path}: ${id}: ${target}`)), []);
      }
    }
    visitor.assertNoComplaints();
    await visitor.close();
  });
}

test("without a script a sale that was just made is announced, too", async () => {
  const hall = await come({ javaScriptEnabled: false });
  const { id } = await house.list({ title: "Quick lamp", closes_in_s: 8 });
  await house.bid("Bob", id, 11_000);
  await until("it is sold", async () => (await house.call("GET", `/api/v1/listings/${id}`)).outcome === "sold");
  await hall.page.goto(`${house.base}/board`);
  assert.equal((await hall.page.textContent(".moment-said")).trim(), "SOLD · Bob · ₩11,000");
  assert.ok(await hall.page.isVisible(".moment-said"));
  await hall.close();
});
