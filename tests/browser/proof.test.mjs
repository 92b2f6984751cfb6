// The proof page recomputes the chain in the browser, by the browser's own SHA-256 and by the page's; says where it departs
// from what the house sent; and judges a receipt without telling it to anyone.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const SCRIPT = readFileSync(new URL("../../src/web/assets/proof.js", import.meta.url), "utf8");

let house;
let browser;
let listing;
let receipt;

/** Bids of all kinds, in words of many scripts, up to the settlement. */
before(async () => {
  house = await House.open();
  browser = await launch();
  const soft_close = { window_s: 60, extension_s: 60, cap_s: 1 };
  const terms = { title: "청자 🏺 & <co>", description: "첫 줄\nsecond line", reserve: 11_000, soft_close, closes_in_s: 15 };
  listing = (await house.list(terms)).id;
  await place("Bob", { amount: 10_000, max: 20_000, message: "잘 부탁드립니다 🙏🏽" });
  receipt = await place("Cleo", { amount: 12_000, max: 15_000, message: "e\u0301 \"quoted\" \\ é" });
  await place("Bob", { amount: 21_000, max: 30_000 });
  await until("it is settled", async () => (await house.call("GET", `/api/v1/listings/${listing}`)).outcome);
  const { links } = await house.call("GET", `/api/v1/listings/${listing}/proof`);
  assert.deepEqual(links.map(({ kind }) => kind), ["listing", "bid", "bid", "automatic", "raise", "settlement"]);
  assert.ok(links[1].closes_at > links[0].first_closes_at, "the soft close moved it");
});

after(async () => {
  await browser?.close();
  await house?.close();
});

async function place(name, bid) {
  return (await house.call("POST", `/api/v1/listings/${listing}/bids`, house.tokens[name], bid)).bid.receipt;
}

/** Someone at the proof, once the page has come to its verdict; `prepare` comes first. */
async function atProof({ prepare, ...options } = {}) {
  const visitor = await Visitor.come(browser, house, options);
  await prepare?.(visitor);
  await comeToVerdict(visitor);
  return visitor;
}

async function comeToVerdict(visitor, id = listing) {
  await visitor.visit(`/listings/${id}/proof`);
  const said = visitor.page.locator("[data-verdict]:is([data-said=agrees], [data-said=departs], [data-said=broken])");
  await said.waitFor();
}

const verdict = (visitor) => visitor.page.getAttribute("[data-verdict]", "data-said");

/** The house's answers, changed on their way by `alter.now`. */
const altering = (alter) => ({ page }) =>
  page.route("**/api/v1/listings/*/proof?*", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    alter.now(body);
    await route.fulfill({ response, json: body });
  });

const withoutSubtle = ({ context }) =>
  context.addInitScript(() => Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined }));

async function judged(visitor, typed) {
  await visitor.page.fill("form[data-check] [name=receipt]", typed);
  await visitor.page.evaluate(() => delete document.querySelector("[data-receipt-said]").dataset.said);
  await visitor.page.click("form[data-check] button");
  const said = visitor.page.locator("[data-receipt-said][data-said]");
  await said.waitFor();
  return said.getAttribute("data-said");
}

test("the page's own SHA-256 is SHA-256", async () => {
  const { sha256 } = await import(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const hex = (bytes) => Buffer.from(sha256(bytes)).toString("hex");
  const utf8 = new TextEncoder();
  // FIPS 180-4, and NIST's examples.
  for (const [text, hash] of [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ]) {
    assert.equal(hex(utf8.encode(text)), hash);
  }
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    assert.equal(hex(bytes), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});

for (const [name, prepare] of [["the browser's SHA-256", undefined], ["the page's own SHA-256", withoutSubtle]]) {
  test(`the chain agrees, and a receipt stands in it: ${name}`, async () => {
    const visitor = await atProof({ prepare, shape: PHONE });
    assert.equal(await visitor.page.evaluate(() => Boolean(crypto.subtle)), !prepare);
    assert.equal(await verdict(visitor), "agrees");
    const { head } = await house.call("GET", `/api/v1/listings/${listing}/proof`);
    assert.match(await visitor.page.textContent("[data-verdict]"), new RegExp(`6 entries.*4 of them bids.*${head}`));
    const parts = receipt.split(":");
    const changed = (at, value) => parts.map((part, i) => (i === at ? value : part)).join(":");
    for (const [typed, said] of [
      [receipt, "opens"],
      [`  ${parts.slice(0, 4).join(":")} `, "stands"],
      [changed(4, "15001"), "wrong_max"],
      [changed(5, "0".repeat(32)), "wrong_max"],
      [changed(3, "0".repeat(64)), "other_hash"],
      [changed(2, "1"), "other_hash"],
      [changed(2, "9"), "no_such_bid"],
      [changed(1, "9999"), "other_listing"],
      ["hello", "not_a_receipt"],
    ]) {
      assert.equal(await judged(visitor, typed), said, typed);
    }
    visitor.assertNoComplaints();
    await visitor.close();
  });
}

test("whatever the house alters on the way is found, and where", async () => {
  const alter = { now: () => {} };
  const visitor = await atProof({ prepare: altering(alter) });
  assert.equal(await verdict(visitor), "agrees");
  for (const [what, change, place] of [
    ["an amount", ({ links }) => links[2].amount--, /bid 2/],
    ["a message", ({ links }) => (links[1].message += " "), /bid 1/],
    ["a time", ({ links }) => (links[3].at = links[3].at.replace(/\.\d+Z/, ".999Z")), /automatic 3/],
    ["a commitment", ({ links }) => (links[4].commitment = "0".repeat(64)), /raise 4/],
    ["the title", ({ links }) => (links[0].title = "Another"), /listing/],
    ["the reserve", ({ links }) => (links[0].reserve_commitment = "0".repeat(64)), /listing/],
    ["the hammer", ({ links }) => links[5].hammer--, /settlement/],
    ["a bid left out", ({ links }) => links.splice(3, 1), /raise 4/],
    ["the order", ({ links }) => links.splice(1, 2, links[2], links[1]), /bid 2/],
    ["another kind", ({ links }) => (links[3].kind = "gift"), /gift 3/],
    ["the end left out", ({ links }) => links.pop(), /–/],
    ["another beginning", (page) => (page.previous = "1".repeat(64)), /listing/],
  ]) {
    alter.now = change;
    await comeToVerdict(visitor);
    assert.equal(await verdict(visitor), "departs", what);
    assert.match(await visitor.page.textContent("[data-verdict]"), place, what);
  }
  alter.now = ({ links }) => links[1].amount++;
  await comeToVerdict(visitor);
  assert.equal(await judged(visitor, receipt), "unproven");
  assert.equal(await visitor.page.locator("[data-links] .departs[data-seq='1']").count(), 1, "the row is marked");
  await visitor.close();
});

/** A lot with a link of each kind that a sale makes, and bids between them; the sale opens by itself. */
async function listLot() {
  const later = (s) => new Date(Date.now() + s * 1000).toISOString();
  const soft = ["--soft-close", "1m,1m,10m"];
  const dates = ["--opens-at", later(3), "--closes-at", later(7200), "--every", "20s"];
  house.auction("sale", "add", "spring", "--name", "Spring <night>", ...dates, ...soft);
  const lamp = ["--seller", "ann@example.org", "--title", "Lamp", "--opening", "10000"];
  for (const code of ["A1", "가2"]) house.auction("listing", "add", ...lamp, "--sale", "spring", "--lot", code);
  house.auction("sale", "publish", "spring");
  const { listings } = await house.call("GET", "/api/v1/listings?sale=spring&sort=lot");
  const { id } = listings.find(({ lot }) => lot === "가2");
  await until("bidding is open", async () => (await house.call("GET", `/api/v1/listings/${id}`)).state === "open");
  await house.bid("Bob", id, 10_000);
  house.auction("sale", "postpone", "spring", "--by", "10m", "--why", "버스 지연 «bus» 🚌");
  house.auction("sale", "pause", "spring", "--why", "no wifi");
  house.auction("sale", "resume", "spring");
  await house.bid("Cleo", id, 12_000);
  house.auction("sale", "postpone", "spring", "--by", "5s", "--why", "<b>dinner</b>");
  return id;
}

test("every field of a lot's links is checked, and the row at fault is marked", async () => {
  const id = await listLot();
  const { links } = await house.call("GET", `/api/v1/listings/${id}/proof`);
  const kinds = ["lot", "bid", "postponement", "pause", "resume", "bid", "postponement"];
  assert.deepEqual(links.map(({ kind }) => kind), kinds);
  const alter = { now: () => {} };
  const visitor = await Visitor.come(browser, house, { shape: PHONE });
  await altering(alter)(visitor);
  await comeToVerdict(visitor, id);
  assert.equal(await verdict(visitor), "agrees");
  const rows = await visitor.page.locator("[data-links] li").allTextContents();
  for (const [nth, words] of [[0, "lot 가2 · Ann"], [2, "postponed by 10 min · cli · 버스 지연 «bus» 🚌"], [3, "paused · cli · no wifi"],
    [4, "resumed · cli"], [6, "postponed by 5 s · cli · <b>dinner</b>"]]) {
    assert.ok(rows[nth].includes(words), `${words} is not in ${rows[nth]}`);
  }
  visitor.assertNoComplaints();
  const at = "2020-01-01T00:00:00.000Z";
  const changes = {
    lot: { sale: "summer", lot: "A1", opens_at: at, kind: "listing", first_closes_at: at, title: "Vase", premium_bps: 1 },
    postponement: { after_seq: 0, closes_at: at, by_s: 601, at, who: "admin", why: "bus", kind: "resume" },
    pause: { after_seq: 0, at, who: "admin", why: "wifi", kind: "resume" },
    resume: { after_seq: 0, closes_at: at, at, who: "admin", kind: "pause" },
  };
  for (const [nth, { kind }] of links.entries()) {
    for (const [field, value] of Object.entries(changes[kind] ?? {})) {
      alter.now = (page) => (page.links[nth][field] = value);
      await comeToVerdict(visitor, id);
      assert.equal(await verdict(visitor), "departs", `${kind}.${field}`);
      const marked = visitor.page.locator("[data-links] .departs");
      const of = field === "kind" ? value : kind;
      assert.match(await visitor.page.textContent("[data-verdict]"), new RegExp(of), `${kind}.${field}`);
      if (field !== "kind") {
        assert.equal(await marked.locator(".hash").textContent(), links[nth].hash, `${kind}.${field}: the row`);
      }
    }
  }
  for (const [what, change] of [
    ["an opening left out", ({ links }) => (links[0].opens_at = null)],
    ["a pause left out", ({ links }) => links.splice(3, 1)],
    ["a pause and a resume left out", ({ links }) => links.splice(3, 2)],
    ["a pause and a resume in the other order", ({ links }) => links.splice(3, 2, links[4], links[3])],
    ["the last postponement left out", ({ links }) => links.pop()],
    ["a lot in the middle", ({ links }) => links.splice(3, 0, links[0])],
  ]) {
    alter.now = change;
    await comeToVerdict(visitor, id);
    assert.equal(await verdict(visitor), "departs", what);
  }
  await visitor.close();
});

test("a prolongation is a link like any other", async () => {
  const { form, recompute } = await import(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const text = (value) => `${Buffer.byteLength(value)}\n${value}\n`;
  const at = "2026-11-22T18:00:17.250Z";
  const link = { kind: "prolongation", listing: 7, after_seq: 0, closes_at: at, outage_from: at, outage_until: at, at };
  assert.equal(Buffer.from(form(link)).toString(), `${text("prolongation")}7\n0\n${`${Date.parse(at)}\n`.repeat(4)}`);
  const nothing = "0".repeat(64);
  const hash = (previous, entry) =>
    createHash("sha256").update(Buffer.from(previous, "hex")).update(form(entry)).digest("hex");
  const first = { kind: "listing", listing: 7, title: "Lamp", first_closes_at: at, created_at: at };
  first.hash = hash(nothing, first);
  link.hash = hash(first.hash, link);
  const page = { previous: nothing, links: [first, link], next: null, head: link.hash };
  assert.equal((await recompute(7, async () => page)).departs, null);
  link.after_seq = 1;
  link.hash = hash(first.hash, link);
  assert.equal((await recompute(7, async () => ({ ...page, head: link.hash }))).departs.why, "order");
});

test("a bid from the desk and a reversal are links like any other", async () => {
  const { form, recompute } = await import(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const text = (value) => `${Buffer.byteLength(value)}\n${value}\n`;
  const at = "2026-11-22T18:00:17.250Z";
  const ms = Date.parse(at);
  const nothing = "0".repeat(64);
  const figures = { listing: 7, seq: 1, bidder_id: 3, amount: 100, price: 90, closes_at: at, at, message: "", commitment: nothing };
  const bid = { kind: "desk-bid", ...figures, pass: "접수 «1»", source: "phone" };
  assert.equal(Buffer.from(form(bid)).toString(),
    `${text("desk-bid")}7\n1\n3\n100\n90\n${ms}\n${ms}\n${text("")}${text(nothing)}${text("접수 «1»")}${text("phone")}`);
  const reversal = { kind: "reversal", listing: 7, settlement: 4, at, who: "cli", why: "깨진 등잔" };
  assert.equal(Buffer.from(form(reversal)).toString(), `${text("reversal")}7\n4\n${ms}\n${text("cli")}${text("깨진 등잔")}`);
  const first = { kind: "listing", listing: 7, title: "Lamp", first_closes_at: at, created_at: at };
  const settlement = { kind: "settlement", listing: 7, outcome: "sold", reason: null, closes_at: at, settled_at: at };
  const departs = async (...links) => {
    let head = nothing;
    for (const link of links) {
      head = createHash("sha256").update(Buffer.from(head, "hex")).update(form(link)).digest("hex");
      link.hash = head;
    }
    const { departs } = await recompute(7, async () => ({ previous: nothing, links, next: null, head }));
    return departs && `${departs.at.kind}: ${departs.why}`;
  };
  const copy = () => [first, bid, settlement, reversal].map((link) => ({ ...link }));
  const [a, b, c, d] = copy();
  assert.equal(await departs(a, b, c, d), null);
  assert.equal(await departs(a, b, c), null, "a sale that stands");
  assert.equal(await departs(a, b, d), "reversal: order", "nothing was settled");
  assert.equal(await departs(a, b, c, d, { ...d }), "reversal: order", "reversed twice");
  assert.equal(await departs(a, c, { ...b, after_seq: 0 }), "desk-bid: order", "a bid after the end");
  assert.equal(await departs(a, b, c, d, { ...c }), "settlement: order", "settled again");
});

test("a reversal is shown, recomputed, and found where it is altered", async () => {
  const { id } = await house.list({ title: "Broken lamp", buy_now: 20_000 });
  await house.call("POST", `/api/v1/listings/${id}/buy`, house.tokens.Bob, {});
  house.auction("reverse", "--listing", String(id), "--why", "깨진 등잔 <b>");
  const alter = { now: () => {} };
  const visitor = await Visitor.come(browser, house, { shape: PHONE });
  await altering(alter)(visitor);
  await comeToVerdict(visitor, id);
  assert.equal(await verdict(visitor), "agrees");
  const row = visitor.page.locator("[data-links] [data-kind=reversal]");
  assert.match(await row.textContent(), /sale reversed · cli · 깨진 등잔 <b>/);
  visitor.assertNoComplaints();
  for (const [what, change, place] of [
    ["who", ({ links }) => (links.at(-1).who = "admin"), /reversal/],
    ["why", ({ links }) => (links.at(-1).why = "old"), /reversal/],
    ["when", ({ links }) => (links.at(-1).at = "2020-01-01T00:00:00.000Z"), /reversal/],
    ["the settlement", ({ links }) => links.at(-1).settlement++, /reversal/],
    ["a reversal left out", ({ links }) => links.pop(), /–/],
    ["a settlement left out", ({ links }) => links.splice(-2, 1), /reversal/],
  ]) {
    alter.now = change;
    await comeToVerdict(visitor, id);
    assert.equal(await verdict(visitor), "departs", what);
    assert.match(await visitor.page.textContent("[data-verdict]"), place, what);
  }
  assert.equal(await visitor.page.locator("[data-links] .departs[data-kind=reversal]").count(), 1, "the row is marked");
  await visitor.close();
});

test("pages join, however many there are", async () => {
  const { id } = await house.list({ title: "Many bids" });
  for (let n = 0; n < 7; n++) await house.bid(n % 2 ? "Cleo" : "Bob", id, 10_000 + n * 500);
  const { recompute } = await import(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const page = (after) => house.call("GET", `/api/v1/listings/${id}/proof?after=${after}&limit=2`);
  const { n_links, n_bids, departs } = await recompute(id, page);
  assert.deepEqual({ n_links, n_bids, departs }, { n_links: 8, n_bids: 7, departs: null });
  const gap = await recompute(id, (after) => page(after === 0 ? 0 : after + 1));
  assert.equal(gap.departs.why, "join");
});

test("a receipt goes from the listing's page to the proof, and not to the house", async () => {
  const { id } = await house.list({ title: "With receipts" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit(`/listings/${id}`);
  await bob.bid(10_000);
  await bob.page.waitForSelector("[data-receipts] > [data-receipt='1']");
  await house.bid("Cleo", id, 11_000);
  await until("Cleo leads", async () => (await bob.attribute("leader")) === "Cleo");
  await bob.bid(12_000);
  await bob.page.waitForSelector("[data-receipts] > [data-receipt='3']");
  assert.equal(await bob.page.locator("[data-receipts] details [data-receipt='1']").count(), 1, "the first is folded away");
  await bob.assertSameDocument();
  const live = await bob.page.locator("[data-receipts] code").allTextContents();
  await bob.page.reload();
  assert.deepEqual(await bob.page.locator("[data-receipts] code").allTextContents(), live, "the server shows the same");
  const asked = [];
  bob.page.on("request", (request) => asked.push(request.url() + (request.postData() ?? "")));
  await bob.page.click("[data-receipts] > [data-receipt='3'] summary");
  await bob.page.click("[data-receipts] > [data-receipt='3'] a");
  await bob.page.waitForSelector("[data-receipt-said][data-said=opens]");
  const salt = live[0].split(":").at(-1);
  assert.ok(asked.length > 0 && asked.every((request) => !request.split("#")[0].includes(salt)), asked.join("\n"));
  bob.assertNoComplaints();
  await bob.close();
});

test("without scripts the page tells how to check", async () => {
  const visitor = await Visitor.come(browser, house, { javaScriptEnabled: false });
  await visitor.page.goto(`${house.base}/listings/${listing}`);
  await visitor.follow(`main a[href='/listings/${listing}/proof']`);
  const words = await visitor.page.textContent("main");
  for (const part of [`${house.base}/api/v1/listings/${listing}/proof`, "auction verify auction-receipt:"]) {
    assert.ok(words.includes(part), part);
  }
  assert.equal(await visitor.page.locator("[data-links] li").count(), 6);
  assert.equal(await visitor.page.locator("form[data-check]").isVisible(), false);
  await visitor.close();
});
