// The server's clock, and the countdowns that follow it.

const clock = { offset: page.now_ms - performance.now(), bound: null, device: null, syncing: false };
const now = () => performance.now() + clock.offset;
const deviceDrift = () => Date.now() - performance.now();

/** Asks the server six times; the fastest answer counts, and is wrong by at most half its round trip. */
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
      const roundTrip = answered - asked;
      // The server rounds down to a millisecond: half a one more is right on average.
      if (!best || roundTrip < best.roundTrip) best = { roundTrip, offset: unix_ms + 0.5 - (asked + answered) / 2 };
    } catch {
      break;
    }
  }
  clock.syncing = false;
  if (!best) return;
  clock.offset = best.offset;
  countdownsDue = new WeakMap();
  clock.bound = best.roundTrip / 2 + 0.5;
  drawTime();
  all("[data-bound]").forEach((e) => setText(e, words("bound", { ms: Math.ceil(clock.bound) })));
}

const two = (n) => String(n).padStart(2, "0");

/** Returns the offset from UTC in seconds and the zone's letters at that moment: clocks may change before a close. */
function zoneAt(ms) {
  const [, offset, letters] = page.zone_spans.findLast(([from]) => from <= ms) ?? page.zone_spans[0];
  return { offset, letters };
}

function timeOfDay(ms) {
  const s = Math.floor(ms / 1000) + zoneAt(ms).offset;
  return `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Returns the time alone for today, with the date for any other day. */
function briefTime(ms) {
  const day = (at) => Math.floor((Math.floor(at / 1000) + zoneAt(at).offset) / 86400);
  return day(ms) === day(now()) ? timeOfDay(ms) : fullTime(ms);
}

/** Returns a duration in the largest unit that divides it, as the server does; days in hours. */
function span(s) {
  const [name, n] = s % 3600 === 0 ? ["span_h", s / 3600] : s % 60 === 0 ? ["span_min", s / 60] : ["span_s", s];
  return words(name, { n });
}

/** Returns `22 Nov 2026, 17:45:36 KST`, in the house's zone, as the server formats it. */
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

/** Returns a time left: seconds only in the last ten minutes, so that nobody takes it for a time of day. */
function countdown(s) {
  const [d, h, min] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (d) return words("countdown_days", { d, h });
  if (h) return words("countdown_hours", { h, min });
  return min >= 10 ? words("span_min", { n: min }) : `${min}:${two(s % 60)}`;
}

/**
 * Draws the clock and all countdowns; returns the milliseconds until the next one changes: at most 50, or a second in a
 * catalogue, where many phones are busy with hundreds of lots.
 */
function drawTime() {
  const at = now();
  drawDueLots(at);
  for (const e of catalogue ? catalogueClocks : all("[data-clock]")) {
    e.dataset.clock = new Date(at).toISOString();
    setText(e, timeOfDay(at));
  }
  all("[data-until]").forEach((e) => drawUntil(e, at));
  let wait = catalogue ? 1000 - (at % 1000) : 50 - (at % 50);
  for (const e of countdowns()) {
    if (!(countdownsDue.get(e) > at)) {
      const left = drawCountdown(e, at);
      countdownsDue.set(e, left > 0 ? at + (left % 1000 || 1000) : at + 1000);
    }
    wait = Math.min(wait, countdownsDue.get(e) - at);
  }
  return wait;
}

/** When each countdown shows something else: none is drawn more often than once a second. */
let countdownsDue = new WeakMap();

/** A page of very many cards draws those near the screen, the others when they come there. */
const MANY_CARDS = 40;
const cards = all(".card");
const shownCards = new Set();

if (cards.length > MANY_CARDS) {
  const eye = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) shownCards[isIntersecting ? "add" : "delete"](target);
  }, { rootMargin: "50%" });
  cards.forEach((card) => eye.observe(card));
}

function countdowns() {
  if (catalogue) return catalogueCountdowns();
  if (cards.length <= MANY_CARDS) return all("[data-countdown]");
  const ofCards = [...shownCards].map((card) => one("[data-countdown]", card)).filter(Boolean);
  return [...all(".sale-head [data-countdown]"), ...ofCards];
}

/** To be called when a listing's state or close has changed: its countdown is drawn at once. */
function countAnew(root) {
  all("[data-countdown]", root).forEach((e) => countdownsDue.delete(e));
}

function tick() {
  if (clock.device !== null && Math.abs(deviceDrift() - clock.device) > 250) syncClock();
  setTimeout(tick, Math.max(drawTime(), 16));
}

/** Returns when a listing opens, or closes if it is open or its opening is not shown. */
function awaited(root) {
  const opens = one("[data-state]", root)?.dataset.state === "upcoming" && one("[data-opens-at]", root);
  return { opens: Boolean(opens), at: Date.parse(opens ? opens.dataset.opensAt : one("[data-closes-at]", root)?.dataset.closesAt) };
}

/** Draws the time left until an instant that is no listing's close; at zero the board has something else to show. */
function drawUntil(element, at) {
  const left = Math.max(0, Math.ceil((Date.parse(element.dataset.until) - at) / 1000));
  const text = countdown(left);
  if (!left && board && element.textContent !== text) refreshSoon("[data-board]");
  setText(element, text);
}

function drawCountdown(element, at) {
  const root = element.closest("[data-listing], .sale-head");
  const state = one("[data-state]", root);
  if (state && !["upcoming", "open", "closing"].includes(state.dataset.state)) return 0;
  const due = awaited(root);
  const left = due.at - at;
  // The board says when a lot of a sale that is not open yet closes.
  if (board && state?.dataset.state === "upcoming" && !due.opens) return 0;
  if (due.opens && left <= 0) return opened(root, element, at);
  const seconds = Math.max(0, Math.ceil(left / 1000));
  if (element.dataset.countdown !== String(seconds)) {
    element.dataset.countdown = seconds;
    if (root === listingPage && !due.opens) speakLeft(seconds);
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

/** Bidding has just opened: the form to bid, or what a sale shows now, comes from the server. */
function opened(root, element, at) {
  setState(root, "open");
  if (root.matches(".sale-head")) {
    element.closest("p").hidden = true;
    say(words("opened"));
    refreshSoon(".sale-head");
    return 0;
  }
  if (root === listingPage) {
    setText(one("[data-left-label]", root), words("label_left"));
    say(words("opened"));
    ring("good");
    refreshSoon(".panel");
  }
  if (root.closest("[data-own]")) refreshSoon("[data-own]");
  return drawCountdown(element, at);
}
