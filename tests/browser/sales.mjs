// Sales for the tests, made by the command line as organisers make them.

/** Seconds from now, as the command line takes times. */
export const inSeconds = (s) => new Date(Date.now() + s * 1000).toISOString();

/**
 * A published sale: lots by their titles, each `A1` and so on in the sections of `sections` in turn. Ann sells. Returns the
 * listings' ids in order.
 */
export async function sale(house, code, { titles, name = "Spring evening", opens_in_s = null, closes_in_s = 600, every = "20s", sections = [], more = [] }) {
  const opens = opens_in_s === null ? [] : ["--opens-at", inSeconds(opens_in_s)];
  house.auction("sale", "add", code, "--name", name, "--closes-at", inSeconds(closes_in_s), "--every", every, ...opens, ...more);
  titles.forEach((title, i) => {
    const section = sections.length ? ["--section", sections[Math.floor((i * sections.length) / titles.length)]] : [];
    house.auction("listing", "add", "--seller", "ann@example.org", "--title", title, "--opening", "10000",
      "--sale", code, "--lot", `A${i + 1}`, ...section);
  });
  house.auction("sale", "publish", code);
  return lotsOf(house, code, titles.length);
}

/** The listings of a sale, found by the jump to each lot. */
export async function lotsOf(house, code, n) {
  const ids = [];
  for (let nth = 1; nth <= n; nth++) {
    const answer = await fetch(`${house.base}/sales/${code}?lot=a${nth}`, { redirect: "manual" });
    ids.push(Number(/\/listings\/(\d+)$/.exec(answer.headers.get("location"))[1]));
  }
  return ids;
}
