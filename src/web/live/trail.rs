//! An index of events by listing and by person: a watcher that has been away for long is sent the events that concern
//! it, and the others are not read again for each watcher.
//!
//! It is made when it is first needed, a page at a time, and continued when it is needed again, so that each event is
//! read once. An index in the database would cost every bid; this one costs the writer nothing.

use crate::rules::listing::{AccountId, ListingId};
use crate::store::Conn;
use crate::store::events::EventScope;
use anyhow::Result;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

/// Events indexed in one turn, which takes a few milliseconds.
const PAGE: i64 = 20_000;
/// The most events in the index, 8 bytes each: ten times what the house keeps. Beyond them the older half is dropped,
/// and a watcher from before is caught up event by event.
const MAX_EVENTS: usize = 2_000_000;

/// All events after one cursor and up to another, by whom they concern.
pub struct Trail {
    after: i64,
    through: i64,
    of_listing: HashMap<ListingId, Vec<i64>>,
    /// The events that only this person may see.
    of_person: HashMap<AccountId, Vec<i64>>,
    n_events: usize,
}

/// What comes next for one watcher.
#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    /// In order.
    pub ids: Vec<i64>,
    /// The event up to which none is left out.
    pub reached: i64,
}

impl Trail {
    /// An empty index that begins after a cursor.
    pub fn after(after: i64) -> Trail {
        let (of_listing, of_person) = (HashMap::new(), HashMap::new());
        Trail { after, through: after, of_listing, of_person, n_events: 0 }
    }

    /// Whether it can catch up a watcher from `cursor`.
    pub fn begins_by(&self, cursor: i64) -> bool {
        self.after <= cursor
    }

    /// The last event that it covers.
    pub fn through(&self) -> i64 {
        self.through
    }

    /// Indexes the next page of events, none of them after `last`; the house keeps those from `first` on.
    pub fn read_on(&mut self, conn: &Conn, first: i64, last: i64) -> Result<()> {
        let page = conn.read(|snapshot| snapshot.event_scopes(self.through, last, PAGE))?;
        let is_last = page.len() < usize::try_from(PAGE)?;
        page.iter().for_each(|event| self.push(event));
        if is_last {
            self.through = last;
        }
        if self.n_events > MAX_EVENTS {
            self.forget_through(first - 1);
        }
        if self.n_events > MAX_EVENTS {
            self.forget_through(self.after + (self.through - self.after) / 2);
        }
        Ok(())
    }

    fn push(&mut self, event: &EventScope) {
        let ids = match (event.account, event.listing) {
            (Some(person), _) => self.of_person.entry(person).or_default(),
            (None, Some(listing)) => self.of_listing.entry(listing).or_default(),
            // Sent only to watchers of everything.
            (None, None) => &mut Vec::new(),
        };
        ids.push(event.id);
        (self.through, self.n_events) = (event.id, self.n_events + 1);
    }

    fn forget_through(&mut self, last: i64) {
        self.after = self.after.max(last);
        let after = self.after;
        let forget = |ids: &mut Vec<i64>| {
            ids.drain(..ids.partition_point(|id| *id <= after));
            ids.shrink_to_fit();
            !ids.is_empty()
        };
        self.of_listing.retain(|_, ids| forget(ids));
        self.of_person.retain(|_, ids| forget(ids));
        self.n_events = self.of_listing.values().chain(self.of_person.values()).map(Vec::len).sum();
    }

    /// Returns the first `limit` events after the cursor that are about one of the listings, or for the person alone.
    pub fn next(
        &self,
        listings: &BTreeSet<ListingId>,
        person: Option<AccountId>,
        cursor: i64,
        limit: usize,
    ) -> Next {
        let own = person.and_then(|person| self.of_person.get(&person));
        let of_all = listings.iter().filter_map(|listing| self.of_listing.get(listing)).chain(own);
        let rest = of_all.map(|ids| &ids[ids.partition_point(|id| *id <= cursor)..]);
        let mut heads: BinaryHeap<Reverse<&[i64]>> =
            rest.filter(|ids| !ids.is_empty()).map(Reverse).collect();
        let mut ids = Vec::new();
        while let Some(Reverse([id, rest @ ..])) = heads.pop() {
            ids.push(*id);
            if ids.len() == limit {
                return Next { ids, reached: *id };
            }
            if !rest.is_empty() {
                heads.push(Reverse(rest));
            }
        }
        Next { ids, reached: self.through }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trail(events: &[(u8, u8)]) -> Trail {
        let mut trail = Trail::after(0);
        for (id, (listing, person)) in (1..).zip(events) {
            let listing = (*listing > 0).then_some(ListingId(i64::from(*listing)));
            let account = (*person > 0).then_some(AccountId(i64::from(*person)));
            trail.push(&EventScope { id, listing, account });
        }
        trail
    }

    proptest! {
        /// Against a reading of every event, page by page.
        #[test]
        fn nothing_that_concerns_a_watcher_is_left_out_and_nothing_else_comes(
            events in prop::collection::vec((0..4_u8, 0..3_u8), 0..60),
            wanted in prop::collection::btree_set(1..4_i64, 0..3),
            person in prop::option::of(1..3_i64),
            begin in 0..10_i64,
            limit in 1..8_usize,
        ) {
            let trail = trail(&events);
            let concerns = |(listing, account): &(u8, u8)| match account {
                0 => wanted.contains(&i64::from(*listing)),
                account => person == Some(i64::from(*account)),
            };
            let due = (1..).zip(&events).filter(|(id, event)| *id > begin && concerns(event));
            let due: Vec<i64> = due.map(|(id, _)| id).collect();
            let listings: BTreeSet<ListingId> = wanted.iter().copied().map(ListingId).collect();
            let (mut told, mut cursor) = (Vec::new(), begin);
            loop {
                let next = trail.next(&listings, person.map(AccountId), cursor, limit);
                prop_assert!(next.ids.len() <= limit);
                let is_done = next.ids.len() < limit;
                told.extend(next.ids);
                if is_done {
                    prop_assert_eq!(next.reached, trail.through());
                    break;
                }
                cursor = next.reached;
            }
            prop_assert_eq!(told, due);
        }
    }

    #[test]
    fn what_was_forgotten_is_not_there_and_not_claimed() {
        let mut trail = trail(&[(1, 0), (2, 0), (1, 0), (1, 1), (1, 0), (2, 0)]);
        trail.forget_through(3);
        trail.forget_through(1);
        assert!(trail.begins_by(3) && !trail.begins_by(2));
        assert_eq!(trail.n_events, 3);
        let listings = BTreeSet::from([ListingId(1)]);
        assert_eq!(trail.next(&listings, None, 3, 9), Next { ids: vec![5], reached: 6 });
    }
}
