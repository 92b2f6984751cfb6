// Makes the pages live: the house's clock, countdowns, prices and bids as they happen, bidding without leaving the page.
// Everything here is an addition; the pages work without it. It never decides a rule: what the server says is shown.
// Stands after stream.js in one file, inside a block that the shared worker passes over.

const page = JSON.parse(document.querySelector("script[data-page]").textContent);
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const listingPage = one("article[data-listing]");
const board = one("[data-board]");
const title = document.title;

/** The sentence of that name, figures put in where `%name` stands. */
function words(name, figures = {}) {
  return (page.words[name] ?? "").replace(/%([a-z]+)/g, (bare, key) => figures[key] ?? bare);
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/* ---- what this browser remembers ---- */

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing has to be told again.
  }
}

/* ---- figures: the same as the server writes, by integers ---- */

const numbers = new Intl.NumberFormat(page.lang, {
  minimumFractionDigits: page.decimals,
  maximumFractionDigits: page.decimals,
});

function field(minor) {
  const digits = String(minor).padStart(page.decimals + 1, "0");
  const whole = digits.length - page.decimals;
  return page.decimals ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : digits;
}

function money(minor) {
  const sign = minor < 0 ? "−" : "";
  return sign + page.money.replace("{n}", numbers.format(field(Math.abs(minor))));
}

/** Minor units of what was typed, or the name of the sentence that says why not. */
function parse(typed) {
  const read = readAmount(typed, page.decimals, page.signs);
  return typeof read === "string" ? `amount_${read}` : read;
}

/* ---- the house's clock ---- */

const clock = { offset: page.now_ms - performance.now(), bound: null, device: null, syncing: false };
const now = () => performance.now() + clock.offset;
const deviceDrift = () => Date.now() - performance.now();

/** Six questions; the quickest answer is the truest, wrong by half its journey at most. */
async function syncClock() {
  if (clock.syncing) return;
  clock.syncing = true;
  clock.device = deviceDrift();
  let best = null;
  for (let i = 0; i < 6; i++) {
    try {
      const asked = performance.now();
      const answer = await fetch(`${base}/api/v1/time`, { cache: "no-store", signal: AbortSignal.timeout(4000) });
      const answered = performance.now();
      const { unix_ms } = await answer.json();
      const journey = answered - asked;
      // The server cuts its milliseconds off; half a one puts that right on average.
      if (!best || journey < best.journey) best = { journey, offset: unix_ms + 0.5 - (asked + answered) / 2 };
    } catch {
      break;
    }
  }
  clock.syncing = false;
  if (!best) return;
  clock.offset = best.offset;
  clock.bound = best.journey / 2 + 0.5;
  drawTime();
  all("[data-bound]").forEach((e) => setText(e, words("bound", { ms: Math.ceil(clock.bound) })));
}

const two = (n) => String(n).padStart(2, "0");

/** The offset from UTC then, in seconds, and the letters of the zone: the clocks may change before a listing closes. */
function zoneAt(ms) {
  const [, offset, letters] = page.zone_spans.findLast(([from]) => from <= ms) ?? page.zone_spans[0];
  return { offset, letters };
}

function timeOfDay(ms) {
  const s = Math.floor(ms / 1000) + zoneAt(ms).offset;
  return `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** `22 Nov 2026, 17:45:36 KST`, in the house's zone like the server's own. */
function fullTime(ms) {
  const { offset, letters } = zoneAt(ms);
  const local = new Date(ms + offset * 1000);
  const inEnglish = new Intl.DateTimeFormat("en-US", { month: "short", timeZone: "UTC" }).format(local);
  return words("full_time", {
    year: local.getUTCFullYear(),
    month: page.lang === "ko" ? local.getUTCMonth() + 1 : inEnglish,
    day: local.getUTCDate(),
    time: timeOfDay(ms),
    zone: letters,
  });
}

function countdown(s) {
  const [d, h, m, rest] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
  if (d) return words("countdown_days", { d, rest: `${two(h)}:${two(m)}:${two(rest)}` });
  return h ? `${h}:${two(m)}:${two(rest)}` : `${m}:${two(rest)}`;
}

/** Draws clock and countdowns; how long until the next of them changes, 50 ms at most. */
function drawTime() {
  const at = now();
  for (const e of all("[data-clock]")) {
    e.dataset.clock = new Date(at).toISOString();
    setText(e, timeOfDay(at));
  }
  let wait = 50 - (at % 50);
  for (const e of all("[data-countdown]")) {
    const left = drawCountdown(e, at);
    if (left > 0) wait = Math.min(wait, left % 1000 || 1000);
  }
  return wait;
}

function tick() {
  if (clock.device !== null && Math.abs(deviceDrift() - clock.device) > 250) syncClock();
  setTimeout(tick, Math.max(drawTime(), 16));
}

function drawCountdown(element, at) {
  const root = element.closest("[data-listing]");
  const state = one("[data-state]", root);
  if (state && !["open", "closing"].includes(state.dataset.state)) return 0;
  const left = Date.parse(one("[data-closes-at]", root).dataset.closesAt) - at;
  const seconds = Math.max(0, Math.ceil(left / 1000));
  if (element.dataset.countdown !== String(seconds)) {
    element.dataset.countdown = seconds;
    if (root === listingPage) speakLeft(seconds);
  }
  element.classList.toggle("soon", seconds <= 60);
  if (left > 0) {
    setText(element, countdown(seconds));
    if (state?.dataset.state === "closing") setState(root, "open");
  } else {
    setText(element, words("closing"));
    if (state?.dataset.state === "open") setState(root, "closing");
  }
  return left;
}

/* ---- what is said aloud ---- */

const voice = { next: null, busy: false };

/** Politely, every three seconds at most; only the newest is said. */
function say(text) {
  voice.next = text;
  if (voice.busy || !text) return;
  voice.busy = true;
  setText(one("[data-say]"), voice.next);
  voice.next = null;
  setTimeout(() => {
    voice.busy = false;
    if (voice.next) say(voice.next);
  }, 3000);
}

function speakLeft(seconds) {
  if ([600, 300, 60, 30, 10].includes(seconds)) say(words("say_left", { left: countdown(seconds) }));
}

/* ---- sound and vibration, once they are turned on ---- */

const SOUND = "auction_sound";
const sound = { on: kept(SOUND) === "on", context: null };
const TUNES = { bad: [440, 330], good: [523, 659, 784], note: [660] };

/** A browser lets a page sound only after the person has touched it. */
function tuneUp() {
  if (!sound.on || !globalThis.AudioContext) return;
  sound.context ??= new AudioContext();
  sound.context.resume().catch(() => {});
}

function ring(kind) {
  if (!sound.on) return;
  navigator.vibrate?.(kind === "bad" ? [150, 80, 150] : 120);
  if (sound.context?.state !== "running") return;
  TUNES[kind].forEach((hz, i) => {
    const [tone, loudness] = [sound.context.createOscillator(), sound.context.createGain()];
    const at = sound.context.currentTime + i * 0.18;
    tone.frequency.value = hz;
    loudness.gain.setValueAtTime(0.2, at);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.17);
    tone.connect(loudness).connect(sound.context.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  });
}

function showSound() {
  const button = one("[data-sound]");
  if (!button) return;
  button.classList.remove("gone");
  button.setAttribute("aria-pressed", sound.on);
}

function switchSound() {
  sound.on = !sound.on;
  keep(SOUND, sound.on ? "on" : "off");
  showSound();
  tuneUp();
  ring("note");
}

function alarm(text, kind) {
  const box = one("[data-alert]");
  if (!box) return;
  box.className = `alert ${kind}`;
  if (text) ring(kind);
  setText(box, text);
  document.title = text ? `${text} · ${title}` : title;
}

/* ---- the state of a listing, wherever the page shows it ---- */

function rootsOf(listing) {
  return all(`[data-listing="${Number(listing)}"]`);
}

function setState(root, state) {
  const badge = one("[data-state]", root);
  if (!badge || badge.dataset.state === state) return;
  badge.dataset.state = state;
  setText(badge, words(state));
  if (root === listingPage) all("[data-turn] button", root).forEach((b) => (b.disabled = state !== "open"));
}

function setFigure(root, name, minor) {
  const element = one(`[data-${name}]`, root);
  if (!element || element.getAttribute(`data-${name}`) === String(minor)) return;
  element.setAttribute(`data-${name}`, minor);
  setText(element, money(minor));
  element.classList.remove("changed");
  requestAnimationFrame(() => element.classList.add("changed"));
}

function setDeadline(root, closesAt) {
  const time = one("[data-closes-at]", root);
  if (!time || !closesAt || Date.parse(time.dataset.closesAt) === Date.parse(closesAt)) return;
  time.dataset.closesAt = closesAt;
  time.setAttribute("datetime", closesAt);
  setText(time, fullTime(Date.parse(closesAt)));
  const mark = one("[data-extended]", root);
  if (mark) mark.hidden = false;
}

/** Puts in what a `bid` event and a listing have in common. */
function setStanding(root, standing) {
  if (standing.price != null) {
    setFigure(root, "price", standing.price);
    setText(one("[data-price-label]", root), words("label_price"));
  }
  setFigure(root, "minimum", standing.minimum);
  const leader = one("[data-leader]", root);
  if (leader && standing.leader != null) {
    leader.dataset.leader = standing.leader;
    setText(leader, standing.leader);
  }
  const count = one("[data-n-bids]", root);
  if (count) {
    count.dataset.nBids = standing.n_bids;
    setText(count, words(standing.n_bids === 1 ? "one_bid" : "n_bids", { n: standing.n_bids }));
  }
  const reserve = one("[data-reserve]", root);
  if (reserve && standing.reserve_met === true) setText(reserve, words("reserve_met"));
  setDeadline(root, standing.closes_at);
  if (root === listingPage) drawOffers();
}

/* ---- the history: rows keep their place and their contents move down, so that nothing jumps ---- */

const MAX_ROWS = 1000;
const bidList = one("[data-history]");
const seen = new Set(bidList ? all("li", bidList).map((row) => Number(row.dataset.seq)) : []);
let arrived = [];

function addBid(bid) {
  if (!bidList || seen.has(bid.seq)) return;
  seen.add(bid.seq);
  if (!arrived.length) setTimeout(drawArrived, 16);
  arrived.push(bid);
}

function drawArrived() {
  const fresh = arrived.map(rowOf).reverse();
  arrived = [];
  one("[data-no-bids]").hidden = true;
  const contents = [...fresh, ...bidList.children].slice(0, MAX_ROWS).map((line) => ({
    seq: line.dataset.seq,
    kind: line.className,
    parts: [...line.childNodes],
  }));
  while (bidList.childElementCount < contents.length) bidList.append(document.createElement("li"));
  contents.forEach(({ seq, kind, parts }, i) => {
    const line = bidList.children[i];
    line.dataset.seq = seq;
    line.className = kind;
    line.replaceChildren(...parts);
  });
}

/** The price as steps from the opening, as the server draws it. */
function drawSpark(price) {
  const spark = one("[data-spark]");
  const prices = [...spark.dataset.spark.split(",").filter(Boolean).map(Number), price].slice(-60);
  const low = Math.min(...prices);
  const span = Math.max(Math.max(...prices) - low, 1);
  const y = (of) => 46 - Math.floor((44 * (of - low)) / span);
  const step = (of, i) => (i ? `H${Math.floor((240 * i) / prices.length)}V${y(of)}` : `M0 ${y(of)}`);
  spark.dataset.spark = prices;
  one("path", spark).setAttribute("d", `${prices.map(step).join("")}H240`);
}

function rowOf(bid) {
  const row = one("template[data-row]").content.firstElementChild.cloneNode(true);
  row.dataset.seq = bid.seq;
  row.className = bid.bidder_id === page.me ? "own" : "";
  one(".who", row).textContent = bid.bidder;
  one(".sum", row).textContent = money(bid.amount);
  if (bid.automatic) one(".said", row).append(Object.assign(document.createElement("em"), { textContent: words("automatic") }));
  else one(".said", row).textContent = bid.message ?? "";
  one("time", row).textContent = timeOfDay(now());
  return row;
}

/* ---- events ---- */

const acts = {
  bid(bid) {
    rootsOf(bid.listing).forEach((root) => setStanding(root, bid));
    if (Number(listingPage?.dataset.listing) !== bid.listing) return;
    addBid(bid);
    drawSpark(bid.price);
    withdrawOffers(bid.reserve_met);
    say(words("say_price", { bidder: bid.leader, price: money(bid.price) }));
    // What an answer told already closes no question that was asked since.
    if (bid.seq > answered.n_bids) forgetWhatWasAsked(bid.minimum);
    if (!page.me) return;
    if (bid.leader_id !== page.me) return nowOutbid(bid.price);
    // Made in another tab, which alone knows the maximum; what this tab made itself is known by its answer.
    const isElsewheres = bid.bidder_id === page.me && !bid.automatic && bid.seq !== answered.seq;
    nowLeading(isElsewheres ? null : undefined);
  },
  extended({ listing, closes_at, outage }) {
    rootsOf(listing).forEach((root) => setDeadline(root, closes_at));
    if (Number(listingPage?.dataset.listing) === listing) {
      const extended = words("extended", { time: timeOfDay(Date.parse(closes_at)) });
      say([extended, outage && tellOutage(outage)].filter(Boolean).join(" "));
      ring("note");
    }
    if (board) refreshSoon("[data-board]");
  },
  settled(end) {
    rootsOf(end.listing).forEach((root) => setEnding(root, end.outcome, end.hammer));
    const text = end.outcome === "sold"
      ? words("sold_to", { winner: end.winner, hammer: money(end.hammer) })
      : words("closed_unsold");
    conclude(end.listing, text);
  },
  cancelled({ listing, why }) {
    rootsOf(listing).forEach((root) => setEnding(root, "cancelled", null));
    conclude(listing, [words("closed_cancelled"), why].filter(Boolean).join(" "));
  },
  listed() {
    const fresh = one("[data-fresh]");
    if (fresh) {
      setText(one("a", fresh), words("new_listings"));
      fresh.hidden = false;
    }
    if (board) refreshSoon("[data-board]");
  },
  outbid({ listing, price }) {
    if (Number(listingPage?.dataset.listing) === listing) nowOutbid(price);
  },
  won({ listing }) {
    if (Number(listingPage?.dataset.listing) === listing) alarm(words("won"), "good");
  },
  funds(funds) {
    for (const name of ["available", "balance", "held"]) {
      if (Number.isSafeInteger(funds[name])) all(`[data-${name}]`).forEach((e) => setFigure(e.parentElement, name, funds[name]));
    }
  },
  time({ unix_ms }) {
    const late = now() - unix_ms;
    if (late < -250 || late > 5000) syncClock();
  },
  reset() {
    const last = Number(sessionStorage.getItem("reset_at"));
    if (Date.now() - last < 10000) return;
    sessionStorage.setItem("reset_at", Date.now());
    location.assign(base + page.here);
  },
};

/** Says on the page why the close was moved: when no server ran. */
function tellOutage({ from, until }) {
  const text = words("outage", { from: fullTime(Date.parse(from)), until: fullTime(Date.parse(until)) });
  const line = one("[data-outage]", listingPage);
  setText(line, text);
  line.hidden = false;
  return text;
}

/** Cancelling ends with the first bid; buy-now too, or with a reserve when it is met. They keep their place. */
function withdrawOffers(reserveMet) {
  all("[data-until-bid]").forEach((offer) => offer.classList.add("gone"));
  const hasReserve = one("[data-reserve]").dataset.reserve !== "";
  if (!hasReserve || reserveMet) all("[data-buy]").forEach((offer) => offer.classList.add("gone"));
}

/** `max` is the own one; null where it is not known, left out where it stays. */
function nowLeading(max) {
  const said = one("[data-turn-said]");
  if (!said) return;
  if (said.classList.contains("outbid")) alarm("", "");
  if (max != null) {
    said.dataset.max = max;
    setText(said, words("leading", { max: money(max) }));
  } else if (max === null || !said.classList.contains("leads")) {
    delete said.dataset.max;
    setText(said, words("leading_unsaid"));
  }
  said.className = "turn-said leads";
  drawOffers();
}

/** What was asked, or refused, of another standing; a refusal that named this minimum already is still right. */
function forgetWhatWasAsked(minimum) {
  one("dialog[data-confirm]").close();
  const form = bidForm();
  if (!form || minimum <= Number(form.dataset.refusedAt ?? -1)) return;
  delete form.dataset.refusedAt;
  showErrors({});
}

function nowOutbid(price) {
  const said = one("[data-turn-said]");
  if (!said?.classList.contains("leads")) return;
  said.className = "turn-said outbid";
  delete said.dataset.max;
  setText(said, "");
  drawOffers();
  alarm(words("outbid", { price: price == null ? one("[data-price]").textContent : money(price) }), "bad");
}

function setEnding(root, outcome, hammer) {
  setState(root, outcome);
  const left = one("[data-countdown]", root);
  if (left) setText(left, words(outcome));
  if (hammer == null) return;
  setFigure(root, "price", hammer);
  setText(one("[data-price-label]", root), words("label_hammer"));
}

/** Says at once how it ended; the server's own words follow a moment later, not all browsers at the same instant. */
function conclude(listing, text) {
  if (board) refreshSoon("[data-board]");
  if (Number(listingPage?.dataset.listing) !== listing) return;
  one("dialog[data-confirm]").close();
  const said = Object.assign(document.createElement("p"), { className: "ending-said", textContent: text });
  one("[data-turn]").replaceChildren(one("[data-alert]"), said);
  say(text);
  refreshSoon(".panel");
}

const refreshing = new Set();

function refreshSoon(selector) {
  if (refreshing.has(selector)) return;
  refreshing.add(selector);
  setTimeout(() => refresh(selector).catch(() => {}).finally(() => refreshing.delete(selector)), 200 + Math.random() * 1000);
}

/** On the board those that end next take turns. */
let turn = 0;

function turned(here) {
  if (!board) return here;
  const address = new URL(here, location);
  address.searchParams.set("turn", turn);
  return address;
}

async function refresh(selector) {
  const answer = await fetch(turned(base + page.here), { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
  if (!answer.ok) return;
  const fresh = one(selector, new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!fresh) return;
  const alert = one("[data-alert]");
  one(selector).replaceWith(fresh);
  // What was alarming before stays said.
  if (alert && one("[data-alert]")) one("[data-alert]").replaceWith(alert);
  all("[data-bound]").forEach((e) => clock.bound && setText(e, words("bound", { ms: Math.ceil(clock.bound) })));
  showLink();
}

/* ---- the stream: what this tab knows of it ---- */

const stream = { last: page.cursor, live: false, way: null, nth: 0, heard: 0 };

function wish() {
  const ids = all("[data-listing]").map((root) => Number(root.dataset.listing));
  const listings = listingPage || document.body.classList.contains("account") ? ids : "all";
  return { listings, after: stream.last, who: page.who };
}

function connect() {
  stream.heard = performance.now();
  stream.way ??= WAYS[stream.nth](wish, hear);
}

function disconnect() {
  stream.way?.leave();
  stream.way = null;
}

/** A way that does not carry is left for the next one. */
function nextWay() {
  disconnect();
  stream.nth = Math.min(stream.nth + 1, WAYS.length - 1);
  connect();
}

function hear({ name, id, data, link, broken }) {
  if (broken) return nextWay();
  stream.heard = performance.now();
  if (link !== undefined) return showLink(link);
  if (id !== null) {
    if (id <= stream.last && name !== "reset") return;
    stream.last = id;
  }
  const told = JSON.parse(data || "{}");
  // In a browser where another person has just logged in, what is theirs is not shown here.
  if (told.account !== undefined && told.account !== page.me) return;
  acts[name](told);
}

function showLink(live = stream.live) {
  stream.live = live;
  const link = one("[data-link]");
  if (!link) return;
  link.className = live ? "link on" : "link off";
  setText(link, words(live ? "live" : "offline"));
}

/** Whoever holds the line says something every four seconds; a tab that slept heard nothing, and that is no fault. */
const SILENT_WAY_MS = 30_000;
let watched = 0;

function watchWay() {
  const late = performance.now() - watched > 5000;
  watched = performance.now();
  if (document.hidden || late) stream.heard = watched;
  else if (watched - stream.heard > SILENT_WAY_MS) nextWay();
}

function wake() {
  syncClock();
  connect();
  stream.way.wake();
}

/* ---- one person a browser: whoever logs in or out in one tab does so in all ---- */

// Of this house: another may lie at the same host.
const ME = `auction_me${base}`;
const me = String(page.me ?? "");

/** Nothing of the former person is shown while the page comes again. */
function ifAnotherPerson(then) {
  if ((kept(ME) ?? me) === me) return then?.();
  document.documentElement.hidden = true;
  location.replace(base + page.here);
}

/* ---- bidding ---- */

const bidForm = () => one("form[data-bid]");
const touched = () => bidForm()?.elements.amount.hasAttribute("data-touched");

/** Who leads raises the own maximum, and bids no amount. */
const leads = () => Boolean(one("[data-turn-said].leads"));
const ownMax = () => Number(one("[data-turn-said]")?.dataset.max ?? 0);

/** A fresh minimum is offered, but what a person typed stays; who leads is offered higher maxima. */
function drawOffers() {
  const form = bidForm();
  const minimum = Number(one("[data-minimum]", listingPage).dataset.minimum);
  if (!form || !minimum) return;
  const price = Number(one("[data-price]", listingPage).dataset.price);
  const step = price ? minimum - price : Number(one("[data-increment]").dataset.increment) || 1;
  const raises = leads();
  one(".field-amount", form).hidden = raises;
  one("[data-optional]", form).hidden = raises;
  setText(one("#max-hint", form), raises && ownMax() ? words("need_raise", { max: money(ownMax()) }) : words("max_hint"));
  // A raise names the price as its amount: should another lead by then, it is too low, and nothing is bid.
  if (raises) form.elements.amount.value = field(price);
  else if (!touched()) form.elements.amount.value = field(minimum);
  setText(one("[data-hint]", form), words("at_least", { minimum: money(minimum) }));
  if (form.getAttribute("aria-busy") !== "true") setText(one("button[type=submit]", form), words(raises ? "raise" : "bid"));
  one(".next-bids", listingPage).hidden = raises && !ownMax();
  all("form[data-quick]").forEach((quick, i) => {
    const offer = raises ? ownMax() + step * [1, 2, 5][i] : minimum + step * [0, 2, 5][i];
    quick.elements.amount.value = field(raises ? price : offer);
    quick.elements.max.value = raises ? field(offer) : "";
    drawOffer(one("button", quick), offer, raises);
  });
}

function drawOffer(button, offer, raises) {
  button.dataset.amount = offer;
  const caption = Object.assign(document.createElement("small"), { textContent: words("raise_caption") });
  button.replaceChildren(...(raises ? [caption, " "] : []), money(offer));
}

function showErrors(errors) {
  for (const place of all("[data-error]", bidForm())) {
    const name = place.dataset.error;
    setText(place, errors[name] ?? "");
    const input = name && bidForm().elements[name];
    if (input) errors[name] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
  const first = ["amount", "max", "message"].find((name) => errors[name]);
  if (first) bidForm().elements[first].focus();
}

/** Reads the form; shows what is wrong, or returns the bid. A paddle may name a maximum of its own. */
function readBid(amountTyped, maxTyped) {
  const { max, message } = bidForm().elements;
  const bid = { amount: parse(amountTyped) };
  const maximum = maxTyped || max.value;
  if (maximum.trim()) bid.max = parse(maximum);
  if (message.value.trim()) bid.message = message.value.trim();
  const errors = {};
  if (typeof bid.amount === "string") errors.amount = words(bid.amount);
  if (typeof bid.max === "string") errors.max = words(bid.max);
  else if (leads() && !(bid.max > ownMax())) errors.max = words("need_raise", { max: money(ownMax()) });
  else if (bid.max < bid.amount) errors.max = words("need_max");
  const minimum = Number(one("[data-minimum]", listingPage).dataset.minimum);
  if (!leads() && bid.amount < minimum) errors.amount = words("at_least", { minimum: money(minimum) });
  showErrors(errors);
  return Object.keys(errors).length ? null : bid;
}

/** The buyer's premium, rounded half up as the house does; beyond what a plain number holds on the way. */
function premiumOn(hammer) {
  return Number((BigInt(hammer) * BigInt(listingPage.dataset.premiumBps) + 5000n) / 10000n);
}

function toPay(hammer) {
  const premium = premiumOn(hammer);
  const figures = { amount: money(hammer), premium: money(premium), total: money(hammer + premium) };
  return premium ? words("confirm_made_of", figures) : figures.total;
}

function askThenBid(amountTyped, maxTyped) {
  const bid = readBid(amountTyped, maxTyped);
  if (!bid) return;
  const raises = leads();
  const most = bid.max ?? bid.amount;
  const dialog = one("dialog[data-confirm]");
  setText(one("h2", dialog), words(raises ? "confirm_raise" : "confirm_bid"));
  setText(one("[data-confirm-amount]", dialog), money(raises ? most : bid.amount));
  setText(one("[data-confirm-max]", dialog), bid.max && !raises ? words("confirm_max", { max: money(bid.max) }) : "");
  setText(one("[data-confirm-total]", dialog), `${words(most > bid.amount ? "confirm_pay_most" : "confirm_pay")}: ${toPay(most)}`);
  const go = raises ? words("confirm_raise_go", { max: money(most) }) : words("confirm_go", { amount: money(bid.amount) });
  setText(one("[data-confirm-go]", dialog), go);
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "confirm" && bidForm()) sendBid(bid, raises);
  };
  dialog.showModal();
}

/** The last bid of this tab that was accepted, and how many bids there were by then. */
const answered = { seq: null, n_bids: 0 };

async function sendBid(bid, raises) {
  pending(true);
  try {
    const answer = await postBid(bid);
    const body = await answer.json();
    answer.ok ? bidStands(bid, body, raises) : bidRefused(body);
  } catch {
    if (bidForm()) showErrors({ "": words("refused_broken") });
  } finally {
    pending(false);
  }
}

/** Sent again with the same key when the network fails, so that it counts once however often it arrives. */
async function postBid(bid) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(`${base}/api/v1/listings/${listingPage.dataset.listing}/bids`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(bid),
        signal: AbortSignal.timeout(8000),
      });
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((done) => setTimeout(done, 500 + Math.random() * 1000));
    }
  }
}

function pending(busy) {
  const form = bidForm();
  if (!form) return;
  form.setAttribute("aria-busy", busy);
  const button = one("button[type=submit]", form);
  setText(button, words(busy ? "sending" : leads() ? "raise" : "bid"));
  const isOpen = one("[data-state]", listingPage).dataset.state === "open";
  all("[data-turn] button", listingPage).forEach((b) => (b.disabled = busy || !isOpen));
}

function bidStands(bid, answer, raises) {
  const form = bidForm();
  answered.seq = answer.bid.seq;
  answered.n_bids = answer.listing?.n_bids ?? answer.bid.seq;
  if (answer.cursor > stream.last && answer.listing) setStanding(listingPage, answer.listing);
  showReceipt(answer.bid);
  if (!form) return;
  showErrors({});
  form.elements.amount.removeAttribute("data-touched");
  drawOffers();
  form.elements.max.value = form.elements.message.value = "";
  if (!answer.leading) {
    one("[data-turn-said]").className = "turn-said leads";
    return nowOutbid(answer.listing?.price);
  }
  // Another may have bid higher while this answer was on its way; the stream has said so then. It may also have said more that
  // came of this bid, as what is held for it.
  if (answer.cursor >= stream.last || one("[data-turn-said].leads")) nowLeading(answer.bid.max ?? bid.max ?? bid.amount);
  say(raises ? words("raised", { max: money(bid.max) }) : words("accepted", { amount: money(bid.amount) }));
}

/** The newest receipt stands open, those before it behind a fold. */
function showReceipt({ seq, amount, at, receipt }) {
  const box = one("[data-receipts]");
  if (!box || one(`[data-receipt="${seq}"]`, box)) return;
  const make = (tag, given) => Object.assign(document.createElement(tag), given);
  const before = one(":scope > [data-receipt]", box);
  if (before) {
    const fold = one("details", box) ?? make("details", {});
    if (!fold.firstChild) fold.append(make("summary", { textContent: words("receipts_earlier") }));
    fold.firstElementChild.after(before);
    box.append(fold);
  }
  const line = make("p", { className: "receipt fine" });
  line.dataset.receipt = seq;
  const code = make("code", { className: "hash", textContent: receipt });
  const href = `${base}/listings/${listingPage.dataset.listing}/proof#${receipt}`;
  const check = make("a", { href, textContent: words("receipt_check") });
  line.append(words("receipt", { seq, amount: money(amount) }), ` ${timeOfDay(Date.parse(at))} `, code, " ", check);
  box.prepend(line);
}

function bidRefused(problem) {
  const form = bidForm();
  if (!form) return;
  if (problem.code === "unauthenticated") return location.assign(`${base}/login?next=${encodeURIComponent(page.here)}`);
  const figures = {
    minimum: problem.minimum == null ? "" : money(problem.minimum),
    available: problem.available == null ? "" : money(problem.available),
  };
  const sentence = words(`refused_${problem.reason ?? problem.code}`, figures) || problem.detail || problem.title || words("refused_broken");
  if (problem.minimum != null) {
    setFigure(listingPage, "minimum", problem.minimum);
    form.elements.amount.removeAttribute("data-touched");
    form.dataset.refusedAt = problem.minimum;
    drawOffers();
  } else delete form.dataset.refusedAt;
  showErrors({ ...(problem.fields ?? {}), amount: problem.fields?.amount ?? sentence });
  if (problem.code === "listing_closed") refreshSoon(".panel");
}

/* ---- pictures: leafing through them leaves the page where it is ---- */

function leaf(event) {
  const link = event.target.closest(".thumbs a");
  if (!link) return;
  event.preventDefault();
  const picture = one(link.hash);
  picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft });
}

/** Marks the picture that is shown; `scroll` does not bubble, but it can be caught on its way down. */
function markShown({ target: strip }) {
  if (!strip.matches?.(".strip")) return;
  const shown = Math.round(strip.scrollLeft / strip.clientWidth);
  all(".thumbs a").forEach((link, i) => link.toggleAttribute("aria-current", i === shown));
}

/* ---- a new listing: what is wrong is said before it is sent; the server looks again ---- */

const draft = one("form#new-listing");
const MIB = 1024 * 1024;

function faultsOfDraft() {
  const typed = draft.elements;
  const faults = {};
  const amounts = {};
  for (const name of ["opening", "reserve", "buy_now", "increment"]) {
    const amount = typed[name].value.trim() ? parse(typed[name].value) : 0;
    if (typeof amount === "string") faults[name] = words(amount);
    else amounts[name] = amount;
    // As understood, so that a wrong reading is seen before it binds.
    setText(one(`#${name}-read`), amounts[name] ? `= ${money(amounts[name])}` : "");
  }
  if (amounts.reserve && amounts.reserve < amounts.opening) faults.reserve = words("need_reserve");
  const floor = Math.max(amounts.opening ?? 0, amounts.reserve ?? 0);
  if (amounts.buy_now && amounts.buy_now < floor) faults.buy_now = words("need_buy_now");
  const sizes = [...typed.picture.files].map((file) => file.size);
  const n = sizes.length + all("[name=picture_kept]:checked", draft).length;
  const together = sizes.reduce((sum, size) => sum + size, 0);
  if (n > 8 || sizes.some((size) => size > 10 * MIB) || together > 40 * MIB) faults.picture = words("need_picture");
  return faults;
}

/** Beside the field as soon as one leaves it; and the form is not sent while it is so. */
function checkDraft({ type }) {
  const faults = faultsOfDraft();
  for (const name of ["opening", "reserve", "buy_now", "increment", "picture"]) {
    const input = draft.elements[name];
    input.setCustomValidity(faults[name] ?? "");
    if (type === "input" && !input.hasAttribute("aria-invalid")) continue;
    setText(one(`#${name}-error`), faults[name] ?? "");
    faults[name] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
}

/* ---- start ---- */

if (draft) faultsOfDraft();
draft?.addEventListener("input", checkDraft);
draft?.addEventListener("change", checkDraft);
// What is folded away could not be pointed at.
draft?.addEventListener("invalid", ({ target }) => target.closest("details")?.setAttribute("open", ""), true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A guest's goes to the house, which leads to the login and back.
  if (!form.matches("form[data-bid], form[data-quick]") || !bidForm() || !me) return;
  event.preventDefault();
  askThenBid(form.elements.amount.value, form.matches("[data-quick]") ? form.elements.max.value : "");
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-watch]")) return;
  event.preventDefault();
  const button = one("button", form);
  const body = new URLSearchParams({ on: button.value });
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return form.submit();
  button.setAttribute("aria-pressed", button.value === "yes");
  button.value = button.value === "yes" ? "no" : "yes";
});

document.addEventListener("click", leaf);
document.addEventListener("scroll", markShown, { capture: true, passive: true });
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
  if (target.closest("[data-sound]")) switchSound();
});
document.addEventListener("pointerdown", tuneUp);

document.addEventListener("input", (event) => {
  if (event.target.matches("form[data-bid] [name=amount]")) event.target.setAttribute("data-touched", "");
});

const isLive = listingPage || board || ["home", "account"].some((kind) => document.body.classList.contains(kind));

// A page that the browser had kept may be of a person who has left since; a fresh one is the truth.
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") ifAnotherPerson(() => keep(ME, me));
else keep(ME, me);
addEventListener("storage", ({ key }) => key === ME && ifAnotherPerson());
syncClock();
tick();
showSound();
all("[data-print]").forEach((button) => (button.hidden = false));
if (board) setInterval(() => (turn += 1, refreshSoon("[data-board]")), 15_000);
if (isLive) {
  connect();
  setInterval(watchWay, 1000);
  addEventListener("pagehide", disconnect);
  addEventListener("online", syncClock);
  document.addEventListener("visibilitychange", () => {
    stream.way?.seen(!document.hidden);
    if (!document.hidden) wake();
  });
}
addEventListener("pageshow", ({ persisted }) => persisted && ifAnotherPerson(() => (isLive ? wake() : syncClock())));
