//! The price as a small drawing: a step up for each bid, from the opening to now. It is drawn without floats; the
//! script draws the same from the prices on the page.

/// The drawing's width and height.
pub const SIZE: (i64, i64) = (240, 48);
const MARGIN: i64 = 2;
const MAX_PRICES: usize = 60;

#[derive(Clone, Debug, Default)]
pub struct Spark {
    /// Oldest first: the opening price, or the oldest price that is shown.
    prices: Vec<i64>,
}

impl Spark {
    pub fn of(prices: impl Iterator<Item = i64>) -> Spark {
        let mut prices: Vec<i64> = prices.collect();
        prices.drain(..prices.len().saturating_sub(MAX_PRICES));
        Spark { prices }
    }

    pub fn prices(&self) -> String {
        let texts: Vec<String> = self.prices.iter().map(i64::to_string).collect();
        texts.join(",")
    }

    /// The path of the SVG.
    pub fn path(&self) -> String {
        let (width, height) = SIZE;
        let low = self.prices.iter().min().copied().unwrap_or(0);
        let span = self.prices.iter().max().copied().unwrap_or(0).saturating_sub(low).max(1);
        let room = i128::from(height - 2 * MARGIN);
        let y = |price: i64| i128::from(height - MARGIN) - room * i128::from(price - low) / i128::from(span);
        let n = i64::try_from(self.prices.len()).unwrap_or(1).max(1);
        let mut path = String::new();
        for (i, price) in (0..).zip(&self.prices) {
            let step = if i == 0 {
                format!("M0 {}", y(*price))
            } else {
                format!("H{}V{}", width * i / n, y(*price))
            };
            path.push_str(&step);
        }
        path + &format!("H{width}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bid_is_a_step_up() {
        for (prices, path) in [
            (&[][..], "H240"),
            (&[100], "M0 46H240"),
            (&[100, 200], "M0 46H120V2H240"),
            (&[100, 100, 300], "M0 46H80V46H160V2H240"),
            (&[1, 1_000_000_000_000_000], "M0 46H120V2H240"),
        ] {
            assert_eq!(Spark::of(prices.iter().copied()).path(), path);
        }
    }

    #[test]
    fn the_newest_prices_are_kept() {
        let spark = Spark::of(1..=100);
        assert!(spark.prices().starts_with("41,") && spark.prices().ends_with(",100"));
    }
}
