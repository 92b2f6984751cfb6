//! The lock on an open house. Each program that has the house open holds a shared lock on a file in its directory; a
//! program that replaces the database holds it exclusively.

use crate::files::lock::{self, TryLock};
use crate::files::private;
use crate::store::disk::is_unwritable;
use crate::store::fault::Unopened;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

pub(in crate::house) const LOCK_FILE: &str = "auction.lock";
/// How long to wait for a restore: as long as for a busy database.
const SHARE_PATIENCE: Duration = Duration::from_secs(5);

/// The lock, held until it is dropped or its process ends.
#[derive(Debug)]
pub(in crate::house) struct HouseLock {
    /// `None` if the disk is read-only and has no lock file: nobody can replace the database there.
    _file: Option<File>,
}

impl HouseLock {
    /// Takes the lock together with others. Fails with [`Unopened`] while a program holds it exclusively.
    pub fn share(dir: &Path) -> Result<HouseLock> {
        let words = "This house is being restored or brought forward; try again when that is done.";
        take(dir, File::try_lock_shared, SHARE_PATIENCE, words)
    }

    /// The same, but waits for nobody, and makes no lock where there is none.
    pub fn glance(dir: &Path) -> Result<HouseLock> {
        let path = dir.join(LOCK_FILE);
        let file = as_it_is(&path).with_context(|| format!("open {}", path.display()))?;
        hold(file, &path, File::try_lock_shared, Duration::ZERO, "This house is being restored.")
    }

    /// Takes the lock exclusively. Fails with [`Unopened`] if others still hold it after `patience`; nothing is changed
    /// then.
    pub fn alone(dir: &Path, patience: Duration, words: &str) -> Result<HouseLock> {
        take(dir, File::try_lock, patience, words)
    }
}

fn take(dir: &Path, try_lock: TryLock, patience: Duration, words: &str) -> Result<HouseLock> {
    let path = dir.join(LOCK_FILE);
    let opened = match private::open(&path) {
        Err(error) if error.downcast_ref().is_some_and(is_unwritable) => {
            as_it_is(&path).with_context(|| format!("open {}", path.display()))?
        }
        opened => Some(opened?),
    };
    hold(opened, &path, try_lock, patience, words)
}

fn hold(
    opened: Option<File>,
    path: &Path,
    try_lock: TryLock,
    patience: Duration,
    words: &str,
) -> Result<HouseLock> {
    let Some(file) = opened else {
        return Ok(HouseLock { _file: None });
    };
    match lock::acquire(&file, try_lock, patience).with_context(|| format!("lock {}", path.display()))? {
        true => Ok(HouseLock { _file: Some(file) }),
        false => Err(Unopened(words.to_owned()).into()),
    }
}

/// Opens the file, if it exists, for reading only, which is enough for a lock.
fn as_it_is(path: &Path) -> std::io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}
