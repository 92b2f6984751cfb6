//! The requests that wait for a connection to tiny_http, by kind, and the number of those that have one. Decides which
//! is next: a rush of one kind, or of one sender, must not keep the others waiting. Pure.

use super::config::Kind;
use super::fair_queue::{FairQueue, Rank, Sender};
use super::slots::SlotId;

/// Shares of the connections are counted in parts of this many.
const ALL_SHARES: usize = 32;

/// More quick requests at a time would only wait for each other.
const MAX_QUICK: usize = 32;

/// The order in which waiting requests begin.
const ORDER: [Kind; Kind::ALL.len()] =
    [Kind::Write, Kind::Quick, Kind::Long, Kind::Password, Kind::Watching, Kind::Search, Kind::Picture];

/// One request of each kind comes first, so that every kind makes progress; then bids, then quick reads.
pub(super) struct Queue {
    /// In the order of [`Kind`].
    kinds: [OfKind; Kind::ALL.len()],
    max_connections: usize,
}

#[derive(Default)]
struct OfKind {
    waiting: FairQueue<SlotId>,
    n_in_progress: usize,
}

impl Queue {
    pub fn new(max_connections: usize) -> Queue {
        Queue { kinds: Default::default(), max_connections }
    }

    pub fn is_empty(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| self.n_waiting(kind) == 0)
    }

    /// Returns whether any request waits for nothing but a connection.
    pub fn needs_connection(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| self.may_begin(kind) && self.n_waiting(kind) > 0)
    }

    pub fn n_waiting(&self, kind: Kind) -> usize {
        self.of(kind).waiting.len()
    }

    pub fn push(&mut self, kind: Kind, id: SlotId, sender: Sender) -> Rank {
        self.of_mut(kind).waiting.push(id, sender)
    }

    /// Returns the one of this kind that has to wait the longest.
    pub fn last(&self, kind: Kind) -> Option<SlotId> {
        self.of(kind).waiting.last().copied()
    }

    pub fn remove(&mut self, kind: Kind, rank: Rank) {
        self.of_mut(kind).waiting.remove(rank);
    }

    /// Returns whether one more of this kind may have a connection.
    pub fn may_begin(&self, kind: Kind) -> bool {
        self.of(kind).n_in_progress < self.share(kind)
    }

    pub fn began(&mut self, kind: Kind) {
        self.of_mut(kind).n_in_progress += 1;
    }

    pub fn ended(&mut self, kind: Kind) {
        self.of_mut(kind).n_in_progress -= 1;
    }

    /// Takes the next one out.
    pub fn pop(&mut self) -> Option<SlotId> {
        let first = ORDER.into_iter().rev().find_map(|kind| self.pop_of(kind, 1));
        first.or_else(|| ORDER.into_iter().find_map(|kind| self.pop_of(kind, self.share(kind))))
    }

    fn pop_of(&mut self, kind: Kind, most: usize) -> Option<SlotId> {
        let of_kind = self.of_mut(kind);
        if of_kind.n_in_progress < most { of_kind.waiting.pop() } else { None }
    }

    /// How many connections a kind may have at a time. Bids and quick reads may have half each, the others together at
    /// most a third, so that there is room beside them however long they take. Kinds that few threads serve get few
    /// connections: what waits here is served fairly, what waits there is not.
    fn share(&self, kind: Kind) -> usize {
        let of_all = match kind {
            Kind::Write => ALL_SHARES / 2,
            Kind::Quick => return (self.max_connections / 2).clamp(1, MAX_QUICK),
            Kind::Watching => 4,
            Kind::Long => 3,
            Kind::Search | Kind::Password | Kind::Picture => {
                return (self.max_connections / ALL_SHARES / 2).max(1);
            }
        };
        (self.max_connections * of_all / ALL_SHARES).max(1)
    }

    fn of(&self, kind: Kind) -> &OfKind {
        &self.kinds[kind as usize]
    }

    fn of_mut(&mut self, kind: Kind) -> &mut OfKind {
        &mut self.kinds[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{ORDER, Queue};
    use crate::gate::config::Kind;
    use crate::gate::fair_queue::Sender;
    use crate::gate::slots::Slots;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut queue) = (Slots::new(), Queue::new(64));
        for name in 0..40 {
            for kind in Kind::ALL {
                queue.push(kind, slots.insert((kind, name)), Sender::default());
            }
        }
        let mut next = || {
            let (kind, name) = slots.remove(queue.pop()?)?;
            queue.began(kind);
            Some((kind, name))
        };
        for kind in ORDER.into_iter().rev() {
            assert_eq!(next(), Some((kind, 0)), "one of each kind");
        }
        let shares = [32, 32, 6, 1, 8, 1, 1];
        for (kind, share) in ORDER.into_iter().zip(shares) {
            for name in 1..share {
                assert_eq!(next(), Some((kind, name)));
            }
        }
        assert_eq!(next(), None, "each has its share");
        queue.ended(Kind::Quick);
        assert!(queue.may_begin(Kind::Quick) && !queue.may_begin(Kind::Write));
        assert_eq!(queue.pop().and_then(|id| slots.remove(id)), Some((Kind::Quick, 32)));
    }

    #[test]
    fn what_takes_long_leaves_most_connections_to_the_rest() {
        let queue = Queue::new(128);
        let quick = |kind: &Kind| matches!(kind, Kind::Write | Kind::Quick);
        let others = Kind::ALL.into_iter().filter(|kind| !quick(kind));
        assert!(others.map(|kind| queue.share(kind)).sum::<usize>() <= 128 / 3);
    }
}
