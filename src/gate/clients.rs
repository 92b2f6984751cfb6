//! All clients' connections, those of them that have to be looked at again, and what they are behind with together.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::client::Client;
use super::slots::{SlotId, Slots};

/// tiny_http writes its answers in small pieces; up to this much goes to the client in one.
const MAX_HELD_BYTES: usize = 32 * 1024;
/// How long the beginning of an answer is held back for the rest of it.
pub(super) const HOLD: Duration = Duration::from_millis(1);

pub(super) struct Clients {
    slots: Slots<Client>,
    /// The token of the first place.
    first_token: usize,
    /// Those that had more to read than one turn allows.
    unread: Vec<SlotId>,
    /// Those whose answer is held back for a moment, to be sent in fewer pieces.
    held: Vec<SlotId>,
    held_since: Instant,
    /// Bytes of answers that clients have not taken, all together.
    n_behind: usize,
}

impl Clients {
    pub fn new(first_token: usize, now: Instant) -> Clients {
        let (unread, held) = (Vec::new(), Vec::new());
        Clients { slots: Slots::new(), first_token, unread, held, held_since: now, n_behind: 0 }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn ids(&self) -> Vec<SlotId> {
        self.slots.ids()
    }

    pub fn iter(&self) -> impl Iterator<Item = (SlotId, &Client)> {
        self.slots.iter()
    }

    pub fn get_mut(&mut self, id: SlotId) -> Option<&mut Client> {
        self.slots.get_mut(id)
    }

    /// Returns the client whose socket has this token.
    pub fn at_token(&self, token: Token) -> Option<SlotId> {
        self.slots.id_at(token.0.checked_sub(self.first_token)?)
    }

    /// Takes a client in and registers its socket; if that fails, the connection is closed.
    pub fn insert(&mut self, client: Client, registry: &Registry) -> io::Result<SlotId> {
        let id = self.slots.insert(client);
        let token = Token(self.first_token + id.place());
        let registered = self.slots.get_mut(id).map_or(Ok(()), |client| client.register(registry, token));
        registered.map(|()| id).inspect_err(|_| drop(self.slots.remove(id)))
    }

    /// Takes a client out; its connection closes when it is dropped.
    pub fn remove(&mut self, id: SlotId) -> Option<Client> {
        let client = self.slots.remove(id)?;
        self.n_behind -= client.counted_behind();
        Some(client)
    }

    /// Has the client read from in the next turn.
    pub fn read_later(&mut self, id: SlotId) {
        self.unread.push(id);
    }

    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Takes those that are to be read from.
    pub fn take_unread(&mut self) -> Vec<SlotId> {
        std::mem::take(&mut self.unread)
    }

    /// Sends a part of an answer, or holds it back for a moment if more is to follow. Returns how many bytes the client
    /// is behind.
    pub fn deliver(&mut self, id: SlotId, bytes: &[u8], is_last: bool, now: Instant) -> io::Result<usize> {
        let Some(client) = self.slots.get_mut(id) else { return Ok(0) };
        if !is_last && client.n_unsent() + bytes.len() <= MAX_HELD_BYTES {
            if self.held.is_empty() {
                self.held_since = now;
            }
            if !client.has_unsent() {
                self.held.push(id);
            }
            client.hold(bytes, now);
        } else {
            client.send(bytes, now)?;
        }
        Ok(client.n_unsent())
    }

    pub fn holds_back(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes those whose answer has been held back for long enough.
    pub fn take_held(&mut self, now: Instant) -> Vec<SlotId> {
        if self.held_since + HOLD <= now { std::mem::take(&mut self.held) } else { Vec::new() }
    }

    /// Brings the sum of what clients are behind with up to date.
    pub fn count_behind(&mut self, id: SlotId) {
        if let Some(client) = self.slots.get_mut(id) {
            let (before, now) = client.count_behind();
            self.n_behind = self.n_behind - before + now;
        }
    }

    /// If all clients together are behind with more than `limit` bytes, returns the one that is the furthest behind.
    pub fn furthest_behind(&self, limit: usize) -> Option<SlotId> {
        if self.n_behind <= limit {
            return None;
        }
        self.slots.iter().max_by_key(|(_, client)| client.counted_behind()).map(|(id, _)| id)
    }
}
