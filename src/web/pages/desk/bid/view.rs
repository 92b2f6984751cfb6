//! The form for a bid, what is known of its lot and its guest, the question whether it is meant, and its slip.

use crate::house::desk::slips::BidSlip;
use crate::rules::desk::Source;
use crate::rules::listing::ListingState;
use crate::rules::money::share;
use crate::web::pages::desk::bid::typed::TypedBid;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::{Frame, percent_encoded};
use crate::web::pages::parts::sale_words::source_text;
use askama::Template;

/// Fields `lot`, `number`, `amount`, `max`, `source` and `key`.
#[derive(Template)]
#[template(path = "desk/bid/page.html", config = "src/web/askama.toml")]
pub struct BidPage {
    pub frame: DeskFrame,
    pub filled: Filled,
    /// The lot and the guest of the form, as far as they are known.
    pub about: About,
    /// The bid that was just entered.
    pub slip: Option<BidSlip>,
    /// Where to go on from what is wrong: a path and its words.
    pub way_on: Option<(String, String)>,
}

/// What is known of a lot and a guest.
#[derive(Default)]
pub struct About {
    pub lot: Option<Card>,
    /// Whether there is no such lot.
    pub no_lot: bool,
    pub guest: Option<(i64, String)>,
    pub no_guest: bool,
}

/// Asks whether a bid is meant. The form has the same fields, and `confirm`.
#[derive(Template)]
#[template(path = "desk/bid/confirm.html", config = "src/web/askama.toml")]
pub struct BidConfirm {
    pub frame: DeskFrame,
    pub card: Card,
    pub number: i64,
    pub name: String,
    /// The label and value of each fact about the bid.
    pub facts: Vec<(String, String)>,
    pub fields: Vec<(&'static str, String)>,
    pub go: String,
    /// The form again, with all but the maximum, which no address has.
    pub back: String,
}

impl BidPage {
    fn is_source(&self, source: &Source) -> bool {
        match self.filled.value("source") {
            "" => *source == self.slip.as_ref().map_or(Source::Paper, |slip| slip.source),
            chosen => chosen == source.name(),
        }
    }

    fn focused(&self) -> &'static str {
        let fields = ["max", "amount", "number", "lot"];
        let at_fault = fields.into_iter().rfind(|field| self.filled.error(field).is_some());
        let is_known = self.about.lot.is_some() && self.about.guest.is_some();
        at_fault.unwrap_or(if is_known { "amount" } else { "lot" })
    }

    fn source_text(&self, source: &Source) -> String {
        source_text(*source, &self.frame)
    }

    fn at_text(&self, slip: &BidSlip) -> String {
        self.frame.full(&slip.at.utc())
    }

    fn takes_bids(&self, card: &Card) -> bool {
        matches!(card.state, ListingState::Open | ListingState::Upcoming | ListingState::Paused)
    }

    fn slip_text(&self, slip: &BidSlip) -> String {
        let words = self.frame.words;
        let figures = [("number", slip.number.to_string()), ("lot", slip.lot.clone())];
        let figures = [("number", &*figures[0].1), ("lot", &*figures[1].1)];
        match (slip.is_raise, slip.led) {
            (true, _) => words.with("desk-bid-raised", &figures),
            (false, true) => words.with("desk-bid-leads", &figures),
            (false, false) => words.with("desk-bid-outbid", &figures),
        }
    }
}

impl BidConfirm {
    /// Asks about a bid; `key` is that of its form.
    pub fn of(
        frame: DeskFrame,
        card: Card,
        name: String,
        bid: &TypedBid,
        leads: bool,
        premium_bps: i64,
    ) -> BidConfirm {
        let most = bid.max.unwrap_or(bid.amount);
        let mut facts = Vec::new();
        if !leads {
            facts.push((frame.t("desk-bid-amount"), frame.money(bid.amount)));
        }
        if bid.max.is_some() || leads {
            facts.push((frame.t("desk-bid-max"), frame.money(most)));
        }
        let to_pay = if most > bid.amount { "confirm-pay-most" } else { "desk-confirm-pay" };
        facts.push((frame.t(to_pay), to_be_paid(&frame, most, premium_bps)));
        facts.push((frame.t("desk-source"), source_text(bid.source, &frame)));
        let fields = vec![
            ("confirm", "yes".to_owned()),
            ("key", frame.key.clone()),
            ("lot", bid.lot.lot.clone().unwrap_or_default()),
            ("number", bid.number.to_string()),
            ("amount", frame.field(bid.amount)),
            ("max", bid.max.map_or(String::new(), |max| frame.field(max))),
            ("source", bid.source.name().to_owned()),
        ];
        let go = match leads {
            true => frame.words.t1("confirm-raise-go", "max", frame.money(most)),
            false => frame.words.t1("confirm-bid-go", "amount", frame.money(bid.amount)),
        };
        let back = format!(
            "/desk/bid?lot={}&number={}&amount={}&source={}",
            percent_encoded(bid.lot.lot.as_deref().unwrap_or_default()),
            bid.number,
            percent_encoded(&frame.field(bid.amount)),
            bid.source.name(),
        );
        BidConfirm { number: bid.number, name, facts, fields, go, back, card, frame }
    }
}

/// The total at this hammer price, with the premium if there is one.
fn to_be_paid(frame: &Frame, hammer: i64, premium_bps: i64) -> String {
    let premium = share(hammer, premium_bps);
    let (amount, total) = (frame.money(hammer), frame.money(hammer.saturating_add(premium)));
    match premium {
        0 => total,
        _ => {
            let premium = frame.money(premium);
            let parts = [("amount", &*amount), ("premium", &*premium), ("total", &*total)];
            frame.words.with("confirm-made-of", &parts)
        }
    }
}
