//! `/listings/new`: the form to sell an item. It is a multipart form with the API's field names; the parts of
//! `soft_close` follow a dot: `soft_close.window_s`.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::text::dates;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::gallery::{Picture, SIZES};

/// Fields: `title`, `description`, `opening`, `closes_in_s` (seconds, or `at` for the time in `closes_at`), `closes_at`
/// (local time in the house's zone), `reserve`, `buy_now`, `increment`, `soft_close` (`on`; it counts only if
/// `soft_close.ticked` is sent, too), `soft_close.window_s`, `soft_close.extension_s`, `soft_close.cap_s`, `category`,
/// `picture` (once for each file), `picture_kept` (the pictures uploaded before), `step` (`preview` or `list`).
#[derive(Template)]
#[template(path = "new_listing/page.html", config = "src/web/askama.toml")]
pub struct NewListing {
    pub frame: Frame,
    pub filled: Filled,
    /// The seller's commission, in basis points of the hammer price.
    pub commission_bps: i64,
    /// The preview, if it was asked for.
    pub preview: Option<Preview>,
    /// The categories in use, to choose from.
    pub categories: Vec<String>,
    /// The names of the pictures uploaded before.
    pub pictures_kept: Vec<String>,
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

impl NewListing {
    fn length_text(&self, length_s: &i64) -> String {
        dates::duration(*length_s, self.frame.words)
    }

    fn is_length(&self, length_s: &i64) -> bool {
        self.filled.value_or("closes_in_s", FRESH_LENGTH_S) == length_s.to_string()
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

    fn commission(&self) -> String {
        let (whole, part) = (self.commission_bps / 100, self.commission_bps % 100);
        let percent = if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") };
        self.frame.words.t1("commission-taken", "percent", percent)
    }

    /// Whether the section of further terms is open: one of its fields was used or is wrong.
    fn has_terms(&self) -> bool {
        ["reserve", "buy_now", "increment"]
            .iter()
            .any(|name| !self.filled.value(name).is_empty() || self.filled.error(name).is_some())
    }

    fn soft_close_error(&self) -> Option<&str> {
        ["soft_close", "soft_close.window_s", "soft_close.extension_s", "soft_close.cap_s"]
            .iter()
            .find_map(|name| self.filled.error(name))
    }
}
