//! The frame around every page's content: the house, the visitor, the language, notices, the server's time.

use std::borrow::Borrow;
use std::fmt::Display;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::rules::desk::Method;
use crate::rules::money::Currency;
use crate::store::outbid::Outbid;
use crate::text::dates::{self, Zone};
use crate::text::i18n::{Lang, Words};
use crate::web::assets;
use crate::web::branding::Branding;

/// The content of the frame.
#[derive(Clone, Debug)]
pub struct Frame {
    pub words: Words,
    pub house_name: String,
    pub currency: Currency,
    pub zone: Arc<Zone>,
    /// The server's time when the page was made.
    pub now: DateTime<Utc>,
    pub viewer: Option<Viewer>,
    /// The open listings on which the visitor was outbid, the one with the newest bid first: the script tells so on every
    /// page.
    pub outbid: Vec<Outbid>,
    /// A mark that differs for each session, by which the script knows when to reopen the live stream. Empty for a
    /// guest.
    pub session_mark: String,
    /// The path and query of the page by GET, to which the language links and `next` after log-in lead back.
    pub path_and_query: String,
    /// The last event that the page includes; the live stream continues after it.
    pub cursor: i64,
    /// A message that is shown once, after an action.
    pub notice: Option<String>,
    /// Messages that are shown as long as they hold, for instance that no scheduler keeps the deadlines.
    pub warnings: Vec<String>,
    /// Whether any sale was ever published: only then does the menu lead to them.
    pub has_sales: bool,
    /// The pages that the house has written, by their paths without the slash.
    pub own_pages: Vec<&'static str>,
    pub branding: Arc<Branding>,
}

/// The visitor who is logged in.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub id: i64,
    pub name: String,
    /// The bidder number in a sale that is running, or has just ended.
    pub number: Option<i64>,
    pub available: i64,
}

impl Frame {
    pub fn t(&self, key: &str) -> String {
        self.words.t(key)
    }

    pub fn lang(&self) -> &'static str {
        self.words.lang.tag()
    }

    /// Marks a link of the menu: `page` where it leads to this page, `true` where it leads to the part of the house that
    /// this page is in.
    pub fn here(&self, path: &str) -> Option<&'static str> {
        let here = self.path_and_query.split('?').next().unwrap_or_default();
        let is_within = path != "/" && here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        if here == path { Some("page") } else { is_within.then_some("true") }
    }

    /// The house's own pages that say how to take part.
    pub fn how_pages(&self) -> impl Iterator<Item = &'static str> {
        let known = ["pickup", "payment", "terms"];
        self.own_pages.iter().copied().filter(move |page| known.contains(page))
    }

    /// Where people read how they pay and collect.
    pub fn collect_url(&self) -> String {
        let page = ["pickup", "payment"].into_iter().find(|page| self.own_pages.contains(page));
        page.map_or("/help".to_owned(), |page| format!("/{page}"))
    }

    /// The house in one sentence.
    pub fn about(&self) -> String {
        let usual = || self.words.t1("about-house", "house", self.house_name.as_str());
        self.branding.welcome.as_deref().map_or_else(usual, in_short)
    }

    /// The language as Open Graph names it.
    pub fn locale(&self) -> &'static str {
        match self.words.lang {
            Lang::En => "en_US",
            Lang::Ko => "ko_KR",
        }
    }

    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    pub fn money(&self, minor: impl Borrow<i64>) -> String {
        self.currency.money(*minor.borrow(), self.words.lang == Lang::Ko)
    }

    pub fn field(&self, minor: impl Borrow<i64>) -> String {
        self.currency.field(*minor.borrow())
    }

    /// The currency's sign before an amount, as beside a field.
    pub fn sign_before(&self) -> Option<String> {
        self.signs().0
    }

    /// The currency's sign behind an amount, as beside a field.
    pub fn sign_after(&self) -> Option<String> {
        self.signs().1
    }

    fn signs(&self) -> (Option<String>, Option<String>) {
        let pattern = self.currency.pattern(self.words.lang == Lang::Ko);
        let (before, after) = pattern.split_once("{n}").unwrap_or_default();
        let sign = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        (sign(before), sign(after))
    }

    /// How a payment was made, as people say it.
    pub fn method(&self, method: impl Borrow<Method>) -> String {
        self.t(&format!("method-{}", method.borrow()))
    }

    /// The keypad for an amount's field (`inputmode`): with a decimal sign if the currency has decimals.
    pub fn amount_keys(&self) -> &'static str {
        if self.currency.decimals == 0 { "numeric" } else { "decimal" }
    }

    pub fn full(&self, at: &DateTime<Utc>) -> String {
        self.zone.full(*at, self.words.lang)
    }

    /// A bidder as the house shows them: by a number in the visitor's language, or by the name.
    pub fn bidder(&self, name: &str, number: Option<i64>) -> String {
        number.map_or(name.to_owned(), |n| self.words.t1("bidder-number", "n", n.to_string()))
    }

    /// The time alone for today, with the date for any other day.
    pub fn brief(&self, at: &DateTime<Utc>) -> String {
        if dates::same_day(&self.zone, *at, self.now) { self.zone.time(*at) } else { self.full(at) }
    }

    pub fn rfc3339(&self, at: &DateTime<Utc>) -> String {
        dates::rfc3339(*at)
    }

    pub fn clock(&self) -> String {
        self.zone.time(self.now)
    }

    /// The zone's name, such as `Asia/Seoul`, or its letters if it has none.
    pub fn zone_label(&self) -> String {
        self.zone.label(self.now)
    }

    pub fn zone_letters(&self) -> String {
        self.zone.letters(self.now)
    }

    pub fn seconds_left(&self, closes_at: &DateTime<Utc>) -> i64 {
        dates::seconds_left(*closes_at, self.now)
    }

    pub fn countdown(&self, closes_at: &DateTime<Utc>) -> String {
        dates::countdown(self.seconds_left(closes_at), self.words)
    }

    /// The name of a page that the house has written.
    pub fn own_page(&self, name: &str) -> String {
        self.t(&format!("own-{name}"))
    }

    /// Whether the house has written this page.
    pub fn has_own_page(&self, name: &str) -> bool {
        self.own_pages.contains(&name)
    }

    /// The address of the same page in the other language.
    pub fn in_lang(&self, tag: &str) -> String {
        let (path, query) = self.path_and_query.split_once('?').unwrap_or((&self.path_and_query, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        let pairs: Vec<String> = kept.map(str::to_string).chain([format!("lang={tag}")]).collect();
        format!("{path}?{}", pairs.join("&"))
    }

    /// The address `/login?next=…`, which leads back to this page.
    pub fn login_url(&self) -> String {
        format!("/login?next={}", percent_encoded(self.way_back()))
    }

    pub fn join_url(&self) -> String {
        format!("/join?next={}", percent_encoded(self.way_back()))
    }

    /// This page, or the first one where this one's address holds the token of a link.
    fn way_back(&self) -> &str {
        if self.path_and_query.contains("token=") { "/" } else { &self.path_and_query }
    }
}

/// The most characters of what a preview says.
const MAX_IN_SHORT: usize = 160;

/// The beginning of a text, on one line, for the previews that link to a page.
pub fn in_short(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MAX_IN_SHORT).collect()
}

/// Everything except the unreserved characters (RFC 3986) and `/`, which a query may contain.
const IN_A_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Encodes one value of a query.
pub fn percent_encoded(value: &str) -> impl Display {
    utf8_percent_encode(value, IN_A_VALUE)
}
