//! When sessions and tokens for programs were last used, kept in memory until a background task writes it down: so no
//! request waits for that, and whoever is busy costs one write in [`OFTEN_S`].

use crate::rules::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How exactly the last use is stored, in seconds.
const OFTEN_S: i64 = 600;
/// The most that are remembered between two writes; the use of more is noted later.
const MAX_REMEMBERED: usize = 10_000;
/// How long uses wait for others.
const TOGETHER: Duration = Duration::from_secs(10);

/// What was used, and when.
#[derive(Clone)]
pub(in crate::house) struct Uses<Of>(Arc<Mutex<Noted<Of>>>);

struct Noted<Of> {
    at: BTreeMap<Of, Time>,
    taken: Option<Instant>,
}

impl<Of> Default for Uses<Of> {
    fn default() -> Uses<Of> {
        Uses(Arc::new(Mutex::new(Noted { at: BTreeMap::new(), taken: None })))
    }
}

impl<Of: Ord> Uses<Of> {
    /// Notes a use at `now`, unless that is already known to [`OFTEN_S`].
    pub fn note(&self, of: Of, known: Option<Time>, now: Time) {
        if known.is_some_and(|known| now < known.plus_s(OFTEN_S)) {
            return;
        }
        let mut noted = self.0.lock().expect("nobody panics with it");
        if noted.at.len() < MAX_REMEMBERED {
            noted.at.entry(of).or_insert(now);
        }
    }

    /// Takes what was noted, once in [`TOGETHER`], so that many share a write.
    pub fn take(&self) -> Vec<(Of, Time)> {
        let mut noted = self.0.lock().expect("nobody panics with it");
        if noted.at.is_empty() || noted.taken.is_some_and(|taken| taken.elapsed() < TOGETHER) {
            return Vec::new();
        }
        noted.taken = Some(Instant::now());
        std::mem::take(&mut noted.at).into_iter().collect()
    }
}
