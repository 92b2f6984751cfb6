//! What a watcher hears of a sale that another process publishes, postpones, pauses and resumes: everything, in order, soon.

use crate::harness::{Event, House, int};
use auction::rules::time::Time;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// By the contract 250 ms; on a machine that runs all tests at once they are given this long, and the figure is printed.
const SOON: Duration = Duration::from_millis(1_000);

/// In so many hours, as the command line takes it.
fn in_hours(n: i64) -> String {
    auction::store::clock::Clock::default().now().plus_s(n * 3_600).to_string()
}

/// A draft with the lots A1, A2 (section One), B1 (section Two).
fn drafted(house: &House) {
    let (opens_at, closes_at) = (in_hours(1), in_hours(2));
    let dates = ["--opens-at", &opens_at, "--closes-at", &closes_at, "--every", "20s"];
    house.run(&[&["sale", "add", "spring", "--name", "Spring night"][..], &dates].concat()).done();
    for (lot, section) in [("A1", "One"), ("A2", "One"), ("B1", "Two")] {
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        house.run(&[&add[..], &["--sale", "spring", "--lot", lot, "--section", section]].concat()).done();
    }
}

/// Runs a command; the next `n` events, the last of which came soon after the command was done.
fn heard(house: &House, watcher: &crate::harness::Watcher, args: &[&str], n: usize) -> Vec<Event> {
    house.run(args).done();
    let done = Instant::now();
    let events: Vec<Event> = (0..n).map(|_| watcher.event()).collect();
    let late = events[n - 1].at.saturating_duration_since(done);
    println!("{}: {} ms after the command was done", args[1], late.as_millis());
    assert!(late < SOON, "{args:?}: {late:?}");
    events
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_watcher_hears_every_change_of_a_sale_in_order_and_without_a_gap() {
    let (house, ..) = House::open();
    let watcher = house.watch("listings=all", None);
    drafted(&house);
    let listed = heard(&house, &watcher, &["sale", "publish", "spring"], 3);
    assert_eq!(kinds(&listed), ["listed"; 3], "a draft was told, or not all was");
    for (event, (lot, section)) in listed.iter().zip([("A1", "One"), ("A2", "One"), ("B1", "Two")]) {
        let of = ["sale", "lot", "section", "state"].map(|field| event.data[field].clone());
        assert_eq!(of, ["spring", lot, section, "upcoming"].map(Value::from));
        assert!(event.data["opens_at"].is_string(), "{event:?}");
    }
    let ids: Vec<i64> = listed.iter().map(|event| int(&event.data["id"])).collect();
    let lots: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
    let of_lots = |events: &[Event]| -> Vec<Value> {
        events.iter().map(|event| event.data["listing"].clone()).collect()
    };

    let paused = heard(&house, &watcher, &["sale", "pause", "spring", "--why", "no «wifi»"], 3);
    assert_eq!((kinds(&paused), of_lots(&paused)), (vec!["paused"; 3], lots.clone()));
    for event in &paused {
        assert_eq!(event.data, json!({"listing": event.data["listing"], "why": "no «wifi»"}));
    }
    let resumed = heard(&house, &watcher, &["sale", "resume", "spring"], 3);
    assert_eq!((kinds(&resumed), of_lots(&resumed)), (vec!["resumed"; 3], lots.clone()));
    for (event, id) in resumed.iter().zip(&ids) {
        assert_eq!(event.data, json!({"listing": id, "closes_at": house.listing(*id)["closes_at"]}));
    }
    let postpone = ["sale", "postpone", "spring", "--by", "10m", "--why", "the bus is late"];
    let extended = heard(&house, &watcher, &postpone, 3);
    assert_eq!((kinds(&extended), of_lots(&extended)), (vec!["extended"; 3], lots.clone()));
    let close = |event: &Event| Time::parse(event.data["closes_at"].as_str().unwrap()).unwrap();
    for (before, after) in resumed.iter().zip(&extended) {
        assert_eq!(after.data["why"], "the bus is late");
        assert_eq!(close(after).ms_since(close(before)), 600_000);
    }
    let postpone = ["sale", "postpone", "spring", "--by", "5s", "--why", "x", "--section", "Two"];
    assert_eq!(of_lots(&heard(&house, &watcher, &postpone, 1)), lots[2..]);
    let cancelled = heard(&house, &watcher, &["sale", "cancel", "spring", "--why", "rain"], 3);
    assert!(cancelled.iter().all(|event| event.kind == "cancelled" && event.data["why"] == "rain"));

    // Who comes back reads the same again.
    let all = [&listed[..], &paused, &resumed, &extended].concat();
    let again = house.watch_from("listings=all", None, Some(listed[0].id.unwrap() - 1));
    for event in &all {
        let told = again.event();
        assert_eq!((told.id, &told.kind, &told.data), (event.id, &event.kind, &event.data));
    }
    let one = house.watch_from(&format!("listings={}", ids[1]), None, Some(0));
    let told: Vec<String> = (0..5).map(|_| one.event().kind).collect();
    assert_eq!(told, ["listed", "paused", "resumed", "extended", "cancelled"]);
    house.audit();
}

#[test]
fn nobody_hears_of_a_sale_that_is_refused_or_still_a_draft() {
    let (house, ..) = House::open();
    drafted(&house);
    let before = house.number("select max(id) from event");
    for args in [
        &["sale", "pause", "spring", "--why", "x"][..],
        &["sale", "resume", "spring"],
        &["sale", "postpone", "spring", "--by", "10m", "--why", "x"],
        &["sale", "set", "spring", "every_s", "30"],
        &["sale", "cancel", "spring", "--why", "x"],
    ] {
        house.run(args);
    }
    assert_eq!(house.number("select max(id) from event"), before);
    house.audit();
}
