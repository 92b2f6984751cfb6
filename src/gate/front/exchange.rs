//! Requests at tiny_http: one at a time on each connection, waiting in the queue when all are taken, and their answers
//! as they come back.

use mio::event::Event;

use super::Front;
use crate::gate::client::Phase;
use crate::gate::config::WorkerPool;
use crate::gate::fair_queue::Sender;
use crate::gate::pool::Incoming;
use crate::gate::refusal::Refusal;
use crate::gate::reply::Broken;
use crate::gate::request::WaitingRequest;
use crate::gate::slots::SlotId;

/// Reads of one answer in one turn.
const READS_PER_TURN: usize = 16;
/// Pictures may wait this many times as long as other requests: they take seconds each, and many sellers send theirs in
/// one evening.
const PICTURE_PATIENCE: u32 = 3;

impl Front {
    /// Passes a whole request on, or puts it in the queue. If the queue is full, the request that has to wait the
    /// longest is refused.
    pub(super) fn pass_on(&mut self, id: SlotId, mut waiting: WaitingRequest, sender: Sender) {
        let pool = waiting.info.pool;
        let may_begin = self.queue.may_begin(pool);
        let Some(client) = self.clients.get_mut(id) else { return };
        if may_begin && let Some(at) = self.backends.take_free() {
            client.phase = Phase::InProgress(at);
            return self.begin(at, id, waiting);
        }
        let most =
            if pool == WorkerPool::Streams { self.config.max_watchers } else { self.config.limits.waiting };
        waiting.rank = Some(self.queue.push(pool, id, sender));
        client.phase = Phase::Waiting(Box::new(waiting));
        let times = if pool == WorkerPool::Pictures { PICTURE_PATIENCE } else { 1 };
        client.deadline = self.clock.now() + self.config.timings.waiting * times;
        if self.queue.n_waiting(pool) > most
            && let Some(last) = self.queue.last(pool)
        {
            return self.refuse(last, Refusal::Busy(2));
        }
        if may_begin {
            self.open_one_more();
        }
    }

    fn open_one_more(&mut self) {
        if let Err(at) = self.backends.open_one_more(self.poll.registry(), self.clock.now()) {
            self.give_up(at);
        }
    }

    fn begin(&mut self, at: usize, client: SlotId, waiting: WaitingRequest) {
        self.queue.began(waiting.info.pool);
        match self.backends.begin(at, client, waiting, &mut self.scratch, self.clock.now()) {
            Ok(()) => self.reclaim(at),
            Err(_) => self.give_up(at),
        }
        self.hear_of_room(at);
    }

    /// Takes back what belonged to a request that is written whole.
    fn reclaim(&mut self, at: usize) {
        if let Some((buffer, charged)) = self.backends.take_written(at) {
            self.budget.give_back(charged);
            self.rewriter.reuse(buffer);
            self.settle(at);
        }
    }

    fn hear_of_room(&mut self, at: usize) {
        if self.backends.hear_of_room(at, self.poll.registry()).is_err() {
            self.give_up(at);
        }
    }

    pub(super) fn hear_backend(&mut self, at: usize, event: &Event) {
        match self.backends.hear(at, event) {
            Ok(true) => {
                self.reclaim(at);
                self.hear_of_room(at);
            }
            Ok(false) => {}
            Err(_) => return self.give_up(at),
        }
        if event.is_readable() || event.is_error() {
            self.pump(at);
        }
    }

    /// Reads the answer as far as it goes and as far as the client keeps up.
    pub(super) fn pump(&mut self, at: usize) {
        for _ in 0..READS_PER_TURN {
            match self.backends.read(at, &mut self.scratch, self.clock.now()) {
                Incoming::Bytes(read) => {
                    if self.receive(at, read).is_err() {
                        return self.give_up(at);
                    }
                }
                Incoming::Nothing => return,
                Incoming::Closed => {
                    if self.backends.closed(at) {
                        self.finish(at);
                    }
                    return self.give_up(at);
                }
                Incoming::Broken => return self.give_up(at),
            }
        }
        self.backends.read_later(at);
    }

    /// Carries what was just read to the client.
    fn receive(&mut self, at: usize, read: usize) -> Result<(), Broken> {
        if self.backends.end_probe(at) {
            self.settle(at);
            if self.queue.needs_connection() {
                self.open_one_more();
            }
            return Ok(());
        }
        let exchange = self.backends.exchange_mut(at).ok_or(Broken)?;
        exchange.read(&self.scratch[..read], &mut self.answer)?;
        let is_last = exchange.reply.is_done();
        if let (Some(id), None) = (exchange.client, exchange.reply.watch) {
            self.deliver(at, id, is_last);
        }
        if is_last {
            self.finish(at);
        }
        Ok(())
    }

    /// Ends an exchange whose answer is whole.
    fn finish(&mut self, at: usize) {
        let Some((exchange, charged)) = self.backends.finish(at) else { return };
        self.queue.ended(exchange.pool);
        self.budget.give_back(charged);
        self.settle(at);
        if let Some(ticket) = exchange.reply.unused {
            self.lost(ticket);
        }
        match (exchange.reply.watch, exchange.client) {
            (Some(ticket), Some(id)) => self.hand_over(id, ticket, &exchange),
            (Some(ticket), None) => self.lost(ticket),
            (None, Some(id)) => self.answered(id, exchange.reply.keep_alive),
            (None, None) => {}
        }
    }

    /// If the exchange on this connection is over on both sides, gives the connection to the next request, or sets it
    /// free.
    fn settle(&mut self, at: usize) {
        if !self.backends.is_idle(at) {
            return;
        }
        while let Some(id) = self.queue.pop() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            if let Phase::Waiting(_) = client.phase
                && let Phase::Waiting(waiting) = std::mem::replace(&mut client.phase, Phase::InProgress(at))
            {
                return self.begin(at, id, *waiting);
            }
        }
        self.backends.set_free(at);
    }

    /// Closes a connection that cannot be used any more; a client that waits for an answer from it is told.
    pub(super) fn give_up(&mut self, at: usize) {
        let (exchange, charged) = self.backends.give_up(at, self.clock.now());
        self.budget.give_back(charged);
        let Some(exchange) = exchange else { return };
        self.queue.ended(exchange.pool);
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
}
