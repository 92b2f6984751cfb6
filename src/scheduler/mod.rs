//! The operating system's scheduler: which one there is, what it holds for a house, and making it hold what the
//! database wants. The only part of the program that starts other programs.
//!
//! The database is the truth and the scheduler's entries are a cache of it, so everything here can be done again at any
//! time. It must never lose a line that is somebody else's, never report an entry as armed that was not read back, and
//! never read a clock: `now` is passed in, as a function where waiting makes it move.

mod access;
mod choice;
mod cron;
mod daemon;
mod finding;
mod header;
mod line;
mod lock;
pub mod minute;
mod reach;
mod record;
mod run;
mod schtasks;
mod standing;
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
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};

pub use choice::Choice;
pub use finding::Finding;

use cron::Cron;
use schtasks::Schtasks;
use systemd::Systemd;

/// The clock, as far as this part knows one.
pub type Now<'a> = &'a dyn Fn() -> DateTime<Utc>;

/// Reads from the database what is wanted now. Called with the lock held, so that of two writers the later one to install
/// has the later wish too; it must not wait for anything that waits for this lock.
pub type Wanted<'a> = &'a mut dyn FnMut() -> Result<Vec<Entry>>;

/// The scheduler in use. `None` keeps no deadlines: only a running server does then.
#[derive(Clone, Debug)]
pub enum Scheduler {
    Cron(Cron),
    Schtasks(Schtasks),
    Systemd(Systemd),
    None,
}

/// Whose entries: the marked block, or the folder of tasks, bears `house_id` (ASCII letters, digits, `-`, `_`), and its
/// commands run `program` on `data_dir`, both absolute.
#[derive(Clone, Debug)]
pub struct Owner {
    pub house_id: String,
    pub program: PathBuf,
    pub data_dir: PathBuf,
}

/// One entry wanted: settle `listing` when `fires_at` comes, a whole minute for cron and a whole second for the others,
/// as [`Scheduler::fires_at`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub listing: i64,
    pub closes_at: DateTime<Utc>,
    pub fires_at: DateTime<Utc>,
    /// Which of its seller's it is, counted from the nearest: where there is not room for all, sellers take turns.
    pub turn: i64,
}

/// The entries as the operating system holds them now.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    pub entries: Vec<HeldEntry>,
    /// The entry that runs `settle --due` every minute stands, with the right program and data directory.
    pub sweep: bool,
    /// So does the one that runs it when the machine starts, or there is none where the scheduler takes none.
    pub reboot: bool,
    /// Our markers are doubled or broken, and nothing is changed until a person has put them right: the sentence why.
    pub damaged: Option<String>,
    /// Some entries call another program or data directory than the owner's: one of them moved.
    pub moved: bool,
    /// What the entries call, each once, where they can be read.
    pub calls: Vec<Call>,
}

impl Held {
    /// Anything of the house's stands there.
    pub fn is_any(&self) -> bool {
        self.sweep || self.reboot || self.moved || self.damaged.is_some() || !self.entries.is_empty()
    }
}

/// A program and a data directory, as entries name them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Call {
    pub program: PathBuf,
    pub data_dir: PathBuf,
}

/// One listing's entry, in the scheduler's own words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HeldEntry {
    pub listing: i64,
    /// `M H D Mon *` in the zone of the cron daemon; the UTC start of a task
    /// or of a timer.
    pub when: String,
    /// The line, or the name of the task or the timer.
    pub text: String,
}

/// What [`Scheduler::sync`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The listings whose wanted entry was read back from the operating system, in rising order.
    pub armed: Vec<i64>,
    /// Something was written.
    pub installed: bool,
    /// How many entries are further off than the nearest ones that the scheduler is given; they come up in time.
    pub beyond_window: usize,
}

/// The markers of our block do not stand as they were written, so that nobody can say which lines are ours. The error of
/// [`Scheduler::sync`] and [`Scheduler::clear`], which then change nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged(pub String);

/// The scheduler to use, and one sentence that says which and why. `auto` takes cron where a `crontab` is on PATH
/// (schtasks on Windows), else systemd where its manager answers, else none. A named one is used even if it is not there yet: each use looks again.
pub fn pick(choice: Choice) -> (Scheduler, String) {
    pick_on(choice, std::env::var_os("PATH").as_deref())
}

/// [`pick`] with the search path given.
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

/// Every scheduler whose program is on PATH.
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
    /// `cron`, `schtasks`, `systemd` or `none`.
    pub fn name(&self) -> &'static str {
        match self {
            Scheduler::Cron(_) => "cron",
            Scheduler::Schtasks(_) => "schtasks",
            Scheduler::Systemd(_) => "systemd",
            Scheduler::None => "none",
        }
    }

    /// When the entry of a listing that closes at `closes_at` must fire; `armed` is when it fires as armed now, and is
    /// kept as long as it is good.
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

    /// `fires_at` in the scheduler's words, as [`HeldEntry::when`] shows it once it is held.
    pub fn when(&self, fires_at: DateTime<Utc>) -> Result<String> {
        match self {
            Scheduler::Cron(cron) => Ok(cron.zone()?.when(fires_at)),
            Scheduler::Schtasks(_) => Ok(task::boundary(fires_at)),
            Scheduler::Systemd(_) => Ok(unit::calendar(fires_at)),
            Scheduler::None => Ok(String::new()),
        }
    }

    /// How far the zone of its lines is east of Greenwich then: `+09:00`.
    pub fn offset(&self, at: DateTime<Utc>) -> Result<String> {
        match self {
            Scheduler::Cron(cron) => Ok(cron.zone()?.offset(at)),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) => Ok("+00:00".into()),
            Scheduler::None => Ok(String::new()),
        }
    }

    /// The entries as the operating system holds them now. Damaged markers are no error here but a flag.
    pub fn held(&self, owner: &Owner) -> Result<Held> {
        match self {
            Scheduler::Cron(cron) => cron.held(owner),
            Scheduler::Schtasks(schtasks) => schtasks.held(owner),
            Scheduler::Systemd(systemd) => systemd.held(owner),
            Scheduler::None => Ok(Held::default()),
        }
    }

    /// The listings of those wanted entries that it is to hold by now, as many as there is room for.
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

    /// Makes the operating system hold what is wanted, and nothing is written if it does already. An entry whose time is
    /// over is neither installed nor reported. With `prune`, entries that nobody wants any more are a reason to write;
    /// without, they go with the next write. Damaged markers are refused with [`Damaged`].
    /// Waits up to 10 s for other writers, up to 1 s for the next second and, to prune, till cron has read its tabs (5 s).
    pub fn sync(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Put> {
        match self {
            Scheduler::Cron(cron) => cron.put(owner, wanted, prune, now),
            Scheduler::Schtasks(schtasks) => schtasks.put(owner, wanted, prune, now),
            Scheduler::Systemd(systemd) => systemd.put(owner, wanted, prune, now),
            Scheduler::None => Ok(Put::default()),
        }
    }

    /// [`Scheduler::sync`] with a wish that cannot have changed meanwhile.
    pub fn put(&self, owner: &Owner, wanted: &[Entry], prune: bool, now: Now) -> Result<Put> {
        self.sync(owner, &mut || Ok(wanted.to_vec()), prune, now)
    }

    /// Has the daemon read what it may have missed: cron tells a new tab by the second in which it was written, and of two
    /// writers, whoever they are, in the second in which it reads, it never sees the later one. Nothing else changes.
    pub fn nudge(&self, owner: &Owner, now: Now) -> Result<()> {
        match self {
            Scheduler::Cron(cron) => cron.nudge(owner, now),
            Scheduler::Schtasks(_) | Scheduler::Systemd(_) | Scheduler::None => Ok(()),
        }
    }

    /// Takes away all that is ours, and nothing else.
    pub fn clear(&self, owner: &Owner, now: Now) -> Result<()> {
        match self {
            Scheduler::Cron(cron) => cron.clear(owner, now),
            Scheduler::Schtasks(schtasks) => schtasks.clear(owner),
            Scheduler::Systemd(systemd) => systemd.clear(owner),
            Scheduler::None => Ok(()),
        }
    }

    /// Whether the scheduler can keep deadlines on this machine: daemon, permission, privileges.
    pub fn check(&self, owner: &Owner) -> Vec<Finding> {
        match self {
            Scheduler::Cron(cron) => daemon::check_cron(cron, owner, Path::new("/proc"), Path::new("/etc")),
            Scheduler::Schtasks(schtasks) => schtasks.check(owner),
            Scheduler::Systemd(systemd) => systemd.check(),
            Scheduler::None => vec![daemon::nobody()],
        }
    }
}

impl Owner {
    /// The house's name is safe in a comment line and in the name of a task's folder.
    fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        anyhow::ensure!(
            (1..=64).contains(&self.house_id.len()) && self.house_id.chars().all(plain),
            "the house id {:?} is not 1 to 64 letters, digits, '-' and '_'",
            self.house_id
        );
        Ok(())
    }
}

/// The name of a user of this machine, by the number.
pub fn user_name(uid: u32) -> Option<String> {
    access::name_of(&std::fs::read_to_string("/etc/passwd").unwrap_or_default(), uid)
}

/// The first executable file of this name on the search path.
fn on_path(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    std::env::split_paths(path?).map(|folder| folder.join(name)).find(|file| executable(file))
}

#[cfg(unix)]
fn executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(file: &Path) -> bool {
    file.is_file()
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damaged {}

impl Put {
    fn new(mut armed: Vec<i64>, installed: bool, beyond_window: usize) -> Put {
        armed.sort_unstable();
        Put { armed, installed, beyond_window }
    }
}
