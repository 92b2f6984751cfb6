//! The memory budget that all pictures share while they are decoded: a picture that needs more than is left waits, but
//! not for ever.

use crate::house::listings::pictures::fault::Fault;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most bytes that all pictures being decoded take. The allocator may hold as much again for a second after the
/// last ones: together it stays below 200 MiB.
pub(in crate::house) const BUDGET_BYTES: u64 = 96 * 1_024 * 1_024;
/// How long an upload waits for its part of the budget.
const PATIENCE: Duration = Duration::from_secs(10);
/// The budget of this process.
pub(in crate::house) static BUDGET: Budget =
    Budget { taken: Mutex::new(0), given_back: Condvar::new(), patience: PATIENCE };

/// A budget in bytes.
pub(in crate::house) struct Budget {
    taken: Mutex<u64>,
    given_back: Condvar,
    patience: Duration,
}

/// A share of the budget, returned when it is dropped.
pub(in crate::house) struct Held {
    bytes: u64,
    budget: &'static Budget,
}

impl Budget {
    /// Takes a share, waiting for a while until there is enough; then refuses `busy`. Refuses at once a share larger
    /// than the whole budget.
    pub fn take(&'static self, bytes: u64) -> Result<Held, Fault> {
        if bytes > BUDGET_BYTES {
            return Err(Fault::TooLargeForItsKind);
        }
        let is_full = |taken: &mut u64| *taken + bytes > BUDGET_BYTES;
        let (mut taken, waited) = self
            .given_back
            .wait_timeout_while(self.taken(), self.patience, is_full)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(Fault::Busy);
        }
        *taken += bytes;
        Ok(Held { bytes, budget: self })
    }

    fn taken(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        *self.budget.taken() -= self.bytes;
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::refusal::Refusal;

    #[test]
    fn what_is_taken_of_the_budget_is_waited_for_and_given_back() {
        static BUDGET: Budget =
            Budget { taken: Mutex::new(0), given_back: Condvar::new(), patience: Duration::from_millis(20) };
        assert_eq!(BUDGET.take(BUDGET_BYTES + 1).err(), Some(Fault::TooLargeForItsKind));
        let most = BUDGET.take(BUDGET_BYTES - 10).unwrap();
        let rest = BUDGET.take(10).unwrap();
        assert_eq!(BUDGET.take(1).err(), Some(Fault::Busy));
        drop(rest);
        assert!(BUDGET.take(10).is_ok());
        drop(most);
        assert!(BUDGET.take(BUDGET_BYTES).is_ok());
        assert!(matches!(Fault::Busy.refusal(), Refusal::Busy { .. }));
    }
}
