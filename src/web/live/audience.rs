//! The watchers, and the hub's position in the stream of events. Every watcher gets each event once, in order and
//! without a gap: one that asks for what came after a cursor is sent that first, in batches, and then live events from
//! exactly the hub's position on.

use crate::gate::outlet::{Block, Outlet, WatcherId};
use crate::house::bidder_names::Naming;
use crate::house::notices::events::shown;
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use crate::store::events::Event;
use crate::store::paging::pages;
use crate::store::sessions::TokenHash;
use crate::store::{Conn, Snapshot};
use crate::web::live::newest::{MAX_EVENTS, Newest, Written};
use crate::web::live::trail::{Next, Trail};
use crate::web::live::{RETRY_MS, Wanted, Watching, time};
use anyhow::Result;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How often the hub looks for commits of other processes.
const POLL: Duration = Duration::from_millis(50);
/// How often the hub asks the outlet whether it has written everything, while many watchers come back.
const SHORT_NAP: Duration = Duration::from_millis(1);
/// Events read at a time.
const PAGE: i64 = 1_000;
/// Events read at a time for one watcher that has been away for long.
const OLD_PAGE: usize = 500;
/// The most watchers that are caught up in one turn, and the most bytes they are sent in all: live watchers wait no
/// longer than that.
const CAUGHT_UP_AT_ONCE: usize = 32;
const BYTES_AT_ONCE: usize = 1_024 * 1_024;
/// The most bytes that one of them is sent in one turn: less than the gate lets a watcher fall behind by.
const BATCH_BYTES: usize = 128 * 1_024;

/// Everyone who watches.
pub(in crate::web) struct Audience<'o> {
    outlet: &'o Outlet,
    /// The path of the house on its host.
    base: Arc<str>,
    naming: Naming,
    pub watchers: HashMap<WatcherId, Watching>,
    by_person: HashMap<AccountId, HashSet<WatcherId>>,
    /// Watchers that do not get live events yet, each with the last event it was sent.
    behind: HashMap<WatcherId, i64>,
    /// Those of them that can be sent their next batch; the others have not taken their last one yet.
    queue: VecDeque<WatcherId>,
    newest: Newest,
    /// The events from before the newest, by whom they concern; made when it is first needed.
    trail: Option<Trail>,
    last: i64,
}

impl Audience<'_> {
    pub fn open(outlet: &Outlet, base: Arc<str>, naming: Naming) -> Audience<'_> {
        Audience {
            outlet,
            base,
            naming,
            watchers: HashMap::new(),
            by_person: HashMap::new(),
            behind: HashMap::new(),
            queue: VecDeque::new(),
            newest: Newest::after(0),
            trail: None,
            last: 0,
        }
    }

    /// Puts `base` before the pictures of what is written from now on, and shows bidders by `naming` in it.
    pub fn set(&mut self, base: Arc<str>, naming: Naming) {
        if base != self.base || naming != self.naming {
            (self.base, self.naming, self.newest) = (base, naming, Newest::after(self.last));
        }
    }

    /// Whether nobody watches; then no events are read.
    pub fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// Prepares for the first watcher: reads on from the hub's position, or from the newest events if that is too far
    /// behind.
    pub fn begin(&mut self, conn: &Conn) -> Result<()> {
        let newest = conn.read(|snapshot| snapshot.last_event())?.id;
        let from = newest - i64::try_from(MAX_EVENTS)?;
        if self.last < from {
            (self.newest, self.last) = (Newest::after(from), from);
        }
        self.read_on(conn)
    }

    /// How long the hub may wait for something to happen.
    pub fn nap(&self) -> Duration {
        match (self.queue.is_empty(), self.outlet.is_free()) {
            (true, _) => POLL,
            (false, true) => Duration::ZERO,
            (false, false) => SHORT_NAP,
        }
    }

    /// Adds a watcher, and tells it how soon to come back after a loss and what time it is.
    pub fn let_in(&mut self, watcher: WatcherId, watching: Watching, now: Time) {
        let hello = format!("retry: {RETRY_MS}\n\n{}", time(now));
        self.outlet.send_block([watcher], Arc::new(Block::marked(hello.as_bytes(), watching.cursor)));
        if watching.cursor != self.last {
            self.behind.insert(watcher, watching.cursor);
            self.queue.push_back(watcher);
        }
        if let Some((person, _)) = watching.person {
            self.by_person.entry(person).or_default().insert(watcher);
        }
        self.watchers.insert(watcher, watching);
    }

    /// Removes a watcher whose stream has closed.
    pub fn forget(&mut self, watcher: WatcherId) {
        self.behind.remove(&watcher);
        if let Some(Watching { person: Some((person, _)), .. }) = self.watchers.remove(&watcher)
            && let Some(theirs) = self.by_person.get_mut(&person)
        {
            theirs.remove(&watcher);
            if theirs.is_empty() {
                self.by_person.remove(&person);
            }
        }
    }

    /// Ends the stream of a watcher that was never let in.
    pub fn turn_away(&self, watcher: WatcherId) {
        self.outlet.end(watcher, b"");
    }

    /// Ends the streams of a session.
    pub fn end_session(&mut self, token: &TokenHash) {
        let theirs = |watching: &Watching| watching.person.as_ref().is_some_and(|(_, known)| known == token);
        for (watcher, _) in self.watchers.iter().filter(|(_, watching)| theirs(watching)) {
            self.outlet.end(*watcher, b"");
        }
    }

    /// Ends the streams of programs whose tokens have ended by `now`.
    pub fn end_ended_tokens(&self, now: Time) {
        for (watcher, watching) in &self.watchers {
            if watching.ends_at.is_some_and(|end| end <= now) {
                self.outlet.end(*watcher, b"");
            }
        }
    }

    /// Ends the streams whose session or token is no longer valid.
    pub fn end_lost_sessions(&self, conn: &Conn, now: Time) -> Result<()> {
        conn.read(|snapshot| {
            for (watcher, watching) in &self.watchers {
                if let Some((_, token)) = &watching.person
                    && snapshot.session(token, now)?.is_none()
                    && snapshot.person_of_api_token(token, now)?.is_none()
                {
                    self.outlet.end(*watcher, b"");
                }
            }
            Ok(())
        })
    }

    /// Reads new events and sends them to the live watchers.
    pub fn read_on(&mut self, conn: &Conn) -> Result<()> {
        let naming = self.naming;
        let read = |after| conn.read(|snapshot| shown(snapshot, naming, snapshot.events_after(after, PAGE)?));
        for event in pages(self.last, PAGE, |event: &Event| event.id, read) {
            let event = Written::of(&event?, &self.base);
            self.send(&event);
            self.last = event.id;
            self.newest.push(event);
        }
        Ok(())
    }

    fn send(&self, event: &Written) {
        let is_live = |watcher: &&WatcherId| !self.behind.contains_key(watcher);
        let to: Vec<WatcherId> = match event.account {
            Some(person) => {
                self.by_person.get(&person).into_iter().flatten().filter(is_live).copied().collect()
            }
            None => {
                let wanting = self.watchers.iter().filter(|(_, watching)| wants(watching, event));
                wanting.map(|(watcher, _)| watcher).filter(is_live).copied().collect()
            }
        };
        if !to.is_empty() {
            self.outlet.send_block(to, event.block.clone());
        }
    }

    /// Notes that a watcher has taken its batch and can be sent the next.
    pub fn has_taken(&mut self, watcher: WatcherId) {
        if self.behind.contains_key(&watcher) {
            self.queue.push_back(watcher);
        }
    }

    /// Catches up a watcher that fell too far behind, from the last event it was given, like one that comes back.
    pub fn fall_behind(&mut self, watcher: WatcherId, after: Option<i64>) {
        let Some(watching) = self.watchers.get(&watcher) else { return };
        self.behind.insert(watcher, after.unwrap_or(watching.cursor));
        self.queue.retain(|waiting| *waiting != watcher);
        self.outlet.resume(watcher);
    }

    /// Sends the first watchers in the queue their next batch, once the outlet has nothing else to do. A watcher that
    /// reaches the hub's position gets live events from there on.
    pub fn catch_up(&mut self, conn: &Conn) -> Result<()> {
        if self.queue.is_empty() || !self.outlet.is_free() {
            return Ok(());
        }
        let (first, newest) = conn
            .read(|snapshot| anyhow::Ok((snapshot.first_event()?.unwrap_or(1), snapshot.last_event()?.id)))?;
        let mut bytes = 0;
        for _ in 0..CAUGHT_UP_AT_ONCE {
            if bytes > BYTES_AT_ONCE {
                break;
            }
            let Some(watcher) = self.queue.pop_front() else { break };
            let Some(cursor) = self.behind.get(&watcher).copied() else { continue };
            if cursor > newest || cursor + 1 < first {
                let reset = format!("id: {}\nevent: reset\ndata: {{}}\n\n", self.last);
                self.outlet.send_block([watcher], Arc::new(Block::marked(reset.as_bytes(), self.last)));
                self.behind.remove(&watcher);
                continue;
            }
            if cursor > self.last {
                // It has seen events that the hub has yet to read, and must not get them again.
                self.queue.push_back(watcher);
                continue;
            }
            let Some(batch) = self.batch(conn, watcher, cursor, first)? else {
                // The trail is still being read; others have their turn meanwhile.
                self.queue.push_back(watcher);
                break;
            };
            bytes += batch.bytes;
            self.send_batch(watcher, batch);
        }
        Ok(())
    }

    /// Returns the next batch of a watcher; none while the trail does not reach far enough. It never goes past the
    /// hub's position, because the hub would send the same events again.
    fn batch(&mut self, conn: &Conn, watcher: WatcherId, cursor: i64, first: i64) -> Result<Option<Batch>> {
        let watching = &self.watchers[&watcher];
        if let Some(events) = self.newest.since(cursor) {
            return Ok(Some(fill(watching, events, self.last)));
        }
        if let Wanted::Listings(listings) = &watching.wanted {
            let trail = self.trail.get_or_insert_with(|| Trail::after(first - 1));
            if trail.begins_by(cursor) && trail.through() < self.newest.begin() {
                trail.read_on(conn, first, self.last)?;
                return Ok(None);
            }
            if trail.begins_by(cursor) {
                let person = watching.person.as_ref().map(|(person, _)| *person);
                let Next { ids, reached } = trail.next(listings, person, cursor, OLD_PAGE);
                let events = conn.read(|snapshot| shown(snapshot, self.naming, snapshot.events(&ids)?))?;
                let events: Vec<Written> =
                    events.iter().map(|event| Written::of(event, &self.base)).collect();
                return Ok(Some(fill(watching, events.iter(), reached)));
            }
        }
        let limit = i64::try_from(OLD_PAGE)?;
        let read =
            |snapshot: &Snapshot<'_>| shown(snapshot, self.naming, snapshot.events_after(cursor, limit)?);
        let events = conn.read(read)?;
        let last = events.last().map_or(self.last, |event| event.id).min(self.last);
        let events: Vec<Written> = events
            .iter()
            .take_while(|event| event.id <= self.last)
            .map(|event| Written::of(event, &self.base))
            .collect();
        Ok(Some(fill(watching, events.iter(), last)))
    }

    fn send_batch(&mut self, watcher: WatcherId, batch: Batch) {
        let is_level = batch.reached == self.last;
        if is_level {
            self.behind.remove(&watcher);
        } else {
            self.behind.insert(watcher, batch.reached);
        }
        if !batch.blocks.is_empty() {
            self.outlet.send_many(watcher, batch.blocks, !is_level);
        } else if !is_level {
            self.queue.push_back(watcher);
        }
    }

    /// Sends everyone the time. A live watcher has been sent everything up to the hub's position, and a mark says so,
    /// in case it lags later.
    pub fn send_time(&self, now: Time) {
        let time = time(now);
        let (behind, live): (Vec<WatcherId>, Vec<WatcherId>) =
            self.watchers.keys().partition(|watcher| self.behind.contains_key(watcher));
        for (to, block) in
            [(behind, Block::framed(time.as_bytes())), (live, Block::marked(time.as_bytes(), self.last))]
        {
            if !to.is_empty() {
                self.outlet.send_block(to, Arc::new(block));
            }
        }
    }
}

/// The blocks that one watcher is sent in one turn.
struct Batch {
    blocks: Vec<Arc<Block>>,
    bytes: usize,
    /// The last event that it covers.
    reached: i64,
}

/// Takes as many blocks as fit one batch; it covers everything up to `last` if they all fit.
fn fill<'e>(watching: &Watching, events: impl Iterator<Item = &'e Written>, last: i64) -> Batch {
    let mut batch = Batch { blocks: Vec::new(), bytes: 0, reached: 0 };
    for event in events.filter(|event| wants(watching, event)) {
        if batch.bytes > BATCH_BYTES {
            return batch;
        }
        batch.bytes += event.bytes;
        batch.reached = event.id;
        batch.blocks.push(event.block.clone());
    }
    batch.reached = last;
    batch
}

fn wants(watching: &Watching, event: &Written) -> bool {
    if let Some(person) = event.account {
        return watching.person.as_ref().is_some_and(|(own, _)| *own == person);
    }
    match &watching.wanted {
        Wanted::All => true,
        Wanted::Listings(ids) => event.listing.is_some_and(|id| ids.contains(&id)),
    }
}
