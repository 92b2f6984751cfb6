//! `auction account statement`: printed while it is read, however long it is.

use super::out::{Format, Out, Printed};
use super::when::{Side, TIME, When};
use super::whom::{WHOM, WHOM_HELP};
use super::{Ending, Ran};
use crate::house::House;
use crate::house::money::statement::{Movement, StatementPart};
use crate::rules::desk::BY_ADMIN;
use crate::rules::money::Currency;
use crate::rules::time::Time;
use crate::store::accounts::Account;
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::io::Write;

#[derive(Args)]
#[command(after_help = "\
Beside a purchase stands what is still owed for it; money pays the oldest purchase first.
Causes: credit and debit (paid in and out), sale (of a listing, bought or sold), reversal (of a sale), void (of a
payment). Beside a payment stand its number, how it was made, and its reference.

Example:
  auction account statement bob@example.org --since 2026-11-01")]
pub struct Statement {
    #[arg(value_name = WHOM, help = WHOM_HELP)]
    pub email: String,
    /// Movements from this time on, such as 2026-11-01, yesterday or -2h; earlier ones make up the opening balance
    #[arg(long, value_name = TIME, value_parser = When::parse, allow_hyphen_values = true)]
    since: Option<When>,
}

impl Statement {
    pub fn run(&self, house: &House, out: &Out, currency: &Currency, account: &Account) -> Ran {
        let since = self.since.as_ref().map(|when| when.resolve(house, Side::Last, out)).transpose()?;
        let since = since.unwrap_or(Time(i64::MIN));
        let mut printed = out.stream();
        let mut n_lines = 0;
        let printed_all = house.statement(account.id, since, |part| match out.format() {
            Format::Text => text(&mut printed, currency, account, part),
            Format::Json => json(&mut printed, currency, account, &mut n_lines, part),
        });
        printed.end(printed_all)?;
        Ok(Ending::Done)
    }
}

fn text(to: &mut Printed, currency: &Currency, account: &Account, part: StatementPart) -> Result<()> {
    let line = |to: &mut Printed, at: &str, amount: &str, balance, words: &str| {
        let balance = currency.show(balance);
        writeln!(to, "{at:24}  {amount:>20}  {balance:>20}  {words}").context("print")
    };
    match part {
        StatementPart::Opening(balance) => {
            writeln!(to, "{} <{}>", account.name, account.email.as_deref().unwrap_or("-"))?;
            writeln!(to, "{:24}  {:>20}  {:>20}  cause", "at", "amount", "balance")?;
            line(to, "", "", balance, "opening balance")
        }
        StatementPart::Movement(movement) => {
            let (at, amount) = (movement.at.to_string(), currency.show(movement.amount));
            line(to, &at, &amount, movement.balance, &cause(currency, &movement))
        }
        StatementPart::Closing(balance) => line(to, "", "", balance, "closing balance"),
    }
}

fn cause(currency: &Currency, movement: &Movement) -> String {
    let cause = match movement.listing {
        Some(listing) => format!("{} of listing {listing}: {}", movement.cause, movement.why),
        None => format!("{}: {}", movement.cause, movement.why),
    };
    match (movement.reversed_at, movement.owed) {
        (Some(_), _) => format!("{cause} (reversed)"),
        (None, Some(0)) => format!("{cause} (paid)"),
        (None, Some(owed)) => format!("{cause} ({} owed)", currency.show(owed)),
        (None, None) => format!("{cause}{}", payment(movement)),
    }
}

/// ` (payment 12, card, terminal 0042, by till 1, voided)`; nothing for any other movement.
fn payment(movement: &Movement) -> String {
    let by = movement.by.as_deref().filter(|by| *by != BY_ADMIN).map(|by| format!("by {by}"));
    let parts = match (movement.method, movement.voids) {
        (Some(method), _) => vec![
            Some(format!("payment {}", movement.transfer)),
            Some(method.to_string()),
            movement.reference.clone(),
            by,
            movement.voided_at.map(|_| "voided".to_owned()),
        ],
        (None, Some(payment)) => vec![Some(format!("payment {payment}")), by],
        (None, None) => return String::new(),
    };
    format!(" ({})", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Writes one JSON object, piece by piece.
fn json(
    to: &mut Printed,
    currency: &Currency,
    account: &Account,
    n_lines: &mut u64,
    part: StatementPart,
) -> Result<()> {
    match part {
        StatementPart::Opening(balance) => {
            let (email, code) = (json!(account.email), json!(currency.code));
            write!(to, "{{\"email\":{email},\"currency\":{code},\"opening\":{balance},\"lines\":[")?;
        }
        StatementPart::Movement(movement) => {
            let comma = if *n_lines == 0 { "" } else { "," };
            *n_lines += 1;
            write!(to, "{comma}{}", serde_json::to_string(&movement).context("write JSON")?)?;
        }
        StatementPart::Closing(balance) => writeln!(to, "],\"closing\":{balance}}}")?,
    }
    Ok(())
}
