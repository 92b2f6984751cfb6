//! Changes when an open listing closes: writes the link and the standing after it.

use crate::rules::bidding::Standing;
use crate::rules::chain;
use crate::rules::listing::Listing;
use crate::rules::timing::{self, Linked, Timing};
use crate::store::Tx;
use anyhow::Result;

/// Applies `timing` at this transaction's `now`, and returns the standing after it; none, with nothing written, if the
/// rules do not allow it. The caller writes the event.
pub(in crate::house) fn retime(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    timing: Timing,
) -> Result<Option<Standing>> {
    let Some(mut after) = timing::apply(listing, standing, &timing, tx.now) else {
        return Ok(None);
    };
    let link = timing::link(listing.id, timing, &after, tx.now);
    after.head = chain::link_timing(&standing.head, &link);
    tx.add_timing(&Linked { link, hash: after.head }, &after)?;
    if after.paused_at.is_some() {
        // The scheduler holds no entry of a paused listing. If it takes none at the resume, the server tries again at
        // once, for it is not known as armed.
        tx.forget_entry(listing.id)?;
    }
    Ok(Some(after))
}
