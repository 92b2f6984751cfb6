// The whole way of a seller and a bidder in a browser that runs no scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
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

const plain = (options) => Visitor.come(browser, house, { javaScriptEnabled: false, ...options });

test("join, log out, log in again", async () => {
  const dora = await plain({ shape: PHONE });
  const { page } = dora;
  await page.goto(`${house.base}/join`);
  await page.fill("[name=name]", "Dora");
  await page.fill("[name=email]", "dora@example.net");
  await page.fill("[name=password]", "a long enough word");
  await dora.follow("form[action='/join'] button[type=submit]");
  assert.equal(await page.textContent("[data-me]"), "Dora");
  await dora.follow("form[action='/logout'] button");
  assert.equal(await page.locator("[data-me]").count(), 0);
  await page.goto(`${house.base}/login?next=/account`);
  await page.fill("[name=email]", "dora@example.net");
  await page.fill("[name=password]", "not this one");
  await dora.follow("form[action='/login'] button[type=submit]");
  assert.equal(await page.locator("[role=alert]").count(), 1, "the refusal is said");
  assert.equal(await page.inputValue("[name=email]"), "dora@example.net", "what was typed stays");
  await page.fill("[name=password]", "a long enough word");
  await dora.follow("form[action='/login'] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, "/account");
  await dora.close();
});

test("list a thing with a picture, bid on it, be outbid, win", async () => {
  const ann = await plain({ name: "Ann" });
  const picture = await ann.page.screenshot({ type: "png" });
  await ann.page.goto(`${house.base}/listings/new`);
  await ann.page.fill("[name=title]", "Brass lamp & <shade>");
  await ann.page.fill("[name=description]", "Two lines:\nit works.");
  await ann.page.fill("[name=opening]", "10,000");
  await ann.page.setInputFiles("[name=picture]", { name: "lamp.png", mimeType: "image/png", buffer: picture });
  await ann.follow("form[action='/listings/new'] button[type=submit]");
  const address = new URL(ann.page.url()).pathname;
  assert.match(address, /^\/listings\/\d+$/);
  const id = Number(address.split("/").at(-1));
  assert.equal(await ann.page.textContent("h1"), "Brass lamp & <shade>");
  const src = await ann.page.getAttribute("figure.picture img", "src");
  const served = await ann.context.request.get(house.base + src);
  assert.equal(served.status(), 200);
  assert.match(served.headers()["content-type"], /^image\//);
  assert.equal(await ann.page.locator("form[data-bid]").count(), 0, "the seller is offered no bid");

  const bob = await plain({ name: "Bob", shape: PHONE });
  await bob.page.goto(`${house.base}${address}`);
  await bob.page.fill("form[data-bid] [name=amount]", "10,000");
  await bob.page.fill("form[data-bid] [name=message]", "For the reading corner");
  await bob.follow("form[data-bid] button[type=submit]");
  assert.deepEqual(await bob.sequence(), [], "nothing is bid before it is confirmed");
  assert.match(await bob.page.textContent("main"), /10,000/);
  assert.equal((await house.call("GET", `/api/v1/listings/${id}`)).n_bids, 0);
  await bob.follow("main form button[type=submit]");
  await bob.page.waitForSelector("[data-history] li");
  assert.equal(new URL(bob.page.url()).pathname, address);
  assert.match((await bob.history())[0].text, /Bob.*10,000.*For the reading corner/);
  assert.equal(await bob.attribute("leader"), "Bob");

  await house.bid("Cleo", id, 20_000);
  await bob.page.reload();
  assert.deepEqual(await bob.sequence(), [2, 1]);
  assert.equal(await bob.page.locator("[data-turn-said].outbid").count(), 1);
  await bob.page.fill("form[data-bid] [name=amount]", "12,000");
  await bob.follow("form[data-bid] button[type=submit]");
  assert.match(await bob.page.textContent("form[data-bid] [role=alert]"), /21,000/, "the refusal names the minimum");
  assert.equal(await bob.attribute("price"), "20000");

  // One of the next bids that are offered.
  await bob.follow("form[data-quick] button >> nth=0");
  await bob.follow("main form button[type=submit]");
  assert.equal(await bob.attribute("leader"), "Bob");
  assert.deepEqual(await bob.sequence(), [3, 2, 1]);
  await ann.close();
  await bob.close();
});

test("a closed listing says how it ended", async () => {
  const { id } = await house.list({ title: "Soon over", closes_in_s: 5 });
  await house.bid("Bob", id, 10_000);
  const bob = await plain({ name: "Bob" });
  await until("it is settled", async () => {
    await bob.page.goto(`${house.base}/listings/${id}`);
    return (await bob.attribute("state")) === "sold";
  });
  assert.match(await bob.page.textContent("[data-turn]"), /won/i);
  await bob.page.goto(`${house.base}/account?tab=pay`);
  assert.match(await bob.page.textContent("main"), /Soon over/);
  await bob.close();
});
