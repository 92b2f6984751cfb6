//! Buy-now: the listing closes at once at its buy-now price, and is settled in the same transaction.

use crate::house::bidding::kept_out::kept_out;
use crate::house::closing::ending::end;
use crate::house::notices::events;
use crate::house::views::OutbidEvent;
use crate::house::{Answer, House};
use crate::rules::bidding::{Standing, buy_now_offered, check_open, hold_for};
use crate::rules::listing::{AccountId, Listing, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::settlement::{self, Outcome, Sale};
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::accounts::Bidder;
use crate::store::settlements::Settlement;
use anyhow::Context;

impl House {
    /// Buys the listing at its buy-now price. Refuses, in this order: `busy` (the clock has jumped), `not_found`,
    /// `listing_closed`, `paused` or `not_open_yet` (as a bid), `own_listing`, `not_allowed` (suspended), `unverified`,
    /// `terms_not_accepted`, `invalid` (no buy-now price), `taken` (no longer offered), `insufficient_funds`.
    pub fn buy(&self, id: ListingId, buyer: AccountId) -> Answer<Settlement> {
        self.write_by_clock(move |tx| {
            let Offer { listing, standing, bidder, price } = offer(tx, id, buyer, tx.now)?;
            let sale = Sale { buy_now: true, ..settlement::sale(&listing, buyer, price) };
            tx.buy(id, buyer, price)?;
            if let Some(lead) = standing.lead.as_ref().filter(|lead| lead.bidder != buyer) {
                let (title, leader) = (&listing.title, Some(bidder.name.as_str()));
                let (price, leader_id) = (Some(price), Some(buyer));
                let event = OutbidEvent { listing: id, title, price, minimum: None, leader, leader_id };
                events::outbid(tx, lead.bidder, &event)?;
            }
            end(tx, &listing, &Standing { closes_at: tx.now, ..standing }, &Outcome::Sold(sale))?;
            Ok(tx.settlement_of(id)?.context("it was settled in this transaction")?)
        })
    }

    /// Returns the price at which this person could buy it now; writes nothing. Refuses as [`House::buy`] does.
    pub fn weigh_buy(&self, id: ListingId, buyer: AccountId) -> Answer<Money> {
        self.check_clock()?;
        self.answer(|snapshot| Ok(offer(snapshot, id, buyer, self.now_in(snapshot)?)?.price))
    }
}

/// A purchase that the rules allow, with what they were given.
struct Offer {
    listing: Listing,
    standing: Standing,
    bidder: Bidder,
    price: Money,
}

fn offer(snapshot: &Snapshot<'_>, id: ListingId, buyer: AccountId, now: Time) -> Answer<Offer> {
    let Some(listing) = snapshot.listing(id)? else {
        return Err(Refusal::NotFound("listing").into());
    };
    let standing = snapshot.standing(id)?.standing;
    let bidder = snapshot.bidder(buyer)?.with_context(|| format!("account {buyer} is gone"))?;
    let own = standing.lead.as_ref().filter(|lead| lead.bidder == buyer).map_or(0, |lead| lead.held);
    let available = bidder.purse.available().saturating_add(own);
    let kept_out = kept_out(snapshot, &bidder)?;
    let price = check(&listing, &standing, kept_out, buyer, available, now)?;
    Ok(Offer { listing, standing, bidder, price })
}

fn check(
    listing: &Listing,
    standing: &Standing,
    kept_out: Option<Refusal>,
    buyer: AccountId,
    available: Money,
    now: Time,
) -> Result<Money, Refusal> {
    check_open(listing, standing, now)?;
    if listing.seller == buyer {
        return Err(Refusal::OwnListing);
    }
    kept_out.map_or(Ok(()), Err)?;
    if listing.buy_now.is_none() {
        return Err(Refusal::NoBuyNow);
    }
    let Some(price) = buy_now_offered(listing, standing) else {
        return Err(Refusal::BuyNowOver);
    };
    if available < hold_for(listing, price) {
        return Err(Refusal::InsufficientFunds { available });
    }
    Ok(price)
}
