//! The requests that wait for a connection to tiny_http, by pool, those that have one, and who is next: a rush of one pool, or
//! of one sender, must not keep the others waiting. Pure.

use super::config::WorkerPool;
use super::slots::SlotId;
use super::turns::{Rank, Sender, Turns};

/// Of so many connections a share is counted.
const ALL_SHARES: usize = 32;

/// Of each pool one first, so that it is always under way; then bids, then what is quick.
pub(super) struct Line {
    /// In the order of [`WorkerPool`].
    pools: [Kept; WorkerPool::ALL.len()],
    /// How many connections there may be.
    all: usize,
}

#[derive(Default)]
struct Kept {
    waiting: Turns<SlotId>,
    under_way: usize,
}

/// More of them only wait behind each other.
const MAX_QUICK: usize = 32;

/// In which order those that wait begin.
const ORDER: [WorkerPool; WorkerPool::ALL.len()] = [
    WorkerPool::Bids,
    WorkerPool::Quick,
    WorkerPool::Writes,
    WorkerPool::Passwords,
    WorkerPool::Streams,
    WorkerPool::Searches,
    WorkerPool::Pictures,
];

impl Line {
    pub fn new(all: usize) -> Line {
        Line { pools: Default::default(), all }
    }

    pub fn is_empty(&self) -> bool {
        WorkerPool::ALL.into_iter().all(|pool| self.n_waiting(pool) == 0)
    }

    /// Whether anybody waits for want of a connection alone.
    pub fn is_held_up(&self) -> bool {
        WorkerPool::ALL.into_iter().any(|pool| self.may_begin(pool) && self.n_waiting(pool) > 0)
    }

    pub fn n_waiting(&self, pool: WorkerPool) -> usize {
        self.of(pool).waiting.len()
    }

    pub fn push(&mut self, pool: WorkerPool, id: SlotId, sender: Sender) -> Rank {
        self.of_mut(pool).waiting.push(id, sender)
    }

    /// Who of this pool has to wait for the longest.
    pub fn last(&self, pool: WorkerPool) -> Option<SlotId> {
        self.of(pool).waiting.last().copied()
    }

    /// The request with this place in the line has ended.
    pub fn leave(&mut self, pool: WorkerPool, rank: Rank) {
        self.of_mut(pool).waiting.leave(rank);
    }

    /// Whether one more of this pool may have a connection.
    pub fn may_begin(&self, pool: WorkerPool) -> bool {
        self.of(pool).under_way < self.share(pool)
    }

    pub fn began(&mut self, pool: WorkerPool) {
        self.of_mut(pool).under_way += 1;
    }

    pub fn ended(&mut self, pool: WorkerPool) {
        self.of_mut(pool).under_way -= 1;
    }

    /// Whose turn it is.
    pub fn next(&mut self) -> Option<SlotId> {
        let first = ORDER.into_iter().rev().find_map(|pool| self.first_of(pool, 1));
        first.or_else(|| ORDER.into_iter().find_map(|pool| self.first_of(pool, self.share(pool))))
    }

    fn first_of(&mut self, pool: WorkerPool, most: usize) -> Option<SlotId> {
        let kept = self.of_mut(pool);
        if kept.under_way < most { kept.waiting.pop() } else { None }
    }

    /// How many connections a pool may have at one time. Bids and what is quick may each have half; the others together a third at
    /// most, so that there is room beside them however long they take. What is served by few threads has few, for what waits
    /// here waits in turns, and what waits there does not.
    fn share(&self, pool: WorkerPool) -> usize {
        let of_all = match pool {
            WorkerPool::Bids => ALL_SHARES / 2,
            WorkerPool::Quick => return (self.all / 2).clamp(1, MAX_QUICK),
            WorkerPool::Streams => 4,
            WorkerPool::Writes => 3,
            WorkerPool::Searches | WorkerPool::Passwords | WorkerPool::Pictures => {
                return (self.all / ALL_SHARES / 2).max(1);
            }
        };
        (self.all * of_all / ALL_SHARES).max(1)
    }

    fn of(&self, pool: WorkerPool) -> &Kept {
        &self.pools[pool as usize]
    }

    fn of_mut(&mut self, pool: WorkerPool) -> &mut Kept {
        &mut self.pools[pool as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, ORDER};
    use crate::gate::config::WorkerPool;
    use crate::gate::slots::Slots;
    use crate::gate::turns::Sender;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut line) = (Slots::new(), Line::new(64));
        for name in 0..40 {
            for pool in WorkerPool::ALL {
                line.push(pool, slots.insert((pool, name)), Sender::default());
            }
        }
        let mut next = || {
            let (pool, name) = slots.remove(line.next()?)?;
            line.began(pool);
            Some((pool, name))
        };
        for pool in ORDER.into_iter().rev() {
            assert_eq!(next(), Some((pool, 0)), "one of each pool");
        }
        let shares = [32, 32, 6, 1, 8, 1, 1];
        for (pool, share) in ORDER.into_iter().zip(shares) {
            for name in 1..share {
                assert_eq!(next(), Some((pool, name)));
            }
        }
        assert_eq!(next(), None, "each has its share");
        line.ended(WorkerPool::Quick);
        assert!(line.may_begin(WorkerPool::Quick) && !line.may_begin(WorkerPool::Bids));
        assert_eq!(line.next().and_then(|id| slots.remove(id)), Some((WorkerPool::Quick, 32)));
    }

    #[test]
    fn what_takes_long_leaves_most_connections_to_the_rest() {
        let line = Line::new(128);
        let quick = |pool: &WorkerPool| matches!(pool, WorkerPool::Bids | WorkerPool::Quick);
        let others = WorkerPool::ALL.into_iter().filter(|pool| !quick(pool));
        assert!(others.map(|pool| line.share(pool)).sum::<usize>() <= 128 / 3);
    }
}
