//! How a listing concerns the visitor: the edge of its card or row, and the words on it.

use std::borrow::Borrow;

use crate::rules::listing::ListingState;
use crate::web::pages::parts::frame::Frame;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    Leading,
    Outbid,
    Watching,
    Won,
    /// Ended, and somebody else's.
    Over,
}

impl Mine {
    pub fn of(state: ListingState, has_bid: bool, leads: bool) -> Mine {
        match (state.is_live(), has_bid, leads) {
            (true, _, true) => Mine::Leading,
            (true, true, false) => Mine::Outbid,
            (true, false, false) => Mine::Watching,
            (false, _, true) if state == ListingState::Sold => Mine::Won,
            (false, _, _) => Mine::Over,
        }
    }

    /// The value of `data-mine`.
    pub fn name(self) -> &'static str {
        match self {
            Mine::Leading => "leading",
            Mine::Outbid => "outbid",
            Mine::Watching => "watching",
            Mine::Won => "won",
            Mine::Over => "over",
        }
    }

    /// The words on a card or row whose next bid is at least `minimum`.
    pub fn text(self, minimum: impl Borrow<i64>, frame: &Frame) -> String {
        match self {
            Mine::Leading => frame.t("mine-leading"),
            Mine::Outbid => frame.words.t1("mine-outbid", "minimum", frame.money(minimum)),
            Mine::Watching => frame.t("mine-watching"),
            Mine::Won => frame.t("mine-won"),
            Mine::Over => frame.t("mine-over"),
        }
    }
}
