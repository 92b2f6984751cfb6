//! `/sales/{code}/board`: shows large what closes now and what comes next. There is no log-in, and nothing to press.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::listing::ListingState;
use crate::rules::money::Money;
use crate::rules::sale::SaleState;
use crate::text::dates;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::join::Join;
use crate::web::pages::parts::moments::Moments;

/// The content of the board of a sale, or of one of its sections.
#[derive(Template)]
#[template(path = "sale_board/page.html", config = "src/web/askama.toml")]
pub struct SaleBoard {
    pub frame: Frame,
    /// Its code.
    pub sale: String,
    pub name: String,
    /// The only section that is shown.
    pub section: Option<String>,
    /// The state of the lots that are shown.
    pub state: SaleState,
    /// While it is upcoming.
    pub opens_at: Option<DateTime<Utc>>,
    /// The section of the lot that closes next, and its last close; none where the sale ends with it.
    pub section_ends: Option<(String, DateTime<Utc>)>,
    /// The last close of what is still open in the whole sale.
    pub ends_at: Option<DateTime<Utc>>,
    /// The hammer prices of what is sold, in minor units.
    pub total: Money,
    pub n_lots: usize,
    pub n_sold: usize,
    pub unbid: Unbid,
    /// The lot that closed last.
    pub last: Option<Lot>,
    /// Since when it is paused, and why.
    pub pause: Option<(DateTime<Utc>, String)>,
    /// The last postponement, while anything is open.
    pub postponement: Option<Postponement>,
    /// Why it was cancelled.
    pub why: Option<String>,
    pub pickup: String,
    /// The lots that close next, up to six.
    pub lots: Vec<Lot>,
    /// Leads to the catalogue of the sale.
    pub join: Join,
    pub moments: Moments,
    /// The codes of the lots whose end may be news, by their listings, as JSON: the script shows the moments of these.
    pub codes: String,
}

/// A lot in short.
pub struct Lot {
    pub card: Card,
    /// What people say aloud: `A12`.
    pub code: String,
    pub section: Option<String>,
}

/// The open lots without a bid.
pub struct Unbid {
    pub n: usize,
    /// The codes of those that close next.
    pub next: Vec<String>,
}

pub struct Postponement {
    pub by_s: i64,
    pub why: String,
    /// The section that was postponed, where the others were not.
    pub section: Option<String>,
}

impl SaleBoard {
    /// The lot shown large, while bidding goes on.
    fn stage(&self) -> Option<&Lot> {
        self.lots.first().filter(|_| self.state == SaleState::Open)
    }

    /// The lots below: all of them while none is shown large.
    fn rest(&self) -> &[Lot] {
        let from = usize::from(self.stage().is_some());
        self.lots.get(from..).unwrap_or_default()
    }

    fn is_live(&self) -> bool {
        matches!(self.state, SaleState::Upcoming | SaleState::Open | SaleState::Paused)
    }

    /// Whether the countdowns run.
    fn runs(&self) -> bool {
        self.state == SaleState::Open
    }

    /// What stands in place of a lot's countdown: nothing runs while the sale is paused, and before it opens people
    /// want to know the time of day.
    fn left_text(&self, lot: &Lot) -> String {
        match (lot.card.state, &self.pause) {
            (ListingState::Upcoming, _) => self.frame.brief(&lot.card.closes_at),
            (ListingState::Paused, Some((since, _))) => {
                dates::countdown(dates::seconds_left(lot.card.closes_at, *since), self.frame.words)
            }
            _ => lot.card.left_text(&self.frame),
        }
    }

    /// The sections' names help only where there are several.
    fn section_of<'l>(&self, lot: &'l Lot) -> Option<&'l str> {
        lot.section.as_deref().filter(|_| self.section.is_none())
    }

    fn postponed_text(&self, postponement: &Postponement) -> String {
        let words = self.frame.words;
        let (by, why) = (dates::duration(postponement.by_s, words), postponement.why.as_str());
        match &postponement.section {
            None => words.with("sale-postponed", &[("by", &by), ("why", why)]),
            Some(section) => {
                let named = [("section", section.as_str()), ("by", &by), ("why", why)];
                words.with("sale-section-postponed", &named)
            }
        }
    }

    fn sold_text(&self) -> String {
        let (sold, of) = (self.n_sold.to_string(), self.n_lots.to_string());
        self.frame.words.with("sale-sold-of", &[("sold", &sold), ("n", &of)])
    }

    fn last_text(&self, last: &Lot) -> String {
        let words = self.frame.words;
        match (&last.card.leader, last.card.hammer) {
            (Some(_), Some(_)) => {
                let (winner, hammer) =
                    (last.card.leader_text(&self.frame), last.card.price_text(&self.frame));
                words.with("ended-sold", &[("winner", &winner), ("hammer", &hammer)])
            }
            _ => last.card.state_text(&self.frame),
        }
    }
}
