//! A listing's place in its sale, as its page shows it.

use crate::house::House;
use crate::rules::listing::{Listing, ListingId};
use crate::rules::timing::{Timing, TimingLink};
use crate::store::Snapshot;
use anyhow::{Context, Result};

/// The place of a listing in a sale.
#[derive(Clone, Debug)]
pub struct LotRoom {
    pub sale_name: String,
    /// The lots before and after it, each with its code.
    pub before: Option<(ListingId, String)>,
    pub after: Option<(ListingId, String)>,
    /// The postponements, pauses and resumes of this lot, in their order.
    pub timings: Vec<TimingLink>,
}

impl House {
    /// Reads the place of a listing in its sale; `None` outside of sales.
    pub(in crate::house) fn lot_room(
        &self,
        snapshot: &Snapshot<'_>,
        listing: &Listing,
    ) -> Result<Option<LotRoom>> {
        let Some(lot) = &listing.lot else { return Ok(None) };
        let sale = snapshot.sale(&lot.sale)?.with_context(|| format!("sale {} is gone", lot.sale))?;
        let (before, after) = snapshot.neighbours(listing.id)?;
        let named = |id: Option<ListingId>| {
            let Some(id) = id else { return anyhow::Ok(None) };
            Ok(self.listing(snapshot, id)?.and_then(|listing| Some((id, listing.lot.as_ref()?.code.clone()))))
        };
        let timings = snapshot.timings(listing.id)?.into_iter().map(|linked| linked.link);
        let timings = timings.filter(|link| !matches!(link.timing, Timing::Prolongation { .. })).collect();
        Ok(Some(LotRoom { sale_name: sale.text.name, before: named(before)?, after: named(after)?, timings }))
    }
}
