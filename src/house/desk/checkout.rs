//! What the checkout page needs beyond the verbs of the till: several lots handed over at once, the receipt of a payment,
//! and the buyer of a lot.

use super::sale::{LotAsked, find_lot};
use super::till::bill_of;
use crate::house::bidding::place_bid::Key;
use crate::house::money::bill::{Bill, PaymentView};
use crate::house::money::hand_over::hand_over;
use crate::house::{Answer, House};
use crate::rules::desk::Right;
use crate::rules::refusal::Refusal;
use crate::rules::sale::folded;
use crate::store::passes::Pass;
use anyhow::Context;

/// A payment with the bill that it is on.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub payment: PaymentView,
    pub bill: Bill,
}

/// A sold lot with its buyer.
#[derive(Clone, Debug)]
pub struct LotBought {
    pub settlement: i64,
    /// The buyer's number; none for somebody who has not been checked in.
    pub number: Option<i64>,
    pub buyer: String,
}

impl House {
    /// Hands several lots over to the guest who has bought them, all or none, and returns how many. Refuses `not_found`,
    /// `not_allowed` (reversed), `taken` (handed over already) and `not_covered`.
    pub fn hand_over_lots_at_desk(
        &self,
        pass: &Pass,
        key: Key,
        number: i64,
        mut settlements: Vec<i64>,
    ) -> Answer<usize> {
        // The bill is read once: a lot that is named twice must not be handed over twice.
        settlements.sort_unstable();
        settlements.dedup();
        let json = self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let bill = bill_of(tx, pass, number)?;
            for settlement in &settlements {
                let line = bill.lines.iter().find(|line| line.settlement == *settlement);
                hand_over(tx, line.ok_or(Refusal::NotFound("lot"))?, Some(pass.id), None)?;
            }
            Ok(settlements.len())
        })?;
        Ok(serde_json::from_str(&json).context("read an answer of the desk")?)
    }

    /// A payment on the bill of a guest of the pass's sale. Refuses `not_found`, and `not_allowed` without the right.
    pub fn receipt_at_desk(&self, pass: &Pass, payment: i64) -> Answer<Receipt> {
        self.answer(|snapshot| {
            pass.require(Right::Checkout)?;
            let missing = || Refusal::NotFound("payment");
            let account = snapshot.payment(payment)?.ok_or_else(missing)?.account;
            let number = snapshot.number_of(pass.sale, account)?.ok_or_else(missing)?;
            let bill = bill_of(snapshot, pass, number)?;
            let of_bill = bill.payments.iter().find(|of_bill| of_bill.id == payment).cloned();
            Ok(Receipt { payment: of_bill.ok_or_else(missing)?, bill })
        })
    }

    /// The buyer of a lot of the pass's sale. Refuses `not_found`, `not_allowed` (nobody has bought it) and `not_allowed`
    /// without the right.
    pub fn buyer_at_desk(&self, pass: &Pass, lot: &LotAsked) -> Answer<LotBought> {
        self.answer(|snapshot| {
            pass.require(Right::Checkout)?;
            let code = find_lot(snapshot, pass, lot)?.code;
            let sold = snapshot.sold_lot(pass.sale, &folded(&code))?.ok_or(Refusal::NotSold)?;
            let buyer = snapshot.account(sold.buyer)?.context("a buyer has an account")?;
            let number = snapshot.number_of(pass.sale, sold.buyer)?;
            Ok(LotBought { settlement: sold.settlement, number, buyer: buyer.name })
        })
    }
}
