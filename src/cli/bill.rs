//! `auction bill`: what people were charged, what of it is paid, and their payments; voids and handovers for a house
//! without a desk.

use super::out::{Format, Out, table};
use super::which::{self, LISTING, LISTING_HELP};
use super::whom;
use super::{Ending, Ran, Stop, finish};
use crate::house::money::bill::{Bill, BillLine, PaymentView};
use crate::house::views::FundsView;
use crate::house::{Fault, House};
use crate::rules::desk::BY_ADMIN;
use crate::rules::listing::ListingId;
use crate::rules::money::Currency;
use crate::rules::refusal::Refusal;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;
use std::io::Write;

#[derive(Subcommand)]
pub enum BillCommand {
    /// Show the bill of a person: of one sale, or of everything that they have bought
    ///
    /// "paid" stands only beside what their money covers: it covers the oldest purchase first, over all sales. Payments
    /// at the command line stand on the bill of every sale that was published before them.
    #[command(after_help = "\
Examples:
  auction bill show bob@example.org --sale spring
  auction bill show \"Bob Ray\"
  auction bill show 17 --sale spring
  auction bill show spring#17")]
    Show {
        /// An email address or a name; or a bidder number (17, or spring#17), in the sale that is named or the only one that
        /// has it
        #[arg(value_name = "WHO|NUMBER")]
        who: String,
        /// The code of a sale; without it, the bill of an email address has everything bought
        #[arg(long, value_name = "CODE")]
        sale: Option<String>,
    },
    /// List the bills of all who have bought something, in one sale or at all
    #[command(after_help = "Example:\n  auction bill list --sale spring --unpaid")]
    List {
        /// The bills of this sale; without it, of all who have bought anything
        #[arg(long, value_name = "CODE")]
        sale: Option<String>,
        /// Only bills of which something is due
        #[arg(long)]
        unpaid: bool,
    },
    /// Undo a payment, once, by the opposite transfer
    #[command(after_help = "Example:\n  auction bill void 12 --why \"the card was declined\"")]
    Void {
        /// The number of the payment, as `bill show` and `account credit --method` print it
        payment: i64,
        /// The reason, which the ledger keeps
        #[arg(long)]
        why: String,
    },
    /// Hand a sold listing over to its buyer; one that is not paid needs a reason
    #[command(after_help = "\
Examples:
  auction bill hand-over spring:A12
  auction bill hand-over 42
  auction bill hand-over 42 --why \"will pay by bank transfer\"")]
    HandOver {
        #[arg(value_name = LISTING, help = LISTING_HELP)]
        listing: String,
        /// Why it is handed over before it is paid
        #[arg(long)]
        why: Option<String>,
    },
}

impl BillCommand {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let currency = house.settings()?.currency();
        match self {
            BillCommand::Show { who, sale } => {
                let bill = bill_of(house, who, sale.as_deref())?;
                out.data(&bill, || text(&currency, &bill))?;
                Ok(Ending::Done)
            }
            BillCommand::List { sale, unpaid } => list(house, out, &currency, sale.as_deref(), *unpaid),
            BillCommand::Void { payment, why } => void(house, out, &currency, *payment, why),
            BillCommand::HandOver { listing, why } => {
                hand_over(house, out, which::listing(house, listing)?, why.as_deref())
            }
        }
    }
}

/// The bill of an email address or a number; that of `spring#17` is of spring. Refuses a number that several sales have,
/// and names them.
fn bill_of(house: &House, who: &str, sale: Option<&str>) -> Result<Bill, Stop> {
    let sale = match sale {
        Some(code) => Some(code),
        None => whom::sale_named(house, who)?,
    };
    if let Some(code) = sale {
        which::sale(house, code)?;
    }
    let Some(number) = whom::digits(who) else {
        let account = whom::account(house, who)?;
        return Ok(house.bill(account.id, sale)?);
    };
    if let Some(sale) = sale {
        return Ok(house.bill_of_number(number, sale)?);
    }
    match &house.sales_of_number(number)?[..] {
        [] => Err(Stop::Missing(format!("No sale has a bidder {number}."))),
        [sale] => Ok(house.bill_of_number(number, sale)?),
        sales => {
            let words = format!("Several sales have a bidder {number}; name one of {}.", sales.join(", "));
            Err(Refusal::invalid("sale", words).into())
        }
    }
}

/// JSON is printed while it is read.
fn list(house: &House, out: &Out, currency: &Currency, sale: Option<&str>, unpaid: bool) -> Ran {
    if let Some(code) = sale {
        which::sale(house, code)?;
    }
    let is_meant = |bill: &Bill| !unpaid || bill.due > 0;
    if out.format() == Format::Json {
        let (mut printed, mut mark) = (out.stream(), "[");
        let written = house.each_bill(sale, |bill| {
            if is_meant(&bill) {
                write!(printed, "{mark}{}", serde_json::to_string(&bill)?).context("print")?;
                mark = ",";
            }
            Ok(())
        });
        let written = match written {
            Err(Fault::Refused(refusal)) => return Err(refusal.into()),
            Err(Fault::Broken(error)) => Err(error),
            Ok(()) => writeln!(printed, "{}]", if mark == "[" { mark } else { "" }).context("print"),
        };
        printed.end(written)?;
        return Ok(Ending::Done);
    }
    let mut rows = Vec::new();
    house.each_bill(sale, |bill| {
        if is_meant(&bill) {
            let [total, covered, due] = [bill.total, bill.covered, bill.due].map(|sum| currency.show(sum));
            let number = bill.number.map_or(String::new(), |number| number.to_string());
            rows.push([bill.account.to_string(), number, bill.name, total, covered, due]);
        }
        Ok(())
    })?;
    let head = ["account", "number", "name", "total", "covered", "due"];
    out.data(&(), || table(head, rows))?;
    Ok(Ending::Done)
}

fn void(house: &House, out: &Out, currency: &Currency, payment: i64, why: &str) -> Ran {
    let voided = match house.void_payment(payment, why) {
        // One that is voided already counts as done.
        Err(Fault::Refused(Refusal::VoidedAlready)) => {
            let account = house.payment(payment)?.account;
            Ok((account, house.purse(account)?))
        }
        answer => answer,
    };
    finish(voided, |(account, purse)| {
        let funds = FundsView::from(purse);
        let data = json!({
            "payment": payment, "account": account, "voided": true, "balance": funds.balance, "held": funds.held,
            "available": funds.available, "credit_limit": funds.credit_limit,
        });
        out.done(&data, || {
            let balance = currency.show(funds.balance);
            format!("payment {payment} is voided; the balance of account {account} is {balance}")
        })
    })
}

fn hand_over(house: &House, out: &Out, listing: ListingId, why: Option<&str>) -> Ran {
    match house.hand_over(listing, why) {
        // One that was handed over already counts as done.
        Err(Fault::Refused(Refusal::HandedOverAlready)) => {
            let data = json!({"listing": listing, "handed_over": true});
            out.done(&data, || format!("listing {listing} was handed over before"))?;
            Ok(Ending::Done)
        }
        answer => finish(answer, |handed| {
            out.done(&handed, || format!("listing {listing} is handed over to {}", handed.bill.name))
        }),
    }
}

/// A bill as text: whose it is, a table of lines, the payments, the sums.
fn text(currency: &Currency, bill: &Bill) -> String {
    let whose = match (bill.number, &bill.sale) {
        (Some(number), Some(sale)) => format!("{}, no. {number} in {sale}", bill.name),
        (None, Some(sale)) => format!("{}, in {sale}", bill.name),
        (_, None) => bill.name.clone(),
    };
    let mut parts = vec![format!("{whose} (account {})", bill.account)];
    if !bill.lines.is_empty() {
        let head = ["item", "title", "hammer", "premium", "total", "due", "handed over"];
        parts.push(table(head, bill.lines.iter().map(|line| row(currency, line))));
    }
    if !bill.payments.is_empty() {
        let head = ["payment", "at", "amount", "method", "reference", "by", ""];
        parts.push(table(head, bill.payments.iter().map(|payment| payment_row(currency, payment))));
    }
    let sum = |name: &str, sum| format!("{name:10}{}", currency.show(sum));
    parts.push([sum("total", bill.total), sum("covered", bill.covered), sum("due", bill.due)].join("\n"));
    parts.join("\n\n")
}

fn row(currency: &Currency, line: &BillLine) -> [String; 7] {
    let due = match (line.reversed, line.total - line.covered) {
        (true, _) => "reversed".to_owned(),
        (false, 0) => "paid".to_owned(),
        (false, due) => currency.show(due),
    };
    [
        line.lot.as_ref().map_or_else(|| format!("no. {}", line.listing), |lot| format!("lot {lot}")),
        line.title.clone(),
        currency.show(line.hammer),
        currency.show(line.premium),
        currency.show(line.total),
        due,
        line.handed_over_at.map_or(String::new(), |at| at.to_string()),
    ]
}

fn payment_row(currency: &Currency, payment: &PaymentView) -> [String; 7] {
    let voided = payment.voided_why.as_ref().map(|why| format!("voided: {why}"));
    [
        payment.id.to_string(),
        payment.at.to_string(),
        currency.show(payment.amount),
        payment.method.to_string(),
        payment.reference.clone().unwrap_or_default(),
        if payment.by == BY_ADMIN { String::new() } else { payment.by.clone() },
        voided.unwrap_or_default(),
    ]
}
