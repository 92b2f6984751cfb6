// Passwords and links from mails, in a browser: the whole way without scripts, and every page of it sound, in both languages.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { House, PASSWORD, emailOf, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launch } from "./visitor.mjs";

const SMTP = join(dirname(fileURLToPath(import.meta.url)), "../it/smtp.py");
const NEW = "another horse battery";

let house;
let browser;
let mailbox;
let smtp;

before(async () => {
  mailbox = mkdtempSync(join(tmpdir(), "auction-mails-"));
  smtp = spawn("/usr/bin/python3", [SMTP, mailbox], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((said) => createInterface({ input: smtp.stdout }).once("line", said));
  house = await House.open();
  await house.kill();
  house.auction("house", "set", "mail_window_s", "3600");
  await house.start({ AUCTION_SMTP_URL: `smtp://127.0.0.1:${port}`, AUCTION_MAIL_FROM: "House <house@example.org>" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await house?.close();
  smtp?.kill();
  rmSync(mailbox, { recursive: true, force: true });
});

/** The path of the newest link to `page` that was mailed to `name`, once there are `n` of them. */
function linkTo(page, name, n = 1) {
  return until(`${n} mails to ${name} lead to ${page}`, () => {
    const files = readdirSync(mailbox).filter((file) => file.endsWith(".json")).sort();
    const mails = files.map((file) => JSON.parse(readFileSync(join(mailbox, file), "utf8")));
    const links = mails
      .filter(({ to }) => to.includes(emailOf(name)))
      .flatMap(({ body }) => body.match(new RegExp(`/${page}\\?token=\\S+`)) ?? []);
    return links.length >= n ? links.at(-1) : null;
  });
}

async function axeFindings({ page }) {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

test("a forgotten password is set anew without scripts", async () => {
  const bob = await Visitor.come(browser, house, { javaScriptEnabled: false, shape: PHONE });
  const { page } = bob;
  await page.goto(`${house.base}/login`);
  await bob.follow("a[href='/forgotten']");
  await page.fill("[name=email]", emailOf("Bob"));
  await bob.follow("form[action='/forgotten'] button[type=submit]");
  assert.equal(await page.locator("main [role=status]").count(), 1, "it says what comes next");
  const link = await linkTo("reset", "Bob");
  await page.goto(house.base + link);
  await page.fill("[name=password]", NEW);
  await bob.follow("form[action='/reset'] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.fill("[name=email]", emailOf("Bob"));
  await page.fill("[name=password]", NEW);
  await bob.follow("form[action='/login'] button[type=submit]");
  assert.equal(await page.textContent("[data-me]"), "Bob");
  await page.goto(house.base + link);
  assert.equal(await page.locator("main [role=alert]").count(), 1, "a link works once");
  assert.equal(await page.locator("form[action='/reset']").count(), 0);

  await page.goto(`${house.base}/account?tab=settings`);
  await bob.follow("a[href='/account/password']");
  await page.fill("[name=old]", "not this one");
  await page.fill("[name=new]", PASSWORD);
  await bob.follow("form[action='/account/password'] button[type=submit]");
  assert.equal(await page.getAttribute("[name=old]", "aria-invalid"), "true");
  await page.fill("[name=old]", NEW);
  await page.fill("[name=new]", PASSWORD);
  await bob.follow("form[action='/account/password'] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, "/account");
  assert.equal(await page.textContent("[data-me]"), "Bob", "this session stays");
  await bob.close();
});

test("the address of a link is told to nobody", async () => {
  const cleo = await Visitor.come(browser, house, {});
  await house.call("POST", "/api/v1/passwords/forgotten", null, { email: emailOf("Cleo") });
  const link = await linkTo("reset", "Cleo");
  const referers = [];
  cleo.page.on("request", (request) => referers.push(request.headers().referer ?? ""));
  await cleo.visit(link);
  await cleo.page.click("a.house");
  await cleo.page.waitForURL(`${house.base}/`);
  assert.deepEqual(referers.filter((referer) => referer.includes("token=")), []);
  await cleo.page.goBack();
  assert.ok(referers.length > 3);
  cleo.assertNoComplaints();
  await cleo.close();
});

test("an address is verified before a bid, and asked for again, without scripts", async () => {
  house.auction("house", "set", "verify_email", "bid");
  const listing = await house.list({});
  const dora = await Visitor.come(browser, house, { javaScriptEnabled: false });
  const { page } = dora;
  await page.goto(`${house.base}/join?next=/listings/${listing.id}`);
  await page.fill("[name=name]", "Dora");
  await page.fill("[name=email]", emailOf("Dora"));
  await page.fill("[name=password]", PASSWORD);
  await dora.follow("form[action='/join'] button[type=submit]");
  assert.equal(await page.locator("form[data-bid]").count(), 0, "no form to bid yet");
  await linkTo("verify", "Dora");
  await dora.follow("form[action='/account/verification'] button");
  await page.goto(house.base + (await linkTo("verify", "Dora", 2)));
  await dora.follow("form[action='/verify'] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, "/account");
  await page.goto(`${house.base}/listings/${listing.id}`);
  assert.equal(await page.locator("form[data-bid]").count(), 1);
  await dora.close();
  house.auction("house", "set", "verify_email", "off");
});

for (const [name, shape, locale] of [["phone", PHONE, "en-GB"], ["desk", DESK, "ko-KR"]]) {
  test(`axe finds nothing on the pages of passwords and links: ${name}, ${locale}`, async () => {
    // axe itself is a script that the pages' policy refuses: for it alone the policy is off.
    const options = { shape, locale, bypassCSP: true };
    const guest = await Visitor.come(browser, house, options);
    const ann = await Visitor.come(browser, house, { ...options, name: "Ann" });
    house.auction("house", "set", "verify_email", "bid");
    const listing = await house.list({});
    const n = name === "phone" ? 1 : 2;
    await house.call("POST", "/api/v1/passwords/forgotten", null, { email: emailOf("Ann") });
    const reset = await linkTo("reset", "Ann", n);
    await house.call("POST", "/api/v1/me/verification", house.tokens.Ann);
    const verify = await linkTo("verify", "Ann", n);
    const cleo = await Visitor.come(browser, house, { ...options, name: "Cleo" });
    for (const [visitor, path] of [
      [guest, "/login"],
      [guest, "/forgotten"],
      [guest, "/forgotten?sent=1"],
      [guest, reset],
      [guest, verify],
      [guest, "/reset?token=none"],
      [guest, "/verify?token=none"],
      [guest, "/login?done=joined-unverified"],
      [ann, "/account/password"],
      [ann, "/account"],
      [cleo, `/listings/${listing.id}`],
    ]) {
      await visitor.visit(path);
      assert.deepEqual(await axeFindings(visitor), [], path);
      const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
      const lang = await visitor.page.getAttribute("html", "lang");
      assert.equal(lang, locale.slice(0, 2));
    }
    house.auction("house", "set", "verify_email", "join");
    await until("the setting is seen", async () => {
      await guest.page.goto(`${house.base}/login`);
      await guest.page.fill("[name=email]", emailOf("Cleo"));
      await guest.page.fill("[name=password]", PASSWORD);
      await guest.page.click("form[action='/login'] button[type=submit]");
      return (await guest.page.locator("[name=again]").count()) === 1;
    });
    assert.deepEqual(await axeFindings(guest), [], "the offer to send the mail again");
    house.auction("house", "set", "verify_email", "off");
    await Promise.all([guest, ann, cleo].map((visitor) => visitor.close()));
  });
}
