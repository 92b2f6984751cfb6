//! Reads a request from the wire: its head with the session behind it, then its body.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::request::{LANG_COOKIE, MAX_WATCHED, Method, Request, Token, WATCHED_COOKIE, listing_id};
use super::sign_on::attempt;
use super::{desk_cookie, device_cookie, session_cookie};
use crate::gate::forwarded::Client;
use crate::rules::scope::TOKEN_PREFIX;
use crate::text::i18n::{Lang, choose};
use anyhow::Context;
use cookie::Cookie;
use multer::bytes::Bytes;
use std::io::Read;
use std::sync::Arc;

/// The headers that are read beside `Host`; the gate passes on no others.
pub const HEADERS: [&str; 14] = [
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Origin",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Purpose",
    "User-Agent",
];

impl Request {
    /// Reads a request's head and finds the person whose session it bears. Its body is read by
    /// [`read_body`](Request::read_body).
    ///
    /// Refuses `bad_request` for a query that cannot be read, and `unauthenticated` for a bearer token that is not
    /// valid.
    pub fn read(
        app: &App,
        client: Client,
        raw: &tiny_http::Request,
        is_for_programs: bool,
    ) -> Outcome<Request> {
        let target = raw.url().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query =
            serde_html_form::from_str(query).map_err(|_| Problem::bad_request("The query is unreadable."))?;
        let accepted = header(raw, "Accept-Encoding").unwrap_or_default();
        let mut request = Request {
            method: Method::named(raw.method().as_str()),
            path: path.to_owned(),
            is_for_programs,
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
            is_opened: header(raw, "Sec-Fetch-Mode").as_deref() == Some("navigate")
                && header(raw, "Sec-Fetch-Dest").as_deref() == Some("document")
                && header(raw, "Sec-Purpose").is_none(),
            user_agent: header(raw, "User-Agent"),
            idempotency_key: header(raw, "Idempotency-Key"),
            last_event_id: header(raw, "Last-Event-ID"),
            if_none_match: header(raw, "If-None-Match"),
            takes_brotli: takes("br", &accepted),
            takes_gzip: takes("gzip", &accepted),
            token: None,
            device: None,
            person: None,
            pass: None,
            sign_on: None,
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
        self.device = device_cookie::token(self.cookie_scope(), cookie);
        self.sign_on = attempt::kept(self.cookie_scope(), cookie);
        let token = match self.is_at_desk() {
            // The desk's cookie is for its pages: its path is /desk.
            true if self.path.starts_with("/api/") => None,
            true => desk_cookie::token(self.cookie_scope(), cookie),
            false => session_cookie::token(self.cookie_scope(), cookie),
        };
        self.token = token.map(|text| Token { text, by_cookie: true });
    }

    /// Looks for a bearer token before the cookie. A wrong token is refused; an expired cookie counts as none.
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
        let is_of_program = token.text.starts_with(TOKEN_PREFIX) && !token.by_cookie;
        let is_known = if self.is_at_desk() && !is_of_program {
            self.pass = app.house.pass_of(&token.text)?.map(Arc::new);
            self.pass.is_some()
        } else {
            self.person =
                app.house.person(&token.text)?.filter(|person| is_of_program == person.by_token.is_some());
            self.person.is_some()
        };
        if !is_known && !token.by_cookie {
            return Err(Problem::new("unauthenticated", "This token is unknown or has expired."));
        }
        Ok(())
    }

    /// Reads the body. Refuses `too_large` for one of more than `limit` bytes.
    pub fn read_body(&mut self, raw: &mut tiny_http::Request, limit: usize) -> Outcome<()> {
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
