//! Money: a signed 64-bit count of the currency's minor units (cents; whole won). Never a float.

use std::fmt;

/// Minor units of the house's currency.
pub type Money = i64;

/// The largest amount that anyone may enter: as an opening, a bid or a credit.
pub const MAX_AMOUNT: Money = 1_000_000_000_000_000;

/// Basis points, hundredths of a percent: 0 to [`MAX_BPS`].
pub type Bps = i64;

/// A premium or a commission is at most the whole price.
pub const MAX_BPS: Bps = 10_000;

/// `bps` of `amount`, rounded half up, once.
///
/// Cannot overflow for amounts up to [`MAX_AMOUNT`] and rates up to [`MAX_BPS`].
pub fn share(amount: Money, bps: Bps) -> Money {
    let units = (i128::from(amount) * i128::from(bps) + 5_000).div_euclid(10_000);
    Money::try_from(units).expect("a share of a bounded amount fits")
}

/// A currency: its ISO 4217 code, and how many decimals its minor unit has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    pub code: String,
    pub decimals: u8,
}

impl Currency {
    /// The currency of an ISO 4217 code in capitals, with the decimals of ISO 4217 or, for an unknown code, two.
    pub fn of(code: &str) -> Option<Currency> {
        let well_formed = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        well_formed.then(|| Currency { code: code.to_owned(), decimals: decimals(code) })
    }

    /// Writes `amount` in English, without grouping: `12.50 EUR`, `12500 KRW`.
    pub fn show(&self, amount: Money) -> String {
        Shown { currency: self, amount }.to_string()
    }
}

struct Shown<'a> {
    currency: &'a Currency,
    amount: Money,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = u32::from(self.currency.decimals);
        let unit = 10_u64.pow(decimals);
        let sign = if self.amount < 0 { "-" } else { "" };
        let whole = self.amount.unsigned_abs() / unit;
        let part = self.amount.unsigned_abs() % unit;
        write!(f, "{sign}{whole}")?;
        if decimals > 0 {
            write!(f, ".{part:0width$}", width = decimals as usize)?;
        }
        write!(f, " {}", self.currency.code)
    }
}

/// The decimals by ISO 4217.
fn decimals(code: &str) -> u8 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_once() {
        for (amount, bps, expected) in [
            (1_000, 1_000, 100),
            (5, 1_000, 1),
            (4, 1_000, 0),
            (15, 1_000, 2),
            (1, 5_000, 1),
            (MAX_AMOUNT, MAX_BPS, MAX_AMOUNT),
            (999, 0, 0),
        ] {
            assert_eq!(share(amount, bps), expected, "{bps} bps of {amount}");
        }
    }

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        for (code, amount, expected) in
            [("KRW", 12_500, "12500 KRW"), ("EUR", 1_205, "12.05 EUR"), ("KWD", -5, "-0.005 KWD")]
        {
            assert_eq!(Currency::of(code).unwrap().show(amount), expected);
        }
        assert_eq!(Currency::of("eur"), None);
    }
}
