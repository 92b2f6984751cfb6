//! A person's bills: the list, and one of them to print.

use askama::Template;

use crate::house::money::bill::{Bill, BillLine, PaymentView};
use crate::rules::desk::BY_ADMIN;
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::frame::Frame;

/// Stands where the code of a sale does, for what was bought outside of sales: no code has this character.
pub const OUTSIDE_SALES: &str = "outside_sales";

/// `/account/bills`: all bills of a person.
#[derive(Template)]
#[template(path = "bills/list.html", config = "src/web/askama.toml")]
pub struct Bills {
    pub frame: Frame,
    /// Of the newest sale first; what was bought outside of sales last.
    pub bills: Vec<BillRow>,
}

/// A bill in the list.
pub struct BillRow {
    pub bill: Bill,
    /// The name of the sale; none for what was bought outside of sales.
    pub sale: Option<String>,
}

/// `/account/bills/{code}`: one bill for all lots of a sale.
#[derive(Template)]
#[template(path = "bills/page.html", config = "src/web/askama.toml")]
pub struct BillPage {
    pub frame: Frame,
    pub bill: Bill,
    /// The name of the sale; none for what was bought outside of sales.
    pub sale: Option<String>,
    pub email: String,
    /// Where and when the lots are handed over.
    pub pickup: String,
    pub what_now: WhatNow,
}

impl Bills {
    fn url(&self, row: &BillRow) -> String {
        format!("/account/bills/{}", row.bill.sale.as_deref().unwrap_or(OUTSIDE_SALES))
    }

    fn name(&self, row: &BillRow) -> String {
        row.sale.clone().unwrap_or_else(|| self.frame.t("bill-outside-sales"))
    }

    /// `Paid` with the total, or the amount that is due; a total of 0 if all is reversed.
    fn sum(&self, row: &BillRow) -> (String, String) {
        match row.bill.due {
            0 if row.bill.total == 0 => (self.frame.t("invoice-total"), self.frame.money(0)),
            0 => (self.frame.t("label-paid"), self.frame.money(row.bill.total)),
            due => (self.frame.t("label-owed"), self.frame.money(due)),
        }
    }

    fn total_text(&self, row: &BillRow) -> String {
        format!("{}: {}", self.frame.t("invoice-total"), self.frame.money(row.bill.total))
    }
}

impl BillPage {
    fn title(&self) -> String {
        let of = self.sale.clone().unwrap_or_else(|| self.frame.t("bill-outside-sales"));
        self.frame.words.t1("bill-title", "of", of)
    }

    fn item(&self, line: &BillLine) -> String {
        match &line.lot {
            Some(lot) => self.frame.words.t1("lot-number", "code", lot.as_str()),
            None => self.frame.words.t1("listing-number", "n", line.listing.0),
        }
    }

    /// The parts of the total, where it has several, then how it stands: paid or due, reversed, handed over.
    fn notes(&self, line: &BillLine) -> String {
        let (frame, words) = (&self.frame, &self.frame.words);
        let mut notes = Vec::new();
        if line.premium > 0 {
            let (hammer, premium) = (frame.money(line.hammer), frame.money(line.premium));
            notes.push(words.t2("won-made-of", ("hammer", hammer), ("premium", premium)));
        }
        notes.push(match (line.reversed, line.total - line.covered) {
            (true, _) => words.t("bill-line-reversed"),
            (false, 0) => words.t("bill-line-paid"),
            (false, due) => words.t1("bill-line-due", "due", frame.money(due)),
        });
        if let Some(at) = line.handed_over_at {
            notes.push(words.t1("bill-line-handed-over", "at", frame.full(&at.utc())));
        }
        notes.join(" · ")
    }

    fn rfc3339(&self, payment: &PaymentView) -> String {
        self.frame.rfc3339(&payment.at.utc())
    }

    fn at(&self, payment: &PaymentView) -> String {
        self.frame.full(&payment.at.utc())
    }

    /// How a payment was made, its reference, the till, and why it was voided.
    fn payment_notes(&self, payment: &PaymentView) -> String {
        let words = &self.frame.words;
        let mut notes = vec![self.frame.method(payment.method)];
        if let Some(reference) = &payment.reference {
            notes.push(words.t1("bill-payment-reference", "reference", reference.as_str()));
        }
        if payment.by != BY_ADMIN {
            notes.push(words.t1("bill-payment-by", "by", payment.by.as_str()));
        }
        if let Some(why) = &payment.voided_why {
            notes.push(words.t1("bill-payment-voided", "why", why.as_str()));
        }
        notes.join(" · ")
    }
}
