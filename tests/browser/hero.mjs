// The README's picture: the demo's evening with all its lots, on a laptop and on a phone beside it.

import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor } from "./visitor.mjs";

const LAPTOP = { viewport: { width: 1280, height: 800 } };
const SHEET = { width: 1600, height: 1000 };
const MAX_BYTES = 120 * 1024;
const SALE = "charity-night";
/** What Bob looks at on his phone. */
const ON_PHONE = "Walnut radio, 1958";

/** Takes the picture of an evening at which Bob and Cleo bid on most lots, and writes it as WebP. */
export async function hero(browser, file) {
  const house = new House(mkdtempSync(join(tmpdir(), "auction-hero-")));
  try {
    await house.start({ LC_ALL: "en_IE.UTF-8" }, ["--demo"]);
    const tokens = {};
    for (const name of ["bob", "cleo"]) {
      tokens[name] = (await house.call("POST", "/api/v1/sessions", null, { email: `${name}@demo.example`, password: "demo-demo" })).token;
    }
    await until("the sale is open", async () => (await house.call("GET", `/api/v1/sales/${SALE}`)).state === "open");
    const { listings } = await house.call("GET", "/api/v1/listings?state=open&limit=100");
    const shown = listings.find(({ title }) => title === ON_PHONE);
    for (const [i, { id }] of listings.entries()) await evening(house, tokens, id, id === shown.id ? 6 : (i * 5) % 7);
    const screens = {
      laptop: await screen(browser, house, LAPTOP, "/"),
      phone: await screen(browser, house, PHONE, `/listings/${shown.id}`),
    };
    await writeFile(file, await composed(browser, screens));
  } finally {
    await house.close();
  }
}

/** A few bids in turn, each at least the next possible; Bob's is the last where their number is even. */
async function evening(house, tokens, id, n_bids) {
  for (let i = 0; i < n_bids; i += 1) {
    const name = i % 2 ? "bob" : "cleo";
    const { minimum } = await house.call("GET", `/api/v1/listings/${id}`);
    const message = i === 3 ? "For the reading corner" : undefined;
    // The demo's robot bids, too: it may have been faster.
    await house.call("POST", `/api/v1/listings/${id}/bids`, tokens[name], { amount: minimum, message }).catch(() => {});
  }
}

async function screen(browser, house, shape, path) {
  const visitor = await Visitor.come(browser, house, { shape: { ...DESK, ...shape }, deviceScaleFactor: shape === PHONE ? 2 : 1.25, bypassCSP: true });
  const { page } = visitor;
  await visitor.visit("/login");
  await page.fill("[name=email]", "bob@demo.example");
  await page.fill("[name=password]", "demo-demo");
  await page.click("form[action$='/login'] button[type=submit]");
  await page.waitForURL((address) => address.pathname !== "/login");
  await visitor.visit(path);
  await visitor.page.waitForLoadState("networkidle", { timeout: 3_000 }).catch(() => {});
  // Bob has read where he was outbid.
  for (const dismiss = page.locator("[data-toast] button"); await dismiss.count(); ) await dismiss.first().click();
  // There is no scroll bar to keep room for.
  await page.addStyleTag({ content: "html { scrollbar-gutter: auto !important }" });
  const png = await page.screenshot();
  await visitor.close();
  return `data:image/png;base64,${png.toString("base64")}`;
}

/** Both on the auctioneer's table, as a WebP below the limit. */
async function composed(browser, { laptop, phone }) {
  const page = await browser.newPage({ viewport: SHEET });
  await page.setContent(`<style>
    body { margin: 0; width: ${SHEET.width}px; height: ${SHEET.height}px; position: relative; overflow: hidden; background: radial-gradient(circle at 42% 30%, #1e6349, #12402f 55%, #0a241a); }
    img { display: block; width: 100%; }
    .laptop { position: absolute; left: 90px; top: 80px; width: 1190px; }
    .lid { padding: 20px 20px 24px; border-radius: 26px 26px 0 0; background: #15171a; box-shadow: 0 40px 80px #0008; }
    .lid img { border-radius: 4px; }
    .foot { height: 28px; margin: 0 -64px; border-radius: 4px 4px 26px 26px; background: linear-gradient(#d9d6cd, #8f8b80); box-shadow: 0 36px 50px #000a; }
    .foot::after { content: ""; display: block; width: 190px; height: 11px; margin: auto; border-radius: 0 0 12px 12px; background: #77736a; }
    .phone { position: absolute; right: 80px; bottom: 46px; width: 352px; padding: 13px; border-radius: 54px; background: #15171a; box-shadow: 0 0 0 2px #c9a44a, 0 40px 80px #000c; }
    .phone img { border-radius: 42px; }
  </style><div class="laptop"><div class="lid"><img src="${laptop}"></div><div class="foot"></div></div><div class="phone"><img src="${phone}"></div>`);
  await page.evaluate(() => Promise.all([...document.images].map((img) => img.decode())));
  const whole = (await page.screenshot()).toString("base64");
  const webp = await page.evaluate(async ([png, max_bytes]) => {
    const img = new Image();
    img.src = `data:image/png;base64,${png}`;
    await img.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: img.width, height: img.height });
    canvas.getContext("2d").drawImage(img, 0, 0);
    for (let quality = 0.9; quality > 0.3; quality -= 0.04) {
      const blob = await new Promise((done) => canvas.toBlob(done, "image/webp", quality));
      if (blob.size > max_bytes) continue;
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    }
    throw new Error(`no WebP of at most ${max_bytes} bytes`);
  }, [whole, MAX_BYTES]);
  await page.close();
  return Buffer.from(webp, "base64");
}
