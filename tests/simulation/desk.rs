//! The desk as a person with pencil and paper would keep it: the passes, who has which number, what has been handed over,
//! and what was answered under a key. Bills are worked out from the list of moves whenever they are asked for: whatever was
//! ever put to an account's good is poured over its charges, the oldest first.

use crate::at_desk::{AtDesk, NewGuest, NewPass, What, lot_code, till};
use crate::books::{Books, LARGEST, Move, OUTSIDE, Person, invalid, no};
use crate::command::{Said, code};
use crate::model::Made;
use crate::sales::Stage;
use std::collections::{BTreeMap, BTreeSet};

const MOST_NUMBER: i64 = 99_999;
const MONTH_MS: i64 = 30 * 86_400_000;
pub const METHODS: [&str; 4] = ["cash", "card", "bank", "other"];

/// A pass as it was opened, and when it was shut.
#[derive(Clone, Debug)]
pub struct Pass {
    pub asked: NewPass,
    pub made_at: i64,
    pub shut_at: Option<i64>,
}

impl Pass {
    pub fn holds(&self, now: i64) -> bool {
        self.shut_at.is_none() && now < self.asked.ends_at
    }

    pub fn may(&self, right: &str) -> bool {
        self.asked.may.split(',').any(|one| one == right)
    }
}

/// A number that was given to somebody.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub who: i64,
    pub at: i64,
    pub pass: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct Desk {
    pub passes: Vec<Pass>,
    /// By sale and number.
    pub numbers: BTreeMap<(i64, i64), Given>,
    /// By settlement: when.
    pub handovers: BTreeMap<i64, i64>,
    /// By pass and key: the content, and the answer.
    answers: BTreeMap<(i64, i64), (String, String)>,
    /// By listing, and the place of the bid among its accepted ones: the pass and the source.
    pub marks: BTreeMap<(i64, usize), (i64, &'static str)>,
}

/// A line of a bill.
pub struct Line {
    pub settlement: i64,
    pub listing: i64,
    pub lot: Option<(i64, i64)>,
    pub hammer: i64,
    pub premium: i64,
    pub covered: i64,
    pub is_reversed: bool,
}

impl Line {
    pub fn total(&self) -> i64 {
        self.hammer + self.premium
    }

    fn is_of(&self, scope: Scope) -> bool {
        match scope {
            Scope::All => true,
            Scope::Sale(sale) => self.lot.is_some_and(|(of, _)| of == sale),
            Scope::NoSale => self.lot.is_none(),
        }
    }
}

/// Of which lines and payments a bill is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Sale(i64),
    /// What was bought outside of sales.
    NoSale,
}

impl Books {
    pub fn open_pass(&mut self, asked: &NewPass, now: i64) -> Said {
        let Some(evening) = self.evening(asked.sale) else { return no("not_found") };
        if evening.stage == Stage::Cancelled {
            return no("not_allowed");
        }
        let mut wrong = Vec::new();
        if asked.ends_at <= now || asked.ends_at > now + MONTH_MS {
            wrong.push("until");
        }
        if asked.limit.is_some_and(|limit| !(0..=LARGEST).contains(&limit)) {
            wrong.push("limit");
        }
        if let Some(refused) = invalid(wrong) {
            return Err(refused);
        }
        if self.desk.passes.iter().any(|pass| pass.asked.name == asked.name && pass.holds(now)) {
            return no("taken");
        }
        self.desk.passes.push(Pass { asked: asked.clone(), made_at: now, shut_at: None });
        Ok(format!("pass {}", self.desk.passes.len()))
    }

    pub fn shut_pass(&mut self, name: i64, now: i64) -> Said {
        let named = |pass: &&mut Pass| pass.asked.name == name;
        let mut all: Vec<&mut Pass> = self.desk.passes.iter_mut().filter(named).collect();
        if all.is_empty() {
            return no("not_found");
        }
        all.retain(|pass| pass.shut_at.is_none());
        let n = all.len();
        all.into_iter().for_each(|pass| pass.shut_at = Some(now));
        Ok(format!("{n} shut"))
    }

    pub fn pass(&self, id: i64) -> Option<&Pass> {
        self.desk.passes.get(usize::try_from(id - 1).ok()?)
    }

    pub fn at_desk(&mut self, asked: &AtDesk, now: i64) -> Said {
        let Some(pass) = self.pass(asked.pass).cloned() else { return no("unauthenticated") };
        if let What::Bid { .. } = asked.what {
            return self.bid_at_desk(asked, &pass, now);
        }
        let known = self.desk.answers.get(&(asked.pass, asked.key)).cloned();
        let is_other = known.as_ref().is_some_and(|(content, _)| *content != asked.content());
        let right = match &asked.what {
            What::Register(guest) => {
                if let Some(refused) = guest.wrong() {
                    return Err(refused);
                }
                if is_other {
                    return no("invalid Idempotency-Key");
                }
                "checkin"
            }
            _ => "checkout",
        };
        if !pass.holds(now) {
            return no("unauthenticated");
        }
        if !pass.may(right) {
            return no("not_allowed");
        }
        if is_other {
            return no("invalid Idempotency-Key");
        }
        if let Some((_, answer)) = known {
            return Ok(answer);
        }
        let sale = pass.asked.sale;
        let said = match asked.what {
            What::Register(ref guest) => self.register_at_desk(guest, &pass, asked.pass, now),
            What::Pay { number, amount, method } => self.pay(sale, number, amount, method, asked.pass, now),
            What::Void { payment } => self.void_at_desk(sale, payment, asked.pass, now),
            What::HandOver { lot, why } => self.hand_over(sale, lot, why, now),
            What::Bid { .. } => unreachable!(),
        };
        if let Ok(answer) = &said {
            self.desk.answers.insert((asked.pass, asked.key), (asked.content(), answer.clone()));
        }
        said
    }

    fn bid_at_desk(&mut self, asked: &AtDesk, pass: &Pass, now: i64) -> Said {
        let What::Bid { lot, number, amount, max, source } = asked.what else { unreachable!() };
        let sale = pass.asked.sale;
        if !pass.may("bid") {
            return no("not_allowed");
        }
        let lots = &self.evening(sale).unwrap().lots;
        let Some((_, Some(listing))) = lots.iter().find(|(one, _)| one.code == lot).cloned() else {
            return no("not_found");
        };
        let Some(given) = self.desk.numbers.get(&(sale, number)).copied() else { return no("not_found") };
        if let Some(refused) = crate::books::wrong_bid(amount, max) {
            return Err(refused);
        }
        if !pass.holds(now) {
            return no("unauthenticated");
        }
        if let Some((content, answer)) = self.desk.answers.get(&(asked.pass, asked.key)) {
            let same = *content == asked.content();
            return if same { Ok(answer.clone()) } else { no("invalid Idempotency-Key") };
        }
        let made = Made { who: given.who, amount, max: max.unwrap_or(amount), at: now };
        // What somebody has available is nothing to the desk.
        let hidden = |refused: String| match refused.split_once(' ') {
            Some(("insufficient_funds", _)) => "insufficient_funds".to_owned(),
            _ => refused,
        };
        let answer = self.take_bid(listing, made, false).map_err(hidden)?;
        let answer = format!("{answer}; under no terms");
        let nth = self.lot(listing).unwrap().bids.len() - 1;
        self.desk.marks.insert((listing, nth), (asked.pass, source));
        self.desk.answers.insert((asked.pass, asked.key), (asked.content(), answer.clone()));
        Ok(answer)
    }

    // --- numbers

    pub fn number_of(&self, sale: i64, who: i64) -> Option<i64> {
        let mut all = self.desk.numbers.iter();
        all.find(|((of, _), given)| *of == sale && given.who == who).map(|((_, number), _)| *number)
    }

    fn register_at_desk(&mut self, guest: &NewGuest, pass: &Pass, id: i64, now: i64) -> Said {
        if self.evening(pass.asked.sale).unwrap().stage == Stage::Cancelled {
            return no("not_allowed");
        }
        if guest.limit.zip(pass.asked.limit).is_some_and(|(limit, most)| limit > most) {
            return no("not_allowed");
        }
        self.give_number(pass.asked.sale, guest, Some((id, pass.asked.limit)), now)
    }

    pub fn register(&mut self, sale: i64, guest: &NewGuest, now: i64) -> Said {
        if let Some(refused) = guest.wrong() {
            return Err(refused);
        }
        let Some(evening) = self.evening(sale) else { return no("not_found") };
        if evening.stage == Stage::Cancelled {
            return no("not_allowed");
        }
        self.give_number(sale, guest, None, now)
    }

    /// `pass` is the one that gives it, with the highest limit that it may give.
    fn give_number(
        &mut self,
        sale: i64,
        guest: &NewGuest,
        pass: Option<(i64, Option<i64>)>,
        now: i64,
    ) -> Said {
        let known = self.people.iter().position(|person| person.n != 0 && Some(person.n) == guest.n);
        let known = known.map(|at| at as i64 + 1);
        if known.is_some_and(|who| self.number_of(sale, who).is_some()) {
            return no("taken");
        }
        let is_free = |number: &i64| !self.desk.numbers.contains_key(&(sale, *number));
        let number = match guest.number {
            Some(number) if !is_free(&number) => return no("taken"),
            Some(number) => number,
            None => (1..=MOST_NUMBER).find(is_free).unwrap(),
        };
        let who = match known {
            Some(who) => self.raise_limit(who, guest.limit),
            None => {
                let most = pass.and_then(|(_, most)| most).unwrap_or(i64::MAX);
                let limit = guest.limit.unwrap_or_else(|| self.whole("default_credit").min(most));
                self.people.push(Person {
                    n: guest.n.unwrap_or(0),
                    state: "active",
                    limit,
                    accepted: Vec::new(),
                });
                self.people.len() as i64
            }
        };
        self.desk.numbers.insert((sale, number), Given { who, at: now, pass: pass.map(|(id, _)| id) });
        self.tell("funds", None, Some(who));
        Ok(format!("number {number} for {who}"))
    }

    /// A guest who is known keeps a higher limit.
    fn raise_limit(&mut self, who: i64, given: Option<i64>) -> i64 {
        if let Some(limit) = given.filter(|limit| *limit > self.person(who).limit) {
            self.people[who as usize - 1].limit = limit;
        }
        who
    }

    // --- money

    fn pay(
        &mut self,
        sale: i64,
        number: i64,
        amount: i64,
        method: &'static str,
        pass: i64,
        now: i64,
    ) -> Said {
        let Some(given) = self.desk.numbers.get(&(sale, number)).copied() else { return no("not_found") };
        if !(1..=LARGEST).contains(&amount) {
            return no("invalid amount");
        }
        self.take_payment(given.who, amount, method, Some(pass), now);
        Ok(self.booked(self.moves.len() as i64, given.who, sale))
    }

    pub fn pay_an_admin(&mut self, who: i64, amount: i64, method: &'static str, now: i64) -> Said {
        if !(1..=LARGEST).contains(&amount) {
            return no("invalid amount");
        }
        self.take_payment(who, amount, method, None, now);
        Ok(format!("payment {}, {}", self.moves.len(), self.purse(who)))
    }

    /// Money that somebody has paid in, and how.
    pub fn take_payment(&mut self, who: i64, amount: i64, method: &'static str, pass: Option<i64>, now: i64) {
        self.move_money("credit", None, &[(who, amount), (OUTSIDE, -amount)]);
        let last = self.moves.last_mut().unwrap();
        (last.method, last.pass, last.at) = (Some(method), pass, now);
        self.tell("funds", None, Some(who));
    }

    /// The payment with this id, and whose it is.
    fn payment(&self, id: i64) -> Option<(&Move, i64)> {
        let a_move = self.moves.get(usize::try_from(id - 1).ok()?)?;
        a_move.method.map(|_| (a_move, a_move.postings[0].0))
    }

    pub fn is_voided(&self, payment: i64) -> bool {
        self.moves.iter().any(|a_move| a_move.voids == Some(payment))
    }

    fn void_at_desk(&mut self, sale: i64, id: i64, pass: i64, now: i64) -> Said {
        let taken_by = self.payment(id).and_then(|(payment, _)| payment.pass);
        if taken_by.and_then(|by| self.pass(by)).is_none_or(|by| by.asked.sale != sale) {
            return no("not_found");
        }
        let who = self.void(id, Some(pass), now)?;
        Ok(self.booked(id, who, sale))
    }

    /// Whose payment it was. Nobody's money is waited for.
    pub fn void(&mut self, id: i64, pass: Option<i64>, now: i64) -> Result<i64, String> {
        let Some((payment, who)) = self.payment(id) else { return Err("not_found".into()) };
        let amount = payment.postings[0].1;
        if self.is_voided(id) {
            return Err("taken".into());
        }
        self.move_money("void", None, &[(who, -amount), (OUTSIDE, amount)]);
        let last = self.moves.last_mut().unwrap();
        (last.voids, last.pass, last.at) = (Some(id), pass, now);
        self.tell("funds", None, Some(who));
        self.n_taken_back += 1;
        Ok(who)
    }

    fn hand_over(&mut self, sale: i64, lot: i64, why: bool, now: i64) -> Said {
        let lots = &self.evening(sale).unwrap().lots;
        let Some((_, listing)) = lots.iter().find(|(one, _)| one.code == lot) else {
            return no("not_found");
        };
        let listing = *listing;
        self.hand(listing, why, now)
    }

    pub fn hand_over_by_admin(&mut self, listing: i64, why: bool, now: i64) -> Said {
        if self.lot(listing).is_none() {
            return no("not_found");
        }
        self.hand(Some(listing), why, now)
    }

    fn hand(&mut self, listing: Option<i64>, why: bool, now: i64) -> Said {
        let end = listing.and_then(|listing| self.end_of(listing));
        let Some((end, buyer)) = end.and_then(|end| Some((end.id, end.buyer?))) else {
            return no("not_allowed");
        };
        let lines = self.lines(buyer, Scope::All);
        let line = lines.iter().find(|line| line.settlement == end).unwrap();
        if line.is_reversed {
            return no("not_allowed");
        }
        if self.desk.handovers.contains_key(&end) {
            return no("taken");
        }
        if line.covered < line.total() && !why {
            return Err(format!("not_covered {}", line.total() - line.covered));
        }
        self.desk.handovers.insert(end, now);
        let scope = line.lot.map_or(Scope::NoSale, |(sale, _)| Scope::Sale(sale));
        let lot = line.lot.map_or("null".into(), |(_, lot)| lot_code(lot));
        Ok(format!("{lot} handed over at {now}; {}", self.bill(buyer, scope)))
    }

    // --- bills

    /// The settlements that were reversed.
    fn reversed(&self) -> BTreeSet<i64> {
        let all = self.moves.iter().filter(|a_move| a_move.cause == "reversal");
        all.filter_map(|a_move| a_move.settlement).collect()
    }

    /// What was ever put to the account's good and stayed there: paid in or earned, less what was paid out.
    fn good(&self, who: i64) -> i64 {
        let voided: BTreeSet<i64> = self.moves.iter().filter_map(|a_move| a_move.voids).collect();
        let reversed = self.reversed();
        let mut good = 0;
        for (k, a_move) in self.moves.iter().enumerate() {
            let amount: i64 =
                a_move.postings.iter().filter(|(purse, _)| *purse == who).map(|(_, amount)| amount).sum();
            let counts = match a_move.cause {
                "credit" => !voided.contains(&(k as i64 + 1)),
                "debit" => true,
                "sale" => amount > 0 && !reversed.contains(&a_move.settlement.unwrap()),
                "reversal" | "void" => false,
                other => panic!("{other}"),
            };
            good += if counts { amount } else { 0 };
        }
        good
    }

    /// Which lot of which sale a listing is.
    fn place_of(&self, listing: i64) -> Option<(i64, i64)> {
        let mut all = self.sales.iter().flat_map(|evening| evening.lots.iter());
        all.find(|(_, id)| *id == Some(listing)).map(|(lot, _)| (lot.sale, lot.code))
    }

    /// What somebody was charged for, the oldest first, and how far the money reaches.
    pub fn lines(&self, who: i64, scope: Scope) -> Vec<Line> {
        let mut left = self.good(who).max(0);
        let (mut lines, reversed) = (Vec::new(), self.reversed());
        for end in self.ends.iter().filter(|end| end.buyer == Some(who)) {
            let is_reversed = reversed.contains(&end.id);
            let (hammer, premium) = (end.hammer.unwrap(), end.premium.unwrap());
            let covered = if is_reversed { 0 } else { left.min(hammer + premium) };
            left -= covered;
            let lot = self.place_of(end.lot);
            lines.push(Line {
                settlement: end.id,
                listing: end.lot,
                lot,
                hammer,
                premium,
                covered,
                is_reversed,
            });
        }
        lines.retain(|line| line.is_of(scope));
        lines
    }

    /// A bill's payments: those of its desk, and those that an admin has taken since the sale was published.
    fn payments(&self, who: i64, scope: Scope) -> Vec<i64> {
        let is_on_it = |a_move: &Move| {
            let desk = a_move.pass.map(|pass| self.pass(pass).unwrap().asked.sale);
            match (scope, desk) {
                (Scope::All, _) | (Scope::NoSale, None) => true,
                (Scope::NoSale, Some(_)) => false,
                (Scope::Sale(sale), Some(desk)) => sale == desk,
                (Scope::Sale(sale), None) => {
                    self.evening(sale).unwrap().published_at.is_some_and(|since| a_move.at >= since)
                }
            }
        };
        let all = 1..=self.moves.len() as i64;
        let of = |id: &i64| self.payment(*id).is_some_and(|(m, payer)| payer == who && is_on_it(m));
        all.filter(of).collect()
    }

    fn payment_words(&self, id: i64) -> String {
        let (payment, _) = self.payment(id).unwrap();
        let by = payment.pass.map_or("cli".into(), |pass| till(self.pass(pass).unwrap().asked.name));
        format!(
            "payment {id} of {} by {} at {} to {by} voided {}",
            payment.postings[0].1,
            payment.method.unwrap(),
            payment.at,
            self.is_voided(id)
        )
    }

    fn booked(&self, id: i64, who: i64, sale: i64) -> String {
        format!("{}; {}", self.payment_words(id), self.bill(who, Scope::Sale(sale)))
    }

    pub fn bill(&self, who: i64, scope: Scope) -> String {
        let or_null = |number: Option<i64>| number.map_or("null".into(), |number| number.to_string());
        let lines = self.lines(who, scope);
        let words = |line: &Line| {
            let at = or_null(self.desk.handovers.get(&line.settlement).copied());
            format!(
                "{} of {} lot {}: {} and {} is {} covered {} handed over {at} reversed {}",
                line.settlement,
                line.listing,
                line.lot.map_or("null".into(), |(_, lot)| lot_code(lot)),
                line.hammer,
                line.premium,
                line.total(),
                line.covered,
                line.is_reversed
            )
        };
        let counted = || lines.iter().filter(|line| !line.is_reversed);
        let total: i64 = counted().map(Line::total).sum();
        let covered: i64 = counted().map(|line| line.covered).sum();
        let payments = self.payments(who, scope).into_iter().map(|id| self.payment_words(id));
        let sale = if let Scope::Sale(sale) = scope { Some(sale) } else { None };
        format!(
            "bill of {who} in {} number {} lines [{}] payments [{}] total {total} covered {covered} due {}",
            sale.map_or("null".into(), code),
            or_null(sale.and_then(|sale| self.number_of(sale, who))),
            lines.iter().map(words).collect::<Vec<_>>().join(", "),
            payments.collect::<Vec<_>>().join(", "),
            total - covered
        )
    }

    /// A bill of each sale in which somebody has bought something, the newest first, then one of all else.
    pub fn bills(&self, who: i64) -> Vec<String> {
        let sales = self.sales.iter().rev().map(|evening| Scope::Sale(evening.sale.n));
        let lines = self.lines(who, Scope::All);
        let is_bought = |scope: &Scope| lines.iter().any(|line| line.is_of(*scope));
        sales.chain([Scope::NoSale]).filter(is_bought).map(|scope| self.bill(who, scope)).collect()
    }

    /// What is due of somebody's bill.
    pub fn due(&self, who: i64, scope: Scope) -> i64 {
        let lines = self.lines(who, scope).into_iter().filter(|line| !line.is_reversed);
        lines.map(|line| line.total() - line.covered).sum()
    }

    /// What the till of a pass took, by method: what it has taken, less what it has given back for payments that it has
    /// voided, of whichever till; and less what an admin has voided of its own.
    pub fn till(&self, pass: &Pass) -> String {
        let is_here = |id: Option<i64>| {
            let of = id.and_then(|id| self.pass(id));
            of.is_some_and(|of| of.asked.name == pass.asked.name && of.asked.sale == pass.asked.sale)
        };
        let mut taken = [0; 4];
        let mut n = 0;
        for id in 1..=self.moves.len() as i64 {
            let Some((payment, _)) = self.payment(id).filter(|(payment, _)| is_here(payment.pass)) else {
                continue;
            };
            taken[method_of(payment)] += payment.postings[0].1;
            n += i64::from(!self.is_voided(id));
        }
        for void in self.moves.iter().filter(|a_move| a_move.cause == "void") {
            let (payment, _) = self.payment(void.voids.unwrap()).unwrap();
            if is_here(void.pass.or(payment.pass)) {
                taken[method_of(payment)] -= payment.postings[0].1;
            }
        }
        let same = |one: &&Pass| one.asked.name == pass.asked.name && one.asked.sale == pass.asked.sale;
        let since = self.desk.passes.iter().filter(same).map(|one| one.made_at).min().unwrap();
        format!("{taken:?} in {n} payments since {since}")
    }
}

fn method_of(payment: &Move) -> usize {
    METHODS.iter().position(|method| Some(*method) == payment.method).unwrap()
}

impl NewGuest {
    fn wrong(&self) -> Option<String> {
        let mut wrong = Vec::new();
        if self.number.is_some_and(|number| !(1..=MOST_NUMBER).contains(&number)) {
            wrong.push("number");
        }
        if self.limit.is_some_and(|limit| !(0..=LARGEST).contains(&limit)) {
            wrong.push("limit");
        }
        invalid(wrong)
    }
}
