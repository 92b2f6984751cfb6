//! `/`: the listings as cards, with search, order and state.

use askama::Template;

use crate::web::pages::card::Card;
use crate::web::pages::frame::{Frame, percent_encoded};

#[derive(Template)]
#[template(path = "home.html", config = "src/web/askama.toml")]
pub struct Home {
    pub frame: Frame,
    pub cards: Vec<Card>,
    pub q: String,
    /// One of [`SORTS`].
    pub sort: String,
    /// One of [`STATES`].
    pub state: String,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
    /// True when the house holds no listing at all, so that the page can say how to begin.
    pub house_is_empty: bool,
}

pub const SORTS: [&str; 5] = ["closes_at", "newest", "price", "price_desc", "bids"];
pub const STATES: [&str; 6] = ["open", "closing", "sold", "unsold", "cancelled", "all"];

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
        if state == "all" { self.frame.t("state-all") } else { super::card::state_text(state, &self.frame) }
    }

    fn next_url(&self, after: &str) -> String {
        let [q, sort, state, after] = [&self.q, &self.sort, &self.state, after].map(percent_encoded);
        format!("/?q={q}&sort={sort}&state={state}&after={after}")
    }

    fn is_search(&self) -> bool {
        !self.q.is_empty()
    }
}
