//! One kept connection to tiny_http: one request at a time goes in, and its answer comes out.

use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::time::Instant;

use mio::event::Event;
use mio::{Interest, Registry, Token};

use crate::gate::config::WorkerPool;
use crate::gate::private::{self, Stream};
use crate::gate::reply::{Broken, Reply};
use crate::gate::request::RequestInfo;
use crate::gate::slots::SlotId;
use crate::gate::sockets::{may_hold_more, write_some};

pub(super) struct Backend {
    /// None while there is no connection.
    stream: Option<Stream>,
    /// The request, until it is written whole.
    request: Vec<u8>,
    n_written: usize,
    /// Bytes of an answer that were read but are still in the socket.
    n_peeked: usize,
    /// Bytes of bodies that the request holds of the budget.
    charged: usize,
    pub exchange: Option<Exchange>,
    readable: bool,
    closed: bool,
    /// It is registered to hear when there is room to write. Only while it must: a Unix socket says so each time the
    /// other side has read.
    hears_room: bool,
    /// Since when the client is too far behind; reading goes on when it has caught up.
    pub paused_since: Option<Instant>,
    /// It carries a request of the gate's own, which tests whether the connection is served.
    pub is_probing: bool,
    /// When an answer, or the next part of it, is due; without a connection, when to try again.
    pub deadline: Instant,
}

/// A request at tiny_http.
pub(in crate::gate) struct Exchange {
    /// None once the client has left: the answer is read and forgotten.
    pub client: Option<SlotId>,
    pub pool: WorkerPool,
    pub reply: Reply,
    /// The head for a client that becomes a watcher.
    pub opening: Vec<u8>,
}

impl Exchange {
    pub fn new(client: SlotId, info: RequestInfo) -> Exchange {
        let reply = Reply::new(info.head_only, info.minor, info.keep_alive);
        Exchange { client: Some(client), pool: info.pool, reply, opening: Vec::new() }
    }

    /// Reads a part of the answer and writes to `out`, anew, what the client gets of it. The head of a stream is kept
    /// in `opening`.
    pub fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        out.clear();
        self.reply.read(input, out)?;
        if self.reply.watch.is_some() {
            self.opening.extend_from_slice(out);
        }
        Ok(())
    }
}

impl Backend {
    pub fn new(stream: Option<Stream>, deadline: Instant) -> Backend {
        Backend {
            stream,
            request: Vec::new(),
            n_written: 0,
            n_peeked: 0,
            charged: 0,
            exchange: None,
            readable: false,
            closed: false,
            hears_room: false,
            paused_since: None,
            is_probing: false,
            deadline,
        }
    }

    pub fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    /// Returns whether it is free for the next request.
    pub fn is_idle(&self) -> bool {
        self.is_connected() && self.exchange.is_none() && !self.is_probing && self.request.is_empty()
    }

    /// Registers the socket, if there is one, to hear what can be read.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        registry.register(stream, token, Interest::READABLE)
    }

    /// Has the system say when there is room for the rest of a request, and only then.
    pub fn hear_of_room(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let wanted = self.has_request();
        let Some(stream) = self.stream.as_mut().filter(|_| wanted != self.hears_room) else { return Ok(()) };
        let interest = if wanted { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.hears_room = wanted;
        registry.reregister(stream, token, interest)
    }

    /// Notes what an event says about the socket.
    pub fn hear(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_error();
        self.closed |= event.is_read_closed() || event.is_error();
    }

    pub fn can_read(&self) -> bool {
        self.is_connected() && self.paused_since.is_none() && self.readable
    }

    pub fn is_readable(&self) -> bool {
        self.readable
    }

    pub fn begin(&mut self, request: Vec<u8>, charged: usize) -> io::Result<()> {
        self.request = request;
        self.n_written = 0;
        self.charged = charged;
        self.push()
    }

    /// Writes what tiny_http takes now.
    pub fn push(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Err(ErrorKind::NotConnected.into()) };
        self.n_written += write_some(stream, &self.request[self.n_written..])?;
        Ok(())
    }

    /// Reads once. The beginning of an answer, which mostly is all of it, is left in the socket.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.take_peeked(buffer)?;
        let is_beginning = self.exchange.as_ref().is_some_and(|exchange| !exchange.reply.has_begun());
        let Some(stream) = &mut self.stream else { return Err(ErrorKind::NotConnected.into()) };
        let read = if is_beginning {
            let (read, n_peeked) = private::peek(stream, buffer)?;
            self.n_peeked = n_peeked;
            read
        } else {
            stream.read(buffer)?
        };
        self.readable = may_hold_more(read, buffer.len(), self.closed);
        Ok(read)
    }

    /// Notes that there is nothing to read now.
    pub fn set_drained(&mut self) {
        self.readable = false;
    }

    /// Takes out of the socket what was read already.
    pub fn take_peeked(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        while let (Some(stream), 1..) = (&mut self.stream, self.n_peeked) {
            let most = self.n_peeked.min(buffer.len());
            match stream.read(&mut buffer[..most]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.n_peeked -= read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn has_request(&self) -> bool {
        !self.request.is_empty()
    }

    /// Takes back the buffer of a request that is written whole.
    pub fn take_written(&mut self) -> Option<Vec<u8>> {
        if self.request.is_empty() || self.n_written < self.request.len() {
            return None;
        }
        self.n_written = 0;
        Some(std::mem::take(&mut self.request))
    }

    /// Returns what the request holds of the budget, to be given back once it is both written and answered: until then
    /// the web layer has the body.
    pub fn uncharge(&mut self) -> usize {
        if self.has_request() || self.exchange.is_some() { 0 } else { std::mem::take(&mut self.charged) }
    }

    /// Drops a connection that tiny_http has closed; its exchange goes on.
    pub fn drop_stream(&mut self) {
        self.stream = None;
    }

    /// Closes the connection; what was on it is lost. Returns its exchange, and what that held of the budget.
    pub fn disconnect(&mut self, retry_at: Instant) -> (Option<Exchange>, usize) {
        if let Some(stream) = &self.stream {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let old = std::mem::replace(self, Backend::new(None, retry_at));
        (old.exchange, old.charged)
    }
}
