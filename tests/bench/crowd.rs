//! A whole evening at once: 32 connections bid while 5,000 watch, pages are read, pictures come in, listings close and a backup
//! runs. What each feels of it, with the bids alone beside it; nobody starves, and the books agree in the end.
//!
//! `cargo bench --bench crowd`; `BENCH_SECONDS` sets how long each load lasts (default 5), `CROWD_WATCHERS` how many watch.

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;
#[allow(dead_code)] // Its own measurement is the benchmark `hub`'s.
mod watching;

use auction::house::{House, Opening};
use auction::rules::listing::{Closes, Draft};
use auction::store::clock::Clock;
use report::say;
use server::{Line, serve};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const N_BIDDING: usize = 32;
const N_LISTINGS: usize = 64;
const N_READING: usize = 4;
const N_SELLING: usize = 2;
/// Listings that close meanwhile.
const N_CLOSING: usize = 100;
/// Between two requests of one connection: what is asked for is bounded.
const BID_PACE: Duration = Duration::from_millis(100);
const READ_PACE: Duration = Duration::from_millis(20);
const PICTURE_PACE: Duration = Duration::from_millis(500);

type Asked = Arc<Mutex<HashMap<i64, Instant>>>;

/// What all connections share.
struct Hall {
    address: String,
    tokens: Vec<String>,
    amounts: Vec<AtomicI64>,
    /// When the bid behind an event was asked for.
    asked: Asked,
}

fn main() {
    let length = Duration::from_secs(number("BENCH_SECONDS", 5));
    // As many of each listing.
    let n_watchers = number("CROWD_WATCHERS", 5_000_usize).next_multiple_of(N_LISTINGS);
    rlimit::increase_nofile_limit(n_watchers as u64 + 1_000).expect("enough open files");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), 2 * N_BIDDING, N_LISTINGS).tokens;
    let (mut server, address) = serve(dir.path());
    let amounts = (0..N_LISTINGS).map(|_| AtomicI64::new(1)).collect();
    let hall = Arc::new(Hall { address, tokens, amounts, asked: Asked::default() });

    tell("bids, alone", N_BIDDING, length, all(&hall, N_BIDDING, length, bid));
    tell("pages, alone", N_READING, length, all(&hall, N_READING, length, read));

    let mut poll = mio::Poll::new().expect("poll");
    let mut watchers = watching::open(&mut poll, &hall.address, n_watchers, N_LISTINGS);
    let closing = close_soon(dir.path(), length);
    hall.asked.lock().expect("nobody panicked").clear();
    let done = Arc::new(AtomicBool::new(false));
    let stop = done.clone();
    let watching = thread::spawn(move || watching::hear(&mut poll, &mut watchers, &stop));
    let bidding = {
        let hall = hall.clone();
        thread::spawn(move || all(&hall, N_BIDDING, length, bid))
    };
    let reading = {
        let hall = hall.clone();
        thread::spawn(move || all(&hall, N_READING, length, read))
    };
    let selling = {
        let hall = hall.clone();
        thread::spawn(move || all(&hall, N_SELLING, length, sell))
    };
    thread::sleep(length / 4);
    let backup = back_up(dir.path());
    let settle = settle_due(dir.path(), length / 2);
    tell("bids, in the crowd", N_BIDDING, length, bidding.join().expect("the bidders"));
    tell("pages, in the crowd", N_READING, length, reading.join().expect("the readers"));
    tell("listings with a picture", N_SELLING, length, selling.join().expect("the sellers"));
    thread::sleep(Duration::from_secs(1));
    done.store(true, Ordering::Relaxed);
    let heard = watching.join().expect("the watchers");
    let asked = hall.asked.lock().expect("nobody panicked");
    let delays: Vec<Duration> =
        heard.iter().filter_map(|(id, at)| Some(at.saturating_duration_since(*asked.get(id)?))).collect();
    assert_eq!(
        delays.len(),
        asked.len() * n_watchers / N_LISTINGS,
        "each event reaches each of its watchers once"
    );
    tell_times(
        &format!("an event at one of {n_watchers} watchers"),
        delays.len() as f64 / length.as_secs_f64(),
        delays,
    );
    say(format!("backup beside it all: {backup:.1?}; {settle} `settle --due` beside the server's own timer"));
    tell_lateness(dir.path(), closing);
    server.kill().ok();
    server.wait().ok();
    say(house::audit(dir.path()));
    report::keep("crowd");
}

fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(usual)
}

/// `work` on `n` connections, each with its number, for `length`: the times of each.
fn all(
    hall: &Arc<Hall>,
    n: usize,
    length: Duration,
    work: fn(&Hall, usize, &mut Line, usize) -> Duration,
) -> Vec<Vec<Duration>> {
    let until = Instant::now() + length;
    let threads: Vec<_> = (0..n)
        .map(|i| {
            let hall = hall.clone();
            thread::spawn(move || {
                let (mut line, mut times) = (Line::open(&hall.address), Vec::new());
                while Instant::now() < until {
                    times.push(work(&hall, i, &mut line, times.len()));
                }
                times
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("a connection")).collect()
}

/// Runs `ask`, and rests for what is left of `pace`; how long the answer took.
fn timed(pace: Duration, ask: impl FnOnce()) -> Duration {
    let asked = Instant::now();
    ask();
    let took = asked.elapsed();
    thread::sleep(pace.saturating_sub(took));
    took
}

/// Each connection has two listings and two people of its own: all is accepted.
fn bid(hall: &Hall, i: usize, line: &mut Line, turn: usize) -> Duration {
    timed(BID_PACE, || {
        let at = i + turn % 2 * N_BIDDING;
        let amount = hall.amounts[at].fetch_add(1, Ordering::Relaxed);
        let person = 2 * i + usize::try_from(amount % 2).expect("0 or 1");
        let asked = Instant::now();
        let (status, body) = line.bid(&hall.address, &hall.tokens[person], at + 1, amount);
        assert_eq!(status, 201, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let cursor = answer["cursor"].as_i64().expect("a cursor");
        hall.asked.lock().expect("nobody panicked").insert(cursor, asked);
    })
}

fn read(hall: &Hall, i: usize, line: &mut Line, turn: usize) -> Duration {
    timed(READ_PACE, || {
        let path = if turn.is_multiple_of(2) {
            "/".into()
        } else {
            format!("/listings/{}", 1 + (i + turn) % N_LISTINGS)
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", hall.address);
        assert_eq!(line.ask_for_bytes(&request).0, 200);
    })
}

/// A listing with a photograph of 1,200 by 900 pixels, another each time.
fn sell(hall: &Hall, i: usize, line: &mut Line, turn: usize) -> Duration {
    let shade = u8::try_from((i * 100 + turn) % 256).expect("a byte");
    let picture = image::RgbImage::from_fn(1_200, 900, |x, y| image::Rgb([x as u8, y as u8, shade]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a picture");
    let mut body = Vec::new();
    for (name, value) in [("title", "A lamp"), ("opening", "1"), ("closes_in_s", "86400")] {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(b"--edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"p\"\r\n\r\n");
    body.extend(bytes.into_inner());
    body.extend(b"\r\n--edge--\r\n");
    let head = format!(
        "POST /api/v1/listings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {}\r\n\r\n",
        hall.address,
        hall.tokens[2 * i],
        body.len()
    );
    timed(PICTURE_PACE, || {
        let (status, said) = line.ask_with(&head, &body);
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&said));
    })
}

/// Listings that close while the rest goes on; how many.
fn close_soon(dir: &Path, length: Duration) -> usize {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let seller = house.account_by_email("p0@bench.example").expect("the seller").id;
    let seconds = i64::try_from(length.as_secs()).expect("short").max(5);
    for i in 0..N_CLOSING {
        let closes = Some(Closes::In { seconds });
        let draft = Draft { title: format!("Closing {i}"), opening: 1, closes, ..Draft::default() };
        house.list(seller, draft).expect("a listing");
    }
    N_CLOSING
}

fn back_up(dir: &Path) -> Duration {
    let to = tempfile::tempdir().expect("a temporary folder");
    let began = Instant::now();
    let status = command(dir).arg("backup").arg(to.path().join("backup.tar")).status();
    assert!(status.expect("a backup").success());
    began.elapsed()
}

/// The sweep as the scheduler starts it, again and again for `length`; how often.
fn settle_due(dir: &Path, length: Duration) -> usize {
    let until = Instant::now() + length;
    let mut n = 0;
    while Instant::now() < until {
        assert!(command(dir).args(["settle", "--due"]).status().expect("a sweep").success());
        n += 1;
    }
    n
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auction"));
    command.arg("--data-dir").arg(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn tell(name: &str, n: usize, length: Duration, times: Vec<Vec<Duration>>) {
    assert!(times.len() == n && times.iter().all(|its| !its.is_empty()), "{name}: one starved");
    let fewest = times.iter().map(Vec::len).min().unwrap_or(0);
    let times: Vec<Duration> = times.into_iter().flatten().collect();
    let mean = times.len() / n;
    tell_times(
        &format!("{name} ({mean} a connection, at least {fewest})"),
        times.len() as f64 / length.as_secs_f64(),
        times,
    );
}

fn tell_times(name: &str, rate: f64, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    say(format!("{name}: {rate:.0}/s; p50 / p99 / worst {:.1} / {:.1} / {:.1} ms", at(50), at(99), at(100)));
}

fn tell_lateness(dir: &Path, n: usize) {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let began = Instant::now();
    let mut late = loop {
        let late = house.read(|snapshot| snapshot.lateness_ms(n as i64 + 1)).expect("read");
        if late.len() == n {
            break late;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{} of {n} are settled", late.len());
        thread::sleep(Duration::from_millis(100));
    };
    late.sort_unstable();
    let at = |share: usize| late[(n - 1) * share / 100];
    say(format!("{n} closes, settled late by {} / {} / {} ms (p50, p99, worst)", at(50), at(99), at(100)));
}
