//! Publishing a draft: all its lots become listings in one transaction, or none does.

use crate::house::listings::list::list_lot_in;
use crate::house::sales::sale;
use crate::house::settings::Settings;
use crate::house::{Answer, Fault, House};
use crate::rules::listing::{Closes, Draft};
use crate::rules::refusal::{FieldFault, Refusal};
use crate::rules::sale::{SaleTerms, Stage};
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::listings::{LotPlace, Terms};
use crate::store::log::LogLine;
use crate::store::sales::DraftLot;
use serde::Serialize;
use serde_json::json;

/// A publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    pub n_lots: usize,
    pub first_closes_at: Time,
    pub last_closes_at: Time,
}

impl House {
    /// Publishes a draft. Refuses `not_found`, `not_allowed` (published already, or cancelled), and `invalid`: without lots, or with a
    /// lot that would close less than 5 s or more than a year ahead, each such lot named.
    ///
    /// The caller installs the scheduler's entries afterwards.
    pub fn publish_sale(&self, code: &str) -> Answer<Published> {
        let code = code.to_owned();
        self.write_by_clock(move |tx| publish(tx, &code))
    }
}

fn publish(tx: &Tx<'_>, code: &str) -> Answer<Published> {
    let sale = sale(tx, code)?;
    match sale.stage {
        Stage::Draft => {}
        Stage::Published => return Err(Refusal::NotADraft.into()),
        Stage::Cancelled => return Err(Refusal::NotPublished.into()),
    }
    let lots = tx.draft_lots(sale.id)?;
    if lots.is_empty() {
        return Err(Refusal::invalid("lots", "This sale has no lots yet.").into());
    }
    let outage_s = Settings::of(tx)?.terms().outage_s;
    let SaleTerms { premium_bps, commission_bps, opens_at, .. } = sale.terms;
    let terms = Terms { premium_bps, commission_bps, outage_s };
    let closes = lots.iter().map(|lot| closes_at(&sale.terms, lot));
    let (first_closes_at, last_closes_at) =
        (closes.clone().min().unwrap_or_default(), closes.max().unwrap_or_default());
    check_closes(tx.now, &sale.terms, &lots)?;
    tx.publish_sale(sale.id)?;
    for lot in &lots {
        let draft = Draft {
            closes: Some(Closes::At(closes_at(&sale.terms, lot))),
            soft_close: sale.terms.soft_close,
            ..lot.draft.clone()
        };
        let place = LotPlace { lot: lot.lot.id, sale: sale.id, opens_at };
        list_lot_in(tx, lot.seller, &draft, terms, Some(place)).map_err(|fault| named(fault, lot))?;
    }
    tx.log(&LogLine::of("sale.publish").sale(sale.id).detail(json!({"n_lots": lots.len()})))?;
    Ok(Published { n_lots: lots.len(), first_closes_at, last_closes_at })
}

fn closes_at(terms: &SaleTerms, lot: &DraftLot) -> Time {
    terms.close_of(lot.lot.nth, lot.lot.closes_at)
}

/// Refuses `invalid` with each lot, up to a limit, whose close is not after the opening, 5 s or more ahead and at most a
/// year.
fn check_closes(now: Time, terms: &SaleTerms, lots: &[DraftLot]) -> Result<(), Refusal> {
    const MAX_NAMED: usize = 20;
    let faults = lots.iter().filter_map(|lot| {
        let close = closes_at(terms, lot);
        let words = if close < now.plus_s(crate::rules::listing::MIN_LIFE_S) {
            "would close less than 5 seconds ahead"
        } else if close > now.plus_a_year() {
            "would close more than a year ahead"
        } else if terms.opens_at.is_some_and(|opens_at| close <= opens_at) {
            "would close before the sale opens"
        } else {
            return None;
        };
        Some(FieldFault::new("closes_at", format!("Lot {} {words}, at {close}.", lot.lot.code)))
    });
    let faults: Vec<FieldFault> = faults.take(MAX_NAMED).collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// The refusal of a lot, with its code in front.
fn named(fault: Fault, lot: &DraftLot) -> Fault {
    let code = &lot.lot.code;
    match fault {
        Fault::Refused(Refusal::Invalid(faults)) => {
            let words =
                |fault: FieldFault| FieldFault { words: format!("Lot {code}: {}", fault.words), ..fault };
            Refusal::Invalid(faults.into_iter().map(words).collect()).into()
        }
        Fault::Refused(other) => Refusal::invalid("seller", format!("Lot {code}: {other}")).into(),
        Fault::Broken(error) => error.context(format!("lot {code}")).into(),
    }
}
