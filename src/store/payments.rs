//! What an account was charged for what it bought, and the payments it has made.

use super::ledger::FILE;
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

const CHARGES: &str = named(FILE, "charges");
const PAYMENTS: &str = named(FILE, "payments");
const PAYMENT: &str = named(FILE, "payment");
const SALES_OF_BUYER: &str = named(FILE, "sales_of_buyer");

const METHOD: WordColumn = WordColumn { table: "transfer", name: "method" };

/// Which of an account's charges and payments a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillScope {
    All,
    /// What was bought outside of sales.
    NoSale,
    /// Of one sale, which was published at this time.
    Sale(SaleId, Time),
}

/// A purchase that an account was charged for. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub settlement: i64,
    pub listing: ListingId,
    pub lot: Option<String>,
    pub title: String,
    pub hammer: Money,
    pub premium: Money,
    pub reversed_at: Option<Time>,
    pub handed_over_at: Option<Time>,
}

/// A payment of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPayment {
    pub id: i64,
    pub amount: Money,
    pub method: Method,
    pub reference: Option<String>,
    pub at: Time,
    /// The pass that took it; none for an admin.
    pub by: Option<String>,
    pub voided: Option<Voided>,
}

/// When, why and by which pass a payment was voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voided {
    pub at: Time,
    pub why: String,
    pub by: Option<String>,
}

/// Whose payment it is, and whether it still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentOf {
    pub account: AccountId,
    pub amount: Money,
    /// The sale at whose desk it was taken; none at the command line.
    pub sale: Option<SaleId>,
    pub voided_at: Option<Time>,
}

impl BillScope {
    fn parts(self) -> (&'static str, Option<SaleId>, Option<Time>) {
        match self {
            BillScope::All => ("all", None, None),
            BillScope::NoSale => ("none", None, None),
            BillScope::Sale(sale, since) => ("sale", Some(sale), Some(since)),
        }
    }
}

impl Snapshot<'_> {
    /// What an account was charged, the oldest charge first, reversed ones included.
    pub fn charges(&self, account: AccountId, scope: BillScope) -> Result<Vec<Charge>> {
        let (scope, sale, _) = scope.parts();
        let parameters = named_params! {":account_id": account, ":scope": scope, ":sale_id": sale};
        self.rows(CHARGES, parameters, charge).with_context(|| format!("account {account}: read the charges"))
    }

    /// The payments of an account, the oldest first, voided ones included. Those of a sale are the ones that its desk has
    /// taken, and those at the command line since it was published.
    pub fn payments(&self, account: AccountId, scope: BillScope) -> Result<Vec<StoredPayment>> {
        let (scope, sale, since) = scope.parts();
        let parameters =
            named_params! {":account_id": account, ":scope": scope, ":sale_id": sale, ":since": since};
        self.rows(PAYMENTS, parameters, payment)
            .with_context(|| format!("account {account}: read the payments"))
    }

    /// The payment with this id; none if there is no such transfer, or it is no payment.
    pub fn payment(&self, id: i64) -> Result<Option<PaymentOf>> {
        let read = |row: &Row<'_>| {
            Ok(PaymentOf {
                account: row.get(0)?,
                amount: row.get(1)?,
                sale: row.get(2)?,
                voided_at: row.get(3)?,
            })
        };
        self.row(PAYMENT, named_params! {":id": id}, read).with_context(|| format!("payment {id}: read"))
    }

    /// The sales in which an account has bought something, the newest first.
    pub fn sales_of_buyer(&self, account: AccountId) -> Result<Vec<SaleId>> {
        self.rows(SALES_OF_BUYER, named_params! {":account_id": account}, first)
            .with_context(|| format!("account {account}: read the sales"))
    }
}

fn charge(row: &Row<'_>) -> Result<Charge> {
    Ok(Charge {
        settlement: row.get(0)?,
        listing: row.get(1)?,
        lot: row.get(2)?,
        title: row.get(3)?,
        hammer: row.get(4)?,
        premium: row.get(5)?,
        reversed_at: row.get(6)?,
        handed_over_at: row.get(7)?,
    })
}

fn payment(row: &Row<'_>) -> Result<StoredPayment> {
    let id = row.get(0)?;
    let voided_at: Option<Time> = row.get(6)?;
    let voided = |at| anyhow::Ok(Voided { at, why: row.get(7)?, by: row.get(8)? });
    Ok(StoredPayment {
        id,
        amount: row.get(1)?,
        method: METHOD.read(row, 2, id, Method::of)?,
        reference: row.get(3)?,
        at: row.get(4)?,
        by: row.get(5)?,
        voided: voided_at.map(voided).transpose()?,
    })
}
