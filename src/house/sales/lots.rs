//! Adding lots: to a draft, where they wait for its publication; or to a published sale, where they are listed at once
//! and close after its last lot.

use crate::house::listings::list::list_lot_in;
use crate::house::sales::sale;
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::faults::Faults;
use crate::rules::listing::{AccountId, Closes, Draft, ListingId, MIN_LIFE_S, ON_THE_WAY_MS};
use crate::rules::refusal::Refusal;
use crate::rules::sale::{MAX_LOTS, Stage, lot_code};
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::listings::{LotPlace, Terms};
use crate::store::log::LogLine;
use crate::store::sales::{NewLot, Sale};
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use serde_json::json;

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
    /// Its place in the sale, from 0.
    pub nth: i64,
    pub code: String,
    /// None while its sale is a draft.
    pub listing: Option<ListingId>,
    pub closes_at: Time,
}

impl House {
    /// Adds one lot to a sale. Refuses `not_found` (sale or seller), `invalid`, and `not_allowed` (the seller, or a sale
    /// that takes no more lots).
    pub fn add_lot(&self, sale_code: &str, offer: LotOffer) -> Answer<AddedLot> {
        let code = sale_code.to_owned();
        self.write_by_clock(move |tx| {
            let mut adding = Adding::begin(tx, &code, Before::Keep)?;
            let added = adding.add(tx, &offer)?;
            let line = LogLine::of("sale.add_lot").sale(adding.sale.id).account(offer.seller);
            tx.log(&LogLine { listing: added.listing, ..line }.detail(json!({"lot": added.code})))?;
            Ok(added)
        })
    }
}

/// What becomes of the lots that a sale has when others are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Keep,
    /// They are removed: only those of a draft can be.
    Replace,
}

/// Lots being added to a sale at one moment, one after the other.
pub(in crate::house) struct Adding {
    sale: Sale,
    /// The place of the next lot.
    nth: i64,
    /// In a published sale: the close after which the next lot closes.
    last_closes_at: Option<Time>,
    terms: Terms,
    before: Before,
    now: Time,
}

/// The next lot of a sale.
struct Placed {
    lot: NewLot,
    /// With the close and the soft close that it gets.
    draft: Draft,
    closes_at: Time,
}

impl Adding {
    /// Refuses `not_found`, and `not_allowed` for a sale that takes no more lots (it is cancelled or paused, or its
    /// first lot has closed) or is to lose those that it has and is no draft.
    pub fn to(snapshot: &Snapshot<'_>, code: &str, before: Before, now: Time) -> Answer<Adding> {
        let sale = sale(snapshot, code)?;
        if before == Before::Replace && sale.stage != Stage::Draft {
            return Err(Refusal::NotADraft.into());
        }
        let last_closes_at = match sale.stage {
            Stage::Draft => None,
            Stage::Published => Some(last_close(snapshot, &sale, now)?),
            Stage::Cancelled => return Err(Refusal::NotPublished.into()),
        };
        let rates = Settings::of(snapshot)?.terms();
        let terms = Terms {
            premium_bps: sale.terms.premium_bps,
            commission_bps: sale.terms.commission_bps,
            outage_s: rates.outage_s,
        };
        let nth = if before == Before::Keep { snapshot.next_nth(sale.id)? } else { 0 };
        Ok(Adding { nth, last_closes_at, terms, before, now, sale })
    }

    /// Logs that so many lots were imported.
    pub fn log_import(&self, tx: &Tx<'_>, n_lots: usize) -> Result<()> {
        let replaces = self.before == Before::Replace;
        let detail = json!({"n_lots": n_lots, "replaces": replaces});
        tx.log(&LogLine::of("sale.import").sale(self.sale.id).detail(detail))
    }

    /// Begins to add: removes the lots that are to be replaced.
    pub fn begin(tx: &Tx<'_>, code: &str, before: Before) -> Answer<Adding> {
        let adding = Adding::to(tx, code, before, tx.now)?;
        if before == Before::Replace {
            tx.drop_draft(adding.sale.id)?;
        }
        Ok(adding)
    }

    /// Looks at the next lot as if it were added: when it would close, and what is wrong with it. The lot after it
    /// closes after it.
    pub fn check(
        &mut self,
        snapshot: &Snapshot<'_>,
        code: &str,
        section: Option<&str>,
        draft: &Draft,
    ) -> Result<(Time, Faults)> {
        let (placed, faults) = self.place(snapshot, code, section, draft)?;
        self.take(placed.closes_at);
        Ok((placed.closes_at, faults))
    }

    /// Adds the next lot. Refuses `invalid` with all its faults, and as listing does.
    pub fn add(&mut self, tx: &Tx<'_>, offer: &LotOffer) -> Answer<AddedLot> {
        let (placed, faults) = self.place(tx, &offer.code, offer.section.as_deref(), &offer.draft)?;
        faults.done()?;
        let Placed { lot, draft, closes_at } = placed;
        let nth = self.nth;
        let id = tx.add_lot(self.sale.id, nth, &lot)?;
        self.take(closes_at);
        let listing = if self.sale.stage == Stage::Published {
            let place = LotPlace { lot: id, sale: self.sale.id, opens_at: self.sale.terms.opens_at };
            Some(list_lot_in(tx, offer.seller, &draft, self.terms, Some(place))?.id)
        } else {
            let account = tx.account(offer.seller)?.ok_or(Refusal::NotFound("seller"))?;
            account.state.may_take_part()?;
            tx.add_draft_lot(id, offer.seller, &draft.normalised())?;
            None
        };
        Ok(AddedLot { nth, code: lot.code, listing, closes_at })
    }

    fn take(&mut self, closes_at: Time) {
        self.nth += 1;
        if self.sale.stage == Stage::Published {
            self.last_closes_at = self.last_closes_at.max(Some(closes_at));
        }
    }

    fn place(
        &self,
        snapshot: &Snapshot<'_>,
        code: &str,
        section: Option<&str>,
        draft: &Draft,
    ) -> Result<(Placed, Faults)> {
        let (by_place, own) = self.closes(draft);
        let closes_at = own.unwrap_or(by_place);
        let (code, mut faults) = place_faults(code, section);
        if self.before == Before::Keep && snapshot.lot_by_code(self.sale.id, &code)?.is_some() {
            faults.add("lot", format!("The sale has a lot {code} already."));
        }
        faults.when(self.nth >= MAX_LOTS as i64, "lot", "A sale has at most 10,000 lots.");
        let placed = Draft {
            closes: Some(Closes::At(closes_at)),
            soft_close: self.sale.terms.soft_close,
            ..draft.clone()
        };
        faults.join(placed.lot_faults((self.sale.stage == Stage::Published).then_some(self.now)));
        faults.join(self.close_faults(draft, closes_at));
        let section = section.map(text::one_line).filter(|section| !section.is_empty());
        let lot = NewLot { code, section, closes_at: own };
        Ok((Placed { lot, draft: placed, closes_at }, faults))
    }

    /// The close by the lot's place, and the lot's own if it has one or closes after the last lot of a published sale.
    fn closes(&self, draft: &Draft) -> (Time, Option<Time>) {
        let by_place = self.sale.terms.close_of(self.nth, None);
        let own = draft.closes.map(|closes| closes.at(self.now));
        let after_last = self.last_closes_at.map(|last| last.plus_s(self.sale.terms.every_s));
        (by_place, own.or(after_last.filter(|after_last| *after_last != by_place)))
    }

    /// What is wrong with the close of a lot. In a draft, one that follows from its place may have passed: the sale can
    /// still be moved, and is checked once it is published.
    fn close_faults(&self, draft: &Draft, closes_at: Time) -> Faults {
        let mut faults = Faults::default();
        let field = if matches!(draft.closes, Some(Closes::In { .. })) { "closes_in_s" } else { "closes_at" };
        if self.sale.terms.opens_at.is_some_and(|opens_at| closes_at <= opens_at) {
            faults.add(field, "The close must be after the opening of the sale.");
        } else if closes_at > self.now.plus_a_year() {
            faults.add(field, "The close must be at most a year ahead; this lot would close later.");
        } else if draft.closes.is_some() && closes_at < self.now.plus_ms(MIN_LIFE_S * 1_000 - ON_THE_WAY_MS) {
            faults.add(field, "The close must be at least 5 seconds ahead.");
        }
        faults
    }
}

/// The lot's code as it is kept, and what is wrong with it and the section.
fn place_faults(code: &str, section: Option<&str>) -> (String, Faults) {
    let mut faults = Faults::default();
    let code = lot_code(code).unwrap_or_else(|words| {
        faults.add("lot", words);
        String::new()
    });
    if let Some(section) = section.filter(|section| !section.trim().is_empty()) {
        faults.line("section", section, 1, 40);
    }
    (code, faults)
}

/// The last close of a published sale that may get more lots: it is not paused, and its first close is ahead. Lots that
/// were bought at once do not count.
fn last_close(snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Answer<Time> {
    let counts = snapshot.sale_counts(sale.id)?;
    if counts.n_paused > 0 {
        return Err(Refusal::PausedAlready.into());
    }
    if counts.n_open == 0 || counts.first_closes_at.is_some_and(|first| first <= now) {
        return Err(Refusal::FirstLotClosed.into());
    }
    Ok(counts.last_closes_at.unwrap_or(sale.terms.closes_at))
}
