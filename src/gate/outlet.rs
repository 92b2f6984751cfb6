//! The hub's hand on the watchers: what it says here is queued and written by the outlet's own thread.
//! Nothing here ever waits for a socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mio::Waker;
use mio::net::TcpStream;

use super::census::Seat;
use super::slots::SlotId;

/// What may wait for the outlet's thread; past it all watchers lag, and are brought on again, rather than memory filled.
const MAX_QUEUED_BYTES: usize = 64 * 1024 * 1024;

/// One watcher; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatcherId(pub(super) SlotId);

/// What the hub is told. The one told must not wait for anything: it holds up every watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The answer with this ticket opened a stream; from now on it takes what is sent.
    Opened { ticket: u64, watcher: WatcherId },
    /// The last row sent to this watcher has left; it can take more.
    Taken { watcher: WatcherId },
    /// The watcher fell too far behind: what it had not begun to read was dropped, and so is all that is sent to it until
    /// [`Outlet::resume`]. It has been given everything up to this mark; none if no marked block has reached it.
    Lagging { watcher: WatcherId, after: Option<i64> },
    /// The watcher is gone: it left, took nothing for too long, or was ended. Said once of each that was opened.
    Closed { watcher: WatcherId },
    /// The answer with this ticket found no client to hand over, or no place for one more watcher.
    Lost { ticket: u64 },
}

/// Says things to watchers; clones speak for the same gate.
#[derive(Clone)]
pub struct Outlet {
    mailbox: Arc<Mailbox>,
}

impl Outlet {
    /// Sends one block to many. Blocks reach each watcher in the order of the calls. Who is too far behind lags, if
    /// marked blocks were among those that it was sent, and is ended otherwise. Ids of watchers that have gone are passed over.
    pub fn send(&self, to: impl Into<Arc<[WatcherId]>>, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.send_block(to, Arc::new(Block::framed(bytes)));
        }
    }

    /// The same for bytes that are framed already, and shared with whoever gets them later.
    pub fn send_block(&self, to: impl Into<Arc<[WatcherId]>>, block: Arc<Block>) {
        self.mailbox.post(Order::Send { to: to.into(), block });
    }

    /// Sends many blocks to one; `Told::Taken` follows, if it is asked for, once its socket has taken them all.
    pub fn send_row(&self, watcher: WatcherId, row: Vec<Arc<Block>>, tell_when_taken: bool) {
        self.mailbox.post(Order::SendRow { watcher, row, tell_when_taken });
    }

    /// Sends to a lagging watcher again from now on; `Told::Taken` follows once its socket has taken what it had begun.
    pub fn resume(&self, watcher: WatcherId) {
        self.mailbox.post(Order::Resume { watcher });
    }

    /// Whether all that was said has been begun to be written: whoever has much to say can say it now without keeping
    /// anybody waiting for long.
    pub fn is_free(&self) -> bool {
        self.mailbox.is_empty()
    }

    /// Sends `last` (which may be empty), then ends the stream in order.
    pub fn end(&self, watcher: WatcherId, last: &[u8]) {
        let last = (!last.is_empty()).then(|| Arc::new(Block::framed(last)));
        self.mailbox.post(Order::End { watcher, last });
    }

    pub(super) fn new(mailbox: Arc<Mailbox>) -> Outlet {
        Outlet { mailbox }
    }
}

/// Bytes for many watchers, framed as a chunk once.
pub struct Block {
    bytes: Vec<u8>,
    /// Where the plain bytes lie, for those who read without chunks.
    plain: std::ops::Range<usize>,
    /// Up to where a watcher that has read it has been told.
    mark: Option<i64>,
}

impl Block {
    pub fn framed(plain: &[u8]) -> Block {
        let mut bytes = format!("{:x}\r\n", plain.len()).into_bytes();
        let start = bytes.len();
        bytes.reserve_exact(plain.len() + 2);
        bytes.extend_from_slice(plain);
        bytes.extend_from_slice(b"\r\n");
        Block { bytes, plain: start..start + plain.len(), mark: None }
    }

    /// The same with a mark, from which on a watcher that lags is brought on.
    pub fn marked(plain: &[u8], mark: i64) -> Block {
        Block { mark: Some(mark), ..Block::framed(plain) }
    }

    /// Bytes that are the same for everybody, such as a head.
    pub(super) fn bare(bytes: Vec<u8>) -> Block {
        let plain = 0..bytes.len();
        Block { bytes, plain, mark: None }
    }

    /// The chunk that says that a stream is whole; nothing where there are no chunks.
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

/// A client on its way from the front to the outlet.
pub(super) struct Newcomer {
    pub ticket: u64,
    pub socket: TcpStream,
    pub seat: Seat,
    pub chunked: bool,
    /// The head of the answer, and what was still unsent before it.
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
    /// The end of the gate: `last` to everybody, and none may take longer than this.
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
    pub turns: AtomicU64,
}

#[derive(Default)]
struct Queued {
    orders: Vec<Order>,
    bytes: usize,
    overflowed: bool,
}

impl Mailbox {
    pub fn new(waker: Waker) -> Mailbox {
        Mailbox { queued: Mutex::default(), waker, turns: AtomicU64::new(0) }
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

    /// All that waits, into `orders` (which is empty), and whether something had to be left out.
    pub fn take(&self, orders: &mut Vec<Order>) -> bool {
        self.turns.fetch_add(1, Ordering::Relaxed);
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut queued.orders, orders);
        queued.bytes = 0;
        std::mem::take(&mut queued.overflowed)
    }
}
