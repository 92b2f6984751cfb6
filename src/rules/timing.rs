//! Timings: the links of a chain that change when its listing closes, beside bids. No server ran before the close
//! (prolongation), or the organiser postponed, paused or resumed the sale.
//!
//! Where several could act at once, this order holds:
//! 1. What has ended stays as it ended.
//! 2. While a listing is paused it takes no bid and is not settled, however late it gets: its close stands still, and
//!    the resume moves it by the length of the pause. It can be postponed and cancelled. An outage counts up to the
//!    pause and no further, for the rest of it cost nobody a bid.
//! 3. The close as it stands decides. Once it has passed, bidding is over: no postponement or pause touches the listing
//!    any more. Only an outage still prolongs it, and only if no server saw the close pass and it is not settled. If
//!    its sale is paused by then, it is paused with the others as soon as it is prolonged.
//! 4. Before its close, each change moves the close as it stands, in the order in which they are written: a late bid by
//!    the soft close, an outage to `outage_s` after the server is back, a postponement by its seconds.
//! 5. The cap of a soft close counts from the first close, and after a postponement or a resume from the close that it
//!    has set. A prolongation leaves the cap as it was. The opening of a sale never moves.
//!
//! "Before" and "after" are the house's time, which never runs backwards: a clock that is put back during a pause makes
//! the pause no shorter than nothing, and while a clock has jumped ahead nothing is postponed, paused or resumed.

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
            let counted = counted(listing, standing, Outage { until: outage.until.min(at), ..*outage });
            let closes_at = outage::prolong(listing, standing.closes_at, *outage)?;
            (*outage == counted).then(|| moved(closes_at))
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

/// The part of an outage that counts for a listing: from its making, and until its pause if it is paused. It may be
/// empty.
pub fn counted(listing: &Listing, standing: &Standing, outage: Outage) -> Outage {
    Outage {
        from: outage.from.max(listing.created_at),
        until: standing.paused_at.map_or(outage.until, |paused_at| outage.until.min(paused_at)),
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

#[cfg(test)]
mod tests {
    use super::super::listing::AccountId;
    use super::super::soft_close::SoftClose;
    use super::*;

    fn at(s: i64) -> Time {
        Time(s * 1_000)
    }

    /// Closes at 1,000 s, made at 0, prolonged to 60 s after an outage.
    fn listing() -> Listing {
        Listing {
            id: ListingId(1),
            seller: AccountId(1),
            seller_name: "Ann".into(),
            title: "Lamp".into(),
            description: String::new(),
            opening: 1_000,
            reserve: None,
            reserve_salt: [0; 16],
            buy_now: None,
            increment: None,
            first_closes_at: at(1_000),
            soft_close: Some(SoftClose { window_s: 60, extension_s: 60, cap_s: 90 }),
            premium_bps: 0,
            commission_bps: 0,
            outage_s: Some(60),
            category: None,
            pictures: Vec::new(),
            created_at: at(0),
            lot: None,
        }
    }

    fn fresh() -> Standing {
        Standing {
            open: true,
            closes_at: at(1_000),
            paused_at: None,
            cap_from: None,
            price: None,
            lead: None,
            n_bids: 0,
            head: [0; 32],
        }
    }

    fn by(by_s: i64) -> Timing {
        Timing::Postponement { by_s, who: "cli".into(), why: "wifi".into() }
    }

    fn pause() -> Timing {
        Timing::Pause { who: "cli".into(), why: "wifi".into() }
    }

    fn resume() -> Timing {
        Timing::Resume { who: "cli".into() }
    }

    fn outage(from: i64, until: i64) -> Timing {
        Timing::Prolongation { outage: Outage { from: at(from), until: at(until) } }
    }

    /// The close, the pause and the cap's base after these, in seconds; none where the last is not allowed.
    fn after(timings: &[(i64, Timing)]) -> Option<(i64, Option<i64>, Option<i64>)> {
        let (last, before) = timings.split_last().unwrap();
        let step = |standing: Standing, (s, timing): &(i64, Timing)| {
            let after = apply(&listing(), &standing, timing, at(*s));
            after.unwrap_or_else(|| panic!("{timing:?} at {s} on {standing:?}"))
        };
        let standing = before.iter().fold(fresh(), step);
        let after = apply(&listing(), &standing, &last.1, at(last.0))?;
        assert!(after.closes_at >= standing.closes_at, "no close moves back");
        let s = |at: Time| at.0 / 1_000;
        Some((s(after.closes_at), after.paused_at.map(s), after.cap_from.map(s)))
    }

    #[test]
    fn a_postponement_moves_the_close_as_it_stands_and_the_base_of_the_cap() {
        assert_eq!(after(&[(10, by(600))]), Some((1_600, None, Some(1_600))));
        assert_eq!(after(&[(10, by(600)), (20, by(5))]), Some((1_605, None, Some(1_605))));
        assert_eq!(after(&[(999, outage(990, 999)), (1_058, by(1))]), Some((1_060, None, Some(1_060))));
        assert_eq!(after(&[(1_000, by(600))]), None, "its close has passed");
        assert_eq!(after(&[(10, by(600)), (1_599, by(1))]), Some((1_601, None, Some(1_601))));
        for refused in [0, -1, MAX_POSTPONEMENT_S + 1] {
            assert_eq!(after(&[(10, by(refused))]), None, "{refused}");
        }
    }

    #[test]
    fn a_pause_stops_the_close_and_the_resume_moves_it_by_its_length() {
        assert_eq!(after(&[(400, pause())]), Some((1_000, Some(400), None)));
        assert_eq!(after(&[(400, pause()), (401, pause())]), None, "it is paused");
        assert_eq!(after(&[(1_000, pause())]), None, "its close has passed");
        assert_eq!(after(&[(400, resume())]), None, "it is not paused");
        assert_eq!(after(&[(999, pause()), (5_000, resume())]), Some((5_001, None, Some(5_001))));
        assert_eq!(after(&[(999, pause()), (999, resume())]), Some((1_000, None, Some(1_000))));
        assert_eq!(after(&[(400, pause()), (399, resume())]), None, "no pause is shorter than nothing");
        let twice = [(100, pause()), (200, resume()), (300, pause()), (310, resume())];
        assert_eq!(after(&twice), Some((1_110, None, Some(1_110))));
    }

    #[test]
    fn a_paused_listing_is_postponed_even_after_the_close_that_stands_still() {
        let late = [(990, pause()), (3_000, by(100))];
        assert_eq!(after(&late), Some((1_100, Some(990), Some(1_100))));
        let resumed = [late[0].clone(), late[1].clone(), (3_000, resume())];
        assert_eq!(after(&resumed), Some((3_110, None, Some(3_110))));
    }

    #[test]
    fn an_outage_counts_up_to_a_pause_and_no_further() {
        let counted = |from, until| {
            let outage = Outage { from: at(from), until: at(until) };
            let paused = Standing { paused_at: Some(at(980)), ..fresh() };
            (super::counted(&listing(), &fresh(), outage), super::counted(&listing(), &paused, outage))
        };
        let of = |from, until| Outage { from: at(from), until: at(until) };
        assert_eq!(counted(950, 990), (of(950, 990), of(950, 980)));
        assert_eq!(counted(950, 970), (of(950, 970), of(950, 970)));
        assert_eq!(counted(-5, 990).0, of(0, 990), "not before it was made");
        // The server dies at 950, the sale is paused at 980, the server is back at 990.
        assert_eq!(after(&[(980, pause()), (990, outage(950, 980))]), Some((1_040, Some(980), None)));
        assert_eq!(after(&[(980, pause()), (990, outage(950, 990))]), None, "only what counts is written");
        let whole = [(980, pause()), (990, outage(950, 980)), (1_100, resume())];
        assert_eq!(after(&whole), Some((1_160, None, Some(1_160))), "a minute from the resume");
        // It dies and comes back during the pause.
        assert_eq!(after(&[(980, pause()), (999, outage(985, 990))]), None);
        // It is back after the resume: the close as the resume has set it is within the last minute.
        let later = [(980, pause()), (1_100, resume()), (1_119, outage(950, 1_119))];
        assert_eq!(after(&later), Some((1_179, None, Some(1_120))), "and the cap's base stays");
    }

    #[test]
    fn an_outage_prolongs_after_the_close_and_ends_before_it_is_told() {
        assert_eq!(after(&[(5_000, outage(999, 5_000))]), Some((5_060, None, None)));
        assert_eq!(after(&[(5_000, outage(1_000, 5_000))]), None, "a server saw the close pass");
        assert_eq!(after(&[(4_999, outage(999, 5_000))]), None, "it has not ended yet");
        assert_eq!(after(&[(5_000, outage(-1, 5_000))]), None, "there was no listing yet");
    }

    #[test]
    fn what_has_ended_is_changed_no_more() {
        let ended = Standing { open: false, ..fresh() };
        for timing in [by(600), pause(), resume(), outage(999, 1_001)] {
            assert_eq!(apply(&listing(), &ended, &timing, at(1_001)), None, "{timing:?}");
        }
    }
}
