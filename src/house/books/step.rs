//! Checks one link of a listing's chain against the rules: yields the standing after it, or what is wrong with it.

use crate::rules::bidding::{Bid, BidKind, Lead, Standing, check_open, minimum, place};
use crate::rules::chain;
use crate::rules::listing::Listing;
use crate::rules::money::Currency;
use crate::rules::timing::{self, Linked};
use crate::store::bids::StoredBid;
use anyhow::Result;

/// The standing of a listing without bids.
pub(in crate::house) fn fresh(listing: &Listing) -> Standing {
    Standing {
        open: true,
        closes_at: listing.first_closes_at,
        paused_at: None,
        cap_from: None,
        price: None,
        lead: None,
        n_bids: 0,
        head: chain::genesis(listing),
    }
}

/// The automatic bid that the rules require next.
#[derive(Clone, Debug)]
pub(in crate::house) struct Expected {
    seq: i64,
    bidder: String,
    amount: i64,
}

impl Expected {
    /// The sentence for the audit that says that this bid is missing.
    pub(in crate::house) fn missing(&self) -> String {
        format!("bid {}: the automatic bid of {} is missing", self.seq, self.bidder)
    }
}

/// Checks one stored bid: returns the standing after it, and the automatic bid that must follow, if any.
pub(in crate::house) fn step(
    listing: &Listing,
    before: &Standing,
    expected: Option<Expected>,
    bid: &StoredBid,
    currency: &Currency,
) -> Result<(Standing, Option<Expected>), String> {
    if bid.seq != before.n_bids + 1 {
        return Err(format!("bid {} is missing", before.n_bids + 1));
    }
    if chain::link_bid(&before.head, &bid.link()) != bid.hash {
        return Err("its hash does not follow from the one before and its content".into());
    }
    let mut after = before.clone();
    (after.n_bids, after.head) = (bid.seq, bid.hash);
    if let Some(expected) = expected {
        let lead = before.lead.as_ref().map(|lead| lead.bidder);
        let max = before.lead.as_ref().map_or(0, |lead| lead.max);
        let agrees = bid.kind == BidKind::Automatic
            && (Some(bid.bidder), bid.amount, bid.max) == (lead, expected.amount, max)
            && (Some(bid.price), bid.closes_at) == (before.price, before.closes_at);
        return if agrees {
            Ok((after, None))
        } else {
            Err("an automatic bid of the leader belongs here".into())
        };
    }
    if before.is_past_close(bid.at) {
        return Err("it came after the close".into());
    }
    check_open(listing, before, bid.at)
        .map_err(|refusal| format!("it should have been refused: {refusal}"))?;
    let leads = before.lead.as_ref().filter(|lead| lead.bidder == bid.bidder);
    let allowed = match (bid.kind, leads) {
        (BidKind::Bid, None) => bid.amount >= minimum(listing, before.price),
        (BidKind::Raise, Some(lead)) => bid.max > lead.max,
        _ => false,
    };
    if !allowed || bid.bidder == listing.seller {
        return Err("the rules do not allow it".into());
    }
    follow(listing, before, bid, after, currency)
}

/// Checks a stored timing, and returns the standing after it.
pub(in crate::house) fn retimed(
    listing: &Listing,
    before: &Standing,
    linked: &Linked,
) -> Result<Standing, String> {
    let Linked { link, hash } = linked;
    if link.after_seq != before.n_bids {
        return Err(format!("it names bid {} before it, there are {}", link.after_seq, before.n_bids));
    }
    if chain::link_timing(&before.head, link) != *hash {
        return Err("its hash does not follow from the one before and its content".into());
    }
    match timing::apply(listing, before, &link.timing, link.at) {
        Some(after) if after.closes_at == link.closes_at => Ok(Standing { head: *hash, ..after }),
        _ => Err("the rules do not allow it".into()),
    }
}

fn follow(
    listing: &Listing,
    before: &Standing,
    bid: &StoredBid,
    mut after: Standing,
    currency: &Currency,
) -> Result<(Standing, Option<Expected>), String> {
    let offered = Bid { bidder: bid.bidder, amount: bid.amount, max: bid.max };
    let placed = place(listing, before, &offered, bid.at);
    if placed.price != bid.price {
        let (due, price) = (currency.show(placed.price), currency.show(bid.price));
        return Err(format!("by the rules the price after it is {due}, not {price}"));
    }
    if placed.closes_at != bid.closes_at {
        return Err(format!(
            "by the rules the close after it is {}, not {}",
            placed.closes_at, bid.closes_at
        ));
    }
    (after.price, after.closes_at) = (Some(placed.price), placed.closes_at);
    if placed.leads {
        let name = bid.bidder_name.clone();
        after.lead = Some(Lead { bidder: bid.bidder, name, max: bid.max, held: placed.held });
    }
    let leader = after.lead.as_ref().map_or("", |lead| lead.name.as_str()).to_owned();
    let next = placed.automatic.map(|row| Expected { seq: bid.seq + 1, bidder: leader, amount: row.amount });
    Ok((after, next))
}
