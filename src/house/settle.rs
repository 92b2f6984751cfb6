//! Settlement: the outcome, the postings, the hold and the event in one transaction, once, whoever runs it and however
//! often.

use super::{Answer, House, tell};
use crate::rules::bidding::Standing;
use crate::rules::chain;
use crate::rules::listing::{Listing, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::settlement::{self, Outcome};
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::ledger::Cause;
use crate::store::listings::State;
use crate::store::settlements::Settlement;
use anyhow::{Context, Result};
use serde_json::json;
use std::time::Duration;

/// How near a close must be for `settle` to wait for it.
pub const WAIT_S: i64 = 90;
/// While it waits it looks again this often: the close may be extended, the clock set, another may settle.
const LOOK_AGAIN_MS: i64 = 1_000;
/// How many due listings share a transaction.
const BATCH: i64 = 100;

/// What became of a call to settle.
#[derive(Clone, Debug)]
pub enum Settled {
    /// It is settled, now or before: its statement.
    Done(Box<Settlement>),
    /// Its close is further ahead than one waits for.
    NotDue { closes_at: Time },
}

impl House {
    /// Settles a listing, waiting up to 90 s for its close. Refuses `not_found`, and `busy` when another process holds the
    /// database.
    pub fn settle(&self, id: ListingId) -> Answer<Settled> {
        let deadline = self.now().plus_s(WAIT_S + 5);
        loop {
            let (state, closes_at) = match self.closes(id)? {
                Ok(closes) => closes,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let now = self.now();
            if state != State::Open || now >= closes_at {
                match self.write(move |tx| settle_due(tx, id).map(Ok))? {
                    Ok(Some(settlement)) => return Ok(Ok(Settled::Done(Box::new(settlement)))),
                    Ok(None) => {}
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            let ahead_ms = closes_at.ms_since(now);
            if ahead_ms > WAIT_S * 1_000 || now > deadline {
                return Ok(Ok(Settled::NotDue { closes_at }));
            }
            let nap_ms = ahead_ms.clamp(1, LOOK_AGAIN_MS);
            std::thread::sleep(Duration::from_millis(u64::try_from(nap_ms).expect("a nap is positive")));
        }
    }

    /// Settles all that is overdue; the settlements made, in the order of their closes.
    pub fn settle_overdue(&self) -> Answer<Vec<Settlement>> {
        let mut settlements = Vec::new();
        loop {
            let due = self.read(|snapshot| snapshot.due(self.now(), BATCH))?;
            if due.is_empty() {
                return Ok(Ok(settlements));
            }
            let batch = due.clone();
            let settled = self.write(move |tx| settle_all(tx, &batch).map(Ok));
            match settled {
                Ok(Ok(settled)) => settlements.extend(settled),
                Ok(Err(refusal)) => return Ok(Err(refusal)),
                Err(error) => settlements.extend(self.settle_each(&due).context(error)?),
            }
        }
    }

    /// One by one, so that one broken listing does not keep the others; fails if none could be settled.
    fn settle_each(&self, due: &[ListingId]) -> Result<Vec<Settlement>> {
        let mut settlements = Vec::new();
        let mut fault = None;
        for id in due.iter().copied() {
            match self.write(move |tx| settle_all(tx, &[id]).map(Ok)) {
                Ok(Ok(settled)) => settlements.extend(settled),
                Ok(Err(refusal)) => fault = Some(anyhow::anyhow!("listing {id}: {refusal}")),
                Err(error) => {
                    tracing::error!(listing = id.0, error = format!("{error:#}"), "settle");
                    fault = Some(error);
                }
            }
        }
        match fault {
            Some(fault) if settlements.is_empty() => Err(fault),
            _ => Ok(settlements),
        }
    }

    fn closes(&self, id: ListingId) -> Answer<(State, Time)> {
        self.read(|snapshot| {
            if self.listing(snapshot, id)?.is_none() {
                return Ok(Err(Refusal::NotFound("listing")));
            }
            let stood = snapshot.standing(id)?;
            Ok(Ok((stood.state, stood.standing.closes_at)))
        })
    }

    /// The statement of a listing that has ended, or `not_found`.
    pub fn settlement(&self, id: ListingId) -> Answer<Settlement> {
        Ok(self.read(|snapshot| snapshot.settlement_of(id))?.ok_or(Refusal::NotFound("settlement")))
    }
}

/// Those that were settled here: another may have been faster since they were found to be due, and what it settled is
/// its to tell.
fn settle_all(tx: &Tx<'_>, due: &[ListingId]) -> Result<Vec<Settlement>> {
    let mut settled = Vec::with_capacity(due.len());
    for id in due.iter().copied() {
        if tx.standing(id)?.state == State::Open {
            settled.extend(settle_due(tx, id)?);
        }
    }
    Ok(settled)
}

/// The statement of an ended listing; settles an open one whose close has passed; None if it is not due.
fn settle_due(tx: &Tx<'_>, id: ListingId) -> Result<Option<Settlement>> {
    let stood = tx.standing(id)?;
    if stood.state == State::Open {
        if tx.now < stood.standing.closes_at {
            return Ok(None);
        }
        let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        let outcome = settlement::decide(&listing, &stood.standing);
        end(tx, &listing, &stood.standing, &outcome)?;
    }
    tx.settlement_of(id)
}

/// Ends an open listing with `outcome`: the settlement, the postings, the hold, the events. Its id.
pub(super) fn end(tx: &Tx<'_>, listing: &Listing, standing: &Standing, outcome: &Outcome) -> Result<i64> {
    let state = match outcome {
        Outcome::Sold(_) => State::Sold,
        Outcome::Unsold(_) => State::Unsold,
        Outcome::Cancelled { .. } => State::Cancelled,
    };
    let head = chain::link_settlement(&standing.head, &link(tx, listing, standing, outcome));
    tx.close(listing.id, state, &head)?;
    let id = tx.record(listing.id, outcome, standing.closes_at, &head)?;
    if let Some(lead) = &standing.lead {
        tx.hold(lead.bidder, -lead.held)?;
    }
    if let Some(sale) = outcome.sale() {
        let transfer = settlement::transfer(sale, listing.seller);
        tx.transfer(Cause::Sale { settlement: id }, &listing.title, &transfer)?;
    }
    tell_the_end(tx, listing, standing, outcome, id)?;
    Ok(id)
}

fn link<'a>(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    outcome: &'a Outcome,
) -> chain::SettlementLink<'a> {
    let sale = outcome.sale();
    chain::SettlementLink {
        listing: listing.id,
        outcome: outcome.name(),
        reason: outcome.reason().unwrap_or(""),
        buyer: sale.map(|sale| sale.buyer),
        hammer: sale.map_or(0, |sale| sale.hammer),
        premium: sale.map_or(0, |sale| sale.premium),
        commission: sale.map_or(0, |sale| sale.commission),
        closes_at: standing.closes_at,
        settled_at: tx.now,
    }
}

fn tell_the_end(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    outcome: &Outcome,
    settlement: i64,
) -> Result<()> {
    if let Outcome::Cancelled { why } = outcome {
        tell::cancelled(tx, listing.id, why)?;
    } else {
        let winner = outcome.sale().map(|sale| tx.account(sale.buyer)).transpose()?.flatten();
        tell::settled(tx, listing.id, outcome, winner.as_ref().map(|account| account.name.as_str()))?;
    }
    if let Some(sale) = outcome.sale() {
        let total = sale.hammer + sale.premium;
        let data = json!({
            "listing": listing.id, "title": listing.title, "hammer": sale.hammer,
            "premium": sale.premium, "total": total, "settlement": settlement,
        });
        tell::one(tx, "won", sale.buyer, Some(listing.id), &data)?;
        tell::funds(tx, sale.buyer)?;
        tell::funds(tx, listing.seller)?;
    }
    let lead = standing.lead.as_ref().map(|lead| lead.bidder);
    if let Some(lead) = lead.filter(|lead| Some(*lead) != outcome.sale().map(|sale| sale.buyer)) {
        tell::funds(tx, lead)?;
    }
    Ok(())
}
