//! The page that asks for confirmation before something binding, for browsers without the script's dialog. Its form
//! posts the same fields to the same address, with `confirm=yes`.

use askama::Template;

use crate::rules::money::share;
use crate::web::pages::parts::frame::Frame;

/// The content of the page to confirm.
#[derive(Template)]
#[template(path = "confirm/page.html", config = "src/web/askama.toml")]
pub struct Confirm {
    pub frame: Frame,
    pub question: String,
    /// The label and value of each fact about the action.
    pub facts: Vec<(String, String)>,
    pub fine_print: String,
    pub action: String,
    /// The hidden fields, `confirm` among them.
    pub fields: Vec<(String, String)>,
    pub go: String,
    pub back: String,
}

/// A bid that is about to be made.
pub struct Bid<'a> {
    pub amount: i64,
    pub max: Option<i64>,
    /// Whether the bidder already leads.
    pub is_raise: bool,
    /// The buyer's premium, in basis points.
    pub premium_bps: i64,
    pub message: &'a str,
    /// The key by which a second press of the button is the same bid.
    pub key: &'a str,
}

impl Confirm {
    /// Asks about a bid.
    pub fn bid(frame: Frame, id: i64, title: &str, bid: Bid) -> Confirm {
        let most = bid.max.unwrap_or(bid.amount);
        let mut facts = vec![(frame.t("label-listing"), title.to_string())];
        if !bid.is_raise {
            facts.push((frame.t("bid-amount"), frame.money(bid.amount)));
        }
        let mut fields = confirmed(bid.key);
        fields.push(("amount".to_string(), frame.field(bid.amount)));
        if let Some(max) = bid.max {
            fields.push(("max".to_string(), frame.field(max)));
        }
        if bid.max.is_some() || bid.is_raise {
            facts.push((frame.t("bid-max"), frame.money(most)));
        }
        let to_pay = if most > bid.amount { "confirm-pay-most" } else { "confirm-pay" };
        facts.push((frame.t(to_pay), to_be_paid(&frame, most, bid.premium_bps)));
        if !bid.message.is_empty() {
            facts.push((frame.t("bid-message"), bid.message.to_string()));
            fields.push(("message".to_string(), bid.message.to_string()));
        }
        let (question, go) = match bid.is_raise {
            true => ("confirm-raise", frame.words.t1("confirm-raise-go", "max", frame.money(most))),
            false => ("confirm-bid", frame.words.t1("confirm-bid-go", "amount", frame.money(bid.amount))),
        };
        Confirm {
            question: frame.t(question),
            fine_print: frame.t("confirm-bid-binds"),
            go,
            action: format!("/listings/{id}/bids"),
            back: format!("/listings/{id}"),
            facts,
            fields,
            frame,
        }
    }

    /// Asks about a purchase at the buy-now price.
    pub fn buy(frame: Frame, id: i64, title: &str, price: i64, premium_bps: i64) -> Confirm {
        let total = price.saturating_add(share(price, premium_bps));
        Confirm {
            question: frame.t("confirm-buy"),
            facts: vec![
                (frame.t("label-listing"), title.to_string()),
                (frame.t("label-buy-now"), frame.money(price)),
                (frame.t("invoice-total"), to_be_paid(&frame, price, premium_bps)),
            ],
            fine_print: frame.t("confirm-buy-binds"),
            go: frame.words.t1("confirm-buy-go", "amount", frame.money(total)),
            action: format!("/listings/{id}/buy"),
            back: format!("/listings/{id}"),
            fields: confirmed(""),
            frame,
        }
    }

    /// Asks about cancelling a listing.
    pub fn cancel(frame: Frame, id: i64, title: &str, key: &str) -> Confirm {
        Confirm {
            question: frame.t("confirm-cancel"),
            facts: vec![(frame.t("label-listing"), title.to_string())],
            fine_print: frame.t("confirm-cancel-binds"),
            go: frame.t("confirm-cancel-go"),
            action: format!("/listings/{id}/cancel"),
            back: format!("/listings/{id}"),
            fields: confirmed(key),
            frame,
        }
    }
}

/// The total at this hammer price, with the premium if there is one.
pub fn to_be_paid(frame: &Frame, hammer: i64, premium_bps: i64) -> String {
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

fn confirmed(key: &str) -> Vec<(String, String)> {
    vec![("confirm".to_string(), "yes".to_string()), ("key".to_string(), key.to_string())]
}
