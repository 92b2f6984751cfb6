// What a page that is open shows of bidders, in a real Chromium: by the setting of today, and a number in the page's language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, emailOf, until } from "./house.mjs";
import { sale } from "./sales.mjs";
import { Visitor, launch } from "./visitor.mjs";

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

/** Gives Cleo a number in the sale. */
function register(code, number) {
  house.auction("bidder", "add", code, "--name", "Cleo", "--email", emailOf("Cleo"), "--number", String(number));
}

/** Changes the setting, and waits until the server shows Cleo so. */
async function show(names, listing, cleo) {
  house.auction("house", "set", "bidder_names", names);
  await until(`the server shows ${cleo}`, async () => (await house.call("GET", `/api/v1/listings/${listing}`)).leader === cleo);
}

test("pages that are open show bidders by the new setting from the next event on", async () => {
  const [lot] = await sale(house, "names", { titles: ["Brass lamp"] });
  register("names", 17);
  await house.bid("Cleo", lot, 10_000);
  const [english, korean, board] = await Promise.all(["en-GB", "ko-KR", "ko-KR"].map((locale) => Visitor.come(browser, house, { locale })));
  await Promise.all([english, korean].map((visitor) => visitor.visit(`/listings/${lot}`)));
  await board.visit("/sales/names/board");
  let amount = 11_000;
  for (const [names, said, bob, shown] of [
    ["number", "No. 17", "B•••", ["No. 17", "17번"]],
    ["masked", "C•••", "B•••", ["C•••", "C•••"]],
    ["name", "Cleo", "Bob", ["Cleo", "Cleo"]],
  ]) {
    await show(names, lot, said);
    await house.bid("Bob", lot, amount);
    await house.bid("Cleo", lot, amount + 1_000);
    amount += 2_000;
    for (const [visitor, cleo] of [[english, shown[0]], [korean, shown[1]], [board, shown[1]]]) {
      const leader = visitor === board ? ".hall-now .leader" : "[data-leader]";
      await until(`${names}: ${cleo} leads`, async () => (await visitor.page.textContent(leader).catch(() => null)) === cleo);
    }
    for (const [visitor, cleo] of [[english, shown[0]], [korean, shown[1]]]) {
      const rows = () => visitor.page.$$eval("[data-history] .who", (all) => all.slice(0, 2).map((who) => who.textContent));
      await until(`${names}: the history`, async () => (await rows()).join() === [cleo, bob].join());
      const aloud = await visitor.page.textContent("[data-say]");
      assert.ok(names === "name" || !/Bob|Cleo/.test(aloud), aloud);
    }
  }
  for (const visitor of [english, korean, board]) {
    await visitor.assertSameDocument();
    visitor.assertNoComplaints();
    await visitor.close();
  }
});

test("a lot that closes is sold to a number on a page that is open", async () => {
  for (let closes_in_s = 12; ; closes_in_s *= 2) {
    const code = `sold-${closes_in_s}`;
    const [lot] = await sale(house, code, { titles: ["Kite"], closes_in_s });
    register(code, 4);
    const bid = await house.bid("Cleo", lot, 10_000).catch(() => null);
    if (bid) await show("number", lot, "No. 4");
    const visitor = await Visitor.come(browser, house, { locale: "ko-KR" });
    await visitor.visit(`/listings/${lot}`);
    const began = await visitor.page.getAttribute("[data-state]", "data-state");
    // On a busy machine it may be over before anybody looks: then again, with more time.
    if (bid && began === "open") {
      await until("it is sold", async () => /4번님께/.test(await visitor.page.textContent("[data-turn]")));
      assert.ok(!(await visitor.page.content()).includes("Cleo"));
      visitor.assertNoComplaints();
      return visitor.close();
    }
    await visitor.close();
  }
});
