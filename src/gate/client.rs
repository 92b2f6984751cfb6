//! One client's connection: what has come, what has still to go, and how far its request is.

use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Shutdown};
use std::time::Instant;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::config::Timings;
use super::connection_counts::Permit;
use super::request::WaitingRequest;
use super::sockets::{falls_behind, may_hold_more, write_some};
use super::upload::Upload;

/// A buffer that has grown larger than this is not kept for the next request.
const KEPT_BYTES: usize = 4 * 1024;
/// What a client may still send after its last answer: many send all of a body before they read why it was refused.
const MAX_LINGER_BYTES: usize = 64 << 20;

pub(super) struct Client {
    socket: TcpStream,
    peer: IpAddr,
    /// None for a client that is only told why it is turned away.
    pub permit: Option<Permit>,
    pub phase: Phase,
    /// When the present phase is over, for those that end at a time.
    pub deadline: Instant,
    /// It has had an answer before; a new connection must send its head at once.
    pub was_served: bool,
    /// Received, and not yet understood.
    pub inbox: Vec<u8>,
    /// How much of the inbox was searched for the end of a head.
    pub seen: usize,
    outbox: Outbox,
    /// How much of the outbox is counted in the sum over all clients.
    counted_behind: usize,
    /// The socket may hold more to read.
    readable: bool,
    /// The client has announced that it sends no more.
    half_closed: bool,
}

pub(super) enum Phase {
    /// Between requests, or in the middle of a head.
    Head,
    Body(Box<Upload>),
    /// A whole request waits for a free connection to tiny_http.
    Waiting(Box<WaitingRequest>),
    /// The request is at tiny_http, on this connection of the pool.
    InProgress(usize),
    /// The answer is whole, but the client has not taken all of it.
    Answered {
        keep_alive: bool,
    },
    /// Nothing more is sent, and what still comes is ignored, so that a reset does not destroy the last answer. Ends
    /// when nothing has come for a while, when more than `allowance` bytes have come, and `by` an instant at the
    /// latest.
    Lingering {
        allowance: usize,
        by: Instant,
    },
}

/// What the client has not taken yet.
#[derive(Default)]
struct Outbox {
    bytes: Vec<u8>,
    /// How many of them are sent.
    sent: usize,
    /// Since when the client does not take everything at once, and how much it has taken since.
    behind_since: Option<Instant>,
    n_taken: usize,
}

pub(super) enum Filled {
    Some,
    Nothing,
    Closed,
}

impl Client {
    pub fn new(socket: TcpStream, permit: Option<Permit>, peer: IpAddr, deadline: Instant) -> Client {
        Client {
            socket,
            peer,
            permit,
            phase: Phase::Head,
            deadline,
            was_served: false,
            inbox: Vec::new(),
            seen: 0,
            outbox: Outbox::default(),
            counted_behind: 0,
            readable: false,
            half_closed: false,
        }
    }

    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE | Interest::WRITABLE)
    }

    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Head) && self.inbox.is_empty()
    }

    /// Returns whether it has sent, or may have sent, something that was not looked at.
    pub fn has_input(&self) -> bool {
        self.readable || !self.inbox.is_empty()
    }

    /// Notes what an event says about the socket.
    pub fn hear(&mut self, event: &Event) {
        self.readable |= event.is_readable();
        self.half_closed |= event.is_read_closed();
    }

    /// Has the next [`Client::fill`] try the socket, without an event.
    pub fn expect_input(&mut self) {
        self.readable = true;
    }

    /// Reads once into the inbox, by way of `scratch`.
    pub fn fill(&mut self, scratch: &mut [u8]) -> Filled {
        if !self.readable {
            return Filled::Nothing;
        }
        match self.socket.read(scratch) {
            Ok(0) => Filled::Closed,
            Ok(read) => {
                self.inbox.extend_from_slice(&scratch[..read]);
                self.readable = may_hold_more(read, scratch.len(), self.half_closed);
                Filled::Some
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Filled::Nothing
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Filled::Some,
            Err(_) => Filled::Closed,
        }
    }

    /// Forgets the first bytes of the inbox.
    pub fn consume(&mut self, length: usize) {
        self.inbox.drain(..length);
        self.seen = 0;
        if self.inbox.is_empty() && self.inbox.capacity() > KEPT_BYTES {
            self.inbox = Vec::new();
        }
    }

    /// Sends what the client takes now; the rest stays in the outbox.
    pub fn send(&mut self, bytes: &[u8], now: Instant) -> io::Result<()> {
        if self.has_unsent() {
            self.outbox.push(bytes, now);
            return self.flush();
        }
        let written = write_some(&mut self.socket, bytes)?;
        if written < bytes.len() {
            self.outbox.push(&bytes[written..], now);
        }
        Ok(())
    }

    /// Keeps bytes back, to be sent with those that follow.
    pub fn hold(&mut self, bytes: &[u8], now: Instant) {
        self.outbox.push(bytes, now);
    }

    pub fn flush(&mut self) -> io::Result<()> {
        let written = write_some(&mut self.socket, &self.outbox.bytes[self.outbox.sent..])?;
        self.outbox.forget(written);
        Ok(())
    }

    pub fn has_unsent(&self) -> bool {
        !self.outbox.bytes.is_empty()
    }

    pub fn n_unsent(&self) -> usize {
        self.outbox.bytes.len() - self.outbox.sent
    }

    /// Returns whether the client takes its answer more slowly than it must.
    pub fn reads_too_slowly(&self, timings: &Timings, now: Instant) -> bool {
        let Outbox { behind_since, n_taken, .. } = self.outbox;
        behind_since
            .is_some_and(|since| falls_behind(since, n_taken, timings.grace, timings.floor_bytes_per_s, now))
    }

    pub fn counted_behind(&self) -> usize {
        self.counted_behind
    }

    /// Counts what is unsent now; returns what was counted before, and what is now.
    pub fn count_behind(&mut self) -> (usize, usize) {
        let now = self.n_unsent();
        (std::mem::replace(&mut self.counted_behind, now), now)
    }

    /// Begins to wait for the peer to leave: until `quiet_by` unless it goes on sending, and `by` at the latest. A
    /// client that was turned away may not go on sending.
    pub fn linger(&mut self, quiet_by: Instant, by: Instant) {
        let by = if self.permit.is_some() { by } else { quiet_by };
        // It fails where the peer has left already, which is as good.
        let _ = self.socket.shutdown(Shutdown::Write);
        self.phase = Phase::Lingering { allowance: MAX_LINGER_BYTES, by };
        self.deadline = quiet_by;
    }

    /// Gives up the connection without closing it; returns the socket, the permit, and what is unsent.
    pub fn into_parts(mut self, registry: &Registry) -> io::Result<(TcpStream, Option<Permit>, Vec<u8>)> {
        registry.deregister(&mut self.socket)?;
        let Outbox { mut bytes, sent, .. } = self.outbox;
        bytes.drain(..sent);
        Ok((self.socket, self.permit, bytes))
    }
}

impl Outbox {
    fn push(&mut self, bytes: &[u8], now: Instant) {
        self.behind_since.get_or_insert(now);
        if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..std::mem::take(&mut self.sent));
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn forget(&mut self, written: usize) {
        self.sent += written;
        self.n_taken += written;
        if self.sent == self.bytes.len() {
            *self = Outbox::default();
        }
    }
}
