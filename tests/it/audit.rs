//! The audit of a real house, and of one that somebody has tampered with.

use crate::harness::{House, Inside};

/// A house in which everything happened: bids, an automatic one, a sale, an unsold listing, a cancelled one, a lead.
fn lived_in() -> House {
    let house = House::bare();
    house.set("premium_bps", "1000");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    {
        let inside = Inside::of(&house, -3_600_000);
        inside.credit("Bob", 100_000);
        inside.credit("Cleo", 100_000);
        let sold = inside.list(|_| ());
        inside.bid("Bob", sold, 1_000);
        inside.bid("Cleo", sold, 2_000);
        inside.bid("Bob", sold, 3_000);
        inside.list(|_| ());
    }
    house.run(&["settle", "--due"]).done();
    let inside = Inside::of(&house, 0);
    let led = inside.list(|_| ());
    inside.bid("Cleo", led, 5_000);
    let cancelled = inside.list(|_| ());
    inside.bid("Bob", cancelled, 1_000);
    drop(inside);
    house.run(&["listing", "cancel", &cancelled.to_string(), "--why", "broken"]).done();
    house.audit();
    house
}

/// After `sql`, done behind the house's back, the audit ends with 1 and names `words`.
#[track_caller]
fn caught(sql: &str, words: &str) {
    let house = lived_in();
    let conn = house.connection();
    let triggers: Vec<String> = conn
        .prepare("select name from sqlite_schema where type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    for trigger in triggers {
        conn.execute_batch(&format!("drop trigger {trigger}")).unwrap();
    }
    conn.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on").unwrap();
    conn.execute_batch(sql).unwrap();
    let ran = house.run(&["audit"]);
    assert_eq!(ran.status, 1, "{sql}: {ran:?}");
    assert!(ran.stdout.contains(words), "{sql}: {ran:?}");
    let told = house.run(&["audit", "--format", "json"]);
    assert_eq!(told.status, 1);
    assert!(told.json()["disagreement"].as_str().unwrap().contains(words));
}

#[test]
fn a_changed_bid_is_found() {
    caught("update bid set amount = amount - 1 where listing_id = 1 and seq = 2", "listing 1");
    caught("update bid set max = max + 1 where listing_id = 1 and seq = 2", "listing 1");
    caught("update bid set bidder_id = 3 where listing_id = 1 and seq = 1", "listing 1");
}

#[test]
fn a_deleted_last_bid_is_found() {
    caught("delete from bid where listing_id = 1 and seq = 3", "listing 1");
    caught("delete from bid where listing_id = 3 and seq = 1", "listing 3");
}

#[test]
fn a_changed_price_or_leader_is_found() {
    caught(
        "update standing set price = price + 1, leader_max = leader_max + 1 where listing_id = 3",
        "listing 3",
    );
    caught("update standing set leader_id = 2 where listing_id = 3", "listing 3");
}

#[test]
fn a_changed_balance_is_found() {
    caught("update purse set balance = balance + 1 where id = 2", "account 2");
    caught("update posting set amount = amount + 1 where purse_id = 2 and transfer_id = 1", "transfer 1");
}

#[test]
fn a_hold_without_a_cause_is_found() {
    caught("update purse set held = held + 1 where id = 2", "account 2");
    caught("update standing set held = held - 1 where listing_id = 3", "listing 3");
}

#[test]
fn a_changed_hammer_or_winner_is_found() {
    caught("update settlement set hammer = hammer - 1 where listing_id = 1", "listing 1");
    caught("update settlement set buyer_id = 3 where listing_id = 1", "listing 1");
    caught("delete from settlement where listing_id = 2", "listing 2");
}

#[test]
fn a_listing_that_tells_its_story_again_agrees() {
    let house = lived_in();
    for id in ["1", "2", "3", "4"] {
        house.run(&["replay", id]).done();
    }
    assert_eq!(house.run(&["replay", "99"]).status, 1);
}
