//! A reader of whole connections, written from RFC 9112 (and 9110 for tokens and field values) line by line, slow and
//! plain: the tests hold the gate's own reader against it. It shares nothing with that but the limits that the manual
//! states.

const HEAD_BYTES: usize = 16 * 1024;
const METHOD_BYTES: usize = 32;
const HEADERS: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub body: Vec<u8>,
    /// Nothing is read after it.
    pub closes: bool,
}

/// How a connection goes on after its last whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Refused,
    /// The rest is not whole yet.
    MoreToCome,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    pub requests: Vec<Request>,
    pub then: Then,
}

/// Where a body ends.
enum Framing {
    Nothing,
    Length(usize),
    Chunks,
}

/// Broken, or not whole yet.
enum Stop {
    Broken,
    Short,
}

type Taken<'b, T> = Result<(T, &'b [u8]), Stop>;

pub fn read(mut rest: &[u8]) -> Reading {
    let mut requests: Vec<Request> = Vec::new();
    loop {
        // 2.2: an empty line before a further request-line is ignored.
        let may_be_empty = !requests.is_empty();
        let after_line = rest.strip_prefix(b"\r\n").filter(|_| may_be_empty);
        let half_a_line = may_be_empty && rest == b"\r";
        rest = after_line.unwrap_or(rest);
        match if rest.is_empty() || half_a_line { Err(Stop::Short) } else { request(rest) } {
            Ok((request, after)) => {
                requests.push(request);
                rest = after;
            }
            Err(Stop::Broken) => return Reading { requests, then: Then::Refused },
            Err(Stop::Short) => return Reading { requests, then: Then::MoreToCome },
        }
    }
}

fn request(bytes: &[u8]) -> Taken<'_, Request> {
    let Some((head, after)) = split(bytes, b"\r\n\r\n") else { return Err(unfinished(bytes)) };
    if head.len() + 4 > HEAD_BYTES {
        return Err(Stop::Broken);
    }
    let (method, target, framing, closes) = self::head(head).ok_or(Stop::Broken)?;
    let (body, after) = match framing {
        Framing::Nothing => (Vec::new(), after),
        Framing::Length(length) => {
            let body = after.get(..length).ok_or(Stop::Short)?;
            (body.to_vec(), &after[length..])
        }
        Framing::Chunks => chunks(after)?,
    };
    Ok((Request { method, target, body, closes }, after))
}

/// A head whose end has not come: what is broken already is not waited for.
fn unfinished(start: &[u8]) -> Stop {
    let lines: Vec<&[u8]> = lines(start);
    let (last, whole) = lines.split_last().expect("there is always one line");
    let last = last.strip_suffix(b"\r").unwrap_or(last);
    let stray = |line: &[u8]| line.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let folded = |line: &&[u8]| matches!(line.first(), Some(b' ' | b'\t'));
    let method = start.iter().take_while(|byte| is_tchar(**byte)).count();
    let no_method =
        method == 0 || method > METHOD_BYTES || start.get(method).is_some_and(|byte| *byte != b' ');
    let broken = whole.iter().any(|line| stray(line)) || stray(last) || lines[1..].iter().any(folded);
    if broken || no_method || start.len() >= HEAD_BYTES { Stop::Broken } else { Stop::Short }
}

/// Request line and fields: method, target, framing, and whether the connection ends with it.
fn head(head: &[u8]) -> Option<(String, String, Framing, bool)> {
    let lines = lines(head);
    let (first, fields) = lines.split_first()?;
    // 3: method SP request-target SP HTTP-version.
    let mut words = first.split(|byte| *byte == b' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_new = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        _ => return None,
    };
    if words.next().is_some() || !is_token(method) || method.len() > METHOD_BYTES {
        return None;
    }
    if method == b"CONNECT" || method == b"TRACE" || !is_target(method, target) || fields.len() > HEADERS {
        return None;
    }
    let fields: Vec<(String, &[u8])> = fields.iter().map(|line| field(line)).collect::<Option<_>>()?;
    let all = |name: &str| -> Vec<&[u8]> {
        fields.iter().filter(|field| field.0 == name).map(|field| field.1).collect()
    };
    // 3.2: exactly one Host in HTTP/1.1, and what it says is a host.
    match all("host")[..] {
        [] if is_new => return None,
        [] => {}
        [host] if host.iter().copied().all(is_of_host) => {}
        _ => return None,
    }
    if all("expect").iter().any(|said| !said.eq_ignore_ascii_case(b"100-continue")) {
        return None;
    }
    let framing = framing(&all("content-length"), &all("transfer-encoding"), is_new)?;
    let says = |option: &[u8]| {
        all("connection")
            .iter()
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|said| said.trim_ascii().eq_ignore_ascii_case(option))
    };
    let closes = says(b"close") || (!is_new && !says(b"keep-alive"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some((text(method)?, text(target)?, framing, closes))
}

/// 6.3, where two ways to say it are an error, and so is any coding but chunked alone.
fn framing(lengths: &[&[u8]], codings: &[&[u8]], is_new: bool) -> Option<Framing> {
    match (lengths, codings) {
        ([], []) => Some(Framing::Nothing),
        ([length], []) if (1..=18).contains(&length.len()) && length.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(length).ok()?.parse().ok().map(Framing::Length)
        }
        ([], [coding]) if is_new && coding.eq_ignore_ascii_case(b"chunked") => Some(Framing::Chunks),
        _ => None,
    }
}

/// 5: name ":" OWS value OWS; no space before the colon, no folding, nothing unprintable.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if !is_token(name) || !value.iter().all(|byte| is_printed(*byte)) {
        return None;
    }
    let from = value.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
    let to = value.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(from, |last| last + 1);
    Some((String::from_utf8(name.to_ascii_lowercase()).ok()?, &value[from..to]))
}

/// 7.1: chunks, a last one, trailers, an empty line.
fn chunks(mut rest: &[u8]) -> Taken<'_, Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (line, after) = chunk_line(rest)?;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = std::str::from_utf8(&line[..digits]).map_err(|_| Stop::Broken)?;
        let size = usize::from_str_radix(size, 16).map_err(|_| Stop::Broken)?;
        if size == 0 {
            return trailers(after).map(|((), after)| (body, after));
        }
        body.extend_from_slice(after.get(..size).ok_or(Stop::Short)?);
        rest = match &after[size..] {
            b"" | b"\r" => return Err(Stop::Short),
            end => end.strip_prefix(b"\r\n").ok_or(Stop::Broken)?,
        };
    }
}

/// A line of a size and extensions. One that is broken already is not waited for.
fn chunk_line(bytes: &[u8]) -> Taken<'_, &[u8]> {
    let whole = split(bytes, b"\n");
    let line = whole.map_or(bytes, |(line, _)| line);
    let bare = line.strip_suffix(b"\r").unwrap_or(line);
    let digits = bare.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let over = bare.len() < line.len() || digits < bare.len();
    let well = (1..=8).contains(&digits) || (digits == 0 && !over);
    let parted = bare.get(digits).is_none_or(|byte| matches!(byte, b';' | b' ' | b'\t'));
    if !well || !parted || !bare.iter().all(|byte| is_printed(*byte)) {
        return Err(Stop::Broken);
    }
    match whole {
        Some((line, after)) => Ok((line.strip_suffix(b"\r").ok_or(Stop::Broken)?, after)),
        None => Err(Stop::Short),
    }
}

fn trailers(mut rest: &[u8]) -> Taken<'_, ()> {
    loop {
        let whole = split(rest, b"\n");
        let line = whole.map_or(rest, |(line, _)| line);
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        if !bare.iter().all(|byte| is_printed(*byte)) {
            return Err(Stop::Broken);
        }
        let Some((line, after)) = whole else { return Err(Stop::Short) };
        if !line.ends_with(b"\r") {
            return Err(Stop::Broken);
        }
        if bare.is_empty() {
            return Ok(((), after));
        }
        rest = after;
    }
}

/// 3.2: a path, a whole URL, or for OPTIONS a star, of printed characters; text beyond ASCII is taken where it is
/// UTF-8, and passed on escaped.
fn is_target(method: &[u8], target: &[u8]) -> bool {
    let printed = |byte: &u8| *byte > b' ' && *byte != 127 && *byte != b'#';
    let Ok(text) = std::str::from_utf8(target) else { return false };
    let of_a_form = match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        // RFC 9110, 4.2: an empty host and a user's name are errors.
        _ => after_scheme(text).is_some_and(|rest| {
            let host = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
            !host.is_empty() && host.bytes().all(is_of_host)
        }),
    };
    of_a_form && target.iter().all(printed)
}

/// What the server is asked for by such a target: 3.2.2 has the path of a whole URL, which may be empty.
pub fn path_of(target: &str) -> String {
    match after_scheme(target) {
        Some(rest) => match &rest[rest.find(['/', '?']).unwrap_or(rest.len())..] {
            path if path.starts_with('/') => path.to_owned(),
            query => format!("/{query}"),
        },
        None => target.to_owned(),
    }
}

fn after_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%:[]!$&'()*+,;=".contains(&byte)
}

/// RFC 9110, 5.6.2.
fn is_tchar(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
        || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.')
        || matches!(byte, b'^' | b'_' | b'`' | b'|' | b'~')
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_tchar(*byte))
}

/// RFC 9110, 5.5: a tab, a space, VCHAR or obs-text.
fn is_printed(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 127)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), bytes);
    while let Some((line, after)) = split(rest, b"\r\n") {
        lines.push(line);
        rest = after;
    }
    lines.push(rest);
    lines
}

fn split<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..found], &bytes[found + at.len()..]))
}
