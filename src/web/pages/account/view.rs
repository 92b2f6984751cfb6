//! `/account`: the frame of the tabs, and what each of them holds.

use askama::Template;
use chrono::{DateTime, Utc};
use std::sync::Arc;

use crate::rules::coverage::Coverage;
use crate::text::i18n::Lang;
use crate::web::pages::account::settings::Settings;
use crate::web::pages::account::tabs::{Counts, Tab};
use crate::web::pages::bills::view::OUTSIDE_SALES;
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;

/// The content of the account page.
#[derive(Template)]
#[template(path = "account/page.html", config = "src/web/askama.toml")]
pub struct Account {
    pub frame: Frame,
    pub name: String,
    /// Empty for a guest without one, who gets no mails and chooses none.
    pub email: String,
    /// Whether the address must still be verified.
    pub is_unverified: bool,
    pub tab: Tab,
    pub counts: Counts,
    pub content: Content,
}

/// What the tab shows.
#[derive(Clone, Debug)]
pub enum Content {
    Pay(Pay),
    Bidding(Bidding),
    Selling(Selling),
    Money(Money),
    Settings(Settings),
}

/// What is due, and what was.
#[derive(Clone, Debug, Default)]
pub struct Pay {
    /// The unpaid part of all purchases.
    pub due: i64,
    /// How to pay, in short, as the house has written it.
    pub payment: Option<Arc<str>>,
    /// The bills on which something is due.
    pub open: Vec<OpenBill>,
    /// The purchases that are paid or reversed, newest first on each bill.
    pub won: Vec<Won>,
}

/// A bill on which something is due.
#[derive(Clone, Debug)]
pub struct OpenBill {
    /// The code of the sale; none for what was bought outside of sales, as its name.
    pub sale: Option<String>,
    pub name: Option<String>,
    pub due: i64,
    /// The purchases on it that are not paid in full, newest first.
    pub won: Vec<Won>,
    /// Where to collect, as the sale says it; empty where it does not.
    pub pickup: String,
    pub what_now: WhatNow,
}

/// The open listings that the person has bid on.
#[derive(Clone, Debug, Default)]
pub struct Bidding {
    /// What the person may still spend, and what is held for what they lead.
    pub available: i64,
    pub held: i64,
    pub outbid: Vec<Card>,
    pub leading: Vec<Stake>,
}

/// The person's own listings, newest first.
#[derive(Clone, Debug, Default)]
pub struct Selling {
    pub open: Vec<Card>,
    pub ended: Vec<Card>,
    /// Whether there are older ones that are not listed.
    pub has_more: bool,
}

/// The purse and what moved in it.
#[derive(Clone, Debug, Default)]
pub struct Money {
    pub balance: i64,
    pub held: i64,
    pub available: i64,
    pub credit_limit: i64,
    /// Newest first.
    pub statement: Vec<Line>,
}

/// A listing that the person leads.
#[derive(Clone, Debug)]
pub struct Stake {
    pub card: Card,
    pub max: i64,
    /// The amount held for it: the maximum and the premium on it.
    pub held: i64,
}

/// A listing that the person won.
#[derive(Clone, Debug)]
pub struct Won {
    pub listing: i64,
    pub title: String,
    /// Its code in a sale.
    pub lot: Option<String>,
    pub settlement: i64,
    pub hammer: i64,
    pub premium: i64,
    pub coverage: Coverage,
}

/// A movement of money.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: DateTime<Utc>,
    pub cause: String,
    /// The listing that caused it, if any.
    pub listing: Option<i64>,
    pub amount: i64,
    /// The balance after this movement.
    pub balance: i64,
    /// For a charge: how far it is paid.
    pub coverage: Option<Coverage>,
    /// Whether it is a payment that was voided.
    pub is_voided: bool,
}

impl Account {
    fn tab_text(&self, tab: &Tab) -> String {
        self.frame.t(&format!("account-tab-{}", tab.name()))
    }

    /// The title of the page: the tab that is shown.
    fn title(&self) -> String {
        format!("{} · {}", self.tab_text(&self.tab), self.frame.t("account-title"))
    }

    fn settings(&self) -> Option<&Settings> {
        match &self.content {
            Content::Settings(settings) => Some(settings),
            _ => None,
        }
    }

    fn bill_url(&self, bill: &OpenBill) -> String {
        format!("/account/bills/{}", bill.sale.as_deref().unwrap_or(OUTSIDE_SALES))
    }

    fn bill_name(&self, bill: &OpenBill) -> String {
        let of = bill.name.clone().unwrap_or_else(|| self.frame.t("bill-outside-sales"));
        self.frame.words.t1("bill-title", "of", of)
    }

    /// The words around the amount of "Bid €32".
    fn bid_words(&self) -> (String, String) {
        let words = self.frame.words.t1("account-bid", "minimum", "\u{1}");
        let (before, after) = words.split_once('\u{1}').unwrap_or_default();
        (before.to_owned(), after.to_owned())
    }

    fn is_reversed(&self, won: &Won) -> bool {
        won.coverage == Coverage::Reversed
    }

    fn total(&self, won: &Won) -> i64 {
        won.hammer.saturating_add(won.premium)
    }

    fn made_of(&self, won: &Won) -> String {
        let (hammer, premium) = (self.frame.money(won.hammer), self.frame.money(won.premium));
        self.frame.words.t2("won-made-of", ("hammer", hammer), ("premium", premium))
    }

    /// `Paid` with the total, or the amount on the bill, or what is still due of it.
    fn sum_label(&self, won: &Won) -> String {
        self.frame.t(match won.coverage {
            Coverage::Paid => "label-paid",
            Coverage::Partly { .. } => "label-owed",
            Coverage::Owed => "label-on-bill",
            Coverage::Reversed => "state-reversed",
        })
    }

    fn sum(&self, won: &Won) -> i64 {
        match won.coverage {
            Coverage::Partly { owed, .. } => owed,
            Coverage::Paid | Coverage::Owed | Coverage::Reversed => self.total(won),
        }
    }

    /// The amount owed, in minor units.
    fn owed_units(&self, won: &Won) -> i64 {
        match won.coverage {
            Coverage::Paid | Coverage::Reversed => 0,
            Coverage::Partly { owed, .. } => owed,
            Coverage::Owed => self.total(won),
        }
    }

    /// For a purchase that is covered in part: how much of it is due.
    fn partly_text(&self, won: &Won) -> Option<String> {
        let Coverage::Partly { owed, .. } = won.coverage else {
            return None;
        };
        let (owed, total) = (self.frame.money(owed), self.frame.money(self.total(won)));
        Some(self.frame.words.t2("won-partly", ("owed", owed), ("total", total)))
    }

    fn coverage_text(&self, coverage: &Coverage) -> String {
        match coverage {
            Coverage::Paid => self.frame.t("charge-paid"),
            Coverage::Partly { owed, .. } => {
                self.frame.words.t1("charge-partly", "owed", self.frame.money(owed))
            }
            Coverage::Owed => self.frame.t("charge-owed"),
            Coverage::Reversed => self.frame.t("charge-reversed"),
        }
    }

    fn kind_text(&self, kind: &str) -> String {
        self.frame.t(&format!("choose-{kind}"))
    }

    fn held_text(&self, stake: &Stake) -> String {
        let (max, held) = (self.frame.money(stake.max), self.frame.money(stake.held));
        self.frame.words.t2("stake-held", ("max", max), ("held", held))
    }
}
