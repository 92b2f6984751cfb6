//! Refusals: answers, not errors. Each has a stable code, a plain sentence and the figures that belong to the code.

use super::desk::Right;
use super::hash::Hash;
use super::money::{Currency, MAX_AMOUNT, Money};
use super::time::Time;

/// A fault in one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    pub field: &'static str,
    /// The sentence without its amount; [`FieldFault::words_in`] adds it.
    pub words: String,
    pub figure: Figure,
}

/// The amount that belongs to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    None,
    /// The field is an amount from this to [`MAX_AMOUNT`].
    From(Money),
    /// The field is an amount of at least this.
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
            Figure::AtLeast(least) => format!("{words} It must be at least {}.", currency.show(least)),
            Figure::MinorUnits => format!("{words} {} is {example}.", currency.show(example)),
        }
    }
}

/// Why an account cannot be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InUse {
    /// It leads an open listing.
    Leads,
    /// It has not paid everything.
    Owes,
    /// It has money in the house.
    IsOwed,
    /// It sells something that is open.
    Sells,
}

/// Why the house does not do what it was asked. Nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotFound(&'static str),
    ListingClosed,
    /// Its sale is paused: it takes no bids until it is resumed.
    Paused,
    /// Its sale opens later.
    NotOpenYet {
        opens_at: Time,
    },
    OwnListing,
    /// The account may look on, but neither bid nor list.
    Suspended,
    /// The account waits for an admin's approval.
    AwaitingApproval,
    /// Only an admin opens accounts.
    SignUpClosed,
    /// The listing is somebody else's.
    NotTheSeller,
    /// Its seller may no longer cancel it.
    HasBids,
    /// The settlement moved no money: nothing can be reversed.
    NoMoneyMoved,
    /// The house has used its currency already.
    CurrencyFixed,
    /// No server for mails is configured.
    NoWayForMails,
    /// The house's directory belongs to another user.
    OtherOwner,
    /// The scheduler keeps this house for another directory or program.
    HeldElsewhere,
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
    /// The same, to the desk: it may not know what a bidder has available.
    BeyondLimit,
    EmailTaken,
    /// Somebody else has this name, or one that looks the same.
    NameTaken,
    /// The address has not been verified yet.
    Unverified,
    /// The person has not accepted the terms as they are now.
    TermsNotAccepted {
        version: i64,
        hash: Hash,
    },
    /// There is no link with this token, or it has been used or has ended.
    LinkEnded,
    /// The password that was to prove who asks is wrong; the field that it was given in.
    WrongPassword(&'static str),
    /// The log-in is too old for this: the password is needed, too.
    LogInTooOld,
    /// The account leads, owes, is owed or sells.
    AccountInUse(InUse),
    /// The account is closed.
    AccountClosed,
    /// Passwords are not used here: everybody logs in with single sign-on.
    SignOnOnly,
    /// The token may not do this.
    OutOfScope,
    /// The person has a token of this name.
    TokenNameTaken,
    /// The person has as many of these as the house allows.
    TooMany {
        most: i64,
    },
    /// Bidding has begun.
    BuyNowOver,
    AlreadyReversed,
    /// A sale has this code, or had it.
    SaleExists,
    /// The sale is no draft any more, and this would change its terms.
    NotADraft,
    /// The sale is a draft or is cancelled, and this is for published ones.
    NotPublished,
    /// No lot of the sale, or of the section, is open.
    NothingOpen,
    /// The sale is paused already.
    PausedAlready,
    /// No lot of the sale is paused.
    NotPaused,
    /// A lot of the sale has closed already.
    FirstLotClosed,
    /// The code of the pass has been used on another device.
    CodeInUse,
    /// The pass has ended, was shut, or never was.
    PassEnded,
    /// A pass of this name still holds.
    PassNameTaken,
    /// The pass does not have this right.
    NotOfPass(Right),
    /// The pass may give no higher bidding limit.
    AbovePassLimit {
        most: Money,
    },
    /// Somebody else has this number in the sale.
    NumberTaken,
    /// The person has a number in the sale already.
    RegisteredAlready {
        number: i64,
    },
    /// The guest is much like some who have a number in the sale already: by number and name.
    Similar(Vec<(i64, String)>),
    /// The lot is not paid for.
    NotCovered {
        due: Money,
    },
    /// The payment is more than is due.
    AboveDue {
        due: Money,
    },
    /// Nobody has bought the lot, or its sale was reversed.
    NotSold,
    HandedOverAlready,
    VoidedAlready,
    /// The file exists, and may not be replaced.
    FileExists,
    /// The listing has no buy-now price.
    NoBuyNow,
    Invalid(Vec<FieldFault>),
    RateLimited {
        retry_after_s: u64,
    },
    /// Too many log-ins have failed: this one was not tried, or failed as well.
    LogInsLimited {
        retry_after_s: u64,
    },
    Busy {
        retry_after_s: u64,
    },
    /// The machine's clock has moved further ahead than time has passed: whatever depends on deadlines waits.
    ClockJumped {
        ahead_s: i64,
        retry_after_s: u64,
    },
    /// The journal of a house on many machines does not answer. What was asked may stand all the same, if the answer to it was
    /// lost: the same key asked again tells.
    JournalAway {
        retry_after_s: u64,
    },
}

impl Refusal {
    /// A fault in one field.
    pub fn invalid(field: &'static str, words: impl Into<String>) -> Refusal {
        Refusal::Invalid(vec![FieldFault::new(field, words)])
    }

    /// The sentence for people and programs, with its amounts as money.
    pub fn words_in(&self, currency: &Currency) -> String {
        match self {
            Refusal::BidTooLow { minimum } => format!("Bid at least {}.", currency.show(*minimum)),
            Refusal::InsufficientFunds { available } => {
                format!("Insufficient funds: {} available.", currency.show(*available))
            }
            Refusal::AbovePassLimit { most } => {
                format!("With this pass a bidding limit can be at most {}.", currency.show(*most))
            }
            Refusal::NotCovered { due } => {
                format!(
                    "This lot is not paid: {} is due. Say why it is handed over all the same.",
                    currency.show(*due)
                )
            }
            Refusal::AboveDue { due } => format!("This is more than is due: {}.", currency.show(*due)),
            Refusal::Invalid(faults) => {
                let words =
                    faults.iter().map(|fault| format!("{}: {}", fault.field, fault.words_in(currency)));
                words.collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        }
    }

    /// The stable code by which programs decide.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound(_) => "not_found",
            Refusal::ListingClosed => "listing_closed",
            Refusal::Paused => "paused",
            Refusal::NotOpenYet { .. } => "not_open_yet",
            Refusal::OwnListing => "own_listing",
            Refusal::Suspended
            | Refusal::AwaitingApproval
            | Refusal::SignUpClosed
            | Refusal::NotTheSeller
            | Refusal::HasBids
            | Refusal::NoMoneyMoved
            | Refusal::CurrencyFixed
            | Refusal::NoWayForMails
            | Refusal::OtherOwner
            | Refusal::HeldElsewhere
            | Refusal::TooManyListings { .. }
            | Refusal::NotADraft
            | Refusal::NotPublished
            | Refusal::NothingOpen
            | Refusal::PausedAlready
            | Refusal::NotPaused
            | Refusal::NotOfPass(_)
            | Refusal::AbovePassLimit { .. }
            | Refusal::NotSold
            | Refusal::FirstLotClosed
            | Refusal::AccountClosed
            | Refusal::SignOnOnly
            | Refusal::TooMany { .. } => "not_allowed",
            Refusal::AlreadyLeading => "already_leading",
            Refusal::BidTooLow { .. } => "bid_too_low",
            Refusal::InsufficientFunds { .. } | Refusal::BeyondLimit => "insufficient_funds",
            Refusal::EmailTaken
            | Refusal::NameTaken
            | Refusal::TokenNameTaken
            | Refusal::BuyNowOver
            | Refusal::AlreadyReversed
            | Refusal::SaleExists
            | Refusal::PassNameTaken
            | Refusal::NumberTaken
            | Refusal::RegisteredAlready { .. }
            | Refusal::HandedOverAlready
            | Refusal::VoidedAlready
            | Refusal::FileExists => "taken",
            Refusal::CodeInUse | Refusal::AccountInUse(_) => "in_use",
            Refusal::Unverified => "unverified",
            Refusal::TermsNotAccepted { .. } => "terms_not_accepted",
            Refusal::OutOfScope => "forbidden",
            Refusal::LinkEnded | Refusal::WrongPassword(_) | Refusal::LogInTooOld => "invalid",
            Refusal::PassEnded => "unauthenticated",
            Refusal::Similar(_) => "similar",
            Refusal::NotCovered { .. } => "not_covered",
            Refusal::Invalid(_) | Refusal::NoBuyNow | Refusal::AboveDue { .. } => "invalid",
            Refusal::RateLimited { .. } | Refusal::LogInsLimited { .. } => "rate_limited",
            Refusal::Busy { .. } | Refusal::ClockJumped { .. } | Refusal::JournalAway { .. } => "busy",
        }
    }

    /// A name for this refusal, if its code has several meanings.
    pub fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Refusal::Suspended => "suspended",
            Refusal::AwaitingApproval => "awaiting_approval",
            Refusal::SignUpClosed => "sign_up_closed",
            Refusal::NotTheSeller => "not_the_seller",
            Refusal::HasBids => "has_bids",
            Refusal::NoMoneyMoved => "no_money_moved",
            Refusal::CurrencyFixed => "currency_fixed",
            Refusal::NoWayForMails => "no_way_for_mails",
            Refusal::OtherOwner => "other_owner",
            Refusal::HeldElsewhere => "held_elsewhere",
            Refusal::TooManyListings { .. } => "too_many_open",
            Refusal::EmailTaken => "email_taken",
            Refusal::NameTaken => "name_taken",
            Refusal::TokenNameTaken => "token_name_taken",
            Refusal::LinkEnded => "link_ended",
            Refusal::WrongPassword(_) => "wrong_password",
            Refusal::LogInTooOld => "log_in_too_old",
            Refusal::AccountInUse(InUse::Leads) => "leads",
            Refusal::AccountInUse(InUse::Owes) => "owes",
            Refusal::AccountInUse(InUse::IsOwed) => "is_owed",
            Refusal::AccountInUse(InUse::Sells) => "sells",
            Refusal::AccountClosed => "account_closed",
            Refusal::SignOnOnly => "sign_on_only",
            Refusal::OutOfScope => "out_of_scope",
            Refusal::TooMany { .. } => "too_many",
            Refusal::BeyondLimit => "beyond_limit",
            Refusal::BuyNowOver => "buy_now_over",
            Refusal::AlreadyReversed => "already_reversed",
            Refusal::SaleExists => "sale_exists",
            Refusal::NotADraft => "not_a_draft",
            Refusal::NotPublished => "not_published",
            Refusal::NothingOpen => "nothing_open",
            Refusal::PausedAlready => "paused_already",
            Refusal::NotPaused => "not_paused",
            Refusal::FirstLotClosed => "first_lot_closed",
            Refusal::PassEnded => "pass_ended",
            Refusal::PassNameTaken => "pass_name_taken",
            Refusal::NotOfPass(_) => "not_of_pass",
            Refusal::AbovePassLimit { .. } => "above_pass_limit",
            Refusal::NumberTaken => "number_taken",
            Refusal::RegisteredAlready { .. } => "registered_already",
            Refusal::AboveDue { .. } => "above_due",
            Refusal::NotSold => "not_sold",
            Refusal::HandedOverAlready => "handed_over_already",
            Refusal::VoidedAlready => "voided_already",
            Refusal::FileExists => "file_exists",
            Refusal::NoBuyNow => "no_buy_now",
            Refusal::LogInsLimited { .. } => "log_ins_limited",
            Refusal::ClockJumped { .. } => "clock_jumped",
            Refusal::JournalAway { .. } => "journal_away",
            Refusal::NotFound(_)
            | Refusal::ListingClosed
            | Refusal::Paused
            | Refusal::NotOpenYet { .. }
            | Refusal::OwnListing
            | Refusal::AlreadyLeading
            | Refusal::BidTooLow { .. }
            | Refusal::InsufficientFunds { .. }
            | Refusal::CodeInUse
            | Refusal::Unverified
            | Refusal::TermsNotAccepted { .. }
            | Refusal::Similar(_)
            | Refusal::NotCovered { .. }
            | Refusal::Invalid(_)
            | Refusal::RateLimited { .. }
            | Refusal::Busy { .. } => return None,
        })
    }
}
