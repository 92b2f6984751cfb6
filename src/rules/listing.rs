//! A listing: what the seller offers and on which terms. Its terms never change once it is made; what changes with the
//! bids is its [`Standing`](super::bidding::Standing).

use super::faults::Faults;
use super::hash::Salt;
use super::money::{Bps, Money};
use super::refusal::Refusal;
use super::soft_close::SoftClose;
use super::text;
use super::time::Time;
use serde::Serialize;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ListingId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

impl fmt::Display for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The soonest a new listing may close.
pub const MIN_LIFE_S: i64 = 5;
/// Allowance for the time that a request takes to arrive: a close 5 s ahead may be a little nearer by then.
pub const ON_THE_WAY_MS: i64 = 500;

/// What a seller asks to list.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub title: String,
    pub description: String,
    pub opening: Money,
    pub closes: Option<Closes>,
    pub reserve: Option<Money>,
    pub buy_now: Option<Money>,
    pub increment: Option<Money>,
    pub soft_close: Option<SoftClose>,
    /// The category to list it in.
    pub category: Option<String>,
    /// The names of stored pictures, the first one first.
    pub pictures: Vec<String>,
}

/// The deadline as the seller chooses it: an instant, or seconds from the moment the listing is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    At(Time),
    In { seconds: i64 },
}

impl Closes {
    pub fn at(self, now: Time) -> Time {
        match self {
            Closes::At(at) => at,
            Closes::In { seconds } => now.plus_s(seconds),
        }
    }
}

/// A listing's state as people see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListingState {
    /// Its sale opens later.
    Upcoming,
    /// Takes bids.
    #[default]
    Open,
    /// Neither takes bids nor is settled until it is resumed.
    Paused,
    /// Past its close, and not settled yet.
    Closing,
    Sold,
    Unsold,
    Cancelled,
}

impl ListingState {
    pub const ALL: [ListingState; 7] = [
        ListingState::Upcoming,
        ListingState::Open,
        ListingState::Paused,
        ListingState::Closing,
        ListingState::Sold,
        ListingState::Unsold,
        ListingState::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ListingState::Upcoming => "upcoming",
            ListingState::Open => "open",
            ListingState::Paused => "paused",
            ListingState::Closing => "closing",
            ListingState::Sold => "sold",
            ListingState::Unsold => "unsold",
            ListingState::Cancelled => "cancelled",
        }
    }

    /// Whether its close has passed, or it has ended.
    pub fn is_closing_or_ended(self) -> bool {
        self == ListingState::Closing || !self.is_live()
    }

    /// Whether it has not ended yet.
    pub fn is_live(self) -> bool {
        use ListingState::{Closing, Open, Paused, Upcoming};
        matches!(self, Upcoming | Open | Paused | Closing)
    }
}

impl fmt::Display for ListingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A listing as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub id: ListingId,
    pub seller: AccountId,
    pub seller_name: String,
    pub title: String,
    pub description: String,
    pub opening: Money,
    /// Secret; the chain holds its commitment.
    pub reserve: Option<Money>,
    /// Secret like the reserve: it opens the commitment.
    pub reserve_salt: Salt,
    pub buy_now: Option<Money>,
    pub increment: Option<Money>,
    pub first_closes_at: Time,
    pub soft_close: Option<SoftClose>,
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    /// With the outage policy `extend`: how long before the close an outage prolongs it, and by how much. None with
    /// `settle`.
    pub outage_s: Option<i64>,
    /// Not a term: it does not enter the chain.
    pub category: Option<String>,
    /// The names of its stored pictures, the first one first.
    pub pictures: Vec<String>,
    pub created_at: Time,
    /// Its place in a sale; none outside of sales.
    pub lot: Option<Lot>,
}

/// The place of a listing in a sale. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The sale's code.
    pub sale: String,
    /// The code that people say aloud, such as `A12`; unique in the sale.
    pub code: String,
    /// Not a term: it does not enter the chain.
    pub section: Option<String>,
    /// When the sale opens for bids; none if it has been open since its publication.
    pub opens_at: Option<Time>,
}

impl Listing {
    /// When bidding opens; none if it has been open since it was listed.
    pub fn opens_at(&self) -> Option<Time> {
        self.lot.as_ref().and_then(|lot| lot.opens_at)
    }

    /// Whether bidding has not opened yet at `now`.
    pub fn is_upcoming(&self, now: Time) -> bool {
        self.opens_at().is_some_and(|opens_at| now < opens_at)
    }
}

impl Draft {
    /// The draft with its texts as they are kept and counted.
    pub fn normalised(self) -> Draft {
        let category = self.category.map(|name| text::one_line(&name)).filter(|name| !name.is_empty());
        Draft {
            title: text::one_line(&self.title),
            description: text::nfc(&self.description),
            category,
            ..self
        }
    }

    /// Refuses `invalid` with all faults of the draft, each with its field; `now` is when it would be listed.
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        self.faults(now).done()
    }

    /// The same faults, to be joined with others.
    pub fn faults(&self, now: Time) -> Faults {
        let mut faults = Faults::default();
        faults.line("title", &self.title, 1, 120);
        faults.lines("description", &self.description, 10_000);
        if let Some(category) = self.category.as_deref().filter(|name| !name.trim().is_empty()) {
            faults.line("category", category, 1, 40);
        }
        faults.pictures(self.pictures.len());
        faults.amount("opening", Some(self.opening));
        faults.amount("reserve", self.reserve);
        faults.amount("buy_now", self.buy_now);
        faults.amount("increment", self.increment);
        faults.at_least(
            "reserve",
            self.reserve,
            self.opening,
            "The reserve cannot be lower than the opening.",
        );
        let floor = self.opening.max(self.reserve.unwrap_or(0));
        let words = "The buy-now price cannot be lower than the opening or the reserve.";
        faults.at_least("buy_now", self.buy_now, floor, words);
        self.check_close(now, &mut faults);
        faults
    }

    /// The faults of a lot. Without `listed_at` it is a draft's: when it closes is checked once it is published.
    pub fn lot_faults(&self, listed_at: Option<Time>) -> Faults {
        match listed_at {
            Some(now) => self.faults(now),
            None => {
                let closes = Some(Closes::In { seconds: 86_400 });
                Draft { closes, ..self.clone() }.faults(Time::default())
            }
        }
    }

    fn check_close(&self, now: Time, faults: &mut Faults) {
        let Some(closes) = self.closes else {
            return faults.add("closes_at", "Choose when the listing closes.");
        };
        let field = if matches!(closes, Closes::At(_)) { "closes_at" } else { "closes_in_s" };
        let life_ms = closes.at(now).ms_since(now);
        let slack = if matches!(closes, Closes::At(_)) { ON_THE_WAY_MS } else { 0 };
        faults.when(
            life_ms < MIN_LIFE_S * 1_000 - slack,
            field,
            "The close must be at least 5 seconds ahead.",
        );
        faults.when(closes.at(now) > now.plus_a_year(), field, "The close must be at most a year ahead.");
        faults.soft_close(self.soft_close);
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::MAX_PICTURES;
    use super::super::money::MAX_AMOUNT;
    use super::*;

    fn draft() -> Draft {
        Draft {
            title: "Lamp".into(),
            opening: 1_000,
            closes: Some(Closes::In { seconds: 60 }),
            ..Draft::default()
        }
    }

    fn faulty(change: impl FnOnce(&mut Draft)) -> Vec<&'static str> {
        let mut draft = draft();
        change(&mut draft);
        match draft.check(Time(1_000_000)) {
            Ok(()) => Vec::new(),
            Err(Refusal::Invalid(faults)) => faults.iter().map(|f| f.field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_draft_is_refused_with_every_field_at_fault() {
        assert_eq!(faulty(|_| ()), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.title = "  ".into()), ["title"]);
        assert_eq!(faulty(|d| d.title = "é".repeat(120)), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.title = "é".repeat(121)), ["title"]);
        assert_eq!(faulty(|d| d.category = Some("  ".into())), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.category = Some("책".repeat(40))), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.category = Some("책".repeat(41))), ["category"]);
        assert_eq!(faulty(|d| d.category = Some("a\nb".into())), ["category"]);
        assert_eq!(faulty(|d| d.title = "\u{202e}pmal".into()), ["title"]);
        assert_eq!(faulty(|d| d.title = "\u{3164}".into()), ["title"]);
        assert_eq!(faulty(|d| d.category = Some("\u{3164}".into())), ["category"]);
        assert_eq!(faulty(|d| d.title = "👩\u{200d}🚀 \u{200f}שלום".into()), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.description = "two\r\nlines\tand a tab".into()), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.description = "\u{1b}[31m".into()), ["description"]);
        assert_eq!(faulty(|d| d.pictures = vec![String::new(); MAX_PICTURES]), Vec::<&str>::new());
        assert_eq!(faulty(|d| d.pictures = vec![String::new(); MAX_PICTURES + 1]), ["picture"]);
        assert_eq!(faulty(|d| d.opening = 0), ["opening"]);
        assert_eq!(faulty(|d| d.opening = MAX_AMOUNT + 1), ["opening"]);
        assert_eq!(faulty(|d| d.reserve = Some(999)), ["reserve"]);
        assert_eq!(faulty(|d| d.buy_now = Some(999)), ["buy_now"]);
        assert_eq!(faulty(|d| (d.reserve, d.buy_now) = (Some(2_000), Some(1_500))), ["buy_now"]);
        assert_eq!(faulty(|d| d.closes = None), ["closes_at"]);
        assert_eq!(faulty(|d| d.closes = Some(Closes::In { seconds: 4 })), ["closes_in_s"]);
        assert_eq!(faulty(|d| d.closes = Some(Closes::In { seconds: 365 * 86_400 + 1 })), ["closes_in_s"]);
        assert_eq!(faulty(|d| d.closes = Some(Closes::At(Time(0)))), ["closes_at"]);
        assert_eq!(faulty(|d| (d.opening, d.title) = (-1, String::new())), ["title", "opening"]);
    }
}
