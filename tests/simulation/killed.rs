//! A settlement killed between any two of its statements, one after the other: the house that wakes up has all of it or
//! nothing, and whoever settles then settles once.

use crate::command::{Bid, Command, Offer};
use crate::doors::{Doors, clock_at};
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
    let (first, clock) = (tempfile::tempdir().unwrap(), clock_at(0));
    due(first.path(), &clock).close();
    for command in [Command::SettleDue, Command::Settle { listing: 1 }] {
        for at in 0.. {
            let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
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
