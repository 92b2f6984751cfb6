//! A listing in short, as shown on the home, board and account pages, and at the head of its own page.

use chrono::{DateTime, Utc};

use crate::rules::listing::ListingState;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::gallery;
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::parts::tile::Tile;

/// The content of a card. Amounts are minor units.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub id: i64,
    pub title: String,
    pub category: Option<String>,
    /// `open`, `closing`, `sold`, `unsold` or `cancelled`.
    pub state: ListingState,
    pub opening: i64,
    /// The price; `None` if nobody has bid.
    pub price: Option<i64>,
    pub minimum: i64,
    pub leader: Option<String>,
    /// The leader's bidder number, where it is shown instead of the name.
    pub leader_number: Option<i64>,
    pub n_bids: i64,
    /// Whether the reserve is met; `None` without a reserve.
    pub reserve_met: Option<bool>,
    /// The buy-now price, while it is offered.
    pub buy_now: Option<i64>,
    pub closes_at: DateTime<Utc>,
    /// The address of the thumbnail.
    pub thumb: Option<String>,
    /// The address of the full picture.
    pub picture: Option<String>,
    pub hammer: Option<i64>,
    /// Whether the sale was reversed.
    pub reversed: bool,
    /// The code of its sale, and its own in it.
    pub sale: Option<String>,
    pub lot: Option<String>,
    /// When bidding opens, or opened; `None` if it opened with the listing.
    pub opens_at: Option<DateTime<Utc>>,
    /// How it concerns the visitor, on the first page.
    pub mine: Option<Mine>,
}

impl Card {
    pub fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// The sizes of its picture, for `srcset`; empty without one.
    pub fn srcset(&self) -> String {
        self.thumb.as_deref().map(gallery::srcset).unwrap_or_default()
    }

    /// What stands in place of a picture.
    pub fn tile(&self) -> Tile<'_> {
        Tile::of(self.category.as_deref(), &self.title)
    }

    /// The value of the page's price attribute: minor units, empty if nobody has bid.
    pub fn price_units(&self) -> String {
        self.price.map_or(String::new(), |minor| minor.to_string())
    }

    pub fn price_text(&self, frame: &Frame) -> String {
        frame.money(self.hammer.or(self.price).unwrap_or(self.opening))
    }

    pub fn price_label(&self, frame: &Frame) -> String {
        match (self.hammer, self.price) {
            (Some(_), _) => frame.t("label-hammer"),
            (None, Some(_)) => frame.t("label-price"),
            (None, None) => frame.t("label-opening"),
        }
    }

    pub fn state_text(&self, frame: &Frame) -> String {
        if self.reversed { frame.t("state-reversed") } else { state_text(self.state, frame) }
    }

    pub fn bids_text(&self, frame: &Frame) -> String {
        frame.words.t1("n-bids", "n", self.n_bids)
    }

    /// The name that people say: `Lot A12` in a sale, otherwise `No. 7`.
    pub fn number(&self, frame: &Frame) -> String {
        match &self.lot {
            Some(code) => frame.words.t1("lot-number", "code", code.as_str()),
            None => frame.words.t1("listing-number", "n", self.id),
        }
    }

    /// When bidding opens, unless it has opened.
    pub fn opens_ahead(&self, frame: &Frame) -> Option<DateTime<Utc>> {
        self.opens_at.filter(|at| self.is_live() && *at > frame.now)
    }

    /// What the countdown counts to: the opening until then, the close from then on.
    fn awaited(&self) -> DateTime<Utc> {
        let opens_at = self.opens_at.filter(|_| self.state == ListingState::Upcoming);
        opens_at.unwrap_or(self.closes_at)
    }

    /// The label of the countdown.
    pub fn left_label(&self, frame: &Frame) -> String {
        match self.state {
            ListingState::Upcoming => frame.t("label-opens-in"),
            _ if self.is_live() => frame.t("label-left"),
            _ => frame.t("label-closed"),
        }
    }

    /// The text in place of the countdown: the time left, `Closing…`, or how it ended.
    pub fn left_text(&self, frame: &Frame) -> String {
        if matches!(self.state, ListingState::Open | ListingState::Upcoming) {
            frame.countdown(&self.awaited())
        } else {
            self.state_text(frame)
        }
    }

    /// The time left until the close, open or not yet; otherwise its state.
    pub fn next_text(&self, frame: &Frame) -> String {
        match self.state {
            ListingState::Open | ListingState::Upcoming => frame.countdown(&self.closes_at),
            _ => self.state_text(frame),
        }
    }

    /// The seconds until the opening or the close; 0 once it has ended, even if it ended early.
    pub fn seconds_left(&self, frame: &Frame) -> i64 {
        if self.is_live() { frame.seconds_left(&self.awaited()) } else { 0 }
    }

    /// The leader or buyer; empty without one.
    pub fn leader_text(&self, frame: &Frame) -> String {
        self.leader.as_deref().map_or(String::new(), |leader| frame.bidder(leader, self.leader_number))
    }

    pub fn reserve_text(&self, frame: &Frame) -> String {
        match self.reserve_met {
            Some(true) => frame.t("reserve-met"),
            Some(false) => frame.t("reserve-not-met"),
            None => frame.t("reserve-none"),
        }
    }
}

pub(in crate::web) fn state_text(state: ListingState, frame: &Frame) -> String {
    match state {
        ListingState::Upcoming => frame.t("state-upcoming"),
        ListingState::Open => frame.t("state-open"),
        ListingState::Paused => frame.t("state-paused"),
        ListingState::Closing => frame.t("state-closing"),
        ListingState::Sold => frame.t("state-sold"),
        ListingState::Unsold => frame.t("state-unsold"),
        ListingState::Cancelled => frame.t("state-cancelled"),
    }
}
