//! Slots for settling: cron may start hundreds of processes in one second, and at most four of them work at a time. A
//! slot is a lock on a file in the data directory, so that it ends with its process in any case.
//!
//! Slots only spare the machine. Settling is correct without them, so a process that has waited too long, or finds no
//! file, goes on.

use crate::files::{lock, private};
use crate::house::House;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The number of processes that settle at a time.
pub const N_SLOTS: usize = 4;
/// Longer than four processes take, even if each waits for a busy server.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that waits for a slot.
pub struct Queue {
    files: Vec<PathBuf>,
    until: Option<Instant>,
}

/// A slot, held until it is dropped or its process ends; empty if the process goes on without one.
pub struct Slot(#[allow(dead_code, reason = "the file is the lock")] Option<File>);

impl House {
    /// Waits for a slot, for 10 s at most.
    pub fn wait_for_slot(&self) -> Slot {
        let mut queue = Queue::of(self.dir());
        loop {
            if let Some(slot) = queue.try_slot() {
                return slot;
            }
        }
    }
}

impl Queue {
    pub fn of(data_dir: &Path) -> Queue {
        let files = (1..=N_SLOTS).map(|n| data_dir.join(format!("settle-{n}.lock"))).collect();
        Queue { files, until: None }
    }

    /// Takes a slot, or returns `None` after a short wait, so that the caller can check whether another process has
    /// done the work meanwhile. After 10 s in all it grants a slot without a lock.
    pub fn try_slot(&mut self) -> Option<Slot> {
        let until = *self.until.get_or_insert_with(|| Instant::now() + PATIENCE);
        let mut is_open = true;
        for file in &self.files {
            match private::open(file)
                .and_then(|file| Ok((lock::acquire(&file, File::try_lock, Duration::ZERO)?, file)))
            {
                Ok((true, file)) => return Some(Slot(Some(file))),
                Ok((false, _)) => {}
                Err(_) => is_open = false,
            }
        }
        if !is_open || Instant::now() >= until {
            return Some(Slot(None));
        }
        // Processes wake at different moments, and seldom enough for the waiting to cost less than the work.
        std::thread::sleep(Duration::from_millis(10 + u64::from(std::process::id() % 64)));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_have_a_turn_and_the_fifth_waits_for_one_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut held: Vec<Slot> = (0..N_SLOTS).map(|_| Queue::of(dir.path()).try_slot().unwrap()).collect();
        assert!(held.iter().all(|slot| slot.0.is_some()));
        let mut fifth = Queue::of(dir.path());
        assert!(fifth.try_slot().is_none() && fifth.try_slot().is_none());
        held.pop();
        assert!(fifth.try_slot().unwrap().0.is_some());
    }

    #[test]
    fn the_wait_is_bounded_and_a_missing_folder_stops_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let _held: Vec<Slot> = (0..N_SLOTS).map(|_| Queue::of(dir.path()).try_slot().unwrap()).collect();
        let mut late = Queue { until: Some(Instant::now()), ..Queue::of(dir.path()) };
        assert!(late.try_slot().unwrap().0.is_none());
        assert!(Queue::of(Path::new("/nowhere")).try_slot().unwrap().0.is_none());
    }
}
