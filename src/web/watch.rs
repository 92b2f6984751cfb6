//! The watch hub: it reads new events from the database, writes each once, and hands the bytes to the gate for everyone
//! whom it concerns. No gap, none twice, in order: a watcher that asks for what came after a cursor catches up from the
//! database first, and joins the live ones at exactly the event where the hub is.

use super::app::App;
use crate::gate::outlet::{Outlet, Told, WatcherId};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::time::Time;
use crate::store::Conn;
use crate::store::events::Event;
use crate::store::sessions::TokenHash;
use anyhow::Result;
use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use serde_json::json;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Commits of other processes are looked for this often.
const POLL_MS: u64 = 50;
/// The server's time is told this often; the contract says every 5 s at most apart.
const TIME_EVERY: Duration = Duration::from_secs(4);
/// Settings are read again at most this often, when something was committed.
const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// A session that ended otherwise than by log-out (a new password, its age) is noticed after so long.
const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// Events read at a time.
const PAGE: i64 = 1_000;
/// Watchers that are brought on in one turn: the live ones wait for no more than these.
const CAUGHT_UP_AT_ONCE: usize = 8;
/// A watcher whose stream does not open is forgotten after so long.
const TICKET_LIFE: Duration = Duration::from_secs(60);
/// Listings that one watcher may name.
pub const MAX_LISTINGS: usize = 1_000;
/// How long a browser waits before it comes back, in milliseconds.
const RETRY_MS: u64 = 2_000;

/// Which events a watcher wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    Listings(BTreeSet<ListingId>),
}

/// A watcher that has been let in.
#[derive(Clone, Debug)]
pub struct Watching {
    pub wanted: Wanted,
    /// With a session, what is theirs comes too, until they log out.
    pub person: Option<(AccountId, TokenHash)>,
    /// The last event that they have seen; none: from now on.
    pub cursor: Option<i64>,
}

/// The hub's entrance; clones share it.
#[derive(Clone)]
pub struct Hub {
    tickets: Arc<Mutex<HashMap<u64, (Watching, Instant)>>>,
    next_ticket: Arc<AtomicU64>,
    told: Sender<Told>,
    leavers: Sender<TokenHash>,
    n_watchers: Arc<AtomicUsize>,
}

/// The hub's other end, for [`Hub::run`].
pub struct Inbox {
    told: Receiver<Told>,
    leavers: Receiver<TokenHash>,
    woken: Receiver<()>,
}

impl Hub {
    /// Also gives what the writer calls after a commit.
    pub fn new() -> (Hub, Inbox, impl Fn() + Send + 'static) {
        // Bounded by the gate: each connection tells at most twice.
        let (told, told_here) = unbounded();
        let (leavers, leavers_here) = bounded(1_024);
        let (wake, woken) = bounded(1);
        let hub = Hub {
            tickets: Arc::default(),
            next_ticket: Arc::new(AtomicU64::new(1)),
            told,
            leavers,
            n_watchers: Arc::default(),
        };
        let inbox = Inbox { told: told_here, leavers: leavers_here, woken };
        (hub, inbox, move || {
            wake.try_send(()).ok();
        })
    }

    /// What the gate calls; it never waits.
    pub fn told(&self) -> impl FnMut(Told) + Send + 'static {
        let told = self.told.clone();
        move |what| {
            told.send(what).ok();
        }
    }

    /// Lets a watcher in; the ticket goes to the gate with the answer.
    pub fn admit(&self, watching: Watching) -> u64 {
        let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
        let mut tickets = self.tickets.lock().expect("nobody panics here");
        if tickets.len() > 1_000 {
            tickets.retain(|_, (_, made)| made.elapsed() < TICKET_LIFE);
        }
        tickets.insert(ticket, (watching, Instant::now()));
        ticket
    }

    /// Ends the streams of a session that was ended.
    pub fn log_out(&self, token: TokenHash) {
        self.leavers.try_send(token).ok();
    }

    pub fn n_watchers(&self) -> usize {
        self.n_watchers.load(Ordering::Relaxed)
    }

    fn take(&self, ticket: u64) -> Option<Watching> {
        self.tickets.lock().expect("nobody panics here").remove(&ticket).map(|(watching, _)| watching)
    }

    /// Tells the watchers, for as long as the server runs.
    pub fn run(&self, app: &App, outlet: &Outlet, inbox: &Inbox) -> Result<()> {
        let conn = app.house.conn()?;
        let mut seen = conn.data_version()?;
        let last = conn.read(|snapshot| snapshot.last_event())?.id;
        let mut room =
            Room { outlet, watchers: HashMap::new(), by_person: HashMap::new(), behind: Vec::new(), last };
        let (mut time_at, mut refreshed, mut rechecked) = (Instant::now(), Instant::now(), Instant::now());
        let mut stale = false;
        loop {
            select! {
                recv(inbox.woken) -> woken => if woken.is_err() { return Ok(()) },
                recv(inbox.told) -> told => if let Ok(told) = told { self.hear(&mut room, told, app.house.now()) },
                recv(inbox.leavers) -> token => if let Ok(token) = token { room.end_session(&token) },
                default(room.nap()) => {}
            }
            let version = conn.data_version()?;
            if version != seen {
                (seen, stale) = (version, true);
                room.read_on(&conn)?;
            }
            room.catch_up(&conn)?;
            if stale && refreshed.elapsed() >= REFRESH_EVERY {
                (refreshed, stale) = (Instant::now(), false);
                app.refresh()?;
            }
            if time_at <= Instant::now() {
                time_at = Instant::now() + TIME_EVERY;
                room.tell_time(app.house.now());
                app.look_at_scheduler();
            }
            if rechecked.elapsed() >= RECHECK_EVERY {
                rechecked = Instant::now();
                room.end_lost_sessions(&conn, app.house.now())?;
            }
        }
    }

    fn hear(&self, room: &mut Room<'_>, told: Told, now: Time) {
        match told {
            Told::Opened { ticket, watcher } => match self.take(ticket) {
                Some(watching) => room.open(watcher, watching, now),
                None => room.outlet.end(watcher, b""),
            },
            Told::Closed { watcher } => room.forget(watcher),
            Told::Lost { ticket } => drop(self.take(ticket)),
        }
        self.n_watchers.store(room.watchers.len(), Ordering::Relaxed);
    }
}

/// All who watch, and where the hub is in the stream of events.
struct Room<'o> {
    outlet: &'o Outlet,
    watchers: HashMap<WatcherId, Watching>,
    by_person: HashMap<AccountId, HashSet<WatcherId>>,
    /// Those who do not hear live events yet, each with the last event they were sent.
    behind: Vec<(WatcherId, i64)>,
    last: i64,
}

impl Room<'_> {
    /// How long the hub may wait for something to happen.
    fn nap(&self) -> Duration {
        if self.behind.is_empty() { Duration::from_millis(POLL_MS) } else { Duration::ZERO }
    }

    fn open(&mut self, watcher: WatcherId, watching: Watching, now: Time) {
        self.outlet.send([watcher], format!("retry: {RETRY_MS}\n\n{}", time(now)).as_bytes());
        if let Some(cursor) = watching.cursor.filter(|cursor| *cursor != self.last) {
            self.behind.push((watcher, cursor));
        }
        if let Some((person, _)) = watching.person {
            self.by_person.entry(person).or_default().insert(watcher);
        }
        self.watchers.insert(watcher, watching);
    }

    fn forget(&mut self, watcher: WatcherId) {
        self.behind.retain(|(other, _)| *other != watcher);
        if let Some(Watching { person: Some((person, _)), .. }) = self.watchers.remove(&watcher)
            && let Some(theirs) = self.by_person.get_mut(&person)
        {
            theirs.remove(&watcher);
            if theirs.is_empty() {
                self.by_person.remove(&person);
            }
        }
    }

    fn end_session(&mut self, token: &TokenHash) {
        let theirs = |watching: &Watching| watching.person.as_ref().is_some_and(|(_, known)| known == token);
        for (watcher, _) in self.watchers.iter().filter(|(_, watching)| theirs(watching)) {
            self.outlet.end(*watcher, b"");
        }
    }

    fn end_lost_sessions(&self, conn: &Conn, now: Time) -> Result<()> {
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
    fn read_on(&mut self, conn: &Conn) -> Result<()> {
        loop {
            let events = conn.read(|snapshot| snapshot.events_after(self.last, PAGE))?;
            for event in &events {
                self.tell(event);
                self.last = event.id;
            }
            if events.len() < usize::try_from(PAGE)? {
                return Ok(());
            }
        }
    }

    fn tell(&self, event: &Event) {
        let late: HashSet<WatcherId> = self.behind.iter().map(|(watcher, _)| *watcher).collect();
        let to: Vec<WatcherId> = match event.account {
            Some(person) => {
                let theirs = self.by_person.get(&person).into_iter().flatten();
                theirs.filter(|watcher| !late.contains(watcher)).copied().collect()
            }
            None => {
                let wanting = self.watchers.iter().filter(|(_, watching)| wants(watching, event));
                wanting.map(|(watcher, _)| *watcher).filter(|watcher| !late.contains(watcher)).collect()
            }
        };
        if !to.is_empty() {
            self.outlet.send(to, &block(event));
        }
    }

    /// Sends the first that are behind their next page; who reaches the hub's place hears live from there on.
    fn catch_up(&mut self, conn: &Conn) -> Result<()> {
        if self.behind.is_empty() {
            return Ok(());
        }
        let mut still = self.behind.split_off(self.behind.len().min(CAUGHT_UP_AT_ONCE));
        for (watcher, cursor) in std::mem::take(&mut self.behind) {
            let Some(watching) = self.watchers.get(&watcher) else { continue };
            if let Some(cursor) = self.send_page(conn, watcher, watching, cursor)? {
                still.push((watcher, cursor));
            }
        }
        self.behind = still;
        Ok(())
    }

    /// The cursor that it reached, or none when it is level with the hub.
    fn send_page(
        &self,
        conn: &Conn,
        watcher: WatcherId,
        watching: &Watching,
        cursor: i64,
    ) -> Result<Option<i64>> {
        let (first, newest, events) = conn.read(|snapshot| {
            let newest = snapshot.last_event()?.id;
            Ok((snapshot.first_event()?.unwrap_or(1), newest, snapshot.events_after(cursor, PAGE)?))
        })?;
        if cursor > newest || cursor + 1 < first {
            let reset = format!("id: {}\nevent: reset\ndata: {{}}\n\n", self.last);
            self.outlet.send([watcher], reset.as_bytes());
            return Ok(None);
        }
        let (mut bytes, mut reached) = (Vec::new(), cursor);
        for event in events.iter().take_while(|event| event.id <= self.last) {
            if wants(watching, event) {
                bytes.extend_from_slice(&block(event));
            }
            reached = event.id;
        }
        self.outlet.send([watcher], &bytes);
        // A page can be newer than the hub, which has yet to read what the page shows: the hub must not tell that again.
        Ok((reached != self.last).then_some(reached))
    }

    fn tell_time(&self, now: Time) {
        let everybody: Vec<WatcherId> = self.watchers.keys().copied().collect();
        if !everybody.is_empty() {
            self.outlet.send(everybody, time(now).as_bytes());
        }
    }
}

fn wants(watching: &Watching, event: &Event) -> bool {
    if let Some(person) = event.account {
        return watching.person.as_ref().is_some_and(|(own, _)| *own == person);
    }
    match &watching.wanted {
        Wanted::All => true,
        Wanted::Listings(ids) => event.listing.is_some_and(|id| ids.contains(&id)),
    }
}

/// The server's time: also the heartbeat. It has no id, for it is no event of the house.
fn time(now: Time) -> String {
    format!("event: time\ndata: {}\n\n", json!({"unix_ms": now.0}))
}

fn block(event: &Event) -> Vec<u8> {
    format!("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, event.data).into_bytes()
}
