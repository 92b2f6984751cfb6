//! The one clock. Nothing else in the house asks what time it is.

use crate::rules::time::Time;
use chrono::Utc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's clock, moved by an offset that tests may set.
#[derive(Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn now(&self) -> Time {
        Time(Utc::now().timestamp_millis()).plus_ms(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock, and its clones, so far ahead of the system's (behind it, if negative).
    pub fn set_ahead(&self, ms: i64) {
        self.offset_ms.store(ms, Ordering::Relaxed);
    }
}
