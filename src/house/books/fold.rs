//! Rebuilds a listing's standing from the links of its chain, for the audit and the replay.

use crate::house::books::step::{Expected, fresh, prolong, step};
use crate::house::settings::currency_or_none as currency;
use crate::rules::bidding::Standing;
use crate::rules::listing::Listing;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use crate::store::prolongations::Prolongation;

const TOO_EARLY: &str = "it came before what stands before it";

/// A link between a listing's terms and its settlement.
#[derive(Clone, Copy, Debug)]
pub(in crate::house) enum Link<'a> {
    Bid(&'a StoredBid),
    Prolongation(&'a Prolongation),
}

/// Why the chain could not be followed to its end.
#[derive(Debug)]
pub(in crate::house) enum Untold {
    /// Its bids or prolongations are wrong.
    Wrong(String),
    /// It could not be read.
    Broken(anyhow::Error),
}

impl From<String> for Untold {
    fn from(words: String) -> Untold {
        Untold::Wrong(words)
    }
}

impl From<anyhow::Error> for Untold {
    fn from(error: anyhow::Error) -> Untold {
        Untold::Broken(error)
    }
}

/// Returns the standing that the bids and prolongations alone yield. Gives `visit` each valid link, and the standing
/// after it.
pub(in crate::house) fn retell(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    mut visit: impl FnMut(Link<'_>, &Standing),
) -> Result<Standing, Untold> {
    let currency = currency(snapshot)?;
    let (mut standing, mut expected) = (fresh(listing), None);
    // No link lies before the one that precedes it.
    let mut told_at = listing.created_at;
    let mut prolongations = snapshot.prolongations(listing.id)?.into_iter().peekable();
    for bid in snapshot.each_bid(listing.id) {
        let bid = bid?;
        while let Some(before) = prolongations.next_if(|next| next.after_seq < bid.seq) {
            standing = between(listing, &standing, &expected, &before, told_at)?;
            told_at = before.at;
            visit(Link::Prolongation(&before), &standing);
        }
        let stepped = match step(listing, &standing, expected.take(), &bid, &currency) {
            Ok(_) if bid.at < told_at => Err(TOO_EARLY.to_owned()),
            stepped => stepped,
        };
        (standing, expected) = stepped.map_err(|words| format!("bid {}: {words}", bid.seq))?;
        told_at = bid.at;
        visit(Link::Bid(&bid), &standing);
    }
    for last in prolongations {
        standing = between(listing, &standing, &expected, &last, told_at)?;
        told_at = last.at;
        visit(Link::Prolongation(&last), &standing);
    }
    match expected {
        Some(row) => Err(row.missing().into()),
        None => Ok(standing),
    }
}

/// A prolongation comes between whole bids: never before the automatic bid that belongs to the last one.
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
