//! All who watch, and where the hub is in the stream of events. No gap, none twice, in order: whoever asks for what came
//! after a cursor is sent that first, in rows, and hears live events from exactly the one where the hub is.

use crate::gate::outlet::{Block, Outlet, WatcherId};
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use crate::store::Conn;
use crate::store::events::Event;
use crate::store::paging::pages;
use crate::store::sessions::TokenHash;
use crate::web::live::newest::{MAX_EVENTS, Newest, Written};
use crate::web::live::trail::{Next, Trail};
use crate::web::live::{RETRY_MS, Wanted, Watching, time};
use anyhow::Result;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Commits of other processes are looked for this often.
const POLL: Duration = Duration::from_millis(50);
/// While many come back, the outlet is asked this often whether it has written what it had.
const SHORT_NAP: Duration = Duration::from_millis(1);
/// Events read at a time.
const PAGE: i64 = 1_000;
/// Events read at a time for one who has been away for long.
const OLD_PAGE: usize = 500;
/// Watchers that are brought on in one turn, and what they are sent in all: the live ones wait for no more than that.
const CAUGHT_UP_AT_ONCE: usize = 32;
const BYTES_AT_ONCE: usize = 1_024 * 1_024;
/// What one of them is sent in one turn: less than the gate lets a watcher be behind with.
const ROW_BYTES: usize = 128 * 1_024;

pub(in crate::web) struct Audience<'o> {
    outlet: &'o Outlet,
    /// Where the house lies at its host.
    base: Arc<str>,
    pub watchers: HashMap<WatcherId, Watching>,
    by_person: HashMap<AccountId, HashSet<WatcherId>>,
    /// Those who do not hear live events yet, each with the last event they were sent.
    behind: HashMap<WatcherId, i64>,
    /// Those of them who can be sent their next row; the others have still to take one.
    line: VecDeque<WatcherId>,
    newest: Newest,
    /// By whom they concern, the events from before the newest; none before it is asked for.
    trail: Option<Trail>,
    last: i64,
}

impl Audience<'_> {
    pub fn open(outlet: &Outlet, base: Arc<str>) -> Audience<'_> {
        Audience {
            outlet,
            base,
            watchers: HashMap::new(),
            by_person: HashMap::new(),
            behind: HashMap::new(),
            line: VecDeque::new(),
            newest: Newest::after(0),
            trail: None,
            last: 0,
        }
    }

    /// What is written from now on has its pictures under `base`.
    pub fn lie_under(&mut self, base: Arc<str>) {
        if base != self.base {
            (self.base, self.newest) = (base, Newest::after(self.last));
        }
    }

    /// Nobody watches, and then no events are read.
    pub fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// For the first who comes: goes on from where the hub was, or with the newest events, already written, if it is too
    /// far behind.
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
        match (self.line.is_empty(), self.outlet.is_free()) {
            (true, _) => POLL,
            (false, true) => Duration::ZERO,
            (false, false) => SHORT_NAP,
        }
    }

    pub fn let_in(&mut self, watcher: WatcherId, watching: Watching, now: Time) {
        let hello = format!("retry: {RETRY_MS}\n\n{}", time(now));
        self.outlet.send_block([watcher], Arc::new(Block::marked(hello.as_bytes(), watching.cursor)));
        if watching.cursor != self.last {
            self.behind.insert(watcher, watching.cursor);
            self.line.push_back(watcher);
        }
        if let Some((person, _)) = watching.person {
            self.by_person.entry(person).or_default().insert(watcher);
        }
        self.watchers.insert(watcher, watching);
    }

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

    pub fn show_out(&self, watcher: WatcherId) {
        self.outlet.end(watcher, b"");
    }

    pub fn end_session(&mut self, token: &TokenHash) {
        let theirs = |watching: &Watching| watching.person.as_ref().is_some_and(|(_, known)| known == token);
        for (watcher, _) in self.watchers.iter().filter(|(_, watching)| theirs(watching)) {
            self.outlet.end(*watcher, b"");
        }
    }

    pub fn end_lost_sessions(&self, conn: &Conn, now: Time) -> Result<()> {
        conn.read(|snapshot| {
            for (watcher, watching) in &self.watchers {
                if let Some((_, token)) = &watching.person
                    && snapshot.session(token, now)?.is_none()
                {
                    self.outlet.end(*watcher, b"");
                }
            }
            Ok(())
        })
    }

    /// Tells the live watchers what is new.
    pub fn read_on(&mut self, conn: &Conn) -> Result<()> {
        let read = |after| conn.read(|snapshot| snapshot.events_after(after, PAGE));
        for event in pages(self.last, PAGE, |event: &Event| event.id, read) {
            let event = Written::of(&event?, &self.base);
            self.tell(&event);
            self.last = event.id;
            self.newest.push(event);
        }
        Ok(())
    }

    fn tell(&self, event: &Written) {
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

    /// The watcher has taken its row, and can be sent the next.
    pub fn has_taken(&mut self, watcher: WatcherId) {
        if self.behind.contains_key(&watcher) {
            self.line.push_back(watcher);
        }
    }

    /// The watcher fell too far behind, and is brought on from the last event that it was given, as one that comes back.
    pub fn let_lag(&mut self, watcher: WatcherId, after: Option<i64>) {
        let Some(watching) = self.watchers.get(&watcher) else { return };
        self.behind.insert(watcher, after.unwrap_or(watching.cursor));
        self.line.retain(|waiting| *waiting != watcher);
        self.outlet.resume(watcher);
    }

    /// Sends the first in line their next row, once the outlet has nothing else to do; who reaches the hub's place hears
    /// live from there on.
    pub fn catch_up(&mut self, conn: &Conn) -> Result<()> {
        if self.line.is_empty() || !self.outlet.is_free() {
            return Ok(());
        }
        let (first, newest) = conn
            .read(|snapshot| anyhow::Ok((snapshot.first_event()?.unwrap_or(1), snapshot.last_event()?.id)))?;
        let mut bytes = 0;
        for _ in 0..CAUGHT_UP_AT_ONCE {
            if bytes > BYTES_AT_ONCE {
                break;
            }
            let Some(watcher) = self.line.pop_front() else { break };
            let Some(cursor) = self.behind.get(&watcher).copied() else { continue };
            if cursor > newest || cursor + 1 < first {
                let reset = format!("id: {}\nevent: reset\ndata: {{}}\n\n", self.last);
                self.outlet.send_block([watcher], Arc::new(Block::marked(reset.as_bytes(), self.last)));
                self.behind.remove(&watcher);
                continue;
            }
            if cursor > self.last {
                // It has seen what the hub has yet to read, and must not be told that again.
                self.line.push_back(watcher);
                continue;
            }
            let Some(row) = self.row(conn, watcher, cursor, first)? else {
                // The trail is on its way there; others have their turn meanwhile.
                self.line.push_back(watcher);
                break;
            };
            bytes += row.bytes;
            self.send_row(watcher, row);
        }
        Ok(())
    }

    /// The next row of a watcher; none while the trail does not lead far enough. It never leads past the hub, which would
    /// tell the same again.
    fn row(&mut self, conn: &Conn, watcher: WatcherId, cursor: i64, first: i64) -> Result<Option<Row>> {
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
                let events = conn.read(|snapshot| snapshot.events(&ids))?;
                let events: Vec<Written> =
                    events.iter().map(|event| Written::of(event, &self.base)).collect();
                return Ok(Some(fill(watching, events.iter(), reached)));
            }
        }
        let events = conn.read(|snapshot| snapshot.events_after(cursor, i64::try_from(OLD_PAGE)?))?;
        let last = events.last().map_or(self.last, |event| event.id).min(self.last);
        let events: Vec<Written> = events
            .iter()
            .take_while(|event| event.id <= self.last)
            .map(|event| Written::of(event, &self.base))
            .collect();
        Ok(Some(fill(watching, events.iter(), last)))
    }

    fn send_row(&mut self, watcher: WatcherId, row: Row) {
        let is_level = row.reached == self.last;
        if is_level {
            self.behind.remove(&watcher);
        } else {
            self.behind.insert(watcher, row.reached);
        }
        if !row.blocks.is_empty() {
            self.outlet.send_row(watcher, row.blocks, !is_level);
        } else if !is_level {
            self.line.push_back(watcher);
        }
    }

    /// Those who hear live events have been told all up to where the hub is; a mark says so, for one that lags later.
    pub fn tell_time(&self, now: Time) {
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

/// What one watcher is sent in one turn.
struct Row {
    blocks: Vec<Arc<Block>>,
    bytes: usize,
    /// The last event that it leads to.
    reached: i64,
}

/// As many blocks as go into one row; it leads to `last` if they are all.
fn fill<'e>(watching: &Watching, events: impl Iterator<Item = &'e Written>, last: i64) -> Row {
    let mut row = Row { blocks: Vec::new(), bytes: 0, reached: 0 };
    for event in events.filter(|event| wants(watching, event)) {
        if row.bytes > ROW_BYTES {
            return row;
        }
        row.bytes += event.bytes;
        row.reached = event.id;
        row.blocks.push(event.block.clone());
    }
    row.reached = last;
    row
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
