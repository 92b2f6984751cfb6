//! A sale for those who follow it from elsewhere: each lot with when it last changed.

use crate::house::sales::sale;
use crate::house::sales::view::SaleView;
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::Context;

/// A published sale with its lots, in its order, at one moment.
pub struct FollowedSale {
    pub sale: SaleView,
    pub lots: Vec<FollowedLot>,
    /// The last change of any lot, or the publication.
    pub changed_at: Time,
}

pub struct FollowedLot {
    pub listing: ListingView,
    /// Rises with each change: a bid, a postponement, a pause, a resume, an outage, the end.
    pub n_changes: i64,
    pub changed_at: Time,
}

impl House {
    /// A sale that was published, with all its lots. Refuses `not_found`, for a draft too.
    pub fn follow_sale(&self, code: &str) -> Answer<FollowedSale> {
        self.answer(|snapshot| {
            let sale = sale(snapshot, code)?;
            let published_at = sale.published_at.ok_or(Refusal::NotFound("sale"))?;
            let (now, mut lots) = (self.now_in(snapshot)?, Vec::new());
            for change in snapshot.lot_changes(sale.id)? {
                let listing = self.listing(snapshot, change.listing)?;
                let listing = listing.with_context(|| format!("listing {} is gone", change.listing))?;
                lots.push(FollowedLot {
                    listing: ListingView::read(snapshot, &listing, self.naming(), now)?,
                    n_changes: change.n_changes,
                    changed_at: change.changed_at,
                });
            }
            let changed_at = lots.iter().map(|lot| lot.changed_at).fold(published_at, Time::max);
            Ok(FollowedSale { sale: SaleView::of(snapshot, &sale, now)?, lots, changed_at })
        })
    }
}
