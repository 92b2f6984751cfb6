// One stream a browser, however many tabs are open: a browser opens six connections a host, and a tab that held one of its
// own would sooner or later keep a bid from leaving. A shared worker holds it for all tabs; where there is none, one tab
// does for the others (the one looked at last); where that cannot be agreed on, each tab while it is looked at.
// This part runs in the worker too: it knows no document. Stands before app.js in one file, under one hashed name, so that
// a new release never meets an old worker.

const isWorker = typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope;

// Where the house lies at its host: this file is in its `assets/`. Empty where it has the host for itself.
const base = new URL("..", import.meta.url).pathname.slice(0, -1);

const EVENTS = ["listed", "bid", "extended", "settled", "cancelled", "outbid", "won", "funds", "time", "reset"];
/** The server says something every four seconds. */
const SILENCE_MS = 12_000;
const LATE_MS = 6_000;
/** More ids than this are asked for as `all`; the server takes a thousand. */
const MAX_IDS = 500;

/**
 * The one stream. Each tab joins with a wish `{listings: [id…] or "all", after: cursor, who}` and is told
 * `{link: true or false}` and `{name, id, data}`. A tab may be told what it knows already or did not ask for, never less.
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

  /** The machine may have slept, or be back in the net. */
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
    // Whoever knows more hears again what is known already, and passes over it.
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

  /** Again after one to four seconds, at random, so that a hall does not come back all at once. */
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
      // A house that was restored begins again at an earlier event.
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

  /** An open but silent stream looks alive for ever. And the tabs hear that somebody holds the line. */
  beat() {
    if (this.source && performance.now() - this.heard > SILENCE_MS) {
      this.link(false);
      this.open();
    } else if (++this.beats % 4 === 0) this.tellAll({ link: this.live });
  }
}

/* ---- three ways to the line; each is `{wake, seen, leave}`, and `wish` and `tell` are the tab's ---- */

function byWorker(wish, tell) {
  const worker = new SharedWorker(import.meta.url, { type: "module", name: "auction" });
  const { port } = worker;
  port.onmessage = ({ data }) => tell(data);
  worker.onerror = () => tell({ broken: true });
  port.postMessage({ join: wish() });
  return {
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

/** The tab with the lock leads: it holds the line for all. A tab that is looked at takes the lock, for it never sleeps. */
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
  // Taken away by a tab that is looked at now: follow that one.
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
  return { wake: () => line.wake(), seen, leave: () => line.end() };
}

const WAYS = [
  ["SharedWorker" in globalThis, byWorker],
  [Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel), byLeader],
  [true, whileSeen],
].filter(([can]) => can).map(([, way]) => way);

if (isWorker) serveTabs(self);
