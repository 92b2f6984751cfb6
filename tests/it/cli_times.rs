//! Times as an admin writes them: in the house's zone, from now on, or with their offset.

use crate::harness::{House, Ran};
use auction::rules::time::Time;
use serde_json::Value;

fn in_seoul() -> House {
    let house = House::bare();
    house.set("zone", "Asia/Seoul");
    house.set("currency", "EUR");
    house.add("Ann");
    house
}

fn add(house: &House, closes_at: &str) -> Ran {
    let lamp =
        ["listing", "add", "--seller", "Ann", "--title", "Lamp", "--opening", "12.50", "--format", "json"];
    house.run(&[&lamp[..], &["--closes-at", closes_at]].concat())
}

fn time(value: &Value) -> Time {
    Time::parse(value.as_str().unwrap()).unwrap()
}

/// The hours and minutes of an instant in Seoul.
fn in_seoul_hm(at: Time) -> String {
    at.plus_s(9 * 3_600).utc().format("%a %H:%M").to_string()
}

#[test]
fn a_close_is_read_in_the_houses_zone_and_said_again() {
    let house = in_seoul();
    for (typed, shown) in
        [("20:30", "20:30"), ("8:30 pm", "20:30"), ("Sat 20:30", "Sat 20:30"), ("tomorrow 9:15", "09:15")]
    {
        let added = add(&house, typed).done();
        let closes_at = time(&added.json()["closes_at"]);
        assert!(in_seoul_hm(closes_at).ends_with(shown), "{typed}: {added:?}");
        let ahead_s = closes_at.ms_since(house_now(&house)) / 1_000;
        assert!((0..=8 * 86_400).contains(&ahead_s), "{typed}: {ahead_s}");
        assert!(added.stderr.contains(&format!("{typed} is ")) && added.stderr.contains(" KST"), "{added:?}");
    }
    // A hundred days ahead; Seoul's clocks never change.
    let day = house_now(&house).plus_s(100 * 86_400).utc().format("%Y-%m-%d").to_string();
    house.run(&["sale", "add", "spring", "--name", "Spring", "--closes-at", &format!("{day} 20:30")]).done();
    assert_eq!(house.told(&["sale", "show", "spring"])["closes_at"], format!("{day}T11:30:00.000Z"));
    house.run(&["sale", "set", "spring", "closes_at", &format!("{day} 9pm")]).done();
    assert_eq!(house.told(&["sale", "show", "spring"])["closes_at"], format!("{day}T12:00:00.000Z"));
}

fn house_now(house: &House) -> Time {
    Time(house.number("select cast(unixepoch('subsec') * 1000 as integer)"))
}

#[test]
fn a_time_may_be_so_long_from_now() {
    let house = in_seoul();
    let before = house_now(&house);
    let closes_at = time(&add(&house, "+90m").done().json()["closes_at"]);
    let ahead_s = closes_at.ms_since(before) / 1_000;
    assert!((5_400..5_460).contains(&ahead_s), "{ahead_s}");
    for since in ["-2h", "yesterday", "2026-01-01", "today"] {
        let lines = house.told(&["log", "--since", since]);
        assert!(since == "today" || !lines.as_array().unwrap().is_empty(), "{since}");
        house.run(&["export", "ledger", "--since", since]).done();
        house.run(&["account", "statement", "Ann", "--since", since]).done();
    }
    house.run(&["desk", "list"]).done();
}

#[test]
fn what_is_no_time_is_misuse_and_nothing_is_written() {
    let house = in_seoul();
    for typed in ["soon", "25:00", "2026-02-30 20:30", "+x", ""] {
        let ran = add(&house, typed);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{typed}: {ran:?}");
    }
    let missing = add(&house, "Sat");
    assert!(missing.status == 2 && missing.stderr.contains("time of day is missing"), "{missing:?}");
    assert!(add(&house, "soon").stderr.contains("Sat 20:30"));
    house.set("zone", "Europe/Berlin");
    let skipped = add(&house, "2027-03-28 02:30");
    assert!(skipped.status == 2 && skipped.stderr.contains("The clocks go forward then"), "{skipped:?}");
    assert_eq!(house.number("select count(*) from listing"), 0);
    let twice = add(&house, "2027-10-31 02:30");
    assert!(twice.stderr.contains("comes twice: the earlier one is taken"), "{twice:?}");
}
