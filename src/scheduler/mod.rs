//! The operating system's scheduler: finds the one to use, reads what it holds for a house, and makes it hold what the
//! database wants. The only part of the program that starts other programs.
//!
//! The database is the truth and the scheduler's entries are a cache of it, so everything here can be repeated at any
//! time. It must never lose a line of somebody else's, never report an entry as armed that was not read back, and never
//! read a clock: `now` is passed in, as a function where the code waits.

mod access;
mod choice;
mod cron;
mod daemon;
mod entry;
mod files;
mod finding;
mod header;
mod installed;
mod line;
mod lock;
pub mod minute;
mod reach;
mod record;
mod run;
mod schtasks;
mod systemd;
mod tab;
mod task;
mod unit;
mod window;
mod zone;

#[cfg(all(test, unix))]
mod cron_tests;
#[cfg(all(test, unix))]
mod debian_tests;
#[cfg(all(test, unix))]
mod header_tests;
#[cfg(all(test, unix))]
mod schtasks_tests;
#[cfg(all(test, unix))]
mod stand_in;
#[cfg(all(test, unix))]
mod systemd_tests;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};

pub use choice::Choice;
pub use entry::{Call, Damaged, Entry, Held, HeldEntry, Now, Owner, Put, Wanted};
pub use finding::Finding;

use cron::Cron;
use files::on_path;
use schtasks::Schtasks;
use systemd::Systemd;

/// The scheduler in use. With `None`, only a running server keeps the deadlines.
#[derive(Clone, Debug)]
pub enum Scheduler {
    Cron(Cron),
    Schtasks(Schtasks),
    Systemd(Systemd),
    None,
}

/// Returns the scheduler to use, and one sentence that says which and why. `auto` takes cron if a `crontab` is on PATH
/// (schtasks on Windows), else systemd if its manager answers, else none. A named one is used even if it is not
/// installed yet: each use looks for it again.
pub fn pick(choice: Choice) -> (Scheduler, String) {
    pick_on(choice, std::env::var_os("PATH").as_deref())
}

/// [`pick`] with a given search path.
pub fn pick_on(choice: Choice, path: Option<&OsStr>) -> (Scheduler, String) {
    let crontab = on_path("crontab", path);
    let schtasks = schtasks::find(path);
    match choice {
        Choice::Auto if cfg!(windows) => match schtasks {
            Some(found) => by_schtasks(Some(found)),
            None => (Scheduler::None, NOBODY.into()),
        },
        Choice::Auto => match crontab {
            Some(found) => by_cron(Some(found)),
            None => match on_path("systemctl", path).filter(|found| Systemd::new(found.clone()).answers()) {
                Some(found) => by_systemd(Some(found)),
                None => (Scheduler::None, NOBODY.into()),
            },
        },
        Choice::Cron => by_cron(crontab),
        Choice::Schtasks => by_schtasks(schtasks),
        Choice::Systemd => by_systemd(on_path("systemctl", path)),
        Choice::None => (
            Scheduler::None,
            "No scheduler was asked for: deadlines are kept only while the server runs.".into(),
        ),
    }
}

/// Returns every scheduler whose program is on PATH.
pub fn on_this_machine() -> Vec<Scheduler> {
    let path = std::env::var_os("PATH");
    let path = path.as_deref();
    let cron = on_path("crontab", path).map(|found| by_cron(Some(found)).0);
    let schtasks = schtasks::find(path).map(|found| by_schtasks(Some(found)).0);
    let systemd = on_path("systemctl", path).map(|found| by_systemd(Some(found)).0);
    [cron, schtasks, systemd].into_iter().flatten().collect()
}

const NOBODY: &str =
    "No scheduler was found on PATH: no OS scheduler will keep the deadlines, only a running server does.";

fn by_cron(found: Option<PathBuf>) -> (Scheduler, String) {
    let sentence = match &found {
        Some(program) => format!("Deadlines are kept by cron, through {}.", program.display()),
        None => {
            "Deadlines should be kept by cron, but no crontab is on PATH: install cron; it is tried again."
                .into()
        }
    };
    (Scheduler::Cron(Cron::new(found.unwrap_or_else(|| "crontab".into()))), sentence)
}

fn by_schtasks(found: Option<PathBuf>) -> (Scheduler, String) {
    let sentence = match &found {
        Some(program) => format!("Deadlines are kept by the Task Scheduler, through {}.", program.display()),
        None => {
            "Deadlines should be kept by the Task Scheduler, but no schtasks was found; it is tried again."
                .into()
        }
    };
    (Scheduler::Schtasks(Schtasks::new(found.unwrap_or_else(|| "schtasks".into()))), sentence)
}

fn by_systemd(found: Option<PathBuf>) -> (Scheduler, String) {
    let sentence = match &found {
        Some(program) => format!("Deadlines are kept by systemd's timers, through {}.", program.display()),
        None => {
            "Deadlines should be kept by systemd's timers, but no systemctl is on PATH; it is tried again."
                .into()
        }
    };
    (Scheduler::Systemd(Systemd::new(found.unwrap_or_else(|| "systemctl".into()))), sentence)
}

impl Scheduler {
    /// Whether something seems to run its entries. False for none, and for cron where no daemon is among the processes
    /// that can be seen.
    pub fn seems_to_run(&self) -> bool {
        match self {
            Scheduler::Cron(_) => daemon::may_run(Path::new("/proc")),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) => true,
            Scheduler::None => false,
        }
    }

    /// Returns `cron`, `schtasks`, `systemd` or `none`.
    pub fn name(&self) -> &'static str {
        match self {
            Scheduler::Cron(_) => "cron",
            Scheduler::Schtasks(_) => "schtasks",
            Scheduler::Systemd(_) => "systemd",
            Scheduler::None => "none",
        }
    }

    /// Returns when the entry of a listing that closes at `closes_at` must fire. `armed` is when the present entry
    /// fires, and is kept as long as it is good.
    pub fn fires_at(
        &self,
        closes_at: DateTime<Utc>,
        now: DateTime<Utc>,
        armed: Option<DateTime<Utc>>,
    ) -> DateTime<Utc> {
        match self {
            Scheduler::Cron(_) | Scheduler::None => minute::fire_minute(closes_at, now, armed),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) => minute::fire_second(closes_at, now, armed),
        }
    }

    /// Returns `fires_at` in the scheduler's words, as [`HeldEntry::when`] shows it later. Fails if the zone of cron's
    /// lines cannot be read.
    pub fn when(&self, fires_at: DateTime<Utc>) -> Result<String> {
        match self {
            Scheduler::Cron(cron) => Ok(cron.zone()?.when(fires_at)),
            Scheduler::Schtasks(_) => Ok(task::boundary(fires_at)),
            Scheduler::Systemd(_) => Ok(unit::calendar(fires_at)),
            Scheduler::None => Ok(String::new()),
        }
    }

    /// Returns the offset from UTC of the zone of its entries at that time: `+09:00`.
    pub fn offset(&self, at: DateTime<Utc>) -> Result<String> {
        match self {
            Scheduler::Cron(cron) => Ok(cron.zone()?.offset(at)),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) => Ok("+00:00".into()),
            Scheduler::None => Ok(String::new()),
        }
    }

    /// Returns the entries as the operating system holds them now. Damaged markers are reported in [`Held::damaged`],
    /// not as an error.
    pub fn held(&self, owner: &Owner) -> Result<Held> {
        match self {
            Scheduler::Cron(cron) => cron.held(owner),
            Scheduler::Schtasks(schtasks) => schtasks.held(owner),
            Scheduler::Systemd(systemd) => systemd.held(owner),
            Scheduler::None => Ok(Held::default()),
        }
    }

    /// Returns the listings of those wanted entries that the scheduler is to hold now: as many as there is room for.
    pub fn given(&self, owner: &Owner, wanted: &[Entry]) -> Result<HashSet<i64>> {
        let mut nearest = wanted.to_vec();
        nearest.sort_by_key(|entry| (entry.fires_at, entry.listing));
        match self {
            Scheduler::Cron(cron) => {
                let given = window::share(nearest, cron.room(owner)?, |entry| entry.turn);
                Ok(given.iter().map(|entry| entry.listing).collect())
            }
            Scheduler::Schtasks(schtasks) => schtasks.given(owner, nearest),
            Scheduler::Systemd(systemd) => systemd.given(owner, nearest),
            Scheduler::None => Ok(HashSet::new()),
        }
    }

    /// Makes the operating system hold what is wanted; writes nothing if it does already. An entry whose time is over
    /// is neither installed nor reported. With `prune`, entries that nobody wants any more are a reason to write;
    /// without, they go with the next write. Damaged markers are refused with [`Damaged`].
    ///
    /// Waits up to 10 s for other writers, up to 1 s for the next second and, to prune, until cron has read its tabs (5
    /// s).
    pub fn sync(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Put> {
        match self {
            Scheduler::Cron(cron) => cron.put(owner, wanted, prune, now),
            Scheduler::Schtasks(schtasks) => schtasks.put(owner, wanted, prune, now),
            Scheduler::Systemd(systemd) => systemd.put(owner, wanted, prune, now),
            Scheduler::None => Ok(Put::default()),
        }
    }

    /// [`Scheduler::sync`] with wanted entries that cannot have changed meanwhile.
    pub fn put(&self, owner: &Owner, wanted: &[Entry], prune: bool, now: Now) -> Result<Put> {
        self.sync(owner, &mut || Ok(wanted.to_vec()), prune, now)
    }

    /// Has the daemon read what it may have missed; nothing else changes. cron knows a new tab by the second in which
    /// it was written: if two writers, whoever they are, write in the second in which cron reads, it never sees the
    /// later one.
    pub fn nudge(&self, owner: &Owner, now: Now) -> Result<()> {
        match self {
            Scheduler::Cron(cron) => cron.nudge(owner, now),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) | Scheduler::None => Ok(()),
        }
    }

    /// Removes everything of this house, and nothing else.
    pub fn clear(&self, owner: &Owner, now: Now) -> Result<()> {
        match self {
            Scheduler::Cron(cron) => cron.clear(owner, now),
            Scheduler::Schtasks(schtasks) => schtasks.clear(owner),
            Scheduler::Systemd(systemd) => systemd.clear(owner),
            Scheduler::None => Ok(()),
        }
    }

    /// Checks whether the scheduler can keep deadlines on this machine: daemon, permission, privileges.
    pub fn check(&self, owner: &Owner) -> Vec<Finding> {
        match self {
            Scheduler::Cron(cron) => daemon::check_cron(cron, owner, Path::new("/proc"), Path::new("/etc")),
            Scheduler::Schtasks(schtasks) => schtasks.check(owner),
            Scheduler::Systemd(systemd) => systemd.check(),
            Scheduler::None => vec![daemon::nobody()],
        }
    }
}

/// Returns the name of a user of this machine by the number.
pub fn user_name(uid: u32) -> Option<String> {
    access::name_of(&std::fs::read_to_string("/etc/passwd").unwrap_or_default(), uid)
}
