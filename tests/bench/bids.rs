//! Bids a second over kept HTTP connections, as ratios to the same server's no-op (`GET /api/v1/time`) and to the raw
//! `fdatasync` of this disk, all in one run: on 64 listings, on one, and on one after 100,000 bids.
//!
//! `cargo bench --bench bids`; `BENCH_SECONDS` sets how long each load lasts (default 5).

mod server;

use auction::house::accounts::{By, Joining};
use auction::house::{House, Opening};
use auction::rules::listing::{Closes, Draft};
use auction::store::clock::Clock;
use server::{Line, serve};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const N_CONNECTIONS: usize = 32;
const N_LISTINGS: usize = 64;
const PURSE: i64 = 900_000_000_000_000;
const GROWN: i64 = 100_000;

fn main() {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = prepare(dir.path());
    let (mut server, address) = serve(dir.path());
    let fsyncs = raw_syncs(dir.path());
    println!("raw fdatasync of 4 KiB: {fsyncs:.0}/s");
    let length = Duration::from_secs(seconds);

    let before = noop(&address, length);
    let many = on_many(&address, &tokens, length);
    let one = on_one(&address, &tokens, N_LISTINGS + 1, length);
    let after = noop(&address, length);
    let noop = (before + after) / 2.0;
    println!("no-op: {before:.0}/s before, {after:.0}/s after");
    println!(
        "bids on {N_LISTINGS} listings: {many:.0}/s accepted = {:.2} of no-op, {:.2} of fdatasync",
        many / noop,
        many / fsyncs
    );
    println!("bids on one listing: {one:.0}/s accepted = {:.2} of no-op", one / noop);

    let growing = N_LISTINGS + 2;
    let start = on_one(&address, &tokens, growing, length);
    while n_bids(&address, growing) < GROWN {
        on_one(&address, &tokens, growing, Duration::from_secs(2));
    }
    let n = n_bids(&address, growing);
    let grown = on_one(&address, &tokens, growing, length);
    println!("one listing: {start:.0}/s at the start, {grown:.0}/s after {n} bids = {:.2}", grown / start);
    server.kill().ok();
    server.wait().ok();
    let audit = House::open(dir.path(), Opening::Existing, Clock::default()).and_then(|house| house.audit());
    let audit = audit.expect("the house can be audited");
    assert_eq!(audit.disagreement, None);
    println!("audit: {} bids agree", audit.n_bids);
}

/// People with money and sessions, two for each connection; listings with an increment of 1.
fn prepare(dir: &Path) -> Vec<String> {
    let house = House::open(dir, Opening::Make, Clock::default()).expect("a house");
    house.set("limit_bids_per_s", "0").expect("set").expect("a rate");
    let open = |i: usize| {
        let joining = Joining {
            email: format!("p{i}@bench.example"),
            name: format!("Person {i}"),
            password: Some("bench-bench".into()),
            is_admin: false,
        };
        house.open_account(joining, By::Admin).expect("open").expect("a new account")
    };
    let seller = open(0).id;
    for i in 0..N_LISTINGS + 2 {
        let draft = Draft {
            title: format!("Lot {i}"),
            opening: 1,
            increment: Some(1),
            closes: Some(Closes::In { seconds: 24 * 3_600 }),
            ..Draft::default()
        };
        house.list(seller, draft).expect("list").expect("a listing");
    }
    (1..=2 * N_CONNECTIONS)
        .map(|i| {
            let account = open(i);
            house.credit(account.id, PURSE, "bench").expect("credit").expect("money");
            let entered = house.log_in(&account.email, "bench-bench").expect("log in").expect("allowed");
            entered.expect("the password is right").token
        })
        .collect()
}

fn raw_syncs(dir: &Path) -> f64 {
    let mut file = File::create(dir.join("raw")).expect("a file");
    let started = Instant::now();
    let mut n = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        file.seek(SeekFrom::Start(0)).expect("seek");
        file.write_all(&[7; 4_096]).expect("write");
        file.sync_data().expect("sync");
        n += 1;
    }
    f64::from(n) / started.elapsed().as_secs_f64()
}

/// Runs `work` on each connection for `length`; how many successes a second there were.
fn load(length: Duration, work: impl Fn(usize, &dyn Fn() -> bool) -> u64 + Send + Sync + 'static) -> f64 {
    let work = Arc::new(work);
    let until = Instant::now() + length;
    let total = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..N_CONNECTIONS)
        .map(|i| {
            let (work, total) = (work.clone(), total.clone());
            std::thread::spawn(move || {
                total.fetch_add(work(i, &|| Instant::now() < until), Ordering::Relaxed);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a connection");
    }
    total.load(Ordering::Relaxed) as f64 / length.as_secs_f64()
}

fn noop(address: &str, length: Duration) -> f64 {
    let address = address.to_owned();
    load(length, move |_, go_on| {
        let mut line = Line::open(&address);
        let request = format!("GET /api/v1/time HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let mut n = 0;
        while go_on() {
            assert_eq!(line.ask(&request).0, 200);
            n += 1;
        }
        n
    })
}

/// Each connection has two listings and two people of its own, who outbid each other in turns: all is accepted.
fn on_many(address: &str, tokens: &[String], length: Duration) -> f64 {
    let (address, tokens) = (address.to_owned(), tokens.to_vec());
    load(length, move |i, go_on| {
        let mut line = Line::open(&address);
        let mut n: u64 = 0;
        while go_on() {
            let round = i64::try_from(n).expect("few") / 2;
            let listing = 1 + i + (usize::try_from(n).expect("few") % 2) * N_CONNECTIONS;
            let token = &tokens[2 * i + usize::try_from(round % 2).expect("0 or 1")];
            let (status, body) = line.bid(&address, token, listing, round + 1);
            assert_eq!(status, 201, "{body}");
            n += 1;
        }
        n
    })
}

/// All bid on one listing, each higher than any bid before it; who comes too late is refused, and not counted.
fn on_one(address: &str, tokens: &[String], listing: usize, length: Duration) -> f64 {
    let (address, tokens) = (address.to_owned(), tokens.to_vec());
    let first = minimum(&address, listing);
    let next = Arc::new(AtomicI64::new(first));
    load(length, move |i, go_on| {
        let mut line = Line::open(&address);
        let (mut n, mut turn) = (0, 0);
        while go_on() {
            let amount = next.fetch_add(1, Ordering::Relaxed);
            let (status, body) = line.bid(&address, &tokens[2 * i + turn % 2], listing, amount);
            assert!(status == 201 || status == 409, "{status} {body}");
            n += u64::from(status == 201);
            turn += 1;
        }
        n
    })
}

fn minimum(address: &str, listing: usize) -> i64 {
    number(address, listing, "\"minimum\":")
}

fn n_bids(address: &str, listing: usize) -> i64 {
    number(address, listing, "\"n_bids\":")
}

fn number(address: &str, listing: usize, name: &str) -> i64 {
    let request = format!("GET /api/v1/listings/{listing} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let (_, body) = Line::open(address).ask(&request);
    let at = body.find(name).expect("a listing") + name.len();
    let digits: String = body[at..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}
