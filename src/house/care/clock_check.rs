//! Judges the machine's clock. It does not decide what time it is: [`crate::store::clock`] does.

use crate::house::{Answer, House};
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::Tx;
use crate::store::clock::Jump;
use crate::store::log::LogLine;
use anyhow::Result;

/// A clock that NTP puts back by less than this is fine.
const BEHIND_MS: i64 = 1_000;
/// A newest event this far ahead was written by a wrong clock.
const FAR_AHEAD_MS: i64 = 3_600_000;

/// The state of the machine's clock compared with the house's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    Right {
        now: Time,
    },
    /// It moved further ahead than time has passed: bids, listings and settlements wait.
    Jumped {
        now: Time,
        ahead_ms: i64,
    },
    /// It was put back, or was ahead before: the house's time stands still until the clock catches up.
    Behind {
        now: Time,
        stands_at: Time,
    },
}

impl ClockState {
    fn of(now: Time, jump: Option<Jump>, last_event: Time) -> ClockState {
        match jump {
            Some(Jump { ahead_ms }) => ClockState::Jumped { now, ahead_ms },
            None if last_event.ms_since(now) >= BEHIND_MS => {
                ClockState::Behind { now, stands_at: last_event }
            }
            None => ClockState::Right { now },
        }
    }

    /// The clock's time; after a jump, the time without the jump.
    pub fn now(&self) -> Time {
        let (ClockState::Right { now } | ClockState::Jumped { now, .. } | ClockState::Behind { now, .. }) =
            *self;
        now
    }

    /// `right`, `jumped` or `behind`.
    pub fn name(&self) -> &'static str {
        match self {
            ClockState::Right { .. } => "right",
            ClockState::Jumped { .. } => "jumped",
            ClockState::Behind { .. } => "behind",
        }
    }

    /// How far the clock is ahead of the house's time; negative if it is behind.
    pub fn ahead_ms(&self) -> i64 {
        match *self {
            ClockState::Right { .. } => 0,
            ClockState::Jumped { ahead_ms, .. } => ahead_ms,
            ClockState::Behind { now, stands_at } => now.ms_since(stands_at),
        }
    }

    fn finding(self) -> Finding {
        const NAME: &str = "clock";
        match self {
            ClockState::Right { now } => {
                Finding::good(NAME, format!("it is {now}, later than all that happened"))
            }
            ClockState::Jumped { now, ahead_ms } => Finding::bad(
                NAME,
                format!(
                    "the clock has jumped {ahead_ms} ms ahead of the time that has passed: by that it is {now}; bids, listings \
                     and settlements wait"
                ),
                "set the clock, and keep it by NTP; if it is right, run `auction doctor --accept-clock`",
            ),
            ClockState::Behind { now, stands_at } if stands_at.ms_since(now) < FAR_AHEAD_MS => Finding::bad(
                NAME,
                format!(
                    "the clock is {} ms behind the newest event: the house's time stands at {stands_at} until it is there, and \
                     deadlines are late",
                    stands_at.ms_since(now)
                ),
                "set the clock, and keep it by NTP",
            ),
            ClockState::Behind { now, stands_at } => Finding::bad(
                NAME,
                format!(
                    "the newest event is of {stands_at}, where the house's time stands, and it is {now}: the clock was wrong then, \
                     or is now"
                ),
                "set the clock, and keep it by NTP; if it is right, restore a backup from before it was wrong",
            ),
        }
    }
}

impl House {
    /// The state of the clock now.
    pub fn clock_state(&self) -> Result<ClockState> {
        self.read(|snapshot| {
            let look = self.store.look_at_clock(snapshot)?;
            Ok(ClockState::of(look.now, look.jump, snapshot.last_event()?.at))
        })
    }

    /// Refuses `busy` after a jump of the clock.
    pub(in crate::house) fn check_clock(&self) -> Answer<()> {
        Ok(self.read(|snapshot| self.store.look_at_clock(snapshot))?.check()?)
    }

    /// Runs a write that depends on the time. Refuses after a jump, even if it is the first write after it.
    pub(in crate::house) fn write_by_clock<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.write(move |tx| {
            tx.check_clock()?;
            f(tx)
        })
    }

    /// Accepts the clock as an admin confirms it. Returns the state before and after.
    pub fn accept_clock(&self) -> Answer<(ClockState, ClockState)> {
        let before = self.clock_state()?;
        self.write(|tx| {
            tx.accept_clock()?;
            Ok(tx.log(&LogLine::of("doctor.accept_clock"))?)
        })?;
        Ok((before, self.clock_state()?))
    }

    pub(in crate::house) fn check_clock_state(&self) -> Result<Finding> {
        Ok(self.clock_state()?.finding())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_the_newest_event_or_ahead_of_time_is_named() {
        let now = Time(1_000_000_000_000);
        for (ahead_ms, jumped_ms, name, words) in [
            (-5, None, "right", "later than all"),
            (999, None, "right", "later than all"),
            (1_000, None, "behind", "1000 ms behind"),
            (3_600_000, None, "behind", "was wrong then"),
            (-5, Some(3_600_000), "jumped", "3600000 ms ahead"),
            (1_000, Some(3_600_000), "jumped", "3600000 ms ahead"),
        ] {
            let jump = jumped_ms.map(|ahead_ms| Jump { ahead_ms });
            let state = ClockState::of(now, jump, now.plus_ms(ahead_ms));
            let finding = state.finding();
            assert_eq!((state.name(), finding.ok), (name, name == "right"), "{finding:?}");
            assert!(finding.words.contains(words), "{finding:?}");
        }
    }
}
