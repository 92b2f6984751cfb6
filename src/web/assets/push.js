// The account page: has this browser notified by push, or no longer. What is true is what both the browser and the house
// say: the house forgets a browser whose session has ended.

const section = document.querySelector("[data-push]");
const said = section.querySelector("[data-push-state]");
const [on, off] = ["on", "off"].map((name) => section.querySelector(`[data-push-${name}]`));
const api = new URL("../api/v1/me/push", import.meta.url);

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === "-" ? "+" : "\u002f"))), (c) => c.charCodeAt(0));
const sameBytes = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);

async function send(method, body) {
  const answer = await fetch(api, {
    method, headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw Object.assign(new Error(`the house answers ${answer.status}`), { status: answer.status });
}

/** The browser's own subscription, if it is for the key of this house. */
async function subscription(registration) {
  const held = await registration.pushManager.getSubscription();
  const key = held?.options.applicationServerKey;
  return held && key && sameBytes(new Uint8Array(key), bytes(section.dataset.push)) ? held : null;
}

async function isOn(registration) {
  const held = await subscription(registration);
  if (!held || Notification.permission !== "granted") return false;
  const known = await (await fetch(api)).json();
  return known.subscriptions.some(({ endpoint }) => endpoint === held.endpoint);
}

function show(state) {
  said.textContent = section.dataset[state];
  on.hidden = state === "on" || state === "denied";
  off.hidden = state !== "on";
  if (state === "on") section.querySelector("[data-push-test]").hidden = false;
}

async function turnOn(registration) {
  if ((await Notification.requestPermission()) !== "granted") return show("denied");
  const options = { userVisibleOnly: true, applicationServerKey: bytes(section.dataset.push) };
  let held = await subscription(registration);
  if (!held) {
    // One for another key must go first.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    held = await registration.pushManager.subscribe(options);
  }
  await send("POST", held);
  show("on");
}

async function turnOff(registration) {
  const held = await registration.pushManager.getSubscription();
  if (held) {
    await send("DELETE", { endpoint: held.endpoint });
    await held.unsubscribe();
  }
  show("off");
}

function press(button, act, registration) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    // What was counted is so no longer.
    section.querySelector("[data-push-counted]").hidden = true;
    try {
      await act(registration);
    } catch (error) {
      show(error.status === 403 ? "full" : "failed");
    }
    button.disabled = false;
  });
}

async function start() {
  const registration = await navigator.serviceWorker.register(new URL("../sw.js", import.meta.url));
  await navigator.serviceWorker.ready;
  press(on, turnOn, registration);
  press(off, turnOff, registration);
  show(Notification.permission === "denied" ? "denied" : (await isOn(registration)) ? "on" : "off");
}

if (navigator.serviceWorker && "PushManager" in globalThis && "Notification" in globalThis) {
  start().catch(() => show("failed"));
}
