// Makes the pages live: clock, countdowns, prices and bids as they happen, bidding without leaving the page.
// Every page works without it, and it decides no rule: it shows what the server says. `src/web/assets.rs` joins the
// files of this folder, after stream.js and amounts.js, in a block that the shared worker skips.
//
// This file comes first: the page's data, and small tools for all the others.

const page = JSON.parse(document.querySelector("script[data-page]").textContent);
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const listingPage = one("article[data-listing]");
const board = one("[data-board]");
const catalogue = one("[data-catalogue]");
const title = document.title;

/** Returns the sentence `name`, with each `%key` replaced by its figure. */
function words(name, figures = {}) {
  return (page.words[name] ?? "").replace(/%([a-z]+)/g, (bare, key) => figures[key] ?? bare);
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

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
    // Without storage, the choice lasts as long as the page.
  }
}
