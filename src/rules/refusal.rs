//! Refusals: answers, not errors. Each has a stable code, a plain sentence and the figures that the code needs.

use super::money::Money;
use std::fmt;

/// What is wrong with one field of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    pub field: &'static str,
    pub words: String,
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
    /// So many log-ins have failed that this one was not tried, or was wrong as well.
    LogInsLimited {
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
        Refusal::Invalid(vec![FieldFault { field, words: words.into() }])
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
            Refusal::RateLimited { .. } | Refusal::LogInsLimited { .. } => "rate_limited",
            Refusal::Busy { .. } | Refusal::ClockJumped { .. } => "busy",
        }
    }
}

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
            Refusal::BidTooLow { minimum } => write!(f, "The lowest bid accepted now is {minimum}."),
            Refusal::InsufficientFunds { available } => {
                write!(f, "The available funds, {available}, do not cover this.")
            }
            Refusal::Taken(what) => f.write_str(what),
            Refusal::Invalid(faults) => {
                let words: Vec<String> = faults.iter().map(|x| format!("{}: {}", x.field, x.words)).collect();
                f.write_str(&words.join(" "))
            }
            Refusal::RateLimited { retry_after_s } => {
                write!(f, "Too many tries; try again in {retry_after_s} s.")
            }
            Refusal::LogInsLimited { retry_after_s } => write!(
                f,
                "Too many log-ins have failed, and this one was not accepted: check email and password, and try again in \
                 {retry_after_s} s. From another network where you have logged in before, the right password works at once."
            ),
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
