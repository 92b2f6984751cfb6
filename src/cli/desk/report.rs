//! Prints the report on a sale's desk.

use crate::cli::amount::shown;
use crate::cli::out::{Out, table};
use crate::house::House;
use crate::house::desk::report::{DeskReport, TillReport, VoidView};
use crate::rules::desk::Method;
use crate::rules::money::{Currency, Money};
use crate::text::dates::Zone;
use anyhow::Result;

pub fn print(house: &House, out: &Out, sale: &str, report: &DeskReport) -> Result<()> {
    let settings = house.settings()?;
    let (zone, currency) = (Zone::of(&settings), settings.currency());
    out.data(report, || {
        let mut parts = vec![tills(&report.tills, report.total, &currency)];
        let voids: Vec<_> =
            report.tills.iter().flat_map(|till| till.voids.iter().map(|void| (&*till.name, void))).collect();
        if !voids.is_empty() {
            parts.push(format!("voids\n{}", void_rows(&voids, &zone, &currency)));
        }
        if !report.unpaid.is_empty() {
            parts.push(format!("unpaid bills\n{}", unpaid(report, &currency)));
        }
        if !report.not_handed_over.is_empty() {
            parts.push(format!("lots not handed over\n{}", waiting(report, &currency)));
        }
        format!("the desk of {sale}\n\n{}", parts.join("\n\n"))
    })
}

fn tills(tills: &[TillReport], total: Money, currency: &Currency) -> String {
    let sum = |method: Method| tills.iter().map(|till| till.taken.of(method)).sum::<Money>();
    let row = |name: &str, of: &dyn Fn(Method) -> Money, all: Money| {
        let [cash, card, bank, other] =
            [Method::Cash, Method::Card, Method::Bank, Method::Other].map(|method| currency.show(of(method)));
        [name.to_owned(), cash, card, bank, other, currency.show(all)]
    };
    let rows = tills.iter().map(|till| row(&till.name, &|method| till.taken.of(method), till.taken.total()));
    let all = std::iter::once(row("total", &sum, total));
    table(["till", "cash", "card", "bank", "other", "all"], rows.chain(all))
}

fn void_rows(voids: &[(&str, &VoidView)], zone: &Zone, currency: &Currency) -> String {
    let row = |(till, void): &(&str, &VoidView)| {
        [
            (*till).to_owned(),
            void.payment.to_string(),
            currency.show(void.amount),
            void.method.to_string(),
            void.by.clone(),
            zone.short(void.at.utc()),
            void.why.clone(),
        ]
    };
    table(["till", "payment", "amount", "method", "by", "at", "why"], voids.iter().map(row))
}

fn unpaid(report: &DeskReport, currency: &Currency) -> String {
    let rows = report.unpaid.iter().map(|bill| {
        [
            bill.number.map_or("-".to_owned(), |number| number.to_string()),
            bill.name.clone(),
            currency.show(bill.total),
            currency.show(bill.covered),
            currency.show(bill.due),
        ]
    });
    table(["number", "name", "total", "covered", "due"], rows)
}

fn waiting(report: &DeskReport, currency: &Currency) -> String {
    let rows = report.not_handed_over.iter().map(|lot| {
        [
            lot.lot.clone(),
            lot.title.clone(),
            lot.number.map_or("-".to_owned(), |number| number.to_string()),
            lot.name.clone(),
            shown(currency, Some(lot.total - lot.covered).filter(|due| *due > 0)),
        ]
    });
    table(["lot", "title", "number", "buyer", "due"], rows)
}
