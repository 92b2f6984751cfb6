//! `/`: the listings as cards, with search, order and state.

use askama::Template;

use crate::rules::amount::Unreadable;
use crate::rules::listing::ListingState;
use crate::rules::sale::SaleState;
use crate::store::categories;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::{Frame, percent_encoded};
use crate::web::pages::parts::hero::{Hero, Place};
use crate::web::pages::parts::sentences;

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
    /// Whether this is the first page itself, not the results of a search.
    pub is_front: bool,
    /// The sale that is running, opens next or has just ended; only on the first page itself.
    pub hero: Option<Hero>,
    /// Whether the house has no listing at all, so that the page can say how to begin.
    pub house_is_empty: bool,
}

/// The values of `sort`.
pub const SORTS: [&str; 5] = ["closes_at", "newest", "price", "price_desc", "bids"];
/// The values of `show`.
pub const SHOWS: [&str; 4] = ["ending", "no_bids", "watched", "mine"];
/// The values of `state`.
pub const STATES: [&str; 8] = ["open", "upcoming", "paused", "closing", "sold", "unsold", "cancelled", "all"];

/// The state in which listings are shown unless the search names one: people's own in all of them.
pub fn usual_state(show: &str) -> &'static str {
    if ["watched", "mine"].contains(&show) { "all" } else { "open" }
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
        self.url(&[("show", show), ("state", usual_state(show))])
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

    /// How many of the conditions behind the button are set; what somebody typed counts even where it was ignored.
    fn n_set(&self) -> usize {
        let usual_state = usual_state(&self.show);
        let set = [
            self.state != usual_state,
            self.sort != SORTS[0],
            !self.show.is_empty(),
            !self.category.is_empty(),
            self.has_range(),
        ];
        set.into_iter().filter(|is_set| *is_set).count()
    }

    /// The address of the same words among all open listings.
    fn unset_url(&self) -> String {
        if self.q.is_empty() { "/".to_owned() } else { format!("/?q={}", percent_encoded(&self.q)) }
    }

    fn is_search(&self) -> bool {
        !self.q.is_empty()
    }

    fn has_range(&self) -> bool {
        !self.price_from.is_empty() || !self.price_to.is_empty()
    }
}
