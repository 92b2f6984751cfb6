//! The audit of sales: a house in which all that happens to sales has happened agrees, and whatever somebody alters behind
//! its back is found, with the sale and the lot at fault.

use crate::audit::{on_copy, unguarded_copy};
use crate::harness::{House, Inside};
use crate::sale_nights::{listing_of, lot, sale, sales_of_all_kinds};
use auction::house::sales::draft::NewSale;
use auction::rules::chain;
use auction::rules::hash::Hash;
use auction::rules::listing::ListingId;
use auction::rules::time::Time;
use auction::rules::timing::{Timing, TimingLink};
use rusqlite::named_params;

/// What somebody did behind the house's back, and what the audit must say of it. Sales: 1 spring, 2 summer, 3 winter,
/// 4 autumn, 5 night.
const TAMPERED: &[(&str, &str, &str)] = &[
    // The sale.
    ("another first close", "update sale set closes_at = closes_at + 1 where id = 1", "sale spring: lot A1: its first close"),
    ("another distance", "update sale set every_s = every_s + 1 where id = 1", "sale spring: lot A2: its first close"),
    ("an opening put in", "update sale set opens_at = 1 where id = 1", "sale spring: lot A1: its listing does not open"),
    ("another opening", "update sale set opens_at = opens_at - 1 where id = 5", "sale night: lot N1: its listing does not open"),
    ("another opening, in the standing too", "update sale set opens_at = opens_at - 1 where id = 5;
        update standing set opens_at = opens_at - 1 where sale_id = 5", "sale night, lot N1, listing"),
    ("no opening any more", "update sale set opens_at = null where id = 5", "sale night: lot N1: its listing does not open"),
    ("another premium", "update sale set premium_bps = 0 where id = 1", "sale spring: lot A1: its premium"),
    ("another commission", "update sale set commission_bps = 501 where id = 1", "sale spring: lot A1: its premium"),
    ("another window", "update sale set window_s = 61 where id = 1", "sale spring: lot A1: its soft close"),
    ("another cap", "update sale set cap_s = 601 where id = 1", "sale spring: lot A1: its soft close"),
    ("no soft close", "update sale set window_s = null, extension_s = null, cap_s = null where id = 1",
        "sale spring: lot A1: its soft close"),
    ("another code", "update sale set code = 'sprung' where id = 1", "sale sprung, lot A1, listing 1"),
    ("no code at all", "update sale set code = 'Spring!' where id = 1", "sale Spring!: no sale"),
    ("a draft again", "update sale set state = 'draft', published_at = null where id = 1", "sale spring: lot A1: it is listed"),
    ("a draft by its state", "update sale set state = 'draft' where id = 1", "sale spring: it is a draft that was published"),
    ("published by a word", "update sale set state = 'published', published_at = created_at where id = 4",
        "sale autumn: lot 1: it is not listed"),
    ("published later", "update sale set published_at = published_at + 1 where id = 1", "sale spring: its first lot"),
    ("published before it was made", "update sale set created_at = published_at + 1 where id = 1", "sale spring: it was published"),
    ("cancelled by a word", "update sale set state = 'cancelled', why = 'x' where id = 1", "sale spring: it is cancelled"),
    ("cancelled for another reason", "update sale set why = 'sun' where id = 2", "sale summer: it is cancelled"),
    // Its lots.
    ("two lots in the other order", "update lot set nth = 99 where id = 1; update lot set nth = 0 where id = 2;
        update lot set nth = 1 where id = 1", "sale spring: lot A2: its first close"),
    ("a gap in the order", "update lot set nth = nth + 1 where sale_id = 5 and code = 'N2'", "sale night: its lots are not numbered"),
    ("a place before the first", "update lot set nth = -1 where sale_id = 4 and code = '1'", "database: CHECK"),
    ("another lot code", "update lot set code = 'A9', folded = 'a9' where id = 1", "sale spring, lot A9, listing 1"),
    ("a lot code in another case", "update lot set code = 'a1' where id = 1", "sale spring, lot a1, listing 1"),
    ("no lot code", "update lot set code = 'A 1', folded = 'a 1' where id = 1", "sale spring: lot A 1: no lot"),
    ("a lot compared as another", "update lot set folded = 'a9' where id = 1", "sale spring: lot A1: its code is compared"),
    ("a draft's lot compared as another", "update lot set folded = 'z' where sale_id = 4 and code = '1'",
        "sale autumn: lot 1: its code is compared"),
    ("a close of its own", "update lot set closes_at = 1 where id = 1", "sale spring: lot A1: its first close"),
    ("no close of its own", "update lot set closes_at = null where code = 'B2'", "sale spring: lot B2: its first close"),
    ("two lots with each other's listings", "update lot set listing_id = null where id = 1;
        update lot set listing_id = 1 where id = 2; update lot set listing_id = 2 where id = 1", "sale spring: lot A1: its first close"),
    ("a lot without its listing", "update lot set listing_id = null where id = 1", "sale spring: lot A1: it is not listed"),
    ("a lot in another sale", "update lot set sale_id = 2, nth = 2 where code = 'C1'", "sale summer: lot C1: its listing"),
    ("a lot deleted", "delete from lot where code = 'C1'", "it does not stand in the sale of which it is a lot"),
    ("a lot and its sale deleted", "delete from lot where code = 'C1'; update standing set sale_id = null
        where listing_id = (select max(listing_id) from timing)", "listing"),
    ("a lot put in", "insert into lot (sale_id, nth, code, folded) values (1, 5, 'D1', 'd1')", "sale spring: lot D1: it is not listed"),
    ("all lots deleted", "delete from lot where sale_id = 5", "sale night: it was published without a lot"),
    ("a listed lot's draft", "insert into draft_lot (lot_id, seller_id, title, description, opening) values (1, 1, 'x', '', 1)",
        "sale spring: lot A1: it is listed and still a draft"),
    // Its listings.
    ("another first close of a listing", "update listing set first_closes_at = first_closes_at + 1 where id = 1",
        "sale spring: lot A1: its first close"),
    ("another first close of a listing, as its own", "update listing set first_closes_at = first_closes_at + 1 where id = 1;
        update lot set closes_at = (select first_closes_at from listing where id = 1) where id = 1", "sale spring, lot A1, listing 1"),
    ("another premium of a listing", "update listing set premium_bps = 0 where id = 1", "sale spring: lot A1: its premium"),
    ("another soft close of a listing", "update listing set cap_s = 1 where id = 1", "sale spring: lot A1: its soft close"),
    ("listed before the publication", "update listing set created_at = created_at - 1 where id = 1", "sale spring: its first lot"),
    ("listed after the one behind it", "update listing set created_at = created_at + 1 where id = 2", "sale spring: its lots were not"),
    ("a listing's sale taken away", "update standing set sale_id = null where listing_id = 1", "sale spring: lot A1: its listing"),
    ("a listing in another sale", "update standing set sale_id = 2 where listing_id = 1", "sale spring: lot A1: its listing"),
    ("a listing that opens at another time", "update standing set opens_at = opens_at + 1 where sale_id = 5",
        "sale night: lot N1: its listing does not open"),
    ("not paused any more", "update standing set paused_at = null where sale_id = 5", "sale night, lot N1"),
    ("paused at another time", "update standing set paused_at = paused_at - 1 where sale_id = 5", "sale night, lot N1"),
    ("paused by a word", "update standing set paused_at = 1 where sale_id = 1 and state = 'open'", "sale spring, lot B2"),
    ("another cap of an open lot", "update standing set cap_from = cap_from + 1 where sale_id = 1 and state = 'open'", "sale spring, lot B2"),
    ("another cap of a settled lot", "update standing set cap_from = null where listing_id = 1", "sale spring, lot A1, listing 1"),
    ("another close of an open lot", "update standing set closes_at = closes_at + 1 where sale_id = 1 and state = 'open'",
        "sale spring, lot B2"),
    // Its postponements, pauses and resumes.
    ("postponed by another", "update timing set who = 'admin' where listing_id = 1 and nth = 1", "sale spring: lot A"),
    ("postponed by another, in all lots", "update timing set who = 'admin' where nth = 1", "sale spring, lot A1, listing 1"),
    ("postponed for another reason", "update timing set why = 'a train' where kind = 'postponement'", "sale spring, lot A1, listing 1"),
    ("postponed by other seconds", "update timing set by_s = by_s + 1 where kind = 'postponement'", "sale spring, lot A1, listing 1"),
    ("postponed at another time", "update timing set at = at + 1 where kind = 'postponement'", "sale spring, lot A1, listing 1"),
    ("postponed to another close", "update timing set closes_at = closes_at + 1 where kind = 'postponement'", "sale spring, lot A1, listing 1"),
    ("a pause for another reason", "update timing set why = 'x' where kind = 'pause' and listing_id <= 4", "sale spring, lot A1, listing 1"),
    ("a pause at another time", "update timing set at = at + 1 where kind = 'pause'", "sale spring, lot A1, listing 1"),
    ("a pause after another bid", "update timing set after_seq = 0 where kind = 'pause'", "sale spring, lot A1, listing 1"),
    ("a resume by another", "update timing set who = 'admin' where kind = 'resume'", "sale spring, lot A1, listing 1"),
    ("a resume to another close", "update timing set closes_at = closes_at - 1 where kind = 'resume'", "sale spring, lot A1, listing 1"),
    ("a pause that is a postponement", "update timing set kind = 'postponement', by_s = 1 where kind = 'pause'",
        "sale spring, lot A1, listing 1"),
    ("another hash", "update timing set hash = zeroblob(32) where listing_id = 2 and nth = 2", "sale spring, lot A2, listing 2"),
    ("the last change deleted", "delete from timing where listing_id = 4 and nth = 4", "sale spring: lot B2: the postponement"),
    ("a change deleted", "delete from timing where listing_id = 4 and nth = 2", "database: timing refers"),
    ("a pause deleted, and its link in the standing", "delete from timing where kind = 'pause' and listing_id >
        (select max(listing_id) from lot where sale_id = 1); update standing set paused_at = null where sale_id = 5",
        "sale night, lot N1"),
    // Drafts.
    ("what a draft offers deleted", "delete from draft_lot where lot_id = (select max(lot_id) from draft_lot
        where lot_id not in (select lot_id from draft_picture))", "nothing says what it offers"),
    ("a draft at no price", "update draft_lot set opening = 0 where lot_id = (select id from lot where sale_id = 4 and nth = 0)",
        "sale autumn: lot 1: its draft cannot be listed"),
    ("a draft without a title", "update draft_lot set title = '' where lot_id = (select id from lot where sale_id = 4 and nth = 1)",
        "sale autumn: lot 2: its draft cannot be listed"),
    ("a draft with a reserve below its opening", "update draft_lot set reserve = 1 where lot_id =
        (select id from lot where sale_id = 3 and nth = 0)", "sale winter: lot 1: its draft cannot be listed"),
    ("a draft of nobody", "update draft_lot set seller_id = 99", "draft_lot refers to a missing account"),
    ("a picture of a draft deleted", "delete from draft_picture where nth = 1", "sale autumn: lot 3: the pictures"),
    ("a listing for a draft's lot", "delete from lot where sale_id = 5 and nth = 1;
        update lot set listing_id = (select max(id) from listing) where sale_id = 4 and nth = 0", "lot 1: it is listed"),
];

#[test]
fn whatever_was_altered_in_a_sale_is_found_with_its_lot() {
    let house = sales_of_all_kinds();
    let unguarded = unguarded_copy(&house);
    let mut missed = Vec::new();
    for (what, sql, words) in TAMPERED {
        let ran = on_copy(&house, &unguarded, sql, &["audit", "--format", "json"]);
        let found = ran.stdout.contains(words) && ran.json()["disagreement"].is_string();
        if ran.status != 1 || !found {
            missed.push(format!("{what}: not as \"{words}\": {ran:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} altered files, all found", TAMPERED.len());
}

#[test]
fn the_audit_counts_sales_and_lots_and_replays_agree() {
    let house = sales_of_all_kinds();
    let audit = house.told(&["audit"]);
    assert_eq!((&audit["n_sales"], &audit["n_lots"]), (&5.into(), &14.into()), "{audit}");
    let text = house.run(&["audit"]).done().stdout;
    assert!(text.trim_end().ends_with(", 5 sales of 14 lots"), "{text}");
    for id in 1..=house.number("select max(id) from listing") {
        house.run(&["replay", &id.to_string()]).done();
    }
    let plain = House::bare();
    plain.add("Ann");
    let text = plain.run(&["audit"]).done().stdout;
    assert_eq!(text, "all agrees: 0 listings, 0 bids, 0 settlements, 3 purses\n");
}

#[test]
fn a_replay_says_where_a_lot_departs_from_its_sale() {
    let house = sales_of_all_kinds();
    let unguarded = unguarded_copy(&house);
    for (sql, words) in [
        ("update sale set closes_at = closes_at + 1 where id = 1", "its first close"),
        ("update sale set premium_bps = 0 where id = 1", "its premium or commission"),
        ("update standing set opens_at = 1 where listing_id = 1", "does not open with the sale"),
        ("update lot set folded = 'z' where id = 1", "compared as another"),
        ("update timing set why = 'x' where listing_id = 1 and nth = 2", "the pause at"),
        ("update timing set by_s = 601 where listing_id = 1 and nth = 1", "the postponement to"),
        ("update timing set who = 'me' where listing_id = 1 and nth = 3", "the resume to"),
    ] {
        let ran = on_copy(&house, &unguarded, sql, &["replay", "1", "--format", "json"]);
        let departs = ran.json()["departs"].as_str().map(str::to_owned).unwrap_or_default();
        assert!(ran.status == 1 && departs.contains(words), "{sql}: {ran:?}");
    }
}

/// Who can write the database can lengthen a chain with a link whose hash is right; but no sale is postponed for one lot.
#[test]
fn a_postponement_of_one_lot_with_a_chain_that_agrees_is_found() {
    let house = sales_of_all_kinds();
    for (sale, lot) in [("spring", "C1"), ("night", "N2")] {
        let copy = House::bare();
        std::fs::create_dir_all(copy.dir().join("pictures")).unwrap();
        house.connection().execute("vacuum into ?1", [copy.database().to_str().unwrap()]).unwrap();
        let conn = copy.connection();
        let id = listing_of(&copy, sale, lot);
        let (closes_at, head, n_bids, last): (i64, Hash, i64, i64) = conn
            .query_row(
                "select s.closes_at, s.head, s.n_bids, (select max(at) from event) from standing s where listing_id = ?1",
                [id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        let (at, closes_at) = (last + 1, closes_at + 900_000);
        let link = TimingLink {
            listing: ListingId(id),
            after_seq: n_bids,
            closes_at: Time(closes_at),
            at: Time(at),
            timing: Timing::Postponement { by_s: 900, who: "cli".into(), why: "a friend".into() },
        };
        let hash = chain::link_timing(&head, &link);
        let nth = copy.number(&format!("select count(*) + 1 from timing where listing_id = {id}"));
        conn.execute(
            "insert into timing (listing_id, nth, kind, after_seq, closes_at, by_s, at, who, why, hash)
             values (:id, :nth, 'postponement', :seq, :closes_at, 900, :at, 'cli', 'a friend', :hash)",
            named_params! {":id": id, ":nth": nth, ":seq": n_bids, ":closes_at": closes_at, ":at": at, ":hash": hash},
        )
        .unwrap();
        conn.execute(
            "update standing set closes_at = :closes_at, cap_from = :closes_at, head = :hash where listing_id = :id",
            named_params! {":id": id, ":closes_at": closes_at, ":hash": hash},
        )
        .unwrap();
        // Its own chain agrees.
        copy.run(&["replay", &id.to_string()]).done();
        let ran = copy.run(&["audit"]);
        assert!(ran.status == 1 && ran.stdout.contains("the postponement of the sale at"), "{lot}: {ran:?}");
    }
}

/// A lot that had closed without a server before its sale was paused is paused later than the others, once an outage has
/// prolonged it; and what has ended, or closed, is left out rightly.
#[test]
fn a_lot_that_a_change_rightly_left_out_is_no_fault() {
    let house = House::bare();
    house.set("outage", "extend");
    house.set("outage_s", "300");
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::alone(&house, -3_600_000);
    inside.credit("Bob", 100_000);
    let begun = inside.house.now();
    inside.house.add_sale(NewSale { every_s: 7_200, ..sale("spring", begun.plus_s(60)) }).unwrap();
    for code in ["1", "2", "3"] {
        let mut offer = lot(&inside, code, Some(code));
        offer.draft.buy_now = Some(9_000);
        inside.house.add_lot("spring", offer).unwrap();
    }
    inside.house.publish_sale("spring").unwrap();
    let bought = ListingId(listing_of(&house, "spring", "3"));
    inside.house.buy(bought, inside.account("Bob")).unwrap();
    drop(inside);
    house.run(&["sale", "pause", "spring", "--why", "no wifi"]).done();
    house.audit();
    drop(Inside::alone(&house, 0));
    let n_paused = "select count(*) from standing where paused_at is not null";
    assert_eq!(house.number(n_paused), 2, "the first lot is paused with its sale");
    assert_eq!(house.number("select count(distinct at) from timing where kind = 'pause'"), 2);
    house.audit();
    house.run(&["sale", "postpone", "spring", "--by", "1m", "--why", "x", "--section", "2"]).done();
    house.run(&["sale", "postpone", "spring", "--by", "1m", "--why", "x"]).done();
    house.run(&["sale", "resume", "spring"]).done();
    house.audit();
}

#[test]
fn the_schema_itself_keeps_published_sales() {
    let house = sales_of_all_kinds();
    let conn = house.connection();
    for (sql, words) in [
        ("update sale set code = 'other' where id = 1", "terms of a published sale"),
        ("update sale set opens_at = 1 where id = 1", "terms of a published sale"),
        ("update sale set closes_at = closes_at + 1 where id = 1", "terms of a published sale"),
        ("update sale set every_s = 1 where id = 1", "terms of a published sale"),
        ("update sale set premium_bps = 1 where id = 1", "terms of a published sale"),
        ("update sale set commission_bps = 1 where id = 1", "terms of a published sale"),
        (
            "update sale set window_s = 1, extension_s = 1, cap_s = 1 where id = 1",
            "terms of a published sale",
        ),
        ("delete from sale where id = 4", "never deleted"),
        ("update lot set code = 'Z', folded = 'z' where id = 1", "published lot is never changed"),
        ("update lot set section = 'Z' where id = 1", "published lot is never changed"),
        ("update lot set listing_id = null where id = 1", "published lot is never changed"),
        ("update lot set nth = 50 where id = 1", "published lot is never changed"),
        ("delete from lot where id = 1", "published lot is never deleted"),
        ("update timing set why = 'x' where kind = 'pause'", "never changed"),
        ("delete from timing", "never deleted"),
        ("update sale set state = 'cancelled' where id = 1", "CHECK"),
        ("update sale set state = 'lost' where id = 1", "CHECK"),
        ("update standing set paused_at = 1 where state = 'sold'", "CHECK"),
        ("insert into lot (sale_id, nth, code, folded) values (1, 0, 'Q', 'q')", "UNIQUE"),
        ("insert into lot (sale_id, nth, code, folded) values (1, 9, 'a1', 'a1')", "UNIQUE"),
        ("insert into draft_picture values (1, 1, hex(zeroblob(16)))", "FOREIGN KEY"),
        (
            "insert into timing (listing_id, nth, kind, after_seq, closes_at, at, who, why, hash)
             values (1, 9, 'pause', 0, 1, 1, 'cli', 'x', zeroblob(32))",
            "FOREIGN KEY",
        ),
    ] {
        let error = conn.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains(words), "{sql}: {error}");
    }
}
