//! Who is connected: how many in all, how many watch, and how many from each address. A seat is taken when a
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
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// The right to be connected.
pub struct Seat {
    census: Arc<Census>,
    /// The address it counts for; none for a trusted proxy, which speaks for many.
    address: Option<IpAddr>,
    watches: bool,
}

impl Census {
    pub fn new(per_address: Arc<AtomicUsize>, max_watchers: usize) -> Arc<Census> {
        let by_address = Mutex::new(HashMap::new());
        Arc::new(Census { per_address, max_watchers, watchers: AtomicUsize::new(0), by_address })
    }

    pub fn watchers(&self) -> usize {
        self.watchers.load(Ordering::Relaxed)
    }

    /// A seat that counts for `address`, unless that address has all it may have.
    pub fn seat(self: &Arc<Census>, address: Option<IpAddr>) -> Option<Seat> {
        let address = address.map(network);
        if let Some(address) = address {
            self.count(address)?;
        }
        Some(Seat { census: self.clone(), address, watches: false })
    }

    fn count(&self, address: IpAddr) -> Option<()> {
        let limit = self.per_address.load(Ordering::Relaxed);
        let mut by_address = self.by_address();
        let seated = by_address.entry(address).or_default();
        if limit > 0 && *seated >= limit {
            return None;
        }
        *seated += 1;
        Some(())
    }

    fn discount(&self, address: IpAddr) {
        let mut by_address = self.by_address();
        if let Some(seated) = by_address.get_mut(&address) {
            *seated -= 1;
            if *seated == 0 {
                by_address.remove(&address);
            }
        }
    }

    /// A count is whole at every moment, so a panic elsewhere cannot have spoiled it.
    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Makes it a watcher's seat; false if there are as many as there may be, in all or, for one who comes
    /// through a proxy, from `address`.
    pub fn watch(&mut self, address: IpAddr) -> bool {
        if self.census.watchers() >= self.census.max_watchers {
            return false;
        }
        if self.address.is_none() {
            let address = network(address);
            if self.census.count(address).is_none() {
                return false;
            }
            self.address = Some(address);
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

/// Whoever has one IPv6 address has the 2^64 beside it too: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
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
    fn watchers_are_counted_until_they_leave() {
        let census = Census::new(Arc::default(), 1);
        let address = "127.0.0.1".parse().unwrap();
        let mut first = census.seat(Some(address)).unwrap();
        let mut second = census.seat(None).unwrap();
        assert!(first.watch(address) && !second.watch(address));
        drop(first);
        assert!(second.watch(address));
        assert_eq!(census.watchers(), 1);
    }
}
