//! What staff do next: drawn at random, mostly what makes sense, at times out of turn, and now and then once more.

use crate::at_desk::{AtDesk, NewGuest, NewPass, What};
use crate::books::Books;
use crate::chance::Chance;
use crate::command::Command;
use crate::desk::{METHODS, Pass, Scope};

const N_PASSES: usize = 7;
const ALL_RIGHTS: &str = "checkin,bid,checkout";
const SOURCES: [&str; 4] = ["paper", "phone", "absentee", "room"];

/// Someone who draws, and what was asked under a key, to be asked again.
pub struct Staff<'a> {
    pub books: &'a Books,
    pub chance: &'a mut Chance,
    pub keyed: &'a mut Vec<AtDesk>,
    pub now: i64,
}

impl Staff<'_> {
    pub fn command(&mut self) -> Command {
        let n_passes = self.books.desk.passes.len();
        let payment = |staff: &mut Self| Command::VoidPayment { payment: staff.payment(None) };
        match self.chance.from(1, 100) {
            1..=4 if n_passes < N_PASSES => Command::OpenPass(self.pass()),
            5 => Command::ShutPass { name: self.chance.from(1, 4) },
            6 => Command::Register { sale: self.sale(), guest: self.guest(0) },
            7..=8 => payment(self),
            9..=11 => self.pay_an_admin(),
            12 => {
                let listing = self.chance.from(1, self.books.lots.len() as i64 + 1);
                Command::HandOver { listing, why: self.chance.percent(40) }
            }
            _ if n_passes == 0 => Command::OpenPass(self.pass()),
            13..=22 if !self.keyed.is_empty() => Command::AtDesk(self.chance.pick(&self.keyed.clone())),
            _ => {
                let asked = self.at_desk();
                self.keyed.push(asked.clone());
                Command::AtDesk(asked)
            }
        }
    }

    fn pay_an_admin(&mut self) -> Command {
        let who = self.chance.from(1, self.books.people.len() as i64);
        let (due, some) = (self.books.due(who, Scope::All), self.chance.from(0, 400));
        let amount = if due > 1 { self.chance.pick(&[due, due - 1, due / 2, some]) } else { some };
        Command::TakePayment { who, amount, method: self.chance.pick(&METHODS) }
    }

    fn sale(&mut self) -> i64 {
        self.chance.from(1, self.books.sales.len() as i64)
    }

    pub fn pass(&mut self) -> NewPass {
        let may = [ALL_RIGHTS, ALL_RIGHTS, "checkin,bid", "bid", "checkout", "checkin"];
        let limit = self.chance.percent(50).then(|| self.chance.from(-1, 1_500));
        let holds_s = self.chance.pick(&[0, 40, 300, 3_600, 3_600, 30 * 86_400, 30 * 86_400 + 1]);
        NewPass {
            name: self.chance.from(1, 4),
            sale: self.sale(),
            may: self.chance.pick(&may),
            ends_at: self.now + holds_s * 1_000,
            limit,
        }
    }

    /// Nobody, a person with an email address, or a new one.
    pub fn guest(&mut self, sale: i64) -> NewGuest {
        let n = self.chance.percent(75).then(|| self.chance.from(1, 7));
        let taken: Vec<i64> = self.numbers(sale).into_iter().map(|(number, _)| number).collect();
        let number = match self.chance.from(1, 10) {
            1..=6 => None,
            7 if !taken.is_empty() => Some(self.chance.pick(&taken)),
            8 => Some(self.chance.pick(&[0, 1, 99_999, 100_000])),
            _ => Some(self.chance.from(1, 5)),
        };
        NewGuest { n, number, limit: self.chance.percent(60).then(|| self.chance.from(-1, 2_000)) }
    }

    /// The numbers of a sale, and whose they are.
    fn numbers(&self, sale: i64) -> Vec<(i64, i64)> {
        let all = self.books.desk.numbers.iter().filter(|((of, _), _)| *of == sale);
        all.map(|((_, number), given)| (*number, given.who)).collect()
    }

    /// By a pass that may do it, as a rule.
    fn at_desk(&mut self) -> AtDesk {
        let right = match self.chance.from(1, 100) {
            1..=2 => "checkin",
            3..=42 => "bid",
            _ => "checkout",
        };
        let fits = |pass: &Pass| pass.may(right) && pass.holds(self.now.max(self.books.told_at));
        let all = || 1..=self.books.desk.passes.len() as i64;
        let fitting: Vec<i64> = all().filter(|id| fits(self.books.pass(*id).unwrap())).collect();
        let any: Vec<i64> = all().chain([99]).collect();
        let pass = match fitting.is_empty() || self.chance.percent(8) {
            true => self.chance.pick(&any),
            false => self.chance.pick(&fitting),
        };
        let sale = self.books.pass(pass).map_or(1, |pass| pass.asked.sale);
        let what = match right {
            "checkin" => What::Register(self.guest(sale)),
            "bid" => self.bid(sale),
            _ => self.at_checkout(sale),
        };
        let fresh = self.keyed.len() as i64 + 1;
        let key = if self.chance.percent(5) { self.chance.from(1, fresh) } else { fresh };
        AtDesk { pass, key, what }
    }

    fn number(&mut self, sale: i64) -> (i64, Option<i64>) {
        let numbers = self.numbers(sale);
        if numbers.is_empty() || self.chance.percent(8) {
            return (self.chance.from(1, 9), None);
        }
        let (number, who) = self.chance.pick(&numbers);
        (number, Some(who))
    }

    /// The lots of a sale, and what each of them is as a listing.
    fn lots(&self, sale: i64) -> Vec<(i64, Option<i64>)> {
        let evening = self.books.evening(sale);
        evening.map_or(Vec::new(), |evening| evening.lots.iter().map(|(lot, id)| (lot.code, *id)).collect())
    }

    /// Any lot of a sale, at times one that it does not have.
    fn any_lot(&mut self, sale: i64) -> i64 {
        let lots = self.lots(sale);
        if lots.is_empty() || self.chance.percent(10) {
            return self.chance.from(1, 9);
        }
        self.chance.pick(&lots).0
    }

    fn bid(&mut self, sale: i64) -> What {
        let lots = self.lots(sale).into_iter().filter_map(|(code, id)| Some((code, id?)));
        let open: Vec<(i64, i64)> = lots.filter(|(_, id)| self.books.is_open(*id)).collect();
        let (number, who) = self.number(sale);
        let (lot, minimum, highest) = match open.is_empty() || self.chance.percent(6) {
            true => (self.any_lot(sale), 10, 20),
            false => {
                let (code, id) = self.chance.pick(&open);
                let lot = self.books.lot(id).unwrap();
                // A leader's own raise, at times just not one.
                let own = lot.best().filter(|(leader, _)| Some(*leader) == who).map(|(_, max)| max);
                (code, own.unwrap_or(lot.minimum()), lot.best().map_or(lot.minimum(), |(_, max)| max))
            }
        };
        let amount = minimum + self.chance.pick(&[-1, 0, 0, 0, 0, 1, 5, 20]);
        let max = match self.chance.from(1, 10) {
            1..=4 => None,
            5..=6 => Some(highest.max(amount) + self.chance.from(0, 2)),
            7 => Some(amount - 1),
            _ => Some(amount + self.chance.from(0, 300)),
        };
        What::Bid { lot, number, amount, max, source: self.chance.pick(&SOURCES) }
    }

    /// The newest pass that may do it in a sale now.
    fn pass_for(&self, sale: i64, right: &str) -> Option<i64> {
        let now = self.now.max(self.books.told_at);
        let fits = |pass: &Pass| pass.asked.sale == sale && pass.may(right) && pass.holds(now);
        self.books.desk.passes.iter().rposition(fits).map(|at| at as i64 + 1)
    }

    /// Something at the checkout of this sale.
    pub fn at_the_till(&mut self, sale: i64) -> Command {
        let Some(pass) = self.pass_for(sale, "checkout") else { return self.command() };
        let asked = AtDesk { pass, key: self.keyed.len() as i64 + 1, what: self.at_checkout(sale) };
        self.keyed.push(asked.clone());
        Command::AtDesk(asked)
    }

    /// For each open lot of a sale a bid that can win it, by somebody with a number, if there is a pass for bids.
    pub fn bids_on_all(&mut self, sale: i64) -> Vec<Command> {
        let Some(pass) = self.pass_for(sale, "bid") else { return Vec::new() };
        let numbers = self.numbers(sale);
        let mut bids = Vec::new();
        for (lot, id) in self.lots(sale) {
            let Some(listing) = id.filter(|id| self.books.is_open(*id)) else { continue };
            if numbers.is_empty() {
                continue;
            }
            let (number, _) = self.chance.pick(&numbers);
            let listing = self.books.lot(listing).unwrap();
            let amount = listing.minimum().max(listing.terms.reserve.unwrap_or(0));
            let what = What::Bid { lot, number, amount, max: None, source: self.chance.pick(&SOURCES) };
            let asked = AtDesk { pass, key: self.keyed.len() as i64 + 1, what };
            self.keyed.push(asked.clone());
            bids.push(Command::AtDesk(asked));
        }
        bids
    }

    fn at_checkout(&mut self, sale: i64) -> What {
        match self.chance.from(1, 20) {
            1..=10 => {
                let due = |who| self.books.due(who, Scope::Sale(sale));
                let mut owing = self.numbers(sale);
                owing.retain(|(_, who)| due(*who) > 0);
                let (number, who) = match owing.is_empty() || self.chance.percent(20) {
                    true => self.number(sale),
                    false => {
                        let (number, who) = self.chance.pick(&owing);
                        (number, Some(who))
                    }
                };
                let due = who.map_or(0, due);
                let some = self.chance.from(0, 400);
                let near = [due, due, due - 1, due + 1, due / 2, some];
                let amount = if due > 1 { self.chance.pick(&near) } else { some };
                What::Pay { number, amount, method: self.chance.pick(&METHODS) }
            }
            11..=13 => What::Void { payment: self.payment(Some(sale)) },
            _ => {
                let mut sold = self.lots(sale);
                sold.retain(|(_, id)| {
                    let end = id.and_then(|id| self.books.end_of(id));
                    end.is_some_and(|end| {
                        end.buyer.is_some() && !self.books.desk.handovers.contains_key(&end.id)
                    })
                });
                let lot = match sold.is_empty() || self.chance.percent(25) {
                    true => self.any_lot(sale),
                    false => self.chance.pick(&sold).0,
                };
                What::HandOver { lot, why: self.chance.percent(15) }
            }
        }
    }

    /// Mostly a payment that stands, of this sale if one is named.
    fn payment(&mut self, sale: Option<i64>) -> i64 {
        let n_moves = self.books.moves.len() as i64;
        let of_sale =
            |pass: Option<i64>| pass.and_then(|pass| self.books.pass(pass)).map(|pass| pass.asked.sale);
        let standing: Vec<i64> = (1..=n_moves)
            .filter(|id| {
                let one = &self.books.moves[*id as usize - 1];
                let is_meant = sale.is_none() || of_sale(one.pass) == sale;
                one.method.is_some() && is_meant && !self.books.is_voided(*id)
            })
            .collect();
        match standing.is_empty() || self.chance.percent(25) {
            true => self.chance.from(1, n_moves + 1),
            false => self.chance.pick(&standing),
        }
    }
}
