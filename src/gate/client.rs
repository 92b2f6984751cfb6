//! One client's connection: what has come, what has still to go, and how far its request is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::census::Seat;
use super::chunked::Chunked;
use super::config::WorkerPool;
use super::reply::Reply;
use super::turns::Rank;

/// A buffer that has grown larger than this is not kept for the next request.
const KEPT_BYTES: usize = 4 * 1024;
/// A head may be unfinished, and a body slower than the floor rate, for this long before it is shed for others.
pub(super) const STALL: Duration = Duration::from_secs(2);

pub(super) struct Client {
    pub socket: TcpStream,
    /// None for one that is only told why it is not let in.
    pub seat: Option<Seat>,
    pub peer: IpAddr,
    pub phase: Phase,
    /// Received, not yet understood.
    pub inbox: Vec<u8>,
    /// How much of the inbox was searched for the end of a head.
    pub seen: usize,
    pub outbox: Outbox,
    /// What of the outbox is in the front's sum of all.
    pub accounted: usize,
    /// The socket may hold more to read.
    pub readable: bool,
    /// The client has said that it sends no more.
    pub half_closed: bool,
    /// It has had an answer before; a new connection must send its head at once.
    pub was_served: bool,
    /// When the present phase is over, for those that end at a time.
    pub deadline: Instant,
}

pub(super) enum Phase {
    /// Between requests, or in the midst of a head.
    Head,
    Body(Box<Upload>),
    /// A whole request, waiting for a free connection to tiny_http.
    Waiting(Box<Waiting>),
    /// At tiny_http, by this connection.
    Asked(usize),
    /// The answer is whole, but not yet taken.
    Answered {
        keep_alive: bool,
    },
    /// Nothing more is said; what still comes is ignored, so that the last answer is not lost to a reset. That ends when nothing
    /// more has come for a while, and `by` an instant at the latest.
    Lingering {
        room: usize,
        by: Instant,
    },
}

/// What of a request matters for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub head_only: bool,
    pub minor: u8,
    pub keep_alive: bool,
    pub pool: WorkerPool,
}

impl Asked {
    pub fn reply(&self) -> Reply {
        Reply::new(self.head_only, self.minor, self.keep_alive)
    }
}

pub(super) struct Waiting {
    pub order: Vec<u8>,
    pub asked: Asked,
    /// Its place in the line, once it has one.
    pub rank: Option<Rank>,
    /// Bytes of bodies it accounts for.
    pub charged: usize,
}

/// A body on its way in.
pub(super) struct Upload {
    /// The request as it goes to tiny_http: the head, then, once known, the length, then the body.
    pub order: Vec<u8>,
    pub coding: Coding,
    pub limit: usize,
    /// Bytes read, to be held against the time.
    pub taken: usize,
    /// Bytes of bodies it accounts for.
    pub charged: usize,
    pub began_at: Instant,
    pub asked: Asked,
    /// When it last began to bring what [`STALL`] allows for, and how many bytes it had brought then.
    pub pace: (Instant, usize),
    /// Where the body begins in the order, if its length is known.
    pub body_at: usize,
    pub address: Option<IpAddr>,
}

impl Upload {
    /// So many bytes more have been read.
    pub fn took(&mut self, read: usize, floor: usize, now: Instant) {
        self.taken += read;
        let (_, before) = self.pace;
        if self.taken - before >= floor * STALL.as_secs() as usize {
            self.pace = (now, self.taken);
        }
    }

    /// Whether it has lately been slower than the floor rate, however quick it was before: others' need goes before it.
    pub fn stalls(&self, now: Instant) -> bool {
        let (since, _) = self.pace;
        since + STALL <= now
    }
}

pub(super) enum Coding {
    Length { left: usize },
    Chunked { chunked: Chunked, body: Vec<u8> },
}

#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    at: usize,
    /// When the client stopped taking everything at once, and how much it took since.
    behind_since: Option<Instant>,
    taken: usize,
}

pub(super) enum Filled {
    Some,
    Nothing,
    Closed,
}

impl Client {
    pub fn new(socket: TcpStream, seat: Option<Seat>, peer: IpAddr, deadline: Instant) -> Client {
        Client {
            socket,
            seat,
            peer,
            phase: Phase::Head,
            inbox: Vec::new(),
            seen: 0,
            outbox: Outbox::default(),
            accounted: 0,
            readable: false,
            half_closed: false,
            was_served: false,
            deadline,
        }
    }

    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Head) && self.inbox.is_empty()
    }

    /// Reads once into the inbox by way of `scratch`.
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

    /// Gives the client what it takes now; the rest stays in the outbox.
    pub fn deliver(&mut self, bytes: &[u8], now: Instant) -> io::Result<()> {
        if !self.outbox.is_empty() {
            self.outbox.push(bytes, now);
            return self.flush();
        }
        let written = write_some(&mut self.socket, bytes)?;
        if written < bytes.len() {
            self.outbox.push(&bytes[written..], now);
        }
        Ok(())
    }

    /// Keeps bytes back, to go out with those that follow.
    pub fn hold(&mut self, bytes: &[u8], now: Instant) {
        self.outbox.push(bytes, now);
    }

    pub fn flush(&mut self) -> io::Result<()> {
        let written = write_some(&mut self.socket, &self.outbox.bytes[self.outbox.at..])?;
        self.outbox.forget(written);
        Ok(())
    }

    /// Waits for the peer to leave: until `quiet_by` unless it goes on sending, which one that was never let in may not.
    pub fn linger(&mut self, quiet_by: Instant, by: Instant) {
        let by = if self.seat.is_some() { by } else { quiet_by };
        // A peer that has gone already is as good.
        let _ = self.socket.shutdown(Shutdown::Write);
        self.phase = Phase::Lingering { room: MAX_LINGER_BYTES, by };
        self.deadline = quiet_by;
    }
}

/// What a client may still say after the last answer to it: many send all of a body before they read why it was refused.
const MAX_LINGER_BYTES: usize = 64 << 20;

impl Outbox {
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.drain(..std::mem::take(&mut self.at));
        bytes
    }

    /// Whether the client takes less than it must.
    pub fn is_too_slow(&self, grace: Duration, floor_bytes_per_s: usize, now: Instant) -> bool {
        self.behind_since.is_some_and(|since| falls_behind(since, self.taken, grace, floor_bytes_per_s, now))
    }

    fn push(&mut self, bytes: &[u8], now: Instant) {
        self.behind_since.get_or_insert(now);
        if self.at > self.bytes.len() / 2 {
            self.bytes.drain(..std::mem::take(&mut self.at));
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn forget(&mut self, written: usize) {
        self.at += written;
        self.taken += written;
        if self.at == self.bytes.len() {
            *self = Outbox::default();
        }
    }
}

/// Less than the floor rate since `since`, once the grace is over.
pub(super) fn falls_behind(
    since: Instant,
    bytes: usize,
    grace: Duration,
    floor: usize,
    now: Instant,
) -> bool {
    let late = now.saturating_duration_since(since).saturating_sub(grace);
    (bytes as u128) < late.as_millis() * floor as u128 / 1000
}

/// After a short read the socket is empty and says so when that changes: with epoll only, and only as long as
/// the end has not been announced, which would not be announced twice.
pub(super) fn may_hold_more(read: usize, asked: usize, end_announced: bool) -> bool {
    read == asked || end_announced || !cfg!(target_os = "linux")
}

/// Writes until the socket takes no more; only a broken connection is an error.
pub(super) fn write_some(socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}
