//! A connection to the database: how it is opened, made durable, and waits for a lock.

use super::budget;
use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for another process's lock before the answer is `busy`.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How often a process beside the server tries for the lock: often enough that a busy server does not starve it.
const LOCK_RETRY: Duration = Duration::from_micros(100);
/// Pages of WAL after which a commit checkpoints.
pub const CHECKPOINT_PAGES: i64 = 4_000;

/// How often a roll-back that fails is tried.
const ROLL_BACK_TRIES: usize = 3;

/// Waits a moment for a lock; whether to try again after `n_tries`.
pub(super) fn try_again_soon(n_tries: i32) -> bool {
    std::thread::sleep(LOCK_RETRY);
    LOCK_RETRY * n_tries.unsigned_abs() < LOCK_WAIT
}

/// Opens the database at `path` to be written, and makes it if `make` is set. A commit is on the disk when it returns.
pub(super) fn connect(path: &Path, make: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if make {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.progress_handler(budget::STEPS, Some(budget::is_spent))?;
    conn.busy_timeout(LOCK_WAIT)?;
    enter_wal(&conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Nothing of a name that was changed or deleted stays in the pages that are written anyway.
    conn.pragma_update(None, "secure_delete", "fast")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.set_prepared_statement_cache_capacity(128);
    // Without it, SQLite plans some statements again for each value bound: a third of the writer's time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// Tries again while locked: processes that open at the same moment get "database is locked" despite the busy
/// time-out.
fn enter_wal(conn: &Connection) -> Result<()> {
    for _ in 0..100 {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) => std::thread::sleep(Duration::from_millis(20)),
            other => return other.context("switch to write-ahead logging"),
        }
    }
    anyhow::bail!("the database stays locked")
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Runs a statement that is prepared once: parsing these few words took as long as a query.
pub(super) fn run(conn: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

/// Rolls back, and tries again if that fails: an open transaction keeps the lock from everyone.
pub(super) fn roll_back(conn: &Connection) {
    for _ in 0..ROLL_BACK_TRIES {
        if conn.is_autocommit() {
            return;
        }
        if let Err(error) = conn.execute_batch("rollback") {
            tracing::error!(%error, "roll back");
        }
    }
}
