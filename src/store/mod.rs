//! The store: the only place that knows SQLite. Its methods are verbs of the business, not queries.
//!
//! A [`Snapshot`] is one consistent view; a [`Tx`] is one `BEGIN IMMEDIATE` transaction with its instant. WAL with
//! `synchronous=FULL` makes commits durable: they survive a power cut.

pub mod accounts;
pub mod api_tokens;
pub mod audit;
pub mod audited_desk;
pub mod audited_sales;
pub mod audited_terms;
pub mod bids;
pub mod budget;
pub mod catalogue;
pub mod categories;
pub mod clock;
pub mod closing;
mod composed;
pub mod connection;
pub mod copy;
pub mod desk_report;
pub mod disk;
pub mod entries;
pub mod events;
pub mod export;
pub mod fault;
pub mod folding;
pub mod house_report;
pub mod identities;
pub mod ledger;
pub mod letters;
pub mod listings;
pub mod log;
pub mod logo;
pub mod migrate;
pub mod named;
pub mod outbid;
pub mod outbox;
pub mod own;
pub mod own_data;
pub mod own_pages;
pub mod paging;
pub mod passes;
pub mod payments;
pub mod preferences;
pub mod push;
pub mod registrations;
pub mod sale_figures;
pub mod sales;
mod schema;
pub mod search;
mod search_index;
mod search_pages;
#[cfg(test)]
mod search_tests;
pub mod sessions;
pub mod settings;
pub mod settlements;
pub mod telling;
pub mod terms;
pub mod timings;
pub mod values;
pub mod watched;
pub mod writer;

use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::{Context, Error, Result};
use clock::{Clock, Look};
use connection::{is_busy, roll_back, run};
use disk::{DatabaseFile, NotWritable};
use fault::{Answer, Fault};
use rusqlite::types::FromSql;
use rusqlite::{CachedStatement, Connection, Params, Row};
use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// The most idle reading connections that are kept.
const MAX_IDLE_READERS: usize = 16;
/// One house's database, shared by all threads.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    place: Arc<DatabaseFile>,
    clock: Clock,
    readers: Mutex<Vec<Conn>>,
}

impl Store {
    /// Opens the database at `path`, and makes it if there is none and `make` is set. On a full or read-only disk it
    /// is opened for reading.
    pub fn open(path: &Path, make: bool, clock: Clock) -> Result<Store> {
        let (place, clock) = (Arc::new(DatabaseFile::new(path)), clock.for_house());
        let named = || format!("open {}", path.display());
        let mut conn = place.open(make, Patience::Server).with_context(named)?;
        match &mut conn {
            Some(conn) => migrate::migrate(conn, path).with_context(named)?,
            None => place.read(migrate::is_latest).with_context(named)?,
        }
        let reader = Conn::of(conn, &place, &clock, Patience::Server);
        clock.compare_with(reader.read(|snapshot| snapshot.clock_mark())?);
        let shared = Shared { place, clock, readers: Mutex::new(vec![reader]) };
        Ok(Store { shared: Arc::new(shared) })
    }

    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// Reads the clock, compared with the mark in this view.
    pub fn look_at_clock(&self, snapshot: &Snapshot<'_>) -> Result<Look> {
        snapshot.look_at_clock(&self.shared.clock)
    }

    /// Opens a further connection.
    pub fn conn(&self, patience: Patience) -> Result<Conn> {
        let Shared { place, clock, .. } = &*self.shared;
        Ok(Conn::of(place.open(false, patience)?, place, clock, patience))
    }

    /// Reads from one consistent view, within the budget of the thread's request if it has one. Keep it short: a long
    /// read makes the WAL grow.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E> {
        let idle = self.shared.readers.lock().expect("no reader panics while it holds the pool").pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.conn(Patience::Server)?,
        };
        budget::begin();
        let answer = conn.read(f);
        budget::end();
        let mut readers = self.shared.readers.lock().expect("no reader panics while it holds the pool");
        if readers.len() < MAX_IDLE_READERS && conn.is_at_rest() {
            readers.push(conn);
        }
        answer
    }
}

/// How a connection waits for the write lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// SQLite's own back-off.
    Server,
    /// Tries every 100 µs, so that a saturated server does not starve a settlement.
    Beside,
}

/// A write that comes before any other of its connection.
type First = Box<dyn Fn(&Conn) -> Result<()> + Send>;

/// One connection.
pub struct Conn {
    /// None while the disk cannot be written.
    inner: RefCell<Option<Connection>>,
    place: Arc<DatabaseFile>,
    patience: Patience,
    clock: Clock,
    first: RefCell<Option<First>>,
}

impl Conn {
    fn of(conn: Option<Connection>, place: &Arc<DatabaseFile>, clock: &Clock, patience: Patience) -> Conn {
        let (place, clock) = (place.clone(), clock.clone());
        Conn { inner: RefCell::new(conn), place, patience, clock, first: RefCell::new(None) }
    }

    /// Runs `first` before any other write. If the disk cannot be written now, it is tried again before the next
    /// write; any other fault fails at once.
    pub fn write_first(&self, first: impl Fn(&Conn) -> Result<()> + Send + 'static) -> Result<()> {
        match self.thaw().map(drop).and_then(|()| first(self)) {
            Err(error) if disk::is_disk_unwritable(&error) => {
                tracing::error!(error = format!("{error:#}"), "the house is read, and not written yet");
                *self.first.borrow_mut() = Some(Box::new(first));
                Ok(())
            }
            other => other,
        }
    }

    /// The connection, opened for writing now if that failed before.
    fn thaw(&self) -> Result<Ref<'_, Connection>> {
        if self.inner.borrow().is_none() {
            *self.inner.borrow_mut() = self.place.open_again(self.patience)?;
        }
        Ref::filter_map(self.inner.borrow(), Option::as_ref).map_err(|_| NotWritable.into())
    }

    fn is_at_rest(&self) -> bool {
        self.inner.borrow().as_ref().is_none_or(Connection::is_autocommit)
    }

    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E> {
        let read = |conn: &Connection| {
            let n_renames = self.n_renames();
            run(conn, "begin").context("begin to read")?;
            let answer = f(&Snapshot { conn, n_renames });
            run(conn, "commit").context("end reading")?;
            answer
        };
        match self.thaw() {
            Ok(conn) => read(&conn),
            Err(_) => self.place.read(read),
        }
    }

    /// One write transaction: committed if `f` agrees, rolled back if it refuses or fails. `busy` when another
    /// process holds the database for longer than 5 s.
    pub fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Answer<T>) -> Answer<T> {
        drop(self.thaw()?);
        if let Some(first) = self.first.take()
            && let Err(error) = first(self)
        {
            *self.first.borrow_mut() = Some(first);
            return Err(error.into());
        }
        let conn = self.thaw()?;
        match run(&conn, "begin immediate") {
            Err(error) if is_busy(&error) => return Err(Refusal::Busy { retry_after_s: 1 }.into()),
            other => other.context("begin to write")?,
        }
        let mut renames = false;
        let answer = self.tx(&conn).map_err(Fault::from).and_then(|tx| {
            let answer = f(&tx);
            renames = tx.renames.get();
            answer
        });
        if answer.is_ok() {
            if let Err(error) = run(&conn, "commit").context("commit") {
                roll_back(&conn);
                return Err(error.into());
            }
            if renames {
                self.place.n_renames.fetch_add(1, Ordering::SeqCst);
            }
        } else {
            roll_back(&conn);
        }
        answer
    }

    /// A number that changes when another connection has committed; 0 while the disk cannot be written.
    pub fn data_version(&self) -> Result<i64> {
        let Ok(conn) = self.thaw() else {
            return Ok(0);
        };
        let mut statement = conn.prepare_cached("pragma data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Writes the write-ahead log into the database as far as readers allow; waits for nobody.
    pub fn checkpoint(&self) -> Result<()> {
        let Ok(conn) = self.thaw() else {
            return Ok(());
        };
        let done = conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
        done.context("checkpoint")
    }

    /// The transaction that has just begun. Its `now` is read with the lock held, and is never before the last event, nor
    /// before the newest terms.
    fn tx<'c>(&self, conn: &'c Connection) -> Result<Tx<'c>> {
        let snapshot = Snapshot { conn, n_renames: self.n_renames() };
        let last = snapshot.last_event()?;
        let look = snapshot.look_at_clock(&self.clock)?;
        Ok(Tx {
            snapshot,
            now: look.now.max(last.at),
            look,
            has_channels: OnceCell::new(),
            actor: RefCell::new(None),
            renames: Cell::new(false),
        })
    }

    fn n_renames(&self) -> u64 {
        self.place.n_renames.load(Ordering::SeqCst)
    }
}

/// One consistent view of the house.
#[derive(Clone, Copy)]
pub struct Snapshot<'c> {
    conn: &'c Connection,
    n_renames: u64,
}

impl<'c> Snapshot<'c> {
    /// How many commits of this process have changed a name, counted before this view began. What another view with
    /// the same count has read shows no older name.
    pub fn n_renames(&self) -> u64 {
        self.n_renames
    }

    #[cfg(test)]
    fn of(conn: &'c Connection) -> Snapshot<'c> {
        Snapshot { conn, n_renames: 0 }
    }

    fn statement(&self, sql: &'static str) -> Result<CachedStatement<'c>> {
        self.conn.prepare_cached(sql).with_context(|| format!("prepare: {}", sql.trim()))
    }

    /// The rows that a query finds, each as `read` reads it.
    fn rows<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let (mut rows, mut all) = (statement.query(parameters)?, Vec::new());
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// The first row that a query finds, if any.
    fn row<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(read).transpose()
    }

    /// The one row that a query always finds: a sum, a count, or a row that others refer to.
    fn the_row<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.row(sql, parameters, read)?.context("no such row")
    }

    /// Reads the mark anew: another process may have accepted the clock, or recorded it.
    fn look_at_clock(&self, clock: &Clock) -> Result<Look> {
        clock.compare_with(self.clock_mark()?);
        Ok(clock.look())
    }
}

/// Reads a row of one column, or the first of several.
fn first<T: FromSql>(row: &Row<'_>) -> Result<T> {
    Ok(row.get(0)?)
}

/// One write transaction, and the instant at which it takes place.
pub struct Tx<'c> {
    snapshot: Snapshot<'c>,
    pub now: Time,
    look: Look,
    /// Whether any channel is open, once that was asked.
    has_channels: OnceCell<bool>,
    /// Who acts, as the log names them.
    actor: RefCell<Option<log::Actor>>,
    /// Whether it has changed a name.
    renames: Cell<bool>,
}

impl Tx<'_> {
    /// Runs a statement; how many rows it has changed.
    fn execute(&self, sql: &'static str, parameters: impl Params) -> Result<usize> {
        Ok(self.statement(sql)?.execute(parameters)?)
    }

    /// Inserts one row; its id.
    fn insert(&self, sql: &'static str, parameters: impl Params) -> Result<i64> {
        Ok(self.statement(sql)?.insert(parameters)?)
    }

    /// Refuses after a jump of the clock.
    pub fn check_clock(&self) -> Result<(), Refusal> {
        self.look.check()
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Snapshot<'c>;

    fn deref(&self) -> &Snapshot<'c> {
        &self.snapshot
    }
}
