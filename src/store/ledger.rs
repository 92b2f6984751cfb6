//! The ledger: transfers and their postings, and the statement of a purse.

use super::composed::composed;
use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, Tx};
use crate::rules::coverage::Shortfall;
use crate::rules::desk::{Method, PassId};
use crate::rules::ledger::{Posting, Transfer};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Row, named_params};
use serde::{Serialize, Serializer};
use std::fmt;

pub const FILE: &str = include_str!("../../sql/ledger.sql");
const OPEN_TRANSFER: &str = named(FILE, "open_transfer");
const POST: &str = named(FILE, "post");
const BALANCE: &str = named(FILE, "balance");
const STATEMENT_AFTER: &str = composed!(FILE, "statement_after");
const STATEMENT_NEWEST: &str = composed!(FILE, "statement_newest");
const CHARGES_NEWEST: &str = named(FILE, "charges_newest");
const POSTINGS_OF_SETTLEMENT: &str = named(FILE, "postings_of_settlement");

const CAUSE: WordColumn = WordColumn { table: "transfer", name: "cause" };
pub(super) const METHOD: WordColumn = WordColumn { table: "transfer", name: "method" };

/// Why money moves. Serialized as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Credit,
    Debit,
    Sale {
        settlement: i64,
    },
    Reversal {
        settlement: i64,
    },
    /// The opposite of a payment.
    Void {
        payment: i64,
    },
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Credit => "credit",
            Cause::Debit => "debit",
            Cause::Sale { .. } => "sale",
            Cause::Reversal { .. } => "reversal",
            Cause::Void { .. } => "void",
        }
    }

    /// The settlement of a sale or a reversal.
    pub fn settlement(self) -> Option<i64> {
        match self {
            Cause::Sale { settlement } | Cause::Reversal { settlement } => Some(settlement),
            Cause::Credit | Cause::Debit | Cause::Void { .. } => None,
        }
    }

    /// The payment of a void.
    pub fn payment(self) -> Option<i64> {
        if let Cause::Void { payment } = self { Some(payment) } else { None }
    }

    fn of(name: &str, settlement: Option<i64>, payment: Option<i64>) -> Option<Cause> {
        match (name, settlement, payment) {
            ("credit", None, None) => Some(Cause::Credit),
            ("debit", None, None) => Some(Cause::Debit),
            ("sale", Some(settlement), None) => Some(Cause::Sale { settlement }),
            ("reversal", Some(settlement), None) => Some(Cause::Reversal { settlement }),
            ("void", None, Some(payment)) => Some(Cause::Void { payment }),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How a payment was made, and by whom it was taken or voided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken<'a> {
    /// None for a movement that is no payment.
    pub method: Option<Method>,
    /// What the payer or the bank calls it.
    pub reference: Option<&'a str>,
    /// None for an admin at the command line.
    pub pass: Option<PassId>,
}

/// One line of a purse's statement: one movement of its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    pub transfer: i64,
    pub at: Time,
    pub cause: Cause,
    /// The listing of a sale or a reversal.
    pub listing: Option<ListingId>,
    pub why: String,
    pub amount: Money,
    /// When the sale was reversed; none for any other movement.
    pub reversed_at: Option<Time>,
    /// How it was paid; none for a movement that is no payment.
    pub method: Option<Method>,
    /// What the payer or the bank calls the payment.
    pub reference: Option<String>,
    /// The pass that took or voided a payment; none for an admin.
    pub pass: Option<String>,
    /// When the payment was voided.
    pub voided_at: Option<Time>,
}

impl Snapshot<'_> {
    /// Up to `limit` movements of a purse after the transfer `after`, oldest first.
    pub fn statement_after(&self, purse: AccountId, after: i64, limit: i64) -> Result<Vec<StatementLine>> {
        let parameters = named_params! {":purse_id": purse, ":after": after, ":limit": limit};
        self.rows(STATEMENT_AFTER, parameters, line)
            .with_context(|| format!("account {purse}: read the statement"))
    }

    /// The newest `limit` movements of a purse, newest first.
    pub fn statement_newest(&self, purse: AccountId, limit: i64) -> Result<Vec<StatementLine>> {
        self.rows(STATEMENT_NEWEST, named_params! {":purse_id": purse, ":limit": limit}, line)
            .with_context(|| format!("account {purse}: read the statement"))
    }

    /// The settlements for which the owner of a purse with this balance still owes, newest first, and how much each.
    /// Reads no more charges than the shortfall covers.
    pub fn unpaid(&self, purse: AccountId, balance: Money) -> Result<Vec<(i64, Money)>> {
        let mut shortfall = Shortfall::of(balance);
        if shortfall.is_none() {
            return Ok(Vec::new());
        }
        let named = || format!("account {purse}: read the charges");
        let mut statement = self.statement(CHARGES_NEWEST)?;
        let mut rows = statement.query(named_params! {":purse_id": purse}).with_context(named)?;
        let mut unpaid = Vec::new();
        while !shortfall.is_none()
            && let Some(row) = rows.next().with_context(named)?
        {
            unpaid.push((row.get(0)?, shortfall.owed(row.get(1)?)));
        }
        Ok(unpaid)
    }

    /// The postings of a settlement, or of its reversal, in the order of the purses; none if it moved no money.
    pub fn postings_of(&self, cause: Cause) -> Result<Vec<Posting>> {
        let parameters = named_params! {":settlement_id": cause.settlement(), ":cause": cause.name()};
        let read = |row: &Row<'_>| anyhow::Ok(Posting { purse: row.get(0)?, amount: row.get(1)? });
        self.rows(POSTINGS_OF_SETTLEMENT, parameters, read).context("read the postings of a settlement")
    }
}

impl Tx<'_> {
    /// Moves money. The schema keeps the balances, and fails the commit unless the postings sum to zero.
    pub fn transfer(&self, cause: Cause, why: &str, transfer: &Transfer) -> Result<()> {
        self.transfer_taken(cause, why, &Taken::default(), transfer)?;
        Ok(())
    }

    /// Moves money like [`Tx::transfer`], and keeps how it was paid and which till took or voided it; returns the
    /// transfer's id.
    pub fn transfer_taken(
        &self,
        cause: Cause,
        why: &str,
        taken: &Taken<'_>,
        transfer: &Transfer,
    ) -> Result<i64> {
        let parameters = named_params! {
            ":cause": cause.name(), ":settlement_id": cause.settlement(), ":why": why, ":at": self.now,
            ":method": taken.method.map(|method| method.name()), ":reference": taken.reference,
            ":pass_id": taken.pass, ":voids": cause.payment(),
        };
        let id = self.insert(OPEN_TRANSFER, parameters).context("open a transfer")?;
        for posting in transfer.postings() {
            let parameters =
                named_params! {":transfer_id": id, ":purse_id": posting.purse, ":amount": posting.amount};
            self.execute(POST, parameters).context("post")?;
        }
        self.execute(BALANCE, named_params! {":transfer_id": id}).context("balance a transfer")?;
        Ok(id)
    }
}

fn line(row: &Row<'_>) -> Result<StatementLine> {
    let (transfer, settlement): (i64, Option<i64>) = (row.get(0)?, row.get(3)?);
    let payment: Option<i64> = row.get(8)?;
    Ok(StatementLine {
        transfer,
        at: row.get(1)?,
        cause: CAUSE.read(row, 2, transfer, |name| Cause::of(name, settlement, payment))?,
        listing: row.get(4)?,
        why: row.get(5)?,
        amount: row.get(6)?,
        reversed_at: row.get(7)?,
        method: match row.get_ref(9)? {
            ValueRef::Null => None,
            _ => Some(METHOD.read(row, 9, transfer, Method::of)?),
        },
        reference: row.get(10)?,
        pass: row.get(11)?,
        voided_at: row.get(12)?,
    })
}
