// The terms of the house in a browser: accepted on joining and before a bid, without a script too; named by receipts and
// checked by the proof's page. And the pages that a house writes itself: nothing that axe finds, in English and Korean.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, PASSWORD, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const FIRST = "# Terms\n\nWhat is bought is paid.\n\n## Returns\n\n| when | what |\n|:-:|---|\n| a week | [write to us](contact) |\n";
const SECOND = FIRST.replace("paid", "paid within a week");
const PAGE = "# The school\n\nWe sell for *the roof*. [Terms](/terms), [web](https://example.org/), <b>raw</b>\n\n```\nIBAN\n```\n";

let house;
let browser;

before(async () => {
  house = await House.open();
  for (const name of ["about", "contact", "privacy"]) house.auction("house", "page", name, written(PAGE));
  publish(FIRST);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

function written(text) {
  const file = join(house.folder, "text.md");
  writeFileSync(file, text);
  return file;
}

const publish = (text) => house.auction("house", "terms", written(text));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const accept = (name, version) => house.call("POST", "/api/v1/me/terms", house.tokens[name], { version });

test("somebody joins without a script, and ticks the box", async () => {
  const visitor = await Visitor.come(browser, house, { shape: PHONE, javaScriptEnabled: false });
  await visitor.page.goto(`${house.base}/join`);
  await visitor.page.fill("[name=name]", "Dora");
  await visitor.page.fill("[name=email]", "dora@example.org");
  await visitor.page.fill("[name=password]", PASSWORD);
  await visitor.page.click("main button[type=submit]");
  assert.ok(visitor.page.url().endsWith("/join"), "the box must be ticked");
  await visitor.page.check("[name=terms]");
  await visitor.follow("main button[type=submit]");
  assert.equal(await visitor.page.textContent("[data-me]"), "Dora");
  await visitor.close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`a bidder accepts the terms on the listing's page, and comes back to bid: script ${javaScriptEnabled}`, async () => {
    publish(javaScriptEnabled ? SECOND : FIRST);
    const text = javaScriptEnabled ? SECOND : FIRST;
    const { id } = await house.list({ title: "With terms" });
    const bob = await Visitor.come(browser, house, { shape: PHONE });
    const state = await bob.context.storageState();
    const context = javaScriptEnabled ? null : await browser.newContext({ ...PHONE, javaScriptEnabled: false, storageState: state });
    const page = context ? await context.newPage() : bob.page;
    await logInBy(page);
    await page.goto(`${house.base}/listings/${id}`);
    assert.equal(await page.locator("form.bid").count(), 0, "no bid before the terms");
    await Promise.all([page.waitForEvent("load"), page.click("[data-accept-terms] button")]);
    assert.equal(new URL(page.url()).pathname, `/listings/${id}`);
    assert.match(await page.textContent(".notice"), /accepted the terms/);
    await page.fill("form.bid [name=max]", "10000");
    await page.click("form.bid button[type=submit]");
    if (javaScriptEnabled) {
      await page.click("dialog[data-confirm] button[value=confirm]");
    } else {
      await Promise.all([page.waitForEvent("load"), page.click("main form button[type=submit]")]);
    }
    await page.waitForSelector("[data-receipt='1']");
    const receipt = await page.textContent("[data-receipt='1'] code");
    assert.equal(receipt.split(":")[6], sha256(text));
    await context?.close();
    await bob.close();
  });
}

async function logInBy(page) {
  await page.goto(`${house.base}/login`);
  await page.fill("[name=email]", "bob@example.org");
  await page.fill("[name=password]", PASSWORD);
  await Promise.all([page.waitForEvent("load"), page.click("main form button[type=submit]")]);
}

test("terms that change while a bid is typed are offered in its place", async () => {
  const { version } = await house.call("GET", "/api/v1/terms");
  await accept("Bob", version);
  const { id } = await house.list({ title: "Changed meanwhile" });
  const bob = await Visitor.come(browser, house, { name: "Bob" });
  await bob.visit(`/listings/${id}`);
  await bob.isLive();
  publish(`${FIRST}\nChanged.\n`);
  await bob.confirmBid(10_000);
  await bob.page.waitForSelector("[data-accept-terms]");
  assert.equal(await bob.page.locator("form.bid").count(), 0);
  await bob.follow("[data-accept-terms] button");
  await bob.bid(10_000);
  bob.assertNoComplaints(/status of 403/);
  await bob.close();
});

test("the proof's page checks the terms that a receipt names", async () => {
  const text = `${SECOND}\nFor the proof.\n`;
  const { id } = await house.list({ title: "Proven" });
  const { version } = publish(text);
  await accept("Cleo", version);
  const { bid } = await house.call("POST", `/api/v1/listings/${id}/bids`, house.tokens.Cleo, { amount: 10_000, max: 12_000 });
  const parts = bid.receipt.split(":");
  const other = [...parts.slice(0, 6), sha256(FIRST)].join(":");
  const visitor = await Visitor.come(browser, house, {});
  const judged = async (receipt) => {
    await visitor.page.fill("form[data-check] [name=receipt]", receipt);
    await visitor.page.evaluate(() => delete document.querySelector("[data-receipt-said]").dataset.said);
    await visitor.page.click("form[data-check] button");
    await visitor.page.waitForSelector("[data-receipt-said][data-said].good, [data-receipt-said][data-said].bad");
    return visitor.page.locator("[data-receipt-said]");
  };
  await visitor.visit(`/listings/${id}/proof`);
  const said = await judged(bid.receipt);
  await until("the terms are checked", () => said.getAttribute("data-terms"));
  assert.equal(await said.getAttribute("data-said"), "opens");
  assert.match(await said.textContent(), new RegExp(`under version ${version} of the terms`));
  const without_secret = await judged([...parts.slice(0, 4), parts[6]].join(":"));
  assert.equal(await without_secret.getAttribute("data-said"), "stands");
  await until("the terms are checked", () => without_secret.getAttribute("data-terms"));
  assert.equal(await (await judged(other)).getAttribute("data-said"), "other_terms");
  // The house says another text than the one whose hash it gave.
  await visitor.page.route("**/api/v1/terms?*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), text: "Something else." } });
  });
  assert.equal(await (await judged(bid.receipt)).getAttribute("data-said"), "wrong_terms");
  await visitor.close();
});

for (const [shape, locale] of [[PHONE, "en-GB"], [DESK, "ko-KR"]]) {
  test(`axe finds nothing on the pages of the house and its terms: ${locale}`, async () => {
    publish(`${FIRST}\n${locale}\n`);
    const { id } = await house.list({ title: "For axe" });
    const found = [];
    for (const [name, paths] of [[null, ["/about", "/contact", "/privacy", "/terms", "/terms?version=1", "/join"]], ["Bob", ["/terms", `/listings/${id}`]]]) {
      const visitor = await Visitor.come(browser, house, { name, shape, locale, bypassCSP: true });
      for (const path of paths) {
        await visitor.visit(path);
        await visitor.page.addScriptTag({ content: axe.source });
        for (const colorScheme of ["light", "dark"]) {
          await visitor.page.emulateMedia({ colorScheme });
          const { violations } = await visitor.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
          found.push(...violations.map(({ id: rule, nodes }) => `${path} ${colorScheme} ${rule}: ${nodes[0].target} ${nodes[0].failureSummary}`));
        }
        const language = await visitor.page.getAttribute("html", "lang");
        assert.equal(language, locale.slice(0, 2));
        const footer = await visitor.page.locator("footer .help a").count();
        assert.equal(footer, 5, "about, contact, privacy, terms, help");
      }
      visitor.assertNoComplaints();
      await visitor.close();
    }
    assert.deepEqual(found, []);
  });
}

test("320 px are enough for terms and pages, and the policy refuses nothing", async () => {
  const visitor = await Visitor.come(browser, house, { shape: { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true } });
  for (const path of ["/about", "/terms", "/join"]) {
    await visitor.visit(path);
    assert.ok((await visitor.page.evaluate(() => document.documentElement.scrollWidth)) <= 320, path);
  }
  visitor.assertNoComplaints();
  await visitor.close();
});
