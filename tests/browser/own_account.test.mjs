// One's own account in a browser that runs no scripts: the name, the language, the sessions, the data, and the end.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, PASSWORD } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

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

const plain = (options) => Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE, ...options });

test("a name and a language are changed by form", async () => {
  const cleo = await plain({ name: "Cleo" });
  const { page } = cleo;
  await page.goto(`${house.base}/account?tab=settings`);
  await cleo.follow("a[href='/account/profile']");
  await page.fill("[name=name]", "Cleopatra");
  await cleo.follow("form[action='/account/profile/name'] button");
  assert.equal(await page.textContent("[data-me]"), "Cleopatra");
  await page.fill("[name=name]", "bob");
  await cleo.follow("form[action='/account/profile/name'] button");
  assert.notEqual(await page.textContent("#name-error"), "", "the name is another's");
  assert.equal(await page.inputValue("[name=name]"), "bob", "what was typed stays");
  await page.selectOption("[name=language]", "ko");
  await cleo.follow("form[action='/account/profile/language'] button");
  assert.equal(await page.getAttribute("html", "lang"), "ko");
  cleo.assertNoComplaints(/status of 4\d\d/);
  await cleo.close();
});

test("another device is logged out from the list", async () => {
  const [one, other] = [await plain({ name: "Bob" }), await plain({ name: "Bob" })];
  await one.page.goto(`${house.base}/account/sessions`);
  assert.match(await one.page.textContent(".rows"), /Chrome on /);
  const n = await one.page.locator(".rows form").count();
  assert.ok(n >= 1, "there are others");
  for (let left = n; left > 0; left -= 1) await one.follow(".rows form >> nth=0 >> button");
  assert.equal(await one.page.locator(".rows form").count(), 0);
  await other.page.goto(`${house.base}/account`);
  assert.equal(new URL(other.page.url()).pathname, "/login");
  await one.close();
  await other.close();
});

test("an account is closed, and its data are taken along first", async () => {
  const ann = await plain({ name: "Ann" });
  const { page } = ann;
  await page.goto(`${house.base}/account/profile`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download] >> nth=0")]);
  assert.equal(download.suggestedFilename(), "account.json");
  await ann.follow("a[href='/account/close']");
  await page.fill("[name=password]", "not this one");
  await ann.follow("form[action='/account/close'] button");
  assert.equal(await page.locator("main .error:not(:empty)").count(), 1, "the refusal is said");
  const { balance } = await house.call("GET", "/api/v1/me", house.tokens.Ann);
  house.auction("account", "debit", "ann@example.org", String(balance), "--why", "paid out");
  await page.fill("[name=password]", PASSWORD);
  await ann.follow("form[action='/account/close'] button");
  assert.equal(new URL(page.url()).pathname, "/");
  assert.equal(await page.locator("[data-me]").count(), 0);
  assert.match(await page.textContent(".notice"), /closed/);
  await ann.close();
});

test("axe finds nothing on these pages, in both languages", async () => {
  // axe itself is a script that the pages' policy refuses.
  const visitor = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE, bypassCSP: true });
  const faults = [];
  for (const path of ["/account/profile", "/account/sessions", "/account/close"]) {
    for (const lang of ["en", "ko"]) {
      await visitor.visit(`${path}?lang=${lang}`);
      await visitor.page.addScriptTag({ content: axe.source });
      const { violations } = await visitor.page.evaluate(() => globalThis.axe.run());
      faults.push(...violations.map(({ id }) => `${path} in ${lang}: ${id}`));
    }
  }
  assert.deepEqual(faults, []);
  await visitor.close();
});
