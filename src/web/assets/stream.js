// One stream per browser, however many tabs are open: a browser opens six connections per host, and if each tab held
// one, a bid would sooner or later have to wait. A shared worker holds the stream for all tabs. Without shared workers,
// the tab that was looked at last holds it for the others; without locks either, each tab holds one while visible.
// This part also runs in the worker, so it uses no document. It is served in one file with the page's part, under one
// hashed name, so that a new release never meets an old worker.

const isWorker = typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope;

// The path of the house on its host, found from this file's own address in `assets/`. Empty at the root.
const base = new URL("..", import.meta.url).pathname.slice(0, -1);

const EVENTS = ["listed", "bid", "extended", "paused", "resumed", "settled", "cancelled", "outbid", "won", "funds", "time", "reset"];
/** The server sends something every four seconds. */
const SILENCE_MS = 12_000;
const LATE_MS = 6_000;
/** More ids than this are requested as `all`; the server accepts a thousand. */
const MAX_IDS = 500;

/**
 * The shared stream. Each tab joins with a wish `{listings: [id…] or "all", after: cursor, who}` and receives
 * `{link: true or false}` and `{name, id, data}`. A tab may receive events that it already has or did not ask for, but
 * never misses one.
 */
class Line {
  constructor() {
    this.tabs = new Map();
    this.source = null;
    this.live = false;
    this.timer = setInterval(() => this.beat(), 1000);
    this.beats = 0;
    this.ending = new AbortController();
    addEventListener("offline", () => this.lost(), this.ending);
    addEventListener("online", () => this.wake(), this.ending);
  }

  join(key, wish, tell) {
    const goesOn = this.source && wish.who === this.who && wish.after >= this.last && this.covers(wish.listings);
    this.tabs.set(key, { ...wish, tell });
    this.who = wish.who;
    if (goesOn) tell({ link: this.live });
    else this.openSoon(0);
  }

  leave(key) {
    this.tabs.delete(key);
    if (!this.tabs.size) this.close();
  }

  /** The machine may have slept, or be online again. */
  wake() {
    if (this.tabs.size && (!this.source || performance.now() - this.heard > LATE_MS)) this.openSoon(0);
  }

  end() {
    clearInterval(this.timer);
    this.ending.abort();
    this.close();
    this.tabs.clear();
  }

  covers(listings) {
    return this.listings === "all" || (listings !== "all" && listings.every((id) => this.listings.includes(id)));
  }

  openSoon(wait_ms) {
    clearTimeout(this.opening);
    this.opening = setTimeout(() => this.open(), wait_ms);
  }

  open() {
    this.close();
    if (!this.tabs.size) return;
    const tabs = [...this.tabs.values()];
    const ids = new Set(tabs.flatMap((tab) => tab.listings));
    this.listings = ids.has("all") || ids.size > MAX_IDS ? "all" : [...ids];
    // Tabs that are further ahead receive some events again, and skip them.
    this.last = Math.min(...tabs.map((tab) => tab.after));
    const source = new EventSource(`${base}/events?listings=${this.listings}&after=${this.last}`);
    this.source = source;
    this.heard = performance.now();
    for (const name of EVENTS) source.addEventListener(name, (event) => this.hear(name, event));
    source.onopen = () => {
      this.heard = performance.now();
      this.link(true);
    };
    source.onerror = () => this.lost();
  }

  /** Reconnects after a random one to four seconds, so that a full hall does not return all at once. */
  lost() {
    this.close();
    this.link(false);
    if (this.tabs.size) this.openSoon(1000 + Math.random() * 3000);
  }

  close() {
    clearTimeout(this.opening);
    this.source?.close();
    this.source = null;
  }

  hear(name, { lastEventId, data }) {
    this.heard = performance.now();
    const id = name === "time" || lastEventId === "" ? null : Number(lastEventId);
    if (id !== null) {
      this.last = id;
      // A house restored from a backup continues from an earlier event.
      for (const tab of this.tabs.values()) tab.after = name === "reset" ? id : Math.max(tab.after, id);
    }
    this.tellAll({ name, id, data });
  }

  link(live) {
    this.live = live;
    this.tellAll({ link: live });
  }

  tellAll(word) {
    for (const tab of this.tabs.values()) tab.tell(word);
  }

  /** Replaces a stream that is open but silent, which looks alive forever; and tells the tabs that someone holds it. */
  beat() {
    if (this.source && performance.now() - this.heard > SILENCE_MS) {
      this.link(false);
      this.open();
    } else if (++this.beats % 4 === 0) this.tellAll({ link: this.live });
  }
}

/* ---- three ways to the stream; each returns `{ask, wake, seen, leave}`; `wish` and `tell` are the tab's callbacks,
   and `ask` is for a wish that has grown ---- */

function byWorker(wish, tell) {
  const worker = new SharedWorker(import.meta.url, { type: "module", name: "auction" });
  const { port } = worker;
  port.onmessage = ({ data }) => tell(data);
  worker.onerror = () => tell({ broken: true });
  const ask = () => port.postMessage({ join: wish() });
  ask();
  return {
    ask,
    wake: () => port.postMessage({ wake: true }),
    seen: () => {},
    leave: () => {
      port.postMessage({ leave: true });
      port.close();
    },
  };
}

function serveTabs(scope) {
  const line = new Line();
  scope.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
      if (data.join) line.join(port, data.join, (word) => port.postMessage(word));
      if (data.wake) line.wake();
      if (data.leave) line.leave(port);
    };
  };
}

/** The tab with the lock holds the stream for all. A visible tab takes the lock, because it never sleeps. */
function byLeader(wish, tell) {
  const name = `auction ${import.meta.url}`;
  const own = `${Math.random()}`;
  const channel = new BroadcastChannel(name);
  const leaving = new AbortController();
  let line = null;
  let release = () => {};
  let queued = false;

  const hold = () => {
    if (line || leaving.signal.aborted) return undefined;
    line = new Line();
    line.join(own, wish(), tell);
    channel.postMessage({ leads: true });
    return new Promise((done) => (release = done));
  };
  const follow = () => {
    line?.end();
    line = null;
    if (leaving.signal.aborted) return;
    channel.postMessage({ from: own, join: wish() });
    if (queued) return;
    queued = true;
    const granted = () => {
      queued = false;
      return hold();
    };
    navigator.locks.request(name, { signal: leaving.signal }, granted).catch(follow);
  };
  // Another tab became visible and took the lock: follow it.
  const lead = () => line || navigator.locks.request(name, { steal: true }, hold).catch(follow);

  channel.onmessage = ({ data }) => {
    if (data.to === own) tell(data.word);
    if (data.leads && !line) channel.postMessage({ from: own, join: wish() });
    if (!line) return;
    if (data.join) line.join(data.from, data.join, (word) => channel.postMessage({ to: data.from, word }));
    if (data.wake) line.wake();
    if (data.leave) line.leave(data.from);
  };
  if (document.hidden) follow();
  else lead();
  return {
    ask: () => (line ? line.join(own, wish(), tell) : channel.postMessage({ from: own, join: wish() })),
    wake: () => (line ? line.wake() : channel.postMessage({ wake: true })),
    seen: (visible) => visible && lead(),
    leave: () => {
      leaving.abort();
      channel.postMessage({ from: own, leave: true });
      channel.close();
      line?.end();
      release();
    },
  };
}

function whileSeen(wish, tell) {
  const line = new Line();
  const seen = (visible) => (visible ? line.join(0, wish(), tell) : line.leave(0));
  seen(!document.hidden);
  return { ask: () => seen(!document.hidden), wake: () => line.wake(), seen, leave: () => line.end() };
}

const WAYS = [
  ["SharedWorker" in globalThis, byWorker],
  [Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel), byLeader],
  [true, whileSeen],
].filter(([can]) => can).map(([, way]) => way);

if (isWorker) serveTabs(self);
