//! Replies: status, headers, body. Each carries the security headers, and none is cached unless it says so.

use super::base_path::{in_json, in_page};
use super::local_target::is_local;
use super::problem::Outcome;
use crate::rules::time::Time;
use crate::web::compress::{Part, gzip};
use anyhow::Context;
use askama::Template;
use flate2::Compression;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tiny_http::StatusCode;

/// Sent with every reply. Pages load their own style, script and pictures, and nothing from anywhere else; nor does any
/// other site's page load theirs.
const SECURITY_HEADERS: &str = "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; \
     worker-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'\r\n\
     X-Content-Type-Options: nosniff\r\n\
     X-Frame-Options: DENY\r\n\
     Cross-Origin-Opener-Policy: same-origin\r\n\
     Cross-Origin-Resource-Policy: same-origin\r\n\
     Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n";

/// Bytes of the smallest page that is compressed: a shorter one fits one packet anyway.
const WORTH_COMPRESSING: usize = 1_400;

/// What a client is answered.
pub struct Reply {
    pub status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Body,
    /// Never compressed.
    is_plain: bool,
}

enum Body {
    Whole(Cow<'static, [u8]>),
    /// A page with a part that it shares with others, before the byte at `at`.
    Around {
        page: Vec<u8>,
        at: usize,
        part: Arc<Part>,
    },
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Body::Whole(bytes) => bytes.len(),
            Body::Around { page, part, .. } => page.len() + part.bytes.len(),
        }
    }

    /// Rewrites each part by itself; a part that is not text is left as it is.
    fn rewritten(self, rewrite: impl Fn(&str) -> String) -> Body {
        let of = |bytes: &[u8]| std::str::from_utf8(bytes).map(|text| rewrite(text).into_bytes());
        match self {
            Body::Whole(bytes) => Body::Whole(of(&bytes).map_or(bytes.clone(), Cow::Owned)),
            Body::Around { page, at, part } => {
                let (before, after) = page.split_at(at);
                match (of(before), of(after)) {
                    (Ok(mut page), Ok(after)) => {
                        let at = page.len();
                        page.extend(after);
                        Body::Around { page, at, part }
                    }
                    _ => Body::Around { page, at, part },
                }
            }
        }
    }

    fn gzipped(&self) -> Vec<u8> {
        match self {
            Body::Whole(bytes) => gzip(bytes, Compression::fast()),
            Body::Around { page, at, part } => part.gzip_between(&page[..*at], &page[*at..]),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Body::Whole(bytes) => out.extend_from_slice(bytes),
            Body::Around { page, at, part } => {
                [&page[..*at], &part.bytes, &page[*at..]]
                    .iter()
                    .for_each(|bytes| out.extend_from_slice(bytes));
            }
        }
    }
}

impl Reply {
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
        Reply::of(status, content_type, Body::Whole(Cow::Owned(body.into())))
    }

    /// A reply whose body is part of the program.
    pub fn fixed(content_type: &'static str, body: &'static [u8]) -> Reply {
        Reply::of(200, content_type, Body::Whole(Cow::Borrowed(body)))
    }

    fn of(status: u16, content_type: &'static str, body: Body) -> Reply {
        Reply { status, content_type, headers: Vec::new(), body, is_plain: false }
    }

    /// A reply in JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Outcome<Reply> {
        let body = serde_json::to_vec(body).context("write JSON")?;
        Ok(Reply::new(status, "application/json", body))
    }

    /// A reply with a page.
    pub fn page(status: u16, page: &impl Template) -> Outcome<Reply> {
        let html = page.render().context("render a page")?;
        Ok(Reply::html(status, Body::Whole(Cow::Owned(html.into_bytes()))))
    }

    /// A page with `part` inserted after the first `opening`. Fails if the page has none.
    pub fn page_around(status: u16, page: &impl Template, opening: &str, part: Arc<Part>) -> Outcome<Reply> {
        let html = page.render().context("render a page")?;
        let at = html.find(opening).context("the page has no such place")? + opening.len();
        Ok(Reply::html(status, Body::Around { page: html.into_bytes(), at, part }))
    }

    fn html(status: u16, body: Body) -> Reply {
        let page = Reply::of(status, "text/html; charset=utf-8", body);
        // Requested again each time, but kept for the browser's back button.
        page.with("Cache-Control", "private, no-cache")
    }

    /// A reply without a body.
    pub fn empty(status: u16) -> Reply {
        Reply::new(status, "", Vec::new())
    }

    /// Redirects to a page of this house after a form was posted; to `/` if `path` leads elsewhere.
    pub fn see_other(path: impl Into<String>) -> Reply {
        let path = Some(path.into()).filter(|path| is_local(path)).unwrap_or_else(|| "/".to_owned());
        // A URL is ASCII (RFC 3986); what somebody typed may not be.
        const ENCODED: &AsciiSet = &CONTROLS.add(b' ');
        Reply::empty(303).with("Location", utf8_percent_encode(&path, ENCODED).to_string())
    }

    /// A redirect to another site: one that the house itself names, never one from a request.
    pub fn see_elsewhere(url: &str) -> Reply {
        Reply::empty(303).with("Location", url)
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Keeps the reply out of every cache, the one behind the Back button included.
    pub fn unkept(mut self) -> Reply {
        self.headers.retain(|(name, _)| *name != "Cache-Control");
        self.with("Cache-Control", "no-store")
    }

    /// Keeps the address of the page, which holds a secret, to itself: no link and no file of the page tells it on, and no
    /// cache keeps it.
    pub fn untold(self) -> Reply {
        self.unkept().plain().with("Referrer-Policy", "no-referrer")
    }

    /// Leaves the reply uncompressed: it shows a person a secret beside text that others chose.
    pub fn plain(mut self) -> Reply {
        self.is_plain = true;
        self
    }

    /// Puts the base path before every path of the reply.
    pub fn under(mut self, base: &str) -> Reply {
        if base.is_empty() {
            return self;
        }
        let locations =
            self.headers.iter_mut().filter(|(name, to)| *name == "Location" && to.starts_with('/'));
        locations.for_each(|(_, path)| path.insert_str(0, base));
        self.body = match (self.content_type, self.body) {
            ("text/html; charset=utf-8", body) => body.rewritten(|html| in_page(html, base)),
            ("application/json", body) => body.rewritten(|json| in_json(json, base).into_owned()),
            (_, body) => body,
        };
        self
    }

    /// Compresses a page, a calendar, a feed, or the JSON of a read, for a client that accepts gzip.
    ///
    /// A secret is never compressed together with text that somebody else can put into the same reply. The more alike
    /// the two are, the shorter the reply, and its length shows on the wire in spite of TLS: an attacker who makes a
    /// bidder's browser open `/listings/5?amount=GUESS` again and again learns the bidder's maximum or receipt digit by
    /// digit (BREACH). So a page for a person whom a cookie names is not compressed if the request had a query or a
    /// form ([`is_mirrored`](super::request::Request::is_mirrored)), nor wherever [`plain`](Reply::plain) says so: with
    /// a bidder's own bids between the messages of others, or with a path that was made up. Guests have no secrets, and
    /// JSON repeats nothing of its request: both are compressed. Replies to log-ins, which hold tokens, are not reads.
    pub fn compressed(mut self, takes_gzip: bool) -> Reply {
        let is_read = self.status == 200 && self.content_type == "application/json";
        let is_text = ["text/html", "text/calendar", "application/atom+xml"]
            .iter()
            .any(|text| self.content_type.starts_with(text));
        if !is_read && !is_text {
            return self;
        }
        self.headers.push(("Vary", "Accept-Encoding".to_owned()));
        if takes_gzip && !self.is_plain && self.body.len() >= WORTH_COMPRESSING {
            self.body = Body::Whole(Cow::Owned(self.body.gzipped()));
            self.headers.push(("Content-Encoding", "gzip".to_owned()));
        }
        self
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| *known == name)
    }

    /// Returns the whole reply as bytes for the wire, dated `at`; without its body for a HEAD request.
    pub fn into_bytes(self, head_only: bool, at: Time) -> Vec<u8> {
        let mut answer = Vec::with_capacity(self.body.len() + 1_024);
        let reason = reason(self.status);
        // Writing to a vector cannot fail.
        let _ =
            write!(answer, "HTTP/1.1 {} {reason}\r\nContent-Length: {}\r\n", self.status, self.body.len());
        let mut line = |name: &str, value: &str| {
            // A line break in a value would begin another header; no value here has one.
            if !value.contains(['\r', '\n']) {
                [name, ": ", value, "\r\n"].iter().for_each(|part| answer.extend_from_slice(part.as_bytes()));
            }
        };
        line("Date", &http_date(at));
        if !self.content_type.is_empty() {
            line("Content-Type", self.content_type);
        }
        if !self.has("Cache-Control") {
            line("Cache-Control", "no-store");
        }
        if !self.has("Referrer-Policy") {
            line("Referrer-Policy", "same-origin");
        }
        self.headers.iter().for_each(|(name, value)| line(name, value));
        answer.extend_from_slice(SECURITY_HEADERS.as_bytes());
        answer.extend_from_slice(b"\r\n");
        if !head_only {
            self.body.write(&mut answer);
        }
        answer
    }
}

/// A time as HTTP writes it, in whole seconds (RFC 9110, 5.6.7).
fn http_date(at: Time) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0)))
}

fn reason(status: u16) -> &'static str {
    StatusCode(status).default_reason_phrase()
}
