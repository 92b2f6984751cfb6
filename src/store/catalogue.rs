//! What the catalogue of a sale reads: many lots in one statement.

use super::composed::composed;
use super::listings::{StoredStanding, standing};
use super::named::named;
use super::sales::{FILE, Sale, sale};
use super::{Snapshot, first};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const LOTS_NOW: &str = named(FILE, "lots_now");
const NEXT_LOTS: &str = named(FILE, "next_lots");
const OWN_LOTS: &str = named(FILE, "own_lots");
const OWN_AMONG: &str = named(FILE, "own_among");
const ENDED_SALE: &str = composed!(FILE, "ended_sale");
const CURRENT_SALE: &str = composed!(FILE, "current_sale");
const HAS_SALES: &str = named(FILE, "has_sales");

/// Where a lot stands, and how it ended.
#[derive(Clone, Debug)]
pub struct LotNow {
    pub listing: ListingId,
    pub stored: StoredStanding,
    /// Of a lot that is sold, reversed or not.
    pub hammer: Option<Money>,
    pub reversed_at: Option<Time>,
}

/// How a listing concerns a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concern {
    pub listing: ListingId,
    /// They bid on it or bought it.
    pub has_bid: bool,
    pub is_watched: bool,
}

impl Snapshot<'_> {
    /// Where these listings stand, in this order.
    pub fn lots_now(&self, ids: &[ListingId]) -> Result<Vec<LotNow>> {
        let ids = serde_json::to_string(ids)?;
        let read = |row: &Row<'_>| {
            let listing: ListingId = row.get(11)?;
            let (hammer, reversed_at) = (row.get(12)?, row.get(13)?);
            Ok(LotNow { listing, stored: standing(row, listing)?, hammer, reversed_at })
        };
        self.rows(LOTS_NOW, named_params! {":ids": ids}, read).context("read where lots stand")
    }

    /// Up to `limit` listings of a sale that close after `now`, the next to close first.
    pub fn next_lots(&self, sale: SaleId, now: Time, limit: i64) -> Result<Vec<ListingId>> {
        let parameters = named_params! {":sale_id": sale, ":now": now, ":limit": limit};
        self.rows(NEXT_LOTS, parameters, first).context("read which lots close next")
    }

    /// Up to `limit` listings of a sale that a person bid on, bought or watches, the newest first; each with whether
    /// they bid on it or bought it.
    pub fn own_lots(&self, sale: SaleId, account: AccountId, limit: i64) -> Result<Vec<(ListingId, bool)>> {
        let parameters = named_params! {":sale_id": sale, ":account_id": account, ":limit": limit};
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.rows(OWN_LOTS, parameters, read).context("read a person's lots of a sale")
    }

    /// How each of these listings concerns a person: one statement for a whole page.
    pub fn own_among(&self, account: AccountId, ids: &[ListingId]) -> Result<Vec<Concern>> {
        let parameters = named_params! {":account_id": account, ":ids": serde_json::to_string(ids)?};
        let read = |row: &Row<'_>| {
            Ok(Concern { listing: row.get(0)?, has_bid: row.get(1)?, is_watched: row.get(2)? })
        };
        self.rows(OWN_AMONG, parameters, read).context("read how listings concern a person")
    }

    /// The published sale that ended last, if one of its lots closed after `since`; none while it has an open lot, and none
    /// that was to close a month before `since`.
    pub fn ended_sale(&self, since: Time) -> Result<Option<Sale>> {
        self.row(ENDED_SALE, named_params! {":since": since}, sale).context("read the sale that ended last")
    }

    /// The published sale that is running, or opens next; none if no sale has an open lot.
    pub fn current_sale(&self, now: Time) -> Result<Option<Sale>> {
        self.row(CURRENT_SALE, named_params! {":now": now}, sale).context("read the running sale")
    }

    /// Whether any sale was ever published.
    pub fn has_sales(&self) -> Result<bool> {
        self.the_row(HAS_SALES, [], first).context("look for sales")
    }
}
