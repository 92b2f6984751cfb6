//! The page that asks once more before something binding, for browsers without the script's dialog. Its form posts the
//! same fields to the same address, with `confirm=yes`.

use askama::Template;

use crate::web::pages::frame::Frame;

#[derive(Template)]
#[template(path = "confirm.html", config = "src/web/askama.toml")]
pub struct Confirm {
    pub frame: Frame,
    pub question: String,
    /// Label and value of what is about to happen.
    pub facts: Vec<(String, String)>,
    pub fine_print: String,
    pub action: String,
    /// Posted unseen, `confirm` among them.
    pub fields: Vec<(String, String)>,
    pub go: String,
    pub back: String,
}

/// A bid as it is about to be made.
pub struct Bid<'a> {
    pub amount: i64,
    pub max: Option<i64>,
    pub message: &'a str,
    /// Makes a second press of the button the same bid.
    pub key: &'a str,
}

impl Confirm {
    pub fn bid(frame: Frame, id: i64, title: &str, bid: Bid) -> Confirm {
        let mut facts = vec![
            (frame.t("label-listing"), title.to_string()),
            (frame.t("bid-amount"), frame.money(bid.amount)),
        ];
        let mut fields = confirmed(bid.key);
        fields.push(("amount".to_string(), frame.field(bid.amount)));
        if let Some(max) = bid.max {
            facts.push((frame.t("bid-max"), frame.money(max)));
            fields.push(("max".to_string(), frame.field(max)));
        }
        if !bid.message.is_empty() {
            facts.push((frame.t("bid-message"), bid.message.to_string()));
            fields.push(("message".to_string(), bid.message.to_string()));
        }
        Confirm {
            question: frame.t("confirm-bid"),
            fine_print: frame.t("confirm-bid-binds"),
            go: frame.words.t1("confirm-bid-go", "amount", frame.money(bid.amount)),
            action: format!("/listings/{id}/bids"),
            back: format!("/listings/{id}"),
            facts,
            fields,
            frame,
        }
    }

    pub fn buy(frame: Frame, id: i64, title: &str, price: i64, key: &str) -> Confirm {
        Confirm {
            question: frame.t("confirm-buy"),
            facts: vec![
                (frame.t("label-listing"), title.to_string()),
                (frame.t("label-buy-now"), frame.money(price)),
            ],
            fine_print: frame.t("confirm-buy-binds"),
            go: frame.words.t1("confirm-buy-go", "amount", frame.money(price)),
            action: format!("/listings/{id}/buy"),
            back: format!("/listings/{id}"),
            fields: confirmed(key),
            frame,
        }
    }

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

fn confirmed(key: &str) -> Vec<(String, String)> {
    vec![("confirm".to_string(), "yes".to_string()), ("key".to_string(), key.to_string())]
}
