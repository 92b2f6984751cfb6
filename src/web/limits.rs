//! Rate limits by account and by address, each a setting of the house. Memory is bounded: keys that are at rest are
//! dropped.

use crate::house::settings::Settings;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::RwLock;
use std::time::Duration;

type Rate<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// The number of keys of one rate beyond which those at rest are dropped.
const MANY_KEYS: usize = 10_000;

/// A rate as the setting has it, with what each key has used of it; none where the setting is 0.
struct Limit<K: Hash + Eq + Clone> {
    rate: RwLock<Option<(Quota, Rate<K>)>>,
}

impl<K: Hash + Eq + Clone> Default for Limit<K> {
    fn default() -> Limit<K> {
        Limit { rate: RwLock::new(None) }
    }
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// A changed rate starts afresh; otherwise the counts stay.
    fn set(&self, quota: Option<Quota>) {
        let mut rate = self.rate.write().expect("a rate is only put in place");
        if rate.as_ref().map(|(quota, _)| *quota) != quota {
            *rate = quota.map(|quota| (quota, RateLimiter::keyed(quota).with_middleware()));
        }
    }

    /// Counts one. Returns how many more are allowed at once, or after how many seconds the next one is.
    fn count(&self, key: &K) -> Result<u32, u64> {
        self.count_all(key, NonZeroU32::MIN)
    }

    /// Counts `n` at once or none of them. More than can ever be allowed at once count as that many.
    fn count_all(&self, key: &K, n: NonZeroU32) -> Result<u32, u64> {
        let rate = self.rate.read().expect("a rate is only put in place");
        let Some((quota, rate)) = rate.as_ref() else {
            return Ok(u32::MAX);
        };
        if rate.len() > MANY_KEYS {
            rate.retain_recent();
        }
        let counted = rate.check_key_n(key, n.min(quota.burst_size()));
        match counted.expect("no more than there may be at once") {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(until) => Err(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1),
        }
    }
}

/// All rates of a running server.
#[derive(Default)]
pub struct Limits {
    bids: Limit<AccountId>,
    listings: Sending,
    pictures: Sending,
    sign_ups: Limit<IpAddr>,
    forgotten: Limit<IpAddr>,
    pushes: Limit<AccountId>,
}

/// How much of one kind may be sent by the day, which saves disk space, and by the minute, which keeps the house quick.
#[derive(Default)]
struct Sending {
    by_account: [Limit<AccountId>; 2],
    by_address: [Limit<IpAddr>; 2],
}

/// One address may send as much as so many accounts: a hall shares an address, but one person could open accounts
/// without end.
const ACCOUNTS_AN_ADDRESS: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");

impl Sending {
    fn set(&self, per_day: Option<NonZeroU32>, per_min: Option<NonZeroU32>) {
        let quotas = |n: NonZeroU32| {
            [per_day.map(|day| day.saturating_mul(n)), per_min.map(|min| min.saturating_mul(n))]
        };
        let set = |at: usize, account: Option<Quota>, address: Option<Quota>| {
            self.by_account[at].set(account);
            self.by_address[at].set(address);
        };
        let ([day, min], [days, mins]) = (quotas(NonZeroU32::MIN), quotas(ACCOUNTS_AN_ADDRESS));
        set(0, day.and_then(per_day_quota), days.and_then(per_day_quota));
        set(1, min.map(Quota::per_minute), mins.map(Quota::per_minute));
    }

    fn count(&self, account: AccountId, address: IpAddr, n: usize) -> Result<(), u64> {
        let Some(n) = u32::try_from(n).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        self.by_account.iter().try_for_each(|limit| limit.count_all(&account, n).map(drop))?;
        self.by_address.iter().try_for_each(|limit| limit.count_all(&address, n).map(drop))
    }
}

impl Limits {
    /// Applies the settings of the house. A changed rate starts afresh; a change of anything else resets no count.
    pub fn set(&self, settings: &Settings) {
        let number = |limit: i64| NonZeroU32::new(u32::try_from(limit).unwrap_or(0));
        let limits = &settings.limits;
        self.bids.set(number(limits.bids_per_s).map(Quota::per_second));
        self.listings.set(number(limits.listings_per_day), number(limits.listings_per_min));
        self.pictures.set(number(limits.pictures_per_day), number(limits.pictures_per_min));
        self.sign_ups.set(number(limits.sign_ups_per_min).map(Quota::per_minute));
        self.forgotten.set(number(limits.sign_ups_per_min).map(Quota::per_minute));
        self.pushes.set(number(limits.pushes_per_min).map(Quota::per_minute));
    }

    /// Counts a bid. Refuses `rate_limited`.
    pub fn bid(&self, bidder: AccountId) -> Result<(), Refusal> {
        self.bids.count(&bidder).map(|_| ()).map_err(limited)
    }

    /// Counts what a seller sends, before any of it is read. Refuses `rate_limited`.
    pub fn list(
        &self,
        seller: AccountId,
        address: IpAddr,
        n_listings: usize,
        n_pictures: usize,
    ) -> Result<(), Refusal> {
        let address = network(address);
        let sent = self.pictures.count(seller, address, n_pictures);
        sent.and_then(|()| self.listings.count(seller, address, n_listings)).map_err(limited)
    }

    /// Counts a subscription to push, an end of one, or a push that is tried out. Refuses `rate_limited`.
    pub fn push(&self, account: AccountId) -> Result<(), Refusal> {
        self.pushes.count(&account).map(|_| ()).map_err(limited)
    }

    /// Counts a sign-up from an address. Refuses `rate_limited`.
    pub fn sign_up(&self, address: IpAddr) -> Result<(), Refusal> {
        self.sign_ups.count(&network(address)).map(|_| ()).map_err(limited)
    }

    /// Counts a forgotten password that an address tells of, at the rate of sign-ups. Refuses `rate_limited`.
    pub fn forgotten(&self, address: IpAddr) -> Result<(), Refusal> {
        self.forgotten.count(&network(address)).map(|_| ()).map_err(limited)
    }
}

/// Allows `n` at once, and as many again spread over a day.
fn per_day_quota(n: NonZeroU32) -> Option<Quota> {
    Quota::with_period(Duration::from_secs(86_400) / n.get()).map(|quota| quota.allow_burst(n))
}

/// Returns what counts as one home or hall: an IPv4 address, or an IPv6 network of 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

fn limited(retry_after_s: u64) -> Refusal {
    Refusal::RateLimited { retry_after_s }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a seller who tries again too early with eight pictures would use up what comes back, and never get
    /// through.
    #[test]
    fn what_is_refused_uses_nothing_up() {
        let limits = Limits::default();
        limits.pictures.set(None, NonZeroU32::new(10));
        let [ann, bob] = [1, 2].map(AccountId);
        let list = |seller, n_listings, n_pictures| {
            limits.list(seller, [192, 0, 2, u8::from(seller == bob)].into(), n_listings, n_pictures)
        };
        assert_eq!(list(ann, 1, 8), Ok(()));
        for _ in 0..50 {
            assert!(matches!(list(ann, 1, 8), Err(Refusal::RateLimited { .. })));
        }
        assert_eq!((list(ann, 1, 2), list(ann, 9, 0)), (Ok(()), Ok(())));
        assert_eq!(list(bob, 1, 99), Ok(()), "as many as there may be at once");
        assert!(list(bob, 1, 1).is_err());
    }

    #[test]
    fn many_accounts_of_one_address_send_as_much_as_five() {
        let limits = Limits::default();
        limits.listings.set(NonZeroU32::new(10), None);
        let list = |seller, host| limits.list(AccountId(seller), [192, 0, 2, host].into(), 10, 0);
        assert!((1..=5).all(|seller| list(seller, 1).is_ok()));
        assert!(matches!(list(6, 1), Err(Refusal::RateLimited { .. })));
        assert_eq!(list(7, 2), Ok(()), "elsewhere");
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let one: IpAddr = "2001:db8:1:2::1".parse().unwrap();
        let other: IpAddr = "2001:db8:1:2:ffff::9".parse().unwrap();
        assert_eq!(network(one), network(other));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), network([192, 0, 2, 1].into()));
    }
}
