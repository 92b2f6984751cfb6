//! Funds that an admin pays in or out, each time with a reason, and the credit limit: how far a person may go below
//! zero.

use super::payments::check_balance;
use crate::house::notices::{events, notify};
use crate::house::{Answer, House};
use crate::rules::bidding::Purse;
use crate::rules::faults::Faults;
use crate::rules::ledger::Transfer;
use crate::rules::listing::AccountId;
use crate::rules::money::{MAX_AMOUNT, Money};
use crate::rules::refusal::{FieldFault, Refusal};
use crate::rules::text;
use crate::store::ledger::Cause;
use crate::store::log::LogLine;
use anyhow::Result;
use serde_json::json;

impl House {
    /// Pays money in, in minor units. Refuses `invalid` (the amount, a missing reason, or a balance out of bounds).
    pub fn credit(&self, account: AccountId, amount: Money, why: &str) -> Answer<Purse> {
        self.move_funds(account, amount, why, Cause::Credit, |_| 0)
    }

    /// Pays money out, in minor units: at most the balance less what is held, so that no credit is paid out. Refuses
    /// `invalid`, and `insufficient_funds` with the most that can be paid out as `available`.
    pub fn debit(&self, account: AccountId, amount: Money, why: &str) -> Answer<Purse> {
        self.move_funds(account, amount, why, Cause::Debit, |purse| {
            purse.balance.saturating_sub(purse.held).max(0)
        })
    }

    /// Pays money out, in minor units, credit included. Refuses `invalid`, and `insufficient_funds` if holds or the credit
    /// limit leave too little.
    pub fn debit_into_credit(&self, account: AccountId, amount: Money, why: &str) -> Answer<Purse> {
        self.move_funds(account, amount, why, Cause::Debit, |purse| purse.available())
    }

    /// Moves money in or out, at most what `available` says of the purse if it goes out.
    fn move_funds(
        &self,
        account: AccountId,
        amount: Money,
        why: &str,
        cause: Cause,
        available: impl Fn(&Purse) -> Money + Send + 'static,
    ) -> Answer<Purse> {
        let why = text::one_line(why);
        let mut faults = Faults::default();
        faults.amount("amount", Some(amount));
        faults.why(&why);
        faults.done()?;
        self.write(move |tx| {
            let available = available(&tx.purse(account)?);
            if cause == Cause::Debit && available < amount {
                return Err(Refusal::InsufficientFunds { available }.into());
            }
            if cause == Cause::Credit {
                check_balance(tx, account)?;
            }
            let transfer = match cause {
                Cause::Debit => Transfer::debit(account, amount),
                _ => Transfer::credit(account, amount),
            };
            tx.transfer(cause, &why, &transfer)?;
            let what = if cause == Cause::Debit { "account.debit" } else { "account.credit" };
            tx.log(&LogLine::of(what).account(account).why(&why).detail(json!({"amount": amount})))?;
            events::funds(tx, account)?;
            notify::funds(tx, account)?;
            Ok(tx.purse(account)?)
        })
    }

    /// Sets how far the account may go below zero, in minor units. Refuses `invalid`, and `insufficient_funds` if what
    /// is held or owed needs a higher limit.
    pub fn set_credit_limit(&self, account: AccountId, limit: Money) -> Answer<Purse> {
        if !(0..=MAX_AMOUNT).contains(&limit) {
            return Err(Refusal::Invalid(vec![FieldFault::range("limit", 0)]).into());
        }
        self.write(move |tx| {
            let purse = tx.purse(account)?;
            let after = Purse { credit_limit: limit, ..purse };
            if limit < purse.credit_limit && after.available() < 0 {
                return Err(Refusal::InsufficientFunds { available: purse.available() }.into());
            }
            tx.set_credit_limit(account, limit)?;
            let detail = json!({"limit": limit, "before": purse.credit_limit});
            tx.log(&LogLine::of("account.limit").account(account).detail(detail))?;
            events::funds(tx, account)?;
            Ok(after)
        })
    }

    /// The purse of an account, in minor units.
    pub fn purse(&self, account: AccountId) -> Result<Purse> {
        self.read(|snapshot| snapshot.purse(account))
    }
}
