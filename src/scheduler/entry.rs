//! What is wanted of the operating system's scheduler, and what it holds: the words that all schedulers share.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

/// Returns the time; the scheduler reads no clock by itself.
pub type Now<'a> = &'a dyn Fn() -> DateTime<Utc>;

/// Reads from the database what is wanted now. It is called with the lock held, so that of two writers the later one to
/// install has read the later state. It must not wait for anything that waits for this lock.
pub type Wanted<'a> = &'a mut dyn FnMut() -> Result<Vec<Entry>>;

/// Whose entries they are. The marked block, or the folder of tasks, bears `house_id` (1 to 64 ASCII letters, digits,
/// `-`, `_`), and its commands run `program` on `data_dir`, both absolute.
#[derive(Clone, Debug)]
pub struct Owner {
    pub house_id: String,
    pub program: PathBuf,
    pub data_dir: PathBuf,
}

/// A wanted entry: settle `listing` at `fires_at`, a whole minute for cron and a whole second for the others, as
/// [`Scheduler::fires_at`](super::Scheduler::fires_at) returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub listing: i64,
    pub closes_at: DateTime<Utc>,
    pub fires_at: DateTime<Utc>,
    /// Its number among the entries of its seller, counted from the nearest: where there is not room for all, sellers
    /// take turns.
    pub turn: i64,
}

/// The entries as the operating system holds them now.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    pub entries: Vec<HeldEntry>,
    /// The entry that runs `settle --due` every minute is in place, with the right program and data directory.
    pub sweep: bool,
    /// So is the one that runs it when the machine starts, or there is none because the scheduler takes none.
    pub reboot: bool,
    /// Our markers are doubled or broken, and nothing is changed until a person has repaired them: a sentence that says
    /// why.
    pub damaged: Option<String>,
    /// Some entries call another program or data directory than the owner's: one of them was moved.
    pub moved: bool,
    /// What the entries call, each once, where they can be read.
    pub calls: Vec<Call>,
}

/// A program and a data directory, as entries name them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Call {
    pub program: PathBuf,
    pub data_dir: PathBuf,
}

/// The entry of one listing, in the scheduler's own words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HeldEntry {
    pub listing: i64,
    /// `M H D Mon *` in the zone of the cron daemon; for a task or a timer, its start in UTC.
    pub when: String,
    /// The line, or the name of the task or the timer.
    pub text: String,
}

/// What [`Scheduler::sync`](super::Scheduler::sync) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The listings whose wanted entry was read back from the operating system, in rising order.
    pub armed: Vec<i64>,
    /// Something was written.
    pub installed: bool,
    /// How many wanted entries there was no room for; they are installed when they come nearer.
    pub beyond_window: usize,
}

/// The markers of our block are not as they were written, so that nobody can say which lines are ours. The error of
/// [`Scheduler::sync`](super::Scheduler::sync) and [`Scheduler::clear`](super::Scheduler::clear), which then change
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged(pub String);

impl Owner {
    /// Refuses a house id that is not safe in a comment line and in the name of a task's folder.
    pub(super) fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        anyhow::ensure!(
            (1..=64).contains(&self.house_id.len()) && self.house_id.chars().all(plain),
            "the house id {:?} is not 1 to 64 letters, digits, '-' and '_'",
            self.house_id
        );
        Ok(())
    }
}

impl Entry {
    /// Returns in which `unit` (whole seconds) since 1970 it fires.
    pub(super) fn fires_in(&self, unit: TimeDelta) -> i64 {
        self.fires_at.timestamp().div_euclid(unit.num_seconds())
    }
}

impl Held {
    /// Returns whether the scheduler holds anything of the house.
    pub fn is_any(&self) -> bool {
        self.sweep || self.reboot || self.moved || self.damaged.is_some() || !self.entries.is_empty()
    }
}

impl Put {
    pub(super) fn new(mut armed: Vec<i64>, installed: bool, beyond_window: usize) -> Put {
        armed.sort_unstable();
        Put { armed, installed, beyond_window }
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damaged {}
