//! The audit of a real house, and of one that somebody has tampered with.

use crate::harness::{House, Inside, Ran};
use auction::rules::listing::{Closes, ListingId};
use std::path::{Path, PathBuf};

/// A house in which everything happened: 1 is sold, 2 unsold, 3 led by Cleo, 4 cancelled, 5 has an automatic bid, 6 ended
/// below its reserve, 7 was bought.
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
    let names = ["aa", "bb", "cc"].map(|pair| pair.repeat(16));
    let led = inside.list(|draft| draft.pictures = names.to_vec());
    inside.bid("Cleo", led, 5_000);
    let cancelled = inside.list(|_| ());
    inside.bid("Bob", cancelled, 1_000);
    drop(inside);
    house.run(&["listing", "cancel", &cancelled.to_string(), "--why", "broken"]).done();
    let inside = Inside::of(&house, 0);
    let proxied = inside.list(|_| ());
    inside.bid_up_to("Bob", proxied, 1_000, 4_000);
    inside.bid("Cleo", proxied, 2_000);
    let reserved =
        inside.list(|draft| (draft.reserve, draft.closes) = (Some(5_000), Some(Closes::In { seconds: 8 })));
    inside.bid("Bob", reserved, 4_999);
    let bought = inside.list(|draft| draft.buy_now = Some(9_000));
    inside.house.buy(ListingId(bought), inside.account("Cleo")).unwrap();
    drop(inside);
    house.run(&["settle", &reserved.to_string()]).done();
    house.audit();
    house
}

/// What somebody did behind the house's back, and whose fault the audit must call it.
const TAMPERED: &[(&str, &str, &str)] = &[
    ("a lower amount", "update bid set amount = amount - 1 where listing_id = 1 and seq = 2", "listing 1: bid 2"),
    ("a lower price", "update bid set price = price - 1 where listing_id = 1 and seq = 2", "listing 1: bid 2"),
    ("a higher max", "update bid set max = max + 1 where listing_id = 1 and seq = 2", "listing 1: bid 2"),
    ("another salt", "update bid set salt = zeroblob(16) where listing_id = 1 and seq = 2", "listing 1: bid 2"),
    ("another bidder", "update bid set bidder_id = 3 where listing_id = 1 and seq = 1", "listing 1: bid 1"),
    ("another message", "update bid set message = 'I pay' where listing_id = 3 and seq = 1", "listing 3: bid 1"),
    ("an earlier bid", "update bid set at = at - 1 where listing_id = 1 and seq = 3", "listing 1: bid 3"),
    ("another close in a bid", "update bid set closes_at = closes_at + 1 where listing_id = 3", "listing 3: bid 1"),
    ("another kind", "update bid set kind = 'automatic' where listing_id = 1 and seq = 2", "listing 1: bid 2"),
    ("another hash", "update bid set hash = zeroblob(32) where listing_id = 1 and seq = 1", "listing 1: bid 1"),
    ("the last bid deleted", "delete from bid where listing_id = 3 and seq = 1", "listing 3"),
    ("the last bid deleted, and not counted", "delete from bid where listing_id = 1 and seq = 3;
        update standing set n_bids = 2, price = 2000 where listing_id = 1", "listing 1"),
    ("the automatic bid deleted", "delete from bid where listing_id = 5 and seq = 3", "listing 5"),
    ("the first bid deleted", "delete from bid where listing_id = 1 and seq = 1", "listing 1: bid 2"),
    ("two bids in the other order", "update bid set seq = 99 where listing_id = 1 and seq = 1;
        update bid set seq = 1 where listing_id = 1 and seq = 2;
        update bid set seq = 2 where listing_id = 1 and seq = 99", "listing 1: bid 1"),
    ("a bid on another listing", "update bid set listing_id = 2 where listing_id = 3", "listing 2"),
    ("a bid put in", "insert into bid (listing_id, seq, kind, bidder_id, amount, max, price, closes_at, at, message, salt, hash)
        select 2, seq, kind, bidder_id, amount, max, price, closes_at, at, message, salt, hash
        from bid where listing_id = 3", "listing 2"),
    ("another title", "update listing set title = 'Brass lamps' where id = 3", "listing 3"),
    ("another description", "update listing set description = 'It works.' where id = 2", "listing 2"),
    ("another picture", "update listing set picture = '00000000000000000000000000000000' where id = 2", "listing 2"),
    ("a picture deleted", "delete from picture where listing_id = 3 and nth = 3", "listing 3"),
    ("another second picture", "update picture set name = hex(zeroblob(16)) where listing_id = 3 and nth = 2", "listing 3"),
    ("two pictures in the other order", "update picture set nth = 4 where listing_id = 3 and nth = 2", "listing 3"),
    ("a picture put in", "insert into picture values (2, 2, hex(zeroblob(16)))", "listing 2"),
    ("another opening", "update listing set opening = opening - 1 where id = 3", "listing 3"),
    ("a higher reserve", "update listing set reserve = reserve + 1 where id = 6", "listing 6"),
    ("no reserve any more", "update listing set reserve = null where id = 6", "listing 6"),
    ("a reserve put in", "update listing set reserve = 1000 where id = 3", "listing 3"),
    ("another salt of the reserve", "update listing set reserve_salt = zeroblob(16) where id = 6", "listing 6"),
    ("another buy-now price", "update listing set buy_now = buy_now + 1 where id = 7", "listing 7"),
    ("another increment", "update listing set increment = 1 where id = 3", "listing 3"),
    ("another soft close", "update listing set window_s = 1, extension_s = 1, cap_s = 1 where id = 3", "listing 3"),
    ("another first close", "update listing set first_closes_at = first_closes_at + 1 where id = 3", "listing 3"),
    ("another premium", "update listing set premium_bps = 0 where id = 1", "listing 1"),
    ("another commission", "update listing set commission_bps = 1 where id = 1", "listing 1"),
    ("another seller", "update listing set seller_id = 3 where id = 2", "listing 2"),
    ("made at another time", "update listing set created_at = created_at - 1 where id = 2", "listing 2"),
    ("another price that stands", "update standing set price = price + 1, leader_max = leader_max + 1 where listing_id = 3", "listing 3"),
    ("another leader", "update standing set leader_id = 2 where listing_id = 3", "listing 3"),
    ("another max of the leader", "update standing set leader_max = leader_max + 1 where listing_id = 3", "listing 3"),
    ("another close that stands", "update standing set closes_at = closes_at + 1 where listing_id = 3", "listing 3"),
    ("another head", "update standing set head = zeroblob(32) where listing_id = 2", "listing 2"),
    ("opened again", "update standing set state = 'open' where listing_id = 2", "listing 2"),
    ("sold by a word", "update standing set state = 'sold', held = 0 where listing_id = 3", "listing 3"),
    ("nothing says where it stands", "delete from standing where listing_id = 2", "listing 2"),
    ("a lower hammer", "update settlement set hammer = hammer - 1 where listing_id = 1", "listing 1"),
    ("a lower premium", "update settlement set premium = premium - 1 where listing_id = 1", "listing 1"),
    ("another winner", "update settlement set buyer_id = 3 where listing_id = 1;
        update standing set leader_id = 3 where listing_id = 1", "listing 1"),
    ("another reason", "update settlement set reason = 'lost' where listing_id = 4", "listing 4"),
    ("settled at another time", "update settlement set settled_at = settled_at + 1 where listing_id = 2", "listing 2"),
    ("a settlement deleted", "delete from settlement where listing_id = 2", "listing 2"),
    ("an open listing settled", "insert into settlement (listing_id, outcome, reason, closes_at, settled_at, hash)
        values (3, 'unsold', 'no_bids', 1, 1, zeroblob(32))", "listing 3"),
    ("unsold to the highest bidder", "update settlement set outcome = 'sold', reason = null, buyer_id = 2, hammer = 4999,
        premium = 500, commission = 0 where listing_id = 6; update standing set state = 'sold' where listing_id = 6", "listing 6"),
    ("a posting changed", "update posting set amount = amount + 1 where purse_id = 2 and transfer_id = 1", "transfer 1"),
    ("a posting changed, with its opposite", "update posting set amount = amount + sign(amount) where transfer_id = 1",
        "the balance is"),
    ("a posting deleted", "delete from posting where transfer_id = 1 and purse_id = 2", "transfer 1"),
    ("a credit to another", "update posting set purse_id = 1 where transfer_id = 1 and purse_id = 2", "the balance is"),
    ("a sale's posting changed, balances too", "update posting set amount = amount + sign(purse_id - 1) where transfer_id
        in (select id from transfer where cause = 'sale') and purse_id in (1, 2);
        update purse set balance = (select sum(amount) from posting where purse_id = id)", "listing 1"),
    ("money moved between two", "insert into transfer values (90, 'credit', null, 'x', 1, null, null, null, null);
        insert into posting values (90, 1, 5), (90, 2, -5); insert into balanced values (90);
        update purse set balance = balance + case id when 1 then 5 else -5 end where id in (1, 2)", "transfer 90"),
    ("money for a listing that was not sold", "insert into transfer values (90, 'sale',
        (select id from settlement where listing_id = 2), 'x', 1, null, null, null, null);
        insert into posting values (90, 1, 5), (90, -1, -5); insert into balanced values (90);
        update purse set balance = balance + case id when 1 then 5 else -5 end where id in (1, -1)", "listing 2"),
    ("a sale without its money", "delete from posting where transfer_id in (select id from transfer where cause = 'sale');
        delete from balanced where transfer_id in (select id from transfer where cause = 'sale');
        delete from transfer where cause = 'sale';
        update purse set balance = (select coalesce(sum(amount), 0) from posting where purse_id = id)", "listing 1"),
    ("a balance changed", "update purse set balance = balance + 1 where id = 2", "account 2"),
    ("the house's balance changed", "update purse set balance = balance + 1 where id = 0", "the house"),
    ("a hold without a cause", "update purse set held = held + 1 where id = 2", "account 2"),
    ("a lead that holds too little", "update standing set held = held - 1 where listing_id = 3;
        update purse set held = held - 1 where id = 3", "listing 3"),
    ("a purse deleted", "delete from purse where id = 2", "purse"),
    ("an account deleted", "delete from account where id = 3", "account"),
    ("a listing deleted", "delete from listing where id = 1", "listing"),
];

#[test]
fn whatever_was_tampered_with_is_found() {
    let house = lived_in();
    let unguarded = unguarded_copy(&house);
    let untouched = on_copy(&house, &unguarded, "", &["audit"]);
    assert_eq!(untouched.status, 1, "it has no guards: {untouched:?}");
    for words in ["trigger bid_is_kept is missing", "trigger settlement_stays is missing"] {
        assert!(untouched.stdout.contains(words), "{words}: {untouched:?}");
    }
    let mut missed = Vec::new();
    for (what, sql, words) in TAMPERED {
        let ran = on_copy(&house, &unguarded, sql, &["audit", "--format", "json"]);
        let found = ran.stdout.contains(words) && ran.json()["disagreement"].is_string();
        if ran.status != 1 || !found {
            missed.push(format!("{what}: not as \"{words}\": {ran:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} tampered files, all found", TAMPERED.len());
}

/// Guards and triggers are no content; who drops one, or adds one, has a way to change content later.
#[test]
fn a_schema_that_is_not_the_house_s_is_found_by_name() {
    let house = lived_in();
    let file = house.home().join("copy.db");
    house.connection().execute("vacuum into ?1", [file.to_str().unwrap()]).unwrap();
    let audited = |sql: &str| {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("auction.db");
        std::fs::copy(&file, &copy).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch(sql).unwrap();
        house.run(&["--data-dir", dir.path().to_str().unwrap(), "audit"])
    };
    audited("").done();
    audited("analyze").done();
    let no_check =
        "pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'check (held >= 0)', '')
        where name = 'purse'";
    for (sql, words) in [
        ("drop trigger bid_is_kept", "trigger bid_is_kept is missing"),
        ("drop index standing_running", "index standing_running is missing"),
        (no_check, "table purse is not as the house makes it"),
        ("create trigger gift after insert on bid begin select 1; end", "trigger gift is not the house's"),
        ("create table extra (id integer)", "table extra is not the house's"),
    ] {
        let ran = audited(sql);
        assert!(ran.status == 1 && ran.stdout.contains(words), "{sql}: {ran:?}");
    }
    // No chain holds a name: who takes another's wins what that one has won.
    let swapped =
        audited("update account set name = case id when 2 then 'Cleo' else 'Bob' end where id in (2, 3)");
    assert!(swapped.status == 1 && swapped.stdout.contains("account 2: its name"), "{swapped:?}");
}

/// A copy of the house's file, without what the schema itself would refuse with.
pub fn unguarded_copy(house: &House) -> PathBuf {
    let file = house.home().join("copy.db");
    house.connection().execute("vacuum into ?1", [file.to_str().unwrap()]).unwrap();
    let conn = rusqlite::Connection::open(&file).unwrap();
    let triggers: Vec<String> = conn
        .prepare("select 'drop trigger ' || name from sqlite_schema where type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert!(triggers.len() > 5);
    conn.execute_batch(&format!("begin; {}; commit", triggers.join("; "))).unwrap();
    file
}

/// Runs a command on a house of its own with this file, after `sql` was done to it by one who cares for no key and no check.
pub fn on_copy(house: &House, file: &Path, sql: &str, args: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("auction.db");
    std::fs::copy(file, &copy).unwrap();
    let conn = rusqlite::Connection::open(&copy).unwrap();
    let careless =
        "pragma foreign_keys = off; pragma ignore_check_constraints = on; pragma synchronous = off";
    conn.execute_batch(careless).unwrap();
    let before = conn.total_changes();
    conn.execute_batch(&format!("begin; {sql}; commit")).unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(sql.is_empty() || conn.total_changes() > before, "{sql} changed nothing");
    drop(conn);
    house.run(&[&["--data-dir", dir.path().to_str().unwrap()], args].concat())
}

#[test]
fn a_listing_that_tells_its_story_again_agrees() {
    let house = lived_in();
    for id in ["1", "2", "3", "4", "5", "6", "7"] {
        house.run(&["replay", id]).done();
    }
    assert!(house.run(&["audit"]).done().stdout.starts_with("all agrees: 7 listings"));
    assert_eq!(house.run(&["replay", "99"]).status, 1);
}

#[test]
fn a_listing_that_is_told_again_says_where_the_books_depart() {
    let house = lived_in();
    let unguarded = unguarded_copy(&house);
    for (id, sql, words) in [
        ("1", "update settlement set hammer = hammer - 1 where listing_id = 1", "settlement's hash"),
        ("2", "delete from settlement where listing_id = 2", "without a settlement"),
        ("3", "update standing set closes_at = closes_at + 1 where listing_id = 3", "its close"),
        ("5", "delete from bid where listing_id = 5 and seq = 3", "the automatic bid of Bob is missing"),
    ] {
        let ran = on_copy(&house, &unguarded, sql, &["replay", id]);
        assert!(
            ran.status == 1 && ran.stdout.contains("DEPARTS") && ran.stdout.contains(words),
            "{sql}: {ran:?}"
        );
        let told = on_copy(&house, &unguarded, sql, &["replay", id, "--format", "json"]);
        assert!(told.status == 1 && told.json()["departs"].as_str().unwrap().contains(words), "{told:?}");
    }
}

/// The rules know no instant before that of what was told last; a forger who hashes everything anew may.
#[test]
fn a_bid_that_came_before_what_stands_before_it_is_found() {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let ahead = Inside::of(&house, 600_000);
    for name in ["Bob", "Cleo"] {
        ahead.credit(name, 10_000);
    }
    let id = ahead.list(|draft| draft.closes = Some(Closes::In { seconds: 7_200 }));
    ahead.bid("Bob", id, 1_000);
    drop(ahead);
    house.audit();
    house.connection().execute("delete from event", []).unwrap();
    Inside::of(&house, 0).bid("Cleo", id, 2_000);
    let ran = house.run(&["audit"]);
    assert!(ran.status == 1 && ran.stdout.contains("bid 2: it came before"), "{ran:?}");
}
