// The page of a listing on a phone: what its first screen shows, the bar at the bottom, a maximum of which the least is bid,
// what keeps a person from bidding, and what the first visit loads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { listWithPictures, photos } from "./lived_in.mjs";
import { lotsOf } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

/** How much one step of the price is, in the listings here. */
const STEP = 500;
const KIB = 1024;

let house;
let browser;
let pictures;

before(async () => {
  house = await House.open();
  house.auction("house", "set", "premium_bps", "1000");
  for (const name of ["Dan", "Eve", "Finn", "Gwen"]) house.addPerson(name);
  browser = await launch();
  pictures = await photos(browser, ["#7fa58a", "#b0483c", "#3f6a98"]);
});

after(async () => {
  await browser?.close();
  await house?.close();
});

async function meet(id, options) {
  const visitor = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, ...options });
  await visitor.visit(`/listings/${id}`);
  if (options?.javaScriptEnabled !== false) await visitor.isLive();
  return visitor;
}

const listed = (terms, some = pictures.slice(0, 1)) => listWithPictures(house, some, { increment: STEP, ...terms });
const text = async (visitor, selector) => (await visitor.page.innerText(selector)).replace(/\s+/g, " ").trim();
const offered = (visitor) => visitor.page.$$eval("form[data-quick]:not([hidden])", (all) => all.length);
const shows = (visitor, name, value) =>
  until(`${name} is ${value}`, async () => (await visitor.attribute(name)) === String(value));

/** Pays somebody in, or out. */
const pay = (name, how, amount) => house.auction("account", how, `${name.toLowerCase()}@example.org`, String(amount), "--why", "test");

/** In the page: where each of these is on the first screen, in pixels from its top. */
function boxes(selectors) {
  return Object.fromEntries(selectors.map((at) => {
    const { top, bottom, width, height } = document.querySelector(at).getBoundingClientRect();
    return [at, { top, bottom, width, height }];
  }));
}

/* ---- the first screen ---- */

const FIRST = [".masthead", "figure.picture", "h1", "[data-price]", "[data-countdown]", "[data-leader]", "form[data-quick] button"];

for (const [where, n_pictures, locale] of [["outside of a sale", 1, "en-GB"], ["outside of a sale", 3, "ko-KR"], ["in a sale", 3, "en-GB"]]) {
  test(`on a phone, price, time, who leads and a paddle are on the first screen: ${where}, ${n_pictures} pictures, ${locale}`, async () => {
    const terms = { title: "Brass desk lamp with a green shade", category: "For the home" };
    if (where === "in a sale") house.auction("sale", "add", "first", "--name", "Spring evening", "--closes-at", new Date(Date.now() + 7_200_000).toISOString());
    const id = where === "in a sale" ? await lotWithPictures("first", terms, n_pictures) : (await listed(terms, pictures.slice(0, n_pictures))).id;
    await house.bid("Cleo", id, 10_000);
    for (const name of ["Bob", "Cleo"]) {
      const visitor = await meet(id, { name, locale });
      await until("the picture is there", () => visitor.page.$eval("figure.picture img", (img) => img.complete && img.naturalWidth > 0));
      const at = await visitor.page.evaluate(boxes, FIRST);
      const order = FIRST.map((selector) => at[selector].top);
      assert.deepEqual(order, order.toSorted((a, b) => a - b), "in this order");
      assert.ok(at["figure.picture"].height <= 844 * 0.4, `${name}: the picture is ${at["figure.picture"].height} high`);
      assert.ok(at["figure.picture"].height >= 200, `${name}: the picture is ${at["figure.picture"].height} high`);
      // The handle of a paddle is 14 pixels.
      assert.ok(at["form[data-quick] button"].bottom + 14 <= 844, `${name}: ${JSON.stringify(at)}`);
      assert.equal(await visitor.page.isVisible("[data-state]"), false, "that it is open is seen from the paddles");
      visitor.assertNoComplaints();
      await visitor.close();
    }
  });
}

/** A lot in the middle of a sale, with pictures. */
async function lotWithPictures(code, terms, n) {
  const { writeFileSync } = await import("node:fs");
  const { join } = await import("node:path");
  const files = pictures.slice(0, n).flatMap((picture, i) => {
    const file = join(house.folder, `${i}.jpg`);
    writeFileSync(file, picture);
    return ["--picture", file];
  });
  const add = (title, lot, ...more) =>
    house.auction("listing", "add", "--seller", "ann@example.org", "--title", title, "--opening", "10000", "--increment", String(STEP), "--sale", code, "--lot", lot, ...more);
  add("Oak stool", "A1");
  add(terms.title, "A2", "--category", terms.category, ...files);
  add("Kite", "A3");
  house.auction("sale", "publish", code);
  return (await lotsOf(house, code, 3))[1];
}

test("the rest is in its order: the form, the history, the text, the facts; tools and hashes are out of the way", async () => {
  const { id } = await listed({ title: "In order", description: "It works." });
  await house.bid("Bob", id, 10_000);
  const bob = await meet(id);
  const order = ["form[data-quick]", "#max", "[data-comes-to]", ".may-spend", "[data-receipts]", "[data-watch]", "[data-history]", ".description", "[data-reserve]", "[data-increment]"];
  const tops = Object.values(await bob.page.evaluate(boxes, order)).map(({ top }) => top);
  assert.deepEqual(tops, tops.toSorted((a, b) => a - b));
  assert.equal(await text(bob, "[data-receipts]"), "Receipt ✓ copy Details");
  for (const folded of ["[data-receipt] code", "[data-bound]", "form[data-bid] [name=message]"]) {
    assert.equal(await bob.page.isVisible(folded), false, folded);
  }
  await bob.close();
});

test("the receipt's chip copies its text, also where the browser keeps the clipboard to itself", async () => {
  const { id } = await listed({ title: "Copied" });
  for (const scripts of [[], [() => Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined })]]) {
    const bob = await meet(id, { scripts, permissions: ["clipboard-read", "clipboard-write"] });
    if (!scripts.length) await bob.bid(10_000);
    await bob.page.click("[data-copy]");
    await until("it says so", async () => /copied/.test(await text(bob, "[data-copy]")));
    if (!scripts.length) {
      const copied = await bob.page.evaluate(() => navigator.clipboard.readText());
      assert.match(copied, /^auction-receipt:/);
      assert.equal(copied, await bob.page.textContent("[data-receipt] code"));
    } else {
      assert.match(await bob.page.evaluate(() => getSelection().toString()), /auction-receipt:/);
    }
    bob.assertNoComplaints();
    await bob.close();
  }
  const plain = await meet(id, { javaScriptEnabled: false });
  assert.equal(await plain.page.isVisible("[data-copy]"), false, "without a script, nothing is offered that does nothing");
  await plain.page.click("[data-receipt] summary");
  assert.match(await text(plain, "[data-receipt] code"), /^auction-receipt:/);
  await plain.close();
});

/* ---- the bar ---- */

const bar = (visitor) => visitor.page.locator("[data-bar]");

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`the bar comes when the panel is scrolled away, follows the price, and bids: ${how}`, async () => {
    const { id } = await listed({ title: `At the bottom of ${how}`, description: "Long.\n".repeat(120) });
    const bob = await meet(id, { shape });
    assert.equal(await bar(bob).isVisible(), false, "the panel is there");
    await bob.page.evaluate(() => document.querySelector(".terms").scrollIntoView());
    await until("the bar is there", () => bar(bob).isVisible());
    assert.match(await text(bob, "[data-bar]"), /₩10,000 \d+.* Bid ₩10,000/);
    await house.bid("Cleo", id, 10_000);
    await until("it follows the price", async () => /₩10,000 .*Bid ₩10,500/.test(await text(bob, "[data-bar]")));
    await until("it says the time that is left", () => bob.page.evaluate(() =>
      document.querySelector("[data-bar-left]").textContent === document.querySelector("[data-countdown]").textContent));
    await bob.seesEveryBid();
    await bob.page.click("[data-bar] button");
    assert.match(await text(bob, "dialog[data-confirm][open]"), /Hammer price ₩10,500 .* ₩1,050 Total if you win ₩11,550/);
    await bob.page.click("dialog[data-confirm] button[value=confirm]");
    await until("it raises from now on", async () => /^₩10,500 .*Raise to ₩11,000$/.test(await text(bob, "[data-bar]")));
    assert.equal(await bob.attribute("leader"), "Bob");
    await bob.page.evaluate(() => scrollTo(0, 0));
    await until("the bar is gone", async () => !(await bar(bob).isVisible()));
    bob.assertNoComplaints();
    await bob.close();
  });
}

test("the bar covers neither the footer nor what has the focus, and goes when nobody can bid", async () => {
  const { id } = await listed({ title: "Not in the way", description: "Long.\n".repeat(80) });
  for (let i = 0; i < 12; i++) await house.bid(i % 2 ? "Cleo" : "Bob", id, 10_000 + i * STEP);
  const bob = await meet(id);
  await bob.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await until("the bar is there", () => bar(bob).isVisible());
  await bob.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const under = () => bob.page.evaluate(() => {
    const top = document.querySelector("[data-bar]").getBoundingClientRect().top;
    return [...document.querySelectorAll(".footer a")].filter((a) => a.getBoundingClientRect().bottom > top).length;
  });
  assert.equal(await under(), 0, "the footer can be reached");
  await bob.page.evaluate(() => scrollTo(0, 0));
  for (let n = 0; n < 80; n++) {
    await bob.page.keyboard.press("Tab");
    const covered = await bob.page.evaluate(() => {
      const [at, bar] = [document.activeElement, document.querySelector("[data-bar]")];
      if (at === document.body || bar.hidden || bar.contains(at)) return null;
      const [box, top] = [at.getBoundingClientRect(), bar.getBoundingClientRect().top];
      return box.bottom > top + 1 ? `${at.tagName} ${at.textContent.trim().slice(0, 30)}: ${box.bottom} > ${top}` : null;
    });
    assert.equal(covered, null);
  }
  await bob.page.evaluate(() => document.querySelector(".terms").scrollIntoView());
  await until("the bar is there again", () => bar(bob).isVisible());
  house.auction("listing", "cancel", String(id), "--why", "It broke");
  await until("nobody can bid any more", async () => !(await bar(bob).isVisible()));
  await bob.close();
  for (const options of [{ name: "Ann" }, { javaScriptEnabled: false }]) {
    const { id } = await listed({ title: "No bar", description: "Long.\n".repeat(80) });
    const visitor = await meet(id, options);
    await visitor.page.evaluate(() => scrollTo(0, document.body.scrollHeight)).catch(() => {});
    assert.equal(await bar(visitor).isVisible(), false);
    await visitor.close();
  }
});

/* ---- a maximum first ---- */

test("whoever names a maximum bids the least that is needed, also if the price moves on the way", async () => {
  const { id } = await listed({ title: "Maximum first" });
  const bob = await meet(id);
  assert.equal(await bob.page.inputValue("#max"), "10,000");
  assert.equal(await text(bob, "label[for=max]"), "Your maximum");
  assert.equal(await text(bob, "[data-comes-to]"), "₩10,000 + 10 % premium = ₩11,000");
  await bob.page.fill("#max", "32000");
  assert.equal(await text(bob, "[data-comes-to]"), "₩32,000 + 10 % premium = ₩35,200");
  // Cleo is faster than the bid that Bob has confirmed, and his maximum still covers the next one.
  const sent = [];
  await bob.page.route("**/api/v1/listings/*/bids", async (route) => {
    sent.push(route.request().postDataJSON());
    if (sent.length === 1) await house.bid("Cleo", id, 20_000);
    await route.continue();
  });
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await text(bob, "dialog[open]"), /₩32,000 Your maximum\. We bid ₩10,000 now.*Total at most ₩35,200/);
  await bob.page.click("dialog[data-confirm] button[value=confirm]");
  await shows(bob, "price", 20_500);
  await until("he leads", async () => /Your maximum: ₩32,000/.test(await text(bob, "[data-turn-said]")));
  assert.deepEqual(sent, [{ amount: 10_000, max: 32_000 }, { amount: 20_500, max: 32_000 }]);
  assert.equal(await bob.page.inputValue("#max"), "");
  assert.equal(await text(bob, "[data-comes-to]"), "");
  assert.equal((await bob.page.locator("[data-error]").allTextContents()).join(""), "");
  bob.assertNoComplaints(/status of 409/);
  await bob.close();
});

for (const [locale, label, said] of [
  ["en-GB", "Your maximum", /Your maximum\. We bid ₩10,000 now, or the reserve price if your maximum reaches it, and more only when others do\./],
  ["ko-KR", "최대 입찰가(자동입찰)", /최대 입찰가가 최저 낙찰가 이상이면 최저 낙찰가에 입찰하고, 다른 입찰이 있을 때만 더 올립니다\./],
]) {
  test(`a maximum that reaches the reserve bids it at once, and the dialog says so before: ${locale}`, async () => {
    const { id } = await listed({ title: "With a reserve", reserve: 50_000 });
    const bob = await meet(id, { locale });
    assert.equal(await text(bob, "label[for=max]"), label);
    await bob.page.fill("#max", "60000");
    await bob.page.click("form[data-bid] button[type=submit]");
    assert.match(await text(bob, "dialog[open]"), said);
    await bob.page.click("dialog[data-confirm] button[value=confirm]");
    // What was bid is said aloud, not the maximum.
    if (locale === "en-GB") await until("it is said", async () => (await text(bob, "[data-say]")) === "Bid placed: ₩10,000.");
    await shows(bob, "price", 50_000);
    await shows(bob, "reserve", true);
    bob.assertNoComplaints();
    await bob.close();
  });
}

test("a maximum below another's is outbid at once, and below the next bid it is not asked about", async () => {
  const { id } = await listed({ title: "Outbid at once" });
  await house.call("POST", `/api/v1/listings/${id}/bids`, house.tokens.Cleo, { amount: 10_000, max: 50_000 });
  const bob = await meet(id);
  await bob.page.fill("#max", "10,499");
  await bob.page.click("form[data-bid] button[type=submit]");
  assert.match(await text(bob, ".errors"), /At least ₩10,500/);
  assert.equal(await bob.page.locator("dialog[open]").count(), 0);
  await bob.bid(30_000);
  await until("he is told", async () => /Outbid at once: someone set a higher maximum\. The price is now ₩30,500/.test(await text(bob, "[data-alert]")));
  assert.equal((await bob.page.locator("[data-error]").allTextContents()).join(""), "", "nothing stale stands under it");
  assert.equal(await bob.page.inputValue("#max"), "31,000");
  bob.assertNoComplaints();
  await bob.close();
});

test("by the keyboard alone: from the page's beginning to a bid, and on to a raise", async () => {
  const { id } = await listed({ title: "From the keys" });
  const bob = await meet(id, { shape: DESK });
  const tabTo = async (selector) => {
    for (let n = 0; n < 60; n++) {
      await bob.page.keyboard.press("Tab");
      if (await bob.page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    assert.fail(`no way to ${selector}`);
  };
  await tabTo("form[data-quick] button");
  await bob.page.keyboard.press("Enter");
  await bob.page.waitForSelector("dialog[data-confirm][open]");
  await tabTo("[data-confirm-go]");
  await bob.page.keyboard.press("Enter");
  await until("he leads", () => bob.page.$("[data-turn-said].leads"));
  await until("the answer is there", () => bob.page.$("form[data-bid]:not([aria-busy=true])"));
  await tabTo("#max");
  await bob.page.keyboard.type("15000");
  await bob.page.keyboard.press("Enter");
  await bob.page.waitForSelector("dialog[data-confirm][open]");
  await tabTo("[data-confirm-go]");
  await bob.page.keyboard.press("Enter");
  await until("it is raised", async () => /Your maximum: ₩15,000/.test(await text(bob, "[data-turn-said]")));
  bob.assertNoComplaints();
  await bob.close();
});

/* ---- what keeps a person from bidding ---- */

test("who has no funds reads it in place of the paddles, and bids as soon as funds arrive", async () => {
  const { id } = await listed({ title: "Out of funds" });
  pay("Dan", "debit", 10_000_000);
  const dan = await meet(id, { name: "Dan" });
  const says = () => text(dan, "[data-no-funds]");
  assert.equal(await says(), "You can bid up to ₩0. Pay in at the desk, or ask the organiser. The next bid comes to ₩11,000.");
  assert.equal(await dan.page.isVisible("form[data-quick]"), false);
  assert.equal(await dan.page.isVisible("#max"), false);
  pay("Dan", "credit", 5_500);
  await until("it says how far they reach", async () => /up to ₩5,000\./.test(await says()));
  assert.equal(await dan.page.isVisible("#max"), false);
  // The first two paddles come to 11,000 and 12,100, the third to 13,750.
  pay("Dan", "credit", 6_700);
  await until("the form is there", () => dan.page.isVisible("#max"));
  assert.equal(await dan.page.isVisible("[data-no-funds]"), false);
  assert.equal(await offered(dan), 2);
  assert.equal(await text(dan, ".may-spend"), "Available to spend: ₩12,200");
  await dan.page.fill("#max", "11500");
  assert.match(await text(dan, "[data-comes-to]"), /= ₩12,650\. This exceeds your available funds\.$/);
  await dan.bid(10_500);
  await until("he leads", () => dan.page.$("[data-turn-said].leads"));
  assert.equal(await dan.page.isVisible("#max"), true, "what is held for him counts");
  // Outbid, he has his funds again, and the next bid is beyond them.
  await house.bid("Cleo", id, 12_000);
  await until("he is outbid", () => dan.page.$("[data-turn-said].outbid"));
  await until("it is said", async () => (await dan.page.isVisible("[data-no-funds]")) && /up to ₩11,091\./.test(await says()));
  assert.equal(await dan.page.isVisible("#max"), false);
  await dan.assertSameDocument();
  const live = await says();
  await dan.page.reload();
  assert.equal(await says(), live, "the server says the same");
  dan.assertNoComplaints();
  await dan.close();
});

test("without a script, who has no funds reads the same, and partial funds offer what they reach for", async () => {
  const { id } = await listed({ title: "Out of funds, plain" });
  pay("Eve", "debit", 10_000_000);
  const eve = await meet(id, { name: "Eve", javaScriptEnabled: false });
  assert.equal(await text(eve, "[data-no-funds]"), "You can bid up to ₩0. Pay in at the desk, or ask the organiser. The next bid comes to ₩11,000.");
  assert.equal(await eve.page.isVisible("form[data-quick]"), false);
  pay("Eve", "credit", 11_000);
  await eve.page.reload();
  assert.equal(await eve.page.isVisible("[data-no-funds]"), false);
  assert.equal(await offered(eve), 1);
  await eve.page.fill("#max", "10,000");
  await eve.follow("form[data-bid] button[type=submit]");
  assert.deepEqual(await eve.page.locator(".sums div").allInnerTexts().then((rows) => rows.map((row) => row.replace(/\s+/g, " "))),
    ["Hammer price ₩10,000", "Buyer’s premium (10 %) ₩1,000", "Total if you win ₩11,000"]);
  await eve.follow("main form button[type=submit]");
  assert.equal(await eve.attribute("leader"), "Eve");
  assert.match(await text(eve, "[data-turn-said]"), /You’re the highest bidder\. Your maximum: ₩10,000/);
  assert.match(await text(eve, ".notice"), /Bid placed/);
  await eve.close();
});

test("a price that rises beyond the funds takes the form away, with a question that is open and the focus", async () => {
  const { id } = await listed({ title: "Beyond them" });
  pay("Finn", "debit", 9_980_000);
  const finn = await meet(id, { name: "Finn" });
  await finn.page.click("form[data-quick] button");
  await finn.page.waitForSelector("dialog[data-confirm][open]");
  await house.bid("Cleo", id, 19_000);
  await until("it is said", () => finn.page.isVisible("[data-no-funds]"));
  assert.equal(await finn.page.locator("dialog[open]").count(), 0);
  assert.equal(await finn.page.isVisible("form[data-quick]"), false);
  finn.assertNoComplaints();
  await finn.close();
});

test("a question about more than the funds cover by now closes, also where the next bid is within them", async () => {
  const { id } = await listed({ title: "Asked too long" });
  const gwen = await meet(id, { name: "Gwen" });
  await gwen.page.fill("#max", "5000000");
  await gwen.page.click("form[data-bid] button[type=submit]");
  await gwen.page.waitForSelector("dialog[data-confirm][open]");
  pay("Gwen", "debit", 1_000_000);
  await until("it is heard", async () => (await gwen.attribute("available")) === "9000000");
  assert.equal(await gwen.page.locator("dialog[open]").count(), 1, "still within the funds");
  pay("Gwen", "debit", 8_000_000);
  await until("nothing is asked any more", async () => (await gwen.page.locator("dialog[open]").count()) === 0);
  assert.equal(await gwen.page.isVisible("form[data-quick]"), true);
  assert.match(await text(gwen, "[data-comes-to]"), /This exceeds your available funds\.$/);
  gwen.assertNoComplaints();
  await gwen.close();
});

/* ---- what the first visit loads ---- */

test("the first visit of a lot loads at most 45 KB, compressed, without its pictures", async () => {
  const { id } = await listed({ title: "Light", description: "It works. ".repeat(40) }, pictures);
  for (let i = 0; i < 10; i++) await house.bid(i % 2 ? "Cleo" : "Bob", id, 10_000 + i * STEP, "One more for the shelf");
  // Whoever has bid reads secrets of their own, and such a page is never compressed.
  const guest = await Visitor.come(browser, house, { name: "Eve", shape: PHONE, serviceWorkers: "block" });
  const protocol = await guest.context.newCDPSession(guest.page);
  await protocol.send("Network.enable");
  await protocol.send("Network.setCacheDisabled", { cacheDisabled: true });
  const loaded = new Map();
  const address = new Map();
  protocol.on("Network.responseReceived", ({ requestId, response }) => address.set(requestId, response.url));
  protocol.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => loaded.set(requestId, encodedDataLength));
  await guest.visit(`/listings/${id}`);
  await guest.isLive();
  const counted = [...loaded].map(([request, bytes]) => [new URL(address.get(request) ?? "data:").pathname, bytes])
    .filter(([path]) => path.startsWith("/listings/") || path.startsWith("/assets/"));
  for (const kind of [/^\/listings\//, /app\..*\.css$/, /app\..*\.js$/, /icon\..*\.svg$/]) {
    assert.ok(counted.some(([path]) => kind.test(path)), `${kind} of ${counted}`);
  }
  const bytes = counted.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(`the first visit of a lot: ${bytes} bytes (${counted.map(([path, n]) => `${path} ${n}`).join(", ")})`);
  assert.ok(bytes <= 45 * KIB, `${bytes} bytes: ${counted.join(" ")}`);
  await guest.close();
});
