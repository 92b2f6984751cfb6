//! `auction desk`: passes for the staff at the desk of a sale, and the report on what their tills have taken.

mod qr;
mod report;

use super::amount;
use super::out::{Format, Out, table};
use super::when::{Side, TIME, When, parse_seconds};
use super::{Ending, Ran, Stop, finish, which};
use crate::house::House;
use crate::house::desk::passes::{OpenedPass, PassAsked};
use crate::rules::desk::{Rights, USUAL_PASS_S};
use crate::rules::money::{Currency, Money};
use crate::rules::time::Time;
use crate::store::passes::Pass;
use crate::text::dates::Zone;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use std::io::IsTerminal;

#[derive(Subcommand)]
pub enum Desk {
    /// Open a pass for a sale; prints its link, the QR code of the link, and its code
    Open(Open),
    /// List all passes
    #[command(after_help = "Example:\n  auction desk list")]
    List,
    /// Shut a pass at once
    #[command(after_help = "Example:\n  auction desk shut \"Till 1\"")]
    Shut {
        /// The name of the pass, as `desk list` shows it
        name: String,
    },
    /// Report on the desk of a sale: tills, voids, unpaid bills, lots not handed over
    #[command(after_help = "Example:\n  auction desk report spring --format json")]
    Report {
        /// The code of the sale
        #[arg(value_name = "SALE")]
        sale: String,
    },
}

#[derive(Args)]
#[command(after_help = "\
The code works once: it binds the pass to the first browser that opens the link. Link and code are shown no
more.

Examples:
  auction desk open \"Till 1\" --sale spring --may checkout
  auction desk open Bar --sale spring --may checkout --until 23:30
  auction desk open Door --sale spring --may checkin,bid --for 8h --limit 500.00")]
pub struct Open {
    /// What the ledger and the report call it, such as "Till 1"
    name: String,
    /// The code of the sale
    #[arg(long, value_name = "CODE")]
    sale: String,
    /// Some of checkin, bid, checkout, joined by commas
    #[arg(long, value_name = "RIGHTS", value_parser = rights)]
    may: Rights,
    /// When it ends, such as 23:00 or "Sun 2:00" in the house's zone, or +8h from now [default: in 12 h]
    #[arg(long, value_name = TIME, value_parser = When::parse)]
    until: Option<When>,
    /// How long it holds, such as 8h
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_seconds, conflicts_with = "until")]
    length_s: Option<i64>,
    /// The highest bidding limit that it may give, in minor units or as money [default: any]
    #[arg(long, value_name = "AMOUNT")]
    limit: Option<String>,
    /// Draw the QR code even where stdout is no terminal
    #[arg(long)]
    qr: bool,
}

/// A pass as the commands print it. Amounts are minor units.
#[derive(Serialize)]
struct PassView<'a> {
    name: &'a str,
    sale: &'a str,
    may: &'a Rights,
    /// Null: any.
    limit: Option<Money>,
    until: Time,
    /// Null: the code has not been used yet.
    bound_at: Option<Time>,
    shut_at: Option<Time>,
    /// `open`, `bound`, `ended` or `shut`.
    state: &'static str,
}

impl Desk {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Desk::Open(open) => open.run(house, out),
            Desk::List => list(house, out),
            Desk::Shut { name } => finish(house.shut_pass(name), |n_shut| {
                let words = if n_shut > 0 { "is shut" } else { "was shut already" };
                out.done(&json!({"name": name, "n_shut": n_shut}), || format!("the pass {name} {words}"))
            }),
            Desk::Report { sale } => {
                which::sale(house, sale)?;
                finish(house.desk_report(sale), |report| report::print(house, out, sale, &report))
            }
        }
    }
}

impl Open {
    fn run(&self, house: &House, out: &Out) -> Ran {
        which::sale(house, &self.sale)?;
        let settings = house.settings()?;
        let currency = settings.currency();
        let asked = PassAsked {
            name: self.name.clone(),
            sale: self.sale.clone(),
            may: self.may.clone(),
            ends_at: self.ends_at(house, out)?,
            most_limit: amount::read_if_given(&currency, "limit", self.limit.as_deref())?,
        };
        let opened = house.open_pass(asked)?;
        let link = format!("{}/desk/open?code={}", settings.public_url().unwrap_or_default(), opened.code);
        let zone = Zone::of(&settings);
        let until = zone.short(opened.pass.ends_at.utc());
        let limit = opened.pass.most_limit.map(|most| format!(", limits up to {}", currency.show(most)));
        let (may, limit) = (&opened.pass.may, limit.unwrap_or_default());
        out.say(format!("{} may {may} in {} until {until}{limit}", opened.pass.name, self.sale));
        if settings.public_url().is_none() {
            out.say(
                "the house has no public_url: put its address before the link, or give the code at /desk/open",
            );
        }
        self.print(house, out, &opened, &link)?;
        Ok(Ending::Done)
    }

    fn ends_at(&self, house: &House, out: &Out) -> Result<Time, Stop> {
        match &self.until {
            Some(when) => when.resolve(house, Side::Next, out),
            None => Ok(house.now().plus_s(self.length_s.unwrap_or(USUAL_PASS_S))),
        }
    }

    /// Prints the link, its QR code unless it leads nowhere, and the code.
    fn print(&self, house: &House, out: &Out, opened: &OpenedPass, link: &str) -> Result<()> {
        if out.format() == Format::Json {
            let mut value = serde_json::to_value(PassView::of(&opened.pass, house.now()))?;
            value["code"] = opened.code.as_str().into();
            value["link"] = link.into();
            return out.data(&value, String::new);
        }
        out.data(&(), || link.to_owned())?;
        let is_terminal = std::io::stdout().is_terminal();
        if (is_terminal && link.contains("://")) || self.qr {
            qr::print(link, is_terminal)?;
        }
        out.data(&(), || opened.code.clone())
    }
}

impl PassView<'_> {
    fn of(pass: &Pass, now: Time) -> PassView<'_> {
        let state = match (pass.shut_at, pass.holds(now), pass.bound_at) {
            (Some(_), ..) => "shut",
            (None, false, _) => "ended",
            (None, true, Some(_)) => "bound",
            (None, true, None) => "open",
        };
        PassView {
            name: &pass.name,
            sale: &pass.sale_code,
            may: &pass.may,
            limit: pass.most_limit,
            until: pass.ends_at,
            bound_at: pass.bound_at,
            shut_at: pass.shut_at,
            state,
        }
    }
}

fn list(house: &House, out: &Out) -> Ran {
    let settings = house.settings()?;
    let (zone, currency, passes) = (Zone::of(&settings), settings.currency(), house.passes()?);
    let views: Vec<PassView> = passes.iter().map(|pass| PassView::of(pass, house.now())).collect();
    out.data(&views, || {
        let head = ["name", "sale", "may", "limit", "until", "bound since", "state"];
        table(head, views.iter().map(|view| row(view, &zone, &currency)))
    })?;
    Ok(Ending::Done)
}

fn row(view: &PassView<'_>, zone: &Zone, currency: &Currency) -> [String; 7] {
    let bound_at = view.bound_at.map_or("-".to_owned(), |at| zone.short(at.utc()));
    let state = match view.shut_at {
        Some(at) => format!("shut {}", zone.short(at.utc())),
        None => view.state.to_owned(),
    };
    [
        view.name.to_owned(),
        view.sale.to_owned(),
        view.may.to_string(),
        amount::shown(currency, view.limit),
        zone.short(view.until.utc()),
        bound_at,
        state,
    ]
}

fn rights(text: &str) -> Result<Rights, String> {
    Rights::parse(text).ok_or_else(|| "some of checkin, bid, checkout, joined by commas".to_owned())
}
