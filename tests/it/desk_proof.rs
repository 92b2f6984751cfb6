//! The links of the desk: bids that it entered and reversals, recomputed from their proof alone; what the history, replay,
//! verify, the pages and the exports say of them.

use crate::coverage::says;
use crate::desk_audit::{bid, evening, guest, key, pass};
use crate::harness::{House, Inside, email};
use crate::proof::{chain, kinds, recomputed};
use crate::sale_nights::{add, sale};
use crate::upgrade::{fixtures, of_fixture};
use auction::rules::desk::Source;
use serde_json::{Value, json};

/// The text of a link as it is sent has these fields, in this order.
#[track_caller]
fn in_order(house: &House, id: i64, nth: usize, fields: &[&str]) {
    let text = house.get(&format!("/api/v1/listings/{id}/proof")).send().text();
    let mut rest = text.split("{\"kind\":").nth(nth + 1).unwrap().split('}').next().unwrap();
    for field in fields {
        let (_, after) =
            rest.split_once(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{field}: {text}"));
        rest = after;
    }
}

#[test]
fn anyone_recomputes_bids_from_the_desk_and_a_reversal() {
    let mut house = evening();
    house.serve();
    for limit in [1, 500] {
        let links = chain(&house, 1, limit);
        let by_desk =
            ["lot", "desk-bid", "bid", "desk-bid", "automatic", "desk-bid", "desk-bid", "settlement"];
        assert_eq!(kinds(&links), by_desk);
        let marks: Vec<Value> =
            links.iter().map(|link| json!([link["seq"], link["pass"], link["source"]])).collect();
        assert_eq!(marks[1], json!([1, "till 1", "paper"]));
        assert_eq!(marks[3], json!([3, "till 1", "phone"]));
        assert_eq!(marks[5], json!([5, "till 1", "absentee"]));
        assert_eq!(marks[6], json!([6, "hall", "room"]), "a raise is one, too");
        for other in [0, 2, 4, 7] {
            assert!(links[other].get("pass").is_none() && links[other].get("source").is_none(), "{links:?}");
        }
        assert_eq!(kinds(&chain(&house, 3, limit)), ["lot", "bid", "settlement", "reversal"]);
    }
    let bid = ["listing", "seq", "bidder_id", "bidder", "amount", "price", "closes_at", "at", "message"];
    in_order(&house, 1, 1, &[&bid[..], &["commitment", "pass", "source", "hash"]].concat());
    in_order(&house, 3, 3, &["listing", "settlement", "at", "who", "why", "hash"]);
    let links = chain(&house, 3, 500);
    let reversal = &links[3];
    assert_eq!(
        (&reversal["settlement"], &reversal["who"], &reversal["why"]),
        (&json!(3), &json!("cli"), &json!("the lamp was broken"))
    );
    let page = house.get("/api/v1/listings/3/proof").send().done(200);
    assert_eq!(page["head"], reversal["hash"]);
    // Every field of the new links counts.
    let past = json!("2020-01-01T00:00:00Z");
    for (listing, nth, field, other) in [
        (1, 1, "pass", json!("till 2")),
        (1, 1, "source", json!("room")),
        (1, 1, "kind", json!("bid")),
        (1, 1, "amount", json!(999)),
        (3, 3, "settlement", json!(4)),
        (3, 3, "listing", json!(4)),
        (3, 3, "at", past),
        (3, 3, "who", json!("admin")),
        (3, 3, "why", json!("the lamp was old")),
    ] {
        let links = chain(&house, listing, 500);
        let mut altered = links[nth].clone();
        altered[field] = other;
        let previous = links[nth - 1]["hash"].as_str().unwrap();
        assert_ne!(recomputed(previous, &altered), links[nth]["hash"], "{field}");
    }
}

#[test]
fn the_history_marks_what_the_desk_entered() {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    house.credit("Bob", 100_000);
    let inside = Inside::alone(&house, 0);
    inside.house.add_sale(sale("spring", inside.house.now().plus_s(7_200))).unwrap();
    add(&inside, "spring", &[("A1", None)]);
    inside.house.publish_sale("spring").unwrap();
    let till = pass(&inside, "접수 1 «till»", "spring", "checkin,bid");
    let bob = guest("Bob", Some(email("Bob")), 17);
    inside.house.register_at_desk(&till.pass, &till.token, key("bob"), bob).unwrap();
    bid(&inside, &till, "A1", 17, (1_000, 7_777), Source::Phone);
    let cursor = house.number("select max(id) from event where kind = 'bid'") - 1;
    drop(inside);
    house.serve();
    let bob = house.log_in("Bob");
    let bids = house.bids(1);
    assert_eq!((bids.len(), &bids[0]["by_desk"], &bids[0]["automatic"]), (1, &json!(true), &json!(false)));
    assert!(bids[0].get("pass").is_none(), "the history only marks it: {bids:?}");
    let event = house.watch_from("listings=1", None, Some(cursor)).wait_for("bid");
    assert_eq!((&event.data["seq"], &event.data["by_desk"]), (&json!(1), &json!(true)));
    assert_eq!(chain(&house, 1, 10)[1]["pass"], "접수 1 «till»");
    for (lang, marked, receipt, row) in [
        (
            "en",
            "<em>by the desk</em>",
            "entered at the desk by 접수 1 «till» (by phone)",
            "bid by the desk · Bob · 접수 1 «till» · by phone",
        ),
        (
            "ko",
            "<em>데스크 입찰</em>",
            "데스크 입력: 접수 1 «till» (전화)",
            "데스크 입찰 · Bob · 접수 1 «till» · 전화",
        ),
    ] {
        let page = |path: &str| house.get(&format!("{path}?lang={lang}"));
        let own = page("/listings/1").in_browser(&bob).send().text();
        says(&own, &[marked, receipt], &[]);
        let all = page("/listings/1").send().text();
        says(&all, &[marked], &["접수 1", "7777", "7,777"]);
        says(&page("/listings/1/proof").send().text(), &[row], &[]);
    }
    house.bid(&bob, 1, 8_000).done(201);
    assert_eq!(house.bids(1)[1]["by_desk"], false);
    assert_eq!(kinds(&chain(&house, 1, 10)), ["lot", "desk-bid", "raise"]);
    house.audit();
}

#[test]
fn replay_and_verify_name_the_pass_and_the_source() {
    let house = evening();
    let replay = house.told(&["replay", "1"]);
    let steps: Vec<Value> = replay["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| json!([step["kind"], step["pass"], step["source"]]))
        .collect();
    assert_eq!(
        steps,
        [
            json!(["bid", "till 1", "paper"]),
            json!(["bid", null, null]),
            json!(["bid", "till 1", "phone"]),
            json!(["automatic", null, null]),
            json!(["bid", "till 1", "absentee"]),
            json!(["raise", "hall", "room"]),
        ]
    );
    assert_eq!(replay["reversed"], Value::Null);
    let text = house.run(&["replay", "1"]).done().stdout;
    says(
        &text,
        &["bid 1 was entered at the desk by till 1 (paper)", "bid 6 was entered at the desk by hall (room)"],
        &[],
    );
    let reversed = house.told(&["replay", "3"])["reversed"].clone();
    assert_eq!((&reversed["who"], &reversed["why"]), (&json!("cli"), &json!("the lamp was broken")));
    says(
        &house.run(&["replay", "3"]).done().stdout,
        &["\nreversed at ", " by cli: the lamp was broken"],
        &[],
    );
    let receipt: String = house
        .connection()
        .query_row(
            "select format('auction-receipt:1:6:%s:%d:%s', lower(hex(hash)), max, lower(hex(salt))) from bid
             where listing_id = 1 and seq = 6",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let told = house.told(&["verify", &receipt]);
    assert_eq!(
        (&told["bid"]["kind"], &told["bid"]["pass"], &told["bid"]["source"], &told["max"]),
        (&json!("desk-bid"), &json!("hall"), &json!("room"), &json!(9_000))
    );
    says(&house.run(&["verify", &receipt]).done().stdout, &["entered at the desk by hall (room)"], &[]);
}

#[test]
fn a_reversal_says_who_and_why_where_it_is_shown() {
    let mut house = evening();
    house.serve();
    let bob = house.log_in("Bob");
    let settlement = house.get("/api/v1/listings/3/settlement").send().done(200);
    assert_eq!(
        (&settlement["reversed_by"], &settlement["reversed_why"]),
        (&json!("cli"), &json!("the lamp was broken"))
    );
    let shown = house.told(&["listing", "show", "3"])["settlement"].clone();
    for field in ["reversed_at", "reversed_by", "reversed_why"] {
        assert_eq!(shown[field], settlement[field], "{field}");
    }
    says(&house.run(&["listing", "show", "3"]).done().stdout, &[" by cli: the lamp was broken"], &[]);
    for (lang, page, invoice, row) in [
        (
            "en",
            "by the organiser.",
            "by the organiser: the lamp was broken",
            "sale reversed · cli · the lamp was broken",
        ),
        (
            "ko",
            "처리: 주최 측.",
            "처리: 주최 측, 사유: the lamp was broken",
            "거래 취소 · cli · the lamp was broken",
        ),
    ] {
        let get = |path: &str| house.get(&format!("{path}?lang={lang}"));
        says(
            &get("/listings/3").send().text(),
            &[page, "href=\"/listings/3/proof\""],
            &["the lamp was broken"],
        );
        let own = get("/listings/3").in_browser(&bob).send().text();
        says(&own, &[page, "the lamp was broken"], &[]);
        says(&get("/account/won/3").in_browser(&bob).send().text(), &[invoice], &[]);
        says(&get("/listings/3/proof").send().text(), &[row], &[]);
    }
}

/// A sale that was reversed before reversals were links has a chain that ends with its settlement, as it always did, and a
/// reason that was never public.
#[test]
fn a_reversal_from_before_there_were_links_stays_as_it_was() {
    for file in ["house-0.1.0-prolonged.sql", "house-0.1.0.sql"] {
        let mut house = of_fixture(&fixtures().join(file));
        house.run(&["audit"]).done();
        assert_eq!(house.number("select count(*) from reversal where who is null and hash is null"), 1);
        let (id, settlement) = (
            house.number("select s.listing_id from reversal r join settlement s on s.id = r.settlement_id"),
            house.number("select settlement_id from reversal"),
        );
        house.serve();
        let links = chain(&house, id, 500);
        assert_eq!(kinds(&links).last(), Some(&"settlement"));
        let answer = house.get(&format!("/api/v1/listings/{id}/settlement")).send().done(200);
        assert!(answer["reversed_at"].is_string(), "{answer}");
        assert!(answer.get("reversed_by").is_none() && answer.get("reversed_why").is_none(), "{answer}");
        let page = house.get(&format!("/listings/{id}/proof")).send().text();
        says(&page, &["This sale was reversed"], &["it was broken"]);
        says(
            &house.get(&format!("/listings/{id}")).send().text(),
            &["This sale was reversed on "],
            &["it was broken"],
        );
        let shown = house.told(&["listing", "show", &id.to_string()])["settlement"].clone();
        assert_eq!((&shown["reversed_why"], &shown["reversed_by"]), (&json!("it was broken"), &Value::Null));
        let again = house.run(&["reverse", &settlement.to_string(), "--why", "again"]).done();
        assert!(again.stdout.contains("is reversed"), "{again:?}");
        assert_eq!(kinds(&chain(&house, id, 500)).last(), Some(&"settlement"), "it gets no link afterwards");
        house.audit();
    }
}

#[test]
fn the_exports_have_the_desk_in_columns_after_the_old_ones() {
    let house = evening();
    // The cells of two columns that stand together after the hash, which was the last one.
    let cells = |table: &str, columns: [&str; 2]| {
        let text = house.run(&["export", table]).done().stdout;
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        let at = csv.headers().unwrap().iter().position(|name| name == "hash").unwrap() + 1;
        let named: Vec<&str> = csv.headers().unwrap().iter().skip(at).take(2).collect();
        assert_eq!(named, columns, "{table}");
        let rows = csv.records().map(Result::unwrap);
        rows.map(|row| (row[at].to_owned(), row[at + 1].to_owned())).collect::<Vec<_>>()
    };
    let marks = cells("bids", ["pass", "source"]);
    let marks: Vec<(&str, &str)> = marks.iter().take(6).map(|(pass, source)| (&**pass, &**source)).collect();
    let expected = [
        ("till 1", "paper"),
        ("", ""),
        ("till 1", "phone"),
        ("", ""),
        ("till 1", "absentee"),
        ("hall", "room"),
    ];
    assert_eq!(marks, expected);
    let ends = cells("settlements", ["handed_over_at", "reversed_by"]);
    let ends: Vec<(bool, &str)> = ends.iter().map(|(at, who)| (!at.is_empty(), &**who)).collect();
    assert_eq!(ends, [(true, ""), (true, ""), (false, "cli"), (false, "")]);
}
