//! A settlement killed between any two of its statements, one after the other: the house that wakes up has all of it or
//! nothing, and whoever settles then settles once.

use crate::at_desk::{AtDesk, NewGuest, NewPass, What};
use crate::command::{Bid, Command, NewLot, Offer, Sale};
use crate::doors::{Doors, clock_at, folder};
use crate::statements::{self, Trouble};
use auction::store::clock::Clock;
use std::path::Path;

const PAID_IN: i64 = 1_000;
const PRICE: i64 = 100;

/// One listing, on which person 2 leads, and whose close has passed.
fn due(dir: &Path, clock: &Clock) -> Doors {
    let doors = Doors::open(dir, clock);
    for command in [
        Command::Open { n: 1, by_admin: true },
        Command::Open { n: 2, by_admin: true },
        Command::Credit { who: 2, amount: PAID_IN },
        Command::List { seller: 1, offer: Offer { opening: PRICE, closes_in_s: 5, ..Offer::default() } },
        Command::Bid(Bid { listing: 1, who: 2, amount: PRICE, max: None, key: None }),
    ] {
        command.perform(doors.house(0)).unwrap().unwrap();
    }
    clock.set_ahead(10_000);
    doors
}

fn is_settled_once(doors: &Doors) {
    let number = |sql: &str| -> i64 {
        let conn = rusqlite::Connection::open(doors.dir.join("auction.db")).unwrap();
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(number("select count(*) from settlement"), 1);
    assert_eq!(number("select count(*) from transfer where cause = 'sale'"), 1);
    assert_eq!(number("select count(*) from event where kind = 'settled'"), 1);
    assert_eq!(number("select balance from purse where id = 2"), PAID_IN - PRICE);
    assert_eq!(number("select held from purse where id = 2"), 0);
}

#[test]
fn a_settlement_killed_between_any_two_statements_is_whole_or_not_there() {
    let (first, clock) = (folder(), clock_at(0));
    due(first.path(), &clock).close();
    for command in [Command::SettleDue, Command::Settle { listing: 1 }] {
        for at in 0.. {
            let (before, after) = (folder(), folder());
            statements::copy(first.path(), before.path());
            let doors = Doors::open(before.path(), &clock);
            statements::plan(&doors.dir, Trouble::Copy { at, to: after.path().to_owned() });
            command.perform(doors.house(1)).unwrap().unwrap();
            let came = statements::unplan(&doors.dir);
            is_settled_once(&doors);
            doors.close();
            if !came {
                assert!(at > 20, "{command} has more statements than {at}");
                break;
            }
            let doors = Doors::open(after.path(), &clock);
            assert_eq!(doors.house(1).audit().unwrap().disagreement, None, "{command}, statement {at}");
            Command::SettleDue.perform(doors.house(2)).unwrap().unwrap();
            is_settled_once(&doors);
            assert_eq!(doors.house(1).audit().unwrap().disagreement, None, "{command}, statement {at}");
            doors.close();
        }
    }
}

/// The desk of a sale: guest 1 has bought lot A1 and paid for it, guest 2 has bought A2 and has not.
fn at_the_till(dir: &Path, clock: &Clock) -> Doors {
    let doors = Doors::open(dir, clock);
    let sale = Sale { n: 1, opens_at: None, closes_at: 600_000, every_s: 20, soft: None };
    let offer = Offer { opening: PRICE, buy_now: Some(PRICE), ..Offer::default() };
    let lot =
        |code| NewLot { sale: 1, seller: 1, code, section: None, closes_at: None, offer: offer.clone() };
    let guest = |n| NewGuest { n: Some(n), number: None, limit: Some(PAID_IN) };
    for command in [
        Command::Open { n: 1, by_admin: true },
        Command::AddSale(sale),
        Command::AddLot(lot(1)),
        Command::AddLot(lot(2)),
        Command::Publish { sale: 1 },
        Command::OpenPass(NewPass {
            name: 1,
            sale: 1,
            may: "checkin,bid,checkout",
            ends_at: 3_600_000,
            limit: None,
        }),
        Command::Register { sale: 1, guest: guest(2) },
        Command::Register { sale: 1, guest: guest(3) },
        Command::Buy { listing: 1, who: 2 },
        Command::Buy { listing: 2, who: 3 },
        Command::AtDesk(AtDesk {
            pass: 1,
            key: 1,
            what: What::Pay { number: 1, amount: PRICE, method: "cash" },
        }),
    ] {
        command.perform(doors.house(0)).unwrap().unwrap();
    }
    doors
}

/// What the desk has written.
fn desk_rows(doors: &Doors) -> Vec<i64> {
    let conn = rusqlite::Connection::open(doors.dir.join("auction.db")).unwrap();
    let number = |sql: &str| -> i64 { conn.query_row(sql, [], |row| row.get(0)).unwrap() };
    let tables = ["transfer", "registration", "handover", "account", "desk_answer", "event"];
    let mut rows: Vec<i64> =
        tables.iter().map(|table| number(&format!("select count(*) from {table}"))).collect();
    rows.push(number("select sum(balance) from purse where id > 0"));
    rows
}

/// A tablet sends again what it has no answer to.
#[test]
fn a_write_of_the_desk_killed_between_any_two_statements_is_booked_once_by_a_resend() {
    let (first, clock) = (folder(), clock_at(0));
    at_the_till(first.path(), &clock).close();
    for what in [
        What::Register(NewGuest { n: None, number: None, limit: Some(PRICE) }),
        What::Pay { number: 2, amount: PRICE, method: "card" },
        What::Void { payment: 3 },
        What::HandOver { lot: 1, why: false },
    ] {
        let command = Command::AtDesk(AtDesk { pass: 1, key: 2, what });
        let mut said = None;
        for at in 0.. {
            let (here, left) = (folder(), folder());
            statements::copy(first.path(), here.path());
            let doors = Doors::open(here.path(), &clock);
            let before = desk_rows(&doors);
            statements::plan(&doors.dir, Trouble::Copy { at, to: left.path().to_owned() });
            let answer = command.perform(doors.house(1)).unwrap().unwrap();
            let came = statements::unplan(&doors.dir);
            let after = desk_rows(&doors);
            assert_eq!(*said.get_or_insert_with(|| answer.clone()), answer);
            doors.close();
            if !came {
                assert!(at > 10, "{command} has more statements than {at}");
                break;
            }
            let doors = Doors::open(left.path(), &clock);
            let found = desk_rows(&doors);
            assert!(found == before || found == after, "{command}, statement {at}: {found:?}");
            let again = command.perform(doors.house(2)).unwrap().unwrap();
            assert_eq!((again, desk_rows(&doors)), (answer, after), "{command}, statement {at}");
            assert_eq!(doors.house(1).audit().unwrap().disagreement, None, "{command}, statement {at}");
            doors.close();
        }
    }
}

/// A sale of two lots, published and, if asked for, paused.
fn published(dir: &Path, clock: &Clock, is_paused: bool) -> Doors {
    let doors = Doors::open(dir, clock);
    let sale = Sale { n: 1, opens_at: None, closes_at: 600_000, every_s: 20, soft: None };
    let offer = Offer { opening: PRICE, ..Offer::default() };
    let lot =
        |code| NewLot { sale: 1, seller: 1, code, section: None, closes_at: None, offer: offer.clone() };
    let mut commands = vec![
        Command::Open { n: 1, by_admin: true },
        Command::AddSale(sale),
        Command::AddLot(lot(1)),
        Command::AddLot(lot(2)),
        Command::Publish { sale: 1 },
    ];
    commands.extend(is_paused.then_some(Command::Pause { sale: 1 }));
    for command in commands {
        command.perform(doors.house(0)).unwrap().unwrap();
    }
    doors
}

/// What was done to the lots, all of it: their closes, pauses, chains and events.
fn times(doors: &Doors) -> Vec<String> {
    let conn = rusqlite::Connection::open(doors.dir.join("auction.db")).unwrap();
    let all = |sql: &str| -> Vec<String> {
        let mut rows = conn.prepare(sql).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let standing = "select printf('%d %d %s', closes_at, coalesce(paused_at, 0), state) from standing order by listing_id";
    let links = "select kind || closes_at from timing order by listing_id, nth";
    [all(standing), all(links), all("select kind from event order by id")].concat()
}

#[test]
fn a_change_of_a_sale_killed_between_any_two_statements_is_done_to_all_lots_or_to_none() {
    for (command, is_paused) in [
        (Command::Postpone { sale: 1, by_s: 60, section: None }, false),
        (Command::Pause { sale: 1 }, false),
        (Command::Resume { sale: 1 }, true),
        (Command::CancelSale { sale: 1 }, true),
    ] {
        let (first, clock) = (folder(), clock_at(0));
        let doors = published(first.path(), &clock, is_paused);
        let before = times(&doors);
        doors.close();
        clock.set_ahead(30_000);
        let mut done = None;
        for at in 0.. {
            let (here, left) = (folder(), folder());
            statements::copy(first.path(), here.path());
            let doors = Doors::open(here.path(), &clock);
            statements::plan(&doors.dir, Trouble::Copy { at, to: left.path().to_owned() });
            command.perform(doors.house(1)).unwrap().unwrap();
            let came = statements::unplan(&doors.dir);
            let after = done.get_or_insert_with(|| times(&doors)).clone();
            assert!(after != before && times(&doors) == after, "{command}");
            doors.close();
            if !came {
                assert!(at > 15, "{command} has more statements than {at}");
                break;
            }
            let doors = Doors::open(left.path(), &clock);
            let found = times(&doors);
            assert!(found == before || found == after, "{command}, statement {at}: {found:?}");
            assert_eq!(doors.house(1).audit().unwrap().disagreement, None, "{command}, statement {at}");
            doors.close();
        }
    }
}
