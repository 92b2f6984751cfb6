//! Settlement: the outcome, the postings, the hold and the event in one transaction, exactly once, whoever runs it and
//! however often.

use crate::house::closing::ending::end;
use crate::house::closing::outage::Serving;
use crate::house::closing::settle_slots::Queue;
use crate::house::views::SettlementNow;
use crate::house::{Answer, Fault, House};
use crate::rules::bidding::Standing;
use crate::rules::listing::ListingId;
use crate::rules::outage;
use crate::rules::refusal::Refusal;
use crate::rules::settlement;
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::listings::State;
use crate::store::settlements::Settlement;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::time::Duration;

/// How near a close must be for `settle` to wait for it, in seconds.
pub const WAIT_S: i64 = 90;
/// How often it checks while it waits: the close may be extended, the clock set, or another process may settle.
const LOOK_AGAIN_MS: i64 = 1_000;
/// The most due listings in one transaction.
const BATCH: i64 = 100;
/// With this many failures the listings are hardly at fault themselves, and the rest is left to the next call.
const MAX_BROKEN: usize = 1_000;
/// The most failed listings that are named.
const MAX_NAMED: usize = 20;

/// The result of a call to settle.
#[derive(Clone, Debug)]
pub enum Settled {
    /// Settled, now or earlier.
    Done(Box<Settlement>),
    /// Its close is too far ahead to wait for.
    NotDue { closes_at: Time },
    /// Its close has passed while no server ran: the next server prolongs it.
    Waits { closes_at: Time },
    /// It is paused: nothing settles it, however late it gets.
    Paused { since: Time },
}

/// The result of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// In the order of their closes.
    pub settlements: Vec<Settlement>,
    /// Why others could not be settled.
    pub fault: Option<anyhow::Error>,
}

/// The state in which one listing is found.
enum Found {
    Ended(Box<Settlement>),
    Early,
    Waiting,
}

impl House {
    /// Settles a listing, waiting up to 90 s for its close, but not for a server. Refuses `not_found`, and `busy` if
    /// another process holds the database, or the clock has jumped. Settles other due listings with it, because their
    /// own processes may be waiting for a slot.
    pub fn settle(&self, id: ListingId) -> Answer<Settled> {
        self.settle_by(id, Some(&self.serving))
    }

    /// Settles a listing like [`House::settle`], and even one that waits for a server: for a house that will never be
    /// served again.
    pub fn settle_unserved(&self, id: ListingId) -> Answer<Settled> {
        self.settle_by(id, None)
    }

    fn settle_by(&self, id: ListingId, serving: Option<&Serving>) -> Answer<Settled> {
        let deadline = self.now().plus_s(WAIT_S + 5);
        let mut queue = Queue::of(self.dir());
        loop {
            let (state, Standing { closes_at, paused_at, .. }) = self.stands(id)?;
            if state != State::Open {
                return Ok(Settled::Done(Box::new(self.settlement(id)?)));
            }
            if let Some(since) = paused_at {
                return Ok(Settled::Paused { since });
            }
            self.check_clock()?;
            let now = self.now();
            let ahead_ms = closes_at.ms_since(now);
            if ahead_ms > WAIT_S * 1_000 || now > deadline {
                return Ok(Settled::NotDue { closes_at });
            }
            if ahead_ms > 0 {
                let nap_ms = ahead_ms.clamp(1, LOOK_AGAIN_MS);
                std::thread::sleep(Duration::from_millis(u64::try_from(nap_ms).expect("a nap is positive")));
            } else if let Some(_slot) = queue.try_slot() {
                match self.settle_with_others(id, serving)? {
                    Found::Ended(settlement) => return Ok(Settled::Done(settlement)),
                    Found::Waiting => return Ok(Settled::Waits { closes_at }),
                    // The clock was put back before the transaction began, or the close was moved, or it was paused.
                    Found::Early => {}
                }
            }
        }
    }

    /// Settles this listing and other due ones in one transaction; if that fails, this one alone.
    fn settle_with_others(&self, id: ListingId, serving: Option<&Serving>) -> Answer<Found> {
        let (own, alone, others) = (serving.cloned(), serving.cloned(), self.serving.clone());
        let settled = self.write_by_clock(move |tx| {
            let found = settle_one(tx, id, own.as_ref())?;
            settle_batch(tx, &others, &BTreeSet::new())?;
            Ok(found)
        });
        match settled {
            Err(Fault::Broken(_)) => self.write_by_clock(move |tx| Ok(settle_one(tx, id, alone.as_ref())?)),
            answered => answered,
        }
    }

    /// Settles everything that is overdue and does not wait for a server. A listing that cannot be settled does not
    /// stop the others. Fails only if nothing was settled.
    pub fn settle_overdue(&self) -> Answer<Swept> {
        self.check_clock()?;
        let (mut swept, mut broken) = (Swept::default(), BTreeSet::new());
        match self.settle_rest(&mut swept, &mut broken) {
            Ok(()) => {}
            Err(fault) if swept.settlements.is_empty() => return Err(fault),
            Err(fault) => swept.fault = Some(fault.into()),
        }
        if !broken.is_empty() {
            swept.fault = swept.fault.map(|fault| fault.context(left(&broken)));
        }
        match swept.fault {
            Some(fault) if swept.settlements.is_empty() => Err(fault.into()),
            _ => Ok(swept),
        }
    }

    fn settle_rest(&self, swept: &mut Swept, broken: &mut BTreeSet<ListingId>) -> Answer<()> {
        while broken.len() < MAX_BROKEN && self.is_any_overdue()? {
            let before = (swept.settlements.len(), broken.len());
            let (serving, aside) = (self.serving.clone(), broken.clone());
            match self.write_by_clock(move |tx| Ok(settle_batch(tx, &serving, &aside)?)) {
                Ok(settled) => swept.settlements.extend(settled),
                Err(Fault::Broken(error)) => self.settle_each(swept, broken).context(error)?,
                Err(refused) => return Err(refused),
            }
            if before == (swept.settlements.len(), broken.len()) {
                break;
            }
        }
        Ok(())
    }

    /// Up to 100 listings whose close has passed and that wait for a server.
    pub fn waiting(&self) -> Answer<Vec<ListingId>> {
        if !self.is_any_overdue()? {
            return Ok(Vec::new());
        }
        let serving = self.serving.clone();
        self.write(move |tx| Ok(tx.waiting(tx.now, serving.until(tx)?, BATCH)?))
    }

    fn is_any_overdue(&self) -> Result<bool> {
        let now = self.now();
        Ok(!self.read(|snapshot| snapshot.due(now, now, 1))?.is_empty())
    }

    /// Settles a batch one by one, so that one broken listing does not stop the others.
    fn settle_each(&self, swept: &mut Swept, broken: &mut BTreeSet<ListingId>) -> Result<()> {
        let (serving, aside) = (self.serving.clone(), broken.clone());
        for id in self.write(move |tx| Ok(due(tx, &serving, &aside)?))? {
            let serving = self.serving.clone();
            // Another process may have settled it meanwhile, and reports it then.
            let settle = move |tx: &Tx<'_>| match tx.standing(id)?.state {
                State::Open => settle_one(tx, id, Some(&serving)),
                _ => Ok(Found::Early),
            };
            match self.write_by_clock(move |tx| Ok(settle(tx)?)) {
                Ok(Found::Ended(settlement)) => swept.settlements.push(*settlement),
                Ok(Found::Early | Found::Waiting) => {}
                Err(Fault::Refused(refusal)) => anyhow::bail!("listing {id}: {refusal}"),
                Err(Fault::Broken(error)) => {
                    broken.insert(id);
                    swept.fault = Some(error);
                }
            }
        }
        Ok(())
    }

    fn stands(&self, id: ListingId) -> Answer<(State, Standing)> {
        self.answer(|snapshot| {
            if self.listing(snapshot, id)?.is_none() {
                return Err(Refusal::NotFound("listing").into());
            }
            let stored = snapshot.standing(id)?;
            Ok((stored.state, stored.standing))
        })
    }

    /// A settlement as its view, with the buyer as this house shows them.
    pub fn shown_settlement(&self, settlement: &Settlement) -> Result<SettlementNow> {
        let buyer = self.read(|snapshot| self.naming().buyer(snapshot, settlement))?;
        Ok(SettlementNow::of(settlement, buyer))
    }

    /// The settlement of an ended listing. Refuses `not_found`.
    pub fn settlement(&self, id: ListingId) -> Answer<Settlement> {
        Ok(self.read(|snapshot| snapshot.settlement_of(id))?.ok_or(Refusal::NotFound("settlement"))?)
    }
}

/// Names the listings that are left, or the first of them if they are many.
fn left(broken: &BTreeSet<ListingId>) -> String {
    let ids: Vec<String> = broken.iter().take(MAX_NAMED).map(ListingId::to_string).collect();
    let more = match broken.len() - ids.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("not settled: listing {}{more}", ids.join(", "))
}

/// Returns up to [`BATCH`] due listings, except those in `aside`.
fn due(tx: &Tx<'_>, serving: &Serving, aside: &BTreeSet<ListingId>) -> Result<Vec<ListingId>> {
    let mut due = tx.due(tx.now, serving.until(tx)?, BATCH + i64::try_from(aside.len())?)?;
    due.retain(|id| !aside.contains(id));
    Ok(due)
}

fn settle_batch(tx: &Tx<'_>, serving: &Serving, aside: &BTreeSet<ListingId>) -> Result<Vec<Settlement>> {
    let mut settlements = Vec::new();
    for id in due(tx, serving, aside)? {
        // The query excludes listings that wait for a server.
        if let Found::Ended(settlement) = settle_one(tx, id, None)? {
            settlements.push(*settlement);
        }
    }
    Ok(settlements)
}

/// Returns the settlement of an ended listing; settles an open one whose close has passed, unless `serving` shows that
/// it waits for a server.
fn settle_one(tx: &Tx<'_>, id: ListingId, serving: Option<&Serving>) -> Result<Found> {
    let stored = tx.standing(id)?;
    if stored.state == State::Open {
        let closes_at = stored.standing.closes_at;
        if !stored.standing.is_past_close(tx.now) {
            return Ok(Found::Early);
        }
        let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        if let Some(serving) = serving.filter(|_| listing.outage_s.is_some())
            && outage::waits(&listing, closes_at, serving.until(tx)?)
        {
            return Ok(Found::Waiting);
        }
        let outcome = settlement::decide(&listing, &stored.standing);
        end(tx, &listing, &stored.standing, &outcome)?;
    }
    let settlement = tx.settlement_of(id)?;
    let settlement = settlement.with_context(|| format!("listing {id} ended without a settlement"))?;
    Ok(Found::Ended(Box::new(settlement)))
}
