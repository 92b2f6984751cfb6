//! New connections: let in, or told why not. Whatever goes wrong at the door, the door stays open.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mio::Interest;
use mio::net::TcpStream;

use super::census::network;
use super::client::{Client, Phase, STALL, write_some};
use super::front::Front;
use super::refusal::Refusal;
use super::slots::SlotId;

const ACCEPTS_PER_TURN: usize = 128;
/// Clients beyond the limit who are told so and given time to read it; the others are just let go.
const MAX_TURNED_AWAY: usize = 64;
/// After an error that time may mend, such as no descriptors left.
const PAUSE: Duration = Duration::from_millis(20);
/// Such errors in a row are said once.
const QUIET: Duration = Duration::from_secs(1);
/// The list of who may be shed is made anew at most so often.
const SHEDDABLE_FOR: Duration = Duration::from_millis(50);
/// That of the idle connections of one address: a look at all connections takes a fraction of a millisecond.
const NEIGHBOURS_FOR: Duration = Duration::from_millis(5);

impl Front {
    pub(super) fn accept(&mut self) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok((socket, peer)) => self.welcome(socket, peer.ip().to_canonical()),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => {
                        self.acceptable = false;
                        return;
                    }
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {}
                    _ => {
                        if self.accept_after + QUIET < self.now {
                            tracing::warn!("accept a connection: {error}");
                        }
                        return self.make_do();
                    }
                },
            }
        }
    }

    fn welcome(&mut self, socket: TcpStream, peer: IpAddr) {
        // On Linux it is inherited from the listener.
        #[cfg(not(target_os = "linux"))]
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!("set TCP_NODELAY: {error}");
        }
        let counted = self.counted(peer);
        let seat = self.census.seat(counted);
        let seat = seat.or_else(|| self.shed_neighbour(peer).then(|| self.census.seat(counted))?);
        let Some(seat) = seat else { return self.turn_away(socket, peer, Refusal::TooMany) };
        let full = self.clients.len() + self.census.watchers() >= self.config.max_connections;
        if full && !self.shed_one() {
            return self.turn_away(socket, peer, Refusal::Busy(2));
        }
        let head_by = self.now + self.config.timings.head;
        self.insert(Client::new(socket, Some(seat), peer, head_by));
    }

    fn insert(&mut self, client: Client) -> Option<SlotId> {
        let id = self.clients.insert(client);
        let token = self.client_token(id);
        let client = self.clients.get_mut(id).expect("inserted just now");
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut client.socket, token, interest) {
            tracing::warn!("register a connection: {error}");
            self.remove(id);
            return None;
        }
        Some(id)
    }

    fn turn_away(&mut self, socket: TcpStream, peer: IpAddr, refusal: Refusal) {
        if self.clients.len() + self.census.watchers() < self.config.max_connections + MAX_TURNED_AWAY
            && let Some(id) = self.insert(Client::new(socket, None, peer, self.now))
        {
            self.refuse(id, refusal);
        }
    }

    /// Makes room for somebody new: who has had the last word, the longest idle, or the longest in the midst of a
    /// head or of a body that stalls.
    fn shed_one(&mut self) -> bool {
        if self.sheddable.is_empty() && self.sheddable_at.is_none_or(|at| at + SHEDDABLE_FOR <= self.now) {
            self.list_sheddable();
        }
        while let Some(id) = self.sheddable.pop() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            match &client.phase {
                Phase::Head | Phase::Lingering { .. } => {}
                Phase::Body(upload) if upload.stalls(self.now) => {}
                _ => continue,
            }
            self.remove(id);
            return true;
        }
        false
    }

    /// Makes room among those of one address, which has all it may have: of its connections that have had an answer and
    /// ask nothing, the one that is idle the longest. Browsers keep half a dozen each, so that a hall would be full of
    /// them.
    fn shed_neighbour(&mut self, peer: IpAddr) -> bool {
        let home = network(peer);
        let is_of_another = self.neighbours.0 != Some(home);
        let is_old = self.neighbours_at.is_none_or(|at| at + NEIGHBOURS_FOR <= self.now);
        if (is_of_another || self.neighbours.1.is_empty()) && is_old {
            self.list_neighbours(home);
        }
        if self.neighbours.0 != Some(home) {
            return false;
        }
        while let Some((deadline, id)) = self.neighbours.1.pop() {
            if self.clients.get_mut(id).is_some_and(|client| client.is_idle() && client.deadline == deadline)
            {
                self.remove(id);
                return true;
            }
        }
        false
    }

    fn list_neighbours(&mut self, home: IpAddr) {
        self.neighbours_at = Some(self.now);
        let mut found: Vec<(Instant, SlotId)> = Vec::new();
        for id in self.clients.ids() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            if client.was_served && client.is_idle() && client.seat.is_some() && network(client.peer) == home
            {
                found.push((client.deadline, id));
            }
        }
        // Taken from the end.
        found.sort_unstable_by(|a, b| b.cmp(a));
        self.neighbours = (Some(home), found);
    }

    fn list_sheddable(&mut self) {
        self.sheddable_at = Some(self.now);
        let head_after = self.now + self.config.timings.head.saturating_sub(STALL);
        let mut found: Vec<(u8, Instant, SlotId)> = Vec::new();
        for id in self.clients.ids() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            let in_head = !client.inbox.is_empty() || !client.was_served;
            let (turn, since) = match &client.phase {
                // Those that were never let in take nobody's place.
                Phase::Lingering { .. } if client.seat.is_some() => (0, client.deadline),
                Phase::Head if !in_head => (1, client.deadline),
                Phase::Head if client.deadline <= head_after => (2, client.deadline),
                Phase::Body(upload) if upload.stalls(self.now) => (3, upload.pace.0),
                _ => continue,
            };
            found.push((turn, since, id));
        }
        // Taken from the end: the first turn first, the longest first.
        found.sort_unstable_by(|a, b| b.cmp(a));
        self.sheddable = found.into_iter().map(|(_, _, id)| id).collect();
    }

    /// Room for a body's next bytes, if need be that of bodies that stall: those that hold the most first.
    pub(super) fn make_room(&mut self, for_whom: SlotId, already: usize, more: usize) -> bool {
        if self.budget.take(already, more) {
            return true;
        }
        if self.stalled.is_empty() && self.stalled_at.is_none_or(|at| at + SHEDDABLE_FOR <= self.now) {
            self.list_stalled();
        }
        while let Some(id) = self.stalled.pop() {
            let stalls =
                |client: &mut Client| matches!(&client.phase, Phase::Body(it) if it.stalls(self.now));
            if id == for_whom || !self.clients.get_mut(id).is_some_and(stalls) {
                continue;
            }
            self.remove(id);
            if self.budget.take(already, more) {
                return true;
            }
        }
        false
    }

    fn list_stalled(&mut self) {
        self.stalled_at = Some(self.now);
        let mut found: Vec<(usize, SlotId)> = Vec::new();
        for id in self.clients.ids() {
            let Some(client) = self.clients.get_mut(id) else { continue };
            if let Phase::Body(upload) = &client.phase
                && upload.charged > 0
                && upload.stalls(self.now)
            {
                found.push((upload.charged, id));
            }
        }
        // Taken from the end.
        found.sort_unstable();
        self.stalled = found.into_iter().map(|(_, id)| id).collect();
    }

    /// No descriptors: one kept in reserve is used to say so to whoever waits first; then a pause.
    fn make_do(&mut self) {
        self.accept_after = self.now + PAUSE;
        let Some(listener) = &self.listener else { return };
        if self.reserve.take().is_some()
            && let Ok((mut socket, _)) = listener.accept()
        {
            self.out.clear();
            Refusal::Busy(2).write(&mut self.out, false);
            self.config.refusals.count(Refusal::Busy(2));
            // It is let go in any case.
            let _ = write_some(&mut socket, &self.out);
        }
        self.shed_one();
        self.reserve = reserve();
    }
}

/// A descriptor to spare.
pub(super) fn reserve() -> Option<std::net::TcpListener> {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).ok()
}
