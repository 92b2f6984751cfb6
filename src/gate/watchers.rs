//! The outlet's thread: it alone holds the watchers' sockets and writes to them, never waiting for one. A
//! watcher that cannot take what comes gets a backlog up to a limit, and is ended past it; it resumes by itself.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mio::{Events, Interest, Poll, Token};

use super::outlet::{Block, Mailbox, Newcomer, Order, Told, WatcherId};
use super::slots::Slots;
use super::watcher::Watcher;

pub(super) const WAKE: Token = Token(0);
const FIRST_PLACE: usize = 1;
const MAX_EVENTS: usize = 1024;
/// How long a watcher may take to read its last bytes.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// At least so often the thread turns, for the self-check and for those who are ending.
const TURN: Duration = Duration::from_secs(1);

pub(super) struct Watchers {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    told: Box<dyn FnMut(Told) + Send>,
    backlog_bytes: usize,
    slots: Slots<Watcher>,
    /// Those who have something new in their backlog in this turn.
    dirty: Vec<WatcherId>,
    /// Those who were ended and still have to read it.
    ending: VecDeque<(Instant, WatcherId)>,
    /// Set once the gate closes: nobody comes any more.
    closing: bool,
}

impl Watchers {
    pub fn new(
        poll: Poll,
        mailbox: Arc<Mailbox>,
        backlog_bytes: usize,
        told: Box<dyn FnMut(Told) + Send>,
    ) -> Watchers {
        let (slots, dirty, ending) = (Slots::new(), Vec::new(), VecDeque::new());
        Watchers { poll, mailbox, told, backlog_bytes, slots, dirty, ending, closing: false }
    }

    /// Turns until the gate closes and the last watcher has gone.
    pub fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut orders = Vec::new();
        while !(self.closing && self.slots.len() == 0) {
            match self.poll.poll(&mut events, Some(TURN)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error).context("wait for the watchers");
                }
                _ => {}
            }
            if self.mailbox.take(&mut orders) {
                tracing::warn!("more was said to the watchers than can be written: all are ended");
                self.end_all(None, Instant::now() + LAST_WORDS);
            }
            self.carry_out(&mut orders);
            for event in events.iter().filter(|event| event.token() != WAKE) {
                self.hear(event);
            }
            self.drop_the_slow(Instant::now());
        }
        Ok(())
    }

    fn carry_out(&mut self, orders: &mut Vec<Order>) {
        // With several orders at once, what one watcher gets from them goes out in one write.
        let at_once = orders.len() == 1;
        for order in orders.drain(..) {
            match order {
                Order::Adopt(newcomer) => self.adopt(*newcomer),
                Order::Lost { ticket } => (self.told)(Told::Lost { ticket }),
                Order::Send { to, block } => {
                    for watcher in &*to {
                        self.say(*watcher, &block, at_once);
                    }
                }
                Order::SendRow { watcher, row, tell_when_taken } => {
                    row.iter().for_each(|block| self.say(watcher, block, false));
                    if tell_when_taken && let Some(entry) = self.slots.get_mut(watcher.0) {
                        entry.set_awaited();
                        self.dirty.push(watcher);
                    }
                }
                Order::End { watcher, last } => self.end(watcher, last, Instant::now() + LAST_WORDS),
                Order::EndAll { last, by } => {
                    self.closing = true;
                    self.end_all(last, by);
                }
            }
        }
        for watcher in std::mem::take(&mut self.dirty) {
            self.flush(watcher);
        }
    }

    fn adopt(&mut self, newcomer: Newcomer) {
        let Newcomer { ticket, socket, seat, chunked, opening } = newcomer;
        if self.closing {
            return (self.told)(Told::Lost { ticket });
        }
        let watcher = WatcherId(self.slots.insert(Watcher::new(socket, seat, chunked)));
        let token = Token(FIRST_PLACE + watcher.0.place());
        let entry = self.slots.get_mut(watcher.0).expect("inserted just now");
        if let Err(error) =
            entry.register(self.poll.registry(), token, Interest::READABLE | Interest::WRITABLE)
        {
            tracing::warn!("register a watcher: {error}");
            self.slots.remove(watcher.0);
            return (self.told)(Told::Lost { ticket });
        }
        (self.told)(Told::Opened { ticket, watcher });
        self.say(watcher, &Arc::new(Block::bare(opening)), true);
    }

    fn say(&mut self, id: WatcherId, block: &Arc<Block>, at_once: bool) {
        let Some(watcher) = self.slots.get_mut(id.0).filter(|watcher| !watcher.is_ending()) else { return };
        if at_once && !watcher.has_backlog() {
            if watcher.write(block).is_err() {
                self.remove(id);
            }
            return;
        }
        if watcher.queue(block) == 1 {
            self.dirty.push(id);
        }
        if watcher.backlog_bytes() <= self.backlog_bytes {
            return;
        }
        match watcher.flush() {
            Err(_) => self.remove(id),
            Ok(()) if watcher.backlog_bytes() > self.backlog_bytes => self.end_laggard(id),
            Ok(()) => {}
        }
    }

    fn flush(&mut self, id: WatcherId) {
        let Some(watcher) = self.slots.get_mut(id.0) else { return };
        match watcher.flush() {
            Ok(()) if watcher.has_backlog() => {}
            Ok(()) if watcher.is_ending() => self.remove(id),
            Ok(()) if watcher.is_awaited() => (self.told)(Told::Taken { watcher: id }),
            Ok(()) => {}
            Err(_) => self.remove(id),
        }
    }

    /// What it has not begun to read is dropped, so that the end comes at the edge of a block.
    fn end_laggard(&mut self, id: WatcherId) {
        tracing::debug!("a watcher is too far behind and is ended");
        if let Some(watcher) = self.slots.get_mut(id.0) {
            watcher.drop_backlog();
        }
        self.end(id, None, Instant::now() + LAST_WORDS);
    }

    fn end(&mut self, id: WatcherId, last: Option<Arc<Block>>, by: Instant) {
        let Some(watcher) = self.slots.get_mut(id.0).filter(|watcher| !watcher.is_ending()) else { return };
        if let Some(last) = last {
            watcher.queue(&last);
        }
        watcher.queue(&Arc::new(Block::last()));
        watcher.set_ending();
        (self.told)(Told::Closed { watcher: id });
        self.ending.push_back((by, id));
        self.flush(id);
    }

    fn end_all(&mut self, last: Option<Arc<Block>>, by: Instant) {
        for id in self.slots.ids() {
            self.end(WatcherId(id), last.clone(), by);
        }
        if self.closing {
            self.ending.iter_mut().for_each(|(due, _)| *due = (*due).min(by));
        }
    }

    fn hear(&mut self, event: &mio::event::Event) {
        let Some(id) = self.slots.id_at(event.token().0 - FIRST_PLACE) else { return };
        let Some(watcher) = self.slots.get_mut(id) else { return };
        let gone = event.is_error() || (event.is_readable() && !watcher.ignore_input());
        if gone {
            return self.remove(WatcherId(id));
        }
        if event.is_writable() && watcher.has_backlog() {
            self.flush(WatcherId(id));
        }
    }

    /// Those who were ended keep the order of their times, but for the last ones of a closing gate.
    fn drop_the_slow(&mut self, now: Instant) {
        while self.ending.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, id)) = self.ending.pop_front() {
                self.remove(id);
            }
        }
    }

    fn remove(&mut self, id: WatcherId) {
        if let Some(watcher) = self.slots.remove(id.0) {
            if !watcher.is_ending() {
                (self.told)(Told::Closed { watcher: id });
            }
            watcher.close();
        }
    }
}
