//! `auction sale`: drafts, publication, postponements and pauses, copies and reports.

mod show;

use super::import::lots::ImportLots;
use super::listing::{parse_soft_close, say_unless_cron_runs};
use super::nearest::nearest;
use super::out::Out;
use super::when::{Side, TIME, When, parse_seconds};
use super::words::{lots, span};
use super::{Ending, Ran, Stop, finish, which};
use crate::house::sales::copy::CopyDates;
use crate::house::sales::draft::{Change, NewSale};
use crate::house::sales::retime::Retimed;
use crate::house::sales::view::SaleView;
use crate::house::{Fault, House};
use crate::rules::desk::BY_ADMIN;
use crate::rules::money::Bps;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleText;
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::text::dates::Zone;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub enum Sale {
    /// Make a draft, which nobody sees until it is published; prints its code
    Add(Box<Add>),
    Import(Box<ImportLots>),
    /// Show a sale: its terms, its lots, and what postponed or paused it
    #[command(after_help = "Example:\n  auction sale show spring")]
    Show {
        /// The code of the sale
        code: String,
    },
    /// List all sales, drafts included
    #[command(after_help = "Example:\n  auction sale list --format json")]
    List,
    /// Report on a sale: lots, bids, sold, unsold, hammer total, premium, largest, lateness
    #[command(after_help = "Example:\n  auction sale report spring")]
    Report {
        /// The code of the sale
        code: String,
    },
    /// Change a draft; of a published sale only name, description and pickup
    ///
    /// Keys: name, description, pickup; opens_at (a time, or none), closes_at (a time); every_s (seconds); premium_bps and
    /// commission_bps (hundredths of a percent: 1250 is 12.5 %); soft_close (WINDOW,EXTENSION,CAP, or none).
    #[command(
        after_help = "Examples:\n  auction sale set spring every_s 30\n  auction sale set spring closes_at \"Sat 20:30\""
    )]
    Set {
        /// The code of the sale
        code: String,
        /// One of the keys above
        key: String,
        /// Its new value
        value: String,
    },
    /// Publish a draft: all its lots at once, or none
    #[command(after_help = "Example:\n  auction sale publish spring")]
    Publish {
        /// The code of the sale
        code: String,
    },
    /// Move the close of all open lots, or of those of a section, to later
    #[command(after_help = "Example:\n  auction sale postpone spring --by 10m --why \"the wifi failed\"")]
    Postpone {
        /// The code of the sale
        code: String,
        /// By how much, such as 10m
        #[arg(long, value_name = "DURATION", value_parser = parse_seconds)]
        by: i64,
        /// The reason, which stands on every lot's page and in its proof
        #[arg(long)]
        why: String,
        /// Only the lots of this section
        #[arg(long, value_name = "NAME")]
        section: Option<String>,
    },
    /// Pause all open lots: no bid is taken and nothing closes until the sale is resumed
    #[command(after_help = "Example:\n  auction sale pause spring --why \"fire alarm\"")]
    Pause {
        /// The code of the sale
        code: String,
        /// The reason, which stands on every lot's page and in its proof
        #[arg(long)]
        why: String,
    },
    /// Let a paused sale go on; each close moves by the length of the pause
    #[command(after_help = "Example:\n  auction sale resume spring")]
    Resume {
        /// The code of the sale
        code: String,
    },
    /// Copy a sale into a new draft, with the same lots and pictures and new dates
    #[command(
        after_help = "Example:\n  auction sale copy spring summer --closes-at \"2027-06-20 20:00\" --unsold"
    )]
    Copy {
        /// The code of the sale
        code: String,
        /// The code of the new sale: 1 to 40 of a-z, 0-9 and -
        new: String,
        /// The close of the first lot: "Sat 20:30" or "2026-12-24 20:30" in the house's zone
        #[arg(long, value_name = TIME, value_parser = When::parse)]
        closes_at: When,
        /// When bidding opens [default: with the publication]
        #[arg(long, value_name = TIME, value_parser = When::parse)]
        opens_at: Option<When>,
        /// Only the lots that ended unsold
        #[arg(long)]
        unsold: bool,
    },
    /// Cancel a sale: its open lots are cancelled; what is settled stays
    #[command(after_help = "Example:\n  auction sale cancel spring --why \"the hall is closed\"")]
    Cancel {
        /// The code of the sale
        code: String,
        /// The reason, told to everyone who watches a lot
        #[arg(long)]
        why: String,
    },
}

#[derive(Args)]
#[command(
    after_help = "Example:\n  auction sale add spring --name \"Spring evening\" --closes-at \"Sat 20:00\" --every 20s"
)]
pub struct Add {
    /// 1 to 40 of a-z, 0-9 and -; never used again
    code: String,
    /// What people read: the name of the evening
    #[arg(long)]
    name: String,
    /// The close of the first lot, in the house's zone: "Sat 20:30" or "2026-12-24 20:30"; or +90m from now
    #[arg(long, value_name = TIME, value_parser = When::parse)]
    closes_at: When,
    /// When bidding opens [default: with the publication]
    #[arg(long, value_name = TIME, value_parser = When::parse)]
    opens_at: Option<When>,
    /// The time from the close of a lot to that of the next: 20s, 1m
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, default_value = "0s")]
    every: i64,
    /// What it is about, on its page
    #[arg(long, default_value = "")]
    description: String,
    /// Where and when buyers collect their lots
    #[arg(long, default_value = "")]
    pickup: String,
    /// What buyers pay on top of the hammer price, in hundredths of a percent: 1250 is 12.5 % [default: the house's]
    #[arg(long, value_name = "N")]
    premium_bps: Option<Bps>,
    /// What sellers pay of the hammer price, in hundredths of a percent: 1250 is 12.5 % [default: the house's]
    #[arg(long, value_name = "N")]
    commission_bps: Option<Bps>,
    /// Late bids move the close of their lot: three durations, such as 1m,1m,10m [default: off]
    #[arg(long, value_name = "WINDOW,EXTENSION,CAP", value_parser = parse_soft_close)]
    soft_close: Option<SoftClose>,
}

impl Sale {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        if let Some(code) = self.code() {
            which::sale(house, code)?;
        }
        match self {
            Sale::Add(add) => finish(house.add_sale(add.sale(house, out)?), |view| made(out, &view)),
            Sale::Import(import) => import.run(house, out),
            Sale::Show { code } => {
                finish(house.sale_details(code), |details| show::details(house, out, &details))
            }
            Sale::List => {
                finish(house.sales_and_drafts().map_err(Into::into), |sales| show::list(house, out, &sales))
            }
            Sale::Report { code } => {
                finish(house.report_on_sale(code), |report| show::report(house, out, &report))
            }
            Sale::Set { code, key, value } => {
                finish(house.set_sale(code, change(house, out, key, value)?), |view| {
                    out.done(&view, || format!("{key} of {code} is {value}"))
                })
            }
            Sale::Publish { code } => publish(house, out, code),
            Sale::Postpone { code, by, why, section } => {
                let retimed = house.postpone_sale(code, *by, section.as_deref(), BY_ADMIN, why)?;
                announce(house, out, &format!("postponed by {}", span(*by)), &retimed)
            }
            Sale::Pause { code, why } => match house.pause_sale(code, BY_ADMIN, why) {
                Err(Fault::Refused(Refusal::PausedAlready)) => already(out, code, "is paused already"),
                paused => announce(house, out, "paused", &paused?),
            },
            Sale::Resume { code } => match house.resume_sale(code, BY_ADMIN) {
                Err(Fault::Refused(Refusal::NotPaused)) => already(out, code, "is not paused"),
                resumed => announce(house, out, "resumed", &resumed?),
            },
            Sale::Copy { code, new, closes_at, opens_at, unsold } => {
                let dates = CopyDates {
                    opens_at: opens_at
                        .as_ref()
                        .map(|when| when.resolve(house, Side::Next, out))
                        .transpose()?,
                    closes_at: closes_at.resolve(house, Side::Next, out)?,
                };
                finish(house.copy_sale(code, new, dates, *unsold), |view| made(out, &view))
            }
            Sale::Cancel { code, why } => {
                let n_lots = house.cancel_sale(code, why)?;
                sync(house, out);
                let cancelled = json!({"code": code, "state": "cancelled", "n_lots": n_lots});
                out.done(&cancelled, || match n_lots {
                    0 => format!("sale {code} is cancelled"),
                    n => format!("sale {code} is cancelled, and {} with it", lots(n)),
                })?;
                Ok(Ending::Done)
            }
        }
    }

    /// The code of a sale that must exist.
    fn code(&self) -> Option<&str> {
        match self {
            Sale::Add(_) | Sale::Import(_) | Sale::List => None,
            Sale::Show { code }
            | Sale::Report { code }
            | Sale::Set { code, .. }
            | Sale::Publish { code }
            | Sale::Postpone { code, .. }
            | Sale::Pause { code, .. }
            | Sale::Resume { code }
            | Sale::Copy { code, .. }
            | Sale::Cancel { code, .. } => Some(code),
        }
    }
}

/// Prints the code of a new draft, and says how many lots it begins with.
fn made(out: &Out, view: &SaleView) -> Result<()> {
    let line = &view.line;
    let n_lots = u64::try_from(line.n_lots).unwrap_or(0);
    let code = &line.code;
    out.say(match n_lots {
        0 => format!("a draft; `auction sale import {code} FILE.csv` adds its lots"),
        n => format!("a draft of {}; `auction sale publish {code}` publishes it", lots(n)),
    });
    out.data(view, || line.code.clone())
}

/// Ends a command that finds what it is to do done already.
fn already(out: &Out, code: &str, what: &str) -> Ran {
    out.done(&json!({"code": code, "n_lots": 0}), || format!("sale {code} {what}"))?;
    Ok(Ending::Done)
}

fn publish(house: &House, out: &Out, code: &str) -> Ran {
    let published = match house.publish_sale(code) {
        Err(Fault::Refused(Refusal::NotADraft)) => return already(out, code, "is published already"),
        published => published?,
    };
    sync(house, out);
    say_unless_cron_runs(house, out);
    closes_in_words(house, out, published.first_closes_at, published.last_closes_at)?;
    out.data(&published, || {
        let (first, last) = (published.first_closes_at, published.last_closes_at);
        let n_lots = lots(published.n_lots as u64);
        format!("{n_lots} published; the first closes at {first}, the last at {last}")
    })?;
    Ok(Ending::Done)
}

impl Add {
    fn sale(&self, house: &House, out: &Out) -> Result<NewSale, Stop> {
        Ok(NewSale {
            code: self.code.clone(),
            text: SaleText {
                name: self.name.clone(),
                description: self.description.clone(),
                pickup: self.pickup.clone(),
            },
            opens_at: self.opens_at.as_ref().map(|when| when.resolve(house, Side::Next, out)).transpose()?,
            closes_at: self.closes_at.resolve(house, Side::Next, out)?,
            every_s: self.every,
            premium_bps: self.premium_bps,
            commission_bps: self.commission_bps,
            soft_close: self.soft_close,
        })
    }
}

/// The change that a key and a value ask for. Refuses `invalid`.
fn change(house: &House, out: &Out, key: &str, value: &str) -> Result<Change, Stop> {
    let is_none = value == "none";
    let amiss = |field: &'static str, words: String| Refusal::invalid(field, words);
    let time = |field| -> Result<Time, Stop> {
        let when = When::parse(value).map_err(|words| amiss(field, format!("Write {words}.")))?;
        when.resolve(house, Side::Next, out)
    };
    let whole =
        |field| value.parse::<i64>().map_err(|_| Refusal::invalid(field, "A whole number in digits."));
    Ok(match key {
        "name" => Change::Name(value.to_owned()),
        "description" => Change::Description(value.to_owned()),
        "pickup" => Change::Pickup(value.to_owned()),
        "opens_at" if is_none => Change::OpensAt(None),
        "opens_at" => Change::OpensAt(Some(time("opens_at")?)),
        "closes_at" => Change::ClosesAt(time("closes_at")?),
        "every_s" => Change::EveryS(whole("every_s")?),
        "premium_bps" => Change::PremiumBps(whole("premium_bps")?),
        "commission_bps" => Change::CommissionBps(whole("commission_bps")?),
        "soft_close" if is_none => Change::SoftClose(None),
        "soft_close" => {
            Change::SoftClose(Some(parse_soft_close(value).map_err(|words| amiss("soft_close", words))?))
        }
        _ => {
            let near = nearest(KEYS.map(|name| (name, name)), &key.to_lowercase(), ALIKE);
            let near = near.map_or(String::new(), |near| format!("Did you mean `{near}`? "));
            return Err(amiss("key", format!("{near}One of: {}.", KEYS.join(", "))).into());
        }
    })
}

/// What `sale set` sets.
pub const KEYS: [&str; 9] = [
    "name",
    "description",
    "pickup",
    "opens_at",
    "closes_at",
    "every_s",
    "premium_bps",
    "commission_bps",
    "soft_close",
];

/// How much a key must be like another to be proposed.
const ALIKE: f64 = 0.8;

/// Says when the first lot and the last one close, in the house's zone.
fn closes_in_words(house: &House, out: &Out, first: Time, last: Time) -> Result<()> {
    let zone = Zone::of(&house.settings()?);
    out.say(format!("closes from {} to {}", zone.short(first.utc()), zone.short(last.utc())));
    Ok(())
}

/// Says what was done to which lots, and when they close now.
fn announce(house: &House, out: &Out, what: &str, retimed: &Retimed) -> Ran {
    sync(house, out);
    // While a sale is paused, its closes mean nothing.
    let closes = retimed.first_closes_at.zip(retimed.last_closes_at).filter(|_| what != "paused");
    if let Some((first, last)) = closes {
        closes_in_words(house, out, first, last)?;
    }
    out.data(retimed, || {
        let n_lots = lots(retimed.n_lots);
        match closes {
            Some((first, last)) => {
                format!("{n_lots} {what}; the first closes at {first}, the last at {last}")
            }
            None => format!("{n_lots} {what}"),
        }
    })?;
    Ok(Ending::Done)
}

/// Makes the scheduler hold the entries of the closes as they stand now, and no others. If it refuses, the sweep and
/// the server try again.
fn sync(house: &House, out: &Out) {
    if let Err(error) = house.sync_entries(true) {
        out.say(format!("auction: done, but the scheduler does not take its entries yet: {error:#}"));
    }
}
