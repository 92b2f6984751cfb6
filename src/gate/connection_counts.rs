//! Counts the connections: in all, watchers, and those of each address and network. A permit is taken when a connection
//! is accepted and given back when it is dropped, whoever holds it then.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A network by its first address, and the length of its prefix in bits.
type Prefix = (IpAddr, u32);

pub(super) struct ConnectionCounts {
    /// 0 means no limit; may change while connections are open.
    per_address: Arc<AtomicUsize>,
    max_watchers: usize,
    n_watchers: AtomicUsize,
    by_network: Mutex<HashMap<Prefix, usize>>,
}

/// The right to be connected.
pub(super) struct Permit {
    counts: Arc<ConnectionCounts>,
    /// The address it counts for; none for a trusted proxy between two requests.
    address: Option<IpAddr>,
    is_of_proxy: bool,
    is_of_watcher: bool,
}

impl ConnectionCounts {
    pub fn new(per_address: Arc<AtomicUsize>, max_watchers: usize) -> Arc<ConnectionCounts> {
        let (n_watchers, by_network) = (AtomicUsize::new(0), Mutex::new(HashMap::new()));
        Arc::new(ConnectionCounts { per_address, max_watchers, n_watchers, by_network })
    }

    pub fn n_watchers(&self) -> usize {
        self.n_watchers.load(Ordering::Relaxed)
    }

    /// Returns a permit that counts for `address`, or none if that address has reached its limit. No address stands for
    /// a trusted proxy, whose permit counts for the clients that it names.
    pub fn permit(self: &Arc<ConnectionCounts>, address: Option<IpAddr>) -> Option<Permit> {
        if let Some(address) = address {
            self.count(address)?;
        }
        Some(Permit { counts: self.clone(), address, is_of_proxy: address.is_none(), is_of_watcher: false })
    }

    fn count(&self, address: IpAddr) -> Option<()> {
        let limit = self.per_address.load(Ordering::Relaxed);
        let mut by_network = self.by_network();
        let is_full = |(network, times): (Prefix, usize)| {
            by_network.get(&network).is_some_and(|counted| *counted >= limit.saturating_mul(times))
        };
        if limit > 0 && networks(address).any(is_full) {
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
            if let Some(counted) = by_network.get_mut(&network) {
                *counted -= 1;
                if *counted == 0 {
                    by_network.remove(&network);
                }
            }
        }
    }

    /// The counts are consistent whenever the lock is free, so a panic elsewhere cannot have spoiled them.
    fn by_network(&self) -> MutexGuard<'_, HashMap<Prefix, usize>> {
        self.by_network.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Begins a request. A proxy's permit counts for the client that the proxy names, if it names one, until
    /// [`Permit::end_request`]. Returns false if that client has reached its limit.
    pub fn begin_request(&mut self, address: Option<IpAddr>) -> bool {
        self.end_request();
        if !self.is_of_proxy {
            return true;
        }
        if address.is_some_and(|address| self.counts.count(address).is_none()) {
            return false;
        }
        self.address = address;
        true
    }

    pub fn end_request(&mut self) {
        if self.is_of_proxy
            && let Some(address) = self.address.take()
        {
            self.counts.discount(address);
        }
    }

    /// Makes it a watcher's permit, which goes on counting for the client that its request counted for. Returns false
    /// if the limit of watchers is reached.
    pub fn become_watcher(&mut self) -> bool {
        if self.counts.n_watchers() >= self.counts.max_watchers {
            return false;
        }
        self.is_of_watcher = true;
        self.counts.n_watchers.fetch_add(1, Ordering::Relaxed);
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_of_watcher {
            self.counts.n_watchers.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(address) = self.address {
            self.counts.discount(address);
        }
    }
}

/// The prefix of IPv6 addresses that belong to one subscriber line at least, and the one that many providers assign to
/// a site.
const LINE_BITS: u32 = 64;
const SITE_BITS: u32 = 56;
/// All lines of a site together may have this many times the limit of one.
const LINES_A_SITE: usize = 4;

/// Returns the network that counts as one address: whoever has one IPv6 address has the 2^64 around it too.
pub(super) fn network(address: IpAddr) -> IpAddr {
    first_bits(address, LINE_BITS)
}

/// Returns the networks that an address counts for, each with the factor by which its limit is multiplied.
fn networks(address: IpAddr) -> impl Iterator<Item = (Prefix, usize)> {
    let site = address.is_ipv6().then(|| ((first_bits(address, SITE_BITS), SITE_BITS), LINES_A_SITE));
    std::iter::once(((network(address), LINE_BITS), 1)).chain(site)
}

fn first_bits(address: IpAddr, n: u32) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> (128 - n) << (128 - n)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectionCounts;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_address_gets_its_share_and_no_more() {
        let limit = Arc::new(AtomicUsize::new(2));
        let counts = ConnectionCounts::new(limit.clone(), 10);
        let here = Some("2001:db8::1".parse().unwrap());
        let neighbour = Some("2001:db8::2".parse().unwrap());
        let elsewhere = Some("2001:db8:0:1::1".parse().unwrap());
        let permits = (counts.permit(here).unwrap(), counts.permit(neighbour).unwrap());
        assert!(counts.permit(here).is_none());
        assert!(counts.permit(elsewhere).is_some());
        drop(permits.0);
        let third = counts.permit(neighbour);
        assert!(third.is_some() && counts.permit(here).is_none());
        limit.store(0, Ordering::Relaxed);
        assert!(counts.permit(here).is_some());
    }

    #[test]
    fn a_site_s_lines_together_get_four_shares() {
        let counts = ConnectionCounts::new(Arc::new(AtomicUsize::new(2)), 10);
        let at = |line: u16| Some(format!("2001:db8:0:{line:x}::1").parse().unwrap());
        let mut permits: Vec<_> = (0..8).map(|line| counts.permit(at(line)).unwrap()).collect();
        assert!(counts.permit(at(8)).is_none() && counts.permit(at(0xff)).is_none());
        let mut proxy = counts.permit(None).unwrap();
        assert!(!proxy.begin_request(at(9)), "through a proxy, too");
        assert!(counts.permit(at(0x100)).is_some(), "the site beside it");
        permits.pop();
        assert!(counts.permit(at(8)).is_some());
        drop(permits);
        assert!(counts.by_network().is_empty(), "nothing is kept of those who left");
    }

    #[test]
    fn watchers_are_counted_until_they_leave() {
        let counts = ConnectionCounts::new(Arc::default(), 1);
        let address = "127.0.0.1".parse().unwrap();
        let mut first = counts.permit(Some(address)).unwrap();
        let mut second = counts.permit(None).unwrap();
        assert!(first.become_watcher() && !second.become_watcher());
        drop(first);
        assert!(second.become_watcher());
        assert_eq!(counts.n_watchers(), 1);
    }

    #[test]
    fn a_proxy_counts_for_the_clients_that_it_names() {
        let counts = ConnectionCounts::new(Arc::new(AtomicUsize::new(1)), 10);
        let (ann, bob) = (Some("192.0.2.1".parse().unwrap()), Some("192.0.2.2".parse().unwrap()));
        let mut permits: Vec<_> = (0..5).map(|_| counts.permit(None).unwrap()).collect();
        assert!(permits[0].begin_request(ann) && !permits[1].begin_request(ann), "one at a time");
        assert!(
            permits[1].begin_request(bob) && permits[2].begin_request(None) && permits[3].begin_request(None)
        );
        permits[0].end_request();
        assert!(permits[4].begin_request(ann) && permits[4].become_watcher());
        assert!(!permits[0].begin_request(ann), "the watcher still counts");
        permits.truncate(4);
        assert!(permits[0].begin_request(ann));
        assert!(!permits[2].begin_request(bob), "it has a request in progress");
        assert!(permits[1].begin_request(None) && permits[2].begin_request(bob));
    }
}
