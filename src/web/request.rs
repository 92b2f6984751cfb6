//! A request as the handlers see it: whole, with its person, its language and the address it came from. Reading one is
//! in [`request_reader`](super::request_reader).

use super::problem::{Outcome, Problem};
use super::set_cookie::CookieScope;
use crate::gate::forwarded::Client;
use crate::house::settings::Settings;
use crate::rules::listing::ListingId;
use crate::store::passes::Pass;
use crate::store::sessions::Person;
use crate::text::i18n::Lang;
use multer::bytes::Bytes;
use std::sync::Arc;

/// The cookie that keeps a chosen language.
pub const LANG_COOKIE: &str = "auction_lang";
/// The cookie that keeps what a guest watches: ids, joined by points.
pub const WATCHED_COOKIE: &str = "auction_watched";
/// The largest body of a request without pictures, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// The most listings that a guest may watch.
pub const MAX_WATCHED: usize = 100;

pub struct Request {
    pub method: Method,
    pub path: String,
    /// Whether the route is for programs, which are answered in JSON; people are answered with a page.
    pub is_for_programs: bool,
    pub query: Vec<(String, String)>,
    /// The path and query without the base path, for links back to the same page.
    pub target: String,
    /// The path of the house on its host, such as `/auction`; empty where it has the host for itself.
    pub base: Arc<str>,
    pub client: Client,
    pub content_type: String,
    pub body: Bytes,
    pub lang: Lang,
    pub lang_is_chosen: bool,
    /// Whether the visitor or their browser asked for it; if not, it is the language of the house.
    pub lang_is_known: bool,
    pub host: Option<String>,
    pub origin: Option<String>,
    pub fetch_site: Option<String>,
    /// Whether a browser loads it as a page because somebody opened a link or typed the address; not in advance, nor by a
    /// program.
    pub is_opened: bool,
    /// What the browser or program calls itself.
    pub user_agent: Option<String>,
    pub idempotency_key: Option<String>,
    pub last_event_id: Option<String>,
    pub if_none_match: Option<String>,
    pub takes_brotli: bool,
    pub takes_gzip: bool,
    pub token: Option<Token>,
    /// The token by which a browser is recognised where somebody has logged in with it.
    pub device: Option<String>,
    pub person: Option<Arc<Person>>,
    /// At the desk: the pass that the token holds. A request there has no person, whoever is logged in beside it.
    pub pass: Option<Arc<Pass>>,
    /// The log-in by the single sign-on that the browser is about to end, as its cookie keeps it.
    pub sign_on: Option<String>,
    /// The listings that this browser watches without an account.
    pub watched: Vec<ListingId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Also `HEAD`, whose answer differs only on the wire.
    Get,
    Post,
    Patch,
    Delete,
    /// Any other: no route takes it.
    Other,
}

impl Method {
    pub fn named(name: &str) -> Method {
        match name {
            "GET" | "HEAD" => Method::Get,
            "POST" => Method::Post,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            _ => Method::Other,
        }
    }

    /// As requests write it; empty for any other.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Other => "",
        }
    }
}

/// The token of a session, and how it was sent.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub by_cookie: bool,
}

impl Request {
    /// The address at which people find the house: `public_url` of the settings, else the one that this visitor used.
    pub fn public_address(&self, settings: &Settings) -> String {
        settings.public_url().map_or_else(|| self.visited_address(), str::to_owned)
    }

    /// The address that this visitor used.
    pub fn visited_address(&self) -> String {
        let scheme = if self.client.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host.as_deref().unwrap_or("localhost"))
    }

    /// Where the cookies of this browser apply, which decides their names.
    pub fn cookie_scope(&self) -> CookieScope<'_> {
        CookieScope { tls: self.client.tls, base: &self.base }
    }

    /// Returns the first value of this name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client already has a body with one of these tags, by `If-None-Match` (RFC 9110, 13.1.2: a list,
    /// compared weakly).
    pub fn has(&self, etags: &[&str]) -> bool {
        let mut listed = self.if_none_match.as_deref().unwrap_or_default().split(',');
        listed.any(|tag| etags.contains(&tag.trim().trim_start_matches("W/")))
    }

    /// Returns the person of the session. Refuses `unauthenticated` for a guest.
    pub fn signed_in(&self) -> Outcome<&Person> {
        self.person.as_deref().ok_or_else(Problem::unauthenticated)
    }

    /// Returns the pass of a request at the desk, and its token; the right of its route has been checked. Refuses
    /// `unauthenticated` without one.
    pub fn at_desk(&self) -> Outcome<(&Pass, &str)> {
        match (self.pass.as_deref(), self.token.as_ref()) {
            (Some(pass), Some(token)) => Ok((pass, &token.text)),
            _ => Err(Problem::new("unauthenticated", "The desk needs a pass.").because("no_pass")),
        }
    }

    /// Whether the request is for the desk, whose cookie and tokens reach nothing else.
    pub fn is_at_desk(&self) -> bool {
        self.path == "/desk" || ["/desk/", "/api/v1/desk/"].iter().any(|desk| self.path.starts_with(desk))
    }

    /// Whether the answer is a page that repeats what a link or a form put into the request, beside secrets of the
    /// person, or of the guests of the desk, whom the browser's cookie names.
    pub fn is_mirrored(&self) -> bool {
        let is_known = self.person.is_some() || self.pass.is_some();
        let is_ours = is_known && self.token.as_ref().is_some_and(|token| token.by_cookie);
        is_ours && !self.is_for_programs && (self.method != Method::Get || self.target.contains('?'))
    }

    /// Returns `after` of the query: a whole number, or none if it is absent or empty. Refuses `bad_request` in the
    /// words of `amiss` for anything else.
    pub fn after(&self, amiss: &'static str) -> Outcome<Option<i64>> {
        let Some(text) = self.query("after").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let after = text.parse().ok().filter(|after: &i64| *after >= 0);
        after.map(Some).ok_or_else(|| Problem::bad_request(amiss))
    }

    /// Returns `limit` of the query, at most `most`; `usual` if it is absent or empty. Refuses `bad_request` for
    /// anything but a whole number from 1 on.
    pub fn limit(&self, usual: i64, most: i64) -> Outcome<i64> {
        let Some(text) = self.query("limit").filter(|text| !text.is_empty()) else {
            return Ok(usual);
        };
        let limit = text.parse().ok().filter(|limit: &i64| *limit >= 1);
        let limit = limit
            .ok_or_else(|| Problem::bad_request(format!("limit must be a whole number from 1 to {most}.")))?;
        Ok(limit.min(most))
    }
}

/// Reads the id of a listing in a path. Refuses `not_found` for anything that is no id.
pub fn listing_id(text: &str) -> Outcome<ListingId> {
    id_of(text, "listing").map(ListingId)
}

/// Reads an id or a bidder number in a path. Refuses `not_found`, of `what`, for anything else.
pub fn id_of(text: &str, what: &'static str) -> Outcome<i64> {
    let id = text.parse().ok().filter(|id: &i64| *id > 0 && text.bytes().all(|b| b.is_ascii_digit()));
    id.ok_or_else(|| Problem::not_found(what))
}
