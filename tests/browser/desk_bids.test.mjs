// What everyone sees of a bid that the desk entered: the mark in the history, as it happens and after a reload, in both
// languages; its link in the proof, recomputed in the browser; and its receipt, for its bidder alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { programWithPass } from "./desks.mjs";
import { House, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const PASS = "접수 «1» <b>";

let house;
let browser;
let desk;
let id;

before(async () => {
  house = await House.open();
  browser = await launch();
  const closes = ["--closes-at", new Date(Date.now() + 3_600_000).toISOString(), "--every", "20s"];
  house.auction("sale", "add", "spring", "--name", "Spring evening", ...closes);
  const lamp = ["--seller", "ann@example.org", "--title", "Lamp", "--opening", "10000"];
  house.auction("listing", "add", ...lamp, "--sale", "spring", "--lot", "A1");
  house.auction("sale", "publish", "spring");
  id = (await house.call("GET", "/api/v1/listings?sale=spring")).listings[0].id;
  desk = await programWithPass(house, PASS, "spring", "checkin,bid");
  await desk("POST", "bidders", { name: "Bob", email: "bob@example.org", number: 17 });
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const bid = (amount, source, max) => desk("POST", "bids", { lot: "A1", number: 17, amount, max, source });
const row = async (visitor) => (await visitor.history())[0]?.text ?? "";

test("the history marks it as it happens, and after a reload, in both languages", async () => {
  const visitors = [];
  for (const [lang, words] of [["en", "by the desk"], ["ko", "데스크 입찰"]]) {
    const visitor = await Visitor.come(browser, house, { shape: PHONE });
    await visitor.visit(`/listings/${id}?lang=${lang}`);
    visitors.push([visitor, words]);
  }
  await bid(10_000, "phone", 20_000);
  for (const [visitor, words] of visitors) {
    await until("the mark is there", async () => (await row(visitor)).includes(words));
    assert.ok(!(await row(visitor)).includes("접수 «1»"), "the pass is not in the history");
    await visitor.assertSameDocument();
    await visitor.page.reload();
    assert.ok((await row(visitor)).includes(words), "the server draws the same");
  }
  await house.bid("Cleo", id, 12_000);
  for (const [visitor, words] of visitors) {
    await until("the answer to Cleo is there", async () => (await visitor.history()).length === 3);
    const marked = (await visitor.history()).filter(({ text }) => text.includes(words));
    assert.deepEqual(marked.map(({ seq }) => seq), [1], "neither Cleo's bid nor the automatic one is the desk's");
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("its link is recomputed, and found where it is altered", async () => {
  await bid(21_000, "room", 30_000);
  const { links } = await house.call("GET", `/api/v1/listings/${id}/proof`);
  assert.deepEqual(links.map(({ kind }) => kind), ["lot", "desk-bid", "bid", "automatic", "desk-bid"]);
  assert.deepEqual(links.map(({ source }) => source), [undefined, "phone", undefined, undefined, "room"]);
  const visitor = await Visitor.come(browser, house, { shape: PHONE });
  const alter = { now: () => {} };
  await visitor.page.route("**/api/v1/listings/*/proof?*", async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    alter.now(json);
    await route.fulfill({ response, json });
  });
  const verdict = async () => {
    await visitor.visit(`/listings/${id}/proof`);
    const said = visitor.page.locator("[data-verdict]:is([data-said=agrees], [data-said=departs], [data-said=broken])");
    await said.waitFor();
    return said.getAttribute("data-said");
  };
  assert.equal(await verdict(), "agrees");
  const rows = await visitor.page.locator("[data-links] li").allTextContents();
  assert.ok(rows[1].includes(`bid by the desk · Bob · ${PASS} · by phone`), rows[1]);
  visitor.assertNoComplaints();
  for (const [field, value] of [["pass", "접수 «2» <b>"], ["source", "paper"], ["kind", "bid"], ["kind", "raise"], ["amount", 20_999]]) {
    alter.now = ({ links }) => (links[4][field] = value);
    assert.equal(await verdict(), "departs", field);
    assert.equal(await visitor.page.locator("[data-links] .departs").getAttribute("data-seq"), "4", field);
  }
  await visitor.close();
});

test("its receipt is its bidder's, and names the pass and the source", async () => {
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit(`/listings/${id}`);
  const receipt = await bob.page.textContent("[data-receipts] [data-receipt='4']");
  assert.ok(receipt.includes(`entered at the desk by ${PASS} (in the room)`), receipt);
  await bob.page.click("[data-receipts] [data-receipt='4'] summary");
  await bob.page.click("[data-receipts] [data-receipt='4'] a");
  await bob.page.waitForSelector("[data-receipt-said][data-said=opens]");
  bob.assertNoComplaints();
  await bob.close();
  const cleo = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE });
  await cleo.visit(`/listings/${id}`);
  assert.equal(await cleo.page.locator("[data-receipt='4']").count(), 0);
  await cleo.close();
});
