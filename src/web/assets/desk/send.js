// Sends the desk's forms (`data-send`) so that a dropped connection loses and doubles nothing. A form is sent with its key,
// again and again with the same one, until the house has answered: it books a key once. Until then nothing else can be
// pressed, so that no lot is handed over before its payment is booked.
//
// A form with `data-keep` outlives a reload of the page: what it sends is kept in the browser, which are the number, the
// amount, the method with its reference, and the key. It is dropped when it is answered, and when the pass has ended.

/** How long an answer may take before the form is sent again. */
const PATIENCE_MS = 10_000;
/** After this, the page says that it waits. */
const SAID_AFTER_MS = 2500;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** Of the house: two may share a host, each below a path of its own. */
const KEPT = `auction-desk-sent:${new URL("..", import.meta.url).pathname}:`;

/** What is sent and not answered yet: the path, the fields as a form sends them, its key, the pass, and whether it is kept. */
let pending = null;

function sendForm(event) {
  const form = event.target;
  if (!form.matches("form[data-send]")) return;
  event.preventDefault();
  if (pending) return;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const write = { path: form.getAttribute("action"), body: String(fields), key: fields.get("key"), pass: page.pass };
  if (form.hasAttribute("data-keep")) keepWrite(write);
  send(write);
}

async function send(write) {
  pending = write;
  one("main").inert = true;
  document.body.setAttribute("aria-busy", "true");
  tellWrite(words("sending", whatOf(write)));
  const slow = setTimeout(tellWaiting, SAID_AFTER_MS, write);
  let answer = await attempt(write);
  for (let wait_ms = FIRST_WAIT_MS; !answer; wait_ms = Math.min(2 * wait_ms, LONGEST_WAIT_MS)) {
    tellWaiting(write);
    await untilOnlineOr(wait_ms);
    answer = await attempt(write);
  }
  clearTimeout(slow);
  settle(write, answer);
}

/** The house's answer; null where it did not come, or the house could not decide now: then nothing is known. */
async function attempt({ path, body, key }) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": key },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const isLater = answer.status === 429 || [502, 503, 504].includes(answer.status);
    return isLater ? null : { url: answer.url, isElsewhere: answer.redirected, html: await answer.text() };
  } catch {
    return null;
  }
}

function untilOnlineOr(wait_ms) {
  return new Promise((go) => {
    setTimeout(go, wait_ms);
    addEventListener("online", go, { once: true });
  });
}

function settle(write, { url, isElsewhere, html }) {
  dropWrite(write);
  const hasEnded = isElsewhere && /\/desk\/open$/.test(new URL(url).pathname);
  if (hasEnded) return tellLost(write, url);
  if (isElsewhere) return location.assign(url);
  pending = null;
  showAnswer(html);
}

/** Shows a page that answers a form in place of this one: mostly the same form, with what is wrong. */
function showAnswer(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const main = one("main", answer);
  if (!main) return location.reload();
  one("main").replaceWith(main);
  document.title = answer.title;
  document.body.className = answer.body.className;
  document.body.removeAttribute("aria-busy");
  one("[data-sending]").hidden = true;
  scrollTo(0, 0);
  one("[autofocus]", main)?.focus();
  say(one("[role=alert]", main)?.textContent ?? answer.title);
}

function whatOf({ body }) {
  const fields = new URLSearchParams(body);
  const [number, amount] = [fields.get("number"), fields.get("amount")];
  return { what: number && amount ? words("send_payment", { number, amount }) : "" };
}

function tellWrite(text, kind = "") {
  const line = one("[data-sending]");
  line.className = `desk-said ${kind}`;
  line.textContent = text.trim();
  line.hidden = false;
}

function tellWaiting(write) {
  if (pending !== write) return;
  one("[data-sending]").dataset.sending = "waiting";
  tellWrite(words("send_waiting", whatOf(write)), "bad");
}

/** The pass has ended, and whether the last try was booked is not known here. */
function tellLost(write, url) {
  const link = document.createElement("a");
  link.href = url;
  link.textContent = words("send_open");
  tellWrite(words("send_lost", whatOf(write)), "bad");
  one("[data-sending]").append(" ", link);
  link.focus();
}

function keepWrite(write) {
  try {
    localStorage.setItem(KEPT + write.key, JSON.stringify(write));
  } catch {
    // Without storage it is sent again as long as the page stays.
  }
}

function dropWrite(write) {
  try {
    localStorage.removeItem(KEPT + write.key);
  } catch {
    // Nothing was kept.
  }
}

function keptWrites() {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(KEPT));
    return names.map((name) => JSON.parse(localStorage.getItem(name)));
  } catch {
    return [];
  }
}

/** Sends what was kept when the page was left before the answer came. A key is the pass's own: under another it would book again. */
function sendKept() {
  // A page without a pass cannot tell: the pass may still hold.
  if (page.pass === null) return;
  const [lost, own] = [[], []];
  for (const write of keptWrites()) (write.pass === page.pass ? own : lost).push(write);
  lost.forEach(dropWrite);
  if (lost.length) tellWrite(words("send_lost", whatOf(lost[0])), "bad");
  if (own.length) send(own[0]);
}

document.addEventListener("submit", sendForm);
addEventListener("beforeunload", (event) => pending && !keptWrites().some(({ key }) => key === pending.key) && event.preventDefault());
