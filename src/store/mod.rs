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
pub mod journal;
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
mod recorder;
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
mod tx;
pub mod values;
pub mod watched;
pub mod writer;
mod writing;

use crate::rules::time::Time;
use anyhow::{Context, Error, Result};
use clock::{Clock, Look};
use connection::run;
use disk::{DatabaseFile, NotWritable};
use journal::link::Link;
use journal::{Keeper, Session, replay};
use rusqlite::types::FromSql;
use rusqlite::{CachedStatement, Connection, Params, Row};
use std::cell::{Ref, RefCell};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
pub use tx::Tx;

/// The most idle reading connections that are kept.
const MAX_IDLE_READERS: usize = 16;

/// What a house is opened with: its clock, and its journal where it has one.
#[derive(Clone, Default)]
pub struct Means {
    pub clock: Clock,
    pub keeper: Option<Arc<dyn Keeper>>,
}

impl From<Clock> for Means {
    /// A house without a journal.
    fn from(clock: Clock) -> Means {
        Means { clock, keeper: None }
    }
}

/// One house's database, shared by all threads.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    place: Arc<DatabaseFile>,
    clock: Clock,
    keeper: Option<Arc<dyn Keeper>>,
    readers: Mutex<Vec<Conn>>,
}

impl Store {
    /// Opens the database at `path`, and makes it if there is none and `make` is set. On a full or read-only disk it
    /// is opened for reading.
    ///
    /// Fails with [`Unopened`] where the house has a journal that `means` do not name, or none and they name one.
    pub fn open(path: &Path, make: bool, means: impl Into<Means>) -> Result<Store> {
        let Means { clock, keeper } = means.into();
        let (place, clock) = (Arc::new(DatabaseFile::new(path)), clock.for_house());
        let named = || format!("open {}", path.display());
        let mut conn = place.open(make, Patience::Server).with_context(named)?;
        match &mut conn {
            Some(conn) => migrate::migrate(conn, path).with_context(named)?,
            None => place.read(migrate::is_latest).with_context(named)?,
        }
        let reader = Conn::of(conn, &place, &clock, Patience::Server);
        reader.read(|snapshot| replay::check_means(snapshot.conn, keeper.is_some()))?;
        clock.compare_with(reader.read(|snapshot| snapshot.clock_mark())?);
        let shared = Shared { place, clock, keeper, readers: Mutex::new(vec![reader]) };
        Ok(Store { shared: Arc::new(shared) })
    }

    /// A session with the house's journal, if it has one.
    pub fn journal_session(&self) -> Option<Box<dyn Session>> {
        self.shared.keeper.as_ref().map(|keeper| keeper.session())
    }

    /// Whether the house lives on several machines.
    pub fn has_journal(&self) -> bool {
        self.shared.keeper.is_some()
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
        let Shared { place, clock, keeper, .. } = &*self.shared;
        Ok(Conn::of(place.open(false, patience)?, place, clock, patience).linked(keeper.as_deref()))
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
    /// Its part in the journal, if the house has one.
    link: Option<RefCell<Link>>,
}

impl Conn {
    fn of(conn: Option<Connection>, place: &Arc<DatabaseFile>, clock: &Clock, patience: Patience) -> Conn {
        let (place, clock) = (place.clone(), clock.clone());
        Conn { inner: RefCell::new(conn), place, patience, clock, first: RefCell::new(None), link: None }
    }

    /// The same, taking part in a journal.
    fn linked(self, keeper: Option<&dyn Keeper>) -> Conn {
        Conn { link: keeper.map(|keeper| RefCell::new(Link::new(keeper))), ..self }
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
