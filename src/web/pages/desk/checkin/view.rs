//! The search, what it finds, the form for a new guest, and a guest with a number.

use crate::house::desk::guests::MAX_FOUND;
use crate::rules::money::Money;
use crate::store::registrations::Registration;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::qr_code::QrCode;
use askama::Template;

/// The first page of check-in. The form for a new guest has fields `name`, `email`, `phone`, `number`, `limit`,
/// `anyway` and `key`.
#[derive(Template)]
#[template(path = "desk/checkin/page.html", config = "src/web/askama.toml")]
pub struct Checkin {
    pub frame: DeskFrame,
    pub q: String,
    /// The guests that `q` finds; the first ones for an empty `q`.
    pub found: Vec<Registration>,
    /// The form for a new guest.
    pub filled: Filled,
    /// The number that the next guest gets unless another is chosen.
    pub next_number: i64,
    /// The highest limit that the pass may give; none: any.
    pub most_limit: Option<Money>,
    /// Guests with a number who are much like the new one.
    pub similar: Vec<(i64, String)>,
    /// Where to go on from what is wrong: a path and its words.
    pub way_on: Option<(String, String)>,
}

/// A guest with a number. The form for a new PIN has the fields `number` and `key`.
#[derive(Template)]
#[template(path = "desk/checkin/guest.html", config = "src/web/askama.toml")]
pub struct GuestPage {
    pub frame: DeskFrame,
    pub guest: Registration,
}

/// The number card, to print.
#[derive(Template)]
#[template(path = "desk/checkin/card.html", config = "src/web/askama.toml")]
pub struct CardPage {
    pub frame: DeskFrame,
    pub sale: String,
    pub guest: Registration,
    /// In two groups of three, as people read it out; none where the guest has another one by now.
    pub pin: Option<String>,
    /// The address to log in, with the number filled in.
    pub code: QrCode,
    /// The address of the log-in as people type it.
    pub short_address: String,
}

impl CardPage {
    fn given_text(&self) -> String {
        let (number, name) = (("number", self.guest.number), ("name", self.guest.name.as_str()));
        self.frame.words.t2("desk-given", number, name)
    }
}

impl Checkin {
    /// Whether a search found nobody: the new guest is the next thing to type.
    fn is_new(&self) -> bool {
        !self.q.is_empty() && self.found.is_empty()
    }

    /// The field of the new guest's form to type in first; empty where the search is first.
    fn focused(&self) -> &'static str {
        let at_fault = ["number", "limit", "phone", "email", "name"];
        match at_fault.into_iter().rfind(|field| self.filled.error(field).is_some()) {
            Some(field) => field,
            // The way on is focused.
            None if !self.similar.is_empty() || self.way_on.is_some() => "none",
            None if self.is_new() || self.filled.has_errors() => "name",
            None => "",
        }
    }

    fn is_cut_off(&self) -> bool {
        self.found.len() >= MAX_FOUND
    }

    fn found_text(&self) -> String {
        let words = self.frame.words;
        match self.found.len() {
            0 if self.q.is_empty() => words.t("desk-nobody-yet"),
            0 => words.t1("desk-found-nobody", "q", self.q.as_str()),
            n if self.is_cut_off() => words.t1("desk-found-many", "n", n),
            n => words.t1("desk-found", "n", n),
        }
    }

    fn limit_hint(&self) -> String {
        match self.most_limit {
            Some(most) => self.frame.words.t1("desk-limit-hint-most", "most", self.frame.money(most)),
            None => self.frame.t("desk-limit-hint"),
        }
    }
}

impl GuestPage {
    fn by_text(&self) -> String {
        let at = self.frame.brief(&self.guest.at.utc());
        match &self.guest.by {
            Some(by) => self.frame.words.t2("desk-registered-by", ("at", at), ("by", by.as_str())),
            None => at,
        }
    }
}
