// The service worker in a real Chromium: it shows what is pushed and leads to it, has a plain sentence where there is no
// connection, keeps nothing else, and the house can be installed. No push service can be reached from here: subscribing is
// played by the browser's interface, and pushes are delivered by its developer tools.

import assert from "node:assert/strict";
import { createECDH, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";
import { DESK, PHONE, Visitor, launchWhole } from "./visitor.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let house;
let browser;

before(async () => {
  house = await House.open();
  browser = await launchWhole();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

/** The page's own registration, once its worker is there. */
const isReady = (visitor) => visitor.page.evaluate(async () => {
  const { active, scope } = await navigator.serviceWorker.ready;
  await new Promise((done) => (active.state === "activated" ? done() : active.addEventListener("statechange", done)));
  return scope;
});

const notices = (visitor) => visitor.page.evaluate(async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }));
});

/** Has the developer tools deliver a push to the worker. */
async function deliver(visitor, data) {
  const tools = await visitor.context.newCDPSession(visitor.page);
  const registered = new Promise((done) =>
    tools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find(({ scopeURL, isDeleted }) => !isDeleted && scopeURL === `${house.base}/`);
      if (ours) done(ours.registrationId);
    }));
  await tools.send("ServiceWorker.enable");
  const registrationId = await registered;
  await tools.send("ServiceWorker.deliverPushMessage", { origin: house.base, registrationId, data: JSON.stringify(data) });
  await tools.detach();
}

test("the service worker takes the whole house and keeps one page and its style", async () => {
  const guest = await Visitor.come(browser, house, { shape: PHONE });
  await guest.visit("/");
  assert.equal(await isReady(guest), `${house.base}/`);
  const kept = () => guest.page.evaluate(async () => {
    const names = await caches.keys();
    const urls = [];
    for (const name of names) urls.push(...(await (await caches.open(name)).keys()).map(({ url }) => new URL(url)));
    return { n: names.length, urls: urls.map(({ pathname, search }) => pathname + search).sort() };
  });
  await guest.visit("/board");
  const { n, urls } = await kept();
  assert.equal(n, 1);
  assert.equal(urls.length, 2);
  assert.match(urls[0], /^\/assets\/app\.[0-9a-f]{12}\.css\?offline$/);
  assert.equal(urls[1], "/offline");
  // A house of another name has another worker, which keeps another page.
  house.auction("house", "set", "name", "Harbour Night");
  await until("the worker is another", async () => {
    await guest.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    const page = await guest.page.evaluate(async () => (await (await caches.match(new URL("/offline", location))).text()));
    return page.includes("Harbour Night") && (await kept()).n === 1;
  });
  guest.assertNoComplaints();
  await guest.close();
});

test("without a connection there is a plain sentence, and the page again with it", async () => {
  const { id } = await house.list({ title: "Seen again" });
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE });
  await bob.visit("/");
  await isReady(bob);
  await house.kill();
  await bob.page.goto(`${house.base}/listings/${id}`);
  assert.match(await bob.page.textContent("[lang=en]"), /no connection/);
  assert.match(await bob.page.textContent("p[lang=ko]"), /연결되어 있지 않습니다/);
  const background = await bob.page.$eval(".button", (button) => getComputedStyle(button).backgroundColor);
  assert.notEqual(background, "rgba(0, 0, 0, 0)", "it has its style");
  const name = await bob.page.textContent("body");
  assert.ok(!name.includes("Bob"), "it says nothing of anybody");
  const room = await bob.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(room, "it fits a phone");
  await bob.page.evaluate(AXE);
  const { violations } = await bob.page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
  await house.start();
  await bob.page.click("[lang=en] .button");
  await bob.page.waitForSelector("h1:has-text('Seen again')");
  await bob.isLive();
  await bob.context.setOffline(true);
  await bob.page.goto(`${house.base}/account`);
  assert.match(await bob.page.textContent("p[lang=en]"), /no connection/);
  await bob.close();
});

test("a push is shown, a newer one replaces it, and a click leads to its page", async () => {
  const { id } = await house.list({ title: "Pushed for" });
  const bob = await Visitor.come(browser, house, { name: "Bob", permissions: ["notifications"] });
  await bob.visit("/");
  await isReady(bob);
  const said = { title: "You have been outbid", body: "Bid again", url: `/listings/${id}`, tag: `outbid-${id}`, lang: "en" };
  await deliver(bob, said);
  const shown = { title: said.title, body: said.body, tag: said.tag, lang: "en", data: { url: said.url } };
  await until("it is shown", async () => (await notices(bob)).length === 1);
  assert.deepEqual(await notices(bob), [shown]);
  await deliver(bob, { ...said, body: "Bid once more" });
  await until("it is replaced", async () => (await notices(bob))[0]?.body === "Bid once more");
  assert.equal((await notices(bob)).length, 1);
  // The click itself is the system's: its event is played in the worker.
  const [worker] = bob.context.serviceWorkers();
  const click = (url) => worker.evaluate(async (url) => {
    const opened = [];
    const shown = await self.registration.getNotifications();
    const own = self.clients.openWindow.bind(self.clients);
    self.clients.openWindow = async (address) => void opened.push(address);
    let done;
    const event = new Event("notificationclick");
    Object.assign(event, { notification: { close: () => shown.forEach((one) => one.close()), data: { url } }, waitUntil: (work) => (done = work) });
    self.dispatchEvent(event);
    await done;
    self.clients.openWindow = own;
    return { opened, n: (await self.registration.getNotifications()).length };
  }, url);
  // Without a click by hand, Chromium lets no worker focus a tab: the page is opened instead.
  assert.deepEqual(await click(said.url), { opened: [`${house.base}/listings/${id}`], n: 0 });
  assert.deepEqual((await click("https://evil.example/")).opened, [`${house.base}/`]);
  bob.assertNoComplaints();
  await bob.close();
});

/** Runs before each page: a push service that gives each subscription an address. */
function playPushService([p256dh, auth]) {
  let held = null;
  const key = () => sessionStorage.getItem("held");
  const made = (options, endpoint) => ({
    endpoint,
    options: { applicationServerKey: Uint8Array.from(options).buffer },
    toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }),
    unsubscribe: async () => (sessionStorage.removeItem("held"), (held = null), true),
  });
  PushManager.prototype.getSubscription = async () => {
    if (!held && key()) held = made(JSON.parse(key()), "http://127.0.0.1:9/push/played");
    return held;
  };
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly) throw new Error("only what is shown");
    sessionStorage.setItem("held", JSON.stringify([...new Uint8Array(applicationServerKey.buffer ?? applicationServerKey)]));
    return (held = made([...new Uint8Array(applicationServerKey.buffer ?? applicationServerKey)], "http://127.0.0.1:9/push/played"));
  };
}

test("the account page turns pushes on and off, and knows when the house has forgotten", async () => {
  const keys = [createECDH("prime256v1").generateKeys("base64url"), randomBytes(16).toString("base64url")];
  const bob = await Visitor.come(browser, house, { name: "Bob", shape: PHONE, permissions: ["notifications"] });
  await bob.context.addInitScript(playPushService, keys);
  await bob.visit("/account?tab=settings");
  const state = (what) => until(`it says ${what}`, async () => what.test(await bob.page.textContent("[data-push-state]")));
  const known = async () => (await house.call("GET", "/api/v1/me/push", house.tokens.Bob)).subscriptions;
  await state(/does not notify you/);
  await bob.page.click("[data-push-on]");
  await state(/^This browser notifies you/);
  assert.deepEqual((await known()).map(({ endpoint }) => endpoint), ["http://127.0.0.1:9/push/played"]);
  await bob.visit("/account?tab=settings");
  await state(/^This browser notifies you/);
  assert.match(await bob.page.textContent("#push"), /1 browser notifies you\./);
  await bob.page.evaluate(AXE);
  const { violations } = await bob.page.evaluate(() => globalThis.axe.run("#push"));
  assert.deepEqual(violations.map(({ id }) => id), []);
  // The house has forgotten it, as after a log-out elsewhere.
  await house.call("DELETE", "/api/v1/me/push", house.tokens.Bob, { endpoint: "http://127.0.0.1:9/push/played" });
  await bob.visit("/account?tab=settings");
  await state(/does not notify you/);
  await bob.page.click("[data-push-on]");
  await state(/^This browser notifies you/);
  await bob.page.click("[data-push-off]");
  await state(/does not notify you/);
  assert.deepEqual(await known(), []);
  // Logging out ends it, too.
  await bob.page.click("[data-push-on]");
  await state(/^This browser notifies you/);
  await bob.follow("form[action$='/logout'] button");
  assert.deepEqual(await known(), []);
  bob.assertNoComplaints();
  await bob.close();
});

test("without a script, and where notifications are forbidden, the page says so", async () => {
  const plain = await Visitor.come(browser, house, { name: "Cleo", shape: DESK, javaScriptEnabled: false });
  await plain.page.goto(`${house.base}/account?tab=settings`);
  assert.match(await plain.page.textContent("[data-push-state]"), /JavaScript/);
  assert.equal(await plain.page.isVisible("[data-push-on]"), false);
  await plain.close();
});

test("the house can be installed", async () => {
  const guest = await Visitor.come(browser, house, {});
  await guest.visit("/");
  await isReady(guest);
  const tools = await guest.context.newCDPSession(guest.page);
  const manifest = await tools.send("Page.getAppManifest");
  assert.deepEqual(manifest.errors, []);
  const { start_url, scope } = JSON.parse(manifest.data);
  assert.equal(new URL(start_url, manifest.url).href, `${house.base}/`);
  assert.equal(new URL(scope, manifest.url).href, `${house.base}/`);
  const { installabilityErrors } = await tools.send("Page.getInstallabilityErrors");
  // A context of its own counts as a private window, in which nothing is installed.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), []);
  await guest.close();
});
