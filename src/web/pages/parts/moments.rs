//! The moment that a board gives to each lot that ends: gold for a sale, quiet for one that nobody bought.

use crate::rules::listing::ListingState;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;
use chrono::TimeDelta;

/// How long after its close a sale is shown by a board without a script, which comes again every few seconds.
const RECENT: TimeDelta = TimeDelta::seconds(20);

/// What `parts/moments.html` shows, and the sentences by which the script shows the moments to come.
#[derive(Clone, Debug)]
pub struct Moments {
    /// With the places `%winner` and `%hammer`.
    pub sold: String,
    pub unsold: String,
    /// With the place `%n`.
    pub more: String,
    /// What a board calls a lot of a sale, with the place `%code`, and another item, with the place `%n`.
    pub lot_number: String,
    pub item_number: String,
    /// The sale that has just been made, for a board without a script.
    pub last: Option<Moment>,
}

/// A sale as a board announces it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What people call the lot.
    pub number: String,
    pub title: String,
    /// `SOLD · No. 17 · €120`.
    pub said: String,
}

impl Moments {
    /// The moments of a board; `last` is the lot that ended last, if any did, by the number that the board gives it.
    pub fn of(last: Option<(&Card, String)>, frame: &Frame) -> Moments {
        Moments {
            sold: sold("%winner", "%hammer", frame),
            unsold: frame.t("moment-unsold"),
            more: frame.words.t1("moment-more", "n", "%n"),
            lot_number: frame.words.t1("lot-number", "code", "%code"),
            item_number: frame.words.t1("listing-number", "n", "%n"),
            last: last.and_then(|(card, number)| moment(card, number, frame)),
        }
    }
}

fn moment(card: &Card, number: String, frame: &Frame) -> Option<Moment> {
    let since = frame.now - card.closes_at;
    let is_recent = since >= TimeDelta::zero() && since < RECENT;
    let is_sold = card.state == ListingState::Sold && card.leader.is_some() && !card.reversed;
    (is_recent && is_sold).then(|| Moment {
        number,
        title: card.title.clone(),
        said: sold(&card.leader_text(frame), &card.price_text(frame), frame),
    })
}

fn sold(winner: &str, hammer: &str, frame: &Frame) -> String {
    frame.words.with("moment-sold", &[("winner", winner), ("hammer", hammer)])
}
