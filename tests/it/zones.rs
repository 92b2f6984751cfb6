//! The house's zone: a name of the tz database or the machine's; and local times on the nights when the clocks change.

use crate::harness::{House, Person, Reply};
use auction::text::dates::Zone;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};

fn now(house: &House) -> DateTime<Utc> {
    let unix_ms = house.get("/api/v1/time").send().done(200)["unix_ms"].as_i64().unwrap();
    DateTime::from_timestamp_millis(unix_ms).unwrap()
}

#[test]
fn a_zone_is_a_name_of_the_database_and_what_was_meant_is_said() {
    let house = House::bare();
    for (typed, kept) in
        [("asia/seoul", "Asia/Seoul"), ("EST5EDT", "EST5EDT"), ("utc", "UTC"), ("LOCALTIME", "localtime")]
    {
        let ran = house.run(&["house", "set", "zone", typed]).done();
        assert!(ran.stdout.contains(&format!("zone is {kept}")), "{ran:?}");
    }
    house.set("zone", "Europe/Berlin");
    for (typed, meant) in [
        ("UTC+9", "did you mean Asia/Seoul, or Etc/GMT-9?"),
        ("KST-9", "did you mean Asia/Seoul, or Etc/GMT-9?"),
        ("KST", "did you mean Asia/Seoul?"),
        ("Asia/Soul", "did you mean Asia/Seoul?"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "did you mean Europe/Berlin?"),
        ("/usr/share/zoneinfo/Asia/Seoul", "such as Asia/Seoul"),
        ("right/Asia/Seoul", "Asia/Seoul"),
    ] {
        let ran = house.run(&["house", "set", "zone", typed]);
        assert!(ran.status == 1 && ran.stderr.contains(meant), "{typed}: {ran:?}");
    }
    let shown = house.told(&["house", "show"]);
    let zone = shown.as_array().unwrap().iter().find(|shown| shown["key"] == "zone").unwrap();
    assert_eq!(zone["value"], "Europe/Berlin");
}

fn put_zone(house: &House, kept: &str) {
    let put = "insert or replace into house (key, value) values ('zone', ?1)";
    house.connection().execute(put, [kept]).unwrap();
}

fn finding(house: &House, environment: &[(&str, &str)]) -> Option<String> {
    let mut command = house.command();
    command.args(["doctor", "--format", "json"]).envs(environment.iter().copied());
    let found = crate::harness::run(&mut command, "").json();
    let found = found.as_array().or_else(|| found["findings"].as_array()).unwrap().clone();
    let zone = found.into_iter().find(|finding| finding["name"] == "pages_zone");
    zone.map(|finding| format!("{} {}", finding["words"], finding["what_to_do"]))
}

/// It was taken before: such a house opens, shows what it always has, and says so.
#[test]
fn an_old_house_with_a_rule_for_a_zone_goes_on_and_says_so() {
    let mut house = House::bare();
    house.set("zone", "UTC");
    put_zone(&house, "KST-9");
    house.serve();
    assert!(house.get("/").send().text().contains("</time> KST"), "nine hours ahead");
    house.stop();
    put_zone(&house, "UTC+9");
    house.serve();
    let page = house.get("/").send().text();
    assert!(page.contains("</time> UTC−09:00"), "not as UTC: {page}");
    assert!(house.log().contains("Asia/Seoul"), "{}", house.log());
    let words = finding(&house, &[]).unwrap();
    assert!(
        words.contains("UTC−09:00") && words.contains("Etc/GMT-9") && words.contains("house set zone"),
        "{words}"
    );
    house.stop();
    put_zone(&house, "Asia/Soul");
    house.serve();
    assert!(house.get("/").send().text().contains("</time> UTC"));
    assert!(finding(&house, &[]).unwrap().contains("show UTC"));
}

#[test]
fn the_machines_zone_is_what_the_variable_says_and_a_rule_is_read_as_one() {
    let mut house = House::bare();
    house.set("zone", "localtime");
    for (variable, letters) in
        [("Asia/Seoul", "KST"), ("KST-9", "KST"), ("UTC+9", "UTC−09:00"), (":Asia/Kolkata", "IST")]
    {
        house.serve_in("none", &[("TZ", variable)]);
        let page = house.get("/").send().text();
        assert!(page.contains(&format!("</time> {letters}")), "{variable}: {page}");
        house.stop();
        let words = finding(&house, &[("TZ", variable)]).unwrap();
        assert!(words.contains(variable) && words.contains("house set zone"), "{words}");
    }
    assert!(finding(&house, &[("TZ", "Asia/Soul")]).unwrap().contains("did you mean Asia/Seoul?"));
    assert_eq!(finding(&house, &[]), None);
}

/// The `nth` Sunday of a month, the last one for 5.
fn sunday(year: i32, month: u32, nth: u8) -> NaiveDate {
    let of = |nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth);
    of(nth).or_else(|| of(4)).unwrap()
}

/// A zone and a local time of a night to come within a year, of those that are named: month, Sunday, and the time.
fn next(now: DateTime<Utc>, nights: [(&'static str, u32, u8, &str); 2]) -> (&'static str, NaiveDateTime) {
    let of_year = |year: i32| {
        nights
            .map(|(zone, month, nth, time)| (zone, sunday(year, month, nth).and_time(time.parse().unwrap())))
    };
    let ahead = now.naive_utc() + TimeDelta::days(2);
    let all = [now.year(), now.year() + 1].into_iter().flat_map(of_year).filter(|(_, at)| *at > ahead);
    all.min_by_key(|(_, at)| *at).unwrap()
}

fn sell(house: &House, seller: &Person, lang: &str, closes_at: NaiveDateTime, step: &str) -> Reply {
    let closes_at = closes_at.format("%Y-%m-%dT%H:%M").to_string();
    let fields = [
        ("title", "Brass lamp"),
        ("opening", "1000"),
        ("closes_in_s", "at"),
        ("closes_at", closes_at.as_str()),
        ("step", step),
    ];
    house.post(&format!("/listings/new?lang={lang}")).in_browser(seller).form(&fields).send()
}

#[test]
fn a_close_in_the_hour_that_is_left_out_is_refused_and_says_so() {
    let (house, ann, ..) = House::open();
    let nights = [("Europe/Berlin", 3, 5, "02:30:00"), ("Australia/Lord_Howe", 10, 1, "02:15:00")];
    let (zone, closes_at) = next(now(&house), nights);
    house.set("zone", zone);
    crate::harness::until("the server takes the zone", || {
        house.get("/listings/new").in_browser(&ann).send().text().contains(zone).then_some(())
    });
    for (lang, words) in [("en", "does not exist"), ("ko", "존재하지 않는 시각입니다")] {
        for step in ["preview", "list"] {
            let page = sell(&house, &ann, lang, closes_at, step);
            assert!(page.status == 422 && page.text().contains(words), "{page:?}");
        }
    }
    assert_eq!(house.number("select count(*) from listing"), 0);
}

#[test]
fn a_close_in_the_hour_that_comes_twice_is_the_earlier_and_says_so() {
    let (house, ann, ..) = House::open();
    let nights = [("Europe/Berlin", 10, 5, "02:30:00"), ("Australia/Lord_Howe", 4, 1, "01:45:00")];
    let (zone, closes_at) = next(now(&house), nights);
    house.set("zone", zone);
    crate::harness::until("the server takes the zone", || {
        house.get("/listings/new").in_browser(&ann).send().text().contains(zone).then_some(())
    });
    let page = sell(&house, &ann, "en", closes_at, "preview");
    assert!(page.status == 200 && page.text().contains("The earlier one counts."), "{page:?}");
    let page = sell(&house, &ann, "ko", closes_at, "preview");
    assert!(page.text().contains("먼저 오는 시각이"), "{page:?}");
    let listed = sell(&house, &ann, "en", closes_at, "list");
    assert_eq!(listed.status, 303, "{listed:?}");
    let page = house.get(listed.header("Location").unwrap()).in_browser(&ann).send().text();
    assert!(page.contains("the earlier one counts"), "{page}");
    // In summer time still: two hours ahead in Berlin, eleven on the island.
    let ahead_h = if zone == "Europe/Berlin" { 2 } else { 11 };
    let earlier = (closes_at - TimeDelta::hours(ahead_h)).and_utc();
    assert_eq!(house.listing(1)["closes_at"], earlier.format("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    // An hour that comes once says nothing.
    let page = sell(&house, &ann, "en", closes_at + TimeDelta::hours(3), "preview");
    assert!(page.status == 200 && !page.text().contains("The earlier one counts."));
    let spans = Zone::named(zone).unwrap().spans(earlier - TimeDelta::days(1), 7);
    assert!(
        spans.len() > 1 && spans[1].0 > earlier.timestamp_millis(),
        "the clocks change after it: {spans:?}"
    );
}
