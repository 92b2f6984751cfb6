//! What is remembered of a request between its head and its answer.

use super::config::WorkerPool;
use super::fair_queue::Rank;

/// What of a request matters for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestInfo {
    pub head_only: bool,
    /// The minor version of HTTP/1.
    pub minor: u8,
    pub keep_alive: bool,
    pub pool: WorkerPool,
}

/// A whole request that is to be passed on.
pub(super) struct WaitingRequest {
    /// As tiny_http is to read it.
    pub bytes: Vec<u8>,
    pub info: RequestInfo,
    /// Its place in the queue, once it has one.
    pub rank: Option<Rank>,
    /// Bytes of bodies that it holds of the budget.
    pub charged: usize,
}
