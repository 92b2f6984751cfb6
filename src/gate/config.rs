//! What the gate may be told: how many, how much, how long.

use super::base_path::BasePath;
use super::network::Network;
use super::refusals::Refusals;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

#[derive(Clone)]
pub struct Config {
    /// Connections in all, watchers included; less if the system allows fewer open files.
    pub max_connections: usize,
    /// At most nine tenths of the connections: the rest is kept for requests.
    pub max_watchers: usize,
    /// Connections from one address (IPv6: one /64; one /56 may have four times as many); 0 = no limit. May be changed at any
    /// time.
    pub per_address: Arc<AtomicUsize>,
    /// Taken off each request's path. May be changed at any time.
    pub base_path: BasePath,
    /// Counts what the gate refuses.
    pub refusals: Arc<Refusals>,
    /// The proxies whose `X-Forwarded-For` and `-Proto` are believed; not limited by address themselves.
    pub trusted_proxies: Vec<Network>,
    /// Connections to tiny_http at most, each with a thread there; opened when they are needed, and then kept.
    pub backends: usize,
    /// The largest body for a method and target, in bytes; past it the answer is 413.
    pub body_limit: fn(method: &str, target: &str) -> usize,
    /// The worker pool that answers a method and target.
    pub pool: fn(method: &str, target: &str) -> WorkerPool,
    /// The account that the body of a [`WorkerPool::Passwords`] names, if it can be read: of those that wait each account gets its turn.
    pub account: fn(body: &[u8]) -> Option<String>,
    /// The headers that the web layer reads, beside `Host`; the others are not passed on. None: all are.
    pub headers: Option<&'static [&'static str]>,
    pub limits: Limits,
    pub timings: Timings,
}

/// The threads behind tiny_http that answer a request. Requests for one pool wait for each other; a rush on one pool keeps no
/// other waiting, because each has its own share of the connections to tiny_http.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerPool {
    /// Reads a little, and is answered at once.
    Quick,
    /// Waits for the disk together with others that share a commit.
    Bids,
    /// Waits for the disk alone.
    Writes,
    /// Reads the more the more there is.
    Searches,
    /// Hashes a password.
    Passwords,
    /// Decodes pictures.
    Pictures,
    /// Opens a stream. When a hall comes back there are thousands at once: as many may wait as may watch.
    Streams,
}

impl WorkerPool {
    pub const ALL: [WorkerPool; 7] = [
        WorkerPool::Quick,
        WorkerPool::Bids,
        WorkerPool::Writes,
        WorkerPool::Searches,
        WorkerPool::Passwords,
        WorkerPool::Pictures,
        WorkerPool::Streams,
    ];
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bodies held at one time, of all clients together; the last quarter is for small ones.
    pub bodies_bytes: usize,
    /// Bytes of answers that clients have not taken yet, all together.
    pub answers_bytes: usize,
    /// Requests for one pool that wait for a free connection to tiny_http, but for those that open a stream.
    pub waiting: usize,
    /// What a watcher may be behind before it lags: then it gets nothing until it has taken that, and is brought on.
    pub backlog_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// A head, from its first byte (or the connection's) to its end.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Before a body or an answer must keep up with the floor rate.
    pub grace: Duration,
    /// What a body must bring, and an answer's reader take, on average.
    pub floor_bytes_per_s: usize,
    /// A request in the queue to tiny_http.
    pub waiting: Duration,
    /// An answer's silence.
    pub answer: Duration,
    /// After the last word to a client, for it to read that and leave: so long if it sends nothing more, and at most.
    pub linger: Duration,
    pub linger_at_most: Duration,
    /// Unacknowledged bytes, or a closed window, until the peer counts as gone.
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
