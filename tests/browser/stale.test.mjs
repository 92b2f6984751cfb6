// An error never stands under a newer state, nor a question: whatever the order in which the answer to a bid and the bids of
// others come to the page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

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

const errors = (visitor) => visitor.page.$$eval("form[data-bid] [data-error]", (all) => all.map((at) => at.textContent.trim()).join(" ").trim());
const minimum = (visitor) => visitor.attribute("minimum");

for (const [how, shape] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`an answer that comes after newer bids speaks of the price as it is now: ${how}`, async () => {
    const { id } = await house.list({ title: "Overtaken" });
    const bob = await Visitor.come(browser, house, { name: "Bob", shape });
    await bob.visit(`/listings/${id}`);
    await bob.isLive();
    await bob.page.route("**/bids", async (route) => {
      await house.bid("Cleo", id, 12_000);
      const answer = await route.fetch();
      assert.equal(answer.status(), 409);
      // The page hears of two more bids before it is given the answer.
      await house.bid("Bob", id, 20_000);
      await house.bid("Cleo", id, 30_000);
      await until("the page shows them", async () => (await minimum(bob)) === "30500");
      await route.fulfill({ response: answer });
    });
    await bob.confirmBid(10_000);
    await until("the refusal is read", () => errors(bob));
    assert.match(await errors(bob), /30,500/);
    assert.equal(await minimum(bob), "30500", "the page does not go back to an older price");
    await bob.page.unroute("**/bids");

    // A bid of another ends the error, and the question that was asked meanwhile.
    await bob.page.fill("form[data-bid] [name=max]", "90000");
    await bob.page.click("form[data-bid] button[type=submit]");
    await bob.page.waitForSelector("dialog[data-confirm][open]");
    await house.bid("Bob", id, 40_000);
    await house.bid("Cleo", id, 50_000);
    await until("the price is shown", async () => (await minimum(bob)) === "50500");
    await until("nothing is asked any more", async () => !(await bob.page.$("dialog[open]")));
    assert.equal(await errors(bob), "");
    bob.assertNoComplaints(/409/);
    await bob.close();
  });
}
