//! A request as the handlers see it: whole, with its person, its language and the address it came from.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::set_cookie::Way;
use super::words::{Lang, choose};
use super::{device_cookie, session_cookie};
use crate::gate::config::RequestKind;
use crate::gate::forwarded::Client;
use crate::house::email;
use crate::rules::listing::ListingId;
use crate::store::sessions::Person;
use anyhow::Context;
use cookie::Cookie;
use multer::bytes::Bytes;
use serde::Deserialize;
use std::io::Read;
use std::sync::Arc;

pub const LANG_COOKIE: &str = "auction_lang";
/// What is read of a request's head; the gate passes on nothing else.
pub const HEADERS: [&str; 10] = [
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Origin",
    "Sec-Fetch-Site",
];
/// What a guest watches: ids, joined by points.
pub const WATCHED_COOKIE: &str = "auction_watched";
/// Listings that a guest may watch.
pub const MAX_WATCHED: usize = 100;
/// A body that is no picture's.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// A form with pictures: all of them together, and a little for the rest.
pub const MAX_FORM_BYTES: usize = MAX_PICTURES_BYTES + 256 * 1_024;
/// As much as four of the largest, or eight as phones take them.
pub const MAX_PICTURES_BYTES: usize = 4 * crate::house::pictures::MAX_PICTURE_BYTES;

pub struct Request {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Without the base path, for links back to the same page.
    pub target: String,
    /// Where the house lies at its host, such as `/auction`; empty where it has the host for itself.
    pub base: Arc<str>,
    pub client: Client,
    pub content_type: String,
    pub body: Bytes,
    pub lang: Lang,
    pub lang_is_chosen: bool,
    /// The visitor or their browser asked for it; else it is the house's.
    pub lang_is_known: bool,
    pub host: Option<String>,
    pub origin: Option<String>,
    pub fetch_site: Option<String>,
    pub idempotency_key: Option<String>,
    pub last_event_id: Option<String>,
    pub if_none_match: Option<String>,
    pub takes_brotli: bool,
    pub takes_gzip: bool,
    pub token: Option<Token>,
    /// By which the browser is known again.
    pub device: Option<String>,
    pub person: Option<Arc<Person>>,
    /// What this browser watched without an account.
    pub watched: Vec<ListingId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
    Other,
}

/// A session's token, and how it came.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub by_cookie: bool,
}

/// The largest body that the gate lets in for a method and target.
pub fn body_limit(method: &str, target: &str) -> usize {
    if kind(method, target) == RequestKind::Picture { MAX_FORM_BYTES } else { MAX_BODY_BYTES }
}

/// Of which kind a request is: the gate keeps the kinds from waiting for each other, and each has threads of its own.
pub fn kind(method: &str, target: &str) -> RequestKind {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match (method, path) {
        ("GET" | "HEAD", "/events") => RequestKind::Watching,
        ("GET" | "HEAD", "/" | "/api/v1/listings") if narrows(query) => RequestKind::Search,
        ("GET" | "HEAD", _) if path.ends_with("/proof") => RequestKind::Search,
        ("GET" | "HEAD", _) => RequestKind::Quick,
        _ if path.ends_with("/bids") => RequestKind::Write,
        ("POST", "/api/v1/sessions" | "/api/v1/accounts" | "/login" | "/join") => RequestKind::Password,
        ("POST", "/api/v1/listings" | "/listings/new") => RequestKind::Picture,
        _ => RequestKind::Long,
    }
}

/// Whether a list's query asks for anything but the next listings to close, which an index knows: then all may be looked at.
fn narrows(query: &str) -> bool {
    let keys = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    keys.into_iter().any(|key| !matches!(key, "" | "lang" | "limit" | "after" | "done"))
}

/// No account has a longer email, however it is written.
const MAX_NAME_BYTES: usize = 1_024;

/// The account that a log-in or a sign-up names in its body, whose passwords wait for each other; none where nobody can tell.
pub fn named_account(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        email: String,
    }
    let named: Option<Named> =
        serde_json::from_slice(body).ok().or_else(|| serde_html_form::from_bytes(body).ok());
    named.filter(|named| named.email.len() <= MAX_NAME_BYTES).map(|named| email::key(&named.email))
}

impl Request {
    /// Reads a request's head and finds out whose it is. Its body is read apart.
    pub fn read(app: &App, client: Client, raw: &tiny_http::Request) -> Outcome<Request> {
        let target = raw.url().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query =
            serde_html_form::from_str(query).map_err(|_| Problem::bad_request("The query is unreadable."))?;
        let method = match raw.method() {
            tiny_http::Method::Get | tiny_http::Method::Head => Method::Get,
            tiny_http::Method::Post => Method::Post,
            tiny_http::Method::Delete => Method::Delete,
            _ => Method::Other,
        };
        let accepted = header(raw, "Accept-Encoding").unwrap_or_default();
        let mut request = Request {
            method,
            path: path.to_owned(),
            query,
            base: app.base_path.get(),
            client,
            content_type: header(raw, "Content-Type").unwrap_or_default(),
            body: Bytes::new(),
            lang: Lang::default(),
            lang_is_chosen: false,
            lang_is_known: false,
            host: header(raw, "Host"),
            origin: header(raw, "Origin"),
            fetch_site: header(raw, "Sec-Fetch-Site"),
            idempotency_key: header(raw, "Idempotency-Key"),
            last_event_id: header(raw, "Last-Event-ID"),
            if_none_match: header(raw, "If-None-Match"),
            takes_brotli: takes("br", &accepted),
            takes_gzip: takes("gzip", &accepted),
            token: None,
            device: None,
            person: None,
            watched: Vec::new(),
            target,
        };
        request.read_cookies(app, raw);
        request.find_person(app, raw)?;
        Ok(request)
    }

    fn read_cookies(&mut self, app: &App, raw: &tiny_http::Request) {
        let cookies = header(raw, "Cookie").unwrap_or_default();
        let cookie = |name: &str| {
            let mut all = Cookie::split_parse(cookies.as_str()).filter_map(Result::ok);
            all.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
        };
        let watched = cookie(WATCHED_COOKIE).unwrap_or_default();
        self.watched = watched.split('.').filter_map(|id| listing_id(id).ok()).take(MAX_WATCHED).collect();
        let asked = self.query("lang").and_then(Lang::from_tag);
        self.lang_is_chosen = asked.is_some();
        let accepted = header(raw, "Accept-Language");
        let known = choose(asked.map(Lang::tag), cookie(LANG_COOKIE).as_deref(), accepted.as_deref());
        self.lang_is_known = known.is_some();
        self.lang = known.unwrap_or_else(|| app.language());
        self.device = device_cookie::token(self.way(), cookie);
        self.token = session_cookie::token(self.way(), cookie).map(|text| Token { text, by_cookie: true });
    }

    /// A bearer token goes before the cookie; a wrong one is refused, an expired cookie is as good as none.
    fn find_person(&mut self, app: &App, raw: &tiny_http::Request) -> Outcome<()> {
        if let Some(value) = header(raw, "Authorization") {
            let token =
                value.get(..7).filter(|word| word.eq_ignore_ascii_case("bearer ")).map(|_| value[7..].trim());
            let text = token.ok_or_else(Problem::unauthenticated)?.to_owned();
            self.token = Some(Token { text, by_cookie: false });
        }
        let Some(token) = &self.token else {
            return Ok(());
        };
        self.person = app.house.person(&token.text)?;
        if self.person.is_none() && !token.by_cookie {
            return Err(Problem::new("unauthenticated", "This token is unknown or has expired."));
        }
        Ok(())
    }

    pub fn read_body(&mut self, raw: &mut tiny_http::Request) -> Outcome<()> {
        let limit = body_limit(raw.method().as_str(), &self.target);
        if raw.body_length().is_some_and(|length| length > limit) {
            return Err(Problem::new("too_large", format!("The body has more than {limit} bytes.")));
        }
        let raw_length = raw.body_length().map_or(0, |length| length + 1);
        let mut reader = raw.as_reader().take(limit as u64 + 1);
        // A vector that grows would take up to twice as much.
        let mut body = Vec::with_capacity(raw_length);
        reader.read_to_end(&mut body).context("read the body")?;
        self.body = body.into();
        Ok(())
    }

    /// Where people find the house: `public_url`, else as this visitor reached it.
    pub fn public_address(&self, app: &App) -> String {
        let scheme = if self.client.tls { "https" } else { "http" };
        let here = || format!("{scheme}://{}", self.host.as_deref().unwrap_or("localhost"));
        app.settings().public_url().map_or_else(here, str::to_owned)
    }

    /// How this browser reaches the house, by which its cookies are named.
    pub fn way(&self) -> Way<'_> {
        Way { tls: self.client.tls, base: &self.base }
    }

    /// The first value of this name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client has what bears one of these tags, by `If-None-Match` (RFC 9110, 13.1.2: a list, compared weakly).
    pub fn has(&self, etags: &[&str]) -> bool {
        let mut listed = self.if_none_match.as_deref().unwrap_or_default().split(',');
        listed.any(|tag| etags.contains(&tag.trim().trim_start_matches("W/")))
    }

    pub fn signed_in(&self) -> Outcome<&Person> {
        self.person.as_deref().ok_or_else(Problem::unauthenticated)
    }

    pub fn is_api(&self) -> bool {
        let machine = ["/api/", "/events", "/healthz", "/readyz", "/metrics"];
        machine.iter().any(|prefix| self.path.starts_with(prefix))
    }

    /// Whether the answer is a page that repeats what a link or a form put into the request, beside what is shown to nobody but
    /// the person whom the browser's cookie names.
    pub fn is_mirrored(&self) -> bool {
        let is_ours = self.person.is_some() && self.token.as_ref().is_some_and(|token| token.by_cookie);
        is_ours && !self.is_api() && (self.method != Method::Get || self.target.contains('?'))
    }

    /// `after` of the query: a whole number, none if it is not named or empty. `amiss` says what it should be.
    pub fn after(&self, amiss: &'static str) -> Outcome<Option<i64>> {
        let Some(text) = self.query("after").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let after = text.parse().ok().filter(|after: &i64| *after >= 0);
        after.map(Some).ok_or_else(|| Problem::bad_request(amiss))
    }

    /// `limit` of the query: from 1 to `most`, `usual` if it is not named or empty.
    pub fn limit(&self, usual: i64, most: i64) -> Outcome<i64> {
        let Some(text) = self.query("limit").filter(|text| !text.is_empty()) else {
            return Ok(usual);
        };
        let limit = text.parse().ok().filter(|limit: &i64| *limit >= 1);
        let limit = limit
            .ok_or_else(|| Problem::bad_request(format!("limit is a whole number from 1 to {most}.")))?;
        Ok(limit.min(most))
    }
}

/// A listing's id in a path; what is no id names no listing.
pub fn listing_id(text: &str) -> Outcome<ListingId> {
    let id = text.parse().ok().filter(|id: &i64| *id > 0 && text.bytes().all(|b| b.is_ascii_digit()));
    id.map(ListingId).ok_or_else(|| Problem::not_found("listing"))
}

/// Whether an `Accept-Encoding` allows a coding: named, or by `*`, and not with a quality of zero (RFC 9110, 12.5.3).
fn takes(coding: &str, accepted: &str) -> bool {
    let mut any = false;
    for item in accepted.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let quality = parameters.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("q"));
        let refused = quality.is_some_and(|(_, q)| q.trim().chars().all(|c| c == '0' || c == '.'));
        match name.trim() {
            name if name.eq_ignore_ascii_case(coding) => return !refused,
            "*" => any = !refused,
            _ => {}
        }
    }
    any
}

fn header(raw: &tiny_http::Request, name: &'static str) -> Option<String> {
    debug_assert!(name == "Host" || HEADERS.contains(&name), "{name} is not passed on");
    let found = raw.headers().iter().find(|header| header.field.equiv(name));
    found.map(|header| header.value.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_goes_to_the_threads_of_its_kind() {
        for (method, target, expected) in [
            ("GET", "/", RequestKind::Quick),
            ("HEAD", "/?lang=ko&after=1.2&limit=5", RequestKind::Quick),
            ("GET", "/?q=lamp", RequestKind::Search),
            ("GET", "/?%71=lamp", RequestKind::Search),
            ("GET", "/api/v1/listings", RequestKind::Quick),
            ("GET", "/api/v1/listings?limit=1&sort=price", RequestKind::Search),
            ("GET", "/listings/1/proof", RequestKind::Search),
            ("GET", "/api/v1/listings/1/bids", RequestKind::Quick),
            ("GET", "/login", RequestKind::Quick),
            ("GET", "/events?after=7", RequestKind::Watching),
            ("POST", "/api/v1/listings/1/bids", RequestKind::Write),
            ("POST", "/listings/1/bids?lang=ko", RequestKind::Write),
            ("POST", "/api/v1/sessions", RequestKind::Password),
            ("POST", "/join?lang=ko", RequestKind::Password),
            ("POST", "/api/v1/listings", RequestKind::Picture),
            ("POST", "/listings/1/buy", RequestKind::Long),
            ("DELETE", "/api/v1/sessions/current", RequestKind::Long),
            ("POST", "/events", RequestKind::Long),
        ] {
            assert_eq!(kind(method, target), expected, "{method} {target}");
        }
    }

    #[test]
    fn a_log_in_is_known_by_its_account_in_either_form() {
        let ann = Some("ann@example.org".to_owned());
        assert_eq!(named_account(br#"{"password": "p", "email": " Ann@example.org"}"#), ann);
        assert_eq!(named_account(b"next=%2F&email=ann%40Example.org&password=p"), ann);
        assert_eq!(named_account(b"\xff{"), None);
    }

    #[test]
    fn a_coding_is_taken_only_where_it_is_wanted() {
        for (accepted, expected) in [
            ("", false),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("*", true),
            ("*;q=0", false),
            ("identity", false),
            ("br, *;q=0.1", true),
            ("xgzip", false),
        ] {
            assert_eq!(takes("gzip", accepted), expected, "{accepted}");
        }
        assert!(takes("br", "gzip, deflate, br, zstd") && !takes("br", "gzip, br;q=0"));
    }
}
