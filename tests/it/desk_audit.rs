//! The audit of the desk: an evening in which all that a desk does has happened agrees, and whatever somebody alters
//! behind its back is found, with a sentence that names it.

use crate::audit::{on_copy, unguarded_copy};
use crate::harness::{House, Inside, PATIENCE, email};
use crate::sale_nights::{add, sale};
use crate::unknown_words::corrupted;
use auction::house::bidding::place_bid::Key;
use auction::house::desk::bids::DeskBid;
use auction::house::desk::guests::Guest;
use auction::house::desk::passes::{EnteredDesk, PassAsked};
use auction::house::desk::till::DeskPayment;
use auction::rules::desk::{Method, Rights, Source};
use std::sync::mpsc::channel;

/// So far behind, in ms, is the hour in which people bid: its lots have closed since.
const BIDDING: i64 = -4_000_000;

/// A pass for 12 hours, and the browser that it is bound to.
pub fn pass(inside: &Inside, name: &str, sale: &str, may: &str) -> EnteredDesk {
    let asked = PassAsked {
        name: name.to_owned(),
        sale: sale.to_owned(),
        may: Rights::parse(may).unwrap(),
        ends_at: inside.house.now().plus_s(43_200),
        most_limit: None,
    };
    let code = inside.house.open_pass(asked).unwrap().code;
    inside.house.enter_desk(&code, None).unwrap().unwrap()
}

pub fn key(text: &str) -> Key {
    Key { key: text.to_owned(), request: [0; 32] }
}

/// A guest with a limit of 100,000.
pub fn guest(name: &str, email: Option<String>, number: i64) -> Guest {
    Guest { name: name.to_owned(), email, number: Some(number), limit: Some(100_000), ..Guest::default() }
}

pub fn bid(inside: &Inside, desk: &EnteredDesk, lot: &str, number: i64, amounts: (i64, i64), source: Source) {
    let (amount, max) = amounts;
    let asked = DeskBid { lot: lot.to_owned(), number, amount, max: Some(max), source };
    let request = inside.house.bid_at_desk(&desk.pass, key(&format!("{lot} {number} {max}")), asked).unwrap();
    let (tell, told) = channel();
    inside.house.place_bid(request, move |answer| tell.send(answer).unwrap());
    told.recv_timeout(PATIENCE).unwrap().unwrap();
}

fn pay(inside: &Inside, desk: &EnteredDesk, number: i64, amount: i64, method: Method) -> i64 {
    let paid = DeskPayment { number, amount, method, reference: Some("R1".to_owned()), anyway: true };
    inside.house.pay_at_desk(&desk.pass, key(&format!("pay {number} {amount}")), paid).unwrap().payment
}

/// A house with a sale `spring` that is over, and a draft `summer`. The passes: 1 `till 1` and 2 `hall`, for bids only,
/// in `spring`; 3 `late` in `summer`, which nobody has used. Dora (1), Bob (17) and Cleo (2, from an admin) have numbers.
/// - A1 is Dora's: bids 1, 3, 5 and the raise 6 are the desk's, 2 and 4 Cleo's, the latter automatic. It is paid, by a
///   payment after one that was voided, and handed over.
/// - A2 is Bob's, by the desk, and half paid; B1 is Bob's, by himself, and reversed; B2 had no bid.
pub fn evening() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::alone(&house, BIDDING);
    inside.credit("Cleo", 100_000);
    inside.house.add_sale(sale("spring", inside.house.now().plus_s(600))).unwrap();
    add(&inside, "spring", &[("A1", None), ("A2", None), ("B1", None), ("B2", None)]);
    inside.house.publish_sale("spring").unwrap();
    inside.house.add_sale(sale("summer", inside.house.now().plus_s(86_400))).unwrap();
    add(&inside, "summer", &[("1", None)]);
    let till = pass(&inside, "till 1", "spring", "checkin,bid,checkout");
    let hall = pass(&inside, "hall", "spring", "bid");
    pass(&inside, "late", "summer", "checkin,checkout");
    for (name, mail, number) in [("Dora", None, 1), ("Bob", Some(email("Bob")), 17)] {
        let guest = guest(name, mail, number);
        inside.house.register_at_desk(&till.pass, &till.token, key(name), guest).unwrap();
    }
    inside.house.register_guest("spring", guest("Cleo", Some(email("Cleo")), 2)).unwrap();
    bid(&inside, &till, "A1", 1, (1_000, 1_000), Source::Paper);
    inside.bid_up_to("Cleo", 1, 2_000, 5_000);
    bid(&inside, &till, "A1", 1, (3_000, 3_000), Source::Phone);
    bid(&inside, &till, "A1", 1, (6_000, 8_000), Source::Absentee);
    bid(&inside, &hall, "A1", 1, (6_000, 9_000), Source::Room);
    bid(&inside, &hall, "A2", 17, (1_500, 1_500), Source::Room);
    inside.bid("Bob", 3, 1_000);
    drop(inside);
    house.run(&["settle", "--due"]).done();
    let inside = Inside::alone(&house, 0);
    let wrong = pay(&inside, &till, 1, 10_000, Method::Cash);
    inside.house.void_at_desk(&till.pass, key("void"), wrong, "counted wrongly").unwrap();
    pay(&inside, &till, 1, 6_600, Method::Card);
    pay(&inside, &till, 17, 800, Method::Cash);
    inside.house.hand_over_at_desk(&till.pass, key("hand over"), "A1", None).unwrap();
    inside.house.hand_over_at_desk(&till.pass, key("before"), "A2", Some("a regular")).unwrap();
    drop(inside);
    house.run(&["reverse", "--listing", "3", "--why", "the lamp was broken"]).done();
    house.audit();
    house
}

const VOID: &str = "(select id from transfer where cause = 'void')";
const BALANCES: &str =
    "update purse set balance = coalesce((select sum(amount) from posting where purse_id = id), 0)";

/// What somebody did behind the house's back, and what the audit must say of it.
fn tampered() -> Vec<(&'static str, String, &'static str)> {
    let fixed = [
        // Bids from the desk.
        ("another source", "update bid set source = 'room' where listing_id = 1 and seq = 1",
            "sale spring, lot A1, listing 1: bid 1: its hash"),
        ("another pass", "update bid set pass_id = 2 where listing_id = 1 and seq = 1", "lot A1, listing 1: bid 1: its hash"),
        ("another name of the pass", "update pass set name = 'till 2' where id = 1", "lot A1, listing 1: bid 1: its hash"),
        ("no desk any more", "update bid set pass_id = null, source = null where listing_id = 1 and seq = 1",
            "listing 1: bid 1: its hash"),
        ("by the desk, by a word", "update bid set pass_id = 1, source = 'room' where listing_id = 3", "listing 3: bid 1: its hash"),
        ("no source", "update bid set source = null where listing_id = 1 and seq = 1", "database: CHECK"),
        ("an unknown source", "update bid set source = 'dream' where listing_id = 1 and seq = 1", "database: CHECK"),
        ("a raise as a bid", "update bid set kind = 'bid' where listing_id = 1 and seq = 6", "listing 1: bid 6: the rules"),
        ("a bid as a raise", "update bid set kind = 'raise' where listing_id = 1 and seq = 1", "listing 1: bid 1: the rules"),
        ("a bid as an automatic one", "update bid set kind = 'automatic' where listing_id = 1 and seq = 1", "database: CHECK"),
        ("another amount", "update bid set amount = amount - 1 where listing_id = 1 and seq = 5", "listing 1: bid 5: its hash"),
        ("another maximum", "update bid set max = max + 1 where listing_id = 1 and seq = 6", "listing 1: bid 6: its hash"),
        ("a bid of nobody's pass", "update bid set pass_id = 99 where listing_id = 1 and seq = 1", "bid refers to a missing pass"),
        // Passes.
        ("a pass of another sale", "update pass set sale_id = 2 where id = 2",
            "sale spring, lot A1, listing 1: bid 6: its pass is of another sale"),
        ("a pass of less rights", "update pass set may = 'checkin,checkout' where id = 1",
            "listing 1: bid 1: its pass does not allow it"),
        ("a pass that was never bound", "update pass set bound_at = null, token_hash = null where id = 1",
            "listing 1: bid 1: nobody held its pass"),
        ("a pass that ended earlier", "update pass set ends_at = made_at + 1 where id = 1", "it came after its pass had ended"),
        ("a pass deleted", "delete from pass where id = 2", "refers to a missing pass"),
        // Numbers.
        ("a number deleted", "delete from registration where number = 1", "listing 1: bid 1: its person has no number"),
        ("a number of another sale", "update registration set sale_id = 2 where number = 1", "listing 1: bid 1: its person has no number"),
        ("a number of somebody else", "update registration set account_id = 1 where number = 1",
            "listing 1: bid 1: its person has no number"),
        ("a number from later", "update registration set at = at + 3600000 where number = 1",
            "listing 1: bid 1: it came before its person had a number"),
        ("a number by another sale's pass", "update registration set pass_id = 3 where number = 1",
            "sale spring: number 1: its pass is of another sale"),
        ("a number by a pass for bids", "update registration set pass_id = 2 where number = 17",
            "sale spring: number 17: its pass does not allow it"),
        ("no number at all", "update registration set number = 0 where number = 17", "database: CHECK"),
        ("too high a number", "update registration set number = 100000 where number = 17", "database: CHECK"),
        // Payments.
        ("a method of a sale", "update transfer set method = 'cash' where cause = 'sale'", "database: CHECK"),
        ("an unknown method", "update transfer set method = 'gold' where method = 'card'", "database: CHECK"),
        ("a reference without a method", "update transfer set reference = 'R' where cause = 'sale'", "database: CHECK"),
        ("a pass that sold", "update transfer set pass_id = 1 where cause = 'sale'", "database: CHECK"),
        ("voids without a void", "update transfer set voids = 1 where cause = 'reversal'", "database: CHECK"),
        ("a void of nothing", "update transfer set voids = 99 where cause = 'void'", "transfer refers to a missing transfer"),
        ("a payment of nobody's pass", "update transfer set pass_id = 99 where method = 'card'", "transfer refers to a missing pass"),
        ("a payment at another sale's desk", "update transfer set pass_id = 3 where method = 'card'",
            "its person has no number in the sale of its pass"),
        ("a payment at the desk for bids", "update transfer set pass_id = 2 where method = 'card'", "its pass does not allow it"),
        ("a payment from before its payer had a number", "update transfer set at = 1 where method = 'card'", "it came before its person had a number"),
        ("a void at another sale's desk", "update transfer set pass_id = 3 where cause = 'void'", "its pass is of another sale"),
        ("a void at the desk for bids", "update transfer set pass_id = 2 where cause = 'void'", "its pass does not allow it"),
        ("a void from before its payment", "update transfer set at = at - 3600000 where cause = 'void'", "it came before payment"),
        ("a void of what is no payment", "update transfer set voids = 1 where cause = 'void'", "it voids transfer 1, which is no payment"),
        ("a void of another payment", "update transfer set voids = (select id from transfer where method = 'card') where cause = 'void'",
            "it is not the opposite of payment"),
        ("a void of a settlement", "update transfer set settlement_id = 1 where cause = 'void'", "database: CHECK"),
        // Handovers.
        ("handed over unsold", "update handover set settlement_id = 4 where settlement_id = 1",
            "sale spring, lot B2, settlement 4: it was handed over, and nobody"),
        ("handed over after it was reversed", "update handover set settlement_id = 3, at = at + 3600000 where settlement_id = 1",
            "lot B1, settlement 3: it was handed over after its sale was reversed"),
        ("handed over before it was sold", "update handover set at = 1 where settlement_id = 1",
            "lot A1, settlement 1: it was handed over before it was sold"),
        ("handed over by another sale's pass", "update handover set pass_id = 3 where settlement_id = 1",
            "lot A1, settlement 1: its pass is of another sale"),
        ("handed over by a pass for bids", "update handover set pass_id = 2 where settlement_id = 1",
            "lot A1, settlement 1: its pass does not allow it"),
        ("handed over after its pass", "update handover set at = at + 86400000 where settlement_id = 1",
            "lot A1, settlement 1: it came after its pass had ended"),
        ("handed over, of nothing", "update handover set settlement_id = 99 where settlement_id = 1",
            "handover refers to a missing settlement"),
        // The reversal.
        ("reversed by another", "update reversal set who = 'admin'", "lot B1, listing 3: the reversal's hash"),
        ("reversed for another reason", "update transfer set why = 'x' where cause = 'reversal'", "listing 3: the reversal's hash"),
        ("reversed at another time", "update transfer set at = at + 1 where cause = 'reversal'", "listing 3: the reversal's hash"),
        ("reversed before it was settled", "update transfer set at = 1 where cause = 'reversal'", "listing 3: its sale was reversed before"),
        ("another hash of the reversal", "update reversal set hash = zeroblob(32)", "listing 3: the reversal's hash"),
        ("the link of another settlement", "update reversal set settlement_id = 1", "listing 3: the head of its chain"),
        ("a head without the reversal", "update standing set head = (select hash from settlement where listing_id = 3)
            where listing_id = 3", "listing 3: the head of its chain"),
        ("the link deleted", "delete from reversal", "listing 3: the head of its chain"),
        ("the link deleted, and in the head", "delete from reversal;
            update standing set head = (select hash from settlement where listing_id = 3) where listing_id = 3",
            "settlement 3: its reversal is not in the ledger and in the chain both"),
        ("a reversal as from before there were links", "update reversal set who = null, hash = null;
            update standing set head = (select hash from settlement where listing_id = 3) where listing_id = 3",
            "settlement 3: its reversal is no link"),
        ("a link put in", "insert into reversal values (1, 'cli', zeroblob(32))", "settlement 1: its reversal is not in the ledger"),
        ("half a link", "update reversal set who = null", "database: CHECK"),
    ];
    let mut all: Vec<_> = fixed.map(|(what, sql, words)| (what, sql.to_owned(), words)).to_vec();
    all.push((
        "a void of less",
        format!("update posting set amount = amount - sign(amount) where transfer_id = {VOID}; {BALANCES}"),
        "it is not the opposite of payment",
    ));
    all.push((
        "a void of somebody else",
        format!("update posting set purse_id = 3 where transfer_id = {VOID} and purse_id > 0; {BALANCES}"),
        "it is not the opposite of payment",
    ));
    all.push((
        "a payment to somebody else",
        format!(
            "update posting set purse_id = 1 where purse_id > 0 and transfer_id =
            (select id from transfer where method = 'card'); {BALANCES}"
        ),
        "its person has no number",
    ));
    all.push(("voided twice", format!(
        "drop index transfer_voids; insert into transfer select 90, cause, settlement_id, why, at, method, reference,
            pass_id, voids from transfer where id = {VOID};
         insert into posting select 90, purse_id, amount from posting where transfer_id =
            (select min(id) from transfer where cause = 'void'); insert into balanced values (90); {BALANCES}"),
        "it is not the only void of payment"));
    all.push(("the reversal's transfer deleted", format!(
        "delete from posting where transfer_id = (select id from transfer where cause = 'reversal');
         delete from balanced where transfer_id = (select id from transfer where cause = 'reversal');
         delete from transfer where cause = 'reversal';
         update standing set head = (select hash from settlement where listing_id = 3) where listing_id = 3; {BALANCES}"),
        "settlement 3: its reversal is not in the ledger and in the chain both"));
    all
}

#[test]
fn whatever_was_altered_at_the_desk_is_found_and_named() {
    let house = evening();
    let unguarded = unguarded_copy(&house);
    let (tampered, mut missed) = (tampered(), Vec::new());
    for (what, sql, words) in &tampered {
        let ran = on_copy(&house, &unguarded, sql, &["audit", "--format", "json"]);
        let found = ran.stdout.contains(words) && ran.json()["disagreement"].is_string();
        if ran.status != 1 || !found {
            missed.push(format!("{what}: not as \"{words}\": {ran:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} altered files, all found", tampered.len());
}

#[test]
fn a_replay_finds_what_is_wrong_with_a_bid_from_the_desk() {
    let house = evening();
    let unguarded = unguarded_copy(&house);
    for (sql, words) in [
        ("update pass set sale_id = 2 where id = 1", "bid 1: its pass is of another sale"),
        ("update registration set at = at + 3600000 where number = 1", "bid 1: it came before its person"),
        ("update bid set source = 'phone' where listing_id = 1 and seq = 6", "bid 6: its hash"),
        ("update reversal set who = 'admin'", ""),
    ] {
        let ran = on_copy(&house, &unguarded, sql, &["replay", "1", "--format", "json"]);
        let departs = ran.json()["departs"].as_str().unwrap_or_default().to_owned();
        assert!((ran.status == 1) != words.is_empty() && departs.contains(words), "{sql}: {ran:?}");
    }
}

#[test]
fn a_right_that_no_pass_has_is_named() {
    let other = corrupted(&evening(), "update pass set may = 'sell' where id = 3");
    let ran = other.run(&["audit"]);
    assert!(ran.status == 1 && ran.stdout.contains("table pass, row 3: unknown may \"sell\""), "{ran:?}");
}

/// A pass is shut at once: for a bid that was asked for before that, too.
#[test]
fn a_bid_that_the_desk_asked_for_before_its_pass_was_shut_is_refused_after_it() {
    let house = evening();
    let inside = Inside::alone(&house, 0);
    inside.house.publish_sale("summer").unwrap();
    let desk = pass(&inside, "till 2", "summer", "checkin,bid");
    inside.house.register_at_desk(&desk.pass, &desk.token, key("Dora"), guest("Dora", None, 1)).unwrap();
    let asked = DeskBid { lot: "1".to_owned(), number: 1, amount: 1_000, max: None, source: Source::Paper };
    let request = inside.house.bid_at_desk(&desk.pass, key("late"), asked).unwrap();
    inside.house.shut_pass("till 2").unwrap();
    let (tell, told) = channel();
    inside.house.place_bid(request, move |answer| tell.send(answer.map(|_| ())).unwrap());
    let refused = told.recv_timeout(PATIENCE).unwrap().unwrap_err().to_string();
    assert!(refused.contains("pass has ended"), "{refused}");
    drop(inside);
    house.audit();
}
