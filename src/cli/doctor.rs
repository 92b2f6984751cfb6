//! `auction doctor`: checks everything that the house depends on, and says what to do; or prints a report for strangers
//! who are asked for help, without private data.

use super::out::{Out, table};
use super::{Ending, Ran, amiss, config, finish, sign_on};
use crate::house::House;
use crate::house::care::clock_check::ClockState;
use crate::house::care::disk_checks::Room;
use crate::house::care::report::Report;
use crate::notifications::carrier;
use crate::scheduler::Finding;
use clap::Args;
use serde_json::json;
use std::fmt::Write;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction doctor\n  auction doctor --report\n  auction doctor --accept-clock"
)]
pub struct Doctor {
    /// Print a report to paste into an issue: versions, settings, findings and counts; no names, emails, titles,
    /// amounts or secrets
    #[arg(long)]
    report: bool,
    /// Accept a clock that has jumped ahead: it is right. Bids, listings and settlements wait for this, or for the
    /// clock to be set back
    #[arg(long, conflicts_with = "report")]
    accept_clock: bool,
    /// Rebuild the search index from the listings
    #[arg(long, conflicts_with_all = ["report", "accept_clock"])]
    rebuild_search: bool,
}

impl Doctor {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        if self.accept_clock {
            return accept_clock(house, out);
        }
        if self.rebuild_search {
            return finish(house.rebuild_search(), |()| {
                out.data(&json!({"rebuilt": "search"}), || "the search index was rebuilt".to_owned())
            });
        }
        if !self.report {
            let mut findings = house.doctor()?;
            findings.extend(notifications_by_cron(house));
            findings.extend(journal_by_cron(house));
            findings.extend(mail(house));
            findings.extend(sign_on::finding(house));
            return print_findings(out, &findings);
        }
        let mut report = house.report()?;
        report.findings.extend(notifications_by_cron(house));
        report.findings.extend(journal_by_cron(house));
        report.findings.extend(mail(house));
        report.findings.extend(sign_on::finding(house));
        out.data(&report, || text(&report))?;
        Ok(ending(&report.findings))
    }
}

/// Accepts the clock. Where it has not jumped, there is nothing to do.
fn accept_clock(house: &House, out: &Out) -> Ran {
    finish(house.accept_clock(), |(before, after)| {
        let (now, ahead_ms) = (after.now(), before.ahead_ms().max(0));
        out.data(&json!({"now": now, "before": before.name(), "ahead_ms": ahead_ms}), || match before {
            ClockState::Jumped { .. } => {
                format!("the clock is accepted, {ahead_ms} ms ahead of the time that had passed: it is {now}")
            }
            _ => format!("the clock has not jumped ahead: it is {now}"),
        })
    })
}

/// What is wrong with the notifications of a process that cron starts, which has no environment.
fn notifications_by_cron(house: &House) -> Option<Finding> {
    match config::notifications_by_cron(house.dir()) {
        Ok(config) => match house.outbox() {
            Ok((channels, _)) => carrier::check(&config, &channels),
            Err(error) => {
                let words = format!("not checked: {error:#}");
                Some(Finding::bad("notifications_by_cron", words, "repair the outbox first"))
            }
        },
        Err(error) => {
            Some(Finding::bad("notifications_by_cron", format!("{error:#}"), "correct auction.toml"))
        }
    }
}

/// What is wrong with the journal of a process that cron starts, which has no environment.
fn journal_by_cron(house: &House) -> Option<Finding> {
    let lacks = config::lacks_journal_by_cron(house.dir());
    let words = "only the environment names the journal, which cron's lines do not have: they settle nothing";
    let what_to_do = "write journal_url to auction.toml, mode 0600";
    lacks.then(|| Finding::bad("journal_by_cron", words, what_to_do))
}

/// Whether mail leaves the house, as this process would send it. A configuration that cannot be read is named elsewhere.
fn mail(house: &House) -> Option<Finding> {
    let config = config::notifications(house.dir()).ok()?;
    let settings = house.settings().ok()?;
    carrier::check_mail(&config, settings.public_url())
}

/// Prints the findings; exit status 1 if one of them is bad.
pub fn print_findings(out: &Out, findings: &[Finding]) -> Ran {
    out.data(&findings, || {
        let row = |finding: &Finding| {
            [
                mark(finding).to_owned(),
                finding.name.to_owned(),
                finding.words.clone(),
                finding.what_to_do.clone(),
            ]
        };
        table(["", "what", "found", "what to do"], findings.iter().map(row))
    })?;
    Ok(ending(findings))
}

fn ending(findings: &[Finding]) -> Ending {
    let names: Vec<&str> =
        findings.iter().filter(|finding| !finding.ok).map(|finding| finding.name).collect();
    if names.is_empty() { Ending::Done } else { amiss(format!("not in order: {}", names.join(", "))) }
}

fn mark(finding: &Finding) -> &'static str {
    match (finding.ok, finding.what_to_do.is_empty()) {
        (true, true) => "ok",
        (true, false) => "note",
        (false, _) => "NOT OK",
    }
}

/// Plain lines: a table would not survive being pasted.
fn text(report: &Report) -> String {
    let Report { version, system, schema, sqlite, scheduler, heartbeat, .. } = report;
    let mut text = format!(
        "auction {version}, schema {schema}, SQLite {sqlite}\nsystem: {system}\nscheduler: {scheduler}; {heartbeat}\n"
    );
    // Writing to a string cannot fail.
    for (key, value) in &report.settings {
        let _ = writeln!(text, "setting: {key} = {value}");
    }
    for finding in &report.findings {
        let _ = writeln!(text, "{}: {}: {}", mark(finding), finding.name, finding.words);
    }
    let counts: Vec<String> = report.counts.iter().map(|(what, n)| format!("{what} {n}")).collect();
    let Room { database_bytes, wal_bytes, free_bytes } = report.room;
    let kib = |bytes: Option<u64>| bytes.map_or("?".to_owned(), |bytes| format!("{} KiB", bytes >> 10));
    let _ = writeln!(text, "counts: {}", counts.join(", "));
    let (database, wal, free) = (kib(database_bytes), kib(wal_bytes), kib(free_bytes));
    let _ = writeln!(text, "room: database {database}, write-ahead log {wal}, free {free}");
    text
}
