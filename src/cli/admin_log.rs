//! `auction log`: what staff, and people of their own accounts, changed: who, when and why.

use super::out::{Out, table};
use super::when::{Side, TIME, When};
use super::{Ending, Ran, Stop, which, whom};
use crate::house::House;
use crate::house::books::log::MAX_LINES;
use crate::store::log::{LogOf, WrittenLine};
use crate::text::dates::Zone;
use crate::text::i18n::Lang;
use clap::Args;

#[derive(Args)]
#[command(after_help = "\
Every command and every action at the desk that changes people, money, settings, listings or sales leaves a line,
and so does what people change of their own accounts. No line is ever changed or deleted. It says who (user:NAME of
the operating system, pass:NAME of the desk, account:ID of an admin on the pages or of a person who changed their own
account), what, about whom or what, and why. Bids and settlements stand in the chains of their listings, money in the
ledger.

Examples:
  auction log --since yesterday
  auction log --of bob@example.org
  auction log --of 17
  auction log --of spring:A12")]
pub struct Log {
    /// Only lines from this time on, such as 2026-11-01, yesterday, 18:00 or -2h
    #[arg(long, value_name = TIME, value_parser = When::parse, allow_hyphen_values = true)]
    since: Option<When>,
    /// Only lines about this person (an email address, a name or #17), listing (17 or spring:A12) or sale (its code)
    #[arg(long, value_name = "WHO|LISTING|SALE")]
    of: Option<String>,
    /// The newest lines alone, so many
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=MAX_LINES))]
    limit: i64,
}

impl Log {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let since = self.since.as_ref().map(|when| when.resolve(house, Side::Last, out)).transpose()?;
        let of = self.of.as_deref().map(|of| meant(house, of)).transpose()?.unwrap_or(LogOf::Everything);
        let lines = house.log(of, since.unwrap_or_default(), self.limit)?;
        let zone = Zone::of(&house.settings()?);
        out.data(&lines, || {
            let row = |line: &WrittenLine| {
                [
                    zone.full(line.at.utc(), Lang::En),
                    line.who.clone(),
                    line.what.clone(),
                    about(line),
                    line.detail.as_ref().map(ToString::to_string).unwrap_or_default(),
                    line.why.clone().unwrap_or_default(),
                ]
            };
            table(["at", "who", "what", "about", "detail", "why"], lines.iter().map(row))
        })?;
        Ok(Ending::Done)
    }
}

/// Whom or what the lines are to be about: a sale by its code, a listing, or a person.
fn meant(house: &House, of: &str) -> Result<LogOf, Stop> {
    if let Some(sale) = house.read(|snapshot| snapshot.sale(of))?.filter(|_| whom::digits(of).is_none()) {
        return Ok(LogOf::Sale(sale.id));
    }
    let is_person = of.contains(['@', '#']);
    if is_person {
        return Ok(LogOf::Account(whom::account(house, of)?.id));
    }
    if of.contains(':') || whom::digits(of).is_some() {
        let listing = which::listing(house, of)?;
        house.show(listing)?;
        return Ok(LogOf::Listing(listing));
    }
    match (whom::account(house, of), which::listing(house, of)) {
        (Ok(account), _) => Ok(LogOf::Account(account.id)),
        (_, Ok(listing)) => Ok(LogOf::Listing(listing)),
        (Err(Stop::Missing(words)), _) => Err(Stop::Missing(words)),
        _ => Err(Stop::Missing(format!("There is no sale, listing or person called {of}."))),
    }
}

/// The sale, the listing and the person, as far as the line has them.
fn about(line: &WrittenLine) -> String {
    let sale = line.sale.clone();
    let listing = line.listing.map(|id| format!("listing {id}"));
    let account = line.account.map(|id| line.email.clone().unwrap_or_else(|| format!("account {id}")));
    let parts: Vec<String> = [sale, listing, account].into_iter().flatten().collect();
    parts.join(", ")
}
