// The desk of a sale for the tests: passes, a visitor who holds one, and what such a visitor does and sees.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { until } from "./house.mjs";
import { Visitor } from "./visitor.mjs";

/** Where pictures of the pages go, if anywhere. */
export const SHOTS = process.env.AUCTION_SHOTS;

/** A browser that has opened the link of a new pass. */
export async function holdPass(browser, house, { name, sale, may, ...options }) {
  const { code } = house.auction("desk", "open", name, "--sale", sale, "--may", may);
  const visitor = await Visitor.come(browser, house, options);
  await visitor.page.goto(`${house.base}/desk/open?code=${code}`);
  assert.equal(new URL(visitor.page.url()).pathname, "/desk", "the first browser that opens the link holds the pass");
  return visitor;
}

/** A program with a pass: `call(method, path, body)` below `/api/v1/desk/`. */
export async function programWithPass(house, name, sale, may) {
  const { code } = house.auction("desk", "open", name, "--sale", sale, "--may", may);
  const { token } = await house.call("POST", "/api/v1/desk/sessions", null, { code });
  let n = 0;
  return async (method, path, body) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}`, "idempotency-key": `${encodeURIComponent(name)}-${++n}` };
    const answer = await fetch(`${house.base}/api/v1/desk/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
}

/** What has the focus: a field by its name, all else by its text. */
export const focus = (page) => page.evaluate(() => document.activeElement.name || document.activeElement.textContent.trim());

/** Types, presses Enter, and waits until the page that this leads to is there, and the focus where the page wants it. */
export async function enter(page, text = "", leadsTo = /./) {
  if (text) await page.keyboard.type(text);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  assert.match(page.url(), leadsTo);
  await hasFocus(page);
}

/** Waits until the focus is where the page wants it: a page may be loaded before its first frame, which brings the focus. */
export function hasFocus(page) {
  const isThere = () => !document.querySelector("[autofocus]") || document.activeElement !== document.body;
  return until("the focus", () => page.evaluate(isThere));
}

/** What axe finds on the page, targets too small for a finger included. */
export async function axeFindings(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

/** Takes a picture of the page, where somebody wants them. */
export async function shoot(page, name, options = {}) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true, ...options });
}
