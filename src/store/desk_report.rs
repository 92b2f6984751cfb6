//! What the report on a sale's desk is made of: its tills, its voids, and its sold lots.

use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, first};
use crate::rules::desk::Method;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const FILE: &str = include_str!("../../sql/desk_report.sql");
const SOLD_LOTS: &str = named(FILE, "sold_lots");
const TILLS: &str = named(FILE, "tills");
const VOIDS: &str = named(FILE, "voids");
const TAKEN_BY_LEDGER: &str = named(FILE, "taken_by_ledger");

const METHOD: WordColumn = WordColumn { table: "transfer", name: "method" };

/// A lot of a sale that somebody has bought. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoughtLot {
    pub lot: String,
    pub settlement: i64,
    pub listing: ListingId,
    pub title: String,
    pub buyer: AccountId,
    /// The buyer's number in the sale.
    pub number: Option<i64>,
    pub name: String,
    /// Hammer and premium.
    pub total: Money,
    pub handed_over_at: Option<Time>,
    pub reversed_at: Option<Time>,
}

/// A payment at the desk that was voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskVoid {
    /// The till that it counts for.
    pub till: String,
    pub payment: i64,
    pub amount: Money,
    pub method: Method,
    pub why: String,
    /// The pass that voided it; none for an admin.
    pub by: Option<String>,
    pub at: Time,
    /// The payer's bidder number.
    pub number: Option<i64>,
    pub payer: String,
}

impl BoughtLot {
    /// Whether it still has to be handed over.
    pub fn waits(&self) -> bool {
        self.handed_over_at.is_none() && self.reversed_at.is_none()
    }
}

impl Snapshot<'_> {
    /// The lots of a sale that were bought, reversed ones included, in the order of the sale.
    pub fn bought_lots(&self, sale: SaleId) -> Result<Vec<BoughtLot>> {
        self.rows(SOLD_LOTS, named_params! {":sale_id": sale}, bought_lot).context("read the lots of a sale")
    }

    /// The names of a sale's passes, the oldest first, and whether any pass of the name may take payments.
    pub fn tills(&self, sale: SaleId) -> Result<Vec<(String, bool)>> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.rows(TILLS, named_params! {":sale_id": sale}, read).context("read the tills of a sale")
    }

    /// The voids of payments that the desk of a sale has taken, the oldest first.
    pub fn voids(&self, sale: SaleId) -> Result<Vec<DeskVoid>> {
        self.rows(VOIDS, named_params! {":sale_id": sale}, void).context("read the voids of a sale")
    }

    /// What was put to the good of accounts by the payments that the desk of a sale has taken, less their voids: from the
    /// accounts' side of the ledger.
    pub fn taken_by_ledger(&self, sale: SaleId) -> Result<Money> {
        self.the_row(TAKEN_BY_LEDGER, named_params! {":sale_id": sale}, first)
            .context("add up the payments of a sale")
    }
}

fn bought_lot(row: &Row<'_>) -> Result<BoughtLot> {
    Ok(BoughtLot {
        lot: row.get(0)?,
        settlement: row.get(1)?,
        listing: row.get(2)?,
        title: row.get(3)?,
        buyer: row.get(4)?,
        number: row.get(5)?,
        name: row.get(6)?,
        total: row.get(7)?,
        handed_over_at: row.get(8)?,
        reversed_at: row.get(9)?,
    })
}

fn void(row: &Row<'_>) -> Result<DeskVoid> {
    let payment = row.get(1)?;
    Ok(DeskVoid {
        till: row.get(0)?,
        payment,
        amount: row.get(2)?,
        method: METHOD.read(row, 3, payment, Method::of)?,
        why: row.get(4)?,
        by: row.get(5)?,
        at: row.get(6)?,
        number: row.get(7)?,
        payer: row.get(8)?,
    })
}
