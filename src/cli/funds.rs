//! `auction account credit` and `debit`: money that a person pays in or takes out.

use super::out::Out;
use super::whom::{self, WHOM, WHOM_HELP};
use super::{Ran, amount, finish};
use crate::house::views::FundsView;
use crate::house::{Answer, Fault, House};
use crate::rules::bidding::Purse;
use crate::rules::desk::{METHOD_WORDS, Method};
use crate::rules::money::Currency;
use crate::rules::refusal::Refusal;
use anyhow::Result;
use clap::Args;
use serde::Serialize;

/// Record money that a person paid in
///
/// With --method it is a payment: it stands on the person's bill, and `auction bill void` undoes it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  auction account credit bob@example.org 500.00 --why \"cash at the desk\"
  auction account credit spring#17 500.00 --why \"cash at the desk\"
  auction account credit bob@example.org 500.00 --method card --reference \"terminal 0042\"")]
pub struct Credit {
    #[arg(value_name = WHOM, help = WHOM_HELP)]
    email: String,
    /// Minor units in digits alone (50000), or money (500.00)
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// The reason, which the ledger keeps
    #[arg(long, required_unless_present = "method")]
    why: Option<String>,
    /// How it was paid: cash, card, bank or other; prints the number of the payment
    #[arg(long, value_parser = method)]
    method: Option<Method>,
    /// What the payer or the bank calls the payment
    #[arg(long, requires = "method")]
    reference: Option<String>,
}

/// Money that a person takes out: at most their balance, less what is held
#[derive(Args)]
#[command(after_help = "Example:\n  auction account debit ann@example.org 200.00 --why \"paid out in cash\"")]
pub struct Debit {
    #[arg(value_name = WHOM, help = WHOM_HELP)]
    email: String,
    /// Minor units in digits alone (20000), or money (200.00)
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// The reason, which the ledger keeps
    #[arg(long)]
    why: String,
    /// Pay out credit as well, as far as the person's credit limit goes
    #[arg(long)]
    into_credit: bool,
}

/// A payment that was taken, with the funds after it.
#[derive(Serialize)]
struct Paid {
    payment: i64,
    #[serde(flatten)]
    funds: FundsView,
}

impl Credit {
    pub fn run(&self, house: &House, out: &Out, currency: &Currency) -> Ran {
        let account = whom::account(house, &self.email)?;
        let amount = amount::read(currency, "amount", &self.amount)?;
        let whose = whom::said(&account, &self.email);
        let words = |not: &str| format!("{} {not}credited to {whose}", currency.show(amount));
        let Some(method) = self.method else {
            let credited = house.credit(account.id, amount, self.why.as_deref().unwrap_or_default());
            repeat(out, &credited, words);
            return finish(credited, |purse| show(out, currency, purse));
        };
        let why = self.why.as_deref().unwrap_or("payment");
        let paid = house.take_payment(account.id, amount, method, self.reference.as_deref(), why);
        repeat(out, &paid, words);
        finish(paid, |(payment, purse)| {
            let paid = Paid { payment, funds: FundsView::from(purse) };
            out.data(&paid, || format!("payment {payment}: {}", text(currency, &paid.funds)))
        })
    }
}

impl Debit {
    pub fn run(&self, house: &House, out: &Out, currency: &Currency) -> Ran {
        let account = whom::account(house, &self.email)?;
        let amount = amount::read(currency, "amount", &self.amount)?;
        let debited = match self.into_credit {
            true => house.debit_into_credit(account.id, amount, &self.why),
            false => house.debit(account.id, amount, &self.why),
        };
        let whose = whom::said(&account, &self.email);
        repeat(out, &debited, |not| format!("{} {not}debited from {whose}", currency.show(amount)));
        if !self.into_credit && matches!(debited, Err(Fault::Refused(Refusal::InsufficientFunds { .. }))) {
            out.say("credit and what is held are not paid out; --into-credit pays out credit all the same");
        }
        finish(debited, |purse| show(out, currency, purse))
    }
}

/// Repeats an amount as it was read, with what became of it: `words` are given `not ` where it was refused.
pub fn repeat<T>(out: &Out, answer: &Answer<T>, words: impl FnOnce(&str) -> String) {
    match answer {
        Ok(_) => out.say(words("")),
        Err(Fault::Refused(_)) => out.say(words("not ")),
        Err(Fault::Broken(_)) => {}
    }
}

/// Prints the funds of a person.
pub fn show(out: &Out, currency: &Currency, purse: Purse) -> Result<()> {
    let view = FundsView::from(purse);
    out.data(&view, || text(currency, &view))
}

fn text(currency: &Currency, funds: &FundsView) -> String {
    format!("balance {}, available {}", currency.show(funds.balance), currency.show(funds.available))
}

fn method(text: &str) -> Result<Method, String> {
    Method::of(text).ok_or_else(|| METHOD_WORDS.to_owned())
}
