//! `/listings/{id}/proof`: the links of a listing's chain, and how to recompute them; with the script, the page does so
//! itself. It shows nothing that is not public.

use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::rules::desk::DeskMark;
use crate::text::dates;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::sale_words::source_text;

/// The content of the page of a proof.
#[derive(Template)]
#[template(path = "proof/page.html", config = "src/web/askama.toml")]
pub struct ProofPage {
    pub frame: Frame,
    pub id: i64,
    pub title: String,
    /// The address of this house, as the visitor reached it.
    pub house: String,
    pub n_bids: i64,
    pub head: String,
    pub links: Vec<Link>,
    /// The `after` of the next page.
    pub next: Option<i64>,
}

/// A row for one link.
#[derive(Clone, Debug)]
pub struct Link {
    /// The text that begins the link, such as `lot` or `bid`.
    pub kind: &'static str,
    /// The bid's number; `None` for any other link.
    pub seq: Option<i64>,
    /// The code of a lot, in its first link.
    pub lot: Option<String>,
    /// By how many seconds a postponement moved the close.
    pub by_s: Option<i64>,
    /// The close after a link that moved it.
    pub closes_at: Option<DateTime<Utc>>,
    /// The name of the bidder, the seller or the buyer, or of who changed when it closes.
    pub who: String,
    /// The organiser's reason.
    pub why: String,
    /// For a bid from the desk: the pass that entered it, and where it came from.
    pub desk: Option<DeskMark>,
    pub amount: Option<i64>,
    pub at: DateTime<Utc>,
    pub hash: String,
    /// For a settlement: when its sale was reversed.
    pub reversed_at: Option<DateTime<Utc>>,
}

impl Link {
    /// A row with what every link has.
    pub fn new(kind: &'static str, at: DateTime<Utc>, hash: &str) -> Link {
        Link {
            kind,
            seq: None,
            lot: None,
            by_s: None,
            closes_at: None,
            who: String::new(),
            why: String::new(),
            desk: None,
            amount: None,
            at,
            hash: hash.to_owned(),
            reversed_at: None,
        }
    }
}

impl ProofPage {
    fn reversed_text(&self, at: &DateTime<Utc>) -> String {
        self.frame.words.t1("ended-reversed", "at", self.frame.full(at))
    }

    fn kind_text(&self, link: &Link) -> String {
        match link.kind {
            "listing" => self.frame.t("link-listing"),
            "lot" => self.frame.words.t1("link-lot", "lot", link.lot.as_deref().unwrap_or_default()),
            "bid" => self.frame.t("link-bid"),
            "raise" => self.frame.t("link-raise"),
            "desk-bid" => self.frame.t("link-desk-bid"),
            "automatic" => self.frame.t("bid-automatic"),
            "prolongation" => self.frame.t("link-prolongation"),
            "postponement" => {
                let by = dates::duration(link.by_s.unwrap_or_default(), self.frame.words);
                self.frame.words.t1("link-postponement", "by", by)
            }
            "pause" => self.frame.t("link-pause"),
            "resume" => self.frame.t("link-resume"),
            "reversal" => self.frame.t("link-reversal"),
            _ => self.frame.t("link-settlement"),
        }
    }

    fn desk_text(&self, desk: &DeskMark) -> String {
        format!("{} · {}", desk.pass, source_text(desk.source, &self.frame))
    }

    fn close_text(&self, at: &DateTime<Utc>) -> String {
        self.frame.words.t1("link-closes", "at", self.frame.full(at))
    }

    fn amount_text(&self, link: &Link) -> String {
        link.amount.map_or(String::new(), |amount| self.frame.money(amount))
    }

    /// The sentences of the page's script; `%` and a name mark the place of a value.
    fn for_script(&self) -> String {
        let words = self.frame.words;
        let said = json!({
            "checking": words.t("script-proof-checking"),
            "agrees": words.t("script-proof-agrees"),
            "departs": words.t("script-proof-departs"),
            "broken": words.t("script-proof-broken"),
            "unproven": words.t("script-receipt-unproven"),
            "why_hash": words.t("script-proof-why-hash"),
            "why_join": words.t("script-proof-why-join"),
            "why_order": words.t("script-proof-why-order"),
            "why_head": words.t("script-proof-why-head"),
            "not_a_receipt": words.t("script-receipt-unreadable"),
            "other_listing": words.t("script-receipt-other-listing"),
            "no_such_bid": words.t("script-receipt-no-such-bid"),
            "other_hash": words.t("script-receipt-other-hash"),
            "wrong_max": words.t("script-receipt-wrong-max"),
            "stands": words.t("script-receipt-stands"),
            "opens": words.t("script-receipt-opens"),
            "terms": words.t("script-receipt-terms"),
            "other_terms": words.t("script-receipt-other-terms"),
            "no_terms": words.t("script-receipt-no-terms"),
            "wrong_terms": words.t("script-receipt-wrong-terms"),
        });
        said.to_string().replace('<', "\\u003c")
    }
}
