// Guests without an email address, on a phone that runs no scripts: in by number and PIN, to bid and to see their money.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";
import { sale } from "./sales.mjs";
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

/** A number card: number and PIN. */
function card(code, name) {
  const { number, pin } = house.auction("bidder", "add", code, "--name", name, "--limit", "100000");
  return { number: String(number), pin };
}

test("a guest logs in by the card, bids and finds no settings for mails", async () => {
  const [lamp] = await sale(house, "spring", { titles: ["Lamp"] });
  const { number, pin } = card("spring", "Dora");
  const guest = await Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE });
  const { page } = guest;
  const form = page.locator("form[aria-labelledby=by-number]");
  await page.goto(`${house.base}/login?next=/listings/${lamp}`);
  assert.equal(await form.locator("[name=sale]").count(), 0, "there is one sale only");
  for (const name of ["number", "pin"]) assert.equal(await form.locator(`[name=${name}]`).getAttribute("inputmode"), "numeric");
  await form.locator("[name=number]").fill(number);
  await form.locator("[name=pin]").fill(pin === "000000" ? "000001" : "000000");
  await guest.follow("form[aria-labelledby=by-number] button[type=submit]");
  assert.match(await form.locator("[role=alert]").textContent(), /number or PIN/);
  assert.equal(await form.locator("[name=number]").inputValue(), number, "the number stays");
  assert.equal(await form.locator("[name=pin]").inputValue(), "", "the PIN does not");
  await form.locator("[name=pin]").fill(pin);
  await guest.follow("form[aria-labelledby=by-number] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, `/listings/${lamp}`);
  await page.fill("form[data-bid] [name=max]", "10,000");
  await guest.follow("form[data-bid] button[type=submit]");
  await guest.follow("main form button[type=submit]");
  assert.equal(await page.getAttribute("[data-leader]", "data-leader"), "Dora");
  await page.goto(`${house.base}/account`);
  assert.equal((await page.textContent("h1")).trim(), "Dora");
  await page.goto(`${house.base}/account?tab=settings`);
  assert.match(await page.textContent(".tabs [aria-current]"), /Settings/);
  assert.equal(await page.locator("section#mail, form[action$='/account/mail']").count(), 0);
  await guest.close();
});

test("with two sales the form asks for the sale, and a card's link has chosen it", async () => {
  await sale(house, "autumn", { titles: ["Vase"], name: "Autumn ball" });
  const { number, pin } = card("autumn", "Emil");
  const guest = await Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE });
  await guest.page.goto(`${house.base}/login?sale=autumn&number=${number}`);
  assert.equal(await guest.page.locator("form[action='/login']").first().getAttribute("aria-labelledby"), "by-number");
  assert.equal(await guest.page.inputValue("[name=sale]"), "autumn");
  await guest.page.fill("[name=pin]", pin);
  await guest.follow("form[aria-labelledby=by-number] button[type=submit]");
  assert.equal(await guest.page.textContent("[data-me]"), "Emil");
  await guest.close();
});
