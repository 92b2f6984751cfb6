//! The increment: how much higher than the price the next bid must be.

use super::money::{MAX_AMOUNT, Money};

/// The house's increment at `price`: the largest of 1, 2, 5 × 10^k not above `price` / 20, and at least 1.
pub fn house_increment(price: Money) -> Money {
    let mut best = 1;
    let mut power: Money = 1;
    while power.saturating_mul(20) <= price {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if step.saturating_mul(20) <= price {
                best = step;
            }
        }
        power = power.saturating_mul(10);
    }
    best
}

/// The increment at `price`: the listing's fixed one, `own`, or else the house's.
pub fn increment(own: Option<Money>, price: Money) -> Money {
    own.unwrap_or_else(|| house_increment(price))
}

/// The first `n` amounts that bids step through from `first` on, each an increment above the one before; fewer where
/// the next would be above [`MAX_AMOUNT`].
pub fn next_amounts(own: Option<Money>, first: Money, n: usize) -> Vec<Money> {
    let above =
        |amount: &Money| amount.checked_add(increment(own, *amount)).filter(|next| *next <= MAX_AMOUNT);
    std::iter::successors(Some(first), above).take(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_increment_is_a_twentieth_rounded_down_to_1_2_5() {
        for (price, expected) in [
            (0, 1),
            (1, 1),
            (7, 1),
            (39, 1),
            (40, 2),
            (99, 2),
            (100, 5),
            (200, 10),
            (1_000, 50),
            (12_345, 500),
            (20_000, 1_000),
            (1_000_000_000_000_000, 50_000_000_000_000),
        ] {
            assert_eq!(house_increment(price), expected, "at {price}");
        }
    }

    #[test]
    fn a_listing_s_own_increment_goes_before_the_house_s() {
        assert_eq!(increment(Some(7), 1_000_000), 7);
    }

    #[test]
    fn the_next_amounts_climb_by_the_increment_at_each() {
        assert_eq!(next_amounts(None, 36, 6), [36, 37, 38, 39, 40, 42]);
        assert_eq!(next_amounts(None, 9_000, 4), [9_000, 9_200, 9_400, 9_600]);
        assert_eq!(next_amounts(Some(500), 1_000, 3), [1_000, 1_500, 2_000]);
        assert_eq!(next_amounts(None, MAX_AMOUNT, 10), [MAX_AMOUNT]);
    }
}
