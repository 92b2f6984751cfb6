//! A seller lists a thing.

use super::settings::Settings;
use super::shapes::ListingShape;
use super::{Answer, House, tell};
use crate::rules::bidding::SUSPENDED;
use crate::rules::listing::{AccountId, Draft};
use crate::rules::refusal::Refusal;
use crate::store::Tx;
use crate::store::accounts::AccountState;
use crate::store::listings::Terms;

impl House {
    /// Lists what the draft says, on the house's present terms. Refuses `not_found` (the seller), `not_allowed` (suspended or not
    /// approved yet), `invalid` (with every field at fault),
    /// and before these `busy` (the clock has jumped).
    ///
    /// The scheduler's entry is put in afterwards; until it is seen there, the listing's entry is pending.
    pub fn list(&self, seller: AccountId, draft: Draft) -> Answer<ListingShape> {
        self.write_by_clock(move |tx| {
            let terms = Settings::of(tx)?.terms();
            list_in(tx, seller, &draft, terms)
        })
    }
}

/// Lists it in this transaction.
pub(super) fn list_in(tx: &Tx<'_>, seller: AccountId, draft: &Draft, terms: Terms) -> Answer<ListingShape> {
    let Some(account) = tx.account(seller)? else {
        return Ok(Err(Refusal::NotFound("seller")));
    };
    if account.state != AccountState::Active {
        return Ok(Err(Refusal::NotAllowed(SUSPENDED)));
    }
    if let Err(refusal) = draft.check(tx.now) {
        return Ok(Err(refusal));
    }
    let closes = draft.closes.expect("a checked draft has a close");
    let listing = tx.add_listing(seller, draft, closes, terms)?;
    let shape = ListingShape::of(&listing, &tx.standing(listing.id)?, tx.now);
    tell::listed(tx, &shape)?;
    Ok(Ok(shape))
}
