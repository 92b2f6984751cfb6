//! Payments: credits with a method and a reference, and their voids.

use crate::house::notices::{events, notify};
use crate::house::{Answer, House};
use crate::rules::bidding::Purse;
use crate::rules::desk::{Method, PassId};
use crate::rules::faults::{Faults, check_why};
use crate::rules::ledger::Transfer;
use crate::rules::listing::AccountId;
use crate::rules::money::{MAX_AMOUNT, Money};
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::store::Tx;
use crate::store::ledger::{Cause, Taken};
use crate::store::log::LogLine;
use crate::store::payments::PaymentOf;
use serde_json::json;

/// The largest balance that a credit may lead to.
const MAX_BALANCE: Money = MAX_AMOUNT * 1_000;

/// A payment to take. Amounts are minor units.
#[derive(Clone, Copy, Debug)]
pub struct PaymentAsked<'a> {
    pub account: AccountId,
    pub amount: Money,
    pub method: Method,
    /// What the payer or the bank calls it.
    pub reference: Option<&'a str>,
    /// None for an admin at the command line.
    pub pass: Option<PassId>,
    pub why: &'a str,
}

/// Takes a payment, and returns the id of its transfer. Refuses `invalid`.
pub(in crate::house) fn pay(tx: &Tx<'_>, asked: &PaymentAsked<'_>) -> Answer<i64> {
    let reference = asked.reference.map(text::one_line).filter(|reference| !reference.is_empty());
    let mut faults = Faults::default();
    faults.amount("amount", Some(asked.amount));
    if let Some(reference) = &reference {
        faults.line("reference", reference, 1, 80);
    }
    faults.why(asked.why);
    faults.done()?;
    check_balance(tx, asked.account)?;
    let taken = Taken { method: Some(asked.method), reference: reference.as_deref(), pass: asked.pass };
    let transfer = Transfer::credit(asked.account, asked.amount);
    let id = tx.transfer_taken(Cause::Credit, asked.why, &taken, &transfer)?;
    events::funds(tx, asked.account)?;
    notify::funds(tx, asked.account)?;
    let detail = json!({"payment": id, "amount": asked.amount, "method": asked.method.name()});
    tx.log(&LogLine::of("payment.take").account(asked.account).why(asked.why).detail(detail))?;
    Ok(id)
}

/// Undoes a payment by the opposite transfer, once. Waits for nobody's money: the account may end below its limit.
/// Refuses `not_found` and `taken` (voided already).
pub(in crate::house) fn void(tx: &Tx<'_>, payment: i64, pass: Option<PassId>, why: &str) -> Answer<()> {
    let paid = tx.payment(payment)?.ok_or(Refusal::NotFound("payment"))?;
    if paid.voided_at.is_some() {
        return Err(Refusal::VoidedAlready.into());
    }
    let taken = Taken { pass, ..Taken::default() };
    let opposite = Transfer::credit(paid.account, paid.amount).reversed();
    tx.transfer_taken(Cause::Void { payment }, why, &taken, &opposite)?;
    events::funds(tx, paid.account)?;
    notify::funds(tx, paid.account)?;
    let detail = json!({"payment": payment, "amount": paid.amount});
    tx.log(&LogLine::of("payment.void").account(paid.account).why(why).detail(detail))?;
    Ok(())
}

/// Refuses `invalid` for an account whose balance must not grow any more.
pub(in crate::house) fn check_balance(tx: &Tx<'_>, account: AccountId) -> Answer<()> {
    if tx.purse(account)?.balance > MAX_BALANCE {
        return Err(Refusal::invalid("amount", "The balance of an account cannot grow that large.").into());
    }
    Ok(())
}

impl House {
    /// Takes a payment for an admin; returns the id of its transfer and the purse after it. Refuses `invalid`.
    pub fn take_payment(
        &self,
        account: AccountId,
        amount: Money,
        method: Method,
        reference: Option<&str>,
        why: &str,
    ) -> Answer<(i64, Purse)> {
        let (why, reference) = (text::one_line(why), reference.map(str::to_owned));
        self.write(move |tx| {
            let reference = reference.as_deref();
            let asked = PaymentAsked { account, amount, method, reference, pass: None, why: &why };
            Ok((pay(tx, &asked)?, tx.purse(account)?))
        })
    }

    /// Voids a payment for an admin; returns whose it was, and the purse after it. Refuses `not_found`, `taken` (voided
    /// already) and `invalid` (no reason).
    pub fn void_payment(&self, payment: i64, why: &str) -> Answer<(AccountId, Purse)> {
        let why = text::one_line(why);
        check_why(&why)?;
        self.write(move |tx| {
            void(tx, payment, None, &why)?;
            let paid = tx.payment(payment)?.ok_or(Refusal::NotFound("payment"))?;
            Ok((paid.account, tx.purse(paid.account)?))
        })
    }

    /// Whose payment this is, and whether it is voided. Refuses `not_found`.
    pub fn payment(&self, payment: i64) -> Answer<PaymentOf> {
        self.answer(|snapshot| Ok(snapshot.payment(payment)?.ok_or(Refusal::NotFound("payment"))?))
    }
}
