//! The whole house as a person with pencil and paper would keep it: people, listings, a list of postings, a list of what
//! was told. Balances, holds and prices are worked out anew whenever they are asked for.
//!
//! To teach it a new rule: a new [`Command`], an arm in [`Books::say`], and what it changes to see in `picture.rs`.

use crate::command::{Bid, Command, Offer, Said};
use crate::desk::Desk;
use crate::model::{Lot, Made, No, Terms, rate};
use crate::sales::Evening;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub const HOUSE: i64 = 0;
pub const OUTSIDE: i64 = -1;
/// The settings that are changed here, each with its default.
pub const SETTINGS: [(&str, &str); 6] = [
    ("premium_bps", "0"),
    ("commission_bps", "0"),
    ("default_credit", "0"),
    ("sign_up", "open"),
    ("outage", "settle"),
    ("outage_s", "300"),
];
pub const LARGEST: i64 = 1_000_000_000_000_000;
/// A server that has not been seen for so long is away.
const SILENT_MS: i64 = 20_000;
/// How near a close one waits for.
pub const WAIT_MS: i64 = 90_000;

#[derive(Clone, Debug)]
pub struct Person {
    /// Of the email address; 0 for a guest without one.
    pub n: i64,
    pub state: &'static str,
    pub limit: i64,
    /// The versions of the terms that they accepted, and when.
    pub accepted: Vec<(i64, i64)>,
}

/// Money that moved, all of it at once.
#[derive(Clone, Debug, Default)]
pub struct Move {
    pub cause: &'static str,
    pub settlement: Option<i64>,
    pub postings: Vec<(i64, i64)>,
    /// Of a payment: how it was made.
    pub method: Option<&'static str>,
    /// The pass that took the payment, or voided it.
    pub pass: Option<i64>,
    /// The payment that is voided.
    pub voids: Option<i64>,
    /// Of a payment and its void.
    pub at: i64,
}

/// How a listing ended.
#[derive(Clone, Debug)]
pub struct End {
    pub id: i64,
    pub lot: i64,
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub buyer: Option<i64>,
    pub hammer: Option<i64>,
    pub premium: Option<i64>,
    pub commission: Option<i64>,
    pub closed_at: i64,
    pub settled_at: i64,
}

/// An event: its kind, the listing it is about, the person it is for.
pub type Told = (&'static str, Option<i64>, Option<i64>);

#[derive(Clone, Debug, Default)]
pub struct Books {
    pub people: Vec<Person>,
    pub lots: Vec<Lot>,
    pub ends: Vec<End>,
    pub moves: Vec<Move>,
    pub told: Vec<Told>,
    /// When the last event was told; nothing happens before it.
    pub told_at: i64,
    /// What was answered under a key, and to which content.
    answers: BTreeMap<(i64, i64), (String, String)>,
    settings: BTreeMap<&'static str, String>,
    /// The text of each version of the terms, and when it was published.
    pub terms: Vec<(i64, i64)>,
    /// The version under which a bid was made, by the listing and its place among the bids of people.
    pub bid_terms: BTreeMap<(i64, usize), i64>,
    pub sales: Vec<Evening>,
    /// Whether it is on several machines.
    pub has_journal: bool,
    /// When the server last said that it was there.
    pub last_beat: i64,
    pub desk: Desk,
    /// Reversals and voids may leave a person with less than nothing.
    pub n_taken_back: usize,
}

impl Books {
    pub fn of(has_journal: bool) -> Books {
        Books { has_journal, ..Books::default() }
    }

    pub fn person(&self, who: i64) -> &Person {
        &self.people[usize::try_from(who - 1).unwrap()]
    }

    pub fn lot(&self, id: i64) -> Option<&Lot> {
        self.lots.get(usize::try_from(id - 1).ok()?)
    }

    pub fn end_of(&self, lot: i64) -> Option<&End> {
        self.ends.iter().find(|end| end.lot == lot)
    }

    pub fn is_open(&self, lot: i64) -> bool {
        self.lot(lot).is_some() && self.end_of(lot).is_none()
    }

    pub fn open_lots(&self) -> Vec<i64> {
        (1..=self.lots.len() as i64).filter(|lot| self.is_open(*lot)).collect()
    }

    pub fn balance(&self, who: i64) -> i64 {
        let postings = self.moves.iter().flat_map(|a_move| &a_move.postings);
        postings.filter(|(purse, _)| *purse == who).map(|(_, amount)| amount).sum()
    }

    pub fn held(&self, who: i64) -> i64 {
        let lots = self.open_lots().into_iter().map(|lot| self.lot(lot).unwrap());
        lots.filter(|lot| lot.best().is_some_and(|(leader, _)| leader == who)).map(Lot::held).sum()
    }

    pub fn available(&self, who: i64) -> i64 {
        self.balance(who) + self.person(who).limit - self.held(who)
    }

    pub fn closes_at(&self, lot: i64) -> i64 {
        let bought = self.end_of(lot).filter(|end| end.reason == Some("buy_now"));
        bought.map_or_else(|| self.lot(lot).unwrap().closes_at(), |end| end.settled_at)
    }

    pub fn setting(&self, key: &str, otherwise: &str) -> String {
        self.settings.get(key).cloned().unwrap_or_else(|| otherwise.to_owned())
    }

    pub fn whole(&self, key: &str) -> i64 {
        self.setting(key, "0").parse().unwrap()
    }

    pub fn purse(&self, who: i64) -> String {
        format!(
            "balance {}, held {}, limit {}, available {}",
            self.balance(who),
            self.held(who),
            self.person(who).limit,
            self.available(who)
        )
    }

    /// What the house must say to this command at `clock`, and what it must have done then.
    pub fn say(&mut self, command: &Command, clock: i64) -> Said {
        let now = clock.max(self.told_at);
        let n_told = self.told.len();
        let said = self.decide(command, clock, now);
        // No write comes before the newest terms either.
        let has_published = matches!(command, Command::PublishTerms { .. })
            && said.as_ref().is_ok_and(|said| said.ends_with("true"));
        if self.told.len() > n_told || has_published {
            self.told_at = now;
        }
        said
    }

    fn decide(&mut self, command: &Command, clock: i64, now: i64) -> Said {
        match command {
            Command::Open { n, by_admin } => self.open(*n, *by_admin, None, now),
            Command::Join { n, terms } => self.open(*n, false, *terms, now),
            Command::PublishTerms { text } => Ok(self.publish_terms(*text, now)),
            Command::Accept { who, version } => self.accept(*who, *version, now),
            Command::Credit { who, amount } => self.credit(*who, *amount),
            Command::Debit { who, amount, into_credit } => self.debit(*who, *amount, *into_credit),
            Command::Limit { who, limit } => self.limit(*who, *limit),
            Command::Suspend { who } => self.put_state(*who, "suspended"),
            Command::Restore { who } => self.put_state(*who, "active"),
            Command::Set { key, value } => self.set(key, value),
            Command::List { seller, offer } => self.list(*seller, offer, now),
            Command::Bid(bid) => self.bid(bid, now),
            Command::Buy { listing, who } => self.buy(*listing, *who, now),
            Command::Cancel { listing, by } => self.cancel(*listing, *by, now),
            Command::Settle { listing } => self.settle(*listing, clock, now),
            Command::SettleDue => Ok(self.settle_due(clock, now)),
            Command::Reverse { settlement } => self.reverse(*settlement),
            Command::Sync => Ok("done".into()),
            Command::Beat => Ok(format!("{} prolonged", self.beat(now))),
            Command::AddSale(sale) => self.add_sale(sale, now),
            Command::AddLot(lot) => self.add_lot(lot, now),
            Command::Publish { sale } => self.publish(*sale, now),
            Command::Postpone { sale, by_s, section } => self.postpone(*sale, *by_s, *section, now),
            Command::Pause { sale } => self.pause(*sale, now),
            Command::Resume { sale } => self.resume(*sale, now),
            Command::CancelSale { sale } => self.cancel_sale(*sale, now),
            Command::OpenPass(pass) => self.open_pass(pass, now),
            Command::ShutPass { name } => self.shut_pass(*name, now),
            Command::AtDesk(asked) => self.at_desk(asked, now),
            Command::Register { sale, guest } => self.register(*sale, guest, now),
            Command::VoidPayment { payment } => self.void(*payment, None, now).map(|who| self.purse(who)),
            Command::TakePayment { who, amount, method } => self.pay_an_admin(*who, *amount, method, now),
            Command::HandOver { listing, why } => self.hand_over_by_admin(*listing, *why, now),
        }
    }

    /// The newest version of the terms.
    pub fn newest(&self) -> Option<i64> {
        (!self.terms.is_empty()).then_some(self.terms.len() as i64)
    }

    /// Whether somebody has still to accept the newest terms.
    pub fn is_behind(&self, who: i64) -> bool {
        let last = self.person(who).accepted.iter().map(|(version, _)| *version).max();
        self.newest().is_some() && last != self.newest()
    }

    fn unaccepted(&self) -> Said {
        Err(format!("terms_not_accepted {}", self.newest().unwrap()))
    }

    fn publish_terms(&mut self, text: i64, now: i64) -> String {
        let is_new = self.terms.last().is_none_or(|(newest, _)| *newest != text);
        if is_new {
            self.terms.push((text, now));
        }
        format!("version {}, new: {is_new}", self.terms.len())
    }

    fn accept(&mut self, who: i64, version: i64, now: i64) -> Said {
        let Some(newest) = self.newest() else { return no("not_found") };
        if version < 1 || version > newest {
            return no("invalid version");
        }
        if version < newest {
            return self.unaccepted();
        }
        if self.is_behind(who) {
            self.people[who as usize - 1].accepted.push((version, now));
            self.tell("funds", None, Some(who));
        }
        Ok("done".into())
    }

    fn open(&mut self, n: i64, by_admin: bool, terms: Option<i64>, now: i64) -> Said {
        let sign_up = self.setting("sign_up", "open");
        if !by_admin && sign_up == "closed" {
            return no("not_allowed");
        }
        let newest = self.newest().filter(|_| !by_admin);
        if newest.is_some() && terms != newest {
            return self.unaccepted();
        }
        if self.people.iter().any(|person| person.n == n) {
            return no("taken");
        }
        let state = if !by_admin && sign_up == "approval" { "pending" } else { "active" };
        let limit = self.whole("default_credit");
        let accepted = newest.map(|version| (version, now)).into_iter().collect();
        self.people.push(Person { n, state, limit, accepted });
        if newest.is_some() {
            self.tell("funds", None, Some(self.people.len() as i64));
        }
        Ok(format!("account {}", self.people.len()))
    }

    fn credit(&mut self, who: i64, amount: i64) -> Said {
        if !(1..=LARGEST).contains(&amount) {
            return no("invalid amount");
        }
        self.move_money("credit", None, &[(who, amount), (OUTSIDE, -amount)]);
        self.tell("funds", None, Some(who));
        Ok(self.purse(who))
    }

    /// What is lent to somebody is not paid out to them, unless an admin insists.
    fn debit(&mut self, who: i64, amount: i64, into_credit: bool) -> Said {
        if !(1..=LARGEST).contains(&amount) {
            return no("invalid amount");
        }
        let own = (self.balance(who) - self.held(who)).max(0);
        let most = if into_credit { self.available(who) } else { own };
        if most < amount {
            return Err(format!("insufficient_funds {most}"));
        }
        self.move_money("debit", None, &[(who, -amount), (OUTSIDE, amount)]);
        self.tell("funds", None, Some(who));
        Ok(self.purse(who))
    }

    fn limit(&mut self, who: i64, limit: i64) -> Said {
        let before = self.person(who).limit;
        if !(0..=LARGEST).contains(&limit) {
            return no("invalid limit");
        }
        if limit < before && self.available(who) - before + limit < 0 {
            return Err(format!("insufficient_funds {}", self.available(who)));
        }
        self.people[who as usize - 1].limit = limit;
        self.tell("funds", None, Some(who));
        Ok(self.purse(who))
    }

    fn put_state(&mut self, who: i64, state: &'static str) -> Said {
        self.people[who as usize - 1].state = state;
        Ok("done".into())
    }

    fn set(&mut self, key: &'static str, value: &str) -> Said {
        let good = match key {
            "sign_up" => ["open", "approval", "closed"].contains(&value),
            "outage" => ["settle", "extend"].contains(&value),
            "default_credit" => (0..=LARGEST).contains(&value.parse().unwrap()),
            _ => (0..=10_000).contains(&value.parse().unwrap()),
        };
        if !good {
            return Err(format!("invalid {key}"));
        }
        self.settings.insert(key, value.to_owned());
        Ok("done".into())
    }

    fn list(&mut self, seller: i64, offer: &Offer, now: i64) -> Said {
        if self.person(seller).state != "active" {
            return no("not_allowed");
        }
        let mut wrong = wrong(offer);
        if offer.closes_in_s < 5 {
            wrong.push("closes_in_s");
        }
        if let Some(refused) = invalid(wrong) {
            return Err(refused);
        }
        let rates = (self.whole("premium_bps"), self.whole("commission_bps"));
        let terms = self.terms(seller, offer, rates, now + offer.closes_in_s * 1_000, now);
        let (id, first_close) = self.put_up(terms);
        Ok(format!("listing {id}, closes {first_close}"))
    }

    /// The terms of an offer that closes then, with the premium and the commission, outside of sales.
    pub fn terms(&self, seller: i64, offer: &Offer, rates: (i64, i64), first_close: i64, now: i64) -> Terms {
        Terms {
            seller,
            opening: offer.opening,
            reserve: offer.reserve,
            buy_now: offer.buy_now,
            increment: offer.increment,
            first_close,
            soft: offer.soft,
            premium_bps: rates.0,
            commission_bps: rates.1,
            made_at: now,
            outage_s: (self.setting("outage", "settle") == "extend")
                .then(|| self.setting("outage_s", "300").parse().unwrap()),
            opens_at: None,
        }
    }

    /// Its number, and when it closes.
    pub fn put_up(&mut self, terms: Terms) -> (i64, i64) {
        let first_close = terms.first_close;
        self.lots.push(Lot { terms, ..Lot::default() });
        let id = self.lots.len() as i64;
        self.tell("listed", Some(id), None);
        (id, first_close)
    }

    fn bid(&mut self, bid: &Bid, now: i64) -> Said {
        if let Some(refused) = wrong_bid(bid.amount, bid.max) {
            return Err(refused);
        }
        if let Some((content, answer)) = bid.key.and_then(|key| self.answers.get(&(bid.who, key))) {
            let same = *content == bid.content();
            return if same { Ok(answer.clone()) } else { no("invalid Idempotency-Key") };
        }
        let made = Made { who: bid.who, amount: bid.amount, max: bid.max.unwrap_or(bid.amount), at: now };
        let nth = self.lot(bid.listing).map_or(0, |lot| lot.bids.len());
        let answer = self.take_bid(bid.listing, made, self.is_behind(bid.who))?;
        let under = self.newest().map_or("no terms".to_owned(), |version| {
            self.bid_terms.insert((bid.listing, nth), version);
            hash(self.terms[version as usize - 1].0)
        });
        let answer = format!("{answer}; under {under}");
        if let Some(key) = bid.key {
            self.answers.insert((bid.who, key), (bid.content(), answer.clone()));
        }
        Ok(answer)
    }

    /// Whoever makes it, and wherever it comes from; `is_behind` of who has to accept the terms first.
    pub fn take_bid(&mut self, id: i64, made: Made, is_behind: bool) -> Said {
        let Some(lot) = self.lot(id) else { return no("not_found") };
        if !self.is_open(id) {
            return no("listing_closed");
        }
        let suspended = self.person(made.who).state != "active";
        match lot.why_not(made, suspended || is_behind, self.available(made.who)) {
            Some(No::NotAllowed) if is_behind && !suspended => self.unaccepted(),
            Some(refused) => Err(words(refused)),
            None => Ok(self.place(id, made)),
        }
    }

    fn place(&mut self, id: i64, made: Made) -> String {
        let before = self.lot(id).unwrap().clone();
        self.lots[id as usize - 1].bids.push(made);
        let lot = self.lot(id).unwrap().clone();
        let answered = lot.is_answered(lot.bids.len() - 1);
        let (leader, _) = lot.best().unwrap();
        let leads = leader == made.who;
        self.tell("bid", Some(id), None);
        if answered {
            self.tell("bid", Some(id), None);
        }
        if lot.closes_at() != before.closes_at() {
            self.tell("extended", Some(id), None);
        }
        let cursor = self.told.len();
        if leads {
            self.tell("funds", None, Some(made.who));
        } else {
            self.tell("outbid", Some(id), Some(made.who));
        }
        if let Some((old, _)) = before.best().filter(|(old, _)| leads && *old != made.who) {
            self.tell("outbid", Some(id), Some(old));
            self.tell("funds", None, Some(old));
        }
        format!(
            "bid {} at {}, max {}, leads {leads}; open price {} minimum {} leader {leader} bids {} reserve met {} buy-now {} closes {}; cursor {cursor}",
            before.n_rows() + 1,
            made.amount,
            made.max,
            lot.price().unwrap(),
            lot.minimum(),
            lot.n_rows(),
            lot.reserve_met().map_or("null".into(), |met| met.to_string()),
            lot.buy_now().is_some(),
            lot.closes_at()
        )
    }

    fn buy(&mut self, id: i64, who: i64, now: i64) -> Said {
        let Some(lot) = self.lot(id) else { return no("not_found") };
        let own = if lot.best().is_some_and(|(leader, _)| leader == who) { lot.held() } else { 0 };
        let available = if self.is_open(id) { self.available(who) + own } else { 0 };
        if !self.is_open(id) {
            return no("listing_closed");
        }
        if let Some(shut) = lot.why_shut(now) {
            return no(shut.code());
        }
        if lot.terms.seller == who {
            return no("own_listing");
        }
        if self.person(who).state != "active" {
            return no("not_allowed");
        }
        if self.is_behind(who) {
            return self.unaccepted();
        }
        let Some(price) = lot.terms.buy_now else { return no("invalid buy_now") };
        if lot.buy_now().is_none() {
            no("taken")
        } else if available < lot.with_premium(price) {
            Err(format!("insufficient_funds {available}"))
        } else {
            if let Some((leader, _)) = lot.best().filter(|(leader, _)| *leader != who) {
                self.tell("outbid", Some(id), Some(leader));
            }
            Ok(self.sell(id, who, price, Some("buy_now"), now, now))
        }
    }

    fn cancel(&mut self, id: i64, by: Option<i64>, now: i64) -> Said {
        let Some(lot) = self.lot(id) else { return no("not_found") };
        if by.is_some_and(|by| by != lot.terms.seller) {
            no("not_allowed")
        } else if !self.is_open(id) || lot.is_past(now) {
            no("listing_closed")
        } else if by.is_some() && !lot.bids.is_empty() {
            no("not_allowed")
        } else {
            let closes_at = lot.closes_at();
            self.end_without_sale(id, "cancelled", crate::command::WHY, closes_at, now);
            Ok("done".into())
        }
    }

    fn settle(&mut self, id: i64, clock: i64, now: i64) -> Said {
        let Some(lot) = self.lot(id) else { return no("not_found") };
        let closes_at = lot.closes_at();
        if self.is_open(id)
            && let Some(since) = lot.paused_since()
        {
            return Ok(format!("paused since {since}"));
        }
        if self.is_open(id) && clock < closes_at {
            assert!(closes_at - clock > WAIT_MS, "the simulation does not wait");
            return Ok(format!("not due before {closes_at}"));
        }
        if self.is_open(id) && self.waits(id, now) {
            self.close_all(now);
            return Ok(format!("waits since {closes_at}"));
        }
        if self.is_open(id) {
            let told = self.close(id, now);
            self.close_all(now);
            return Ok(told);
        }
        Ok(statement(self.end_of(id).unwrap()))
    }

    /// The same where the others could not be settled with it.
    pub fn settle_alone(&mut self, id: i64, clock: i64) {
        let now = clock.max(self.told_at);
        if self.is_open(id) && !self.waits(id, now) {
            self.close(id, now);
            self.told_at = now;
        }
    }

    /// Whether its close was seen by no server, of one that must be.
    fn waits(&self, id: i64, now: i64) -> bool {
        let seen_until = if now - self.last_beat > SILENT_MS { self.last_beat } else { now };
        let lot = self.lot(id).unwrap();
        lot.terms.outage_s.is_some() && lot.closes_at() > seen_until
    }

    fn settle_due(&mut self, clock: i64, now: i64) -> String {
        let is_any_due = self.open_lots().into_iter().any(|lot| self.lot(lot).unwrap().is_past(clock));
        if is_any_due { self.close_all(now).join("; ") } else { String::new() }
    }

    /// Whoever settles one settles all whose close has passed, the soonest first.
    fn close_all(&mut self, now: i64) -> Vec<String> {
        let mut due: Vec<(i64, i64)> =
            self.open_lots().into_iter().map(|lot| (self.closes_at(lot), lot)).collect();
        due.retain(|(_, lot)| self.lot(*lot).unwrap().is_past(now) && !self.waits(*lot, now));
        due.sort_unstable();
        due.into_iter().map(|(_, lot)| self.close(lot, now)).collect()
    }

    /// The server starts, or starts again: whenever it was last seen, it was away until now.
    pub fn wake(&mut self, clock: i64) {
        let (now, n_told) = (clock.max(self.told_at), self.told.len());
        // Where others may have served, only silence is an outage.
        if !self.has_journal || now - self.last_beat > SILENT_MS {
            self.come_back(now);
        }
        self.last_beat = now;
        if self.told.len() > n_told {
            self.told_at = now;
        }
    }

    fn beat(&mut self, now: i64) -> usize {
        let n = if now - self.last_beat > SILENT_MS { self.come_back(now) } else { 0 };
        self.last_beat = now;
        n
    }

    /// The close has passed: whoever is best gets it, if the reserve is met.
    fn close(&mut self, id: i64, now: i64) -> String {
        let lot = self.lot(id).unwrap();
        let closes_at = lot.closes_at();
        match lot.outcome() {
            Ok((winner, hammer)) => self.sell(id, winner, hammer, None, closes_at, now),
            Err(reason) => self.end_without_sale(id, "unsold", reason, closes_at, now),
        }
    }

    fn sell(
        &mut self,
        id: i64,
        buyer: i64,
        hammer: i64,
        reason: Option<&'static str>,
        closed_at: i64,
        now: i64,
    ) -> String {
        let lot = self.lot(id).unwrap().clone();
        let premium = rate(hammer, lot.terms.premium_bps);
        let commission = rate(hammer, lot.terms.commission_bps);
        let settlement = self.ends.len() as i64 + 1;
        self.ends.push(End {
            id: settlement,
            lot: id,
            outcome: "sold",
            reason,
            buyer: Some(buyer),
            hammer: Some(hammer),
            premium: Some(premium),
            commission: Some(commission),
            closed_at,
            settled_at: now,
        });
        let seller = lot.terms.seller;
        let postings =
            [(buyer, -hammer - premium), (seller, hammer - commission), (HOUSE, premium + commission)];
        self.move_money("sale", Some(settlement), &postings);
        self.tell("settled", Some(id), None);
        self.tell("won", Some(id), Some(buyer));
        self.tell("funds", None, Some(buyer));
        self.tell("funds", None, Some(seller));
        if let Some((leader, _)) = lot.best().filter(|(leader, _)| *leader != buyer) {
            self.tell("funds", None, Some(leader));
        }
        statement(self.ends.last().unwrap())
    }

    pub fn end_without_sale(
        &mut self,
        id: i64,
        outcome: &'static str,
        reason: &'static str,
        closed_at: i64,
        now: i64,
    ) -> String {
        let leader = self.lot(id).unwrap().best();
        self.ends.push(End {
            id: self.ends.len() as i64 + 1,
            lot: id,
            outcome,
            reason: Some(reason),
            buyer: None,
            hammer: None,
            premium: None,
            commission: None,
            closed_at,
            settled_at: now,
        });
        self.tell(if outcome == "cancelled" { "cancelled" } else { "settled" }, Some(id), None);
        if let Some((leader, _)) = leader {
            self.tell("funds", None, Some(leader));
        }
        statement(self.ends.last().unwrap())
    }

    fn reverse(&mut self, settlement: i64) -> Said {
        if !self.ends.iter().any(|end| end.id == settlement) {
            return no("not_found");
        }
        let of = |cause: &str| {
            let mut moves = self.moves.iter();
            moves.find(|m| m.settlement == Some(settlement) && m.cause == cause).cloned()
        };
        let Some(sale) = of("sale") else { return no("not_allowed") };
        if of("reversal").is_some() {
            return no("taken");
        }
        let back: Vec<(i64, i64)> = sale.postings.iter().map(|(purse, amount)| (*purse, -amount)).collect();
        self.move_money("reversal", Some(settlement), &back);
        for (purse, _) in back.iter().filter(|(purse, _)| *purse != HOUSE) {
            self.tell("funds", None, Some(*purse));
        }
        self.n_taken_back += 1;
        Ok("done".into())
    }

    pub fn move_money(&mut self, cause: &'static str, settlement: Option<i64>, postings: &[(i64, i64)]) {
        let postings: Vec<(i64, i64)> = postings.iter().copied().filter(|(_, amount)| *amount != 0).collect();
        self.moves.push(Move { cause, settlement, postings, ..Move::default() });
    }

    pub fn tell(&mut self, kind: &'static str, listing: Option<i64>, person: Option<i64>) {
        self.told.push((kind, listing, person));
    }

    /// What must hold whatever happened.
    pub fn check(&self) {
        for a_move in &self.moves {
            let sum: i64 = a_move.postings.iter().map(|(_, amount)| amount).sum();
            assert_eq!(sum, 0, "{a_move:?}");
        }
        for who in 1..=self.people.len() as i64 {
            let available = self.available(who);
            assert!(available >= 0 || self.n_taken_back > 0, "{who} has {available}");
        }
        for lot in self.open_lots() {
            let lot = self.lot(lot).unwrap();
            let (Some(price), Some((_, max))) = (lot.price(), lot.best()) else { continue };
            assert!(lot.minimum() > price && max >= price && price >= lot.terms.opening, "{lot:?}");
        }
    }
}

/// The SHA-256 of the terms of this number.
pub fn hash(text: i64) -> String {
    let hash = Sha256::digest(crate::command::terms_text(text));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wrong with a bid, whatever it is on.
pub fn wrong_bid(amount: i64, max: Option<i64>) -> Option<String> {
    let good = |amount: i64| (1..=LARGEST).contains(&amount);
    match (good(amount), max) {
        (true, None) => None,
        (false, None) => Some("invalid amount".into()),
        (_, Some(max)) => {
            let wrong = [("amount", !good(amount)), ("max", !good(max) || max < amount)];
            invalid(wrong.iter().filter(|(_, wrong)| *wrong).map(|(field, _)| *field).collect())
        }
    }
}

/// The fields of an offer that are wrong, but for its close.
pub fn wrong(offer: &Offer) -> Vec<&'static str> {
    let floor = offer.opening.max(offer.reserve.unwrap_or(0));
    let (window, extension, cap) = offer.soft.unwrap_or((1, 1, 1));
    let amount = |amount: i64| (1..=LARGEST).contains(&amount);
    let all = [
        ("buy_now", offer.buy_now.is_some_and(|b| !amount(b) || b < floor)),
        ("increment", offer.increment.is_some_and(|i| !amount(i))),
        ("opening", !amount(offer.opening)),
        ("reserve", offer.reserve.is_some_and(|r| !amount(r) || r < offer.opening)),
        ("soft_close.cap_s", !(1..=30 * 86_400).contains(&cap)),
        ("soft_close.extension_s", !(1..=86_400).contains(&extension)),
        ("soft_close.window_s", !(1..=86_400).contains(&window)),
    ];
    all.iter().filter(|(_, wrong)| *wrong).map(|(field, _)| *field).collect()
}

/// The refusal that names these fields; none if there are none.
pub fn invalid(mut fields: Vec<&str>) -> Option<String> {
    fields.sort_unstable();
    fields.dedup();
    (!fields.is_empty()).then(|| format!("invalid {}", fields.join(" ")))
}

pub fn no(code: &str) -> Said {
    Err(code.to_owned())
}

fn words(refused: No) -> String {
    refused.figure().map_or_else(|| refused.code().to_owned(), |f| format!("{} {f}", refused.code()))
}

pub fn statement(end: &End) -> String {
    format!(
        "settlement {} of {}: {} {:?}, buyer {:?}, hammer {:?}, premium {:?}, commission {:?}, closed {}, settled {}",
        end.id,
        end.lot,
        end.outcome,
        end.reason,
        end.buyer,
        end.hammer,
        end.premium,
        end.commission,
        end.closed_at,
        end.settled_at
    )
}
