//! The front thread: it alone holds the public socket, the clients' requests and the connections to tiny_http,
//! and never waits for any one of them. What it does about each is in `accept`, `intake` and `exchange`.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Poll, Token};

use super::backend::Backend;
use super::budget::Budget;
use super::census::{Census, Seat};
use super::client::{Client, Phase, falls_behind};
use super::config::Config;
use super::door::Door;
use super::line::Line;
use super::network::any_contains;
use super::outlet::{Mailbox, Order};
use super::private::Address;
use super::refusal::Refusal;
use super::slots::{SlotId, Slots};
use super::stopping::Stopping;

pub(super) const WAKE: Token = Token(0);
pub(super) const LISTENER: Token = Token(1);
pub(super) const FIRST_BACKEND: usize = 2;
const MAX_EVENTS: usize = 1024;
const SCRATCH_BYTES: usize = 64 * 1024;
/// What passes between two looks at the clock at most, while the process runs.
const LONGEST_TURN: Duration = Duration::from_secs(1);
/// How often everybody's times are looked at.
const SWEEP: Duration = Duration::from_millis(250);

/// Connections to tiny_http that nobody serves, one after the other while no request is taken, before it counts as dead.
const MAX_FAILED_PROBES: u32 = 3;
/// How long the beginning of an answer is kept back for the rest of it.
const HOLD: Duration = Duration::from_millis(1);
/// The same for a gate that stops, after the last word to a client.
const LAST_LINGER: Duration = Duration::from_millis(100);
/// The first request of a new client may be on its way for so long when the gate stops.
const FIRST_WORD: Duration = Duration::from_millis(500);

pub(super) struct Front {
    pub poll: Poll,
    pub config: Config,
    pub door: Door,
    pub mailbox: Arc<Mailbox>,
    pub census: Arc<Census>,
    pub stopping: Arc<Stopping>,
    /// Grows with each turn, for the self-check.
    pub turns: Arc<AtomicU64>,
    /// None once the gate stops.
    pub listener: Option<TcpListener>,
    /// Given up to accept, and turn away, when there are no descriptors left.
    pub reserve: Option<std::net::TcpListener>,
    pub acceptable: bool,
    pub accept_after: Instant,
    pub clients: Slots<Client>,
    /// Who may be shed, longest idle last; made anew when it is needed.
    pub sheddable: Vec<SlotId>,
    pub sheddable_at: Option<Instant>,
    /// Idle connections of an address that has all it may have, longest idle last; made anew when it is needed.
    pub neighbours: (Option<IpAddr>, Vec<(Instant, SlotId)>),
    pub neighbours_at: Option<Instant>,
    /// Whose bodies stall, those that hold the most last; made anew when it is needed.
    pub stalled: Vec<SlotId>,
    pub stalled_at: Option<Instant>,
    pub address: Address,
    pub backends: Vec<Backend>,
    /// How many of them are open, or are opened again when they close; the others come when they are needed.
    pub n_open: usize,
    pub free: Vec<usize>,
    /// New connections to tiny_http in a row that nobody served while no request was taken.
    pub failed_probes: u32,
    /// How many requests had been taken when the latest of them was opened.
    pub taken_before: u64,
    pub line: Line,
    pub budget: Budget,
    /// Bytes of answers that clients are behind with, all together.
    pub behind: usize,
    /// Clients whose answer is held back for a moment, to go out in fewer pieces.
    pub held: Vec<SlotId>,
    pub held_since: Instant,
    /// Clients that had more to read than one turn allows.
    pub again: Vec<SlotId>,
    pub backends_again: Vec<usize>,
    pub scratch: Vec<u8>,
    /// An order in the making; its room is used again and again.
    pub draft: Vec<u8>,
    pub out: Vec<u8>,
    pub word: String,
    /// The gate's own time, by which everybody's times are measured. It stands still while the process does.
    pub now: Instant,
    /// How far the gate's time is behind the system's.
    pub stood_still: Duration,
}

pub(super) struct Parts {
    pub poll: Poll,
    pub config: Config,
    pub door: Door,
    pub mailbox: Arc<Mailbox>,
    pub census: Arc<Census>,
    pub stopping: Arc<Stopping>,
    pub turns: Arc<AtomicU64>,
    pub listener: TcpListener,
    pub reserve: Option<std::net::TcpListener>,
    pub address: Address,
    pub backends: Vec<Backend>,
}

impl Front {
    pub fn new(parts: Parts) -> Front {
        let now = Instant::now();
        Front {
            budget: Budget::new(parts.config.limits.bodies_bytes),
            // Each connection becomes free with the answer to its probe.
            free: Vec::new(),
            poll: parts.poll,
            config: parts.config,
            door: parts.door,
            mailbox: parts.mailbox,
            census: parts.census,
            stopping: parts.stopping,
            turns: parts.turns,
            listener: Some(parts.listener),
            reserve: parts.reserve,
            acceptable: true,
            accept_after: now,
            clients: Slots::new(),
            sheddable: Vec::new(),
            sheddable_at: None,
            neighbours: (None, Vec::new()),
            neighbours_at: None,
            stalled: Vec::new(),
            stalled_at: None,
            address: parts.address,
            line: Line::new(parts.backends.len()),
            n_open: parts.backends.iter().filter(|backend| backend.link.is_some()).count(),
            backends: parts.backends,
            failed_probes: 0,
            taken_before: 0,
            behind: 0,
            held: Vec::new(),
            held_since: now,
            again: Vec::new(),
            backends_again: Vec::new(),
            scratch: vec![0; SCRATCH_BYTES],
            draft: Vec::new(),
            out: Vec::new(),
            word: String::new(),
            now,
            stood_still: Duration::ZERO,
        }
    }

    /// Turns until the gate is stopped and the requests under way are done.
    pub fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut sweep_at = self.now + SWEEP;
        loop {
            match self.poll.poll(&mut events, Some(self.patience(sweep_at))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error).context("wait for the clients");
                }
                _ => {}
            }
            self.look_at_clock(Instant::now());
            self.turns.fetch_add(1, Ordering::Relaxed);
            for event in &events {
                self.hear(event);
            }
            self.go_on();
            if self.now >= sweep_at {
                ensure!(self.failed_probes < MAX_FAILED_PROBES, "tiny_http serves no new connections");
                self.sweep();
                sweep_at = self.now + SWEEP;
            }
            if let Some(stop_by) = self.stopping.asked() {
                self.close_down();
                if self.clients.len() == 0 || Instant::now() >= stop_by {
                    return Ok(());
                }
            }
        }
    }

    /// A turn takes a fraction of [`LONGEST_TURN`]. After a longer one the process was stopped, or the machine asleep: no client
    /// could have been heard meanwhile, and none loses its time for it.
    fn look_at_clock(&mut self, system: Instant) {
        let passed = system.saturating_duration_since(self.now + self.stood_still);
        if passed > LONGEST_TURN {
            self.stood_still += passed - LONGEST_TURN;
        }
        self.now = system - self.stood_still;
    }

    fn patience(&self, sweep_at: Instant) -> Duration {
        let busy = !self.again.is_empty() || !self.backends_again.is_empty();
        if busy || (self.acceptable && self.listener.is_some() && self.accept_after <= self.now) {
            return Duration::ZERO;
        }
        if !self.held.is_empty() {
            return HOLD;
        }
        let next = if self.acceptable { sweep_at.min(self.accept_after) } else { sweep_at };
        next.saturating_duration_since(Instant::now() - self.stood_still)
    }

    fn hear(&mut self, event: &Event) {
        match event.token() {
            WAKE => {}
            LISTENER => self.acceptable = true,
            Token(token) if token - FIRST_BACKEND < self.backends.len() => {
                self.hear_backend(token - FIRST_BACKEND, event);
            }
            Token(token) => {
                if let Some(id) = self.clients.id_at(token - FIRST_BACKEND - self.backends.len()) {
                    self.hear_client(id, event);
                }
            }
        }
    }

    fn hear_client(&mut self, id: SlotId, event: &Event) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.readable |= event.is_readable();
        client.half_closed |= event.is_read_closed();
        if event.is_error() || event.is_write_closed() {
            return self.remove(id);
        }
        if event.is_writable() && !client.outbox.is_empty() {
            self.flush(id);
        }
        if event.is_readable() {
            self.read_from(id);
        }
    }

    /// What was left over from this turn or the one before.
    fn go_on(&mut self) {
        for id in std::mem::take(&mut self.again) {
            self.read_from(id);
        }
        for backend in std::mem::take(&mut self.backends_again) {
            self.pump(backend);
        }
        if !self.held.is_empty() && self.held_since + HOLD <= self.now {
            for id in std::mem::take(&mut self.held) {
                self.flush(id);
            }
        }
        if self.acceptable && self.accept_after <= self.now {
            self.accept();
        }
    }

    /// Looks at everybody's times.
    fn sweep(&mut self) {
        for place in 0..self.clients.places() {
            if let Some(id) = self.clients.id_at(place) {
                self.sweep_client(id);
            }
        }
        for backend in 0..self.backends.len() {
            self.sweep_backend(backend);
        }
        self.shed_slow_readers();
    }

    fn sweep_client(&mut self, id: SlotId) {
        let (now, timings) = (self.now, self.config.timings);
        let (grace, floor) = (timings.grace, timings.floor_bytes_per_s);
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.outbox.is_too_slow(grace, floor, now) {
            return self.remove(id);
        }
        let due = client.deadline <= now;
        match &client.phase {
            Phase::Head if due && client.inbox.is_empty() => self.remove(id),
            Phase::Head if due => self.refuse(id, Refusal::TooSlow),
            Phase::Body(upload) if falls_behind(upload.began_at, upload.taken, grace, floor, now) => {
                self.refuse(id, Refusal::TooSlow);
            }
            Phase::Waiting(_) if due => self.refuse(id, Refusal::Busy(2)),
            Phase::Lingering { .. } if due => self.remove(id),
            _ => {}
        }
    }

    /// The gate stops: nobody new, no further requests; those under way end with their answer, and so do those that have come
    /// but were not heard yet, and the first one of a client that was let in just now.
    fn close_down(&mut self) {
        self.listener = None;
        let let_in_before = self.now + self.config.timings.head - FIRST_WORD;
        for id in self.clients.ids() {
            let is_idle = |client: &mut Client| client.is_idle();
            if !self.clients.get_mut(id).is_some_and(is_idle) {
                continue;
            }
            self.clients.get_mut(id).expect("it is idle").readable = true;
            self.read_from(id);
            let is_new = |client: &Client| !client.was_served && client.deadline > let_in_before;
            if self.clients.get_mut(id).is_some_and(|client| client.is_idle() && !is_new(client)) {
                self.remove(id);
            }
        }
    }

    /// Answers for the gate itself, and ends the connection.
    pub fn refuse(&mut self, id: SlotId, refusal: Refusal) {
        let (now, (quiet_by, by)) = (self.now, self.linger_by());
        self.withdraw(id);
        let Some(client) = self.clients.get_mut(id) else { return };
        let head_only = match &client.phase {
            Phase::Body(upload) => upload.asked.head_only,
            Phase::Waiting(waiting) => waiting.asked.head_only,
            _ => client.inbox.starts_with(b"HEAD "),
        };
        self.out.clear();
        refusal.write(&mut self.out, head_only);
        self.config.refusals.count(refusal);
        client.inbox = Vec::new();
        if client.deliver(&self.out, now).is_err() {
            return self.remove(id);
        }
        client.seat.iter_mut().for_each(Seat::fall_silent);
        if client.outbox.is_empty() {
            client.linger(quiet_by, by);
            return self.read_from(id);
        }
        client.phase = Phase::Answered { keep_alive: false };
    }

    pub fn remove(&mut self, id: SlotId) {
        self.withdraw(id);
        let Some(client) = self.clients.remove(id) else { return };
        self.behind -= client.accounted;
        if let Phase::Asked(backend) = client.phase {
            self.orphan(backend);
        }
    }

    /// Until when a client may read its last answer: if it sends nothing, and at the latest.
    pub fn linger_by(&self) -> (Instant, Instant) {
        let timings = &self.config.timings;
        match self.listener {
            Some(_) => (self.now + timings.linger, self.now + timings.linger_at_most),
            None => (self.now + LAST_LINGER, self.now + LAST_LINGER),
        }
    }

    pub fn lost(&self, ticket: u64) {
        self.mailbox.post(Order::Lost { ticket });
    }

    pub fn client_token(&self, id: SlotId) -> Token {
        Token(FIRST_BACKEND + self.backends.len() + id.place())
    }

    /// The address a connection counts for: none for a proxy that the house trusts.
    pub fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        (!any_contains(&self.config.trusted_proxies, peer)).then_some(peer)
    }
}
