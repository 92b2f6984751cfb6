//! A bill on paper: its lines, its payments and what is due. With a payment it is the receipt of that.

use crate::house::money::bill::{Bill, PaymentView};
use crate::rules::money::Money;
use crate::rules::time::Time;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::sale_words::taken_by;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "desk/receipt/page.html", config = "src/web/askama.toml")]
pub struct ReceiptPage {
    pub frame: DeskFrame,
    pub bill: Bill,
    pub payment: Option<PaymentView>,
    /// Whether the payment was just taken: then it prints by itself where the browser is set so.
    pub is_new: bool,
}

impl ReceiptPage {
    fn title(&self) -> String {
        match &self.payment {
            Some(payment) => self.frame.words.t1("checkout-receipt", "n", payment.id),
            None => self.frame.t("receipt-bill"),
        }
    }

    fn sale(&self) -> String {
        self.frame.pass.as_ref().map_or(String::new(), |pass| pass.sale.clone())
    }

    fn number(&self) -> i64 {
        self.bill.number.unwrap_or_default()
    }

    fn dated(&self) -> String {
        let now = self.frame.now;
        self.frame.full(&self.payment.as_ref().map_or(now, |payment| payment.at.utc()))
    }

    fn by(&self, payment: &PaymentView) -> String {
        taken_by(&payment.by, &self.frame)
    }

    fn at(&self, at: &Time) -> String {
        self.frame.full(&at.utc())
    }

    fn hammer(&self) -> Money {
        self.bill.lines.iter().filter(|line| !line.reversed).map(|line| line.hammer).sum()
    }

    fn premium(&self) -> Money {
        self.bill.lines.iter().filter(|line| !line.reversed).map(|line| line.premium).sum()
    }
}
