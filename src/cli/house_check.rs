//! `auction house check`: what a first evening still lacks, with the command that brings each.

use super::out::Out;
use super::{Ending, Ran, amiss, config};
use crate::house::House;
use crate::house::care::first_evening::{MailWay, Need};
use crate::notifications::carrier;
use anyhow::Result;

/// The column that the sentences begin at: behind the longest mark and the longest name.
const INDENT: usize = 20;

pub fn run(house: &House, out: &Out) -> Ran {
    let needs = house.first_evening(&mail(house)?)?;
    out.data(&needs, || needs.iter().map(text).collect::<Vec<_>>().join("\n"))?;
    let lacking = |need: &&Need| !need.ok && need.essential;
    let missing: Vec<&str> = needs.iter().filter(lacking).map(|need| need.name).collect();
    if missing.is_empty() {
        out.say("Nothing essential is missing.");
        return Ok(Ending::Done);
    }
    Ok(amiss(format!("still missing: {}", missing.join(", "))))
}

/// Asks the mail server, if one is configured, whether it is there.
fn mail(house: &House) -> Result<MailWay> {
    let config = config::notifications(house.dir()).and_then(|config| config.mail().map(|_| config));
    let config = match config {
        Ok(config) => config,
        Err(fault) => return Ok(MailWay::Unusable(format!("{fault:#}"))),
    };
    let settings = house.settings()?;
    Ok(carrier::check_mail(&config, settings.public_url()).map_or(MailWay::Unset, MailWay::Set))
}

/// The sentence, and below it the command, to be copied.
fn text(need: &Need) -> String {
    let mark = match (need.ok, need.essential) {
        (true, _) => "ok",
        (false, true) => "missing",
        (false, false) => "advised",
    };
    let line = format!("{mark:<8}{:<12}{}", need.name, need.words);
    if need.ok { line } else { format!("{line}\n{:INDENT$}{}", "", need.command) }
}
