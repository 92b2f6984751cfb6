//! The watch hub: it reads new events from the database, writes each once, and hands the bytes to the gate for everyone
//! whom it concerns. This file holds its entrance, `run` its loop, `audience` who is told what.

mod audience;
mod newest;
mod run;
mod trail;

use crate::gate::outlet::Told;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::time::Time;
use crate::store::sessions::TokenHash;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    told: Sender<Told>,
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

/// The server's time: also the heartbeat. It has no id, for it is no event of the house.
fn time(now: Time) -> String {
    format!("event: time\ndata: {}\n\n", json!({"unix_ms": now.0}))
}
