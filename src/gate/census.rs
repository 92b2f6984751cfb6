//! Who is connected: how many in all, how many watch, and how many from each address and network. A seat is taken when a
//! connection is accepted and given back when it is dropped, whoever holds it then.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct Census {
    /// 0 means no limit; may change while connections stand.
    per_address: Arc<AtomicUsize>,
    max_watchers: usize,
    watchers: AtomicUsize,
    by_network: Mutex<HashMap<(IpAddr, u32), usize>>,
}

/// The right to be connected.
pub struct Seat {
    census: Arc<Census>,
    /// The address it counts for; none for a trusted proxy that speaks for nobody just now.
    address: Option<IpAddr>,
    is_proxys: bool,
    watches: bool,
}

impl Census {
    pub fn new(per_address: Arc<AtomicUsize>, max_watchers: usize) -> Arc<Census> {
        let by_network = Mutex::new(HashMap::new());
        Arc::new(Census { per_address, max_watchers, watchers: AtomicUsize::new(0), by_network })
    }

    pub fn watchers(&self) -> usize {
        self.watchers.load(Ordering::Relaxed)
    }

    /// A seat that counts for `address`, unless that address has all it may have; none is a trusted proxy's, which counts
    /// for those it speaks for.
    pub fn seat(self: &Arc<Census>, address: Option<IpAddr>) -> Option<Seat> {
        if let Some(address) = address {
            self.count(address)?;
        }
        Some(Seat { census: self.clone(), address, is_proxys: address.is_none(), watches: false })
    }

    fn count(&self, address: IpAddr) -> Option<()> {
        let limit = self.per_address.load(Ordering::Relaxed);
        let mut by_network = self.by_network();
        let has_all = |(network, times): ((IpAddr, u32), usize)| {
            by_network.get(&network).is_some_and(|seated| *seated >= limit.saturating_mul(times))
        };
        if limit > 0 && networks(address).any(has_all) {
            return None;
        }
        for (network, _) in networks(address) {
            *by_network.entry(network).or_default() += 1;
        }
        Some(())
    }

    fn discount(&self, address: IpAddr) {
        let mut by_network = self.by_network();
        for (network, _) in networks(address) {
            if let Some(seated) = by_network.get_mut(&network) {
                *seated -= 1;
                if *seated == 0 {
                    by_network.remove(&network);
                }
            }
        }
    }

    /// A count is whole at every moment, so a panic elsewhere cannot have spoiled it.
    fn by_network(&self) -> MutexGuard<'_, HashMap<(IpAddr, u32), usize>> {
        self.by_network.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// A request begins. Through a proxy it counts for the client that the proxy names, if it names one, until
    /// `fall_silent`; false if that client has all it may have.
    pub fn speak_for(&mut self, address: Option<IpAddr>) -> bool {
        self.fall_silent();
        if !self.is_proxys {
            return true;
        }
        if address.is_some_and(|address| self.census.count(address).is_none()) {
            return false;
        }
        self.address = address;
        true
    }

    /// The request has its answer.
    pub fn fall_silent(&mut self) {
        if self.is_proxys
            && let Some(address) = self.address.take()
        {
            self.census.discount(address);
        }
    }

    /// Makes it a watcher's seat, which goes on counting for the client that its request counted for; false if
    /// there are as many as there may be.
    pub fn watch(&mut self) -> bool {
        if self.census.watchers() >= self.census.max_watchers {
            return false;
        }
        self.watches = true;
        self.census.watchers.fetch_add(1, Ordering::Relaxed);
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.watches {
            self.census.watchers.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(address) = self.address {
            self.census.discount(address);
        }
    }
}

/// Bits of an IPv6 address that are one customer's line at the least, and those that many providers give to a customer.
const LINE: u32 = 64;
const SITE: u32 = 56;
/// A site's lines together may have so many times what one may have.
const LINES_A_SITE: usize = 4;

/// The network that counts as one address: whoever has one IPv6 address has the 2^64 beside it too.
pub(super) fn network(address: IpAddr) -> IpAddr {
    first_bits(address, LINE)
}

/// The networks that an address counts for, each with how many times the limit it may have.
fn networks(address: IpAddr) -> impl Iterator<Item = ((IpAddr, u32), usize)> {
    let site = address.is_ipv6().then(|| ((first_bits(address, SITE), SITE), LINES_A_SITE));
    std::iter::once(((network(address), LINE), 1)).chain(site)
}

fn first_bits(address: IpAddr, n: u32) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> (128 - n) << (128 - n)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Census;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_address_gets_its_share_and_no_more() {
        let limit = Arc::new(AtomicUsize::new(2));
        let census = Census::new(limit.clone(), 10);
        let here = Some("2001:db8::1".parse().unwrap());
        let neighbour = Some("2001:db8::2".parse().unwrap());
        let elsewhere = Some("2001:db8:0:1::1".parse().unwrap());
        let seats = (census.seat(here).unwrap(), census.seat(neighbour).unwrap());
        assert!(census.seat(here).is_none());
        assert!(census.seat(elsewhere).is_some());
        drop(seats.0);
        let third = census.seat(neighbour);
        assert!(third.is_some() && census.seat(here).is_none());
        limit.store(0, Ordering::Relaxed);
        assert!(census.seat(here).is_some());
    }

    #[test]
    fn a_site_s_lines_together_get_four_shares() {
        let census = Census::new(Arc::new(AtomicUsize::new(2)), 10);
        let at = |line: u16| Some(format!("2001:db8:0:{line:x}::1").parse().unwrap());
        let mut seats: Vec<_> = (0..8).map(|line| census.seat(at(line)).unwrap()).collect();
        assert!(census.seat(at(8)).is_none() && census.seat(at(0xff)).is_none());
        let mut proxy = census.seat(None).unwrap();
        assert!(!proxy.speak_for(at(9)), "a proxy that speaks for them, too");
        assert!(census.seat(at(0x100)).is_some(), "the site beside it");
        seats.pop();
        assert!(census.seat(at(8)).is_some());
        drop(seats);
        assert!(census.by_network().is_empty(), "nobody is remembered");
    }

    #[test]
    fn watchers_are_counted_until_they_leave() {
        let census = Census::new(Arc::default(), 1);
        let address = "127.0.0.1".parse().unwrap();
        let mut first = census.seat(Some(address)).unwrap();
        let mut second = census.seat(None).unwrap();
        assert!(first.watch() && !second.watch());
        drop(first);
        assert!(second.watch());
        assert_eq!(census.watchers(), 1);
    }

    #[test]
    fn a_proxy_counts_for_whom_it_speaks_for() {
        let census = Census::new(Arc::new(AtomicUsize::new(1)), 10);
        let (ann, bob) = (Some("192.0.2.1".parse().unwrap()), Some("192.0.2.2".parse().unwrap()));
        let mut seats: Vec<_> = (0..5).map(|_| census.seat(None).unwrap()).collect();
        assert!(seats[0].speak_for(ann) && !seats[1].speak_for(ann), "one at a time");
        assert!(seats[1].speak_for(bob) && seats[2].speak_for(None) && seats[3].speak_for(None));
        seats[0].fall_silent();
        assert!(seats[4].speak_for(ann) && seats[4].watch());
        assert!(!seats[0].speak_for(ann), "its watcher counts on");
        seats.truncate(4);
        assert!(seats[0].speak_for(ann));
        assert!(!seats[2].speak_for(bob), "still spoken for");
        assert!(seats[1].speak_for(None) && seats[2].speak_for(bob));
    }
}
