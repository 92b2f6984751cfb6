//! Buy-now: the listing closes at once at its buy-now price, and is settled in the same transaction.

use super::settle::end;
use super::{Answer, House};
use crate::rules::bidding::{SUSPENDED, Standing, buy_now_offered, hold_for};
use crate::rules::listing::{AccountId, Listing, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::settlement::{self, Outcome, Sale};
use crate::store::accounts::AccountState;
use crate::store::settlements::Settlement;
use anyhow::Context;

impl House {
    /// Refuses, in this order: `not_found`, `listing_closed`, `own_listing`, `not_allowed` (suspended), `invalid` (no buy-now
    /// price), `taken` (no longer offered), `insufficient_funds`.
    pub fn buy(&self, id: ListingId, buyer: AccountId) -> Answer<Settlement> {
        self.write(move |tx| {
            let Some(listing) = tx.listing(id)? else {
                return Ok(Err(Refusal::NotFound("listing")));
            };
            let standing = tx.standing(id)?.standing;
            let bidder = tx.bidder(buyer)?.with_context(|| format!("account {buyer} is gone"))?;
            let open = standing.open && tx.now < standing.closes_at;
            let active = bidder.state == AccountState::Active;
            let own = standing.lead.as_ref().filter(|lead| lead.bidder == buyer).map_or(0, |lead| lead.held);
            let available = bidder.purse.available().saturating_add(own);
            let price = match check(&listing, &standing, buyer, open, active, available) {
                Ok(price) => price,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let sale = Sale { buy_now: true, ..settlement::sale(&listing, buyer, price) };
            tx.buy(id, buyer, price)?;
            end(tx, &listing, &Standing { closes_at: tx.now, ..standing }, &Outcome::Sold(sale))?;
            Ok(Ok(tx.settlement_of(id)?.context("it was settled in this transaction")?))
        })
    }
}

fn check(
    listing: &Listing,
    standing: &Standing,
    buyer: AccountId,
    open: bool,
    active: bool,
    available: Money,
) -> Result<Money, Refusal> {
    if !open {
        return Err(Refusal::ListingClosed);
    }
    if listing.seller == buyer {
        return Err(Refusal::OwnListing);
    }
    if !active {
        return Err(Refusal::NotAllowed(SUSPENDED));
    }
    if listing.buy_now.is_none() {
        return Err(Refusal::invalid("buy_now", "This listing has no buy-now price."));
    }
    let Some(price) = buy_now_offered(listing, standing) else {
        return Err(Refusal::Taken("Bidding has begun; the buy-now price is no longer offered."));
    };
    if available < hold_for(listing, price) {
        return Err(Refusal::InsufficientFunds { available });
    }
    Ok(price)
}
