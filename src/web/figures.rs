//! Amounts as people write them: minor units to text and back, by integers alone.
//! Never rounds: what does not fit the currency is refused. Never uses a float.

use crate::rules::money::{Currency, MAX_AMOUNT};

/// Why a typed amount was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    NotANumber,
    TooManyDecimals,
    OutOfRange,
}

impl Currency {
    /// The amount with its currency: `€12.50`, `₩12,000`, `CHF 12.50`.
    pub fn money(&self, minor: i64, korean: bool) -> String {
        let number = grouped(minor.unsigned_abs(), self.decimals, ",");
        let sign = if minor < 0 { "−" } else { "" };
        format!("{sign}{}", self.pattern(korean).replace("{n}", &number))
    }

    /// How a number becomes money, for the script: `€{n}`, `{n}원`.
    pub fn pattern(&self, korean: bool) -> String {
        let symbol = match (self.code.as_str(), korean) {
            ("KRW", true) => return "{n}원".to_string(),
            ("KRW", false) => "₩",
            ("EUR", _) => "€",
            ("GBP", _) => "£",
            ("JPY", _) => "¥",
            ("USD", false) => "$",
            ("USD", true) => "US$",
            (code, _) => return format!("{code}\u{a0}{{n}}"),
        };
        format!("{symbol}{{n}}")
    }

    /// The amount without currency: `1,234.50`.
    pub fn number(&self, minor: i64) -> String {
        let sign = if minor < 0 { "−" } else { "" };
        format!("{sign}{}", grouped(minor.unsigned_abs(), self.decimals, ","))
    }

    /// The amount as a form's field holds it, ungrouped: `1234.50`.
    pub fn field(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{}", grouped(minor.unsigned_abs(), self.decimals, ""))
    }

    /// Reads what a person typed: `12`, `12.50`, `1,234.5`, `₩12,000`, `12000원`. A comma groups thousands, a
    /// point begins the decimals, of which there are no more than the currency has ("1.500" euro may be meant as thousands:
    /// it is refused, not guessed); one comma with another number of digits after it than three is refused rather than
    /// guessed. Refuses signs, amounts below 1 minor unit and above [`MAX_AMOUNT`].
    pub fn parse(&self, typed: &str) -> Result<i64, Unreadable> {
        let bare = self.without_sign(typed);
        if bare.is_empty() {
            return Err(Unreadable::Empty);
        }
        let (whole, part) = bare.split_once('.').unwrap_or((&bare, ""));
        let whole = without_groups(whole).ok_or(Unreadable::NotANumber)?;
        if !whole.chars().chain(part.chars()).all(|c| c.is_ascii_digit()) || whole.is_empty() {
            return Err(Unreadable::NotANumber);
        }
        let missing =
            usize::from(self.decimals).checked_sub(part.len()).ok_or(Unreadable::TooManyDecimals)?;
        let digits = format!("{whole}{part}{}", "0".repeat(missing));
        let minor: i64 = digits.parse().map_err(|_| Unreadable::OutOfRange)?;
        if (1..=MAX_AMOUNT).contains(&minor) { Ok(minor) } else { Err(Unreadable::OutOfRange) }
    }

    /// What may stand before or after a typed number: the currency's signs in either language, and its code.
    pub fn signs(&self) -> Vec<String> {
        let mut signs = vec![self.code.clone()];
        for korean in [false, true] {
            let pattern = self.pattern(korean);
            let around = pattern.split("{n}").map(|sign| sign.trim().to_string());
            signs.extend(around.filter(|sign| !sign.is_empty()));
        }
        signs
    }

    /// Without blanks and without one of the currency's signs.
    fn without_sign(&self, typed: &str) -> String {
        let bare: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let signs = self.signs();
        let mut cut = signs
            .iter()
            .filter_map(|sign| bare.strip_prefix(sign.as_str()).or(bare.strip_suffix(sign.as_str())));
        cut.next().unwrap_or(&bare).to_string()
    }
}

/// `1,234,567` as `1234567`; none if the groups are not of three digits.
fn without_groups(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    if !whole.contains(',') {
        return Some(first.to_string());
    }
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(',', ""))
}

fn grouped(minor: u64, decimals: u8, mark: &str) -> String {
    let digits = format!("{minor:0>width$}", width = usize::from(decimals) + 1);
    let (whole, part) = digits.split_at(digits.len() - usize::from(decimals));
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    if decimals > 0 {
        text.push('.');
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str, decimals: u8) -> Currency {
        Currency { code: code.to_string(), decimals }
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        for (code, decimals, minor, english, korean) in [
            ("KRW", 0, 0, "₩0", "0원"),
            ("KRW", 0, 12_000, "₩12,000", "12,000원"),
            ("KRW", 0, -999, "−₩999", "−999원"),
            ("EUR", 2, 5, "€0.05", "€0.05"),
            ("EUR", 2, 100, "€1.00", "€1.00"),
            ("EUR", 2, 123_456_789, "€1,234,567.89", "€1,234,567.89"),
            ("USD", 2, -123_456, "−$1,234.56", "−US$1,234.56"),
            ("BHD", 3, 1, "BHD\u{a0}0.001", "BHD\u{a0}0.001"),
            ("BHD", 3, 1_234_567, "BHD\u{a0}1,234.567", "BHD\u{a0}1,234.567"),
            ("KRW", 0, MAX_AMOUNT, "₩1,000,000,000,000,000", "1,000,000,000,000,000원"),
            (
                "XXX",
                2,
                i64::MIN,
                "−XXX\u{a0}92,233,720,368,547,758.08",
                "−XXX\u{a0}92,233,720,368,547,758.08",
            ),
        ] {
            let currency = currency(code, decimals);
            assert_eq!(currency.money(minor, false), english);
            assert_eq!(currency.money(minor, true), korean);
        }
    }

    #[test]
    fn what_is_typed_is_understood_or_refused() {
        use Unreadable::*;
        for (code, decimals, typed, expected) in [
            ("EUR", 2, "12", Ok(1_200)),
            ("EUR", 2, "12.5", Ok(1_250)),
            ("EUR", 2, " 12.50 ", Ok(1_250)),
            ("EUR", 2, "€ 1,234.50", Ok(123_450)),
            ("EUR", 2, "12.50 EUR", Ok(1_250)),
            ("EUR", 2, "12.", Ok(1_200)),
            ("EUR", 2, "0.01", Ok(1)),
            ("EUR", 2, "1.500", Err(TooManyDecimals)),
            ("EUR", 2, "12.505", Err(TooManyDecimals)),
            ("EUR", 2, "1,50", Err(NotANumber)),
            ("EUR", 2, "1,2345", Err(NotANumber)),
            ("EUR", 2, ",500", Err(NotANumber)),
            ("EUR", 2, "1.2.3", Err(NotANumber)),
            ("EUR", 2, ".", Err(NotANumber)),
            ("EUR", 2, "1e3", Err(NotANumber)),
            ("EUR", 2, "-5", Err(NotANumber)),
            ("EUR", 2, "+5", Err(NotANumber)),
            ("EUR", 2, "１２", Err(NotANumber)),
            ("EUR", 2, "", Err(Empty)),
            ("EUR", 2, "€", Err(Empty)),
            ("EUR", 2, "0", Err(OutOfRange)),
            ("EUR", 2, "10,000,000,000,000.00", Ok(MAX_AMOUNT)),
            ("EUR", 2, "10,000,000,000,000.01", Err(OutOfRange)),
            ("EUR", 2, "99999999999999999999999999", Err(OutOfRange)),
            ("KRW", 0, "12,000원", Ok(12_000)),
            ("KRW", 0, "₩12000", Ok(12_000)),
            ("KRW", 0, "12.000", Err(TooManyDecimals)),
            ("KRW", 0, "12.5", Err(TooManyDecimals)),
            ("BHD", 3, "BHD 1.25", Ok(1_250)),
        ] {
            assert_eq!(currency(code, decimals).parse(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_field_is_read_back_as_it_was_written() {
        for decimals in [0, 2, 3] {
            let currency = currency("EUR", decimals);
            for minor in [1, 9, 10, 99, 100, 999, 1_000, 123_456_789, MAX_AMOUNT] {
                assert_eq!(currency.parse(&currency.field(minor)), Ok(minor));
                assert_eq!(currency.parse(&currency.money(minor, true)), Ok(minor));
            }
        }
    }
}
