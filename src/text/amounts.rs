//! Writes amounts as people read them: from minor units, with integers alone. Never rounds, never uses a float.
//! `rules::amount` reads what people type.

use crate::rules::money::Currency;

impl Currency {
    /// The amount with its currency: `€12.50`, `₩12,000`, `CHF 12.50`.
    pub fn money(&self, minor: i64, korean: bool) -> String {
        let number = grouped(minor.unsigned_abs(), self.decimals, ",");
        let sign = if minor < 0 { "−" } else { "" };
        format!("{sign}{}", self.pattern(korean).replace("{n}", &number))
    }

    /// The pattern by which the script writes a number as money: `€{n}`, `{n}원`.
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

    /// The amount as a form field holds it, ungrouped: `1234.50`.
    pub fn field(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{}", grouped(minor.unsigned_abs(), self.decimals, ""))
    }
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
    use crate::rules::money::MAX_AMOUNT;

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
