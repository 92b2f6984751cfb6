//! Migrations: forward only, each in one transaction, numbered by `user_version`. Before the first of them, a copy of
//! the house is kept beside it. A house of a newer program is left unchanged.

use super::connection::{LOCK_WAIT, run};
use super::fault::Unopened;
use super::recorder::Recorder;
use super::{Snapshot, accounts, copy, disk, search_index};
use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MIGRATIONS: &[&str] = &[
    include_str!("../../sql/migrations/0001_the_house.sql"),
    include_str!("../../sql/migrations/0002_the_outbox.sql"),
    include_str!("../../sql/migrations/0003_shelves_and_pictures.sql"),
    include_str!("../../sql/migrations/0004_bids_in_a_row.sql"),
    include_str!("../../sql/migrations/0005_open_listings_of_a_seller.sql"),
    include_str!("../../sql/migrations/0006_sessions_and_devices.sql"),
    include_str!("../../sql/migrations/0007_search.sql"),
    include_str!("../../sql/migrations/0008_sales.sql"),
    include_str!("../../sql/migrations/0009_desk.sql"),
    include_str!("../../sql/migrations/0010_people.sql"),
    include_str!("../../sql/migrations/0011_house_texts.sql"),
    include_str!("../../sql/migrations/0012_journal.sql"),
];

/// Completes a migration in the same transaction with what SQL cannot do: fold words and names.
fn fill(conn: &Connection, version: usize) -> Result<()> {
    match version {
        7 => search_index::fill(&Recorder::silent(conn)),
        10 => accounts::fill_name_keys(conn),
        _ => Ok(()),
    }
}

/// How long a [`glance`] waits for a lock: nobody notices it at a prompt.
const GLANCE_WAIT: Duration = Duration::from_millis(100);

/// The newest version that this program knows.
pub const LATEST: usize = MIGRATIONS.len();

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Nothing,
    /// A database of another program.
    Stranger,
    House {
        /// An older program made it.
        is_behind: bool,
    },
}

/// What the file at `path` holds. Fails with [`Unopened`] for the house of a newer program.
pub fn look(path: &Path) -> Result<Content> {
    let named = || format!("open {}", path.display());
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).with_context(named)?;
    conn.busy_timeout(LOCK_WAIT)?;
    match look_by(&conn) {
        Err(error) if disk::is_not_writable(path, &error) => disk::read_only(path, LOCK_WAIT)
            .context(error)
            .and_then(|conn| look_by(&conn))
            .with_context(named),
        looked => looked.with_context(named),
    }
}

/// Reads one consistent view of the house at `path`, which is opened for reading only. Fails where it is no house of this
/// program's version, and where the view has to wait for longer than [`GLANCE_WAIT`].
pub fn glance<T>(path: &Path, f: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
    let conn = disk::read_only(path, GLANCE_WAIT)?;
    is_latest(&conn)?;
    run(&conn, "begin").context("begin to read")?;
    f(&Snapshot { conn: &conn, n_renames: 0 })
}

fn look_by(conn: &Connection) -> Result<Content> {
    let tables = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, bool>(0));
    if tables("select exists (select 1 from sqlite_schema where type = 'table' and name = 'house')")? {
        let held = known(conn, LATEST)?;
        return Ok(Content::House { is_behind: held < LATEST });
    }
    let is_empty = !tables("select exists (select 1 from sqlite_schema)")?;
    Ok(if is_empty { Content::Nothing } else { Content::Stranger })
}

/// Migrates the database at `path` to this program's version. Fails with [`Unopened`] for a newer one, and changes
/// nothing.
///
/// Safe beside other processes that do the same: the version is read again once the lock is held.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    migrate_by(MIGRATIONS, conn, path)
}

/// An empty house in memory, as the migrations make it.
pub(super) fn model() -> Result<Connection> {
    let conn = Connection::open_in_memory().context("open a database in memory")?;
    for migration in MIGRATIONS {
        conn.execute_batch(migration).context("migrate a database in memory")?;
    }
    Ok(conn)
}

/// Fails unless the database has this program's version: it cannot be migrated while the disk cannot be written.
pub(super) fn is_latest(conn: &Connection) -> Result<()> {
    if known(conn, LATEST)? < LATEST { Err(disk::NotWritable.into()) } else { Ok(()) }
}

fn migrate_by(migrations: &[&str], conn: &mut Connection, path: &Path) -> Result<()> {
    // A new house has nothing to keep.
    let mut kept = known(conn, migrations.len())? == 0;
    loop {
        let held = known(conn, migrations.len())?;
        if held == migrations.len() {
            return Ok(());
        }
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).context("migrate: begin")?;
        if known(&tx, migrations.len())? != held {
            continue;
        }
        if !kept {
            let copy = keep_copy(path, held + 1)?;
            tracing::info!(from = held, to = migrations.len(), copy = %copy.display(), "the house is brought forward");
            kept = true;
        }
        tx.execute_batch(migrations[held]).with_context(|| format!("migration {}", held + 1))?;
        fill(&tx, held + 1).with_context(|| format!("migration {}: fill", held + 1))?;
        tx.pragma_update(None, "user_version", (held + 1) as i64)?;
        tx.commit().with_context(|| format!("migration {}: commit", held + 1))?;
    }
}

/// The version of the database, which is at most `latest`.
fn known(conn: &Connection, latest: usize) -> Result<usize> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let version = usize::try_from(version).context("the version of the database is no version of ours")?;
    if version > latest {
        let words = format!(
            "This house was made by a newer auction (its version is {version}, this program knows {latest}); nothing was \
             changed. Install the newer program, or restore a backup that this one made."
        );
        return Err(Unopened(words).into());
    }
    Ok(version)
}

/// Copies the house before migration `next` to `auction.db.before-<next>`. Needs the write lock, so that nobody
/// migrates meanwhile; a second connection reads what was committed.
fn keep_copy(path: &Path, next: usize) -> Result<PathBuf> {
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-{next}{ending}"));
        PathBuf::from(name)
    };
    let (whole, partial) = (named(""), named(".partial"));
    let from = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(words) = copy::lacks_room(folder, copy::n_bytes(&from)?)? {
        return Err(Unopened(format!("{words} A copy is kept before the house is brought forward.")).into());
    }
    std::fs::remove_file(&partial).ok();
    copy::copy(&from, &partial, &mut |_, _| ())?;
    std::fs::rename(&partial, &whole).with_context(|| format!("put {} in place", whole.display()))?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "create table lot (id integer primary key); insert into lot values (1), (2)";
    const TWO: &str = "alter table lot add column title text not null default 'none'";
    const THREE: &str = "create table extra (id integer primary key); insert into extra select id from lot";

    fn open(path: &Path) -> Connection {
        let conn = Connection::open(path).unwrap();
        conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        conn
    }

    fn number(path: &Path, sql: &str) -> i64 {
        Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_house_is_brought_forward_and_kept_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auction.db");
        let mut conn = open(&path);
        migrate_by(&[ONE], &mut conn, &path).unwrap();
        let new = tempfile::tempdir().unwrap();
        let new_path = new.path().join("auction.db");
        let mut new_conn = open(&new_path);
        migrate_by(&[ONE, TWO], &mut new_conn, &new_path).unwrap();
        for folder in [&folder, &new] {
            assert_eq!(std::fs::read_dir(folder).unwrap().count(), 3, "a new house leaves no copy");
        }
        conn.execute_batch("insert into lot values (3)").unwrap();
        migrate_by(&[ONE, TWO, THREE], &mut conn, &path).unwrap();
        migrate_by(&[ONE, TWO, THREE], &mut conn, &path).unwrap();
        drop(conn);
        assert_eq!(number(&path, "pragma user_version"), 3);
        assert_eq!(number(&path, "select count(*) from extra"), 3);
        let kept = folder.path().join("auction.db.before-2");
        assert_eq!(number(&kept, "pragma user_version"), 1);
        assert_eq!(number(&kept, "select max(id) from lot"), 3, "what stood in the log is in the copy");
        assert!(!folder.path().join("auction.db.before-3").exists(), "one copy, before the first");
    }

    #[test]
    fn a_migration_that_fails_changes_nothing_and_the_next_try_goes_on_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auction.db");
        let mut conn = open(&path);
        migrate_by(&[ONE], &mut conn, &path).unwrap();
        let broken = "create table half (id integer primary key); insert into nowhere values (1)";
        migrate_by(&[ONE, TWO, broken], &mut conn, &path).unwrap_err();
        assert_eq!(number(&path, "pragma user_version"), 2);
        assert_eq!(number(&path, "select count(*) from sqlite_schema where name = 'half'"), 0);
        migrate_by(&[ONE, TWO, THREE], &mut conn, &path).unwrap();
        assert_eq!(number(&path, "pragma user_version"), 3);
        assert_eq!(number(&folder.path().join("auction.db.before-2"), "pragma user_version"), 1);
        assert_eq!(number(&folder.path().join("auction.db.before-3"), "pragma user_version"), 2);
    }

    #[test]
    fn many_processes_bring_a_house_forward_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auction.db");
        migrate_by(&[ONE], &mut open(&path), &path).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let mut conn = Connection::open(&path).unwrap();
                    conn.busy_timeout(Duration::from_secs(60)).unwrap();
                    migrate_by(&[ONE, TWO, THREE], &mut conn, &path).unwrap();
                });
            }
        });
        assert_eq!(number(&path, "select count(*) from extra"), 2);
        assert_eq!(number(&folder.path().join("auction.db.before-2"), "pragma user_version"), 1);
    }

    #[test]
    fn a_newer_house_is_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auction.db");
        let mut conn = open(&path);
        migrate_by(&[ONE, TWO], &mut conn, &path).unwrap();
        let error = migrate_by(&[ONE], &mut conn, &path).unwrap_err();
        assert!(error.downcast_ref::<Unopened>().is_some_and(|why| why.0.contains("newer")), "{error:#}");
    }
}
