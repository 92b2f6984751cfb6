//! The word that the gate shall stop, from whoever says it to the front thread.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Default)]
pub(super) struct Stopping {
    by: Mutex<Option<Instant>>,
}

impl Stopping {
    pub fn ask(&self, by: Instant) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = Some(by);
    }

    /// Until when requests under way may take, once the gate was asked to stop.
    pub fn asked(&self) -> Option<Instant> {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
