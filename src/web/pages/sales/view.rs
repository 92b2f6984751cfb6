//! `/sales`: a row for each sale.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::sale::SaleState;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::sale_words;

/// The content of the list.
#[derive(Template)]
#[template(path = "sales/page.html", config = "src/web/askama.toml")]
pub struct Sales {
    pub frame: Frame,
    pub sales: Vec<SaleRow>,
}

/// A sale in the list.
#[derive(Clone, Debug)]
pub struct SaleRow {
    pub code: String,
    pub name: String,
    pub state: SaleState,
    pub opens_at: Option<DateTime<Utc>>,
    /// The first close and the last one, as they stand.
    pub closes_at: DateTime<Utc>,
    pub last_closes_at: DateTime<Utc>,
    pub n_lots: i64,
    pub n_open: i64,
}

impl Sales {
    fn state_text(&self, sale: &SaleRow) -> String {
        sale_words::state_text(sale.state, &self.frame)
    }

    /// How many lots it has, and how many of them are still open.
    fn lots_text(&self, sale: &SaleRow) -> String {
        let lots = self.frame.words.t1("n-lots", "n", sale.n_lots);
        if sale.n_open == 0 || sale.n_open == sale.n_lots {
            return lots;
        }
        format!("{lots} · {}", self.frame.words.t1("n-lots-open", "n", sale.n_open))
    }

    /// When it opens, closes or ended, whichever comes next; nothing of a cancelled sale.
    fn when_text(&self, sale: &SaleRow) -> Option<String> {
        let (key, at) = match (sale.state, sale.opens_at) {
            (SaleState::Upcoming, Some(opens_at)) => ("sale-opens-at", opens_at),
            (SaleState::Cancelled, _) => return None,
            (SaleState::Closed, _) => ("sale-ended-at", sale.last_closes_at),
            _ => ("sale-closes-from", sale.closes_at),
        };
        Some(self.frame.words.t1(key, "at", self.frame.full(&at)))
    }
}
