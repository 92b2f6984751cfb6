//! Whom to let go when there is no room: lists of candidates, each made anew when it is empty and old enough, because a
//! look at all connections takes a fraction of a millisecond.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::client::{Client, Phase};
use super::clients::Clients;
use super::connection_counts::network;
use super::slots::SlotId;
use super::upload::STALL;

/// How long the lists of all clients are not made anew.
const GOOD_FOR: Duration = Duration::from_millis(50);
/// The same for the list of one address.
const NEIGHBOURS_GOOD_FOR: Duration = Duration::from_millis(5);

/// Each list is taken from its end.
pub(super) struct Shedding {
    /// How long a head may take.
    head: Duration,
    idle: Candidates<SlotId>,
    /// Those of one network, with the deadline that each had: it changes with every request.
    neighbours: Candidates<(Instant, SlotId)>,
    network: Option<IpAddr>,
    stalled: Candidates<SlotId>,
}

struct Candidates<T> {
    list: Vec<T>,
    listed_at: Option<Instant>,
}

impl Shedding {
    pub fn new(head: Duration) -> Shedding {
        let (idle, neighbours, stalled) = (Candidates::new(), Candidates::new(), Candidates::new());
        Shedding { head, idle, neighbours, network: None, stalled }
    }

    /// Returns a client to let go for a new one: one that has had its last answer, or the one that is idle the longest,
    /// or the longest in the middle of a head, or of a body that stalls.
    pub fn next(&mut self, clients: &mut Clients, now: Instant) -> Option<SlotId> {
        if self.idle.list.is_empty() && self.idle.is_old(GOOD_FOR, now) {
            self.idle.set(idle(clients, self.head, now), now);
        }
        while let Some(id) = self.idle.list.pop() {
            match clients.get_mut(id).map(|client| &client.phase) {
                Some(Phase::Head | Phase::Lingering { .. }) => return Some(id),
                Some(Phase::Body(upload)) if upload.stalls(now) => return Some(id),
                _ => {}
            }
        }
        None
    }

    /// Returns a client to let go for a new one of the same address, which has reached its limit: of those that have
    /// had an answer and ask for nothing, the one that is idle the longest. Browsers keep half a dozen connections
    /// each, so a hall full of visitors has many of them.
    pub fn next_neighbour(&mut self, clients: &mut Clients, peer: IpAddr, now: Instant) -> Option<SlotId> {
        let home = network(peer);
        let is_of_another = self.network != Some(home);
        if (is_of_another || self.neighbours.list.is_empty())
            && self.neighbours.is_old(NEIGHBOURS_GOOD_FOR, now)
        {
            self.neighbours.set(neighbours(clients, home), now);
            self.network = Some(home);
        }
        if self.network != Some(home) {
            return None;
        }
        while let Some((deadline, id)) = self.neighbours.list.pop() {
            if clients.get_mut(id).is_some_and(|client| client.is_idle() && client.deadline == deadline) {
                return Some(id);
            }
        }
        None
    }

    /// Returns a client other than `for_whom` whose body stalls: the one that holds the most bytes.
    pub fn next_stalled(&mut self, clients: &mut Clients, for_whom: SlotId, now: Instant) -> Option<SlotId> {
        if self.stalled.list.is_empty() && self.stalled.is_old(GOOD_FOR, now) {
            self.stalled.set(stalled(clients, now), now);
        }
        while let Some(id) = self.stalled.list.pop() {
            let stalls =
                |client: &mut Client| matches!(&client.phase, Phase::Body(upload) if upload.stalls(now));
            if id != for_whom && clients.get_mut(id).is_some_and(stalls) {
                return Some(id);
            }
        }
        None
    }
}

impl<T> Candidates<T> {
    fn new() -> Candidates<T> {
        Candidates { list: Vec::new(), listed_at: None }
    }

    fn is_old(&self, good_for: Duration, now: Instant) -> bool {
        self.listed_at.is_none_or(|at| at + good_for <= now)
    }

    fn set(&mut self, list: Vec<T>, now: Instant) {
        *self = Candidates { list, listed_at: Some(now) };
    }
}

fn idle(clients: &Clients, head: Duration, now: Instant) -> Vec<SlotId> {
    let head_after = now + head.saturating_sub(STALL);
    let mut found: Vec<(u8, Instant, SlotId)> = Vec::new();
    for (id, client) in clients.iter() {
        let in_head = !client.inbox.is_empty() || !client.was_served;
        let (order, since) = match &client.phase {
            // Those that were turned away take nobody's place.
            Phase::Lingering { .. } if client.permit.is_some() => (0, client.deadline),
            Phase::Head if !in_head => (1, client.deadline),
            Phase::Head if client.deadline <= head_after => (2, client.deadline),
            Phase::Body(upload) if upload.stalls(now) => (3, upload.slow_since()),
            _ => continue,
        };
        found.push((order, since, id));
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, _, id)| id).collect()
}

fn neighbours(clients: &Clients, home: IpAddr) -> Vec<(Instant, SlotId)> {
    let is_neighbour = |client: &Client| {
        client.was_served && client.is_idle() && client.permit.is_some() && network(client.peer()) == home
    };
    let found = clients.iter().filter(|(_, client)| is_neighbour(client));
    let mut found: Vec<(Instant, SlotId)> = found.map(|(id, client)| (client.deadline, id)).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn stalled(clients: &Clients, now: Instant) -> Vec<SlotId> {
    let mut found: Vec<(usize, SlotId)> = Vec::new();
    for (id, client) in clients.iter() {
        if let Phase::Body(upload) = &client.phase
            && upload.charged() > 0
            && upload.stalls(now)
        {
            found.push((upload.charged(), id));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}
