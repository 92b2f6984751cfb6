//! Answers on their way to their clients: in few pieces, with no more held for all clients than the limit, and without
//! keeping a worker of the web layer waiting for a slow reader. Where an answer opens a stream, the socket is handed
//! over.

use socket2::SockRef;

use super::Front;
use crate::gate::client::Phase;
use crate::gate::connection_counts::Permit;
use crate::gate::outlet::{Newcomer, Order};
use crate::gate::pool::Exchange;
use crate::gate::refusal::Refusal;
use crate::gate::slots::SlotId;

/// An answer that a client is further behind with is read on only when the client has caught up. More than any page or
/// picture has: a worker that writes an answer must not wait for a slow reader.
const MAX_BEHIND_BYTES: usize = 16 * 1024 * 1024;
/// The send buffer of a watcher's socket, of which the system takes double: a few blocks, and no megabytes for one that
/// has stopped reading.
const WATCHER_SEND_BYTES: usize = 64 * 1024;

impl Front {
    /// Gives the client what is in `answer`, or holds it back for a moment if more is to follow.
    pub(super) fn deliver(&mut self, at: usize, id: SlotId, is_last: bool) {
        let now = self.clock.now();
        match self.clients.deliver(id, &self.answer, is_last, now) {
            Ok(behind) => self.backends.pause(at, behind > MAX_BEHIND_BYTES, now),
            Err(_) => return self.remove(id),
        }
        self.count_behind(id);
    }

    /// Brings the sum of what clients are behind with up to date. While it is over its limit, the client that is the
    /// furthest behind is removed.
    fn count_behind(&mut self, id: SlotId) {
        self.clients.count_behind(id);
        while let Some(furthest) = self.clients.furthest_behind(self.config.limits.answers_bytes) {
            tracing::debug!("clients are too far behind with their answers: the furthest is closed");
            self.remove(furthest);
        }
    }

    pub(super) fn answered(&mut self, id: SlotId, keep_alive: bool) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.phase = Phase::Answered { keep_alive: keep_alive && self.acceptor.is_open() };
        if !client.has_unsent() {
            self.next(id);
        }
    }

    /// The client has taken its answer: goes on to its next request, or to the end.
    fn next(&mut self, id: SlotId) {
        let (idle_by, (quiet_by, by)) = (self.clock.now() + self.config.timings.idle, self.linger_by());
        let Some(client) = self.clients.get_mut(id) else { return };
        client.permit.iter_mut().for_each(Permit::end_request);
        if let Phase::Answered { keep_alive: true } = client.phase {
            client.phase = Phase::Head;
            client.was_served = true;
            client.deadline = idle_by;
        } else {
            client.linger(quiet_by, by);
        }
        if client.has_input() {
            // Not at once: many requests in a row must not become a deep recursion.
            self.clients.read_later(id);
        }
    }

    /// Sends the client what it is behind with, as far as its socket takes it.
    pub(super) fn flush(&mut self, id: SlotId) {
        let now = self.clock.now();
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.flush().is_err() {
            return self.remove(id);
        }
        match client.phase {
            Phase::InProgress(at)
                if client.n_unsent() <= MAX_BEHIND_BYTES / 2 && self.backends.is_paused(at) =>
            {
                self.backends.resume(at, now);
            }
            Phase::Answered { .. } if !client.has_unsent() => self.next(id),
            _ => {}
        }
        self.count_behind(id);
    }

    /// Keeps slow readers of very large answers from taking all workers: while others wait, those who have read too
    /// little for too long are removed.
    pub(super) fn shed_slow_readers(&mut self) {
        let now = self.clock.now();
        if self.queue.is_empty() && !self.backends.keeps_anybody_waiting(now) {
            return;
        }
        for id in self.backends.slow_readers(now) {
            self.remove(id);
        }
    }

    /// Makes the client a watcher: its socket goes from the front to the outlet.
    pub(super) fn hand_over(&mut self, id: SlotId, ticket: u64, exchange: &Exchange) {
        let Some(client) = self.clients.get_mut(id) else { return self.lost(ticket) };
        client.phase = Phase::Answered { keep_alive: false };
        let may_watch = self.acceptor.is_open() && client.permit.as_mut().is_some_and(Permit::become_watcher);
        if !may_watch {
            self.lost(ticket);
            return self.refuse(id, Refusal::Busy(5));
        }
        let Some(client) = self.clients.remove(id) else { return };
        let Ok((socket, Some(permit), mut opening)) = client.into_parts(self.poll.registry()) else {
            return self.lost(ticket);
        };
        // Where it fails, the socket keeps the buffer that it has.
        let _ = SockRef::from(&socket).set_send_buffer_size(WATCHER_SEND_BYTES);
        opening.extend_from_slice(&exchange.opening);
        let chunked = exchange.reply.minor() == 1;
        let newcomer = Newcomer { ticket, socket, permit, chunked, opening };
        self.mailbox.post(Order::Adopt(Box::new(newcomer)));
    }
}
