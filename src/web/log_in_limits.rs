//! Limits on password tries. They must stop a guesser, but never keep out a person with the right password: a hall of
//! people behind one router mistypes, and an attacker elsewhere fails on purpose to lock an owner out.
//!
//! With N = `limit_sign_ins_per_min` (10), failures fill three buckets, which empty as time passes. An address is an
//! IPv4 address or an IPv6 network of 64 bits. "Untried" means that the password is not even compared:
//!
//! | bucket | failures at once | then | when it is full |
//! |---|---|---|---|
//! | one account from one address | N, and 3 N in all | N a minute, N an hour | refused untried |
//! | one account from everywhere | N | N a minute | a wrong password is `rate_limited`, the right one passes |
//! | | 10 N in all | 10 N an hour | refused untried if its owner has not logged in from the address before |
//! | one address, on all accounts | N | N a minute | a wrong password is `rate_limited`, the right one passes |
//! | | 60 N in all | N a minute | refused untried if the account's owner has not logged in from the address before |
//!
//! A browser from which the account's owner has logged in before, as its cookie shows, counts as an address of its own
//! in the first row: not even somebody behind the same router can hold it up.
//!
//! A log-in removes its own account's failures from its address. So a hall that mistypes and then gets in fills
//! nothing, and nobody earns tries on others' accounts with an account of their own. None of this depends on whether an
//! account exists.
//!
//! After the first burst, a guesser can try this many passwords a day (in brackets: under a plain limit of N failures a
//! minute for each account and each address): one account from one address 240 (14,400); one account from any number of
//! addresses 2,400 (14,400); all accounts from one address 14,400 (14,400), and in addition 240 on each account whose
//! owner has logged in from that same address.
//!
//! Right passwords are limited by account, because each costs a hash and a commit.
//!
//! A number in a sale with its PIN is counted in the same way, as an account of its own: who guesses PINs holds up
//! nobody's password. Of the million PINs, one number gives away at most 2,400 a day.

use crate::house::Answer;
use crate::house::people::log_in::Named;
use crate::house::settings::Settings;
use crate::rules::refusal::Refusal;
use crate::web::limits::network;
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// Times N: the tries at once for one account from one address; N an hour are restored.
const PAIR_BURST: u32 = 3;
/// Times N: the tries at once for one account from everywhere; as many an hour are restored.
const ACCOUNT_BURST: u32 = 10;
/// Times N: the tries at once from one address. Of a hall's 300 people a third may mistype three times before any of
/// them gets in, while somebody tries one password on everybody's account.
const ADDRESS_BURST: u32 = 60;

/// The most keys in memory, about 10 MB. Each one costs a failed log-in, which takes a hash of 30 ms. At the limit a
/// tenth is forgotten: those nearest to being empty, never those with the most failures.
const MAX_KEYS: usize = 100_000;

/// What tries are counted by. An email or a number is hashed, so that it takes the same room at any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Failures with one account from one address, or from one browser known for it.
    Pair([u8; 16]),
    /// Failures with one account from everywhere.
    Account([u8; 16]),
    /// Failures from one address with all accounts.
    Address(IpAddr),
    /// Log-ins with the right password.
    Owner([u8; 16]),
}

/// A bucket that empties as time passes, stored as the time at which it will be empty.
#[derive(Clone, Copy, Debug)]
struct Bucket(Instant);

impl Bucket {
    /// Adds a drop that takes `drop` to leave.
    fn fill(&mut self, drop: Duration, now: Instant) {
        self.0 = self.0.max(now) + drop;
    }

    /// The time until fewer than `n` drops are in it; zero if that is so now.
    fn wait(self, n: u32, drop: Duration, now: Instant) -> Duration {
        self.0.saturating_duration_since(now).saturating_sub(drop.saturating_mul(n.saturating_sub(1)))
    }
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    by_minute: Bucket,
    by_hour: Bucket,
    /// For an account at an address: the failures that a log-in removes from the address.
    owed: u32,
}

impl Counted {
    fn rests_at(&self) -> Instant {
        self.by_minute.0.max(self.by_hour.0)
    }
}

#[derive(Default)]
struct Counts {
    /// N; 0 means no limit.
    failures_per_min: u32,
    /// 0 means no limit.
    log_ins_per_min: u32,
    counted: HashMap<Key, Counted>,
}

/// The counts of a running server. A restart resets them, and only an admin restarts.
#[derive(Default)]
pub struct LogInLimits(Mutex<Counts>);

/// A try that may be made; its result must be reported.
#[derive(Debug)]
pub struct Try {
    pair: Key,
    account: Key,
    address: Key,
    owner: Key,
    /// Whether there were so many failures that a wrong password is answered with `rate_limited`.
    is_strict: bool,
}

/// How long a try must wait.
struct Against {
    /// Regardless of what is known about the address.
    always: Duration,
    /// Unless the owner has logged in from the address before.
    for_strangers: Duration,
    is_strict: bool,
}

impl LogInLimits {
    /// Applies the house's settings. A changed rate begins afresh; other changes leave the counts alone.
    pub fn set(&self, settings: &Settings) {
        let number = |limit: i64| u32::try_from(limit).unwrap_or(0);
        let limits = &settings.limits;
        self.set_rates(number(limits.sign_ins_per_min), number(limits.log_ins_per_min));
    }

    /// Applies these rates.
    pub(in crate::web) fn set_rates(&self, failures_per_min: u32, log_ins_per_min: u32) {
        let mut counts = self.counts();
        if counts.failures_per_min != failures_per_min {
            counts.counted.retain(|key, _| matches!(key, Key::Owner(_)));
        }
        if counts.log_ins_per_min != log_ins_per_min {
            counts.counted.retain(|key, _| !matches!(key, Key::Owner(_)));
        }
        (counts.failures_per_min, counts.log_ins_per_min) = (failures_per_min, log_ins_per_min);
    }

    /// Checks whether this account may be tried from this address now; counts nothing. `browser` is the token of a
    /// browser from which the account's owner has logged in before: it is counted by itself instead of its address.
    /// Otherwise `is_known` is asked, if it matters, whether the owner has logged in from the address's network.
    pub fn begin<'a>(
        &self,
        named: impl Into<Named<'a>>,
        address: IpAddr,
        browser: Option<&str>,
        now: Instant,
        is_known: impl FnOnce(IpAddr) -> Result<bool>,
    ) -> Answer<Try> {
        let (name, home) = (named.into().key(), network(address));
        let place = browser.map_or_else(|| home.to_string(), |token| format!("browser {token}"));
        let (account, pair) = (short_hash(&name), short_hash(&format!("{place} {name}")));
        let mut tried = Try {
            pair: Key::Pair(pair),
            account: Key::Account(account),
            address: Key::Address(home),
            owner: Key::Owner(account),
            is_strict: false,
        };
        let (of_owner, against) = {
            let counts = self.counts();
            (counts.wait_of_owner(&tried.owner, now), counts.against(&tried, now))
        };
        if let Some(retry_after_s) = seconds(of_owner) {
            return Err(Refusal::RateLimited { retry_after_s }.into());
        }
        let is_held = !against.for_strangers.is_zero() && browser.is_none() && !is_known(home)?;
        let wait = if is_held { against.always.max(against.for_strangers) } else { against.always };
        tried.is_strict = against.is_strict;
        match seconds(wait) {
            Some(retry_after_s) => Err(Refusal::LogInsLimited { retry_after_s }.into()),
            None => Ok(tried),
        }
    }

    /// Records that the password was right.
    pub fn succeeded(&self, tried: Try, now: Instant) {
        let mut counts = self.counts();
        let owed = counts.counted.remove(&tried.pair).map_or(0, |counted| counted.owed);
        let drop = per(MINUTE, counts.failures_per_min).saturating_mul(owed);
        if let Some(counted) = counts.counted.get_mut(&tried.address) {
            counted.by_minute.0 = counted.by_minute.0.checked_sub(drop).unwrap_or(now);
        }
        if counts.log_ins_per_min > 0 {
            let drop = per(MINUTE, counts.log_ins_per_min);
            counts.at(tried.owner, now).by_minute.fill(drop, now);
        }
    }

    /// Records that the password was wrong. Refuses with `rate_limited`, to be answered instead, if too much has
    /// failed.
    pub fn failed(&self, tried: Try, now: Instant) -> Result<(), Refusal> {
        let mut counts = self.counts();
        let n = counts.failures_per_min;
        if n == 0 {
            return Ok(());
        }
        let drop = per(MINUTE, n);
        let address = &mut counts.at(tried.address, now).by_minute;
        let is_counted = address.wait(n.saturating_mul(ADDRESS_BURST), drop, now).is_zero();
        if is_counted {
            address.fill(drop, now);
        }
        let account = counts.at(tried.account, now);
        account.by_minute.fill(drop, now);
        account.by_hour.fill(per(HOUR, n.saturating_mul(ACCOUNT_BURST)), now);
        let pair = counts.at(tried.pair, now);
        pair.by_minute.fill(drop, now);
        pair.by_hour.fill(per(HOUR, n), now);
        pair.owed += u32::from(is_counted);
        if !tried.is_strict {
            return Ok(());
        }
        let wait = counts.against(&tried, now).always.max(drop);
        Err(Refusal::LogInsLimited { retry_after_s: seconds(wait).unwrap_or(1) })
    }

    #[cfg(test)]
    pub(in crate::web) fn n_keys(&self) -> usize {
        self.counts().counted.len()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().expect("nobody panics here")
    }
}

impl Counts {
    fn wait_of_owner(&self, owner: &Key, now: Instant) -> Duration {
        match self.counted.get(owner) {
            Some(counted) if self.log_ins_per_min > 0 => {
                counted.by_minute.wait(self.log_ins_per_min, per(MINUTE, self.log_ins_per_min), now)
            }
            _ => Duration::ZERO,
        }
    }

    fn against(&self, tried: &Try, now: Instant) -> Against {
        let n = self.failures_per_min;
        let wait_by_minute = |key, times: u32| {
            self.counted.get(key).map_or(Duration::ZERO, |counted| {
                counted.by_minute.wait(n.saturating_mul(times), per(MINUTE, n), now)
            })
        };
        let wait_by_hour = |key, times: u32, per_hour: u32| {
            self.counted.get(key).map_or(Duration::ZERO, |counted| {
                counted.by_hour.wait(n.saturating_mul(times), per(HOUR, n.saturating_mul(per_hour)), now)
            })
        };
        if n == 0 {
            return Against { always: Duration::ZERO, for_strangers: Duration::ZERO, is_strict: false };
        }
        Against {
            always: wait_by_minute(&tried.pair, 1).max(wait_by_hour(&tried.pair, PAIR_BURST, 1)),
            for_strangers: wait_by_hour(&tried.account, ACCOUNT_BURST, ACCOUNT_BURST)
                .max(wait_by_minute(&tried.address, ADDRESS_BURST)),
            is_strict: [&tried.account, &tried.address].iter().any(|key| !wait_by_minute(*key, 1).is_zero()),
        }
    }

    /// The counts of a key; a new key starts from nothing.
    fn at(&mut self, key: Key, now: Instant) -> &mut Counted {
        if self.counted.len() >= MAX_KEYS && !self.counted.contains_key(&key) {
            self.make_room(now);
        }
        self.counted.entry(key).or_insert(Counted { by_minute: Bucket(now), by_hour: Bucket(now), owed: 0 })
    }

    fn make_room(&mut self, now: Instant) {
        self.counted.retain(|_, counted| counted.rests_at() > now);
        if self.counted.len() < MAX_KEYS {
            return;
        }
        let mut rests: Vec<Instant> = self.counted.values().map(Counted::rests_at).collect();
        let (_, last, _) = rests.select_nth_unstable(MAX_KEYS / 10);
        let last = *last;
        self.counted.retain(|_, counted| counted.rests_at() > last);
    }
}

/// The time that one of `n` in `period` takes.
fn per(period: Duration, n: u32) -> Duration {
    period.checked_div(n).unwrap_or_default().max(Duration::from_nanos(1))
}

/// The wait in whole seconds, rounded up; `None` if there is none.
fn seconds(wait: Duration) -> Option<u64> {
    (!wait.is_zero()).then(|| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

fn short_hash(text: &str) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    std::array::from_fn(|at| hash[at])
}
