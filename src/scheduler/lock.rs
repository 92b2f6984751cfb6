//! The lock on the crontab of one OS user: one writer at a time, across processes and houses, and at most one install
//! in a second.
//!
//! The lock is a file in the user's own state folder, never in a shared one where others could hold it. It records the
//! Unix second of the last install, because cron compares a tab's age in whole seconds: if two installs fall into the
//! second in which it reads the tab, it may never see the later one.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use directories::BaseDirs;

use super::entry::Now;
use crate::files::{lock, private};

/// Held until it is dropped, or its process ends.
pub(super) struct Lock(File);

/// A recorded second further ahead than this comes from a clock that was set back since, and is ignored.
const AHEAD_S: i64 = 2;

impl Lock {
    /// Takes the lock in `folder`, which is made where there is none, or, if that fails, in `fallback`, which must
    /// exist. Waits for other writers, at most for `patience`; then it fails.
    pub fn take(folder: Option<&Path>, fallback: &Path, patience: Duration) -> Result<Lock> {
        let own = folder.and_then(|folder| private::make_folder(folder).and_then(|()| open(folder)).ok());
        let file = match own {
            Some(file) => file,
            None => open(fallback)
                .with_context(|| format!("open the scheduler's lock in {}", fallback.display()))?,
        };
        let is_held =
            lock::acquire(&file, File::try_lock, patience).context("lock the scheduler's lock file")?;
        ensure!(is_held, "other writers held the scheduler's lock for {} s", patience.as_secs_f32());
        Ok(Lock(file))
    }

    /// Waits until the wall clock shows a later second than that of the last install; about 3 s at most.
    pub fn wait_for_a_later_second(&self, now: Now) -> Result<()> {
        let last = self.last_install()?;
        let until = Instant::now() + Duration::from_secs(4);
        while (0..=AHEAD_S).contains(&(last - now().timestamp())) && Instant::now() < until {
            let rest_ms = 1_000 - now().timestamp_subsec_millis().min(999);
            std::thread::sleep(Duration::from_millis(u64::from(rest_ms.min(50))));
        }
        Ok(())
    }

    /// Records the present second as that of the last install.
    pub fn stamp(&self, now: Now) -> Result<()> {
        let mut file = &self.0;
        // The same width for centuries, so that it overwrites the old one completely.
        let second = format!("{:>12}\n", now().timestamp());
        file.seek(SeekFrom::Start(0))?;
        file.write_all(second.as_bytes()).context("note the second of the install")
    }

    fn last_install(&self) -> Result<i64> {
        let mut text = String::new();
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.take(64).read_to_string(&mut text).context("read the second of the last install")?;
        Ok(text.trim().parse().unwrap_or(i64::MIN / 2))
    }
}

/// Returns `~/.local/state/auction`, whatever `XDG_STATE_HOME` says: a cron job, which does not have that variable,
/// must find the same lock as the server.
pub(super) fn state_folder() -> Option<PathBuf> {
    let dirs = BaseDirs::new()?;
    let folder =
        if cfg!(windows) { dirs.data_local_dir().into() } else { dirs.home_dir().join(".local/state") };
    Some(folder.join("auction"))
}

/// Opens the lock file. Only its owner may enter a folder that is made for it, so that nobody else can hold the lock.
fn open(folder: &Path) -> Result<File> {
    private::open(&folder.join("scheduler.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_waited_for_and_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let short = Duration::from_millis(50);
        let held = Lock::take(Some(folder.path()), folder.path(), short).unwrap();
        assert!(Lock::take(Some(folder.path()), folder.path(), short).is_err());
        drop(held);
        // A process that another test is starting holds a copy of the file until it has begun.
        let long = Duration::from_secs(60);
        assert!(Lock::take(Some(folder.path()), folder.path(), long).is_ok());
    }

    #[test]
    fn where_the_state_folder_cannot_be_made_the_data_directory_serves() {
        let data = tempfile::tempdir().unwrap();
        let blocked = data.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        Lock::take(Some(&blocked.join("auction")), data.path(), Duration::ZERO).unwrap();
        assert!(data.path().join("scheduler.lock").exists());
    }

    #[test]
    fn the_next_install_waits_for_a_later_second_but_not_for_a_clock_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(Some(folder.path()), folder.path(), Duration::ZERO).unwrap();
        let began = Instant::now();
        // Ten times as fast as the real one.
        let base: chrono::DateTime<chrono::Utc> = "2026-11-22T18:00:00Z".parse().unwrap();
        let clock = || base + chrono::TimeDelta::from_std(began.elapsed() * 10).unwrap();
        lock.stamp(&clock).unwrap();
        lock.wait_for_a_later_second(&clock).unwrap();
        assert!(clock().timestamp() > base.timestamp());

        lock.stamp(&|| base + chrono::TimeDelta::hours(1)).unwrap();
        let n_asked = std::cell::Cell::new(0);
        lock.wait_for_a_later_second(&|| {
            n_asked.set(n_asked.get() + 1);
            clock()
        })
        .unwrap();
        assert_eq!(n_asked.get(), 1, "it waits for nothing");
    }
}
