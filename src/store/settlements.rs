//! Settlements: one a listing, never changed.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::chain::{Hash, SettlementLink};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::settlement::Outcome;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

pub const FILE: &str = include_str!("../../sql/settlements.sql");
const RECORD: &str = named(FILE, "record");
const SETTLEMENT_OF: &str = named(FILE, "settlement_of");
const REVERSED_AT: &str = named(FILE, "reversed_at");
const LISTING_OF_SETTLEMENT: &str = named(FILE, "listing_of_settlement");
const LATENESS: &str = named(FILE, "lateness");

/// How a listing ended, as it stands in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub id: i64,
    pub listing: ListingId,
    pub outcome: String,
    pub reason: Option<String>,
    pub buyer: Option<AccountId>,
    pub buyer_name: Option<String>,
    pub hammer: Option<Money>,
    pub premium: Option<Money>,
    pub commission: Option<Money>,
    pub seller: AccountId,
    pub seller_name: String,
    pub closes_at: Time,
    pub settled_at: Time,
    pub hash: Hash,
    /// Set once the sale is reversed; so with `reversed_why`.
    pub reversed_at: Option<Time>,
    pub reversed_why: Option<String>,
}

impl Settlement {
    /// The public form, as it enters the chain.
    pub fn link(&self) -> SettlementLink<'_> {
        SettlementLink {
            listing: self.listing,
            outcome: &self.outcome,
            reason: self.reason.as_deref().unwrap_or(""),
            buyer: self.buyer,
            hammer: self.hammer.unwrap_or(0),
            premium: self.premium.unwrap_or(0),
            commission: self.commission.unwrap_or(0),
            closes_at: self.closes_at,
            settled_at: self.settled_at,
        }
    }
}

impl Snapshot<'_> {
    pub fn settlement_of(&self, listing: ListingId) -> Result<Option<Settlement>> {
        let mut statement = self.statement(SETTLEMENT_OF)?;
        let found = statement.query_row(named_params! {":listing_id": listing}, |row| {
            Ok(Settlement {
                id: row.get(0)?,
                listing: row.get(1)?,
                outcome: row.get(2)?,
                reason: row.get(3)?,
                buyer: row.get(4)?,
                buyer_name: row.get(5)?,
                hammer: row.get(6)?,
                premium: row.get(7)?,
                commission: row.get(8)?,
                seller: row.get(9)?,
                seller_name: row.get(10)?,
                closes_at: row.get(11)?,
                settled_at: row.get(12)?,
                hash: row.get(13)?,
                reversed_at: row.get(14)?,
                reversed_why: row.get(15)?,
            })
        });
        found.optional().with_context(|| format!("listing {listing}: read the settlement"))
    }

    /// Milliseconds from the close to the settlement, of the newest `limit` listings that came to their close.
    pub fn lateness_ms(&self, limit: i64) -> Result<Vec<i64>> {
        let mut statement = self.statement(LATENESS)?;
        let rows = statement.query_map(named_params! {":limit": limit}, |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read how late settlements were")
    }

    /// When the sale of a listing was reversed; none where it stands, or nothing was sold.
    pub fn reversed_at(&self, listing: ListingId) -> Result<Option<Time>> {
        let mut statement = self.statement(REVERSED_AT)?;
        let found = statement.query_row(named_params! {":listing_id": listing}, |row| row.get(0)).optional();
        found.with_context(|| format!("listing {listing}: read whether its sale is reversed"))
    }

    pub fn listing_of_settlement(&self, id: i64) -> Result<Option<ListingId>> {
        let mut statement = self.statement(LISTING_OF_SETTLEMENT)?;
        let found = statement.query_row(named_params! {":id": id}, |row| row.get(0)).optional();
        found.with_context(|| format!("settlement {id}: read"))
    }
}

impl Tx<'_> {
    /// Records how a listing ended at this transaction's `now`; its id. A second one is refused by the schema.
    pub fn record(&self, listing: ListingId, outcome: &Outcome, closes_at: Time, hash: &Hash) -> Result<i64> {
        let sale = outcome.sale();
        let id = self.statement(RECORD)?.insert(named_params! {
            ":listing_id": listing, ":outcome": outcome.name(), ":reason": outcome.reason(),
            ":buyer_id": sale.map(|s| s.buyer), ":hammer": sale.map(|s| s.hammer),
            ":premium": sale.map(|s| s.premium), ":commission": sale.map(|s| s.commission),
            ":closes_at": closes_at, ":settled_at": self.now, ":hash": hash,
        });
        id.with_context(|| format!("listing {listing}: record the settlement"))
    }
}
