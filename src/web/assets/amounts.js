// Parses amounts as people write them, exactly as `src/rules/amount.rs` does; `tests/tables/amounts.json` tests both.

const UNSEEN = /[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g;
const BLANKS = /[\t-\r\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;
const APOSTROPHES = /[\u00b4\u02bc\u2018\u2019\u2032\u066c]/g;
const WIDE_SIGNS = { "￡": "£", "￥": "¥", "￦": "₩" };
/** The marks between groups of three digits, and before decimals; the Arabic decimal separator never groups. */
const GROUP_MARKS = [".", ",", "'", " "];
const DECIMAL_MARKS = [".", ",", "\u066b"];

/** Maps all digits, blanks, apostrophes and full-width characters to ASCII capitals; drops invisible characters. */
function plainAmount(text) {
  const moved = (to, from) => (c) => String.fromCharCode(c.charCodeAt(0) - from + to);
  return text
    .replace(UNSEEN, "")
    .replace(BLANKS, " ")
    .replace(APOSTROPHES, "'")
    .replace(/[\u0660-\u0669]/g, moved(0x30, 0x660))
    .replace(/[\u06f0-\u06f9]/g, moved(0x30, 0x6f0))
    .replace(/[\uff01-\uff5e]/g, moved(0x21, 0xff01))
    .replace(/[￡￥￦]/g, (c) => WIDE_SIGNS[c])
    .replace(/[a-z]/g, (c) => c.toUpperCase());
}

/** Returns whether a grouped number can begin with these digits. */
function leadsGroups(run) {
  return run.length >= 1 && run.length <= 3 && !run.startsWith("0");
}

/** Returns the groups joined without their marks, or null unless all marks are the same. */
function joinedGroups(marks, [first, ...rest]) {
  const isEven = GROUP_MARKS.includes(marks[0]) && marks.every((mark) => mark === marks[0]);
  return isEven && leadsGroups(first) && rest.every((run) => run.length === 3) ? first + rest.join("") : null;
}

/** Returns the digits of an amount in minor units, or the reason why it cannot be parsed. */
function digitsOf(bare, decimals) {
  const marks = bare.match(/[^0-9]/gu) ?? [];
  const runs = bare.split(/[^0-9]/u);
  if (!marks.length) return bare + "0".repeat(decimals);
  const [last, front, part, groups] = [marks.at(-1), marks.slice(0, -1), runs.at(-1), runs.slice(0, -1)];
  const isOnly = !front.length;
  const endsAGroup = isOnly && GROUP_MARKS.includes(last) && part.length === 3 && decimals !== 3 && leadsGroups(groups[0]);
  if (!DECIMAL_MARKS.includes(last) || front.includes(last) || endsAGroup) {
    const whole = joinedGroups(marks, runs);
    return whole === null ? "not_a_number" : whole + "0".repeat(decimals);
  }
  const whole = isOnly ? groups[0] : joinedGroups(front, groups);
  if (whole === null || (!whole && !part)) return "not_a_number";
  const mayLackADigit = isOnly && last === "," && whole.length <= 3;
  if (part.length <= decimals) return whole + part.padEnd(decimals, "0");
  return decimals === 0 && part === "00" && whole && !mayLackADigit ? whole : "too_many_decimals";
}

/** Returns minor units, for a currency with these decimals and signs, or the reason why the text cannot be parsed. */
function readAmount(typed, decimals, signs) {
  const trimmed = (text) => text.replace(/^ +| +$/g, "");
  let bare = trimmed(plainAmount(typed));
  bare = trimmed(bare.slice((signs.find((sign) => bare.startsWith(sign)) ?? "").length));
  bare = trimmed(bare.slice(0, bare.length - (signs.find((sign) => bare.endsWith(sign)) ?? "").length));
  if (!bare) return "empty";
  const digits = digitsOf(bare, decimals);
  if (!/^[0-9]+$/.test(digits)) return digits;
  const minor = Number(digits);
  return minor >= 1 && minor <= 1e15 ? minor : "out_of_range";
}
