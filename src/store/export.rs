//! Exports of whole tables in the order of their keys, with one row in memory at a time.

use super::Snapshot;
use super::named::named;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::named_params;
use rusqlite::types::ValueRef;

pub const FILE: &str = include_str!("../../sql/export.sql");
const LISTINGS: &str = named(FILE, "listings");
const BIDS: &str = named(FILE, "bids");
const LEDGER: &str = named(FILE, "ledger");
const SETTLEMENTS: &str = named(FILE, "settlements");
const LOG: &str = named(FILE, "log");
const TERMS: &str = named(FILE, "terms");
const ACCEPTANCES: &str = named(FILE, "acceptances");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Listings,
    Bids,
    Ledger,
    Settlements,
    Log,
    Terms,
    Acceptances,
}

/// A column of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A number, or a word of the house.
    Plain,
    Time,
    /// Text by a person, which may hold anything.
    Written,
    /// Known only to its owner while the listing is open.
    Secret,
}

const fn plain(name: &'static str) -> Column {
    Column { name, content: Content::Plain }
}

const fn time(name: &'static str) -> Column {
    Column { name, content: Content::Time }
}

const fn written(name: &'static str) -> Column {
    Column { name, content: Content::Written }
}

const fn secret(name: &'static str) -> Column {
    Column { name, content: Content::Secret }
}

const LISTING_COLUMNS: [Column; 29] = [
    plain("id"),
    plain("state"),
    written("seller"),
    written("seller_name"),
    written("title"),
    written("description"),
    written("category"),
    plain("opening"),
    secret("reserve"),
    plain("buy_now"),
    plain("increment"),
    time("closes_at"),
    plain("soft_close.window_s"),
    plain("soft_close.extension_s"),
    plain("soft_close.cap_s"),
    plain("picture"),
    plain("premium_bps"),
    plain("commission_bps"),
    time("created_at"),
    time("first_closes_at"),
    plain("price"),
    written("leader"),
    written("leader_name"),
    plain("n_bids"),
    plain("sale"),
    written("lot"),
    written("section"),
    time("opens_at"),
    plain("leader_number"),
];

const BID_COLUMNS: [Column; 17] = [
    plain("listing"),
    plain("seq"),
    plain("kind"),
    written("bidder"),
    written("bidder_name"),
    plain("amount"),
    secret("max"),
    plain("price"),
    time("closes_at"),
    time("at"),
    written("message"),
    secret("salt"),
    plain("hash"),
    written("pass"),
    plain("source"),
    plain("bidder_number"),
    plain("terms_version"),
];

const TERMS_COLUMNS: [Column; 4] = [plain("version"), plain("hash"), time("at"), written("text")];

const ACCEPTANCE_COLUMNS: [Column; 5] =
    [written("account"), written("name"), plain("version"), plain("hash"), time("at")];

const LEDGER_COLUMNS: [Column; 11] = [
    plain("transfer"),
    time("at"),
    plain("cause"),
    plain("settlement"),
    plain("listing"),
    written("account"),
    written("name"),
    plain("amount"),
    written("why"),
    plain("method"),
    written("by"),
];

const SETTLEMENT_COLUMNS: [Column; 19] = [
    plain("id"),
    plain("listing"),
    written("title"),
    plain("outcome"),
    written("reason"),
    written("buyer"),
    written("buyer_name"),
    written("seller"),
    written("seller_name"),
    plain("hammer"),
    plain("premium"),
    plain("commission"),
    time("closes_at"),
    time("settled_at"),
    time("reversed_at"),
    plain("hash"),
    time("handed_over_at"),
    written("reversed_by"),
    plain("buyer_number"),
];

const LOG_COLUMNS: [Column; 10] = [
    plain("id"),
    time("at"),
    written("who"),
    plain("what"),
    written("account"),
    written("name"),
    plain("listing"),
    plain("sale"),
    written("why"),
    written("detail"),
];

impl Table {
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Listings => &LISTING_COLUMNS,
            Table::Bids => &BID_COLUMNS,
            Table::Ledger => &LEDGER_COLUMNS,
            Table::Settlements => &SETTLEMENT_COLUMNS,
            Table::Log => &LOG_COLUMNS,
            Table::Terms => &TERMS_COLUMNS,
            Table::Acceptances => &ACCEPTANCE_COLUMNS,
        }
    }

    fn statement(self) -> &'static str {
        match self {
            Table::Listings => LISTINGS,
            Table::Bids => BIDS,
            Table::Ledger => LEDGER,
            Table::Settlements => SETTLEMENTS,
            Table::Log => LOG,
            Table::Terms => TERMS,
            Table::Acceptances => ACCEPTANCES,
        }
    }
}

impl Snapshot<'_> {
    /// Calls `each` with every row of `table` from `since` on: its cells in the order of the columns, empty for null.
    pub fn export(
        &self,
        table: Table,
        since: Time,
        mut each: impl FnMut(&[String]) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.statement(table.statement())?;
        let columns = table.columns();
        assert_eq!(statement.column_count(), columns.len(), "each column has a name");
        let mut rows = statement.query(named_params! {":since": since})?;
        let mut cells: Vec<String> = vec![String::new(); columns.len()];
        while let Some(row) = rows.next().context("read a row")? {
            for (i, column) in columns.iter().enumerate() {
                cells[i] = match (row.get_ref(i)?, column.content) {
                    (ValueRef::Null, _) => String::new(),
                    (ValueRef::Integer(ms), Content::Time) => Time(ms).to_string(),
                    (ValueRef::Integer(number), _) => number.to_string(),
                    (value, _) => value.as_str().context("a column holds text")?.to_owned(),
                };
            }
            each(&cells)?;
        }
        Ok(())
    }
}
