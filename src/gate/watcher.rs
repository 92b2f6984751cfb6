//! One watcher: a socket, its backlog, and its permit. Small, because there are many.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::connection_counts::Permit;
use super::outlet::Block;

/// How much a watcher may send in all; a browser sends nothing.
const MAX_IGNORED_BYTES: u32 = 64 * 1024;
/// Blocks that go into one write.
const MAX_SLICES: usize = 64;

pub(super) struct Watcher {
    socket: TcpStream,
    _permit: Permit,
    chunked: bool,
    ending: bool,
    awaited: bool,
    lagging: bool,
    /// It has lagged, and is checked again later.
    pub suspect: bool,
    /// It has been sent a marked block.
    resumable: bool,
    /// The mark of the last block that it has read, or has begun to read.
    mark: Option<i64>,
    /// Bytes that its socket has taken.
    n_taken: u64,
    n_ignorable: u32,
    /// None while there is nothing in it.
    backlog: Option<Box<Backlog>>,
}

#[derive(Default)]
struct Backlog {
    blocks: VecDeque<Arc<Block>>,
    /// How much of the first block has been written.
    written: usize,
    /// What is left of all blocks.
    bytes: usize,
}

impl Watcher {
    pub fn new(socket: TcpStream, permit: Permit, chunked: bool) -> Watcher {
        Watcher {
            socket,
            _permit: permit,
            chunked,
            ending: false,
            awaited: false,
            lagging: false,
            suspect: false,
            resumable: false,
            mark: None,
            n_taken: 0,
            n_ignorable: MAX_IGNORED_BYTES,
            backlog: None,
        }
    }

    pub fn register(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        registry.register(&mut self.socket, token, interest)
    }

    pub fn is_ending(&self) -> bool {
        self.ending
    }

    pub fn set_ending(&mut self) {
        self.ending = true;
    }

    /// Notes that the hub waits for it to take everything.
    pub fn set_awaited(&mut self) {
        self.awaited = true;
    }

    /// Returns whether the hub waits for that, and forgets it.
    pub fn is_awaited(&mut self) -> bool {
        std::mem::take(&mut self.awaited)
    }

    pub fn is_lagging(&self) -> bool {
        self.lagging
    }

    /// Returns whether it can be resumed from a mark after it has lagged.
    pub fn is_resumable(&self) -> bool {
        self.resumable
    }

    /// Lets it lag: drops what it has not begun to read. Returns the mark up to which it has everything.
    pub fn lag(&mut self) -> Option<i64> {
        (self.lagging, self.awaited) = (true, false);
        self.drop_backlog();
        self.mark
    }

    pub fn resume(&mut self) {
        self.lagging = false;
    }

    pub fn n_taken(&self) -> u64 {
        self.n_taken
    }

    pub fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    pub fn backlog_bytes(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.bytes)
    }

    /// Writes a block straight away; only without a backlog. What does not go becomes the backlog.
    pub fn write(&mut self, block: &Arc<Block>) -> io::Result<()> {
        let bytes = block.bytes(self.chunked);
        let written = write_some(&mut self.socket, &[IoSlice::new(bytes)])?;
        self.n_taken += written as u64;
        self.resumable |= block.mark().is_some();
        if written == bytes.len() {
            self.mark = block.mark().or(self.mark);
        }
        if written < bytes.len() {
            let (blocks, bytes) = (VecDeque::from([block.clone()]), bytes.len() - written);
            self.backlog = Some(Box::new(Backlog { blocks, written, bytes }));
        }
        Ok(())
    }

    /// Puts a block behind the others, and says how many there are now.
    pub fn queue(&mut self, block: &Arc<Block>) -> usize {
        let bytes = block.bytes(self.chunked).len();
        if bytes == 0 {
            return self.backlog.as_ref().map_or(0, |backlog| backlog.blocks.len());
        }
        self.resumable |= block.mark().is_some();
        let backlog = self.backlog.get_or_insert_default();
        backlog.blocks.push_back(block.clone());
        backlog.bytes += bytes;
        backlog.blocks.len()
    }

    /// Writes what the socket takes; the rest stays.
    pub fn flush(&mut self) -> io::Result<()> {
        while let Some(backlog) = &mut self.backlog {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let mut offered = 0;
            for (at, (slice, block)) in slices.iter_mut().zip(&backlog.blocks).enumerate() {
                let bytes = &block.bytes(self.chunked)[if at == 0 { backlog.written } else { 0 }..];
                *slice = IoSlice::new(bytes);
                offered += bytes.len();
            }
            let n_slices = backlog.blocks.len().min(MAX_SLICES);
            let written = write_some(&mut self.socket, &slices[..n_slices])?;
            self.n_taken += written as u64;
            self.mark = backlog.forget(written, self.chunked).or(self.mark);
            if backlog.blocks.is_empty() {
                self.backlog = None;
            } else if written < offered {
                break;
            }
        }
        Ok(())
    }

    /// Drops the blocks of which nothing has been written.
    pub fn drop_backlog(&mut self) {
        if let Some(mut backlog) = self.backlog.take()
            && backlog.written > 0
        {
            backlog.blocks.truncate(1);
            self.mark = backlog.blocks[0].mark().or(self.mark);
            backlog.bytes = backlog.blocks[0].bytes(self.chunked).len() - backlog.written;
            self.backlog = Some(backlog);
        }
    }

    /// Returns false once the peer has left, or sends too much.
    pub fn ignore_input(&mut self) -> bool {
        ignore(&mut self.socket, &mut self.n_ignorable)
    }

    /// Closes the connection; what the system holds is still delivered.
    pub fn close(self) {
        // It fails where the peer has left already, which is as good.
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

impl Backlog {
    /// Drops the blocks that are written whole; returns their last mark.
    fn forget(&mut self, mut written: usize, chunked: bool) -> Option<i64> {
        self.bytes -= written;
        let mut mark = None;
        while let Some(first) = self.blocks.front() {
            let left = first.bytes(chunked).len() - self.written;
            if written < left {
                self.written += written;
                break;
            }
            written -= left;
            self.written = 0;
            mark = first.mark().or(mark);
            self.blocks.pop_front();
        }
        mark
    }
}

/// Writes once; returns 0 if the socket takes nothing. Only a broken connection is an error.
fn write_some(socket: &mut TcpStream, slices: &[IoSlice]) -> io::Result<usize> {
    loop {
        let result = if let [one] = slices { socket.write(one) } else { socket.write_vectored(slices) };
        match result {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            other => return other,
        }
    }
}

/// Reads and forgets up to `n_ignorable` bytes. Returns false once the peer has left, or sends more.
fn ignore(mut socket: impl Read, n_ignorable: &mut u32) -> bool {
    let mut junk = [0; 4096];
    loop {
        match socket.read(&mut junk) {
            Ok(0) => return false,
            Ok(read) => match n_ignorable.checked_sub(read as u32) {
                Some(left) => *n_ignorable = left,
                None => return false,
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}
