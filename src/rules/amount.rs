//! Amounts as people write them, read without floats: `1.000,50`, `1'000.50`, `1 000,50 €`, `US$ 5`, `１，０００`. Never
//! rounds and never guesses: an ambiguous amount is refused. The script of the pages (`amounts.js`) reads the same;
//! `tests/tables/amounts.json` tests both.

use super::money::{Currency, MAX_AMOUNT, Money};

/// Why a written amount cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    NotANumber,
    TooManyDecimals,
    OutOfRange,
}

/// The marks between groups of three digits; every kind of apostrophe is read as this one.
const GROUP_MARKS: [char; 4] = ['.', ',', '\'', ' '];
/// The marks before the decimals. The Arabic decimal separator never ends a group.
const DECIMAL_MARKS: [char; 3] = ['.', ',', ARABIC_DECIMAL];
const ARABIC_DECIMAL: char = '\u{66b}';

impl Unreadable {
    /// A sentence for people, with an example in the house's currency.
    pub fn words(self, currency: &Currency) -> String {
        let example = currency.show(currency.example());
        match self {
            Unreadable::Empty => format!("An amount, such as {example}."),
            Unreadable::NotANumber => format!("This is not an amount; write one such as {example}."),
            Unreadable::TooManyDecimals if currency.decimals == 0 => {
                format!("{} has no decimals; write an amount such as {example}.", currency.code)
            }
            Unreadable::TooManyDecimals => {
                let most = currency.decimals;
                format!("{} has at most {most} decimals; write an amount such as {example}.", currency.code)
            }
            Unreadable::OutOfRange => currency.range(1),
        }
    }
}

impl Currency {
    /// Reads an amount typed into a page, from 1 minor unit to [`MAX_AMOUNT`].
    ///
    /// The currency's code, sign or word may stand before or after, in capitals or not. Groups have three digits. A
    /// last point or comma with no more digits after it than the currency has decimals begins the decimals; where it
    /// is the only separator and three digits follow, it ends a group, unless the currency has three decimals: there
    /// it begins the decimals. In a currency without decimals two zeros after the sign are passed over (`1000.00`),
    /// but not where a digit of a group may be missing (`12,00`).
    pub fn parse(&self, typed: &str) -> Result<Money, Unreadable> {
        self.read(typed).and_then(|minor| if minor == 0 { Err(Unreadable::OutOfRange) } else { Ok(minor) })
    }

    /// Reads an amount from the command line or from a cell of a file, from 0 to [`MAX_AMOUNT`]. Digits alone are
    /// minor units; with a separator, or the currency's sign or code, it is read as [`Currency::parse`] reads it.
    pub fn parse_minor(&self, text: &str) -> Result<Money, Unreadable> {
        let plain = plain(text);
        let digits = plain.trim_matches(' ');
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.read(text);
        }
        within_limit(digits)
    }

    /// What may stand before or after a number, in capitals (of ASCII), the longest first.
    pub fn signs(&self) -> Vec<String> {
        let mut signs: Vec<String> = signs(&self.code).iter().map(|sign| (*sign).to_owned()).collect();
        signs.push(self.code.clone());
        signs.sort_by_key(|sign| (std::cmp::Reverse(sign.chars().count()), sign.clone()));
        signs
    }

    /// An example of an amount: 1234.50, or 12000 in a currency without decimals.
    pub fn example(&self) -> Money {
        if self.decimals == 0 { 12_000 } else { 12_345 * 10_i64.pow(u32::from(self.decimals) - 1) }
    }

    /// A sentence that gives the range of an amount.
    pub fn range(&self, least: Money) -> String {
        format!("An amount from {} to {}.", self.show(least), self.show(MAX_AMOUNT))
    }

    fn read(&self, typed: &str) -> Result<Money, Unreadable> {
        let plain = plain(typed);
        let bare = self.without_signs(&plain);
        if bare.is_empty() {
            return Err(Unreadable::Empty);
        }
        let (whole, part) = whole_and_part(bare, usize::from(self.decimals))?;
        within_limit(&format!("{whole}{part:0<width$}", width = usize::from(self.decimals)))
    }

    /// Removes one of the currency's signs before the number and one after it.
    fn without_signs<'a>(&self, plain: &'a str) -> &'a str {
        let (signs, bare) = (self.signs(), plain.trim_matches(' '));
        let bare = signs.iter().find_map(|sign| bare.strip_prefix(sign.as_str())).unwrap_or(bare);
        let bare = bare.trim_matches(' ');
        let bare = signs.iter().find_map(|sign| bare.strip_suffix(sign.as_str())).unwrap_or(bare);
        bare.trim_matches(' ')
    }
}

fn within_limit(digits: &str) -> Result<Money, Unreadable> {
    let minor: Money = digits.parse().map_err(|_| Unreadable::OutOfRange)?;
    if minor <= MAX_AMOUNT { Ok(minor) } else { Err(Unreadable::OutOfRange) }
}

/// Digits before and after the decimal sign; of the latter no more than `decimals`.
fn whole_and_part(bare: &str, decimals: usize) -> Result<(String, &str), Unreadable> {
    let marks: Vec<char> = bare.chars().filter(|c| !c.is_ascii_digit()).collect();
    let runs: Vec<&str> = bare.split(|c: char| !c.is_ascii_digit()).collect();
    let Some((last, front)) = marks.split_last() else { return Ok((bare.to_owned(), "")) };
    let (part, groups) = runs.split_last().expect("a text has a run more than it has marks");
    let is_only = front.is_empty();
    let ends_a_group =
        is_only && GROUP_MARKS.contains(last) && part.len() == 3 && decimals != 3 && leads(groups[0]);
    if !DECIMAL_MARKS.contains(last) || front.contains(last) || ends_a_group {
        return Ok((joined(&marks, &runs)?, ""));
    }
    let whole = if is_only { groups[0].to_owned() } else { joined(front, groups)? };
    if whole.is_empty() && part.is_empty() {
        return Err(Unreadable::NotANumber);
    }
    let may_lack_a_digit = is_only && *last == ',' && whole.len() <= 3;
    match part.len() {
        n if n <= decimals => Ok((whole, part)),
        _ if decimals == 0 && *part == "00" && !whole.is_empty() && !may_lack_a_digit => Ok((whole, "")),
        _ => Err(Unreadable::TooManyDecimals),
    }
}

/// Joins the groups; fails unless all marks between them are the same.
fn joined(marks: &[char], runs: &[&str]) -> Result<String, Unreadable> {
    let is_even = GROUP_MARKS.contains(&marks[0]) && marks.iter().all(|mark| *mark == marks[0]);
    let of_three = runs[1..].iter().all(|run| run.len() == 3);
    if is_even && of_three && leads(runs[0]) { Ok(runs.concat()) } else { Err(Unreadable::NotANumber) }
}

/// Whether groups can begin with these digits.
fn leads(run: &str) -> bool {
    (1..=3).contains(&run.len()) && !run.starts_with('0')
}

/// Each kind of digit, blank, apostrophe and full-width character as the one of ASCII, letters as capitals; without
/// marks that nobody sees.
fn plain(text: &str) -> String {
    text.chars().filter_map(plain_char).collect()
}

fn plain_char(c: char) -> Option<char> {
    let moved = |base: char, first: char| char::from_u32(u32::from(c) - u32::from(first) + u32::from(base));
    match c {
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => None,
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' => None,
        '\t'..='\r' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{b4}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{2032}' | '\u{66c}' => Some('\''),
        '\u{660}'..='\u{669}' => moved('0', '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => moved('0', '\u{6f0}'),
        '\u{ff01}'..='\u{ff5e}' => moved('!', '\u{ff01}').map(|c| c.to_ascii_uppercase()),
        '￡' => Some('£'),
        '￥' => Some('¥'),
        '￦' => Some('₩'),
        c => Some(c.to_ascii_uppercase()),
    }
}

/// Signs and words of a currency beside its code.
fn signs(code: &str) -> &'static [&'static str] {
    match code {
        "ARS" | "CLP" | "COP" | "UYU" => &["$"],
        "AUD" => &["$", "A$", "AU$", "$AU"],
        "BRL" => &["R$"],
        "CAD" => &["$", "C$", "CA$", "$CA", "$ CA"],
        "CHF" => &["FR", "FR.", "SFR", "SFR."],
        "CNY" => &["¥", "CN¥", "元", "위안", "RMB"],
        "CZK" => &["Kč", "KČ"],
        "DKK" | "ISK" | "NOK" | "SEK" => &["KR", "KR."],
        "EUR" => &["€", "EURO", "EUROS", "유로"],
        "GBP" => &["£", "UK£", "£GB", "파운드"],
        "HKD" => &["$", "HK$"],
        "HUF" => &["FT"],
        "IDR" => &["RP"],
        "ILS" => &["₪"],
        "INR" => &["₹", "RS", "RS."],
        "JPY" => &["¥", "JP¥", "円", "엔", "YEN"],
        "KRW" => &["₩", "원", "WON"],
        "MXN" => &["$", "MX$"],
        "MYR" => &["RM"],
        "NGN" => &["₦"],
        "NZD" => &["$", "NZ$"],
        "PHP" => &["₱"],
        "PLN" => &["Zł", "ZŁ"],
        "RUB" => &["₽"],
        "SGD" => &["$", "S$"],
        "THB" => &["฿"],
        "TRY" => &["₺", "TL"],
        "TWD" => &["$", "NT$"],
        "UAH" => &["₴"],
        "USD" => &["$", "US$", "$US", "$ US", "달러", "DOLLAR", "DOLLARS"],
        "VND" => &["₫"],
        "ZAR" => &["R"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case: what is written, and the minor units or the reason.
    type Case = (String, serde_json::Value);

    const TABLE: &str = include_str!("../../tests/tables/amounts.json");

    fn check(of: &str, read: impl Fn(&Currency, &str) -> Result<Money, Unreadable>) {
        let table: serde_json::Value = serde_json::from_str(TABLE).unwrap();
        for (code, cases) in table[of].as_object().unwrap() {
            let currency = Currency::of(code).unwrap();
            let cases: Vec<Case> = serde_json::from_value(cases.clone()).unwrap();
            assert!(!cases.is_empty());
            for (typed, expected) in cases {
                let read = match read(&currency, &typed) {
                    Ok(minor) => minor.into(),
                    Err(Unreadable::Empty) => "empty".into(),
                    Err(Unreadable::NotANumber) => "not_a_number".into(),
                    Err(Unreadable::TooManyDecimals) => "too_many_decimals".into(),
                    Err(Unreadable::OutOfRange) => serde_json::Value::from("out_of_range"),
                };
                assert_eq!(read, expected, "{of}: {code} {typed:?}");
            }
        }
    }

    #[test]
    fn amounts_of_the_pages_are_read_as_the_table_says() {
        check("pages", Currency::parse);
    }

    #[test]
    fn amounts_of_the_command_line_are_read_as_the_table_says() {
        check("command_line", Currency::parse_minor);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_an_example_that_is() {
        for code in ["KRW", "EUR", "KWD", "CHF"] {
            let currency = Currency::of(code).unwrap();
            let example = currency.show(currency.example());
            assert_eq!(currency.parse(&example), Ok(currency.example()), "{example}");
            for why in [Unreadable::Empty, Unreadable::NotANumber, Unreadable::TooManyDecimals] {
                assert!(why.words(&currency).contains(&example), "{}", why.words(&currency));
            }
        }
        let won = Currency::of("KRW").unwrap();
        assert_eq!(Unreadable::OutOfRange.words(&won), "An amount from 1 KRW to 1000000000000000 KRW.");
    }
}
