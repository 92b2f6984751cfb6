//! The memory that all pictures share while they are decoded: an upload that would take more than is left waits, but not for ever.

use super::fault::Fault;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What all pictures take that are being decoded, and what the large ones took within [`COOLING`]. The allocator may hold as much
/// again of those before them until it is asked for memory: together it stays below 200 MiB.
pub(super) const BUDGET_BYTES: u64 = 96 * 1_024 * 1_024;
/// How long the allocator keeps freed memory (mimalloc's purge delay).
const COOLING: Duration = Duration::from_secs(1);
/// A smaller part is given back at once: the next picture is decoded in the same memory.
const LARGE_BYTES: u64 = 24 * 1_024 * 1_024;
/// How long an upload waits for its part of the budget.
const PATIENCE: Duration = Duration::from_secs(10);
/// The budget of this process.
pub(super) static BUDGET: Budget = Budget::new(PATIENCE);

/// In bytes.
pub(super) struct Budget {
    parts: Mutex<Parts>,
    given_back: Condvar,
    patience: Duration,
}

struct Parts {
    taken: u64,
    /// Large parts that are given back, and until when they still count.
    cooling: Vec<(Instant, u64)>,
}

/// A part of the budget; given back when it is dropped.
pub(super) struct Held {
    bytes: u64,
    budget: &'static Budget,
}

impl Budget {
    const fn new(patience: Duration) -> Budget {
        let parts = Parts { taken: 0, cooling: Vec::new() };
        Budget { parts: Mutex::new(parts), given_back: Condvar::new(), patience }
    }

    /// Takes a part, once there is as much: busy after a while. What is more than all there is can never be taken.
    pub fn take(&'static self, bytes: u64) -> Result<Held, Fault> {
        if bytes > BUDGET_BYTES {
            return Err(Fault::TooLargeForItsKind);
        }
        let until = Instant::now() + self.patience;
        let mut parts = self.parts();
        loop {
            let now = Instant::now();
            parts.cooling.retain(|(cool_at, _)| *cool_at > now);
            if parts.counted() + bytes <= BUDGET_BYTES {
                parts.taken += bytes;
                return Ok(Held { bytes, budget: self });
            }
            if now >= until {
                return Err(Fault::Busy);
            }
            let wake_at = parts.cooling.iter().map(|(cool_at, _)| *cool_at).min().unwrap_or(until).min(until);
            let waited = self.given_back.wait_timeout(parts, wake_at - now);
            parts = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    fn counted(&self) -> u64 {
        self.taken + self.cooling.iter().map(|(_, bytes)| bytes).sum::<u64>()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut parts = self.budget.parts();
        parts.taken -= self.bytes;
        if self.bytes >= LARGE_BYTES {
            parts.cooling.push((Instant::now() + COOLING, self.bytes));
        }
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::refusal::Refusal;

    #[test]
    fn what_is_taken_of_the_budget_is_waited_for_and_given_back() {
        static BUDGET: Budget = Budget::new(Duration::from_millis(20));
        assert_eq!(BUDGET.take(BUDGET_BYTES + 1).err(), Some(Fault::TooLargeForItsKind));
        let parts: Vec<Held> =
            (0..BUDGET_BYTES / 1_024 / 1_024).map(|_| BUDGET.take(1_024 * 1_024).unwrap()).collect();
        assert_eq!(BUDGET.take(1).err(), Some(Fault::Busy));
        drop(parts);
        assert!(BUDGET.take(BUDGET_BYTES).is_ok());
        assert!(matches!(Fault::Busy.refusal(), Refusal::Busy { .. }));
    }

    #[test]
    fn a_large_part_counts_until_the_allocator_has_let_go_of_it() {
        static BUDGET: Budget = Budget::new(Duration::from_millis(20));
        static PATIENT: Budget = Budget::new(PATIENCE);
        for budget in [&BUDGET, &PATIENT] {
            drop(budget.take(BUDGET_BYTES).unwrap());
        }
        assert_eq!(BUDGET.take(1).err(), Some(Fault::Busy));
        let since = Instant::now();
        assert!(PATIENT.take(BUDGET_BYTES).is_ok());
        assert!(since.elapsed() > COOLING / 2);
    }
}
