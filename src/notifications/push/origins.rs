//! The push services, each left alone for a while after it could not be reached, so that one that is dead holds up no
//! other. It is kept in memory: a new process tries afresh.

use crate::rules::notice::back_off_ms;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The pause after a push service cannot be reached: 2 s at first, at most 5 minutes.
const FIRST_REST_MS: i64 = 2_000;
const MOST_REST_MS: i64 = 300_000;
/// How long others wait while one finds out whether it answers again.
const PROBE: Duration = Duration::from_secs(10);
/// The most push services that are remembered; beyond it, those that rest least are forgotten.
const MAX_KNOWN: usize = 1_000;

#[derive(Default)]
pub struct Origins(Mutex<HashMap<String, Fault>>);

struct Fault {
    n_faults: i64,
    rests_until: Instant,
}

impl Origins {
    /// Whether this push service may be asked now; if not, how long to wait, in ms. Of those that have failed, one request
    /// at a time finds out whether they answer again.
    pub fn begin(&self, origin: &str, now: Instant) -> Result<(), i64> {
        let mut faults = self.lock();
        let Some(fault) = faults.get_mut(origin) else {
            return Ok(());
        };
        if let Some(left) = fault.rests_until.checked_duration_since(now).filter(|left| !left.is_zero()) {
            return Err(i64::try_from(left.as_millis()).unwrap_or(MOST_REST_MS) + 1);
        }
        fault.rests_until = now + PROBE;
        Ok(())
    }

    pub fn answered(&self, origin: &str) {
        self.lock().remove(origin);
    }

    /// Notes that it could not be reached; `chance` makes the pause a little longer.
    pub fn failed(&self, origin: &str, now: Instant, chance: u8) {
        let mut faults = self.lock();
        if faults.len() >= MAX_KNOWN && !faults.contains_key(origin) {
            let soonest = faults.iter().min_by_key(|(_, fault)| fault.rests_until);
            if let Some(soonest) = soonest.map(|(origin, _)| origin.clone()) {
                faults.remove(&soonest);
            }
        }
        let fault = faults.entry(origin.to_owned()).or_insert(Fault { n_faults: 0, rests_until: now });
        fault.n_faults += 1;
        let rest_ms = back_off_ms(fault.n_faults, FIRST_REST_MS, MOST_REST_MS, chance);
        fault.rests_until = now + Duration::from_millis(u64::try_from(rest_ms).unwrap_or(0));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Fault>> {
        self.0.lock().expect("nobody panics with the faults")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_push_service_rests_longer_each_time_and_is_probed_by_one() {
        let (origins, began) = (Origins::default(), Instant::now());
        let after = |ms| began + Duration::from_millis(ms);
        let (dead, other) = ("https://dead.example", "https://other.example");
        assert_eq!(origins.begin(dead, began), Ok(()));
        origins.failed(dead, began, 0);
        assert_eq!((origins.begin(dead, after(500)), origins.begin(other, began)), (Err(1_501), Ok(())));
        assert_eq!(origins.begin(dead, after(2_000)), Ok(()), "the probe");
        assert_eq!(origins.begin(dead, after(2_000)), Err(10_001));
        origins.failed(dead, after(3_000), 0);
        assert_eq!(origins.begin(dead, after(3_000)), Err(4_001));
        origins.answered(dead);
        assert_eq!(origins.begin(dead, after(3_000)), Ok(()));
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let (origins, now) = (Origins::default(), Instant::now());
        (0..MAX_KNOWN + 10).for_each(|n| origins.failed(&n.to_string(), now, 0));
        assert_eq!(origins.lock().len(), MAX_KNOWN);
    }
}
