//! Sales as people and programs see them.

use crate::house::sales::{sale, shown};
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleState, Stage};
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::sale_figures::{SaleChange, SaleCounts};
use crate::store::sales::{Sale, StoredLot};
use anyhow::{Context, Result};
use serde::Serialize;

/// The most sales of a list.
pub const MAX_SALES: i64 = 1_000;

/// A sale in a list. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct SaleLine {
    pub code: String,
    pub name: String,
    /// Null if bidding opens, or opened, with the publication.
    pub opens_at: Option<Time>,
    /// The close of its first lot, as it stands: postponements and extensions included.
    pub closes_at: Time,
    /// The close of its last lot, as it stands.
    pub last_closes_at: Time,
    pub n_lots: i64,
    /// The lots that have not ended yet.
    pub n_open: i64,
    pub state: SaleState,
}

/// A sale.
#[derive(Clone, Debug, Serialize)]
pub struct SaleView {
    #[serde(flatten)]
    pub line: SaleLine,
    pub description: String,
    /// Where and when buyers collect their lots.
    pub pickup: String,
    /// The names of its sections, in the order of their first lots.
    pub sections: Vec<String>,
    /// The hammer prices of what is sold, in minor units.
    pub total: Money,
}

impl SaleLine {
    pub fn of(snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Result<SaleLine> {
        SaleLine::counted(snapshot, sale, &snapshot.sale_counts(sale.id)?, now)
    }

    pub(in crate::house) fn counted(
        snapshot: &Snapshot<'_>,
        sale: &Sale,
        counts: &SaleCounts,
        now: Time,
    ) -> Result<SaleLine> {
        let is_draft = sale.published_at.is_none();
        let drafts = if is_draft { snapshot.draft_lots(sale.id)? } else { Vec::new() };
        let closes = drafts.iter().map(|lot| sale.terms.close_of(lot.lot.nth, lot.lot.closes_at));
        let (first, last) = match is_draft {
            true => (closes.clone().min(), closes.max()),
            false => (counts.first_closes_at, counts.last_closes_at),
        };
        Ok(SaleLine {
            code: sale.code.clone(),
            name: sale.text.name.clone(),
            opens_at: sale.terms.opens_at,
            closes_at: first.unwrap_or(sale.terms.closes_at),
            last_closes_at: last.unwrap_or(sale.terms.closes_at),
            n_lots: if is_draft { i64::try_from(drafts.len())? } else { counts.n_lots },
            n_open: counts.n_open,
            state: state_at(sale, counts, now),
        })
    }
}

impl SaleView {
    pub fn of(snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Answer<SaleView> {
        let (counts, lots) = (snapshot.sale_counts(sale.id)?, snapshot.lots(sale.id)?);
        Ok(SaleView {
            line: SaleLine::counted(snapshot, sale, &counts, now)?,
            description: sale.text.description.clone(),
            pickup: sale.text.pickup.clone(),
            sections: sections(&lots),
            total: counts.total,
        })
    }
}

/// A published sale with all its lots at one moment.
pub struct Catalogue {
    pub sale: SaleView,
    /// In the order of the sale.
    pub lots: Vec<ListingView>,
    /// Its postponements, pauses and resumes, in their order.
    pub changes: Vec<SaleChange>,
    /// Why it was cancelled.
    pub why: Option<String>,
    /// The cursor in the stream of events at which it was read.
    pub cursor: i64,
}

/// The state of a sale at `now`, from its lots.
fn state_at(sale: &Sale, counts: &SaleCounts, now: Time) -> SaleState {
    match sale.stage {
        Stage::Draft => SaleState::Draft,
        Stage::Cancelled => SaleState::Cancelled,
        Stage::Published if counts.n_open == 0 => SaleState::Closed,
        Stage::Published if counts.n_paused > 0 => SaleState::Paused,
        Stage::Published if sale.terms.opens_at.is_some_and(|opens_at| now < opens_at) => SaleState::Upcoming,
        Stage::Published => SaleState::Open,
    }
}

/// The sections of these lots, in the order of their first lots.
pub(in crate::house) fn sections(lots: &[StoredLot]) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for section in lots.iter().filter_map(|lot| lot.section.as_ref()) {
        if !sections.contains(section) {
            sections.push(section.clone());
        }
    }
    sections
}

impl House {
    /// The sales that were published, cancelled ones included, up to [`MAX_SALES`]; the one that closes last comes
    /// first.
    pub fn sales(&self) -> Result<Vec<SaleLine>> {
        self.read(|snapshot| {
            let now = self.now_in(snapshot)?;
            let sales = snapshot.published_sales(MAX_SALES)?;
            let line = |sale: &Sale| {
                SaleLine::counted(snapshot, sale, &self.ended_sales.counts(snapshot, sale.id)?, now)
            };
            sales.iter().map(line).collect()
        })
    }

    /// All sales, drafts included: for the command line only.
    pub fn sales_and_drafts(&self) -> Result<Vec<SaleLine>> {
        self.read(|snapshot| {
            let now = self.now_in(snapshot)?;
            let sales = snapshot.all_sales()?;
            sales.iter().map(|sale| SaleLine::of(snapshot, sale, now)).collect()
        })
    }

    /// A sale that was published. Refuses `not_found`, for a draft too.
    pub fn show_sale(&self, code: &str) -> Answer<SaleView> {
        self.answer(|snapshot| SaleView::of(snapshot, &shown(snapshot, code)?, self.now_in(snapshot)?))
    }

    /// A sale that was published, with all its lots. Refuses `not_found`, for a draft too.
    pub fn catalogue(&self, code: &str) -> Answer<Catalogue> {
        self.answer(|snapshot| {
            let sale = shown(snapshot, code)?;
            let (now, mut lots) = (self.now_in(snapshot)?, Vec::new());
            for id in snapshot.lots(sale.id)?.into_iter().filter_map(|lot| lot.listing) {
                let listing = self.listing(snapshot, id)?.with_context(|| format!("listing {id} is gone"))?;
                lots.push(ListingView::read(snapshot, &listing, self.naming(), now)?);
            }
            Ok(Catalogue {
                sale: SaleView::of(snapshot, &sale, now)?,
                lots,
                changes: snapshot.sale_changes(sale.id)?,
                why: sale.why.clone(),
                cursor: snapshot.last_event()?.id,
            })
        })
    }

    /// The listing of a lot, by its code, compared without case. Refuses `not_found`.
    pub fn lot_listing(&self, sale_code: &str, lot: &str) -> Answer<ListingId> {
        self.answer(|snapshot| {
            let sale = sale(snapshot, sale_code)?;
            let lot = snapshot.lot_by_code(sale.id, lot.trim())?;
            Ok(lot.and_then(|lot| lot.listing).ok_or(Refusal::NotFound("lot"))?)
        })
    }
}
