//! The Windows Task Scheduler, through `schtasks`: a folder of tasks for each house, and a task for each listing.
//!
//! Decides by exit status alone and knows a task by the mark in its own XML, because everything that `schtasks` prints
//! is in the machine's language. It must never report a task as armed that the system did not show after it was made.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::entry::{Entry, Held, HeldEntry, Now, Owner, Put, Wanted};
use super::files::on_path;
use super::finding::Finding;
use super::record::Record;
use super::task::{self, Principal, Task};
use super::window::{nearest, share};
use super::{lock, run};

#[derive(Clone, Debug)]
pub struct Schtasks {
    pub(super) program: PathBuf,
    pub(super) patience: Duration,
    /// One call makes and deletes tasks for this long, then leaves the rest to the next call: the lock is held
    /// meanwhile.
    pub(super) at_work: Duration,
}

/// Listings considered, and tasks held: each costs a process to make it and another to read it back.
const WINDOW: usize = 5_000;
const MAX_TASKS: usize = 200;

const AT_WORK: Duration = Duration::from_secs(5);

/// How many of the nearest tasks a pruning call looks for, in case a person has deleted them.
const ASKED_AFTER: usize = 20;

/// Finds it in System32 on Windows, where only an administrator can put another; elsewhere on PATH.
pub(super) fn find(path: Option<&OsStr>) -> Option<PathBuf> {
    if cfg!(windows) {
        let system = PathBuf::from(std::env::var_os("SystemRoot")?).join("System32");
        return Some(system.join("schtasks.exe")).filter(|file| file.is_file());
    }
    on_path("schtasks", path).or_else(|| on_path("schtasks.exe", path))
}

impl Schtasks {
    pub(super) fn new(program: PathBuf) -> Schtasks {
        Schtasks { program, patience: run::PATIENCE, at_work: AT_WORK }
    }

    pub(super) fn held(&self, owner: &Owner) -> Result<Held> {
        let record = Record::read(&owner.data_dir);
        let fixed = task::tasks(owner, record.principal.unwrap_or(Principal::System), &[])?;
        let mut held = Held { moved: fixed.iter().any(|task| !record.holds(task)), ..Held::default() };
        held.moved &= !record.tasks.is_empty();
        for (name, noted) in &record.tasks {
            if !self.stands(owner, name, &noted.mark)? {
                continue;
            }
            held.sweep |= name == "sweep" && !held.moved;
            held.reboot |= name == "boot" && !held.moved;
            held.entries.extend(noted.listings.iter().map(|&listing| HeldEntry {
                listing,
                when: noted.starts.clone(),
                text: task::path(owner, name),
            }));
        }
        held.entries.sort_by(|a, b| (&a.when, a.listing).cmp(&(&b.when, b.listing)));
        Ok(held)
    }

    pub(super) fn put(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Put> {
        owner.check()?;
        let _lock = self.lock(owner)?;
        let before = Record::read(&owner.data_dir);
        let mut record = before.clone();
        let done = self.put_locked(owner, wanted, prune, now, &mut record);
        if record != before {
            record.write(&owner.data_dir)?;
        }
        done
    }

    fn put_locked(
        &self,
        owner: &Owner,
        wanted: Wanted,
        prune: bool,
        now: Now,
        record: &mut Record,
    ) -> Result<Put> {
        let stands = |entry: &Entry| record.starts(entry.listing, &task::boundary(entry.fires_at));
        let (entries, beyond) = nearest(&wanted()?, now(), WINDOW, stands);
        let tasks = tasks(owner, self.principal(owner, record)?, &entries)?;
        let n_cut = entries.len() - tasks.iter().map(|task| task.listings.len()).sum::<usize>();
        if prune {
            self.ask_after(owner, &tasks, record)?;
        }
        let until = Instant::now() + self.at_work;
        let mut put = Put { beyond_window: beyond + n_cut, ..Put::default() };
        for task in &tasks {
            if record.holds(task) {
                put.armed.extend(&task.listings);
            } else if Instant::now() < until {
                put.installed = true;
                if self.make(owner, task, record)? && task.starts > task::boundary(now()) {
                    put.armed.extend(&task.listings);
                }
            }
        }
        if prune {
            put.installed |= self.prune(owner, &tasks, record, until)?;
        }
        put.armed.sort_unstable();
        Ok(put)
    }

    /// Returns the listings of those entries, nearest first, that there is room for.
    pub(super) fn given(&self, owner: &Owner, nearest: Vec<Entry>) -> Result<HashSet<i64>> {
        let principal = Record::read(&owner.data_dir).principal.unwrap_or(Principal::System);
        let entries = share(nearest, WINDOW, |entry| entry.turn);
        Ok(tasks(owner, principal, &entries)?.into_iter().flat_map(|task| task.listings).collect())
    }

    pub(super) fn clear(&self, owner: &Owner) -> Result<()> {
        owner.check()?;
        let _lock = self.lock(owner)?;
        let mut record = Record::read(&owner.data_dir);
        let mut left: BTreeSet<String> = record.tasks.keys().cloned().collect();
        left.extend(["sweep".into(), "boot".into()]);
        for name in left {
            self.delete(owner, &name)?;
            record.tasks.remove(&name);
            record.write(&owner.data_dir)?;
        }
        record.principal = None;
        record.write(&owner.data_dir)
    }

    pub(super) fn check(&self, owner: &Owner) -> Vec<Finding> {
        let answers = match self.run(&["/Query"]) {
            Ok(ran) if ran.status.success() => Finding::good("schtasks", "the Task Scheduler answers"),
            Ok(ran) => Finding::bad("schtasks", refusal("/Query", &ran), START),
            Err(e) => Finding::bad("schtasks", format!("{e:#}"), START),
        };
        let principal = match Record::read(&owner.data_dir).principal {
            Some(Principal::Person) => Finding::bad(
                "principal",
                "the tasks run only while the person who made them is logged on, and are silent otherwise",
                "as an administrator, run `auction scheduler clear` and then `auction scheduler sync`",
            ),
            Some(Principal::System) => {
                Finding::good("principal", "the tasks run as SYSTEM, whoever is logged on")
            }
            None => Finding::good("principal", "no task has been registered yet"),
        };
        vec![answers, principal]
    }

    /// Forgets tasks that the system no longer shows, so that they are made again. If the sweep is gone, all may be:
    /// the house was moved to another machine.
    fn ask_after(&self, owner: &Owner, tasks: &[Task], record: &mut Record) -> Result<()> {
        for task in tasks.iter().take(ASKED_AFTER) {
            if !record.holds(task) || self.stands(owner, &task.name, &task.mark)? {
                continue;
            }
            if task.name == "sweep" {
                record.tasks.values_mut().for_each(|noted| noted.mark.clear());
                return Ok(());
            }
            record.tasks.remove(&task.name);
        }
        Ok(())
    }

    /// Returns the principal on record; the first time SYSTEM, if we may register the sweep for it, else the person who
    /// runs this.
    fn principal(&self, owner: &Owner, record: &mut Record) -> Result<Principal> {
        if record.principal.is_none() {
            let sweep = &task::tasks(owner, Principal::System, &[])?[0];
            let allowed = self.create(owner, sweep)?.status.success();
            record.principal = Some(if allowed { Principal::System } else { Principal::Person });
        }
        Ok(record.principal.expect("it was just noted"))
    }

    /// Registers a task; returns whether the system shows it afterwards.
    fn make(&self, owner: &Owner, task: &Task, record: &mut Record) -> Result<bool> {
        let ran = self.create(owner, task)?;
        if !ran.status.success() {
            bail!("{}", refusal(&format!("/Create {}", task::path(owner, &task.name)), &ran));
        }
        let stands = self.stands(owner, &task.name, &task.mark)?;
        if stands {
            record.note(task);
        }
        Ok(stands)
    }

    /// Deletes tasks that nobody wants any more; returns whether there were any.
    fn prune(&self, owner: &Owner, tasks: &[Task], record: &mut Record, until: Instant) -> Result<bool> {
        let wanted: HashSet<&str> = tasks.iter().map(|task| &*task.name).collect();
        let stale: Vec<String> =
            record.tasks.keys().filter(|name| !wanted.contains(&***name)).cloned().collect();
        let mut any = false;
        for name in stale {
            if Instant::now() < until {
                self.delete(owner, &name)?;
                record.tasks.remove(&name);
                any = true;
            }
        }
        Ok(any)
    }

    fn create(&self, owner: &Owner, task: &Task) -> Result<run::Ran> {
        let file = owner.data_dir.join("task.xml");
        std::fs::write(&file, task::utf16(&task.xml)).with_context(|| format!("write {}", file.display()))?;
        let xml = file.to_str().context("the data directory's path is not Unicode")?;
        let ran = self.run(&["/Create", "/F", "/TN", &task::path(owner, &task.name), "/XML", xml]);
        std::fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
        ran
    }

    /// Deletes a task. One that is not there, because it expired or a person deleted it, is no error.
    fn delete(&self, owner: &Owner, name: &str) -> Result<()> {
        let path = task::path(owner, name);
        let ran = self.run(&["/Delete", "/F", "/TN", &path])?;
        if ran.status.success() || !self.run(&["/Query", "/TN", &path, "/XML"])?.status.success() {
            return Ok(());
        }
        bail!("{}", refusal(&format!("/Delete {path}"), &ran))
    }

    /// Returns whether the system holds the task in this version. If it cannot show a task's XML, its exit status
    /// decides.
    fn stands(&self, owner: &Owner, name: &str, mark: &str) -> Result<bool> {
        let ran = self.run(&["/Query", "/TN", &task::path(owner, name), "/XML"])?;
        // Whichever encoding it prints, the mark is in ASCII.
        let ascii: Vec<u8> = ran.stdout.into_iter().filter(|&byte| byte != 0).collect();
        let shown = ascii.windows(mark.len().max(1)).any(|part| part == mark.as_bytes());
        Ok(ran.status.success() && (ascii.trim_ascii().is_empty() || shown))
    }

    fn run(&self, args: &[&str]) -> Result<run::Ran> {
        run::run(&self.program, args, &[], self.patience)
    }

    /// Takes a lock in the data directory: the tasks are the house's alone, and are made by its owner and by SYSTEM.
    fn lock(&self, owner: &Owner) -> Result<lock::Lock> {
        lock::Lock::take(None, &owner.data_dir, self.patience)
    }
}

/// Returns the tasks of these entries, as many as there may be; sellers share the room.
fn tasks(owner: &Owner, principal: Principal, entries: &[Entry]) -> Result<Vec<Task>> {
    let turns: HashMap<i64, i64> = entries.iter().map(|entry| (entry.listing, entry.turn)).collect();
    let turn = |task: &Task| task.listings.iter().filter_map(|id| turns.get(id)).min().copied().unwrap_or(0);
    Ok(share(task::tasks(owner, principal, entries)?, MAX_TASKS, turn))
}

const START: &str = "start the service \"Task Scheduler\" (`sc start Schedule`), and make sure that this user may use schtasks";

fn refusal(what: &str, ran: &run::Ran) -> String {
    format!("schtasks {what} failed ({}): {}", ran.status, ran.reason())
}
