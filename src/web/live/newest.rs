//! The newest events, each written once: what most returning watchers have missed. A hall that comes back all at once,
//! after a restart or a network failure, is caught up from here and not from the database.

use crate::gate::outlet::Block;
use crate::house::notices::events::as_told;
use crate::rules::listing::{AccountId, ListingId};
use crate::store::events::Event;
use crate::web::base_path::in_json;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most events kept here, some from before the server started.
pub const MAX_EVENTS: usize = 8_192;
const MAX_BYTES: usize = 4 * 1_024 * 1_024;

/// An event as its watchers read it; clones share the bytes.
#[derive(Clone)]
pub struct Written {
    pub id: i64,
    pub listing: Option<ListingId>,
    /// The only person who may see it; everyone may if there is none.
    pub account: Option<AccountId>,
    pub block: Arc<Block>,
    pub bytes: usize,
}

impl Written {
    /// Writes an event, with `base` before its pictures.
    pub fn of(event: &Event, base: &str) -> Written {
        let told = as_told(event);
        let text = format!("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, in_json(&told, base));
        Written {
            id: event.id,
            listing: event.listing,
            account: event.account,
            bytes: text.len(),
            block: Arc::new(Block::marked(text.as_bytes(), event.id)),
        }
    }
}

/// All events after a cursor, in order.
pub struct Newest {
    after: i64,
    events: VecDeque<Written>,
    bytes: usize,
}

impl Newest {
    /// Begins after a cursor. Events must be pushed in order and without a gap.
    pub fn after(after: i64) -> Newest {
        Newest { after, events: VecDeque::new(), bytes: 0 }
    }

    pub fn push(&mut self, event: Written) {
        self.bytes += event.bytes;
        self.events.push_back(event);
        while self.events.len() > MAX_EVENTS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.bytes;
            self.after = oldest.id;
        }
    }

    /// The cursor after which every event is here.
    pub fn begin(&self) -> i64 {
        self.after
    }

    /// Returns the events after the cursor; none if some of them are no longer here.
    pub fn since(&self, cursor: i64) -> Option<impl Iterator<Item = &Written>> {
        let begin = self.events.partition_point(|event| event.id <= cursor);
        (cursor >= self.after).then(|| self.events.range(begin..))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_EVENTS, Newest, Written};
    use crate::store::events::Event;

    fn event(id: i64, bytes: usize) -> Written {
        let data = "x".repeat(bytes);
        Written::of(&Event { id, kind: "bid".into(), listing: None, account: None, data }, "")
    }

    fn ids(newest: &Newest, cursor: i64) -> Option<Vec<i64>> {
        newest.since(cursor).map(|events| events.map(|event| event.id).collect())
    }

    #[test]
    fn what_follows_a_cursor_is_whole_or_not_said() {
        let mut newest = Newest::after(10);
        // Ids may be left out.
        [11, 12, 15].into_iter().for_each(|id| newest.push(event(id, 1)));
        for (cursor, expected) in [
            (9, None),
            (10, Some(vec![11, 12, 15])),
            (12, Some(vec![15])),
            (13, Some(vec![15])),
            (15, Some(vec![])),
            (99, Some(vec![])),
        ] {
            assert_eq!(ids(&newest, cursor), expected, "{cursor}");
        }
    }

    #[test]
    fn no_more_is_kept_than_is_stated() {
        let most = i64::try_from(MAX_EVENTS).unwrap();
        let mut newest = Newest::after(0);
        (1..=most + 5).for_each(|id| newest.push(event(id, 1)));
        assert_eq!(ids(&newest, 4), None);
        assert_eq!(ids(&newest, 5).map(|ids| ids.len()), Some(MAX_EVENTS));
        newest.push(event(most + 6, MAX_BYTES / 2));
        newest.push(event(most + 7, MAX_BYTES / 2));
        assert_eq!(ids(&newest, most + 5), None);
        assert_eq!(ids(&newest, most + 6), Some(vec![most + 7]));
    }
}
