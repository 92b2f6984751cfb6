//! The chains of lots: recomputed from their proof alone, with all that changes a close in between; and what replay, verify
//! and the page say of them.

use crate::harness::{House, Inside, int};
use crate::proof::{chain, kinds, recomputed};
use crate::sale_nights::{listing_of, sales_of_all_kinds};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn anyone_recomputes_the_chain_of_a_lot_with_all_its_links() {
    let mut house = sales_of_all_kinds();
    house.serve();
    for (sale, lot, expected) in [
        ("spring", "A1", &["lot", "bid", "postponement", "pause", "resume", "settlement"][..]),
        ("spring", "A2", &["lot", "postponement", "pause", "resume", "bid", "settlement"]),
        (
            "spring",
            "B1",
            &[
                "lot",
                "bid",
                "postponement",
                "pause",
                "resume",
                "postponement",
                "bid",
                "automatic",
                "settlement",
            ],
        ),
        ("spring", "B2", &["lot", "postponement", "pause", "resume", "postponement"]),
        ("spring", "C1", &["lot"]),
        ("summer", "2", &["lot", "settlement"]),
        ("night", "N1", &["lot", "pause"]),
    ] {
        let id = listing_of(&house, sale, lot);
        for limit in [1, 500] {
            assert_eq!(kinds(&chain(&house, id, limit)), expected, "{sale} {lot}");
        }
        let first = &chain(&house, id, 1)[0];
        assert_eq!((&first["sale"], &first["lot"]), (&json!(sale), &json!(lot)));
        assert_eq!(first["opens_at"].is_string(), sale == "night", "{first}");
    }
    let links = chain(&house, listing_of(&house, "spring", "B1"), 500);
    let fields = |link: &Value| -> Vec<String> { link.as_object().unwrap().keys().cloned().collect() };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    for (at, expected, names) in [
        (2, json!({"by_s": 600, "who": "cli", "why": "the bus is late", "after_seq": 1}), &["closes_at"][..]),
        (3, json!({"who": "admin", "why": "no wifi", "after_seq": 1}), &[]),
        (4, json!({"who": "cli", "after_seq": 1}), &["closes_at"]),
        (5, json!({"by_s": 60, "who": "seller", "why": "dinner", "after_seq": 1}), &["closes_at"]),
    ] {
        let known = expected.as_object().unwrap();
        for (field, value) in known {
            assert_eq!(&links[at][field], value, "{field}");
        }
        let known: Vec<&str> = known.keys().map(String::as_str).collect();
        let mut found = fields(&links[at]);
        found.sort();
        assert_eq!(found, sorted(&[&known[..], names, &["kind", "listing", "at", "hash"]].concat()));
    }
    // Every field of the new links counts.
    let previous = links[1]["hash"].as_str().unwrap();
    for (field, other) in [
        ("after_seq", json!(0)),
        ("closes_at", json!("2020-01-01T00:00:00Z")),
        ("by_s", json!(601)),
        ("at", json!("2020-01-01T00:00:00Z")),
        ("who", json!("Cli")),
        ("why", json!("the bus is early")),
        ("listing", json!(99)),
    ] {
        let mut altered = links[2].clone();
        altered[field] = other;
        assert_ne!(recomputed(previous, &altered), links[2]["hash"], "{field}");
    }
}

#[test]
fn a_listing_without_a_sale_has_the_fields_and_the_hash_that_it_always_had() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    let first = &chain(&house, id, 1)[0];
    assert_eq!(first["kind"], "listing");
    for field in ["sale", "lot", "opens_at"] {
        assert!(first.get(field).is_none(), "{field} is in {first}");
    }
}

/// Each link of a chain that a released version made: its hash is the one in the file of that version.
#[test]
fn the_chains_of_released_houses_are_the_same_to_the_byte() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut n_hashes = 0;
    for file in std::fs::read_dir(fixtures).unwrap().map(|file| file.unwrap().path()) {
        let sql = std::fs::read_to_string(&file).unwrap();
        let old = rusqlite::Connection::open_in_memory().unwrap();
        old.pragma_update(None, "foreign_keys", false).unwrap();
        old.execute_batch(&sql).unwrap();
        let has_timings = "select count(*) from sqlite_schema where name = 'timing'";
        let changes = match old.query_row(has_timings, [], |row| row.get(0)).unwrap() {
            0 => "prolongation",
            _ => "timing",
        };
        let hashes = format!(
            "select listing_id, lower(hex(hash)) from bid
             union all select listing_id, lower(hex(hash)) from {changes}
             union all select listing_id, lower(hex(hash)) from settlement
             union all select listing_id, lower(hex(head)) from standing"
        );
        let mut hashes = old.prepare(&hashes).unwrap();
        let hashes: Vec<(i64, String)> =
            hashes.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        let mut house = House::bare();
        std::fs::create_dir_all(house.dir().join("pictures")).unwrap();
        let conn = house.connection();
        conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch(&format!("begin; {sql}; commit;")).unwrap();
        drop(conn);
        house.run(&["audit"]).done();
        house.serve();
        for (id, hash) in &hashes {
            let links = chain(&house, *id, 100);
            let is_in = links.iter().any(|link| link["hash"] == json!(hash));
            assert!(is_in, "{}: listing {id}: {hash} is not in its chain", file.display());
            assert_eq!(links[0]["kind"], "listing");
        }
        n_hashes += hashes.len();
    }
    assert!(n_hashes > 10, "{n_hashes}");
}

#[test]
fn a_replay_tells_who_changed_the_close_why_and_by_how_much() {
    let house = sales_of_all_kinds();
    let id = listing_of(&house, "spring", "B1").to_string();
    let replay = house.told(&["replay", &id]);
    let steps = replay["steps"].as_array().unwrap();
    let told: Vec<Value> = steps
        .iter()
        .filter(|step| step["seq"].is_null())
        .map(|step| json!([step["kind"], step["who"], step["why"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["postponement", "cli", "the bus is late"]),
            json!(["pause", "admin", "no wifi"]),
            json!(["resume", "cli", null]),
            json!(["postponement", "seller", "dinner"]),
        ]
    );
    assert_eq!((&steps[1]["by_s"], &steps[2]["by_s"]), (&json!(600), &Value::Null));
    let pause_s = int(&steps[3]["by_s"]);
    assert!((50..60).contains(&pause_s), "{replay}");
    let text = house.run(&["replay", &id]).done().stdout;
    for words in [
        "cli postponed it by 600 s: the bus is late",
        "admin paused it: no wifi",
        &format!("cli resumed it, which moved the close by {pause_s} s"),
        "seller postponed it by 60 s: dinner",
    ] {
        assert!(text.lines().any(|line| line.ends_with(words)), "{words:?} is not in\n{text}");
    }
}

#[test]
fn a_receipt_is_verified_through_all_links_before_it() {
    let house = sales_of_all_kinds();
    let id = listing_of(&house, "spring", "B1");
    let receipt = |seq: i64| {
        let sql = format!("select lower(hex(hash)) from bid where listing_id = {id} and seq = {seq}");
        let hash: String = house.connection().query_row(&sql, [], |row| row.get(0)).unwrap();
        format!("auction-receipt:{id}:{seq}:{hash}")
    };
    house.run(&["verify", &receipt(1)]).done();
    house.run(&["verify", &receipt(2)]).done();
    house
        .connection()
        .execute_batch("drop trigger timing_is_kept; update timing set why = 'x' where kind = 'pause'")
        .unwrap();
    house.run(&["verify", &receipt(1)]).done();
    let broken = house.run(&["verify", &receipt(2)]);
    assert!(broken.status == 1 && broken.stdout.contains("breaks at the pause after bid 1"), "{broken:?}");
}

#[test]
fn the_page_of_a_proof_says_who_and_why_in_both_languages() {
    let mut house = sales_of_all_kinds();
    house.serve();
    let id = listing_of(&house, "spring", "B1");
    let rows = |lang: &str| {
        let page = house.get(&format!("/listings/{id}/proof?lang={lang}")).send().text();
        let list = page.split("data-links").nth(1).unwrap().split("</ol>").next().unwrap().to_owned();
        list.split("<li ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    for (lang, expected) in [
        (
            "en",
            [
                (0, "offered in a sale as lot B1 · Ann"),
                (2, "postponed by 10 min · cli · the bus is late · it then ends on "),
                (3, "paused · admin · no wifi<"),
                (4, "resumed · cli · it then ends on "),
                (5, "postponed by 1 min · seller · dinner · "),
            ],
        ),
        (
            "ko",
            [
                (0, "경매전 출품 (B1) · Ann"),
                (2, "마감 10분 연기 · cli · the bus is late · 변경된 마감 "),
                (3, "일시 중지 · admin · no wifi<"),
                (4, "재개 · cli · 변경된 마감 "),
                (5, "마감 1분 연기 · seller · dinner · "),
            ],
        ),
    ] {
        let rows = rows(lang);
        for (at, words) in expected {
            assert!(rows[at].contains(words), "{words:?} is not in {}", rows[at]);
        }
    }
}

/// A name of a pass may be in any script.
#[test]
fn a_change_by_a_pass_in_another_script_is_recomputed_too() {
    let mut house = sales_of_all_kinds();
    let inside = Inside::of(&house, 0);
    inside.house.postpone_sale("spring", 5, None, "접수 B팀 🏺", "늦은 버스 «bus»").unwrap();
    drop(inside);
    house.serve();
    let links = chain(&house, listing_of(&house, "spring", "C1"), 10);
    assert_eq!(kinds(&links), ["lot", "postponement"]);
    assert_eq!((&links[1]["who"], &links[1]["why"]), (&json!("접수 B팀 🏺"), &json!("늦은 버스 «bus»")));
    house.audit();
}
