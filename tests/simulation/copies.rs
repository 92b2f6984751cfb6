//! A house on three machines with one journal: after each step all copies are the same, table by table, whatever befalls an
//! append or the machine that makes it; and the naive books agree as they do with one machine.

use crate::command::{Bid, Command, Said};
use crate::doors::{Doors, clock_at, folder};
use auction::house::care::journal;
use auction::house::{House, Opening};
use auction::rules::listing::{AccountId, Closes, Draft, ListingId};
use auction::store::Snapshot;
use auction::store::clock::Clock;
use auction::store::journal::Keeper;
use auction::store::journal::memory::{Memory, Trouble};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// The journal, and the data directories of two further machines.
#[derive(Clone)]
pub struct Copies {
    pub memory: Memory,
    pub dirs: Vec<PathBuf>,
    /// How many pages there were when a machine was killed.
    n_pages: Arc<AtomicUsize>,
}

/// What is one machine's own: the entries of its scheduler, and its clock.
const OWN_TABLES: [&str; 1] = ["entry"];
const OWN_ROWS: [(&str, &str); 2] =
    [("house", "key <> 'clock_mark'"), ("heartbeat", "of not in ('sweep', 'canary', 'proven')")];

impl Copies {
    pub fn new(folder: &Path, clock: &Clock) -> Copies {
        let dirs = ["b", "c"].map(|name| folder.join(name)).to_vec();
        Copies { memory: Memory::new(clock.clone()), dirs, n_pages: Arc::default() }
    }

    /// Notes how many pages there are.
    pub fn note(&self) {
        self.n_pages.store(self.memory.n_pages(), Ordering::SeqCst);
    }

    /// Loses the pages since then: the machine that wrote them was killed before it did.
    pub fn forget_since(&self) {
        self.memory.lose(self.memory.n_pages() - self.n_pages.load(Ordering::SeqCst));
    }

    /// Gives the house in `dir` its journal if it has none yet.
    pub fn begin(&self, dir: &Path, clock: &Clock) -> Arc<dyn Keeper> {
        if self.memory.n_pages() == 0 {
            drop(House::open(dir, Opening::Make, clock.clone()).unwrap());
            assert!(journal::start(dir, &self.memory, clock.clone()).unwrap());
            assert!(!journal::start(dir, &self.memory, clock.clone()).unwrap(), "it has it already");
        }
        Arc::new(self.memory.clone())
    }
}

/// Each table by its name and all its rows, in the order of its key.
pub fn tables(dir: &Path) -> Vec<(String, Vec<Vec<Value>>)> {
    let conn = Connection::open_with_flags(dir.join("auction.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // How the index of the search lies in its tables follows from where transactions ended; what it finds is audited.
    let sql =
        "select name from sqlite_schema where type = 'table' and name not like 'search_part%' order by name";
    let mut names = conn.prepare(sql).unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let of = |name: String| {
        let own = OWN_ROWS.iter().find(|(table, _)| *table == name).map_or("true", |(_, rows)| rows);
        let mut rows = conn
            .prepare(&format!("select * from {name} where {own} order by 1, 2"))
            .or_else(|_| conn.prepare(&format!("select * from {name} where {own} order by 1")))
            .unwrap();
        let n = rows.column_count();
        let read =
            |row: &rusqlite::Row<'_>| (0..n).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>();
        let rows = rows.query_map([], read).unwrap().map(Result::unwrap).collect();
        (name, rows)
    };
    names.into_iter().filter(|name| !OWN_TABLES.contains(&name.as_str())).map(of).collect()
}

/// A house on three machines with a lamp and two people, who have money.
struct Evening {
    doors: Doors,
    copies: Copies,
    _folder: TempDir,
}

impl Evening {
    fn open() -> Evening {
        let (folder, clock) = (folder(), clock_at(1_800_000_000_000));
        let root = folder.path().canonicalize().unwrap();
        let copies = Copies::new(&root, &clock);
        let doors = Doors::open_with(&root.join("a"), &clock, Some(&copies));
        for n in 1..=3 {
            Command::Open { n, by_admin: true }.perform(doors.house(0)).unwrap().unwrap();
            Command::Credit { who: n, amount: 100_000 }.perform(doors.house(0)).unwrap().unwrap();
        }
        let lamp = Draft {
            title: "Lamp".into(),
            opening: 1_000,
            closes: Some(Closes::In { seconds: 600 }),
            ..Draft::default()
        };
        doors.house(0).list(AccountId(1), lamp).unwrap();
        doors.level();
        Evening { doors, copies, _folder: folder }
    }

    /// What the first machine says of a bid.
    fn bid(&self, who: i64, amount: i64, key: i64) -> Said {
        bid(who, amount, key).perform(self.doors.house(0)).unwrap()
    }

    fn n_bids(&self) -> usize {
        self.doors.level();
        let bids = |snapshot: &Snapshot<'_>| snapshot.bids_after(ListingId(1), 0, 100);
        self.doors.house(1).read(bids).unwrap().len()
    }

    fn end(self) {
        for n in 0..self.doors.len() {
            assert_eq!(self.doors.house(n).audit().unwrap().disagreement, None);
        }
        self.doors.close();
    }
}

fn bid(who: i64, amount: i64, key: i64) -> Command {
    Command::Bid(Bid { listing: 1, who, amount, max: None, key: Some(key) })
}

#[test]
fn a_page_whose_answer_is_lost_is_neither_lost_nor_doubled() {
    for trouble in [Trouble::NotSent, Trouble::AnswerLost] {
        let evening = Evening::open();
        evening.copies.memory.trouble(trouble);
        let said = evening.bid(2, 1_000, 1);
        assert!(said.is_ok(), "{trouble:?}: {said:?}");
        assert_eq!(evening.n_bids(), 1, "{trouble:?}");
        assert_eq!(evening.bid(2, 1_000, 1), said, "{trouble:?}: the same again");
        assert_eq!(evening.n_bids(), 1, "{trouble:?}");
        evening.end();
    }
}

#[test]
fn nobody_is_told_that_a_bid_stands_while_the_journal_is_away_and_the_key_tells_later() {
    for (trouble, n_bids) in [(Trouble::Away, 0), (Trouble::AwayAfter, 1)] {
        let evening = Evening::open();
        evening.copies.memory.trouble(trouble);
        let said = evening.bid(2, 1_000, 1);
        assert!(said.as_ref().is_err_and(|words| words.starts_with("busy")), "{trouble:?}: {said:?}");
        evening.copies.memory.mend();
        assert_eq!(evening.n_bids(), n_bids, "{trouble:?}");
        assert!(evening.bid(2, 1_000, 1).is_ok(), "{trouble:?}");
        assert_eq!(evening.n_bids(), 1, "{trouble:?}: asked again under its key");
        evening.end();
    }
}

#[test]
fn whoever_sleeps_with_the_turn_wakes_up_to_a_lost_append() {
    let evening = Evening::open();
    let other = evening.doors.house(1).clone();
    evening.copies.memory.meanwhile(move || {
        other.credit(AccountId(3), 500, "meanwhile").unwrap();
    });
    let said = evening.bid(2, 1_000, 1);
    assert!(said.as_ref().is_err_and(|words| words.starts_with("busy")), "{said:?}");
    assert_eq!(evening.n_bids(), 0, "nothing of it happened");
    assert!(evening.bid(2, 1_000, 1).is_ok());
    assert_eq!(evening.n_bids(), 1);
    let purse = evening.doors.house(0).read(|snapshot| snapshot.purse(AccountId(3))).unwrap();
    assert_eq!(purse.balance, 100_500, "what the other wrote stands");
    evening.end();
}

#[test]
fn a_copy_that_is_ahead_of_the_journal_refuses_and_never_appends_across_the_gap() {
    let evening = Evening::open();
    evening.bid(2, 1_000, 1).unwrap();
    // A journal that was promoted elsewhere has ended all turns.
    evening.copies.memory.end_turn();
    evening.copies.memory.lose(1);
    let n_pages = evening.copies.memory.n_pages();
    let error = bid(3, 2_000, 2).perform(evening.doors.house(0)).unwrap_err();
    assert!(format!("{error:#}").contains("empty this data directory"), "{error:#}");
    assert_eq!(evening.copies.memory.n_pages(), n_pages);
    // Others go on, and it still refuses once the journal has grown past its page.
    evening.doors.house(1).credit(AccountId(3), 500, "goes on").unwrap();
    evening.doors.house(1).credit(AccountId(3), 500, "goes on").unwrap();
    let error = bid(3, 2_000, 2).perform(evening.doors.house(0)).unwrap_err();
    assert!(format!("{error:#}").contains("empty this data directory"), "{error:#}");
    evening.doors.close();
}
