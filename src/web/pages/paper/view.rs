//! Pages to print: a listing's sheet with its code to scan, and a buyer's invoice.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::coverage::Coverage;
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::qr_code::QrCode;
use crate::web::pages::parts::sale_words::who_text;

/// `/listings/{id}/sheet`: lies beside the item, so that people scan it and bid.
#[derive(Template)]
#[template(path = "paper/item_sheet.html", config = "src/web/askama.toml")]
pub struct Sheet {
    pub frame: Frame,
    pub card: Card,
    pub description: String,
    pub seller: String,
    pub picture: Option<String>,
    /// The full address of the listing's page.
    pub address: String,
    /// Whether the address works on this machine only, and so is of no use on paper.
    pub is_out_of_reach: bool,
}

/// `/account/won/{settlement}`: the item, its seller and the amounts.
#[derive(Template)]
#[template(path = "paper/invoice.html", config = "src/web/askama.toml")]
pub struct Invoice {
    pub frame: Frame,
    /// The settlement's number.
    pub number: i64,
    pub card: Card,
    pub buyer: String,
    pub buyer_email: String,
    pub seller: String,
    pub hammer: i64,
    pub premium: i64,
    pub settled_at: DateTime<Utc>,
    pub coverage: Coverage,
    pub reversed: Option<Reversed>,
    pub what_now: WhatNow,
}

/// When and why a sale was reversed, and by the public name of which role.
#[derive(Clone, Debug)]
pub struct Reversed {
    pub at: DateTime<Utc>,
    pub why: String,
    pub who: Option<String>,
}

impl Sheet {
    fn code(&self) -> QrCode {
        QrCode::of(self.address.clone())
    }
}

impl Invoice {
    fn total(&self) -> i64 {
        self.hammer.saturating_add(self.premium)
    }

    /// The amount paid, if any, for a sale that was not reversed.
    fn paid(&self) -> Option<i64> {
        match self.coverage {
            Coverage::Paid => Some(self.total()),
            Coverage::Partly { paid, .. } => Some(paid),
            Coverage::Owed | Coverage::Reversed => None,
        }
    }

    /// "Paid" stands only where nothing is due.
    fn paid_label(&self) -> String {
        self.frame.t(if self.coverage == Coverage::Paid { "label-paid" } else { "label-covered" })
    }

    /// The amount owed, if any.
    fn owed(&self) -> Option<i64> {
        match self.coverage {
            Coverage::Owed => Some(self.total()),
            Coverage::Partly { owed, .. } => Some(owed),
            Coverage::Paid | Coverage::Reversed => None,
        }
    }

    fn reversed_text(&self, reversed: &Reversed) -> String {
        let (words, at, why) = (self.frame.words, self.frame.full(&reversed.at), reversed.why.as_str());
        match &reversed.who {
            Some(who) => {
                let who = who_text(who, &self.frame);
                words.with("invoice-reversed-by", &[("at", &at), ("who", &who), ("why", why)])
            }
            None => words.t2("invoice-reversed", ("at", at), ("why", why)),
        }
    }
}
