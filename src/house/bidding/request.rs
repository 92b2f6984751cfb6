//! A bid as it is asked for, with its Idempotency-Key.

use crate::house::Answer;
use crate::rules::desk::{DeskMark, PassId, Right};
use crate::rules::faults::Faults;
use crate::rules::hash::Hash;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::store::{Snapshot, Tx};
use anyhow::Result;

/// The most characters of an Idempotency-Key.
pub const MAX_KEY: usize = 200;

/// A bid as a person makes it. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct Request {
    pub listing: ListingId,
    pub bidder: AccountId,
    pub amount: Money,
    /// The secret maximum; `None` means the amount itself.
    pub max: Option<Money>,
    /// Whether the amount rises to the least that is needed when the bid is placed, as far as the maximum reaches.
    pub rises: bool,
    pub message: String,
    pub key: Option<Key>,
    /// Set where the desk enters the bid for its bidder; the key is the pass's then.
    pub desk: Option<(PassId, DeskMark)>,
}

/// An Idempotency-Key, and the hash of its request.
#[derive(Clone, Debug)]
pub struct Key {
    pub key: String,
    pub request: Hash,
}

impl Key {
    /// Refuses `invalid` if the answer that was given under it was to another request.
    pub(in crate::house) fn check_same(&self, before: Hash) -> Result<(), Refusal> {
        match before == self.request {
            true => Ok(()),
            false => Err(Refusal::invalid("Idempotency-Key", "This key was used for another request.")),
        }
    }
}

/// Checks that a pass still holds at the time of the transaction, since it is shut at once. Refuses `unauthenticated`, and
/// `not_allowed` for a right that it does not have.
pub(in crate::house) fn admitted(tx: &Tx<'_>, pass: PassId, right: Right) -> Answer<()> {
    Ok(tx.pass(pass)?.ok_or(Refusal::PassEnded)?.admit(right, tx.now)?)
}

impl Request {
    /// Refuses `invalid` for whatever is wrong with the bid regardless of the listing.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.amount("amount", Some(self.amount));
        faults.amount("max", self.max);
        faults.at_least("max", self.max, self.amount, "The maximum cannot be lower than the amount.");
        faults.lines("message", &self.message, 200);
        if let Some(key) = &self.key {
            faults.verbatim("Idempotency-Key", &key.key, 1, MAX_KEY);
        }
        faults.done()
    }

    /// The amount that is bid where at least `minimum` is needed.
    pub(super) fn amount_at(&self, minimum: Money) -> Money {
        let reaches = self.rises && self.max.is_some_and(|max| minimum <= max);
        if reaches { self.amount.max(minimum) } else { self.amount }
    }

    /// Checks that the pass that enters the bid, if one does, still holds. Refuses as [`admitted`].
    pub(super) fn admitted(&self, tx: &Tx<'_>) -> Answer<()> {
        self.desk.as_ref().map_or(Ok(()), |(pass, _)| admitted(tx, *pass, Right::Bid))
    }

    /// The refusal as whoever bids may see it. To the desk it says nothing of what its bidder has available, which gives
    /// their maxima away.
    pub(super) fn told(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::InsufficientFunds { .. } if self.desk.is_some() => Refusal::BeyondLimit,
            other => other,
        }
    }

    /// The answer that was given under this key: to the bidder, or to the pass that bids for them.
    pub(super) fn answered(&self, snapshot: &Snapshot<'_>, key: &Key) -> Result<Option<(Hash, String)>> {
        match &self.desk {
            Some((pass, _)) => snapshot.desk_answer(*pass, &key.key),
            None => snapshot.answer(self.bidder, &key.key),
        }
    }
}
