// Money, formatted and parsed exactly as the server does it, in integers of minor units.

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

/** Returns the typed amount in minor units, or the name of the sentence that says what is wrong with it. */
function parse(typed) {
  const read = readAmount(typed, page.decimals, page.signs);
  return typeof read === "string" ? `amount_${read}` : read;
}

/** Returns the buyer's premium, rounded half up as the server does; the product can exceed a safe integer. */
function premiumOn(hammer) {
  return Number((BigInt(hammer) * BigInt(listingPage.dataset.premiumBps) + 5000n) / 10000n);
}

const withPremium = (hammer) => hammer + premiumOn(hammer);

/** Returns the highest hammer price that `available` covers with its premium, as the server does. */
function mostWithin(available) {
  const near = Number((BigInt(Math.max(available, 0)) * 10000n) / (10000n + BigInt(listingPage.dataset.premiumBps)));
  return [near + 1, near, near - 1].find((most) => most >= 0 && withPremium(most) <= available) ?? 0;
}

/** Returns the premium's rate, as the server writes it. */
function percent() {
  const bps = Number(listingPage.dataset.premiumBps);
  return bps % 100 ? (bps / 100).toFixed(2) : String(bps / 100);
}

/** Returns `€32.00 + 10 % premium = €35.20`, or the total alone where there is no premium. */
function comesTo(hammer) {
  const figures = { amount: money(hammer), percent: percent(), total: money(withPremium(hammer)) };
  return words(percent() === "0" ? "comes_to_plain" : "comes_to", figures);
}
