//! Outages: what happens to a close before which no server ran.
//!
//! With the policy `extend` a listing has `outage_s`. If an outage overlaps the last `outage_s` seconds before the
//! close, the close moves to `outage_s` seconds after the server is back, as often as that happens: the cap of a soft
//! close does not apply. With `settle` a listing has none, and its close stands.

use super::listing::Listing;
use super::time::Time;
use serde::Serialize;

/// A time without a server: from the last sign of one, exclusive, until one was back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outage {
    pub from: Time,
    pub until: Time,
}

/// The close after an outage that has ended; none if the listing's last `outage_s` seconds were served, or it has no
/// `outage_s`. Always later than the close before.
pub fn prolong(listing: &Listing, closes_at: Time, outage: Outage) -> Option<Time> {
    let outage_s = listing.outage_s?;
    let concerned =
        outage.from < outage.until && outage.from < closes_at && closes_at.plus_s(-outage_s) < outage.until;
    concerned.then(|| outage.until.plus_s(outage_s))
}

/// Whether a close that has passed waits for a server, because none was seen after `served_until`.
pub fn waits(listing: &Listing, closes_at: Time, served_until: Time) -> bool {
    listing.outage_s.is_some() && closes_at > served_until
}

#[cfg(test)]
mod tests {
    use super::super::listing::{AccountId, ListingId};
    use super::*;

    fn at(s: i64) -> Time {
        Time(s * 1_000)
    }

    fn listing(outage_s: Option<i64>) -> Listing {
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
            soft_close: None,
            premium_bps: 0,
            commission_bps: 0,
            outage_s,
            category: None,
            pictures: Vec::new(),
            created_at: at(0),
            lot: None,
        }
    }

    /// The close at 1,000 s, with 60 s, after an outage.
    fn check(from: i64, until: i64, expected: Option<i64>) {
        let outage = Outage { from: at(from), until: at(until) };
        let found = prolong(&listing(Some(60)), at(1_000), outage);
        assert_eq!(found, expected.map(at), "outage from {from} until {until}");
        assert!(found.is_none_or(|closes_at| closes_at > at(1_000)));
        assert_eq!(prolong(&listing(None), at(1_000), outage), None, "settle");
    }

    #[test]
    fn an_outage_in_the_last_seconds_moves_the_close_to_as_long_after_it() {
        check(800, 940, None);
        check(800, 941, Some(1_001));
        check(950, 951, Some(1_011));
        check(999, 1_000, Some(1_060));
        check(999, 5_000, Some(5_060));
        check(0, 5_000, Some(5_060));
        check(1_000, 5_000, None);
        check(1_001, 5_000, None);
        check(950, 950, None);
        check(951, 950, None);
    }

    #[test]
    fn it_is_prolonged_again_by_the_next_outage_and_not_by_the_same() {
        let listing = listing(Some(60));
        let once = prolong(&listing, at(1_000), Outage { from: at(990), until: at(2_000) });
        assert_eq!(once, Some(at(2_060)));
        let again = prolong(&listing, at(2_060), Outage { from: at(2_000), until: at(2_010) });
        assert_eq!(again, Some(at(2_070)));
        assert_eq!(prolong(&listing, at(2_070), Outage { from: at(2_010), until: at(2_010) }), None);
    }

    #[test]
    fn a_close_waits_only_if_nobody_was_seen_up_to_it() {
        for (served_until, waiting) in [(999, true), (1_000, false), (1_001, false)] {
            assert_eq!(waits(&listing(Some(60)), at(1_000), at(served_until)), waiting);
            assert!(!waits(&listing(None), at(1_000), at(served_until)));
        }
    }
}
