//! Two readers of the same bytes must agree: the gate's, given the bytes in any pieces, and a naive one written
//! from RFC 9112 alone, which sees them whole, as text (so ASCII only). Where they agree on every request of a connection there is
//! nothing to smuggle.

use proptest::prelude::*;

use super::chunked::Chunked;
use super::head::{self, Body};

type Request = (String, String, Vec<u8>);

/// The requests of a connection, and how it went on after them.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Refused,
    /// The rest is not whole yet.
    MoreToCome,
}

#[derive(Debug, PartialEq, Eq)]
struct Read {
    requests: Vec<Request>,
    then: Then,
}

/// The gate's own reading, as the front does it.
fn gate_reads(pieces: &[&[u8]]) -> Read {
    let (mut inbox, mut seen, mut requests) = (Vec::new(), 0, Vec::new());
    let mut body: Option<(String, String, Chunked, usize, Vec<u8>)> = None;
    for piece in pieces {
        inbox.extend_from_slice(piece);
        loop {
            if let Some((method, target, mut chunked, left, mut data)) = body.take() {
                let length = left < usize::MAX;
                let read = if length {
                    let taken = inbox.len().min(left);
                    data.extend_from_slice(&inbox[..taken]);
                    taken
                } else {
                    match chunked.read(&inbox, |some| data.extend_from_slice(some)) {
                        Ok(read) => read,
                        Err(_) => return Read { requests, then: Then::Refused },
                    }
                };
                inbox.drain(..read);
                let left = if length { left - read } else { left };
                if left > 0 && !chunked.is_done() {
                    body = Some((method, target, chunked, left, data));
                    break;
                }
                requests.push((method, target, data));
                seen = 0;
            }
            if inbox.is_empty() {
                break;
            }
            let Ok(found) = head::find_end(&inbox, &mut seen) else {
                return Read { requests, then: Then::Refused };
            };
            let Some(length) = found else { break };
            let bytes: Vec<u8> = inbox.drain(..length).collect();
            let mut room = [httparse::EMPTY_HEADER; head::MAX_HEADERS];
            let Ok(head) = head::read(&bytes, &mut room) else {
                return Read { requests, then: Then::Refused };
            };
            let left = match head.body {
                Body::None => 0,
                Body::Length(length) => length as usize,
                Body::Chunked => usize::MAX,
            };
            body = Some((head.method.into(), head.target.into(), Chunked::new(), left, Vec::new()));
        }
    }
    Read { requests, then: Then::MoreToCome }
}

/// By lines, on text, whole: as little like the gate as can be.
fn naive_reads(bytes: &[u8]) -> Read {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut rest = text.as_str();
    let mut requests = Vec::new();
    loop {
        if rest.is_empty() {
            return Read { requests, then: Then::MoreToCome };
        }
        let Some((head, after)) = rest.split_once("\r\n\r\n") else {
            return Read { requests, then: unfinished(rest) };
        };
        let Some((method, target, framing)) = naive_head(head) else {
            return Read { requests, then: Then::Refused };
        };
        let body = match framing {
            None => Ok(Some((String::new(), after))),
            Some(Some(length)) => Ok(after.get(..length).map(|body| (body.to_string(), &after[length..]))),
            Some(None) => naive_chunks(after),
        };
        match body {
            Err(()) => return Read { requests, then: Then::Refused },
            Ok(None) => return Read { requests, then: Then::MoreToCome },
            Ok(Some((body, after))) => {
                requests.push((method, target, body.chars().map(|char| char as u8).collect()));
                rest = after;
            }
        }
    }
}

/// A head without its end: the gate may refuse it before it is whole, by these rules and no others.
fn unfinished(start: &str) -> Then {
    let lines: Vec<&str> = start.split("\r\n").collect();
    let (last, whole) = lines.split_last().unwrap();
    let stray = |line: &str| line.contains(['\r', '\n', '\0']);
    let broken = whole.iter().any(|line| stray(line)) || stray(last.strip_suffix('\r').unwrap_or(last));
    let folded = lines[1..].iter().any(|line| line.starts_with([' ', '\t']));
    let method: String = start.chars().take_while(|char| head::is_token(*char as u8)).collect();
    let odd = method.is_empty()
        || method.len() > 32
        || start.chars().nth(method.len()).is_some_and(|char| char != ' ');
    if broken || folded || odd || start.len() >= head::MAX_HEAD_BYTES {
        Then::Refused
    } else {
        Then::MoreToCome
    }
}

/// Method, target, and the framing: none, a length, or chunks.
#[allow(clippy::type_complexity)]
fn naive_head(head: &str) -> Option<(String, String, Option<Option<usize>>)> {
    if head.len() + 4 > head::MAX_HEAD_BYTES || head.replace("\r\n", "").contains(['\r', '\n', '\0']) {
        return None;
    }
    let mut lines = head.split("\r\n");
    let [method, target, version] = lines.next()?.split(' ').collect::<Vec<_>>()[..] else { return None };
    let token = |text: &str| {
        !text.is_empty() && text.chars().all(|char| char.is_ascii() && head::is_token(char as u8))
    };
    if !token(method) || method.len() > 32 || !target.starts_with('/') || target.contains('#') {
        return None;
    }
    if target.chars().any(|char| !char.is_ascii_graphic()) || !["HTTP/1.0", "HTTP/1.1"].contains(&version) {
        return None;
    }
    let fields: Option<Vec<(String, &str)>> = lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            let plain = value.chars().all(|char| char == '\t' || (char >= ' ' && char != '\x7f'));
            (token(name) && plain).then(|| (name.to_ascii_lowercase(), value.trim_matches([' ', '\t'])))
        })
        .collect();
    let fields = fields.filter(|fields| fields.len() <= head::MAX_HEADERS)?;
    let all =
        |name: &str| fields.iter().filter(|field| field.0 == name).map(|field| field.1).collect::<Vec<_>>();
    let framing = match (&all("content-length")[..], &all("transfer-encoding")[..]) {
        ([], []) => None,
        ([length], [])
            if (1..=18).contains(&length.len()) && length.chars().all(|char| char.is_ascii_digit()) =>
        {
            Some(Some(length.parse().ok()?))
        }
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") && version == "HTTP/1.1" => Some(None),
        _ => return None,
    };
    let hosts = all("host");
    let host_is_well = match &hosts[..] {
        [] => version == "HTTP/1.0",
        [host] => {
            host.chars().all(|char| char.is_ascii_alphanumeric() || "-._~%:[]!$&'()*+,;=".contains(char))
        }
        _ => false,
    };
    let expects_well = all("expect").iter().all(|value| value.eq_ignore_ascii_case("100-continue"));
    let served = method != "CONNECT" && method != "TRACE";
    (host_is_well && expects_well && served).then(|| (method.into(), target.into(), framing))
}

/// The body and the rest; none while more is to come.
#[allow(clippy::type_complexity)]
fn naive_chunks(mut rest: &str) -> Result<Option<(String, &str)>, ()> {
    let mut body = String::new();
    loop {
        let Some((line, after)) = rest.split_once('\n') else { return naive_line(rest).map(|()| None) };
        let line = line.strip_suffix('\r').ok_or(())?;
        naive_line(line)?;
        let digits = line.find([';', ' ', '\t']).map_or(line, |end| &line[..end]);
        if !(1..=8).contains(&digits.len()) || !digits.chars().all(|char| char.is_ascii_hexdigit()) {
            return Err(());
        }
        let size = usize::from_str_radix(digits, 16).map_err(|_| ())?;
        if size == 0 {
            return naive_trailers(after).map(|after| after.map(|after| (body, after)));
        }
        let Some(data) = after.get(..size) else { return Ok(None) };
        body.push_str(data);
        rest = match &after[size..] {
            "" | "\r" => return Ok(None),
            end => end.strip_prefix("\r\n").ok_or(())?,
        };
    }
}

/// A line of sizes, perhaps not whole.
fn naive_line(line: &str) -> Result<(), ()> {
    let over = line.ends_with('\r');
    let line = line.strip_suffix('\r').unwrap_or(line);
    let sizes = line.find([';', ' ', '\t']).unwrap_or(line.len());
    let digits = &line[..sizes];
    let well = digits.len() <= 8 && digits.chars().all(|char| char.is_ascii_hexdigit());
    let nothing = digits.is_empty() && (over || sizes < line.len());
    let plain = line.chars().all(|char| char == '\t' || (char >= ' ' && char != '\x7f'));
    if well && plain && !nothing { Ok(()) } else { Err(()) }
}

fn naive_trailers(mut rest: &str) -> Result<Option<&str>, ()> {
    loop {
        let Some((line, after)) = rest.split_once('\n') else {
            let line = rest.strip_suffix('\r').unwrap_or(rest);
            let plain = line.chars().all(|char| char == '\t' || (char >= ' ' && char != '\x7f'));
            return if plain { Ok(None) } else { Err(()) };
        };
        let line = line.strip_suffix('\r').ok_or(())?;
        if line.chars().any(|char| char != '\t' && (char < ' ' || char == '\x7f')) {
            return Err(());
        }
        if line.is_empty() {
            return Ok(Some(after));
        }
        rest = after;
    }
}

/// Requests made of likely pieces, whole or spoiled.
fn connection() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "GET / HTTP/1.1\r\n",
        "POST /a HTTP/1.1\r\n",
        "PUT /b?c HTTP/1.0\r\n",
        "PRI * HTTP/2.0\r\n",
        "GET /\r\n",
        "Host: h\r\n",
        "Host: h\r\n",
        "Host: i:80\r\n",
        "host:\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 5\r\n",
        "content-length:  3 \r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "TRANSFER-ENCODING:CHUNKED\r\n",
        "Transfer-Encoding: gzip\r\n",
        "X: a\r\n",
        "X: a\r\n b\r\n",
        "X: \x7f\r\n",
        "Expect: 100-continue\r\n",
        "Expect: x\r\n",
        "Connection: close\r\n",
        "\r\n",
        "\r\n",
        "\r\n",
        "\r",
        "\n",
        "\0",
        " ",
        ":",
        "hello",
        "0\r\n\r\n",
        "0\r\nT: v\r\n\r\n",
        "5\r\nhello\r\n",
        "3;ext\r\nabc\r\n",
        "A\r\n0123456789\r\n",
        "5\nhello\n",
        "fffffffff\r\n",
    ]);
    let head = prop::sample::select(vec![
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /d HTTP/1.1\r\nHost: h\r\n",
    ]);
    let piece = prop_oneof![3 => head, 5 => line].prop_map(|text| text.as_bytes().to_vec());
    let bytes = prop::collection::vec(piece, 1..9).prop_map(|pieces| pieces.concat());
    (bytes, prop::option::weighted(0.3, (any::<prop::sample::Index>(), 0u8..128))).prop_map(
        |(mut bytes, spoil)| {
            if let Some((at, byte)) = spoil {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        },
    )
}

/// More than the usual, and as many more as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(2000), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_gate_and_a_naive_reader_agree(bytes in connection()) {
        prop_assert_eq!(gate_reads(&[&bytes]), naive_reads(&bytes), "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(bytes in connection()) {
        let whole = gate_reads(&[&bytes]);
        for cut in 1..bytes.len() {
            prop_assert_eq!(&gate_reads(&[&bytes[..cut], &bytes[cut..]]), &whole);
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(gate_reads(&each), whole);
    }
}
