//! The audit of the terms: whatever somebody alters of them behind the house's back is found, with a sentence that names it.

use crate::audit::{on_copy, unguarded_copy};
use crate::harness::{House, Inside};
use crate::terms::publish;

/// Bob bid before there were terms (1), under version 1 (2) and under version 2 (4); Cleo under version 1 (3), and her raise
/// by version 2 (6) follows her automatic bid (5). Dora has accepted version 1 alone.
fn house() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo", "Dora"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    for name in ["Bob", "Cleo"] {
        inside.credit(name, 100_000);
    }
    let id =
        inside.list(|draft| draft.closes = Some(auction::rules::listing::Closes::In { seconds: 86_400 }));
    let later = || std::thread::park_timeout(std::time::Duration::from_millis(3));
    let accept = |name: &str, version: i64| inside.house.accept_terms(inside.account(name), version).unwrap();
    let publish = |text: &str| inside.house.publish_terms(text.as_bytes()).unwrap();
    inside.bid("Bob", id, 1_000);
    later();
    publish("One.");
    ["Bob", "Cleo", "Dora"].iter().for_each(|name| accept(name, 1));
    later();
    inside.bid_up_to("Bob", id, 1_000, 1_500);
    inside.bid_up_to("Cleo", id, 2_000, 5_000);
    later();
    publish("Two.");
    ["Bob", "Cleo"].iter().for_each(|name| accept(name, 2));
    later();
    inside.bid("Bob", id, 3_000);
    inside.bid_up_to("Cleo", id, 4_000, 9_000);
    later();
    publish("Three.");
    drop(inside);
    house.audit();
    house
}

#[test]
fn whatever_was_altered_of_the_terms_is_found_and_named() {
    let house = house();
    let unguarded = unguarded_copy(&house);
    let own_hash = "lower(hex(hash))";
    let tampered = [
        ("another text", "update terms set text = 'Tw0.' where version = 2", "terms: the hash of version 2"),
        ("another hash", "update terms set hash = zeroblob(32) where version = 3", "terms: the hash of version 3"),
        ("a version too few", "delete from terms where version = 3; update terms set version = 4 where version = 2;
            update terms_acceptance set version = 4 where version = 2; update bid set terms_version = 4 where terms_version = 2;
            update account set terms_version = 4 where terms_version = 2", "terms: version 2 is missing"),
        ("the first deleted", "delete from terms where version = 1", "refers to a missing terms"),
        ("no terms at all", "delete from terms", "refers to a missing terms"),
        ("published later", "update terms set at = at + 3600000 where version = 1", "terms: version 2 was published before version 1"),
        ("published after its bids", "update terms set at = at + 3600000 where version >= 2", "too early"),
        ("published before its bids", "update terms set at = (select at from bid where seq = 2) - 1 where version = 2",
            "bid 2: version 1 of the terms was no longer the newest"),
        ("the text of one under the number of another", "update terms set text = 'One.', hash = (select hash from terms
            where version = 1) where version = 2; update terms set at = 1 where version = 3",
            "terms: version 3 was published before version 2"),
        ("accepted earlier", "update terms_acceptance set at = 1 where account_id = 4", "account 4: it accepted version 1"),
        ("accepted later", "update terms_acceptance set at = at + 3600000 where account_id = 2 and version = 2",
            "bid 4: its bidder had not accepted version 2"),
        ("accepted by somebody else", "update terms_acceptance set account_id = 1 where account_id = 4",
            "account 1: the version of the terms that it accepted last is none, must be 1"),
        ("another version accepted", "update terms_acceptance set version = 3 where account_id = 2 and version = 2",
            "account 2: it accepted version 3 of the terms too early"),
        ("an acceptance deleted", "delete from terms_acceptance where account_id = 4",
            "account 4: the version of the terms that it accepted last is 1, must be none"),
        ("an acceptance deleted, and in the account", "delete from terms_acceptance where account_id = 3 and version = 1",
            "bid 3: its bidder had not accepted version 1"),
        ("an acceptance of nothing", "update terms_acceptance set version = 9 where account_id = 4", "refers to a missing terms"),
        ("an acceptance of nobody", "update terms_acceptance set account_id = 99 where account_id = 4", "refers to a missing account"),
        ("the account says more", "update account set terms_version = 3 where id = 4",
            "account 4: the version of the terms that it accepted last is 3, must be 1"),
        ("the account says nothing", "update account set terms_version = null where id = 2",
            "account 2: the version of the terms that it accepted last is none, must be 2"),
        ("a bid under older terms", "update bid set terms_version = 1 where seq = 4", "bid 4: version 1 of the terms was no longer"),
        ("a bid under newer terms", "update bid set terms_version = 3 where seq = 4", "bid 4: version 3 of the terms was published after"),
        ("a bid without terms", "update bid set terms_version = null where seq = 4", "bid 4: no terms were accepted for it"),
        ("a bid with terms before there were any", "update bid set terms_version = 1 where seq = 1",
            "bid 1: version 1 of the terms was published after"),
        ("an automatic bid with terms", "update bid set terms_version = 2 where seq = 5", "bid 5: it names terms"),
        ("a bid under terms that there are not", "update bid set terms_version = 9 where seq = 4", "refers to a missing terms"),
    ];
    let mut missed = Vec::new();
    for (what, sql, words) in &tampered {
        let ran = on_copy(&house, &unguarded, sql, &["audit", "--format", "json"]);
        let found = ran.stdout.contains(words) && ran.json()["disagreement"].is_string();
        if ran.status != 1 || !found {
            missed.push(format!("{what}: not as \"{words}\": {ran:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} altered files, all found; {own_hash} is untouched", tampered.len());
}

#[test]
fn a_replay_says_under_which_terms_bids_were_made_and_finds_what_is_wrong() {
    let house = house();
    let replay = house.told(&["replay", "1"]);
    let steps = replay["steps"].as_array().unwrap();
    let versions: Vec<_> = steps.iter().map(|step| step["terms_version"].as_i64()).collect();
    assert_eq!(versions, [None, Some(1), Some(1), Some(2), None, Some(2)]);
    let unguarded = unguarded_copy(&house);
    let sql = "update bid set terms_version = 1 where seq = 6";
    let ran = on_copy(&house, &unguarded, sql, &["replay", "1", "--format", "json"]);
    assert!(
        ran.status == 1 && ran.json()["departs"].as_str().unwrap().starts_with("bid 6: version 1"),
        "{ran:?}"
    );
}

#[test]
fn the_database_itself_keeps_terms_and_acceptances() {
    let house = house();
    let conn = house.connection();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    for (sql, words) in [
        ("update terms set text = 'x'", "never changed"),
        ("delete from terms where version = 3", "never deleted"),
        ("update terms_acceptance set at = 1", "never changed"),
        ("delete from terms_acceptance", "never deleted"),
        ("insert into terms (version, hash, at, text) values (0, zeroblob(32), 1, 'x')", "CHECK"),
        ("insert into terms (version, hash, at, text) values (4, zeroblob(31), 1, 'x')", "CHECK"),
        ("insert into terms (version, hash, at, text) values (4, zeroblob(32), 1, '')", "CHECK"),
        ("insert into terms_acceptance values (2, 1, 1)", "UNIQUE"),
        ("insert into terms_acceptance values (2, 9, 1)", "FOREIGN KEY"),
    ] {
        let error = conn.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains(words), "{sql}: {error}");
    }
    house.audit();
}

#[test]
fn exports_and_backups_have_the_terms() {
    let house = house();
    let rows = |what: &str| {
        let text = house.run(&["export", what]).done().stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        (head, rows)
    };
    let (head, bids) = rows("bids");
    assert_eq!(&head[head.len() - 1], "terms_version");
    let versions: Vec<&str> = bids.iter().map(|row| &row[row.len() - 1]).collect();
    assert_eq!(versions, ["", "1", "1", "2", "", "2"]);
    let (head, terms) = rows("terms");
    assert_eq!(head.iter().collect::<Vec<_>>(), ["version", "hash", "at", "text"]);
    assert_eq!((&terms[1][0], &terms[1][1], &terms[1][3]), ("2", &*crate::terms::sha256("Two."), "Two."));
    let (head, accepted) = rows("acceptances");
    assert_eq!(head.iter().collect::<Vec<_>>(), ["account", "name", "version", "hash", "at"]);
    assert_eq!((accepted.len(), &accepted[4][0], &accepted[4][2]), (5, "dora@example.org", "1"));
    let file = house.home().join("backup.tar");
    house.run(&["backup", file.to_str().unwrap()]).done();
    let other = House::bare();
    other.run(&["restore", file.to_str().unwrap(), "--scheduler", "none"]).done();
    other.audit();
    assert_eq!(other.run(&["house", "terms"]).done().stdout, "Three.\n");
    assert_eq!(other.number("select count(*) from terms_acceptance"), 5);
    assert_eq!(publish(&other, b"Three.").done().json()["version"], 3);
}

/// No time of the terms is that of a clock: the clock may go back between any two steps.
#[test]
fn a_clock_that_is_put_back_breaks_no_books() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let hour = 3_600_000;
    let at = |ahead_ms: i64| Inside::alone(&house, ahead_ms);
    let inside = at(0);
    inside.credit("Bob", 100_000);
    let id =
        inside.list(|draft| draft.closes = Some(auction::rules::listing::Closes::In { seconds: 86_400 }));
    drop(inside);
    at(2 * hour).house.publish_terms(b"One.").unwrap();
    let inside = at(hour);
    inside.house.accept_terms(inside.account("Bob"), 1).unwrap();
    drop(inside);
    at(0).bid("Bob", id, 1_000);
    house.audit();
    at(hour).house.publish_terms(b"Two.").unwrap();
    let inside = at(0);
    inside.house.accept_terms(inside.account("Bob"), 2).unwrap();
    inside.bid_up_to("Bob", id, 1_000, 3_000);
    drop(inside);
    house.audit();
}
