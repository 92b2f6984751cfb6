//! How a database is opened: for writing, or only for reading while the disk is full or read-only. Whoever has it
//! open for reading tries again, and goes on as usual once the disk can be written.

use super::connection::{LOCK_WAIT, connect, try_again_soon};
use super::{Patience, budget};
use anyhow::{Context, Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How often all readers together try to open it for writing: a try costs a millisecond.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// How long a try waits for the readers to finish.
const ALONE_WITHIN: Duration = Duration::from_millis(100);

/// The disk is full or read-only: the house can be read, but not written.
#[derive(Debug)]
pub struct NotWritable;

impl std::fmt::Display for NotWritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the disk is full or read-only: nothing can be written until it is not")
    }
}

impl std::error::Error for NotWritable {}

/// A house's database file, and whether it could be opened for writing at the last try.
pub(super) struct DatabaseFile {
    pub path: PathBuf,
    /// When the last try to open it for writing failed; none once one succeeded.
    frozen_at: Mutex<Option<Instant>>,
    /// Held by readers while it cannot be written. As long as anyone in this process has a read-only write-ahead log
    /// open, SQLite keeps what it knows of it, and would not write it.
    reading: RwLock<()>,
    /// Whether somebody waits to try it alone: new readers wait a moment.
    is_wanted: AtomicBool,
    /// The commits of this process that changed somebody's name.
    pub n_renames: AtomicU64,
}

impl DatabaseFile {
    pub fn new(path: &Path) -> DatabaseFile {
        DatabaseFile {
            path: path.to_owned(),
            frozen_at: Mutex::new(None),
            reading: RwLock::new(()),
            is_wanted: AtomicBool::new(false),
            n_renames: AtomicU64::new(0),
        }
    }

    /// Opens it for writing; none while the disk cannot be written.
    pub fn open(&self, make: bool, patience: Patience) -> Result<Option<Connection>> {
        let mut conn = match connect(&self.path, make) {
            // A database on a read-only disk opens without an error.
            Ok(conn) if conn.is_readonly("main")? => None,
            Ok(conn) => Some(conn),
            Err(error) if is_not_writable(&self.path, &error) => None,
            Err(error) => return Err(error),
        };
        let mut frozen_at = self.frozen_at.lock().unwrap_or_else(PoisonError::into_inner);
        *frozen_at = conn.is_none().then(Instant::now);
        if let Some(conn) = &mut conn
            && patience == Patience::Beside
        {
            conn.busy_handler(Some(try_again_soon))?;
        }
        Ok(conn)
    }

    /// Tries again to open it for writing, unless the last try is too recent or readers are busy.
    pub fn open_again(&self, patience: Patience) -> Result<Option<Connection>> {
        {
            let mut frozen_at = self.frozen_at.lock().unwrap_or_else(PoisonError::into_inner);
            if frozen_at.is_some_and(|at| at.elapsed() < TRY_AGAIN) {
                return Ok(None);
            }
            // The others keep reading meanwhile.
            *frozen_at = frozen_at.map(|_| Instant::now());
        }
        self.is_wanted.store(true, Ordering::Relaxed);
        let alone = self.within(ALONE_WITHIN, || self.reading.try_write().ok());
        self.is_wanted.store(false, Ordering::Relaxed);
        if alone.is_some() { self.open(false, patience) } else { Ok(None) }
    }

    /// Returns what `f` finds within this time.
    fn within<T>(&self, time: Duration, f: impl Fn() -> Option<T>) -> Option<T> {
        let until = Instant::now() + time;
        loop {
            match f() {
                None if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
                found => return found,
            }
        }
    }

    /// Reads, with a connection of its own, while the database cannot be written.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.within(ALONE_WITHIN, || (!self.is_wanted.load(Ordering::Relaxed)).then_some(()));
        let _reading = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        f(&read_only(&self.path, LOCK_WAIT).context(NotWritable)?)
    }
}

/// Whether this failed because the disk is full or read-only: nothing is broken then, and all goes on by itself once
/// the disk can be written.
pub fn is_disk_unwritable(error: &anyhow::Error) -> bool {
    let is_full = |cause: &(dyn std::error::Error + 'static)| {
        let sqlite = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error);
        let io = cause.downcast_ref::<std::io::Error>();
        sqlite.is_some_and(|error| {
            matches!(error.code, ErrorCode::DiskFull | ErrorCode::ReadOnly)
                || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        }) || io.is_some_and(is_unwritable)
    };
    error.is::<NotWritable>() || error.chain().any(is_full)
}

/// Whether a file could not be written because the disk is full or read-only.
pub fn is_unwritable(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem | ErrorKind::QuotaExceeded)
}

/// Whether the database could not be opened for this reason. Does not touch the database: closing a file drops all
/// locks of this process on it.
pub(super) fn is_not_writable(path: &Path, error: &anyhow::Error) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    is_disk_unwritable(error)
        || tempfile::tempfile_in(folder).is_err_and(|error| error.kind() == ErrorKind::ReadOnlyFilesystem)
}

/// Opens a database without making the files that SQLite needs beside it. If there is a write-ahead log, those files
/// must exist, or this fails: what is in the log was acknowledged, and must not be missed. Waits up to `wait` for a lock.
pub(super) fn read_only(path: &Path, wait: Duration) -> Result<Connection> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
    let mut uri = format!("file:{}", percent_encode(path.as_os_str().as_encoded_bytes(), KEPT));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    uri.push_str(if has_log { "?mode=ro" } else { "?immutable=1" });
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut conn = Connection::open_with_flags(uri, flags)?;
    conn.progress_handler(budget::STEPS, Some(budget::is_spent))?;
    conn.busy_timeout(wait)?;
    conn.query_row("select count(*) from sqlite_schema", [], |_| Ok(())).context("read it as it is")?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn what_the_disk_does_not_take_is_told_from_what_is_broken() {
        let io = |kind: ErrorKind| anyhow::Error::from(std::io::Error::from(kind)).context("write a picture");
        let sqlite =
            |code| anyhow::Error::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        for (error, is_the_disk) in [
            (NotWritable.into(), true),
            (anyhow!("unreadable").context(NotWritable).context("read"), true),
            (io(ErrorKind::StorageFull), true),
            (io(ErrorKind::ReadOnlyFilesystem), true),
            (sqlite(rusqlite::ffi::SQLITE_FULL).context("commit"), true),
            (sqlite(rusqlite::ffi::SQLITE_READONLY), true),
            (sqlite(rusqlite::ffi::SQLITE_IOERR_SHMSIZE), true),
            (io(ErrorKind::PermissionDenied), false),
            (sqlite(rusqlite::ffi::SQLITE_CORRUPT), false),
            (anyhow!("the disk is full"), false),
        ] {
            assert_eq!(is_disk_unwritable(&error), is_the_disk, "{error:#}");
        }
    }

    #[test]
    fn a_path_of_any_name_is_read_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?c#d%20é.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("create table t (a); insert into t values (7)")
            .unwrap();
        let conn = read_only(&path, LOCK_WAIT).unwrap();
        assert_eq!(conn.query_row("select a from t", [], |row| row.get::<_, i64>(0)), Ok(7));
        assert!(conn.execute_batch("insert into t values (8)").is_err());
    }
}
