//! `listing import`: all lines are listed, or none; what is wrong is named with its line.

use crate::harness::{House, Ran, int};
use serde_json::{Value, json};
use std::fs;
use std::io::Cursor;

const HEAD: &str = "seller,title,opening,closes_in_s";

fn import(house: &House, csv: impl AsRef<[u8]>, more: &[&str]) -> Ran {
    let file = house.home().join("lots.csv");
    fs::write(&file, csv).unwrap();
    house.run(&[&["listing", "import", file.to_str().unwrap()], more].concat())
}

fn n_listings(house: &House) -> i64 {
    house.number("select count(*) from listing")
}

/// Nothing was listed, and these words are among the sentences.
#[track_caller]
fn refused(house: &House, csv: impl AsRef<[u8]>, words: &[&str]) {
    let before = n_listings(house);
    for more in [&[][..], &["--check"]] {
        let ran = import(house, csv.as_ref(), more);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert_eq!(ran.stdout, "", "{ran:?}");
        for words in words {
            assert!(ran.stderr.contains(words), "{words}: {ran:?}");
        }
    }
    assert_eq!(n_listings(house), before);
}

fn with_ann() -> House {
    let house = House::bare();
    house.add("Ann");
    house
}

/// 200 lots as a school has them: texts with commas, quotes and line breaks, a few reserves, some soft closes.
fn school() -> String {
    let mut csv = String::from(
        "\u{feff}title,seller,opening,closes_at,reserve,description,soft_close.window_s,soft_close.extension_s,soft_close.cap_s\r\n",
    );
    for n in 1..=200 {
        let reserve = if n % 5 == 0 { "9000" } else { "" };
        let soft = if n % 3 == 0 { "60,60,600" } else { ",," };
        csv += &format!(
            "\"Lot {n}, a \"\"thing\"\"\",Ann@example.org,{},2026-12-31T20:00:00+09:00,{reserve},\"First line\r\nsecond, 한국\",{soft}\r\n",
            n * 10
        );
    }
    // The close is at most a year ahead, whenever this runs.
    let month = auction::store::clock::Clock::default().now().plus_s(30 * 86_400).to_string();
    csv.replace("2026-12-31T20:00:00+09:00", &month)
}

#[test]
fn two_hundred_lots_of_a_school_show_up_live_beside_a_running_server() {
    let (house, ann, ..) = House::open();
    let watcher = house.watch("listings=all", None);
    let csv = school();
    let checked = import(&house, &csv, &["--check"]).done();
    assert!(checked.stdout.contains("200"), "{checked:?}");
    assert_eq!(n_listings(&house), 0);
    let told = import(&house, &csv, &["--format", "json"]).done().json();
    let ids: Vec<i64> = told["ids"].as_array().unwrap().iter().map(int).collect();
    assert_eq!((ids.len(), &told["n"]), (200, &json!(200)));
    for (n, id) in ids.iter().enumerate() {
        let event = watcher.event();
        assert_eq!((event.kind.as_str(), int(&event.data["id"])), ("listed", *id), "{n}");
    }
    let listing = house.listing(ids[14]);
    assert_eq!(listing["title"], "Lot 15, a \"thing\"");
    assert_eq!(listing["description"], "First line\r\nsecond, 한국");
    assert_eq!((int(&listing["opening"]), &listing["reserve_met"]), (150, &json!(false)));
    assert_eq!(listing["soft_close"], json!({"window_s": 60, "extension_s": 60, "cap_s": 600}));
    assert_eq!(int(&listing["seller_id"]), ann.id);
    assert_eq!(house.listing(ids[0])["soft_close"], Value::Null);
    house.audit();
}

#[test]
fn a_picture_beside_the_file_is_stored_as_any_other() {
    let house = with_ann();
    let mut bytes = Vec::new();
    image::RgbImage::from_pixel(64, 48, image::Rgb([1, 2, 3]))
        .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    fs::create_dir(house.home().join("photos")).unwrap();
    fs::write(house.home().join("photos/lamp.png"), &bytes).unwrap();
    fs::write(house.home().join("photos/none.png"), "no picture").unwrap();
    let row = |picture: &str| format!("{HEAD},picture\nann@example.org,Lamp,1000,3600,{picture}\n");
    for (picture, words) in [
        ("photos/other.png", "line 2: picture: There is no file"),
        ("../home/photos/lamp.png", "beside the CSV"),
        ("/etc/hosts", "beside the CSV"),
    ] {
        refused(&house, row(picture), &[words]);
    }
    let broken = import(&house, row("photos/none.png"), &[]);
    assert_eq!((broken.status, n_listings(&house)), (1, 0), "{broken:?}");
    assert!(broken.stderr.contains("line 2: picture: A picture must be a JPEG"), "{broken:?}");
    assert_eq!(fs::read_dir(house.dir().join("pictures")).unwrap().count(), 0);
    let two = row("photos/lamp.png") + "ann@example.org,Same lamp,1000,3600,photos/lamp.png\n";
    assert_eq!(import(&house, two, &[]).done().stdout, "1\n2\n");
    let picture = house.told(&["listing", "show", "2"])["picture"].as_str().unwrap().to_owned();
    assert_eq!(house.told(&["listing", "show", "1"])["picture"], picture);
    assert!(house.dir().join(&picture[1..]).exists(), "{picture}");
    let left =
        fs::read_dir(house.dir()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.starts_with("importing-")));
}

#[test]
fn a_bad_line_among_many_is_named_and_nothing_is_listed() {
    let house = with_ann();
    let mut lines: Vec<String> = (2..=200).map(|n| format!("ann@example.org,Lot {n},1000,3600")).collect();
    lines[137 - 2] = "ann@example.org,Lot 137,ten,3600".into();
    lines[150 - 2] = "nobody@example.org,,1000,3600".into();
    lines[160 - 2] = "ann@example.org,Lot 160,1000".into();
    refused(
        &house,
        format!("{HEAD}\n{}\n", lines.join("\n")),
        &[
            "line 137: opening: This is not an amount",
            "line 150: seller: There is no such account.",
            "line 150: title: From 1 to 120",
            "line 160: It has 3 cells, the first line has 4.",
            "4 faults; nothing was listed",
        ],
    );
    // A quoted line break is part of its cell: the lines are those of the file.
    refused(
        &house,
        format!(
            "{HEAD},description\nann@example.org,Lot,1000,3600,\"one\ntwo\nthree\"\nann@example.org,Lot,0,3600,\n"
        ),
        &["line 5: opening"],
    );
}

#[test]
fn every_rule_of_a_listing_holds_in_a_file_too() {
    let house = with_ann();
    house.add("Bob");
    house.run(&["account", "suspend", "bob@example.org", "--why", "late"]).done();
    let head = "seller,title,opening,closes_in_s,closes_at,reserve,buy_now,increment,soft_close.window_s,soft_close.extension_s,soft_close.cap_s";
    let row = |cells: &str| format!("{head}\nann@example.org,T,{cells}\n");
    for (cells, words) in [
        ("1000,2,,,,,,,", "closes_in_s: The close must be at least 5 seconds ahead."),
        ("1000,,2026-11-22,,,,,,", "closes_at: A time with its offset"),
        ("1000,,2020-11-22T18:00:00Z,,,,,,", "closes_at: The close must be at least"),
        ("1000,3600,2030-11-22T18:00:00Z,,,,,,", "not both"),
        ("1000,,,,,,,,", "closes_at: Choose when"),
        (",3600,,,,,,,", "opening: This field is required."),
        ("12.50,3600,,,,,,,", "opening: KRW has no decimals; write an amount such as 12000 KRW."),
        ("1000,3600,,900,,,,,", "reserve: The reserve cannot be lower than the opening."),
        ("1000,3600,,,999,,,,", "buy_now: "),
        ("1000,3600,,,,0,,,", "increment: "),
        ("1000,3600,,,,,60,,", "soft_close.extension_s: This field is required."),
        ("1000,3600,,,,,0,60,60", "soft_close.window_s: From 1 second"),
        ("1000000000000001,3600,,,,,,,", "opening: "),
    ] {
        refused(&house, row(cells), &["line 2: ", words]);
    }
    refused(&house, row("1000,3600,,,,,,,").replace("ann@", "bob@"), &["line 2: seller: "]);
    import(&house, row("1000,3600,,2000,5000,10,60,60,600"), &[]).done();
    let listing = house.told(&["listing", "show", "1"]);
    assert_eq!((int(&listing["buy_now"]), int(&listing["increment"])), (5_000, 10));
}

#[test]
fn columns_are_checked_before_lines() {
    let house = with_ann();
    let row = "ann@example.org,T,1000,3600";
    for (csv, words) in [
        (String::new(), "line 1: The file is empty"),
        (format!("seller,title,closes_in_s\n{row}\n"), "The column opening is missing."),
        (format!("seller,title,opening\n{row}\n"), "closes_at or closes_in_s is missing"),
        (format!("{HEAD},title\n{row},T\n"), "There are two columns \"title\"."),
        (format!("{HEAD},reserv\n{row},5000\n"), "There is no field \"reserv\""),
    ] {
        refused(&house, csv, &[words]);
    }
    refused(
        &house,
        [HEAD.as_bytes(), b"\n", row.as_bytes(), b"\nann@example.org,L\xe4mp,1,3600\n"].concat(),
        &["line 3", "UTF-8"],
    );
    // What an export tells beside the fields is passed over.
    import(&house, format!("id,state,{HEAD},price,n_bids\n7,sold,{row},5000,12\n"), &[]).done();
    assert_eq!((n_listings(&house), int(&house.told(&["listing", "show", "1"])["n_bids"])), (1, 0));
}

#[test]
fn a_file_has_its_limits_and_its_faults_are_not_told_without_end() {
    let house = with_ann();
    let faulty = "ann@example.org,T,0,3600\n".repeat(250);
    let ran = import(&house, format!("{HEAD}\n{faulty}"), &[]);
    assert_eq!(ran.status, 1);
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(told.len(), 2, "the same on every line is one sentence: {ran:?}");
    assert!(
        told[0].contains("lines 2–251: opening: An amount") && told[1].contains("250 faults;"),
        "{ran:?}"
    );
    let differing: String = (0..250).map(|n| format!("x{n}@example.org,T,1000,3600\n")).collect();
    let ran = import(&house, format!("{HEAD}\n{differing}"), &[]);
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!((ran.status, told.len()), (1, 101), "{ran:?}");
    assert!(told[0].contains("line 2:") && told[99].contains("line 101:"), "{ran:?}");
    assert!(told[100].contains("and 150 more"), "{ran:?}");
    let many = "ann@example.org,T,1000,3600\n".repeat(10_001);
    refused(&house, format!("{HEAD}\n{many}"), &["line 10002: A file has at most 10000 lines"]);
    let large = format!("{HEAD},description\nann@example.org,T,1000,3600,{}\n", "x".repeat(17 << 20));
    refused(&house, large, &["16 MiB"]);
    assert_eq!(import(&house, format!("{HEAD}\n"), &[]).done().stdout.trim(), "");
    assert_eq!(house.run(&["listing", "import", "/nowhere.csv"]).status, 3);
}
