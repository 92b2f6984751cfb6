//! What the report on the house is made of: the counts of its listings, and what was sold.

use super::Snapshot;
use super::named::named;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const FILE: &str = include_str!("../../sql/house_report.sql");
const HOUSE_COUNTS: &str = named(FILE, "house_counts");
const SOLD_LISTINGS: &str = named(FILE, "sold_listings");

/// How many listings there are, by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them, the open ones included.
    pub n_lots: i64,
    pub n_open: i64,
    pub n_sold: i64,
    pub n_unsold: i64,
    pub n_cancelled: i64,
}

/// A listing that was sold. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoldListing {
    pub settlement: i64,
    pub listing: ListingId,
    pub hammer: Money,
    pub premium: Money,
    pub title: String,
    /// The code of its sale.
    pub sale: Option<String>,
    /// Its code in the sale.
    pub lot: Option<String>,
    pub buyer: AccountId,
    pub buyer_name: String,
    pub email: Option<String>,
    /// The buyer's number in the sale.
    pub number: Option<i64>,
    pub handed_over_at: Option<Time>,
    pub reversed_at: Option<Time>,
}

impl Snapshot<'_> {
    /// The counts of all listings, or of those of a sale; of what has ended, only what was settled since.
    pub fn house_counts(&self, sale: Option<SaleId>, since: Option<Time>) -> Result<Counts> {
        let read = |row: &Row<'_>| {
            let (n_lots, n_open, n_sold) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Counts { n_lots, n_open, n_sold, n_unsold: row.get(3)?, n_cancelled: row.get(4)? })
        };
        let parameters = named_params! {":sale_id": sale, ":since": since.unwrap_or(Time(i64::MIN))};
        self.the_row(HOUSE_COUNTS, parameters, read).context("count the listings of the house")
    }

    /// What was sold since, at all or in a sale, reversed sales included: by sale and place in it.
    pub fn sold_listings(&self, sale: Option<SaleId>, since: Option<Time>) -> Result<Vec<SoldListing>> {
        let parameters = named_params! {":sale_id": sale, ":since": since.unwrap_or(Time(i64::MIN))};
        self.rows(SOLD_LISTINGS, parameters, sold_listing).context("read what was sold")
    }
}

fn sold_listing(row: &Row<'_>) -> Result<SoldListing> {
    Ok(SoldListing {
        settlement: row.get(0)?,
        listing: row.get(1)?,
        hammer: row.get(2)?,
        premium: row.get(3)?,
        title: row.get(4)?,
        sale: row.get(5)?,
        lot: row.get(6)?,
        buyer: row.get(7)?,
        buyer_name: row.get(8)?,
        email: row.get(9)?,
        number: row.get(10)?,
        handed_over_at: row.get(11)?,
        reversed_at: row.get(12)?,
    })
}
