//! Bidding: what a bid does to a listing. Proxy bidding by maxima, as in the rules of the house.
//!
//! [`decide`] refuses in the documented order or says everything that is to be written; it never half-decides.

use super::hash::Hash;
use super::increment::increment;
use super::listing::{AccountId, Listing};
use super::money::{Bps, Money, share};
use super::refusal::Refusal;
use super::time::Time;

/// A bid as the bidder makes it. `max` is at least `amount`, and equal to it if the bidder names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    pub bidder: AccountId,
    pub amount: Money,
    pub max: Money,
}

/// The leader, their secret maximum, and what is held for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    pub bidder: AccountId,
    pub name: String,
    pub max: Money,
    pub held: Money,
}

/// The state of a listing that its bids change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// False once it is settled.
    pub open: bool,
    pub closes_at: Time,
    /// Since when it is paused; none while it is not.
    pub paused_at: Option<Time>,
    /// From when the cap of a soft close counts, once a postponement or a resume has set it; none: from the first close.
    pub cap_from: Option<Time>,
    pub price: Option<Money>,
    pub lead: Option<Lead>,
    pub n_bids: i64,
    /// The hash of the last link of the listing's chain.
    pub head: Hash,
}

impl Standing {
    /// Whether the close has passed at `now`. It never passes while the listing is paused.
    pub fn is_past_close(&self, now: Time) -> bool {
        self.paused_at.is_none() && now >= self.closes_at
    }
}

/// Refuses what nobody may do with this listing now, in this order: `listing_closed` (ended), `paused`,
/// `listing_closed` (its close has passed), `not_open_yet`.
pub fn check_open(listing: &Listing, standing: &Standing, now: Time) -> Result<(), Refusal> {
    if !standing.open {
        return Err(Refusal::ListingClosed);
    }
    if standing.paused_at.is_some() {
        return Err(Refusal::Paused);
    }
    if standing.is_past_close(now) {
        return Err(Refusal::ListingClosed);
    }
    match listing.opens_at() {
        Some(opens_at) if now < opens_at => Err(Refusal::NotOpenYet { opens_at }),
        _ => Ok(()),
    }
}

/// An account's money, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    pub balance: Money,
    pub held: Money,
    pub credit_limit: Money,
}

impl Purse {
    pub fn available(&self) -> Money {
        self.balance.saturating_add(self.credit_limit).saturating_sub(self.held)
    }
}

/// The kind of a row in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidKind {
    /// A bid against others.
    Bid,
    /// The leader's new maximum; its public amount is the price, for the offer would tell the maximum.
    Raise,
    /// A bid by the house for the leader, up to their maximum.
    Automatic,
}

impl BidKind {
    pub fn name(self) -> &'static str {
        match self {
            BidKind::Bid => "bid",
            BidKind::Raise => "raise",
            BidKind::Automatic => "automatic",
        }
    }

    pub fn of(name: &str) -> Option<BidKind> {
        [BidKind::Bid, BidKind::Raise, BidKind::Automatic].into_iter().find(|kind| kind.name() == name)
    }
}

/// One row of the history, in the order in which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    pub kind: BidKind,
    pub bidder: AccountId,
    /// What everyone may see.
    pub amount: Money,
    pub max: Money,
}

/// What an accepted bid changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub first: HistoryRow,
    pub automatic: Option<HistoryRow>,
    pub price: Money,
    pub leads: bool,
    /// What is held for the leader from now on.
    pub held: Money,
    pub closes_at: Time,
}

/// What is held for a lead with `max`: the max and the premium on it.
pub fn hold_for(listing: &Listing, max: Money) -> Money {
    max + share(max, listing.premium_bps)
}

/// The highest amount that `available` covers with the premium on it; 0 if it covers none.
pub fn most_within(available: Money, premium_bps: Bps) -> Money {
    let whole = i128::from(available.max(0)) * 10_000 / i128::from(10_000 + premium_bps);
    let near = Money::try_from(whole).expect("a part of an amount fits");
    // Rounding moves the premium by less than one unit.
    let covers = |most: &Money| most.saturating_add(share(*most, premium_bps)) <= available;
    [near.saturating_add(1), near, near - 1].into_iter().find(covers).unwrap_or(0).max(0)
}

/// The lowest amount that is accepted next from someone who does not lead.
pub fn minimum(listing: &Listing, price: Option<Money>) -> Money {
    match price {
        None => listing.opening,
        Some(price) => price + increment(listing.increment, price),
    }
}

/// Whether the reserve is met; `None` where there is no reserve.
pub fn reserve_met(listing: &Listing, price: Option<Money>) -> Option<bool> {
    listing.reserve.map(|reserve| price.is_some_and(|price| price >= reserve))
}

/// Buy-now is offered while nobody has bid, or, with a reserve, until it is met.
pub fn buy_now_offered(listing: &Listing, standing: &Standing) -> Option<Money> {
    let unmet = reserve_met(listing, standing.price) == Some(false);
    listing.buy_now.filter(|_| standing.price.is_none() || unmet)
}

/// Decides one bid. The caller has found the listing and the bidder: `kept_out` is why they may bid nowhere, if so, and
/// `purse` is theirs.
///
/// Refuses as [`check_open`], and then, in this order: `own_listing`, `kept_out`, `already_leading`, `bid_too_low`,
/// `insufficient_funds`.
pub fn decide(
    listing: &Listing,
    standing: &Standing,
    bid: &Bid,
    kept_out: Option<Refusal>,
    purse: &Purse,
    now: Time,
) -> Result<Placed, Refusal> {
    check_open(listing, standing, now)?;
    if listing.seller == bid.bidder {
        return Err(Refusal::OwnListing);
    }
    if let Some(why) = kept_out {
        return Err(why);
    }
    let own = standing.lead.as_ref().filter(|lead| lead.bidder == bid.bidder);
    if own.is_some_and(|lead| bid.max <= lead.max) {
        return Err(Refusal::AlreadyLeading);
    }
    let minimum = minimum(listing, standing.price);
    if own.is_none() && bid.amount < minimum {
        return Err(Refusal::BidTooLow { minimum });
    }
    let available = purse.available().saturating_add(own.map_or(0, |lead| lead.held));
    if available < hold_for(listing, bid.max) {
        return Err(Refusal::InsufficientFunds { available });
    }
    Ok(place(listing, standing, bid, now))
}

/// What an allowed bid changes, by the table of the rules. [`decide`] has refused what is not allowed.
pub fn place(listing: &Listing, standing: &Standing, bid: &Bid, now: Time) -> Placed {
    let step = |price| increment(listing.increment, price);
    let (kind, leads, max, price) = match &standing.lead {
        None => (BidKind::Bid, true, bid.max, bid.amount),
        Some(lead) if lead.bidder == bid.bidder => {
            (BidKind::Raise, true, bid.max, standing.price.expect("a led listing has a price"))
        }
        Some(lead) if bid.max < lead.max => {
            (BidKind::Bid, false, lead.max, lead.max.min(bid.max + step(bid.max)))
        }
        Some(lead) if bid.max == lead.max => (BidKind::Bid, false, lead.max, lead.max),
        Some(lead) => (BidKind::Bid, true, bid.max, bid.amount.max(bid.max.min(lead.max + step(lead.max)))),
    };
    let reserve = listing.reserve.filter(|reserve| max >= *reserve).unwrap_or(0);
    let price = price.max(reserve);
    let automatic = standing.lead.as_ref().filter(|lead| !leads && bid.max < lead.max).map(|lead| {
        HistoryRow { kind: BidKind::Automatic, bidder: lead.bidder, amount: price, max: lead.max }
    });
    let amount = if kind == BidKind::Raise { price } else { bid.amount };
    Placed {
        first: HistoryRow { kind, bidder: bid.bidder, amount, max: bid.max },
        automatic,
        price,
        leads,
        held: hold_for(listing, max),
        closes_at: close_after(listing, standing, kind, now),
    }
}

/// A bid against others changes the price or the leader; a leader's raise never extends.
fn close_after(listing: &Listing, standing: &Standing, kind: BidKind, now: Time) -> Time {
    match listing.soft_close {
        Some(soft) if kind != BidKind::Raise => {
            let cap_from = standing.cap_from.unwrap_or(listing.first_closes_at);
            soft.extend(standing.closes_at, cap_from, now)
        }
        _ => standing.closes_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_funds_cover_is_covered_and_one_unit_more_is_not() {
        let with_premium = |most: Money, bps| most + share(most, bps);
        for bps in [0, 1, 33, 999, 1_000, 1_250, 5_000, 10_000] {
            for available in (0..2_500).chain([1_000_000_000_000_000, 999_999_999_999_999]) {
                let most = most_within(available, bps);
                assert!(with_premium(most, bps) <= available, "{available} at {bps}: {most}");
                assert!(with_premium(most + 1, bps) > available, "{available} at {bps}: {most}");
            }
        }
        assert_eq!([most_within(-5, 1_000), most_within(-1, 0)], [0, 0]);
    }
}
