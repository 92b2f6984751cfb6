//! Counts the gate's own answers by status: they show an operator the requests that get no further.

use super::refusal::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every status that the gate answers with.
const STATUSES: [u16; 9] = [400, 405, 408, 413, 417, 429, 431, 503, 505];

/// One count for each status, since the start of the process.
#[derive(Default)]
pub struct Refusals([AtomicU64; STATUSES.len()]);

impl Refusals {
    pub(super) fn count(&self, refusal: Refusal) {
        let at = STATUSES.iter().position(|status| *status == refusal.status());
        self.0[at.expect("STATUSES has every status of a refusal")].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns each status, and how often the gate has answered with it.
    pub fn each(&self) -> impl Iterator<Item = (u16, u64)> {
        STATUSES.iter().zip(&self.0).map(|(status, n)| (*status, n.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_counted_under_its_status() {
        let refusals = Refusals::default();
        let all = [
            Refusal::BadRequest("why"),
            Refusal::Version,
            Refusal::Method,
            Refusal::BodyTooLarge,
            Refusal::HeadTooLarge,
            Refusal::TooSlow,
            Refusal::Expectation,
            Refusal::TooMany,
            Refusal::Busy(2),
            Refusal::NoAnswer,
        ];
        all.into_iter().for_each(|refusal| refusals.count(refusal));
        assert!(refusals.each().all(|(status, n)| n == if status == 503 { 2 } else { 1 }));
    }
}
