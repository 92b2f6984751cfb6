//! The requests that wait for a connection to tiny_http, by kind, and who is next: a rush of one kind must not keep the
//! others waiting. Pure.

use std::collections::VecDeque;

use super::config::Kind;
use super::slots::SlotId;

/// Writes first, then quick ones; yet one of each other kind is always under way, and no kind takes all connections.
#[derive(Default)]
pub(super) struct Line {
    quick: VecDeque<SlotId>,
    write: VecDeque<SlotId>,
    long: VecDeque<SlotId>,
    watching: VecDeque<SlotId>,
}

/// How many connections a kind may have at one time, of `all`.
pub(super) fn share(kind: Kind, all: usize) -> usize {
    match kind {
        Kind::Quick | Kind::Write => (all / 2).max(1),
        Kind::Long | Kind::Watching => (all / 4).max(1),
    }
}

impl Line {
    pub fn is_empty(&self) -> bool {
        self.quick.is_empty() && self.write.is_empty() && self.long.is_empty() && self.watching.is_empty()
    }

    /// How many wait who are measured by the same limit.
    pub fn n_beside(&self, kind: Kind) -> usize {
        match kind {
            Kind::Quick | Kind::Write | Kind::Long => self.quick.len() + self.write.len() + self.long.len(),
            Kind::Watching => self.watching.len(),
        }
    }

    pub fn push(&mut self, kind: Kind, id: SlotId) {
        match kind {
            Kind::Quick => self.quick.push_back(id),
            Kind::Write => self.write.push_back(id),
            Kind::Long => self.long.push_back(id),
            Kind::Watching => self.watching.push_back(id),
        }
    }

    /// Whose turn it is, with so many `under_way` of each kind on `all` connections.
    pub fn next(&mut self, all: usize, under_way: impl Fn(Kind) -> usize) -> Option<SlotId> {
        let first_of = |line: &mut VecDeque<SlotId>, kind, most: usize| {
            if !line.is_empty() && under_way(kind) < most { line.pop_front() } else { None }
        };
        first_of(&mut self.watching, Kind::Watching, 1)
            .or_else(|| first_of(&mut self.long, Kind::Long, 1))
            .or_else(|| first_of(&mut self.write, Kind::Write, share(Kind::Write, all)))
            .or_else(|| first_of(&mut self.quick, Kind::Quick, share(Kind::Quick, all)))
            .or_else(|| first_of(&mut self.watching, Kind::Watching, share(Kind::Watching, all)))
            .or_else(|| first_of(&mut self.long, Kind::Long, share(Kind::Long, all)))
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::gate::config::Kind;
    use crate::gate::slots::Slots;

    #[test]
    fn a_rush_of_one_kind_keeps_no_other_waiting() {
        let (mut slots, mut line) = (Slots::new(), Line::default());
        let mut come = |kind, name| line.push(kind, slots.insert((kind, name)));
        for name in 0..3 {
            [Kind::Long, Kind::Watching, Kind::Quick, Kind::Write]
                .into_iter()
                .for_each(|kind| come(kind, name));
        }
        // Of 16 connections, so many with each kind.
        let mut next = |n_quick, n_write, n_long, n_watching| {
            let under_way = |kind| match kind {
                Kind::Quick => n_quick,
                Kind::Write => n_write,
                Kind::Long => n_long,
                Kind::Watching => n_watching,
            };
            slots.remove(line.next(16, under_way)?)
        };
        assert_eq!(next(0, 0, 0, 0), Some((Kind::Watching, 0)));
        assert_eq!(next(0, 0, 0, 1), Some((Kind::Long, 0)));
        assert_eq!(next(0, 0, 1, 1), Some((Kind::Write, 0)));
        assert_eq!(next(0, 8, 1, 1), Some((Kind::Quick, 0)), "bids have their share");
        assert_eq!(next(8, 7, 1, 1), Some((Kind::Write, 1)), "and pages keep none of it");
        assert_eq!(next(8, 8, 1, 1), Some((Kind::Watching, 1)));
        assert_eq!(next(8, 8, 1, 4), Some((Kind::Long, 1)));
        assert_eq!(next(8, 8, 4, 4), None, "each has its share");
        assert_eq!(next(7, 8, 4, 4), Some((Kind::Quick, 1)));
    }
}
