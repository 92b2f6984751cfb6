//! Bills: what an account was charged for what it bought, how much of it is covered, and its payments. Computed from the
//! postings, never stored. Credits cover the oldest charge first, across sales; a sale's bill shows its share.

use crate::house::bought::Unpaid;
use crate::house::{Answer, House};
use crate::rules::desk::{BY_ADMIN, Method};
use crate::rules::ledger::OUTSIDE;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::payments::{BillScope, Charge, StoredPayment};
use crate::store::sales::Sale;
use anyhow::{Context, Result};
use serde::Serialize;

/// Buyers read at a time.
const BUYERS_PAGE: i64 = 1_000;

/// A bill of one account: of one sale, or of everything. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct Bill {
    /// The code of the sale; null on a bill of more than one.
    pub sale: Option<String>,
    /// The bidder number in that sale.
    pub number: Option<i64>,
    pub account: AccountId,
    pub name: String,
    /// In the order of the charges.
    pub lines: Vec<BillLine>,
    /// In the order in which they were taken, voided ones included.
    pub payments: Vec<PaymentView>,
    /// The sum of all lines that are not reversed.
    pub total: Money,
    /// The part of it that is paid.
    pub covered: Money,
    /// The rest of it.
    pub due: Money,
}

/// A purchase on a bill.
#[derive(Clone, Debug, Serialize)]
pub struct BillLine {
    pub settlement: i64,
    pub listing: ListingId,
    /// The lot's code; null outside of sales.
    pub lot: Option<String>,
    pub title: String,
    pub hammer: Money,
    pub premium: Money,
    pub tax: Money,
    pub total: Money,
    /// The part of the total that is paid; 0 for a reversed sale.
    pub covered: Money,
    pub handed_over_at: Option<Time>,
    /// Whether the sale was reversed: the line is in no total.
    pub reversed: bool,
}

/// A payment on a bill.
#[derive(Clone, Debug, Serialize)]
pub struct PaymentView {
    pub id: i64,
    pub amount: Money,
    pub method: Method,
    pub reference: Option<String>,
    pub at: Time,
    /// The pass that took it, or `cli` for an admin.
    pub by: String,
    /// Whether it was undone: it is in no total.
    pub voided: bool,
    pub voided_why: Option<String>,
}

impl Bill {
    /// The bill of an account in the sale, which may be a draft.
    pub fn of_sale(snapshot: &Snapshot<'_>, account: AccountId, sale: SaleId) -> Answer<Bill> {
        let sale = snapshot.sale_by_id(sale)?.ok_or(Refusal::NotFound("sale"))?;
        Ok(Bill::of(snapshot, account, Some(&sale))?)
    }

    /// The bill of an account: of the sale, or of everything that it has bought.
    pub fn of(snapshot: &Snapshot<'_>, account: AccountId, sale: Option<&Sale>) -> Result<Bill> {
        let unpaid = Unpaid::of(snapshot, account)?;
        Bill::read(snapshot, account, sale, sale.map_or(BillScope::All, scope_of), &unpaid)
    }

    /// The bill of an account for what it has bought outside of sales.
    pub fn outside_sales(snapshot: &Snapshot<'_>, account: AccountId) -> Result<Bill> {
        let unpaid = Unpaid::of(snapshot, account)?;
        Bill::read(snapshot, account, None, BillScope::NoSale, &unpaid)
    }

    /// The bills of an account, as its owner sees them: one for each sale in which it has bought something, the newest
    /// first, then one for what it has bought outside of sales. Each charge is on exactly one of them.
    pub fn all(snapshot: &Snapshot<'_>, account: AccountId) -> Result<Vec<Bill>> {
        let unpaid = Unpaid::of(snapshot, account)?;
        let mut bills = Vec::new();
        for id in snapshot.sales_of_buyer(account)? {
            let sale = snapshot.sale_by_id(id)?.context("a lot belongs to a sale")?;
            bills.push(Bill::read(snapshot, account, Some(&sale), scope_of(&sale), &unpaid)?);
        }
        let rest = Bill::read(snapshot, account, None, BillScope::NoSale, &unpaid)?;
        if !rest.lines.is_empty() {
            bills.push(rest);
        }
        Ok(bills)
    }

    /// Whether some of its payments cover older charges, from other sales: then less is covered than was paid.
    pub fn pays_older(&self) -> bool {
        let paid: Money =
            self.payments.iter().filter(|payment| !payment.voided).map(|payment| payment.amount).sum();
        self.due > 0 && paid > self.covered
    }

    fn read(
        snapshot: &Snapshot<'_>,
        account: AccountId,
        sale: Option<&Sale>,
        scope: BillScope,
        unpaid: &Unpaid,
    ) -> Result<Bill> {
        let charges = snapshot.charges(account, scope)?;
        let lines: Vec<BillLine> = charges.into_iter().map(|charge| BillLine::of(charge, unpaid)).collect();
        let counted = || lines.iter().filter(|line| !line.reversed);
        let (total, covered) =
            (counted().map(|line| line.total).sum(), counted().map(|line| line.covered).sum());
        let payments = snapshot.payments(account, scope)?;
        let number = sale.map(|sale| snapshot.number_of(sale.id, account)).transpose()?.flatten();
        let person = snapshot.account(account)?.with_context(|| format!("account {account} is gone"))?;
        Ok(Bill {
            sale: sale.map(|sale| sale.code.clone()),
            number,
            account,
            name: person.name,
            payments: payments.into_iter().map(PaymentView::of).collect(),
            total,
            covered,
            due: total - covered,
            lines,
        })
    }
}

impl BillLine {
    fn of(charge: Charge, unpaid: &Unpaid) -> BillLine {
        let total = charge.hammer + charge.premium;
        let reversed = charge.reversed_at.is_some();
        BillLine {
            settlement: charge.settlement,
            listing: charge.listing,
            lot: charge.lot,
            title: charge.title,
            hammer: charge.hammer,
            premium: charge.premium,
            tax: 0,
            total,
            covered: if reversed { 0 } else { total - unpaid.owed(charge.settlement) },
            handed_over_at: charge.handed_over_at,
            reversed,
        }
    }
}

impl PaymentView {
    fn of(stored: StoredPayment) -> PaymentView {
        PaymentView {
            id: stored.id,
            amount: stored.amount,
            method: stored.method,
            reference: stored.reference,
            at: stored.at,
            by: stored.by.unwrap_or_else(|| BY_ADMIN.to_owned()),
            voided: stored.voided_why.is_some(),
            voided_why: stored.voided_why,
        }
    }
}

/// The bill of a sale has the charges for its lots, and the payments since it was published.
fn scope_of(sale: &Sale) -> BillScope {
    BillScope::Sale { id: sale.id, created_at: sale.created_at, published_at: sale.published_at }
}

fn named(snapshot: &Snapshot<'_>, sale: &str) -> Answer<Sale> {
    Ok(snapshot.sale(sale)?.ok_or(Refusal::NotFound("sale"))?)
}

impl House {
    /// The bill of an account: of the sale with this code, or of everything. Refuses `not_found`.
    pub fn bill(&self, account: AccountId, sale: Option<&str>) -> Answer<Bill> {
        self.answer(|snapshot| {
            let sale = sale.map(|code| named(snapshot, code)).transpose()?;
            Ok(Bill::of(snapshot, account, sale.as_ref())?)
        })
    }

    /// The bill of the bidder with this number in the sale with this code. Refuses `not_found`.
    pub fn bill_of_number(&self, number: i64, sale: &str) -> Answer<Bill> {
        self.answer(|snapshot| {
            let sale = named(snapshot, sale)?;
            let guest = snapshot.registration(sale.id, number)?.ok_or(Refusal::NotFound("bidder"))?;
            Ok(Bill::of(snapshot, guest.account, Some(&sale))?)
        })
    }

    /// The codes of the sales in which somebody has this number, the oldest first.
    pub fn sales_of_number(&self, number: i64) -> Result<Vec<String>> {
        self.read(|snapshot| snapshot.sales_of_number(number))
    }

    /// The bills of an account, as its owner sees them: see [`Bill::all`].
    pub fn bills(&self, account: AccountId) -> Result<Vec<Bill>> {
        self.read(|snapshot| Bill::all(snapshot, account))
    }

    /// The bill of an account for what it has bought outside of sales.
    pub fn bill_outside_sales(&self, account: AccountId) -> Result<Bill> {
        self.read(|snapshot| Bill::outside_sales(snapshot, account))
    }

    /// The bill of an account in a sale, as its owner sees it, with the sale. Refuses `not_found` for a sale that is
    /// unknown or a draft, and for one in which the account has neither bought anything nor a number.
    pub fn own_bill(&self, account: AccountId, sale: &str) -> Answer<(Bill, Sale)> {
        self.answer(|snapshot| {
            let sale = named(snapshot, sale)?;
            let bill = Bill::of(snapshot, account, Some(&sale))?;
            if sale.published_at.is_none() || (bill.lines.is_empty() && bill.number.is_none()) {
                return Err(Refusal::NotFound("bill").into());
            }
            Ok((bill, sale))
        })
    }

    /// Gives `each` the bills of all who have bought something, in the sale with this code or at all, in the order of
    /// their accounts and from one consistent view. Refuses `not_found`.
    pub fn each_bill(&self, sale: Option<&str>, mut each: impl FnMut(Bill) -> Result<()>) -> Answer<()> {
        self.answer(|snapshot| {
            if let Some(sale) = sale.map(|code| named(snapshot, code)).transpose()? {
                for buyer in snapshot.buyers_of_sale(sale.id)? {
                    each(Bill::of(snapshot, buyer, Some(&sale))?)?;
                }
                return Ok(());
            }
            let mut buyers = snapshot.buyers_after(OUTSIDE, BUYERS_PAGE)?;
            while let Some(last) = buyers.last().copied() {
                for buyer in buyers {
                    each(Bill::of(snapshot, buyer, None)?)?;
                }
                buyers = snapshot.buyers_after(last, BUYERS_PAGE)?;
            }
            Ok(())
        })
    }
}
