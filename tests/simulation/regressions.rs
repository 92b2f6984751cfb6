//! What the simulation has found, each the shortest way there.

use crate::command::{Command, Offer};
use crate::doors::{Doors, clock_at};
use crate::statements::{self, Trouble};
use auction::house::Fault;
use auction::rules::listing::ListingId;
use std::thread;
use std::time::Duration;

const N_LOTS: usize = 3;

fn list(doors: &Doors) {
    Command::Open { n: 1, by_admin: true }.perform(doors.house(0)).unwrap().unwrap();
    for _ in 0..N_LOTS {
        let offer = Offer { opening: 100, closes_in_s: 5, ..Offer::default() };
        Command::List { seller: 1, offer }.perform(doors.house(0)).unwrap().unwrap();
    }
}

/// Both said that they had settled all of it.
#[test]
fn of_two_sweeps_at_once_each_tells_only_what_it_settled() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock_at(0);
    let doors = Doors::open(folder.path(), &clock);
    list(&doors);
    clock.set_ahead(10_000);
    // Both have found what is due by the time that either may write.
    let lock = rusqlite::Connection::open(folder.path().join("auction.db")).unwrap();
    lock.execute_batch("begin immediate").unwrap();
    let n_told: usize = thread::scope(|scope| {
        let sweep = |door| {
            let house = doors.house(door);
            scope.spawn(move || house.settle_overdue().unwrap().settlements.len())
        };
        let sweeps = [sweep(1), sweep(2)];
        thread::park_timeout(Duration::from_millis(200));
        lock.execute_batch("rollback").unwrap();
        sweeps.into_iter().map(|sweep| sweep.join().unwrap()).sum()
    });
    assert_eq!(n_told, N_LOTS);
    doors.close();
}

/// A listing that waited for the lock while the rates were changed was made on the old ones.
#[test]
fn a_listing_is_made_on_the_rates_that_hold_when_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let doors = Doors::open(folder.path(), &clock_at(0));
    list(&doors);
    let lock = rusqlite::Connection::open(folder.path().join("auction.db")).unwrap();
    lock.execute_batch("begin immediate; insert into house values ('premium_bps', '1000')").unwrap();
    thread::scope(|scope| {
        let listing = scope.spawn(|| {
            let offer = Offer { opening: 100, closes_in_s: 5, ..Offer::default() };
            Command::List { seller: 1, offer }.perform(doors.house(1)).unwrap().unwrap()
        });
        thread::park_timeout(Duration::from_millis(200));
        lock.execute_batch("commit").unwrap();
        listing.join().unwrap();
    });
    let id = ListingId(N_LOTS as i64 + 1);
    let made = doors.house(0).read(|snapshot| snapshot.listing(id)).unwrap().unwrap();
    assert_eq!(made.premium_bps, 1_000);
    doors.close();
}

/// Who joined as the house was being closed was let in: whether it is open was read before the lock was held.
#[test]
fn who_joins_is_let_in_as_the_house_has_it_then() {
    let folder = tempfile::tempdir().unwrap();
    let doors = Doors::open(folder.path(), &clock_at(0));
    list(&doors);
    let lock = rusqlite::Connection::open(folder.path().join("auction.db")).unwrap();
    lock.execute_batch("begin immediate; insert into house values ('sign_up', 'closed')").unwrap();
    thread::scope(|scope| {
        let joining =
            scope.spawn(|| Command::Open { n: 2, by_admin: false }.perform(doors.house(1)).unwrap());
        thread::park_timeout(Duration::from_millis(200));
        lock.execute_batch("commit").unwrap();
        let said = joining.join().unwrap();
        assert!(said.as_ref().is_err_and(|refused| refused.contains("not_allowed")), "{said:?}");
    });
    doors.close();
}

/// A sweep looks again for what is due once it has settled. When that look failed it said that it had settled nothing.
#[test]
fn a_sweep_that_fails_has_settled_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock_at(0);
    let doors = Doors::open(folder.path(), &clock);
    Command::Open { n: 1, by_admin: true }.perform(doors.house(0)).unwrap().unwrap();
    let n_settled = || {
        let conn = rusqlite::Connection::open(folder.path().join("auction.db")).unwrap();
        conn.query_row("select count(*) from settlement", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for at in 0..200 {
        let offer = Offer { opening: 100, closes_in_s: 5, ..Offer::default() };
        Command::List { seller: 1, offer }.perform(doors.house(0)).unwrap().unwrap();
        clock.set_ahead(10_000 * (i64::try_from(at).unwrap() + 1));
        let before = n_settled();
        statements::plan(&doors.dir, Trouble::Fail { at });
        let swept = doors.house(0).settle_overdue();
        let came = statements::unplan(&doors.dir);
        assert!(!matches!(swept, Err(Fault::Refused(_))), "statement {at} failed: {swept:?}");
        let n_told = swept.as_ref().map_or(0, |swept| swept.settlements.len() as i64);
        assert_eq!(n_settled() - before, n_told, "statement {at} failed: {swept:?}");
        doors.house(0).settle_overdue().unwrap();
        if !came {
            assert!(at > 10, "a sweep has at least two looks and a transaction");
            return doors.close();
        }
    }
    panic!("a sweep of one has less than two hundred statements");
}

/// A rollback that failed left the transaction open, and with it the lock: the house was busy for everyone else.
#[test]
fn a_statement_that_fails_never_keeps_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let doors = Doors::open(folder.path(), &clock_at(0));
    list(&doors);
    for at in 0..20 {
        statements::plan(&doors.dir, Trouble::Fail { at });
        Command::Buy { listing: 1, who: 1 }.perform(doors.house(0)).ok();
        let came = statements::unplan(&doors.dir);
        let said = Command::Credit { who: 1, amount: 1 }.perform(doors.house(1)).unwrap();
        assert!(said.is_ok(), "after statement {at} failed: {said:?}");
        if !came {
            assert!(at > 3, "a refused purchase has at least begin, two reads and rollback");
            return doors.close();
        }
    }
    panic!("a refused purchase has less than twenty statements");
}
