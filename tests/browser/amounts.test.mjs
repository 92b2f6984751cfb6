// How amounts are read: the page's script by the table that the server is held to, and both alike on what nobody thought of.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { House, PASSWORD, emailOf, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const table = JSON.parse(readFileSync(at("tests/tables/amounts.json"), "utf8"));
const readAmount = new Function(`${readFileSync(at("src/web/assets/amounts.js"), "utf8")}; return readAmount;`)();
const LARGEST = 10 ** 15;

/** The house, Bob's cookie, and what its pages tell the script of the currency. */
async function open(currency) {
  const house = await House.open({ currency });
  const form = new URLSearchParams({ email: emailOf("Bob"), password: PASSWORD });
  const answer = await fetch(`${house.base}/login`, { method: "POST", body: form, redirect: "manual", headers: { origin: house.base } });
  house.cookie = answer.headers.getSetCookie()[0].split(";")[0];
  house.auction("account", "credit", emailOf("Bob"), String(LARGEST), "--why", "a test");
  house.lot = (await house.list({ opening: 1, increment: 1 })).id;
  house.page = await toldToScript(house);
  return house;
}

async function toldToScript(house) {
  const page = await (await fetch(`${house.base}/login`)).text();
  return JSON.parse(/<script[^>]*data-page[^>]*>(.*?)<\/script>/s.exec(page)[1]);
}

/** What the server makes of an amount: minor units as the page to confirm says, or null where it refuses it. */
async function readByServer(house, typed) {
  const answer = await fetch(`${house.base}/listings/${house.lot}/bids`, {
    method: "POST",
    body: new URLSearchParams({ amount: typed }),
    headers: { cookie: house.cookie, origin: house.base },
  });
  const text = await answer.text();
  if (answer.status === 422) return null;
  assert.equal(answer.status, 200, `${JSON.stringify(typed)}: ${text}`);
  return Number(/name="amount" value="([0-9.]+)"/.exec(text)[1].replace(".", ""));
}

const houses = {};
let browser;
before(async () => {
  browser = await launch();
  for (const currency of ["KRW", "EUR", "KWD"]) houses[currency] = await open(currency);
});
after(async () => {
  await browser?.close();
  await Promise.all(Object.values(houses).map((house) => house.close()));
});

test("the script reads amounts as the table says", async () => {
  for (const [currency, cases] of Object.entries(table.pages)) {
    const empty = houses[currency] ? null : new House(mkdtempSync(join(tmpdir(), "auction-browser-")));
    empty?.auction("house", "set", "currency", currency);
    await empty?.start();
    const { decimals, signs } = houses[currency]?.page ?? (await toldToScript(empty));
    await empty?.close();
    for (const [typed, expected] of cases) {
      assert.equal(readAmount(typed, decimals, signs), expected, `${currency} ${JSON.stringify(typed)}`);
    }
  }
});

test("what Intl writes as money is read as the same amount", () => {
  for (const [currency, house] of Object.entries(houses)) {
    const { decimals, signs } = house.page;
    for (const locale of ["en-US", "en-GB", "ko-KR", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CH", "it-CH", "es-ES", "pt-BR", "sv-SE", "ja-JP", "ar-EG", "fa-IR"]) {
      for (const style of [{ style: "currency", currency }, { style: "currency", currency, currencyDisplay: "code" }, {}]) {
        // The name of a currency in every language is beyond the house's signs.
        if (/^(ar|fa)/.test(locale) && style.style && !style.currencyDisplay) continue;
        const written = new Intl.NumberFormat(locale, { ...style, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
        for (const minor of [1, 9, 10, 99, 100, 999, 1000, 1005, 100_050, 999_999, 1_234_567, 123_456_789, 99_999_999_999]) {
          const digits = String(minor).padStart(decimals + 1, "0");
          const exact = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
          const text = written.format(exact);
          assert.equal(readAmount(text, decimals, signs), minor, `${locale} ${JSON.stringify(text)}`);
        }
      }
    }
  }
});

/** The same in every run. */
function* dice(seed) {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x / 2 ** 32;
  }
}

test("script and server read what nobody thought of alike", async () => {
  const throws = dice(20261129);
  const pick = (from) => from[Math.floor(throws.next().value * from.length)];
  const usual = ["0", "1", "5", "00", "50", "500", "000", "123", ".", ",", "'", " ", "’", "\u00a0", "\u202f"];
  const odd = ["\u200b", "\u066b", "\u066c", "１", "．", "٣", "۴", "-", "e", "€", "eur", "원", "₩", "KRW", "￦", "kwd", "$", "x", "🪙", "\u0301", "+", "_", "İ", "ſ", "\t"];
  for (const [currency, house] of Object.entries(houses)) {
    const { decimals, signs } = house.page;
    let n = 0;
    const check = async (typed) => {
      const script = readAmount(typed, decimals, signs);
      const server = await readByServer(house, typed);
      assert.equal(server, typeof script === "number" ? script : null, `${currency} ${JSON.stringify(typed)}: the script says ${script}`);
      n += typeof script === "number" ? 1 : 0;
    };
    for (let round = 0; round < 400; round++) {
      const length = 1 + Math.floor(throws.next().value * 6);
      await check(Array.from({ length }, () => pick(throws.next().value < 0.85 ? usual : odd)).join(""));
    }
    for (const [typed] of table.pages[currency]) await check(typed);
    assert.ok(n > 60, `${n} of them are amounts`);
  }
});

test("the dialog and the seller's form say amounts as they were understood", async () => {
  const bob = await Visitor.come(browser, houses.EUR, { name: "Bob", shape: PHONE, locale: "de-DE" });
  const { page } = bob;
  const { id } = await houses.EUR.list({ title: "Lamp", opening: 1, increment: 1 });
  await bob.visit(`/listings/${id}`);
  assert.deepEqual(await page.locator("form[data-bid] [name=max]").evaluate((field) => [field.type, field.inputMode]), ["text", "decimal"]);
  await page.fill("form[data-bid] [name=max]", "12,50");
  assert.equal(await page.textContent("[data-comes-to]"), "Total: €12.50");
  await page.fill("form[data-bid] [name=max]", "1.000,50 €");
  await page.click("form[data-bid] button[type=submit]");
  await page.waitForSelector("dialog[data-confirm][open]");
  assert.equal(await page.textContent("[data-confirm-amount]"), "€1,000.50");
  assert.match(await page.textContent("[data-confirm-max]"), /We bid €0\.01 now/);
  await page.click("dialog[data-confirm] button[value=confirm]");
  await page.waitForSelector("[data-history] li");
  await until("it counts", async () => (await page.getAttribute("[data-price]", "data-price")) === "1");
  // Who leads is asked for a maximum alone.
  await page.fill("form[data-bid] [name=max]", "1.5.0");
  await page.click("form[data-bid] button[type=submit]");
  assert.equal(await page.textContent("[data-error=max]"), "Enter an amount such as €1,234.50.");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  bob.assertNoComplaints();
  await bob.close();

  const ann = await Visitor.come(browser, houses.KRW, { name: "Ann", locale: "ko-KR" });
  await ann.visit("/listings/new");
  assert.equal(await ann.page.locator("[name=opening]").evaluate((field) => field.inputMode), "numeric");
  for (const [typed, read] of [["12.000", "= 12,000원"], ["￦１２，０００", "= 12,000원"], ["1,5", ""], ["1000.00", "= 1,000원"]]) {
    await ann.page.fill("[name=opening]", typed);
    assert.equal(await ann.page.textContent("#opening-read"), read, typed);
  }
  ann.assertNoComplaints();
  await ann.close();
});
