//! Refusals: answers, not errors. Each has a stable code, a plain sentence and the figures that the code needs.

use super::money::{Currency, MAX_AMOUNT, Money};
use std::fmt;

/// What is wrong with one field of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    pub field: &'static str,
    /// Without an amount; [`FieldFault::words_in`] says it with one.
    pub words: String,
    pub figure: Figure,
}

/// The amount that belongs to what is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    None,
    /// The field is an amount from this to [`MAX_AMOUNT`].
    From(Money),
    /// What the field must at least be.
    AtLeast(Money),
    /// The field is a count of minor units, as programs write it.
    MinorUnits,
}

impl FieldFault {
    pub fn new(field: &'static str, words: impl Into<String>) -> FieldFault {
        FieldFault { field, words: words.into(), figure: Figure::None }
    }

    /// An amount that is too small or too large.
    pub fn range(field: &'static str, least: Money) -> FieldFault {
        let words = format!("An amount from {least} to {MAX_AMOUNT}.");
        FieldFault { field, words, figure: Figure::From(least) }
    }

    /// The sentence, with its amount as money.
    pub fn words_in(&self, currency: &Currency) -> String {
        let (words, example) = (&self.words, currency.example());
        match self.figure {
            Figure::None => words.clone(),
            Figure::From(least) => currency.range(least),
            Figure::AtLeast(least) => format!("{words} The least is {}.", currency.show(least)),
            Figure::MinorUnits => format!("{words} {} is {example}.", currency.show(example)),
        }
    }
}

/// Why the house does not do what was asked. Nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotFound(&'static str),
    ListingClosed,
    OwnListing,
    NotAllowed(&'static str),
    /// The seller has as many open listings as the house allows one seller.
    TooManyListings {
        most: i64,
    },
    AlreadyLeading,
    BidTooLow {
        minimum: Money,
    },
    InsufficientFunds {
        available: Money,
    },
    Taken(&'static str),
    Invalid(Vec<FieldFault>),
    RateLimited {
        retry_after_s: u64,
    },
    Busy {
        retry_after_s: u64,
    },
    /// The machine's clock moved further ahead than time has passed: what depends on deadlines waits.
    ClockJumped {
        ahead_s: i64,
        retry_after_s: u64,
    },
}

impl Refusal {
    /// One field is wrong.
    pub fn invalid(field: &'static str, words: impl Into<String>) -> Refusal {
        Refusal::Invalid(vec![FieldFault::new(field, words)])
    }

    /// The sentence, with its amounts as money: what every person and program is told.
    pub fn words_in(&self, currency: &Currency) -> String {
        match self {
            Refusal::BidTooLow { minimum } => format!("Bid at least {}.", currency.show(*minimum)),
            Refusal::InsufficientFunds { available } => {
                format!("Insufficient funds: {} are available.", currency.show(*available))
            }
            Refusal::Invalid(faults) => {
                let words =
                    faults.iter().map(|fault| format!("{}: {}", fault.field, fault.words_in(currency)));
                words.collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        }
    }

    /// The stable name that programs decide by.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound(_) => "not_found",
            Refusal::ListingClosed => "listing_closed",
            Refusal::OwnListing => "own_listing",
            Refusal::NotAllowed(_) | Refusal::TooManyListings { .. } => "not_allowed",
            Refusal::AlreadyLeading => "already_leading",
            Refusal::BidTooLow { .. } => "bid_too_low",
            Refusal::InsufficientFunds { .. } => "insufficient_funds",
            Refusal::Taken(_) => "taken",
            Refusal::Invalid(_) => "invalid",
            Refusal::RateLimited { .. } => "rate_limited",
            Refusal::Busy { .. } | Refusal::ClockJumped { .. } => "busy",
        }
    }
}

/// For whoever does not know the house's currency: a log. [`Refusal::words_in`] is for people.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotFound(what) => write!(f, "There is no such {what}."),
            Refusal::ListingClosed => f.write_str("This listing is no longer open."),
            Refusal::OwnListing => f.write_str("A seller may not bid on their own listing."),
            Refusal::NotAllowed(why) => f.write_str(why),
            Refusal::TooManyListings { most } => {
                write!(
                    f,
                    "A seller has at most {most} open listings in this house; wait until one of yours ends."
                )
            }
            Refusal::AlreadyLeading => {
                f.write_str("You lead already; to raise your maximum, name a higher one.")
            }
            Refusal::BidTooLow { minimum } => write!(f, "Bid at least {minimum} (minor units)."),
            Refusal::InsufficientFunds { available } => {
                write!(f, "Insufficient funds: {available} (minor units) are available.")
            }
            Refusal::Taken(what) => f.write_str(what),
            Refusal::Invalid(faults) => {
                let words: Vec<String> = faults.iter().map(|x| format!("{}: {}", x.field, x.words)).collect();
                f.write_str(&words.join(" "))
            }
            Refusal::RateLimited { retry_after_s } => {
                write!(f, "Too many tries; try again in {retry_after_s} s.")
            }
            Refusal::Busy { retry_after_s } => {
                write!(f, "The house is busy; try again in {retry_after_s} s.")
            }
            Refusal::ClockJumped { ahead_s, .. } => write!(
                f,
                "The house's clock has jumped {ahead_s} s ahead; bids, listings and settlements wait until it is checked."
            ),
        }
    }
}
