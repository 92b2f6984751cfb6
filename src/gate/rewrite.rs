//! Writes a request's head anew for the web layer: headers that are meant for this hop alone, or that nobody reads
//! there, are left out, forged copies of the gate's own header are dropped, and the gate's own header goes first. Pure.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::auth::GateAuth;
use super::forwarded::Client;
use super::head::{self, Head};

/// A buffer larger than this is not kept for the next request.
const KEPT_BYTES: usize = 64 * 1024;
/// What tiny_http cannot read in a path; beyond ASCII everything is encoded.
const UNREADABLE: &AsciiSet = &CONTROLS.add(b' ');

/// Never passed on: headers of this hop, framing (written anew), and names by which an outsider could pose as the gate
/// or as a proxy.
const LEFT_OUT: [&str; 18] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Content-Length",
    "Upgrade",
    "HTTP2-Settings",
    "Expect",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "X-Gate",
    "X-Watch",
    "Host",
];

/// Writes one request's head after the other; the buffer of a request that was sent serves again.
pub(super) struct Rewriter {
    auth: GateAuth,
    /// The headers that are passed on, beside `Host`; none: all are.
    wanted: Option<&'static [&'static str]>,
    gate_header: String,
    spare: Vec<u8>,
}

impl Rewriter {
    pub fn new(auth: GateAuth, wanted: Option<&'static [&'static str]>) -> Rewriter {
        Rewriter { auth, wanted, gate_header: String::new(), spare: Vec::new() }
    }

    /// Returns the request line and the headers, without the body's length and the empty line. `path` is the target
    /// without host and base path.
    pub fn write(&mut self, head: &Head, path: &str, client: Client) -> Vec<u8> {
        self.auth.write_header(client, &mut self.gate_header);
        let mut request = std::mem::take(&mut self.spare);
        request.clear();
        write_head(&mut request, head, path, &self.gate_header, self.wanted);
        request
    }

    pub fn reuse(&mut self, buffer: Vec<u8>) {
        if self.spare.capacity() == 0 && buffer.capacity() <= KEPT_BYTES {
            self.spare = buffer;
        }
    }
}

/// Appends the request line and the headers. `gate_header` is the value of the gate's own header. With `wanted`, only
/// these headers and the host are passed on: each costs tiny_http two allocations and a step a byte.
fn write_head(out: &mut Vec<u8>, head: &Head, path: &str, gate_header: &str, wanted: Option<&[&str]>) {
    let named = head::split_absolute(head.target).map(|(host, _)| host.as_bytes());
    let host = named.or_else(|| host_of(head));
    out.extend_from_slice(head.method.as_bytes());
    out.push(b' ');
    write_path(out, path);
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write_header(out, "X-Gate", gate_header.as_bytes());
    if let Some(host) = host {
        write_header(out, "Host", host);
    }
    let is_wanted =
        |name: &str| wanted.is_none_or(|wanted| wanted.iter().any(|one| one.eq_ignore_ascii_case(name)));
    let passed =
        head.headers.iter().filter(|header| is_wanted(header.name) && !is_left_out(header.name, head));
    for header in passed {
        write_header(out, header.name, header.value);
    }
}

/// Appends the end of a head: the length of the body, if there is one, and the empty line.
pub fn write_length(out: &mut Vec<u8>, length: Option<u64>) {
    if let Some(length) = length {
        out.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

fn host_of<'b>(head: &Head<'_, 'b>) -> Option<&'b [u8]> {
    head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("Host")).map(|header| header.value)
}

fn is_left_out(name: &str, head: &Head) -> bool {
    LEFT_OUT.iter().any(|one| one.eq_ignore_ascii_case(name))
        || head::options(head.headers).any(|option| option.eq_ignore_ascii_case(name.as_bytes()))
}

fn write_path(out: &mut Vec<u8>, path: &str) {
    if !path.starts_with(['/', '*']) {
        out.push(b'/');
    }
    for part in percent_encode(path.as_bytes(), UNREADABLE) {
        out.extend_from_slice(part.as_bytes());
    }
}

/// tiny_http refuses a request with a value beyond ASCII, such as another program's cookie on the same host.
fn write_header(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    if value.is_ascii() {
        out.extend_from_slice(value);
    } else {
        out.extend(value.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }));
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::{write_head, write_length};

    fn passed(request: &str) -> String {
        passed_of(request, None)
    }

    fn passed_of(request: &str, wanted: Option<&[&str]>) -> String {
        let mut room = [httparse::EMPTY_HEADER; head::MAX_HEADERS];
        let head = head::read(request.as_bytes(), &mut room).unwrap();
        let mut out = Vec::new();
        write_head(&mut out, &head, head.path(), "WORD", wanted);
        write_length(&mut out, None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_gates_header_is_first_and_cannot_be_forged() {
        let request = "GET /a?b HTTP/1.1\r\nx-gate: forged\r\nHost: h\r\nX-WATCH: 1\r\nX-Forwarded-For: 1.1.1.1\r\n\
                       Connection: keep-alive, x-secret\r\nX-Secret: 1\r\nTE: trailers\r\nAccept: */*\r\n\r\n";
        assert_eq!(passed(request), "GET /a?b HTTP/1.1\r\nX-Gate: WORD\r\nHost: h\r\nAccept: */*\r\n\r\n");
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let request = "GET / HTTP/1.1\r\nUser-Agent: x\r\nHost: h\r\nCOOKIE: a=1\r\nCookie: b=2\r\nConnection: origin\r\n\
                       Origin: http://h\r\nX-Gate: forged\r\n\r\n";
        let passed = passed_of(request, Some(&["Cookie", "Origin", "X-Gate"]));
        assert_eq!(passed, "GET / HTTP/1.1\r\nX-Gate: WORD\r\nHost: h\r\nCOOKIE: a=1\r\nCookie: b=2\r\n\r\n");
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        let request = "GET http://a.example:80?q HTTP/1.1\r\nHost: b.example\r\n\r\n";
        assert_eq!(passed(request), "GET /?q HTTP/1.1\r\nX-Gate: WORD\r\nHost: a.example:80\r\n\r\n");
    }

    #[test]
    fn what_tiny_http_cannot_read_is_escaped() {
        let request = "GET /값 HTTP/1.1\r\nHost: h\r\nCookie: a=값; s=1\r\n\r\n";
        let expected = "GET /%EA%B0%92 HTTP/1.1\r\nX-Gate: WORD\r\nHost: h\r\nCookie: a=???; s=1\r\n\r\n";
        assert_eq!(passed(request), expected);
    }
}
