//! Sales as a person with pencil and paper would keep them: a list of lots each, and the story of each lot's time.

use crate::books::{Books, invalid, no, wrong};
use crate::command::{NewLot, Said, Sale, WHY};
use crate::model::Time;

const MONTH_S: i64 = 30 * 86_400;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Published,
    Cancelled,
}

/// A sale: what was said of it, its rates, and its lots.
#[derive(Clone, Debug)]
pub struct Evening {
    pub sale: Sale,
    pub rates: (i64, i64),
    pub stage: Stage,
    pub published_at: Option<i64>,
    pub lots: Vec<(NewLot, Option<i64>)>,
}

impl Evening {
    /// A published sale has a listing for each lot.
    pub fn was_never_published(&self) -> bool {
        self.lots.iter().all(|(_, listing)| listing.is_none())
    }

    /// When the lot at this place is to close.
    fn close_of(&self, nth: usize, own: Option<i64>) -> i64 {
        own.unwrap_or(self.sale.closes_at + nth as i64 * self.sale.every_s * 1_000)
    }
}

impl Books {
    pub fn evening(&self, n: i64) -> Option<&Evening> {
        self.sales.iter().find(|evening| evening.sale.n == n)
    }

    fn change(&mut self, n: i64) -> &mut Evening {
        self.sales.iter_mut().find(|evening| evening.sale.n == n).unwrap()
    }

    /// Its listings, those of a section if one is named.
    pub fn listings_of(&self, n: i64, section: Option<i64>) -> Vec<i64> {
        let lots = self.evening(n).unwrap().lots.iter();
        lots.filter(|(lot, _)| section.is_none() || lot.section == section)
            .filter_map(|(_, id)| *id)
            .collect()
    }

    pub fn is_paused(&self, n: i64) -> bool {
        let mut lots = self.listings_of(n, None).into_iter().filter(|id| self.is_open(*id));
        lots.any(|id| self.lot(id).unwrap().paused_since().is_some())
    }

    /// The first close and the last, as they stand; of lots that were bought at once or cancelled only if no other is
    /// left.
    pub fn closes_of(&self, n: i64) -> Option<(i64, i64)> {
        let evening = self.evening(n).unwrap();
        let of_draft =
            |(nth, (lot, _)): (usize, &(NewLot, Option<i64>))| evening.close_of(nth, lot.closes_at);
        let closes: Vec<i64> = if evening.was_never_published() {
            evening.lots.iter().enumerate().map(of_draft).collect()
        } else {
            let lots = self.listings_of(n, None);
            let counts = |id: &&i64| {
                let end = self.end_of(**id);
                end.is_none_or(|end| end.reason != Some("buy_now") && end.outcome != "cancelled")
            };
            let left: Vec<i64> = lots.iter().filter(counts).map(|id| self.closes_at(*id)).collect();
            if left.is_empty() { lots.iter().map(|id| self.closes_at(*id)).collect() } else { left }
        };
        Some((closes.iter().copied().min()?, closes.iter().copied().max()?))
    }

    pub fn add_sale(&mut self, sale: &Sale, now: i64) -> Said {
        if self.evening(sale.n).is_some() {
            return no("taken");
        }
        let mut wrong = Vec::new();
        if sale.opens_at.is_some_and(|at| at >= sale.closes_at) {
            wrong.push("opens_at");
        }
        if sale.closes_at <= now {
            wrong.push("closes_at");
        }
        if let Some(refused) = invalid(wrong) {
            return Err(refused);
        }
        let rates = (self.whole("premium_bps"), self.whole("commission_bps"));
        let lots = Vec::new();
        self.sales.push(Evening { sale: sale.clone(), rates, stage: Stage::Draft, published_at: None, lots });
        Ok(crate::command::code(sale.n))
    }

    pub fn add_lot(&mut self, lot: &NewLot, now: i64) -> Said {
        let Some(evening) = self.evening(lot.sale).cloned() else { return no("not_found") };
        let is_published = evening.stage == Stage::Published;
        if evening.stage == Stage::Cancelled
            || is_published && (self.is_paused(lot.sale) || self.has_begun_to_close(lot.sale, now))
        {
            return no("not_allowed");
        }
        let nth = evening.lots.len();
        let last = self.closes_of(lot.sale).filter(|_| is_published).map(|(_, last)| last);
        let last = last.or(is_published.then_some(evening.sale.closes_at));
        let own = lot.closes_at.or(last.map(|last| last + evening.sale.every_s * 1_000));
        let close = evening.close_of(nth, own);
        let mut wrong = wrong(&lot.offer_of(&evening));
        let is_checked = is_published || lot.closes_at.is_some();
        if is_checked && close < now + 4_500 || evening.sale.opens_at.is_some_and(|at| close <= at) {
            wrong.push("closes_at");
        }
        if evening.lots.iter().any(|(other, _)| other.code == lot.code) {
            wrong.push("lot");
        }
        if let Some(refused) = invalid(wrong) {
            return Err(refused);
        }
        if self.person(lot.seller).state != "active" {
            return no("not_allowed");
        }
        let lot = NewLot { closes_at: own, ..lot.clone() };
        let id = is_published.then(|| self.put_up_lot(&evening, &lot, close, now));
        self.change(lot.sale).lots.push((lot.clone(), id));
        Ok(format!("A{} at {nth} is {id:?}", lot.code))
    }

    /// Whether its first close has passed, or all its lots have ended.
    fn has_begun_to_close(&self, n: i64, now: i64) -> bool {
        let has_open = self.listings_of(n, None).into_iter().any(|id| self.is_open(id));
        !has_open || self.closes_of(n).is_some_and(|(first, _)| first <= now)
    }

    fn put_up_lot(&mut self, evening: &Evening, lot: &NewLot, close: i64, now: i64) -> i64 {
        let mut terms = self.terms(lot.seller, &lot.offer_of(evening), evening.rates, close, now);
        terms.opens_at = evening.sale.opens_at;
        self.put_up(terms).0
    }

    pub fn publish(&mut self, n: i64, now: i64) -> Said {
        let Some(evening) = self.evening(n).cloned() else { return no("not_found") };
        if evening.stage != Stage::Draft {
            return no("not_allowed");
        }
        let Some((first, last)) = self.closes_of(n) else { return no("invalid lots") };
        let is_wrong =
            |close: i64| close < now + 5_000 || evening.sale.opens_at.is_some_and(|at| close <= at);
        let mut closes =
            evening.lots.iter().enumerate().map(|(nth, (lot, _))| evening.close_of(nth, lot.closes_at));
        if closes.any(is_wrong) {
            return no("invalid closes_at");
        }
        if evening.lots.iter().any(|(lot, _)| self.person(lot.seller).state != "active") {
            return no("invalid seller");
        }
        for (nth, (lot, _)) in evening.lots.iter().enumerate() {
            let id = self.put_up_lot(&evening, lot, evening.close_of(nth, lot.closes_at), now);
            self.change(n).lots[nth].1 = Some(id);
        }
        self.change(n).stage = Stage::Published;
        self.change(n).published_at = Some(now);
        Ok(format!("{} lots from {first} to {last}", evening.lots.len()))
    }

    pub fn postpone(&mut self, n: i64, by_s: i64, section: Option<i64>, now: i64) -> Said {
        if !(1..=MONTH_S).contains(&by_s) {
            return no("invalid by");
        }
        let published = self.evening(n).filter(|evening| evening.stage == Stage::Published);
        if published.is_some() && section.is_some() && self.listings_of(n, section).is_empty() {
            return no("invalid section");
        }
        self.each(n, section, Time::Postponed { by_s }, "extended", |lot| !lot.is_past(now))
    }

    pub fn pause(&mut self, n: i64, now: i64) -> Said {
        if self.evening(n).is_some() && self.is_paused(n) {
            return no("not_allowed");
        }
        self.each(n, None, Time::Paused { at: now }, "paused", |lot| !lot.is_past(now))
    }

    pub fn resume(&mut self, n: i64, now: i64) -> Said {
        self.each(n, None, Time::Resumed { at: now }, "resumed", |lot| lot.paused_since().is_some())
    }

    /// Does it to each open lot to which it can be done.
    fn each(
        &mut self,
        n: i64,
        section: Option<i64>,
        time: Time,
        kind: &'static str,
        can_be: impl Fn(&crate::model::Lot) -> bool,
    ) -> Said {
        let Some(evening) = self.evening(n) else { return no("not_found") };
        if evening.stage != Stage::Published {
            return no("not_allowed");
        }
        let mut closes = Vec::new();
        for id in self.listings_of(n, section) {
            if self.is_open(id) && can_be(self.lot(id).unwrap()) {
                self.happen(id, time);
                self.tell(kind, Some(id), None);
                closes.push(self.closes_at(id));
            }
        }
        let (Some(first), Some(last)) = (closes.iter().min(), closes.iter().max()) else {
            return no("not_allowed");
        };
        Ok(format!("{} lots from {first} to {last}", closes.len()))
    }

    fn happen(&mut self, id: i64, time: Time) {
        let lot = &mut self.lots[id as usize - 1];
        lot.times.push((lot.bids.len(), time));
    }

    pub fn cancel_sale(&mut self, n: i64, now: i64) -> Said {
        let Some(stage) = self.evening(n).map(|evening| evening.stage) else { return no("not_found") };
        let lots: Vec<i64> = self.listings_of(n, None).into_iter().filter(|id| self.is_open(*id)).collect();
        let lots: Vec<i64> = lots.into_iter().filter(|id| !self.lot(*id).unwrap().is_past(now)).collect();
        match stage {
            Stage::Cancelled => return Ok("0 cancelled".into()),
            Stage::Published if lots.is_empty() => return no("not_allowed"),
            Stage::Published | Stage::Draft => {}
        }
        for id in &lots {
            let closes_at = self.closes_at(*id);
            self.end_without_sale(*id, "cancelled", WHY, closes_at, now);
        }
        self.change(n).stage = Stage::Cancelled;
        Ok(format!("{} cancelled", lots.len()))
    }

    /// Whether its sale was cancelled while it waited for a server.
    fn is_of_cancelled(&self, id: i64) -> bool {
        let cancelled = self.sales.iter().filter(|evening| evening.stage == Stage::Cancelled);
        cancelled.map(|evening| evening.sale.n).any(|n| self.listings_of(n, None).contains(&id))
    }

    /// A server is back; how many listings that prolongs. One that is alone in a paused sale to run is paused, too.
    pub fn come_back(&mut self, now: i64) -> usize {
        let (away, mut n) = (Time::Away { from: self.last_beat, until: now }, 0);
        let paused: Vec<i64> =
            self.sales.iter().map(|evening| evening.sale.n).filter(|n| self.is_paused(*n)).collect();
        for id in self.open_lots() {
            let before = self.closes_at(id);
            self.happen(id, away);
            if self.closes_at(id) == before {
                continue;
            }
            if self.is_of_cancelled(id) {
                self.lots[id as usize - 1].times.pop();
                self.end_without_sale(id, "cancelled", WHY, before, now);
                continue;
            }
            n += 1;
            self.tell("extended", Some(id), None);
            let is_of_paused = paused.iter().any(|sale| self.listings_of(*sale, None).contains(&id));
            if is_of_paused && self.lot(id).unwrap().paused_since().is_none() {
                self.happen(id, Time::Paused { at: now });
                self.tell("paused", Some(id), None);
            }
        }
        self.last_beat = now;
        n
    }
}

impl NewLot {
    /// What is offered, with the soft close of its sale.
    fn offer_of(&self, evening: &Evening) -> crate::command::Offer {
        crate::command::Offer { soft: evening.sale.soft, ..self.offer.clone() }
    }
}
