//! The ledger: transfers, their postings, and the statement of a purse.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::ledger::{Posting, Transfer};
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::named_params;

pub const FILE: &str = include_str!("../../sql/ledger.sql");
const OPEN_TRANSFER: &str = named(FILE, "open_transfer");
const POST: &str = named(FILE, "post");
const BALANCE: &str = named(FILE, "balance");
const STATEMENT: &str = named(FILE, "statement");
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
    pub why: String,
    pub amount: Money,
}

impl Snapshot<'_> {
    /// Every movement of a purse, oldest first.
    pub fn statement_of(&self, purse: AccountId) -> Result<Vec<StatementLine>> {
        let mut statement = self.statement(STATEMENT)?;
        let rows = statement.query_map(named_params! {":purse_id": purse}, |row| {
            Ok(StatementLine {
                transfer: row.get(0)?,
                at: row.get(1)?,
                cause: row.get(2)?,
                settlement: row.get(3)?,
                why: row.get(4)?,
                amount: row.get(5)?,
            })
        })?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("account {purse}: read the statement"))
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
