//! The night of a sale at the command line: postponed, paused, resumed, and what the scheduler, exports and the manual
//! make of it.

use crate::cron::{tab_file, with_cron};
use crate::harness::{House, Inside, int};
use crate::sales::{CLOSES_S, add_lot, ahead, draft, house, refused, seconds, shown, spring};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_sale_is_postponed_paused_and_resumed_and_everything_says_why() {
    let (house, ann, bob, _) = House::open();
    spring(&house);
    let run = |words: &[&str]| house.run(&[&["sale"], words].concat());
    let before: Vec<Value> = ["1", "2", "3"].map(|id| shown(&house, id)["closes_at"].clone()).into();
    for by in ["0s", "31d"] {
        refused(&run(&["postpone", "spring", "--by", by, "--why", "wifi"]), "by: From 1 second to 30 days");
    }
    for by in ["--by=-10m", "--by=10"] {
        assert_eq!(run(&["postpone", "spring", by, "--why", "wifi"]).status, 2, "{by}");
    }
    refused(&run(&["postpone", "spring", "--by", "10m", "--why", " "]), "why: ");
    let hats = ["postpone", "spring", "--by", "1m", "--why", "x", "--section", "Hats"];
    refused(&run(&hats), "section: This sale has no section Hats; it has: Toys, Books.");
    refused(&run(&["postpone", "spring", "--by", "30d", "--why", "x", "--section", ""]), "section: ");
    let why = ["--why", "the wifi failed"];
    let postponed = run(&[&["postpone", "spring", "--by", "10m"], &why[..]].concat()).done();
    assert!(
        postponed.stdout.starts_with("3 lots postponed by 10 min; the first closes at "),
        "{postponed:?}"
    );
    let section =
        run(&[&["postpone", "spring", "--by", "30s", "--section", "Toys"], &why[..]].concat()).done();
    assert!(section.stdout.starts_with("1 lot postponed by 30 s"), "{section:?}");
    let moved = |n: usize| seconds(&before[n - 1], &shown(&house, &n.to_string())["closes_at"]);
    assert_eq!([moved(1), moved(2), moved(3)], [600, 630, 600]);
    let settled = house.run(&["settle", "1"]).done();
    assert!(settled.stdout.contains(", postponed by 10 min: the wifi failed;"), "{settled:?}");
    let paused = run(&["pause", "spring", "--why", "fire alarm"]).done();
    assert_eq!(paused.stdout, "3 lots paused\n");
    let again = run(&["pause", "spring", "--why", "again"]).done();
    assert_eq!(again.stdout, "sale spring is paused already\n");
    refused(&add_lot(&house, "spring", "A4", &[]), "This sale is paused");
    assert_eq!(house.told(&["sale", "show", "spring"])["state"], "paused");
    house.bid(&bob, 1, 1_000).refused(409, "paused");
    let settled = house.run(&["settle", "1"]).done();
    assert!(
        settled.stdout.contains("has been paused since 2") && settled.stdout.contains("fire alarm"),
        "{settled:?}"
    );
    let told = house.told(&["settle", "1"]);
    assert_eq!((&told["state"], &told["why"]), (&json!("paused"), &json!("fire alarm")));
    let due = house.run(&["settle", "--due"]).done();
    assert!(due.stdout.is_empty() && due.stderr.is_empty(), "{due:?}");
    let lot = shown(&house, "1");
    assert_eq!((&lot["state"], &lot["why"]), (&json!("paused"), &json!("fire alarm")));
    assert!(lot["paused_at"].is_string(), "{lot}");
    let text = house.run(&["listing", "show", "1"]).done().stdout;
    for words in
        ["postponed  by 10 min at 2", "by cli: the wifi failed", "paused     at 2", "by cli: fire alarm"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let resumed = run(&["resume", "spring"]).done();
    assert!(resumed.stdout.starts_with("3 lots resumed; the first closes at "), "{resumed:?}");
    assert_eq!(run(&["resume", "spring"]).done().stdout, "sale spring is not paused\n");
    assert!(moved(1) >= 600);
    let settled = house.run(&["settle", "1"]).done();
    assert!(settled.stdout.contains(", postponed by 10 min: the wifi failed; paused for "), "{settled:?}");
    let text = run(&["show", "spring"]).done().stdout;
    for words in [
        "postponed by 10 min",
        "postponed by 30 s",
        "3 lots",
        "1 lot of Toys",
        "fire alarm",
        "resumed",
        "cli",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    house.bid(&bob, 1, 1_000).done(201);
    assert_eq!(int(&house.listing(1)["seller_id"]), ann.id);
    house.audit();
}

#[test]
fn more_lots_of_a_published_sale_close_after_its_last_until_the_first_has_closed() {
    let house = house();
    spring(&house);
    house.run(&["sale", "postpone", "spring", "--by", "1h", "--why", "snow"]).done();
    let id = add_lot(&house, "spring", "A4", &[]).done().stdout;
    assert_eq!(id, "4\n");
    assert_eq!(seconds(&shown(&house, "3")["closes_at"], &shown(&house, "4")["closes_at"]), 20);
    house.audit();
    Inside::of(&house, (CLOSES_S + 3_610) * 1_000).house.settle_overdue().unwrap();
    refused(&add_lot(&house, "spring", "A5", &[]), "The first lot of this sale has closed");
    house.audit();
}

/// The lines of the crontab that settle one listing each.
fn lines(house: &House) -> Vec<String> {
    let tab = fs::read_to_string(tab_file(house)).unwrap();
    let is_one = |line: &&str| line.contains(" settle ") && !line.ends_with("--due");
    tab.lines().filter(is_one).map(str::to_owned).collect()
}

#[test]
fn the_scheduler_s_lines_follow_the_sale() {
    let house = with_cron();
    house.set("scheduler", "cron");
    draft(&house, &[]);
    for lot in ["A1", "A2"] {
        add_lot(&house, "spring", lot, &[]).done();
    }
    assert!(fs::read_to_string(tab_file(&house)).unwrap_or_default().is_empty(), "a draft has no entry");
    house.run(&["sale", "publish", "spring"]).done();
    let published = lines(&house);
    assert_eq!(published.len(), 2);
    house.run(&["sale", "postpone", "spring", "--by", "10m", "--why", "wifi"]).done();
    let postponed = lines(&house);
    assert!(postponed.len() == 2 && postponed.iter().all(|line| !published.contains(line)), "{postponed:?}");
    house.run(&["sale", "pause", "spring", "--why", "fire"]).done();
    assert_eq!(lines(&house), Vec::<String>::new());
    assert_eq!(house.number("select count(*) from entry where armed = 1"), 0);
    house.run(&["scheduler", "check"]);
    house.run(&["sale", "postpone", "spring", "--by", "10m", "--why", "wifi"]).done();
    assert_eq!(lines(&house), Vec::<String>::new(), "paused still");
    house.run(&["sale", "resume", "spring"]).done();
    let resumed = lines(&house);
    assert!(resumed.len() == 2 && resumed.iter().all(|line| !postponed.contains(line)), "{resumed:?}");
    let listed = house.told(&["scheduler", "list"]);
    for entry in listed["entries"].as_array().unwrap() {
        assert_eq!(entry["held"], entry["wanted"], "{listed}");
    }
    let month = ahead(30 * 86_400);
    house.run(&["sale", "copy", "spring", "summer", "--closes-at", &month]).done();
    assert_eq!(lines(&house), resumed, "a copy is a draft");
    house.run(&["sale", "cancel", "spring", "--why", "snow"]).done();
    assert_eq!(lines(&house), Vec::<String>::new());
}

#[test]
fn an_export_names_the_lots_and_is_imported_again() {
    let house = house();
    draft(&house, &["--opens-at", &ahead(60)]);
    add_lot(&house, "spring", "A1", &["--section", "=Toys"]).done();
    house.run(&["sale", "publish", "spring"]).done();
    house.add_lamp("2h", &[]).done();
    let csv = house.run(&["export", "listings", "--secrets", "--open"]).done().stdout;
    let head = csv.lines().next().unwrap();
    assert!(head.ends_with(",n_bids,sale,lot,section,opens_at,leader_number"), "{head}");
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    assert!(rows[0].contains(",spring,A1,'=Toys,2") && rows[1].ends_with(",,,,,"), "{rows:?}");
    let file = house.home().join("lots.csv");
    fs::write(&file, &csv).unwrap();
    let file = file.to_str().unwrap();
    let ran = house.run(&["listing", "import", file]).done();
    assert_eq!(ran.stdout, "3\n4\n");
    assert!(ran.stderr.contains("line 2 has the lot A1, which is listed outside of any sale"), "{ran:?}");
    assert_eq!(shown(&house, "3")["sale"], Value::Null);
    let one: Vec<&str> = csv.lines().take(2).collect();
    fs::write(file, one.join("\n") + "\n").unwrap();
    house.run(&["sale", "add", "summer", "--name", "Summer", "--closes-at", &ahead(86_400)]).done();
    house.run(&["sale", "import", "summer", file]).done();
    let lot = house.told(&["sale", "show", "summer"])["lots"][0].clone();
    assert_eq!((&lot["lot"], &lot["section"]), (&json!("A1"), &json!("=Toys")));
    house.audit();
}

/// The commands of the manual's blocks, in their order, each as a shell would give its words.
fn commands(block: &str) -> Vec<Vec<String>> {
    let joined = block.replace("\\\n", " ");
    let line = |line: &str| {
        let line = line.split(" # ").next().unwrap().split(" > ").next().unwrap();
        let mut words = Vec::new();
        for (n, part) in line.split('"').enumerate() {
            match n % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        words
    };
    joined.lines().map(line).filter(|words| !words.is_empty()).collect()
}

#[test]
fn the_manual_s_evening_runs_as_it_is_written() {
    let house = house();
    let beside = house.home().parent().unwrap().to_owned();
    let lots: String = (1..=20).map(|n| format!("A{n},Toys,ann@example.org,Lamp {n},1000\n")).collect();
    fs::write(beside.join("lots.csv"), format!("lot,section,seller,title,opening\n{lots}")).unwrap();
    fs::create_dir(beside.join("photos")).unwrap();
    image::RgbImage::new(8, 8).save(beside.join("photos/a7-2.png")).unwrap();
    let manual = include_str!("../../packaging/manual/sales.md");
    let mut n_commands = 0;
    for block in manual.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        if block.contains("--unsold") {
            Inside::of(&house, 3 * 86_400_000).house.settle_overdue().unwrap();
        }
        for words in commands(block) {
            let dated = |word: &String| match word.as_str() {
                at if at.starts_with("2027-05-08T") => ahead(600),
                at if at.starts_with("2027-05-09T") => ahead(86_400),
                at if at.starts_with("2027-06-13T") => ahead(40 * 86_400),
                _ => word.clone(),
            };
            let words: Vec<String> = words.iter().map(dated).collect();
            assert_eq!(words[0], "auction");
            house.run(&words[1..].iter().map(String::as_str).collect::<Vec<_>>()).done();
            n_commands += 1;
        }
    }
    assert_eq!(n_commands, 14);
    assert_eq!(house.told(&["sale", "show", "summer"])["lots"].as_array().unwrap().len(), 20);
    house.audit();
}
