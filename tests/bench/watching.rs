//! Watchers of a running server while bids go on: how long after it was asked for a bid's event is at each of them, and what a
//! delivery costs the server.

use crate::house;
use crate::report::say;
use crate::server::{Line, serve};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(5);
/// For the last events to arrive.
const LAST: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Watcher {
    stream: TcpStream,
    tail: Vec<u8>,
}

/// `n` watchers, of each listing as many, and `pace` bids a second on the listings in turn.
pub fn watch(n: usize, n_listings: usize, pace: u32) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), 2, n_listings).tokens;
    let (mut server, address) = serve(dir.path());
    let empty = resident_bytes(server.id());
    let mut poll = Poll::new().expect("poll");
    let mut watchers = open(&mut poll, &address, n, n_listings);
    let each = (resident_bytes(server.id()).saturating_sub(empty)) / n as u64;
    let asked = Arc::new(Mutex::new(HashMap::new()));
    let done = Arc::new(AtomicBool::new(false));
    let cpu = cpu_seconds(server.id());
    let bidder = bid(address, tokens, n_listings, pace, &asked, &done);
    let heard = hear(&mut poll, &mut watchers, &done);
    bidder.join().expect("the bidder");
    let cpu = cpu_seconds(server.id()) - cpu;
    let asked = asked.lock().expect("nobody panicked");
    let mut delays: Vec<Duration> =
        heard.iter().filter_map(|(id, at)| Some(at.saturating_duration_since(*asked.get(id)?))).collect();
    let mut last: HashMap<i64, Duration> = HashMap::new();
    for (id, at) in &heard {
        if let Some(asked) = asked.get(id) {
            let delay = at.saturating_duration_since(*asked);
            let last = last.entry(*id).or_default();
            *last = delay.max(*last);
        }
    }
    let expected = asked.len() * n / n_listings;
    assert_eq!(delays.len(), expected, "each event reaches each of its watchers once");
    let mut last: Vec<Duration> = last.into_values().collect();
    let at = |times: &mut Vec<Duration>, share: usize| {
        times.sort();
        times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3
    };
    say(format!(
        "{n} watchers of {n_listings} listings, {pace} bids/s: an event at a watcher {:.1} / {:.1} ms after the bid was asked for \
         (p50, p99), at its last {:.1} / {:.1}; {:.1} us of CPU a delivery, all that the server did in it; {each} B a watcher",
        at(&mut delays, 50),
        at(&mut delays, 99),
        at(&mut last, 50),
        at(&mut last, 99),
        cpu * 1e6 / delays.len() as f64,
    ));
    server.kill().ok();
    server.wait().ok();
}

/// Each has had its first word.
pub fn open(poll: &mut Poll, address: &str, n: usize, n_listings: usize) -> Vec<Watcher> {
    let to = address.parse().expect("an address");
    let mut watchers: Vec<Watcher> = Vec::with_capacity(n);
    let mut buffer = [0; 4_096];
    for at in 0..n {
        let mut stream = std::net::TcpStream::connect::<std::net::SocketAddr>(to).expect("connect");
        let listing = 1 + at % n_listings;
        let request = format!("GET /events?listings={listing} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("ask");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        assert!(stream.read(&mut buffer).expect("an answer") > 0);
        stream.set_nonblocking(true).expect("set");
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(at), Interest::READABLE).expect("register");
        watchers.push(Watcher { stream, tail: Vec::new() });
    }
    watchers
}

fn bid(
    address: String,
    tokens: Vec<String>,
    n_listings: usize,
    pace: u32,
    asked: &Arc<Mutex<HashMap<i64, Instant>>>,
    done: &Arc<AtomicBool>,
) -> thread::JoinHandle<()> {
    let (asked, done) = (asked.clone(), done.clone());
    thread::spawn(move || {
        let mut line = Line::open(&address);
        let (began, mut n) = (Instant::now(), 0);
        while began.elapsed() < SPAN {
            thread::sleep((Duration::from_secs(1) * n / pace).saturating_sub(began.elapsed()));
            let round = usize::try_from(n).expect("few") / n_listings;
            let listing = 1 + usize::try_from(n).expect("few") % n_listings;
            let at = Instant::now();
            let (status, body) = line.bid(&address, &tokens[round % 2], listing, round as i64 + 1);
            assert_eq!(status, 201, "{body}");
            let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            asked.lock().expect("nobody panicked").insert(answer["cursor"].as_i64().expect("a cursor"), at);
            n += 1;
        }
        thread::sleep(LAST);
        done.store(true, Ordering::Relaxed);
    })
}

/// Each event's id, and when it came, at any of them.
pub fn hear(poll: &mut Poll, watchers: &mut [Watcher], done: &AtomicBool) -> Vec<(i64, Instant)> {
    let (mut heard, mut events, mut buffer) = (Vec::new(), Events::with_capacity(1_024), vec![0; 64 * 1_024]);
    while !done.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(Duration::from_millis(50))).expect("poll");
        for event in &events {
            let watcher = &mut watchers[event.token().0];
            loop {
                match watcher.stream.read(&mut buffer) {
                    Ok(0) => panic!("a watcher was ended"),
                    Ok(read) => watcher.take(&buffer[..read], &mut heard),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
    heard
}

impl Watcher {
    fn take(&mut self, bytes: &[u8], heard: &mut Vec<(i64, Instant)>) {
        self.tail.extend_from_slice(bytes);
        let Some(end) = self.tail.iter().rposition(|byte| *byte == b'\n') else { return };
        let at = Instant::now();
        for line in self.tail[..end].split(|byte| *byte == b'\n') {
            if let Some(id) =
                line.strip_prefix(b"id: ").and_then(|id| std::str::from_utf8(id).ok()?.trim().parse().ok())
            {
                heard.push((id, at));
            }
        }
        self.tail.drain(..=end);
    }
}

fn resident_bytes(process: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
