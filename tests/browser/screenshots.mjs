// Takes pictures of every page of a running house, to be looked at: phone and desktop, light and dark, English and
// Korean. Says what the browser complained about, and which pages scroll sideways at 320 px.
//
//   node tests/browser/screenshots.mjs BASE_URL OUT_FOLDER [NAME=PATH...]
//
// Without names: the pages that need no log-in, and the first listing that the home page shows. AUCTION_COOKIE, if set,
// is the value of the session cookie, and the pages of an account are taken too. The board is also taken as a projector
// shows it, and the sheet as it is printed.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, out, ...named] = process.argv.slice(2);
if (!base || !out) {
  console.error("usage: screenshots.mjs BASE_URL OUT_FOLDER [NAME=PATH...]");
  process.exit(2);
}

const PUBLIC = { home: "/", board: "/board", join: "/join", login: "/login", missing: "/no-such-page" };
const PERSONAL = { new: "/listings/new", account: "/account", watched: "/?show=watched" };
const SHAPES = [["phone", { width: 390, height: 844 }], ["desktop", { width: 1280, height: 900 }]];
const MAX_COMPLAINTS = 100;

const complaints = [];
const complain = (text) => complaints.length < MAX_COMPLAINTS && complaints.push(text);

/** Names and paths: those given, or the usual ones. */
async function pagesOf(browser) {
  if (named.length) return Object.fromEntries(named.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  const page = await browser.newPage();
  await page.goto(base);
  const first = await page.locator("[data-listing] a").first().getAttribute("href", { timeout: 2000 }).catch(() => null);
  await page.close();
  return { ...PUBLIC, ...(first && { listing: first, sheet: `${first}/sheet` }), ...(process.env.AUCTION_COOKIE && PERSONAL) };
}

async function contextOf(browser, viewport, colorScheme, lang) {
  const context = await browser.newContext({ viewport, colorScheme, locale: lang, reducedMotion: "reduce" });
  if (process.env.AUCTION_COOKIE) {
    await context.addCookies([{ name: "auction_session", value: process.env.AUCTION_COOKIE, url: base }]);
  }
  return context;
}

async function picture(context, name, path, file) {
  const page = await context.newPage();
  page.on("console", (message) => {
    const isMissing = name === "missing" && message.text().includes("404");
    if (message.type() === "error" && !isMissing) complain(`${name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`${name}: ${error}`));
  await page.goto(new URL(path, base).href);
  await page.waitForTimeout(400);
  await page.screenshot({ path: file, fullPage: true });
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) complain(`${name}: ${overflow} px too wide at 320 px`);
  await page.close();
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
await mkdir(out, { recursive: true });
const pages = await pagesOf(browser);
for (const [shape, viewport] of SHAPES) {
  for (const scheme of ["light", "dark"]) {
    for (const lang of ["en", "ko"]) {
      const context = await contextOf(browser, viewport, scheme, lang);
      for (const [name, path] of Object.entries(pages)) {
        const address = new URL(path, base);
        address.searchParams.set("lang", lang);
        await picture(context, name, address.href, join(out, `${name}-${shape}-${scheme}-${lang}.png`));
      }
      await context.close();
    }
  }
}
const hall = await browser.newPage({ viewport: { width: 1920, height: 1080 }, reducedMotion: "reduce" });
if (pages.board) {
  await hall.goto(new URL(pages.board, base).href);
  await hall.waitForTimeout(400);
  await hall.screenshot({ path: join(out, "board-projector.png") });
}
if (pages.sheet) {
  await hall.emulateMedia({ media: "print" });
  await hall.setViewportSize({ width: 794, height: 1123 });
  await hall.goto(new URL(pages.sheet, base).href);
  await hall.screenshot({ path: join(out, "sheet-printed.png") });
}
await browser.close();
for (const text of [...new Set(complaints)]) console.error(text);
process.exit(complaints.length ? 1 : 0);
