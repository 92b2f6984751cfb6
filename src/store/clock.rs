//! The one clock. Nothing else in the house asks what time it is.

use crate::rules::time::Time;
use chrono::Utc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The system's clock, moved by an offset that tests may set; or one that stands still but for the offset.
#[derive(Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    stands: bool,
}

impl Clock {
    /// A clock that stands at 1970 and is moved by [`Clock::set_ahead`] alone, so that a simulation can be run again.
    pub fn standing() -> Clock {
        Clock { stands: true, ..Clock::default() }
    }

    pub fn now(&self) -> Time {
        let system_ms = if self.stands { 0 } else { Utc::now().timestamp_millis() };
        Time(system_ms).plus_ms(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock, and its clones, so far ahead of the system's, or of 1970 if it stands (behind it, if negative).
    pub fn set_ahead(&self, ms: i64) {
        self.offset_ms.store(ms, Ordering::Relaxed);
    }
}

/// How long the calling thread has worked, by the system's count: while it waits for a core, or the process is stopped, this
/// stands still.
#[cfg(target_os = "linux")]
pub(super) fn work_of_thread() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(spent.tv_sec).unwrap_or(0), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

/// Where the system does not say so without unsafe code, time that passed counts as work.
#[cfg(not(target_os = "linux"))]
pub(super) fn work_of_thread() -> Duration {
    static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(std::time::Instant::now).elapsed()
}
