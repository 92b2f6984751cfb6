//! 10,000 watchers of one listing and of 200, while bids go on: when each event reaches them, and what it costs the server. And a
//! hall that comes back all at once while bids go on: how long until the last of 5,000 watchers is level again, and what a
//! watcher that never left feels of it, beside the same delay before.
//!
//! `cargo bench --bench hub [watching|returning]`; `HUB_WATCHERS` and `HUB_MISSED` change how many come back, and how many bids
//! each has missed.

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;
mod watching;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use report::say;
use server::{Line, serve};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Between two bids.
const PACE: Duration = Duration::from_millis(10);
const QUIET: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    rlimit::increase_nofile_limit(12_000).expect("enough open files");
    if wanted("watching") {
        watching::watch(1_000, 1, 20);
        watching::watch(10_000, 1, 2);
        watching::watch(10_000, 200, 20);
    }
    if wanted("returning") {
        return_at_once();
    }
    report::keep("hub");
}

fn return_at_once() {
    let (n_watchers, n_missed) = (number("HUB_WATCHERS", 5_000), number("HUB_MISSED", 300));
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), 2, 1).tokens;
    let (mut child, address) = serve(dir.path());
    let mut bidder = Bidder { line: Line::open(&address), address: address.clone(), tokens, amount: 0 };
    let cursor = bidder.bid();
    for _ in 0..n_missed {
        bidder.bid();
    }
    // A restart: whatever the server knew by heart is forgotten.
    child.kill().ok();
    child.wait().ok();
    let (mut child, address) = serve(dir.path());
    (bidder.line, bidder.address) = (Line::open(&address), address.clone());

    let going = Arc::new(AtomicBool::new(true));
    let told = Arc::new(Mutex::new(HashMap::new()));
    let newest = Arc::new(AtomicI64::new(cursor));
    let heard = listen(&address, &going);
    let bidding = keep_bidding(bidder, &going, &told, &newest);
    thread::sleep(QUIET);
    let begun = Instant::now();
    let behind = newest.load(Ordering::Relaxed) - cursor;
    let level = come_back(&address, n_watchers, cursor, &newest);
    let took = begun.elapsed();
    going.store(false, Ordering::Relaxed);
    let answers = bidding.join().expect("the bidder");
    let heard = heard.join().expect("the listener");
    let told = told.lock().expect("nobody panicked");
    let delay = |at: &dyn Fn(Instant) -> bool| {
        let pairs = heard.iter().filter_map(|(id, heard)| Some((told.get(id)?, heard)));
        let times = pairs.filter(|(told, _)| at(**told));
        said(times.map(|(told, heard)| heard.saturating_duration_since(*told)).collect())
    };
    say(format!(
        "{n_watchers} watchers come back, {behind} events behind: the last is level after {took:.1?} ({level})"
    ));
    say("a bid's event at a watcher that never left, p50 / p99 / worst after its answer:");
    say(format!("  before {}, meanwhile {}", delay(&|at| at < begun), delay(&|at| at >= begun)));
    let answer = |before: bool| {
        said(answers.iter().filter(|(at, _)| (*at < begun) == before).map(|(_, took)| *took).collect())
    };
    say(format!("a bid's answer: before {}, meanwhile {}", answer(true), answer(false)));
    child.kill().ok();
    child.wait().ok();
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Bob and Cleo in turn.
struct Bidder {
    line: Line,
    address: String,
    tokens: Vec<String>,
    amount: i64,
}

impl Bidder {
    /// The cursor after the bid.
    fn bid(&mut self) -> i64 {
        self.amount += 1;
        let token = &self.tokens[usize::from(self.amount % 2 == 0)];
        let (status, body) = self.line.bid(&self.address, token, 1, self.amount);
        assert_eq!(status, 201, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        answer["cursor"].as_i64().expect("a cursor")
    }
}

/// When each bid was asked for, and how long its answer took.
type Answers = Vec<(Instant, Duration)>;

fn keep_bidding(
    mut bidder: Bidder,
    going: &Arc<AtomicBool>,
    told: &Arc<Mutex<HashMap<i64, Instant>>>,
    newest: &Arc<AtomicI64>,
) -> thread::JoinHandle<Answers> {
    let (going, told, newest) = (going.clone(), told.clone(), newest.clone());
    thread::spawn(move || {
        let mut answers = Vec::new();
        while going.load(Ordering::Relaxed) {
            let asked = Instant::now();
            let cursor = bidder.bid();
            answers.push((asked, asked.elapsed()));
            told.lock().expect("nobody panicked").insert(cursor, Instant::now());
            newest.store(cursor, Ordering::Relaxed);
            thread::sleep(PACE);
        }
        answers
    })
}

/// One watcher that was there all the time, and when it heard each event.
fn listen(address: &str, going: &Arc<AtomicBool>) -> thread::JoinHandle<HashMap<i64, Instant>> {
    let mut stream = std::net::TcpStream::connect(address).expect("connect");
    stream.write_all(b"GET /events?listings=all HTTP/1.0\r\n\r\n").expect("ask");
    let going = going.clone();
    thread::spawn(move || {
        let mut heard = HashMap::new();
        let mut lines = BufReader::new(stream).lines();
        // The time is told every 4 s, so this ends.
        while let (true, Some(Ok(line))) = (going.load(Ordering::Relaxed), lines.next()) {
            if let Some(id) = line.strip_prefix("id: ").and_then(|id| id.parse().ok()) {
                heard.insert(id, Instant::now());
            }
        }
        heard
    })
}

/// One that comes back, and the last event that it has.
struct Returning {
    stream: TcpStream,
    tail: Vec<u8>,
    last: i64,
}

/// Until each has all that there was when the last of them asked, in order and none twice.
fn come_back(address: &str, n: usize, cursor: i64, newest: &AtomicI64) -> String {
    let address = address.parse().expect("an address");
    let mut poll = Poll::new().expect("poll");
    let registry = poll.registry().try_clone().expect("the registry");
    let connect = |at: usize, last: i64| {
        let mut stream = TcpStream::connect(address).expect("connect");
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, Token(at), both).expect("register");
        Returning { stream, tail: Vec::new(), last }
    };
    let mut watchers: Vec<Returning> = (0..n).map(|at| connect(at, cursor)).collect();
    let (mut asked, mut n_asked, mut level, mut bytes) = (vec![false; n], 0, 0, 0);
    let (mut n_refused, mut n_ended) = (0, 0);
    let mut goal = i64::MAX;
    let (mut events, mut buffer) = (Events::with_capacity(1024), vec![0; 256 * 1024]);
    let by = Instant::now() + PATIENCE;
    while level < n {
        assert!(Instant::now() < by, "{level} of {n} are level");
        poll.poll(&mut events, Some(Duration::from_secs(1))).expect("poll");
        for event in &events {
            let at = event.token().0;
            let last = watchers[at].last;
            if event.is_writable() && !asked[at] {
                let request = format!("GET /events?listings=all&after={last} HTTP/1.0\r\n\r\n");
                watchers[at].stream.write_all(request.as_bytes()).expect("ask");
                asked[at] = true;
                n_asked += 1;
                if n_asked == n && goal == i64::MAX {
                    goal = newest.load(Ordering::Relaxed);
                    level = watchers.iter().filter(|watcher| watcher.last >= goal).count();
                }
            }
            loop {
                match watchers[at].stream.read(&mut buffer) {
                    Ok(0) => {
                        // Told to come later, or ended for being too slow: either comes back at once.
                        *(if last == cursor { &mut n_refused } else { &mut n_ended }) += 1;
                        watchers[at] = connect(at, last);
                        asked[at] = false;
                        n_asked -= 1;
                        break;
                    }
                    Ok(read) => {
                        bytes += read;
                        watchers[at].take(&buffer[..read]);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
            level += usize::from(last < goal && watchers[at].last >= goal);
        }
    }
    format!("{n_refused} told to come later, {n_ended} ended, {} MB in all", bytes / 1_000_000)
}

impl Returning {
    fn take(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(end) = self.tail[from..].iter().position(|byte| *byte == b'\n') {
            let line = &self.tail[from..from + end];
            if let Some(id) = line.strip_prefix(b"id: ") {
                let id = std::str::from_utf8(id).expect("digits").parse().expect("an id");
                assert!(id > self.last, "{id} after {}", self.last);
                self.last = id;
            }
            from += end + 1;
        }
        self.tail.drain(..from);
    }
}

fn said(mut times: Vec<Duration>) -> String {
    times.sort();
    if times.is_empty() {
        return "nothing".into();
    }
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    format!("{:.2} / {:.2} / {:.1} ms of {}", at(50), at(99), at(100), times.len())
}
