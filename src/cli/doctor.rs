//! `auction doctor`: everything that keeps the house going, each finding with what to do.

use super::out::{Out, table};
use super::{Ending, config};
use crate::house::House;
use crate::post;
use crate::scheduler::Finding;
use anyhow::Result;

pub fn run(house: &House, out: &Out) -> Result<Ending> {
    let mut findings = house.doctor()?;
    findings.extend(match config::post_by_cron(house.dir()) {
        Ok(config) => post::config::check(&config, &house.outbox()?.0),
        Err(error) => {
            Some(Finding::bad("notifications_by_cron", format!("{error:#}"), "put auction.toml right"))
        }
    });
    print_findings(out, &findings)
}

/// Exit status 1 if one of them is not well.
pub fn print_findings(out: &Out, findings: &[Finding]) -> Result<Ending> {
    out.data(&findings, || {
        let row = |finding: &Finding| {
            let mark = match (finding.ok, finding.what_to_do.is_empty()) {
                (true, true) => "ok",
                (true, false) => "note",
                (false, _) => "NOT OK",
            };
            [mark.to_owned(), finding.name.to_owned(), finding.words.clone(), finding.what_to_do.clone()]
        };
        table(["", "what", "found", "what to do"], findings.iter().map(row))
    })?;
    let well = findings.iter().all(|finding| finding.ok);
    Ok(if well { Ending::Done } else { Ending::Amiss })
}
