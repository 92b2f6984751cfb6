//! The request that the gate shut down, handed from any thread to the front thread.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Default)]
pub(super) struct Shutdown {
    by: Mutex<Option<Instant>>,
}

impl Shutdown {
    pub fn request(&self, by: Instant) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = Some(by);
    }

    /// Once a shutdown is requested, returns until when requests in progress may take.
    pub fn deadline(&self) -> Option<Instant> {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
