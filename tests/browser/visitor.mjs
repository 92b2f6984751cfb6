// A visitor's browser: the real Chromium, a phone or a desk, and everything it complained about.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { PATIENCE_MS, logIn, until } from "./house.mjs";

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const DESK = { viewport: { width: 1280, height: 900 } };

const ARGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
];

/** Debian's Chromium as a program of its own that draws no windows: pages are the same in it, for three fifths of the work. */
const SHELL = process.env.CHROMIUM_SHELL ?? "/usr/bin/chromium-headless-shell";
/** Debian's Chromium as people have it, for what its windows and its services do: installing, and pushes. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function launch(options) {
  return chromium.launch({ executablePath: SHELL, args: ARGS, headless: true, ...options });
}

export function launchWhole(options) {
  return launch({ executablePath: CHROMIUM, ...options });
}

export class Visitor {
  /** `name` logs in; without one, a guest. `scripts` run in every page before its own. */
  static async come(browser, house, { name, shape = DESK, scripts = [], ...options } = {}) {
    const context = await browser.newContext({ ...shape, locale: "en-GB", reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    // As on Android, where one tab holds the stream for all.
    if (shape.isMobile) await context.addInitScript(() => delete globalThis.SharedWorker);
    for (const script of scripts) await context.addInitScript(script);
    const visitor = new Visitor(context, house, await context.newPage());
    if (name) await logIn(visitor.page, house, name);
    return visitor;
  }

  constructor(context, house, page) {
    this.context = context;
    this.house = house;
    this.page = page;
    this.complaints = [];
    // A refused script or style is an error on the console too.
    page.on("console", (message) => message.type() === "error" && this.complain(message.text(), message.location().url));
    page.on("pageerror", (error) => this.complain(String(error), page.url()));
  }

  complain(text, where) {
    if (this.complaints.length < 50) this.complaints.push(`${where}: ${text}`);
  }

  /** Nothing but what `expected` covers. */
  assertNoComplaints(expected = /^\b$/) {
    assert.deepEqual(this.complaints.filter((text) => !expected.test(text)), []);
  }

  async visit(path) {
    await this.page.goto(this.house.base + path);
    // Lost if the page is loaded again.
    await this.page.evaluate(() => (window.sameDocument = true));
  }

  /** Presses what leads to another page, until that one is there as a whole. */
  async follow(selector) {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(selector)]);
  }

  async assertSameDocument() {
    assert.equal(await this.page.evaluate(() => window.sameDocument), true, "the page was loaded again");
  }

  /**
   * Confirms a maximum by the form and its dialog, as a person does who has seen every bid before it: one that came while the
   * dialog is open would close it. The least that is needed is bid of it.
   */
  async confirmBid(max, message) {
    await this.seesEveryBid();
    await this.page.fill("form[data-bid] [name=max]", String(max));
    if (message) await this.write(message);
    await this.page.click("form[data-bid] button[type=submit]");
    await this.page.click("dialog[data-confirm] button[value=confirm]");
  }

  /** Opens the place for a message, and types it. */
  async write(message) {
    if (!(await this.page.isVisible("form[data-bid] [name=message]"))) await this.page.click(".field-message summary");
    await this.page.fill("form[data-bid] [name=message]", message);
  }

  /** The same, up to the house's answer, which must be that the bid stands. */
  async bid(max, message) {
    const isAnswer = (response) => response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/bids");
    const [answer] = await Promise.all([this.page.waitForResponse(isAnswer), this.confirmBid(max, message)]);
    assert.equal(answer.status(), 201, `the bid of ${max} stands`);
    await until("the page has the answer", () => this.page.$("form[data-bid]:not([aria-busy=true])"));
  }

  async seesEveryBid() {
    const id = await this.page.getAttribute("article[data-listing]", "data-listing");
    await until("the page shows every bid", async () => {
      const { n_bids } = await this.house.call("GET", `/api/v1/listings/${id}`);
      return ((await this.sequence())[0] ?? 0) === n_bids;
    });
  }

  attribute(name) {
    return this.page.getAttribute(`article[data-listing] [data-${name}]`, `data-${name}`);
  }

  /** The history as the page shows it: newest first. */
  history() {
    return this.page.$$eval("[data-history] li", (rows) =>
      rows.map((row) => ({ seq: Number(row.dataset.seq), text: row.textContent.replace(/\s+/g, " ").trim() })));
  }

  async sequence() {
    return (await this.history()).map((row) => row.seq);
  }

  /** Another tab of the same browser. */
  async tab(path) {
    const other = new Visitor(this.context, this.house, await this.context.newPage());
    await other.visit(path);
    return other;
  }

  isLive() {
    return until("the page is live", () => this.page.$("[data-link].on"));
  }

  close() {
    return this.context.close();
  }
}

/** What a history with bids 1 to n shows: each exactly once, newest first. */
export function countdownFrom(n) {
  return Array.from({ length: n }, (_, i) => n - i);
}
