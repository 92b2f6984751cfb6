// The first page: the event and two whole cards on the first screen of a phone, search and filters by keyboard alone and
// without scripts, cards edged by where one stands; the head of every page, and the length of a catalogue.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, emailOf, until } from "./house.mjs";
import { listWithPictures, photos } from "./lived_in.mjs";
import { sale } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const LONG_NAME = "Frühjahrsversteigerung zugunsten der Jugendfeuerwehr Niederösterreich-Süd";
const LONG_KOREAN = "어린이 도서관과 마을 공동체 텃밭을 위한 봄맞이 자선 경매의 밤";
const CAUSE = "Every euro goes to the new reading room of the harbour school, its books and its lamps. Thank you for bidding with us tonight.";

let house;
let browser;

before(async () => {
  house = await House.open({ currency: "EUR" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const box = (page, selector) => page.evaluate((at) => {
  const { x, y, width, height, right, bottom } = document.querySelector(at).getBoundingClientRect();
  return { x, y, width, height, right, bottom };
}, selector);

/** What stands on the first screen of a phone: the event, whole, and two whole cards beside each other. */
async function assertFirstScreen(page, what) {
  const { height, width } = page.viewportSize();
  const hero = await box(page, ".sale-head");
  const [one, two] = [await box(page, ".card:nth-child(1)"), await box(page, ".card:nth-child(2)")];
  assert.ok(hero.y >= 0 && hero.bottom <= one.y, `${what}: the event stands first`);
  assert.ok(Math.abs(one.y - two.y) < 1 && two.x >= one.right, `${what}: two columns`);
  assert.ok(two.right <= width, `${what}: both are as wide as the screen`);
  assert.ok(one.bottom <= height && two.bottom <= height, `${what}: whole cards, but they end at ${one.bottom} of ${height}`);
  const picture = await box(page, ".card:nth-child(1) .card-picture");
  assert.ok(Math.abs(picture.width - picture.height) < 1, `${what}: square pictures`);
  const lines = await page.$eval(".card-title", (title) => title.getBoundingClientRect().height / parseFloat(getComputedStyle(title).lineHeight));
  assert.ok(lines < 2.1, `${what}: a title has at most two lines, not ${lines}`);
  for (const part of [".hero-name", ".how", ".steps li:nth-child(3)"]) {
    assert.ok((await box(page, part)).bottom <= hero.bottom, `${what}: ${part} is in it`);
  }
}

async function firstScreens(what) {
  for (const locale of ["en-GB", "ko-KR"]) {
    for (const name of [undefined, "Bob"]) {
      const visitor = await Visitor.come(browser, house, { name, shape: PHONE, locale });
      await visitor.visit("/");
      await assertFirstScreen(visitor.page, `${what}, ${locale}, ${name ?? "a guest"}`);
      assert.equal(await visitor.page.locator(".sale-head .button[href*='/join']").count(), name ? 0 : 1, "guests are asked to join");
      visitor.assertNoComplaints();
      await visitor.close();
    }
  }
}

test("the first screen of a phone has the event and two whole cards, with and without a sale, in both languages", async () => {
  const pictures = await photos(browser, ["#7fa58a", "#b0483c"]);
  for (const title of ["A celadon tea bowl with a crackled glaze and a wooden box", "A walnut radio of 1958"]) {
    await listWithPictures(house, [pictures[title.length % 2]], { title });
  }
  house.auction("house", "set", "welcome", CAUSE);
  await firstScreens("without a sale");
  const titles = ["Brass desk lamp", "Oak stool", "A very long title of a lot that nobody can read in two lines of a phone at all", "Kite"];
  const options = { titles, more: ["--description", `${CAUSE} And more than that.`], closes_in_s: 900 };
  await sale(house, "german", { ...options, name: LONG_NAME });
  await firstScreens("a long German name");
  house.auction("sale", "cancel", "german", "--why", "done");
  await sale(house, "korean", { ...options, name: LONG_KOREAN, opens_in_s: 600 });
  await firstScreens("a long Korean name, not open yet");
  house.auction("sale", "cancel", "korean", "--why", "done");
});

test("what the event has raised is live, and its thanks follow", async () => {
  const ids = await sale(house, "raised", { titles: ["Lamp", "Chair"], closes_in_s: 600, more: [] });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit("/");
  const total = () => guest.page.getAttribute(".sale-head [data-total]", "data-total");
  assert.equal(await total(), "0");
  assert.match(await guest.page.textContent(".sale-ends [data-countdown]"), /^(\d+ min|\d:\d\d)$/);
  await until("the page hears the stream", () => guest.page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/api/v1/time"))));
  // Its end moves with its lots.
  const ends = () => guest.page.getAttribute(".sale-ends [data-closes-at]", "data-closes-at");
  const before_it = Date.parse(await ends());
  house.auction("sale", "postpone", "raised", "--by", "5m", "--why", "the bus is late");
  await until("the end follows", async () => Date.parse(await ends()) === before_it + 300_000);
  await guest.assertSameDocument();
  for (const id of ids) house.auction("listing", "cancel", String(id), "--why", "It broke.");
  guest.assertNoComplaints();
  await guest.close();
});

test("a card's edge follows: leading, outbid, leading, won or over", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  const listing = await house.listInTime(() => ({ title: "To be won", opening: 1000, increment: 500 }), () => bob.visit("/"));
  const other = await house.list({ title: "To be lost", opening: 1000, increment: 500 });
  await bob.visit("/");
  await until("the page hears the stream", () => bob.page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/api/v1/time"))));
  const says = (id, mine, pattern) => until(`${mine} ${pattern}`, () => bob.page.evaluate(([id, mine, source]) => {
    const card = document.querySelector(`.card[data-listing="${id}"]`);
    const said = card.querySelector("[data-mine-said]");
    return (card.dataset.mine ?? "none") === mine && new RegExp(source).test(said?.checkVisibility() ? said.textContent : "");
  }, [id, mine, pattern]));
  const edge = (id) => bob.page.$eval(`.card[data-listing="${id}"]`, (card) => {
    const style = getComputedStyle(card);
    const probe = Object.assign(document.body.appendChild(document.createElement("i")));
    const of = (name) => ((probe.style.color = `var(--${name})`), getComputedStyle(probe).color);
    const known = { good: of("good"), bad: of("bad"), rule: of("rule") };
    probe.remove();
    return Object.entries(known).find(([, colour]) => colour === style.borderTopColor)?.[0];
  });
  const { id } = listing;
  const height = (await box(bob.page, `.card[data-listing="${id}"]`)).height;
  await says(id, "none", "^$");
  await house.bid("Bob", id, 1000);
  await says(id, "leading", "^Leading$");
  assert.equal(await edge(id), "good");
  await house.bid("Cleo", id, 2000);
  await says(id, "outbid", "^Outbid — bid €25\\.00$");
  assert.equal(await edge(id), "bad");
  await house.bid("Bob", id, 3000);
  await says(id, "leading", "^Leading$");
  assert.ok(Math.abs((await box(bob.page, `.card[data-listing="${id}"]`)).height - height) <= 2, "nothing moves when it changes");
  await house.bid("Bob", other.id, 1000);
  await house.bid("Cleo", other.id, 2000);
  await says(other.id, "outbid", "^Outbid");
  house.auction("listing", "cancel", String(other.id), "--why", "It broke.");
  await says(other.id, "over", "^$");
  assert.equal(await edge(other.id), "rule");
  await says(id, "won", "^Won$");
  assert.equal(await edge(id), "good");
  await bob.assertSameDocument();
  // The server says the same.
  await bob.page.goto(`${house.base}/?state=all`);
  await says(id, "won", "^Won$");
  await says(other.id, "none", "^$");
  bob.assertNoComplaints();
  await bob.close();
});

/** Presses Tab until `selector` has the focus. */
async function tabTo(page, selector) {
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    if (await page.$eval(selector, (element) => element === document.activeElement)) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}

const titles = (page) => page.$$eval(".card-title", (all) => all.map((title) => title.textContent));

for (const javaScriptEnabled of [true, false]) {
  test(`search and filters by keyboard alone, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    await house.list({ title: "A brass compass", category: "Instruments", opening: 20_000 });
    await house.list({ title: "A brass sextant", category: "Instruments", opening: 90_000 });
    const guest = await Visitor.come(browser, house, { shape: PHONE, javaScriptEnabled });
    const { page } = guest;
    await page.goto(`${house.base}/`);
    const opened = (part) => page.$eval(part, (details) => details.open);
    assert.deepEqual([await opened(".find-text"), await opened(".find-more")], [false, false]);
    assert.equal(await page.isVisible("[name=q]"), false);
    assert.equal((await page.textContent(".find-text summary")).trim(), "Search");
    assert.equal((await page.textContent(".find-more summary")).trim(), "Filter");
    await tabTo(page, ".find-text summary");
    await page.keyboard.press("Enter");
    await tabTo(page, "[name=q]");
    await page.keyboard.type("brass");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    const found = await titles(page);
    assert.ok(found.includes("A brass compass") && found.every((title) => /brass/i.test(title)), String(found));
    assert.deepEqual([await opened(".find-text"), await page.inputValue("[name=q]")], [true, "brass"], "it is open, and keeps what was typed");
    await tabTo(page, ".find-more summary");
    await page.keyboard.press("Enter");
    await tabTo(page, "[name=price_from]");
    await page.keyboard.type("500");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.ok((await titles(page)).every((title) => title === "A brass sextant"), String(await titles(page)));
    assert.deepEqual([await opened(".find-text"), await opened(".find-more")], [true, true]);
    assert.deepEqual([await page.inputValue("[name=q]"), await page.inputValue("[name=price_from]")], ["brass", "500"]);
    assert.match(await page.textContent(".find-more summary"), /Filter\s+1/);
    await guest.follow(".find-ways a");
    assert.deepEqual([await page.inputValue("[name=q]"), await opened(".find-more")], ["brass", false], "the words stay when the filters go");
    await guest.close();
  });
}

test("the head of every page has room for long names, in both languages, at 390 and 320 px", async () => {
  house.auction("house", "set", "name", "Harbour School Parents and Friends Association");
  await sale(house, "numbers", { titles: ["Lamp"], closes_in_s: 900 });
  house.auction("bidder", "add", "numbers", "--name", "Bob", "--email", emailOf("Bob"), "--number", "1217");
  for (const locale of ["en-GB", "ko-KR"]) {
    for (const name of [undefined, "Bob"]) {
      for (const width of [390, 320]) {
        const visitor = await Visitor.come(browser, house, { name, locale, shape: { ...PHONE, viewport: { width, height: 844 } } });
        await visitor.visit("/help");
        const faults = await visitor.page.evaluate(() => {
          const found = [];
          const shown = [...document.querySelectorAll(".masthead a, .masthead button")];
          const boxes = shown.map((element) => [element.textContent.trim(), element.getBoundingClientRect()]);
          for (const [said, { width, height, left, right }] of boxes) {
            if (height < 36 || width < 24) found.push(`${said} is ${width} × ${height}`);
            if (left < 12 || right > innerWidth - 12) found.push(`${said} reaches the edge: ${left} to ${right}`);
          }
          for (const [i, [one, a]] of boxes.entries()) {
            for (const [two, b] of boxes.slice(i + 1)) {
              const beside = a.bottom > b.top + 1 && b.bottom > a.top + 1;
              const gap = Math.max(b.left - a.right, a.left - b.right);
              if (beside && gap < 12) found.push(`${gap} px between ${one} and ${two}`);
            }
          }
          const text = document.querySelector(".house span");
          if (text.scrollWidth > text.clientWidth + 1) found.push("the name is cut sideways");
          if (document.querySelector(".masthead").getBoundingClientRect().height > 125) found.push("more than two rows");
          return found;
        });
        assert.deepEqual(faults, [], `${locale}, ${name ?? "a guest"}, ${width} px`);
        assert.equal(await visitor.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
        await visitor.close();
      }
    }
  }
  house.auction("sale", "cancel", "numbers", "--why", "done");
  house.auction("house", "set", "name", "Harbour School");
});

/** Runs in the page: the links whose focus ring something around them cuts off, each brought into view as focus does. */
function clippedRings() {
  const cut = [];
  for (const element of document.querySelectorAll("main a, main button, main summary, main input, main select")) {
    if (!element.checkVisibility()) continue;
    element.focus();
    if (document.activeElement !== element) continue;
    const { outlineOffset, outlineWidth } = getComputedStyle(element);
    const ring = Math.max(0, parseFloat(outlineOffset) + parseFloat(outlineWidth));
    const at = element.getBoundingClientRect();
    for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      const clip = around.getBoundingClientRect();
      const sideways = overflowX !== "visible" && (at.left - ring < clip.left - 0.5 || at.right + ring > clip.right + 0.5);
      const upright = overflowY !== "visible" && (at.top - ring < clip.top - 0.5 || at.bottom + ring > clip.bottom + 0.5);
      if (sideways || upright) cut.push(`${element.textContent.trim().slice(0, 40)} in ${around.className}`);
    }
  }
  return cut;
}

test("no row cuts a focus ring, 320 px are enough, and axe finds nothing, light and dark", async () => {
  const sections = ["Home and garden", "Outdoors", "Books and paper", "나들이", "Curiosities"];
  const ids = await sale(house, "rings", { titles: Array.from({ length: 10 }, (_, i) => `Lamp ${i + 1}`), sections, closes_in_s: 900 });
  await house.bid("Bob", ids[0], 10_000);
  await house.bid("Bob", ids[1], 10_000);
  await house.bid("Cleo", ids[1], 20_000);
  await house.call("POST", `/api/v1/listings/${ids[2]}/watch`, house.tokens.Bob);
  for (const [shape, locale] of [[PHONE, "en-GB"], [DESK, "ko-KR"]]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, locale, bypassCSP: true });
    for (const path of ["/", "/?state=all&category=Instruments", "/?q=lamp&sort=bids", "/sales/rings", "/sales", "/sales/rings?mine=1"]) {
      await bob.visit(path);
      assert.deepEqual(await bob.page.evaluate(clippedRings), [], `${path}, ${locale}`);
      await bob.page.addScriptTag({ content: axe.source });
      for (const colorScheme of ["light", "dark"]) {
        await bob.page.emulateMedia({ colorScheme });
        const { violations } = await bob.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html)}`), [], `${path} ${colorScheme} ${locale}`);
      }
      await bob.page.emulateMedia({ colorScheme: "light" });
      await bob.page.setViewportSize({ width: 320, height: 640 });
      assert.ok((await bob.page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${path} is too wide, ${locale}`);
      await bob.page.setViewportSize(shape.viewport);
    }
    bob.assertNoComplaints();
    await bob.close();
  }
  house.auction("sale", "cancel", "rings", "--why", "done");
});

test("a catalogue of 50 lots is shorter than 9,000 px on a phone", async () => {
  const titles = Array.from({ length: 50 }, (_, i) => (i % 3 ? `Lamp ${i + 1}` : `A lamp with a name that takes more than one line ${i + 1}`));
  await sale(house, "fifty", { titles, sections: ["Home", "Outdoors", "Books"], more: ["--description", CAUSE], closes_in_s: 900 });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  for (const path of ["/sales/fifty", "/"]) {
    await guest.visit(path);
    // Rows out of sight are laid out once they are seen.
    await guest.page.evaluate(async () => {
      for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
        scrollTo(0, y);
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      }
    });
    const height = await guest.page.evaluate(() => document.documentElement.scrollHeight);
    console.log(`${path} with 50 lots on a phone: ${height} px`);
    assert.ok(height < 9000, `${path}: ${height} px`);
  }
  await guest.close();
});
