//! `auction house check`: what a first evening still lacks, with the command that brings each.

use super::out::Out;
use super::{Ending, Ran, amiss, doctor};
use crate::house::House;
use crate::house::care::first_evening::Need;

/// The column that the sentences begin at: behind the longest mark and the longest name.
const INDENT: usize = 20;

pub fn run(house: &House, out: &Out) -> Ran {
    let needs = house.first_evening(doctor::mail(house).as_ref())?;
    out.data(&needs, || needs.iter().map(text).collect::<Vec<_>>().join("\n"))?;
    let lacking = |need: &&Need| !need.ok && need.essential;
    let missing: Vec<&str> = needs.iter().filter(lacking).map(|need| need.name).collect();
    if missing.is_empty() {
        out.say("Nothing essential is missing.");
        return Ok(Ending::Done);
    }
    Ok(amiss(format!("still missing: {}", missing.join(", "))))
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
