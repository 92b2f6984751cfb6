// A house under a path of its host, behind the real nginx as it is packaged for that: a bid is live in two tabs that share a
// worker, pages are refreshed in place, and nothing is asked for outside the path.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { PHONE, Visitor, launch } from "./visitor.mjs";

const PATIENCE_MS = 60_000;
const EXAMPLE = new URL("../../packaging/nginx-path.conf", import.meta.url);

let house;
let proxy;
let folder;
let browser;

const freePort = () =>
  new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

/** Starts nginx; on another port if something took the free one before it could. */
async function nginxOnFreePort(config) {
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort();
    writeFileSync(`${folder}/whole.conf`, config(port));
    proxy = spawn("/usr/sbin/nginx", ["-c", `${folder}/whole.conf`], { stdio: "ignore" });
    const runs = () => existsSync(`${folder}/pid`) || proxy.exitCode !== null;
    await until("nginx runs, or says that it cannot", runs, PATIENCE_MS);
    if (proxy.exitCode === null) return port;
  }
  throw new Error(`nginx does not start: ${readFileSync(`${folder}/error.log`, "utf8")}`);
}

before(async () => {
  house = await House.open();
  folder = mkdtempSync(join(tmpdir(), "auction-nginx-"));
  const locations = readFileSync(EXAMPLE, "utf8").replace("http://127.0.0.1:8080;", `${house.base};`);
  assert.ok(locations.includes(house.base));
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const config = (port) => `daemon off;\npid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {
    access_log off;\n${paths.join("\n")}\nserver {\nlisten 127.0.0.1:${port};\nlocation / { return 410; }\n${locations}}\n}\n`;
  const port = await nginxOnFreePort(config);
  house.base = `http://127.0.0.1:${port}/auction`;
  house.auction("house", "set", "public_url", house.base);
  await until("nginx leads to the house under its path", async () => {
    const answer = await fetch(`${house.base}/healthz`).catch(() => null);
    return answer?.ok && (await (await fetch(`${house.base}/`)).text()).includes('href="/auction/board"');
  }, PATIENCE_MS);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  proxy?.kill();
  await house?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Also what the pages asked for outside the house's path. */
function watched(visitor) {
  visitor.context.on("request", (request) => {
    if (request.url().startsWith("http") && !request.url().startsWith(`${house.base}/`)) visitor.complain("outside", request.url());
  });
  return visitor;
}

const shows = (visitor, price) =>
  until(`the price is ${price}`, async () => (await visitor.attribute("price")) === String(price), PATIENCE_MS);

for (const [how, options] of [["a shared worker", {}], ["a leading tab", { shape: PHONE }]]) {
  test(`under a path, a bid is live in two tabs by ${how}`, async () => {
    const { id } = await house.list({ title: "Under a path" });
    const bob = watched(await Visitor.come(browser, house, { name: "Bob", ...options }));
    await bob.visit(`/listings/${id}`);
    const other = await bob.tab(`/listings/${id}`);
    for (const tab of [bob, other]) await tab.isLive();
    await bob.bid(10_000);
    for (const tab of [bob, other]) await shows(tab, 10_000);
    await house.bid("Cleo", id, 12_000);
    for (const tab of [bob, other]) await shows(tab, 12_000);
    // The receipt that the script writes leads to the proof, which the browser recomputes.
    const check = await bob.page.locator("[data-receipt] a").first().getAttribute("href");
    assert.ok(check.startsWith(`/auction/listings/${id}/proof#`), check);
    await bob.page.goto(new URL(check, house.base).href);
    await until("the receipt is found", () => bob.page.$("[data-receipt-said].good"), PATIENCE_MS);
    await other.assertSameDocument();
    await other.visit("/");
    await other.page.click("form[action='/auction/logout'] button");
    await other.page.waitForURL(`${house.base}/?done=logged-out`);
    assert.deepEqual((await bob.context.cookies()).filter((cookie) => cookie.path !== "/auction/"), []);
    for (const tab of [bob, other]) tab.assertNoComplaints();
    await bob.close();
  });
}

test("under a path, the home page and the board refresh themselves", async () => {
  const { id } = await house.list({ title: "Refreshed" });
  const guest = watched(await Visitor.come(browser, house));
  await guest.visit("/board");
  const home = await guest.tab("/");
  await house.bid("Bob", id, 11_000);
  await until("the home page shows the bid", () => home.page.$(`[data-listing="${id}"] [data-price="11000"]`), PATIENCE_MS);
  await guest.page.waitForResponse((answer) => answer.url().startsWith(`${house.base}/board?turn=`), { timeout: 30_000 });
  for (const tab of [guest, home]) {
    await tab.assertSameDocument();
    tab.assertNoComplaints();
  }
  await guest.close();
});
