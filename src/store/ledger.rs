//! The ledger: transfers, their postings, and the statement of a purse.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::coverage::Shortfall;
use crate::rules::ledger::{Posting, Transfer};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/ledger.sql");
const OPEN_TRANSFER: &str = named(FILE, "open_transfer");
const POST: &str = named(FILE, "post");
const BALANCE: &str = named(FILE, "balance");
const STATEMENT_AFTER: &str = named(FILE, "statement_after");
const STATEMENT_NEWEST: &str = named(FILE, "statement_newest");
const CHARGES_NEWEST: &str = named(FILE, "charges_newest");
const POSTINGS_OF_SETTLEMENT: &str = named(FILE, "postings_of_settlement");

/// Why money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Credit,
    Debit,
    Sale { settlement: i64 },
    Reversal { settlement: i64 },
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Credit => "credit",
            Cause::Debit => "debit",
            Cause::Sale { .. } => "sale",
            Cause::Reversal { .. } => "reversal",
        }
    }

    fn settlement(self) -> Option<i64> {
        match self {
            Cause::Sale { settlement } | Cause::Reversal { settlement } => Some(settlement),
            Cause::Credit | Cause::Debit => None,
        }
    }
}

/// One line of a purse's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    pub transfer: i64,
    pub at: Time,
    pub cause: String,
    pub settlement: Option<i64>,
    /// The listing that was settled.
    pub listing: Option<ListingId>,
    pub why: String,
    pub amount: Money,
    /// Of a sale that was reversed since: when.
    pub reversed_at: Option<Time>,
}

impl Snapshot<'_> {
    /// Up to `limit` movements of a purse after the transfer `after`, oldest first.
    pub fn statement_after(&self, purse: AccountId, after: i64, limit: i64) -> Result<Vec<StatementLine>> {
        let mut statement = self.statement(STATEMENT_AFTER)?;
        let parameters = named_params! {":purse_id": purse, ":after": after, ":limit": limit};
        let rows = statement.query_map(parameters, line)?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("account {purse}: read the statement"))
    }

    /// The newest `limit` movements of a purse, newest first.
    pub fn statement_newest(&self, purse: AccountId, limit: i64) -> Result<Vec<StatementLine>> {
        let mut statement = self.statement(STATEMENT_NEWEST)?;
        let rows = statement.query_map(named_params! {":purse_id": purse, ":limit": limit}, line)?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("account {purse}: read the statement"))
    }

    /// The settlements that a purse of this balance owes for, newest first, and how much for each. Reads the charges up
    /// to the oldest one that is not paid, which come to no more than is missing.
    pub fn unpaid(&self, purse: AccountId, balance: Money) -> Result<Vec<(i64, Money)>> {
        let mut missing = Shortfall::of(balance);
        if missing.is_none() {
            return Ok(Vec::new());
        }
        let named = || format!("account {purse}: read the charges");
        let mut statement = self.statement(CHARGES_NEWEST)?;
        let mut rows = statement.query(named_params! {":purse_id": purse}).with_context(named)?;
        let mut unpaid = Vec::new();
        while !missing.is_none()
            && let Some(row) = rows.next().with_context(named)?
        {
            unpaid.push((row.get(0)?, missing.owed(row.get(1)?)));
        }
        Ok(unpaid)
    }

    /// The postings that a settlement, or its reversal, caused; ordered by purse, empty if there are none.
    pub fn postings_of(&self, cause: Cause) -> Result<Vec<Posting>> {
        let mut statement = self.statement(POSTINGS_OF_SETTLEMENT)?;
        let parameters = named_params! {":settlement_id": cause.settlement(), ":cause": cause.name()};
        let rows =
            statement.query_map(parameters, |row| Ok(Posting { purse: row.get(0)?, amount: row.get(1)? }))?;
        rows.collect::<rusqlite::Result<_>>().context("read the postings of a settlement")
    }
}

impl Tx<'_> {
    /// Moves money. The schema refuses the commit unless the postings sum to zero, and keeps the balances.
    pub fn transfer(&self, cause: Cause, why: &str, transfer: &Transfer) -> Result<()> {
        let parameters = named_params! {
            ":cause": cause.name(), ":settlement_id": cause.settlement(), ":why": why, ":at": self.now,
        };
        let id = self.statement(OPEN_TRANSFER)?.insert(parameters).context("open a transfer")?;
        for posting in transfer.postings() {
            let parameters =
                named_params! {":transfer_id": id, ":purse_id": posting.purse, ":amount": posting.amount};
            self.statement(POST)?.execute(parameters).context("post")?;
        }
        self.statement(BALANCE)?.execute(named_params! {":transfer_id": id}).context("balance a transfer")?;
        Ok(())
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<StatementLine> {
    Ok(StatementLine {
        transfer: row.get(0)?,
        at: row.get(1)?,
        cause: row.get(2)?,
        settlement: row.get(3)?,
        listing: row.get(4)?,
        why: row.get(5)?,
        amount: row.get(6)?,
        reversed_at: row.get(7)?,
    })
}
