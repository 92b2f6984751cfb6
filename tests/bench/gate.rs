//! What the gate costs: requests and bids through it against tiny_http alone, a broadcast against a bare loop of writes,
//! the resident memory of a watcher, and what others feel of clients that stall. Prints ratios.
//! `cargo bench --bench gate [requests|bids|watchers|pictures|stalling]`.

#![forbid(unsafe_code)]

mod asking;
mod bidding;
mod house;
mod report;
mod stalling;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use asking::{Next, cpu_seconds, get, rate};
use auction::gate::auth::GateAuth;
use auction::gate::config::Config;
use auction::gate::outlet::{WatcherEvent, WatcherId};
use auction::gate::{Gate, cores};
use auction::web::serve::BACKENDS;
use mio::{Events, Interest, Poll, Token};
use report::say;
use tiny_http::{Header, Request, Response};

const ROUNDS: usize = 25;
/// Pairs of runs, stock and gate in turns; the middle ratio is said.
const PAIRS: usize = 3;
const BLOCK: &str = "event: bid\nid: 12345\ndata: {\"listing\":7,\"seq\":12,\"bidder\":\"Bob\",\"amount\":125000,\
\"automatic\":false,\"message\":\"hello\",\"price\":125000,\"minimum\":130000,\"leader\":\"Bob\",\"n_bids\":12}\n\n";

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if let Ok(how) = std::env::var("GATE_BENCH_READERS") {
        return read_as_watchers(&how);
    }
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("requests") {
        for connections in [1, 64, 256] {
            compare_answers("requests/s", "/", connections);
        }
    }
    if wanted("bids") {
        bidding::compare_bids();
    }
    if wanted("pictures") {
        compare_answers("answers of 1 MiB/s", "/1048576", 16);
        compare_answers("answers of 20 KiB/s", "/20480", 64);
    }
    if wanted("stalling") {
        stalling::trickling_heads();
        stalling::stalled_watchers();
    }
    if wanted("watchers") {
        for n in [100, 1_000, 10_000] {
            let (bare, bare_us) = bare_broadcast(n);
            let (gate, gate_us, bytes) = gate_broadcast(n);
            say(format!(
                "{n} watchers, time to the last: bare {bare:.1?}, gate {gate:.1?}, ratio {:.2}; CPU a delivery {bare_us:.1} and {gate_us:.1} us; \
                 memory a watcher {bytes} B",
                gate.as_secs_f64() / bare.as_secs_f64()
            ));
        }
    }
    report::keep("gate");
}

fn compare_answers(what: &str, path: &str, connections: usize) {
    let (alone, _server) = stock(answer);
    let (through, _gate, _told) = gated(connections, answer);
    compare(&format!("{connections} connections, {what}"), alone, through, &get(path), connections);
}

fn compare(what: &str, alone: SocketAddr, through: SocketAddr, next: &Next, connections: usize) {
    let mut pairs: Vec<_> =
        (0..PAIRS).map(|_| (rate(alone, next, connections), rate(through, next, connections))).collect();
    pairs.sort_by(|(alone, gated), (alone2, gated2)| (gated.0 / alone.0).total_cmp(&(gated2.0 / alone2.0)));
    let ratios: Vec<String> =
        pairs.iter().map(|(alone, gated)| format!("{:.2}", gated.0 / alone.0)).collect();
    let ((alone, alone_us), (gated, gated_us)) = pairs[PAIRS / 2];
    say(format!(
        "{what}: tiny_http {alone:.0}, gate {gated:.0}, ratio {:.2} of {ratios:?}; \
         CPU {alone_us:.1} and {gated_us:.1} us an answer, ratio {:.2}",
        gated / alone,
        alone_us / gated_us
    ));
}

fn backends() -> usize {
    std::env::var("GATE_BENCH_BACKENDS").ok().and_then(|n| n.parse().ok()).unwrap_or(BACKENDS)
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    socket2::SockRef::from(&listener).set_tcp_nodelay(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// What answers a request; the same behind the gate and without it.
trait Handler: Fn(Request) + Clone + Send + 'static {}
impl<F: Fn(Request) + Clone + Send + 'static> Handler for F {}

fn stock(handler: impl Handler) -> (SocketAddr, Arc<tiny_http::Server>) {
    let (listener, address) = listener();
    let server = Arc::new(tiny_http::Server::from_listener(listener, None).unwrap());
    for _ in 0..2 {
        let (server, handler) = (server.clone(), handler.clone());
        thread::spawn(move || {
            while let Ok(request) = server.recv() {
                handler(request);
            }
        });
    }
    (address, server)
}

fn gated(n: usize, handler: impl Handler) -> (SocketAddr, Gate, mpsc::Receiver<WatcherEvent>) {
    let (listener, address) = listener();
    let (tell, told) = mpsc::channel();
    let config = Config {
        max_connections: 2 * n + 1000,
        max_watchers: 2 * n,
        backends: backends(),
        headers: Some(&auction::web::request_reader::HEADERS),
        ..Config::default()
    };
    config.per_address.store(0, std::sync::atomic::Ordering::Relaxed);
    let (gate, server) =
        Gate::open(listener, config, move |word| tell.send(word).unwrap_or(()), |fault| panic!("{fault}"))
            .unwrap();
    for _ in 0..2 {
        let (auth, handler): (GateAuth, _) = (gate.auth(), handler.clone());
        thread::spawn(move || {
            // As the program's workers do.
            cores::give_way();
            while let Ok(request) = server.recv() {
                if let Some((_, request)) = auth.admit(request) {
                    handler(request);
                }
            }
        });
    }
    (address, gate, told)
}

fn answer(request: Request) {
    let response = match request.url() {
        "/watch" => {
            let response = Response::from_data(Vec::new());
            response.with_header(Header::from_bytes("X-Watch", "1").unwrap())
        }
        url => match url[1..].parse() {
            Ok(bytes) => Response::from_data(vec![b'x'; bytes]),
            Err(_) => Response::from_data(b"ok".to_vec()),
        },
    };
    request.respond(response).unwrap_or(());
}

fn bare_broadcast(n: usize) -> (Duration, f64) {
    let (listener, address) = listener();
    let (mut child, mut said) = readers(address, n, BLOCK.len());
    let mut sockets: Vec<TcpStream> = (0..n)
        .map(|_| {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            assert!(socket.read(&mut request).unwrap() > 0);
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        })
        .collect();
    expect(&mut said, "ready");
    let cpu = cpu_seconds();
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        for socket in &mut sockets {
            assert_eq!(socket.write(BLOCK.as_bytes()).unwrap(), BLOCK.len());
        }
        expect(&mut said, "round");
        began.elapsed()
    });
    let median = median(times.collect());
    let cpu_us = (cpu_seconds() - cpu) * 1e6 / (ROUNDS * n) as f64;
    child.kill().unwrap();
    child.wait().unwrap();
    (median, cpu_us)
}

fn gate_broadcast(n: usize) -> (Duration, f64, usize) {
    let (address, gate, told) = gated(n, answer);
    // What it takes for any request at all is no watcher's.
    let mut first = asking::Reader::new(address, 0);
    for _ in 0..1_000 {
        first.ask(&get("/"));
        first.skip_answer();
    }
    let before = resident_bytes();
    let framed = format!("{:x}\r\n{BLOCK}\r\n", BLOCK.len());
    let (mut child, mut said) = readers(address, n, framed.len());
    let watchers: Arc<[WatcherId]> = (0..n)
        .map(|_| match told.recv_timeout(Duration::from_secs(60)).unwrap() {
            WatcherEvent::Opened { watcher, .. } => watcher,
            other => panic!("{other:?}"),
        })
        .collect();
    expect(&mut said, "ready");
    let outlet = gate.outlet();
    let cpu = cpu_seconds();
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        outlet.send(watchers.clone(), BLOCK.as_bytes());
        expect(&mut said, "round");
        began.elapsed()
    });
    let median = median(times.collect());
    let cpu_us = (cpu_seconds() - cpu) * 1e6 / (ROUNDS * n) as f64;
    let bytes = resident_bytes().saturating_sub(before) / n;
    gate.stop(Duration::from_secs(5), b"");
    child.kill().unwrap();
    child.wait().unwrap();
    (median, cpu_us, bytes)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// The watchers are another process, so that the descriptors and the memory are the server's own.
fn readers(address: SocketAddr, n: usize, block: usize) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env("GATE_BENCH_READERS", format!("{address} {n} {block}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (child, said)
}

fn expect(said: &mut BufReader<ChildStdout>, word: &str) {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), word);
}

fn read_as_watchers(how: &str) {
    let words: Vec<&str> = how.split(' ').collect();
    let (n, block): (usize, usize) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    rlimit::increase_nofile_limit(n as u64 + 100).unwrap();
    let mut poll = Poll::new().unwrap();
    let mut streams: Vec<mio::net::TcpStream> = (0..n)
        .map(|at| {
            let mut stream = TcpStream::connect(words[0]).unwrap();
            stream.write_all(b"GET /watch HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            let mut head = [0; 1024];
            assert!(stream.read(&mut head).unwrap() > 0);
            stream.set_nonblocking(true).unwrap();
            let mut stream = mio::net::TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(at), Interest::READABLE).unwrap();
            stream
        })
        .collect();
    println!("ready");
    let (mut events, mut received, mut buffer) = (Events::with_capacity(1024), 0, [0; 16 * 1024]);
    loop {
        poll.poll(&mut events, None).unwrap();
        for event in &events {
            loop {
                match streams[event.token().0].read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => {
                        received += read;
                        if read < buffer.len() {
                            break;
                        }
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock);
                        break;
                    }
                }
            }
        }
        if received >= n * block {
            received -= n * block;
            println!("round");
        }
    }
}
