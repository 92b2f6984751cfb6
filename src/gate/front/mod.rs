//! The front thread: it alone holds the public socket, the clients' requests and the connections to tiny_http, and it
//! never waits for any one of them. Each part owns what it changes; the front carries what happens from one to the
//! others, as `arrivals`, `requests`, `exchange` and `delivery` say.

mod arrivals;
mod delivery;
mod exchange;
mod requests;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::event::Event;
use mio::{Events, Poll, Token};

use super::acceptor::Acceptor;
use super::auth::GateAuth;
use super::budget::Budget;
use super::client::{Client, Phase};
use super::clients::{Clients, HOLD};
use super::clock::Clock;
use super::config::Config;
use super::connection_counts::{ConnectionCounts, Permit};
use super::network::any_contains;
use super::outlet::{Mailbox, Order};
use super::pool::BackendPool;
use super::queue::Queue;
use super::refusal::Refusal;
use super::rewrite::Rewriter;
use super::shedding::Shedding;
use super::shutdown::Shutdown;
use super::slots::SlotId;

pub(super) const WAKE: Token = Token(0);
const LISTENER: Token = Token(1);
/// The connections to tiny_http have the tokens from here on, and the clients those after them.
pub(super) const FIRST_BACKEND: usize = 2;
const MAX_EVENTS: usize = 1024;
const SCRATCH_BYTES: usize = 64 * 1024;
/// How often everybody's times are looked at.
const SWEEP: Duration = Duration::from_millis(250);
/// How long a gate that shuts down waits for a client to read its last answer.
const LAST_LINGER: Duration = Duration::from_millis(100);
/// The first request of a new client may be on its way for this long when the gate shuts down.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

pub(super) struct Front {
    poll: Poll,
    config: Config,
    clock: Clock,
    acceptor: Acceptor,
    counts: Arc<ConnectionCounts>,
    clients: Clients,
    shedding: Shedding,
    queue: Queue,
    backends: BackendPool,
    rewriter: Rewriter,
    /// Bytes of bodies that requests hold.
    budget: Budget,
    /// To the thread of the watchers.
    mailbox: Arc<Mailbox>,
    shared: Shared,
    /// Every read goes through here.
    scratch: Vec<u8>,
    /// The part of an answer that is on its way to a client.
    answer: Vec<u8>,
}

/// What other threads share with the front.
#[derive(Clone, Default)]
pub(super) struct Shared {
    pub shutdown: Arc<Shutdown>,
    /// Grows with each turn, for the self-check.
    pub n_turns: Arc<AtomicU64>,
}

impl Front {
    pub fn new(
        public: std::net::TcpListener,
        poll: Poll,
        config: Config,
        auth: GateAuth,
        mut backends: BackendPool,
        mailbox: Arc<Mailbox>,
        shared: Shared,
    ) -> io::Result<Front> {
        let clock = Clock::new();
        let acceptor = Acceptor::new(public, poll.registry(), LISTENER, clock.now())?;
        backends.register(poll.registry())?;
        Ok(Front {
            acceptor,
            counts: ConnectionCounts::new(config.per_address.clone(), config.max_watchers),
            clients: Clients::new(FIRST_BACKEND + backends.len(), clock.now()),
            shedding: Shedding::new(config.timings.head),
            queue: Queue::new(backends.len()),
            backends,
            rewriter: Rewriter::new(auth, config.headers),
            budget: Budget::new(config.limits.bodies_bytes),
            mailbox,
            shared,
            scratch: vec![0; SCRATCH_BYTES],
            answer: Vec::new(),
            clock,
            config,
            poll,
        })
    }

    /// Runs until the gate is shut down and the requests in progress are answered.
    pub fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut sweep_at = self.clock.now() + SWEEP;
        loop {
            match self.poll.poll(&mut events, Some(self.patience(sweep_at))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error).context("wait for the clients");
                }
                _ => {}
            }
            self.clock.advance(Instant::now());
            self.shared.n_turns.fetch_add(1, Ordering::Relaxed);
            for event in &events {
                self.hear(event);
            }
            self.go_on();
            if self.clock.now() >= sweep_at {
                ensure!(self.backends.is_served(), "tiny_http serves no new connections");
                self.sweep();
                sweep_at = self.clock.now() + SWEEP;
            }
            if let Some(by) = self.shared.shutdown.deadline() {
                self.close_down();
                if self.clients.len() == 0 || Instant::now() >= by {
                    return Ok(());
                }
            }
        }
    }

    /// How long the thread may sleep.
    fn patience(&self, sweep_at: Instant) -> Duration {
        let accept_at = self.acceptor.due_at();
        let is_due = accept_at.is_some_and(|at| at <= self.clock.now());
        if is_due || self.clients.has_unread() || self.backends.has_unread() {
            return Duration::ZERO;
        }
        if self.clients.holds_back() {
            return HOLD;
        }
        self.clock.until(accept_at.map_or(sweep_at, |at| at.min(sweep_at)))
    }

    fn hear(&mut self, event: &Event) {
        match event.token() {
            WAKE => {}
            LISTENER => self.acceptor.hear(),
            token => {
                if let Some(at) = self.backends.at_token(token) {
                    self.hear_backend(at, event);
                } else if let Some(id) = self.clients.at_token(token) {
                    self.hear_client(id, event);
                }
            }
        }
    }

    fn hear_client(&mut self, id: SlotId, event: &Event) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.hear(event);
        if event.is_error() || event.is_write_closed() {
            return self.remove(id);
        }
        if event.is_writable() && client.has_unsent() {
            self.flush(id);
        }
        if event.is_readable() {
            self.read_from(id);
        }
    }

    /// Does what was left over from this turn or the one before.
    fn go_on(&mut self) {
        let now = self.clock.now();
        for id in self.clients.take_unread() {
            self.read_from(id);
        }
        for at in self.backends.take_unread() {
            self.pump(at);
        }
        for id in self.clients.take_held(now) {
            self.flush(id);
        }
        if self.acceptor.due_at().is_some_and(|at| at <= now) {
            self.accept();
        }
    }

    /// Looks at everybody's times.
    fn sweep(&mut self) {
        for id in self.clients.ids() {
            self.sweep_client(id);
        }
        for at in 0..self.backends.len() {
            if let Err(at) = self.backends.sweep(at, self.poll.registry(), self.clock.now()) {
                self.give_up(at);
            }
        }
        self.shed_slow_readers();
    }

    fn sweep_client(&mut self, id: SlotId) {
        let (now, timings) = (self.clock.now(), &self.config.timings);
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.reads_too_slowly(timings, now) {
            return self.remove(id);
        }
        let is_due = client.deadline <= now;
        match &client.phase {
            Phase::Head if is_due && client.inbox.is_empty() => self.remove(id),
            Phase::Head if is_due => self.refuse(id, Refusal::TooSlow),
            Phase::Body(upload) if upload.is_too_slow(timings, now) => self.refuse(id, Refusal::TooSlow),
            Phase::Waiting(_) if is_due => self.refuse(id, Refusal::Busy(2)),
            Phase::Lingering { .. } if is_due => self.remove(id),
            _ => {}
        }
    }

    /// Lets nobody new in and takes no further requests. Those in progress end with their answer; so do those that have
    /// come but were not read yet, and the first one of a client that was let in just now.
    fn close_down(&mut self) {
        self.acceptor.close();
        let let_in_before = self.clock.now() + self.config.timings.head - FIRST_REQUEST;
        for id in self.clients.ids() {
            let Some(client) = self.clients.get_mut(id).filter(|client| client.is_idle()) else { continue };
            client.expect_input();
            self.read_from(id);
            let is_new = |client: &Client| !client.was_served && client.deadline > let_in_before;
            if self.clients.get_mut(id).is_some_and(|client| client.is_idle() && !is_new(client)) {
                self.remove(id);
            }
        }
    }

    /// Answers for the gate itself, and ends the connection.
    fn refuse(&mut self, id: SlotId, refusal: Refusal) {
        let (now, (quiet_by, by)) = (self.clock.now(), self.linger_by());
        self.withdraw(id);
        let Some(client) = self.clients.get_mut(id) else { return };
        let head_only = match &client.phase {
            Phase::Body(upload) => upload.info().head_only,
            Phase::Waiting(waiting) => waiting.info.head_only,
            _ => client.inbox.starts_with(b"HEAD "),
        };
        self.config.refusals.count(refusal);
        client.inbox = Vec::new();
        if client.send(&refusal.answer(head_only), now).is_err() {
            return self.remove(id);
        }
        client.permit.iter_mut().for_each(Permit::end_request);
        if !client.has_unsent() {
            client.linger(quiet_by, by);
            return self.read_from(id);
        }
        client.phase = Phase::Answered { keep_alive: false };
    }

    /// Closes a connection. If its request is in progress, the answer is forgotten.
    fn remove(&mut self, id: SlotId) {
        self.withdraw(id);
        let Some(client) = self.clients.remove(id) else { return };
        if let Phase::InProgress(at) = client.phase {
            self.backends.orphan(at);
        }
    }

    /// Takes back a request that will not be passed on: it waits no longer, and its body is no longer charged.
    fn withdraw(&mut self, id: SlotId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let charged = match &mut client.phase {
            Phase::Body(upload) => upload.uncharge(),
            Phase::Waiting(waiting) => {
                if let Some(rank) = waiting.rank.take() {
                    self.queue.remove(waiting.info.pool, rank);
                }
                std::mem::take(&mut waiting.charged)
            }
            _ => return,
        };
        self.budget.give_back(charged);
    }

    /// Returns until when a client may read its last answer: if it sends nothing, and at the latest.
    fn linger_by(&self) -> (Instant, Instant) {
        let (now, timings) = (self.clock.now(), &self.config.timings);
        match self.acceptor.is_open() {
            true => (now + timings.linger, now + timings.linger_at_most),
            false => (now + LAST_LINGER, now + LAST_LINGER),
        }
    }

    /// Tells the hub that a ticket will not become a watcher.
    fn lost(&self, ticket: u64) {
        self.mailbox.post(Order::Lost { ticket });
    }

    /// Returns the address that a connection counts for: none for a trusted proxy.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        (!any_contains(&self.config.trusted_proxies, peer)).then_some(peer)
    }
}
