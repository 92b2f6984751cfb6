//! The report on a sale's desk: what each till has taken, what is unpaid, and what still waits for its buyer.

use crate::house::desk::till::{TakenByMethod, Till};
use crate::house::money::bill::Bill;
use crate::house::{Answer, House};
use crate::rules::desk::{BY_ADMIN, Method};
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::desk_report::{BoughtLot, DeskVoid};
use anyhow::{Result, ensure};
use serde::Serialize;

/// The report on a sale's desk. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct DeskReport {
    /// The oldest first.
    pub tills: Vec<TillReport>,
    /// The bills of the sale with something due, in the order of the numbers; those of buyers without a number last.
    pub unpaid: Vec<Bill>,
    /// The lots that were sold and wait for their buyers, in the order of the sale; reversed ones do not.
    pub not_handed_over: Vec<WaitingLot>,
    /// What all tills have taken, less voids: as the ledger has it.
    pub total: Money,
}

/// A till: all passes of one name.
#[derive(Clone, Debug, Serialize)]
pub struct TillReport {
    pub name: String,
    /// What it has taken, less what it gave back for voided payments.
    pub taken: TakenByMethod,
    /// The voids that it made; an admin's void is that of the till that took the payment.
    pub voids: Vec<VoidView>,
}

/// A void of a payment.
#[derive(Clone, Debug, Serialize)]
pub struct VoidView {
    pub payment: i64,
    pub amount: Money,
    pub method: Method,
    pub why: String,
    /// The pass that made it, or `cli` for an admin.
    pub by: String,
    pub at: Time,
}

/// A sold lot that its buyer has not taken along.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingLot {
    pub lot: String,
    pub listing: ListingId,
    pub title: String,
    /// The buyer's number; null for one without.
    pub number: Option<i64>,
    pub name: String,
    pub total: Money,
    /// The part of the total that is paid.
    pub covered: Money,
}

impl House {
    /// Reports on the desk of a sale of any state. Refuses `not_found`; fails if the tills do not add up to what the
    /// ledger has.
    pub fn desk_report(&self, sale: &str) -> Answer<DeskReport> {
        self.answer(|snapshot| {
            let sale = snapshot.sale(sale)?.ok_or(Refusal::NotFound("sale"))?;
            let tills = tills(snapshot, sale.id)?;
            let total = tills.iter().map(|till| till.taken.total()).sum();
            let by_ledger = snapshot.taken_by_ledger(sale.id)?;
            if total != by_ledger {
                return Err(anyhow::anyhow!("the tills took {total}, but the ledger has {by_ledger}").into());
            }
            let lots = snapshot.bought_lots(sale.id)?;
            let bills = bills(snapshot, sale.id, &lots)?;
            let not_handed_over = lots.into_iter().filter(|lot| lot.waits());
            let not_handed_over = not_handed_over.map(|lot| WaitingLot::of(lot, &bills)).collect();
            let unpaid = bills.into_iter().filter(|bill| bill.due > 0).collect();
            Ok(DeskReport { tills, unpaid, not_handed_over, total })
        })
    }
}

/// The tills of a sale: the passes that may take payments, and any that has taken or voided one.
fn tills(snapshot: &Snapshot<'_>, sale: SaleId) -> Result<Vec<TillReport>> {
    let mut voids = snapshot.voids(sale)?;
    let mut tills = Vec::new();
    for (name, takes_payments) in snapshot.tills(sale)? {
        let taken = Till::read(snapshot, sale, &name)?.taken;
        let of_till = voids.extract_if(.., |void| void.till == name).map(VoidView::of).collect::<Vec<_>>();
        if takes_payments || taken != TakenByMethod::default() || !of_till.is_empty() {
            tills.push(TillReport { name, taken, voids: of_till });
        }
    }
    ensure!(voids.is_empty(), "payments of the sale were voided by passes of another");
    Ok(tills)
}

/// The bills of everybody who has bought a lot of the sale.
fn bills(snapshot: &Snapshot<'_>, sale: SaleId, lots: &[BoughtLot]) -> Answer<Vec<Bill>> {
    let mut buyers: Vec<_> = lots.iter().map(|lot| (lot.number.is_none(), lot.number, lot.buyer)).collect();
    buyers.sort();
    buyers.dedup();
    buyers.into_iter().map(|(_, _, buyer)| Bill::of_sale(snapshot, buyer, sale)).collect()
}

impl WaitingLot {
    fn of(lot: BoughtLot, bills: &[Bill]) -> WaitingLot {
        let mut lines = bills.iter().filter(|bill| bill.account == lot.buyer).flat_map(|bill| &bill.lines);
        let line = lines.find(|line| line.settlement == lot.settlement);
        WaitingLot {
            lot: lot.lot,
            listing: lot.listing,
            title: lot.title,
            number: lot.number,
            name: lot.name,
            total: lot.total,
            covered: line.map_or(0, |line| line.covered),
        }
    }
}

impl VoidView {
    fn of(void: DeskVoid) -> VoidView {
        VoidView {
            payment: void.payment,
            amount: void.amount,
            method: void.method,
            why: void.why,
            by: void.by.unwrap_or_else(|| BY_ADMIN.to_owned()),
            at: void.at,
        }
    }
}
