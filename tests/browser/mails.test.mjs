// Mails as their readers see them: sent to a real SMTP server, shown by Chromium at the width of a phone and of a desk, light
// and dark, in both languages. And the pages of a house that has dressed up in a colour.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { House, emailOf, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 390, 600, 1_280];
/** A colour of the house, or none. */
const ACCENTS = ["none", "#7a1f5c"];

let browser, house, folder, server;

/** A picture with a word on a transparent ground, as a graphic designer sends it. */
async function drawnLogo() {
  const page = await browser.newPage({ viewport: { width: 600, height: 150 } });
  await page.setContent(`<body style="margin:0;font:700 90px/150px serif;color:#123a6b;text-align:center">Harbour</body>`);
  const png = await page.screenshot({ omitBackground: true });
  await page.close();
  return png;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "auction-mails-"));
  server = spawn("/usr/bin/python3", [join(HERE, "../it/smtp.py"), folder], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((said) => createInterface({ input: server.stdout }).once("line", said));
  browser = await launch();
  house = await House.open({ currency: "EUR" });
  await house.kill();
  const settings = `smtp_url = "smtp://127.0.0.1:${port}"\nmail_from = "Harbour Night <house@example.org>"\n`;
  writeFileSync(join(house.folder, "auction.toml"), settings, { mode: 0o600 });
  for (const [key, value] of [
    ["name", "Harbour Night"], ["mail_window_s", "0"], ["mail_pause_s", "0"], ["premium_bps", "1000"],
    ["public_url", "https://auction.example.org"],
  ]) house.auction("house", "set", key, value);
  await house.start();
});

after(async () => {
  await browser?.close();
  await house?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function mails() {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

/** Has Bob mailed of all that can happen to him, and returns those mails. */
async function mailsOfAnEvening(language) {
  const n_before = mails().length;
  house.auction("account", "mails", emailOf("Bob"), "--language", language, "--kinds", "all");
  const title = "A brass lamp with a very long name, Donaudampfschifffahrtsgesellschaftskapitänskajütenlampe";
  const lamp = await house.list({ title, closes_in_s: 3_600, soft_close: { window_s: 7_200, extension_s: 7_200, cap_s: 7_200 } });
  await house.bid("Bob", lamp.id, 10_000);
  await house.bid("Cleo", lamp.id, 20_000);
  house.auction("account", "credit", emailOf("Bob"), "4200", "--why", "at the desk, see evil.example");
  const vase = await house.list({ title: "Vase <b>blue</b>", closes_in_s: 6 });
  await house.bid("Bob", vase.id, 10_000);
  const urn = await house.list({ title: "Urn" });
  await house.bid("Bob", urn.id, 10_000);
  house.auction("listing", "cancel", String(urn.id), "--why", "it broke");
  const words = { en: ["outbid", "won", "cancelled", "available"], ko: ["상위 입찰", "낙찰", "취소", "사용 가능"] }[language];
  const bobs = () => mails().slice(n_before).filter(({ to }) => to[0] === emailOf("Bob"));
  return until("Bob is told of everything", () => {
    const found = bobs();
    const said = found.map(({ body, headers }) => headers.subject + body).join("\n");
    return words.every((word) => said.includes(word)) && found;
  });
}

/** The mail as a mail program shows it: with the pictures that came along. */
async function show(page, mail) {
  const [kind, content] = mail.inline["<logo>"] ?? [];
  await page.setContent(mail.html.replace("cid:logo", `data:${kind};base64,${content}`), { waitUntil: "load" });
}

async function findings(page, rules) {
  await page.addScriptTag({ content: axe });
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate((given) => globalThis.axe.run(document, given), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

let drawn;

for (const accent of ACCENTS) {
  for (const language of ["en", "ko"]) {
    test(`mails are sound on phone and desk, light and dark: ${language}, accent ${accent}`, async () => {
      house.auction("house", "set", "accent", accent);
      drawn ??= drawnLogo();
      const file = join(folder, "logo.png");
      writeFileSync(file, await drawn);
      house.auction("house", "logo", ...(accent === "none" ? ["--remove"] : [file]));
      const found = [];
      for (const mail of await mailsOfAnEvening(language)) {
        assert.equal(mail.html.includes("cid:logo"), accent !== "none");
        for (const colorScheme of ["light", "dark"]) {
          const context = await browser.newContext({ colorScheme, viewport: { width: WIDTHS[0], height: 700 } });
          const page = await context.newPage();
          const asked = [];
          page.on("request", (request) => !/^(data|about):/.test(request.url()) && asked.push(request.url()));
          await show(page, mail);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 700 });
            const too_wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            if (too_wide > 0) found.push(`${mail.headers.subject}: ${too_wide} px too wide at ${width}`);
          }
          const faults = await findings(page);
          found.push(...faults.map((fault) => `${mail.headers.subject}, ${colorScheme}: ${fault}`));
          const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          assert.equal(ground, colorScheme === "dark" ? "rgb(15, 36, 27)" : "rgb(245, 238, 220)");
          const buttons = await page.$$eval("a.button", (links) => links.map((link) => link.getBoundingClientRect().height));
          assert.ok(buttons.every((height) => height >= 44), `room for a finger: ${buttons}`);
          assert.equal(await page.getAttribute("html", "lang"), language);
          const strange = await page.$$eval("a", (links) => links.map((link) => link.href).filter((href) => !href.startsWith("https://auction.example.org/")));
          assert.deepEqual([strange, asked], [[], []]);
          await context.close();
        }
      }
      assert.deepEqual(found, []);
    });
  }
}

test("pages in the house's colour and with its logo are sound, light and dark", async () => {
  house.auction("house", "set", "welcome", "All proceeds go to the school.");
  const found = [];
  for (const accent of ["#6b5a00", "#000000", "#b3005e"]) {
    house.auction("house", "set", "accent", accent);
    await until("the pages wear it", async () => (await (await fetch(house.base)).text()).includes(`accent.${accent.slice(1)}`));
    const visitor = await Visitor.come(browser, house, { name: "Cleo", shape: PHONE, bypassCSP: true });
    for (const path of ["/", "/join", "/listings/1", "/account"]) {
      await visitor.visit(path);
      for (const colorScheme of ["light", "dark"]) {
        await visitor.page.emulateMedia({ colorScheme });
        const faults = await findings(visitor.page, ["color-contrast", "image-alt", "link-name"]);
        found.push(...faults.map((fault) => `${accent} ${path} ${colorScheme}: ${fault}`));
      }
      const too_wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (too_wide > 0) found.push(`${path}: ${too_wide} px too wide`);
    }
    visitor.assertNoComplaints();
    await visitor.close();
  }
  assert.deepEqual(found, []);
});

test("Chromium finds nothing that keeps a house from being installed", async () => {
  for (const logo of [["--remove"], [join(folder, "logo.png")]]) {
    house.auction("house", "logo", ...logo);
    // A private window, as tests have them, installs nothing.
    const options = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] };
    const context = await chromium.launchPersistentContext(mkdtempSync(join(folder, "profile-")), options);
    const page = await context.newPage();
    await page.goto(house.base);
    const session = await context.newCDPSession(page);
    const { errors, data } = await session.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    assert.equal(JSON.parse(data).name, "Harbour Night");
    assert.deepEqual((await session.send("Page.getInstallabilityErrors")).installabilityErrors, []);
    await context.close();
  }
});
