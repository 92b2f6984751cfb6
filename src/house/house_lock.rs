//! Who has the house open: every program that does holds a shared lock on a file in its directory, a server as long as it
//! runs, and what puts another database in its place holds it alone. The operating system lets go of it when the process
//! ends, however it ends.

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
/// A restore is waited for as long as the database would be.
const SHARE_PATIENCE: Duration = Duration::from_secs(5);

/// Held until it is dropped, or its process ends.
#[derive(Debug)]
pub(in crate::house) struct HouseLock {
    /// None where the disk is read-only and the file was never made: nobody can put another database in place there.
    _file: Option<File>,
}

impl HouseLock {
    /// With others. Refused with [`Unopened`] while somebody has it alone.
    pub fn share(dir: &Path) -> Result<HouseLock> {
        let words = "This house is being restored or brought forward; try again when that is done.";
        take(dir, File::try_lock_shared, SHARE_PATIENCE, words)
    }

    /// Alone. Refused with [`Unopened`] when others still have it after `patience`; nothing was changed.
    pub fn alone(dir: &Path, patience: Duration, words: &str) -> Result<HouseLock> {
        take(dir, File::try_lock, patience, words)
    }
}

fn take(dir: &Path, try_lock: TryLock, patience: Duration, words: &str) -> Result<HouseLock> {
    let path = dir.join(LOCK_FILE);
    let opened = match private::open(&path) {
        Err(error) if is_unwritable(&error) => {
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

/// A file that can be locked without being written, if it is there.
fn as_it_is(path: &Path) -> std::io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}
