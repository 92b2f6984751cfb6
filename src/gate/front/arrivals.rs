//! New connections: let in, or told why not. Whatever goes wrong, the gate goes on accepting.

use std::net::IpAddr;

use mio::net::TcpStream;

use super::Front;
use crate::gate::acceptor::Arrival;
use crate::gate::client::Client;
use crate::gate::refusal::Refusal;
use crate::gate::slots::SlotId;

const ACCEPTS_PER_TURN: usize = 128;
/// Clients beyond the limit that are told so and given time to read it; further ones are closed without a word.
const MAX_TURNED_AWAY: usize = 64;

impl Front {
    pub(super) fn accept(&mut self) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.acceptor.accept(self.clock.now()) {
                Arrival::Client(socket, peer) => self.admit(socket, peer),
                Arrival::Gone => {}
                Arrival::Nobody => return,
                Arrival::Impossible => return self.accept_without_descriptors(),
            }
        }
    }

    fn admit(&mut self, socket: TcpStream, peer: IpAddr) {
        // On Linux it is inherited from the listener.
        #[cfg(not(target_os = "linux"))]
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!("set TCP_NODELAY: {error}");
        }
        let counted = self.counted(peer);
        let permit = self.counts.permit(counted);
        let permit = permit.or_else(|| self.shed_neighbour(peer).then(|| self.counts.permit(counted))?);
        let Some(permit) = permit else { return self.turn_away(socket, peer, Refusal::TooMany) };
        if self.n_connections() >= self.config.max_connections && !self.shed_one() {
            return self.turn_away(socket, peer, Refusal::Busy(2));
        }
        let head_by = self.clock.now() + self.config.timings.head;
        self.insert(Client::new(socket, Some(permit), peer, head_by));
    }

    fn n_connections(&self) -> usize {
        self.clients.len() + self.counts.n_watchers()
    }

    fn insert(&mut self, client: Client) -> Option<SlotId> {
        let inserted = self.clients.insert(client, self.poll.registry());
        inserted.inspect_err(|error| tracing::warn!("register a connection: {error}")).ok()
    }

    fn turn_away(&mut self, socket: TcpStream, peer: IpAddr, refusal: Refusal) {
        if self.n_connections() < self.config.max_connections + MAX_TURNED_AWAY
            && let Some(id) = self.insert(Client::new(socket, None, peer, self.clock.now()))
        {
            self.refuse(id, refusal);
        }
    }

    /// Makes room for a new client.
    fn shed_one(&mut self) -> bool {
        let shed = self.shedding.next(&mut self.clients, self.clock.now());
        shed.inspect(|id| self.remove(*id)).is_some()
    }

    /// Makes room for a new client of an address that has reached its limit.
    fn shed_neighbour(&mut self, peer: IpAddr) -> bool {
        let shed = self.shedding.next_neighbour(&mut self.clients, peer, self.clock.now());
        shed.inspect(|id| self.remove(*id)).is_some()
    }

    /// Charges a body's next bytes to the budget. If need be, it sheds clients whose bodies stall. Returns false if
    /// there is no room.
    pub(super) fn charge(&mut self, for_whom: SlotId, already: usize, more: usize) -> bool {
        while !self.budget.take(already, more) {
            match self.shedding.next_stalled(&mut self.clients, for_whom, self.clock.now()) {
                Some(id) => self.remove(id),
                None => return false,
            }
        }
        true
    }

    /// Tells the client that waits the longest that the gate is busy, with the descriptor in reserve, and frees
    /// another.
    fn accept_without_descriptors(&mut self) {
        let refusal = Refusal::Busy(2);
        if self.acceptor.turn_one_away(&refusal.answer(false)) {
            self.config.refusals.count(refusal);
        }
        self.shed_one();
        self.acceptor.renew_reserve();
    }
}
