//! A fair queue: the next request is always of the sender who has had, or waits for, the fewest before it (start-time
//! fair queueing). Somebody who sends three hundred requests waits for them, and nobody else does. Pure.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::IpAddr;

use super::connection_counts::network;

/// Names that are remembered beyond those that wait, before the ones without any effect are forgotten.
const SPARE_NAMES: usize = 64;

/// Whose request it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    /// None for a trusted proxy that names no client.
    pub address: Option<IpAddr>,
    /// The account that a log-in names.
    pub account: Option<String>,
}

/// A place in the queue; the smallest is the first. The account counts before the address: one account is one person
/// wherever they are, while many may share an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    account: u64,
    address: u64,
    /// In order of arrival.
    n: u64,
}

pub(super) struct FairQueue<T> {
    waiting: BTreeMap<Rank, T>,
    accounts: Rounds<String>,
    addresses: Rounds<IpAddr>,
    n: u64,
}

/// The current round, and the round in which each name has its next turn. What has no name takes part in the current
/// one.
struct Rounds<K> {
    now: u64,
    next: HashMap<K, u64>,
}

impl<T> Default for FairQueue<T> {
    fn default() -> FairQueue<T> {
        let (accounts, addresses) = (Rounds::default(), Rounds::default());
        FairQueue { waiting: BTreeMap::new(), accounts, addresses, n: 0 }
    }
}

impl<T> FairQueue<T> {
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn push(&mut self, waiting: T, sender: Sender) -> Rank {
        self.n += 1;
        let rank = Rank {
            account: self.accounts.draw(sender.account),
            address: self.addresses.draw(sender.address.map(network)),
            n: self.n,
        };
        self.waiting.insert(rank, waiting);
        rank
    }

    /// Takes the first one out.
    pub fn pop(&mut self) -> Option<T> {
        let (rank, waiting) = self.waiting.pop_first()?;
        self.accounts.advance(rank.account, self.waiting.len());
        self.addresses.advance(rank.address, self.waiting.len());
        if self.waiting.is_empty() {
            *self = FairQueue::default();
        }
        Some(waiting)
    }

    pub fn last(&self) -> Option<&T> {
        self.waiting.last_key_value().map(|(_, waiting)| waiting)
    }

    pub fn remove(&mut self, rank: Rank) {
        self.waiting.remove(&rank);
        if self.waiting.is_empty() {
            *self = FairQueue::default();
        }
    }
}

impl<K> Default for Rounds<K> {
    fn default() -> Rounds<K> {
        Rounds { now: 0, next: HashMap::new() }
    }
}

impl<K: Hash + Eq> Rounds<K> {
    fn draw(&mut self, name: Option<K>) -> u64 {
        let Some(name) = name else { return self.now };
        let next = self.next.entry(name).or_default();
        let round = self.now.max(*next);
        *next = round + 1;
        round
    }

    /// Names whose next turn falls into the current round need not be remembered. If ever new names come, all of them
    /// are in one round, so the next round begins when there are too many.
    fn advance(&mut self, round: u64, n_waiting: usize) {
        self.now = self.now.max(round);
        if self.next.len() > n_waiting + SPARE_NAMES {
            self.now += 1;
            self.next.retain(|_, next| *next > self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FairQueue, Rank, Sender};

    fn from(address: [u8; 4], account: &str) -> Sender {
        Sender { address: Some(address.into()), account: (!account.is_empty()).then(|| account.to_owned()) }
    }

    /// Returns how many are served before Bob, who comes after `rush`.
    fn n_before_bob(rush: impl Iterator<Item = Sender>, bob: Sender) -> usize {
        let mut queue = FairQueue::default();
        for sender in rush {
            queue.push("rush", sender);
        }
        queue.pop();
        queue.push("Bob", bob);
        std::iter::from_fn(|| queue.pop()).take_while(|name| *name != "Bob").count()
    }

    #[test]
    fn nobody_s_rush_keeps_another_waiting() {
        let (here, there) = ([192, 0, 2, 1], [192, 0, 2, 2]);
        let many = |n: u16| [198, 51, 100, (n % 250) as u8];
        let names = |n: u16| format!("{n}@example.org");
        assert!(n_before_bob((0..300).map(|_| from(here, "")), from(there, "")) <= 1, "one address");
        assert!(n_before_bob((0..300).map(|_| from(here, "ann")), from(here, "bob")) <= 1, "one account");
        assert!(n_before_bob((0..300).map(|_| from(here, "ann")), from(there, "bob")) <= 1, "both");
        assert!(
            n_before_bob((0..250).map(|n| from(many(n), "ann")), from(there, "bob")) <= 1,
            "many addresses"
        );
        assert!(
            n_before_bob((0..300).map(|n| from(here, &names(n))), from(there, "bob")) <= 1,
            "many accounts"
        );
        assert_eq!(
            n_before_bob((0..300).map(|_| from(here, "")), from(here, "")),
            299,
            "the sender's own come first"
        );
    }

    #[test]
    fn of_one_sender_the_first_come_is_the_first_served() {
        let mut queue = FairQueue::default();
        let ranks: Vec<Rank> = (0..5).map(|n| queue.push(n, from([192, 0, 2, 1], "ann"))).collect();
        queue.remove(ranks[2]);
        assert_eq!((queue.len(), queue.last()), (4, Some(&4)));
        assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_long_rush_under_ever_new_names_is_not_remembered() {
        let mut queue = FairQueue::default();
        queue.push(0, from([192, 0, 2, 1], "0"));
        for n in 1..10_000_u32 {
            let [_, b, c, d] = n.to_be_bytes();
            queue.push(n, from([10, b, c, d], &n.to_string()));
            queue.pop();
        }
        assert!(queue.accounts.next.len() < 200 && queue.addresses.next.len() < 200);
    }
}
