//! A listing told again from its bids alone, step by step, and whether that ends where the house says it did.

use super::audit::{departs, fresh, step};
use super::{Answer, House};
use crate::rules::bidding::Kind;
use crate::rules::chain::hex;
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use serde::Serialize;

/// Bids read at a time.
const PAGE: i64 = 1_000;

/// One step: a row of the history, and where the listing stands after it.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub seq: i64,
    pub at: Time,
    pub bidder: String,
    pub kind: &'static str,
    pub amount: Money,
    pub price: Option<Money>,
    pub leader: Option<String>,
    pub closes_at: Time,
    pub hash: String,
}

/// The whole listing again.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    pub listing: ListingId,
    pub title: String,
    pub opening: Money,
    pub steps: Vec<Step>,
    /// The outcome in the books, if it has ended.
    pub outcome: Option<String>,
    pub hammer: Option<Money>,
    pub buyer: Option<String>,
    /// Where the bids and the books part.
    pub departs: Option<String>,
}

impl House {
    /// Refuses `not_found`.
    pub fn replay(&self, id: ListingId) -> Answer<Replay> {
        self.read(|snapshot| {
            let Some(listing) = snapshot.listing(id)? else {
                return Ok(Err(Refusal::NotFound("listing")));
            };
            let settlement = snapshot.settlement_of(id)?;
            let mut replay = Replay {
                listing: id,
                title: listing.title.clone(),
                opening: listing.opening,
                steps: Vec::new(),
                outcome: settlement.as_ref().map(|s| s.outcome.clone()),
                hammer: settlement.as_ref().and_then(|s| s.hammer),
                buyer: settlement.as_ref().and_then(|s| s.buyer_name.clone()),
                departs: None,
            };
            let (mut standing, mut expected) = (fresh(&listing), None);
            loop {
                let bids = snapshot.bids_after(id, standing.n_bids, PAGE)?;
                if bids.is_empty() {
                    break;
                }
                for bid in bids {
                    match step(&listing, &standing, expected.take(), &bid) {
                        Ok((after, next)) => (standing, expected) = (after, next),
                        Err(words) => {
                            replay.departs = Some(format!("bid {}: {words}", bid.seq));
                            return Ok(Ok(replay));
                        }
                    }
                    replay.steps.push(Step {
                        seq: bid.seq,
                        at: bid.at,
                        bidder: bid.bidder_name,
                        kind: Kind::name(bid.kind),
                        amount: bid.amount,
                        price: standing.price,
                        leader: standing.lead.as_ref().map(|lead| lead.name.clone()),
                        closes_at: standing.closes_at,
                        hash: hex(&bid.hash),
                    });
                }
            }
            replay.departs = match expected {
                Some(row) => Some(row.missing()),
                None => departs(snapshot, &listing, &standing)?,
            };
            Ok(Ok(replay))
        })
    }
}
