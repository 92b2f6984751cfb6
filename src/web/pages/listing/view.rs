//! `/listings/{id}`: everything that a bidder, the seller or a visitor may know about a listing, and the form to bid.
//! It never shows a reserve's amount, nor anyone's maximum but the visitor's own.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::coverage::Coverage;
use crate::rules::desk::DeskMark;
use crate::rules::listing::ListingState;
use crate::rules::settlement::{Outcome, Unsold};
use crate::text::dates;
use crate::web::pages::listing::spark::Spark;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::{Frame, in_short, percent_encoded};
use crate::web::pages::parts::gallery::{Picture, SIZES};
use crate::web::pages::parts::sale_words::{source_text, who_text};
use crate::web::pages::parts::tile::preview_path;

/// The content of a listing's page.
#[derive(Template)]
#[template(path = "listing/page.html", config = "src/web/askama.toml")]
pub struct ListingPage {
    pub frame: Frame,
    pub card: Card,
    pub description: String,
    pub category: Option<String>,
    pub pictures: Vec<Picture>,
    pub seller: String,
    /// The increment at the current price, the listing's own or the house's, in minor units.
    pub increment: i64,
    pub soft_close: Option<SoftClose>,
    /// Whether the deadline was moved, by soft close or for an outage.
    pub extended: bool,
    /// The last outage that moved the deadline.
    pub outage: Option<Outage>,
    /// How long before the deadline an outage moves it, in seconds; `None` unless the outage policy is `extend`.
    pub outage_s: Option<i64>,
    /// The buyer's premium, in basis points.
    pub premium_bps: i64,
    /// The history as HTML; empty if it is inserted afterwards.
    pub rows: String,
    pub spark: Spark,
    /// Whether it is on the visitor's watchlist.
    pub watched: bool,
    /// The number of older bids, which `rows` leaves out.
    pub n_older: i64,
    pub standing: Standing,
    /// Why the visitor may bid nowhere.
    pub kept_out: Option<KeptOut>,
    /// What keeps new accounts of this house from bidding at once, for a guest.
    pub hurdles: Hurdles,
    /// The receipts of the visitor's own bids, newest first.
    pub receipts: Vec<Receipt>,
    /// How it ended; `None` while it is open.
    pub ending: Option<Ending>,
    /// Its place in a sale.
    pub place: Option<Place>,
    /// `pending`, `armed`, or `unproven` (the scheduler has not run anything yet); shown to the seller.
    pub scheduler_entry: Option<String>,
    /// The bid form after a refusal: fields `max` (or `amount` of an older form) and `message`.
    pub filled: Filled,
}

/// The visitor's relation to the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not logged in.
    Guest,
    /// Logged in, no bid yet.
    Onlooker,
    Leading {
        max: i64,
    },
    Outbid,
    Seller,
}

/// Why a person may bid nowhere, whatever they own; each is said in place of the form, with the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptOut {
    Suspended,
    AwaitingApproval,
    /// May bid once the address is verified.
    Unverified,
    /// May bid once this version of the terms is accepted.
    Terms(i64),
}

/// What a guest has to know before they open an account to bid.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hurdles {
    /// The house has terms, which each bidder accepts.
    pub terms: bool,
    /// An admin approves each new account.
    pub approval: bool,
}

/// The place of a listing in a sale.
#[derive(Clone, Debug)]
pub struct Place {
    pub sale: String,
    pub sale_name: String,
    pub section: Option<String>,
    /// The ids and codes of the lots before and after it.
    pub before: Option<(i64, String)>,
    pub after: Option<(i64, String)>,
    /// The sentence of the pause that it is in.
    pub paused: Option<String>,
    /// The sentences of its postponements, newest first.
    pub postponed: Vec<String>,
}

/// The terms of soft close, in seconds.
#[derive(Clone, Debug)]
pub struct SoftClose {
    pub window_s: i64,
    pub extension_s: i64,
    pub cap_s: i64,
}

/// The time in which no server ran.
#[derive(Clone, Debug)]
pub struct Outage {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// The proof of one of the visitor's bids. Only the visitor sees its text, which opens the commitment to their maximum.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub seq: i64,
    pub amount: i64,
    pub at: DateTime<Utc>,
    pub text: String,
    /// Set where the desk entered the bid.
    pub desk: Option<DeskMark>,
}

/// How a listing ended.
#[derive(Clone, Debug)]
pub struct Ending {
    pub outcome: Outcome,
    pub winner: Option<String>,
    /// Why it was cancelled, or why the sale was reversed; the latter only for the people concerned. Others find it in the
    /// proof, if it is public.
    pub why: Option<String>,
    pub at: DateTime<Utc>,
    pub viewer_won: bool,
    /// The settlement's number, which leads the buyer to the invoice.
    pub settlement: i64,
    /// The amount that the visitor pays as the buyer, premium included, or receives as the seller, commission deducted.
    pub viewer_total: Option<i64>,
    /// How much of it the buyer has paid; for the buyer only.
    pub coverage: Option<Coverage>,
    /// When the sale was reversed.
    pub reversed_at: Option<DateTime<Utc>>,
    /// The public name of the role that reversed it; none, too, if the reversal is no link of the chain.
    pub reversed_by: Option<String>,
    /// The settlement's hash in the chain.
    pub hash: Option<String>,
}

/// A rate in basis points as people write it, without the sign: `12` or `12.50`.
pub fn percent(bps: i64) -> String {
    let (whole, part) = (bps / 100, bps % 100);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") }
}

impl ListingPage {
    pub(super) fn is_seller(&self) -> bool {
        self.standing == Standing::Seller
    }

    /// The listing in one line, for the previews that link to it.
    fn in_short(&self) -> String {
        in_short(&format!("{} · {}", self.card.title, self.description))
    }

    fn path(&self) -> String {
        format!("/listings/{}", self.card.id)
    }

    /// The whole address of its first picture, for previews.
    fn shared_picture(&self) -> Option<String> {
        let preview = || preview_path(self.card.id);
        let path = self.pictures.first().map_or_else(preview, |picture| picture.large.clone());
        self.frame.branding.absolute(&path)
    }

    /// The address of the listings in the same category.
    fn category_url(&self, category: &str) -> String {
        format!("/?category={}", percent_encoded(category))
    }

    /// The path of this page.
    fn here(&self) -> String {
        format!("/listings/{}", self.card.id)
    }

    fn may_cancel(&self) -> bool {
        let may_end = self.card.is_live() && self.card.state != ListingState::Closing;
        self.is_seller() && self.card.n_bids == 0 && may_end
    }

    /// Why nobody can bid for now: the state that it waits in, and the sentences about it.
    fn waits(&self) -> Option<(ListingState, Vec<String>)> {
        let opens = |at| self.frame.words.t1("upcoming-said", "at", self.frame.full(&at));
        let opens = self.card.opens_ahead(&self.frame).map(opens);
        match self.card.state {
            ListingState::Upcoming => Some((ListingState::Upcoming, opens.into_iter().collect())),
            ListingState::Paused => {
                let paused = self.place.as_ref().and_then(|place| place.paused.clone());
                let paused = paused.unwrap_or_else(|| self.frame.t("state-paused"));
                let rule = self.frame.t("paused-rule");
                Some((ListingState::Paused, [paused, rule].into_iter().chain(opens).collect()))
            }
            _ => None,
        }
    }

    fn premium(&self) -> String {
        self.frame.words.t1("premium-added", "percent", percent(self.premium_bps))
    }

    fn soft_close_text(&self, soft_close: &SoftClose) -> String {
        let span = |length_s| dates::duration(length_s, self.frame.words);
        let (window, extension) = (span(soft_close.window_s), span(soft_close.extension_s));
        let rule = self.frame.words.t2("soft-close-rule", ("window", window), ("extension", extension));
        let cap = self.frame.words.t1("soft-close-cap", "cap", span(soft_close.cap_s));
        format!("{rule} {cap}")
    }

    /// Why the deadline was moved; empty if no outage moved it.
    fn outage_text(&self) -> String {
        let full = |at| self.frame.full(&at);
        let said = |outage: &Outage| {
            let (from, until) = (full(outage.from), full(outage.until));
            self.frame.words.t2("outage-said", ("from", from), ("until", until))
        };
        self.outage.as_ref().map_or(String::new(), said)
    }

    fn outage_rule(&self, outage_s: &i64) -> String {
        let window = dates::duration(*outage_s, self.frame.words);
        self.frame.words.t1("outage-rule", "window", window)
    }

    fn ending_text(&self, ending: &Ending) -> String {
        let words = self.frame.words;
        match &ending.outcome {
            Outcome::Sold(sale) => {
                let hammer = self.frame.money(sale.hammer);
                words.t2(
                    "ended-sold",
                    ("winner", ending.winner.clone().unwrap_or_default()),
                    ("hammer", hammer),
                )
            }
            Outcome::Unsold(Unsold::ReserveNotMet) => words.t("ended-reserve-not-met"),
            Outcome::Unsold(Unsold::NoBids) => words.t("ended-no-bids"),
            Outcome::Cancelled { .. } => words.t("ended-cancelled"),
        }
    }

    /// The meaning of the ending for the visitor.
    fn ending_for_viewer(&self, ending: &Ending) -> Option<String> {
        let words = self.frame.words;
        let total = self.frame.money(ending.viewer_total.unwrap_or_default());
        match (&ending.outcome, ending.viewer_won, self.is_seller()) {
            (Outcome::Sold(_), true, _) => Some(match ending.coverage {
                Some(Coverage::Paid) => words.t1("you-won-total", "total", total),
                Some(Coverage::Partly { owed, .. }) => {
                    words.t2("you-won-partly", ("total", total), ("owed", self.frame.money(owed)))
                }
                Some(Coverage::Owed) | None => words.t1("you-won-owed", "total", total),
                Some(Coverage::Reversed) => words.t("you-won-reversed"),
            }),
            (Outcome::Sold(_), _, true) if ending.reversed_at.is_some() => Some(words.t("you-sold-reversed")),
            (Outcome::Sold(_), _, true) => Some(words.t1("you-sold-total", "total", total)),
            (Outcome::Unsold(_), _, true) => Some(words.t("you-did-not-sell")),
            _ => None,
        }
    }

    fn owes(&self, ending: &Ending) -> bool {
        matches!(ending.coverage, Some(Coverage::Owed | Coverage::Partly { .. }))
    }

    fn reversed_text(&self, ending: &Ending, at: &DateTime<Utc>) -> String {
        let (words, at) = (self.frame.words, self.frame.full(at));
        match &ending.reversed_by {
            Some(who) => words.t2("ended-reversed-by", ("at", at), ("who", who_text(who, &self.frame))),
            None => words.t1("ended-reversed", "at", at),
        }
    }

    fn entry_text(&self, entry: &str) -> String {
        match entry {
            "armed" => self.frame.t("entry-armed"),
            "unproven" => self.frame.t("entry-unproven"),
            "demo" => self.frame.t("entry-demo"),
            _ => self.frame.t("entry-pending"),
        }
    }

    fn receipt_text(&self, receipt: &Receipt) -> String {
        let amount = self.frame.money(receipt.amount);
        let text = self.frame.words.t2("receipt", ("seq", receipt.seq), ("amount", amount));
        match &receipt.desk {
            Some(desk) => {
                let source = source_text(desk.source, &self.frame);
                let words = self.frame.words;
                format!(
                    "{text} {}",
                    words.t2("receipt-desk", ("pass", desk.pass.clone()), ("source", source))
                )
            }
            None => text,
        }
    }
}
