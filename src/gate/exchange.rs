//! A request at tiny_http: one at a time on each connection, in order of coming when all are taken, and its
//! answer as it comes back.

use std::io::ErrorKind;

use mio::event::Event;

use super::backend::Exchange;
use super::client::{Phase, Waiting, may_hold_more};
use super::config::WorkerPool;
use super::front::Front;
use super::refusal::Refusal;
use super::reply::Broken;
use super::slots::SlotId;
use super::turns::Sender;

/// Reads of one answer in one turn.
const READS_PER_TURN: usize = 16;
/// Pictures may wait so many times longer than other requests.
const PICTURE_PATIENCE: u32 = 3;
/// A buffer larger than this is not kept for the next request.
const KEPT_BYTES: usize = 64 * 1024;

impl Front {
    /// Passes a whole request on, or puts it in the queue. Of a full queue, whoever had to wait for the longest is told to come
    /// back.
    pub(super) fn ask(&mut self, id: SlotId, mut waiting: Waiting, sender: Sender) {
        let pool = waiting.asked.pool;
        let may_begin = self.line.may_begin(pool);
        let Some(client) = self.clients.get_mut(id) else { return };
        if may_begin && let Some(backend) = self.free.pop() {
            client.phase = Phase::Asked(backend);
            return self.begin(backend, id, waiting);
        }
        let most =
            if pool == WorkerPool::Streams { self.config.max_watchers } else { self.config.limits.waiting };
        waiting.rank = Some(self.line.push(pool, id, sender));
        client.phase = Phase::Waiting(Box::new(waiting));
        // Pictures take seconds each, and a day's sellers send theirs in one evening.
        let times = if pool == WorkerPool::Pictures { PICTURE_PATIENCE } else { 1 };
        client.deadline = self.now + self.config.timings.waiting * times;
        if self.line.n_waiting(pool) > most
            && let Some(last) = self.line.last(pool)
        {
            return self.refuse(last, Refusal::Busy(2));
        }
        if may_begin {
            self.open_one_more();
        }
    }

    fn begin(&mut self, at: usize, client: SlotId, waiting: Waiting) {
        let Waiting { order, asked, charged, .. } = waiting;
        self.line.began(asked.pool);
        let backend = &mut self.backends[at];
        let (client, reply) = (Some(client), asked.reply());
        backend.exchange = Some(Exchange { client, pool: asked.pool, reply, opening: Vec::new() });
        backend.charged = charged;
        backend.deadline = self.now + self.config.timings.answer;
        // The new request first: tiny_http's thread wakes once for both.
        match backend.begin(order).and_then(|()| backend.clear(&mut self.scratch)) {
            Ok(()) => self.reclaim(at),
            Err(_) => self.give_up(at),
        }
        self.hear_of_room(at);
    }

    /// Takes back what belonged to an order that is written whole. Its body counts until it has been answered, for
    /// until then the web layer has it.
    fn reclaim(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        if let Some(order) = backend.spent() {
            if backend.exchange.is_none() {
                self.budget.give_back(std::mem::take(&mut backend.charged));
            }
            if self.draft.capacity() == 0 && order.capacity() <= KEPT_BYTES {
                self.draft = order;
            }
            self.settle(at);
        }
    }

    pub(super) fn hear_backend(&mut self, at: usize, event: &Event) {
        let backend = &mut self.backends[at];
        backend.readable |= event.is_readable() || event.is_error();
        backend.closed |= event.is_read_closed() || event.is_error();
        if event.is_writable() && backend.has_order() {
            match backend.push() {
                Ok(()) => self.reclaim(at),
                Err(_) => return self.give_up(at),
            }
            self.hear_of_room(at);
        }
        if event.is_readable() || event.is_error() {
            self.pump(at);
        }
    }

    /// Reads the answer as far as it goes and as far as the client keeps up.
    pub(super) fn pump(&mut self, at: usize) {
        for _ in 0..READS_PER_TURN {
            let backend = &mut self.backends[at];
            if backend.link.is_none() || backend.paused_since.is_some() || !backend.readable {
                return;
            }
            match backend.read(&mut self.scratch) {
                Ok(0) => return self.closed(at),
                Ok(read) => {
                    backend.readable = may_hold_more(read, self.scratch.len(), backend.closed);
                    backend.deadline = self.now + self.config.timings.answer;
                    if self.hand_on(at, read).is_err() {
                        return self.give_up(at);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => backend.readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.give_up(at),
            }
        }
        self.backends_again.push(at);
    }

    fn hand_on(&mut self, at: usize, read: usize) -> Result<(), Broken> {
        let backend = &mut self.backends[at];
        if backend.probing {
            // Any answer says that somebody is there; it is short, and comes in one piece.
            backend.probing = false;
            self.failed_probes = 0;
            self.settle(at);
            if self.line.is_held_up() {
                self.open_one_more();
            }
            return Ok(());
        }
        let exchange = backend.exchange.as_mut().ok_or(Broken)?;
        self.out.clear();
        exchange.reply.read(&self.scratch[..read], &mut self.out)?;
        if exchange.reply.watch.is_some() {
            exchange.opening.extend_from_slice(&self.out);
        } else if let Some(id) = exchange.client {
            let whole = exchange.reply.is_done();
            self.deliver(at, id, whole);
        }
        if self.backends[at].exchange.as_ref().is_some_and(|exchange| exchange.reply.is_done()) {
            self.finish(at);
        }
        Ok(())
    }

    /// The answer is whole.
    pub(super) fn finish(&mut self, at: usize) {
        let backend = &mut self.backends[at];
        let Some(exchange) = backend.exchange.take() else { return };
        self.line.ended(exchange.pool);
        backend.paused_since = None;
        if !backend.has_order() {
            self.budget.give_back(std::mem::take(&mut backend.charged));
        }
        self.settle(at);
        if let Some(ticket) = exchange.reply.unused {
            self.lost(ticket);
        }
        match (exchange.reply.watch, exchange.client) {
            (Some(ticket), Some(id)) => self.hand_over(id, ticket, exchange),
            (Some(ticket), None) => self.lost(ticket),
            (None, Some(id)) => self.answered(id, exchange.reply.keep_alive),
            (None, None) => {}
        }
    }

    /// Makes the connection free again once its exchange is over on both sides.
    pub(super) fn settle(&mut self, at: usize) {
        if !self.backends[at].is_idle() {
            return;
        }
        while let Some(id) = self.line.next() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            if let Phase::Waiting(_) = client.phase
                && let Phase::Waiting(waiting) = std::mem::replace(&mut client.phase, Phase::Asked(at))
            {
                return self.begin(at, id, *waiting);
            }
        }
        if !self.free.contains(&at) {
            self.free.push(at);
        }
    }
}
