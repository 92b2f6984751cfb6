//! Coverage: how much of each charge an account's money has paid. Money pays the oldest charge first, so a shortfall
//! is owed for the newest charges. What was undone counts as never made, since its postings and the opposite ones sum to
//! zero: a reversed sale for its buyer and its seller, and a voided payment.

use super::money::Money;

/// What an account lacks, counted down over its charges from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall(Money);

impl Shortfall {
    /// The shortfall of an account with this balance, the sum of all its postings.
    pub fn of(balance: Money) -> Shortfall {
        Shortfall(balance.min(0).saturating_neg())
    }

    /// Whether all older charges are paid in full.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Returns what is owed for the next older charge, and counts it.
    pub fn owed(&mut self, charge: Money) -> Money {
        let owed = self.0.min(charge);
        self.0 -= owed;
        owed
    }
}

/// How much of a charge is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    Paid,
    Partly {
        paid: Money,
        owed: Money,
    },
    Owed,
    /// The sale was reversed: nothing is owed for it.
    Reversed,
}

impl Coverage {
    /// The coverage of a charge of `total` that is not reversed and of which `owed` is not paid.
    pub fn of(total: Money, owed: Money) -> Coverage {
        match owed {
            0 => Coverage::Paid,
            owed if owed < total => Coverage::Partly { paid: total - owed, owed },
            _ => Coverage::Owed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is owed for each of these charges, oldest first.
    fn owed(balance: Money, charges: &[Money]) -> Vec<Money> {
        let mut missing = Shortfall::of(balance);
        let mut owed: Vec<Money> = charges.iter().rev().map(|charge| missing.owed(*charge)).collect();
        owed.reverse();
        owed
    }

    #[test]
    fn credit_pays_the_oldest_charge_first() {
        for (balance, charges, expected) in [
            (0, &[100, 50][..], &[0, 0][..]),
            (20, &[100], &[0]),
            (-1, &[100, 50], &[0, 1]),
            (-50, &[100, 50], &[0, 50]),
            (-51, &[100, 50], &[1, 50]),
            (-150, &[100, 50], &[100, 50]),
            // More was paid out than was ever paid in.
            (-200, &[100, 50], &[100, 50]),
            (-7, &[], &[]),
            (Money::MIN, &[1], &[1]),
        ] {
            assert_eq!(owed(balance, charges), expected, "{balance} {charges:?}");
        }
    }

    #[test]
    fn a_charge_is_paid_owed_or_partly_so() {
        assert_eq!(Coverage::of(100, 0), Coverage::Paid);
        assert_eq!(Coverage::of(100, 1), Coverage::Partly { paid: 99, owed: 1 });
        assert_eq!(Coverage::of(100, 100), Coverage::Owed);
    }

    /// What happens to an account.
    #[derive(Clone, Debug)]
    enum Move {
        /// Paid in, or earned by selling.
        In(Money),
        Out(Money),
        Charge(Money),
        /// Of the charge in this place, if it is there and stands.
        Reverse(usize),
        /// Of the payment or earning in this place, if it is there and stands.
        Undo(usize),
    }

    fn any_move() -> impl Strategy<Value = Move> {
        prop_oneof![
            (1_i64..300).prop_map(Move::In),
            (1_i64..200).prop_map(Move::Out),
            (1_i64..200).prop_map(Move::Charge),
            (0_usize..8).prop_map(Move::Reverse),
            (0_usize..8).prop_map(Move::Undo),
        ]
    }

    /// Pours what was put to the account's good over its charges, one unit at a time.
    fn poured(moves: &[Move]) -> Vec<Money> {
        let (mut paid_in, mut taken_out, mut charges) = (Vec::new(), 0, Vec::new());
        for step in moves {
            match step {
                Move::In(amount) => paid_in.push(*amount),
                Move::Out(amount) => taken_out += amount,
                Move::Undo(n) => {
                    if let Some(amount) = paid_in.get_mut(*n) {
                        *amount = 0;
                    }
                }
                Move::Charge(amount) => charges.push(Some(*amount)),
                Move::Reverse(n) => {
                    if let Some(charge) = charges.get_mut(*n) {
                        *charge = None;
                    }
                }
            }
        }
        let mut owed: Vec<Money> = charges.into_iter().flatten().collect();
        let mut good = paid_in.iter().sum::<Money>() - taken_out;
        while good > 0
            && let Some(first) = owed.iter_mut().find(|owed| **owed > 0)
        {
            *first -= 1;
            good -= 1;
        }
        owed
    }

    proptest! {
        #[test]
        fn what_is_owed_is_what_is_left_when_the_money_is_poured_over_the_charges(
            moves in prop::collection::vec(any_move(), 0..24)
        ) {
            let (mut balance, mut paid_in, mut charges) = (0, Vec::new(), Vec::new());
            for step in &moves {
                match step {
                    Move::In(amount) => {
                        balance += amount;
                        paid_in.push(*amount);
                    }
                    Move::Undo(n) => {
                        if let Some(amount) = paid_in.get_mut(*n) {
                            balance -= std::mem::take(amount);
                        }
                    }
                    Move::Out(amount) => balance -= amount,
                    Move::Charge(amount) => {
                        balance -= amount;
                        charges.push(*amount);
                    }
                    Move::Reverse(n) => {
                        if let Some(charge) = charges.get_mut(*n) {
                            balance += std::mem::take(charge);
                        }
                    }
                }
            }
            charges.retain(|charge| *charge > 0);
            prop_assert_eq!(owed(balance, &charges), poured(&moves));
        }
    }
}
