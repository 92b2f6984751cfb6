//! `auction settle`: what cron's lines and the sweep run; a person may run it, too.

use super::out::{Out, complain};
use super::which::{self, LISTING};
use super::{Ending, Ran, Stop, config, finish, hint, whom, words};
use crate::house::closing::settle::Settled;
use crate::house::notices::telling::no_rest;
use crate::house::views::SettlementView;
use crate::house::{Answer, Fault, House};
use crate::notifications::{self, carrier::Carrier};
use crate::rules::listing::ListingId;

use anyhow::{Result, anyhow};
use clap::Args;
use serde_json::json;
use std::io::IsTerminal;

/// Settle listings. One that is due within 90 s is waited for; for one due later, the scheduler's entry is corrected;
/// one that is settled already prints the same statement again. With the outage policy `extend`, a listing that closed
/// while no server ran waits for one.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction settle 17\n  auction settle --due\n  auction settle 17 --unserved"
)]
pub struct Settle {
    /// The numbers of the listings, or the codes of lots, such as spring:A12
    #[arg(value_name = LISTING, required_unless_present = "due", conflicts_with = "due")]
    listings: Vec<String>,
    /// Settle all that are overdue; also records the sweep's heartbeat and corrects the scheduler's entries
    #[arg(long)]
    due: bool,
    /// Settle as they stand even those that wait for a server: for a house that will not be served again
    #[arg(long, conflicts_with = "due")]
    unserved: bool,
}

impl Settle {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let ending = if self.due { sweep(house, out) } else { self.settle_named(house, out) };
        tell(house);
        // Whatever the outcome, notices of earlier settlements may wait.
        deliver(house);
        ending
    }

    fn settle_named(&self, house: &House, out: &Out) -> Ran {
        let mut ending = Ending::Done;
        let (mut n_broken, mut is_early) = (0, false);
        let ids: Vec<ListingId> =
            self.listings.iter().map(|typed| meant(house, typed)).collect::<Result<_, _>>()?;
        let n_named = ids.len();
        for id in by_close(house, ids) {
            match settle(house, out, id, self.unserved) {
                Ok(Said::Settled | Said::Waits) => {}
                Ok(Said::Early) => is_early = true,
                Err(Fault::Refused(refusal)) => {
                    complain(format!("listing {id}: {refusal}{}", hint(&refusal)));
                    ending = Ending::Amiss;
                }
                Err(Fault::Broken(error)) => {
                    complain(format!("listing {id}: {error:#}"));
                    n_broken += 1;
                }
            }
        }
        if is_early {
            put_right(house);
        }
        if n_broken > 0 {
            return Err(anyhow!("{n_broken} of {} listings could not be settled", n_named).into());
        }
        Ok(ending)
    }
}

/// The listing that is meant. A number is taken as it is, so that the scheduler's entries ask for nothing more.
fn meant(house: &House, typed: &str) -> Result<ListingId, Stop> {
    match whom::digits(typed) {
        Some(id) => Ok(ListingId(id)),
        None => which::listing(house, typed).map_err(|stop| match stop {
            Stop::Missing(words) => Stop::Misused(words),
            other => other,
        }),
    }
}

/// What was printed about a listing.
enum Said {
    Settled,
    Early,
    Waits,
}

fn settle(house: &House, out: &Out, id: ListingId, unserved: bool) -> Answer<Said> {
    let settled = if unserved { house.settle_unserved(id)? } else { house.settle(id)? };
    match settled {
        Settled::Done(settlement) => {
            print(house, out, &house.shown_settlement(&settlement)?.settlement)?;
            Ok(Said::Settled)
        }
        Settled::NotDue { closes_at } => {
            let then = match house.settings()?.is_unscheduled() {
                true => "a running server will settle it, for the house has no scheduler",
                false => "the scheduler is asked to settle it then",
            };
            let timings = house.timings(id)?;
            let mut early = json!({"listing": id, "state": "open", "closes_at": closes_at});
            let why = words::why_later(&timings);
            if why.is_some() {
                early["why"] = json!(words::last_why(&timings));
            }
            let why = why.map(|why| format!(", {why}")).unwrap_or_default();
            out.data(&early, || format!("listing {id} closes at {closes_at}{why}; {then}"))?;
            Ok(Said::Early)
        }
        Settled::Paused { since } => {
            let timings = house.timings(id)?;
            let why =
                words::last_pause(&timings).and_then(|pause| pause.link.timing.why()).unwrap_or_default();
            out.data(&json!({"listing": id, "state": "paused", "paused_at": since, "why": why}), || {
                format!(
                    "listing {id} has been paused since {since}: {why}; nothing settles it until its sale is resumed"
                )
            })?;
            Ok(Said::Waits)
        }
        Settled::Waits { closes_at } => {
            out.data(&json!({"listing": id, "state": "closing", "closes_at": closes_at}), || {
                format!(
                    "listing {id} was to close at {closes_at}, but no server ran: it waits for one, which prolongs it"
                )
            })?;
            Ok(Said::Waits)
        }
    }
}

/// The listings by their close, so that waiting for one does not make another late. One that cannot be read comes first
/// and delays no other.
fn by_close(house: &House, mut ids: Vec<ListingId>) -> Vec<ListingId> {
    ids.sort_by_cached_key(|id| {
        let known = house.show(*id).ok().map(|at| at.listing.closes_at);
        (known.unwrap_or_default(), *id)
    });
    ids
}

fn sweep(house: &House, out: &Out) -> Ran {
    // Whatever is broken in the house, this run proves that the scheduler is alive, unless a person started it at a
    // terminal.
    let beaten = if std::io::stdin().is_terminal() { Ok(()) } else { house.beat_sweep() };
    let turn = house.wait_for_slot();
    let settled = house.settle_overdue();
    drop(turn);
    let ending = finish(settled, |swept| {
        let mut settlements = swept.settlements.iter();
        settlements
            .try_for_each(|settlement| print(house, out, &house.shown_settlement(settlement)?.settlement))?;
        swept.fault.map_or(Ok(()), Err)
    });
    if let Ok(waiting) = house.waiting()
        && !waiting.is_empty()
    {
        let ids: Vec<String> = waiting.iter().map(ListingId::to_string).collect();
        out.say(format!("auction: no server runs; waiting for one, which prolongs them: {}", ids.join(", ")));
    }
    if let Err(error) = house.sync_entries(true) {
        out.say(format!("auction: the scheduler's entries: {error:#}"));
    }
    beaten?;
    ending
}

/// Corrects the scheduler's entries. If that fails, the sweep and the server try again.
pub(super) fn put_right(house: &House) {
    if let Err(error) = house.sync_entries(false) {
        tracing::warn!(error = format!("{error:#}"), "the scheduler's entries");
    }
}

/// Writes the notices of sales that have opened or are over. A fault there does not fail the settlement.
fn tell(house: &House) {
    if let Err(error) = house.tell_of_sales(&no_rest) {
        tracing::warn!(error = format!("{error:#}"), "nobody is told of sales");
    }
}

/// Delivers notifications, even while no server runs. A fault there does not fail the settlement.
fn deliver(house: &House) {
    let carriers = || match house.is_post_due()? {
        true => Carrier::of(&config::notifications(house.dir())?),
        false => Ok(Vec::new()),
    };
    match carriers() {
        Ok(carriers) => notifications::deliver_once(house, carriers),
        Err(error) => tracing::warn!(error = format!("{error:#}"), "nothing is delivered"),
    }
}

fn print(house: &House, out: &Out, settlement: &SettlementView) -> Result<()> {
    let currency = house.settings()?.currency();
    out.data(settlement, || {
        let id = settlement.listing;
        let reason = settlement.reason.as_deref().unwrap_or("");
        match (settlement.hammer, &settlement.buyer) {
            (Some(hammer), Some(buyer)) => format!(
                "listing {id}: sold to {} at {}, premium {}, commission {}, settlement {} at {}",
                words::bidder(buyer, settlement.buyer_number),
                currency.show(hammer),
                currency.show(settlement.premium.unwrap_or(0)),
                currency.show(settlement.commission.unwrap_or(0)),
                settlement.id,
                settlement.settled_at
            ),
            _ => format!(
                "listing {id}: {} ({reason}), settlement {} at {}",
                settlement.outcome, settlement.id, settlement.settled_at
            ),
        }
    })
}
