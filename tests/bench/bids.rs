//! Bids a second over kept HTTP connections, as ratios to the same server's no-op (`GET /api/v1/time`) over as many, and to
//! `fdatasync` after as many bytes as a bid writes, one by one: on 64 listings, and on one.
//!
//! `cargo bench --bench bids`; `BENCH_SECONDS` sets how long each load lasts (default 3).

#![forbid(unsafe_code)]

mod house;
mod load;
mod report;
mod server;

use load::{load, noop, seconds};
use report::say;
use server::{Line, serve};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: [usize; 4] = [1, 8, 32, 128];
const N_LISTINGS: usize = 64;
/// Each connection has two people of its own.
const N_PEOPLE: usize = 2 * 128;

fn main() {
    let length = seconds(3);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), N_PEOPLE, N_LISTINGS + CONNECTIONS.len()).tokens;
    let (mut server, address) = serve(dir.path());
    let amounts: Arc<Vec<AtomicI64>> = Arc::new((0..N_LISTINGS).map(|_| AtomicI64::new(1)).collect());
    for (round, n) in CONNECTIONS.into_iter().enumerate() {
        let before = noop(&address, n, length);
        let written = written_bytes(server.id());
        let many = on_many(&address, &tokens, &amounts, n, length);
        let a_bid = (written_bytes(server.id()) - written) / (many * length.as_secs_f64()).max(1.0) as u64;
        let (one, decided) = on_one(&address, &tokens, N_LISTINGS + 1 + round, n, length);
        let noop = (before + noop(&address, n, length)) / 2.0;
        let syncs = raw_syncs(dir.path(), a_bid);
        say(format!(
            "{n:>3} connections: no-op {noop:.0}/s; fdatasync of {a_bid} bytes {syncs:.0}/s; bids on {N_LISTINGS} listings \
             {many:.0}/s = {:.2} of no-op, {:.2} of fdatasync; on one {one:.0}/s accepted = {:.2}, {decided:.0}/s decided = {:.2}",
            many / noop,
            many / syncs,
            one / noop,
            decided / noop,
        ));
    }
    server.kill().ok();
    server.wait().ok();
    say(house::audit(dir.path()));
    report::keep("bids");
}

/// To the disk, by this process.
fn written_bytes(process: u32) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    written.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

/// Appends and syncs, one after the other, for a second; a new file each 64 MiB, as the write-ahead log begins anew.
fn raw_syncs(dir: &Path, bytes: u64) -> f64 {
    let bytes = vec![7; usize::try_from(bytes.max(1)).expect("few")];
    let path = dir.join("raw");
    let (mut file, mut length) = (File::create(&path).expect("a file"), 0);
    let started = Instant::now();
    let mut n = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        if length > 64 << 20 {
            (file, length) = (File::create(&path).expect("a file"), 0);
        }
        file.write_all(&bytes).expect("write");
        file.sync_data().expect("sync");
        length += bytes.len();
        n += 1;
    }
    std::fs::remove_file(path).expect("remove");
    f64::from(n) / started.elapsed().as_secs_f64()
}

/// Each connection has listings and two people of its own (where there are more connections than listings, they share them
/// and bid in turns), who outbid each other: nearly all is accepted.
fn on_many(
    address: &str,
    tokens: &[String],
    amounts: &Arc<Vec<AtomicI64>>,
    n: usize,
    length: Duration,
) -> f64 {
    let (address, tokens, amounts) = (address.to_owned(), tokens.to_vec(), amounts.clone());
    load(n, length, move |i, go_on| {
        let mut line = Line::open(&address);
        let (mut accepted, mut turn) = (0, 0);
        while go_on() {
            let at = (i + turn * n) % N_LISTINGS;
            let amount = amounts[at].fetch_add(1, Ordering::Relaxed);
            let person = 2 * i + usize::try_from(amount % 2).expect("0 or 1");
            let (status, body) = line.bid(&address, &tokens[person], at + 1, amount);
            assert!(status == 201 || (status == 409 && n > N_LISTINGS), "{status} {body}");
            accepted += u64::from(status == 201);
            turn += 1;
        }
        accepted
    })
}

/// All bid on one listing, each higher than any bid before it; who comes too late is refused. Accepted, and decided.
fn on_one(address: &str, tokens: &[String], listing: usize, n: usize, length: Duration) -> (f64, f64) {
    let (address, tokens) = (address.to_owned(), tokens.to_vec());
    let (next, decided) = (AtomicI64::new(1), Arc::new(AtomicU64::new(0)));
    let counted = decided.clone();
    let accepted = load(n, length, move |i, go_on| {
        let mut line = Line::open(&address);
        let (mut accepted, mut turn) = (0, 0);
        while go_on() {
            let amount = next.fetch_add(1, Ordering::Relaxed);
            let (status, body) = line.bid(&address, &tokens[2 * i + turn % 2], listing, amount);
            assert!(status == 201 || status == 409, "{status} {body}");
            accepted += u64::from(status == 201);
            turn += 1;
        }
        counted.fetch_add(turn as u64, Ordering::Relaxed);
        accepted
    });
    (accepted, decided.load(Ordering::Relaxed) as f64 / length.as_secs_f64())
}
