//! Outages: with `extend`, a listing before whose close no server ran is not given away; with `settle` it is. A server that is
//! really killed, and a clock that is set.

use crate::harness::{House, Inside};
use crate::proof;
use auction::rules::listing::{Closes, Draft, ListingId};
use auction::rules::time::Time;
use auction::store::clock::Clock;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MINUTE: i64 = 60_000;

/// A house with the cast and the policy `extend`, `outage_s` before a close; nothing runs.
fn extending(outage_s: &str) -> House {
    let house = House::bare();
    house.set("outage", "extend");
    house.set("outage_s", outage_s);
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    house
}

/// A server without its threads, whose clock a test sets; seconds from its start.
struct Slow {
    house: auction::house::House,
    clock: Clock,
    began_ms: i64,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Slow {
    fn start(house: &House, began_ms: i64) -> Slow {
        let clock = Clock::default();
        clock.set_ahead(began_ms);
        let (house, writer) =
            auction::house::House::open_to_serve(&house.dir(), clock.clone(), |decided| decided.tell())
                .unwrap();
        Slow { house, clock, began_ms, writer: Some(writer) }
    }

    fn set(&self, s: i64) {
        self.clock.set_ahead(self.began_ms + s * 1_000);
    }

    /// Beats at this second; how many listings that prolonged.
    fn beat(&self, s: i64) -> usize {
        self.set(s);
        self.house.beat().unwrap().len()
    }

    fn list(&self, seconds: i64) -> ListingId {
        let ann = self.house.account_by_email("ann@example.org").unwrap().id;
        let closes = Some(Closes::In { seconds });
        let draft = Draft { title: "Lamp".into(), opening: 1_000, closes, ..Draft::default() };
        self.house.list(ann, draft).unwrap().id
    }

    fn settled(&self) -> Vec<i64> {
        self.house
            .settle_overdue()
            .unwrap()
            .settlements
            .iter()
            .map(|settlement| settlement.listing.0)
            .collect()
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.house.stop_writing();
        self.writer.take().unwrap().join().unwrap();
    }
}

fn closes_at(house: &House, id: i64) -> i64 {
    house.number(&format!("select closes_at from standing where listing_id = {id}"))
}

fn n_prolongations(house: &House) -> i64 {
    house.number("select count(*) from timing")
}

fn time(value: &Value) -> i64 {
    Time::parse(value.as_str().unwrap()).unwrap().0
}

/// A house whose one listing, with Bob's bid of 1,000, was prolonged: it closes in five minutes.
fn prolonged() -> House {
    let house = extending("300");
    {
        let inside = Inside::alone(&house, -10 * MINUTE);
        inside.credit("Bob", 100_000);
        let id = inside.list(|_| ());
        inside.bid("Bob", id, 1_000);
    }
    let inside = Inside::alone(&house, 0);
    inside.credit("Cleo", 100_000);
    drop(inside);
    assert_eq!(n_prolongations(&house), 1);
    house.audit();
    house
}

#[test]
fn a_killed_server_prolongs_once_each_time_and_a_bid_in_the_time_won_wins() {
    let (mut house, ann, bob, cleo) = House::with(&[("outage", "extend"), ("outage_s", "15")]);
    let id = house.list(&ann, json!({"closes_in_s": 10}));
    house.set("outage", "settle");
    let plain = house.list(&ann, json!({"closes_in_s": 10}));
    for listing in [id, plain] {
        house.bid(&bob, listing, 1_000).done(201);
    }
    let before = house.listing(id);
    assert_eq!((&before["outage_s"], &before["outage"]), (&json!(15), &Value::Null));
    assert_eq!(house.listing(plain)["outage_s"], Value::Null, "the policy at its making");
    house.kill();

    // What cron runs: it waits for the close, settles what may be settled, and says what waits.
    let statement = house.told(&["settle", &plain.to_string()]);
    assert_eq!((&statement["outcome"], &statement["buyer"]), (&json!("sold"), &json!("Bob")));
    let swept = house.run(&["settle", "--due"]).done();
    assert_eq!(swept.stdout, "");
    assert!(swept.stderr.contains("waiting for one") && swept.stderr.contains(&id.to_string()), "{swept:?}");
    let by_hand = house.run(&["settle", &id.to_string()]).done();
    assert!(by_hand.stdout.contains("waits"), "{by_hand:?}");
    assert_eq!(house.told(&["settle", &id.to_string()])["state"], "closing");
    assert_eq!(house.number("select count(*) from settlement"), 1);

    house.serve();
    let once = house.listing(id);
    assert_eq!((&once["state"], &once["extended"]), (&json!("open"), &json!(true)));
    assert_eq!(n_prolongations(&house), 1);
    assert_eq!(time(&once["closes_at"]), time(&once["outage"]["until"]) + 15_000);
    assert!(time(&once["outage"]["from"]) < time(&before["closes_at"]));
    let told = house.watch_from("listings=all", None, before["cursor"].as_i64()).wait_for("extended").data;
    assert_eq!(
        told,
        json!({"listing": id, "closes_at": once["closes_at"], "cause": "outage", "outage": once["outage"]})
    );
    assert_eq!(house.stop().1, 0);
    house.serve();
    let twice = house.listing(id);
    assert_eq!(n_prolongations(&house), 2, "a clean end is an outage too");
    assert!(time(&twice["outage"]["from"]) > time(&once["outage"]["until"]), "{twice}");
    let placed = house.bid(&cleo, id, 2_000).done(201);
    let settled = house.told(&["settle", &id.to_string()]);
    assert_eq!((&settled["outcome"], &settled["buyer"]), (&json!("sold"), &json!("Cleo")));
    assert_eq!(settled["closes_at"], twice["closes_at"]);
    assert!(settled["settled_at"].as_str() >= settled["closes_at"].as_str());
    assert_eq!(n_prolongations(&house), 2);
    assert_eq!(closes_at(&house, plain), time(&statement["closes_at"]), "its first close");
    let told = ["listing", "bid", "prolongation", "prolongation", "bid", "settlement"];
    for limit in [1, 2, 500] {
        assert_eq!(proof::kinds(&proof::chain(&house, id, limit)), told, "anyone can check it");
    }
    house.run(&["verify", placed["bid"]["receipt"].as_str().unwrap()]).done();
    house.audit();
}

#[test]
fn only_an_outage_in_the_last_minutes_prolongs() {
    let house = extending("300");
    let id =
        Inside::alone(&house, -30 * MINUTE).list(|draft| draft.closes = Some(Closes::In { seconds: 2_400 }));
    let first = closes_at(&house, id);
    // The close is ten minutes ahead of the system's clock: its last five minutes begin in five.
    for (ahead_min, n) in [(-20, 0), (0, 0), (4, 0), (6, 1), (7, 2)] {
        drop(Inside::alone(&house, ahead_min * MINUTE));
        assert_eq!(n_prolongations(&house), n, "a start {ahead_min} minutes ahead");
    }
    assert!((closes_at(&house, id) - first - 2 * MINUTE).abs() < MINUTE, "five minutes after the last start");
    house.audit();
}

#[test]
fn a_server_beside_another_ends_no_outage() {
    let house = extending("300");
    let first = Inside::alone(&house, 0);
    first.list(|_| ());
    let second = Inside::of(&house, 0);
    drop(first);
    let third = Inside::of(&house, 5_000);
    assert_eq!(n_prolongations(&house), 0);
    drop((second, third));
    drop(Inside::alone(&house, 10_000));
    assert_eq!(n_prolongations(&house), 1, "now none ran");
}

#[test]
fn a_server_that_stood_still_did_not_run() {
    let house = extending("30");
    let slow = Slow::start(&house, 0);
    let id = slow.list(60).0;
    let first = closes_at(&house, id);
    assert_eq!(slow.beat(10), 0, "two beats are no outage");
    slow.set(70);
    assert_eq!(slow.settled(), [0; 0], "it is not given away before it is prolonged");
    assert_eq!(slow.beat(70), 1);
    assert_eq!((slow.beat(72), slow.beat(84), slow.beat(96)), (0, 0, 0));
    let moved = closes_at(&house, id);
    assert!((moved - first - 40_000).abs() < 10_000, "30 s after the 70th: {} ms later", moved - first);
    slow.set(103);
    assert_eq!(slow.settled(), [id]);
    assert_eq!(house.number("select closes_at from settlement"), moved);
    house.audit();
}

#[test]
fn a_running_server_beats_every_few_seconds_and_no_more_often() {
    let mut house = House::bare();
    house.serve();
    let conn = house.connection();
    let beat = || -> i64 {
        conn.query_row("select at from heartbeat where of = 'server'", [], |row| row.get(0)).unwrap()
    };
    let (deadline, mut beats) = (Instant::now() + Duration::from_secs(120), vec![beat()]);
    while beats.len() < 3 {
        assert!(Instant::now() < deadline, "too few beats: {beats:?}");
        std::thread::park_timeout(Duration::from_millis(20));
        let last = beat();
        if last != *beats.last().unwrap() {
            beats.push(last);
        }
    }
    assert!(beats[2] - beats[1] >= 2_000, "{beats:?}");
}

#[test]
fn a_close_that_was_served_is_settled_though_the_server_died_after_it() {
    let house = extending("10");
    let served = {
        let slow = Slow::start(&house, -30 * MINUTE);
        let served = slow.list(20).0;
        assert_eq!((slow.beat(8), slow.beat(16), slow.beat(24)), (0, 0, 0));
        served
    };
    assert_eq!(house.told(&["settle", &served.to_string()])["outcome"], "unsold");
    house.audit();
}

#[test]
fn without_a_server_for_good_a_person_settles_it_as_it_stands() {
    let house = extending("300");
    let id = {
        let inside = Inside::alone(&house, -10 * MINUTE);
        inside.credit("Bob", 100_000);
        let id = inside.list(|_| ());
        inside.bid("Bob", id, 1_000);
        id
    };
    let first = closes_at(&house, id);
    assert!(house.run(&["settle", &id.to_string()]).done().stdout.contains("waits"));
    let settled = house.told(&["settle", &id.to_string(), "--unserved"]);
    assert_eq!((&settled["buyer"], time(&settled["closes_at"])), (&json!("Bob"), first));
    assert_eq!(house.told(&["settle", &id.to_string()]), settled);
    house.audit();
}

#[test]
fn a_house_that_was_never_served_gives_nothing_away() {
    let mut house = extending("300");
    let id: i64 = house.add_lamp("5s", &[]).done().stdout.trim().parse().unwrap();
    assert!(house.run(&["settle", &id.to_string()]).done().stdout.contains("waits"));
    house.serve();
    assert_eq!(house.listing(id)["outage"]["from"], {
        let made = house.number(&format!("select created_at from listing where id = {id}"));
        json!(Time(made))
    });
    house.audit();
}

#[test]
fn what_has_ended_is_not_touched() {
    let house = extending("300");
    let (bought, cancelled) = {
        let inside = Inside::alone(&house, -10 * MINUTE);
        inside.credit("Bob", 100_000);
        let bought = inside.list(|draft| draft.buy_now = Some(5_000));
        inside.house.buy(ListingId(bought), inside.account("Bob")).unwrap();
        let cancelled = inside.list(|_| ());
        let by = auction::house::listings::cancel::Canceller::Admin;
        inside.house.cancel(ListingId(cancelled), by, "broken").unwrap();
        (bought, cancelled)
    };
    let closes = [closes_at(&house, bought), closes_at(&house, cancelled)];
    drop(Inside::alone(&house, 0));
    assert_eq!(n_prolongations(&house), 0);
    assert_eq!([closes_at(&house, bought), closes_at(&house, cancelled)], closes);
    house.audit();
}

#[test]
fn a_soft_close_s_cap_does_not_cap_an_outage() {
    let house = extending("30");
    let soft = auction::rules::soft_close::SoftClose { window_s: 60, extension_s: 60, cap_s: 1 };
    let id = Inside::alone(&house, -10 * MINUTE).list(|draft| draft.soft_close = Some(soft));
    let first = closes_at(&house, id);
    let inside = Inside::alone(&house, 0);
    let moved = closes_at(&house, id);
    assert!(moved > first + 9 * MINUTE);
    inside.credit("Bob", 100_000);
    inside.bid("Bob", id, 1_000);
    assert_eq!(closes_at(&house, id), moved, "past its cap a late bid moves nothing, and nothing back");
    drop(inside);
    house.audit();
}

#[test]
fn the_policy_and_its_seconds_are_shown_with_their_source_and_checked() {
    let house = House::bare();
    let shown = |key: &str| {
        let all = house.told(&["house", "show"]);
        let one = all.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap().clone();
        (one["value"].as_str().unwrap().to_owned(), one["source"].as_str().unwrap().to_owned())
    };
    house.set("name", "Test");
    assert_eq!(shown("outage"), ("settle".into(), "default".into()));
    assert_eq!(shown("outage_s"), ("300".into(), "default".into()));
    for (key, value) in [("outage", "forget"), ("outage_s", "0"), ("outage_s", "86401"), ("outage_s", "5m")] {
        assert_eq!(house.run(&["house", "set", key, value]).status, 1, "{key} {value}");
    }
    house.set("outage", "extend");
    house.set("outage_s", "86400");
    assert_eq!(shown("outage"), ("extend".into(), "house".into()));
    assert_eq!(shown("outage_s"), ("86400".into(), "house".into()));
}

#[test]
fn show_and_replay_tell_why() {
    let house = prolonged();
    let show = house.run(&["listing", "show", "1"]).done().stdout;
    assert!(show.contains("no server ran from"), "{show}");
    let replay = house.told(&["replay", "1"]);
    let steps = replay["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2, "{replay}");
    assert_eq!((&steps[1]["kind"], &steps[1]["seq"]), (&json!("prolongation"), &Value::Null));
    assert_eq!(time(&steps[1]["closes_at"]), closes_at(&house, 1));
    let text = house.run(&["replay", "1"]).done().stdout;
    assert!(text.contains("prolongation") && text.contains("no server ran from"), "{text}");
}

#[test]
fn a_prolongation_that_was_tampered_with_is_found() {
    for sql in [
        "update timing set outage_from = outage_from + 1",
        "update timing set closes_at = closes_at + 1",
        "update timing set closes_at = closes_at + 1; update standing set closes_at = closes_at + 1",
        "update timing set after_seq = 0",
        "update timing set at = at + 1",
        "delete from timing",
        "update standing set closes_at = closes_at - 1",
    ] {
        let house = prolonged();
        let conn = house.connection();
        let triggers = "drop trigger timing_is_kept; drop trigger timing_stays";
        conn.execute_batch(&format!("{triggers}; {sql}")).unwrap();
        let ran = house.run(&["audit"]);
        assert_eq!(ran.status, 1, "{sql}: {ran:?}");
        assert!(ran.stdout.contains("listing 1"), "{sql}: {ran:?}");
        assert_eq!(house.run(&["replay", "1"]).status, 1, "{sql}");
    }
}

#[test]
fn the_schema_itself_keeps_prolongations() {
    let house = prolonged();
    let conn = house.connection();
    let again = "insert into timing (listing_id, nth, kind, after_seq, closes_at, outage_from, outage_until, at, hash) \
                 select listing_id, nth + 1, kind, after_seq, closes_at + 1, outage_from, outage_until, at, hash \
                 from timing";
    for (sql, words) in [
        (again, "prolongs a listing once"),
        ("update timing set at = at + 1", "never changed"),
        ("delete from timing", "never deleted"),
    ] {
        let error = conn.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains(words), "{sql}: {error}");
    }
}

#[test]
fn the_page_says_why_in_both_languages() {
    let mut house = prolonged();
    house.serve();
    let page = |lang: &str| house.get(&format!("/listings/1?lang={lang}")).send().text();
    let (english, korean) = (page("en"), page("ko"));
    assert!(english.contains("data-outage>The auction was extended because"), "{english}");
    assert!(english.contains("in the last 5 min"), "{english}");
    assert!(korean.contains("서버 장애로 마감이 연장되었습니다"), "{korean}");
}
