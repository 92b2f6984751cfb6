//! Reads the head of a request, strictly: what two readers of HTTP could understand differently is refused,
//! never guessed (RFC 9112; the smuggling rows of section 11.2). Pure: bytes in, a head or a refusal out.

use super::refusal::Refusal;

/// The head with its last empty line.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
pub const MAX_HEADERS: usize = 100;
const MAX_METHOD_BYTES: usize = 32;
/// Enough for any length that fits a limit, and no overflow on the way.
const MAX_LENGTH_DIGITS: usize = 18;

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    None,
    Length(u64),
    Chunked,
}

#[derive(Debug)]
pub struct Head<'h, 'b> {
    pub method: &'b str,
    /// As sent: a path, an absolute URL, or `*`.
    pub target: &'b str,
    /// The minor version of HTTP/1.
    pub minor: u8,
    pub headers: &'h [httparse::Header<'b>],
    pub body: Body,
    pub keep_alive: bool,
    pub expects_continue: bool,
}

impl<'b> Head<'_, 'b> {
    /// Returns the target without scheme and host.
    pub fn path(&self) -> &'b str {
        split_absolute(self.target).map_or(self.target, |(_, path)| path)
    }
}

/// Looks for the empty line that ends the head, from `seen` on: the bytes before it were checked already, and it is
/// moved on. Refuses a NUL, a bare CR or LF, a folded line and a head past its limit as soon as they come.
pub fn find_end(bytes: &[u8], seen: &mut usize) -> Result<Option<usize>, Refusal> {
    if !starts_like_a_request(bytes) {
        return Err(Refusal::BadRequest("This is not an HTTP request."));
    }
    for at in *seen..bytes.len() {
        let before = at.checked_sub(1).map_or(0, |at| bytes[at]);
        match bytes[at] {
            // Nearly every byte.
            b'!'.. if before != b'\r' => {}
            0 => return Err(Refusal::BadRequest("The head holds a NUL.")),
            b'\n' if before != b'\r' => return Err(Refusal::BadRequest("The head holds a bare line feed.")),
            b'\n' if bytes[..at].ends_with(b"\r\n\r") => {
                *seen = at + 1;
                return if at < MAX_HEAD_BYTES { Ok(Some(at + 1)) } else { Err(Refusal::HeadTooLarge) };
            }
            b'\n' => {}
            _ if before == b'\r' => {
                return Err(Refusal::BadRequest("The head holds a bare carriage return."));
            }
            b' ' | b'\t' if before == b'\n' => return Err(Refusal::BadRequest("A header is folded.")),
            _ => {}
        }
    }
    *seen = bytes.len();
    if bytes.len() >= MAX_HEAD_BYTES { Err(Refusal::HeadTooLarge) } else { Ok(None) }
}

/// Returns the length of an empty line before a further request, which is skipped (RFC 9112, 2.2); none while only half
/// of it has come.
pub fn empty_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        b"\r" => None,
        [b'\r', b'\n', ..] => Some(2),
        _ => Some(0),
    }
}

/// A method of token characters, then a space: TLS, binary junk and greetings of other protocols fail here.
fn starts_like_a_request(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(MAX_METHOD_BYTES + 1)];
    match start.iter().position(|byte| !is_token(*byte)) {
        Some(0) => false,
        Some(at) => start[at] == b' ',
        None => start.len() <= MAX_METHOD_BYTES,
    }
}

pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads a whole head, as found by `find_end`.
pub fn read<'h, 'b>(
    bytes: &'b [u8],
    buffer: &'h mut [httparse::Header<'b>],
) -> Result<Head<'h, 'b>, Refusal> {
    let mut request = httparse::Request::new(buffer);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        Err(httparse::Error::Version) => return Err(Refusal::Version),
        _ => return Err(Refusal::BadRequest("The head of the request cannot be read.")),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(Refusal::BadRequest("The request line is not complete."));
    };
    let headers: &'h [httparse::Header<'b>] = request.headers;
    check_method_and_target(method, target)?;
    check_host(headers, minor)?;
    let body = body_of(headers, minor)?;
    let expects_continue = expects_continue(headers, minor)?;
    let keep_alive = keep_alive(headers, minor);
    Ok(Head { method, target, minor, headers, body, keep_alive, expects_continue })
}

fn check_method_and_target(method: &str, target: &str) -> Result<(), Refusal> {
    if matches!(method, "CONNECT" | "TRACE") {
        return Err(Refusal::Method);
    }
    let known = target.starts_with('/')
        || (target == "*" && method == "OPTIONS")
        || split_absolute(target).is_some_and(|(host, _)| is_host(host.as_bytes()) && !host.is_empty());
    if !known || target.contains('#') {
        return Err(Refusal::BadRequest("The target of the request is not a path or a URL."));
    }
    Ok(())
}

/// Returns the host and the path of an absolute URL, as clients of proxies send it.
pub fn split_absolute(target: &str) -> Option<(&str, &str)> {
    let scheme = ["http://", "https://"]
        .iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let rest = &target[scheme.len()..];
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    Some(rest.split_at(end))
}

fn check_host(headers: &[httparse::Header], minor: u8) -> Result<(), Refusal> {
    let mut hosts = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("Host"));
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host.value) => Ok(()),
        (Some(_), None) => Err(Refusal::BadRequest("The Host header is not a host.")),
        (Some(_), Some(_)) => Err(Refusal::BadRequest("There is more than one Host header.")),
        (None, _) if minor == 0 => Ok(()),
        (None, _) => Err(Refusal::BadRequest("HTTP/1.1 needs a Host header.")),
    }
}

/// Checks the characters of a host and its port; a user name or a path is refused.
fn is_host(value: &[u8]) -> bool {
    value.len() <= 300
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%:[]!$&'()*+,;=".contains(byte))
}

/// Exactly one way to say where the body ends (RFC 9112, 6.3); any second one is refused, even an equal one.
fn body_of(headers: &[httparse::Header], minor: u8) -> Result<Body, Refusal> {
    let mut body = Body::None;
    let mut said = 0;
    for header in headers {
        if header.name.eq_ignore_ascii_case("Content-Length") {
            body = Body::Length(length(header.value)?);
        } else if header.name.eq_ignore_ascii_case("Transfer-Encoding") {
            if minor == 0 || !header.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::BadRequest("The only transfer encoding taken is chunked, in HTTP/1.1."));
            }
            body = Body::Chunked;
        } else {
            continue;
        }
        said += 1;
    }
    if said > 1 { Err(Refusal::BadRequest("The request says twice where its body ends.")) } else { Ok(body) }
}

fn length(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || value.len() > MAX_LENGTH_DIGITS || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::BadRequest("Content-Length is not a plain number."));
    }
    Ok(value.iter().fold(0, |length, digit| length * 10 + u64::from(digit - b'0')))
}

fn expects_continue(headers: &[httparse::Header], minor: u8) -> Result<bool, Refusal> {
    let mut expects = false;
    for header in headers.iter().filter(|header| header.name.eq_ignore_ascii_case("Expect")) {
        if !header.value.eq_ignore_ascii_case(b"100-continue") {
            return Err(Refusal::Expectation);
        }
        expects = minor == 1;
    }
    Ok(expects)
}

fn keep_alive(headers: &[httparse::Header], minor: u8) -> bool {
    let mut keep = minor == 1;
    for option in options(headers) {
        if option.eq_ignore_ascii_case(b"close") {
            return false;
        }
        keep |= option.eq_ignore_ascii_case(b"keep-alive");
    }
    keep
}

/// The options named in `Connection`, each also the name of a header meant for this hop alone.
pub fn options<'a>(headers: &'a [httparse::Header]) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("Connection"))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .map(|option| option.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::{Head, MAX_HEAD_BYTES, MAX_HEADERS, Refusal, find_end, read};

    /// The status it is refused with, or what was understood.
    fn understood(request: &str) -> Result<String, u16> {
        let all = request.as_bytes();
        let mut seen = 0;
        let found = find_end(all, &mut seen).map_err(Refusal::status)?;
        let end = found.ok_or(0u16)?;
        let mut room = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let Head { method, target, minor, body, keep_alive, expects_continue, .. } =
            read(&all[..end], &mut room).map_err(Refusal::status)?;
        Ok(format!("{method} {target} 1.{minor} {body:?} keep {keep_alive} expects {expects_continue}"))
    }

    fn with(lines: &str) -> Result<String, u16> {
        understood(&format!("POST /p HTTP/1.1\r\nHost: h\r\n{lines}\r\n"))
    }

    #[test]
    fn an_honest_head_is_understood() {
        for (lines, expected) in [
            ("", "None keep true expects false"),
            ("Content-Length: 12\r\n", "Length(12) keep true expects false"),
            ("content-length:0\r\n", "Length(0) keep true expects false"),
            ("Transfer-Encoding: Chunked\r\n", "Chunked keep true expects false"),
            ("Connection: Close\r\n", "None keep false expects false"),
            ("Connection: keep-alive, close\r\n", "None keep false expects false"),
            ("Expect: 100-Continue\r\nContent-Length: 1\r\n", "Length(1) keep true expects true"),
            ("X: \u{e9}\tb\r\n", "None keep true expects false"),
        ] {
            assert_eq!(with(lines), Ok(format!("POST /p 1.1 {expected}")), "{lines:?}");
        }
        for (request, expected) in [
            ("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 None keep false expects false"),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 None keep true expects false"),
            ("GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h/x 1.1 None keep true expects false"),
            ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 1.1 None keep true expects false"),
        ] {
            assert_eq!(understood(request).as_deref(), Ok(expected), "{request:?}");
        }
    }

    #[test]
    fn two_ways_to_say_where_the_body_ends_are_refused() {
        for lines in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: 1 1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked;q=1\r\n",
            "Transfer-Encoding:\u{b}chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Content-Length : 1\r\n",
            " Content-Length: 1\r\n",
            "X: a\r\n b\r\n",
            "X: a\r\n\tTransfer-Encoding: chunked\r\n",
            "X: a\rContent-Length: 1\r\n",
            "X: a\nContent-Length: 1\r\n",
            "X: a\0\r\n",
            "X\r\n",
            ": a\r\n",
            "Host: h\r\n",
            "X: a\r\nHost: i\r\n",
        ] {
            assert_eq!(with(lines), Err(400), "{lines:?}");
        }
        assert_eq!(understood("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(400));
        assert_eq!(with("Expect: tea\r\n"), Err(417));
    }

    #[test]
    fn what_is_not_http_1_is_refused_at_once() {
        for (start, status) in [
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
            ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
            ("GET /\r\n\r\n", 400),
            ("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 505),
            ("GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            ("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            ("GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400),
            ("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
            ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
            ("\x16\x03\x01\x02", 400),
            ("\r\n\r\n", 400),
            ("\n", 400),
            (" GET", 400),
            ("SSH-2.0-OpenSSH_9.2\r\n", 400),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ", 400),
        ] {
            assert_eq!(understood(start), Err(status), "{start:?}");
        }
    }

    #[test]
    fn a_head_has_its_limits() {
        let fields = |n| (0..n).map(|n| format!("X-{n}: 1\r\n")).collect::<String>();
        assert!(with(&fields(MAX_HEADERS - 1)).is_ok());
        assert_eq!(with(&fields(MAX_HEADERS)), Err(431));
        let line = |n| format!("X: {}\r\n", "a".repeat(n));
        let rest = "POST /p HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n".len();
        assert!(with(&line(MAX_HEAD_BYTES - rest)).is_ok());
        assert_eq!(with(&line(MAX_HEAD_BYTES - rest + 1)), Err(431));
        assert_eq!(understood(&format!("GET /{}", "a".repeat(MAX_HEAD_BYTES))), Err(431));
        assert_eq!(understood("GET / HTTP/1.1\r\nHost: h\r\n"), Err(0), "more is to come");
    }
}
