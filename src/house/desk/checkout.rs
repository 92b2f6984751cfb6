//! What the checkout page needs beyond the verbs of the till: a payment that takes no more than is due unless that is
//! meant, several lots handed over at once, the receipt of a payment, and the buyer of a lot.

use super::till::{bill_of, hand_over_line, take};
use crate::house::bidding::place_bid::Key;
use crate::house::money::bill::Bill;
use crate::house::money::payments::PaymentView;
use crate::house::{Answer, House};
use crate::rules::desk::{Method, Right};
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::folded;
use crate::store::Snapshot;
use crate::store::passes::Pass;
use anyhow::Context;
use serde::{Deserialize, Serialize};

/// What a guest gives at the till. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct Given {
    pub number: i64,
    pub amount: Money,
    pub method: Method,
    pub reference: Option<String>,
    /// Whether to take the whole amount though it is more than is due.
    pub anyway: bool,
}

/// A payment that was taken, and the change to give back, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenAtTill {
    pub payment: i64,
    pub change: Money,
}

/// A payment with the bill that it is on.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub payment: PaymentView,
    pub bill: Bill,
}

/// Which lot is meant: by its code, as people say it, or by its listing, as a printed label has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotNamed {
    Code(String),
    Listing(ListingId),
}

/// A sold lot with its buyer.
#[derive(Clone, Debug)]
pub struct LotBought {
    pub settlement: i64,
    /// The buyer's number; none for somebody who has not been checked in.
    pub number: Option<i64>,
    pub buyer: String,
}

impl Given {
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
    /// Takes a payment of a guest: what is due of the cash that was given, or the amount by another method. Refuses
    /// `not_found` and `invalid`, also for an amount above what is due.
    pub fn take_at_till(&self, pass: &Pass, key: Key, given: Given) -> Answer<TakenAtTill> {
        let json = self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let bill = bill_of(tx, pass, given.number)?;
            let amount = given.taken(bill.due)?;
            let payment = take(tx, pass, bill.account, amount, given.method, given.reference.as_deref())?;
            Ok(TakenAtTill { payment, change: given.amount - amount })
        })?;
        Ok(serde_json::from_str(&json).context("read an answer of the desk")?)
    }

    /// Hands several lots over to the guest who has bought them, all or none, and returns how many. Refuses `not_found`,
    /// `not_allowed` (reversed), `taken` (handed over already) and `not_covered`.
    pub fn hand_over_lots_at_desk(
        &self,
        pass: &Pass,
        key: Key,
        number: i64,
        settlements: Vec<i64>,
    ) -> Answer<usize> {
        let json = self.write_at_desk(pass, Right::Checkout, key, move |tx, pass| {
            let bill = bill_of(tx, pass, number)?;
            for settlement in &settlements {
                let line = bill.lines.iter().find(|line| line.settlement == *settlement);
                hand_over_line(tx, pass, line.ok_or(Refusal::NotFound("lot"))?, None)?;
            }
            Ok(settlements.len())
        })?;
        Ok(serde_json::from_str(&json).context("read an answer of the desk")?)
    }

    /// A payment on the bill of a guest of the pass's sale. Refuses `not_found`, and `not_allowed` without the right.
    pub fn receipt_at_desk(&self, pass: &Pass, payment: i64) -> Answer<Receipt> {
        self.answer(|snapshot| {
            check_right(pass)?;
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
    pub fn buyer_at_desk(&self, pass: &Pass, lot: &LotNamed) -> Answer<LotBought> {
        self.answer(|snapshot| {
            check_right(pass)?;
            let code = code_of(snapshot, pass, lot)?.ok_or(Refusal::NotFound("lot"))?;
            let sold = snapshot.sold_lot(pass.sale, &folded(&code))?.ok_or(Refusal::NotSold)?;
            let buyer = snapshot.account(sold.buyer)?.context("a buyer has an account")?;
            let number = snapshot.number_of(pass.sale, sold.buyer)?;
            Ok(LotBought { settlement: sold.settlement, number, buyer: buyer.name })
        })
    }
}

fn check_right(pass: &Pass) -> Answer<()> {
    if pass.may.has(Right::Checkout) { Ok(()) } else { Err(Refusal::NotOfPass(Right::Checkout).into()) }
}

/// The code of a lot of the pass's sale, if there is such a lot.
fn code_of(snapshot: &Snapshot<'_>, pass: &Pass, lot: &LotNamed) -> anyhow::Result<Option<String>> {
    let found = match lot {
        LotNamed::Code(code) => snapshot.lot_by_code(pass.sale, &folded(code))?,
        LotNamed::Listing(listing) => {
            let lots = snapshot.lots(pass.sale)?;
            lots.into_iter().find(|lot| lot.listing == Some(*listing))
        }
    };
    Ok(found.map(|lot| lot.code))
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
            let given = Given { number: 17, amount, method, reference: None, anyway };
            let refused = Refusal::AboveDue { due };
            match (given.taken(due), taken) {
                (Ok(got), Some(taken)) => assert_eq!(got, taken, "{given:?} of {due}"),
                (Err(Fault::Refused(got)), None) => assert_eq!(got, refused, "{given:?}"),
                (got, _) => panic!("{given:?} of {due}: {got:?}"),
            }
        }
    }
}
