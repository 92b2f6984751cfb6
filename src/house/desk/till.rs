//! The till: payments that a pass takes and voids, and lots that are handed over.

use super::House;
use super::sale::{LotAsked, find_lot};
use crate::house::Answer;
use crate::house::bidding::place_bid::Key;
use crate::house::money::bill::{Bill, PaymentView};
use crate::house::money::hand_over::{HandedOverItem, hand_over, reason};
use crate::house::money::payments::{PaymentAsked, pay, void};
use crate::rules::desk::{Method, Right};
use crate::rules::faults::check_why;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleId, folded};
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::desk_report::DeskVoid;
use crate::store::passes::Pass;
use anyhow::Context;
use serde::{Deserialize, Serialize};

/// What a guest gives at the till. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct DeskPayment {
    pub number: i64,
    pub amount: Money,
    pub method: Method,
    pub reference: Option<String>,
    /// Whether to take the whole amount though it is more than is due.
    pub anyway: bool,
}

/// A payment that was taken.
#[derive(Clone, Debug)]
pub struct PaidAtDesk {
    /// `{payment,bill}`.
    pub json: String,
    pub payment: i64,
    /// What to give back, in minor units.
    pub change: Money,
}

/// What a till has taken, less what it gave back for voided payments: below zero where it gave back more. Amounts are
/// minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TakenByMethod {
    pub cash: Money,
    pub card: Money,
    pub bank: Money,
    pub other: Money,
}

/// A till: all passes of one name in one sale.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Till {
    pub taken: TakenByMethod,
    /// The payments that it took and nobody has voided.
    pub n_payments: i64,
    /// When its first pass was made.
    pub since: Time,
}

impl TakenByMethod {
    pub fn of(&self, method: Method) -> Money {
        match method {
            Method::Cash => self.cash,
            Method::Card => self.card,
            Method::Bank => self.bank,
            Method::Other => self.other,
        }
    }

    /// The sum of all methods.
    pub fn total(&self) -> Money {
        Method::ALL.iter().map(|method| self.of(*method)).sum()
    }

    fn add(&mut self, method: Method, amount: Money) {
        match method {
            Method::Cash => self.cash += amount,
            Method::Card => self.card += amount,
            Method::Bank => self.bank += amount,
            Method::Other => self.other += amount,
        }
    }
}

impl Till {
    /// The till of this name in a sale.
    pub(super) fn read(snapshot: &Snapshot<'_>, sale: SaleId, name: &str) -> anyhow::Result<Till> {
        let (mut taken, mut n_payments) = (TakenByMethod::default(), 0);
        for (method, n, sum) in snapshot.till(sale, name)? {
            taken.add(method, sum);
            n_payments += n;
        }
        Ok(Till { taken, n_payments, since: snapshot.till_since(sale, name)? })
    }
}

/// The answer to a payment and to a void.
#[derive(Serialize)]
struct Booked {
    payment: PaymentView,
    bill: Bill,
}

/// What is read of the kept answer to a payment.
#[derive(Deserialize)]
struct Kept {
    payment: KeptPayment,
}

#[derive(Deserialize)]
struct KeptPayment {
    id: i64,
    amount: Money,
}

impl DeskPayment {
    /// What is taken of it when this much is due. Cash that is more than is due is given back, as a till does. Refuses
    /// `invalid` for any other amount above what is due, unless that is meant.
    fn taken(&self, due: Money) -> Answer<Money> {
        match self.method {
            _ if self.anyway || self.amount <= due => Ok(self.amount),
            Method::Cash if due > 0 => Ok(due),
            _ => Err(Refusal::AboveDue { due }.into()),
        }
    }
}

impl House {
    /// The bill of a number in the sale of a pass. Refuses `not_found`, and `not_allowed` without the right.
    pub fn bill_at_desk(&self, pass: &Pass, number: i64) -> Answer<Bill> {
        self.answer(|snapshot| {
            pass.require(Right::Checkout)?;
            bill_of(snapshot, pass, number)
        })
    }

    /// What the till of a pass has taken.
    pub fn till(&self, pass: &Pass) -> anyhow::Result<Till> {
        self.read(|snapshot| Till::read(snapshot, pass.sale, &pass.name))
    }

    /// The voids that count for the till of a pass, the oldest first: those that it made, and an admin's of its payments.
    pub fn voids_of_till(&self, pass: &Pass) -> anyhow::Result<Vec<DeskVoid>> {
        let voids = self.read(|snapshot| snapshot.voids(pass.sale))?;
        Ok(voids.into_iter().filter(|void| void.till == pass.name).collect())
    }

    /// Takes a payment of a guest: what is due of the cash that was given, or the amount by another method. Refuses
    /// `not_found` and `invalid`, also for an amount above what is due, unless that is meant.
    pub fn pay_at_desk(&self, pass: &Pass, key: Key, asked: DeskPayment) -> Answer<PaidAtDesk> {
        let given = asked.amount;
        let json = self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let bill = bill_of(tx, pass, asked.number)?;
            let id = pay(
                tx,
                &PaymentAsked {
                    account: bill.account,
                    amount: asked.taken(bill.due)?,
                    method: asked.method,
                    reference: asked.reference.as_deref(),
                    pass: Some(pass.id),
                    why: &format!("payment at the desk of {}", pass.sale_code),
                },
            )?;
            booked(tx, pass, id, asked.number)
        })?;
        let Kept { payment } = serde_json::from_str(&json).context("read an answer of the desk")?;
        Ok(PaidAtDesk { json, payment: payment.id, change: given - payment.amount })
    }

    /// Voids a payment that the desk of the pass's sale has taken, and returns `{payment,bill}` as JSON. Refuses
    /// `not_found`, `taken` (voided already) and `invalid` (no reason).
    pub fn void_at_desk(&self, pass: &Pass, key: Key, id: i64, why: &str) -> Answer<String> {
        let why = text::one_line(why);
        check_why(&why)?;
        self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let payment = tx.payment(id)?.filter(|payment| payment.sale == Some(pass.sale));
            let payment = payment.ok_or(Refusal::NotFound("payment"))?;
            void(tx, id, Some(pass.id), &why)?;
            let number =
                tx.number_of(pass.sale, payment.account)?.context("a payer at the desk has a number")?;
            booked(tx, pass, id, number)
        })
    }

    /// Hands a lot over to its buyer, and returns a [`HandedOverItem`] as JSON. Refuses `not_found`,
    /// `not_allowed` (nobody has bought it), `taken` (handed over already), and `not_covered` for a lot that is not paid,
    /// unless the pass says why.
    pub fn hand_over_at_desk(&self, pass: &Pass, key: Key, lot: &str, why: Option<&str>) -> Answer<String> {
        let why = reason(why)?;
        let lot = lot.to_owned();
        self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let lot = find_lot(tx, pass, &LotAsked::Code(lot))?;
            let sold = tx.sold_lot(pass.sale, &folded(&lot.code))?.ok_or(Refusal::NotSold)?;
            let bill = |tx: &Snapshot<'_>| Bill::of_sale(tx, sold.buyer, pass.sale);
            let line = bill(tx)?.lines.into_iter().find(|line| line.settlement == sold.settlement);
            let line = line.context("a sold lot is a line of its buyer's bill")?;
            hand_over(tx, &line, Some(pass.id), why.as_deref())?;
            Ok(HandedOverItem {
                listing: line.listing,
                lot: line.lot,
                handed_over_at: tx.now,
                bill: bill(tx)?,
            })
        })
    }
}

/// The bill of a number in the sale of a pass. Refuses `not_found`.
pub(super) fn bill_of(snapshot: &Snapshot<'_>, pass: &Pass, number: i64) -> Answer<Bill> {
    let guest = snapshot.registration(pass.sale, number)?.ok_or(Refusal::NotFound("bidder"))?;
    Bill::of_sale(snapshot, guest.account, pass.sale)
}

fn booked(snapshot: &Snapshot<'_>, pass: &Pass, id: i64, number: i64) -> Answer<Booked> {
    let bill = bill_of(snapshot, pass, number)?;
    let payment = bill.payments.iter().find(|payment| payment.id == id).cloned();
    Ok(Booked { payment: payment.context("a payment is on its bill")?, bill })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Fault;

    #[test]
    fn only_cash_above_what_is_due_gives_change() {
        use Method::{Bank, Card, Cash, Other};
        for (amount, method, anyway, due, taken) in [
            (40, Cash, false, 45, Some(40)),
            (45, Cash, false, 45, Some(45)),
            (50, Cash, false, 45, Some(45)),
            (50, Cash, false, 0, None),
            (50, Cash, true, 45, Some(50)),
            (50, Cash, true, 0, Some(50)),
            (45, Card, false, 45, Some(45)),
            (50, Card, false, 45, None),
            (50, Bank, false, 45, None),
            (50, Other, false, 45, None),
            (50, Card, true, 45, Some(50)),
        ] {
            let given = DeskPayment { number: 17, amount, method, reference: None, anyway };
            let refused = Refusal::AboveDue { due };
            match (given.taken(due), taken) {
                (Ok(got), Some(taken)) => assert_eq!(got, taken, "{given:?} of {due}"),
                (Err(Fault::Refused(got)), None) => assert_eq!(got, refused, "{given:?}"),
                (got, _) => panic!("{given:?} of {due}: {got:?}"),
            }
        }
    }
}
