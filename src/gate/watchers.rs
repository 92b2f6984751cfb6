//! The outlet's thread: it alone holds the watchers' sockets and writes to them, and it never waits for one. A watcher
//! that cannot take what comes gets a backlog up to a limit, and lags past it: the backlog is dropped, and the hub
//! resumes the watcher once its socket takes something. One that takes nothing for long is ended.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mio::{Events, Interest, Poll, Token};

use super::outlet::{Block, Mailbox, Newcomer, Order, WatcherEvent, WatcherId};
use super::slots::Slots;
use super::watcher::Watcher;

pub(super) const WAKE: Token = Token(0);
const FIRST_PLACE: usize = 1;
const MAX_EVENTS: usize = 1024;
/// How long a watcher may take to read its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(5);
/// How long a watcher that has lagged may take nothing at all.
const STANDSTILL: Duration = Duration::from_secs(60);
/// The thread turns at least this often, for the self-check and for the watchers that are ending.
const TURN: Duration = Duration::from_secs(1);

pub(super) struct Watchers {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    told: Box<dyn FnMut(WatcherEvent) + Send>,
    backlog_bytes: usize,
    slots: Slots<Watcher>,
    /// Those that have something new in their backlog in this turn.
    dirty: Vec<WatcherId>,
    /// Those that were ended and still have to read their last bytes.
    ending: VecDeque<(Instant, WatcherId)>,
    /// Those that have lagged, with the time of the next check and how much they had taken at the last one.
    suspects: VecDeque<(Instant, WatcherId, u64)>,
    /// Set once the gate shuts down: no watcher is taken in any more.
    closing: bool,
}

impl Watchers {
    pub fn new(
        poll: Poll,
        mailbox: Arc<Mailbox>,
        backlog_bytes: usize,
        told: Box<dyn FnMut(WatcherEvent) + Send>,
    ) -> Watchers {
        let (slots, dirty) = (Slots::new(), Vec::new());
        let (ending, suspects) = (VecDeque::new(), VecDeque::new());
        Watchers { poll, mailbox, told, backlog_bytes, slots, dirty, ending, suspects, closing: false }
    }

    /// Runs until the gate shuts down and the last watcher is gone.
    pub fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut orders = Vec::new();
        while !(self.closing && self.slots.len() == 0) {
            self.turn(&mut events, &mut orders)?;
        }
        Ok(())
    }

    fn turn(&mut self, events: &mut Events, orders: &mut Vec<Order>) -> Result<()> {
        match self.poll.poll(events, Some(TURN)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(error).context("wait for the watchers");
            }
            _ => {}
        }
        // Before any order: a newcomer may get the place of one whose event is among these.
        for event in events.iter().filter(|event| event.token() != WAKE) {
            self.hear(event);
        }
        if self.mailbox.take(orders) {
            tracing::warn!("more was sent to the watchers than can be written: all lag");
            // What is left has gaps.
            orders.retain(|order| !matches!(order, Order::Send { .. } | Order::SendRow { .. }));
            self.slots.ids().into_iter().for_each(|id| self.let_lag(WatcherId(id)));
        }
        self.carry_out(orders);
        self.remove_overdue(Instant::now());
        self.end_stuck(Instant::now());
        Ok(())
    }

    fn carry_out(&mut self, orders: &mut Vec<Order>) {
        // What one watcher gets from several orders goes out in one write.
        let at_once = orders.len() == 1;
        for order in orders.drain(..) {
            // All together may take long: the self-check must see that the thread goes on.
            self.mailbox.n_turns.fetch_add(1, Ordering::Relaxed);
            match order {
                Order::Adopt(newcomer) => self.adopt(*newcomer),
                Order::Lost { ticket } => (self.told)(WatcherEvent::Lost { ticket }),
                Order::Send { to, block } => {
                    for watcher in &*to {
                        self.send(*watcher, &block, at_once);
                    }
                }
                Order::SendRow { watcher, row, tell_when_taken } => {
                    row.iter().for_each(|block| self.send(watcher, block, false));
                    if tell_when_taken {
                        self.tell_when_taken(watcher);
                    }
                }
                Order::Resume { watcher } => {
                    if let Some(entry) = self.slots.get_mut(watcher.0) {
                        entry.resume();
                    }
                    self.tell_when_taken(watcher);
                }
                Order::End { watcher, last } => self.end(watcher, last, Instant::now() + LAST_BYTES),
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

    fn tell_when_taken(&mut self, id: WatcherId) {
        if let Some(watcher) = self.slots.get_mut(id.0).filter(|watcher| !watcher.is_lagging()) {
            watcher.set_awaited();
            self.dirty.push(id);
        }
    }

    fn adopt(&mut self, newcomer: Newcomer) {
        let Newcomer { ticket, socket, permit, chunked, opening } = newcomer;
        if self.closing {
            return (self.told)(WatcherEvent::Lost { ticket });
        }
        let watcher = WatcherId(self.slots.insert(Watcher::new(socket, permit, chunked)));
        let token = Token(FIRST_PLACE + watcher.0.place());
        let entry = self.slots.get_mut(watcher.0).expect("inserted just now");
        if let Err(error) =
            entry.register(self.poll.registry(), token, Interest::READABLE | Interest::WRITABLE)
        {
            tracing::warn!("register a watcher: {error}");
            self.slots.remove(watcher.0);
            return (self.told)(WatcherEvent::Lost { ticket });
        }
        (self.told)(WatcherEvent::Opened { ticket, watcher });
        self.send(watcher, &Arc::new(Block::bare(opening)), true);
    }

    fn send(&mut self, id: WatcherId, block: &Arc<Block>, at_once: bool) {
        let listens = |watcher: &&mut Watcher| !watcher.is_ending() && !watcher.is_lagging();
        let Some(watcher) = self.slots.get_mut(id.0).filter(listens) else { return };
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
            Ok(()) if watcher.backlog_bytes() > self.backlog_bytes => self.let_lag(id),
            Ok(()) => {}
        }
    }

    fn flush(&mut self, id: WatcherId) {
        let Some(watcher) = self.slots.get_mut(id.0) else { return };
        match watcher.flush() {
            Ok(()) if watcher.has_backlog() => {}
            Ok(()) if watcher.is_ending() => self.remove(id),
            Ok(()) if watcher.is_awaited() => (self.told)(WatcherEvent::Taken { watcher: id }),
            Ok(()) => {}
            Err(_) => self.remove(id),
        }
    }

    /// Sends it nothing more until it is resumed; one that cannot be resumed is ended.
    fn let_lag(&mut self, id: WatcherId) {
        let Some(watcher) = self.slots.get_mut(id.0).filter(|watcher| !watcher.is_ending()) else { return };
        if !watcher.is_resumable() {
            return self.end_laggard(id);
        }
        if watcher.is_lagging() {
            return;
        }
        tracing::debug!("a watcher is too far behind: it lags");
        let after = watcher.lag();
        if !std::mem::replace(&mut watcher.suspect, true) {
            self.suspects.push_back((Instant::now() + STANDSTILL, id, watcher.n_taken()));
        }
        (self.told)(WatcherEvent::Lagging { watcher: id, after });
    }

    /// Checks those that have lagged: one that has taken nothing is ended; one without a backlog is not checked any
    /// more.
    fn end_stuck(&mut self, now: Instant) {
        while self.suspects.front().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, id, before)) = self.suspects.pop_front() else { return };
            let Some(watcher) = self.slots.get_mut(id.0) else { continue };
            match watcher.n_taken() {
                _ if !watcher.has_backlog() => watcher.suspect = false,
                n_taken if n_taken == before => self.end_laggard(id),
                n_taken => self.suspects.push_back((now + STANDSTILL, id, n_taken)),
            }
        }
    }

    /// Ends a watcher after the block that it has begun to read; the rest is dropped.
    fn end_laggard(&mut self, id: WatcherId) {
        tracing::debug!("a watcher is too far behind: it is ended");
        if let Some(watcher) = self.slots.get_mut(id.0) {
            watcher.drop_backlog();
        }
        self.end(id, None, Instant::now() + LAST_BYTES);
    }

    fn end(&mut self, id: WatcherId, last: Option<Arc<Block>>, by: Instant) {
        let Some(watcher) = self.slots.get_mut(id.0).filter(|watcher| !watcher.is_ending()) else { return };
        if let Some(last) = last {
            watcher.queue(&last);
        }
        watcher.queue(&Arc::new(Block::last()));
        watcher.set_ending();
        (self.told)(WatcherEvent::Closed { watcher: id });
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

    /// Closes those that have had their time to read their last bytes.
    fn remove_overdue(&mut self, now: Instant) {
        while self.ending.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, id)) = self.ending.pop_front() {
                self.remove(id);
            }
        }
    }

    fn remove(&mut self, id: WatcherId) {
        if let Some(watcher) = self.slots.remove(id.0) {
            if !watcher.is_ending() {
                (self.told)(WatcherEvent::Closed { watcher: id });
            }
            watcher.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;

    use mio::Waker;

    use super::super::connection_counts::ConnectionCounts;
    use super::*;

    #[test]
    fn whoever_takes_the_place_of_one_that_left_stays() {
        let poll = Poll::new().unwrap();
        let mailbox = Arc::new(Mailbox::new(Waker::new(poll.registry(), WAKE).unwrap()));
        let (tell, told) = mpsc::channel();
        let tell = move |what| tell.send(what).unwrap();
        let mut watchers = Watchers::new(poll, mailbox.clone(), 1024, Box::new(tell));
        let (mut events, mut orders) = (Events::with_capacity(MAX_EVENTS), Vec::new());

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let counts = ConnectionCounts::new(Arc::default(), 10);
        let come = |ticket| {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (socket, _) = listener.accept().unwrap();
            socket.set_nonblocking(true).unwrap();
            let socket = mio::net::TcpStream::from_std(socket);
            let (permit, opening) = (counts.permit(None).unwrap(), b"the head".to_vec());
            mailbox.post(Order::Adopt(Box::new(Newcomer { ticket, socket, permit, chunked: true, opening })));
            client
        };
        let first = come(1);
        watchers.turn(&mut events, &mut orders).unwrap();
        let WatcherEvent::Opened { watcher: left, .. } = told.recv().unwrap() else {
            panic!("it was not let in")
        };

        // It leaves without having read, which is a reset; it is ended, as by a log-out, and another comes, all in one
        // turn.
        drop(first);
        mailbox.post(Order::End { watcher: left, last: None });
        let _second = come(2);
        watchers.turn(&mut events, &mut orders).unwrap();
        let what: Vec<WatcherEvent> = told.try_iter().collect();
        assert!(
            matches!(what[..], [WatcherEvent::Closed { watcher }, WatcherEvent::Opened { ticket: 2, .. }] if watcher == left),
            "{what:?}"
        );
    }
}
