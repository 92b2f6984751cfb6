//! Rebuilds a listing's standing from the links of its chain, for the audit and the replay.

use crate::house::books::step::{Expected, fresh, retimed, step};
use crate::house::settings::currency_or_none as currency;
use crate::rules::bidding::Standing;
use crate::rules::listing::Listing;
use crate::rules::time::Time;
use crate::rules::timing::{Linked, Timing, TimingLink};
use crate::store::Snapshot;
use crate::store::bids::StoredBid;

const TOO_EARLY: &str = "it came before what stands before it";

/// A link between a listing's terms and its settlement.
#[derive(Clone, Copy, Debug)]
pub(in crate::house) enum Link<'a> {
    Bid(&'a StoredBid),
    Timing(&'a Linked),
}

/// Why the chain could not be followed to its end.
#[derive(Debug)]
pub(in crate::house) enum Unfolded {
    /// Its bids or timings are wrong.
    Wrong(String),
    /// It could not be read.
    Broken(anyhow::Error),
}

impl From<String> for Unfolded {
    fn from(words: String) -> Unfolded {
        Unfolded::Wrong(words)
    }
}

impl From<anyhow::Error> for Unfolded {
    fn from(error: anyhow::Error) -> Unfolded {
        Unfolded::Broken(error)
    }
}

/// Returns the standing that the bids and timings alone yield. Gives `each` every valid link, and the standing
/// after it.
pub(in crate::house) fn fold(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    mut each: impl FnMut(Link<'_>, &Standing),
) -> Result<Standing, Unfolded> {
    let currency = currency(snapshot)?;
    let (mut standing, mut expected) = (fresh(listing), None);
    // No link lies before the one that precedes it.
    let mut last_at = listing.created_at;
    let mut timings = snapshot.timings(listing.id)?.into_iter().peekable();
    for bid in snapshot.each_bid(listing.id) {
        let bid = bid?;
        while let Some(before) = timings.next_if(|next| next.link.after_seq < bid.seq) {
            standing = between(listing, &standing, &expected, &before, last_at)?;
            last_at = before.link.at;
            each(Link::Timing(&before), &standing);
        }
        let stepped = match step(listing, &standing, expected.take(), &bid, &currency) {
            Ok(_) if bid.at < last_at => Err(TOO_EARLY.to_owned()),
            stepped => stepped,
        };
        (standing, expected) = stepped.map_err(|words| format!("bid {}: {words}", bid.seq))?;
        last_at = bid.at;
        each(Link::Bid(&bid), &standing);
    }
    for last in timings {
        standing = between(listing, &standing, &expected, &last, last_at)?;
        last_at = last.link.at;
        each(Link::Timing(&last), &standing);
    }
    match expected {
        Some(row) => Err(row.missing().into()),
        None => Ok(standing),
    }
}

/// A timing comes between whole bids: never before the automatic bid that belongs to the last one.
fn between(
    listing: &Listing,
    before: &Standing,
    expected: &Option<Expected>,
    linked: &Linked,
    last_at: Time,
) -> Result<Standing, String> {
    if let Some(row) = expected {
        return Err(row.missing());
    }
    let after = match retimed(listing, before, linked) {
        Ok(_) if linked.link.at < last_at => Err(TOO_EARLY.to_owned()),
        after => after,
    };
    let TimingLink { closes_at, timing, at, .. } = &linked.link;
    let place = match timing {
        Timing::Pause { .. } => format!("at {at}"),
        _ => format!("to {closes_at}"),
    };
    after.map_err(|words| format!("the {} {place}: {words}", timing.name()))
}
