//! A sale: lots that are prepared as a draft, published together, and closed one after the other.
//!
//! Its terms never change once it is published; postponements and pauses are links of its lots' chains.

use super::faults::Faults;
use super::money::{Bps, MAX_BPS};
use super::refusal::Refusal;
use super::soft_close::SoftClose;
use super::text;
use super::time::Time;

/// The most characters of a sale's code.
const MAX_CODE: usize = 40;
/// The most characters of a lot's code.
const MAX_LOT_CODE: usize = 12;
/// The most seconds between the closes of two lots: a day.
pub const MAX_EVERY_S: i64 = 86_400;
/// The most lots of a sale.
pub const MAX_LOTS: usize = 10_000;

/// The id of a sale in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SaleId(pub i64);

/// The id of a lot in the database; the listing that it becomes has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LotId(pub i64);

/// A sale as the organiser describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleText {
    pub name: String,
    pub description: String,
    /// Where and when buyers collect their lots.
    pub pickup: String,
}

/// The terms that its lots get when it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleTerms {
    /// None: bidding opens with the publication.
    pub opens_at: Option<Time>,
    /// The close of the first lot.
    pub closes_at: Time,
    /// Seconds from the close of a lot to that of the next.
    pub every_s: i64,
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    pub soft_close: Option<SoftClose>,
}

/// What happened to a sale so far, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Published,
    Cancelled,
}

/// A sale's state as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaleState {
    /// Nobody but the command line sees it.
    Draft,
    Upcoming,
    Open,
    Paused,
    /// All its lots have ended.
    Closed,
    Cancelled,
}

impl SaleState {
    pub const ALL: [SaleState; 6] = [
        SaleState::Draft,
        SaleState::Upcoming,
        SaleState::Open,
        SaleState::Paused,
        SaleState::Closed,
        SaleState::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SaleState::Draft => "draft",
            SaleState::Upcoming => "upcoming",
            SaleState::Open => "open",
            SaleState::Paused => "paused",
            SaleState::Closed => "closed",
            SaleState::Cancelled => "cancelled",
        }
    }
}

impl serde::Serialize for SaleState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl std::fmt::Display for SaleState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl SaleTerms {
    /// The close of the lot at place `nth` (from 0): its own if it has one, else the one of its place.
    pub fn close_of(&self, nth: i64, own: Option<Time>) -> Time {
        own.unwrap_or_else(|| self.closes_at.plus_s(nth.saturating_mul(self.every_s)))
    }

    /// What is wrong with the terms at `now`, whatever the lots are.
    pub fn faults(&self, now: Time) -> Faults {
        let mut faults = Faults::default();
        let is_early = self.opens_at.is_some_and(|opens_at| opens_at >= self.closes_at);
        faults.when(is_early, "opens_at", "The opening must be before the first close.");
        faults.when(
            !(0..=MAX_EVERY_S).contains(&self.every_s),
            "every_s",
            "From 0 seconds to a day between two lots.",
        );
        for (field, bps) in [("premium_bps", self.premium_bps), ("commission_bps", self.commission_bps)] {
            faults.when(!(0..=MAX_BPS).contains(&bps), field, "From 0 to 10000 basis points.");
        }
        faults.soft_close(self.soft_close);
        faults.when(
            self.closes_at > now.plus_a_year(),
            "closes_at",
            "The close must be at most a year ahead.",
        );
        faults.when(self.closes_at <= now, "closes_at", "The first close must be ahead.");
        faults
    }
}

impl SaleText {
    /// The text as it is kept and counted.
    pub fn normalised(self) -> SaleText {
        SaleText {
            name: text::one_line(&self.name),
            description: text::nfc(&self.description),
            pickup: text::nfc(&self.pickup),
        }
    }

    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        faults.line("name", &self.name, 1, 120);
        faults.lines("description", &self.description, 10_000);
        faults.lines("pickup", &self.pickup, 1_000);
        faults
    }
}

/// Refuses `invalid` unless `code` is one for a sale: 1 to 40 of a to z, digits and `-`.
pub fn check_code(code: &str) -> Result<(), Refusal> {
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=MAX_CODE).contains(&code.len()) && code.chars().all(is_good) {
        return Ok(());
    }
    Err(Refusal::invalid("code", "1 to 40 of the small letters a to z, digits and -."))
}

/// The code of a lot as it is kept: in NFC, without blanks around it. Refuses anything but 1 to 12 letters, digits, `-`
/// and `.`.
pub fn lot_code(typed: &str) -> Result<String, &'static str> {
    let code = text::nfc(typed.trim());
    let is_good = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    if (1..=MAX_LOT_CODE).contains(&code.chars().count()) && code.chars().all(is_good) {
        return Ok(code);
    }
    Err("1 to 12 letters, digits, - and . (such as A12).")
}

/// A lot's code as it is compared: in NFC and without case.
pub fn folded(code: &str) -> String {
    text::nfc(code).to_lowercase()
}
