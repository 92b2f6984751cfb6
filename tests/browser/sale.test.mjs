// A sale as bidders meet it: the catalogue, its lots, their own lots; all of it live, and right without scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, until } from "./house.mjs";
import { sale } from "./sales.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

/** What the page itself shows, without asking the server again, on a busy machine too. */
const AT_ONCE_MS = 5000;

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

const row = (id) => `.lot[data-listing="${id}"]`;
const text = (page, selector) => page.textContent(selector).then((all) => all.replace(/\s+/g, " ").trim());

function says(visitor, selector, pattern, within_ms) {
  return until(`${selector} says ${pattern}`, async () => {
    const found = await visitor.page.$$eval(selector, (all) => all.map((e) => e.textContent).join(" "));
    return pattern.test(found);
  }, within_ms);
}

/** The page's stream is open: a command run now is heard. */
function hears(visitor) {
  return until("the page hears the stream", () => visitor.page.evaluate(() => performance.getEntriesByType("resource")
    .some(({ name }) => name.includes("/api/v1/time"))));
}

test("a lot opens by itself on its page, and takes a bid", async () => {
  let ids;
  let bob;
  // Early enough to see it closed, however busy the machine is.
  for (let opens_in_s = 8, n = 1; ; opens_in_s *= 2, n++) {
    const opens = Date.now() + opens_in_s * 1000;
    ids = await sale(house, `opening-${n}`, { titles: ["Lamp", "Chair"], opens_in_s });
    bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
    await bob.visit(`/listings/${ids[0]}`);
    if (Date.now() < opens - 2000) break;
    await bob.close();
  }
  assert.equal(await bob.attribute("state"), "upcoming");
  assert.equal(await bob.page.locator("form[data-bid]").count(), 0, "there is no form to bid yet");
  assert.match(await text(bob.page, "[data-waits]"), /Bidding opens/);
  assert.match(await text(bob.page, "[data-left-label]"), /Bidding opens in/);
  await bob.page.click("[data-watch] button");
  await until("it is watched", () => bob.page.$("[data-watch] [aria-pressed=true]"));
  await until("the form to bid appears", () => bob.page.$("form[data-bid]"));
  assert.equal(await bob.attribute("state"), "open");
  await bob.page.setViewportSize({ width: 390, height: 400 });
  await bob.page.evaluate(() => document.querySelector(".terms").scrollIntoView());
  await until("the bar comes with it", () => bob.page.isVisible("[data-bar]"));
  await bob.assertSameDocument();
  await bob.bid(12_000);
  await until("Bob leads", () => bob.page.$("[data-turn-said].leads"));
  bob.assertNoComplaints();
  await bob.close();
});

test("the catalogue shows prices, closes and what closes next as they change", async () => {
  const titles = ["Lamp", "Chair", "Clock", "Radio", "Map", "Kite"];
  const ids = await sale(house, "live", { titles, sections: ["Home", "Outdoors"], more: ["--description", "For the library.", "--pickup", "In the hall."] });
  const cleo = await Visitor.come(browser, house, { name: "Cleo", shape: DESK });
  await cleo.visit("/sales/live");
  assert.deepEqual(await cleo.page.$$eval(".lot", (rows) => rows.map((row) => Number(row.dataset.listing))), ids);
  assert.deepEqual(await cleo.page.$$eval(".lot-group h2", (all) => all.map((h) => h.textContent)), ["Home", "Outdoors"]);
  assert.deepEqual(await cleo.page.$$eval("[data-next] [data-code]", (all) => all.map((e) => e.textContent)), ["A1", "A2", "A3"]);
  await hears(cleo);
  await house.bid("Bob", ids[3], 15_000);
  await until("the price is shown", async () => (await cleo.page.getAttribute(`${row(ids[3])} [data-price]`, "data-price")) === "15000");
  await says(cleo, `${row(ids[3])} [data-n-bids]`, /^1 bid$/);
  await house.bid("Cleo", ids[3], 20_000);
  await says(cleo, `${row(ids[3])} [data-mine-said]`, /^Leading$/);
  await house.bid("Bob", ids[3], 30_000);
  await says(cleo, `${row(ids[3])} [data-mine-said]`, /^Outbid — bid ₩3\d,\d{3}$/);
  house.auction("listing", "cancel", String(ids[0]), "--why", "It broke.");
  await says(cleo, `${row(ids[0])} [data-state]`, /Cancelled/);
  await until("the next lots move up", async () => {
    const codes = await cleo.page.$$eval("[data-next] [data-code]", (all) => all.map((e) => e.textContent).join());
    return codes === "A2,A3,A4";
  });
  assert.equal(await cleo.page.getAttribute(`[data-next] [data-listing="${ids[3]}"] [data-price]`, "data-price"), "30000");
  await house.bid("Cleo", ids[3], 40_000);
  await until("the copy among the next is live, too", async () =>
    (await cleo.page.getAttribute(`[data-next] [data-listing="${ids[3]}"] [data-price]`, "data-price")) === "40000");
  await cleo.assertSameDocument();
  cleo.assertNoComplaints();
  await cleo.close();
});

test("pause, resume and postponement show at once, on the catalogue, a lot's page and the first page", async () => {
  const ids = await sale(house, "waits", { titles: ["Lamp", "Chair", "Clock"], closes_in_s: 500 });
  const [bob, cleo, guest] = await Promise.all([
    Visitor.come(browser, house, { name: "Bob", shape: PHONE }),
    Visitor.come(browser, house, { name: "Cleo", shape: DESK }),
    Visitor.come(browser, house, { shape: PHONE }),
  ]);
  await bob.visit(`/listings/${ids[1]}`);
  await cleo.visit("/sales/waits");
  await guest.visit("/");
  await bob.isLive();
  await Promise.all([cleo, guest].map(hears));
  const closes = await bob.attribute("closes-at");

  house.auction("sale", "postpone", "waits", "--by", "10m", "--why", "the bus is late");
  await Promise.all([
    says(bob, "[data-postponed]", /Postponed by 10 min: the bus is late/, AT_ONCE_MS),
    says(cleo, "[data-sale-said]", /Postponed by 10 min: the bus is late/, AT_ONCE_MS),
  ]);
  await says(bob, "[data-postponed]", /the organiser/);
  assert.equal(await bob.page.locator("[data-postponed] p").count(), 1, "it is said once");
  assert.equal(Date.parse(await bob.attribute("closes-at")) - Date.parse(closes), 600_000);

  house.auction("sale", "pause", "waits", "--why", "fire alarm");
  await Promise.all([
    says(bob, "[data-waits=paused]", /Paused: fire alarm/, AT_ONCE_MS),
    says(cleo, "[data-sale-said]", /Paused: fire alarm/, AT_ONCE_MS),
    says(guest, "[data-sale-said]", /Paused: fire alarm/),
  ]);
  assert.equal(await bob.attribute("state"), "paused");
  assert.equal(await bob.page.locator("form[data-bid]").count(), 0, "nobody can bid");
  await says(bob, "[data-waits=paused]", /the organiser/);
  for (const id of ids) assert.equal(await cleo.page.getAttribute(`${row(id)} [data-state]`, "data-state"), "paused");
  await says(cleo, `${row(ids[0])} [data-countdown]`, /^Paused$/);

  house.auction("sale", "resume", "waits");
  await until("the form to bid is back", () => bob.page.$("form[data-bid]"));
  assert.equal(await bob.attribute("state"), "open");
  await until("the catalogue goes on", async () => (await cleo.page.getAttribute(".sale-head [data-state]", "data-state")) === "open");
  await says(cleo, `${row(ids[0])} [data-countdown]`, /^(\d+ min|\d:\d\d)$/);
  await until("so does the first page", async () => (await guest.page.getAttribute(".sale-head [data-state]", "data-state")) === "open");
  await bob.bid(11_000);
  for (const visitor of [bob, cleo, guest]) {
    await visitor.assertSameDocument();
    visitor.assertNoComplaints();
    await visitor.close();
  }
  house.auction("sale", "cancel", "waits", "--why", "done");
});

test("a jump to a section lands on it, though the rows before it were not laid out", async () => {
  const titles = Array.from({ length: 60 }, (_, i) => (i % 3 ? "Lamp" : "A lamp with a name that takes more than one line of a phone"));
  await sale(house, "jump", { titles, sections: ["Home", "Outdoors", "Books"] });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit("/sales/jump");
  await guest.page.click(".shelves a:nth-child(3)");
  await until("the section is at the top", async () => {
    const { y } = await guest.page.locator("#section-2").boundingBox();
    return y >= 0 && y < 200;
  });
  await guest.close();
});

test("from lot to lot, and straight to one by its code", async () => {
  const ids = await sale(house, "ways", { titles: ["Lamp", "Chair", "Clock"] });
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit("/sales/ways");
  await guest.page.fill("[name=lot]", "a2");
  await guest.follow(".jump button");
  assert.equal(new URL(guest.page.url()).pathname, `/listings/${ids[1]}`);
  assert.match(await text(guest.page, ".lot-nav"), /‹ A1 Spring evening A3 ›/);
  await guest.follow(".lot-nav [rel=next]");
  assert.equal(new URL(guest.page.url()).pathname, `/listings/${ids[2]}`);
  assert.equal(await guest.page.locator(".lot-nav [rel=next]").count(), 0, "it is the last lot");
  await guest.follow(".lot-nav [rel=prev]");
  await guest.follow(".lot-of a");
  assert.equal(new URL(guest.page.url()).pathname, "/sales/ways");
  await guest.page.fill("[name=lot]", "z9");
  await guest.follow(".jump button");
  assert.match(await text(guest.page, "[role=alert]"), /no lot “z9”/);
  assert.equal(await guest.page.inputValue("[name=lot]"), "z9");
  guest.assertNoComplaints(/404/);
  await guest.close();
});

test("my lots say what each needs next, the most urgent first", async () => {
  const ids = await sale(house, "mine", { titles: ["Lamp", "Chair", "Clock", "Radio"], more: ["--premium-bps", "1000"] });
  await house.call("POST", `/api/v1/listings/${ids[0]}/bids`, house.tokens.Bob, { amount: 10_000, max: 50_000 });
  await house.bid("Bob", ids[1], 10_000);
  await house.bid("Cleo", ids[1], 20_000);
  await house.call("POST", `/api/v1/listings/${ids[3]}/watch`, house.tokens.Bob);
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit("/sales/mine");
  assert.match(await text(bob.page, ".own-way"), /My lots \(3\) You lead 1 · outbid on 1/);
  await bob.follow(".own-way a");
  const shown = () => bob.page.$$eval("[data-own] .lot", (rows) => rows.map((r) => `${r.querySelector(".paddle").textContent} ${r.querySelector("[data-mine-said]").textContent}`));
  const [outbid, leading, watched] = await shown();
  assert.match(outbid, /^A2 Outbid — bid ₩2\d,\d{3}$/);
  assert.match(leading, /^A1 You lead up to ₩50,000$/);
  assert.match(watched, /^A4 Watching: next bid from ₩10,000$/);
  await hears(bob);
  await bob.page.evaluate(() => (window.sameDocument = true));
  await house.bid("Cleo", ids[0], 60_000);
  await until("Bob reads that he was outbid", async () => /^A1 Outbid — bid ₩6\d,\d{3}/.test((await shown())[0]));
  await bob.assertSameDocument();
  bob.assertNoComplaints();

  const plain = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, javaScriptEnabled: false });
  await plain.page.goto(`${house.base}/sales/mine?mine=1`);
  assert.match(await text(plain.page, "[data-own] .lot"), /A1 Lamp .* Outbid — bid ₩6\d,\d{3}/);
  await Promise.all([bob.close(), plain.close()]);
});

test("a lot that is won says what is to be paid", async () => {
  let ids;
  for (let closes_in_s = 6, n = 1; ; closes_in_s *= 2, n++) {
    ids = await sale(house, `won-${n}`, { titles: ["Lamp"], closes_in_s, more: ["--premium-bps", "1000"] }).catch(() => null);
    const taken = ids && (await house.bid("Bob", ids[0], 10_000).catch(() => null));
    if (taken) break;
  }
  await until("it is settled", async () => (await house.call("GET", `/api/v1/listings/${ids[0]}`)).outcome === "sold");
  const { sale: code } = await house.call("GET", `/api/v1/listings/${ids[0]}`);
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: DESK });
  await bob.visit(`/sales/${code}?mine=1`);
  assert.match(await text(bob.page, "[data-own] [data-mine-said]"), /^Won and paid$/);
  await bob.visit(`/sales/${code}`);
  assert.equal(await bob.page.getAttribute("[data-total]", "data-total"), "10000");
  await bob.close();
});

test("without scripts the form to bid comes with a reload once the sale has opened", async () => {
  const opens = Date.now() + 20_000;
  const ids = await sale(house, "plain", { titles: ["Lamp"], opens_in_s: 20 });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, javaScriptEnabled: false });
  await bob.page.goto(`${house.base}/listings/${ids[0]}`);
  if (Date.now() < opens - 1000) assert.equal(await bob.page.locator("form[data-bid]").count(), 0);
  await until("the form is there", async () => {
    await bob.page.reload();
    return bob.page.$("form[data-bid]");
  });
  assert.equal(await bob.attribute("state"), "open");
  await bob.close();
});

test("axe finds nothing on a sale's pages, light and dark, and 320 px are enough", async () => {
  const ids = await sale(house, "sound", { titles: ["Lamp", "Chair", "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbrett"], sections: ["Home", "Outdoors", "Donaudampfschifffahrtsgesellschaft"], opens_in_s: 400 });
  const paused = await sale(house, "sound-paused", { titles: ["Lamp"], closes_in_s: 500 });
  house.auction("sale", "postpone", "sound-paused", "--by", "90s", "--why", "the bus is late");
  house.auction("sale", "pause", "sound-paused", "--why", "fire alarm");
  const paths = ["/", "/sales", "/sales/sound", "/sales/sound?lot=zz", "/sales/sound-paused", "/sales/sound?mine=1", `/listings/${ids[0]}`, `/listings/${paused[0]}`, "/board"];
  for (const [shape, locale] of [[PHONE, "en-GB"], [DESK, "ko-KR"]]) {
    const bob = await Visitor.come(browser, house, { name: "Bob", shape, locale, bypassCSP: true });
    await house.call("POST", `/api/v1/listings/${ids[0]}/watch`, house.tokens.Bob);
    for (const path of paths) {
      await bob.visit(path);
      await bob.page.addScriptTag({ content: axe.source });
      for (const colorScheme of ["light", "dark"]) {
        await bob.page.emulateMedia({ colorScheme });
        const { violations } = await bob.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html)}`), [], `${path} ${colorScheme} ${locale}`);
      }
      await bob.page.setViewportSize({ width: 320, height: 640 });
      assert.ok((await bob.page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${path} is too wide, ${locale}`);
      await bob.page.setViewportSize(shape.viewport);
    }
    bob.assertNoComplaints(/404/);
    await bob.close();
  }
});

test("500 lots stay live and quick", async () => {
  const titles = Array.from({ length: 500 }, (_, i) => `Lot of many ${i + 1}`);
  const id = (await sale(house, "large", { titles, closes_in_s: 3600, sections: ["Home", "Outdoors", "Wine", "Books"] }))[498];
  const page = await fetch(`${house.base}/sales/large`, { headers: { "accept-encoding": "gzip" } });
  assert.ok(Number(page.headers.get("content-length")) < 60_000, `${page.headers.get("content-length")} bytes, compressed`);
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  const streams = [];
  guest.page.on("request", (request) => new URL(request.url()).pathname === "/events" && streams.push(request.url()));
  const cdp = await guest.context.newCDPSession(guest.page);
  await cdp.send("Performance.enable");
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  await guest.visit("/sales/large");
  await hears(guest);
  const paint_ms = await guest.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const metrics = async () => Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  await guest.page.evaluate(() => {
    window.touched = new Set();
    const see = (changes) => {
      for (const { target } of changes) {
        const e = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
        if (!e.closest("[data-countdown]")) window.touched.add(e.closest(".lot")?.dataset.listing);
      }
    };
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    document.querySelectorAll(".lots").forEach((list) => new MutationObserver(see).observe(list, all));
  });
  const before = await metrics();
  await house.bid("Bob", id, 15_000);
  await until("the price is shown", async () => (await guest.page.getAttribute(`${row(id)} [data-price]`, "data-price")) === "15000");
  const later = await metrics();
  assert.deepEqual(await guest.page.evaluate(() => [...window.touched]), [String(id)], "one row changes");
  assert.equal(streams.length, 1, "one stream carries them all");
  const spent_ms = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].map((name) => [name, Math.round((later[name] - before[name]) * 1000)]);
  console.log(`500 lots at a sixth of the speed: first paint ${Math.round(paint_ms)} ms; one price ${spent_ms.join(" ")} ms; ${page.headers.get("content-length")} bytes`);
  guest.assertNoComplaints();
  await guest.close();
});
