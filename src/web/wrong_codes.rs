//! The limit on wrong codes of passes: five a minute and address. A code that is right counts for nothing; an address that
//! has used its tries up waits, with the right code too, or a guesser could go on.

use super::limits::network;
use crate::house::Answer;
use crate::rules::refusal::Refusal;
use anyhow::Result;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The wrong codes that one address may give in a [`PERIOD`].
const MOST: usize = 5;
const PERIOD: Duration = Duration::from_secs(60);
/// The most addresses in memory. Beyond it, those whose last wrong code is oldest are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// When each address gave its last wrong codes, the oldest first. A restart forgets them.
#[derive(Default)]
pub struct WrongCodes(Mutex<HashMap<IpAddr, Vec<Instant>>>);

impl WrongCodes {
    /// Asks `is_right` of a code from this address, one code at a time, and counts a wrong one. An IPv6 network of 64 bits
    /// is one address. Refuses `rate_limited` without asking.
    pub fn check(
        &self,
        address: IpAddr,
        now: Instant,
        is_right: impl FnOnce() -> Result<bool>,
    ) -> Answer<bool> {
        let address = network(address);
        let mut wrong = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(times) = wrong.get_mut(&address) {
            times.retain(|at| now.saturating_duration_since(*at) < PERIOD);
            if times.len() >= MOST {
                let wait = PERIOD.saturating_sub(now.saturating_duration_since(times[0]));
                return Err(Refusal::RateLimited { retry_after_s: wait.as_secs() + 1 }.into());
            }
        }
        let right = is_right()?;
        if !right {
            make_room(&mut wrong, now);
            wrong.entry(address).or_default().push(now);
        }
        Ok(right)
    }
}

fn make_room(wrong: &mut HashMap<IpAddr, Vec<Instant>>, now: Instant) {
    if wrong.len() < MAX_ADDRESSES {
        return;
    }
    let last = |times: &Vec<Instant>| times.last().copied();
    wrong.retain(|_, times| last(times).is_some_and(|at| now.saturating_duration_since(at) < PERIOD));
    if wrong.len() < MAX_ADDRESSES {
        return;
    }
    let mut ends: Vec<Option<Instant>> = wrong.values().map(last).collect();
    let (_, oldest, _) = ends.select_nth_unstable(MAX_ADDRESSES / 10);
    let oldest = *oldest;
    wrong.retain(|_, times| last(times) > oldest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Fault;

    #[test]
    fn five_wrong_codes_a_minute_and_address_are_tried() {
        let (codes, begun) = (WrongCodes::default(), Instant::now());
        let give = |host: u8, at_s: u64, right| {
            let (address, now) = ([192, 0, 2, host].into(), begun + Duration::from_secs(at_s));
            match codes.check(address, now, || Ok(right)) {
                Ok(right) => Ok(right),
                Err(Fault::Refused(Refusal::RateLimited { retry_after_s })) => Err(retry_after_s),
                Err(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(give(1, 0, true), Ok(true));
        for at_s in 0..5 {
            assert_eq!(give(1, at_s, false), Ok(false));
        }
        assert_eq!(give(1, 5, true), Err(56), "the right one waits too");
        assert_eq!(give(2, 5, false), Ok(false), "elsewhere");
        assert_eq!(give(1, 60, false), Ok(false), "the first is a minute old");
        assert!(give(1, 60, false).is_err());
        assert_eq!(give(1, 125, true), Ok(true));
    }

    #[test]
    fn the_addresses_in_memory_are_bounded() {
        let (codes, begun) = (WrongCodes::default(), Instant::now());
        for n in 0..2 * MAX_ADDRESSES as u32 {
            let now = begun + Duration::from_millis(u64::from(n));
            codes.check(std::net::Ipv4Addr::from(n).into(), now, || Ok(false)).unwrap();
        }
        assert!(codes.0.lock().unwrap().len() <= MAX_ADDRESSES);
    }
}
