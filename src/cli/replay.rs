//! `auction replay`: rebuilds a listing from its bids, step by step.

use super::out::{Out, table};
use super::{Ran, amiss, finish};
use crate::house::House;
use crate::house::books::replay::{Replay as Steps, Step};
use crate::rules::listing::ListingId;
use crate::rules::money::{Currency, Money};
use crate::rules::outage::Outage;
use clap::Args;

#[derive(Args)]
#[command(after_help = "Example:\n  auction replay 17")]
pub struct Replay {
    id: i64,
}

impl Replay {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let currency = house.settings()?.currency();
        let mut departs = None;
        let ending = finish(house.replay(ListingId(self.id)), |replay| {
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
            step.bidder.clone().unwrap_or_default(),
            step.kind.to_owned(),
            shown(step.amount),
            shown(step.price),
            step.leader.clone().unwrap_or_default(),
            step.closes_at.to_string(),
        ]
    };
    let head = ["seq", "at", "bidder", "kind", "amount", "price", "leader", "closes at"];
    let steps = table(head, replay.steps.iter().map(row));
    let outages: String = replay.steps.iter().filter_map(|step| step.outage).map(outage_line).collect();
    let end = match (&replay.departs, &replay.outcome, replay.hammer, &replay.buyer) {
        (Some(words), ..) => format!("DEPARTS  {words}"),
        (None, Some(outcome), Some(hammer), Some(buyer)) => {
            format!("{outcome} to {buyer} at {}", currency.show(hammer))
        }
        (None, Some(outcome), ..) => (*outcome).to_owned(),
        (None, None, ..) => "still open; it stands as its bids say".to_owned(),
    };
    let opening = currency.show(replay.opening);
    format!("{}  {}, opening {opening}\n{steps}\n{outages}{end}", replay.listing, replay.title)
}

fn outage_line(outage: Outage) -> String {
    format!("prolonged, for no server ran from {} to {}\n", outage.from, outage.until)
}
