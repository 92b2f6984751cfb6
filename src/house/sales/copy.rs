//! Copying a sale: a new draft with the same lots and pictures, and dates of its own.

use crate::house::sales::sale;
use crate::house::sales::view::SaleView;
use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleTerms, check_code};
use crate::rules::time::Time;
use crate::store::listings::State;
use crate::store::log::LogLine;
use crate::store::sales::{NewLot, Sale, StoredLot};
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result};
use serde_json::json;

/// The dates of a copy, which are never those of the sale it is copied from.
#[derive(Clone, Copy, Debug)]
pub struct CopyDates {
    pub opens_at: Option<Time>,
    pub closes_at: Time,
}

impl House {
    /// Copies a sale of any state into the draft `new`: its texts, rates, soft close, and its lots without closes of
    /// their own; with `unsold` only the lots that ended unsold. Refuses `not_found`, `taken` (the new code), and
    /// `invalid` (code or dates, or no lot to copy).
    pub fn copy_sale(&self, code: &str, new: &str, dates: CopyDates, unsold: bool) -> Answer<SaleView> {
        check_code(new)?;
        let (code, new) = (code.to_owned(), new.to_owned());
        self.write_by_clock(move |tx| {
            let from = sale(tx, &code)?;
            if tx.sale(&new)?.is_some() {
                return Err(Refusal::SaleExists.into());
            }
            let terms = SaleTerms { opens_at: dates.opens_at, closes_at: dates.closes_at, ..from.terms };
            terms.faults(tx.now).done()?;
            let lots = lots(tx, &from, unsold)?;
            if lots.is_empty() {
                return Err(Refusal::invalid("lots", "There is no lot to copy.").into());
            }
            let last = terms.close_of(i64::try_from(lots.len() - 1).unwrap_or(i64::MAX), None);
            if last > tx.now.plus_a_year() {
                return Err(
                    Refusal::invalid("closes_at", "The last close must be at most a year ahead.").into()
                );
            }
            let id = tx.add_sale(&new, &from.text, &terms)?;
            for (nth, (lot, seller, draft)) in (0_i64..).zip(&lots) {
                let place = NewLot { code: lot.code.clone(), section: lot.section.clone(), closes_at: None };
                let lot = tx.add_lot(id, nth, &place)?;
                tx.add_draft_lot(lot, *seller, draft)?;
            }
            tx.log(&LogLine::of("sale.copy").sale(id).detail(json!({"from": code, "n_lots": lots.len()})))?;
            SaleView::of(tx, &sale(tx, &new)?, tx.now)
        })
    }
}

/// The lots of a sale with what they offer, in its order.
fn lots(tx: &Tx<'_>, from: &Sale, unsold: bool) -> Result<Vec<(StoredLot, AccountId, Draft)>> {
    let drafts = tx.draft_lots(from.id)?.into_iter().map(|lot| (lot.lot, lot.seller, lot.draft));
    let mut lots: Vec<(StoredLot, AccountId, Draft)> = drafts.filter(|_| !unsold).collect();
    for lot in tx.lots(from.id)? {
        let Some(id) = lot.listing else { continue };
        if unsold && tx.standing(id)?.state != State::Unsold {
            continue;
        }
        let (seller, draft) = offered(tx, id)?;
        lots.push((lot, seller, draft));
    }
    Ok(lots)
}

/// What a listing offers, as a draft without a close.
fn offered(snapshot: &Snapshot<'_>, id: ListingId) -> Result<(AccountId, Draft)> {
    let listing = snapshot.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
    let draft = Draft {
        title: listing.title,
        description: listing.description,
        opening: listing.opening,
        reserve: listing.reserve,
        buy_now: listing.buy_now,
        increment: listing.increment,
        category: listing.category,
        pictures: listing.pictures,
        ..Draft::default()
    };
    Ok((listing.seller, draft))
}
