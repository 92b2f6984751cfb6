//! Two readers of the same bytes must agree: the gate's, which gets them in any pieces, and the reference, which sees
//! them whole. Where they agree on every request of a connection, nothing can be smuggled. The last test asks the gate
//! itself, over real sockets: what tiny_http gets is what the reference reads.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use super::Gate;
use super::chunked::Chunked;
use super::config::Config;
use super::head::{self, Body};
use super::reference_reader::{self, Reading, Request, Then};

/// A request in the midst of its body.
struct Open {
    request: Request,
    /// None: in chunks.
    left: Option<usize>,
    chunked: Chunked,
}

/// The gate's own reading, as the front does it.
fn gate_reads(pieces: &[&[u8]]) -> Reading {
    let (mut inbox, mut seen, mut requests, mut may_skip) = (Vec::new(), 0, Vec::new(), false);
    let mut open: Option<Open> = None;
    for piece in pieces {
        inbox.extend_from_slice(piece);
        loop {
            if let Some(mut body) = open.take() {
                let Ok(read) = body.take(&inbox) else { return Reading { requests, then: Then::Refused } };
                inbox.drain(..read);
                if !body.is_done() {
                    open = Some(body);
                    break;
                }
                requests.push(body.request);
                (seen, may_skip) = (0, true);
            }
            if may_skip && seen == 0 {
                let Some(skipped) = head::empty_line(&inbox) else { break };
                inbox.drain(..skipped);
                may_skip = skipped == 0;
            }
            if inbox.is_empty() {
                break;
            }
            match read_head(&mut inbox, &mut seen) {
                Ok(Some(body)) => open = Some(body),
                Ok(None) => break,
                Err(()) => return Reading { requests, then: Then::Refused },
            }
        }
    }
    Reading { requests, then: Then::MoreToCome }
}

fn read_head(inbox: &mut Vec<u8>, seen: &mut usize) -> Result<Option<Open>, ()> {
    let Some(length) = head::find_end(inbox, seen).map_err(|_| ())? else { return Ok(None) };
    let bytes: Vec<u8> = inbox.drain(..length).collect();
    let mut room = [httparse::EMPTY_HEADER; head::MAX_HEADERS];
    let head = head::read(&bytes, &mut room).map_err(|_| ())?;
    let left = match head.body {
        Body::None => Some(0),
        Body::Length(length) => Some(usize::try_from(length).unwrap()),
        Body::Chunked => None,
    };
    let (method, target) = (head.method.to_owned(), head.target.to_owned());
    let request = Request { method, target, body: Vec::new(), closes: !head.keep_alive };
    Ok(Some(Open { request, left, chunked: Chunked::new() }))
}

impl Open {
    fn take(&mut self, inbox: &[u8]) -> Result<usize, ()> {
        let body = &mut self.request.body;
        let Some(left) = &mut self.left else {
            return self.chunked.read(inbox, |some| body.extend_from_slice(some)).map_err(|_| ());
        };
        let taken = inbox.len().min(*left);
        body.extend_from_slice(&inbox[..taken]);
        *left -= taken;
        Ok(taken)
    }

    fn is_done(&self) -> bool {
        self.left.map_or_else(|| self.chunked.is_done(), |left| left == 0)
    }
}

/// Lines of a head, each alone harmless or not; two of them together may not be.
const FIELDS: [&str; 40] = [
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: 5",
    "content-length:  3 ",
    "Content-Length: 6",
    "Content-Length: +5",
    "Content-Length: 5, 5",
    "Content-Length: 0x5",
    "Content-Length: 5 5",
    "Content-Length:",
    "Content-Length: 99999999999999999999",
    "Content-Length : 5",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "TRANSFER-ENCODING:\tCHUNKED\t",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:\x0bchunked",
    "Transfer-Encoding : chunked",
    "Transfer_Encoding: chunked",
    "X: a\r\n b",
    "X: a\r\n\tTransfer-Encoding: chunked",
    "X: a\rContent-Length: 5",
    "X: a\nContent-Length: 5",
    "X: a\0",
    "X: \x7f",
    "X: \u{e9}\u{fc}",
    "X\u{e9}: a",
    "X",
    ": a",
    " X: a",
    "Host: i",
    "Host: u@h",
    "Expect: 100-continue",
    "Expect: x",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: x, Close",
    "X: a",
];

const STARTS: [&str; 23] = [
    "GET / HTTP/1.1",
    "GET /a HTTP/1.1",
    "POST /b HTTP/1.1",
    "PUT /c?d HTTP/1.0",
    "GET /\u{e9} HTTP/1.1",
    "GET /# HTTP/1.1",
    "GET / HTTP/2.0",
    "GET / HTTP/1.2",
    "GET /",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
    "TRACE / HTTP/1.1",
    "G\u{e9}T / HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET http://h/p?q HTTP/1.1",
    "POST HTTPS://other:80 HTTP/1.1",
    "GET http://h?q HTTP/1.1",
    "GET http:///p HTTP/1.1",
    "GET http://u@h/p HTTP/1.1",
    "GET ftp://h/p HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET * HTTP/1.1",
    "CONNECT h:80 HTTP/1.1",
];

/// What may follow a head: bodies in either coding, whole and broken, and other protocols.
const AFTER: [&str; 24] = [
    "",
    "",
    "hello",
    "hello",
    "hel",
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello\r\n0\r\nTrailer: v\r\n\r\n",
    "3;ext=\"a\"\r\nabc\r\n00\r\n\r\n",
    "2 \r\nab\r\n0\r\n\r\n",
    "A\r\n0123456789\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\nhello\n0\n\n",
    "5\r\nhello\r\n0\r\n\n",
    "-1\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "fffffffff\r\n",
    "5\r\nhello\r\n0\r\nA\rB: c\r\n\r\n",
    "0;\0\r\n\r\n",
    "\r\n",
    "\r\n\r\n",
    "SM\r\n\r\n\0\0\u{6}\u{4}\0\0\0\0\0",
    "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
    "\n",
];

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}

/// A request that is well, and what smuggling needs to begin with.
fn honest() -> impl Strategy<Value = String> {
    select(vec![
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST /b HTTP/1.1\r\nHost: h:80\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "\r\nGET /line HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://other/whole?q HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /bare HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /",
    ])
    .prop_map(str::to_owned)
}

/// A request of likely parts: often well, often not.
fn dubious() -> impl Strategy<Value = String> {
    let start = prop_oneof![3 => select(&STARTS[..3]), 1 => select(&STARTS[..])];
    let host = prop_oneof![9 => Just("Host: h\r\n"), 1 => Just("")];
    let fields = prop::collection::vec(select(&FIELDS[..]), 0..4);
    (start, host, fields, select(&AFTER[..])).prop_map(|(start, host, fields, after)| {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        format!("{start}\r\n{host}{fields}\r\n{after}")
    })
}

/// Requests in a row, perhaps with one byte changed, or cut off.
fn connection() -> impl Strategy<Value = Vec<u8>> {
    let other = select(&AFTER[..]).prop_map(str::to_owned);
    let piece = prop_oneof![4 => honest(), 5 => dubious(), 1 => other];
    let pieces = prop::collection::vec(piece, 1..5).prop_map(|pieces| latin1(&pieces.concat()));
    let spoil = prop::option::weighted(0.3, (any::<Index>(), any::<u8>()));
    let end = prop::option::weighted(0.2, any::<Index>());
    (pieces, spoil, end).prop_map(|(mut bytes, spoil, end)| {
        if let Some((at, byte)) = spoil.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end.filter(|_| !bytes.is_empty()) {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes
    })
}

/// Connections that were of interest once, byte by byte as they are kept for all tests of what strangers send.
fn kept() -> Vec<Vec<u8>> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/heads");
    let files = std::fs::read_dir(dir).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.collect()
}

/// One of them, and some of another after it, perhaps with a few bytes changed.
fn kept_changed() -> impl Strategy<Value = Vec<u8>> {
    let spoiled = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    (select(kept()), select(kept()), any::<Index>(), spoiled).prop_map(|(mut bytes, other, from, spoiled)| {
        bytes.extend_from_slice(&other[from.index(other.len())..]);
        for (at, byte) in spoiled {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

/// More than the usual, and as many more as `PROPTEST_CASES` or `AUCTION_FUZZ_CASES` says.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let asked = std::env::var("AUCTION_FUZZ_CASES").ok().map_or(0, |n| n.parse().unwrap());
    ProptestConfig { cases: usual.cases.max(2000).max(asked), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_gate_reads_by_the_book(bytes in connection()) {
        prop_assert_eq!(gate_reads(&[&bytes]), reference_reader::read(&bytes), "{}", bytes.escape_ascii());
    }

    #[test]
    fn what_was_kept_is_read_by_the_book(bytes in kept_changed()) {
        prop_assert_eq!(gate_reads(&[&bytes]), reference_reader::read(&bytes), "{}", bytes.escape_ascii());
    }

    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(bytes in connection()) {
        let whole = gate_reads(&[&bytes]);
        for cut in 1..bytes.len() {
            let cut_there = gate_reads(&[&bytes[..cut], &bytes[cut..]]);
            prop_assert_eq!(&cut_there, &whole, "{} at {}", bytes.escape_ascii(), cut);
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(gate_reads(&each), whole, "{} byte by byte", bytes.escape_ascii());
    }
}

#[test]
fn each_kept_connection_is_read_by_the_book_however_it_is_cut() {
    for bytes in kept() {
        let whole = gate_reads(&[&bytes]);
        assert_eq!(whole, reference_reader::read(&bytes), "{}", bytes.escape_ascii());
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(gate_reads(&each), whole, "{} byte by byte", bytes.escape_ascii());
    }
}

/// Says the pieces to a gate, ends its side, and reads until the gate ends the other: the statuses of its answers.
fn converse(address: SocketAddr, pieces: &[&[u8]]) -> Vec<u16> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for piece in pieces {
        // A gate that has heard enough may close before everything is said.
        if stream.write_all(piece).is_err() {
            break;
        }
        thread::sleep(Duration::from_micros(300));
    }
    let _ = stream.shutdown(Shutdown::Write);
    let (mut said, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&some[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error} after {}", said.escape_ascii()),
        }
    }
    let said = String::from_utf8_lossy(&said);
    said.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()).collect()
}

/// A gate whose web layer says nothing, but tells what it was asked.
fn listening() -> (Gate, SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config { backends: 2, ..Config::default() };
    let (gate, server) = Gate::open(listener, config, |_| {}, |_| {}).unwrap();
    let (auth, (tell, told)) = (gate.auth(), mpsc::channel());
    thread::spawn(move || {
        while let Ok(request) = server.recv() {
            let Some((_, mut request)) = auth.admit(request) else { continue };
            let mut body = Vec::new();
            request.as_reader().read_to_end(&mut body).unwrap();
            let (method, target) = (request.method().to_string(), request.url().to_owned());
            if tell.send(Request { method, target, body, closes: false }).is_err() {
                return;
            }
            let _ = request.respond(tiny_http::Response::empty(200));
        }
    });
    (gate, address, told)
}

#[test]
fn what_the_web_layer_is_asked_is_what_the_book_reads() {
    let (gate, address, told) = listening();
    let config =
        ProptestConfig { cases: ProptestConfig::default().cases, failure_persistence: None, ..config() };
    let strategy = (connection(), prop::collection::vec(any::<Index>(), 0..3));
    let outcome = TestRunner::new(config).run(&strategy, |(bytes, cuts)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().rev() {
            let (before, piece) = rest.split_at(*cut);
            pieces.insert(0, piece);
            rest = before;
        }
        pieces.insert(0, rest);
        let statuses = converse(address, &pieces);
        let asked: Vec<Request> = told.try_iter().collect();
        let reference = reference_reader::read(&bytes);
        let until = reference.requests.iter().position(|request| request.closes);
        let expected = &reference.requests[..until.map_or(reference.requests.len(), |last| last + 1)];
        let answered = statuses.iter().filter(|status| **status == 200).count();
        prop_assert_eq!(answered, expected.len(), "{} gave {:?}", bytes.escape_ascii(), statuses);
        prop_assert_eq!(asked.len(), expected.len(), "{}", bytes.escape_ascii());
        for (asked, expected) in asked.iter().zip(expected) {
            prop_assert_eq!(&asked.method, &expected.method);
            prop_assert_eq!(&asked.target, &reference_reader::path_of(&expected.target));
            prop_assert_eq!(&asked.body, &expected.body, "{}", bytes.escape_ascii());
        }
        let refused = statuses.iter().any(|status| *status >= 400);
        let refusal_is_due = until.is_none() && reference.then == Then::Refused;
        // An answer may be lost to a reset when more was said than was read.
        prop_assert!(!refused || refusal_is_due, "{} gave {:?}", bytes.escape_ascii(), statuses);
        Ok(())
    });
    gate.stop(Duration::from_millis(300), b"");
    outcome.unwrap();
}
