//! Sends to the watchers on behalf of the hub: what is sent is queued, and written by the outlet's own thread. Nothing
//! here ever waits for a socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mio::Waker;
use mio::net::TcpStream;

use super::connection_counts::Permit;
use super::slots::SlotId;

/// What may wait for the outlet's thread. Past this limit all watchers lag and are resumed later, rather than memory
/// filled.
const MAX_QUEUED_BYTES: usize = 64 * 1024 * 1024;

/// Identifies one watcher; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatcherId(pub(super) SlotId);

/// What the gate tells the hub about watchers. Its receiver must not wait for anything: that would hold up every
/// watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatcherEvent {
    /// The answer with this ticket opened a stream; from now on the watcher gets what is sent to it.
    Opened { ticket: u64, watcher: WatcherId },
    /// The watcher's socket has taken everything; it can take more.
    Taken { watcher: WatcherId },
    /// The watcher fell too far behind: what it had not begun to read was dropped, and so is everything that is sent to
    /// it until [`Outlet::resume`]. It has everything up to the mark `after`; none if no marked block has reached it.
    Lagging { watcher: WatcherId, after: Option<i64> },
    /// The watcher is gone: it left, took nothing for too long, or was ended. Follows every `Opened` once.
    Closed { watcher: WatcherId },
    /// The answer with this ticket opens no stream: its client has left, or there are too many watchers.
    Lost { ticket: u64 },
}

/// Sends to the watchers of one gate; clones share it. No call waits, and calls take effect in their order.
#[derive(Clone)]
pub struct Outlet {
    mailbox: Arc<Mailbox>,
}

impl Outlet {
    /// Sends bytes to many watchers. One that is too far behind lags if it has been sent a marked block, and is ended
    /// otherwise. Ids of watchers that are gone are ignored.
    pub fn send(&self, to: impl Into<Arc<[WatcherId]>>, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.send_block(to, Arc::new(Block::framed(bytes)));
        }
    }

    /// [`Outlet::send`] for a block that is shared with watchers who get it later.
    pub fn send_block(&self, to: impl Into<Arc<[WatcherId]>>, block: Arc<Block>) {
        self.mailbox.post(Order::Send { to: to.into(), block });
    }

    /// Sends many blocks to one watcher. With `tell_when_taken`, `WatcherEvent::Taken` follows once its socket has
    /// taken them all.
    pub fn send_many(&self, watcher: WatcherId, row: Vec<Arc<Block>>, tell_when_taken: bool) {
        self.mailbox.post(Order::SendRow { watcher, row, tell_when_taken });
    }

    /// Ends the lag of a watcher: it gets what is sent from now on. `WatcherEvent::Taken` follows once its socket has
    /// taken what it had begun.
    pub fn resume(&self, watcher: WatcherId) {
        self.mailbox.post(Order::Resume { watcher });
    }

    /// Returns whether no call waits for the outlet's thread: whoever has much to send can send it now without keeping
    /// anybody waiting for long.
    pub fn is_free(&self) -> bool {
        self.mailbox.is_empty()
    }

    /// Sends `last`, which may be empty, then ends the stream in order; `WatcherEvent::Closed` follows.
    pub fn end(&self, watcher: WatcherId, last: &[u8]) {
        let last = (!last.is_empty()).then(|| Arc::new(Block::framed(last)));
        self.mailbox.post(Order::End { watcher, last });
    }

    pub(super) fn new(mailbox: Arc<Mailbox>) -> Outlet {
        Outlet { mailbox }
    }
}

/// Bytes for many watchers, framed once as a chunk.
pub struct Block {
    bytes: Vec<u8>,
    /// Where the plain bytes are, for clients that read no chunks.
    plain: std::ops::Range<usize>,
    /// How far a watcher is that has read this block.
    mark: Option<i64>,
}

impl Block {
    /// Frames bytes; `plain` must not be empty, for an empty chunk ends a stream.
    pub fn framed(plain: &[u8]) -> Block {
        let mut bytes = format!("{:x}\r\n", plain.len()).into_bytes();
        let start = bytes.len();
        bytes.reserve_exact(plain.len() + 2);
        bytes.extend_from_slice(plain);
        bytes.extend_from_slice(b"\r\n");
        Block { bytes, plain: start..start + plain.len(), mark: None }
    }

    /// Frames bytes with a mark, from which a watcher that lags can be resumed.
    pub fn marked(plain: &[u8], mark: i64) -> Block {
        Block { mark: Some(mark), ..Block::framed(plain) }
    }

    /// Makes a block without a frame, such as a head.
    pub(super) fn bare(bytes: Vec<u8>) -> Block {
        let plain = 0..bytes.len();
        Block { bytes, plain, mark: None }
    }

    /// Makes the chunk that ends a stream; it is nothing for clients that read no chunks.
    pub(super) fn last() -> Block {
        Block { bytes: b"0\r\n\r\n".to_vec(), plain: 0..0, mark: None }
    }

    pub(super) fn mark(&self) -> Option<i64> {
        self.mark
    }

    pub(super) fn bytes(&self, chunked: bool) -> &[u8] {
        if chunked { &self.bytes } else { &self.bytes[self.plain.clone()] }
    }
}

/// A client that the front hands over to the outlet.
pub(super) struct Newcomer {
    pub ticket: u64,
    pub socket: TcpStream,
    pub permit: Permit,
    pub chunked: bool,
    /// The head of the answer, after whatever was still unsent before it.
    pub opening: Vec<u8>,
}

pub(super) enum Order {
    Adopt(Box<Newcomer>),
    Lost {
        ticket: u64,
    },
    Send {
        to: Arc<[WatcherId]>,
        block: Arc<Block>,
    },
    SendRow {
        watcher: WatcherId,
        row: Vec<Arc<Block>>,
        tell_when_taken: bool,
    },
    Resume {
        watcher: WatcherId,
    },
    End {
        watcher: WatcherId,
        last: Option<Arc<Block>>,
    },
    /// The gate shuts down: `last` goes to every watcher, and none may take longer than until `by`.
    EndAll {
        last: Option<Arc<Block>>,
        by: Instant,
    },
}

/// Orders for the outlet's thread.
pub(super) struct Mailbox {
    queued: Mutex<Queued>,
    waker: Waker,
    /// Grows with each turn of the outlet's thread, for the self-check.
    pub n_turns: AtomicU64,
}

#[derive(Default)]
struct Queued {
    orders: Vec<Order>,
    bytes: usize,
    overflowed: bool,
}

impl Mailbox {
    pub fn new(waker: Waker) -> Mailbox {
        Mailbox { queued: Mutex::default(), waker, n_turns: AtomicU64::new(0) }
    }

    pub fn post(&self, order: Order) {
        let bytes = match &order {
            Order::Send { to, block } => block.bytes.len() + 8 * to.len(),
            Order::SendRow { row, .. } => row.iter().map(|block| block.bytes.len()).sum(),
            _ => 0,
        };
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let wake = queued.orders.is_empty();
        if queued.bytes + bytes > MAX_QUEUED_BYTES {
            queued.overflowed = true;
            return;
        }
        queued.bytes += bytes;
        queued.orders.push(order);
        drop(queued);
        if wake && let Err(error) = self.waker.wake() {
            tracing::error!("wake the outlet: {error}");
        }
    }

    fn is_empty(&self) -> bool {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).orders.is_empty()
    }

    /// Moves all that waits into `orders`, which must be empty. Returns whether something had to be dropped.
    pub fn take(&self, orders: &mut Vec<Order>) -> bool {
        self.n_turns.fetch_add(1, Ordering::Relaxed);
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut queued.orders, orders);
        queued.bytes = 0;
        std::mem::take(&mut queued.overflowed)
    }
}
