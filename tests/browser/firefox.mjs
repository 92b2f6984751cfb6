// The second engine: a real Firefox, driven by WebDriver BiDi, with a profile of its own that is removed with it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { PASSWORD, emailOf, until } from "./house.mjs";

/** Far longer than any step takes; the whole test has a limit of its own. */
const STEP_MS = 20_000;

export class Firefox {
  static async launch() {
    const profile = mkdtempSync(join(tmpdir(), "auction-firefox-"));
    const firefox = new Firefox(profile);
    // Whoever stops the tests early leaves nothing behind either.
    process.once("exit", () => firefox.vanish());
    firefox.browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
      headless: true,
      userDataDir: profile,
      env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
      extraPrefsFirefox: {
        "intl.accept_languages": "en-GB",
        // As a person who asked for less motion, so that nothing is measured while it moves.
        "ui.prefersReducedMotion": 1,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
      },
      timeout: STEP_MS * 2,
    });
    return firefox;
  }

  constructor(profile) {
    this.profile = profile;
  }

  vanish() {
    this.browser?.process()?.kill("SIGKILL");
    rmSync(this.profile, { recursive: true, force: true });
  }

  async close() {
    await Promise.race([this.browser.close(), new Promise((done) => setTimeout(done, 5000).unref())]).catch(() => {});
    this.vanish();
  }

  /** A visitor with cookies of their own; `name` logs in by the form. */
  async come(house, { name, width = 1280, height = 900 } = {}) {
    const context = await this.browser.createBrowserContext();
    const visitor = await FirefoxTab.open(context, house, { width, height });
    if (name) await visitor.logIn(name);
    return visitor;
  }
}

export class FirefoxTab {
  static async open(context, house, viewport) {
    const tab = new FirefoxTab(context, house, await context.newPage(), viewport);
    tab.page.setDefaultTimeout(STEP_MS);
    await tab.page.setViewport(viewport);
    return tab;
  }

  constructor(context, house, page, viewport) {
    Object.assign(this, { context, house, page, viewport, complaints: [] });
    page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Another tab of the same browser. */
  async tab(path) {
    const other = await FirefoxTab.open(this.context, this.house, this.viewport);
    await other.visit(path);
    return other;
  }

  visit(path) {
    return this.page.goto(this.house.base + path, { waitUntil: "load" });
  }

  /** Presses what leads to another page, until that one is there. */
  async follow(selector) {
    await Promise.all([this.page.waitForNavigation(), this.page.click(selector)]);
  }

  async logIn(name) {
    await this.visit("/login");
    await this.page.type("[name=email]", emailOf(name));
    await this.page.type("[name=password]", PASSWORD);
    await this.follow("form[action$='/login'] button[type=submit]");
  }

  /** The text of the first that matches, with single spaces; null without one. */
  text(selector) {
    return this.page.evaluate((at) => document.querySelector(at)?.textContent.replace(/\s+/g, " ").trim() ?? null, selector);
  }

  reads(selector, pattern) {
    return until(`${selector}: ${pattern}`, async () => pattern.test((await this.text(selector)) ?? ""), STEP_MS);
  }

  async fill(selector, value) {
    await this.page.$eval(selector, (field, text) => {
      field.value = text;
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }, value);
  }

  /** Clicks the first of these that is seen. */
  async press(selector) {
    for (const found of await this.page.$$(selector)) {
      if (await found.evaluate((at) => at.checkVisibility() && at.getBoundingClientRect().width > 0)) return found.click();
    }
    throw new Error(`nothing is seen of ${selector}`);
  }

  isLive() {
    return until("the page is live", () => this.page.$("[data-link].on"), STEP_MS);
  }

  assertNoComplaints() {
    assert.deepEqual(this.complaints, []);
  }

  close() {
    return this.context.close();
  }
}
