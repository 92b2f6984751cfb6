//! The kept connections to tiny_http. A connection of no more use is closed and opened anew; one is used once an answer
//! shows that it is served.

mod backend;

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::event::Event;
use mio::{Registry, Token};

use super::auth::GateAuth;
use super::config::Timings;
use super::private::Address;
use super::request::WaitingRequest;
use super::slots::SlotId;
use backend::Backend;
pub(super) use backend::Exchange;

/// Connections that are open at the start; the others are opened when they are needed.
const OPEN_AT_START: usize = 4;
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
/// More than one, because the process may be stopped meanwhile.
const PROBE_TRIES: u32 = 5;
/// Between two attempts to reach tiny_http.
const RETRY: Duration = Duration::from_millis(100);
/// This many connections in a row that nobody serves, while no request is taken either, show that tiny_http is dead.
const MAX_FAILED_PROBES: u32 = 3;
/// A reader may keep a worker of the web layer waiting for this long while others wait for a worker.
const SLOW_READER: Duration = Duration::from_secs(2);
/// A request whose answer has not begun by then counts as waiting for a worker.
const PROMPT: Duration = Duration::from_millis(500);

pub(super) struct BackendPool {
    backends: Vec<Backend>,
    address: Address,
    auth: GateAuth,
    timings: Timings,
    /// The token of the first connection.
    first_token: usize,
    /// How many connections are open, or are opened again when they close.
    n_open: usize,
    free: Vec<usize>,
    /// Those that had more to read than one turn allows, or whose client has caught up.
    unread: Vec<usize>,
    /// New connections in a row that nobody served while no request was taken.
    n_failed_probes: u32,
    /// How many requests had been taken when the latest connection was opened.
    n_taken_before: u64,
}

/// What a read from a connection brought.
pub(super) enum Incoming {
    Bytes(usize),
    Nothing,
    Closed,
    Broken,
}

impl BackendPool {
    /// Opens the first of `n` connections, one by one, and asks of each whether it is served before the next: a burst
    /// would leave some of them stranded in tiny_http for ever. Fails if tiny_http does not answer, or has another
    /// client.
    pub fn open(
        server: &tiny_http::Server,
        address: Address,
        auth: GateAuth,
        n: usize,
        timings: Timings,
        first_token: usize,
    ) -> Result<BackendPool> {
        let by = Instant::now() + PROBE_PATIENCE;
        let n_open = n.min(OPEN_AT_START);
        let mut backends = Vec::with_capacity(n);
        for at in 0..n_open {
            let stream = address.connect().with_context(|| format!("connection {at} to tiny_http"))?;
            let mut backend = Backend::new(Some(stream), by);
            backend.begin(auth.probe(), 0)?;
            backend.take_written();
            let probe = (0..PROBE_TRIES).find_map(|_| server.recv_timeout(PROBE_PATIENCE).transpose());
            let probe = probe.context("tiny_http does not answer")??;
            ensure!(auth.admit(probe).is_none(), "tiny_http has another client");
            // It becomes free when its answer is read.
            backend.is_probing = true;
            backends.push(backend);
        }
        backends.resize_with(n, || Backend::new(None, by));
        let (free, unread) = (Vec::new(), Vec::new());
        let (n_failed_probes, n_taken_before) = (0, 0);
        Ok(BackendPool {
            backends,
            address,
            auth,
            timings,
            first_token,
            n_open,
            free,
            unread,
            n_failed_probes,
            n_taken_before,
        })
    }

    pub fn register(&mut self, registry: &Registry) -> io::Result<()> {
        for (at, backend) in self.backends.iter_mut().enumerate() {
            backend.register(registry, Token(self.first_token + at))?;
        }
        Ok(())
    }

    /// Returns how many connections there may be.
    pub fn len(&self) -> usize {
        self.backends.len()
    }

    /// Returns the connection whose socket has this token.
    pub fn at_token(&self, token: Token) -> Option<usize> {
        token.0.checked_sub(self.first_token).filter(|at| *at < self.backends.len())
    }

    /// Returns whether tiny_http serves its connections.
    pub fn is_served(&self) -> bool {
        self.n_failed_probes < MAX_FAILED_PROBES
    }

    pub fn take_free(&mut self) -> Option<usize> {
        self.free.pop()
    }

    pub fn set_free(&mut self, at: usize) {
        if !self.free.contains(&at) {
            self.free.push(at);
        }
    }

    /// Returns whether the connection is free for the next request.
    pub fn is_idle(&self, at: usize) -> bool {
        self.backends[at].is_idle()
    }

    /// Begins a request on a connection that is idle.
    pub fn begin(
        &mut self,
        at: usize,
        client: SlotId,
        waiting: WaitingRequest,
        scratch: &mut [u8],
        now: Instant,
    ) -> io::Result<()> {
        let backend = &mut self.backends[at];
        backend.exchange = Some(Exchange::new(client, waiting.info));
        backend.deadline = now + self.timings.answer;
        // The new request first: tiny_http's thread wakes once for both.
        backend.begin(waiting.bytes, waiting.charged)?;
        backend.take_peeked(scratch)
    }

    /// Takes back the buffer of a request that is written whole, and what is no longer held of the budget.
    pub fn take_written(&mut self, at: usize) -> Option<(Vec<u8>, usize)> {
        let backend = &mut self.backends[at];
        let buffer = backend.take_written()?;
        Some((buffer, backend.uncharge()))
    }

    /// Notes what an event says, and writes on if there is room. Returns whether there was something to write.
    pub fn hear(&mut self, at: usize, event: &Event) -> io::Result<bool> {
        let backend = &mut self.backends[at];
        backend.hear(event);
        let writes = event.is_writable() && backend.has_request();
        if writes {
            backend.push()?;
        }
        Ok(writes)
    }

    /// Has the system say when there is room for the rest of a request, and only then.
    pub fn hear_of_room(&mut self, at: usize, registry: &Registry) -> io::Result<()> {
        self.backends[at].hear_of_room(registry, Token(self.first_token + at))
    }

    /// Reads once into `scratch`, unless the client is too far behind.
    pub fn read(&mut self, at: usize, scratch: &mut [u8], now: Instant) -> Incoming {
        let backend = &mut self.backends[at];
        while backend.can_read() {
            match backend.read(scratch) {
                Ok(0) => return Incoming::Closed,
                Ok(read) => {
                    backend.deadline = now + self.timings.answer;
                    return Incoming::Bytes(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => backend.set_drained(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Incoming::Broken,
            }
        }
        Incoming::Nothing
    }

    /// Has the connection read from in the next turn.
    pub fn read_later(&mut self, at: usize) {
        self.unread.push(at);
    }

    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Takes those that are to be read from.
    pub fn take_unread(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.unread)
    }

    /// If the connection was on probation, ends that: any answer shows that it is served. A probe's answer is short,
    /// and comes in one piece.
    pub fn end_probe(&mut self, at: usize) -> bool {
        let was_probing = std::mem::take(&mut self.backends[at].is_probing);
        if was_probing {
            self.n_failed_probes = 0;
        }
        was_probing
    }

    pub fn exchange_mut(&mut self, at: usize) -> Option<&mut Exchange> {
        self.backends[at].exchange.as_mut()
    }

    /// Stops reading the answer as long as its client is too far behind.
    pub fn pause(&mut self, at: usize, is_too_far_behind: bool, now: Instant) {
        self.backends[at].paused_since = is_too_far_behind.then_some(now);
    }

    pub fn is_paused(&self, at: usize) -> bool {
        self.backends[at].paused_since.is_some()
    }

    /// The client has caught up: the answer is read on.
    pub fn resume(&mut self, at: usize, now: Instant) {
        let backend = &mut self.backends[at];
        backend.paused_since = None;
        backend.deadline = now + self.timings.answer;
        self.unread.push(at);
    }

    /// The client has left: what still comes for it is read and forgotten.
    pub fn orphan(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        backend.paused_since = None;
        if let Some(exchange) = &mut backend.exchange {
            exchange.client = None;
        }
        if backend.is_readable() {
            self.unread.push(at);
        }
    }

    /// Takes the exchange whose answer is whole, and what is no longer held of the budget.
    pub fn finish(&mut self, at: usize) -> Option<(Exchange, usize)> {
        let backend = &mut self.backends[at];
        let exchange = backend.exchange.take()?;
        backend.paused_since = None;
        Some((exchange, backend.uncharge()))
    }

    /// tiny_http has closed the connection. Returns whether that is how it ends its answer.
    pub fn closed(&mut self, at: usize) -> bool {
        let backend = &mut self.backends[at];
        let is_whole = backend.exchange.as_mut().is_some_and(|exchange| exchange.reply.closed());
        if is_whole {
            // Nobody else may be given this connection.
            backend.drop_stream();
        }
        is_whole
    }

    /// Closes a connection that cannot be used any more. Returns its exchange, and what that held of the budget.
    pub fn give_up(&mut self, at: usize, now: Instant) -> (Option<Exchange>, usize) {
        if self.backends[at].is_probing {
            // As long as requests are taken, the web layer is slow at most, and slow is not dead.
            let was_taken = self.auth.n_taken() != self.n_taken_before;
            self.n_failed_probes = if was_taken { 0 } else { self.n_failed_probes + 1 };
        }
        self.free.retain(|free| *free != at);
        self.backends[at].disconnect(now + RETRY)
    }

    /// Opens one more connection for the requests that wait, if there may be one; each costs a thread of tiny_http, so
    /// a house where little happens has few. Returns the connection if it must be given up.
    pub fn open_one_more(&mut self, registry: &Registry, now: Instant) -> Result<(), usize> {
        if self.n_open < self.backends.len() && !self.is_probing() {
            self.n_open += 1;
            return self.reconnect(self.n_open - 1, registry, now);
        }
        Ok(())
    }

    /// Looks at the times of one connection: opens it anew if it is closed. Returns it if it must be given up.
    pub fn sweep(&mut self, at: usize, registry: &Registry, now: Instant) -> Result<(), usize> {
        let backend = &self.backends[at];
        if at >= self.n_open || backend.deadline > now {
            return Ok(());
        }
        if !backend.is_connected() {
            return self.reconnect(at, registry, now);
        }
        if !backend.is_idle() && backend.paused_since.is_none() {
            tracing::warn!("the web layer does not answer; its connection is closed");
            return Err(at);
        }
        Ok(())
    }

    /// Returns whether an answer should have begun by now, and has not.
    pub fn keeps_anybody_waiting(&self, now: Instant) -> bool {
        let due_by = now + self.timings.answer - PROMPT;
        let waits = |exchange: &Exchange| !exchange.reply.has_begun();
        self.backends
            .iter()
            .any(|backend| backend.deadline <= due_by && backend.exchange.as_ref().is_some_and(waits))
    }

    /// Returns the clients for whose sake reading has been paused for too long while others wait.
    pub fn slow_readers(&self, now: Instant) -> Vec<SlotId> {
        let is_slow =
            |backend: &&Backend| backend.paused_since.is_some_and(|since| since + SLOW_READER <= now);
        self.backends.iter().filter(is_slow).filter_map(|backend| backend.exchange.as_ref()?.client).collect()
    }

    fn is_probing(&self) -> bool {
        self.backends[..self.n_open].iter().any(|backend| backend.is_probing)
    }

    /// Opens one connection and sends a probe. At most one at a time is on probation: tiny_http does not survive a
    /// burst of new connections.
    fn reconnect(&mut self, at: usize, registry: &Registry, now: Instant) -> Result<(), usize> {
        if self.is_probing() {
            return Ok(());
        }
        self.backends[at].deadline = now + RETRY;
        let connected = self.address.connect().and_then(|stream| {
            let mut backend = Backend::new(Some(stream), now + self.timings.waiting);
            backend.register(registry, Token(self.first_token + at))?;
            Ok(backend)
        });
        match connected {
            Ok(mut backend) => {
                self.n_taken_before = self.auth.n_taken();
                backend.is_probing = true;
                let begun = backend.begin(self.auth.probe(), 0);
                backend.take_written();
                self.backends[at] = backend;
                begun.map_err(|_| at)
            }
            Err(error) => {
                tracing::warn!("connect to the web layer: {error}");
                Ok(())
            }
        }
    }
}
