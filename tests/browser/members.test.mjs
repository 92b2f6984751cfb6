// Invitations and approval, in a browser: the whole way without scripts, and each page sound, in both languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { House, PASSWORD, emailOf, until } from "./house.mjs";
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

/** The path of the link for an invited person. */
function invited(name) {
  const [{ link }] = house.auction("account", "invite", emailOf(name), "--name", name, "--print");
  return link.slice(link.indexOf("/invitation"));
}

async function axeFindings({ page }) {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

test("whoever is invited chooses a name and a password without scripts", async () => {
  const dora = await Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE });
  const { page } = dora;
  const link = invited("Dora");
  await dora.visit(link);
  assert.equal(await page.inputValue("[name=name]"), "Dora");
  await page.fill("[name=name]", "Bob");
  await page.fill("[name=password]", PASSWORD);
  await dora.follow("form[action='/invitation'] button[type=submit]");
  assert.match(await page.textContent("#name-error"), /Somebody else has this name/);
  assert.equal(await page.inputValue("[name=name]"), "Bob", "what was typed stays");
  assert.equal(await page.inputValue("[name=password]"), "", "the password does not");
  await page.fill("[name=name]", "Dora Lee");
  await page.fill("[name=password]", PASSWORD);
  await dora.follow("form[action='/invitation'] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, "/");
  assert.equal((await page.textContent("[data-me]")).trim(), "Dora Lee");
  await page.goto(house.base + link);
  assert.match(await page.textContent("main [role=alert]"), /has been used already/);
  await dora.close();
});

test("who waits for approval reads it on every page, and no longer once approved", async () => {
  house.auction("house", "set", "sign_up", "approval");
  const emil = await Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE });
  const { page } = emil;
  const joining = { email: emailOf("Emil"), name: "Emil", password: PASSWORD };
  assert.equal((await house.call("POST", "/api/v1/accounts", null, joining)).state, "pending");
  await emil.visit("/login");
  await page.fill("form[action='/login'] [name=email]", emailOf("Emil"));
  await page.fill("form[action='/login'] [name=password]", PASSWORD);
  await emil.follow("form[action='/login'] button[type=submit]");
  for (const path of ["/", "/account", "/listings/new"]) {
    await page.goto(house.base + path);
    assert.match(await page.textContent(".warning"), /waiting for the organiser’s approval/, path);
  }
  house.auction("account", "approve", emailOf("Emil"));
  await until("the server knows of it", async () => {
    await page.goto(`${house.base}/account`);
    return (await page.locator(".warning").count()) === 0;
  });
  house.auction("house", "set", "sign_up", "open");
  await emil.close();
});

for (const [name, shape, locale] of [["phone", PHONE, "en-GB"], ["desk", DESK, "ko-KR"]]) {
  test(`axe finds nothing on the pages of members: ${name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const guest = await Visitor.come(browser, house, { shape, locale, bypassCSP: true });
    const link = invited(name === "phone" ? "Finn" : "Gwen");
    for (const path of [link, "/invitation?token=none"]) {
      await guest.visit(path);
      assert.deepEqual(await axeFindings(guest), [], path);
      const wide = await guest.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
      assert.equal(await guest.page.getAttribute("html", "lang"), locale.slice(0, 2));
    }
    await guest.close();
  });
}
