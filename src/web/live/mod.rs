//! The watch hub: it reads new events from the database, writes each once, and hands the bytes to the gate for everyone
//! whom it concerns. This file holds its entrance, `run` its loop, `audience` who is told what.

mod audience;
mod newest;
mod run;
mod trail;

use crate::gate::outlet::WatcherEvent;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::time::Time;
use crate::store::sessions::TokenHash;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a ticket is kept whose stream does not open.
const TICKET_LIFE: Duration = Duration::from_secs(60);
/// The most listings that one watcher may name.
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
    /// The person of the session, whose own events are sent too until they log out.
    pub person: Option<(AccountId, TokenHash)>,
    /// When the token of a program ends.
    pub ends_at: Option<Time>,
    /// The last event that the watcher has seen.
    pub cursor: i64,
}

/// The hub's entrance: lets watchers in and tells how many there are. Clones share it.
#[derive(Clone)]
pub struct Hub {
    tickets: Arc<Mutex<Tickets>>,
    next_ticket: Arc<AtomicU64>,
    told: Sender<WatcherEvent>,
    logged_out: Sender<TokenHash>,
    n_watchers: Arc<AtomicUsize>,
}

/// Watchers that were let in and whose stream is not open yet.
struct Tickets {
    by_number: HashMap<u64, (Watching, Instant)>,
    cleared: Instant,
}

/// The hub's other end, for [`Hub::run`].
pub struct Inbox {
    told: Receiver<WatcherEvent>,
    logged_out: Receiver<TokenHash>,
    woken: Receiver<()>,
}

impl Hub {
    /// Makes a hub. Returns it with its inbox, and with the function that the writer calls after a commit.
    pub fn new() -> (Hub, Inbox, impl Fn() + Clone + Send + 'static) {
        // Bounded by the gate: each connection sends at most two messages.
        let (told, told_here) = unbounded();
        let (logged_out, logged_out_here) = bounded(1_024);
        let (wake, woken) = bounded(1);
        let hub = Hub {
            tickets: Arc::new(Mutex::new(Tickets { by_number: HashMap::new(), cleared: Instant::now() })),
            next_ticket: Arc::new(AtomicU64::new(1)),
            told,
            logged_out,
            n_watchers: Arc::default(),
        };
        let inbox = Inbox { told: told_here, logged_out: logged_out_here, woken };
        (hub, inbox, move || {
            wake.try_send(()).ok();
        })
    }

    /// Returns the function that the gate calls with its messages; it never waits.
    pub fn told(&self) -> impl FnMut(WatcherEvent) + Send + 'static {
        let told = self.told.clone();
        move |what| {
            told.send(what).ok();
        }
    }

    /// Lets a watcher in. Returns a ticket, which goes to the gate with the reply.
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

    /// Ends the streams of a session that has ended.
    pub fn log_out(&self, token: TokenHash) {
        self.logged_out.try_send(token).ok();
    }

    /// The number of watchers whose stream is open.
    pub fn n_watchers(&self) -> usize {
        self.n_watchers.load(Ordering::Relaxed)
    }

    /// Takes out the watcher that was let in with a ticket; none for a ticket that is used or too old.
    fn take(&self, ticket: u64) -> Option<Watching> {
        self.tickets
            .lock()
            .expect("nobody panics here")
            .by_number
            .remove(&ticket)
            .map(|(watching, _)| watching)
    }
}

/// The event with the server's time, which also keeps the stream alive. It has no id, because it is no event of the
/// house.
fn time(now: Time) -> String {
    format!("event: time\ndata: {}\n\n", json!({"unix_ms": now.0}))
}
