// A house of its own for a test file: the real program on a free port in a temporary folder, with people in it. It is ended
// and removed with the test; nothing else of the machine is touched, for the house has no scheduler.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = resolve(process.env.AUCTION_BIN ?? join(HERE, "../../target/debug/auction"));
export const PASSWORD = "correct horse battery";
const PAID_IN = 10_000_000;
/** Far longer than anything takes, on a busy machine too: it bounds what will never come. */
export const PATIENCE_MS = 60_000;

const houses = new Set();
process.once("exit", () => houses.forEach((house) => house.vanish()));
// Whoever stops the tests early leaves nothing behind either.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Asks again until `holds` says something true, and returns it; fails with `what` when it has not within `within_ms`. */
export async function until(what, holds, within_ms = PATIENCE_MS) {
  const began = performance.now();
  for (;;) {
    const held = await holds();
    if (held) return held;
    if (performance.now() - began > within_ms) throw new Error(`not within ${within_ms} ms: ${what}`);
    await sleep(25);
  }
}

export class House {
  /** Ann sells; Bob and Cleo bid. */
  static async open({ currency = "KRW" } = {}) {
    const house = new House(mkdtempSync(join(tmpdir(), "auction-browser-")));
    house.auction("house", "set", "currency", currency);
    for (const name of ["Ann", "Bob", "Cleo"]) house.addPerson(name);
    // Neither the machine's zone nor the browser's.
    house.auction("house", "set", "zone", "Asia/Kolkata");
    await house.start();
    house.tokens = {};
    for (const name of ["Ann", "Bob", "Cleo"]) {
      const session = await house.call("POST", "/api/v1/sessions", null, { email: emailOf(name), password: PASSWORD });
      house.tokens[name] = session.token;
    }
    return house;
  }

  constructor(folder) {
    this.folder = folder;
    this.port = 0;
    this.process = null;
    houses.add(this);
  }

  vanish() {
    this.process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a command that must succeed; its answer. */
  auction(...args) {
    const input = typeof args.at(-1) === "object" ? args.pop().input : "";
    const out = this.print("--format", "json", ...args, { input });
    return out.trim() ? JSON.parse(out) : null;
  }

  /** The same, as it is printed. */
  print(...args) {
    const input = typeof args.at(-1) === "object" ? args.pop().input : "";
    return execFileSync(PROGRAM, ["--data-dir", this.folder, "-q", ...args], { input, timeout: PATIENCE_MS, encoding: "utf8" });
  }

  addPerson(name) {
    const email = emailOf(name);
    this.auction("account", "add", "--email", email, "--name", name, "--password-stdin", { input: PASSWORD });
    this.auction("account", "credit", email, String(PAID_IN), "--why", "paid in");
  }

  /** On the same port as before, if it ran before; with these variables in its environment, and these options. */
  async start(environment = {}, options = []) {
    const args = ["--data-dir", this.folder, "-q", "serve", "--scheduler", "none", "--listen", `127.0.0.1:${this.port}`, ...options];
    this.process = spawn(PROGRAM, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: this.process.stdout });
    const first = await Promise.race([
      new Promise((said) => lines.once("line", said)),
      new Promise((_, fail) => this.process.once("exit", (status) => fail(new Error(`serve ended: ${status}`)))),
      sleep(PATIENCE_MS, null, { ref: false }).then(() => Promise.reject(new Error("serve did not begin to listen"))),
    ]);
    this.base = /^listening on (http:\S+)$/.exec(first)[1];
    this.port = Number(new URL(this.base).port);
  }

  /** As a power cut would. */
  async kill() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
    this.process = null;
  }

  async close() {
    if (this.process) await this.kill();
    this.vanish();
    houses.delete(this);
  }

  async call(method, path, token, body) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  list(terms) {
    const usual = { title: "Brass desk lamp", description: "It works.", opening: 10_000, increment: 500, closes_in_s: 600 };
    return this.call("POST", "/api/v1/listings", this.tokens.Ann, { ...usual, ...terms });
  }

  /**
   * A listing that ends soon, at which everyone `arrive`s early: where that takes more than a quarter of its time, as on a busy
   * machine, another that ends twice as late. `terms` are made of the seconds.
   */
  async listInTime(terms, arrive) {
    for (let closes_in_s = 16; ; closes_in_s *= 2) {
      const began = performance.now();
      const listing = await this.list({ ...terms(closes_in_s), closes_in_s });
      await arrive(listing);
      if (performance.now() - began < closes_in_s * 250) return listing;
    }
  }

  bid(name, listing, amount, message) {
    return this.call("POST", `/api/v1/listings/${listing}/bids`, this.tokens[name], { amount, message });
  }
}

export function emailOf(name) {
  return `${name.toLowerCase()}@example.org`;
}

/** Logs a page's visitor in, as the form does, without drawing it. */
export async function logIn(page, house, name) {
  const form = { email: emailOf(name), password: PASSWORD };
  const answer = await page.request.post(`${house.base}/login`, { form, headers: { origin: new URL(house.base).origin }, maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`${name} is not logged in: ${answer.status()}`);
}
