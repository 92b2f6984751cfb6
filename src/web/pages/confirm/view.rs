//! The page that asks for confirmation before something binding, for browsers without the script's dialog. Its form
//! posts the same fields to the same address, with `confirm=yes`.

use askama::Template;

use crate::rules::money::share;
use crate::web::pages::listing::view::percent;
use crate::web::pages::parts::frame::Frame;

/// The content of the page to confirm.
#[derive(Template)]
#[template(path = "confirm/page.html", config = "src/web/askama.toml")]
pub struct Confirm {
    pub frame: Frame,
    pub question: String,
    /// The amount that is asked about, and how it is meant; empty where there is none.
    pub figure: String,
    pub said: String,
    /// The label and value of each fact about the action.
    pub facts: Vec<(String, String)>,
    /// The same of each part of what it costs, the total last.
    pub sums: Vec<(String, String)>,
    pub fine_print: String,
    pub action: String,
    /// The hidden fields, `confirm` among them.
    pub fields: Vec<(String, String)>,
    pub go: String,
    pub back: String,
}

/// A bid that is about to be made.
pub struct Bid<'a> {
    /// What is bid now; for a raise, the price.
    pub amount: i64,
    pub max: Option<i64>,
    /// Whether the form names the maximum alone: the amount is then the least that is needed when it is confirmed.
    pub max_first: bool,
    /// Whether the bidder already leads.
    pub is_raise: bool,
    /// Whether there is a reserve that the price has not reached: a maximum that reaches it bids it at once.
    pub awaits_reserve: bool,
    /// The buyer's premium, in basis points.
    pub premium_bps: i64,
    pub message: &'a str,
    /// The key by which a second press of the button is the same bid.
    pub key: &'a str,
}

impl Bid<'_> {
    /// The highest hammer price that this bid can lead to.
    fn most(&self) -> i64 {
        self.max.unwrap_or(self.amount)
    }

    /// The fields that the confirmed form sends again. A raise names the price, so that it is refused once another leads.
    fn fields(&self, frame: &Frame) -> Vec<(String, String)> {
        let mut fields = confirmed(self.key);
        let mut add = |name: &str, value: String| fields.push((name.to_string(), value));
        if self.max_first && !self.is_raise {
            add("max", frame.field(self.most()));
        } else {
            add("amount", frame.field(self.amount));
            self.max.into_iter().for_each(|max| add("max", frame.field(max)));
        }
        if !self.message.is_empty() {
            add("message", self.message.to_string());
        }
        fields
    }

    fn go(&self, frame: &Frame) -> String {
        let most = frame.money(self.most());
        match (self.is_raise, self.most() > self.amount) {
            (true, _) => frame.words.t1("confirm-raise-go", "max", most),
            (false, true) => frame.words.t1("confirm-most-go", "max", most),
            (false, false) => frame.words.t1("confirm-bid-go", "amount", most),
        }
    }
}

impl Confirm {
    /// Asks about a bid.
    pub fn bid(frame: Frame, id: i64, title: &str, bid: Bid) -> Confirm {
        let mut facts = vec![(frame.t("label-listing"), title.to_string())];
        if !bid.message.is_empty() {
            facts.push((frame.t("bid-message"), bid.message.to_string()));
        }
        let is_most = bid.most() > bid.amount;
        let said = match (is_most && !bid.is_raise, bid.awaits_reserve) {
            (false, _) => String::new(),
            (true, false) => frame.words.t1("confirm-most", "amount", frame.money(bid.amount)),
            (true, true) => frame.words.t1("confirm-most-reserve", "amount", frame.money(bid.amount)),
        };
        let labels = if is_most { AT_MOST } else { EXACTLY };
        Confirm {
            question: frame.t(if bid.is_raise { "confirm-raise" } else { "confirm-bid" }),
            figure: frame.money(bid.most()),
            said,
            fine_print: frame.t("confirm-bid-binds"),
            go: bid.go(&frame),
            action: format!("/listings/{id}/bids"),
            back: format!("/listings/{id}"),
            fields: bid.fields(&frame),
            sums: sums(&frame, labels, bid.most(), bid.premium_bps),
            facts,
            frame,
        }
    }

    /// Asks about a purchase at the buy-now price.
    pub fn buy(frame: Frame, id: i64, title: &str, price: i64, premium_bps: i64) -> Confirm {
        let total = price.saturating_add(share(price, premium_bps));
        Confirm {
            question: frame.t("confirm-buy"),
            figure: frame.money(price),
            said: String::new(),
            facts: vec![(frame.t("label-listing"), title.to_string())],
            sums: sums(&frame, AT_ONCE, price, premium_bps),
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
            figure: String::new(),
            said: String::new(),
            facts: vec![(frame.t("label-listing"), title.to_string())],
            sums: Vec::new(),
            fine_print: frame.t("confirm-cancel-binds"),
            go: frame.t("confirm-cancel-go"),
            action: format!("/listings/{id}/cancel"),
            back: format!("/listings/{id}"),
            fields: confirmed(key),
            frame,
        }
    }
}

/// The labels of hammer price, premium and total: of a bid, of a bid that may rise to a maximum, and of a purchase.
const EXACTLY: [&str; 3] = ["label-hammer", "confirm-premium", "confirm-pay"];
const AT_MOST: [&str; 3] = ["confirm-hammer-most", "confirm-premium-most", "confirm-pay-most"];
const AT_ONCE: [&str; 3] = ["label-hammer", "confirm-premium", "invoice-total"];

/// The hammer price, what is added to it and the total, a row each. A tax would be a row before the total.
fn sums(frame: &Frame, labels: [&str; 3], hammer: i64, premium_bps: i64) -> Vec<(String, String)> {
    let premium = share(hammer, premium_bps);
    let amounts = [hammer, premium, hammer.saturating_add(premium)];
    let percent = percent(premium_bps);
    let label = |key| frame.words.t1(key, "percent", percent.as_str());
    labels.into_iter().map(label).zip(amounts.map(|amount| frame.money(amount))).collect()
}

fn confirmed(key: &str) -> Vec<(String, String)> {
    vec![("confirm".to_string(), "yes".to_string()), ("key".to_string(), key.to_string())]
}
