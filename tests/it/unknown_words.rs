//! Words in the database that this program does not know: whoever reads one fails with a sentence that names its
//! table, row and word, rather than take it for another; the audit and the doctor report it.

use crate::harness::{House, Inside, until};
use auction::rules::listing::AccountId;
use auction::store::Snapshot;

/// Listing 1 is sold to Bob, 2 is led by Bob; a mail waits for him.
fn lived_in() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, -3_600_000);
    inside.credit("Bob", 100_000);
    let sold = inside.list(|_| ());
    inside.bid("Bob", sold, 1_000);
    drop(inside);
    house.run(&["settle", "--due"]).done();
    let inside = Inside::of(&house, 0);
    let led = inside.list(|_| ());
    inside.bid("Bob", led, 1_000);
    drop(inside);
    let outbox = "insert into way (name) values ('mail');
        insert into notice values ('mail', 2, 2, 'outbid', 1);
        insert into delivery (id, key, way, account_id, subject, body, n_notices, since, made_at, next_at)
        values (7, hex(zeroblob(16)), 'mail', 2, 'Lamp', 'Outbid', 1, 1, 1, 1)";
    house.connection().execute_batch(outbox).unwrap();
    house.audit();
    house
}

/// A house of its own with the same database, after `sql` was done to it past its checks and triggers.
pub fn corrupted(house: &House, sql: &str) -> House {
    let other = House::bare();
    std::fs::create_dir_all(other.dir().join("pictures")).unwrap();
    house.connection().execute("vacuum into ?1", [other.database().to_str().unwrap()]).unwrap();
    let conn = other.connection();
    conn.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on").unwrap();
    let triggers: Vec<(String, String)> = conn
        .prepare("select name, sql from sqlite_schema where type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let dropped: String = triggers.iter().map(|(name, _)| format!("drop trigger {name};")).collect();
    let made: String = triggers.iter().map(|(_, sql)| format!("{sql};")).collect();
    conn.execute_batch(&format!("begin; {dropped} {sql}; {made} commit")).unwrap();
    other
}

#[test]
fn an_unknown_word_of_a_sale_or_of_a_change_of_its_closes_is_named() {
    let house = crate::sale_nights::sales_of_all_kinds();
    for (sql, verbs, table, sentence) in [
        (
            "update sale set state = 'lost' where code = 'autumn'",
            &[&["sale", "show", "autumn"][..], &["sale", "list"], &["sale", "publish", "autumn"]][..],
            "sale",
            "table sale, row 4: unknown state \"lost\"",
        ),
        (
            "update timing set kind = 'nap' where listing_id = 1 and nth = 2",
            &[&["replay", "1"]],
            "timing",
            "table timing, row 1/2: unknown kind \"nap\"",
        ),
    ] {
        let other = corrupted(&house, sql);
        for verb in verbs {
            let ran = other.run(verb);
            assert!(ran.status != 0 && ran.stderr.contains(sentence), "{verb:?}: {ran:?}");
        }
        check_reported(&other, table, sql);
    }
}

fn check_reported(house: &House, table: &str, case: &str) {
    let reported = format!("CHECK constraint failed in {table}");
    for verb in ["audit", "doctor"] {
        let ran = house.run(&[verb]);
        assert!(ran.status == 1 && ran.stdout.contains(&reported), "{case}: {verb}: {ran:?}");
    }
}

#[test]
fn a_verb_that_reads_an_unknown_word_fails_and_names_it() {
    let house = lived_in();
    for (sql, verb, table, sentence) in [
        (
            "update account set state = 'frozen' where id = 2",
            &["account", "show", "bob@example.org"][..],
            "account",
            "table account, row 2: unknown state \"frozen\"",
        ),
        (
            "update standing set state = 'lost' where listing_id = 1",
            &["listing", "show", "1"],
            "standing",
            "table standing, row 1: unknown state \"lost\"",
        ),
        (
            "update bid set kind = 'sealed' where listing_id = 2",
            &["replay", "2"],
            "bid",
            "table bid, row 2/1: unknown kind \"sealed\"",
        ),
        (
            "update settlement set outcome = 'given'",
            &["settle", "1"],
            "settlement",
            "table settlement, row 1: unknown outcome \"given\"",
        ),
        (
            "update settlement set reason = 'charm'",
            &["settle", "1"],
            "settlement",
            "table settlement, row 1: unknown reason \"charm\"",
        ),
        (
            "update transfer set cause = 'gift' where id = 1",
            &["account", "statement", "bob@example.org"],
            "transfer",
            "table transfer, row 1: unknown cause \"gift\"",
        ),
        (
            "update delivery set way = 'pigeon'",
            &["notify", "list"],
            "delivery",
            "table delivery, row 7: unknown way \"pigeon\"",
        ),
    ] {
        let other = corrupted(&house, sql);
        let ran = other.run(verb);
        assert!(ran.status != 0 && ran.stderr.contains(sentence), "{sql}: {ran:?}");
        check_reported(&other, table, sql);
    }
}

#[test]
fn a_setting_that_cannot_have_been_set_is_named() {
    let house = lived_in();
    for (key, value) in
        [("premium_bps", "much"), ("sign_up", "maybe"), ("scheduler", "sundial"), ("currency", "won")]
    {
        let sql = format!(
            "insert into house values ('{key}', '{value}')
            on conflict do update set value = excluded.value"
        );
        let other = corrupted(&house, &sql);
        let sentence = format!("table house, row {key}: unknown value \"{value}\"");
        let ran = other.run(&["house", "show"]);
        assert!(ran.status != 0 && ran.stderr.contains(&sentence), "{key}: {ran:?}");
        for verb in ["audit", "doctor"] {
            let ran = other.run(&[verb]);
            assert!(ran.status == 1 && ran.stdout.contains(&sentence), "{key}: {verb}: {ran:?}");
        }
    }
}

#[test]
fn a_setting_that_cannot_be_read_is_set_anew() {
    let house = lived_in();
    for (key, good) in [("premium_bps", "500"), ("sign_up", "open"), ("scheduler", "none")] {
        let wrong =
            format!("insert into house values ('{key}', 'much') on conflict do update set value = 'much'");
        let other = corrupted(&house, &wrong);
        other.run(&["house", "set", key, good]).done();
        assert!(other.run(&["house", "show"]).done().stdout.contains(good), "{key}");
    }
}

/// It ended the server once, and the next one would not start.
#[test]
fn a_setting_that_cannot_be_read_takes_no_server_down() {
    let (house, ..) = House::open();
    let wrong = "insert into house values ('sign_up', 'invite') on conflict do update set value = 'invite'";
    house.connection().execute_batch(wrong).unwrap();
    house.connection().execute_batch("update house set value = 'Saved' where key = 'name'").unwrap();
    until("the log names it", || house.log().contains("unknown value").then_some(()));
    assert_eq!(house.get("/healthz").send().status, 200);
    house.run(&["house", "set", "sign_up", "closed"]).done();
    house.run(&["house", "set", "name", "Mended"]).done();
    until("what is good again holds", || house.get("/").send().text().contains("Mended").then_some(()));
}

#[test]
fn figures_of_a_sale_beside_another_outcome_are_not_passed_over() {
    let house = House::bare();
    house.add("Ann");
    let inside = Inside::of(&house, -3_600_000);
    inside.list(|_| ());
    drop(inside);
    house.run(&["settle", "--due"]).done();
    let other = corrupted(&house, "update settlement set hammer = 7");
    let ran = other.run(&["replay", "1"]);
    let sentence = "unknown outcome \"unsold, with the figures of a sale\"";
    assert!(ran.status != 0 && ran.stderr.contains(sentence), "{ran:?}");
    check_reported(&other, "settlement", "hammer");
}

#[test]
fn the_outbox_and_the_sessions_know_no_other_words_either() {
    type Read = fn(&Snapshot<'_>) -> anyhow::Result<()>;
    let house = lived_in();
    let cases: [(&str, Read, &str, &str); 4] = [
        (
            "update way set name = 'pigeon'",
            |snapshot| snapshot.channels().map(drop),
            "way",
            "table way, row pigeon: unknown name \"pigeon\"",
        ),
        (
            "update notice set kind = 'gossip'",
            |snapshot| snapshot.notices_of(AccountId(2), 9).map(drop),
            "notice",
            "table notice, row 2/2: unknown kind \"gossip\"",
        ),
        (
            "update delivery set state = 'lost'",
            |snapshot| snapshot.deliveries(None, 9).map(drop),
            "delivery",
            "table delivery, row 7: unknown state \"lost\"",
        ),
        (
            "update account set state = 'frozen' where id = 2",
            |snapshot| snapshot.bidder(AccountId(2)).map(drop),
            "account",
            "table account, row 2: unknown state \"frozen\"",
        ),
    ];
    for (sql, read, table, sentence) in cases {
        let other = corrupted(&house, sql);
        let error = Inside::of(&other, 0).house.read(read).unwrap_err();
        assert!(format!("{error:#}").contains(sentence), "{sql}: {error:#}");
        check_reported(&other, table, sql);
    }
}
