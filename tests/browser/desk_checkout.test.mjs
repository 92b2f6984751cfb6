// The checkout in a real browser: by keyboard alone, with a scanner, through a dropped connection, and on paper.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { House, PASSWORD, until } from "./house.mjs";
import { SHOTS, axeFindings, enter, focus, hasFocus, holdPass, programWithPass, shoot } from "./desks.mjs";
import { DESK, PHONE, launch } from "./visitor.mjs";

const LOST = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|net::ERR|status of 4/;

let house;
let browser;
let desk;
let n = 0;

before(async () => {
  house = await House.open({ currency: "EUR" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** Somebody who may bid, and has paid nothing. */
async function newBidder(email, name) {
  house.auction("account", "add", "--email", email, "--name", name, "--password-stdin", { input: PASSWORD });
  house.auction("account", "limit", email, "100000");
  return (await house.call("POST", "/api/v1/sessions", null, { email, password: PASSWORD })).token;
}

/** An evening of its own: Bob has number 17 and as many lots as `bob` says, each for 20.00 and 2.00 of premium; Cleo has 18. */
async function evening({ bob = 1, cleo = 0, more = 0, titles, ...options } = {}) {
  const code = `evening-${++n}`;
  const all = titles ?? Array.from({ length: bob + cleo + more }, (_, i) => `Lot number ${i + 1}`);
  house.auction("sale", "add", code, "--name", "Spring evening", "--closes-at", new Date(Date.now() + 3_600_000).toISOString(),
    "--every", "20s", "--premium-bps", "1000");
  all.forEach((title, i) => house.auction("listing", "add", "--seller", "ann@example.org", "--title", title, "--opening", "10.00",
    "--buy-now", "20.00", "--sale", code, "--lot", `A${i + 1}`));
  house.auction("sale", "publish", code);
  const emails = ["bob", "cleo"].map((name) => `${name}-${n}@example.org`);
  const [bobs, cleos] = ["Bob", "Cleo"].map((name) => `${name} ${n}`);
  const tokens = [await newBidder(emails[0], bobs), await newBidder(emails[1], cleos)];
  const found = await house.call("GET", `/api/v1/listings?sale=${code}&sort=lot&state=all&limit=200`);
  const ids = found.listings.map(({ id }) => id);
  for (const [i, id] of ids.entries()) {
    if (i < bob + cleo) await house.call("POST", `/api/v1/listings/${id}/buy`, i < bob ? tokens[0] : tokens[1]);
  }
  desk = await programWithPass(house, `Program ${code}`, code, "checkin,checkout");
  await desk("POST", "bidders", { name: bobs, email: emails[0], number: 17 });
  await desk("POST", "bidders", { name: cleos, email: emails[1], number: 18 });
  const till = await holdPass(browser, house, { name: `Till ${code}`, sale: code, may: "checkout", ...options });
  await till.page.goto(`${house.base}/desk/checkout`);
  await hasFocus(till.page);
  return { code, ids, till, page: till.page };
}

const payments = async (number = 17) => (await desk("GET", `bills/${number}`)).payments.filter(({ voided }) => !voided);
const stored = (page) => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));

test("three guests are checked out by the keyboard alone", async () => {
  const { till, page } = await evening({ bob: 2, cleo: 1 });
  await desk("POST", "bidders", { name: "Dora Lind", number: 19 });
  assert.equal(await focus(page), "number");
  await enter(page, "17", /number=17/);
  assert.equal(await focus(page), "amount");
  await enter(page, "50", /paid=\d+&change=600$/);
  assert.match(await page.textContent("[data-change]"), /Give back €6\.00/);
  assert.match(await focus(page), /^Hand over 2 paid lots/);
  await enter(page, "", /\/desk\/receipts\/\d+/);
  assert.equal(await focus(page), "number", "ready for the next");

  // The next is by card, which the arrows choose.
  await enter(page, "18", /number=18/);
  await page.keyboard.press("ArrowDown");
  await enter(page, "", /paid=\d+$/);
  assert.match(await page.textContent("[data-paid]"), /€22\.00 taken · Card/);
  await enter(page, "", /receipts/);

  // A guest who bought nothing: Escape goes on.
  await enter(page, "19", /number=19/);
  assert.match(await page.textContent(".co-bill"), /bought nothing/);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Escape")]);
  assert.equal(new URL(page.url()).search, "");
  assert.equal(await focus(page), "number");

  // A number that is typed while a button has the focus goes to its field, and does not press the button.
  await enter(page, "17", /number=17/);
  assert.equal(await page.locator("[data-handed-over]").count(), 2);
  await page.locator(".co-bill details summary").focus();
  await page.keyboard.type("18");
  assert.equal(await focus(page), "number");
  await enter(page, "", /number=18/);
  assert.deepEqual((await payments()).map(({ amount, method }) => [amount, method]), [[4400, "cash"]]);
  assert.deepEqual((await payments(18)).map(({ amount, method }) => [amount, method]), [[2200, "card"]]);
  till.assertNoComplaints();
  await till.close();
});

test("two presses of Enter are one payment, and more than is due is asked", async () => {
  const { till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  let release;
  const held = new Promise((go) => (release = go));
  await page.route("**/desk/checkout/payments", async (route) => (await held, route.continue()));
  await page.evaluate(() => {
    const form = document.querySelector(".co-pay");
    form.requestSubmit();
    form.requestSubmit();
  });
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("main[inert]").count(), 1, "nothing can be pressed before the answer");
  assert.match(await page.textContent("[data-sending]"), /Booking … Number 17, 22\.00/);
  await until("it says that it waits", async () => /Not booked yet/.test(await page.textContent("[data-sending]")));
  release();
  await page.waitForURL(/paid=/);
  assert.equal((await payments()).length, 1);
  await page.unroute("**/desk/checkout/payments");

  // In advance, by card: asked once more, and Enter says yes.
  await page.goto(`${house.base}/desk/checkout?number=17&advance=1`);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type("10");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-above-due]");
  assert.match(await focus(page), /^Take €10\.00 all the same/);
  assert.equal((await payments()).length, 1);
  await enter(page, "", /paid=/);
  assert.equal((await payments()).length, 2);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("a payment while offline waits, and is booked once when the connection is back", async () => {
  const { till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  await till.context.setOffline(true);
  await page.keyboard.press("Enter");
  await until("it says that nothing is booked", async () => /Not booked yet/.test(await page.textContent("[data-sending]")));
  assert.equal(await page.locator("main[inert]").count(), 1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await shoot(page, "offline");
  assert.deepEqual(await payments(), []);
  await till.context.setOffline(false);
  await page.waitForURL(/paid=/);
  assert.match(await focus(page), /^Hand over 1 paid lot/);
  assert.deepEqual((await payments()).map(({ amount }) => amount), [2200]);
  assert.equal(await stored(page), "{}", "nothing is kept once it is answered");
  till.assertNoComplaints(LOST);
  await till.close();
});

test("an answer that is lost on the way doubles nothing", async () => {
  const { till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  let n_lost = 0;
  await page.route("**/desk/checkout/payments", async (route) => {
    if (++n_lost > 2) return route.continue();
    // The house has booked it, and the tablet never hears of it.
    await route.fetch({ maxRedirects: 0 });
    return route.abort();
  });
  await page.keyboard.press("Enter");
  await page.waitForURL(/paid=/);
  assert.equal(n_lost, 3);
  assert.deepEqual((await payments()).map(({ amount }) => amount), [2200]);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("a payment outlives a reload of the tablet, and keeps nothing but what it needs", async () => {
  const { till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  await page.fill("[name=reference]", "slip 7");
  await till.context.setOffline(true);
  await page.keyboard.press("Enter");
  await until("it waits", async () => /Not booked yet/.test(await page.textContent("[data-sending]")));
  const kept = JSON.parse(Object.values(JSON.parse(await stored(page)))[0]);
  assert.deepEqual([...new URLSearchParams(kept.body).keys()].sort(), ["amount", "key", "method", "number", "reference"]);
  assert.deepEqual(Object.keys(kept).sort(), ["body", "key", "pass", "path"]);
  assert.doesNotMatch(await stored(page), /Bob|Lot number/);
  await assert.rejects(page.reload(), /DISCONNECTED/);
  // The browser would load it again by itself.
  await page.close();
  await till.context.setOffline(false);
  const again = await till.context.newPage();
  await again.goto(`${house.base}/desk/checkout`);
  await again.waitForURL(/paid=/);
  assert.deepEqual((await payments()).map(({ amount, reference }) => [amount, reference]), [[2200, "slip 7"]]);
  assert.equal(await stored(again), "{}");
  till.assertNoComplaints(LOST);
  await till.close();
});

test("a payment that waits when its pass ends is never booked by another pass", async () => {
  const { code, till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  await till.context.setOffline(true);
  await page.keyboard.press("Enter");
  await until("it waits", async () => /Not booked yet/.test(await page.textContent("[data-sending]")));
  house.auction("desk", "shut", `Till ${code}`);
  await till.context.setOffline(false);
  await until("it says that the pass ended", async () => /The pass ended/.test(await page.textContent("[data-sending]")));
  assert.equal(await stored(page), "{}");
  assert.match(await focus(page), /Open the desk/);
  assert.deepEqual(await payments(), []);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("what is scanned lands in the right field, wherever the focus is", async () => {
  const { code, ids, till, page } = await evening({ bob: 2 });
  await enter(page, `https://lots.example/login?sale=${code}&number=17`, /number=/);
  assert.equal(await page.getAttribute(".co-bill", "data-number"), "17");

  // A label while the amount has the focus.
  assert.equal(await focus(page), "amount");
  await enter(page, `https://lots.example/listings/${ids[1]}`, /number=https/);
  assert.equal(await page.getAttribute("[data-marked]", "data-lot"), "A2");
  assert.deepEqual(await payments(), []);
  await shoot(page, "scanned");

  // A card while a button has the focus.
  await page.locator("[data-lot=A1] button").focus();
  await enter(page, `https://lots.example/login?number=18&sale=${code}`, /number=https/);
  assert.equal(await page.getAttribute(".co-bill", "data-number"), "18");

  // Of what is paid, the lot is ready to hand over.
  await desk("POST", "payments", { number: 17, amount: 4400, method: "bank" });
  await enter(page, `https://lots.example/listings/${ids[0]}`);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Hand over A1");
  await enter(page, "", /done=handed-over/);
  assert.equal(await page.locator("[data-lot=A1][data-handed-over]").count(), 1);
  assert.equal(await page.locator("[data-lot=A2][data-handed-over]").count(), 0);

  await page.goto(`${house.base}/desk/checkout`);
  await enter(page, "https://lots.example/login?number=17&sale=another", /number=https/);
  assert.match(await page.textContent("[data-amiss]"), /another sale/);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("an unpaid lot asks why, and a void asks why", async () => {
  const { till, page } = await evening({ bob: 1 });
  await enter(page, "17");
  await page.click("[data-lot=A1] button");
  await page.waitForSelector("[name=why]");
  assert.equal(await focus(page), "why");
  assert.match(await page.textContent("[data-refused]"), /not paid: €22\.00 is due/);
  await shoot(page, "why");
  await enter(page, "pays tomorrow", /handed-over/);
  await page.locator("#amount").focus();
  await enter(page, "", /paid=/);
  await page.click(".co-payment summary");
  await page.fill(".co-payment [name=why]", "wrong card");
  await shoot(page, "void");
  await Promise.all([page.waitForURL(/done=voided/), page.keyboard.press("Enter")]);
  assert.equal(await page.locator("[data-voided]").count(), 1);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("a receipt prints by itself where the browser is set so, once, on a roll or a sheet", async () => {
  const { till, page } = await evening({
    bob: 3,
    titles: ["Brass desk lamp with a green shade, from the headmaster's study", "Chair", "A weekend for two by the sea"],
    scripts: [() => (globalThis.print = () => sessionStorage.setItem("printed", Number(sessionStorage.getItem("printed") ?? 0) + 1))],
  });
  const printed = () => page.evaluate(() => Number(sessionStorage.getItem("printed") ?? 0));
  const toReceipt = async () => {
    await enter(page, "17");
    await enter(page, "20", /paid=/);
    await page.click("[data-receipt]");
    await page.waitForURL(/receipts\/\d+$/);
  };
  await toReceipt();
  assert.equal(await printed(), 0, "nobody has asked for it");
  await page.click("[data-print]");
  assert.equal(await printed(), 1);
  await page.check("[data-print-always=receipts] input");
  await page.locator("#find").focus();
  await toReceipt();
  assert.equal(await printed(), 2);
  await page.reload();
  assert.equal(await printed(), 2, "not again when it is loaded again");
  assert.ok(await page.isChecked("[data-print-always=receipts] input"));

  await shoot(page, "receipt");
  for (const [name, paper, most_px] of [["80mm", { width: "80mm", height: "200mm" }, 302], ["a4", { format: "A4" }, 794]]) {
    const pdf = await page.pdf({ ...paper, preferCSSPageSize: false, ...(SHOTS && { path: join(SHOTS, `receipt-${name}.pdf`) }) });
    const n_pages = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
    assert.equal(n_pages, 1, `${name}: all of it on one piece`);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: most_px, height: 900 });
    const { wide, unprinted } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      unprinted: [...document.querySelectorAll(".masthead, .footer, .unprinted")].filter((e) => e.checkVisibility()).length,
    }));
    assert.ok(wide <= most_px, `${name}: ${wide} px of ${most_px}`);
    assert.equal(unprinted, 0);
    await shoot(page, `receipt-${name}`);
    await page.emulateMedia({ media: null });
  }
  await page.setViewportSize(DESK.viewport);
  await page.goto(`${house.base}/desk/till`);
  await shoot(page, "till-sheet");
  const pdf = await page.pdf({ format: "A4", ...(SHOTS && { path: join(SHOTS, "till-sheet.pdf") }) });
  assert.equal((pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length, 1);
  till.assertNoComplaints(LOST);
  await till.close();
});

test("every page fits 320 px and is accessible, in both languages and by day and night", async () => {
  const shapes = [["desk", DESK], ["phone", { ...PHONE, viewport: { width: 320, height: 700 } }]];
  const { code, till, page } = await evening({ bob: 3, cleo: 0, more: 1 });
  await desk("POST", "payments", { number: 17, amount: 3000, method: "card", reference: "slip 1" });
  const wrong = await desk("POST", "payments", { number: 17, amount: 500, method: "cash" });
  await desk("POST", `payments/${wrong.payment.id}/void`, { why: "typed twice" });
  await desk("POST", "handovers", { lot: "A1" });
  const { payments: [{ id }] } = await desk("GET", "bills/17");
  const paths = { find: "checkout", bill: "checkout?number=17&lot=A2", paid: `checkout?number=17&paid=${id}&change=150`,
    advance: "checkout?number=18&advance=1", names: "checkout?name=o", nobody: "checkout?number=99",
    receipt: `receipts/${id}`, till: "till", start: "" };
  await till.close();
  for (const [shape, options] of shapes) {
    for (const [scheme, lang] of [["light", shape === "desk" ? "en" : "ko"], ["dark", shape === "desk" ? "ko" : "en"]]) {
      const other = await holdPass(browser, house, { name: `Till ${shape} ${scheme}`, sale: code, may: "checkout", shape: options, colorScheme: scheme });
      for (const [name, path] of Object.entries(paths)) {
        const url = `${house.base}/desk${path && "/"}${path}`;
        await other.page.goto(`${url}${url.includes("?") ? "&" : "?"}lang=${lang}`);
        const wide = await other.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${name} ${shape} ${lang}: it is too wide`);
        assert.deepEqual(await axeFindings(other.page), [], `${name} ${shape} ${scheme} ${lang}`);
        await shoot(other.page, `${name}-${shape}-${lang}`);
      }
      other.assertNoComplaints(LOST);
      await other.close();
    }
  }
});

test("the whole loop works with JavaScript off", async () => {
  const { till, page } = await evening({ bob: 1, javaScriptEnabled: false });
  await enter(page, "17");
  await enter(page, "", /paid=/);
  await enter(page, "", /receipts\/\d+\?new=1$/);
  assert.match(await page.textContent(".slip"), /Paid in full/);
  await enter(page, "18", /number=18/);
  assert.equal((await payments()).length, 1);
  await till.close();
});
