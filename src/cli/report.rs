//! `auction report`: what the house, or one sale, has come to.

use super::amount::shown;
use super::out::{Out, table};
use super::when::{Side, TIME, When};
use super::words::bidder;
use super::{Ran, finish, which};
use crate::house::House;
use crate::house::books::house_report::{Debtor, HouseReport, Uncollected};
use crate::rules::money::Currency;
use crate::text::dates::Zone;
use clap::Args;

/// Report on the house or on one sale: what was raised, the lots, what is unpaid, what is not collected
///
/// Raised is the sum of the hammer prices of what was sold and not reversed; the buyer's premium stands beside it.
/// Unpaid is what buyers still owe for it; not collected are the lots that were not handed over.
#[derive(Args)]
#[command(after_help = "\
Examples:
  auction report
  auction report --sale spring
  auction report --since \"Sat 18:00\" --format json")]
pub struct Report {
    /// Only the lots of this sale
    #[arg(long, value_name = "CODE")]
    sale: Option<String>,
    /// Only what has ended since then, such as 2026-11-01, yesterday, 18:00 or -2h
    #[arg(long, value_name = TIME, value_parser = When::parse, allow_hyphen_values = true)]
    since: Option<When>,
}

impl Report {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        if let Some(code) = &self.sale {
            which::sale(house, code)?;
        }
        let since = self.since.as_ref().map(|when| when.resolve(house, Side::Last, out)).transpose()?;
        let settings = house.settings()?;
        finish(house.report_on_house(self.sale.as_deref(), since), |report| {
            out.data(&report, || text(&report, &settings.currency(), &Zone::of(&settings)))
        })
    }
}

fn text(report: &HouseReport, currency: &Currency, zone: &Zone) -> String {
    let of = report.sale.as_ref().map_or("the house".to_owned(), |sale| format!("the sale {sale}"));
    let since = report.since.map_or(String::new(), |at| format!(" since {}", zone.short(at.utc())));
    let reversed =
        if report.reversed > 0 { format!(", {} of them reversed", report.reversed) } else { String::new() };
    let buyers = |n: usize| format!("{n} {}", if n == 1 { "buyer" } else { "buyers" });
    let mut parts = vec![
        format!("{of}{since}"),
        [
            format!("raised         {}", currency.show(report.raised)),
            format!("premium        {}", currency.show(report.premium)),
            format!(
                "lots           {}: {} open, {} sold{reversed}, {} unsold, {} cancelled",
                report.lots, report.open, report.sold, report.unsold, report.cancelled
            ),
            format!("unpaid         {} by {}", currency.show(report.unpaid), buyers(report.unpaid_by.len())),
            format!("not collected  {}", report.not_collected),
        ]
        .join("\n"),
    ];
    if !report.unpaid_by.is_empty() {
        let row = |debtor: &Debtor| {
            let email = debtor.email.clone().unwrap_or_else(|| "-".to_owned());
            [debtor.name.clone(), email, debtor.lots.to_string(), currency.show(debtor.due)]
        };
        parts.push(format!(
            "unpaid\n{}",
            table(["name", "email", "lots", "due"], report.unpaid_by.iter().map(row))
        ));
    }
    if !report.not_collected_lots.is_empty() {
        let rows = report.not_collected_lots.iter().map(|lot| row(lot, currency));
        parts.push(format!("not collected\n{}", table(["item", "title", "buyer", "due"], rows)));
    }
    parts.join("\n\n")
}

fn row(lot: &Uncollected, currency: &Currency) -> [String; 4] {
    let item = match (&lot.sale, &lot.lot) {
        (Some(sale), Some(code)) => format!("{sale}:{code}"),
        _ => format!("no. {}", lot.listing),
    };
    let due = shown(currency, Some(lot.due).filter(|due| *due > 0));
    [item, lot.title.clone(), bidder(&lot.buyer, lot.number), due]
}
