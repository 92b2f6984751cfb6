//! `auction replay`: a listing told again, step by step.

use super::out::{Out, table};
use super::{Ending, told};
use crate::house::House;
use crate::house::replay::{Replay as Told, Step};
use crate::rules::listing::ListingId;
use crate::rules::money::Currency;
use anyhow::Result;
use clap::Args;

#[derive(Args)]
#[command(after_help = "Example:\n  auction replay 17")]
pub struct Replay {
    id: i64,
}

impl Replay {
    pub fn run(&self, house: &House, out: &Out) -> Result<Ending> {
        let currency = house.settings()?.currency();
        let mut departs = false;
        let ending = told(house.replay(ListingId(self.id)), |replay| {
            departs = replay.departs.is_some();
            out.data(&replay, || text(&replay, &currency))
        })?;
        Ok(if departs { Ending::Amiss } else { ending })
    }
}

fn text(replay: &Told, currency: &Currency) -> String {
    let row = |step: &Step| {
        [
            step.seq.to_string(),
            step.at.to_string(),
            step.bidder.clone(),
            step.kind.to_owned(),
            currency.show(step.amount),
            step.price.map_or(String::new(), |price| currency.show(price)),
            step.leader.clone().unwrap_or_default(),
        ]
    };
    let steps =
        table(["seq", "at", "bidder", "kind", "amount", "price", "leader"], replay.steps.iter().map(row));
    let end = match (&replay.departs, &replay.outcome, replay.hammer, &replay.buyer) {
        (Some(words), ..) => format!("DEPARTS  {words}"),
        (None, Some(outcome), Some(hammer), Some(buyer)) => {
            format!("{outcome} to {buyer} at {}", currency.show(hammer))
        }
        (None, Some(outcome), ..) => outcome.clone(),
        (None, None, ..) => "still open; it stands as its bids say".to_owned(),
    };
    format!("{}  {}, opening {}\n{steps}\n{end}", replay.listing, replay.title, currency.show(replay.opening))
}
