//! `/`: the listings as cards, with search, order and state.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::house::sales::view::SaleLine;
use crate::rules::amount::Unreadable;
use crate::rules::listing::ListingState;
use crate::rules::sale::SaleState;
use crate::store::categories;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::{Frame, percent_encoded};
use crate::web::pages::parts::{sale_words, sentences};

/// The content of the first page.
#[derive(Template)]
#[template(path = "home/page.html", config = "src/web/askama.toml")]
pub struct Home {
    pub frame: Frame,
    pub cards: Vec<Card>,
    pub q: String,
    /// One of [`SORTS`].
    pub sort: String,
    /// One of [`STATES`].
    pub state: String,
    /// One of [`SHOWS`], or empty.
    pub show: String,
    /// The category to which the search is limited; empty for all.
    pub category: String,
    /// Each category with open listings, and their number.
    pub categories: Vec<(String, i64)>,
    /// The price as typed.
    pub price_from: String,
    pub price_to: String,
    /// Whether one of the two was not an amount, and so was ignored.
    pub price_is_wrong: bool,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
    /// The sale that is running or opens next; only on the first page, not among results.
    pub sale: Option<SaleNow>,
    /// Whether the house has no listing at all, so that the page can say how to begin.
    pub house_is_empty: bool,
}

/// A sale on the first page.
#[derive(Clone, Debug)]
pub struct SaleNow {
    pub line: SaleLine,
    /// The sentence of the pause that it is in.
    pub paused: Option<String>,
    /// The lots that close next.
    pub next: Vec<Card>,
}

/// The values of `sort`.
pub const SORTS: [&str; 5] = ["closes_at", "newest", "price", "price_desc", "bids"];
/// The values of `show`.
pub const SHOWS: [&str; 4] = ["ending", "no_bids", "watched", "mine"];
/// The values of `state`.
pub const STATES: [&str; 8] = ["open", "upcoming", "paused", "closing", "sold", "unsold", "cancelled", "all"];

impl SaleNow {
    fn state_text(&self, frame: &Frame) -> String {
        sale_words::state_text(self.line.state, frame)
    }

    fn title(&self, frame: &Frame) -> String {
        frame.t(if self.line.state == SaleState::Upcoming { "sale-soon" } else { "sale-now" })
    }

    fn opens_ahead(&self, frame: &Frame) -> Option<DateTime<Utc>> {
        self.line.opens_at.map(|at| at.utc()).filter(|at| *at > frame.now)
    }

    fn closes_text(&self, frame: &Frame) -> String {
        frame.words.t1("sale-closes-to", "at", frame.brief(&self.line.last_closes_at.utc()))
    }
}

impl Home {
    fn sort_text(&self, sort: &str) -> String {
        match sort {
            "newest" => self.frame.t("sort-newest"),
            "price" => self.frame.t("sort-price"),
            "price_desc" => self.frame.t("sort-price-desc"),
            "bids" => self.frame.t("sort-bids"),
            _ => self.frame.t("sort-closes-at"),
        }
    }

    fn state_text(&self, state: &str) -> String {
        let known = ListingState::ALL.into_iter().find(|known| known.name() == state);
        known.map_or_else(
            || self.frame.t("state-all"),
            |known| crate::web::pages::parts::card::state_text(known, &self.frame),
        )
    }

    /// The address of this search with the `changed` parameters.
    fn url(&self, changed: &[(&str, &str)]) -> String {
        let parameters = [
            ("q", self.q.as_str()),
            ("sort", &self.sort),
            ("state", &self.state),
            ("show", &self.show),
            ("category", &self.category),
            ("price_from", &self.price_from),
            ("price_to", &self.price_to),
            ("after", ""),
        ];
        let now = |(name, value)| {
            let change = changed.iter().find(|(changed, _)| *changed == name);
            (name, change.map_or(value, |(_, value)| *value))
        };
        let pairs = parameters.into_iter().map(now).filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        format!("/?{}", pairs.join("&"))
    }

    fn next_url(&self, after: &str) -> String {
        self.url(&[("after", after)])
    }

    /// The address of the same search among other listings.
    fn show_url(&self, show: &str) -> String {
        let state = if show == "watched" || show == "mine" { "all" } else { "open" };
        self.url(&[("show", show), ("state", state)])
    }

    fn category_url(&self, category: &str) -> String {
        self.url(&[("category", category)])
    }

    fn is_category(&self, category: &str) -> bool {
        categories::is_same(&self.category, category)
    }

    /// The chosen category, if it has no open listings now.
    fn other_category(&self) -> Option<&str> {
        let known = self.categories.iter().any(|(name, _)| self.is_category(name));
        (!self.category.is_empty() && !known).then_some(self.category.as_str())
    }

    /// The choices of `show`: a guest has no listings of their own.
    fn shows(&self) -> impl Iterator<Item = &'static str> {
        let guest = self.frame.viewer.is_none();
        [""].into_iter().chain(SHOWS).filter(move |show| !(guest && *show == "mine"))
    }

    fn show_text(&self, show: &str) -> String {
        match show {
            "ending" => self.frame.t("show-ending"),
            "no_bids" => self.frame.t("show-no-bids"),
            "watched" => self.frame.t("show-watched"),
            "mine" => self.frame.t("show-mine"),
            _ => self.frame.t("show-all"),
        }
    }

    fn empty_text(&self) -> String {
        match self.show.as_str() {
            "watched" => self.frame.t("empty-watched"),
            "mine" => self.frame.t("empty-mine"),
            _ => self.frame.t("empty-state"),
        }
    }

    fn price_error(&self) -> String {
        sentences::unreadable(&self.frame, Unreadable::NotANumber)
    }

    fn is_search(&self) -> bool {
        !self.q.is_empty()
    }

    fn has_range(&self) -> bool {
        !self.price_from.is_empty() || !self.price_to.is_empty()
    }
}
