//! The journal: where a house lives on many machines, each holds a copy of its database, and a synchronously replicated
//! PostgreSQL holds the pages, each of which is one write transaction. A page is in force once the journal has acknowledged
//! it; its number decides between machines. Without a journal none of this is met with.
//!
//! - [`page`] is what a page holds, and how it is written.
//! - [`link`] is one connection's part: the turn, the append, and what is done when an answer is lost.
//! - [`replay`] repeats the pages of others on this machine's copy.
//! - [`whole`] is what concerns a whole copy: the first one, a new one, and the last.
//! - `postgres` is the journal in PostgreSQL.
//! - [`memory`] is a journal within one process, for simulations.

pub mod link;
pub mod memory;
pub mod page;
#[cfg(feature = "journal")]
pub mod postgres;
pub mod replay;
pub mod whole;

use crate::rules::hash::Hash;
use crate::rules::time::Time;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Sixteen random bytes by which a machine knows its own page again.
pub type Token = [u8; 16];

/// A page as the journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Counted from 1, without a gap.
    pub seq: i64,
    pub token: Token,
    /// [`page::chained`].
    pub hash: Hash,
    pub bytes: Vec<u8>,
}

/// The number of a last page, and its hash; 0 and zeros before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: Hash,
}

/// The turn: nobody else appends meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub head: Head,
    /// By the journal's clock, which is the clock of all machines.
    pub now: Time,
}

/// How the journal is.
#[derive(Clone, Debug)]
pub struct Status {
    pub head: Head,
    /// The machines that follow, by name.
    pub nodes: Vec<Node>,
    /// The machine that writes now.
    pub turn: Option<String>,
    pub standby: Standby,
}

/// A machine that follows.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub through: i64,
    pub seen_at: Time,
    pub version: String,
}

/// Whether another machine has what the journal acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standby {
    InSync,
    /// `synchronous_commit` is weaker than `on`.
    NotWaitedFor,
    /// `synchronous_standby_names` names nobody.
    NotNamed,
    /// One is named, and none is there: commits wait for it.
    Missing,
}

impl Standby {
    pub fn name(self) -> &'static str {
        match self {
            Standby::InSync => "in_sync",
            Standby::NotWaitedFor => "not_waited_for",
            Standby::NotNamed => "not_named",
            Standby::Missing => "missing",
        }
    }
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    InForce,
    /// Another machine's page has the number: nothing of this one happens.
    Lost,
}

/// The journal cannot be reached, or has not answered. What was asked of it may have been done.
#[derive(Debug)]
pub struct Away(pub String);

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal does not answer: {}", self.0)
    }
}

impl std::error::Error for Away {}

/// A journal, as it is reached from this machine.
pub trait Keeper: Send + Sync {
    /// A session of its own; it connects when it is first used, and again whenever that is lost.
    fn session(&self) -> Box<dyn Session>;

    /// How long a write waits for a journal that does not answer.
    fn patience(&self) -> Duration {
        Duration::from_secs(15)
    }
}

/// What is asked of a journal. Each verb fails within seconds where it cannot be done.
pub trait Session: Send {
    /// Takes the turn, once it is free. Whoever keeps it for too long loses it.
    fn take_turn(&mut self) -> Result<Turn, Away>;
    fn let_go(&mut self);
    /// The journal's time, so long after a turn was taken.
    fn now(&self, turn: &Turn, passed: Duration) -> Time {
        turn.now.plus_ms(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }
    /// Up to `limit` pages after this number, in their order. Needs no turn.
    fn pages_after(&mut self, seq: i64, limit: i64) -> Result<Vec<Stored>, Away>;
    /// Appends a page after the one before it. With an error, whether it is in force is not known.
    fn append(&mut self, page: &Stored) -> Result<Appended, Away>;
    /// Finds out what became of an append that was not answered: none if no page has its number. What it says is durable.
    fn look_for(&mut self, page: &Stored) -> Result<Option<Appended>, Away>;
    /// Makes the journal's tables, where they are not.
    fn prepare(&mut self) -> Result<(), Away>;
    /// The id of the house whose journal it is; none before there is one.
    fn house(&mut self) -> Result<Option<String>, Away>;
    /// Makes it the journal of this house.
    fn claim(&mut self, house: &str) -> Result<(), Away>;
    /// Keeps a copy of the database, which holds all pages up to this number. It replaces an older one once it is whole.
    fn put_snapshot(&mut self, seq: i64, file: &Path) -> Result<(), Away>;
    /// Writes the newest copy of the database to this file, which is made; none if there is none.
    fn newest_snapshot(&mut self, file: &Path) -> Result<Option<i64>, Away>;
    /// The newest page's number and hash. Needs no turn.
    fn head(&mut self) -> Result<Head, Away>;
    /// Keeps the file of a picture, whose name says what is in it.
    fn put_picture(&mut self, file: &str, bytes: &[u8]) -> Result<(), Away>;
    fn picture(&mut self, file: &str) -> Result<Option<Vec<u8>>, Away>;
    fn forget_picture(&mut self, file: &str) -> Result<(), Away>;
    /// Takes the right to deliver through this channel, unless another session has it; it ends with the session.
    fn try_post(&mut self, channel: i32) -> Result<bool, Away>;
    fn let_go_post(&mut self, channel: i32);
    fn status(&mut self) -> Result<Status, Away>;
    /// Says how far this machine has come.
    fn report(&mut self, name: &str, through: i64) -> Result<(), Away>;
    /// Waits until there may be pages after this number, or a moment has passed.
    fn wait_for_more(&mut self, seq: i64) -> Result<(), Away>;
}
