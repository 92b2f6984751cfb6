//! The requests that wait for a connection to tiny_http, by kind, those that have one, and who is next: a rush of one kind, or
//! of one sender, must not keep the others waiting. Pure.

use super::config::Kind;
use super::slots::SlotId;
use super::turns::{Rank, Sender, Turns};

/// Of so many connections a share is counted.
const ALL_SHARES: usize = 32;

/// Of each kind one first, so that it is always under way; then bids, then what is quick.
pub(super) struct Line {
    /// In the order of [`Kind`].
    kinds: [Kept; Kind::ALL.len()],
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
const ORDER: [Kind; Kind::ALL.len()] =
    [Kind::Write, Kind::Quick, Kind::Long, Kind::Password, Kind::Watching, Kind::Search, Kind::Picture];

impl Line {
    pub fn new(all: usize) -> Line {
        Line { kinds: Default::default(), all }
    }

    pub fn is_empty(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| self.n_waiting(kind) == 0)
    }

    /// Whether anybody waits for want of a connection alone.
    pub fn is_held_up(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| self.may_begin(kind) && self.n_waiting(kind) > 0)
    }

    pub fn n_waiting(&self, kind: Kind) -> usize {
        self.of(kind).waiting.len()
    }

    pub fn push(&mut self, kind: Kind, id: SlotId, sender: Sender) -> Rank {
        self.of_mut(kind).waiting.push(id, sender)
    }

    /// Who of this kind has to wait for the longest.
    pub fn last(&self, kind: Kind) -> Option<SlotId> {
        self.of(kind).waiting.last().copied()
    }

    /// The request with this place in the line has ended.
    pub fn leave(&mut self, kind: Kind, rank: Rank) {
        self.of_mut(kind).waiting.leave(rank);
    }

    /// Whether one more of this kind may have a connection.
    pub fn may_begin(&self, kind: Kind) -> bool {
        self.of(kind).under_way < self.share(kind)
    }

    pub fn began(&mut self, kind: Kind) {
        self.of_mut(kind).under_way += 1;
    }

    pub fn ended(&mut self, kind: Kind) {
        self.of_mut(kind).under_way -= 1;
    }

    /// Whose turn it is.
    pub fn next(&mut self) -> Option<SlotId> {
        let first = ORDER.into_iter().rev().find_map(|kind| self.first_of(kind, 1));
        first.or_else(|| ORDER.into_iter().find_map(|kind| self.first_of(kind, self.share(kind))))
    }

    fn first_of(&mut self, kind: Kind, most: usize) -> Option<SlotId> {
        let kept = self.of_mut(kind);
        if kept.under_way < most { kept.waiting.pop() } else { None }
    }

    /// How many connections a kind may have at one time. Bids and what is quick may each have half; the others together a third at
    /// most, so that there is room beside them however long they take. What is served by few threads has few, for what waits
    /// here waits in turns, and what waits there does not.
    fn share(&self, kind: Kind) -> usize {
        let of_all = match kind {
            Kind::Write => ALL_SHARES / 2,
            Kind::Quick => return (self.all / 2).clamp(1, MAX_QUICK),
            Kind::Watching => 4,
            Kind::Long => 3,
            Kind::Search | Kind::Password | Kind::Picture => return (self.all / ALL_SHARES / 2).max(1),
        };
        (self.all * of_all / ALL_SHARES).max(1)
    }

    fn of(&self, kind: Kind) -> &Kept {
        &self.kinds[kind as usize]
    }

    fn of_mut(&mut self, kind: Kind) -> &mut Kept {
        &mut self.kinds[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, ORDER};
    use crate::gate::config::Kind;
    use crate::gate::slots::Slots;
    use crate::gate::turns::Sender;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut line) = (Slots::new(), Line::new(64));
        for name in 0..40 {
            for kind in Kind::ALL {
                line.push(kind, slots.insert((kind, name)), Sender::default());
            }
        }
        let mut next = || {
            let (kind, name) = slots.remove(line.next()?)?;
            line.began(kind);
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
        line.ended(Kind::Quick);
        assert!(line.may_begin(Kind::Quick) && !line.may_begin(Kind::Write));
        assert_eq!(line.next().and_then(|id| slots.remove(id)), Some((Kind::Quick, 32)));
    }

    #[test]
    fn what_takes_long_leaves_most_connections_to_the_rest() {
        let line = Line::new(128);
        let quick = |kind: &Kind| matches!(kind, Kind::Write | Kind::Quick);
        let others = Kind::ALL.into_iter().filter(|kind| !quick(kind));
        assert!(others.map(|kind| line.share(kind)).sum::<usize>() <= 128 / 3);
    }
}
