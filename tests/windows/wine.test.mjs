// The Windows build, run under Wine: serve, list, register the deadline with Wine's own schtasks, bid, lose the server, settle
// by command, audit. In a prefix of its own, which is ended and removed with the test. Wine keeps tasks but never fires one, so
// the command that the task holds is run by hand.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = resolve(process.env.AUCTION_EXE ?? join(HERE, "../../target/x86_64-pc-windows-gnu/windows/auction.exe"));
const WINE = "/usr/lib/wine/wine64";
const WINESERVER = "/usr/lib/wine/wineserver64";
const PASSWORD = "correct horse battery";

const folder = mkdtempSync(join(tmpdir(), "auction-wine-"));
const house = join(folder, "house");
const prefix = join(folder, "prefix");
const exe = join(folder, "auction.exe");
const tasks = join(prefix, "drive_c/windows/system32/tasks/Auction");
const env = { PATH: process.env.PATH, HOME: folder, WINEPREFIX: prefix, WINEDEBUG: "-all", WINEDLLOVERRIDES: "mscoree,mshtml=" };
let server = null;

/** As Windows names it: Wine shows `/` as the drive Z. */
const windows = (path) => `Z:${path.replaceAll("/", "\\")}`;
const ARGS = ["--data-dir", windows(house), "--format", "json"];

function wine(args, { input = "", status = 0 } = {}) {
  try {
    const out = execFileSync(WINE, args, { env, input, timeout: 180_000, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
    assert.equal(status, 0, `${args.join(" ")} ended well`);
    return out;
  } catch (error) {
    if (error.status !== status || status === 0) throw new Error(`${args.join(" ")}: ${error.message}`, { cause: error });
    return error.stdout;
  }
}

function auction(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  const out = wine([exe, ...ARGS, ...args], options);
  return out.trim() ? JSON.parse(out) : null;
}

async function until(what, holds, within_ms = 120_000) {
  const end = performance.now() + within_ms;
  while (performance.now() < end) {
    const held = await holds();
    if (held) return held;
    await sleep(200);
  }
  throw new Error(`not within ${within_ms} ms: ${what}`);
}

async function call(base, token, method, path, body) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function serve() {
  server = spawn(WINE, [exe, ...ARGS, "serve", "--scheduler", "schtasks", "--listen", "127.0.0.1:0"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: server.stdout });
  const first = await Promise.race([
    new Promise((said) => lines.once("line", said)),
    new Promise((_, fail) => server.once("exit", (status) => fail(new Error(`serve ended: ${status}`)))),
    sleep(180_000, null, { ref: false }).then(() => Promise.reject(new Error("serve did not begin to listen"))),
  ]);
  return /^listening on (http:\S+)$/.exec(first.trim())[1];
}

const kept = () => (existsSync(tasks) ? readdirSync(tasks, { recursive: true }).map((name) => name.split("/").at(-1)) : []);

before(() => {
  mkdirSync(house);
  copyFileSync(PROGRAM, exe);
  const shim = ["-shared", "-o", join(folder, "bcryptprimitives.dll"), join(HERE, "process_prng.c"), "-ladvapi32"];
  execFileSync("x86_64-w64-mingw32-gcc", shim, { timeout: 60_000 });
  wine(["wineboot", "--init"]);
});

after(() => {
  server?.kill("SIGKILL");
  execFileSync(WINESERVER, ["-k"], { env, timeout: 30_000 });
  rmSync(folder, { recursive: true, force: true });
});

test("on Windows a listing is made, registered, bid on, settled and audited", async () => {
  for (const name of ["ann", "bob"]) {
    const email = `${name}@example.org`;
    auction("account", "add", "--email", email, "--name", name, "--password-stdin", { input: PASSWORD });
    auction("account", "credit", email, "100000", "--why", "paid in");
  }
  const base = await serve();
  const logIn = async (name) =>
    (await call(base, null, "POST", "/api/v1/sessions", { email: `${name}@example.org`, password: PASSWORD })).token;
  const [ann, bob] = [await logIn("ann"), await logIn("bob")];

  // `settle` waits for a close within 90 s. The bid comes at once: the scheduler may be slow on a busy machine.
  const made = await call(base, ann, "POST", "/api/v1/listings", { title: "창문 Fenêtre", opening: 1000, closes_in_s: 80 });
  const placed = await call(base, bob, "POST", `/api/v1/listings/${made.id}/bids`, { amount: 1000, max: 5000 });
  assert.equal(placed.leading, true);
  await until("the task stands in Wine's Task Scheduler", () => kept().includes(`settle-${made.id}`));
  assert.ok(kept().includes("sweep") && kept().includes("boot"), `the sweep and the boot task stand too: ${kept()}`);
  await until("the listing says so", async () => auction("listing", "show", String(made.id)).entry === "armed");

  const page = await (await fetch(`${base}/listings/${made.id}`)).text();
  assert.match(page, /data-price="1000"/);

  server.kill("SIGKILL");
  const settled = auction("settle", String(made.id));
  const [end] = Array.isArray(settled) ? settled : [settled];
  assert.equal(end.outcome, "sold");
  assert.equal(end.hammer, 1000);
  assert.deepEqual(auction("settle", String(made.id)), settled, "settled again it is the same statement");
  assert.equal(auction("account", "show", "bob@example.org").balance, 99_000);
  auction("audit");
  auction("scheduler", "clear");
  assert.deepEqual(kept().filter((name) => /^(settle-\d+|sweep|boot)$/.test(name)), [], "no task is left");
});
