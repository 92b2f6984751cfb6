// Single sign-on as people meet it: a real provider, a real browser, and the house between them. And tokens for programs.
// axe itself is a script that the pages' policy refuses: where it looks, the policy is off.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFindings } from "./desks.mjs";
import { House, emailOf } from "./house.mjs";
import { CLIENT, openProvider } from "./oidc_provider.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

let house;
let provider;
let browser;

before(async () => {
  house = await House.open();
  provider = await openProvider(`${house.base}/login/sso/callback`);
  house.auction("house", "set", "oidc_issuer", provider.issuer);
  await house.kill();
  await house.start({ AUCTION_OIDC_CLIENT_ID: CLIENT.id, AUCTION_OIDC_CLIENT_SECRET: CLIENT.secret });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await provider?.close();
  await house?.close();
});

/** Presses the button of the log-in page, and says at the provider who one is. */
async function signOn(visitor, name, next = "/account") {
  await visitor.page.goto(`${house.base}/login?next=${encodeURIComponent(next)}`);
  await visitor.page.click("#sso");
  await visitor.page.waitForURL((address) => address.href.startsWith(provider.issuer));
  await visitor.page.fill("[name=login]", name);
  await visitor.page.fill("[name=password]", "any");
  await visitor.page.click("button[type=submit]");
  // The provider asks whether the house may know name and address.
  await visitor.page.click("button[type=submit]");
  await visitor.page.waitForURL((address) => address.href.startsWith(house.base));
}

const heading = (visitor) => visitor.page.locator("h1").first().innerText();
const accounts = () => house.auction("account", "list");

test("a stranger is logged in, and is the same person the next time", async () => {
  const bob = await Visitor.come(browser, house, { shape: PHONE, bypassCSP: true });
  await signOn(bob, "bob", "/account?lang=en");
  assert.equal(bob.page.url(), `${house.base}/account?lang=en&done=logged-in`);
  assert.match(await heading(bob), /^Bob Robertson/);
  const known = accounts().filter((account) => account.email === "bob.robertson@example.org");
  assert.equal(known.length, 1);
  // The house forgets the browser; the provider does not, and asks nothing.
  await bob.context.clearCookies({ domain: "127.0.0.1" });
  await bob.page.goto(`${house.base}/login`);
  await bob.page.click("#sso");
  await bob.page.waitForURL((address) => address.href === `${house.base}/?done=logged-in`);
  await bob.page.goto(`${house.base}/account`);
  assert.match(await heading(bob), /^Bob Robertson/);
  assert.equal(accounts().length, 4);
  await bob.close();
});

test("a verified address leads to its account, and one that is not verified to none", async () => {
  const ann = await Visitor.come(browser, house, { shape: DESK });
  await signOn(ann, "ann");
  assert.match(await heading(ann), /^Ann\s+ann@example\.org/);
  await ann.close();
  const mallory = await Visitor.come(browser, house, { shape: PHONE, bypassCSP: true });
  await signOn(mallory, "mallory");
  assert.equal(await heading(mallory), "You are not logged in");
  assert.match(await mallory.page.locator("main").innerText(), /already an account/);
  assert.deepEqual(await axeFindings(mallory.page), [], "the failed log-in");
  await mallory.page.goto(`${house.base}/account`);
  assert.match(mallory.page.url(), /\/login\?next=/);
  assert.deepEqual(await axeFindings(mallory.page), [], "the log-in page");
  await mallory.close();
  assert.equal(accounts().filter((account) => account.email === emailOf("Cleo")).length, 1);
});

test("a token is added on a phone, shown once, used, and revoked", async () => {
  const cleo = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE, bypassCSP: true });
  await cleo.page.goto(`${house.base}/account?tab=settings`);
  await cleo.page.click("a[href$='/account/tokens']");
  await cleo.page.fill("[name=name]", "Stock list");
  await cleo.page.check("[name=may_bid]");
  await cleo.page.click("form[action$='/account/tokens'] button");
  const token = await cleo.page.locator("#token").innerText();
  assert.deepEqual(await axeFindings(cleo.page), [], "the new token");
  assert.equal((await house.call("GET", "/api/v1/me", token)).name, "Cleo");
  await cleo.page.goto(`${house.base}/account/tokens`);
  assert.equal(await cleo.page.locator("#token").count(), 0);
  await cleo.page.click("form[action$='/revoke'] button");
  await cleo.page.waitForURL(/done=revoked/);
  await assert.rejects(house.call("GET", "/api/v1/me", token), /401/);
  assert.deepEqual(await axeFindings(cleo.page), [], "no tokens");
  await cleo.close();
});
