//! The requests that wait for a connection to tiny_http, by kind, those that have one, and who is next: a rush of one kind
//! must not keep the others waiting. Pure.

use std::collections::VecDeque;

use super::config::Kind;
use super::slots::SlotId;

/// Writes first, then quick ones; yet one of each other kind is always under way, and no kind takes all connections.
pub(super) struct Line {
    /// In the order of [`Kind`].
    kinds: [Kept; 4],
    /// How many connections there may be.
    all: usize,
}

#[derive(Default)]
struct Kept {
    waiting: VecDeque<SlotId>,
    under_way: usize,
}

impl Line {
    pub fn new(all: usize) -> Line {
        Line { kinds: Default::default(), all }
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.iter().all(|kept| kept.waiting.is_empty())
    }

    /// Whether anybody waits for want of a connection alone.
    pub fn is_held_up(&self) -> bool {
        let kinds = [Kind::Quick, Kind::Write, Kind::Long, Kind::Watching];
        kinds.into_iter().any(|kind| self.may_begin(kind) && !self.of(kind).waiting.is_empty())
    }

    /// How many wait who are measured by the same limit.
    pub fn n_beside(&self, kind: Kind) -> usize {
        let n_waiting = |kind| self.of(kind).waiting.len();
        match kind {
            Kind::Quick | Kind::Write | Kind::Long => {
                n_waiting(Kind::Quick) + n_waiting(Kind::Write) + n_waiting(Kind::Long)
            }
            Kind::Watching => n_waiting(Kind::Watching),
        }
    }

    pub fn push(&mut self, kind: Kind, id: SlotId) {
        self.of_mut(kind).waiting.push_back(id);
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
        self.first_of(Kind::Watching, 1)
            .or_else(|| self.first_of(Kind::Long, 1))
            .or_else(|| self.first_of(Kind::Write, self.share(Kind::Write)))
            .or_else(|| self.first_of(Kind::Quick, self.share(Kind::Quick)))
            .or_else(|| self.first_of(Kind::Watching, self.share(Kind::Watching)))
            .or_else(|| self.first_of(Kind::Long, self.share(Kind::Long)))
    }

    fn first_of(&mut self, kind: Kind, most: usize) -> Option<SlotId> {
        let kept = self.of_mut(kind);
        if kept.under_way < most { kept.waiting.pop_front() } else { None }
    }

    /// How many connections a kind may have at one time.
    fn share(&self, kind: Kind) -> usize {
        match kind {
            Kind::Quick | Kind::Write => (self.all / 2).max(1),
            Kind::Long | Kind::Watching => (self.all / 4).max(1),
        }
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
    use super::Line;
    use crate::gate::config::Kind;
    use crate::gate::slots::Slots;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut line) = (Slots::new(), Line::new(16));
        let mut come = |kind, name| line.push(kind, slots.insert((kind, name)));
        for name in 0..10 {
            [Kind::Long, Kind::Watching, Kind::Quick, Kind::Write]
                .into_iter()
                .for_each(|kind| come(kind, name));
        }
        let mut next = || {
            let (kind, name) = slots.remove(line.next()?)?;
            line.began(kind);
            Some((kind, name))
        };
        assert_eq!(next(), Some((Kind::Watching, 0)));
        assert_eq!(next(), Some((Kind::Long, 0)));
        let shares = [(Kind::Write, 0..8), (Kind::Quick, 0..8), (Kind::Watching, 1..4), (Kind::Long, 1..4)];
        for (kind, names) in shares {
            for name in names {
                assert_eq!(next(), Some((kind, name)));
            }
        }
        assert_eq!(next(), None, "each has its share");
        line.ended(Kind::Quick);
        assert!(line.may_begin(Kind::Quick) && !line.may_begin(Kind::Write));
        assert_eq!(line.next().and_then(|id| slots.remove(id)), Some((Kind::Quick, 8)));
    }
}
