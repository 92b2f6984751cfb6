//! Replays a listing from its bids alone, step by step, and compares the end with the stored settlement.

use crate::house::bidder_names::Bidders;
use crate::house::books::audit::departs;
use crate::house::books::desk_audit;
use crate::house::books::fold::{Link, Unfolded, fold};
use crate::house::books::sale_audit;
use crate::house::books::terms_audit::BidTerms;
use crate::house::{Answer, House};
use crate::rules::bidding::Standing;
use crate::rules::desk::Source;
use crate::rules::hash::hex;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::outage::Outage;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::rules::timing::{Linked, Timing};
use crate::store::settlements::Settlement;
use anyhow::Result;
use serde::Serialize;

/// One step: a bid or a timing, and the listing's standing after it.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The bid's number; null for a timing.
    pub seq: Option<i64>,
    pub at: Time,
    pub bidder: Option<String>,
    /// The pass that entered the bid at the desk; null for any other.
    pub pass: Option<String>,
    /// Where that came from: `paper`, `phone`, `absentee` or `room`.
    pub source: Option<Source>,
    /// The bidder number in its sale; omitted outside of sales, and for a bidder without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidder_number: Option<i64>,
    /// `bid`, `raise`, `automatic`, `prolongation`, `postponement`, `pause` or `resume`.
    pub kind: &'static str,
    pub amount: Option<Money>,
    /// The time in which no server ran; null but for a prolongation.
    pub outage: Option<Outage>,
    /// Who postponed, paused or resumed the sale; null for a bid.
    pub who: Option<String>,
    /// Why it was postponed or paused.
    pub why: Option<String>,
    /// By how many seconds a postponement moved the close, or a resume, rounded down: the length of the pause.
    pub by_s: Option<i64>,
    pub price: Option<Money>,
    pub leader: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_number: Option<i64>,
    pub closes_at: Time,
    pub hash: String,
    /// The version of the terms that the bidder had accepted; omitted where no terms were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_version: Option<i64>,
}

/// A replayed listing.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    pub listing: ListingId,
    pub title: String,
    pub opening: Money,
    pub steps: Vec<Step>,
    /// The stored outcome, if it has ended.
    pub outcome: Option<&'static str>,
    pub hammer: Option<Money>,
    pub buyer: Option<String>,
    /// When its sale was reversed, by whom and why; who is null for a reversal that is no link of the chain.
    pub reversed: Option<Reversed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_number: Option<i64>,
    /// How the bids and the stored listing disagree.
    pub departs: Option<String>,
}

/// A reversal.
#[derive(Clone, Debug, Serialize)]
pub struct Reversed {
    pub at: Time,
    pub who: Option<String>,
    pub why: Option<String>,
}

impl House {
    /// Replays a listing. Refuses `not_found`.
    pub fn replay(&self, id: ListingId) -> Answer<Replay> {
        self.answer(|snapshot| {
            let Some(listing) = snapshot.listing(id)? else {
                return Err(Refusal::NotFound("listing").into());
            };
            let settlement = snapshot.settlement_of(id)?;
            let buyer = settlement.as_ref().map(|end| self.naming().buyer(snapshot, end));
            let buyer = buyer.transpose()?.flatten();
            let mut replay = Replay {
                listing: id,
                title: listing.title.clone(),
                opening: listing.opening,
                steps: Vec::new(),
                outcome: settlement.as_ref().map(|s| s.outcome.name()),
                hammer: settlement.as_ref().and_then(|s| s.sale()).map(|sale| sale.hammer),
                reversed: settlement.as_ref().and_then(Reversed::of),
                buyer_number: buyer.as_ref().and_then(|buyer| buyer.number),
                buyer: buyer.map(|buyer| buyer.name),
                departs: None,
            };
            let mut closes_at = listing.first_closes_at;
            let mut people = Vec::new();
            let (mut terms, mut fault_in_terms) = (BidTerms::of(snapshot)?, Ok(None));
            let add = |link: Link<'_>, standing: &Standing| {
                let bidder = if let Link::Bid(bid) = link { Some(bid.bidder) } else { None };
                if let (Link::Bid(bid), Ok(None)) = (link, &fault_in_terms) {
                    fault_in_terms = terms.fault(bid);
                }
                people.push((bidder, standing.lead.as_ref().map(|lead| lead.bidder)));
                replay.steps.push(Step::of(link, standing, closes_at));
                closes_at = standing.closes_at;
            };
            replay.departs = match fold(snapshot, &listing, add) {
                Ok(standing) => match departs(snapshot, &listing, &standing)? {
                    None => match sale_audit::check_lot(snapshot, &listing)? {
                        None => match fault_in_terms? {
                            None => desk_audit::check_bids(snapshot, id)?,
                            words => words,
                        },
                        words => words,
                    },
                    words => words,
                },
                Err(Unfolded::Wrong(words)) => Some(words),
                Err(Unfolded::Broken(error)) => return Err(error.into()),
            };
            let mut bidders = self.naming().bidders(snapshot, id);
            for (step, (bidder, leader)) in replay.steps.iter_mut().zip(people) {
                step.show(&mut bidders, bidder, leader)?;
            }
            Ok(replay)
        })
    }
}

impl Reversed {
    fn of(settlement: &Settlement) -> Option<Reversed> {
        let at = settlement.reversed_at?;
        Some(Reversed { at, who: settlement.reversed_by.clone(), why: settlement.reversed_why.clone() })
    }
}

impl Step {
    /// `closed_at` is the close before it.
    fn of(link: Link<'_>, standing: &Standing, closed_at: Time) -> Step {
        let mut step = Step::after(standing);
        match link {
            Link::Bid(bid) => {
                (step.seq, step.at, step.kind, step.hash) =
                    (Some(bid.seq), bid.at, bid.kind.name(), hex(&bid.hash));
                (step.bidder, step.amount) = (Some(bid.bidder_name.clone()), Some(bid.amount));
                step.terms_version = bid.terms.map(|terms| terms.version);
                if let Some(desk) = &bid.desk {
                    (step.pass, step.source) = (Some(desk.pass.clone()), Some(desk.source));
                }
            }
            Link::Timing(Linked { link, hash }) => {
                let timing = &link.timing;
                (step.at, step.kind, step.hash) = (link.at, timing.name(), hex(hash));
                (step.who, step.why) = (timing.who().map(str::to_owned), timing.why().map(str::to_owned));
                step.outage = timing.outage();
                step.by_s = match timing {
                    Timing::Postponement { by_s, .. } => Some(*by_s),
                    Timing::Resume { .. } => Some(standing.closes_at.ms_since(closed_at) / 1_000),
                    Timing::Prolongation { .. } | Timing::Pause { .. } => None,
                };
            }
        }
        step
    }

    /// Shows its people as the house shows them.
    fn show(
        &mut self,
        bidders: &mut Bidders<'_, '_>,
        bidder: Option<AccountId>,
        leader: Option<AccountId>,
    ) -> Result<()> {
        for (id, name, number) in [
            (bidder, &mut self.bidder, &mut self.bidder_number),
            (leader, &mut self.leader, &mut self.leader_number),
        ] {
            if let (Some(id), Some(known)) = (id, name.as_deref()) {
                let shown = bidders.show(id, known)?;
                (*name, *number) = (Some(shown.name), shown.number);
            }
        }
        Ok(())
    }

    fn after(standing: &Standing) -> Step {
        Step {
            seq: None,
            at: Time::default(),
            bidder: None,
            pass: None,
            source: None,
            bidder_number: None,
            kind: "",
            amount: None,
            outage: None,
            who: None,
            why: None,
            by_s: None,
            price: standing.price,
            leader: standing.lead.as_ref().map(|lead| lead.name.clone()),
            leader_number: None,
            closes_at: standing.closes_at,
            hash: String::new(),
            terms_version: None,
        }
    }
}
