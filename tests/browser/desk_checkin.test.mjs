// Check-in and bids at the desk as staff meet them: by keyboard alone, with a scanner, on paper, without a script, and on a
// tablet that others hold next.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axeFindings, enter, focus, holdPass, shoot } from "./desks.mjs";
import { House, until } from "./house.mjs";
import { sale } from "./sales.mjs";
import { DESK, Visitor, launch } from "./visitor.mjs";

const PHONE_320 = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
const TABLET = { viewport: { width: 820, height: 1180 }, hasTouch: true };

let house;
let browser;
let ids;

before(async () => {
  house = await House.open();
  ids = await sale(house, "spring", { titles: ["Brass desk lamp", "Oak chair", "Kite"] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** A new pass for check-in and bids. */
function desk(name, options = {}) {
  return holdPass(browser, house, { name, sale: "spring", may: "checkin,bid", ...options });
}

/** What a scanner does: it types what it reads, and Enter. */
async function scan(page, text) {
  await page.keyboard.insertText(text);
  await page.keyboard.press("Enter");
}

async function register(visitor, name, more = {}) {
  await visitor.visit("/desk/checkin");
  await visitor.page.fill("#name", name);
  for (const [field, value] of Object.entries(more)) await visitor.page.fill(`#${field}`, value);
  await visitor.follow("#add button[type=submit]");
  return visitor.page.getAttribute("[data-card]", "data-card");
}

test("a guest is checked in by keyboard alone, and the next one after", async () => {
  const door = await desk("Keys");
  const { page } = door;
  await door.visit("/desk/checkin");
  assert.equal(await focus(page), "q", "the search is first");
  await page.keyboard.type("Dora Kim");
  await until("nobody is found, without a key pressed", async () => /Nobody found/.test(await page.textContent("[data-found]")));
  await enter(page);
  assert.equal(await focus(page), "name");
  assert.equal(await page.inputValue("#name"), "Dora Kim", "what was searched is the new guest's name");
  await page.keyboard.press("Tab");
  assert.equal(await focus(page), "phone");
  await page.keyboard.type("010-1234-5678");
  await enter(page);
  const number = await page.getAttribute("[data-card]", "data-card");
  const pin = (await page.textContent("[data-pin]")).replace(/\D/g, "");
  assert.match(pin, /^\d{6}$/);
  assert.match(await page.getAttribute("[data-code]", "data-code"), new RegExp(`/login\\?number=${number}&sale=spring$`));
  assert.equal(await focus(page), "Next guest");
  await enter(page);
  assert.equal(await focus(page), "q");

  // Somebody much like her: shown first, and registered all the same only by another button.
  await page.keyboard.type("Kim Dora");
  await enter(page);
  await page.fill("#phone", "010 1234 5678");
  await page.focus("#name");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-similar]");
  assert.match(await page.textContent("[data-similar] a"), /Dora Kim/);
  assert.match(await focus(page), /Dora Kim/, "Enter leads to the one who is there");
  await Promise.all([page.waitForEvent("load"), page.click("[data-similar] button")]);
  assert.notEqual(await page.getAttribute("[data-card]", "data-card"), number);

  // Her card is scanned into the search.
  await door.visit("/desk/checkin");
  await page.keyboard.insertText(`https://lots.example/login?number=${number}&sale=spring`);
  await enter(page);
  assert.equal(await page.getAttribute("[data-guest]", "data-guest"), number);
  assert.match(await page.textContent("main"), /Dora Kim/);
  door.assertNoComplaints(/409/);
  await door.close();
});

test("a guest from a list has no PIN yet: Enter gives one, and shows the card", async () => {
  const list = join(house.folder, "guests.csv");
  writeFileSync(list, "name,number\nGustav Listed,77\n");
  house.auction("bidder", "import", "spring", list);
  const door = await desk("List");
  const { page } = door;
  await door.visit("/desk/checkin?number=77");
  assert.equal(await focus(page), "Give a PIN and show the card");
  assert.doesNotMatch(await page.textContent("main"), /old card/);
  await enter(page, "", /\/desk\/checkin\/card\?key=/);
  assert.match(await page.textContent("[data-pin]"), /^\d{3} \d{3}$/);
  await enter(page, "", /\/desk\/checkin$/);
  await door.visit("/desk/checkin?number=77");
  assert.equal(await focus(page), "Next guest", "with a PIN there is nothing more to do");
  assert.match(await page.textContent("main"), /old card/);
  door.assertNoComplaints();
  await door.close();
});

test("cards print by themselves on a device that says so, each once", async () => {
  const counts = () => (globalThis.print = () => sessionStorage.setItem("printed", Number(sessionStorage.getItem("printed") ?? 0) + 1));
  const door = await desk("Prints", { scripts: [counts] });
  const printed = () => door.page.evaluate(() => Number(sessionStorage.getItem("printed") ?? 0));
  await register(door, "Quentin Ohm");
  assert.equal(await printed(), 0, "nobody has asked for it");
  await door.page.check("[data-print-always=cards] input");
  await register(door, "Xaver Zobel");
  assert.equal(await printed(), 1);
  await door.page.reload();
  await door.follow("[data-next]");
  await door.page.goBack();
  await door.page.waitForSelector("[data-card]");
  assert.equal(await printed(), 1, "neither when its page is loaded again, nor when somebody goes back to it");
  await door.page.click("[data-print]");
  assert.equal(await printed(), 2);
  await door.page.uncheck("[data-print-always=cards] input");
  await register(door, "Yvo Pfau");
  assert.equal(await printed(), 2);
  door.assertNoComplaints();
  await door.close();
});

test("a number card fits A4, A6 and a roll of 80 mm, and nothing else is printed", async () => {
  const door = await desk("Paper");
  await register(door, "Wilhelmina Featherstonehaugh-Kim");
  await door.page.emulateMedia({ media: "print" });
  for (const [paper, width, height] of [["a4", 794, 1123], ["a6", 397, 559], ["roll", 272, 800]]) {
    await door.page.setViewportSize({ width, height });
    const seen = await door.page.evaluate(() => {
      const box = document.querySelector("[data-card]").getBoundingClientRect();
      const shown = [...document.querySelectorAll("header, footer, nav, button, .fine, [role=status]")]
        .filter((e) => !e.closest("[data-card]") && e.checkVisibility());
      const small = document.querySelector(".code svg").getBoundingClientRect().width;
      return { width: box.width, right: box.right, bottom: box.bottom, code: small, shown: shown.map((e) => e.outerHTML) };
    });
    assert.deepEqual(seen.shown, [], paper);
    assert.ok(seen.right <= width && seen.bottom <= height, `${paper}: ${JSON.stringify(seen)}`);
    assert.ok(seen.width <= 98 * 3.78 + 1 && seen.code >= 25 * 3.78, `${paper}: ${JSON.stringify(seen)}`);
    await shoot(door.page, `card-${paper}`, { fullPage: false });
  }
  await door.close();
});

test("a bid is entered with a scanner and the keyboard, whichever field is focused", async () => {
  const room = await desk("Room");
  const { page } = room;
  const number = await register(room, "Bert", { limit: "100000" });
  await room.visit("/desk/bid");
  assert.equal(await focus(page), "lot");
  await scan(page, `https://lots.example/login?number=${number}&sale=spring`);
  assert.equal(await page.inputValue("#number"), number, "the card lands in the number");
  assert.equal(await page.inputValue("#lot"), "");
  assert.equal(await focus(page), "lot");
  await scan(page, `${house.base}/listings/${ids[0]}`);
  await page.waitForSelector("[data-about-lot=A1]");
  await page.waitForSelector(`[data-about-guest="${number}"]`);
  assert.match(await page.textContent("[data-about]"), /Brass desk lamp.*Bert/s);
  assert.equal(await focus(page), "amount");
  await page.keyboard.type("12000");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-confirm]");
  assert.match(await focus(page), /Bid ₩12,000|12,000/);
  await enter(page);
  assert.match(await page.textContent("[data-slip] [role=status]"), /is the highest bidder on lot A1/);
  assert.equal(await focus(page), "lot", "ready for the next");
  const isInSight = () => {
    const { top, bottom } = document.querySelector("[data-slip] [role=status]").getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  };
  assert.ok(await page.evaluate(isInSight), "the focus does not scroll the outcome away");

  // Typed: Enter goes on from field to field. A maximum alone is a bid.
  await page.keyboard.type("a2");
  await page.keyboard.press("Enter");
  assert.equal(await focus(page), "number");
  await page.keyboard.type(number);
  await page.keyboard.press("Enter");
  assert.equal(await focus(page), "amount");
  await page.fill("#max", "20000");
  await page.focus("#max");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-confirm]");
  await enter(page);
  assert.doesNotMatch(await page.content(), /20,?000/, "no pass sees a maximum");
  assert.equal((await house.call("GET", `/api/v1/listings/${ids[1]}`)).price, 10_000);

  await page.emulateMedia({ media: "print" });
  const printed = await page.evaluate(() => ["form", "header", "[role=status]"].filter((of) =>
    [...document.querySelectorAll(of)].some((e) => e.checkVisibility())));
  assert.deepEqual(printed, [], "the slip alone is printed");
  room.assertNoComplaints();
  await room.close();
});

test("a bid that is sent while the connection is gone is booked once", async () => {
  const room = await desk("Wifi");
  const { page } = room;
  const number = await register(room, "Flora", { limit: "100000" });
  await room.visit(`/desk/bid?lot=a3&number=${number}`);
  await page.fill("#amount", "15000");
  await page.click("[data-desk-bid] button[type=submit]");
  await page.waitForSelector("[data-confirm]");
  await room.context.setOffline(true);
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-sending=waiting]:not([hidden])");
  await Promise.all([page.waitForSelector("[data-slip]"), room.context.setOffline(false)]);
  assert.equal((await house.call("GET", `/api/v1/listings/${ids[2]}`)).n_bids, 1);
  await room.close();
});

test("everything works without a script", async () => {
  const door = await desk("Plain", { javaScriptEnabled: false });
  const { page } = door;
  await page.goto(`${house.base}/desk/checkin`);
  await page.fill("#q", "Emil");
  await door.follow("form[role=search] button");
  assert.equal(await page.inputValue("#name"), "Emil");
  await page.fill("#limit", "50000");
  await door.follow("#add button[type=submit]");
  const number = await page.getAttribute("[data-card]", "data-card");
  await page.goto(`${house.base}/desk/bid`);
  await page.fill("#lot", `${house.base}/listings/${ids[0]}`);
  await page.fill("#number", number);
  await page.fill("#amount", "30000");
  await door.follow("[data-desk-bid] button[type=submit]");
  assert.match(await page.textContent("main"), /Enter this bid\?.*Emil.*30,000/s);
  await door.follow("[data-confirm] button[type=submit]");
  assert.match(await page.textContent("[data-slip] [role=status]"), new RegExp(`number ${number} is the highest bidder`));
  await page.goto(`${house.base}/desk/bid`);
  await page.fill("#lot", "A2");
  await page.fill("#number", number);
  await page.fill("#amount", "1");
  await door.follow("[data-desk-bid] button[type=submit]");
  assert.match(await page.textContent("#amount-error"), /Bid at least/);
  assert.equal(await page.inputValue("#lot"), "A2", "what was typed stays");
  await door.close();
});

test("no page comes back once the pass is shut", async () => {
  const door = await desk("Shared");
  const { page } = door;
  await register(door, "Greta");
  await door.follow("[data-next]");
  await door.visit("/desk/bid");
  house.auction("desk", "shut", "Shared");
  for (let back = 0; back < 3; back++) {
    await page.goBack();
    await until("a code is asked for", () => new URL(page.url()).pathname === "/desk/open");
    assert.doesNotMatch(await page.content(), /Greta|data-pin|data-found/);
  }
  await page.goto(`${house.base}/desk`);
  assert.match(await page.textContent("main"), /This pass has ended/);
  await door.close();
});

const PAGES = ["/desk/open", "/desk", "/desk/checkin", "/desk/checkin?q=nobody", "/desk/checkin?number=1", "/desk/bid?lot=a1&number=1"];

/** Each page of the desk, and those that only a form leads to; `guest` is like nobody who was registered before. */
async function onEachPage(visitor, guest, look) {
  for (const path of PAGES) {
    await visitor.visit(path);
    await look(path);
  }
  await register(visitor, guest);
  await look("card");
  await visitor.visit("/desk/checkin");
  await visitor.page.fill("#name", guest);
  await visitor.page.click("#add button[type=submit]");
  await visitor.page.waitForSelector("[data-similar]");
  await look("similar");
  const number = await visitor.page.evaluate(() => new URL(document.querySelector("[data-similar] a").href).searchParams.get("number"));
  await visitor.visit(`/desk/bid?lot=a1&number=${number}`);
  await visitor.page.fill("#amount", "90000");
  await visitor.page.click("[data-desk-bid] button[type=submit]");
  await visitor.page.waitForSelector("[data-confirm]");
  await look("confirm");
}

const SHAPES = [
  ["phone", PHONE_320, "en-GB", "Theodora Quizenberry-Hollingsworth"],
  ["tablet", TABLET, "ko-KR", "남궁세라핌"],
  ["laptop", DESK, "en-GB", "Konstantin Wasserfall"],
];

for (const [name, shape, locale, guest] of SHAPES) {
  test(`axe finds nothing, light and dark, and nothing is too wide: ${name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const visitor = await desk(`Axe ${name}`, { shape, locale, bypassCSP: true });
    const found = [];
    await onEachPage(visitor, guest, async (path) => {
      const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) found.push(`${path}: ${wide} px too wide`);
      found.push(...(await axeFindings(visitor.page)).map((fault) => `${path}: ${fault}`));
      const file = path.replace(/\W+/g, "-");
      await shoot(visitor.page, `${name}${file}`);
      await visitor.page.emulateMedia({ colorScheme: "dark" });
      found.push(...(await axeFindings(visitor.page)).map((fault) => `${path}, dark: ${fault}`));
      if (name === "tablet") await shoot(visitor.page, `${name}${file}-dark`);
      await visitor.page.emulateMedia({ colorScheme: "light" });
    });
    assert.deepEqual(found, []);
    await visitor.close();
  });
}

test("the policy refuses nothing on any page of the desk", async () => {
  const visitor = await desk("Policy", { shape: TABLET });
  await onEachPage(visitor, "Isolde Marchbanks", async () => {});
  // The refusal of a likely double is an answer with the status 409.
  visitor.assertNoComplaints(/409 \(Conflict\)/);
  await visitor.close();
});

test("a code that is wrong or used up says so beside its field", async () => {
  const { code } = house.auction("desk", "open", "Used", "--sale", "spring", "--may", "bid");
  await house.call("POST", "/api/v1/desk/sessions", null, { code });
  const visitor = await Visitor.come(browser, house);
  await visitor.visit(`/desk/open?code=${code}`);
  assert.equal(await visitor.page.inputValue("#code"), code);
  await visitor.follow("form button[type=submit]");
  assert.match(await visitor.page.textContent("#code-error"), /another device/);
  await visitor.page.fill("#code", "AAAA-BBBB-CCCC");
  await visitor.follow("form button[type=submit]");
  assert.match(await visitor.page.textContent("#code-error"), /No pass has this code/);
  await visitor.close();
});
