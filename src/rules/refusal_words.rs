//! The sentences of refusals with amounts in minor units, for logs and the command line.

use super::refusal::{InUse, Refusal};
use std::fmt;

const FIRST_LOT_CLOSED: &str =
    "The first lot of this sale has closed, so no more lots can be added; put them into the next sale.";
const OTHER_OWNER: &str = "The house's directory belongs to another user, who could not open the restored files: run \
                           this as that user (`sudo -u auction auction restore …`).";
const HELD_ELSEWHERE: &str = "The scheduler keeps this house's deadlines for another directory or program. Take them over \
                              with `--scheduler cron` (or `schtasks`) if that house is gone; to try a restore, use \
                              `--scheduler none`.";

fn in_use(why: InUse) -> &'static str {
    match why {
        InUse::Leads => "This account leads on an open listing, so it cannot be closed yet.",
        InUse::Owes => "This account has not paid everything, so it cannot be closed yet.",
        InUse::IsOwed => {
            "This account has money in the house, so it cannot be closed yet; ask for it to be paid out."
        }
        InUse::Sells => "This account sells something that is open, so it cannot be closed yet.",
    }
}

/// The sentence with amounts in minor units, for logs; [`Refusal::words_in`] is for people.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotFound(what) => write!(f, "There is no such {what}."),
            Refusal::ListingClosed => f.write_str("This listing is no longer open."),
            Refusal::Paused => f.write_str("This sale is paused: bids are taken again once it goes on."),
            Refusal::NotOpenYet { opens_at } => write!(f, "Bidding opens at {opens_at}."),
            Refusal::OwnListing => f.write_str("You cannot bid on your own listing."),
            Refusal::Suspended => f.write_str("This account is suspended: it cannot bid or sell."),
            Refusal::AwaitingApproval => {
                f.write_str("This account is waiting for the organiser's approval; until then it cannot bid or sell.")
            }
            Refusal::SignUpClosed => f.write_str("Only the organiser can open accounts here; ask there for yours."),
            Refusal::NotTheSeller => f.write_str("Only the seller can cancel this listing."),
            Refusal::HasBids => f.write_str("There are bids already: only an admin can cancel this listing now."),
            Refusal::NoMoneyMoved => f.write_str("This settlement moved no money, so there is nothing to reverse."),
            Refusal::CurrencyFixed => f.write_str("The currency can no longer be changed: this house has already used it."),
            Refusal::NoWayForMails => f.write_str(
                "No way to send email is configured: set smtp_url and mail_from, in auction.toml or the environment.",
            ),
            Refusal::OtherOwner => f.write_str(OTHER_OWNER),
            Refusal::HeldElsewhere => f.write_str(HELD_ELSEWHERE),
            Refusal::TooManyListings { most } => {
                write!(
                    f,
                    "A seller can have at most {most} open listings here; wait until one of yours ends."
                )
            }
            Refusal::AlreadyLeading => {
                f.write_str("You are already the highest bidder; to raise your maximum, give a higher one.")
            }
            Refusal::BidTooLow { minimum } => write!(f, "Bid at least {minimum} (minor units)."),
            Refusal::InsufficientFunds { available } => {
                write!(f, "Insufficient funds: {available} (minor units) available.")
            }
            Refusal::EmailTaken => f.write_str("There is already an account with this email address."),
            Refusal::NameTaken => f.write_str("Somebody else has this name, or one that looks like it."),
            Refusal::Unverified => f.write_str("Confirm your email address first: open the link that is mailed to it."),
            Refusal::TermsNotAccepted { version, .. } => {
                write!(f, "Accept the terms of this house first (version {version}).")
            }
            Refusal::LinkEnded => f.write_str("This link has been used, or has ended; ask for a new one."),
            Refusal::WrongPassword(_) => f.write_str("The password is wrong."),
            Refusal::LogInTooOld => f.write_str("You logged in a while ago; give your password, too."),
            Refusal::AccountInUse(why) => f.write_str(in_use(*why)),
            Refusal::AccountClosed => f.write_str("This account is closed."),
            Refusal::SignOnOnly => f.write_str("Passwords are not used here; log in with single sign-on."),
            Refusal::OutOfScope => f.write_str("This token may not do that."),
            Refusal::TokenNameTaken => f.write_str("There is a token of this name; revoke it first."),
            Refusal::TooMany { most } => write!(f, "You can have at most {most} of these; remove one first."),
            Refusal::BuyNowOver => f.write_str("Bidding has begun, so the item can no longer be bought at once."),
            Refusal::AlreadyReversed => f.write_str("This settlement is already reversed."),
            Refusal::SaleExists => f.write_str("There is or was a sale with this code; codes are never used again."),
            Refusal::NotADraft => f.write_str(
                "This sale is no longer a draft: only its name, its description and its pickup can still be changed.",
            ),
            Refusal::NotPublished => f.write_str("This sale is not published, or it was cancelled."),
            Refusal::NothingOpen => f.write_str("None of these lots is open any more."),
            Refusal::PausedAlready => f.write_str("This sale is paused; `auction sale resume` lets it go on."),
            Refusal::NotPaused => f.write_str("This sale is not paused."),
            Refusal::FirstLotClosed => f.write_str(FIRST_LOT_CLOSED),
            Refusal::BeyondLimit => f.write_str("This bid is beyond the bidder's limit."),
            Refusal::CodeInUse => f.write_str(
                "This code has been used on another device. Ask the organiser for a new pass.",
            ),
            Refusal::PassEnded => f.write_str("This pass has ended. Ask the organiser for a new one."),
            Refusal::PassNameTaken => f.write_str("A pass of this name still holds: `auction desk shut` ends it."),
            Refusal::NotOfPass(right) => write!(f, "This pass is not for {right}."),
            Refusal::AbovePassLimit { most } => {
                write!(f, "With this pass a bidding limit can be at most {most} (minor units).")
            }
            Refusal::NumberTaken => f.write_str("Somebody else has this number."),
            Refusal::RegisteredAlready { number } => write!(f, "This person has number {number} already."),
            Refusal::Similar(known) => {
                let known: Vec<String> = known.iter().map(|(number, name)| format!("{number} ({name})")).collect();
                write!(f, "Perhaps this guest has a number already: {}.", known.join(", "))
            }
            Refusal::NotCovered { due } => {
                write!(f, "This lot is not paid: {due} (minor units) is due. Say why it is handed over all the same.")
            }
            Refusal::AboveDue { due } => write!(f, "This is more than is due: {due} (minor units)."),
            Refusal::NotSold => f.write_str("Nobody has bought this lot, or its sale was reversed."),
            Refusal::HandedOverAlready => f.write_str("This lot has been handed over already."),
            Refusal::VoidedAlready => f.write_str("This payment is voided already."),
            Refusal::FileExists => f.write_str("This file already exists; `--replace` overwrites it."),
            Refusal::NoBuyNow => f.write_str("buy_now: This listing has no buy-now price."),
            Refusal::Invalid(faults) => {
                let words: Vec<String> = faults.iter().map(|x| format!("{}: {}", x.field, x.words)).collect();
                f.write_str(&words.join(" "))
            }
            Refusal::RateLimited { retry_after_s } => {
                write!(f, "Too many requests; try again in {retry_after_s} s.")
            }
            Refusal::LogInsLimited { retry_after_s } => write!(
                f,
                "Too many log-ins have failed, so this one was not accepted: check email and password, and try again in \
                 {retry_after_s} s. From another network where you have logged in before, the right password works at once."
            ),
            Refusal::Busy { retry_after_s } => {
                write!(f, "The server is busy; try again in {retry_after_s} s.")
            }
            Refusal::ClockJumped { ahead_s, .. } => write!(
                f,
                "The server's clock has jumped {ahead_s} s ahead; bids, listings and settlements wait until it is checked."
            ),
            Refusal::JournalAway { retry_after_s } => write!(
                f,
                "The journal of this house does not answer, so nothing can be written now; try again in {retry_after_s} s."
            ),
        }
    }
}
