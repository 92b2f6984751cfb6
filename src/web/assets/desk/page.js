// Makes the pages of the desk quick: they work without it, and it decides no rule. `src/web/assets.rs` joins the files of
// this folder, after amounts.js. This file comes first: the page's data, and small tools for all the others.

const page = JSON.parse(document.querySelector("script[data-page]").textContent);
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Returns the sentence `name`, with each `%key` replaced by its figure. */
function words(name, figures = {}) {
  return (page.words[name] ?? "").replace(/%([a-z]+)/g, (bare, key) => figures[key] ?? bare);
}

/** Speaks to a screen reader. */
function say(text) {
  one("[data-say]").textContent = text;
}

/**
 * Loads a page of the desk again in the background, and puts its part `selector` in place of this page's. Whoever asks again
 * meanwhile gets the newest alone. Returns whether it is there.
 */
const loading = new Map();
async function refresh(selector, url) {
  loading.get(selector)?.abort();
  const stop = new AbortController();
  loading.set(selector, stop);
  try {
    const answer = await fetch(url, { signal: stop.signal, headers: { Accept: "text/html" } });
    // Without a pass the answer is the page that asks for a code.
    if (answer.redirected) return location.assign(answer.url), false;
    const loaded = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, fresh] = [one(selector), one(selector, loaded)];
    if (!answer.ok || !old || !fresh) return false;
    old.replaceWith(fresh);
    return true;
  } catch {
    return false;
  }
}
