//! Keeps the operating system's scheduler in step with the database: which scheduler this house uses, which entries it
//! should hold, and which ones it was seen to hold.

use crate::house::House;
use crate::house::closing::demo::BY_DEMO;
use crate::house::closing::heartbeat::{self, HeartbeatState};
use crate::house::settings::IN_USE;
use crate::rules::listing::ListingId;
use crate::rules::time::Time;
use crate::scheduler::{self, Choice, Entry, Finding, Held, Owner, Put, Scheduler};
use crate::store::entries::Deadline;
use crate::store::log::LogLine;
use crate::store::settings::Heartbeat;
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The most deadlines offered to the scheduler: some by their nearness, the others by rotation. A scheduler may take
/// fewer.
const MAX_DEADLINES: i64 = 5_000;
/// The number of deadlines chosen by their nearness: every scheduler reserves room for as many of the nearest.
const NEAREST: i64 = 50;
/// The setting that says why the server's entries were refused; empty once they were taken.
const TROUBLE: &str = "scheduler_trouble";
/// The sweep runs every minute, and takes seconds.
const SWEEP_OVERDUE_MS: i64 = 65_000;
/// Without a beat for this long no server runs: it beats every 5 s.
const SERVER_RUNS_MS: i64 = 60_000;

/// A wanted deadline, and what the operating system holds for it.
#[derive(Clone, Debug, Serialize)]
pub struct EntryShape {
    pub listing: ListingId,
    pub closes_at: Time,
    /// When it should fire, in the scheduler's notation.
    pub wanted: String,
    /// When it will fire; null if the operating system does not hold it.
    pub held: Option<String>,
    /// Whether it is among the limited number that the scheduler takes; the others follow in time.
    pub due_to_be_held: bool,
    /// The offset from UTC at that time of the zone in which cron reads its lines: `+09:00`.
    pub offset: String,
}

/// All entries of this house.
#[derive(Clone, Debug, Serialize)]
pub struct Entries {
    pub scheduler: &'static str,
    pub sweep: bool,
    pub reboot: bool,
    /// Why nothing is changed until a person has repaired the markers.
    pub damaged: Option<String>,
    pub entries: Vec<EntryShape>,
    /// The entries of listings that have ended, which the sweep removes.
    pub stale: Vec<i64>,
}

fn named(name: &str) -> Result<Scheduler> {
    let choice: Choice = name.parse().map_err(|words: String| anyhow::anyhow!(words))?;
    Ok(scheduler::pick(choice).0)
}

impl House {
    /// Chooses the scheduler, `preferred` if given, and records it for the commands beside the server. Removes the
    /// entries from the previous scheduler. The sentence says which one was chosen and why.
    pub fn choose_scheduler(&self, preferred: Option<Choice>) -> Result<(Scheduler, String)> {
        program()?;
        let (choice, (scheduler, words)) = self.pick_scheduler(preferred)?;
        let (choice, in_use) = (choice.to_string(), scheduler.name());
        let (now, seen_before) = (self.now(), self.serving.seen_before());
        let left = self.write(move |tx| {
            if preferred.is_some() {
                tx.put_setting("scheduler", &choice)?;
                let detail = json!({"key": "scheduler", "value": choice});
                tx.log(&LogLine::of("house.set").detail(detail))?;
            }
            let before = tx.setting(IN_USE)?;
            heartbeat::begin_to_wait(tx, before.as_deref() != Some(in_use), seen_before, now)?;
            tx.put_setting(IN_USE, in_use)?;
            Ok(before.filter(|before| before != in_use))
        })?;
        if let Some(before) = left {
            self.leave(&before);
        }
        Ok((scheduler, words))
    }

    /// Returns the scheduler that would be chosen; writes nothing.
    pub fn pick_scheduler(&self, preferred: Option<Choice>) -> Result<(Choice, (Scheduler, String))> {
        let choice = match preferred {
            Some(choice) => choice,
            None => self.settings()?.scheduler,
        };
        Ok((choice, scheduler::pick(choice)))
    }

    /// Removes the house's entries from a scheduler that is no longer used. The scheduler itself may be gone.
    fn leave(&self, name: &str) {
        let left = named(name).and_then(|before| self.clear_own(&before, &self.owner()?));
        if let Err(error) = left {
            tracing::warn!(
                error = format!("{error:#}"),
                "the entries in {name} may still be there; `auction scheduler clear` removes them"
            );
        }
    }

    /// The scheduler in use: the one chosen last, otherwise the one that the setting names.
    pub fn scheduler(&self) -> Result<Scheduler> {
        let settings = self.settings()?;
        match settings.scheduler_in_use() {
            Some(name) => named(name),
            None => Ok(scheduler::pick(settings.scheduler).0),
        }
    }

    fn owner(&self) -> Result<Owner> {
        let program = program()?.to_owned();
        let data_dir = self.dir().canonicalize().with_context(|| format!("find {}", self.dir().display()))?;
        Ok(Owner { house_id: self.settings()?.house_id().to_owned(), program, data_dir })
    }

    /// Whether the operating system holds entries under this house's id for another directory or program. A scheduler
    /// that cannot be asked counts as holding none.
    pub(in crate::house) fn held_elsewhere(&self, dir: &Path) -> bool {
        let owner = self.owner().and_then(|owner| Ok(Owner { data_dir: dir.canonicalize()?, ..owner }));
        let held = owner.and_then(|owner| self.scheduler()?.held(&owner));
        held.is_ok_and(|held| held.moved)
    }

    /// Makes the scheduler hold the entries that the database wants, and records which ones it was seen to hold. With
    /// `prune`, entries of ended listings are reason enough to write.
    pub fn sync_entries(&self, prune: bool) -> Result<Put> {
        let scheduler = self.scheduler()?;
        if let Scheduler::None = scheduler {
            return Ok(Put::default());
        }
        let (mut deadlines, mut wanted) = (Vec::new(), Vec::new());
        // Reads while the scheduler's lock is held, so that a slower writer never restores an older state.
        let mut read = || {
            deadlines = self.read(|snapshot| snapshot.open_deadlines(self.now(), MAX_DEADLINES))?;
            let now = self.now().utc();
            wanted = deadlines.iter().map(|deadline| entry(&scheduler, deadline, now)).collect();
            Ok(wanted.clone())
        };
        let put = scheduler.sync(&self.owner()?, &mut read, prune, &|| self.now().utc())?;
        self.note(&deadlines, &wanted, &put.armed)?;
        if put.installed && self.heartbeat()? == HeartbeatState::Never {
            self.send_canary()?;
        }
        if put.installed && self.settings()?.scheduler_in_use().is_none() {
            self.note_in_use(scheduler.name())?;
        }
        Ok(put)
    }

    /// Records that a scheduler which holds entries is in use, even if no server has chosen it.
    fn note_in_use(&self, name: &'static str) -> Result<()> {
        Ok(self.write(move |tx| Ok(tx.put_setting(IN_USE, name)?))?)
    }

    /// Makes the scheduler read the entries once more if the sweep is overdue. Returns whether it was.
    pub fn nudge_scheduler(&self) -> Result<bool> {
        let now = self.now();
        let is_overdue = match self.heartbeat()? {
            HeartbeatState::Waiting { since } => now.ms_since(since) > SWEEP_OVERDUE_MS,
            HeartbeatState::Silent { .. } => true,
            HeartbeatState::Off | HeartbeatState::Never | HeartbeatState::Alive { .. } => false,
        };
        if !is_overdue || scheduler::minute::is_cron_reading(now.utc()) {
            return Ok(false);
        }
        self.scheduler()?.nudge(&self.owner()?, &|| self.now().utc())?;
        Ok(true)
    }

    /// Whether any entry that the scheduler should hold by now is not known to be there, such as one that was refused
    /// to a command.
    pub fn has_unarmed(&self) -> Result<bool> {
        if let Scheduler::None = self.scheduler()? {
            return Ok(false);
        }
        let nearest = self.read(|snapshot| snapshot.nearest_deadlines(self.now(), NEAREST))?;
        Ok(nearest.iter().any(|deadline| !deadline.armed))
    }

    /// Records which entries are armed, if that has changed.
    fn note(&self, deadlines: &[Deadline], wanted: &[Entry], armed: &[i64]) -> Result<()> {
        let armed: HashSet<i64> = armed.iter().copied().collect();
        let seen = deadlines.iter().zip(wanted).map(|(deadline, entry)| {
            let fires_at = Time(entry.fires_at.timestamp_millis());
            (deadline, fires_at, armed.contains(&entry.listing))
        });
        let changed: Vec<(ListingId, Time, bool)> = seen
            .filter(|(deadline, fires_at, armed)| {
                (deadline.fires_at, deadline.armed) != (Some(*fires_at), *armed)
            })
            .map(|(deadline, fires_at, armed)| (deadline.listing, fires_at, armed))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let noted = self.write(move |tx| {
            for (listing, fires_at, armed) in changed {
                tx.put_entry(listing, fires_at, armed)?;
            }
            Ok(())
        });
        noted.map_err(|fault| fault.context("note the entries"))
    }

    /// The entries that the operating system holds, beside those that it should hold.
    pub fn entries(&self) -> Result<Entries> {
        let scheduler = self.scheduler()?;
        let owner = self.owner()?;
        let held: Held = scheduler.held(&owner)?;
        let deadlines = self.read(|snapshot| snapshot.open_deadlines(self.now(), MAX_DEADLINES))?;
        let now = self.now().utc();
        let wanted: Vec<Entry> = deadlines.iter().map(|deadline| entry(&scheduler, deadline, now)).collect();
        let given = match held.damaged {
            Some(_) => HashSet::new(),
            None => scheduler.given(&owner, &wanted)?,
        };
        let mut entries = Vec::with_capacity(deadlines.len());
        for (deadline, wanted) in deadlines.iter().zip(&wanted) {
            let mut here = held.entries.iter().filter(|entry| entry.listing == wanted.listing);
            entries.push(EntryShape {
                listing: deadline.listing,
                closes_at: deadline.closes_at,
                wanted: scheduler.when(wanted.fires_at)?,
                held: here.next().map(|entry| entry.when.clone()),
                due_to_be_held: given.contains(&wanted.listing),
                offset: scheduler.offset(wanted.fires_at)?,
            });
        }
        let open: HashSet<i64> = deadlines.iter().map(|deadline| deadline.listing.0).collect();
        let stale = held.entries.iter().map(|entry| entry.listing).filter(|id| !open.contains(id)).collect();
        Ok(Entries {
            scheduler: scheduler.name(),
            sweep: held.sweep,
            reboot: held.reboot,
            damaged: held.damaged,
            entries,
            stale,
        })
    }

    /// Removes this house's entries from a scheduler, unless they are for another directory: a copied house has the
    /// same id.
    fn clear_own(&self, scheduler: &Scheduler, owner: &Owner) -> Result<()> {
        let held = scheduler.held(owner)?;
        let is_ours = held.calls.iter().all(|call| call.data_dir == owner.data_dir);
        let is_unread = held.moved && held.calls.is_empty();
        if held.is_any() && is_ours && !is_unread {
            scheduler.clear(owner, &|| self.now().utc())?;
        }
        Ok(())
    }

    /// Removes all entries of this house and nothing else, including those in a scheduler that it does not use.
    pub fn clear_entries(&self) -> Result<()> {
        let (in_use, owner) = (self.scheduler()?, self.owner()?);
        in_use.clear(&owner, &|| self.now().utc())?;
        for other in scheduler::on_this_machine().iter().filter(|other| other.name() != in_use.name()) {
            // A scheduler that cannot be asked runs nothing.
            if other.held(&owner).is_ok() {
                self.clear_own(other, &owner)?;
            }
        }
        let noted = self.write(|tx| Ok(tx.disarm_all()?));
        noted.map_err(|fault| fault.context("note that the entries are gone"))
    }

    /// Whether entries are written for cron, but no cron daemon is among the processes that can be seen. A demo needs none.
    pub fn lacks_daemon(&self) -> Result<bool> {
        let scheduler = self.scheduler()?;
        let is_unread = !matches!(scheduler, Scheduler::None) && !scheduler.seems_to_run();
        Ok(is_unread && !self.settings()?.is_demo())
    }

    /// Checks whether the scheduler exists, runs, and may be used; ignores the entries.
    pub fn look_for_daemon(&self) -> Result<Vec<Finding>> {
        Ok(self.scheduler()?.check(&self.owner()?))
    }

    /// Checks whether the scheduler can keep this house's deadlines: the daemon, the permission, the entries, and the
    /// server's own trouble with them. A demo needs no scheduler.
    pub fn check_scheduler(&self) -> Result<Vec<Finding>> {
        if self.settings()?.is_demo() && !self.scheduler()?.seems_to_run() {
            return Ok(vec![Finding::good("scheduler", BY_DEMO)]);
        }
        let mut findings = self.look_for_daemon()?;
        if !matches!(self.scheduler()?, Scheduler::None) {
            findings.push(match self.entries() {
                Ok(entries) => entries_agree(&entries),
                Err(error) => Finding::bad("entries", format!("{error:#}"), SYNC),
            });
            findings.extend(self.trouble()?.map(|words| {
                Finding::bad(
                    "server_entries",
                    format!("the server cannot put its entries in: {words}"),
                    "if `crontab -l` works here, see the server's unit: SupplementaryGroups=crontab, \
                     ReadWritePaths=/var/spool/cron/crontabs, no DynamicUser",
                )
            }));
        }
        Ok(findings)
    }

    /// Why the last attempt of a running server to install its entries was refused.
    fn trouble(&self) -> Result<Option<String>> {
        let (words, beat) =
            self.read(|snapshot| Ok((snapshot.setting(TROUBLE)?, snapshot.heartbeat(Heartbeat::Server)?)))?;
        let runs = beat.is_some_and(|at| self.now().ms_since(at).abs() < SERVER_RUNS_MS);
        Ok(words.filter(|words| runs && !words.is_empty()))
    }

    /// Records the server's trouble with the scheduler for other processes.
    pub(in crate::house) fn note_trouble(&self, words: &str) -> Result<()> {
        let words = words.to_owned();
        Ok(self.write(move |tx| Ok(tx.put_setting(TROUBLE, &words)?))?)
    }
}

fn entries_agree(entries: &Entries) -> Finding {
    const NAME: &str = "entries";
    let is_wrong = |entry: &&EntryShape| match &entry.held {
        Some(held) => *held != entry.wanted,
        None => entry.due_to_be_held,
    };
    let n_wrong = entries.entries.iter().filter(is_wrong).count();
    match (&entries.damaged, n_wrong, entries.sweep && entries.reboot) {
        (Some(words), ..) => {
            Finding::bad(NAME, words.clone(), "mend the markers by hand, then run `auction scheduler sync`")
        }
        (None, 0, true) => Finding::good(NAME, format!("{} entries stand as wanted", entries.entries.len())),
        (None, 0, false) if entries.entries.is_empty() => Finding::good(NAME, "there is nothing to keep yet"),
        (None, 0, false) => Finding::bad(NAME, "the sweep or the reboot entry is missing", SYNC),
        (None, n, _) => Finding::bad(NAME, format!("{n} entries differ from what they should be"), SYNC),
    }
}

/// The path of this program, read once: after an upgrade in place Linux would report it as deleted.
fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(known) = PROGRAM.get() {
        return Ok(known);
    }
    let found = std::env::current_exe().context("find this program's own path")?;
    Ok(PROGRAM.get_or_init(|| found))
}

const SYNC: &str = "run `auction scheduler sync`";

fn entry(scheduler: &Scheduler, deadline: &Deadline, now: DateTime<Utc>) -> Entry {
    let closes_at = deadline.closes_at.utc();
    let armed = deadline.fires_at.filter(|_| deadline.armed).map(Time::utc);
    let fires_at = scheduler.fires_at(closes_at, now, armed);
    Entry { listing: deadline.listing.0, closes_at, fires_at, turn: deadline.turn }
}
