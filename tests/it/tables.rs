//! The rules by examples, as anyone can read and check them: `tests/tables/*.txt`, played on the rules alone. How they are
//! written stands in `tests/tables/README.txt`.

use auction::rules::bidding::{
    Bid, Lead, Placed, Purse, Standing, buy_now_offered, check_open, decide, minimum, reserve_met,
};
use auction::rules::listing::{AccountId, Closes, Draft, Listing, ListingId, Lot};
use auction::rules::outage::{self, Outage};
use auction::rules::refusal::Refusal;
use auction::rules::settlement::{self, Outcome, Sale};
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;
use auction::rules::timing::{self, Timing};
use std::fs;
use std::path::Path;

const PEOPLE: [&str; 4] = ["ann", "bob", "cleo", "dora"];
const HOUSE: &str = "house";
const CLOSES_AT: &str = "12:00:00";
const BEGIN: &str = "11:00:00";

#[derive(Clone, Copy)]
struct Money {
    balance: i64,
    may_owe: i64,
    held_elsewhere: i64,
    is_suspended: bool,
}

/// One example being played.
struct Example {
    listing: Listing,
    standing: Standing,
    people: [Money; 4],
    /// The last bid that was accepted.
    placed: Option<Placed>,
    /// When a server was last seen, if it is away.
    away_since: Option<Time>,
}

#[test]
fn every_example_goes_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let (mut n_examples, mut n_lines) = (0, 0);
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Amounts are played by the rules' own tests and the script's, coverage by `coverage_table`.
        if ["README.txt", "amounts.json", "coverage.txt"].contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (_, examples) = text.split_once("\n## ").unwrap_or_else(|| panic!("{name} has no example"));
        for example in examples.split("\n## ") {
            n_examples += 1;
            n_lines += play(&name, example);
        }
    }
    println!("{n_examples} examples, {n_lines} lines");
    assert!(n_examples > 100 && n_lines > 250, "{n_examples} examples, {n_lines} lines");
}

/// A table that says something wrong is found out.
#[test]
fn an_example_that_is_not_so_fails() {
    for wrong in [
        "x\nbob bids 100 -> leads, price 101",
        "x\nbob bids 100 -> outbid",
        "x\nbob bids 99 -> refused bid_too_low, minimum 99",
        "x\nbob bids 100 -> refused not_allowed",
        "x\nbob bids 100 -> closes 12:00:01",
        "x\nbob bids 100 -> leads\nend -> sold to bob, hammer 100; bob -99, ann +100",
        "x\nbob bids 100 -> leads\nend -> sold to bob, hammer 100; bob -100",
        "x\nend -> sold to bob",
        "x\nbuy-now -> offered 5",
        "x\nreserve 99\nlisting -> accepted",
        "x\n11:50:00 pause -> no change",
        "x\n11:50:00 postpone 10m -> closes 12:10:01",
        "x\n11:50:00 resume -> closes 12:00:00",
        "x\n12:00:00 settle -> not due before 12:00:01",
        "x\n12:00:00 settle -> paused",
        "x\nopens 11:30:00\nbob bids 100 -> leads",
    ] {
        assert!(std::panic::catch_unwind(|| play("wrong", wrong)).is_err(), "{wrong}");
    }
}

/// The title, then a line after the other; how many had an answer.
fn play(file: &str, text: &str) -> usize {
    let mut lines = text.lines();
    let title = lines.next().unwrap();
    let (mut example, mut n_lines) = (Example::begin(), 0);
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let at = format!("{file}, “{title}”: {line}");
        match line.split_once(" -> ") {
            None => example.term(line).unwrap_or_else(|| panic!("{at}: what is that?")),
            Some((act, answers)) => {
                let answers: Vec<&str> = answers.split([',', ';']).map(str::trim).collect();
                example.act(act, &answers, &at);
                n_lines += 1;
            }
        }
    }
    n_lines
}

impl Example {
    fn begin() -> Example {
        let listing = Listing {
            id: ListingId(1),
            seller: id("ann"),
            seller_name: "Ann".into(),
            title: "Lamp".into(),
            description: String::new(),
            opening: 100,
            reserve: None,
            reserve_salt: [0; 16],
            buy_now: None,
            increment: None,
            first_closes_at: time(CLOSES_AT),
            soft_close: None,
            premium_bps: 0,
            commission_bps: 0,
            outage_s: None,
            category: None,
            pictures: Vec::new(),
            created_at: time(BEGIN),
            lot: None,
        };
        let standing = Standing {
            open: true,
            closes_at: listing.first_closes_at,
            paused_at: None,
            cap_from: None,
            price: None,
            lead: None,
            n_bids: 0,
            head: [0; 32],
        };
        let rich = Money { balance: 1_000_000, may_owe: 0, held_elsewhere: 0, is_suspended: false };
        Example { listing, standing, people: [rich; 4], placed: None, away_since: None }
    }

    /// A line of the terms; none if it is not understood.
    fn term(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let listing = &mut self.listing;
        match words.as_slice() {
            ["opening", amount] => listing.opening = amount.parse().ok()?,
            ["reserve", amount] => listing.reserve = Some(amount.parse().ok()?),
            ["buy-now", amount] => listing.buy_now = Some(amount.parse().ok()?),
            ["increment", amount] => listing.increment = Some(amount.parse().ok()?),
            ["premium", rate, "%"] => listing.premium_bps = bps(rate)?,
            ["commission", rate, "%"] => listing.commission_bps = bps(rate)?,
            ["soft", "close", window_s, "s,", extension_s, "s,", "cap", cap_s, "s"] => {
                listing.soft_close = Some(SoftClose {
                    window_s: window_s.parse().ok()?,
                    extension_s: extension_s.parse().ok()?,
                    cap_s: cap_s.parse().ok()?,
                });
            }
            ["opens", at] => {
                let (sale, code, opens_at) = ("evening".into(), "A12".into(), Some(time(at)));
                listing.lot = Some(Lot { sale, code, section: None, opens_at });
            }
            ["outage", outage_s, "s"] => listing.outage_s = Some(outage_s.parse().ok()?),
            [who, "has", amount] => self.money(who)?.balance = amount.parse().ok()?,
            [who, "may", "owe", amount] => self.money(who)?.may_owe = amount.parse().ok()?,
            [who, "holds", amount, "elsewhere"] => self.money(who)?.held_elsewhere = amount.parse().ok()?,
            [who, "is", "suspended"] => self.money(who)?.is_suspended = true,
            _ => return None,
        }
        Some(())
    }

    fn money(&mut self, who: &str) -> Option<&mut Money> {
        PEOPLE.iter().position(|name| *name == who).map(|at| &mut self.people[at])
    }

    fn act(&mut self, act: &str, answers: &[&str], at: &str) {
        let words: Vec<&str> = act.split_whitespace().collect();
        let (now, words) = match words.split_first() {
            Some((first, rest)) if first.contains(':') => (time(first), rest),
            _ => (time(BEGIN), words.as_slice()),
        };
        match words {
            [who, "bids", amount] => self.bid(who, number(amount), number(amount), now, answers, at),
            [who, "bids", amount, "max", max] => {
                self.bid(who, number(amount), number(max), now, answers, at);
            }
            ["buy-now"] => {
                let offered = buy_now_offered(&self.listing, &self.standing);
                let said = offered.map_or("not offered".into(), |price| format!("offered {price}"));
                assert_eq!([said.as_str()], answers, "{at}");
            }
            ["server", "goes"] => {
                assert_eq!(["away"], answers, "{at}");
                self.away_since = Some(now);
            }
            ["server", "returns"] => {
                let from = self.away_since.take().unwrap_or_else(|| panic!("{at}: it is there"));
                let outage = Outage { from, until: now };
                let outage = timing::counted(&self.listing, &self.standing, outage);
                self.retime(&Timing::Prolongation { outage }, now, answers, at);
            }
            ["postpone", by] => {
                let (who, why) = ("cli".into(), "the wifi failed".into());
                self.retime(&Timing::Postponement { by_s: seconds(by), who, why }, now, answers, at);
            }
            ["pause"] => {
                let (who, why) = ("cli".into(), "the wifi failed".into());
                self.retime(&Timing::Pause { who, why }, now, answers, at);
            }
            ["resume"] => self.retime(&Timing::Resume { who: "cli".into() }, now, answers, at),
            ["settle"] => self.settle(now, answers, at),
            [_, "buys"] if check_open(&self.listing, &self.standing, now).is_err() => {
                let refusal = check_open(&self.listing, &self.standing, now).unwrap_err();
                assert_eq!([format!("refused {}", refusal.code()).as_str()], answers, "{at}");
            }
            [who, "buys"] => {
                let price = buy_now_offered(&self.listing, &self.standing).unwrap_or_else(|| panic!("{at}"));
                let sale = settlement::sale(&self.listing, id(who), price);
                self.end(&Outcome::Sold(Sale { buy_now: true, ..sale }), answers, at);
            }
            ["end"] => {
                let outcome = settlement::decide(&self.listing, &self.standing);
                self.end(&outcome, answers, at);
            }
            ["listing"] => {
                let said = self.draft().check(time(BEGIN)).err().map_or("accepted".into(), |refusal| {
                    let Refusal::Invalid(faults) = refusal else { panic!("{at}: {refusal}") };
                    let fields: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
                    format!("refused invalid {}", fields.join(" "))
                });
                assert_eq!([said.as_str()], answers, "{at}");
            }
            _ => panic!("{at}: what is that?"),
        }
    }

    fn retime(&mut self, timing: &Timing, now: Time, answers: &[&str], at: &str) {
        let changed = timing::apply(&self.listing, &self.standing, timing, now);
        let is_changed = changed.is_some();
        self.standing = changed.unwrap_or_else(|| self.standing.clone());
        for answer in answers {
            let so = match answer.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["no", "change"] => !is_changed,
                ["paused"] => is_changed && self.standing.paused_at.is_some(),
                ["closes", close] => is_changed && self.standing.closes_at == time(close),
                _ => panic!("{at}: what is {answer}?"),
            };
            assert!(so, "{at}\nnot so: {answer}\n{:#?}", self.standing);
        }
    }

    /// What cron does when its line fires.
    fn settle(&mut self, now: Time, answers: &[&str], at: &str) {
        let (standing, seen) = (&self.standing, self.away_since.unwrap_or(now));
        let why_not = if standing.paused_at.is_some() {
            "paused".to_owned()
        } else if !standing.is_past_close(now) {
            let close = standing.closes_at.to_string();
            format!("not due before {}", &close[11..19])
        } else if outage::waits(&self.listing, standing.closes_at, seen) {
            "waits for a server".to_owned()
        } else {
            let outcome = settlement::decide(&self.listing, standing);
            self.end(&outcome, answers, at);
            self.standing.open = false;
            return;
        };
        assert_eq!([why_not.as_str()], answers, "{at}");
    }

    fn draft(&self) -> Draft {
        Draft {
            title: self.listing.title.clone(),
            opening: self.listing.opening,
            closes: Some(Closes::At(self.listing.first_closes_at)),
            reserve: self.listing.reserve,
            buy_now: self.listing.buy_now,
            increment: self.listing.increment,
            soft_close: self.listing.soft_close,
            ..Draft::default()
        }
    }

    fn bid(&mut self, who: &str, amount: i64, max: i64, now: Time, answers: &[&str], at: &str) {
        let money = *self.money(who).unwrap_or_else(|| panic!("{at}: who is that?"));
        let bid = Bid { bidder: id(who), amount, max };
        let here = self.standing.lead.as_ref().filter(|lead| lead.bidder == bid.bidder);
        let held = money.held_elsewhere + here.map_or(0, |lead| lead.held);
        let purse = Purse { balance: money.balance, held, credit_limit: money.may_owe };
        let kept_out = money.is_suspended.then_some(Refusal::Suspended);
        match decide(&self.listing, &self.standing, &bid, kept_out, &purse, now) {
            Err(refusal) => {
                let mut said = vec![format!("refused {}", refusal.code())];
                match refusal {
                    Refusal::BidTooLow { minimum } => said.push(format!("minimum {minimum}")),
                    Refusal::InsufficientFunds { available } => said.push(format!("available {available}")),
                    _ => {}
                }
                assert_eq!(said, answers, "{at}");
            }
            Ok(placed) => {
                self.stand_after(&bid, &placed, who);
                self.placed = Some(placed);
                for answer in answers {
                    assert!(self.holds(answer, at), "{at}\nnot so: {answer}\n{:#?}", self.standing);
                }
            }
        }
    }

    fn stand_after(&mut self, bid: &Bid, placed: &Placed, who: &str) {
        self.standing.price = Some(placed.price);
        self.standing.closes_at = placed.closes_at;
        self.standing.n_bids += 1 + i64::from(placed.automatic.is_some());
        if placed.leads {
            let name = who.to_owned();
            self.standing.lead = Some(Lead { bidder: bid.bidder, name, max: bid.max, held: placed.held });
        }
    }

    /// Whether what is said after the arrow is so.
    fn holds(&self, answer: &str, at: &str) -> bool {
        let placed = self.placed.as_ref().unwrap();
        let (standing, lead) = (&self.standing, self.standing.lead.as_ref().unwrap());
        let words: Vec<&str> = answer.split_whitespace().collect();
        match words.as_slice() {
            ["leads"] => placed.leads,
            ["outbid"] => !placed.leads,
            [who, "leads"] => lead.bidder == id(who),
            ["price", amount] => standing.price == Some(number(amount)),
            ["minimum", amount] => minimum(&self.listing, standing.price) == number(amount),
            ["held", amount] => lead.held == number(amount) && placed.held == lead.held,
            ["automatic", amount] => placed.automatic.is_some_and(|row| {
                (row.amount, row.bidder, row.max) == (number(amount), lead.bidder, lead.max)
            }),
            ["no", "automatic", "bid"] => placed.automatic.is_none(),
            ["shown", amount] => placed.first.amount == number(amount),
            ["history", n] => standing.n_bids == number(n),
            ["closes", at] => standing.closes_at == time(at),
            ["reserve", "met"] => reserve_met(&self.listing, standing.price) == Some(true),
            ["reserve", "not", "met"] => reserve_met(&self.listing, standing.price) == Some(false),
            _ => panic!("{at}: what is {answer}?"),
        }
    }

    fn end(&self, outcome: &Outcome, answers: &[&str], at: &str) {
        let transfer = outcome.sale().map(|sale| settlement::transfer(sale, self.listing.seller));
        let mut moved = transfer.map_or(Vec::new(), |transfer| transfer.postings().to_vec());
        let moves_named = answers.iter().any(|answer| answer.contains(" +") || answer.contains(" -"));
        for answer in answers {
            let words: Vec<&str> = answer.split_whitespace().collect();
            let sale = outcome.sale();
            let so = match words.as_slice() {
                ["sold", "to", who] => sale.is_some_and(|sale| sale.buyer == id(who)),
                ["unsold", reason] => outcome.name() == "unsold" && outcome.reason() == Some(*reason),
                ["hammer", amount] => sale.is_some_and(|sale| sale.hammer == number(amount)),
                ["premium", amount] => sale.is_some_and(|sale| sale.premium == number(amount)),
                ["commission", amount] => sale.is_some_and(|sale| sale.commission == number(amount)),
                ["closed", at] => self.standing.closes_at == time(at),
                [who, amount] if amount.starts_with(['+', '-']) => {
                    let found = moved.iter().position(|p| p.purse == id(who) && p.amount == number(amount));
                    found.map(|at| moved.remove(at)).is_some()
                }
                _ => panic!("{at}: what is {answer}?"),
            };
            assert!(so, "{at}\nnot so: {answer}\n{outcome:?}");
        }
        assert!(!moves_named || moved.is_empty(), "{at}\nnot named: {moved:?}");
    }
}

/// The house's purse, or a person.
fn id(who: &str) -> AccountId {
    if who == HOUSE {
        return auction::rules::ledger::HOUSE;
    }
    let at = PEOPLE.iter().position(|name| *name == who).unwrap_or_else(|| panic!("who is {who}?"));
    AccountId(at as i64 + 1)
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// `12.5` per cent are 1250 basis points.
fn bps(rate: &str) -> Option<i64> {
    let (whole, part) = rate.split_once('.').unwrap_or((rate, ""));
    format!("{whole}{part:0<2}").parse().ok()
}

/// `10m` are 600 seconds.
fn seconds(text: &str) -> i64 {
    let (digits, unit) = text.split_at(text.len() - 1);
    let unit_s = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)].iter().find(|(name, _)| *name == unit);
    number(digits) * unit_s.unwrap_or_else(|| panic!("{text} is no duration")).1
}

/// A time of one and the same day.
fn time(text: &str) -> Time {
    Time::parse(&format!("2026-11-23T{text}Z")).unwrap_or_else(|| panic!("{text} is no time"))
}
