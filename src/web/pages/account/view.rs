//! `/account`: a person's money and holds, and the listings that they bid on, won or sell.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::coverage::Coverage;
use crate::text::i18n::Lang;
use crate::web::pages::account::push::Pushes;
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
    pub balance: i64,
    pub held: i64,
    pub available: i64,
    pub credit_limit: i64,
    /// The unpaid part of the person's purchases.
    pub owed: i64,
    pub leading: Vec<Stake>,
    pub outbid: Vec<Card>,
    pub won: Vec<Won>,
    /// Whether there are older ones that are not listed; `more_selling` likewise.
    pub more_won: bool,
    pub selling: Vec<Card>,
    pub more_selling: bool,
    /// Newest first.
    pub statement: Vec<Line>,
    pub mails: Mails,
    pub pushes: Pushes,
}

/// The person's choice of what they are told.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    /// Each kind of mail, and whether they want it.
    pub kinds: Vec<(&'static str, bool)>,
    /// The same for their browsers; empty while none takes notices.
    pub push_kinds: Vec<(&'static str, bool)>,
    pub lang: Lang,
    /// Whether the house sends any mails.
    pub are_sent: bool,
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
    pub card: Card,
    pub settlement: i64,
    pub hammer: i64,
    pub premium: i64,
    pub coverage: Coverage,
    pub settled_at: DateTime<Utc>,
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
