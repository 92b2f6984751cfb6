//! `auction bidder`: numbers of guests in a sale, and their PINs.

mod import;

use super::out::{Out, table};
use super::{Ending, Ran, amount, finish, which};
use crate::house::House;
use crate::house::desk::guests::{Guest, Registered};
use crate::rules::desk::BY_ADMIN;
use crate::store::registrations::Registration;
use anyhow::Result;
use clap::{Args, Subcommand};
use import::ImportGuests;
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum Bidder {
    /// Give a guest a number in a sale; prints the number, the account and the PIN
    ///
    /// A guest whose email address has an account gets a number for that account, and its limit is only ever raised.
    /// Somebody much like a guest with a number is refused, unless --anyway is given. The PIN is never shown again.
    Add(Add),
    Import(ImportGuests),
    /// List the guests of a sale by number, with their accounts
    #[command(after_help = "Example:\n  auction bidder list spring")]
    List {
        /// The sale's code
        sale: String,
    },
    /// Give a guest a new PIN; the old PIN ends, and so do the sessions that a PIN of theirs opened
    #[command(after_help = "Example:\n  auction bidder pin spring 17")]
    Pin {
        /// The sale's code
        sale: String,
        /// The guest's number in the sale
        number: i64,
    },
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction bidder add spring --name \"Bob Ray\" --phone \"+82 10 1234 5678\"\n  auction bidder add spring --name Cleo --email cleo@example.org --number 17 --limit 500.00"
)]
pub struct Add {
    /// The sale's code
    sale: String,
    /// As it stands on the number card and on bills
    #[arg(long)]
    name: String,
    /// Where there is one: an account that has it gets the number
    #[arg(long)]
    email: Option<String>,
    /// From 3 to 40 characters
    #[arg(long, allow_hyphen_values = true)]
    phone: Option<String>,
    /// From 1 to 99999 [default: the lowest free one]
    #[arg(long, value_name = "N")]
    number: Option<i64>,
    /// How far the balance may go below zero: minor units in digits alone (50000), or money (500.00) [default: the
    /// house's default_credit]
    #[arg(long, value_name = "AMOUNT")]
    limit: Option<String>,
    /// Register somebody who is much like a guest with a number
    #[arg(long)]
    anyway: bool,
}

impl Bidder {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Bidder::Add(add) => add.run(house, out),
            Bidder::Import(import) => import.run(house, out),
            Bidder::List { sale } => list(house, out, sale),
            Bidder::Pin { sale, number } => {
                which::sale(house, sale)?;
                finish(house.new_pin(sale, *number), |registered| card(out, &registered))
            }
        }
    }
}

impl Add {
    fn run(&self, house: &House, out: &Out) -> Ran {
        which::sale(house, &self.sale)?;
        let currency = house.settings()?.currency();
        let guest = Guest {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            number: self.number,
            limit: amount::read_if_given(&currency, "limit", self.limit.as_deref())?,
            anyway: self.anyway,
        };
        finish(house.register_guest(&self.sale, guest), |registered| card(out, &registered))
    }
}

/// Prints what belongs on a number card.
fn card(out: &Out, registered: &Registered) -> Result<()> {
    let Registered { number, account, pin } = registered;
    out.data(&json!({"number": number, "account": account, "pin": pin}), || {
        format!("number {number}, account {account}, PIN {pin}")
    })
}

fn list(house: &House, out: &Out, sale: &str) -> Ran {
    which::sale(house, sale)?;
    let currency = house.settings()?.currency();
    let bidders = house.bidders(sale)?;
    let json: Vec<Value> = bidders.iter().map(line).collect();
    out.data(&json!({"sale": sale, "bidders": json}), || {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let row = |bidder: &Registration| {
            [
                bidder.number.to_string(),
                bidder.name.clone(),
                bidder.account.to_string(),
                text(&bidder.email),
                text(&bidder.phone),
                currency.show(bidder.limit),
                bidder.at.to_string(),
                bidder.by.clone().unwrap_or_else(|| BY_ADMIN.to_owned()),
                if bidder.has_pin { "yes" } else { "no" }.to_owned(),
            ]
        };
        let head = ["number", "name", "account", "email", "phone", "limit", "registered at", "by", "PIN"];
        table(head, bidders.iter().map(row))
    })?;
    Ok(Ending::Done)
}

fn line(bidder: &Registration) -> Value {
    json!({
        "number": bidder.number,
        "account": bidder.account,
        "name": bidder.name,
        "email": bidder.email,
        "phone": bidder.phone,
        "limit": bidder.limit,
        "registered_at": bidder.at,
        "by": bidder.by.as_deref().unwrap_or(BY_ADMIN),
        "has_pin": bidder.has_pin,
    })
}
