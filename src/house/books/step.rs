//! Checks one link of a listing's chain against the rules: yields the standing after it, or what is wrong with it.

use crate::rules::bidding::{Bid, BidKind, Lead, Standing, minimum, place};
use crate::rules::listing::Listing;
use crate::rules::money::Currency;
use crate::rules::{chain, outage};
use crate::store::bids::StoredBid;
use crate::store::prolongations::Prolongation;
use anyhow::Result;

/// The standing of a listing without bids.
pub(in crate::house) fn fresh(listing: &Listing) -> Standing {
    Standing {
        open: true,
        closes_at: listing.first_closes_at,
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
    if bid.at >= before.closes_at {
        return Err("it came after the close".into());
    }
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

/// Checks a stored prolongation, and returns the standing after it.
pub(in crate::house) fn prolong(
    listing: &Listing,
    before: &Standing,
    prolongation: &Prolongation,
) -> Result<Standing, String> {
    if prolongation.after_seq != before.n_bids {
        return Err(format!(
            "it names bid {} before it, there are {}",
            prolongation.after_seq, before.n_bids
        ));
    }
    if chain::link_prolongation(&before.head, &prolongation.link()) != prolongation.hash {
        return Err("its hash does not follow from the one before and its content".into());
    }
    let outage = prolongation.outage;
    let timely = listing.created_at <= outage.from && outage.until <= prolongation.at;
    let due = outage::prolong(listing, before.closes_at, outage);
    if !timely || due != Some(prolongation.closes_at) {
        return Err("the rules do not allow it".into());
    }
    let (closes_at, head) = (prolongation.closes_at, prolongation.hash);
    Ok(Standing { closes_at, head, ..before.clone() })
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
