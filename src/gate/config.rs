//! The gate's settings: how many, how much, how long.

use super::base_path::BasePath;
use super::network::Network;
use super::refusals::Refusals;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// What [`super::Gate::open`] takes; the default suits a house of its own without a proxy.
#[derive(Clone)]
pub struct Config {
    /// Connections in all, watchers included; fewer if the system does not allow as many open files.
    pub max_connections: usize,
    /// At most nine tenths of the connections; the rest is kept for requests.
    pub max_watchers: usize,
    /// Connections from one address (IPv6: one /64; one /56 may have four times as many); 0 means no limit. May be
    /// changed at any time.
    pub per_address: Arc<AtomicUsize>,
    /// Removed from each request's path. May be changed at any time.
    pub base_path: BasePath,
    /// Counts what the gate refuses.
    pub refusals: Arc<Refusals>,
    /// The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; they are not limited by address.
    pub trusted_proxies: Vec<Network>,
    /// Connections to tiny_http at most, each with a thread there. They are opened when they are needed, and then kept.
    pub backends: usize,
    /// Returns the largest body for a method and target, in bytes; a larger one is refused with 413.
    pub body_limit: fn(method: &str, target: &str) -> usize,
    /// Returns the pool of a request by its method and target.
    pub pool: fn(method: &str, target: &str) -> WorkerPool,
    /// Returns the account that the body of a [`WorkerPool::Passwords`] names, if it can be read: waiting accounts take
    /// turns.
    pub account: fn(body: &[u8]) -> Option<String>,
    /// The headers that the web layer reads, beside `Host`; others are not passed on. With none, all are.
    pub headers: Option<&'static [&'static str]>,
    pub limits: Limits,
    pub timings: Timings,
}

/// The pools of requests. Each has its share of the connections to tiny_http, so that a rush of one pool keeps only its
/// own pool waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerPool {
    /// Reads a little and is answered at once.
    Quick,
    /// Waits for the disk, and shares a commit with others.
    Bids,
    /// Waits for the disk by itself.
    Writes,
    /// Takes longer the more there is to read.
    Searches,
    /// Hashes a password.
    Passwords,
    /// Decodes pictures.
    Pictures,
    /// Opens a stream. After a restart thousands come at once, so as many may wait as may watch.
    Streams,
    /// Asks another server, and waits for its answer.
    Outside,
}

impl WorkerPool {
    pub const ALL: [WorkerPool; 8] = [
        WorkerPool::Quick,
        WorkerPool::Bids,
        WorkerPool::Writes,
        WorkerPool::Searches,
        WorkerPool::Passwords,
        WorkerPool::Pictures,
        WorkerPool::Streams,
        WorkerPool::Outside,
    ];
}

/// How much is held for all clients together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bodies held at one time; the last quarter is for small ones.
    pub bodies_bytes: usize,
    /// Answers that clients have not taken yet.
    pub answers_bytes: usize,
    /// Requests of one pool that wait for a free connection to tiny_http; more of those that open a stream may wait.
    pub waiting: usize,
    /// How far one watcher may be behind before it lags: it then gets nothing until it is resumed.
    pub backlog_bytes: usize,
}

/// How long clients and the web layer may take.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// A head, from its first byte (the first head: from the connection on) to its end.
    pub head: Duration,
    /// The time between two requests.
    pub idle: Duration,
    /// The time before a body or an answer must keep up with the floor rate.
    pub grace: Duration,
    /// What a body must bring, and the reader of an answer take, on average.
    pub floor_bytes_per_s: usize,
    /// The time that a request may wait in the queue.
    pub waiting: Duration,
    /// The time that an answer, or its next part, may take to come.
    pub answer: Duration,
    /// The time for a client to read its last answer and leave: if it sends nothing more, and at the most.
    pub linger: Duration,
    pub linger_at_most: Duration,
    /// The time that bytes may stay unacknowledged, or the window closed, until the peer counts as gone.
    pub vanished: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_connections: 16_384,
            max_watchers: 12_000,
            per_address: Arc::new(AtomicUsize::new(1000)),
            base_path: BasePath::default(),
            refusals: Arc::default(),
            trusted_proxies: Vec::new(),
            backends: 64,
            body_limit: |_, _| 64 * 1024,
            pool: |_, _| WorkerPool::Quick,
            account: |_| None,
            headers: None,
            limits: Limits::default(),
            timings: Timings::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bodies_bytes: 64 << 20, answers_bytes: 64 << 20, waiting: 1024, backlog_bytes: 256 * 1024 }
    }
}

impl Default for Timings {
    fn default() -> Timings {
        Timings {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            floor_bytes_per_s: 4 * 1024,
            waiting: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            linger: Duration::from_secs(2),
            linger_at_most: Duration::from_secs(30),
            vanished: Duration::from_secs(30),
        }
    }
}
