//! `auction scheduler`: the entries that the operating system holds, next to those that it should hold.

use super::doctor::print_findings;
use super::out::{Out, table};
use super::{Ending, Ran};
use crate::house::House;
use crate::house::closing::schedule::{Entries, EntryShape};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Scheduler {
    /// List the entries, held next to wanted
    #[command(after_help = "Example:\n  auction scheduler list")]
    List,
    /// Bring the operating system's entries in line with the database
    #[command(after_help = "Example:\n  auction scheduler sync")]
    Sync,
    /// Check that the scheduler can keep the deadlines; exit status 1 if not
    #[command(after_help = "Example:\n  auction scheduler check")]
    Check,
    /// Remove all entries of this house
    #[command(after_help = "Example:\n  auction scheduler clear")]
    Clear,
}

impl Scheduler {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Scheduler::List => list(house, out),
            Scheduler::Sync => sync(house, out),
            Scheduler::Check => print_findings(out, &house.check_scheduler()?),
            Scheduler::Clear => {
                house.clear_entries()?;
                out.done(&json!({"cleared": true}), || "all entries of this house are gone".to_owned())?;
                Ok(Ending::Done)
            }
        }
    }
}

/// The sentence about a house without a scheduler.
const NOBODY: &str = "no scheduler keeps the deadlines: a running server does, and nobody else";

fn list(house: &House, out: &Out) -> Ran {
    let entries = house.entries()?;
    let is_none = house.settings()?.is_unscheduled();
    out.data(&entries, || {
        if is_none {
            return NOBODY.to_owned();
        }
        let row = |entry: &EntryShape| {
            [
                entry.listing.to_string(),
                entry.closes_at.to_string(),
                format!("{} ({})", entry.wanted, entry.offset),
                entry.held.clone().unwrap_or_else(|| if entry.due_to_be_held { "-" } else { "later" }.into()),
            ]
        };
        let rows = table(["listing", "closes at", "wanted", "held"], entries.entries.iter().map(row));
        format!("{}\n{rows}", head(&entries))
    })?;
    Ok(Ending::Done)
}

fn head(entries: &Entries) -> String {
    let held = |held: bool| if held { "held" } else { "missing" };
    let damaged = entries.damaged.as_ref().map_or(String::new(), |why| format!("\ndamaged: {why}"));
    format!(
        "scheduler {}, sweep {}, reboot {}, {} stale{damaged}",
        entries.scheduler,
        held(entries.sweep),
        held(entries.reboot),
        entries.stale.len()
    )
}

fn sync(house: &House, out: &Out) -> Ran {
    let put = house.sync_entries(true)?;
    let is_none = house.settings()?.is_unscheduled();
    let n_armed = put.armed.len();
    let body = json!({"armed": put.armed, "installed": put.installed, "beyond_window": put.beyond_window});
    out.done(&body, || {
        if is_none {
            return NOBODY.to_owned();
        }
        let what = if put.installed { "written" } else { "as they were" };
        format!("{n_armed} entries armed, {what}")
    })?;
    Ok(Ending::Done)
}
