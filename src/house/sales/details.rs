//! A sale as its organiser sees it at the command line: its terms, its lots, drafts too, and what changed it.

use crate::house::sales::sale;
use crate::house::sales::view::SaleView;
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::listing::ListingId;
use crate::rules::money::{Bps, Money};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::sale_figures::SaleChange;
use crate::store::sales::Sale;
use anyhow::{Context, Result};
use serde::Serialize;

/// A sale of any state, whole. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct SaleDetails {
    #[serde(flatten)]
    pub view: SaleView,
    /// Seconds from the close of a lot to that of the next.
    pub every_s: i64,
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    pub soft_close: Option<SoftClose>,
    pub published_at: Option<Time>,
    /// Why it was cancelled; null if it was not.
    pub why: Option<String>,
    /// In the order of the sale.
    pub lots: Vec<LotDetails>,
    /// Its postponements, pauses and resumes, in their order.
    pub changes: Vec<SaleChange>,
}

/// A lot of a draft or of a published sale.
#[derive(Clone, Debug, Serialize)]
pub struct LotDetails {
    pub lot: String,
    pub section: Option<String>,
    pub title: String,
    pub closes_at: Time,
    /// The listing's, or `draft`.
    pub state: &'static str,
    /// Null without a bid.
    pub price: Option<Money>,
    /// The name of the leader or buyer; null without one.
    pub leader: Option<String>,
    /// Their bidder number in the sale, if they have one.
    pub leader_number: Option<i64>,
    pub n_bids: i64,
    /// Null while it is a draft.
    pub listing: Option<ListingId>,
}

impl House {
    /// A sale of any state, for the command line only. Refuses `not_found`.
    pub fn sale_details(&self, code: &str) -> Answer<SaleDetails> {
        self.answer(|snapshot| {
            let sale = sale(snapshot, code)?;
            let now = self.now_in(snapshot)?;
            Ok(SaleDetails {
                view: SaleView::of(snapshot, &sale, now)?,
                every_s: sale.terms.every_s,
                premium_bps: sale.terms.premium_bps,
                commission_bps: sale.terms.commission_bps,
                soft_close: sale.terms.soft_close,
                published_at: sale.published_at,
                lots: self.lots_of(snapshot, &sale, now)?,
                changes: snapshot.sale_changes(sale.id)?,
                why: sale.why,
            })
        })
    }

    fn lots_of(&self, snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Result<Vec<LotDetails>> {
        let drafts = snapshot.draft_lots(sale.id)?.into_iter().map(|lot| LotDetails {
            closes_at: sale.terms.close_of(lot.lot.nth, lot.lot.closes_at),
            lot: lot.lot.code,
            section: lot.lot.section,
            title: lot.draft.title,
            state: "draft",
            price: None,
            leader: None,
            leader_number: None,
            n_bids: 0,
            listing: None,
        });
        let mut lots: Vec<LotDetails> = drafts.collect();
        for lot in snapshot.lots(sale.id)? {
            let Some(id) = lot.listing else { continue };
            let listing = self.listing(snapshot, id)?.with_context(|| format!("listing {id} is gone"))?;
            let view = ListingView::read(snapshot, &listing, self.naming(), now)?;
            lots.push(LotDetails {
                lot: lot.code,
                section: lot.section,
                title: view.title,
                closes_at: view.closes_at,
                state: view.state.name(),
                price: view.price,
                leader: view.leader,
                leader_number: view.leader_number,
                n_bids: view.n_bids,
                listing: Some(id),
            });
        }
        Ok(lots)
    }
}
