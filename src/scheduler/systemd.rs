//! systemd's timers, through `systemctl`: unit files in the manager's own folder, in exact UTC, which catch up after
//! the machine was off. root uses the system manager, everybody else their user manager.
//!
//! The manager is asked where it reads its units and what it holds; many listings cost one reload. It must never touch
//! a unit of another name, or report a timer as armed that the manager does not show with its time.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::entry::{Entry, Held, HeldEntry, Now, Owner, Put, Wanted};
use super::files::write_whole;
use super::finding::Finding;
use super::installed::{Installed, SHOWN, words};
use super::unit::{self, Unit};
use super::window::{nearest, share};
use super::{lock, run};

#[derive(Clone, Debug)]
pub struct Systemd {
    pub(super) program: PathBuf,
    pub(super) manager: Manager,
    pub(super) patience: Duration,
    /// One call starts timers for this long, then leaves the rest to the next call: the lock is held meanwhile.
    pub(super) at_work: Duration,
}

/// The manager that runs the timers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    System,
    /// The one of the user with this number.
    User(u32),
}

/// Listings considered, and units held: the manager reads all of them at each reload. The sweep installs the rest in
/// time.
const WINDOW: usize = 5_000;
const MAX_UNITS: usize = 200;

/// How many timers one call of `systemctl` starts or stops.
const AT_ONCE: usize = 20;

/// How many units that nobody wants any more go with one write.
const MAX_STALE: usize = 60;

const AT_WORK: Duration = Duration::from_secs(5);

impl Systemd {
    /// `program` is a path, or a bare name that each use looks for on PATH.
    pub(super) fn new(program: PathBuf) -> Systemd {
        let manager = match user_id() {
            Some(0) => Manager::System,
            id => Manager::User(id.unwrap_or(u32::MAX)),
        };
        Systemd { program, manager, patience: run::PATIENCE, at_work: AT_WORK }
    }

    /// Returns whether there is a manager that takes our units.
    pub(super) fn answers(&self) -> bool {
        self.folder().is_ok()
    }

    pub(super) fn held(&self, owner: &Owner) -> Result<Held> {
        let fixed = unit::units(owner, &[])?;
        let installed = self.installed(owner)?;
        let sweep = unit::sweep(owner);
        let is_whole = fixed.iter().all(|unit| installed.has(unit));
        let moved = fixed.iter().any(|unit| {
            unit.when.is_empty() && installed.files.get(&unit.name).is_some_and(|text| *text != unit.text)
        });
        let mut entries = Vec::new();
        for (name, when, listings) in installed.timers() {
            let entry = |listing| HeldEntry { listing, when: when.clone(), text: name.clone() };
            entries.extend(listings.into_iter().map(entry));
        }
        entries.sort_by(|a, b| (&a.when, a.listing).cmp(&(&b.when, b.listing)));
        let reboot = is_whole && installed.is_enabled(&sweep);
        Ok(Held { entries, sweep: is_whole, reboot, moved, ..Held::default() })
    }

    pub(super) fn put(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Put> {
        owner.check()?;
        let _lock = self.lock(owner)?;
        let before = self.installed(owner)?;
        let (slots, slot) = (before.slots(), |entry: &Entry| (unit::calendar(entry.fires_at), entry.listing));
        let (entries, beyond) = nearest(&wanted()?, now(), WINDOW, |entry| slots.contains(&slot(entry)));
        let units = units(owner, &entries)?;
        let n_cut = entries.len() - units.iter().map(|unit| unit.listings.len()).sum::<usize>();
        let missing: Vec<&Unit> = units.iter().filter(|unit| !before.has(unit)).collect();
        let mut stale: Vec<&str> = before.names(owner).into_iter().collect();
        stale.retain(|name| !units.iter().any(|unit| unit.name == *name));
        stale.truncate(MAX_STALE);
        let is_right = missing.is_empty() && before.is_enabled(&unit::sweep(owner)) && !before.is_outdated();
        if is_right && (stale.is_empty() || !prune) {
            let armed = units.iter().flat_map(|unit| unit.listings.clone()).collect();
            return Ok(Put::new(armed, false, beyond + n_cut));
        }

        self.change(owner, &before, &missing, &stale)?;
        let started = self.start(&missing);
        let after = self.installed(owner)?;
        let read_back_at = now();
        // One timer that does not start must not make the others pending.
        if !missing.iter().any(|unit| after.has(unit)) {
            started?;
        }
        let seen = after.slots();
        let armed = entries.iter().filter(|entry| {
            seen.contains(&slot(entry)) && (entry.fires_at > read_back_at || slots.contains(&slot(entry)))
        });
        let armed = armed.map(|entry| entry.listing).collect();
        Ok(Put::new(armed, true, beyond + n_cut))
    }

    /// Removes stale units and writes missing ones, with one reload; none is started yet.
    fn change(&self, owner: &Owner, before: &Installed, missing: &[&Unit], stale: &[&str]) -> Result<()> {
        self.take_away(before, stale)?;
        for unit in missing {
            write_whole(&before.folder, &unit.name, &unit.text)?;
        }
        self.ask(&["daemon-reload"])?;
        if !before.is_enabled(&unit::sweep(owner)) {
            self.ask(&["--quiet", "enable", &unit::sweep(owner)])?;
        }
        Ok(())
    }

    /// Returns the listings of those entries, nearest first, that there is room for.
    pub(super) fn given(&self, owner: &Owner, nearest: Vec<Entry>) -> Result<HashSet<i64>> {
        let entries = share(nearest, WINDOW, |entry| entry.turn);
        Ok(units(owner, &entries)?.into_iter().flat_map(|unit| unit.listings).collect())
    }

    pub(super) fn clear(&self, owner: &Owner) -> Result<()> {
        owner.check()?;
        let _lock = self.lock(owner)?;
        let installed = self.installed(owner)?;
        let names: Vec<&str> = installed.names(owner).into_iter().collect();
        if names.is_empty() {
            return Ok(());
        }
        // Even if the manager does not show it: one that somebody stopped is forgotten, but its link stays.
        if installed.files.contains_key(&unit::sweep(owner)) {
            self.ask(&["--quiet", "disable", &unit::sweep(owner)])?;
        }
        self.take_away(&installed, &names)?;
        self.ask(&["daemon-reload"])?;
        // The manager remembers failed units until then; mostly there are none.
        self.run(&["reset-failed", &unit::pattern(owner)])?;
        Ok(())
    }

    pub(super) fn check(&self) -> Vec<Finding> {
        let answers = match self.folder() {
            Ok(folder) => {
                let words = format!("systemd's {} reads its units in {}", self.who(), folder.display());
                Finding::good("systemd", words)
            }
            Err(e) => Finding::bad("systemd", format!("{e:#}"), START),
        };
        match self.manager {
            Manager::System => vec![answers],
            Manager::User(id) => vec![answers, self.lingering(id)],
        }
    }

    /// Without lingering the user manager ends with the last session, and all timers with it.
    fn lingering(&self, id: u32) -> Finding {
        const NAME: &str = "lingering";
        let loginctl = self.program.with_file_name("loginctl");
        let args = ["show-user", &id.to_string(), "--property=Linger"];
        match run::run(&loginctl, &args, &[], self.patience) {
            Ok(ran) if ran.stdout.trim_ascii() == b"Linger=yes" => {
                Finding::good(NAME, "this user's manager runs from the start of the machine")
            }
            Ok(_) => Finding::bad(
                NAME,
                "this user's manager, and the timers with it, end when the user logs out",
                "run `loginctl enable-linger`, as root with the user's name",
            ),
            Err(e) => Finding::bad(
                NAME,
                format!("it is unknown whether this user's manager outlives a log-out: {e:#}"),
                "run `loginctl enable-linger`, as root with the user's name",
            ),
        }
    }

    /// Stops these timers, has the manager forget when they last fired, and deletes their files.
    fn take_away(&self, installed: &Installed, names: &[&str]) -> Result<()> {
        for some in names.chunks(AT_ONCE) {
            let running: Vec<&str> = some.iter().copied().filter(|name| installed.shows(name)).collect();
            if !running.is_empty() {
                self.ask(&[&["stop"], &running[..]].concat())?;
            }
            // If that fails, empty files without a meaning are left.
            self.run(&[&["clean", "--what=state"], some].concat())?;
        }
        for name in names.iter().filter(|name| installed.files.contains_key(**name)) {
            let file = installed.folder.join(name);
            std::fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
        }
        Ok(())
    }

    /// Starts the timers among these units, or restarts them, as many as the time allows. Tries them all, then fails
    /// with the first failure.
    fn start(&self, units: &[&Unit]) -> Result<()> {
        let until = Instant::now() + self.at_work;
        let timers: Vec<&str> =
            units.iter().filter(|unit| !unit.when.is_empty()).map(|unit| &*unit.name).collect();
        let mut failure = Ok(());
        for some in timers.chunks(AT_ONCE) {
            if Instant::now() < until {
                failure = failure.and(self.ask(&[&["restart"], some].concat()).map(|_| ()));
            }
        }
        failure
    }

    fn installed(&self, owner: &Owner) -> Result<Installed> {
        let folder = self.folder()?;
        let shown = self.ask(&["show", SHOWN, &unit::pattern(owner)])?;
        Installed::read(folder, owner, &shown)
    }

    /// Returns the folder for our units, as the manager itself knows it: it may have started with another
    /// `XDG_CONFIG_HOME` than this process.
    fn folder(&self) -> Result<PathBuf> {
        let ending = match self.manager {
            Manager::System => "systemd/system",
            Manager::User(_) => "systemd/user",
        };
        let shown = self.ask(&["show", "--property=UnitPath"])?;
        let paths = words(shown.trim().strip_prefix("UnitPath=").unwrap_or_default());
        let folder = paths.into_iter().map(PathBuf::from).find(|path| path.ends_with(ending));
        folder.with_context(|| format!("systemd's {} names no folder for units", self.who()))
    }

    fn who(&self) -> &'static str {
        match self.manager {
            Manager::System => "system manager",
            Manager::User(_) => "user manager",
        }
    }

    /// Returns what `systemctl` prints; a bad exit status is an error.
    fn ask(&self, args: &[&str]) -> Result<String> {
        let ran = self.run(args)?;
        if !ran.status.success() {
            let command = args.iter().take(2).copied().collect::<Vec<_>>().join(" ");
            bail!("systemctl {command} failed ({}): {}", ran.status, ran.reason());
        }
        String::from_utf8(ran.stdout).context("systemctl printed something that is not UTF-8")
    }

    fn run(&self, args: &[&str]) -> Result<run::Ran> {
        let user = matches!(self.manager, Manager::User(_)).then_some("--user");
        let args: Vec<&str> =
            user.into_iter().chain(["--no-ask-password"]).chain(args.iter().copied()).collect();
        run::run_with(&self.program, &args, &self.surroundings(), &[], self.patience)
    }

    /// Returns where the user manager is found, for a process that was started by `su` or as a system service.
    fn surroundings(&self) -> Vec<(&'static str, OsString)> {
        match self.manager {
            Manager::User(id) if std::env::var_os(RUNTIME_DIR).is_none() => {
                vec![(RUNTIME_DIR, format!("/run/user/{id}").into())]
            }
            _ => Vec::new(),
        }
    }

    /// Takes a lock in the data directory: the units are the house's alone.
    fn lock(&self, owner: &Owner) -> Result<lock::Lock> {
        lock::Lock::take(None, &owner.data_dir, self.patience)
    }
}

/// Returns the units of these entries, as many as there may be; sellers share the room.
fn units(owner: &Owner, entries: &[Entry]) -> Result<Vec<Unit>> {
    let turns: HashMap<i64, i64> = entries.iter().map(|entry| (entry.listing, entry.turn)).collect();
    let turn = |unit: &Unit| unit.listings.iter().filter_map(|id| turns.get(id)).min().copied().unwrap_or(0);
    Ok(share(unit::units(owner, entries)?, MAX_UNITS, turn))
}

const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

const START: &str = "start the server as a user whose systemd answers (`loginctl enable-linger` gives a service's user a \
                     manager of its own), or install cron and use `--scheduler cron`";

#[cfg(target_os = "linux")]
fn user_id() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(std::fs::metadata("/proc/self").ok()?.uid())
}

#[cfg(not(target_os = "linux"))]
fn user_id() -> Option<u32> {
    None
}
