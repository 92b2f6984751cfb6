//! The lock on an open house: each program that has it open holds a shared lock on a file in its directory, and one
//! that puts another database in its place holds it alone.

use crate::files::lock::{self, TryLock};
use crate::files::private;
use crate::store::Unopened;
use crate::store::disk::is_unwritable;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

pub(in crate::house) const LOCK_FILE: &str = "auction.lock";
/// How long a restore is waited for: as long as a busy database.
const SHARE_PATIENCE: Duration = Duration::from_secs(5);

/// Held until it is dropped, or its process ends.
#[derive(Debug)]
pub(in crate::house) struct HouseLock {
    /// None where the disk is read-only and the file was never made: nobody can replace the database there.
    _file: Option<File>,
}

impl HouseLock {
    /// Opens the house beside others. Refused with [`Unopened`] while a program has it alone.
    pub fn share(dir: &Path) -> Result<HouseLock> {
        let words = "This house is being restored or brought forward; try again when that is done.";
        take(dir, File::try_lock_shared, SHARE_PATIENCE, words)
    }

    /// Opens it alone. Refused with [`Unopened`] if others still have it after `patience`; nothing is changed.
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
    let Some(file) = opened else {
        return Ok(HouseLock { _file: None });
    };
    match lock::acquire(&file, try_lock, patience).with_context(|| format!("lock {}", path.display()))? {
        true => Ok(HouseLock { _file: Some(file) }),
        false => Err(Unopened(words.to_owned()).into()),
    }
}

/// Opens the file to read it only, which is enough for a lock, if it exists.
fn as_it_is(path: &Path) -> std::io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}
