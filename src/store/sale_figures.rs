//! What a sale comes to: its counts and figures, and what changed it.

use super::Snapshot;
use super::named::named;
use super::sales::FILE;
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};
use serde::Serialize;

const SALE_FIGURES: &str = named(FILE, "sale_figures");
const SALE_CHANGES: &str = named(FILE, "sale_changes");
const LOT_CHANGES: &str = named(FILE, "lot_changes");
const SALE_END: &str = named(FILE, "sale_end");
const SALE_COUNTS: &str = named(FILE, "sale_counts");

/// What the lots of a published sale come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleCounts {
    pub n_lots: i64,
    /// Not settled yet.
    pub n_open: i64,
    pub n_paused: i64,
    /// The earliest close and the latest, as they stand; those of lots bought at once do not count.
    pub first_closes_at: Option<Time>,
    pub last_closes_at: Option<Time>,
    /// The sum of the hammer prices of what is sold, in minor units.
    pub total: Money,
}

/// The figures of a sale for its report. Amounts are minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleFigures {
    pub n_lots: i64,
    pub n_bids: i64,
    pub n_sold: i64,
    pub n_unsold: i64,
    pub hammer: Money,
    pub premium: Money,
    pub largest: Option<Money>,
    /// The longest time from a close to its settlement.
    pub lateness_ms: Option<i64>,
}

/// A postponement, a pause or a resume of a sale, which changed many of its lots at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaleChange {
    /// `postponement`, `pause` or `resume`.
    pub kind: String,
    pub at: Time,
    /// By how many seconds a postponement moved each close.
    pub by_s: Option<i64>,
    pub who: String,
    pub why: Option<String>,
    pub n_lots: i64,
    /// The section of all the lots that it changed, where they are of one.
    pub section: Option<String>,
}

/// When a lot last changed, and how often it has.
#[derive(Clone, Copy, Debug)]
pub struct LotChange {
    pub listing: ListingId,
    pub n_changes: i64,
    pub changed_at: Time,
}

impl Snapshot<'_> {
    /// 1 while some lot of a published sale is open, else 0; and the close of the lot that closes last. Reads a few rows,
    /// however many lots there are.
    pub fn sale_end(&self, id: SaleId) -> Result<(i64, Option<Time>)> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.the_row(SALE_END, named_params! {":sale_id": id}, read).context("read when a sale ends")
    }

    pub fn sale_counts(&self, id: SaleId) -> Result<SaleCounts> {
        let read = |row: &Row<'_>| {
            Ok(SaleCounts {
                n_lots: row.get(0)?,
                n_open: row.get(1)?,
                n_paused: row.get(2)?,
                first_closes_at: row.get(3)?,
                last_closes_at: row.get(4)?,
                total: row.get(5)?,
            })
        };
        self.the_row(SALE_COUNTS, named_params! {":sale_id": id}, read).context("count the lots of a sale")
    }

    /// The postponements, pauses and resumes of a sale, in their order.
    pub fn sale_changes(&self, id: SaleId) -> Result<Vec<SaleChange>> {
        let read = |row: &Row<'_>| {
            let (kind, at, by_s) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (who, why, n_lots) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(SaleChange { kind, at, by_s, who, why, n_lots, section: row.get(6)? })
        };
        self.rows(SALE_CHANGES, named_params! {":sale_id": id}, read).context("read what changed a sale")
    }

    /// The last change of each lot of a published sale, in its order.
    pub fn lot_changes(&self, id: SaleId) -> Result<Vec<LotChange>> {
        let read = |row: &Row<'_>| {
            Ok(LotChange { listing: row.get(0)?, n_changes: row.get(1)?, changed_at: row.get(2)? })
        };
        self.rows(LOT_CHANGES, named_params! {":sale_id": id}, read).context("read what changed the lots")
    }

    pub fn sale_figures(&self, id: SaleId) -> Result<SaleFigures> {
        let read = |row: &Row<'_>| {
            Ok(SaleFigures {
                n_lots: row.get(0)?,
                n_bids: row.get(1)?,
                n_sold: row.get(2)?,
                n_unsold: row.get(3)?,
                hammer: row.get(4)?,
                premium: row.get(5)?,
                largest: row.get(6)?,
                lateness_ms: row.get(7)?,
            })
        };
        self.the_row(SALE_FIGURES, named_params! {":sale_id": id}, read).context("count what a sale came to")
    }
}
