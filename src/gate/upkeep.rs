//! The connections to tiny_http: one that is of no more use is given up, whoever waited for it is told, and it is
//! opened anew.

use std::net::Shutdown;
use std::time::Duration;

use mio::{Interest, Token};

use super::client::Phase;
use super::front::{FIRST_BACKEND, Front};
use super::refusal::Refusal;

/// Between two attempts to reach tiny_http.
const RETRY: Duration = Duration::from_millis(100);

impl Front {
    /// Has the system say when there is room for the rest of an order, and only then.
    pub(super) fn hear_of_room(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        let wanted = backend.has_order();
        let Some(link) = backend.link.as_mut().filter(|_| wanted != backend.hears_room) else { return };
        let interest = if wanted { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        backend.hears_room = wanted;
        if self.poll.registry().reregister(link, Token(FIRST_BACKEND + at), interest).is_err() {
            self.give_up(at);
        }
    }

    /// tiny_http closed the connection, which may be how it ends its answer.
    pub(super) fn closed(&mut self, at: usize) {
        let whole = self.backends[at].exchange.as_mut().is_some_and(|exchange| exchange.reply.closed());
        if whole {
            // Nobody else may be given this connection.
            self.backends[at].link = None;
            self.finish(at);
        }
        self.give_up(at);
    }

    /// The client has gone; what is still to come for it is read and forgotten.
    pub(super) fn orphan(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        backend.paused_since = None;
        if let Some(exchange) = &mut backend.exchange {
            exchange.client = None;
        }
        if backend.readable {
            self.backends_again.push(at);
        }
    }

    /// The connection cannot be used any more; whoever waited for it is told.
    pub(super) fn give_up(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        if let Some(link) = &backend.link {
            // It may be closed already.
            let _ = link.shutdown(Shutdown::Both);
        }
        if backend.probing {
            // As long as requests are taken, the web layer is slow at most, and slow is not dead.
            let n_taken = self.door.n_taken();
            self.failed_probes = if n_taken == self.taken_before { self.failed_probes + 1 } else { 0 };
        }
        self.budget.give_back(std::mem::take(&mut backend.charged));
        let exchange = backend.disconnect(self.now + RETRY);
        self.free.retain(|free| *free != at);
        let Some(exchange) = exchange else { return };
        self.line.ended(exchange.pool);
        if let Some(ticket) = exchange.reply.watch {
            self.lost(ticket);
        }
        let Some(id) = exchange.client else { return };
        let Some(client) = self.clients.get_mut(id) else { return };
        client.phase = Phase::Answered { keep_alive: false };
        if exchange.reply.has_begun() && exchange.reply.watch.is_none() {
            return self.remove(id);
        }
        self.refuse(id, Refusal::NoAnswer);
    }

    /// One more connection for those who wait, if there may be one; each costs a thread of tiny_http's, so that a house
    /// where little happens has few.
    pub(super) fn open_one_more(&mut self) {
        if self.n_open < self.backends.len() && !self.is_probing() {
            self.n_open += 1;
            self.reconnect(self.n_open - 1);
        }
    }

    pub(super) fn sweep_backend(&mut self, at: usize) {
        let backend = &self.backends[at];
        if at >= self.n_open || backend.deadline > self.now {
            return;
        }
        if backend.link.is_none() {
            return self.reconnect(at);
        }
        if !backend.is_idle() && backend.paused_since.is_none() {
            tracing::warn!("the web layer is silent; its connection is given up");
            self.give_up(at);
        }
    }

    fn is_probing(&self) -> bool {
        self.backends[..self.n_open].iter().any(|backend| backend.probing)
    }

    /// Opens one connection, or opens it anew. It is used once an answer shows that it is served; at most one at a time is
    /// on trial, for a burst of them is what tiny_http does not survive.
    fn reconnect(&mut self, at: usize) {
        if self.is_probing() {
            return;
        }
        let token = Token(FIRST_BACKEND + at);
        let backend = &mut self.backends[at];
        backend.deadline = self.now + RETRY;
        let connected = self.address.connect().and_then(|mut link| {
            self.poll.registry().register(&mut link, token, Interest::READABLE)?;
            Ok(link)
        });
        match connected {
            Ok(link) => {
                backend.link = Some(link);
                backend.probing = true;
                backend.deadline = self.now + self.config.timings.waiting;
                self.taken_before = self.door.n_taken();
                if backend.begin(self.door.probe()).is_err() {
                    return self.give_up(at);
                }
                backend.spent();
            }
            Err(error) => tracing::warn!("reach the web layer: {error}"),
        }
    }
}
