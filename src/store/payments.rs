//! What an account was charged for what it bought, and the payments it has made.

use super::ledger::{FILE, METHOD};
use super::named::named;
use super::{Snapshot, first};
use crate::rules::desk::Method;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const PURCHASES_NEWEST: &str = named(FILE, "purchases_newest");
const PAYMENTS_NEWEST: &str = named(FILE, "payments_newest");
const PAYMENT: &str = named(FILE, "payment");
const SALES_OF_BUYER: &str = named(FILE, "sales_of_buyer");
const BUYERS_AFTER: &str = named(FILE, "buyers_after");
const BUYERS_OF_SALE: &str = named(FILE, "buyers_of_sale");

/// Which of an account's charges and payments a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillScope {
    All,
    /// What was bought outside of sales, and the payments at the command line.
    NoSale,
    /// What was bought in one sale, the payments that its desk has taken, and those at the command line since it was
    /// published.
    Sale {
        id: SaleId,
        /// Nothing of the sale is older: reading ends there.
        created_at: Time,
        published_at: Option<Time>,
    },
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
    /// Why it was voided; none if it was not.
    pub voided_why: Option<String>,
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
    fn has_purchase(self, sale: Option<SaleId>) -> bool {
        match self {
            BillScope::All => true,
            BillScope::NoSale => sale.is_none(),
            BillScope::Sale { id, .. } => sale == Some(id),
        }
    }

    /// Whether a payment belongs to it that was taken at this time, at the desk of `sale` or at the command line.
    fn has_payment(self, at: Time, sale: Option<SaleId>) -> bool {
        match (self, sale) {
            (BillScope::All, _) | (BillScope::NoSale, None) => true,
            (BillScope::NoSale, Some(_)) => false,
            (BillScope::Sale { id, .. }, Some(sale)) => sale == id,
            (BillScope::Sale { published_at, .. }, None) => published_at.is_some_and(|since| at >= since),
        }
    }

    /// Whether neither this nor anything older belongs to it.
    fn ends_before(self, at: Time) -> bool {
        matches!(self, BillScope::Sale { created_at, .. } if at < created_at)
    }
}

impl Snapshot<'_> {
    /// What an account was charged, the oldest charge first, reversed ones included. Reads no further back than the scope.
    pub fn charges(&self, account: AccountId, scope: BillScope) -> Result<Vec<Charge>> {
        let read = |row: &Row<'_>| {
            let is_of_scope = scope.has_purchase(row.get(9)?);
            Ok((row.get(8)?, is_of_scope.then(|| charge(row)).transpose()?))
        };
        self.newest_first(PURCHASES_NEWEST, account, scope, read)
            .with_context(|| format!("account {account}: read the charges"))
    }

    /// The payments of an account, the oldest first, voided ones included. Reads no further back than the scope.
    pub fn payments(&self, account: AccountId, scope: BillScope) -> Result<Vec<StoredPayment>> {
        let read = |row: &Row<'_>| {
            let (at, method): (Time, Option<String>) = (row.get(1)?, row.get(2)?);
            let is_of_scope = method.is_some() && scope.has_payment(at, row.get(6)?);
            Ok((at, is_of_scope.then(|| payment(row)).transpose()?))
        };
        self.newest_first(PAYMENTS_NEWEST, account, scope, read)
            .with_context(|| format!("account {account}: read the payments"))
    }

    /// Gathers what `read` takes of the rows, with the time of each, from the newest to the end of the scope; the oldest
    /// first.
    fn newest_first<T>(
        &self,
        sql: &'static str,
        account: AccountId,
        scope: BillScope,
        read: impl Fn(&Row<'_>) -> Result<(Time, Option<T>)>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let (mut rows, mut found) = (statement.query(named_params! {":account_id": account})?, Vec::new());
        while let Some(row) = rows.next()? {
            let (at, taken) = read(row)?;
            if scope.ends_before(at) {
                break;
            }
            found.extend(taken);
        }
        found.reverse();
        Ok(found)
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

    /// Up to `limit` accounts after this one that have bought something, in the order of their ids.
    pub fn buyers_after(&self, after: AccountId, limit: i64) -> Result<Vec<AccountId>> {
        self.rows(BUYERS_AFTER, named_params! {":after": after, ":limit": limit}, first)
            .context("read the buyers")
    }

    /// The accounts that have bought something in a sale, in the order of their ids.
    pub fn buyers_of_sale(&self, sale: SaleId) -> Result<Vec<AccountId>> {
        self.rows(BUYERS_OF_SALE, named_params! {":sale_id": sale}, first)
            .context("read the buyers of a sale")
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
    Ok(StoredPayment {
        id,
        at: row.get(1)?,
        method: METHOD.read(row, 2, id, Method::of)?,
        amount: row.get(3)?,
        reference: row.get(4)?,
        by: row.get(5)?,
        voided_why: row.get(7)?,
    })
}
