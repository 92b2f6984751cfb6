//! The till: payments that a pass takes and voids, and lots that are handed over.

use super::House;
use crate::house::Answer;
use crate::house::bidding::place_bid::Key;
use crate::house::money::bill::{Bill, BillLine};
use crate::house::money::hand_over::{hand_over, reason};
use crate::house::money::payments::{PaymentAsked, PaymentView, pay, void};
use crate::rules::desk::{Method, Right};
use crate::rules::faults::check_why;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleId, folded};
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::desk_report::DeskVoid;
use crate::store::passes::Pass;
use crate::store::{Snapshot, Tx};
use anyhow::Context;
use serde::Serialize;

/// A payment at the till. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct DeskPayment {
    pub number: i64,
    pub amount: Money,
    pub method: Method,
    pub reference: Option<String>,
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

/// The answer to a handover.
#[derive(Serialize)]
struct HandedOver {
    lot: String,
    handed_over_at: Time,
    bill: Bill,
}

impl House {
    /// The bill of a number in the sale of a pass. Refuses `not_found`, and `not_allowed` without the right.
    pub fn bill_at_desk(&self, pass: &Pass, number: i64) -> Answer<Bill> {
        self.answer(|snapshot| {
            if !pass.may.has(Right::Checkout) {
                return Err(Refusal::NotOfPass(Right::Checkout).into());
            }
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

    /// Takes a payment of a guest, and returns `{payment,bill}` as JSON. Refuses `not_found` and `invalid`.
    pub fn pay_at_desk(&self, pass: &Pass, key: Key, asked: DeskPayment) -> Answer<String> {
        self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let guest = tx.registration(pass.sale, asked.number)?.ok_or(Refusal::NotFound("bidder"))?;
            let reference = asked.reference.as_deref();
            let id = take(tx, pass, guest.account, asked.amount, asked.method, reference)?;
            booked(tx, pass, id, asked.number)
        })
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

    /// Hands a lot over to its buyer, and returns `{lot,handed_over_at,bill}` as JSON. Refuses `not_found`,
    /// `not_allowed` (nobody has bought it), `taken` (handed over already), and `not_covered` for a lot that is not paid,
    /// unless the pass says why.
    pub fn hand_over_at_desk(&self, pass: &Pass, key: Key, lot: &str, why: Option<&str>) -> Answer<String> {
        let why = reason(why)?;
        let lot = lot.to_owned();
        self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let code = tx.lot_by_code(pass.sale, &folded(&lot))?.ok_or(Refusal::NotFound("lot"))?.code;
            let sold = tx.sold_lot(pass.sale, &folded(&lot))?.ok_or(Refusal::NotSold)?;
            let number = tx.number_of(pass.sale, sold.buyer)?;
            let bill = |tx: &Snapshot<'_>| Bill::of_sale(tx, sold.buyer, pass.sale);
            let line = bill(tx)?.lines.into_iter().find(|line| line.settlement == sold.settlement);
            let line = line.context("a sold lot is a line of its buyer's bill")?;
            hand_over_line(tx, pass, &line, why.as_deref())?;
            let bill = Bill { number, ..bill(tx)? };
            Ok(HandedOver { lot: code, handed_over_at: tx.now, bill })
        })
    }
}

/// Takes a payment at the till of a pass, and returns its id. Refuses `invalid`.
pub(super) fn take(
    tx: &Tx<'_>,
    pass: &Pass,
    account: AccountId,
    amount: Money,
    method: Method,
    reference: Option<&str>,
) -> Answer<i64> {
    let why = format!("payment at the desk of {}", pass.sale_code);
    pay(tx, &PaymentAsked { account, amount, method, reference, pass: Some(pass.id), why: &why })
}

/// Hands over the lot of a line. Refuses as [`House::hand_over_at_desk`] does.
pub(super) fn hand_over_line(tx: &Tx<'_>, pass: &Pass, line: &BillLine, why: Option<&str>) -> Answer<()> {
    hand_over(tx, line, Some(pass.id), why)
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
