//! Timings: the links of a chain that change when its listing closes, beside bids. No server ran before the close
//! (prolongation), or the organiser postponed, paused or resumed the sale.
//!
//! Where several could act at once, this order holds:
//! 1. What has ended stays as it ended.
//! 2. While a listing is paused it takes no bid, is not settled, and no outage prolongs it: the resume moves its close by
//!    the length of the pause, whatever happened meanwhile. It can be postponed and cancelled.
//! 3. The close as it stands decides. Once it has passed, bidding is over: no postponement or pause touches the listing
//!    any more. Only an outage still prolongs it, and only if no server saw the close pass and it is not settled.
//! 4. Before its close, each change moves the close as it stands, in the order in which they are written: a late bid by
//!    the soft close, an outage to `outage_s` after the server is back, a postponement by its seconds.
//! 5. The cap of a soft close counts from the first close, and after a postponement or a resume from the close that it
//!    has set. A prolongation leaves the cap as it was. The opening of a sale never moves.

use super::bidding::Standing;
use super::hash::Hash;
use super::listing::{Listing, ListingId};
use super::outage::{self, Outage};
use super::time::Time;

/// The most seconds of one postponement: 30 days.
pub const MAX_POSTPONEMENT_S: i64 = 30 * 86_400;

/// What changes the close, and what its link says of it. `who` is the public name of the organiser's role, never an
/// address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    Prolongation { outage: Outage },
    Postponement { by_s: i64, who: String, why: String },
    Pause { who: String, why: String },
    Resume { who: String },
}

impl Timing {
    /// The word that begins its link.
    pub fn name(&self) -> &'static str {
        match self {
            Timing::Prolongation { .. } => "prolongation",
            Timing::Postponement { .. } => "postponement",
            Timing::Pause { .. } => "pause",
            Timing::Resume { .. } => "resume",
        }
    }

    pub fn who(&self) -> Option<&str> {
        match self {
            Timing::Prolongation { .. } => None,
            Timing::Postponement { who, .. } | Timing::Pause { who, .. } | Timing::Resume { who } => {
                Some(who)
            }
        }
    }

    pub fn why(&self) -> Option<&str> {
        match self {
            Timing::Postponement { why, .. } | Timing::Pause { why, .. } => Some(why),
            Timing::Prolongation { .. } | Timing::Resume { .. } => None,
        }
    }

    pub fn outage(&self) -> Option<Outage> {
        if let Timing::Prolongation { outage } = self { Some(*outage) } else { None }
    }
}

/// A timing as it enters the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimingLink {
    pub listing: ListingId,
    /// The number of the last bid before it; 0 if there is none.
    pub after_seq: i64,
    /// The close after it.
    pub closes_at: Time,
    pub at: Time,
    pub timing: Timing,
}

/// The standing of an open listing after `timing` at `at`, with `head` still to be set; none if the rules do not allow
/// it. The close never moves back.
pub fn apply(listing: &Listing, standing: &Standing, timing: &Timing, at: Time) -> Option<Standing> {
    if !standing.open {
        return None;
    }
    let moved = |closes_at: Time| Standing { closes_at, ..standing.clone() };
    let is_running = standing.paused_at.is_none();
    let may_change = !standing.is_past_close(at);
    match timing {
        Timing::Prolongation { outage } => {
            let is_timely = listing.created_at <= outage.from && outage.until <= at;
            let closes_at = outage::prolong(listing, standing.closes_at, *outage)?;
            (is_running && is_timely).then(|| moved(closes_at))
        }
        Timing::Postponement { by_s, .. } => {
            let closes_at = standing.closes_at.plus_s(*by_s);
            let postponed = Standing { cap_from: Some(closes_at), ..moved(closes_at) };
            (may_change && (1..=MAX_POSTPONEMENT_S).contains(by_s)).then_some(postponed)
        }
        Timing::Pause { .. } => {
            let paused = Standing { paused_at: Some(at), ..standing.clone() };
            (may_change && is_running).then_some(paused)
        }
        Timing::Resume { .. } => {
            let paused_ms = at.ms_since(standing.paused_at?);
            let closes_at = standing.closes_at.plus_ms(paused_ms);
            let resumed = Standing { paused_at: None, cap_from: Some(closes_at), ..moved(closes_at) };
            (paused_ms >= 0).then_some(resumed)
        }
    }
}

/// The link of `timing` on a listing that now has the standing `after` it, by [`apply`].
pub fn link(listing: ListingId, timing: Timing, after: &Standing, at: Time) -> TimingLink {
    TimingLink { listing, after_seq: after.n_bids, closes_at: after.closes_at, at, timing }
}

/// A timing with its place in the chain, as the books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub link: TimingLink,
    pub hash: Hash,
}
