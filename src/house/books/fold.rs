//! A listing told again, link by link of its chain: for the audit and the replay.

use crate::house::books::step::{Expected, fresh, prolong, step};
use crate::house::settings::currency_or_none as currency;
use crate::rules::bidding::Standing;
use crate::rules::listing::Listing;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use crate::store::prolongations::Prolongation;
use anyhow::Result;

const TOO_EARLY: &str = "it came before what stands before it";

/// What can stand between a listing's terms and its settlement.
#[derive(Clone, Copy, Debug)]
pub(in crate::house) enum Link<'a> {
    Bid(&'a StoredBid),
    Prolongation(&'a Prolongation),
}

/// Where the listing must stand by its bids and prolongations alone, or what is wrong with them. `told` hears each good link,
/// and where the listing stands after it.
pub(in crate::house) fn retell(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    mut told: impl FnMut(Link<'_>, &Standing),
) -> Result<Result<Standing, String>> {
    let currency = currency(snapshot)?;
    let (mut standing, mut expected) = (fresh(listing), None);
    // No instant ever lies before that of what was told last.
    let mut told_at = listing.created_at;
    let mut prolongations = snapshot.prolongations(listing.id)?.into_iter().peekable();
    for bid in snapshot.each_bid(listing.id) {
        let bid = bid?;
        while let Some(before) = prolongations.next_if(|next| next.after_seq < bid.seq) {
            match between(listing, &standing, &expected, &before, told_at) {
                Ok(after) => (standing, told_at) = (after, before.at),
                Err(words) => return Ok(Err(words)),
            }
            told(Link::Prolongation(&before), &standing);
        }
        match step(listing, &standing, expected.take(), &bid, &currency) {
            Ok(_) if bid.at < told_at => return Ok(Err(format!("bid {}: {TOO_EARLY}", bid.seq))),
            Ok((after, next)) => (standing, expected, told_at) = (after, next, bid.at),
            Err(words) => return Ok(Err(format!("bid {}: {words}", bid.seq))),
        }
        told(Link::Bid(&bid), &standing);
    }
    for last in prolongations {
        match between(listing, &standing, &expected, &last, told_at) {
            Ok(after) => (standing, told_at) = (after, last.at),
            Err(words) => return Ok(Err(words)),
        }
        told(Link::Prolongation(&last), &standing);
    }
    Ok(expected.map_or(Ok(standing), |row| Err(row.missing())))
}

/// A prolongation stands between whole bids: never before the automatic one that belongs to the last.
fn between(
    listing: &Listing,
    before: &Standing,
    expected: &Option<Expected>,
    prolongation: &Prolongation,
    told_at: Time,
) -> Result<Standing, String> {
    if let Some(row) = expected {
        return Err(row.missing());
    }
    let after = match prolong(listing, before, prolongation) {
        Ok(_) if prolongation.at < told_at => Err(TOO_EARLY.to_owned()),
        after => after,
    };
    after.map_err(|words| format!("the prolongation to {}: {words}", prolongation.closes_at))
}
