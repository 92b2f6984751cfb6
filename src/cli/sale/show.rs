//! Shows sales: one with its terms, lots and changes, all in a list, and the report.

use crate::cli::amount::shown;
use crate::cli::out::{Out, table};
use crate::cli::words::{leader, lots, percent, span};
use crate::house::House;
use crate::house::sales::details::{LotDetails, SaleDetails};
use crate::house::sales::report::SaleReport;
use crate::house::sales::view::SaleLine;
use crate::rules::money::Currency;
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::store::sale_figures::SaleChange;
use crate::text::dates::Zone;
use crate::text::i18n::Lang;
use anyhow::Result;
use serde_json::json;

pub fn details(house: &House, out: &Out, sale: &SaleDetails) -> Result<()> {
    let settings = house.settings()?;
    let (zone, currency) = (Zone::of(&settings), settings.currency());
    out.data(sale, || {
        let mut text = head(sale, &zone, &currency).join("\n");
        if !sale.changes.is_empty() {
            text += &format!("\n\n{}", changes(&sale.changes, &zone));
        }
        if !sale.lots.is_empty() {
            text += &format!("\n\n{}", lots_table(&sale.lots, &zone, &currency));
        }
        text
    })
}

fn head(sale: &SaleDetails, zone: &Zone, currency: &Currency) -> Vec<String> {
    let full = |at: Time| zone.full(at.utc(), Lang::En);
    let line = &sale.view.line;
    let n_open = if line.n_open > 0 { format!(", {} open", line.n_open) } else { String::new() };
    let mut lines = vec![
        format!("{}  {}", line.code, line.name),
        format!("state        {}", line.state),
        format!("opens        {}", line.opens_at.map_or("with the publication".to_owned(), full)),
        format!("first close  {}", full(line.closes_at)),
        format!("last close   {}", full(line.last_closes_at)),
        format!("every        {}", span(sale.every_s)),
        format!("premium      {}", percent(sale.premium_bps)),
        format!("commission   {}", percent(sale.commission_bps)),
        format!("soft close   {}", sale.soft_close.map_or("off".to_owned(), soft_close)),
    ];
    if !sale.view.sections.is_empty() {
        lines.push(format!("sections     {}", sale.view.sections.join(", ")));
    }
    for (name, text) in [("pickup     ", &sale.view.pickup), ("description", &sale.view.description)] {
        if !text.is_empty() {
            lines.push(format!("{name}  {text}"));
        }
    }
    lines.push(format!("lots         {}{n_open}", line.n_lots));
    lines.push(format!("total        {}", currency.show(sale.view.total)));
    lines.extend(sale.why.as_ref().map(|why| format!("cancelled    {why}")));
    lines
}

fn soft_close(soft: SoftClose) -> String {
    let SoftClose { window_s, extension_s, cap_s } = soft;
    format!(
        "a bid in the last {} moves the close to {} after it, by at most {}",
        span(window_s),
        span(extension_s),
        span(cap_s)
    )
}

fn changes(changes: &[SaleChange], zone: &Zone) -> String {
    let row = |change: &SaleChange| {
        let what = match (change.kind.as_str(), change.by_s) {
            ("postponement", Some(by_s)) => format!("postponed by {}", span(by_s)),
            ("pause", _) => "paused".to_owned(),
            ("resume", _) => "resumed".to_owned(),
            (other, _) => other.to_owned(),
        };
        let mut n_lots = lots(u64::try_from(change.n_lots).unwrap_or(0));
        n_lots.extend(change.section.iter().map(|section| format!(" of {section}")));
        let why = change.why.clone().unwrap_or_default();
        [zone.short(change.at.utc()), what, n_lots, change.who.clone(), why]
    };
    table(["when", "what", "lots", "who", "why"], changes.iter().map(row))
}

fn lots_table(lots: &[LotDetails], zone: &Zone, currency: &Currency) -> String {
    let row = |lot: &LotDetails| {
        [
            lot.lot.clone(),
            lot.section.clone().unwrap_or_else(|| "-".to_owned()),
            lot.title.clone(),
            zone.short(lot.closes_at.utc()),
            lot.state.to_owned(),
            shown(currency, lot.price),
            leader(lot.leader.as_deref(), lot.leader_number),
            lot.n_bids.to_string(),
            lot.listing.map_or("-".to_owned(), |id| id.to_string()),
        ]
    };
    table(
        ["lot", "section", "title", "closes", "state", "price", "leader", "bids", "listing"],
        lots.iter().map(row),
    )
}

pub fn list(house: &House, out: &Out, sales: &[SaleLine]) -> Result<()> {
    let zone = Zone::of(&house.settings()?);
    out.data(&json!({"sales": sales}), || {
        let row = |sale: &SaleLine| {
            [
                sale.code.clone(),
                sale.name.clone(),
                sale.state.to_string(),
                sale.n_lots.to_string(),
                sale.n_open.to_string(),
                zone.short(sale.closes_at.utc()),
                zone.short(sale.last_closes_at.utc()),
            ]
        };
        table(["code", "name", "state", "lots", "open", "first close", "last close"], sales.iter().map(row))
    })
}

pub fn report(house: &House, out: &Out, report: &SaleReport) -> Result<()> {
    let currency = house.settings()?.currency();
    out.data(report, || {
        let lateness = report.lateness_ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
        let rows = [
            ("lots", report.lots.to_string()),
            ("bids", report.bids.to_string()),
            ("sold", report.sold.to_string()),
            ("unsold", report.unsold.to_string()),
            ("hammer total", currency.show(report.hammer_total)),
            ("premium", currency.show(report.premium)),
            ("largest", shown(&currency, report.largest)),
            ("lateness", lateness),
        ];
        rows.map(|(name, value)| format!("{name:<13} {value}")).join("\n")
    })
}
