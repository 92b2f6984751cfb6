//! The ledger: money moves only in transfers whose postings sum to zero.

use super::listing::AccountId;
use super::money::Money;

/// The purse of the house itself: premiums and commissions.
pub const HOUSE: AccountId = AccountId(0);
/// Everything outside the house: deposits come from it, withdrawals go to it.
pub const OUTSIDE: AccountId = AccountId(-1);

/// One movement on one purse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub purse: AccountId,
    pub amount: Money,
}

/// Postings that belong together: at least two, none of them zero, at most one a purse; they sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer(Vec<Posting>);

impl Transfer {
    /// Adds up the movements of each purse, and drops those that come to nothing.
    ///
    /// Panics unless all sum to zero: the transfer would make or lose money, so nothing may be written.
    pub fn of(movements: impl IntoIterator<Item = (AccountId, Money)>) -> Transfer {
        let mut postings: Vec<Posting> = Vec::new();
        for (purse, amount) in movements {
            match postings.iter_mut().find(|posting| posting.purse == purse) {
                Some(posting) => posting.amount += amount,
                None => postings.push(Posting { purse, amount }),
            }
        }
        postings.retain(|posting| posting.amount != 0);
        let sum: i128 = postings.iter().map(|posting| i128::from(posting.amount)).sum();
        assert_eq!(sum, 0, "postings of a transfer sum to zero");
        Transfer(postings)
    }

    /// A deposit by a person.
    pub fn credit(to: AccountId, amount: Money) -> Transfer {
        Transfer::of([(to, amount), (OUTSIDE, -amount)])
    }

    /// A withdrawal by a person.
    pub fn debit(from: AccountId, amount: Money) -> Transfer {
        Transfer::of([(from, -amount), (OUTSIDE, amount)])
    }

    /// The opposite transfer, which corrects this one.
    pub fn reversed(&self) -> Transfer {
        Transfer::of(self.0.iter().map(|posting| (posting.purse, -posting.amount)))
    }

    pub fn postings(&self) -> &[Posting] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_merges_purses_and_drops_empty_postings() {
        let ann = AccountId(1);
        let transfer = Transfer::of([(ann, -110), (HOUSE, 10), (HOUSE, 100), (AccountId(2), 0)]);
        assert_eq!(
            transfer.postings(),
            [Posting { purse: ann, amount: -110 }, Posting { purse: HOUSE, amount: 110 }]
        );
        assert_eq!(transfer.reversed().postings()[0].amount, 110);
    }

    #[test]
    #[should_panic(expected = "sum to zero")]
    fn a_transfer_that_makes_money_is_impossible() {
        Transfer::of([(AccountId(1), 5), (HOUSE, -4)]);
    }
}
