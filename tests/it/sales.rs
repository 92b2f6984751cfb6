//! Sales at the command line: drafts, publication, copies, cancellation, report.

use crate::harness::{House, Inside, Ran, int};
use auction::store::clock::Clock;
use serde_json::{Value, json};

/// The first close of the sales here, in seconds from now.
pub const CLOSES_S: i64 = 7_200;

/// A time so many seconds ahead, as the command line takes it.
pub fn ahead(seconds: i64) -> String {
    Clock::default().now().plus_s(seconds).to_string()
}

/// Ann sells, Bob and Cleo bid.
pub fn house() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, 100_000);
    }
    house
}

/// Makes the draft `spring`, whose lots close 20 s apart.
pub fn draft(house: &House, more: &[&str]) {
    let closes_at = ahead(CLOSES_S);
    let add = ["sale", "add", "spring", "--name", "Spring evening", "--closes-at", &closes_at];
    house.run(&[&add[..], &["--every", "20s"], more].concat()).done();
}

pub fn add_lot(house: &House, sale: &str, lot: &str, more: &[&str]) -> Ran {
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
    house.run(&[&add[..], &["--sale", sale, "--lot", lot], more].concat())
}

/// The sale `spring` of the lots A1, A2 (in Toys) and A3 (in Books), published: listings 1 to 3.
pub fn spring(house: &House) {
    draft(house, &[]);
    add_lot(house, "spring", "A1", &[]).done();
    add_lot(house, "spring", "A2", &["--section", "Toys"]).done();
    add_lot(house, "spring", "A3", &["--section", "Books"]).done();
    house.run(&["sale", "publish", "spring"]).done();
}

/// Exit status 1, and the sentence.
#[track_caller]
pub fn refused(ran: &Ran, sentence: &str) {
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.contains(sentence), "{sentence}: {ran:?}");
}

pub fn shown(house: &House, id: &str) -> Value {
    house.told(&["listing", "show", id])
}

/// Whole seconds from one time to another.
pub fn seconds(from: &Value, to: &Value) -> i64 {
    let read = |at: &Value| auction::rules::time::Time::parse(at.as_str().unwrap()).unwrap();
    read(to).ms_since(read(from)) / 1_000
}

#[test]
fn an_evening_is_prepared_published_settled_and_reported() {
    let house = house();
    let pickup = ["--pickup", "At the hall", "--premium-bps", "1000", "--soft-close", "1m,1m,10m"];
    draft(&house, &pickup);
    let own = ahead(CLOSES_S + 600);
    assert_eq!(add_lot(&house, "spring", "A1", &[]).done().stdout, "A1\n");
    add_lot(&house, "spring", "a-2.x", &["--section", "Toys"]).done();
    add_lot(&house, "spring", "한3", &["--closes-at", &own, "--reserve", "9000"]).done();
    refused(&add_lot(&house, "spring", "A-2.X", &[]), "lot: The sale has a lot A-2.X already.");
    assert_eq!(
        house.number("select count(*) from listing")
            + house.number("select count(*) from event where kind = 'listed'"),
        0
    );
    let text = house.run(&["sale", "show", "spring"]).done().stdout;
    for words in
        ["Spring evening", "state        draft", "every        20 s", "premium      10 %", "lots         3\n"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let ran = house.run(&["sale", "publish", "spring"]).done();
    assert!(ran.stdout.starts_with("3 lots published; the first closes at 2"), "{ran:?}");
    assert!(ran.stdout.contains(&format!(", the last at {own}")), "{ran:?}");
    house.audit();
    let second = shown(&house, "2");
    assert_eq!(
        (&second["sale"], &second["lot"], &second["section"], &second["opens_at"]),
        (&json!("spring"), &json!("a-2.x"), &json!("Toys"), &Value::Null)
    );
    assert_eq!(seconds(&shown(&house, "1")["closes_at"], &second["closes_at"]), 20);
    assert_eq!(second["soft_close"], json!({"window_s": 60, "extension_s": 60, "cap_s": 600}));
    let text = house.run(&["listing", "show", "2"]).done().stdout;
    for words in ["sale       spring", "lot        a-2.x", "section    Toys"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    Inside::of(&house, 0).bid("Bob", 1, 1_000);
    Inside::of(&house, 0).bid("Bob", 3, 1_000);
    Inside::of(&house, (CLOSES_S + 1_000) * 1_000).house.settle_overdue().unwrap();
    let report = house.told(&["sale", "report", "spring"]);
    let lateness_ms = int(&report["lateness_ms"]);
    let expected = json!({
        "lots": 3, "bids": 2, "sold": 1, "unsold": 2, "hammer_total": 1_000, "premium": 100, "largest": 1_000,
        "lateness_ms": lateness_ms,
    });
    assert_eq!(report, expected);
    let text = house.run(&["sale", "report", "spring"]).done().stdout;
    for words in ["sold          1\n", "hammer total  1000 KRW\n", "largest       1000 KRW\n"] {
        assert!(text.contains(words), "{words:?}: {text}");
    }
    assert_eq!(house.told(&["sale", "list"])["sales"][0]["state"], "closed");
    assert!(house.run(&["sale", "list"]).done().stdout.contains("Spring evening"));
    house.audit();
}

#[test]
fn what_a_sale_cannot_be_is_refused_with_a_sentence() {
    let house = house();
    draft(&house, &[]);
    let (soon, later, year) = (ahead(CLOSES_S), ahead(2 * CLOSES_S), ahead(366 * 86_400));
    let add = |code: &str, more: &[&str]| {
        house.run(&[&["sale", "add", code, "--name", "Evening", "--closes-at"], more].concat())
    };
    refused(&add("spring", &[&soon]), "There is or was a sale with this code; codes are never used again.");
    refused(&add("Spring", &[&soon]), "code: 1 to 40 of the small letters");
    refused(&add("", &[&soon]), "code: 1 to 40");
    refused(&add("s", &[&year]), "closes_at: The close must be at most a year ahead.");
    refused(&add("s", &["2020-01-01T00:00:00Z"]), "closes_at: The first close must be ahead.");
    refused(
        &add("s", &[&soon, "--opens-at", &later]),
        "opens_at: The opening must be before the first close.",
    );
    refused(&add("s", &[&soon, "--every", "2d"]), "every_s: From 0 seconds to a day");
    refused(&add("s", &[&soon, "--premium-bps", "10001"]), "premium_bps: From 0 to 10000");
    for usage in [&["tomorrow"][..], &[&soon, "--every", "20"], &[&soon, "--soft-close", "1m"]] {
        assert_eq!(add("s", usage).status, 2, "{usage:?}");
    }
    let run = |words: &str| house.run(&words.split(' ').collect::<Vec<_>>());
    for words in [
        "show none",
        "report none",
        "publish none",
        "resume none",
        "set none name X",
        "pause none --why X",
        "cancel none --why X",
        "postpone none --by 1m --why X",
        "import none lots.csv",
    ] {
        refused(&run(&format!("sale {words}")), "There is no such sale.");
    }
    refused(&run("sale publish spring"), "lots: This sale has no lots yet.");
    refused(&run("sale pause spring --why X"), "This sale is not published, or it was cancelled.");
    refused(&run("sale postpone spring --by 1m --why X"), "This sale is not published");
    refused(&run("sale resume spring"), "This sale is not published");
    refused(
        &run("sale set spring colour red"),
        "key: One of: name, description, pickup, opens_at, closes_at",
    );
    refused(&run("sale set spring every_s 20s"), "every_s: A whole number in digits.");
    refused(&run("sale set spring closes_at soon"), "closes_at: Write a time such as 20:30");
    refused(&run("sale set spring premium_bps 10001"), "premium_bps: From 0 to 10000");
    for (lot, words) in
        [("A 1", "1 to 12 letters"), ("", "1 to 12 letters"), ("1234567890123", "1 to 12 letters")]
    {
        refused(&add_lot(&house, "spring", lot, &[]), words);
    }
    refused(&add_lot(&house, "spring", "A1", &["--section", &"x".repeat(41)]), "section: ");
    refused(
        &add_lot(&house, "spring", "A1", &["--closes-at", &year]),
        "closes_at: The close must be at most a year",
    );
    refused(&add_lot(&house, "none", "A1", &[]), "There is no such sale.");
    assert_eq!(add_lot(&house, "spring", "A1", &["--soft-close", "1m,1m,1m"]).status, 2);
    assert_eq!(house.number("select count(*) from lot"), 0);
}

#[test]
fn a_draft_is_changed_and_what_is_published_keeps_its_terms() {
    let house = house();
    draft(&house, &[]);
    for lot in ["A1", "A2", "A3"] {
        add_lot(&house, "spring", lot, &[]).done();
    }
    let set = |key: &str, value: &str| house.run(&["sale", "set", "spring", key, value]);
    let (opens_at, closes_at) = (ahead(600), ahead(86_400));
    for (key, value) in [
        ("closes_at", &*closes_at),
        ("opens_at", &opens_at),
        ("every_s", "30"),
        ("premium_bps", "500"),
        ("commission_bps", "250"),
        ("soft_close", "1m,1m,5m"),
        ("description", "A\nB"),
        ("name", "Spring"),
    ] {
        set(key, value).done();
    }
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!((&sale["closes_at"], &sale["opens_at"]), (&json!(closes_at), &json!(opens_at)));
    assert_eq!(seconds(&sale["closes_at"], &sale["last_closes_at"]), 60);
    refused(
        &set("closes_at", &ahead(365 * 86_400 - 30)),
        "closes_at: The last lot would close more than a year",
    );
    set("closes_at", &ahead(364 * 86_400)).done();
    refused(&set("every_s", "86400"), "every_s: The last lot would close more than a year ahead.");
    set("closes_at", &closes_at).done();
    house.run(&["sale", "publish", "spring"]).done();
    assert_eq!(house.told(&["sale", "show", "spring"])["state"], "upcoming");
    assert_eq!(shown(&house, "1")["state"], "upcoming");
    for (key, value) in [
        ("closes_at", &*ahead(90_000)),
        ("opens_at", "none"),
        ("every_s", "10"),
        ("premium_bps", "1"),
        ("commission_bps", "1"),
        ("soft_close", "none"),
    ] {
        refused(
            &set(key, value),
            "This sale is no longer a draft: only its name, its description and its pickup",
        );
    }
    for (key, value) in [("name", "Spring night"), ("description", "C"), ("pickup", "Hall")] {
        set(key, value).done();
    }
    let again = house.run(&["sale", "publish", "spring"]).done();
    assert_eq!(again.stdout, "sale spring is published already\n");
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!(
        (&sale["name"], &sale["pickup"], &sale["every_s"]),
        (&json!("Spring night"), &json!("Hall"), &json!(30))
    );
    house.audit();
}

#[test]
fn all_lots_are_published_or_none() {
    let house = house();
    draft(&house, &["--opens-at", &ahead(60)]);
    for lot in ["A1", "A2", "A3"] {
        add_lot(&house, "spring", lot, &[]).done();
    }
    let now = Clock::default().now().0;
    for (closes_at, words) in [
        (now + 4_000, "Lot A2 would close less than 5 seconds ahead"),
        (now + 366 * 86_400_000, "Lot A2 would close more than a year ahead"),
        (now + 30_000, "Lot A2 would close before the sale opens"),
    ] {
        let sql = format!("update lot set closes_at = {closes_at} where code = 'A2'");
        house.connection().execute(&sql, []).unwrap();
        let ran = house.run(&["sale", "publish", "spring"]);
        refused(&ran, words);
        assert!(!ran.stderr.contains("A1"), "{ran:?}");
        assert_eq!(
            house.number("select count(*) from listing")
                + house.number("select count(*) from event where kind = 'listed'"),
            0
        );
        assert_eq!(house.told(&["sale", "show", "spring"])["state"], "draft");
    }
    house.connection().execute("update lot set closes_at = null where code = 'A2'", []).unwrap();
    house.run(&["account", "suspend", "ann@example.org", "--why", "late"]).done();
    refused(&house.run(&["sale", "publish", "spring"]), "Lot A1: This account is suspended");
    house.run(&["account", "restore", "ann@example.org"]).done();
    let published = house.told(&["sale", "publish", "spring"]);
    assert_eq!(int(&published["n_lots"]), 3);
    house.audit();
}

#[test]
fn a_copy_has_the_same_lots_and_new_dates() {
    let house = house();
    draft(&house, &["--premium-bps", "300", "--pickup", "Hall"]);
    add_lot(&house, "spring", "A1", &["--reserve", "2000", "--buy-now", "9000"]).done();
    add_lot(&house, "spring", "A2", &["--section", "Toys", "--closes-at", &ahead(CLOSES_S + 999)]).done();
    add_lot(&house, "spring", "A3", &[]).done();
    house.run(&["sale", "publish", "spring"]).done();
    assert_eq!(house.run(&["sale", "copy", "spring", "summer"]).status, 2, "dates are demanded");
    let copy = |new: &str, closes_at: &str, more: &[&str]| {
        house.run(&[&["sale", "copy", "spring", new, "--closes-at", closes_at], more].concat())
    };
    let month = ahead(30 * 86_400);
    refused(&copy("spring", &month, &[]), "There is or was a sale with this code");
    refused(&copy("Summer", &month, &[]), "code: 1 to 40");
    refused(&copy("summer", "2020-01-01T00:00:00Z", &[]), "closes_at: The first close must be ahead.");
    refused(
        &copy("summer", &ahead(365 * 86_400 - 10), &[]),
        "closes_at: The last close must be at most a year",
    );
    refused(&copy("summer", &month, &["--unsold"]), "lots: There is no lot to copy.");
    assert_eq!(copy("summer", &month, &["--opens-at", &ahead(86_400)]).done().stdout, "summer\n");
    let copied = house.told(&["sale", "show", "summer"]);
    assert_eq!((&copied["state"], &copied["closes_at"]), (&json!("draft"), &json!(month)));
    assert_eq!(
        (&copied["premium_bps"], &copied["pickup"], &copied["every_s"]),
        (&json!(300), &json!("Hall"), &json!(20))
    );
    let lots = copied["lots"].as_array().unwrap();
    let codes: Vec<&str> = lots.iter().map(|lot| lot["lot"].as_str().unwrap()).collect();
    assert_eq!((codes, &lots[1]["section"]), (vec!["A1", "A2", "A3"], &json!("Toys")));
    assert_eq!(seconds(&lots[0]["closes_at"], &lots[1]["closes_at"]), 20, "a close of its own is dropped");
    Inside::of(&house, 0).bid("Bob", 3, 1_000);
    Inside::of(&house, (CLOSES_S + 1_100) * 1_000).house.settle_overdue().unwrap();
    copy("autumn", &month, &["--unsold"]).done();
    let unsold = house.told(&["sale", "show", "autumn"])["lots"].clone();
    assert_eq!(
        (unsold.as_array().unwrap().len(), &unsold[0]["lot"], &unsold[1]["lot"]),
        (2, &json!("A1"), &json!("A2"))
    );
    house.run(&["sale", "publish", "autumn"]).done();
    let again = shown(&house, "4");
    assert_eq!(
        (&again["reserve"], &again["buy_now"], &again["sale"]),
        (&json!(2_000), &json!(9_000), &json!("autumn"))
    );
    house.audit();
}

#[test]
fn a_cancelled_sale_releases_its_holds_and_keeps_what_is_settled() {
    let house = house();
    draft(&house, &[]);
    add_lot(&house, "spring", "A1", &["--closes-at", &ahead(600)]).done();
    for lot in ["A2", "A3"] {
        add_lot(&house, "spring", lot, &[]).done();
    }
    house.run(&["sale", "publish", "spring"]).done();
    for (name, id) in [("Bob", 1), ("Bob", 2), ("Cleo", 3)] {
        Inside::of(&house, 0).bid(name, id, 5_000);
    }
    Inside::of(&house, 700_000).house.settle_overdue().unwrap();
    let held = || house.number("select sum(held) from purse");
    assert_eq!(held(), 10_000, "two maxima");
    assert_eq!(house.run(&["sale", "cancel", "spring"]).status, 2, "a reason is demanded");
    refused(&house.run(&["sale", "cancel", "spring", "--why", ""]), "why: ");
    house.run(&["sale", "pause", "spring", "--why", "fire alarm"]).done();
    let late = Inside::of(&house, 40 * CLOSES_S * 1_000).house.settle_overdue().unwrap();
    assert!(late.settlements.is_empty(), "paused, nothing settles however late it gets: {late:?}");
    let cancel = ["sale", "cancel", "spring", "--why", "the hall burnt down"];
    assert_eq!(house.run(&cancel).done().stdout, "sale spring is cancelled, and 2 lots with it\n");
    assert_eq!(held(), 0);
    assert_eq!(house.run(&cancel).done().stdout, "sale spring is cancelled\n", "twice is done");
    for (id, state) in [("1", "sold"), ("2", "cancelled"), ("3", "cancelled")] {
        assert_eq!(shown(&house, id)["state"], state, "{id}");
    }
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!(
        (&sale["state"], &sale["why"], &sale["total"]),
        (&json!("cancelled"), &json!("the hall burnt down"), &json!(5_000))
    );
    refused(&add_lot(&house, "spring", "A4", &[]), "This sale is not published, or it was cancelled.");
    refused(&house.run(&["sale", "postpone", "spring", "--by", "1m", "--why", "x"]), "it was cancelled");
    house.audit();
    draft_is_cancelled(&house);
}

fn draft_is_cancelled(house: &House) {
    house.run(&["sale", "add", "idea", "--name", "Idea", "--closes-at", &ahead(90_000)]).done();
    house.run(&["sale", "cancel", "idea", "--why", "no hall"]).done();
    refused(&house.run(&["sale", "publish", "idea"]), "This sale is not published, or it was cancelled.");
}

#[test]
fn a_close_of_its_own_stays_even_where_it_is_the_one_of_its_place() {
    let house = house();
    draft(&house, &[]);
    let closes_at = house.told(&["sale", "show", "spring"])["closes_at"].as_str().unwrap().to_owned();
    let own = auction::rules::time::Time::parse(&closes_at).unwrap().plus_s(20).to_string();
    add_lot(&house, "spring", "A1", &[]).done();
    add_lot(&house, "spring", "A2", &["--closes-at", &own]).done();
    let later = ahead(CLOSES_S + 3_600);
    house.run(&["sale", "set", "spring", "closes_at", &later]).done();
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!((&sale["lots"][0]["closes_at"], &sale["lots"][1]["closes_at"]), (&json!(later), &json!(own)));
}

#[test]
fn a_lot_that_was_withdrawn_does_not_count_as_the_first_to_close() {
    let house = house();
    draft(&house, &[]);
    let soon = ahead(6);
    add_lot(&house, "spring", "A1", &["--closes-at", &soon]).done();
    add_lot(&house, "spring", "A2", &[]).done();
    house.run(&["sale", "publish", "spring"]).done();
    house.run(&["listing", "cancel", "1", "--why", "buy_now"]).done();
    let close = auction::rules::time::Time::parse(&soon).unwrap();
    crate::harness::until("its close has passed", || (Clock::default().now() > close).then_some(()));
    add_lot(&house, "spring", "A3", &[]).done();
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!((&sale["closes_at"], &sale["n_open"]), (&sale["lots"][1]["closes_at"], &json!(2)), "{sale}");
    house.audit();
}
