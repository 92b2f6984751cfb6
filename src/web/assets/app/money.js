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

function toPay(hammer) {
  const premium = premiumOn(hammer);
  const figures = { amount: money(hammer), premium: money(premium), total: money(hammer + premium) };
  return premium ? words("confirm_made_of", figures) : figures.total;
}
