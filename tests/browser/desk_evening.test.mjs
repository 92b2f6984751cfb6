// A whole evening, by people who hold a tablet and a phone: three guests are checked in, one of whom has no email address and
// bids from their own phone by number and PIN, and one by telephone through the desk; the lots close; two are checked out by the
// keyboard alone, a payment is corrected, and one pays a week later. The report, the ledger and the audit agree.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { enter, focus, holdPass } from "./desks.mjs";
import { House, emailOf, until } from "./house.mjs";
import { inSeconds, lotsOf } from "./sales.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const SALE = "spring";
const TITLES = ["Brass desk lamp", "Oak chair", "Globe"];
/** What is left of a sale's time while people still bid, at least. */
const ENOUGH_MS = 20_000;

let house;
let browser;

before(async () => {
  house = await House.open({ currency: "EUR" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const listing = (id) => house.call("GET", `/api/v1/listings/${id}`);
const report = () => house.auction("desk", "report", SALE);

async function checkIn(page, { name, email = "", phone = "" }) {
  await page.goto(`${house.base}/desk/checkin`);
  for (const [field, value] of Object.entries({ name, email, phone, limit: "200.00" })) await page.fill(`#add [name=${field}]`, value);
  await page.click("#add button[type=submit]");
  await page.waitForSelector("[data-card]");
  const number = Number(await page.getAttribute("[data-card]", "data-card"));
  assert.match(await page.textContent(".desk-card-name"), new RegExp(name));
  return { number, pin: await page.textContent("[data-pin]") };
}

/** Puts the closes off where a busy machine has been slow: nobody is hurried. */
async function timeToBid() {
  const { closes_at } = house.auction("sale", "show", SALE);
  if (Date.parse(closes_at) - Date.now() < ENOUGH_MS) house.auction("sale", "postpone", SALE, "--by", "30s", "--why", "People still bid.");
}

/** A bid as the desk enters it: it is asked once more. */
async function bidAtDesk(page, { lot, number, amount, source }) {
  await timeToBid();
  await page.goto(`${house.base}/desk/bid`);
  for (const [field, value] of Object.entries({ lot, number, amount })) await page.fill(`[data-desk-bid] [name=${field}]`, String(value));
  await page.check(`[data-desk-bid] [name=source][value=${source}]`);
  // What is known of the lot and the guest comes in above the button.
  await page.waitForSelector(`[data-about-guest="${number}"]`);
  await Promise.all([page.waitForSelector("form[data-confirm]"), page.click("[data-desk-bid] button[type=submit]")]);
  await Promise.all([page.waitForSelector("[data-slip]"), page.click("form[data-confirm] button[type=submit]")]);
}

test("a whole evening at the desk", async () => {
  // In the afternoon: a draft of three lots, and passes for the door and the till.
  house.auction("sale", "add", SALE, "--name", "Spring evening", "--premium-bps", "1000", "--every", "1s", "--closes-at", inSeconds(3_600));
  for (const [i, title] of TITLES.entries()) {
    house.auction("listing", "add", "--seller", emailOf("Ann"), "--title", title, "--opening", `${20 + 5 * i}.00`,
      "--increment", "5.00", "--sale", SALE, "--lot", `A${i + 1}`);
  }
  const door = await holdPass(browser, house, { name: "Door", sale: SALE, may: "checkin,bid" });
  const till = await holdPass(browser, house, { name: "Till", sale: SALE, may: "checkout" });

  // Guests come: Dora has no email address, and the others have one.
  const dora = await checkIn(door.page, { name: "Dora Lind", phone: "+49 30 1234567" });
  const emil = await checkIn(door.page, { name: "Emil Berg", email: "emil@example.org" });
  const fay = await checkIn(door.page, { name: "Fay Moss", email: "fay@example.org" });
  assert.deepEqual([dora.number, emil.number, fay.number], [1, 2, 3]);
  assert.match(dora.pin, /^\d{3} \d{3}$/, "printed in halves, and typed so");

  // The bidding: Emil on the telephone, Fay on paper, Dora on a phone of her own.
  house.auction("sale", "set", SALE, "closes_at", inSeconds(30));
  house.auction("sale", "publish", SALE);
  const [lamp, chair, globe] = await lotsOf(house, SALE, TITLES.length);
  await bidAtDesk(door.page, { lot: "A1", number: emil.number, amount: "20.00", source: "phone" });
  await bidAtDesk(door.page, { lot: "A2", number: emil.number, amount: "25.00", source: "phone" });
  await bidAtDesk(door.page, { lot: "A3", number: fay.number, amount: "30.00", source: "paper" });
  const phone = await Visitor.come(browser, house, { shape: PHONE });
  await phone.visit("/login");
  await phone.page.fill("form[aria-labelledby=by-number] [name=number]", String(dora.number));
  await phone.page.fill("form[aria-labelledby=by-number] [name=pin]", dora.pin);
  await phone.page.click("form[aria-labelledby=by-number] button[type=submit]");
  await phone.page.waitForURL((address) => address.pathname !== "/login");
  await timeToBid();
  await phone.visit(`/listings/${lamp}`);
  assert.match((await phone.history())[0].text, /by the desk/i, "everyone sees how Emil has bid");
  await phone.isLive();
  await phone.bid("25.00");
  await until("Dora leads", async () => (await phone.attribute("leader")) === "Dora Lind");

  // The lots close, and her phone says what she owes.
  await until("all lots are sold", async () => (await Promise.all([lamp, chair, globe].map(listing))).every(({ state }) => state === "sold"), 120_000);
  await phone.visit(`/account/bills/${SALE}`);
  assert.match(await phone.page.textContent("main"), /27\.50/);
  assert.deepEqual(report().unpaid.map(({ number, due }) => [number, due]), [[1, 2750], [2, 2750], [3, 3300]]);

  // Two are checked out by the keyboard alone: Dora pays in cash, Emil by card.
  const { page } = till;
  await page.goto(`${house.base}/desk/checkout`);
  await enter(page, String(dora.number), /number=1/);
  await enter(page, "", /paid=\d+/);
  assert.match(await focus(page), /^Hand over/);
  await enter(page, "", /receipts/);
  await enter(page, String(emil.number), /number=2/);
  await page.keyboard.press("ArrowDown");
  await enter(page, "", /paid=\d+/);
  await enter(page, "", /receipts/);

  // Emil's card was refused after all: the payment is voided, and he pays in cash.
  await enter(page, String(emil.number), /number=2/);
  await page.click("[data-payment] details summary");
  await page.fill("[data-payment] [name=why]", "The card was refused");
  await Promise.all([page.waitForURL(/done=voided/), page.click("[data-payment] button.danger")]);
  await page.waitForSelector("[data-payment][data-voided]");
  await page.check(".co-pay [name=method][value=cash]");
  await Promise.all([page.waitForURL(/paid=\d+/), page.click(".co-pay button[type=submit]")]);

  // Fay comes a week later, to the office, with a transfer from her bank.
  assert.deepEqual(report().not_handed_over.map(({ lot, number }) => [lot, number]), [["A3", 3]]);
  const office = await holdPass(browser, house, { name: "Office", sale: SALE, may: "checkout" });
  await office.page.goto(`${house.base}/desk/checkout?number=${fay.number}`);
  await office.page.check(".co-pay [name=method][value=bank]");
  await office.page.fill(".co-pay [name=reference]", "transfer 4711");
  await Promise.all([office.page.waitForURL(/paid=\d+/), office.page.click(".co-pay button[type=submit]")]);
  await Promise.all([office.page.waitForURL(/receipts/), office.page.click("[data-hand-over-all]")]);

  // At night everything adds up: the report, the ledger, the audit, and what Dora sees.
  const told = report();
  const nothing = { cash: 0, card: 0, bank: 0, other: 0 };
  assert.deepEqual(told.tills.map(({ name, taken }) => [name, taken]), [["Till", { ...nothing, cash: 5500 }], ["Office", { ...nothing, bank: 3300 }]]);
  assert.deepEqual(told.tills.map(({ voids }) => voids.map(({ amount, method, why }) => [amount, method, why])), [[[2750, "card", "The card was refused"]], []]);
  assert.deepEqual([told.unpaid, told.not_handed_over, told.total], [[], [], 8800]);
  const [head, ...rows] = house.print("export", "ledger").trim().split(/\r?\n/).map((line) => line.split(","));
  const column = (row, name) => row[head.indexOf(name)];
  const outside = rows.filter((row) => row.includes("outside") && ["Till", "Office"].includes(column(row, "by")));
  assert.equal(outside.length, 5, "four payments and a void");
  assert.equal(outside.reduce((sum, row) => sum - Number(column(row, "amount")), 0), told.total);
  assert.equal(house.auction("audit").disagreement, null);
  await phone.visit(`/account/bills/${SALE}`);
  assert.match(await phone.page.textContent("main"), /Paid/);
  for (const visitor of [door, till, office, phone]) {
    visitor.assertNoComplaints();
    await visitor.close();
  }
});
