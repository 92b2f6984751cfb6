//! Settlement: whoever runs it, however often, in whatever order, it happens once, at the right time, to the cent.

use crate::harness::{House, Inside, PAID_IN, Ran, email, int, run, until};
use serde_json::{Value, json};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// A clock so far behind makes a close of a minute overdue for everyone else.
const AN_HOUR_AGO: i64 = -3_600_000;

/// A house with the cast and a premium of 10 % and a commission of 5 %; nothing runs.
fn closed_house() -> House {
    let house = House::bare();
    house.set("premium_bps", "1000");
    house.set("commission_bps", "500");
    cast(&house);
    house
}

/// The cast, which paid in an hour ago.
fn cast(house: &House) {
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::of(house, AN_HOUR_AGO);
    for name in ["Ann", "Bob", "Cleo"] {
        inside.credit(name, PAID_IN);
    }
}

/// Lamps that nobody settled: Bob bid 1,005 on each, an hour ago.
fn overdue(house: &House, n: usize) -> Vec<i64> {
    let inside = Inside::of(house, AN_HOUR_AGO);
    (0..n)
        .map(|_| {
            let id = inside.list(|_| ());
            inside.bid("Bob", id, 1_005);
            id
        })
        .collect()
}

fn balance(house: &House, name: &str) -> (i64, i64) {
    let account = house.told(&["account", "show", &email(name)]);
    (int(&account["balance"]), int(&account["held"]))
}

/// `n` sales of 1,005: premium 100.5, rounded up to 101; commission 50.25, rounded down to 50.
fn sold_once(house: &House, n: i64) {
    assert_eq!(balance(house, "Bob"), (PAID_IN - n * 1_106, 0));
    assert_eq!(balance(house, "Ann"), (PAID_IN + n * 955, 0));
    assert_eq!(house.number("select balance from purse where id = 0"), n * 151);
    assert_eq!(house.number("select count(*) from settlement where outcome = 'sold'"), n);
    assert_eq!(house.number("select count(*) from transfer where cause = 'sale'"), n);
    assert_eq!(house.number("select count(*) from event where kind = 'settled'"), n);
    assert_eq!(house.number("select count(*) from event where kind = 'won'"), n);
    house.audit();
}

fn settle(house: &House, id: i64) -> Ran {
    house.run(&["settle", &id.to_string(), "--format", "json"])
}

#[test]
fn a_sale_moves_the_money_once_rounded_half_up() {
    let house = closed_house();
    let id = overdue(&house, 1)[0];
    let statement = settle(&house, id).done().json();
    for (field, value) in [
        ("outcome", json!("sold")),
        ("reason", Value::Null),
        ("hammer", json!(1_005)),
        ("premium", json!(101)),
        ("commission", json!(50)),
        ("buyer", json!("Bob")),
        ("seller", json!("Ann")),
    ] {
        assert_eq!(statement[field], value, "{field}: {statement}");
    }
    assert_eq!(statement["hash"].as_str().unwrap().len(), 64);
    assert!(statement["settled_at"].as_str() > statement["closes_at"].as_str());
    sold_once(&house, 1);
}

#[test]
fn settled_again_it_is_the_same_statement() {
    let house = closed_house();
    let id = overdue(&house, 1)[0];
    let first = settle(&house, id).done().stdout;
    for _ in 0..3 {
        assert_eq!(settle(&house, id).done().stdout, first);
    }
    house.run(&["settle", "--due"]).done();
    sold_once(&house, 1);
}

#[test]
fn eight_processes_that_settle_at_once_settle_once() {
    let house = closed_house();
    let ids = overdue(&house, 2);
    let args = |n: usize| match n % 4 {
        0 => vec!["settle".to_owned(), "--due".to_owned()],
        1 => vec!["settle".to_owned(), ids[1].to_string(), ids[0].to_string()],
        _ => vec!["settle".to_owned(), ids[0].to_string()],
    };
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for n in 0..8 {
            let (house, start, args) = (&house, &start, args(n));
            scope.spawn(move || {
                start.wait();
                run(house.command().args(args), "").done();
            });
        }
    });
    sold_once(&house, 2);
}

#[test]
fn with_the_server_dead_the_sweep_settles_what_is_overdue() {
    let house = closed_house();
    let ids = overdue(&house, 5);
    let ran = house.run(&["settle", "--due", "--format", "json"]).done();
    let statements: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(statements.iter().map(|s| int(&s["listing"])).collect::<Vec<_>>(), ids);
    assert_eq!(house.run(&["settle", "--due"]).done().stdout, "");
    sold_once(&house, 5);
}

/// Regression: the first broken listing of a line kept those behind it from being settled.
#[test]
fn a_broken_listing_keeps_no_other_from_being_settled() {
    let mut house = closed_house();
    let ids = overdue(&house, 4);
    let broken = format!(
        "create trigger broken before insert on settlement when new.listing_id = {} \
         begin select raise(abort, 'it cannot be written'); end",
        ids[1]
    );
    house.connection().execute_batch(&broken).unwrap();
    let args: Vec<String> = ids[..3].iter().map(i64::to_string).collect();
    let ran = run(house.command().arg("settle").args(&args), "");
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.stderr.contains(&format!("listing {}: ", ids[1])), "{ran:?}");
    assert!(ran.stderr.contains("1 of 3 listings could not be settled"), "{ran:?}");
    for (id, n) in [(ids[0], 1), (ids[1], 0), (ids[2], 1)] {
        let sql = format!("select count(*) from settlement where listing_id = {id}");
        assert_eq!(house.number(&sql), n, "listing {id}");
    }
    assert_eq!(settle(&house, ids[3]).done().json()["hammer"], 1_005, "a broken one stands beside it");
    assert_eq!(house.run(&["settle", "--due"]).status, 3);
    house.serve();
    until("the server says it", || house.log().contains("it cannot be written").then_some(()));
    thread::sleep(Duration::from_millis(1_200));
    assert_eq!(house.log().matches("it cannot be written").count(), 1, "it tries again, and says it once");
    house.stop();
    house.connection().execute_batch("drop trigger broken").unwrap();
    house.run(&["settle", "--due"]).done();
    sold_once(&house, 4);
}

/// Regression: a sweep whose heartbeat was not taken settled nothing.
#[test]
fn a_sweep_that_cannot_beat_settles_all_the_same() {
    let house = closed_house();
    overdue(&house, 2);
    let broken = "create trigger broken before insert on heartbeat begin select raise(abort, 'no beat'); end";
    house.connection().execute_batch(broken).unwrap();
    let ran = house.run(&["settle", "--due"]);
    assert!(ran.status == 3 && ran.stderr.contains("no beat"), "{ran:?}");
    house.connection().execute_batch("drop trigger broken").unwrap();
    sold_once(&house, 2);
}

/// Regression: more broken ones than share a transaction kept all that close after them open for ever.
#[test]
fn a_hundred_broken_listings_keep_no_other_from_being_settled() {
    let house = closed_house();
    let inside = Inside::of(&house, AN_HOUR_AGO);
    let ids: Vec<i64> = (0..103).map(|_| inside.list(|_| ())).collect();
    drop(inside);
    let broken = format!(
        "create trigger broken before insert on settlement when new.listing_id <= {} \
         begin select raise(abort, 'it cannot be written'); end",
        ids[100]
    );
    house.connection().execute_batch(&broken).unwrap();
    let ran = house.run(&["settle", "--due", "--format", "json"]);
    let told: Vec<i64> = ran
        .stdout
        .lines()
        .map(|line| int(&serde_json::from_str::<Value>(line).unwrap()["listing"]))
        .collect();
    assert_eq!((ran.status, &told[..]), (3, &ids[101..]), "{}", ran.stderr);
    let named = format!("listing {}, ", ids[0]);
    for words in [&named, " and 81 more", "it cannot be written"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    house.connection().execute_batch("drop trigger broken").unwrap();
    house.run(&["settle", "--due"]).done();
    assert_eq!(house.number("select count(*) from settlement"), 103);
    house.audit();
}

/// The pages took the clock as it was, and said that a listing was open which the house, whose time does not run back, took
/// no bids for any more.
#[test]
fn after_the_clock_was_put_back_what_takes_no_bids_is_not_shown_as_open() {
    let mut house = closed_house();
    let inside = Inside::of(&house, 0);
    let id = inside.list(|_| ());
    drop(inside);
    // Told by a clock two minutes ahead of what it is now.
    Inside::of(&house, 120_000).credit("Cleo", 1);
    house.serve();
    let bob = house.log_in("Bob");
    house.bid(&bob, id, 1_000).refused(409, "listing_closed");
    assert_eq!(house.listing(id)["state"], "closing");
    for (state, n) in [("open", 0), ("closing", 1)] {
        let found = house.get(&format!("/api/v1/listings?state={state}")).send().body();
        assert_eq!(found["listings"].as_array().unwrap().len(), n, "{state}: {found}");
    }
    let page = house.get(&format!("/listings/{id}")).send().text();
    assert!(page.contains("data-state=\"closing\""), "{page}");
}

#[test]
fn how_late_settlements_were_is_measured() {
    let mut house = closed_house();
    let ids = overdue(&house, 3);
    house.run(&["settle", "--due"]).done();
    house.serve();
    let metrics = house.get("/metrics").send().text();
    assert!(metrics.contains("auction_settle_lateness_seconds_count 3\n"), "{metrics}");
    let late_ms = |quantile: &str| -> i64 {
        let start = format!("auction_settle_lateness_seconds{{quantile=\"{quantile}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
        let (seconds, ms) = line.split_once('.').unwrap();
        seconds.parse::<i64>().unwrap() * 1_000 + ms.parse::<i64>().unwrap()
    };
    let stored = |what: &str| house.number(&format!("select {what}(settled_at - closes_at) from settlement"));
    assert_eq!(late_ms("1"), stored("max"));
    assert!((stored("min")..=stored("max")).contains(&late_ms("0.5")) && late_ms("0.5") > 3_000_000);
    assert_eq!(late_ms("0.99"), late_ms("1"));
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_server_settles_at_its_start_what_is_overdue() {
    let mut house = closed_house();
    let ids = overdue(&house, 3);
    house.serve();
    for id in ids {
        assert_eq!(house.settlement(id)["hammer"], 1_005);
        assert_eq!(house.listing(id)["state"], "sold");
    }
    sold_once(&house, 3);
}

#[test]
fn timer_sweep_and_hand_all_at_once_settle_once() {
    let mut house = closed_house();
    let ids = overdue(&house, 12);
    thread::scope(|scope| {
        for (n, id) in ids.iter().enumerate().take(6) {
            let id = id.to_string();
            let mut command = house.command();
            match n % 2 {
                0 => command.args(["settle", "--due"]),
                _ => command.args(["settle", &id]),
            };
            scope.spawn(move || run(&mut command, "").done());
        }
        house.serve();
    });
    for id in ids {
        house.settlement(id);
    }
    sold_once(&house, 12);
}

/// The close is a few seconds ahead, for the server and two processes alike.
#[test]
fn settle_waits_for_the_instant_beside_the_server_s_own_timer() {
    let (house, ann, bob, _) = House::with(&[("premium_bps", "1000"), ("commission_bps", "500")]);
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_005).done(201);
    let statements: Vec<Value> = thread::scope(|scope| {
        let house = &house;
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(move || settle(house, id).done().json())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statements[0], statements[1]);
    assert_eq!(statements[0], house.settlement(id));
    let time =
        |field: &str| auction::rules::time::Time::parse(statements[0][field].as_str().unwrap()).unwrap().0;
    let late_ms = time("settled_at") - time("closes_at");
    println!("settled {late_ms} ms after the close");
    assert!((0..1_000).contains(&late_ms), "{late_ms} ms after the close");
    sold_once(&house, 1);
}

#[test]
fn settle_alone_waits_for_the_instant() {
    let house = closed_house();
    let id: i64 = house.add_lamp("5s", &[]).done().stdout.trim().parse().unwrap();
    let statement = settle(&house, id).done().json();
    assert_eq!((&statement["outcome"], &statement["reason"]), (&json!("unsold"), &json!("no_bids")));
    assert!(statement["settled_at"].as_str() >= statement["closes_at"].as_str());
    house.audit();
}

#[test]
fn due_later_or_unknown_nothing_is_settled() {
    let house = closed_house();
    let id: i64 = house.add_lamp("3m", &[]).done().stdout.trim().parse().unwrap();
    settle(&house, id).done();
    let unknown = settle(&house, 99);
    assert_eq!(unknown.status, 1);
    assert!(unknown.stderr.contains("no such listing"), "{unknown:?}");
    assert_eq!(house.run(&["settle", "99", &id.to_string()]).status, 1);
    assert_eq!(house.run(&["settle", "--due"]).done().stdout, "");
    assert_eq!(house.number("select count(*) from settlement"), 0);
    house.audit();
}

#[test]
fn unsold_moves_no_money_and_releases_every_hold() {
    let house = closed_house();
    let (no_bids, reserved, met) = {
        let inside = Inside::of(&house, AN_HOUR_AGO);
        let no_bids = inside.list(|_| ());
        let reserved = inside.list(|draft| draft.reserve = Some(5_000));
        let met = inside.list(|draft| draft.reserve = Some(5_000));
        inside.bid("Bob", reserved, 4_999);
        inside.bid("Bob", met, 5_000);
        (no_bids, reserved, met)
    };
    assert_eq!(balance(&house, "Bob"), (PAID_IN, 5_499 + 5_500));
    house.run(&["settle", "--due"]).done();
    for (id, outcome, reason) in [
        (no_bids, "unsold", json!("no_bids")),
        (reserved, "unsold", json!("reserve_not_met")),
        (met, "sold", Value::Null),
    ] {
        let statement = settle(&house, id).done().json();
        assert_eq!((&statement["outcome"], &statement["reason"]), (&json!(outcome), &reason));
        let nobody = outcome == "unsold";
        for field in ["buyer", "hammer", "premium", "commission"] {
            assert_eq!(statement[field].is_null(), nobody, "{field}: {statement}");
        }
    }
    assert_eq!(balance(&house, "Bob"), (PAID_IN - 5_500, 0));
    assert_eq!(house.number("select count(*) from transfer where cause = 'sale'"), 1);
    house.audit();
}

#[test]
fn a_listing_is_sold_on_the_rates_on_which_it_was_made() {
    let house = closed_house();
    let id = overdue(&house, 1)[0];
    house.set("premium_bps", "10000");
    house.set("commission_bps", "0");
    let statement = settle(&house, id).done().json();
    assert_eq!((&statement["premium"], &statement["commission"]), (&json!(101), &json!(50)));
    sold_once(&house, 1);
}

#[test]
fn at_the_edges_of_the_rates_every_cent_is_somewhere() {
    for (premium, commission) in [("0", "0"), ("10000", "10000"), ("1", "9999"), ("5000", "0")] {
        let house = House::bare();
        house.set("premium_bps", premium);
        house.set("commission_bps", commission);
        cast(&house);
        overdue(&house, 1);
        house.run(&["settle", "--due"]).done();
        let all = house.number("select sum(balance) from purse where id >= 0");
        assert_eq!(all, 3 * PAID_IN, "premium {premium}, commission {commission}");
        house.audit();
    }
}

#[test]
fn a_cancelled_listing_has_a_statement_too() {
    let (house, ann, bob, _) = House::open();
    let by_seller = house.list(&ann, json!({}));
    assert_eq!(house.delete(&format!("/api/v1/listings/{by_seller}")).by(&ann).send().status, 204);
    let by_admin = house.list(&ann, json!({}));
    house.bid(&bob, by_admin, 1_000).done(201);
    house.run(&["listing", "cancel", &by_admin.to_string(), "--why", "it fell down"]).done();
    for (id, why) in [(by_seller, None), (by_admin, Some("it fell down"))] {
        let statement = house.settlement(id);
        assert_eq!(statement["outcome"], "cancelled");
        assert!(why.is_none_or(|why| statement["reason"] == why), "{statement}");
        assert_eq!(settle(&house, id).done().json(), statement);
        assert_eq!(house.listing(id)["state"], "cancelled");
    }
    let again = house.run(&["listing", "cancel", &by_admin.to_string(), "--why", "again"]);
    assert_eq!(again.status, 0, "done already: {again:?}");
    assert_eq!(house.settlement(by_admin)["reason"], "it fell down");
    assert_eq!(house.funds(&bob), (PAID_IN, 0, PAID_IN));
    house.audit();
}

#[test]
fn a_settlement_is_reversed_once_by_the_opposite_postings() {
    let house = closed_house();
    let id = overdue(&house, 1)[0];
    let statement = settle(&house, id).done().json();
    let settlement = statement["id"].to_string();
    house.run(&["reverse", &settlement, "--why", "the lamp was broken"]).done();
    for name in ["Ann", "Bob"] {
        assert_eq!(balance(&house, name), (PAID_IN, 0));
    }
    assert_eq!(house.number("select balance from purse where id = 0"), 0);
    assert_eq!(settle(&house, id).done().json(), statement, "never reopened");
    house.audit();
    house.run(&["reverse", &settlement, "--why", "done already"]).done();
    for bad in [&["reverse", "99", "--why", "x"], &["reverse", &settlement, "--why", ""]] {
        assert_eq!(house.run(bad).status, 1, "{bad:?}");
    }
    assert_eq!(house.number("select count(*) from transfer where cause = 'reversal'"), 1);
    house.audit();
}

#[test]
fn a_reversal_says_who_is_left_short() {
    let (house, ann, bob, cleo) = House::open();
    let sold = house.list(&ann, json!({"buy_now": 50_000}));
    let settlement = house.post(&format!("/api/v1/listings/{sold}/buy")).by(&bob).send().done(201);
    let led = house.list(&cleo, json!({}));
    house.bid(&ann, led, PAID_IN + 20_000).done(201);
    let reversed = house.told(&["reverse", &settlement["id"].to_string(), "--why", "broken"]);
    assert_eq!(reversed["short"], json!([{"email": "ann@example.org", "available": -20_000}]));
    assert_eq!(house.listing(led)["leader"], "Ann");
    house.audit();
}

#[test]
fn what_is_won_stands_among_one_s_own() {
    let mut house = closed_house();
    let id = overdue(&house, 1)[0];
    house.serve();
    house.settlement(id);
    let (ann, bob, cleo) = (house.log_in("Ann"), house.log_in("Bob"), house.log_in("Cleo"));
    let list = |who: &crate::harness::Person, of: &str| -> Vec<i64> {
        let body = house.get(&format!("/api/v1/me/{of}")).by(who).send().body();
        body["listings"].as_array().unwrap().iter().map(|listing| int(&listing["id"])).collect()
    };
    assert_eq!((list(&bob, "won"), list(&bob, "bids"), list(&bob, "listings")), (vec![id], vec![id], vec![]));
    assert_eq!((list(&ann, "won"), list(&ann, "bids"), list(&ann, "listings")), (vec![], vec![], vec![id]));
    assert_eq!((list(&cleo, "won"), list(&cleo, "bids"), list(&cleo, "listings")), (vec![], vec![], vec![]));
    house.audit();
}
