//! The gate with real sockets: whatever is thrown at the public port, honest requests are answered. Each test
//! opens its own gate on a free port, with a small web layer behind it that echoes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use auction::gate::Gate;
use auction::gate::auth::GateAuth;
use auction::gate::config::{Config, WorkerPool};
use auction::gate::outlet::{Block, Outlet, WatcherEvent, WatcherId};
use tiny_http::{Header, Request, Response};

const PATIENCE: Duration = Duration::from_secs(10);

struct House {
    /// Until it is stopped.
    gate: Option<Gate>,
    address: SocketAddr,
    outlet: Outlet,
    told: Receiver<WatcherEvent>,
    per_address: Arc<AtomicUsize>,
    faults: Arc<Mutex<Vec<String>>>,
}

impl House {
    fn open() -> House {
        House::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> House {
        let mut config = Config { backends: 16, body_limit, ..Config::default() };
        change(&mut config);
        let per_address = config.per_address.clone();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let faults = Arc::new(Mutex::new(Vec::new()));
        let heard = faults.clone();
        let (gate, server) = Gate::open(
            listener,
            config,
            move |word| tell.send(word).unwrap_or(()),
            move |fault| heard.lock().unwrap().push(fault.to_string()),
        )
        .unwrap();
        for _ in 0..2 {
            let auth = gate.auth();
            thread::spawn(move || serve(server, &auth));
        }
        let outlet = gate.outlet();
        House { gate: Some(gate), address, outlet, told, per_address, faults }
    }

    fn auth(&self) -> GateAuth {
        self.gate.as_ref().unwrap().auth()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Says something and reads all until the gate closes.
    fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // A gate that has heard enough may close before everything is said.
        let _ = stream.write_all(bytes.as_ref());
        read_to_end(&mut stream)
    }

    /// An honest request, answered within a second.
    fn is_well(&self) {
        assert!(self.answers() < Duration::from_secs(1));
        assert_eq!(*self.faults.lock().unwrap(), Vec::<String>::new());
    }

    /// Well again, once what is past has been cleared away.
    fn is_well_soon(&self) {
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if self
                .say("GET /well HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                .starts_with("HTTP/1.1 200 ")
            {
                return self.is_well();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("not well again");
    }

    /// How long an honest request takes.
    fn answers(&self) -> Duration {
        let asked = Instant::now();
        let answer = self.say("GET /well HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        asked.elapsed()
    }

    fn watch(&self) -> (TcpStream, WatcherId) {
        let mut stream = self.connect();
        stream.write_all(b"GET /watch/7 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let Ok(WatcherEvent::Opened { ticket: 7, watcher }) = self.told.recv_timeout(PATIENCE) else {
            panic!("not opened")
        };
        let head = read_head(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("Transfer-Encoding: chunked\r\n") && !head.contains("X-Watch"), "{head}");
        (stream, watcher)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.stop(Duration::from_millis(300), b"");
        }
    }
}

fn body_limit(_: &str, target: &str) -> usize {
    if target.starts_with("/picture") { 11 << 20 } else { 64 << 10 }
}

/// `/bytes/N` answers with N bytes, `/watch/N` makes a watcher, `/drop` lets the request fall, `/hang` never
/// answers, and the rest says what was asked.
fn serve(server: &tiny_http::Server, auth: &GateAuth) {
    while let Ok(request) = server.recv() {
        let Some((client, mut request)) = auth.admit(request) else { continue };
        let url = request.url().to_string();
        let number = || url.rsplit('/').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        if url.starts_with("/bytes/") {
            answer(request, Response::from_data(vec![b'x'; number()]));
        } else if url.contains("/watch/") {
            if url.starts_with("/sleep") {
                thread::sleep(Duration::from_millis(200));
            }
            let ticket = Header::from_bytes("X-Watch", number().to_string()).unwrap();
            let kind = Header::from_bytes("Content-Type", "text/event-stream").unwrap();
            answer(request, Response::from_data(Vec::new()).with_header(ticket).with_header(kind));
        } else if url == "/sleep" {
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                answer(request, Response::from_string("slept"));
            });
        } else if url == "/hang" {
            std::mem::forget(request);
        } else if !url.starts_with("/drop") {
            let mut body = Vec::new();
            request.as_reader().read_to_end(&mut body).unwrap();
            let said = format!(
                "{} {url} from {} tls {} body {}\n",
                request.method(),
                client.address,
                client.tls,
                body.len()
            );
            answer(request, Response::from_string(said));
        }
    }
}

fn answer(request: Request, response: Response<impl Read>) {
    request.respond(response).unwrap_or(());
}

fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut some = [0; 65536];
    loop {
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&some[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "ended after {:?}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_head(stream: &mut TcpStream) -> String {
    read_until(stream, "\r\n\r\n")
}

#[test]
fn a_request_goes_through_and_its_answer_comes_back() {
    let house = House::open();
    let answer =
        house.say("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    assert!(answer.ends_with("\r\n\r\nPOST /a from 127.0.0.1 tls false body 3\n"), "{answer}");
    house.is_well();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let house = House::open();
    let mut all = String::new();
    for n in 0..50 {
        all.push_str(&format!(
            "POST /{n} HTTP/1.1\r\nHost: h\r\nContent-Length: {n}\r\n\r\n{}",
            "b".repeat(n)
        ));
    }
    all.push_str("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let answer = house.say(all);
    let order: Vec<&str> = answer.lines().filter(|line| line.contains(" from ")).collect();
    assert_eq!(order.len(), 51, "{answer}");
    for (n, line) in order.iter().take(50).enumerate() {
        assert_eq!(*line, format!("POST /{n} from 127.0.0.1 tls false body {n}"));
    }
}

#[test]
fn a_large_answer_reaches_a_slow_reader_whole() {
    let house = House::open();
    let mut stream = house.connect();
    stream.write_all(b"GET /bytes/10000000 HTTP/1.0\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let answer = read_to_end(&mut stream);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 10_000_000);
}

#[test]
fn a_watcher_gets_what_is_sent_and_a_clean_end() {
    let house = House::open();
    let (mut stream, watcher) = house.watch();
    house.outlet.send(vec![watcher], b"data: 1\n\n");
    house.outlet.end(watcher, b"retry: 1\n\n");
    assert_eq!(read_to_end(&mut stream), "9\r\ndata: 1\n\n\r\na\r\nretry: 1\n\n\r\n0\r\n\r\n");
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Closed { watcher }));
    house.is_well();
}

#[test]
fn a_watcher_that_leaves_is_noticed() {
    let house = House::open();
    let (stream, watcher) = house.watch();
    drop(stream);
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Closed { watcher }));
}

#[test]
fn stopping_answers_what_is_under_way_and_ends_the_streams() {
    let mut house = House::open();
    let (mut stream, _) = house.watch();
    let mut asker = house.connect();
    asker.write_all(b"GET /sleep HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(50));
    let asked = Instant::now();
    house.gate.take().unwrap().stop(Duration::from_secs(4), b"retry: 1000\n\n");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(read_to_end(&mut asker).ends_with("slept"));
    assert_eq!(read_to_end(&mut stream), "d\r\nretry: 1000\n\n\r\n0\r\n\r\n");
    assert!(TcpStream::connect(house.address).is_err());
    assert_eq!(*house.faults.lock().unwrap(), Vec::<String>::new());
}

/// Remembered: of those who had just been let in, whoever had asked but was not heard yet was reset.
#[test]
fn stopping_answers_who_has_asked_already() {
    let mut house = House::with(|config| config.limits.waiting = 4096);
    house.per_address.store(0, std::sync::atomic::Ordering::Relaxed);
    let mut askers: Vec<TcpStream> = (0..1500).map(|_| house.connect()).collect();
    thread::sleep(Duration::from_millis(200));
    for stream in &mut askers {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    house.gate.take().unwrap().stop(Duration::from_secs(4), b"");
    let answered = askers.iter_mut().filter_map(|stream| {
        let answer = read_to_end(stream);
        answer.starts_with("HTTP/1.1 200 ").then_some(())
    });
    assert_eq!(answered.count(), 1500);
}

/// A network takes its time between letting a client in and bringing what it asks.
#[test]
fn stopping_answers_who_was_let_in_just_now() {
    let mut house = House::open();
    let mut late = house.connect();
    thread::sleep(Duration::from_millis(50));
    let gate = house.gate.take().unwrap();
    let stopping = thread::spawn(move || gate.stop(Duration::from_secs(4), b""));
    thread::sleep(Duration::from_millis(100));
    late.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert!(read_to_end(&mut late).starts_with("HTTP/1.1 200 "));
    stopping.join().unwrap();
}

const CLOSE: &str = "Host: h\r\nConnection: close\r\n";

#[track_caller]
fn assert_refused(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains("\r\nContent-Type: application/problem+json\r\n"), "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(answer.contains(&format!(r#"{{"status":{status},"#)), "{answer}");
    assert!(answer.contains(&format!(r#""code":"{code}""#)), "{answer}");
}

#[test]
fn an_announced_giant_body_is_refused_unread() {
    let house = House::open();
    let answer = house.say("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000000\r\n\r\n");
    assert_refused(&answer, 413, "too_large");
    let answer =
        house.say(format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: 65537\r\n\r\n{}", "x".repeat(65537)));
    assert_refused(&answer, 413, "too_large");
    house.is_well();
}

#[test]
fn a_body_dropped_unread_by_the_web_layer_hurts_nobody() {
    let house = House::open();
    for _ in 0..20 {
        let body = "x".repeat(1 << 20);
        let answer = house.say(format!(
            "POST /picture/drop HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let answer = house.say(format!("GET /drop HTTP/1.1\r\n{CLOSE}Content-Length: 5\r\n\r\nhello"));
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    }
    house.is_well();
}

#[test]
fn a_burst_of_120_connections_is_served_whole() {
    let house = House::open();
    for _ in 0..5 {
        let mut streams: Vec<TcpStream> = (0..120).map(|_| house.connect()).collect();
        for stream in &mut streams {
            stream.write_all(format!("GET / HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).unwrap();
        }
        for stream in &mut streams {
            assert!(read_to_end(stream).starts_with("HTTP/1.1 200 "));
        }
    }
    house.is_well();
}

#[test]
fn other_protocols_are_told_or_let_go() {
    let house = House::open();
    for (greeting, status) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..], "505"),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "400"),
        (b"\0\0\0\0", "400"),
        (b"GET / HTTP/1.1\nHost: h\n\n", "400"),
    ] {
        for _ in 0..20 {
            let asked = Instant::now();
            let answer = house.say(greeting);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(asked.elapsed() < Duration::from_secs(1));
        }
    }
    house.is_well();
}

#[test]
fn connections_reset_before_they_are_accepted_leave_the_door_open() {
    let house = House::open();
    for _ in 0..500 {
        let stream = TcpStream::connect(house.address).unwrap();
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    house.is_well();
}

/// More than half of the ports that one address has: each connection is closed by the gate, so that the next may have
/// its port again at once.
#[test]
fn twenty_thousand_connections_in_a_row_are_served() {
    let house = House::open();
    for n in 0..20_000 {
        assert!(house.answers() < PATIENCE, "connection {n}");
    }
    house.is_well();
}

#[test]
fn half_sent_heads_hold_nobody_up_and_end_after_their_time() {
    let house = House::with(|config| config.timings.head = Duration::from_millis(1500));
    let mut trickling: Vec<TcpStream> = (0..500).map(|_| house.connect()).collect();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        for stream in &mut trickling {
            stream.write_all(b"G").unwrap();
        }
        slowest = slowest.max((0..20).map(|_| house.answers()).max().unwrap());
    }
    println!("beside 500 half-sent heads the slowest of 200 answers took {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
    for mut stream in trickling {
        assert_refused(&read_to_end(&mut stream), 408, "bad_request");
    }
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    house.is_well();
}

#[test]
fn a_body_that_trickles_is_given_up() {
    let house = House::with(|config| config.timings.grace = Duration::from_millis(200));
    let mut stream = house.connect();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n").unwrap();
    for _ in 0..60 {
        if stream.write_all(b"x").is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert_refused(&read_to_end(&mut stream), 408, "bad_request");
    house.is_well();
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let house = House::with(|config| config.timings.idle = Duration::from_millis(100));
    let mut stream = house.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let answer = read_to_end(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("408"), "{answer}");
}

#[test]
fn an_endless_head_is_refused() {
    let house = House::open();
    let answer = house.say(format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(1 << 20)));
    assert_refused(&answer, 431, "too_large");
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert_refused(&house.say(format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n")), 431, "too_large");
    house.is_well();
}

#[test]
fn nothing_can_be_smuggled() {
    let house = House::open();
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n",
        "Content-Length: +0\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X: y\r\n Content-Length: 44\r\n",
        "X: y\nContent-Length: 44\r\n",
        "X: y\rContent-Length: 44\r\n",
    ] {
        let answer = house.say(format!("POST /a HTTP/1.1\r\nHost: h\r\n{framing}\r\n0\r\n\r\n{smuggled}"));
        assert_refused(&answer, 400, "bad_request");
        assert!(!answer.contains("smuggled"), "{framing:?}: {answer}");
    }
    for chunks in ["5\nhello", "5\r\nhelloX\r\n", "0x5\r\nhello\r\n", "5\r\nhello\r\n0\n\n"] {
        let answer = house.say(format!(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{smuggled}"
        ));
        assert_refused(&answer, 400, "bad_request");
    }
    house.is_well();
}

/// As many programs do. The answer is there long before, and is not lost to a reset.
#[test]
fn who_sends_all_of_a_giant_body_before_it_reads_is_told_that_it_is_too_large() {
    let house = House::open();
    let mut stream = house.connect();
    let n = 40 << 20;
    let head = format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: {n}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; n]).unwrap();
    assert_refused(&read_to_end(&mut stream), 413, "too_large");
    house.is_well();
}

#[test]
fn a_chunked_body_arrives_with_its_length() {
    let house = House::open();
    let chunks = "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n";
    let answer = house.say(format!("POST /c HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n{chunks}"));
    assert!(answer.ends_with("POST /c from 127.0.0.1 tls false body 6\n"), "{answer}");
    let endless = format!("{:x}\r\n{}", 0xffff_ffffu32, "x".repeat(200_000));
    let answer = house.say(format!("POST /c HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n{endless}"));
    assert_refused(&answer, 413, "too_large");
    house.is_well();
}

#[test]
fn who_expects_100_is_told_to_go_on() {
    let house = House::open();
    let mut stream = house.connect();
    let head = format!("POST /c HTTP/1.1\r\n{CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_head(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ab").unwrap();
    assert!(read_to_end(&mut stream).ends_with("body 2\n"));
    let large = head.replace(": 2", ": 70000");
    assert_refused(&house.say(large), 413, "too_large");
}

#[test]
fn head_has_no_body_and_unserved_methods_are_named() {
    let house = House::open();
    let answer = house.say(format!("HEAD /a HTTP/1.1\r\n{CLOSE}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(answer.contains("\r\nContent-Length: "), "{answer}");
    let answer = house.say(format!("TRACE / HTTP/1.1\r\n{CLOSE}\r\n"));
    assert_refused(&answer, 405, "method_not_allowed");
    assert!(answer.contains("\r\nAllow: GET, HEAD, "), "{answer}");
}

#[test]
fn an_old_client_gets_an_old_answer() {
    let house = House::open();
    let mut stream = house.connect();
    stream.write_all(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
    assert!(read_head(&mut stream).contains("\r\nConnection: keep-alive\r\n"));
    read_until(&mut stream, "body 0\n");
    stream.write_all(b"GET /bytes/100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
    let answer = read_to_end(&mut stream);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("Transfer-Encoding") && body.len() == 100_000, "{head}");
}

#[test]
fn requests_behind_a_stream_stop_nobody() {
    let house = House::open();
    let mut streams: Vec<TcpStream> = (0..20).map(|_| house.connect()).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /watch/1 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        stream.write_all("GET /b HTTP/1.1\r\nHost: h\r\n\r\n".repeat(5).as_bytes()).unwrap();
    }
    for _ in 0..20 {
        assert!(matches!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Opened { ticket: 1, .. })));
    }
    house.is_well();
}

#[test]
fn the_clients_address_is_a_trusted_proxys_word_only() {
    let forwarded = "X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Gate: forged\r\n";
    let request = format!("GET /a HTTP/1.1\r\n{CLOSE}{forwarded}\r\n");
    let stranger = House::open().say(&request);
    assert!(stranger.ends_with("from 127.0.0.1 tls false body 0\n"), "{stranger}");
    let proxy = House::with(|config| config.trusted_proxies.push("127.0.0.1".parse().unwrap()));
    let proxied = proxy.say(&request);
    assert!(proxied.ends_with("from 9.9.9.9 tls true body 0\n"), "{proxied}");
}

#[test]
fn a_stranger_at_the_private_door_is_turned_away() {
    let house = House::open();
    let private = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let address = private.server_addr().to_ip().unwrap();
    let stranger = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\nX-Gate: 0123 - 127.0.0.1\r\n\r\n").unwrap();
        read_to_end(&mut stream)
    });
    assert!(house.auth().admit(private.recv().unwrap()).is_none());
    assert!(stranger.join().unwrap().starts_with("HTTP/1.0 403 ") || cfg!(windows));
}

#[test]
fn an_address_gets_its_share_of_connections_even_if_that_changes() {
    let house = House::open();
    let held: Vec<TcpStream> = (0..5).map(|_| house.connect()).collect();
    house.is_well();
    house.per_address.store(5, std::sync::atomic::Ordering::Relaxed);
    let answer = house.say(format!("GET / HTTP/1.1\r\n{CLOSE}\r\n"));
    assert_refused(&answer, 429, "rate_limited");
    assert!(answer.contains("\r\nRetry-After: 5\r\n"), "{answer}");
    drop(held);
    house.is_well_soon();
}

/// Remembered: each of a hall's browsers keeps half a dozen connections for a minute, and so a hundred and seventy of
/// them filled an address's thousand with connections that asked nothing.
#[test]
fn an_idle_connection_makes_room_for_another_of_its_address() {
    let house = House::open();
    let (mut stream, _) = house.watch();
    let mut silent = house.connect();
    let ask = |stream: &mut TcpStream| {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        read_until(stream, "body 0\n");
    };
    let mut idle: Vec<TcpStream> = (0..3).map(|_| house.connect()).collect();
    idle.iter_mut().for_each(ask);
    house.per_address.store(5, std::sync::atomic::Ordering::Relaxed);
    let mut newer: Vec<TcpStream> = (0..3)
        .map(|n| {
            let mut newer = house.connect();
            ask(&mut newer);
            assert_eq!(read_to_end(&mut idle[n]), "", "the longest idle goes");
            newer
        })
        .collect();
    for (n, stream) in newer.iter_mut().enumerate() {
        stream.write_all(format!("GET /watch/{} HTTP/1.1\r\nHost: h\r\n\r\n", n + 50).as_bytes()).unwrap();
        assert!(read_head(stream).starts_with("HTTP/1.1 200 "));
    }
    let answer = house.say(format!("GET / HTTP/1.1\r\n{CLOSE}\r\n"));
    assert_refused(&answer, 429, "rate_limited");
    // Neither a stream nor who has not asked yet has made room.
    ask(&mut silent);
    stream.set_nonblocking(true).unwrap();
    let waits = stream.read(&mut [0; 16]).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
}

/// A proxy opens as many connections as it likes; each of its clients may have so many requests and streams at once.
#[test]
fn behind_a_trusted_proxy_each_client_gets_its_share_and_the_proxy_is_not_limited() {
    let house = House::with(|config| {
        config.trusted_proxies.push("127.0.0.1".parse().unwrap());
        config.per_address = Arc::new(AtomicUsize::new(2));
    });
    let ask = |path: &str, address: &str| {
        let mut stream = house.connect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let one_after_the_other = |_| {
        let mut stream = ask("/a", "192.0.2.1");
        read_until(&mut stream, "body 0\n");
        stream
    };
    let idle: Vec<TcpStream> = (0..10).map(one_after_the_other).collect();
    let hanging = ask("/hang", "192.0.2.1");
    let mut watching = ask("/watch/1", "192.0.2.1");
    assert!(read_head(&mut watching).starts_with("HTTP/1.1 200 OK\r\n"));
    assert_refused(&read_to_end(&mut ask("/a", "192.0.2.1")), 429, "rate_limited");
    assert_refused(&read_to_end(&mut ask("/watch/2", "192.0.2.1")), 429, "rate_limited");
    read_until(&mut ask("/a", "192.0.2.2"), "body 0\n");
    read_until(&mut ask("/a", "127.0.0.1"), "body 0\n");
    drop(watching);
    let by = Instant::now() + PATIENCE;
    while read_head(&mut ask("/a", "192.0.2.1")).starts_with("HTTP/1.1 429 ") {
        assert!(Instant::now() < by, "a stream that has ended is still counted");
        thread::sleep(Duration::from_millis(10));
    }
    drop((idle, hanging));
}

#[test]
fn when_watchers_fill_the_house_requests_still_get_in() {
    let house = House::with(|config| config.max_watchers = 3);
    let watchers: Vec<_> = (0..3).map(|_| house.watch()).collect();
    let answer = house.say("GET /watch/9 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_refused(&answer, 503, "busy");
    assert!(answer.contains("\r\nRetry-After: "), "{answer}");
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Lost { ticket: 9 }));
    house.is_well();
    drop(watchers);
    for _ in 0..3 {
        assert!(matches!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Closed { .. })));
    }
    house.watch();
}

/// Remembered: those who had been told that there is no more room to watch held the places that are kept for requests.
#[test]
fn who_may_not_watch_keeps_no_request_out() {
    let house = House::with(|config| (config.max_connections, config.max_watchers) = (20, 10));
    let watching: Vec<_> = (0..10).map(|_| house.watch()).collect();
    let mut refused: Vec<TcpStream> = (0..10).map(|_| house.connect()).collect();
    for stream in &mut refused {
        stream.write_all(b"GET /watch/9 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        assert!(read_head(stream).starts_with("HTTP/1.1 503 "));
    }
    for _ in 0..5 {
        house.is_well();
    }
    drop((watching, refused));
}

#[test]
fn idle_connections_make_room_when_the_house_is_full() {
    let house = House::with(|config| config.max_connections = 20);
    let mut idle: Vec<TcpStream> = (0..20).map(|_| house.connect()).collect();
    for stream in &mut idle {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        read_until(stream, "body 0\n");
    }
    for _ in 0..10 {
        house.is_well();
    }
    assert_eq!(read_to_end(&mut idle[0]), "", "the longest idle one goes first");
}

#[test]
fn a_silent_web_layer_is_a_503_and_is_asked_again() {
    let house = House::with(|config| {
        config.backends = 4;
        config.timings.answer = Duration::from_millis(300);
    });
    for _ in 0..8 {
        assert_refused(&house.say(format!("GET /hang HTTP/1.1\r\n{CLOSE}\r\n")), 503, "busy");
    }
    house.is_well_soon();
}

/// Few are open at the start.
#[test]
fn connections_to_the_web_layer_are_opened_when_they_are_needed() {
    let house = House::with(|config| config.backends = 64);
    let mut streams: Vec<TcpStream> = (0..31).map(|_| house.connect()).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    house.is_well();
}

#[test]
fn more_requests_than_may_wait_are_told_to_come_back() {
    let house = House::with(|config| {
        // Of which half are for such requests.
        config.backends = 8;
        config.limits.waiting = 2;
    });
    let mut streams: Vec<TcpStream> = (0..10).map(|_| house.connect()).collect();
    for stream in &mut streams {
        stream.write_all(format!("GET /sleep HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).unwrap();
    }
    let answers: Vec<String> = streams.iter_mut().map(read_to_end).collect();
    let slept = answers.iter().filter(|answer| answer.ends_with("slept")).count();
    assert_eq!(slept, 6, "{answers:?}");
    answers
        .iter()
        .filter(|answer| !answer.ends_with("slept"))
        .for_each(|answer| assert_refused(answer, 503, "busy"));
}

#[test]
fn bodies_past_what_is_held_are_told_to_come_back() {
    let house = House::with(|config| config.limits.bodies_bytes = 4 << 20);
    let half = |size: usize| {
        format!("POST /picture HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{}", size + 1, "x".repeat(size))
    };
    let mut first = house.connect();
    first.write_all(half(2 << 20).as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    let answer = house.say(half(2 << 20));
    assert_refused(&answer, 503, "busy");
    let bid = house.say(format!("POST /bid HTTP/1.1\r\n{CLOSE}Content-Length: 3\r\n\r\nbid"));
    assert!(bid.ends_with("body 3\n"), "{bid}");
    first.write_all(b"x").unwrap();
    assert!(read_to_end(&mut first).ends_with("body 2097153\n"));
    let again = house.say(format!("{}x", half(2 << 20)));
    assert!(again.ends_with("body 2097153\n"), "{again}");
}

#[test]
fn slow_readers_of_large_answers_do_not_keep_bidders_out() {
    let house = House::with(|config| config.backends = 4);
    let mut slow: Vec<TcpStream> = (0..8).map(|_| house.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /bytes/20000000 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    assert!(house.answers() < Duration::from_secs(8));
    house.is_well_soon();
}

#[test]
fn an_old_watcher_gets_no_chunks() {
    let house = House::open();
    let mut stream = house.connect();
    stream.write_all(b"GET /watch/7 HTTP/1.0\r\n\r\n").unwrap();
    let Ok(WatcherEvent::Opened { watcher, .. }) = house.told.recv_timeout(PATIENCE) else {
        panic!("not opened")
    };
    house.outlet.send(vec![watcher], b"data: 1\n\n");
    house.outlet.end(watcher, b"");
    let answer = read_to_end(&mut stream);
    assert!(answer.ends_with("\r\n\r\ndata: 1\n\n"), "{answer}");
}

#[test]
fn what_is_sent_in_a_row_arrives_in_order() {
    let house = House::open();
    let (mut stream, watcher) = house.watch();
    let to: Arc<[WatcherId]> = vec![watcher].into();
    let mut expected = String::new();
    for n in 0..2000 {
        let block = format!("data: {n}\n\n");
        house.outlet.send(to.clone(), block.as_bytes());
        expected.push_str(&format!("{:x}\r\n{block}\r\n", block.len()));
    }
    house.outlet.end(watcher, b"");
    assert_eq!(read_to_end(&mut stream), expected + "0\r\n\r\n");
}

/// Whoever sends rows waits with the next one until the last is taken, and so never makes a laggard of a slow reader.
#[test]
fn a_row_is_reported_when_its_reader_has_taken_it() {
    let house = House::with(|config| config.limits.backlog_bytes = 4 << 20);
    let (mut stream, watcher) = house.watch();
    socket2::SockRef::from(&stream).set_recv_buffer_size(4096).unwrap();
    let block = |n: usize| Arc::new(Block::framed(format!("{n:08000}").as_bytes()));
    house.outlet.send_many(watcher, vec![block(1), block(2)], false);
    house.outlet.send_many(watcher, (3..150).map(block).collect(), true);
    thread::sleep(Duration::from_millis(100));
    assert!(house.told.try_recv().is_err(), "nobody has read it");
    let mut frame = vec![0; "1f40\r\n\r\n".len() + 8000];
    for n in 1..150 {
        stream.read_exact(&mut frame).unwrap();
        assert!(frame.ends_with(format!("{n:08000}\r\n").as_bytes()), "{n}");
    }
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Taken { watcher }));
    drop(stream);
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Closed { watcher }));
}

#[test]
fn stalled_watchers_are_ended_and_delay_nobody() {
    for n_stalled in [20, 200] {
        let house = House::open();
        let stalled: Vec<_> = (0..n_stalled).map(|_| house.watch()).collect();
        for (stream, _) in &stalled {
            socket2::SockRef::from(stream).set_recv_buffer_size(4096).unwrap();
        }
        let (mut reader, watcher) = house.watch();
        let all: Arc<[WatcherId]> = stalled.iter().map(|(_, id)| *id).chain([watcher]).collect();
        let block = vec![b'x'; 8 << 10];
        let mut worst = Duration::ZERO;
        let mut frame = vec![0; block.len() + "2000\r\n\r\n".len()];
        for _ in 0..300 {
            let said = Instant::now();
            house.outlet.send(all.clone(), &block);
            reader.read_exact(&mut frame).unwrap();
            worst = worst.max(said.elapsed());
        }
        println!("beside {n_stalled} stalled watchers the worst delay of 300 blocks was {worst:?}");
        assert!(worst < Duration::from_millis(500), "{worst:?}");
        let closed: Vec<WatcherEvent> =
            (0..n_stalled).map(|_| house.told.recv_timeout(PATIENCE).unwrap()).collect();
        assert!(
            closed
                .iter()
                .all(|told| matches!(told, WatcherEvent::Closed { watcher: gone } if *gone != watcher))
        );
        house.is_well();
    }
}

/// A flood of listings ended 290 of 300 watchers.
#[test]
fn a_watcher_of_marked_blocks_lags_and_is_resumed_where_it_stopped() {
    let house = House::open();
    let (mut stream, watcher) = house.watch();
    socket2::SockRef::from(&stream).set_recv_buffer_size(4096).unwrap();
    let block = |n: i64| Arc::new(Block::marked(format!("{n:08000}").as_bytes(), n));
    (1..=300).for_each(|n| house.outlet.send_block([watcher], block(n)));
    let Ok(WatcherEvent::Lagging { watcher: lagging, after: Some(after) }) =
        house.told.recv_timeout(PATIENCE)
    else {
        panic!("it does not lag")
    };
    assert!(lagging == watcher && (1..300).contains(&after), "{after}");
    // Until it is resumed nothing reaches it, and nobody hears that a row was taken.
    house.outlet.send_block([watcher], block(999));
    house.outlet.send_many(watcher, vec![block(998)], true);
    house.outlet.resume(watcher);
    let mut frame = vec![0; "1f40\r\n\r\n".len() + 8000];
    let mut reads = |n: i64| {
        stream.read_exact(&mut frame).unwrap();
        assert!(frame.ends_with(format!("{n:08000}\r\n").as_bytes()), "{n}");
    };
    (1..=after).for_each(&mut reads);
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Taken { watcher }));
    house.outlet.send_many(watcher, (after + 1..after + 4).map(block).collect(), false);
    (after + 1..after + 4).for_each(reads);
    drop(stream);
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Closed { watcher }));
}

#[test]
fn a_fault_is_said_aloud() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, fault) = mpsc::channel();
    let told = |_| panic!("a hub that panics");
    let heard = move |fault: &str| tell.send(fault.to_string()).unwrap();
    let (gate, server) =
        Gate::open(listener, Config { backends: 2, ..Config::default() }, told, heard).unwrap();
    let auth = gate.auth();
    thread::spawn(move || serve(server, &auth));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /watch/1 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert_eq!(fault.recv_timeout(PATIENCE).as_deref(), Ok("the outlet thread panicked"));
    gate.stop(Duration::from_millis(100), b"");
}

/// Runs the test of this name again, alone, under another limit of open files; false in there.
#[cfg(unix)]
fn again_with_few_files(name: &str, limit: &str) -> bool {
    if std::env::var_os("GATE_FEW_FILES").is_some() {
        return false;
    }
    let limited = format!("{limit}; exec \"$0\" --exact gate::{name}");
    let mut run = std::process::Command::new("sh");
    let ran = run.args(["-c", &limited]).arg(std::env::current_exe().unwrap()).env("GATE_FEW_FILES", "1");
    let output = ran.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    true
}

#[test]
#[cfg(target_os = "linux")]
fn the_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    if again_with_few_files("the_limit_of_open_files_is_raised_as_far_as_it_may_be", "ulimit -S -n 256") {
        return;
    }
    let house = House::open();
    let held: Vec<TcpStream> = (0..400).map(|_| house.connect()).collect();
    house.is_well();
    drop(held);
}

#[test]
#[cfg(unix)]
fn at_the_file_limit_the_door_stays_open() {
    if again_with_few_files("at_the_file_limit_the_door_stays_open", "ulimit -n 512") {
        return;
    }
    let house = House::open();
    let held: Vec<TcpStream> =
        std::iter::from_fn(|| TcpStream::connect(house.address).ok()).take(2000).collect();
    assert!(held.len() > 100, "{}", held.len());
    thread::sleep(Duration::from_millis(200));
    let spared = held.len() / 2;
    drop(held.into_iter().take(spared).collect::<Vec<_>>());
    house.is_well_soon();
}

#[test]
fn an_empty_line_between_requests_is_forgiven() {
    let house = House::open();
    let mut stream = house.connect();
    for between in ["\r\n", "\r", "\n"] {
        let request = if between == "\n" { "" } else { "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" };
        stream.write_all(format!("{request}{between}").as_bytes()).unwrap();
        if !request.is_empty() {
            read_until(&mut stream, "body 0\n");
        }
        thread::sleep(Duration::from_millis(20));
    }
    stream.write_all(format!("GET /last HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).unwrap();
    assert!(read_to_end(&mut stream).contains("GET /last from"));
}

#[test]
fn a_ticket_for_a_head_request_or_a_vanished_client_is_given_back() {
    let house = House::open();
    house.say(format!("HEAD /watch/3 HTTP/1.1\r\n{CLOSE}\r\n"));
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Lost { ticket: 3 }));
    let mut stream = house.connect();
    stream.write_all(b"GET /sleep/watch/4 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(50));
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    assert_eq!(house.told.recv_timeout(PATIENCE), Ok(WatcherEvent::Lost { ticket: 4 }));
}

#[test]
fn a_deaf_web_layer_is_a_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, fault) = mpsc::channel();
    let heard = move |fault: &str| tell.send(fault.to_string()).unwrap();
    let mut config = Config { backends: 1, ..Config::default() };
    config.timings.answer = Duration::from_millis(100);
    config.timings.waiting = Duration::from_millis(100);
    // Nobody takes the requests out of the server.
    let (gate, _server) = Gate::open(listener, config, |_| {}, heard).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let said = fault.recv_timeout(PATIENCE).unwrap();
    assert_eq!(said, "the gate thread ended: tiny_http serves no new connections");
    gate.stop(Duration::from_millis(100), b"");
}

#[test]
fn a_thread_that_stands_still_is_a_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, fault) = mpsc::channel();
    let (go_on, held) = mpsc::channel::<()>();
    let told = move |_| held.recv().unwrap_or(());
    let heard = move |fault: &str| tell.send(fault.to_string()).unwrap();
    let (gate, server) =
        Gate::open(listener, Config { backends: 2, ..Config::default() }, told, heard).unwrap();
    let auth = gate.auth();
    thread::spawn(move || serve(server, &auth));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /watch/1 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let said = fault.recv_timeout(2 * PATIENCE);
    assert_eq!(said.as_deref(), Ok("the outlet thread has stood still for 5 s"));
    drop(go_on);
    gate.stop(Duration::from_millis(300), b"");
}

/// Remembered: a hall that came back after a restart filled the queue, and a bid was told that the house is full.
#[test]
fn a_hall_that_comes_back_does_not_keep_requests_out() {
    let house = House::with(|config| {
        config.backends = 4;
        config.limits.waiting = 8;
        // On a busy machine the last of them waits longer than the ten seconds that are usual.
        config.timings.waiting = Duration::from_secs(60);
        config.pool =
            |_, target| if target.contains("/watch/") { WorkerPool::Streams } else { WorkerPool::Quick };
    });
    let mut hall: Vec<TcpStream> = (0..40).map(|_| house.connect()).collect();
    for stream in &mut hall {
        stream.write_all(b"GET /sleep/watch/5 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    for _ in 0..5 {
        assert!(house.answers() < PATIENCE);
    }
    for stream in &mut hall {
        assert!(read_head(stream).starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

/// Remembered: a rush of log-ins held every connection to tiny_http, and a bid waited for all of them.
#[test]
fn a_rush_of_requests_that_take_long_does_not_keep_quick_ones_waiting() {
    let house = House::with(|config| {
        config.backends = 4;
        config.pool =
            |_, target| if target.starts_with("/hang") { WorkerPool::Writes } else { WorkerPool::Quick };
    });
    let mut rush: Vec<TcpStream> = (0..50).map(|_| house.connect()).collect();
    for stream in &mut rush {
        stream.write_all(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    for _ in 0..20 {
        house.is_well();
    }
}

/// Remembered: a web layer whose threads were all busy did not hear the gate ask whether it is there, and was ended.
#[test]
fn a_web_layer_that_is_slow_is_no_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, fault) = mpsc::channel();
    let heard = move |fault: &str| tell.send(fault.to_string()).unwrap();
    let mut config = Config { backends: 64, ..Config::default() };
    config.timings.waiting = Duration::from_millis(100);
    let (gate, server) = Gate::open(listener, config, |_| {}, heard).unwrap();
    let (auth, (taken, n_taken)) = (gate.auth(), mpsc::channel());
    thread::spawn(move || {
        while let Ok(request) = server.recv() {
            thread::sleep(Duration::from_millis(150));
            if let Some((_, request)) = auth.admit(request) {
                answer(request, Response::from_string("late"));
            }
            let Ok(()) = taken.send(()) else { return };
        }
    });
    let ask = || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        stream
    };
    let mut rush: Vec<TcpStream> = (0..8).map(|_| ask()).collect();
    for _ in 0..20 {
        n_taken.recv_timeout(PATIENCE).unwrap();
        rush.push(ask());
    }
    assert_eq!(fault.try_recv(), Err(mpsc::TryRecvError::Empty));
    drop(n_taken);
    gate.stop(Duration::from_millis(100), b"");
}

/// Half of a body, and no more of it.
fn stalled_body(house: &House, size: usize) -> TcpStream {
    let mut stream = house.connect();
    let head = format!("POST /picture HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n", 2 * size);
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; size]).unwrap();
    stream
}

#[test]
fn bodies_that_stall_make_room_when_the_house_is_full() {
    let house = House::with(|config| config.max_connections = 20);
    let stalled: Vec<TcpStream> = (0..20).map(|n| stalled_body(&house, 1 + n * 5_000)).collect();
    house.is_well_soon();
    drop(stalled);
}

#[test]
fn bodies_that_stall_make_room_for_bodies() {
    let house = House::with(|config| config.limits.bodies_bytes = 4 << 20);
    let stalled = [stalled_body(&house, 1 << 20), stalled_body(&house, 3 << 19)];
    let body = "x".repeat(2 << 20);
    let whole = format!("POST /picture HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{body}", body.len());
    let until = Instant::now() + Duration::from_secs(8);
    while !house.say(&whole).ends_with("body 2097152\n") {
        assert!(Instant::now() < until, "no room is made");
        thread::sleep(Duration::from_millis(50));
    }
    drop(stalled);
}
