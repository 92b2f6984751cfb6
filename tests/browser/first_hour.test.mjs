// A stranger's first hour at a listing: what is confirmed says what it comes to, who leads raises their maximum, nothing stale
// stands under a new state, and the focus is seen everywhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

let house;
let browser;

before(async () => {
  house = await House.open();
  house.auction("house", "set", "premium_bps", "1250");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

async function meet(id, options) {
  const visitor = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, ...options });
  await visitor.visit(`/listings/${id}`);
  await visitor.isLive();
  return visitor;
}

const asked = (visitor) => visitor.page.locator("dialog[data-confirm][open]").innerText();
const paddles = async (visitor) =>
  (await visitor.page.locator("form[data-quick] button").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
const errors = async (visitor) => (await visitor.page.locator("[data-error]").allTextContents()).join("").trim();

test("the dialog says what the bid comes to with the premium, at the maximum at most", async () => {
  const { id } = await house.list({ title: "Added up" });
  const bob = await meet(id);
  // 12.5 % of 10,001 is 1,250.125, and of 19,999 it is 2,499.875.
  await bob.page.fill("form[data-bid] [name=amount]", "10001");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await asked(bob), /Total if you win: ₩10,001 \+ ₩1,250 premium = ₩11,251/);
  await bob.page.click("dialog[data-confirm] button[value=cancel]");
  await bob.page.fill("form[data-bid] [name=max]", "19999");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await asked(bob), /Total at most: ₩19,999 \+ ₩2,500 premium = ₩22,499/);
  bob.assertNoComplaints();
  await bob.close();
});

test("who leads is offered a higher maximum, with a press as with the field, and bids again once outbid", async () => {
  const { id } = await house.list({ title: "Led" });
  const bob = await meet(id);
  const other = await bob.tab(`/listings/${id}`);
  await other.isLive();
  await bob.page.fill("form[data-bid] [name=max]", "12000");
  await bob.page.click("form[data-bid] button[type=submit]");
  await bob.page.click("dialog[data-confirm] button[value=confirm]");
  const raises = ["12,500", "13,000", "14,500"].map((sum) => `Raise your maximum to ₩${sum}`);
  await until("the paddles raise", async () => String(await paddles(bob)) === String(raises));
  assert.equal(await bob.page.isVisible("form[data-bid] [name=amount]"), false);
  // The other tab knows that Bob leads, and not up to where.
  await until("it leads, too", () => other.page.$("[data-turn-said].leads"));
  assert.equal(await other.page.isVisible("form[data-quick] button"), false);
  await other.page.reload();
  assert.deepEqual(await paddles(other), raises, "the server says the same");

  await bob.page.locator("form[data-quick] button").first().click();
  assert.match(await asked(bob), /Raise your maximum\?[^]*₩12,500[^]*₩12,500 \+ ₩1,563 premium = ₩14,063[^]*Raise to ₩12,500/);
  await bob.page.click("dialog[data-confirm] button[value=confirm]");
  await until("the maximum is raised", async () => /12,500/.test(await bob.page.textContent("[data-turn-said]")));
  assert.equal(await errors(bob), "");
  assert.equal(await bob.attribute("price"), "10000");
  await bob.page.fill("form[data-bid] [name=max]", "12500");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await errors(bob), /above ₩12,500/);
  await bob.page.fill("form[data-bid] [name=max]", "15000");
  await bob.page.click("form[data-bid] button[type=submit]");
  await bob.page.click("dialog[data-confirm] button[value=confirm]");
  await until("it is raised again", async () => /15,000/.test(await bob.page.textContent("[data-turn-said]")));

  await house.bid("Cleo", id, 20_000);
  await until("Bob is outbid", () => bob.page.$("[data-turn-said].outbid"));
  assert.deepEqual(await paddles(bob), ["₩20,500", "₩21,500", "₩23,000"]);
  assert.equal(await bob.page.inputValue("form[data-bid] [name=amount]"), "20500");
  assert.equal(await bob.page.isVisible("form[data-bid] [name=amount]"), true);
  bob.assertNoComplaints();
  await bob.close();
});

test("a change of standing closes the question and clears what was wrong before", async () => {
  const { id } = await house.list({ title: "Stale" });
  const bob = await meet(id, { shape: DESK });
  await bob.page.fill("form[data-bid] [name=amount]", "nothing");
  await bob.page.click("form[data-bid] button[type=submit]");
  await until("it is refused", () => errors(bob));
  await house.bid("Cleo", id, 10_000);
  await until("the price has moved", async () => (await bob.attribute("price")) === "10000");
  assert.equal(await errors(bob), "");
  await bob.page.fill("form[data-bid] [name=amount]", "10500");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.equal(await bob.page.locator("dialog[data-confirm][open]").count(), 1);
  await house.call("POST", `/api/v1/listings/${id}/bids`, house.tokens.Bob, { amount: 11_000 });
  await until("the price has moved again", async () => (await bob.attribute("price")) === "11000");
  assert.equal(await bob.page.locator("dialog[data-confirm][open]").count(), 0);
  assert.equal((await house.call("GET", `/api/v1/listings/${id}`)).n_bids, 2, "nothing was bid by closing it");
  bob.assertNoComplaints();
  await bob.close();
});

test("what the stream says of the own bid after its answer closes no question that was asked since", async () => {
  const { id } = await house.list({ title: "Told twice" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  // A stream that is slower than the answer.
  await bob.context.addInitScript(() => {
    globalThis.held = null;
    const True = EventSource;
    globalThis.EventSource = class extends True {
      addEventListener(name, listen) {
        super.addEventListener(name, (event) => (globalThis.held ? globalThis.held.push(() => listen(event)) : listen(event)));
      }
    };
  });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  await bob.page.evaluate(() => (globalThis.held = []));
  await bob.bid(10_000);
  await bob.page.waitForSelector("[data-turn-said].leads");
  await bob.page.fill("form[data-bid] [name=max]", "12000");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await asked(bob), /Raise your maximum/);
  assert.deepEqual(await bob.sequence(), [], "the stream has said nothing yet");
  await until("the bid was told", () => bob.page.evaluate(() => globalThis.held.length > 0));
  await bob.page.evaluate(() => {
    const told = globalThis.held;
    globalThis.held = null;
    for (const tell of told) tell();
  });
  await until("the history shows it", async () => String(await bob.sequence()) === "1");
  assert.equal(await bob.page.locator("dialog[data-confirm][open]").count(), 1);
  await bob.page.click("dialog[data-confirm] button[value=confirm]");
  await until("the maximum is raised", async () => /12,000/.test(await bob.page.textContent("[data-turn-said]")));
  bob.assertNoComplaints();
  await bob.close();
});

/* ---- the focus ring against what it lies on, by the formula of WCAG 2 ---- */

/** In the page: contrast of the ring with the nearest painted ground behind the focused element, and of the element itself. */
function ringContrast() {
  const rgb = (colour) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, two) => {
    const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const element = document.activeElement;
  const style = getComputedStyle(element);
  let ground = element.parentElement;
  while (ground && rgb(getComputedStyle(ground).backgroundColor)[3] < 255) ground = ground.parentElement;
  const behind = getComputedStyle(ground ?? document.documentElement).backgroundColor;
  return {
    what: `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.trim().slice(0, 30)}"`,
    drawn: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    contrast: contrast(style.outlineColor, behind),
    own: contrast(style.backgroundColor, behind),
    ring: style.outlineColor,
    behind,
  };
}

test("the focus ring stands out by three to one on every surface, in the light and in the dark", async () => {
  const { id } = await house.list({ title: "In focus", buy_now: 90_000 });
  const faint = [];
  for (const colorScheme of ["light", "dark"]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape: DESK, colorScheme, bypassCSP: true });
    for (const path of ["/", "/?show=watched", `/listings/${id}`, "/account", "/listings/new", `/listings/${id}/proof`]) {
      await bob.visit(path);
      for (let n = 0; n < 60; n++) {
        await bob.page.keyboard.press("Tab");
        if (await bob.page.evaluate(() => document.activeElement === document.body)) break;
        const seen = await bob.page.evaluate(ringContrast);
        if (!seen.drawn || seen.contrast < 3) faint.push({ colorScheme, path, ...seen });
      }
    }
    await bob.visit("/");
    await bob.page.click(".find-more summary");
    const chosen = await bob.page.evaluate((measure) => {
      document.querySelector(".shows [aria-current]").focus();
      return new Function(`return (${measure})()`)();
    }, String(ringContrast));
    if (chosen.own < 3) faint.push({ colorScheme, path: "the chosen pill", ...chosen });
    await bob.visit(`/listings/${id}`);
    await bob.page.fill("form[data-bid] [name=amount]", "10000");
    // By the keyboard, for a ring is for who uses it.
    await bob.page.press("form[data-bid] [name=amount]", "Enter");
    for (let n = 0; n < 2; n++) {
      const seen = await bob.page.evaluate(ringContrast);
      if (!seen.drawn || seen.contrast < 3) faint.push({ colorScheme, path: "the dialog", ...seen });
      await bob.page.keyboard.press("Tab");
    }
    await bob.close();
  }
  assert.deepEqual(faint.slice(0, 12), []);
});
