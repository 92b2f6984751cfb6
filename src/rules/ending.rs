//! The notice `ending`: people are told some minutes before a close, once for each time that this mark passes.
//!
//! A close has its mark 15 minutes before it. The mark passes if it lies in the time during which the close stood: after
//! the listing was made or its sale opened, and before the close was moved or the listing paused. So a listing of ten
//! minutes has no mark, a late bid that moves the close by two minutes makes no new one, and a postponement by an hour
//! does.

use super::listing::AccountId;
use super::money::Money;
use super::time::Time;

/// How long before a close people are told, in seconds.
pub const BEFORE_S: i64 = 900;

/// A change of a listing's close: by a bid, an outage, a postponement, a pause or a resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Time,
    /// The close from then on; none while it is paused.
    pub closes_at: Option<Time>,
}

/// A bid that somebody made: neither a leader's raise nor an automatic bid, neither of which changes who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub at: Time,
    pub bidder: AccountId,
    /// The maximum that a later bid must exceed; a raise that followed is counted into it.
    pub max: Money,
}

/// The mark of a close.
pub fn mark(closes_at: Time) -> Time {
    closes_at.plus_s(-BEFORE_S)
}

/// Whether people are to be told at `now`, for an open listing. `told_at` is when they were told last; `opened_at` is
/// when the listing was made, or its sale opened if that was later. `changes` stand in their order.
///
/// A mark that passed while nobody could tell, because no server ran, is made up for until the close.
pub fn is_due(
    opened_at: Time,
    first_closes_at: Time,
    changes: &[Change],
    told_at: Option<Time>,
    now: Time,
) -> bool {
    let first = Change { at: opened_at, closes_at: Some(first_closes_at) };
    let stands: Vec<Change> = std::iter::once(first).chain(changes.iter().copied()).collect();
    let Some(closes_at) = stands.last().and_then(|last| last.closes_at) else {
        return false;
    };
    if now < mark(closes_at) || now >= closes_at {
        return false;
    }
    let ends = stands[1..].iter().map(|next| next.at).chain([now]);
    let passed = stands.iter().zip(ends).filter_map(|(stand, until)| {
        let mark = mark(stand.closes_at?);
        (stand.at.max(opened_at) < mark && mark <= until).then_some(mark)
    });
    passed.max() > told_at
}

/// Whether something has changed for the person who leads since they were told last: they have lost the lead in
/// between, or did not have it then. A leader who has never lost the lead has nothing to be told.
///
/// `bids` are all of the listing, in their order. `told_at` is when the notice `ending` was written last.
pub fn has_changed_for(bids: &[Made], leader: AccountId, told_at: Option<Time>) -> bool {
    let (mut lead, mut since, mut n_leads) = (None::<Made>, Time::default(), 0);
    for bid in bids {
        if lead.is_none_or(|lead| lead.bidder == bid.bidder || bid.max > lead.max) {
            if bid.bidder == leader && lead.is_none_or(|lead| lead.bidder != leader) {
                (since, n_leads) = (bid.at, n_leads + 1);
            }
            lead = Some(*bid);
        }
    }
    let had_bid_by = |at: Time| bids.iter().any(|bid| bid.bidder == leader && bid.at <= at);
    match told_at.filter(|at| had_bid_by(*at)) {
        Some(told_at) => since > told_at,
        None => n_leads > 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn at(minute: i64) -> Time {
        Time(1_000 * MINUTE + minute * MINUTE)
    }

    /// Made at minute 0 to close at 60; each change as (minute, new close), a pause with none. Told at these minutes when
    /// somebody looks every minute.
    #[track_caller]
    fn check(
        words: &str,
        opened: i64,
        changes: &[(i64, Option<i64>)],
        looks: impl Iterator<Item = i64>,
        expected: &[i64],
    ) {
        let changes: Vec<Change> = changes
            .iter()
            .map(|(minute, closes_at)| Change { at: at(*minute), closes_at: closes_at.map(at) })
            .collect();
        let (mut told_at, mut told) = (None, Vec::new());
        for minute in looks {
            let known: Vec<Change> =
                changes.iter().copied().filter(|change| change.at <= at(minute)).collect();
            if is_due(at(opened), at(60), &known, told_at, at(minute)) {
                told_at = Some(at(minute));
                told.push(minute);
            }
        }
        assert_eq!(told, expected, "{words}");
    }

    #[test]
    fn people_are_told_once_for_each_mark_that_passes() {
        let all = || 0..300;
        check("a close that stands", 0, &[], all(), &[45]);
        check("no mark: it opened a quarter of an hour before the close", 45, &[], all(), &[]);
        check("a minute earlier", 44, &[], all(), &[45]);
        check("a late bid, by two minutes", 0, &[(59, Some(62))], all(), &[45]);
        check(
            "late bids one after the other",
            0,
            &[(59, Some(62)), (61, Some(64)), (63, Some(80))],
            all(),
            &[45, 65],
        );
        check("postponed after it was told", 0, &[(50, Some(120))], all(), &[45, 105]);
        check("postponed before", 0, &[(40, Some(120))], all(), &[105]);
        check("postponed by ten minutes, just after it was told", 0, &[(46, Some(70))], all(), &[45, 55]);
        check("postponed by ten minutes when its new mark has passed", 0, &[(56, Some(70))], all(), &[45]);
        check("paused before its mark", 0, &[(40, None), (100, Some(120))], all(), &[105]);
        check("paused after its mark", 0, &[(50, None), (100, Some(110))], all(), &[45]);
        check(
            "paused and postponed meanwhile",
            0,
            &[(50, None), (60, None), (100, Some(170))],
            all(),
            &[45, 155],
        );
        check("paused for ever", 0, &[(40, None)], all(), &[]);
        check("postponed before it opened", 100, &[(10, Some(200))], all(), &[185]);
        check("postponed before it opened, to soon after", 100, &[(10, Some(110))], all(), &[]);
    }

    #[test]
    fn a_mark_that_nobody_saw_pass_is_made_up_for_until_the_close() {
        check("no server from 40 to 55", 0, &[], (0..40).chain(55..300), &[55]);
        check("till the close", 0, &[], (0..40).chain(60..300), &[]);
        check("a late bid in between", 0, &[(46, Some(62))], (0..40).chain(55..300), &[55]);
        check("a pause in between", 0, &[(46, None), (47, Some(61))], (0..40).chain(55..300), &[55]);
        check("a postponement in between", 0, &[(46, Some(200))], (0..40).chain(55..300), &[185]);
        check("an outage prolonged it at 70", 0, &[(70, Some(75))], (0..40).chain(70..300), &[70]);
    }

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);
    const CLEO: AccountId = AccountId(3);

    #[test]
    fn a_leader_is_told_only_if_something_has_changed() {
        // Bids as (minute, bidder, maximum), who leads, told last, whether they are told.
        type Case = (&'static str, &'static [(i64, AccountId, i64)], Option<i64>, bool);
        let cases: &[Case] = &[
            ("led from the first bid", &[(1, BOB, 10)], None, false),
            ("took it over and kept it", &[(1, CLEO, 5), (2, BOB, 10)], None, false),
            ("kept it against lower bids", &[(1, BOB, 10), (2, CLEO, 9), (3, CLEO, 10)], None, false),
            ("raised in between", &[(1, BOB, 10), (2, BOB, 20), (3, CLEO, 15)], None, false),
            (
                "bid too low before, which is not losing",
                &[(1, CLEO, 9), (2, BOB, 5), (3, BOB, 10)],
                None,
                false,
            ),
            ("lost it and won it back", &[(1, BOB, 5), (2, CLEO, 6), (3, BOB, 10)], None, true),
            ("the same before the notice", &[(1, BOB, 5), (2, CLEO, 6), (3, BOB, 10)], Some(4), false),
            ("in the very moment of the notice", &[(1, BOB, 5), (2, CLEO, 6), (4, BOB, 10)], Some(4), false),
            ("won it back since", &[(1, BOB, 5), (2, CLEO, 6), (5, BOB, 10)], Some(4), true),
            ("lost it and won it back since", &[(1, BOB, 5), (5, CLEO, 6), (6, BOB, 10)], Some(4), true),
            ("unbroken over the notice", &[(1, BOB, 5), (5, CLEO, 4)], Some(4), false),
            ("began to bid since", &[(1, CLEO, 5), (5, BOB, 10)], Some(4), false),
            (
                "had bid too low by then, and leads since",
                &[(1, CLEO, 9), (2, BOB, 5), (5, BOB, 10)],
                Some(4),
                true,
            ),
            ("nobody else ever bid", &[(1, BOB, 5), (5, BOB, 10)], Some(4), false),
        ];
        for (words, bids, told_at, expected) in cases {
            let bids: Vec<Made> = bids
                .iter()
                .map(|(minute, bidder, max)| Made { at: at(*minute), bidder: *bidder, max: *max })
                .collect();
            assert_eq!(has_changed_for(&bids, BOB, told_at.map(at)), *expected, "{words}");
        }
        assert!(!has_changed_for(&[], ANN, None));
    }
}
