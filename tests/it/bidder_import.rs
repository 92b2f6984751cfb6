//! `bidder import`: the guests of a sale from a spreadsheet, all of them or none. Each wrong line is named with its
//! column, and each likely double.

use crate::harness::{House, Ran, int};
use crate::sales::{house, spring};
use serde_json::{Value, json};
use std::fs;

fn import(house: &House, sheet: &str, more: &[&str]) -> Ran {
    let file = house.home().join("guests.csv");
    fs::write(&file, sheet).unwrap();
    house.run(&[&["bidder", "import", "spring", file.to_str().unwrap()], more].concat())
}

fn n_guests(house: &House) -> i64 {
    house.number("select count(*) from registration")
}

/// What is said of a sheet that is refused, on checking it and on importing it: a line each, without the file's name.
#[track_caller]
fn refused(house: &House, sheet: &str) -> Vec<String> {
    let before = (n_guests(house), house.number("select count(*) from account"));
    let [checked, ran] = [&["--check"][..], &[]].map(|more| import(house, sheet, more));
    assert_eq!((ran.status, checked.status), (1, 1), "{ran:?} {checked:?}");
    assert_eq!((ran.stdout.as_str(), &ran.stderr), ("", &checked.stderr));
    assert_eq!((n_guests(house), house.number("select count(*) from account")), before);
    let said = ran.stderr.lines().map(|line| match line.split_once("guests.csv, ") {
        Some((_, said)) => said.to_owned(),
        None => line.trim_start_matches("auction: ").to_owned(),
    });
    said.collect()
}

fn numbers(house: &House) -> Value {
    let list = house.told(&["bidder", "list", "spring"]);
    list["bidders"].as_array().unwrap().iter().map(|guest| json!([guest["number"], guest["name"]])).collect()
}

#[test]
fn guests_get_the_lowest_free_numbers_in_the_order_of_the_lines() {
    let house = house();
    spring(&house);
    house.run(&["bidder", "add", "spring", "--name", "Zoe", "--number", "3"]).done();
    let sheet = "Name,E-Mail,PHONE,Number,Limit\n\
                 Dora,,0170 1234567,,500\n\
                 Emil,emil@example.org,,1,\n\
                 Bob,Bob@example.org,,,20000\n\
                 \n\
                 한지민,,'+82 10 1234 5678,,\n";
    let checked = import(&house, sheet, &["--check", "--format", "json"]).done();
    assert_eq!((&checked.json()["n"], &checked.json()["bidders"][0]["number"]), (&json!(4), &json!(2)));
    assert_eq!(n_guests(&house), 1, "a check registers nobody");
    let imported = import(&house, sheet, &["--format", "json"]).done();
    let imported = imported.json();
    assert_eq!(imported["n"], 4);
    assert_eq!(imported["bidders"][0]["pin"], Value::Null, "the PIN comes at check-in");
    let expected = json!([[1, "Emil"], [2, "Dora"], [3, "Zoe"], [4, "Bob"], [5, "한지민"]]);
    assert_eq!(numbers(&house), expected);
    let list = house.told(&["bidder", "list", "spring"]);
    let of = |number: usize, field: &str| list["bidders"][number - 1][field].clone();
    assert_eq!(of(4, "account"), house.told(&["account", "show", "bob@example.org"])["id"]);
    assert_eq!((of(2, "limit"), of(4, "limit"), of(1, "limit")), (json!(500), json!(20_000), json!(0)));
    assert_eq!((of(5, "phone"), of(5, "has_pin")), (json!("+82 10 1234 5678"), json!(false)));
    house.audit();
}

#[test]
fn every_wrong_line_is_named_with_its_column_and_nobody_is_registered() {
    let house = house();
    spring(&house);
    house
        .run(&["bidder", "add", "spring", "--name", "Zoe", "--number", "3", "--email", "zoe@example.org"])
        .done();
    let sheet = "name,email,phone,number,limit\n\
                 Dora,dora@,1,0,x\n\
                 ,,,,5\n\
                 Emil,,8.21012E+11,7,\n\
                 Fritz,fritz@example.org,,3,\n\
                 Gerda,Fritz@example.org,,7,-1\n\
                 Hans,zoe@example.org,,,\n\
                 Ida,,,4,,more\n";
    assert_eq!(
        refused(&house, sheet),
        [
            "lines 2, 6: limit: This is not an amount; write one such as 12000 KRW.",
            "line 2: email: An email address, such as ann@example.org.",
            "line 2: phone: From 3 to 40 characters.",
            "line 2: number: A number from 1 to 99999.",
            "line 3: name: From 1 to 40 characters.",
            "line 4: phone: A spreadsheet has shortened this number; make the column one of texts.",
            "line 5: number: Somebody else has number 3.",
            "line 6: number: Line 4 has number 7, too.",
            "line 6: email: Line 5 has fritz@example.org, too.",
            "line 7: email: zoe@example.org has number 3 already.",
            "line 8: It has 6 cells, the first line has 5.",
            "12 faults; nobody was registered",
        ]
    );
}

#[test]
fn a_missing_or_unknown_column_changes_nothing_and_says_so() {
    let house = house();
    spring(&house);
    for (sheet, words) in [
        ("email,phone\nd@example.org,\n", "line 1: The column name is missing."),
        ("name,emial\nDora,d@example.org\n", "line 1: There is no field \"emial\"; did you mean email?"),
        ("name,address\nDora,\n", "line 1: There is no field \"address\""),
        ("name,name\nDora,Emil\n", "line 1: There are two columns \"name\"."),
        ("", "line 1: The file is empty; its first line names the columns."),
    ] {
        let said = refused(&house, sheet);
        assert!(said[0].starts_with(words), "{words}: {said:?}");
    }
    let ran = house.run(&["bidder", "import", "autumn", "guests.csv"]);
    assert_ne!(ran.status, 0, "{ran:?}");
    fs::write(house.home().join("guests.csv"), "name\nDora\n").unwrap();
    let file = house.home().join("guests.csv");
    let ran = house.run(&["bidder", "import", "autumn", file.to_str().unwrap()]);
    crate::sales::refused(&ran, "There is no such sale.");
}

#[test]
fn every_likely_double_is_named_and_registered_only_anyway() {
    let house = house();
    spring(&house);
    house.run(&["bidder", "add", "spring", "--name", "John Smith", "--phone", "0170 1234567"]).done();
    let sheet = "name,email,phone\n\
                 Dora Dent,,\n\
                 Smith Jon,,\n\
                 \"Dent, Dora\",,\n\
                 Emil,,+49 170 1234567\n\
                 Fritz,fritz@example.org,\n\
                 Dora Dean,,\n";
    let said = refused(&house, sheet);
    assert_eq!(
        said,
        [
            "line 3: name: Smith Jon may be number 1 (John Smith); --anyway registers both.",
            "line 4: name: Dent, Dora may be the guest of line 2 (Dora Dent); --anyway registers both.",
            "line 5: phone: Emil may be number 1 (John Smith); --anyway registers both.",
            "3 faults; nobody was registered",
        ]
    );
    let imported = import(&house, sheet, &["--anyway", "--format", "json"]).done().json();
    assert_eq!(imported["n"], 6);
    // The same sheet again: an address has one number, whatever one says.
    let again = import(&house, sheet, &["--anyway"]);
    crate::sales::refused(&again, "line 6: email: fritz@example.org has number 6 already.");
    assert_eq!(n_guests(&house), 7);
}

#[test]
fn pins_are_drawn_when_asked_for_and_log_in() {
    let mut house = house();
    spring(&house);
    let sheet = "name\nDora\nEmil\nFritz\n";
    let imported = import(&house, sheet, &["--pins", "--format", "json"]).done().json();
    house.serve();
    let mut pins = Vec::new();
    for guest in imported["bidders"].as_array().unwrap() {
        let pin = guest["pin"].as_str().unwrap();
        let body = json!({"number": guest["number"], "pin": pin});
        let entered = house.post("/api/v1/sessions").json(&body).send().done(201);
        assert_eq!(int(&entered["account"]["id"]), int(&guest["account"]));
        pins.push(pin.to_owned());
    }
    pins.dedup();
    assert_eq!(pins.len(), 3, "each has a PIN of their own");
    let text = import(&house, "name\nGerda\n", &["--pins"]).done().stdout;
    assert!(text.contains("Gerda") && text.contains("PIN"), "{text}");
}

/// As many as a file may have.
#[test]
fn ten_thousand_guests_are_imported_at_once() {
    let house = house();
    spring(&house);
    let lines = (0..10_000).map(|n| format!("Guest {n},guest{n}@example.org,010-{n:04}-{n:04}\n"));
    let sheet = format!("name,email,phone\n{}", lines.collect::<String>());
    import(&house, &sheet, &["--quiet"]).done();
    assert_eq!(n_guests(&house), 10_000);
    assert_eq!(house.number("select max(number) from registration"), 10_000);
}
