//! Passes at the command line: opened, listed and shut; and the report on a desk in words.

use crate::harness::{House, Inside, email};
use crate::sale_api::draft;
use crate::tablet::{Tablet, buy, sale_of};
use serde_json::json;

#[test]
fn a_pass_is_opened_listed_and_shut() {
    let (house, ..) = House::with(&[("public_url", "https://auction.example.org"), ("currency", "EUR")]);
    sale_of(&house, "spring", 1);
    let opened = house.run(&["desk", "open", "Till 1", "--sale", "spring", "--may", "checkout,bid"]).done();
    let lines: Vec<&str> = opened.stdout.lines().collect();
    let [link, code] = lines[..] else { panic!("a link and a code: {opened:?}") };
    assert_eq!(link, format!("https://auction.example.org/desk/open?code={code}"));
    assert!(opened.stderr.starts_with("Till 1 may bid,checkout in spring until "), "{opened:?}");
    assert!(!opened.stderr.contains("public_url"));
    let taken = house.run(&["desk", "open", "Till 1", "--sale", "spring", "--may", "bid"]);
    assert_eq!(taken.status, 1, "{taken:?}");
    let open =
        ["desk", "open", "Door", "--sale", "spring", "--may", "checkin", "--limit", "500.00", "--for", "1h"];
    let door = house.told(&open);
    assert_eq!(
        (&door["limit"], &door["state"], &door["bound_at"]),
        (&json!(50_000), &json!("open"), &json!(null))
    );
    let _tablet = Tablet::open(&house, "Tablet", "spring", &[]);

    let listed = house.told(&["desk", "list"]);
    let state = |nth: usize| (listed[nth]["name"].clone(), listed[nth]["state"].clone());
    assert_eq!(state(0), (json!("Till 1"), json!("open")));
    assert_eq!(state(1), (json!("Door"), json!("open")));
    assert_eq!(state(2), (json!("Tablet"), json!("bound")));
    assert_eq!((&listed[0]["may"], &listed[0]["sale"]), (&json!(["bid", "checkout"]), &json!("spring")));
    assert!(!listed.to_string().contains(code), "a code is shown once");
    let words = house.run(&["desk", "list"]).done().stdout;
    assert!(words.contains("bid,checkout") && words.contains("500.00"), "{words}");

    assert!(house.get("/metrics").send().text().contains("auction_passes_open 3\n"));
    let shut = house.run(&["desk", "shut", "Till 1"]).done();
    assert!(house.get("/metrics").send().text().contains("auction_passes_open 2\n"));
    assert_eq!(shut.stdout, "the pass Till 1 is shut\n");
    assert_eq!(house.run(&["desk", "shut", "Till 1"]).done().stdout, "the pass Till 1 was shut already\n");
    assert_eq!(house.told(&["desk", "list"])[0]["state"], "shut");
    assert_eq!(house.run(&["desk", "shut", "Nobody"]).status, 1);
    // Its name is free again.
    house.run(&["desk", "open", "Till 1", "--sale", "spring", "--may", "bid"]).done();
}

#[test]
fn the_doctor_names_a_sale_that_has_ended_and_whose_passes_still_open() {
    let (house, _, bob, _) = House::open();
    sale_of(&house, "spring", 1);
    let open = ["desk", "open", "Grandma", "--sale", "spring", "--may", "checkout", "--for", "30d"];
    house.run(&open).done();
    let advice = |days: i64| {
        let findings = Inside::of(&house, days * 86_400_000).house.doctor().unwrap();
        let of_desk = findings.into_iter().find(|finding| finding.name == "desk");
        of_desk.map(|finding| (finding.ok, finding.words, finding.what_to_do))
    };
    assert_eq!(advice(20), None, "a lot is open");
    buy(&house, &bob, "spring", "A1");
    assert_eq!(advice(0), None, "guests still pay");
    let (ok, words, what_to_do) = advice(20).unwrap();
    assert!(ok && words.starts_with("1 pass opens the desk of spring, which ended at "), "{words}");
    assert!(!words.contains("Grandma"), "a report for strangers has it, too: {words}");
    assert!(what_to_do.contains("auction desk shut"), "{what_to_do}");
    assert_eq!(advice(31), None, "the pass has ended");
}

#[test]
fn what_is_no_pass_is_refused() {
    let (house, ..) = House::open();
    draft(&house, "draft", &[]);
    sale_of(&house, "spring", 1);
    sale_of(&house, "over", 1);
    house.run(&["sale", "cancel", "over", "--why", "rain"]).done();
    let open = |name: &str, sale: &str, more: &[&str]| {
        house.run(&[&["desk", "open", name, "--sale", sale], more].concat()).status
    };
    let may = ["--may", "checkin"];
    assert_eq!(open("Door", "draft", &may), 0, "before its sale is published");
    assert_eq!(open("Till", "nowhere", &may), 1);
    assert_eq!(open("Till", "over", &may), 1);
    assert_eq!(open("", "spring", &may), 1);
    assert_eq!(open("cli", "spring", &may), 1, "else the ledger could not tell it from an admin");
    for rights in ["", "admin", "checkin,", "all"] {
        assert_eq!(open("Till", "spring", &["--may", rights]), 2, "{rights}");
    }
    assert_eq!(open("Till", "spring", &[]), 2);
    for end in [["--for", "0s"], ["--for", "31d"], ["--until", "2020-01-01T00:00:00Z"], ["--limit", "-5"]] {
        assert_ne!(open("Till", "spring", &[&may[..], &end].concat()), 0, "{end:?}");
    }
    assert_eq!(house.number("select count(*) from pass"), 1);
    assert_eq!(house.run(&["desk", "report", "nowhere"]).status, 1);
}

/// As a camera sees the screen of a dark terminal: blocks are light.
#[test]
fn the_code_in_the_terminal_leads_to_the_desk() {
    let (house, ..) = House::with(&[("public_url", "https://auction.example.org/of/the/club")]);
    sale_of(&house, "spring", 1);
    let open = ["desk", "open", "Till 1", "--sale", "spring", "--may", "bid", "--qr"];
    let opened = house.run(&open).done().stdout;
    let lines: Vec<&str> = opened.lines().collect();
    let (link, drawn) = (lines[0], &lines[1..lines.len() - 1]);
    let is_light = |row: usize, column: usize| {
        let block = drawn.get(row / 2).and_then(|line| line.chars().nth(column));
        matches!((block, row % 2), (Some('█'), _) | (Some('▀'), 0) | (Some('▄'), 1))
    };
    let side = drawn[0].chars().count();
    assert!(drawn.iter().all(|line| line.chars().count() == side) && side <= 79, "{opened}");
    let is_quiet = |at: usize| at < 4 || at >= side - 4;
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        assert!(!(is_quiet(row) || is_quiet(column)) || is_light(row, column), "a light margin: {opened}");
    }
    let scale = 4;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, |x, y| {
        if is_light(y / scale, x / scale) { 255 } else { 0 }
    });
    let (_, read) = image.detect_grids()[0].decode().unwrap();
    assert_eq!(read, link);
}

#[test]
fn the_report_of_a_desk_says_what_is_left_to_do() {
    let (house, _, bob, _) = House::with(&[("currency", "EUR")]);
    sale_of(&house, "spring", 3);
    let empty = house.told(&["desk", "report", "spring"]);
    assert_eq!(empty, json!({"tills": [], "unpaid": [], "not_handed_over": [], "total": 0}));
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let _door = Tablet::open(&house, "Door", "spring", &["--may", "checkin"]);
    house.add("Dora");
    tablet.register(json!({"name": "Dora", "email": email("Dora"), "limit": 9_000}));
    buy(&house, &house.log_in("Dora"), "spring", "A1");
    buy(&house, &bob, "spring", "A2");
    buy(&house, &bob, "spring", "A3");
    let dora = tablet.bill(1);
    tablet.pay(1, 500, "cash");
    tablet.post("handovers", json!({"lot": "A2"})).done(201);
    let report = house.told(&["desk", "report", "spring"]);
    assert_eq!(report["tills"][0]["taken"]["cash"], 500);
    assert_eq!(report["tills"].as_array().unwrap().len(), 1, "a pass that takes no payments is no till");
    assert_eq!(report["unpaid"], json!([tablet.bill(1)]));
    assert_eq!(report["unpaid"][0]["due"].as_i64(), dora["due"].as_i64().map(|due| due - 500));
    let waiting = report["not_handed_over"].as_array().unwrap();
    assert_eq!(waiting.iter().map(|lot| &lot["lot"]).collect::<Vec<_>>(), ["A1", "A3"]);
    assert_eq!(
        (&waiting[0]["number"], &waiting[1]["number"]),
        (&json!(1), &json!(null)),
        "Bob has no number"
    );
    assert_eq!((&waiting[0]["covered"], &waiting[1]["covered"]), (&json!(500), &waiting[1]["total"]));
    let words = house.run(&["desk", "report", "spring"]).done().stdout;
    for part in ["Till 1", "5.00", "unpaid bills", "Dora", "lots not handed over", "A3"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("voids"), "{words}");
    // A reversed lot is nobody's to collect.
    let id = waiting[1]["listing"].to_string();
    house.run(&["reverse", &id, "--why", "it was broken"]).done();
    let waiting = &house.told(&["desk", "report", "spring"])["not_handed_over"];
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
}
