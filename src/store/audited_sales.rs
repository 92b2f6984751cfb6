//! What only an audit reads of sales: each lot beside the listing that it became, and what does not fit together.

use super::audit::FILE;
use super::composed::composed;
use super::named::named;
use super::{Snapshot, first};
use crate::rules::listing::ListingId;
use crate::rules::money::Bps;
use crate::rules::sale::SaleId;
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const AUDITED_LOTS: &str = composed!(FILE, "audited_lots");
const AUDITED_LOT: &str = composed!(FILE, "audited_lot");
const STRAY_LOT: &str = named(FILE, "stray_lot");
const STRAY_DRAFT: &str = named(FILE, "stray_draft");
const MISSED_CHANGE: &str = named(FILE, "missed_change");
const CANCELLED_AT: &str = named(FILE, "cancelled_at");
const UNCANCELLED_LOT: &str = named(FILE, "uncancelled_lot");

/// A lot as its sale has it.
#[derive(Clone, Debug)]
pub struct AuditedLot {
    pub nth: i64,
    pub code: String,
    pub folded: String,
    /// A close of its own.
    pub closes_at: Option<Time>,
    pub listing: Option<AuditedListing>,
    /// Whether the terms of a draft are kept for it.
    pub is_draft: bool,
}

/// The listing that a lot became.
#[derive(Clone, Debug)]
pub struct AuditedListing {
    pub id: ListingId,
    pub created_at: Time,
    pub first_closes_at: Time,
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    pub soft_close: Option<SoftClose>,
    /// The sale and its opening, as the listing's standing has them.
    pub sale: Option<SaleId>,
    pub opens_at: Option<Time>,
}

impl Snapshot<'_> {
    /// The lots of a sale in its order.
    pub fn audited_lots(&self, sale: SaleId) -> Result<Vec<AuditedLot>> {
        self.rows(AUDITED_LOTS, named_params! {":sale_id": sale}, audited_lot)
            .context("read the lots of a sale")
    }

    /// The lot that became this listing.
    pub fn audited_lot(&self, listing: ListingId) -> Result<Option<AuditedLot>> {
        self.row(AUDITED_LOT, named_params! {":listing_id": listing}, audited_lot)
            .with_context(|| format!("listing {listing}: read the lot"))
    }

    /// The first listing that stands in a sale without being one of its lots, or the other way round.
    pub fn stray_lot(&self) -> Result<Option<ListingId>> {
        self.row(STRAY_LOT, [], first).context("look for listings that stand in another sale")
    }

    /// The first lot of a draft whose pictures are not numbered without a gap.
    pub fn stray_draft(&self, sale: SaleId) -> Result<Option<String>> {
        self.row(STRAY_DRAFT, named_params! {":sale_id": sale}, first)
            .context("look at the pictures of a draft")
    }

    /// The first lot that a postponement, a pause or a resume of its sale should have changed and did not: its code, and
    /// what left it out when.
    pub fn missed_change(&self, sale: SaleId) -> Result<Option<(String, String, Time)>> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.row(MISSED_CHANGE, named_params! {":sale_id": sale}, read)
            .context("look for lots that a change of their sale left out")
    }

    /// When the last lot of a sale was cancelled for this reason.
    pub fn cancelled_at(&self, sale: SaleId, why: &str) -> Result<Option<Time>> {
        self.the_row(CANCELLED_AT, named_params! {":sale_id": sale, ":why": why}, first)
            .context("look for the cancelled lots of a sale")
    }

    /// The first lot of a sale that was cancelled at `at` which was not, though its close was ahead.
    pub fn uncancelled_lot(&self, sale: SaleId, at: Time) -> Result<Option<String>> {
        self.row(UNCANCELLED_LOT, named_params! {":sale_id": sale, ":at": at}, first)
            .context("look for the open lots of a cancelled sale")
    }
}

fn audited_lot(row: &Row<'_>) -> Result<AuditedLot> {
    let listing: Option<ListingId> = row.get(4)?;
    Ok(AuditedLot {
        nth: row.get(0)?,
        code: row.get(1)?,
        folded: row.get(2)?,
        closes_at: row.get(3)?,
        is_draft: row.get(5)?,
        listing: listing.map(|id| audited_listing(row, id)).transpose()?,
    })
}

fn audited_listing(row: &Row<'_>, id: ListingId) -> Result<AuditedListing> {
    let window_s: Option<i64> = row.get(10)?;
    let soft_close = match window_s {
        None => None,
        Some(window_s) => Some(SoftClose { window_s, extension_s: row.get(11)?, cap_s: row.get(12)? }),
    };
    Ok(AuditedListing {
        id,
        created_at: row.get(6)?,
        first_closes_at: row.get(7)?,
        premium_bps: row.get(8)?,
        commission_bps: row.get(9)?,
        soft_close,
        sale: row.get(13)?,
        opens_at: row.get(14)?,
    })
}
