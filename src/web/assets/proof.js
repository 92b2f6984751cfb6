// Recomputes a listing's hash chain in the visitor's browser from the published data, and shows whether a receipt is
// part of it. It trusts none of the hashes that the server sends. packaging/manual/proof.md defines the format of each entry.

/** The hashed fields of each kind of entry, in order: `$` text, `@` instant, else a number; null hashes as "" or 0. */
const OFFER =
  "listing seller_id $title $description $picture opening $reserve_commitment buy_now increment @first_closes_at " +
  "window_s extension_s cap_s premium_bps commission_bps outage_s @created_at";
const BID = "listing seq bidder_id amount price @closes_at @at $message $commitment";
const FORMS = {
  listing: OFFER,
  lot: `${OFFER} $sale $lot @opens_at`,
  bid: BID,
  raise: BID,
  automatic: BID,
  "desk-bid": `${BID} $pass $source`,
  prolongation: "listing after_seq @closes_at @outage_from @outage_until @at",
  postponement: "listing after_seq @closes_at by_s @at $who $why",
  pause: "listing after_seq @at $who $why",
  resume: "listing after_seq @closes_at @at $who",
  settlement: "listing $outcome $reason buyer_id hammer premium commission @closes_at @settled_at",
  reversal: "listing settlement @at $who $why",
};
const ENDS = ["settlement", "reversal"];
const NOTHING = "0".repeat(64);
const PAGE = 1000;

const utf8 = new TextEncoder();
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const K = Uint32Array.from(
  ("428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74 " +
    "80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d " +
    "b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e " +
    "92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5 " +
    "391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2").split(" "),
  (word) => parseInt(word, 16),
);

/** SHA-256 (FIPS 180-4), for pages on plain http in a local network, where browsers have no `crypto.subtle`. */
export function sha256(bytes) {
  const length = ((bytes.length + 8) >> 6 << 6) + 64;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(length - 4, bytes.length << 3);
  const state = Uint32Array.of(
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
  const w = new Uint32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let block = 0; block < length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4);
    for (let i = 16; i < 64; i++) {
      const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
  }
  const answer = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => answer.setUint32(i * 4, word));
  return new Uint8Array(answer.buffer);
}

/** Returns the browser's own SHA-256 where it has one. */
export function hasher() {
  const { subtle } = globalThis.crypto ?? {};
  return subtle ? async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes)) : async (bytes) => sha256(bytes);
}

function text(value) {
  const bytes = utf8.encode(value ?? "");
  return joined(utf8.encode(`${bytes.length}\n`), bytes, utf8.encode("\n"));
}

/** Returns the canonical form of an entry. */
export function form(link) {
  const fields = FORMS[link.kind].split(" ").map((field) => {
    if (field[0] === "$") return text(link[field.slice(1)]);
    const value = link[field.replace("@", "")] ?? 0;
    return utf8.encode(`${value && field[0] === "@" ? Date.parse(value) : value}\n`);
  });
  return joined(text(link.kind), ...fields);
}

/**
 * Recomputes a whole chain, whose pages `page(after)` returns. Returns the number of entries and bids, each bid's hash and
 * commitment, and where the chain is broken, if it is: `{at, why}` with the entry, or null for the end.
 */
export async function recompute(listing, page, progress = () => {}) {
  const digest = hasher();
  const found = { n_links: 0, n_bids: 0, bids: [], head: NOTHING, departs: null };
  let end = null;
  for (let after = 0; after !== null; ) {
    const { previous, links, next, head } = await page(after);
    if (previous !== found.head) found.departs = { at: links[0] ?? null, why: "join" };
    const hashes = await Promise.all(links.map((link, i) =>
      Object.hasOwn(FORMS, link.kind) && digest(joined(unhex(i ? links[i - 1].hash : previous), form(link)))));
    if (found.departs) return found;
    for (let i = 0; i < links.length; i++) {
      const link = links[i];
      if (!hashes[i] || hex(hashes[i]) !== link.hash) found.departs = { at: link, why: "hash" };
      else if (!isInOrder(link, listing, found, end)) found.departs = { at: link, why: "order" };
      if (found.departs) return found;
      end = ENDS.includes(link.kind) ? link.kind : null;
      found.n_links++;
      found.head = link.hash;
      if (link.seq) found.bids[++found.n_bids] = { hash: link.hash, commitment: link.commitment, at: link.at, terms: link.terms };
    }
    progress(found.n_links);
    if (next === null ? head !== found.head : !(next > after)) found.departs = { at: null, why: "head" };
    if (found.departs) return found;
    after = next;
  }
  return found;
}

/**
 * The offer comes first and once, every entry belongs to it, bids are numbered without a gap, and after the settlement comes
 * nothing but its reversal.
 */
function isInOrder(link, listing, found, end) {
  const first = found.n_links === 0;
  const follows = end ? end === "settlement" && link.kind === "reversal" : link.kind !== "reversal";
  const counted = (link.seq ?? found.n_bids + 1) === found.n_bids + 1 && (link.after_seq ?? found.n_bids) === found.n_bids;
  return follows && link.listing === listing && counted && ["listing", "lot"].includes(link.kind) === first;
}

/** Returns `{listing, seq, hash, max?, salt?, terms?}` of a receipt's text, or null. */
export function readReceipt(typed) {
  const receipt = /^\s*auction-receipt:(\d+):(\d+):([0-9a-f]{64})(?::(\d+):([0-9a-f]{32}))?(?::([0-9a-f]{64}))?\s*$/i.exec(typed);
  if (!receipt) return null;
  const [, listing, seq, hash, max, salt, terms] = receipt;
  return { listing: Number(listing), seq: Number(seq), hash: hash.toLowerCase(), max, salt, terms: terms?.toLowerCase() };
}

/**
 * Checks the terms that a receipt names: the house says under which the bid was made, and `publication(version)` returns how
 * they were published. Returns the name of the sentence with what is wrong, or the publication; null for a bid without terms.
 */
export async function judgeTerms(receipt, bid, publication) {
  if (!bid.terms) return receipt.terms ? "no_terms" : null;
  if (receipt.terms && receipt.terms !== bid.terms.hash) return "other_terms";
  const published = await publication(bid.terms.version);
  const hash = hex(await hasher()(utf8.encode(published.text)));
  return hash === bid.terms.hash && Date.parse(published.at) <= Date.parse(bid.at) ? published : "wrong_terms";
}

/** Checks a receipt against a recomputed chain; returns the name of the sentence with the result. */
export async function judge(receipt, listing, found) {
  if (!receipt) return "not_a_receipt";
  if (receipt.listing !== listing) return "other_listing";
  const bid = found.bids[receipt.seq];
  if (!bid) return found.departs ? "unproven" : "no_such_bid";
  if (bid.hash !== receipt.hash) return "other_hash";
  if (receipt.max === undefined) return "stands";
  const commitment = await hasher()(joined(unhex(receipt.salt), utf8.encode(String(Number(receipt.max)))));
  return hex(commitment) === bid.commitment ? "opens" : "wrong_max";
}

/* ---- the page ---- */

function start(article) {
  const one = (selector) => article.querySelector(selector);
  const words = JSON.parse(document.querySelector("script[data-proof-words]").textContent);
  const say = (place, name, figures, good) => {
    place.textContent = words[name].replace(/%([a-z_]+)/g, (bare, key) => figures[key] ?? bare);
    place.dataset.said = name;
    delete place.dataset.terms;
    place.className = good === undefined ? "verdict" : good ? "verdict good" : "verdict bad";
  };
  const listing = Number(article.dataset.proof);
  const verdict = one("[data-verdict]");
  const form_ = one("form[data-check]");

  async function page(after) {
    const answer = await fetch(new URL(`../api/v1/listings/${listing}/proof?after=${after}&limit=${PAGE}`, import.meta.url), { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function publication(version) {
    const answer = await fetch(new URL(`../api/v1/terms?version=${version}`, import.meta.url), { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function show(found) {
    if (!found.departs) return say(verdict, "agrees", { n: found.n_links, bids: found.n_bids, head: found.head }, true);
    const { at, why } = found.departs;
    const place = at ? `${at.kind}${at.seq ? ` ${at.seq}` : ""}` : "–";
    say(verdict, "departs", { place, why: words[`why_${why}`] }, false);
    if (!at) return;
    // Several entries may be of one kind: the hash tells them apart, unless it is the hash that was altered.
    const place_ = at.seq ? `[data-seq="${Number(at.seq)}"]` : `[data-kind="${CSS.escape(at.kind)}"]`;
    const rows = [...article.querySelectorAll(place_)];
    const row = rows.find((row) => row.querySelector(".hash").textContent === at.hash) ?? rows[0];
    row?.classList.add("departs");
  }

  say(verdict, "checking", { n: 0 });
  const checked = recompute(listing, page, (n) => say(verdict, "checking", { n }));
  checked.then(show, () => say(verdict, "broken", {}, false));

  async function check() {
    const said = one("[data-receipt-said]");
    const receipt = readReceipt(form_.elements.receipt.value);
    const found = await checked.catch(() => null);
    if (!found) return say(said, "broken", {}, false);
    const name = await judge(receipt, listing, found);
    const figures = { ...receipt, n: found.n_bids };
    if (name !== "stands" && name !== "opens") return say(said, name, figures, false);
    const terms = await judgeTerms(receipt, found.bids[receipt.seq], publication).catch(() => "broken");
    if (typeof terms === "string") return say(said, terms, figures, false);
    say(said, name, figures, true);
    if (!terms) return;
    const at = new Date(terms.at).toLocaleString(document.documentElement.lang);
    const words_ = words.terms.replace("%terms_version", terms.version).replace("%terms_at", at);
    said.append(` ${words_}`);
    said.dataset.terms = terms.version;
  }

  form_.classList.remove("gone");
  form_.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  // A receipt after the # of the address never reaches the server.
  function take() {
    const given = decodeURIComponent(location.hash.slice(1));
    if (!given.startsWith("auction-receipt:")) return;
    form_.elements.receipt.value = given;
    check();
  }
  addEventListener("hashchange", take);
  take();
}

if (globalThis.document) start(document.querySelector("article[data-proof]"));
