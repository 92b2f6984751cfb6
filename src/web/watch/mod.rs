//! The watch hub: it reads new events from the database, writes each once, and hands the bytes to the gate for everyone
//! whom it concerns. Here is who comes, and when the hub turns; who is told what is the room's.

mod newest;
mod room;
mod trail;

use super::app::App;
use crate::gate::outlet::{Outlet, WatcherEvent};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::time::Time;
use crate::store::Conn;
use crate::store::sessions::TokenHash;
use anyhow::Result;
use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use room::Room;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The server's time is told this often; the contract says every 5 s at most apart.
const TIME_EVERY: Duration = Duration::from_secs(4);
/// Events are read at most this often: under load the commits of so long are told together.
const READ_EVERY: Duration = Duration::from_millis(2);
/// Settings are read again at most this often, when something was committed.
const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// A session that ended otherwise than by log-out (a new password, its age) is noticed after so long.
const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// Words of the gate that are heard in one turn.
const HEARD_AT_ONCE: usize = 256;
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
    /// The last event that they have seen.
    pub cursor: i64,
}

/// The hub's entrance; clones share it.
#[derive(Clone)]
pub struct Hub {
    tickets: Arc<Mutex<Tickets>>,
    next_ticket: Arc<AtomicU64>,
    told: Sender<WatcherEvent>,
    leavers: Sender<TokenHash>,
    n_watchers: Arc<AtomicUsize>,
}

/// Those who were let in and whose stream is not open yet.
struct Tickets {
    by_number: HashMap<u64, (Watching, Instant)>,
    cleared: Instant,
}

/// The hub's other end, for [`Hub::run`].
pub struct Inbox {
    told: Receiver<WatcherEvent>,
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
            tickets: Arc::new(Mutex::new(Tickets { by_number: HashMap::new(), cleared: Instant::now() })),
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
    pub fn told(&self) -> impl FnMut(WatcherEvent) + Send + 'static {
        let told = self.told.clone();
        move |what| {
            told.send(what).ok();
        }
    }

    /// Lets a watcher in; the ticket goes to the gate with the answer.
    pub fn admit(&self, watching: Watching) -> u64 {
        let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
        let mut tickets = self.tickets.lock().expect("nobody panics here");
        if tickets.cleared.elapsed() > TICKET_LIFE {
            tickets.cleared = Instant::now();
            tickets.by_number.retain(|_, (_, made)| made.elapsed() < TICKET_LIFE);
        }
        tickets.by_number.insert(ticket, (watching, Instant::now()));
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
        self.tickets
            .lock()
            .expect("nobody panics here")
            .by_number
            .remove(&ticket)
            .map(|(watching, _)| watching)
    }

    /// Tells the watchers, for as long as the server runs.
    pub fn run(&self, app: &App, outlet: &Outlet, inbox: &Inbox) -> Result<()> {
        let conn = app.house.conn()?;
        let mut seen = conn.data_version()?;
        let mut room = Room::open(outlet, app.base_path.get());
        let (mut time_at, mut refreshed, mut rechecked) = (Instant::now(), Instant::now(), Instant::now());
        let (mut stale, mut read_at) = (false, Instant::now());
        loop {
            select! {
                recv(inbox.woken) -> woken => if woken.is_err() { return Ok(()) },
                recv(inbox.told) -> told => {
                    let more = inbox.told.try_iter().take(HEARD_AT_ONCE);
                    for told in told.into_iter().chain(more) {
                        self.hear(&mut room, told, &conn, app.house.now())?;
                    }
                }
                recv(inbox.leavers) -> token => if let Ok(token) = token { room.end_session(&token) },
                default(room.nap()) => {}
            }
            std::thread::sleep(READ_EVERY.saturating_sub(read_at.elapsed()));
            // Before anything new is sent, while the outlet has had time for what was sent last.
            room.catch_up(&conn)?;
            let version = conn.data_version()?;
            if version != seen {
                read_at = Instant::now();
                (seen, stale) = (version, true);
                if !room.is_empty() {
                    room.read_on(&conn)?;
                }
            }
            if stale && refreshed.elapsed() >= REFRESH_EVERY {
                (refreshed, stale) = (Instant::now(), false);
                app.refresh()?;
                room.lie_under(app.base_path.get());
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

    fn hear(&self, room: &mut Room<'_>, told: WatcherEvent, conn: &Conn, now: Time) -> Result<()> {
        match told {
            WatcherEvent::Opened { ticket, watcher } => match self.take(ticket) {
                Some(watching) => {
                    if room.is_empty() {
                        room.begin(conn)?;
                    }
                    room.let_in(watcher, watching, now);
                }
                None => room.show_out(watcher),
            },
            WatcherEvent::Taken { watcher } => room.has_taken(watcher),
            WatcherEvent::Lagging { watcher, after } => room.let_lag(watcher, after),
            WatcherEvent::Closed { watcher } => room.forget(watcher),
            WatcherEvent::Lost { ticket } => drop(self.take(ticket)),
        }
        self.n_watchers.store(room.watchers.len(), Ordering::Relaxed);
        Ok(())
    }
}

/// The server's time: also the heartbeat. It has no id, for it is no event of the house.
fn time(now: Time) -> String {
    format!("event: time\ndata: {}\n\n", json!({"unix_ms": now.0}))
}
