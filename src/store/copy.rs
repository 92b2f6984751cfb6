//! Copies of the whole database, made while others write, and the disk space that they need. A copy is one consistent
//! view: it holds everything that was committed before it began.

use super::connection::{connect, is_busy};
use super::{Snapshot, Store};
use crate::files::private;
use anyhow::{Context, Result, bail};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;
use std::time::Duration;

/// Pages copied in one step.
const STEP_PAGES: i32 = 2_000;
/// How often a step is tried again, 10 ms apart, while a file is busy.
const MAX_TRIES: u32 = 500;
/// Space that is left free beside what is written.
const MARGIN_BYTES: u64 = 16 * 1_024 * 1_024;

/// Is called with how much of how much is done.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

impl Store {
    /// Copies the database as it is now to `path`, where no file may be yet. The copy is on the disk when it returns.
    pub fn copy_to(&self, path: &Path, progress: Progress<'_>) -> Result<()> {
        copy(&connect(&self.shared.place.path, false)?, path, progress)
    }

    /// The size of the database in bytes.
    pub fn n_bytes(&self) -> Result<u64> {
        self.read(|snapshot| snapshot.n_bytes())
    }
}

impl Snapshot<'_> {
    fn n_bytes(&self) -> Result<u64> {
        n_bytes(self.conn)
    }
}

/// Writes the write-ahead log into the database, and empties the log. Nobody else may have the database open.
pub fn fold_log(path: &Path) -> Result<()> {
    let conn = Connection::open(path)?;
    let busy: i64 = conn.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
    anyhow::ensure!(busy == 0, "{} is open elsewhere", path.display());
    Ok(())
}

/// A sentence that says why `n_bytes` more do not fit on the disk of `folder`; none if they fit.
pub fn lacks_room(folder: &Path, n_bytes: u64) -> Result<Option<String>> {
    let free =
        fs4::available_space(folder).with_context(|| format!("ask for the room in {}", folder.display()))?;
    let wanted = n_bytes.saturating_add(MARGIN_BYTES);
    Ok((free < wanted).then(|| {
        let mib = |n_bytes: u64| n_bytes.div_ceil(1_024 * 1_024);
        format!(
            "There is no room in {}: {} MiB are needed, {} are free.",
            folder.display(),
            mib(wanted),
            mib(free)
        )
    }))
}

pub(super) fn n_bytes(conn: &Connection) -> Result<u64> {
    let count: u32 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let size: u32 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::from(count) * u64::from(size))
}

/// Holds one view until the end, so that the copy never starts again, however fast others write.
pub(super) fn copy(from: &Connection, path: &Path, progress: Progress<'_>) -> Result<()> {
    // It holds everybody's passwords, if only as hashes.
    private::create(path)?;
    let view = from.unchecked_transaction().context("begin to read")?;
    view.query_row("select count(*) from sqlite_schema", [], |_| Ok(())).context("begin to read")?;
    let mut to = Connection::open(path).with_context(|| format!("open {}", path.display()))?;
    // A half-written copy is worth nothing; the whole one is made durable below.
    to.pragma_update(None, "synchronous", "OFF")?;
    step_through(from, &mut to, progress)
        .with_context(|| format!("copy the database to {}", path.display()))?;
    drop(to);
    let file = std::fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    file.sync_all().with_context(|| format!("write {}", path.display()))
}

fn step_through(from: &Connection, to: &mut Connection, progress: Progress<'_>) -> Result<()> {
    let backup = Backup::new(from, to)?;
    let mut n_tries = 0;
    loop {
        match backup.step(STEP_PAGES) {
            Ok(StepResult::Done) => return Ok(()),
            Ok(StepResult::More) => {
                let done = backup.progress();
                let (all, left) = (done.pagecount.unsigned_abs(), done.remaining.unsigned_abs());
                progress(u64::from(all.saturating_sub(left)), u64::from(all));
            }
            Err(error) if !is_busy(&error) => return Err(error.into()),
            _ => {
                n_tries += 1;
                if n_tries > MAX_TRIES {
                    bail!("it stays busy");
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
