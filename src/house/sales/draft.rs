//! Making a draft and changing it. Nobody but the command line sees a draft; it has no chain, no scheduler entry and no
//! event.

use crate::house::sales::sale;
use crate::house::sales::view::SaleView;
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::faults::Faults;
use crate::rules::money::Bps;
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleId, SaleTerms, SaleText, Stage, check_code};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::log::LogLine;
use anyhow::Result;
use serde_json::json;

/// A sale as an organiser asks for it.
#[derive(Clone, Debug)]
pub struct NewSale {
    pub code: String,
    pub text: SaleText,
    pub opens_at: Option<Time>,
    pub closes_at: Time,
    pub every_s: i64,
    /// None: the house's rate.
    pub premium_bps: Option<Bps>,
    /// None: the house's rate.
    pub commission_bps: Option<Bps>,
    pub soft_close: Option<SoftClose>,
}

/// A change to a sale.
#[derive(Clone, Debug)]
pub enum Change {
    Name(String),
    Description(String),
    Pickup(String),
    OpensAt(Option<Time>),
    ClosesAt(Time),
    EveryS(i64),
    PremiumBps(Bps),
    CommissionBps(Bps),
    SoftClose(Option<SoftClose>),
}

impl Change {
    /// The key that `sale set` calls it by.
    fn key(&self) -> &'static str {
        match self {
            Change::Name(_) => "name",
            Change::Description(_) => "description",
            Change::Pickup(_) => "pickup",
            Change::OpensAt(_) => "opens_at",
            Change::ClosesAt(_) => "closes_at",
            Change::EveryS(_) => "every_s",
            Change::PremiumBps(_) => "premium_bps",
            Change::CommissionBps(_) => "commission_bps",
            Change::SoftClose(_) => "soft_close",
        }
    }
}

impl House {
    /// Makes a draft on the house's rates where none are given. Refuses `invalid`, and `taken` for a code that a sale
    /// has or had.
    pub fn add_sale(&self, new: NewSale) -> Answer<SaleView> {
        check_code(&new.code)?;
        let text = new.text.clone().normalised();
        self.write_by_clock(move |tx| {
            if tx.sale(&new.code)?.is_some() {
                return Err(Refusal::SaleExists.into());
            }
            let rates = Settings::of(tx)?.terms();
            let terms = SaleTerms {
                opens_at: new.opens_at,
                closes_at: new.closes_at,
                every_s: new.every_s,
                premium_bps: new.premium_bps.unwrap_or(rates.premium_bps),
                commission_bps: new.commission_bps.unwrap_or(rates.commission_bps),
                soft_close: new.soft_close,
            };
            let mut faults = text.faults();
            faults.join(terms.faults(tx.now));
            faults.done()?;
            let id = tx.add_sale(&new.code, &text, &terms)?;
            tx.log(&LogLine::of("sale.add").sale(id))?;
            SaleView::of(tx, &sale(tx, &new.code)?, tx.now)
        })
    }

    /// Changes a draft, or the text of a published sale. Refuses `not_found`, `invalid` (also if the last lot would
    /// close more than a year ahead), and `not_allowed` for the terms of a sale that is no draft any more.
    pub fn set_sale(&self, code: &str, change: Change) -> Answer<SaleView> {
        let code = code.to_owned();
        self.write_by_clock(move |tx| {
            let held = sale(tx, &code)?;
            let (mut text, mut terms, key) = (held.text.clone(), held.terms, change.key());
            match change {
                Change::Name(name) => text.name = name,
                Change::Description(description) => text.description = description,
                Change::Pickup(pickup) => text.pickup = pickup,
                Change::OpensAt(at) => terms.opens_at = at,
                Change::ClosesAt(at) => terms.closes_at = at,
                Change::EveryS(every_s) => terms.every_s = every_s,
                Change::PremiumBps(bps) => terms.premium_bps = bps,
                Change::CommissionBps(bps) => terms.commission_bps = bps,
                Change::SoftClose(soft_close) => terms.soft_close = soft_close,
            }
            let text = text.normalised();
            text.faults().done()?;
            if terms != held.terms {
                if held.stage != Stage::Draft {
                    return Err(Refusal::NotADraft.into());
                }
                let mut faults = terms.faults(tx.now);
                faults.join(last_close_faults(tx, held.id, &held.terms, &terms)?);
                faults.done()?;
                tx.set_sale_terms(held.id, &terms)?;
            }
            tx.set_sale_text(held.id, &text)?;
            tx.log(&LogLine::of("sale.set").sale(held.id).detail(json!({"key": key})))?;
            SaleView::of(tx, &sale(tx, &code)?, tx.now)
        })
    }
}

/// What is wrong with the last close of a draft that gets the terms `new`. Lots with a close of their own keep it.
fn last_close_faults(tx: &Tx<'_>, id: SaleId, old: &SaleTerms, new: &SaleTerms) -> Result<Faults> {
    let mut faults = Faults::default();
    let lots = tx.lots(id)?;
    let last = lots.iter().filter(|lot| lot.closes_at.is_none()).map(|lot| lot.nth).max();
    let field = if old.every_s == new.every_s { "closes_at" } else { "every_s" };
    faults.when(
        last.is_some_and(|nth| new.close_of(nth, None) > tx.now.plus_a_year()),
        field,
        "The last lot would close more than a year ahead.",
    );
    Ok(faults)
}
