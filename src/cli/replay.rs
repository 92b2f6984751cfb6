//! `auction replay`: rebuilds a listing from its bids, step by step.

use super::out::{Out, table};
use super::which::{self, LISTING, LISTING_HELP};
use super::{Ran, amiss, finish, words};
use crate::house::House;
use crate::house::books::replay::{Replay as Steps, Step};
use crate::rules::money::{Currency, Money};
use clap::Args;

#[derive(Args)]
#[command(after_help = "Example:\n  auction replay 17")]
pub struct Replay {
    #[arg(value_name = LISTING, help = LISTING_HELP)]
    listing: String,
}

impl Replay {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let currency = house.settings()?.currency();
        let mut departs = None;
        let ending = finish(house.replay(which::listing(house, &self.listing)?), |replay| {
            departs.clone_from(&replay.departs);
            out.data(&replay, || text(&replay, &currency))
        })?;
        Ok(departs.map_or(ending, |words| amiss(format!("bids and books part: {words}"))))
    }
}

fn text(replay: &Steps, currency: &Currency) -> String {
    let row = |step: &Step| {
        let shown = |amount: Option<Money>| amount.map_or(String::new(), |amount| currency.show(amount));
        [
            step.seq.map_or(String::new(), |seq| seq.to_string()),
            step.at.to_string(),
            step.bidder.as_ref().map_or(String::new(), |name| words::bidder(name, step.bidder_number)),
            step.kind.to_owned(),
            shown(step.amount),
            shown(step.price),
            step.leader.as_ref().map_or(String::new(), |name| words::bidder(name, step.leader_number)),
            step.closes_at.to_string(),
        ]
    };
    let head = ["seq", "at", "bidder", "kind", "amount", "price", "leader", "closes at"];
    let steps = table(head, replay.steps.iter().map(row));
    let changes: String = replay.steps.iter().filter_map(change).collect();
    let end = match (&replay.departs, &replay.outcome, replay.hammer, &replay.buyer) {
        (Some(words), ..) => format!("DEPARTS  {words}"),
        (None, Some(outcome), Some(hammer), Some(buyer)) => {
            let buyer = words::bidder(buyer, replay.buyer_number);
            format!("{outcome} to {buyer} at {}", currency.show(hammer))
        }
        (None, Some(outcome), ..) => (*outcome).to_owned(),
        (None, None, ..) => "still open; it stands as its bids say".to_owned(),
    };
    let opening = currency.show(replay.opening);
    let reversed = replay.reversed.as_ref().map_or(String::new(), |reversed| {
        let who = reversed.who.as_ref().map_or(String::new(), |who| format!(" by {who}"));
        format!("\nreversed at {}{who}: {}", reversed.at, reversed.why.as_deref().unwrap_or(""))
    });
    format!("{}  {}, opening {opening}\n{steps}\n{changes}{end}{reversed}", replay.listing, replay.title)
}

/// Says of a change of the close who made it, why and by how much, and of a bid from the desk which pass entered it; none
/// for any other bid.
fn change(step: &Step) -> Option<String> {
    if let (Some(seq), Some(pass), Some(source)) = (step.seq, &step.pass, step.source) {
        return Some(format!("{}  bid {seq} was entered at the desk by {pass} ({source})\n", step.at));
    }
    if let Some(outage) = step.outage {
        return Some(format!("prolonged, for no server ran from {} to {}\n", outage.from, outage.until));
    }
    let (at, who) = (step.at, step.who.as_deref()?);
    let why = step.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let by = step.by_s.map_or(String::new(), |by_s| format!(" by {by_s} s"));
    Some(match step.kind {
        "postponement" => format!("{at}  {who} postponed it{by}{why}\n"),
        "pause" => format!("{at}  {who} paused it{why}\n"),
        _ => format!("{at}  {who} resumed it, which moved the close{by}\n"),
    })
}
