//! `serve --demo`: what it shows, and how it says that its own server keeps the deadlines where no cron runs.

use crate::cron::with_cron;
use crate::harness::{House, Person, until};
use serde_json::{Value, json};

const BY_DEMO: &str = "No cron runs for this demo, so its own server keeps the deadlines";
const BY_DEMO_KO: &str = "데모 서버가 켜져 있는 동안 직접 마감 시간을 지킵니다";
const WARNING: &str = "class=\"warning\"";

/// The demo's seller.
fn seller(house: &House) -> Person {
    let (name, email, password) = ("Ann", "ann@demo.example", "demo-demo");
    let answer = house.post("/api/v1/sessions").json(&json!({"email": email, "password": password})).send();
    let body = answer.done(201);
    let token = body["token"].as_str().unwrap().to_owned();
    Person { id: body["account"]["id"].as_i64().unwrap(), name, email: email.into(), token }
}

/// Her page of a lot that stays open longest, in this language.
fn page(house: &House, ann: &Person, lang: &str) -> String {
    house.get("/listings/24").in_browser(ann).header("Accept-Language", lang).send().text()
}

/// The doctor's findings of this name.
fn found(house: &House, name: &str) -> Vec<Value> {
    let findings = house.run(&["doctor", "--format", "json"]).json();
    findings.as_array().unwrap().iter().filter(|finding| finding["name"] == name).cloned().collect()
}

#[test]
fn without_a_crontab_a_demo_says_calmly_that_its_server_keeps_the_deadlines() {
    let mut house = House::bare();
    house.serve_demo_by("auto");
    let ann = seller(&house);
    for (lang, words) in [("en", BY_DEMO), ("ko", BY_DEMO_KO)] {
        let page = page(&house, &ann, lang);
        assert!(page.contains(words) && page.contains("data-entry=\"demo\""), "{page}");
        assert!(!page.contains(WARNING), "{page}");
    }
    let scheduler = found(&house, "scheduler");
    assert_eq!(scheduler[0]["ok"], true, "{scheduler:?}");
    assert!(scheduler[0]["words"].as_str().unwrap().starts_with(BY_DEMO), "{scheduler:?}");
    let ran = house.run(&["scheduler", "check"]).done();
    assert!(ran.stdout.contains("No cron runs for this demo"), "{ran:?}");
    until("the demo is announced", || house.log().contains("password: demo-demo").then_some(()));
    assert!(house.log().contains(BY_DEMO) && !house.log().contains("WARN"), "{}", house.log());
    house.stop();

    // The same house, served as one that people rely on.
    house.serve_by("auto");
    let page = page(&house, &ann, "en");
    assert!(page.contains(WARNING) && !page.contains(BY_DEMO), "{page}");
    assert_eq!(found(&house, "scheduler")[0]["ok"], false);
    until("the log warns", || house.log().contains("WARN").then_some(()));
}

#[test]
fn entries_that_no_cron_runs_are_no_warning_in_a_demo_and_one_in_any_other_house() {
    let mut house = with_cron();
    std::fs::remove_dir_all(house.dir()).unwrap();
    house.serve_demo_by("cron");
    let ann = seller(&house);
    assert!(!page(&house, &ann, "en").contains(BY_DEMO), "cron has two minutes to show that it runs");
    let age = "update heartbeat set at = at - 200000 where of in ('sweep', 'canary', 'proven')";
    house.connection().execute_batch(age).unwrap();
    until("the seller is told", || page(&house, &ann, "en").contains(BY_DEMO).then_some(()));
    until("the log says so", || house.log().contains(&format!("scheduler: {BY_DEMO}")).then_some(()));
    assert!(!page(&house, &ann, "ko").contains(WARNING));
    let heartbeat = found(&house, "heartbeat");
    assert_eq!(heartbeat[0]["ok"], true, "{heartbeat:?}");
    house.stop();

    house.serve_by("cron");
    house.connection().execute_batch(age).unwrap();
    until("the seller is warned", || page(&house, &ann, "en").contains(WARNING).then_some(()));
    assert_eq!(found(&house, "heartbeat")[0]["ok"], false);
}

#[test]
fn a_demo_is_shown_in_the_directory_that_is_named_and_in_no_other_house() {
    let mut house = House::bare();
    for _ in 0..2 {
        house.serve_demo_by("none");
        let shown = house.get("/api/v1/listings?state=all&limit=100").send().done(200);
        let shown = shown["listings"].as_array().unwrap();
        assert_eq!(shown.len(), 24);
        let sale = house.get("/api/v1/sales/charity-night").send().done(200);
        assert_eq!((&sale["n_lots"], &sale["sections"][3]), (&json!(24), &json!("Grand prize")), "{sale}");
        for listing in shown {
            assert_eq!(listing["sale"], "charity-night", "{listing}");
            let picture = listing["pictures"][0].as_str().unwrap_or_else(|| panic!("{listing}"));
            assert!(house.get(picture).send().body.starts_with(b"\xff\xd8"), "{listing}");
            // Fifty cards on a phone stay below a megabyte.
            let thumbnail = house.get(listing["thumbnail"].as_str().unwrap()).send().body;
            assert!(thumbnail.len() < 40_000, "{}: {}", listing["title"], thumbnail.len());
        }
        assert_eq!(house.stop().1, 0);
    }
    house.audit();
    let last = house.run(&["replay", "24", "--format", "json"]).json();
    let steps = last["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["kind"] == "postponement"), "one lot is postponed: {last}");
    let sale = house.run(&["sale", "show", "charity-night", "--format", "json"]).json();
    let time = |name: &str| auction::rules::time::Time::parse(sale[name].as_str().unwrap()).unwrap();
    let (opens, last) = (time("opens_at"), time("last_closes_at"));
    assert_eq!(last.ms_since(opens), (60 + 23 * 30 + 120) * 1_000, "{sale}");
    let other = House::bare();
    other.add("Ann");
    let ran = other.run(&["serve", "--demo", "--listen", "localhost:0"]);
    assert!(ran.status == 1 && ran.stderr.contains("There is a house in"), "{ran:?}");
}

#[test]
fn a_demo_speaks_and_counts_as_whoever_starts_it_does() {
    let mut house = House::bare();
    house.serve_demo_in(&[("LANG", "ko_KR.UTF-8")]);
    let sale = house.get("/api/v1/sales/charity-night").send().done(200);
    assert_eq!((&sale["name"], &sale["sections"][3]), (&json!("자선의 밤"), &json!("대상")), "{sale}");
    let lamp = house.listing(1);
    assert_eq!((&lamp["title"], &lamp["opening"]), (&json!("황동 책상 스탠드"), &json!(12_000)), "{lamp}");
    let page = house.get("/listings/1").header("Accept-Language", "ko").send().text();
    assert!(page.contains("12,000원"), "{page}");

    let mut house = House::bare();
    house.serve_demo_in(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "en_US.UTF-8")]);
    let lamp = house.listing(1);
    assert_eq!((&lamp["title"], &lamp["opening"]), (&json!("Brass desk lamp"), &json!(1_200)), "{lamp}");
    let page = house.get("/listings/1").header("Accept-Language", "en").send().text();
    assert!(page.contains("$12.00"), "{page}");
}
