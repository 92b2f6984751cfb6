//! Counts of what this server has answered since it started, for `/metrics`: one atomic step a count, no lock.

use crate::house::bidding::place_bid::Accepted;
use crate::house::{Answer, Fault};
use crate::web::problem::code_of;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The kinds of requests that are measured separately. A bid waits for the disk; another write may also wait for a
/// password's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Read,
    Bid,
    Write,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Read, Kind::Bid, Kind::Write];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Read => "read",
            Kind::Bid => "bid",
            Kind::Write => "write",
        }
    }
}

/// Upper bounds of the histogram of durations, in µs.
pub const BOUNDS_US: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

/// How a bid can end: accepted, the same answer again to the same key, or the code of its refusal.
pub const BID_CODES: [&str; 18] = [
    "accepted",
    "repeated",
    "not_found",
    "listing_closed",
    "own_listing",
    "not_allowed",
    "already_leading",
    "bid_too_low",
    "insufficient_funds",
    "invalid",
    "rate_limited",
    "busy",
    "unauthenticated",
    "forbidden",
    "bad_request",
    "too_large",
    "unsupported_media_type",
    "broken",
];

#[derive(Default)]
pub struct Stats {
    bids: [AtomicU64; BID_CODES.len()],
    by_class: [AtomicU64; 5],
    durations: [Durations; Kind::ALL.len()],
}

/// A histogram of durations. The last count is of those above every bound.
#[derive(Default)]
pub struct Durations {
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Stats {
    /// Counts a request of this kind, answered with this status after so long.
    pub fn answered(&self, kind: Kind, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        self.durations[kind as usize].count(took);
    }

    /// Counts a bid that the house has decided.
    pub fn decided(&self, answer: &Answer<Accepted>) {
        self.bid(match answer {
            Ok(Accepted::Now(_)) => "accepted",
            Ok(Accepted::Before { .. }) => "repeated",
            Err(Fault::Refused(refusal)) => refusal.code(),
            Err(Fault::Broken(error)) => code_of(error),
        });
    }

    /// Counts a bid that ended with this code. A code outside [`BID_CODES`] is not counted: such a request was no bid.
    pub fn bid(&self, code: &str) {
        if let Some(at) = BID_CODES.iter().position(|known| *known == code) {
            self.bids[at].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns each code with the number of bids that ended with it.
    pub fn bids(&self) -> impl Iterator<Item = (&'static str, u64)> {
        BID_CODES.into_iter().zip(&self.bids).map(|(code, n)| (code, n.load(Ordering::Relaxed)))
    }

    /// Returns the number of answers with status 1xx, 2xx and so on to 5xx.
    pub fn by_class(&self) -> impl Iterator<Item = u64> {
        self.by_class.iter().map(|n| n.load(Ordering::Relaxed))
    }

    pub fn durations(&self, kind: Kind) -> &Durations {
        &self.durations[kind as usize]
    }
}

impl Durations {
    fn count(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(BOUNDS_US.len());
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Returns for each bound how many requests took at most so long, and last how many there are in all.
    pub fn cumulated(&self) -> [u64; BOUNDS_US.len() + 1] {
        let mut n = 0;
        std::array::from_fn(|at| {
            n += self.counts[at].load(Ordering::Relaxed);
            n
        })
    }

    pub fn sum_us(&self) -> u64 {
        self.sum_us.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_below_their_bounds() {
        let stats = Stats::default();
        for us in [0, 500, 501, 5_000_000, 5_000_001] {
            stats.answered(Kind::Bid, 201, Duration::from_micros(us));
        }
        let durations = stats.durations(Kind::Bid);
        assert_eq!(durations.cumulated(), [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5]);
        assert_eq!(durations.sum_us(), 10_001_002);
        assert_eq!(stats.durations(Kind::Read).cumulated()[BOUNDS_US.len()], 0);
        assert_eq!(stats.by_class().collect::<Vec<_>>(), [0, 5, 0, 0, 0]);
    }

    #[test]
    fn a_bid_is_counted_under_its_code() {
        let stats = Stats::default();
        stats.bid("bid_too_low");
        stats.bid("method_not_allowed");
        stats.decided(&Err(anyhow::anyhow!("the disk is full").into()));
        let counted: Vec<_> = stats.bids().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, [("bid_too_low", 1), ("broken", 1)]);
    }
}
