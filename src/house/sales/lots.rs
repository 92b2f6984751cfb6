//! Adding lots: to a draft, where they wait for its publication; or to a published sale, where they are listed at once
//! and close after its last lot.

use crate::house::Answer;
use crate::house::House;
use crate::house::listings::list::list_lot_in;
use crate::house::sales::sale;
use crate::house::settings::Settings;
use crate::rules::faults::Faults;
use crate::rules::listing::{AccountId, Closes, Draft, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::sale::{MAX_LOTS, Stage, lot_code};
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::listings::{LotPlace, Terms};
use crate::store::sales::{NewLot, Sale};

/// A lot to add. A close of its draft is the lot's own; without one, its close follows from its place.
#[derive(Clone, Debug)]
pub struct LotOffer {
    pub seller: AccountId,
    pub code: String,
    pub section: Option<String>,
    pub draft: Draft,
}

/// A lot that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedLot {
    pub code: String,
    /// None while its sale is a draft.
    pub listing: Option<ListingId>,
}

impl House {
    /// Adds one lot to a sale. Refuses `not_found` (sale or seller), `invalid`, and `not_allowed` (the seller, or a sale
    /// that takes no more lots).
    pub fn add_lot(&self, sale_code: &str, offer: LotOffer) -> Answer<AddedLot> {
        let code = sale_code.to_owned();
        self.write_by_clock(move |tx| {
            let mut adding = Adding::to(tx, &code)?;
            adding.add(tx, &offer)
        })
    }
}

/// Lots being added to a sale in one transaction.
pub(in crate::house) struct Adding {
    sale: Sale,
    /// The place of the next lot.
    nth: i64,
    /// In a published sale: the close after which the next lot closes.
    last_closes_at: Option<Time>,
    terms: Terms,
}

impl Adding {
    /// Refuses `not_found`, and `not_allowed` for a sale that takes no more lots: it is cancelled or paused, or its
    /// first lot has closed.
    pub fn to(tx: &Tx<'_>, code: &str) -> Answer<Adding> {
        let sale = sale(tx, code)?;
        let last_closes_at = match sale.stage {
            Stage::Draft => None,
            Stage::Published => Some(last_close(tx, &sale)?),
            Stage::Cancelled => return Err(Refusal::NotPublished.into()),
        };
        let rates = Settings::of(tx)?.terms();
        let terms = Terms {
            premium_bps: sale.terms.premium_bps,
            commission_bps: sale.terms.commission_bps,
            outage_s: rates.outage_s,
        };
        Ok(Adding { nth: tx.next_nth(sale.id)?, last_closes_at, terms, sale })
    }

    /// Adds the next lot. Refuses `invalid` with all its faults, and as listing does.
    pub fn add(&mut self, tx: &Tx<'_>, offer: &LotOffer) -> Answer<AddedLot> {
        let (by_place, own) = self.closes(&offer.draft, tx.now);
        let closes_at = own.unwrap_or(by_place);
        let draft = Draft {
            closes: Some(Closes::At(closes_at)),
            soft_close: self.sale.terms.soft_close,
            ..offer.draft.clone()
        };
        let (code, mut faults) = place_faults(offer);
        let is_published = self.sale.stage == Stage::Published;
        faults.join(draft.lot_faults(is_published.then_some(tx.now)));
        faults.when(
            self.sale.terms.opens_at.is_some_and(|opens_at| closes_at <= opens_at),
            "closes_at",
            "The close must be after the opening of the sale.",
        );
        faults.when(
            closes_at > tx.now.plus_a_year(),
            "closes_at",
            "The close must be at most a year ahead; this lot would close later.",
        );
        faults.when(self.nth >= MAX_LOTS as i64, "lot", "A sale has at most 10,000 lots.");
        if tx.lot_by_code(self.sale.id, &code)?.is_some() {
            faults.add("lot", "The sale has a lot with this code already.");
        }
        faults.done()?;
        let section = offer.section.as_deref().map(crate::rules::text::one_line);
        let section = section.filter(|section| !section.is_empty());
        let lot = NewLot { code: code.clone(), section, closes_at: own };
        let id = tx.add_lot(self.sale.id, self.nth, &lot)?;
        self.nth += 1;
        if !is_published {
            let account = tx.account(offer.seller)?.ok_or(Refusal::NotFound("seller"))?;
            account.state.may_take_part()?;
            tx.add_draft_lot(id, offer.seller, &draft.normalised())?;
            return Ok(AddedLot { code, listing: None });
        }
        self.last_closes_at = self.last_closes_at.max(Some(closes_at));
        let place = LotPlace { lot: id, sale: self.sale.id, opens_at: self.sale.terms.opens_at };
        let view = list_lot_in(tx, offer.seller, &draft, self.terms, Some(place))?;
        Ok(AddedLot { code, listing: Some(view.id) })
    }

    /// The close by the lot's place, and the lot's own if it has one or closes after the last lot of a published sale.
    fn closes(&self, draft: &Draft, now: Time) -> (Time, Option<Time>) {
        let by_place = self.sale.terms.closes_at(self.nth);
        let own = draft.closes.map(|closes| closes.at(now));
        let after_last = self.last_closes_at.map(|last| last.plus_s(self.sale.terms.every_s));
        (by_place, own.or(after_last).filter(|own| *own != by_place))
    }
}

/// The lot's code as it is kept, and what is wrong with it and the section.
pub(in crate::house) fn place_faults(offer: &LotOffer) -> (String, Faults) {
    let mut faults = Faults::default();
    let code = lot_code(&offer.code).unwrap_or_else(|words| {
        faults.add("lot", words);
        String::new()
    });
    if let Some(section) = offer.section.as_deref().filter(|section| !section.trim().is_empty()) {
        faults.line("section", section, 1, 40);
    }
    (code, faults)
}

/// The last close of a published sale that may get more lots.
fn last_close(tx: &Tx<'_>, sale: &Sale) -> Answer<Time> {
    let counts = tx.sale_counts(sale.id)?;
    if counts.n_paused > 0 {
        return Err(Refusal::PausedAlready.into());
    }
    let first = tx.lots(sale.id)?.into_iter().find_map(|lot| lot.listing);
    if let Some(first) = first {
        let standing = tx.standing(first)?.standing;
        if !standing.open || standing.is_past_close(tx.now) {
            return Err(Refusal::FirstLotClosed.into());
        }
    }
    Ok(counts.last_closes_at.unwrap_or(sale.terms.closes_at))
}
