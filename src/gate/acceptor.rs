//! The public listener, and the descriptor in reserve with which it turns a client away when there are no others left.

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use super::sockets::write_some;

/// After an error that time may mend, such as no descriptors left.
const PAUSE: Duration = Duration::from_millis(20);
/// Such errors are logged once, as long as they follow each other at shorter distances.
const QUIET: Duration = Duration::from_secs(1);

pub(super) struct Acceptor {
    /// None once the gate shuts down.
    listener: Option<TcpListener>,
    reserve: Option<std::net::TcpListener>,
    /// Connections may wait to be accepted.
    may_accept: bool,
    not_before: Instant,
}

pub(super) enum Arrival {
    Client(TcpStream, IpAddr),
    /// It left before it was accepted.
    Gone,
    Nobody,
    /// The connection cannot be accepted now: mostly there is no descriptor for it.
    Impossible,
}

impl Acceptor {
    pub fn new(
        public: std::net::TcpListener,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> io::Result<Acceptor> {
        let mut listener = TcpListener::from_std(public);
        registry.register(&mut listener, token, Interest::READABLE)?;
        Ok(Acceptor { listener: Some(listener), reserve: reserve(), may_accept: true, not_before: now })
    }

    pub fn is_open(&self) -> bool {
        self.listener.is_some()
    }

    /// Closes the public socket for good.
    pub fn close(&mut self) {
        self.listener = None;
    }

    /// Notes that connections wait.
    pub fn hear(&mut self) {
        self.may_accept = true;
    }

    /// Returns when the next connection can be accepted, if one may wait.
    pub fn due_at(&self) -> Option<Instant> {
        (self.may_accept && self.is_open()).then_some(self.not_before)
    }

    pub fn accept(&mut self, now: Instant) -> Arrival {
        let Some(listener) = &self.listener else { return Arrival::Nobody };
        match listener.accept() {
            Ok((socket, peer)) => Arrival::Client(socket, peer.ip().to_canonical()),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {
                    self.may_accept = false;
                    Arrival::Nobody
                }
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {
                    Arrival::Gone
                }
                _ => {
                    if self.not_before + QUIET < now {
                        tracing::warn!("accept a connection: {error}");
                    }
                    self.not_before = now + PAUSE;
                    Arrival::Impossible
                }
            },
        }
    }

    /// Uses the descriptor in reserve to send `answer` to the client that waits the longest. Returns whether one was
    /// accepted.
    pub fn turn_one_away(&mut self, answer: &[u8]) -> bool {
        let Some(listener) = &self.listener else { return false };
        if self.reserve.take().is_none() {
            return false;
        }
        let Ok((mut socket, _)) = listener.accept() else { return false };
        // The connection is closed in any case.
        let _ = write_some(&mut socket, answer);
        true
    }

    pub fn renew_reserve(&mut self) {
        self.reserve = reserve();
    }
}

fn reserve() -> Option<std::net::TcpListener> {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).ok()
}
