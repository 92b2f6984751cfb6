//! `/listings/new`: the form to sell an item. It is a multipart form with the API's field names; the parts of
//! `soft_close` follow a dot and are in minutes: `soft_close.window_min`.

use std::borrow::Borrow;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::rules::money::share;
use crate::text::dates;
use crate::web::pages::listing::view::percent;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::gallery::{Picture, SIZES};

/// Fields: `opening`, `title`, `description`, `closes_in_s` (seconds, `event` for the end of the event, or `at` for the
/// time in `closes_at`), `closes_at` (local time in the house's zone), `reserve`, `buy_now`, `increment`, `soft_close`
/// (`on`; it counts only if `soft_close.ticked` is sent, too), `soft_close.window_min`, `soft_close.extension_min`,
/// `soft_close.cap_min` (or each of them ending in `_s`, in seconds), `category`, `picture` (once for each file),
/// `picture_kept` (the pictures uploaded before, in their order), `step` (`preview` or `list`).
#[derive(Template)]
#[template(path = "new_listing/page.html", config = "src/web/askama.toml")]
pub struct NewListing {
    pub frame: Frame,
    pub filled: Filled,
    /// The seller's commission, in basis points of the hammer price.
    pub commission_bps: i64,
    /// The preview, if it was asked for.
    pub preview: Option<Preview>,
    /// The event that an item can end with.
    pub event: Option<Event>,
    /// The categories in use, to choose from.
    pub categories: Vec<String>,
    /// The names of the pictures uploaded before.
    pub pictures_kept: Vec<String>,
}

/// The sale that is running, or opens next.
#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    /// When its last lot is due to end.
    pub ends_at: DateTime<Utc>,
}

/// A listing as it will look.
#[derive(Clone, Debug)]
pub struct Preview {
    pub title: String,
    pub description: String,
    /// The amounts as they were understood, in minor units.
    pub opening: i64,
    pub reserve: Option<i64>,
    pub buy_now: Option<i64>,
    pub increment: Option<i64>,
    /// The close, if it is listed now.
    pub closes_at: DateTime<Utc>,
    /// Whether the typed time occurs twice, because clocks are put back over it; the earlier one is meant.
    pub closes_comes_again: bool,
    pub pictures: Vec<Picture>,
}

/// The offered durations in seconds; any other is entered as a time.
pub const LENGTHS_S: [i64; 9] = [60, 600, 1800, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400];
/// The preset duration of a new form.
const FRESH_LENGTH_S: &str = "86400";

/// The ids of what describes the field of an amount.
fn described(name: &str) -> String {
    format!("{name}-hint {name}-read {name}-error")
}

impl NewListing {
    fn length_text(&self, length_s: &i64) -> String {
        self.frame.words.t1("sell-ends-in", "length", dates::duration(*length_s, self.frame.words))
    }

    /// Whether the end is chosen so: by a new form, the event's where there is one.
    fn is_chosen(&self, choice: &str) -> bool {
        let fresh = if self.event.is_some() { "event" } else { FRESH_LENGTH_S };
        match self.filled.value_or("closes_in_s", fresh) {
            // The event is over by now.
            "event" if self.event.is_none() => choice == FRESH_LENGTH_S,
            chosen => chosen == choice,
        }
    }

    fn is_length(&self, length_s: &i64) -> bool {
        self.is_chosen(&length_s.to_string())
    }

    /// What is wrong with the end, unless its time is typed.
    fn closes_error(&self) -> Option<&str> {
        let of_time = self.filled.error("closes_at").filter(|_| !self.is_chosen("at"));
        self.filled.error("closes_in_s").or(of_time)
    }

    fn own_time_error(&self) -> Option<&str> {
        self.filled.error("closes_at").filter(|_| self.is_chosen("at"))
    }

    fn earliest(&self) -> String {
        self.frame.zone.field(self.frame.now)
    }

    fn latest(&self) -> String {
        self.frame.zone.field(self.at_most())
    }

    /// The latest close that the contract allows: one year ahead.
    fn at_most(&self) -> DateTime<Utc> {
        self.frame.now + TimeDelta::days(365)
    }

    /// What the house keeps of the price.
    fn commission(&self) -> String {
        if self.commission_bps == 0 {
            return self.frame.t("sell-receive-all");
        }
        self.frame.words.t1("commission-taken", "percent", percent(self.commission_bps))
    }

    /// What the seller receives if the item sells at its opening price.
    fn receives_at_opening(&self, opening: impl Borrow<i64>) -> String {
        let opening = *opening.borrow();
        let net = opening - share(opening, self.commission_bps);
        self.frame.words.t1("sell-at-opening", "net", self.frame.money(net))
    }

    /// Whether the section of further terms is open: one of its fields was used or is wrong.
    fn has_terms(&self) -> bool {
        ["reserve", "buy_now", "increment"]
            .iter()
            .any(|name| !self.filled.value(name).is_empty() || self.filled.error(name).is_some())
    }

    fn soft_close_error(&self) -> Option<&str> {
        let parts = ["window", "extension", "cap"];
        let names =
            parts.iter().flat_map(|part| ["s", "min"].map(|unit| format!("soft_close.{part}_{unit}")));
        self.filled
            .error("soft_close")
            .or_else(|| names.into_iter().find_map(|name| self.filled.error(&name)))
    }

    /// The minutes of a part of the soft close, such as `window_min`: as they were typed, or as seconds have them.
    fn minutes(&self, name: &str, fresh: &str) -> String {
        let in_seconds = format!("soft_close.{}_s", name.trim_end_matches("_min"));
        match self.filled.value(&in_seconds).parse::<i64>() {
            Ok(seconds) if seconds > 0 => (seconds / 60 + i64::from(seconds % 60 > 0)).to_string(),
            _ => self.filled.value_or(&format!("soft_close.{name}"), fresh).to_owned(),
        }
    }

    /// The first field of the form that is wrong, by its id.
    fn first_wrong(&self) -> Option<&'static str> {
        let is_wrong = |name: &&str| self.filled.error(name).is_some();
        let later = ["picture", "description", "category", "reserve", "buy_now", "increment"];
        let end = self.closes_error().map(|_| "closes_in_s").or(self.own_time_error().map(|_| "closes_at"));
        let first = ["opening", "title"].into_iter().find(is_wrong);
        first
            .or(end)
            .or(self.soft_close_error().map(|_| "window_min"))
            .or_else(|| later.into_iter().find(is_wrong))
    }
}
