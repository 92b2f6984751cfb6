//! One kept connection to tiny_http: one request at a time goes in, its answer comes out.

use std::io::{self, Read};
use std::time::Instant;

use super::client::write_some;
use super::config::WorkerPool;
use super::private::{self, Link};
use super::reply::Reply;
use super::slots::SlotId;

pub(super) struct Backend {
    /// None while there is no connection.
    pub link: Option<Link>,
    /// The request, as far as it has not been written.
    order: Vec<u8>,
    at: usize,
    /// Bytes of an answer that were read but are still on the link.
    left: usize,
    /// Bytes of bodies that this request accounts for.
    pub charged: usize,
    pub exchange: Option<Exchange>,
    pub readable: bool,
    pub closed: bool,
    /// Whether it is registered to hear when there is room to write. Only then: a Unix socket says so each time
    /// the other side has read.
    pub hears_room: bool,
    /// Since when the client is too far behind; reading goes on when it has caught up.
    pub paused_since: Option<Instant>,
    /// Asked by the gate itself whether anybody serves this connection.
    pub probing: bool,
    /// When an answer, or a word of it, is due; without a connection, when to try again.
    pub deadline: Instant,
}

/// A request at tiny_http.
pub(super) struct Exchange {
    /// None once the client has gone: the answer is read and forgotten.
    pub client: Option<SlotId>,
    pub pool: WorkerPool,
    pub reply: Reply,
    /// The head for a client that becomes a watcher.
    pub opening: Vec<u8>,
}

impl Backend {
    pub fn new(link: Option<Link>, now: Instant) -> Backend {
        Backend {
            link,
            order: Vec::new(),
            at: 0,
            left: 0,
            charged: 0,
            exchange: None,
            readable: false,
            closed: false,
            hears_room: false,
            paused_since: None,
            probing: false,
            deadline: now,
        }
    }

    /// Free for the next request.
    pub fn is_idle(&self) -> bool {
        self.link.is_some() && self.exchange.is_none() && !self.probing && self.order.is_empty()
    }

    pub fn begin(&mut self, order: Vec<u8>) -> io::Result<()> {
        self.order = order;
        self.at = 0;
        self.push()
    }

    /// Writes what tiny_http takes now.
    pub fn push(&mut self) -> io::Result<()> {
        let Some(link) = &mut self.link else { return Err(io::ErrorKind::NotConnected.into()) };
        self.at += write_some(link, &self.order[self.at..])?;
        Ok(())
    }

    /// Reads once. The beginning of an answer, which is mostly all of it, is left on the link.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.clear(buffer)?;
        let begins = self.exchange.as_ref().is_some_and(|exchange| !exchange.reply.has_begun());
        let Some(link) = &mut self.link else { return Err(io::ErrorKind::NotConnected.into()) };
        if !begins {
            return link.read(buffer);
        }
        let (read, left) = private::look(link, buffer)?;
        self.left = left;
        Ok(read)
    }

    /// Takes off the link what was read already.
    pub fn clear(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        while let (Some(link), 1..) = (&mut self.link, self.left) {
            let most = self.left.min(buffer.len());
            match link.read(&mut buffer[..most]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.left -= read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn has_order(&self) -> bool {
        !self.order.is_empty()
    }

    /// The buffer of an order that is written whole, for the next one.
    pub fn spent(&mut self) -> Option<Vec<u8>> {
        if self.order.is_empty() || self.at < self.order.len() {
            return None;
        }
        self.at = 0;
        Some(std::mem::take(&mut self.order))
    }

    /// Lets the connection go; what was on it is lost.
    pub fn disconnect(&mut self, retry_at: Instant) -> Option<Exchange> {
        let exchange = self.exchange.take();
        let charged = self.charged;
        *self = Backend { charged, ..Backend::new(None, retry_at) };
        exchange
    }
}
