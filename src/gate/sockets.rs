//! What clients' and tiny_http's connections have in common: sockets that never make a thread wait.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

/// Writes until the socket takes no more, and returns how many bytes that was. Only a broken connection is an error.
pub(super) fn write_some(socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Returns whether a socket may have more to read. After a short read it is empty, and an event follows when that
/// changes: with epoll only, and only while the end was not announced, for that is not announced twice.
pub(super) fn may_hold_more(read: usize, asked: usize, end_announced: bool) -> bool {
    read == asked || end_announced || !cfg!(target_os = "linux")
}

/// Returns whether fewer bytes have come since `since`, beyond the grace, than the floor rate asks for.
pub(super) fn falls_behind(
    since: Instant,
    bytes: usize,
    grace: Duration,
    floor_bytes_per_s: usize,
    now: Instant,
) -> bool {
    let late = now.saturating_duration_since(since).saturating_sub(grace);
    (bytes as u128) < late.as_millis() * floor_bytes_per_s as u128 / 1000
}
