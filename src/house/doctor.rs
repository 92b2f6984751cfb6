//! Whether the house is well: readable, kept by the scheduler, and how far behind anything is.

use super::House;
use crate::rules::time::Time;
use crate::scheduler::{Finding, Scheduler};
use crate::store::settings::Heart;
use anyhow::Result;
use serde::Serialize;

/// A sweep that has not run for so long will not run: it runs every minute.
const HEARTBEAT_STALE_S: i64 = 150;
/// Deadlines that are counted.
const MAX_COUNTED: i64 = 100_000;

/// For `/readyz`.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    pub ready: bool,
    pub database: &'static str,
    pub scheduler: &'static str,
}

/// For `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub n_open: i64,
    pub n_overdue: i64,
    pub n_pending: i64,
    pub heartbeat_age_s: Option<i64>,
}

impl House {
    /// The scheduler is `off` (by choice), `waiting` (its sweep has not run yet), `alive`, or `silent` (not for 150 s).
    pub fn readiness(&self) -> Readiness {
        let scheduler = match self.scheduler().and_then(|scheduler| self.pulse(&scheduler)) {
            Ok(scheduler) => scheduler,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "readiness");
                return Readiness { ready: false, database: "unreadable", scheduler: "unknown" };
            }
        };
        Readiness { ready: scheduler != "silent", database: "readable", scheduler }
    }

    fn pulse(&self, scheduler: &Scheduler) -> Result<&'static str> {
        if let Scheduler::None = scheduler {
            return Ok("off");
        }
        Ok(match self.read(|snapshot| snapshot.heartbeat(Heart::Sweep))? {
            None => "waiting",
            Some(at) if is_stale(at, self.now()) => "silent",
            Some(_) => "alive",
        })
    }

    pub fn figures(&self) -> Result<Figures> {
        let now = self.now();
        self.read(|snapshot| {
            let deadlines = snapshot.open_deadlines(now, MAX_COUNTED)?;
            let n_overdue = i64::try_from(snapshot.due(now, now, MAX_COUNTED)?.len())?;
            let n_ahead = i64::try_from(deadlines.len())?;
            let n_armed = i64::try_from(deadlines.iter().filter(|deadline| deadline.armed).count())?;
            let beat = snapshot.heartbeat(Heart::Sweep)?;
            Ok(Figures {
                n_open: n_ahead + n_overdue,
                n_overdue,
                n_pending: n_ahead - n_armed,
                heartbeat_age_s: beat.map(|at| now.ms_since(at) / 1_000),
            })
        })
    }

    /// The sweep's heartbeat: the only proof that the scheduler's daemon runs our entries.
    pub fn beat_sweep(&self) -> Result<()> {
        let beaten = self.write(|tx| {
            tx.beat(Heart::Sweep)?;
            Ok(Ok(()))
        })?;
        beaten.map_err(|refusal| anyhow::anyhow!("{refusal}"))
    }

    /// Everything that a check can find, each with what to do.
    pub fn doctor(&self) -> Result<Vec<Finding>> {
        let mut findings = vec![self.database()?, self.books()?, self.clock()?];
        findings.extend(self.check_scheduler()?);
        if let Some(finding) = self.heartbeat()? {
            findings.push(finding);
        }
        findings.push(self.permissions());
        Ok(findings)
    }

    fn database(&self) -> Result<Finding> {
        let faults = self.read(|snapshot| snapshot.integrity())?;
        let words = faults.first().map_or("The file is whole.".to_owned(), Clone::clone);
        Ok(finding("database", faults.is_empty(), words, "Restore the last good backup."))
    }

    fn books(&self) -> Result<Finding> {
        let audit = self.audit()?;
        let good = format!(
            "{} listings, {} bids and {} purses agree.",
            audit.n_listings, audit.n_bids, audit.n_purses
        );
        let ok = audit.disagreement.is_none();
        Ok(finding(
            "ledger",
            ok,
            audit.disagreement.unwrap_or(good),
            "Run `auction audit`, and keep the file as it is.",
        ))
    }

    fn clock(&self) -> Result<Finding> {
        let last = self.read(|snapshot| snapshot.last_event())?;
        let behind_ms = last.at.ms_since(self.now());
        let words = format!("It is {}.", self.now());
        let late = format!("The clock is {behind_ms} ms behind the newest event.");
        let ok = behind_ms < 1_000;
        Ok(finding("clock", ok, if ok { words } else { late }, "Set the clock, and keep it by NTP."))
    }

    fn heartbeat(&self) -> Result<Option<Finding>> {
        if let Scheduler::None = self.scheduler()? {
            return Ok(None);
        }
        let what_to_do = "See that the scheduler's daemon runs: `systemctl status cron`.";
        Ok(Some(match self.read(|snapshot| snapshot.heartbeat(Heart::Sweep))? {
            None => finding("heartbeat", false, "The sweep has not run yet.".into(), what_to_do),
            Some(at) => {
                let words = format!("The sweep last ran at {at}.");
                finding("heartbeat", !is_stale(at, self.now()), words, what_to_do)
            }
        }))
    }

    fn permissions(&self) -> Finding {
        let file = tempfile::NamedTempFile::new_in(self.dir());
        let words = match &file {
            Ok(_) => format!("{} can be written.", self.dir().display()),
            Err(error) => format!("{} cannot be written: {error}.", self.dir().display()),
        };
        finding("data directory", file.is_ok(), words, "Give the directory to the user that runs the house.")
    }
}

fn is_stale(at: Time, now: Time) -> bool {
    now.ms_since(at) > HEARTBEAT_STALE_S * 1_000
}

fn finding(name: &'static str, ok: bool, words: String, what_to_do: &str) -> Finding {
    Finding { ok, name, words, what_to_do: if ok { String::new() } else { what_to_do.to_owned() } }
}
