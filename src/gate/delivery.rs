//! An answer on its way to its client: in few pieces, with no more held for all clients than is stated, and no
//! worker of the web layer kept waiting by a slow reader. Where it opens a stream the socket is handed over.

use std::time::Duration;

use socket2::SockRef;

use super::backend::Exchange;
use super::census::Seat;
use super::client::Phase;
use super::front::Front;
use super::outlet::{Newcomer, Order};
use super::refusal::Refusal;
use super::slots::SlotId;

/// An answer that a client is further behind with is read on only when the client has caught up. More than any
/// page or picture has: a worker that writes an answer must not wait for a slow reader.
const MAX_BEHIND_BYTES: usize = 16 * 1024 * 1024;
/// tiny_http writes its answers in small pieces; up to this much goes to the client in one.
const MAX_HELD_BYTES: usize = 32 * 1024;
/// A reader may keep a worker of the web layer waiting for this long, while others wait for a worker.
const SLOW_READER: Duration = Duration::from_secs(2);
/// An answer that has not begun by then is taken for waiting.
const PROMPT: Duration = Duration::from_millis(500);
/// The send buffer of a watcher's socket, of which the system takes double: a few blocks, and no megabytes for
/// one that has stopped reading.
const WATCHER_SEND_BYTES: usize = 64 * 1024;

impl Front {
    /// Gives the client what is in `out`, or holds it back a moment if more is to follow.
    pub(super) fn deliver(&mut self, at: usize, id: SlotId, whole: bool) {
        let Some(client) = self.clients.get_mut(id) else { return };
        if !whole && client.outbox.len() + self.out.len() <= MAX_HELD_BYTES {
            if self.held.is_empty() {
                self.held_since = self.now;
            }
            if client.outbox.is_empty() {
                self.held.push(id);
            }
            client.hold(&self.out, self.now);
        } else if client.deliver(&self.out, self.now).is_err() {
            return self.remove(id);
        }
        self.backends[at].paused_since = (client.outbox.len() > MAX_BEHIND_BYTES).then_some(self.now);
        self.account(id);
    }

    /// Brings the sum of what clients are behind with up to date. When it is too much, those who are the
    /// furthest behind are let go.
    fn account(&mut self, id: SlotId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let behind = client.outbox.len();
        self.behind = self.behind - client.accounted + behind;
        client.accounted = behind;
        while self.behind > self.config.limits.answers_bytes {
            let ids = self.clients.ids();
            let Some(furthest) =
                ids.into_iter().max_by_key(|id| self.clients.get_mut(*id).map(|client| client.accounted))
            else {
                return;
            };
            tracing::debug!("clients are too far behind with their answers: the furthest is let go");
            self.remove(furthest);
        }
    }

    pub(super) fn answered(&mut self, id: SlotId, keep_alive: bool) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.phase = Phase::Answered { keep_alive: keep_alive && self.listener.is_some() };
        if client.outbox.is_empty() {
            self.next(id);
        }
    }

    /// The client has taken its answer: on to its next request, or to the end.
    fn next(&mut self, id: SlotId) {
        let (idle_by, (quiet_by, by)) = (self.now + self.config.timings.idle, self.linger_by());
        let Some(client) = self.clients.get_mut(id) else { return };
        client.seat.iter_mut().for_each(Seat::fall_silent);
        if let Phase::Answered { keep_alive: true } = client.phase {
            client.phase = Phase::Head;
            client.was_served = true;
            client.deadline = idle_by;
        } else {
            client.linger(quiet_by, by);
        }
        if client.readable || !client.inbox.is_empty() {
            // Not at once: a long row of requests must not become a long recursion.
            self.again.push(id);
        }
    }

    /// Gives the client what it was behind with, as far as its socket takes it.
    pub(super) fn flush(&mut self, id: SlotId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.flush().is_err() {
            return self.remove(id);
        }
        match client.phase {
            Phase::Asked(backend)
                if self.backends[backend].paused_since.is_some()
                    && client.outbox.len() <= MAX_BEHIND_BYTES / 2 =>
            {
                self.backends[backend].paused_since = None;
                self.backends[backend].deadline = self.now + self.config.timings.answer;
                self.backends_again.push(backend);
            }
            Phase::Answered { .. } if client.outbox.is_empty() => self.next(id),
            _ => {}
        }
        self.account(id);
    }

    /// Slow readers of very large answers must not keep all workers to themselves: while others wait, those who
    /// have read too little for too long are let go.
    pub(super) fn shed_slow_readers(&mut self) {
        let due_by = self.now + self.config.timings.answer - PROMPT;
        let waits = |exchange: &Exchange| !exchange.reply.has_begun();
        let others_wait = !self.line.is_empty()
            || self
                .backends
                .iter()
                .any(|backend| backend.deadline <= due_by && backend.exchange.as_ref().is_some_and(waits));
        for at in 0..self.backends.len() {
            let slow = self.backends[at].paused_since.is_some_and(|since| since + SLOW_READER <= self.now);
            let client = self.backends[at].exchange.as_ref().and_then(|exchange| exchange.client);
            if let (true, true, Some(id)) = (slow, others_wait, client) {
                self.remove(id);
            }
        }
    }

    /// The client becomes a watcher: its socket leaves the front for the outlet.
    pub(super) fn hand_over(&mut self, id: SlotId, ticket: u64, exchange: Exchange) {
        let Some(client) = self.clients.get_mut(id) else { return self.lost(ticket) };
        client.phase = Phase::Answered { keep_alive: false };
        let stopping = self.listener.is_none();
        if stopping || !client.seat.as_mut().is_some_and(Seat::watch) {
            self.lost(ticket);
            return self.refuse(id, Refusal::Busy(5));
        }
        let Some(mut client) = self.clients.remove(id) else { return };
        self.behind -= client.accounted;
        let (Some(seat), Ok(())) = (client.seat.take(), self.poll.registry().deregister(&mut client.socket))
        else {
            return self.lost(ticket);
        };
        // Only a wish: without it the socket is as it was.
        let _ = SockRef::from(&client.socket).set_send_buffer_size(WATCHER_SEND_BYTES);
        let mut opening = client.outbox.take();
        opening.extend_from_slice(&exchange.opening);
        let chunked = exchange.reply.minor() == 1;
        let newcomer = Newcomer { ticket, socket: client.socket, seat, chunked, opening };
        self.mailbox.post(Order::Adopt(Box::new(newcomer)));
    }
}
