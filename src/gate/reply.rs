//! Reads an answer of tiny_http as it comes and writes it as its client is to see it: the headers of this hop are the
//! gate's own, a body has a coding that the client can read, and an answer with `X-Watch` becomes the head of a stream.
//! Pure.

use std::io::Write;

use super::chunked::Chunked;

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 64;
const LEFT_OUT: [&str; 8] = [
    "Connection",
    "Keep-Alive",
    "Transfer-Encoding",
    "Content-Length",
    "Trailer",
    "Upgrade",
    "Server",
    "X-Watch",
];

/// The answer breaks the protocol; its connection cannot be used again.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken;

#[derive(Debug)]
enum Left {
    Head,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Done,
}

/// One answer on its way from tiny_http to a client.
#[derive(Debug)]
pub struct Reply {
    left: Left,
    /// An unfinished head.
    head: Vec<u8>,
    head_only: bool,
    minor: u8,
    /// The client's connection stays open after this answer.
    pub keep_alive: bool,
    /// The ticket of a client that becomes a watcher.
    pub watch: Option<u64>,
    /// The ticket of an answer to a HEAD request, which opens no stream.
    pub unused: Option<u64>,
}

impl Reply {
    pub fn new(head_only: bool, minor: u8, keep_alive: bool) -> Reply {
        Reply { left: Left::Head, head: Vec::new(), head_only, minor, keep_alive, watch: None, unused: None }
    }

    /// The minor version of HTTP/1 that the client speaks.
    pub fn minor(&self) -> u8 {
        self.minor
    }

    pub fn has_begun(&self) -> bool {
        !matches!(self.left, Left::Head)
    }

    pub fn is_done(&self) -> bool {
        matches!(self.left, Left::Done)
    }

    /// tiny_http has closed its end. Returns whether that is how this answer ends.
    pub fn closed(&mut self) -> bool {
        let whole = matches!(self.left, Left::UntilClose);
        if whole {
            self.left = Left::Done;
        }
        whole
    }

    /// Reads `input`, and appends to `out` what the client gets of it.
    pub fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        if !matches!(self.left, Left::Head) {
            return self.read_body(input, out);
        }
        if self.head.is_empty() {
            if let Some(length) = self.read_head(input, out)? {
                return self.read_body(&input[length..], out);
            }
            self.head.extend_from_slice(input);
            return Ok(());
        }
        self.head.extend_from_slice(input);
        let head = std::mem::take(&mut self.head);
        if let Some(length) = self.read_head(&head, out)? {
            return self.read_body(&head[length..], out);
        }
        self.head = head;
        if self.head.len() > MAX_HEAD_BYTES { Err(Broken) } else { Ok(()) }
    }

    fn read_head(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Option<usize>, Broken> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(input) else {
            return if response_may_come(input) { Ok(None) } else { Err(Broken) };
        };
        let status = response.code.ok_or(Broken)?;
        if status < 200 {
            return Err(Broken);
        }
        let ticket = value_of(response.headers, "X-Watch");
        let ticket = ticket.map(|ticket| number(ticket).ok_or(Broken)).transpose()?;
        (self.watch, self.unused) = if self.head_only { (None, ticket) } else { (ticket, None) };
        self.left = self.left_after_head(status, response.headers)?;
        // Writing to a vector cannot fail.
        let _ = write!(out, "HTTP/1.1 {status} {}\r\n", response.reason.unwrap_or(""));
        for header in response.headers.iter().filter(|header| !is_left_out(header.name)) {
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(header.value);
            out.extend_from_slice(b"\r\n");
        }
        self.write_framing(response.headers, status, out);
        Ok(Some(length))
    }

    fn left_after_head(&self, status: u16, headers: &[httparse::Header]) -> Result<Left, Broken> {
        if self.head_only || matches!(status, 204 | 304) {
            return Ok(Left::Done);
        }
        if value_of(headers, "Transfer-Encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"))
        {
            return Ok(Left::Chunked(Chunked::new()));
        }
        match value_of(headers, "Content-Length") {
            Some(length) => match number(length).ok_or(Broken)? {
                0 => Ok(Left::Done),
                length => Ok(Left::Length(length)),
            },
            None => Ok(Left::UntilClose),
        }
    }

    fn write_framing(&mut self, headers: &[httparse::Header], status: u16, out: &mut Vec<u8>) {
        let chunked = matches!(self.left, Left::Chunked(_)) || self.watch.is_some();
        let endless = matches!(self.left, Left::UntilClose) || (chunked && self.minor == 0);
        self.keep_alive &= !endless && self.watch.is_none();
        if chunked && self.minor == 1 {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        } else if let Some(length) = value_of(headers, "Content-Length").filter(|_| !chunked && status != 204)
        {
            out.extend_from_slice(b"Content-Length: ");
            out.extend_from_slice(length);
            out.extend_from_slice(b"\r\n");
        }
        if !self.keep_alive {
            out.extend_from_slice(b"Connection: close\r\n");
        } else if self.minor == 0 {
            out.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    fn read_body(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        let passed = self.watch.is_none();
        match &mut self.left {
            Left::Head => {}
            Left::Done if input.is_empty() => {}
            Left::Done => return Err(Broken),
            Left::UntilClose if passed => out.extend_from_slice(input),
            Left::UntilClose => {}
            Left::Length(left) => {
                *left = left.checked_sub(input.len() as u64).ok_or(Broken)?;
                if passed {
                    out.extend_from_slice(input);
                }
                if *left == 0 {
                    self.left = Left::Done;
                }
            }
            Left::Chunked(chunked) => {
                let decoded = passed && self.minor == 0;
                let read = chunked.read(input, |data| {
                    if decoded {
                        out.extend_from_slice(data);
                    }
                });
                if read != Ok(input.len()) {
                    return Err(Broken);
                }
                if passed && !decoded {
                    out.extend_from_slice(input);
                }
                if chunked.is_done() {
                    self.left = Left::Done;
                }
            }
        }
        Ok(())
    }
}

/// Returns false as soon as the bytes cannot become the head of an answer.
fn response_may_come(input: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    matches!(httparse::Response::new(&mut headers).parse(input), Ok(httparse::Status::Partial))
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn value_of<'b>(headers: &[httparse::Header<'b>], name: &str) -> Option<&'b [u8]> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Broken, Reply};

    fn passed(reply: &mut Reply, answer: &str) -> Result<String, Broken> {
        let mut out = Vec::new();
        reply.read(answer.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    const SIZED: &str = "HTTP/1.1 200 OK\r\nServer: x\r\nA: b\r\nContent-Length: 3\r\n\r\nabc";
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

    #[test]
    fn an_answer_is_passed_on_as_its_client_reads_it() {
        for (minor, keep_alive, answer, expected, keeps) in [
            (1, true, SIZED, "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc", true),
            (
                1,
                false,
                SIZED,
                "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
                false,
            ),
            (
                0,
                true,
                SIZED,
                "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc",
                true,
            ),
            (1, true, CHUNKED, CHUNKED, true),
            (0, true, CHUNKED, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", false),
        ] {
            let mut reply = Reply::new(false, minor, keep_alive);
            assert_eq!(passed(&mut reply, answer).as_deref(), Ok(expected));
            assert!(reply.is_done() && reply.keep_alive == keeps && reply.watch.is_none());
        }
    }

    #[test]
    fn an_answer_in_pieces_is_the_same_answer() {
        for answer in [SIZED, CHUNKED] {
            let whole = passed(&mut Reply::new(false, 1, true), answer).unwrap();
            for cut in 1..answer.len() {
                let mut reply = Reply::new(false, 1, true);
                let first = passed(&mut reply, &answer[..cut]).unwrap();
                assert!(!reply.is_done());
                assert_eq!(first + &passed(&mut reply, &answer[cut..]).unwrap(), whole);
                assert!(reply.is_done());
            }
        }
    }

    #[test]
    fn answers_without_a_body_end_with_their_head() {
        let mut head = Reply::new(true, 1, true);
        let (without_body, _) = SIZED.split_at(SIZED.len() - 3);
        assert!(passed(&mut head, without_body).unwrap().contains("Content-Length: 3\r\n") && head.is_done());
        let mut unchanged = Reply::new(false, 1, true);
        passed(&mut unchanged, "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n").unwrap();
        assert!(unchanged.is_done() && unchanged.keep_alive);
    }

    #[test]
    fn a_ticket_makes_the_head_of_a_stream() {
        let answer = "HTTP/1.1 200 OK\r\nX-Watch: 42\r\nContent-Type: text/event-stream\r\nContent-Length: 3\r\n\r\nabc";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        for (minor, framing) in [(1, "Transfer-Encoding: chunked\r\n"), (0, "")] {
            let mut reply = Reply::new(false, minor, true);
            let expected = format!("{head}{framing}Connection: close\r\n\r\n");
            assert_eq!(passed(&mut reply, answer), Ok(expected));
            assert_eq!((reply.watch, reply.is_done()), (Some(42), true));
        }
    }

    #[test]
    fn an_answer_that_breaks_the_protocol_is_not_passed_on() {
        for answer in [
            "junk\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nX-Watch: me\r\n\r\n",
        ] {
            assert_eq!(passed(&mut Reply::new(false, 1, true), answer), Err(Broken), "{answer:?}");
        }
    }
}
