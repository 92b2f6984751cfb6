//! The requests that wait for a connection to tiny_http, by pool, and the number of those that have one. Decides which
//! is next: a rush of one pool, or of one sender, must not keep the others waiting. Pure.

use super::config::WorkerPool;
use super::fair_queue::{FairQueue, Rank, Sender};
use super::slots::SlotId;

/// Shares of the connections are counted in parts of this many.
const ALL_SHARES: usize = 32;

/// More quick requests at a time would only wait for each other.
const MAX_QUICK: usize = 32;

/// The order in which waiting requests begin.
const ORDER: [WorkerPool; WorkerPool::ALL.len()] = [
    WorkerPool::Bids,
    WorkerPool::Quick,
    WorkerPool::Writes,
    WorkerPool::Passwords,
    WorkerPool::Outside,
    WorkerPool::Streams,
    WorkerPool::Searches,
    WorkerPool::Pictures,
];

/// One request of each pool comes first, so that every pool makes progress; then bids, then quick reads.
pub(super) struct Queue {
    /// In the order of [`WorkerPool`].
    pools: [OfPool; WorkerPool::ALL.len()],
    max_connections: usize,
}

#[derive(Default)]
struct OfPool {
    waiting: FairQueue<SlotId>,
    n_in_progress: usize,
}

impl Queue {
    pub fn new(max_connections: usize) -> Queue {
        Queue { pools: Default::default(), max_connections }
    }

    pub fn is_empty(&self) -> bool {
        WorkerPool::ALL.into_iter().all(|pool| self.n_waiting(pool) == 0)
    }

    /// Returns whether any request waits for nothing but a connection.
    pub fn needs_connection(&self) -> bool {
        WorkerPool::ALL.into_iter().any(|pool| self.may_begin(pool) && self.n_waiting(pool) > 0)
    }

    pub fn n_waiting(&self, pool: WorkerPool) -> usize {
        self.of(pool).waiting.len()
    }

    pub fn push(&mut self, pool: WorkerPool, id: SlotId, sender: Sender) -> Rank {
        self.of_mut(pool).waiting.push(id, sender)
    }

    /// Returns the one of this pool that has to wait the longest.
    pub fn last(&self, pool: WorkerPool) -> Option<SlotId> {
        self.of(pool).waiting.last().copied()
    }

    pub fn remove(&mut self, pool: WorkerPool, rank: Rank) {
        self.of_mut(pool).waiting.remove(rank);
    }

    /// Returns whether one more of this pool may have a connection.
    pub fn may_begin(&self, pool: WorkerPool) -> bool {
        self.of(pool).n_in_progress < self.share(pool)
    }

    pub fn began(&mut self, pool: WorkerPool) {
        self.of_mut(pool).n_in_progress += 1;
    }

    pub fn ended(&mut self, pool: WorkerPool) {
        self.of_mut(pool).n_in_progress -= 1;
    }

    /// Takes the next one out.
    pub fn pop(&mut self) -> Option<SlotId> {
        let first = ORDER.into_iter().rev().find_map(|pool| self.pop_of(pool, 1));
        first.or_else(|| ORDER.into_iter().find_map(|pool| self.pop_of(pool, self.share(pool))))
    }

    fn pop_of(&mut self, pool: WorkerPool, most: usize) -> Option<SlotId> {
        let of_pool = self.of_mut(pool);
        if of_pool.n_in_progress < most { of_pool.waiting.pop() } else { None }
    }

    /// How many connections a pool may have at a time. Bids and quick reads may have half each, the others together at
    /// most a third, so that there is room beside them however long they take. Kinds that few threads serve get few
    /// connections: what waits here is served fairly, what waits there is not.
    fn share(&self, pool: WorkerPool) -> usize {
        let of_all = match pool {
            WorkerPool::Bids => ALL_SHARES / 2,
            WorkerPool::Quick => return (self.max_connections / 2).clamp(1, MAX_QUICK),
            WorkerPool::Streams => 4,
            WorkerPool::Writes => 3,
            WorkerPool::Searches | WorkerPool::Passwords | WorkerPool::Pictures | WorkerPool::Outside => {
                return (self.max_connections / ALL_SHARES / 2).max(1);
            }
        };
        (self.max_connections * of_all / ALL_SHARES).max(1)
    }

    fn of(&self, pool: WorkerPool) -> &OfPool {
        &self.pools[pool as usize]
    }

    fn of_mut(&mut self, pool: WorkerPool) -> &mut OfPool {
        &mut self.pools[pool as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{ORDER, Queue};
    use crate::gate::config::WorkerPool;
    use crate::gate::fair_queue::Sender;
    use crate::gate::slots::Slots;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut queue) = (Slots::new(), Queue::new(64));
        for name in 0..40 {
            for pool in WorkerPool::ALL {
                queue.push(pool, slots.insert((pool, name)), Sender::default());
            }
        }
        let mut next = || {
            let (pool, name) = slots.remove(queue.pop()?)?;
            queue.began(pool);
            Some((pool, name))
        };
        for pool in ORDER.into_iter().rev() {
            assert_eq!(next(), Some((pool, 0)), "one of each pool");
        }
        let shares = [32, 32, 6, 1, 1, 8, 1, 1];
        for (pool, share) in ORDER.into_iter().zip(shares) {
            for name in 1..share {
                assert_eq!(next(), Some((pool, name)));
            }
        }
        assert_eq!(next(), None, "each has its share");
        queue.ended(WorkerPool::Quick);
        assert!(queue.may_begin(WorkerPool::Quick) && !queue.may_begin(WorkerPool::Bids));
        assert_eq!(queue.pop().and_then(|id| slots.remove(id)), Some((WorkerPool::Quick, 32)));
    }

    #[test]
    fn what_takes_long_leaves_most_connections_to_the_rest() {
        let queue = Queue::new(128);
        let quick = |pool: &WorkerPool| matches!(pool, WorkerPool::Bids | WorkerPool::Quick);
        let others = WorkerPool::ALL.into_iter().filter(|pool| !quick(pool));
        assert!(others.map(|pool| queue.share(pool)).sum::<usize>() <= 128 / 3);
    }
}
