//! Bills against a second, naive telling, by sequences of chance; several hands on one account at once; and whom a payment and a
//! void are told to.

use crate::bills::{buy, house, pay};
use crate::harness::{House, Inside, email, int};
use auction::house::Fault;
use auction::house::money::bill::Bill;
use auction::rules::desk::Method;
use auction::rules::listing::{AccountId, ListingId};
use auction::rules::refusal::Refusal;
use serde_json::json;
use std::thread;

/// Numbers of chance that are the same in each run (Knuth's MMIX constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % n
    }
}

/// An account as a person with pencil and paper would follow it; what is undone is struck through, and counts 0.
#[derive(Default)]
struct Paper {
    /// The transfer of each payment, and its amount.
    payments: Vec<(i64, i64)>,
    /// The settlement of each sale to somebody else, and what was earned.
    earnings: Vec<(i64, i64)>,
    purchases: Vec<(i64, i64)>,
    /// Credits less debits.
    rest: i64,
}

impl Paper {
    /// Pours the money over the purchases, the oldest first: what covers each.
    fn covered(&self) -> Vec<(i64, i64)> {
        let sum = |all: &[(i64, i64)]| all.iter().map(|(_, amount)| amount).sum::<i64>();
        let mut good = self.rest + sum(&self.payments) + sum(&self.earnings);
        let pour = |&(settlement, total): &(i64, i64)| {
            let covered = good.clamp(0, total);
            good -= covered;
            (settlement, covered)
        };
        self.purchases.iter().map(pour).collect()
    }
}

/// What the house says is covered, and what the paper says.
#[track_caller]
fn compare(inside: &Inside, bob: AccountId, paper: &Paper, step: &str) {
    let bill: Bill = inside.house.bill(bob, None).unwrap();
    let told: Vec<(i64, i64)> = bill.lines.iter().map(|line| (line.settlement, line.covered)).collect();
    assert_eq!(told, paper.covered(), "{step}");
    let total: i64 = paper.purchases.iter().map(|(_, total)| total).sum();
    let covered: i64 = paper.covered().iter().map(|(_, covered)| covered).sum();
    assert_eq!((bill.total, bill.covered, bill.due), (total, covered, total - covered), "{step}");
    assert_eq!(inside.house.owed(bob).unwrap(), total - covered, "{step}");
}

#[test]
fn whatever_happens_to_an_account_its_bill_is_what_the_money_poured_over_it_covers() {
    let house = House::bare();
    house.set("premium_bps", "1000");
    house.set("commission_bps", "500");
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    let (ann, bob) = (inside.account("Ann"), inside.account("Bob"));
    for person in [ann, bob] {
        inside.house.set_credit_limit(person, 1_000_000).unwrap();
    }
    let mut chance = Chance(16);
    let mut paper = Paper::default();
    for step in 0..120 {
        let (act, amount) = (chance.below(9), 1 + chance.below(900));
        match act {
            0 => {
                inside.house.credit(bob, amount, "credit").unwrap();
                paper.rest += amount;
            }
            1 => {
                inside.house.debit_into_credit(bob, amount, "debit").unwrap();
                paper.rest -= amount;
            }
            2 | 3 => {
                let paid =
                    inside.house.take_payment(bob, amount, Method::Card, Some("0042"), "paid").unwrap();
                paper.payments.push((paid.0, amount));
            }
            4 if !paper.payments.is_empty() => {
                let at = usize::try_from(chance.below(paper.payments.len() as i64)).unwrap();
                let (payment, amount) = &mut paper.payments[at];
                let voided = inside.house.void_payment(*payment, "wrong");
                let again = matches!(voided, Err(Fault::Refused(Refusal::VoidedAlready)));
                assert_eq!((voided.is_ok(), again), (*amount > 0, *amount == 0));
                *amount = 0;
            }
            5 => {
                let (listing, _) = sold(&inside, bob, ann, amount);
                paper.earnings.push((listing, amount - (amount * 500 + 5_000) / 10_000));
            }
            6 if !paper.purchases.is_empty() => {
                let at = usize::try_from(chance.below(paper.purchases.len() as i64)).unwrap();
                reverse(&inside, &mut paper.purchases[at]);
            }
            7 if !paper.earnings.is_empty() => {
                let at = usize::try_from(chance.below(paper.earnings.len() as i64)).unwrap();
                reverse(&inside, &mut paper.earnings[at]);
            }
            _ => {
                let (settlement, total) = sold(&inside, ann, bob, amount);
                paper.purchases.push((settlement, total));
            }
        }
        compare(&inside, bob, &paper, &format!("step {step}, act {act}"));
    }
    assert!(paper.purchases.len() > 10 && paper.payments.len() > 10 && paper.earnings.len() > 5);
    drop(inside);
    house.audit();
}

/// Sells something for this hammer price; the settlement, and what the buyer pays.
fn sold(inside: &Inside, seller: AccountId, buyer: AccountId, hammer: i64) -> (i64, i64) {
    let draft = auction::rules::listing::Draft {
        title: "Lamp".into(),
        opening: 1,
        buy_now: Some(hammer),
        closes: Some(auction::rules::listing::Closes::In { seconds: 3_600 }),
        ..Default::default()
    };
    let listing: ListingId = inside.house.list(seller, draft).unwrap().id;
    let settlement = inside.house.buy(listing, buyer).unwrap();
    (settlement.id, settlement.sale().unwrap().total())
}

fn reverse(inside: &Inside, (settlement, amount): &mut (i64, i64)) {
    if *amount > 0 {
        inside.house.reverse(*settlement, "cli", "wrong").unwrap();
    }
    *amount = 0;
}

/// Runs these commands at once, each in a process of its own; their exit statuses.
fn at_once(house: &House, commands: &[Vec<String>]) -> Vec<i32> {
    thread::scope(|scope| {
        let run =
            |words: &Vec<String>| house.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).status;
        let running: Vec<_> = commands.iter().map(|words| scope.spawn(move || run(words))).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect()
    })
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn of_voids_at_once_one_counts_and_payments_that_come_in_meanwhile_all_do() {
    let (house, ann, bob, _) = house();
    let lamp = house.list(&ann, json!({"buy_now": 1_000}));
    buy(&house, &bob, lamp);
    let first = pay(&house, "Bob", 900, &[]);
    let void = words(&format!("bill void {first} --why wrong"));
    let paid = words(&format!("account credit {} 100 --method cash", email("Bob")));
    let commands = [void.clone(), paid.clone(), void.clone(), paid.clone(), void, paid];
    assert_eq!(at_once(&house, &commands), [0; 6]);
    assert_eq!(house.number("select count(*) from transfer where cause = 'void'"), 1);
    let bill = house.told(&["bill", "show", &email("Bob")]);
    assert_eq!((int(&bill["covered"]), int(&bill["due"])), (300, 800));
    assert_eq!(bill["payments"].as_array().unwrap().len(), 4);
    house.audit();
}

#[test]
fn of_voids_at_once_in_one_process_one_is_done_and_the_others_are_refused() {
    let house = House::bare();
    house.add("Bob");
    let inside = Inside::of(&house, 0);
    let bob = inside.account("Bob");
    let (payment, _) = inside.house.take_payment(bob, 900, Method::Cash, None, "paid").unwrap();
    let voided: Vec<bool> = thread::scope(|scope| {
        let void = || match inside.house.void_payment(payment, "wrong") {
            Ok((account, purse)) => (account, purse.balance) == (bob, 0),
            Err(Fault::Refused(Refusal::VoidedAlready)) => false,
            Err(other) => panic!("{other:?}"),
        };
        let running: Vec<_> = (0..8).map(|_| scope.spawn(void)).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect()
    });
    assert_eq!(voided.iter().filter(|done| **done).count(), 1);
    assert_eq!(inside.house.purse(bob).unwrap().balance, 0);
}

/// What is held for a bid is not paid out, whichever of the two comes first.
#[test]
fn a_debit_and_a_bid_at_once_never_take_the_same_money() {
    let (house, ann, bob, _) = house();
    house.run(&["account", "limit", &email("Bob"), "0"]).done();
    for _ in 0..6 {
        let has = house.funds(&bob).0;
        if has < 1_100 {
            house.credit("Bob", 1_100 - has);
        }
        let lamp = house.list(&ann, json!({"opening": 1_000}));
        let debit = words(&format!("account debit {} 600 --why taken", email("Bob")));
        let (bid, debited) = thread::scope(|scope| {
            let debiting = scope.spawn(|| at_once(&house, std::slice::from_ref(&debit))[0]);
            let bid = house.bid(&bob, lamp, 1_000).status;
            (bid, debiting.join().unwrap())
        });
        let (balance, held, available) = house.funds(&bob);
        assert!(available >= 0 && balance >= held, "{balance} {held}");
        assert!((bid == 201) != (debited == 0), "one of the two: {bid}, {debited}");
        if bid == 201 {
            house.run(&["listing", "cancel", &lamp.to_string(), "--why", "next round"]).done();
        }
    }
    house.audit();
}

#[test]
fn a_payment_and_its_void_are_told_to_their_owner_alone() {
    let (house, _, bob, cleo) = house();
    let watchers = [house.watch("listings=all", Some(&bob)), house.watch("listings=all", Some(&cleo))];
    let payment = pay(&house, "Bob", 900, &[]);
    assert_eq!(watchers[0].wait_for("funds").data["balance"], 900);
    house.run(&["bill", "void", &payment.to_string(), "--why", "wrong"]).done();
    assert_eq!(watchers[0].wait_for("funds").data["balance"], 0);
    pay(&house, "Cleo", 5, &[]);
    assert_eq!(watchers[1].wait_for("funds").data["balance"], 5, "the first that Cleo hears of");
}

/// Reversals from before there were links, and no payment anywhere.
#[test]
fn houses_of_released_versions_have_bills_too() {
    let mut n_bills = 0;
    for file in std::fs::read_dir(crate::upgrade::fixtures()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "sql") {
            continue;
        }
        let house = crate::upgrade::of_fixture(&path);
        for bill in house.told(&["bill", "list"]).as_array().unwrap() {
            let account = format!("select email from account where id = {}", bill["account"]);
            let email: String = house.connection().query_row(&account, [], |row| row.get(0)).unwrap();
            let shown = house.told(&["account", "show", &email]);
            assert_eq!((&bill["due"], &bill["payments"]), (&shown["owed"], &json!([])), "{}", path.display());
            n_bills += 1;
        }
    }
    assert!(n_bills > 1, "{n_bills}");
}
