// The service worker: shows what the house pushes, and a plain page where there is no connection. It keeps that page and
// its style, and nothing else: all other pages hold money and names.

const scope = self.registration.scope;
const mine = `auction ${scope} `;
const kept = mine + "{version}";
const offline = new URL("offline", scope).href;
const style = new URL("{style}", scope).href;

async function install() {
  const cache = await caches.open(kept);
  // Without a cookie, so that nothing of anybody is in it.
  await cache.addAll([offline, style].map((url) => new Request(url, { credentials: "omit", cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  // Another house may share the host.
  const old = (await caches.keys()).filter((name) => name.startsWith(mine) && name !== kept);
  await Promise.all(old.map((name) => caches.delete(name)));
  // The page is asked for while the worker starts.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

const fromCache = async (url) => (await caches.open(kept)).match(url);

async function navigate(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await fromCache(offline)) ?? Response.error();
  }
}

function read(data) {
  try {
    return data.json();
  } catch {
    return { body: data?.text() };
  }
}

function show({ title, body = "", tag = "", lang = "", url = "" }) {
  const name = title ?? new URL(scope).host;
  return self.registration.showNotification(name, { body, tag, lang, renotify: tag !== "", data: { url } });
}

/** Shows the page that a push leads to, in a tab of the house if there is one. */
async function open(url) {
  const meant = new URL(url, scope);
  const target = meant.href.startsWith(scope) ? meant.href : scope;
  const tabs = (await self.clients.matchAll({ type: "window", includeUncontrolled: true }))
    .filter((tab) => tab.url.startsWith(scope));
  const there = tabs.find((tab) => tab.url.split("#")[0] === target.split("#")[0]);
  try {
    if (there) return await there.focus();
    if (tabs.length) return await (await tabs[0].focus()).navigate(target);
  } catch {
    // The tab has gone, or may not be led on.
  }
  return self.clients.openWindow(target);
}

/** The push service gave the browser another address: the house hears of it. */
async function subscribeAnew({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options;
  const anew = newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)));
  const api = new URL("api/v1/me/push", scope);
  const send = (method, body) =>
    fetch(api, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (anew) await send("POST", anew);
  if (oldSubscription) await send("DELETE", { endpoint: oldSubscription.endpoint });
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { mode, method, url } = event.request;
  if (mode === "navigate" && method === "GET") event.respondWith(navigate(event));
  else if (url === style) event.respondWith(fromCache(style).then((found) => found ?? fetch(event.request)));
});
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? ""));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAnew(event)));
