// The listing's page as a room to bid in: by keyboard alone, with what is said aloud and sounded, while the answer is on its way,
// in a currency with cents, with several pictures; and what it costs a tab to sleep, or to be of an older release.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, PASSWORD, emailOf, until } from "./house.mjs";
import { listWithPictures, photos } from "./lived_in.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const PATIENCE_MS = 60_000;

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

const shows = (visitor, name, value) =>
  until(`${name} is ${value}`, async () => (await visitor.attribute(name)) === String(value), PATIENCE_MS);

const focused = (visitor) => visitor.page.evaluate(() => document.activeElement.matches("button[value=cancel]"));

/** Tabs on until what has the focus matches, and it can be seen that it has. */
async function tabTo(visitor, selector) {
  for (let i = 0; i < 60; i++) {
    await visitor.page.keyboard.press("Tab");
    const found = await visitor.page.evaluate((wanted) => {
      const at = document.activeElement;
      return at.matches(wanted) && { outline: getComputedStyle(at).outlineStyle, width: at.getBoundingClientRect().width };
    }, selector);
    if (!found) continue;
    assert.notEqual(found.outline, "none", `${selector}: the focus is seen`);
    return;
  }
  assert.fail(`no way to ${selector} by Tab`);
}

test("by keyboard alone: past the masthead, a bid with a max and a message, asked once more", async () => {
  const { id } = await house.list({ title: "By keyboard" });
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  await tabTo(bob, "a.skip");
  await bob.page.keyboard.press("Enter");
  assert.equal(await bob.page.evaluate(() => document.activeElement.id), "main");
  await tabTo(bob, "form[data-bid] [name=amount]");
  await bob.page.keyboard.press("Control+A");
  await bob.page.keyboard.type("12,000");
  await bob.page.keyboard.press("Tab");
  await bob.page.keyboard.type("20000");
  await bob.page.keyboard.press("Tab");
  await bob.page.keyboard.type("Without a mouse");
  await bob.page.keyboard.press("Enter");
  await until("it is asked", () => focused(bob), PATIENCE_MS);
  // It opens on Back: whoever presses Enter once more has not bid.
  await bob.page.keyboard.press("Enter");
  assert.equal((await house.call("GET", `/api/v1/listings/${id}`)).n_bids, 0);
  await bob.page.focus("form[data-bid] [name=message]");
  await bob.page.keyboard.press("Enter");
  await until("it is asked again", () => focused(bob), PATIENCE_MS);
  await bob.page.keyboard.press("Tab");
  await bob.page.keyboard.press("Enter");
  await shows(bob, "price", 12_000);
  await until("the max is said", async () => /20,000/.test(await bob.page.textContent("[data-turn-said]")), PATIENCE_MS);
  await until("the bid is in the history", async () => (await bob.history()).length === 1, PATIENCE_MS);
  assert.match((await bob.history())[0].text, /Without a mouse/);
  await bob.assertSameDocument();
  bob.assertNoComplaints();
  await bob.close();
});

test("while the bid is on its way the page says so, and shows nothing that is not so", async () => {
  const { id } = await house.list({ title: "On its way" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  let letGo;
  const held = new Promise((go) => (letGo = go));
  await bob.page.route("**/bids", async (route) => {
    await held;
    await route.continue();
  });
  await bob.confirmBid(10_000);
  const button = bob.page.locator("form[data-bid] button[type=submit]");
  await until("it says that it is on its way", async () => /Sending/.test(await button.textContent()), PATIENCE_MS);
  assert.equal(await bob.page.getAttribute("form[data-bid]", "aria-busy"), "true");
  for (const any of await bob.page.$$("[data-turn] button")) assert.equal(await any.isDisabled(), true);
  assert.deepEqual([await bob.attribute("price"), await bob.attribute("leader")], ["", ""], "nothing is believed before it is so");
  letGo();
  await shows(bob, "leader", "Bob");
  await until("it may bid again", () => button.isEnabled(), PATIENCE_MS);
  await bob.close();
});

test("outbid is told by colour, words, title and, once it was turned on, by sound and vibration", async () => {
  const { id } = await house.list({ title: "Told aloud", reserve: 14_000 });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.context.addInitScript(() => {
    globalThis.rung = { tones: 0, shakes: 0 };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...at) {
      globalThis.rung.tones++;
      return start.apply(this, at);
    };
    navigator.vibrate = () => (globalThis.rung.shakes += 1);
  });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  const rung = () => bob.page.evaluate(() => globalThis.rung);
  const alert = bob.page.locator("[data-alert]");
  await bob.bid(10_000);
  await shows(bob, "leader", "Bob");
  await house.bid("Cleo", id, 11_000);
  await until("it is told", async () => /outbid.*11,000/i.test(await alert.textContent()), PATIENCE_MS);
  assert.match(await bob.page.title(), /outbid.*Told aloud/i);
  const [ground, sheet] = await bob.page.evaluate(() =>
    ["[data-alert]", ".panel"].map((at) => getComputedStyle(document.querySelector(at)).backgroundColor));
  assert.notEqual(ground, sheet, "it has a colour of its own");
  assert.deepEqual(await rung(), { tones: 0, shakes: 0 }, "it is quiet until it is asked to be loud");
  assert.match(await bob.page.textContent("[data-reserve]"), /Reserve not met/);

  await bob.page.click("[data-sound]");
  await until("it sounds once, to be known", async () => (await rung()).tones > 0, PATIENCE_MS);
  await bob.bid(12_000);
  await shows(bob, "leader", "Bob");
  assert.doesNotMatch(await bob.page.title(), /outbid/i);
  const { tones, shakes } = await rung();
  await house.bid("Cleo", id, 15_000);
  await until("it rings", async () => (await rung()).tones > tones && (await rung()).shakes > shakes, PATIENCE_MS);
  await until("the reserve is met", async () => /^\s*Reserve met/.test(await bob.page.textContent("[data-reserve]")), PATIENCE_MS);
  bob.assertNoComplaints();
  await bob.close();
});

test("an extension, the last seconds and the end are announced to those who listen", async () => {
  const cleo = await Visitor.come(browser, house, { name: "Cleo" });
  // The bid moves the close whenever it comes, and no mark of the countdown follows at once, which would be said instead.
  const terms = (s) => ({ title: "Listened to", soft_close: { window_s: s * 2, extension_s: s * 1.25, cap_s: 600 } });
  const { id } = await house.listInTime(terms, async ({ id }) => {
    await cleo.visit(`/listings/${id}`);
    await cleo.page.evaluate(() => {
      globalThis.said = [];
      const box = document.querySelector("[data-say]");
      new MutationObserver(() => globalThis.said.push(box.textContent)).observe(box, { childList: true });
    });
    await cleo.isLive();
  });
  await house.bid("Cleo", id, 10_000);
  const heard = (what) => until(`"${what}" is heard`, async () =>
    (await cleo.page.evaluate(() => globalThis.said.join("\n"))).match(what), 120_000);
  await heard(/now.*\d\d:\d\d:\d\d|close.*\d\d:\d\d:\d\d/i);
  await heard(/0:10/);
  await heard(/sold/i);
  assert.equal(await cleo.page.getAttribute("[role=timer]", "aria-live"), "off", "the ticking is not spoken");
  cleo.assertNoComplaints();
  await cleo.close();
});

test("the page is painted and can be read before its script comes", async () => {
  const { id } = await house.list({ title: "First paint" });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  let letGo;
  const held = new Promise((go) => (letGo = go));
  await guest.page.route("**/assets/app.*.js", async (route) => {
    await held;
    await route.continue();
  });
  await guest.page.goto(`${house.base}/listings/${id}`, { waitUntil: "commit" });
  await until("it is painted", () => guest.page.evaluate(() => performance.getEntriesByName("first-contentful-paint").length), PATIENCE_MS);
  assert.equal(await guest.page.textContent("h1"), "First paint");
  assert.equal((await guest.page.textContent("[data-bound]")).trim(), "", "no script ran yet");
  letGo();
  await guest.isLive();
  await guest.close();
});

for (const [how, shape, scripts] of [["by swiping and links", PHONE, true], ["without a script", DESK, false]]) {
  test(`several pictures are leafed through: ${how}`, async () => {
    const { id } = await listWithPictures(house, await photos(browser, ["#7fa58a", "#b0483c", "#3f6a98"]), { title: "Three sides" });
    const guest = await Visitor.come(browser, house, { shape, javaScriptEnabled: scripts });
    await guest.page.goto(`${house.base}/listings/${id}`);
    const strip = guest.page.locator(".strip");
    const left = () => strip.evaluate((at) => Math.round(at.scrollLeft / at.clientWidth));
    const loaded = () => strip.evaluate((at) => at.children[2].querySelector("img").naturalWidth);
    assert.equal(await left(), 0);
    const top = await guest.page.evaluate(() => scrollY);
    await guest.page.locator(".thumbs a").nth(2).click();
    await until("the third is shown", async () => (await left()) === 2 && (await loaded()) > 0, PATIENCE_MS);
    if (scripts) {
      assert.equal(await guest.page.evaluate(() => scrollY), top, "the page stays where it is");
      await until("its link is marked", () => guest.page.$(".thumbs a:nth-child(3)[aria-current]"), PATIENCE_MS);
    }
    assert.match(await strip.locator("img:not(.blur)").nth(1).getAttribute("alt"), /Three sides.*2.*3/);
    await strip.focus();
    await guest.page.keyboard.press("ArrowLeft");
    await until("by the keyboard, too", async () => (await left()) === 1, PATIENCE_MS);
    await guest.close();
  });
}

test("a tab that slept comes back with what it missed, and with the right time", async () => {
  const { id } = await house.list({ title: "Asleep" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  const protocol = await bob.context.newCDPSession(bob.page);
  await protocol.send("Page.setWebLifecycleState", { state: "frozen" });
  for (const amount of [10_000, 11_000, 12_000]) await house.bid(amount === 11_000 ? "Bob" : "Cleo", id, amount);
  await protocol.send("Page.setWebLifecycleState", { state: "active" });
  await shows(bob, "price", 12_000);
  await until("each bid once", async () => String(await bob.sequence()) === "3,2,1", PATIENCE_MS);
  const off_ms = () => bob.page.evaluate(async () => {
    const { unix_ms } = await (await fetch("/api/v1/time")).json();
    return Date.parse(document.querySelector("[data-clock]").dataset.clock) - unix_ms;
  });
  await until("the clock is right", async () => Math.abs(await off_ms()) < 1000, PATIENCE_MS);
  await bob.assertSameDocument();
  await bob.close();
});

for (const [how, shape] of [["a shared worker", DESK], ["a leading tab", PHONE]]) {
  test(`a tab of the release before goes on beside the new one: ${how}`, async () => {
    const { id } = await house.list({ title: `Two releases by ${how}` });
    // Pages that a service worker asks for cannot be replaced here.
    const old = await Visitor.come(browser, house, { name: "Bob", shape, serviceWorkers: "block" });
    // The release before had another script, and so another name for it.
    const name = /app\.[0-9a-f]{12}\.js/g;
    const now = (await (await fetch(`${house.base}/listings/${id}`)).text()).match(name)[0];
    const script = await (await fetch(`${house.base}/assets/${now}`)).text();
    const gone = "app.000000000000.js";
    await old.context.route(`**/assets/${gone}`, (route) =>
      route.fulfill({ body: `${script}\n// the release before`, contentType: "text/javascript" }));
    await old.page.route(`**/listings/${id}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll(name, gone) });
    });
    await old.visit(`/listings/${id}`);
    await old.isLive();
    assert.equal(await old.page.evaluate(() => document.querySelector("script[src]").src.split("/").at(-1)), gone);
    // The server is replaced: it knows no such script any more.
    await old.context.unroute(`**/assets/${gone}`);
    await house.kill();
    await house.start();
    const fresh = await old.tab(`/listings/${id}`);
    assert.match(await fresh.page.evaluate(() => document.querySelector("script[src]").src), new RegExp(now));
    for (const tab of [old, fresh]) await tab.isLive();
    await old.bid(10_000);
    await shows(fresh, "price", 10_000);
    await house.bid("Cleo", id, 11_000);
    for (const tab of [old, fresh]) await shows(tab, "price", 11_000);
    await old.assertSameDocument();
    await old.page.unroute(`**/listings/${id}`);
    await old.page.reload();
    assert.match(await old.page.evaluate(() => document.querySelector("script[src]").src), new RegExp(now), "loaded again it is new");
    await old.context.close();
  });
}

test("a guest's bid leads to the login, and back with the amount", async () => {
  const { id } = await house.list({ title: "For whoever comes by", closes_in_s: 600 });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit(`/listings/${id}`);
  await guest.isLive();
  await guest.page.fill("form[data-bid] [name=amount]", "12,500");
  await guest.follow("form[data-bid] button[type=submit]");
  await guest.page.fill("[name=email]", emailOf("Bob"));
  await guest.page.fill("[name=password]", PASSWORD);
  await guest.page.click("form[action='/login'] button[type=submit]");
  await guest.page.waitForURL(`**/listings/${id}?amount=*`);
  assert.equal(await guest.page.inputValue("form[data-bid] [name=amount]"), "12,500");
  assert.equal(await guest.attribute("price"), "", "nothing was bid");
  guest.assertNoComplaints();
  await guest.close();
});
