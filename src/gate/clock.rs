//! The gate's own time, by which every time-out is measured. It stands still while the process does.

use std::time::{Duration, Instant};

/// The longest time between two looks at the clock while the process runs; a turn takes a fraction of it.
const LONGEST_TURN: Duration = Duration::from_secs(1);

pub(super) struct Clock {
    now: Instant,
    /// How far the gate's time is behind the system's.
    stood_still: Duration,
}

impl Clock {
    pub fn new() -> Clock {
        Clock { now: Instant::now(), stood_still: Duration::ZERO }
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// Moves on to the system's time. After a pause longer than [`LONGEST_TURN`] the process was stopped, or the
    /// machine slept: nobody could have been heard meanwhile, so the pause is not counted against any client.
    pub fn advance(&mut self, system: Instant) {
        let passed = system.saturating_duration_since(self.now + self.stood_still);
        if passed > LONGEST_TURN {
            self.stood_still += passed - LONGEST_TURN;
        }
        self.now = system - self.stood_still;
    }

    /// Returns how long it is until `at`, by the system's time.
    pub fn until(&self, at: Instant) -> Duration {
        at.saturating_duration_since(Instant::now() - self.stood_still)
    }
}
