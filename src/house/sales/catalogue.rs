//! The catalogue of a sale, a page at a time, and a person's own lots in it.
//!
//! Terms come from memory and the standings of a page from one statement, so that 500 lots cost a few milliseconds.

use crate::house::bought::{Bought, Unpaid};
use crate::house::sales::shown;
use crate::house::sales::view::SaleView;
use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, Listing, ListingId, ListingState};
use crate::rules::money::Money;
use crate::rules::sale::SaleState;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::catalogue::LotNow;
use crate::store::sale_figures::SaleChange;
use crate::store::sales::{Sale, StoredLot};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The most lots on one page of a catalogue.
pub const MAX_LOTS_ON_PAGE: usize = 1_000;
/// How many of the lots that close next are shown.
pub const N_NEXT: i64 = 3;
/// The most lots of one person that are shown.
const MAX_OWN: i64 = 500;

/// A lot as its row shows it.
#[derive(Clone, Debug)]
pub struct LotLine {
    pub terms: Arc<Listing>,
    pub state: ListingState,
    pub now: LotNow,
}

/// A sale as it is shown above its lots.
#[derive(Clone, Debug)]
pub struct SaleHead {
    pub sale: SaleView,
    /// Why it was cancelled.
    pub why: Option<String>,
    /// Its postponements, pauses and resumes, in their order.
    pub changes: Vec<SaleChange>,
    /// The lots that close next, up to [`N_NEXT`].
    pub next: Vec<LotLine>,
    /// The cursor in the stream of events at which it was read.
    pub cursor: i64,
}

/// A section of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionStart {
    pub name: String,
    pub n_lots: usize,
    /// The place of its first lot among all lots of the catalogue, from 0.
    pub at: usize,
}

/// A page of a catalogue.
#[derive(Clone, Debug)]
pub struct CataloguePage {
    pub head: SaleHead,
    /// All sections of the sale, in the order of their first lots.
    pub sections: Vec<SectionStart>,
    /// Section by section, each in the order of the sale; lots without a section come first.
    pub lots: Vec<LotLine>,
    /// The number of lots before this page.
    pub after: usize,
    /// The `after` of the next page, if there is one.
    pub next_page: Option<usize>,
    /// The visitor's own lots, each with whether they bid on it.
    pub own: Vec<(ListingId, bool)>,
}

/// A lot that concerns a person.
#[derive(Clone, Debug)]
pub struct OwnLot {
    pub line: LotLine,
    /// They bid on it or bought it; if not, they watch it.
    pub has_bid: bool,
    /// Their maximum, while they lead.
    pub max: Option<Money>,
    /// What they pay for it, if they won it.
    pub bought: Option<Bought>,
}

impl SaleHead {
    /// The pause that has not ended.
    pub fn pause(&self) -> Option<&SaleChange> {
        running_pause(&self.changes).filter(|_| self.sale.line.state == SaleState::Paused)
    }
}

impl OwnLot {
    /// Sorts by what needs the person first: lots they were outbid on, other open lots, those that open later, what is
    /// to be paid, and what has ended; within each by the close.
    fn urgency(&self) -> (u8, Time, ListingId) {
        let is_owed = self.bought.as_ref().is_some_and(|bought| bought.owed > 0);
        let rank = match self.line.state {
            ListingState::Open | ListingState::Closing if self.has_bid && self.max.is_none() => 0,
            ListingState::Open | ListingState::Closing => 1,
            ListingState::Paused => 2,
            ListingState::Upcoming => 3,
            ListingState::Sold | ListingState::Unsold | ListingState::Cancelled if is_owed => 4,
            ListingState::Sold | ListingState::Unsold | ListingState::Cancelled => 5,
        };
        (rank, self.line.now.stored.standing.closes_at, self.line.terms.id)
    }
}

impl House {
    /// A page of a published sale's catalogue, from the lot after the first `after` on, with what concerns
    /// `person`; with no lots if `only_head`.
    /// Refuses `not_found`, for a draft too.
    pub fn catalogue_page(
        &self,
        code: &str,
        after: usize,
        only_head: bool,
        person: Option<AccountId>,
    ) -> Answer<CataloguePage> {
        self.answer(|snapshot| {
            let (sale, now) = (shown(snapshot, code)?, self.now_in(snapshot)?);
            let head = self.sale_head(snapshot, &sale, now)?;
            if only_head {
                let (sections, lots, own) = (Vec::new(), Vec::new(), Vec::new());
                return Ok(CataloguePage { head, sections, lots, after: 0, next_page: None, own });
            }
            let (sections, ids) = in_sections(snapshot.lots(sale.id)?);
            let end = after.saturating_add(MAX_LOTS_ON_PAGE).min(ids.len());
            let lots = self.lot_lines(snapshot, ids.get(after..end).unwrap_or_default(), now)?;
            let next_page = Some(end).filter(|end| *end < ids.len());
            let own = person.map(|person| snapshot.own_lots(sale.id, person, MAX_OWN)).transpose()?;
            Ok(CataloguePage { head, sections, lots, after, next_page, own: own.unwrap_or_default() })
        })
    }

    /// A sale with a person's own lots, the most urgent first. Refuses `not_found`, for a draft too.
    pub fn own_lots(&self, code: &str, account: AccountId) -> Answer<(SaleHead, Vec<OwnLot>)> {
        self.answer(|snapshot| {
            let (sale, now) = (shown(snapshot, code)?, self.now_in(snapshot)?);
            let head = self.sale_head(snapshot, &sale, now)?;
            let own = snapshot.own_lots(sale.id, account, MAX_OWN)?;
            let ids: Vec<ListingId> = own.iter().map(|(id, _)| *id).collect();
            let unpaid = Unpaid::of(snapshot, account)?;
            let lines = self.lot_lines(snapshot, &ids, now)?.into_iter().zip(own);
            let mut lots = lines
                .map(|(line, (id, has_bid))| {
                    let lead = line.now.stored.standing.lead.as_ref();
                    let max = lead.filter(|lead| lead.bidder == account).map(|lead| lead.max);
                    let bought = match (max, line.state) {
                        (Some(_), ListingState::Sold) => snapshot.settlement_of(id)?,
                        _ => None,
                    };
                    let bought = bought.as_ref().and_then(|end| unpaid.bought(end));
                    Ok(OwnLot { line, has_bid, max, bought })
                })
                .collect::<Result<Vec<OwnLot>>>()?;
            lots.sort_by_key(OwnLot::urgency);
            Ok((head, lots))
        })
    }

    /// Whether a sale was ever published: known from memory once there is one.
    pub fn has_sales(&self) -> Result<bool> {
        let has_any = self.has_sales.load(Ordering::Relaxed) || self.read(|snapshot| snapshot.has_sales())?;
        self.has_sales.store(has_any, Ordering::Relaxed);
        Ok(has_any)
    }

    fn sale_head(&self, snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Answer<SaleHead> {
        Ok(SaleHead {
            sale: SaleView::of(snapshot, sale, now)?,
            why: sale.why.clone(),
            changes: snapshot.sale_changes(sale.id)?,
            next: self.next_lots(snapshot, sale, now)?,
            cursor: snapshot.last_event()?.id,
        })
    }

    fn next_lots(&self, snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Result<Vec<LotLine>> {
        self.lot_lines(snapshot, &snapshot.next_lots(sale.id, now, N_NEXT)?, now)
    }

    fn lot_lines(&self, snapshot: &Snapshot<'_>, ids: &[ListingId], now: Time) -> Result<Vec<LotLine>> {
        let line = |lot: LotNow| {
            let terms = self.listing(snapshot, lot.listing)?;
            let terms = terms.with_context(|| format!("listing {} is gone", lot.listing))?;
            Ok(LotLine { state: lot.stored.state_at(&terms, now), terms, now: lot })
        };
        snapshot.lots_now(ids)?.into_iter().map(line).collect()
    }
}

/// The pause that no resume has ended: the first since the last resume, for a lot that an outage kept may join it later.
pub fn running_pause(changes: &[SaleChange]) -> Option<&SaleChange> {
    let since = changes.iter().rposition(|change| change.kind == "resume").map_or(0, |at| at + 1);
    changes[since..].iter().find(|change| change.kind == "pause")
}

/// The sections of a sale, and its listings section by section.
fn in_sections(lots: Vec<StoredLot>) -> (Vec<SectionStart>, Vec<ListingId>) {
    let mut groups: Vec<(Option<String>, Vec<ListingId>)> = vec![(None, Vec::new())];
    for lot in lots {
        let Some(listing) = lot.listing else { continue };
        match groups.iter_mut().find(|(section, _)| *section == lot.section) {
            Some((_, ids)) => ids.push(listing),
            None => groups.push((lot.section, vec![listing])),
        }
    }
    let (mut sections, mut all) = (Vec::new(), Vec::new());
    for (section, ids) in groups {
        if let Some(name) = section {
            sections.push(SectionStart { name, n_lots: ids.len(), at: all.len() });
        }
        all.extend(ids);
    }
    (sections, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sale::LotId;

    #[test]
    fn lots_stand_in_sections_in_the_order_of_their_first_lots() {
        let lot = |nth: i64, section: &str| StoredLot {
            id: LotId(nth),
            nth,
            code: format!("A{nth}"),
            section: Some(section.to_owned()).filter(|name| !name.is_empty()),
            closes_at: None,
            listing: Some(ListingId(nth)),
        };
        let lots = vec![lot(1, "Wine"), lot(2, ""), lot(3, "Art"), lot(4, "Wine")];
        let (sections, ids) = in_sections(lots);
        let start = |name: &str, n_lots, at| SectionStart { name: name.to_owned(), n_lots, at };
        assert_eq!(sections, [start("Wine", 2, 1), start("Art", 1, 3)]);
        assert_eq!(ids.iter().map(|id| id.0).collect::<Vec<_>>(), [2, 1, 4, 3]);
    }
}
