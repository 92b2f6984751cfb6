//! Refusals as sentences: what was wrong and what would be right, in the visitor's language. The codes are the
//! contract's.

use std::collections::BTreeMap;

use crate::house::listings::pictures::{self, fault};
use crate::rules::amount::Unreadable;
use crate::rules::money::MAX_AMOUNT;
use crate::rules::refusal::{InUse, Refusal};
use crate::rules::time::Time;
use crate::text::dates;
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::Problem;

/// The refusals by the server itself, by code or reason, each with the key of its sentence.
const CODES: [(&str, &str); 15] = [
    ("bad_request", "refused-bad-request"),
    ("unauthenticated", "refused-unauthenticated"),
    ("forbidden", "refused-forbidden"),
    ("other_origin", "refused-other-origin"),
    ("method_not_allowed", "refused-method"),
    ("not_found", "refused-not-found"),
    ("too_large", "refused-too-large"),
    ("unsupported_media_type", "refused-unsupported"),
    ("invalid", "refused-invalid"),
    ("busy", "refused-busy"),
    ("broken", "refused-broken"),
    ("wrong_login", "refused-wrong-login"),
    ("wrong_code", "refused-wrong-code"),
    ("no_pass", "refused-no-pass"),
    ("by_pin", "refused-by-pin"),
];

/// The refusals that a bidder can meet on a listing's page; the script shows their sentences too.
const OF_BIDS: [Refusal; 15] = [
    Refusal::NotFound("listing"),
    Refusal::ListingClosed,
    Refusal::Paused,
    Refusal::NotOpenYet { opens_at: Time(0) },
    Refusal::OwnListing,
    Refusal::Suspended,
    Refusal::AwaitingApproval,
    Refusal::TermsNotAccepted { version: 0, hash: [0; 32] },
    Refusal::AlreadyLeading,
    Refusal::BidTooLow { minimum: 0 },
    Refusal::InsufficientFunds { available: 0 },
    Refusal::RateLimited { retry_after_s: 0 },
    Refusal::Busy { retry_after_s: 0 },
    Refusal::ClockJumped { ahead_s: 0, retry_after_s: 0 },
    Refusal::JournalAway { retry_after_s: 0 },
];

/// The sentences of the script, by the name it uses for them.
const SPOKEN: &[(&str, &str)] = &[
    ("open", "state-open"),
    ("upcoming", "state-upcoming"),
    ("paused", "state-paused"),
    ("paused_why", "script-paused"),
    ("resumed", "script-resumed"),
    ("sale_resumed", "script-sale-resumed"),
    ("postponed", "script-postponed"),
    ("opened", "script-opened"),
    ("label_left", "label-left"),
    ("mine_leading", "mine-leading"),
    ("mine_outbid", "script-own-outbid"),
    ("mine_won", "mine-won"),
    ("mine_over", "mine-over"),
    ("span_s", "script-seconds"),
    ("span_min", "script-minutes"),
    ("span_h", "script-hours"),
    ("closing", "state-closing"),
    ("receipts_earlier", "receipts-earlier"),
    ("sold", "state-sold"),
    ("unsold", "state-unsold"),
    ("cancelled", "state-cancelled"),
    ("live", "live-on"),
    ("offline", "live-off"),
    ("bound", "clock-bound"),
    ("n_bids", "script-n-bids"),
    ("one_bid", "script-one-bid"),
    ("label_price", "label-price"),
    ("label_hammer", "label-hammer"),
    ("max_hint", "bid-max-hint"),
    ("automatic", "bid-automatic"),
    ("by_desk", "bid-by-desk"),
    ("outbid", "script-outbid"),
    ("toast", "script-toast"),
    ("toast_bid", "script-toast-bid"),
    ("toast_more", "script-toast-more"),
    ("toast_dismiss", "script-toast-dismiss"),
    ("toast_title", "script-toast-title"),
    ("leading", "script-leading"),
    ("leading_unsaid", "you-lead-unsaid"),
    ("won", "script-won"),
    ("bidder_number", "script-bidder-number"),
    ("say_price", "script-say-price"),
    ("extended", "script-extended"),
    ("say_left", "script-say-left"),
    ("sold_to", "script-sold-to"),
    ("closed_unsold", "script-closed-unsold"),
    ("closed_cancelled", "script-closed-cancelled"),
    ("confirm_hammer_most", "confirm-hammer-most"),
    ("beyond_funds", "beyond-funds"),
    ("receipt_chip", "receipt-chip"),
    ("receipt_copied", "receipt-copied"),
    ("confirm_go", "script-confirm-go"),
    ("bid", "bid-submit"),
    ("raise", "raise-submit"),
    ("raise_caption", "raise-caption"),
    ("raised", "script-raised"),
    ("confirm_bid", "confirm-bid"),
    ("confirm_raise", "confirm-raise"),
    ("confirm_pay", "confirm-pay"),
    ("confirm_pay_most", "confirm-pay-most"),
    ("sending", "bid-sending"),
    ("accepted", "script-accepted"),
    ("countdown_days", "script-countdown-days"),
    ("countdown_hours", "script-countdown-hours"),
    ("full_time", "script-full-time"),
    ("reserve_met", "reserve-met"),
    ("new_listings", "script-new-listings"),
];

/// Returns the sentence of a problem for the visitor.
pub fn problem(frame: &Frame, problem: &Problem) -> String {
    match &problem.refusal {
        Some(of_house) => refusal(frame, of_house),
        None => of_code(frame, problem.reason()),
    }
}

/// Returns the sentence of a refusal, with its amounts and times.
pub fn refusal(frame: &Frame, refusal: &Refusal) -> String {
    match refusal {
        Refusal::BidTooLow { minimum } => refused(frame, refusal, &frame.money(minimum)),
        Refusal::InsufficientFunds { available } => refused(frame, refusal, &frame.money(available)),
        Refusal::AbovePassLimit { most } => frame.words.t1(key_of(refusal), "most", frame.money(most)),
        Refusal::NotCovered { due } | Refusal::AboveDue { due } => {
            frame.words.t1(key_of(refusal), "due", frame.money(due))
        }
        Refusal::TooMany { most } => frame.words.t1(key_of(refusal), "most", *most),
        Refusal::RegisteredAlready { number } => frame.words.t1(key_of(refusal), "number", *number),
        Refusal::Similar(known) => {
            let known: Vec<String> =
                known.iter().map(|(number, name)| format!("{number} ({name})")).collect();
            frame.words.t1(key_of(refusal), "bidders", known.join(", "))
        }
        Refusal::NotOpenYet { opens_at } => {
            frame.words.t1(key_of(refusal), "at", frame.full(&opens_at.utc()))
        }
        Refusal::RateLimited { retry_after_s } | Refusal::LogInsLimited { retry_after_s } => {
            later(frame, key_of(refusal), *retry_after_s)
        }
        _ => refused(frame, refusal, ""),
    }
}

/// The sentence of a refusal; `amount` is the amount that it names.
fn refused(frame: &Frame, refusal: &Refusal, amount: &str) -> String {
    frame.words.with(key_of(refusal), &[("minimum", amount), ("available", amount)])
}

/// Returns the sentence of a refusal by the server itself, by its code.
pub fn of_code(frame: &Frame, code: &str) -> String {
    let known = CODES.iter().find(|(known, _)| *known == code);
    frame.t(known.map_or("refused-broken", |(_, key)| key))
}

fn key_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound(_) => "refused-not-found",
        Refusal::ListingClosed => "refused-listing-closed",
        Refusal::Paused => "refused-paused",
        Refusal::NotOpenYet { .. } => "refused-not-open-yet",
        Refusal::OwnListing => "refused-own-listing",
        Refusal::Suspended => "refused-suspended",
        Refusal::AwaitingApproval => "refused-awaiting-approval",
        Refusal::SignUpClosed => "join-by-admin",
        Refusal::NotTheSeller => "refused-not-the-seller",
        Refusal::HasBids => "refused-has-bids",
        Refusal::TooManyListings { .. } => "refused-too-many-open",
        Refusal::AlreadyLeading => "refused-already-leading",
        Refusal::BidTooLow { .. } => "refused-bid-too-low",
        Refusal::InsufficientFunds { .. } => "refused-insufficient-funds",
        Refusal::EmailTaken => "refused-email-taken",
        Refusal::NameTaken => "refused-name-taken",
        Refusal::Unverified => "refused-unverified",
        Refusal::TermsNotAccepted { .. } => "refused-terms-not-accepted",
        Refusal::LinkEnded => "refused-link-ended",
        Refusal::WrongPassword(_) => "refused-wrong-password",
        Refusal::LogInTooOld => "refused-log-in-too-old",
        Refusal::AccountInUse(InUse::Leads) => "refused-in-use-leads",
        Refusal::AccountInUse(InUse::Owes) => "refused-in-use-owes",
        Refusal::AccountInUse(InUse::IsOwed) => "refused-in-use-is-owed",
        Refusal::AccountInUse(InUse::Sells) => "refused-in-use-sells",
        Refusal::AccountClosed => "refused-account-closed",
        Refusal::SignOnOnly => "refused-sign-on-only",
        Refusal::OutOfScope => "refused-out-of-scope",
        Refusal::TokenNameTaken => "refused-token-name-taken",
        Refusal::TooMany { .. } => "refused-too-many",
        Refusal::BuyNowOver => "refused-buy-now-over",
        Refusal::NoBuyNow => "refused-no-buy-now",
        Refusal::Invalid(_) => "refused-invalid",
        Refusal::RateLimited { .. } => "refused-rate-limited-for",
        Refusal::LogInsLimited { .. } => "refused-log-ins-limited",
        Refusal::Busy { .. } => "refused-busy",
        Refusal::ClockJumped { .. } => "refused-clock-jumped",
        Refusal::JournalAway { .. } => "refused-journal-away",
        Refusal::BeyondLimit => "refused-beyond-limit",
        Refusal::CodeInUse => "refused-code-in-use",
        Refusal::PassEnded => "refused-pass-ended",
        Refusal::NotOfPass(_) => "refused-not-of-pass",
        Refusal::AbovePassLimit { .. } => "refused-above-pass-limit",
        Refusal::NumberTaken => "refused-number-taken",
        Refusal::RegisteredAlready { .. } => "refused-registered-already",
        Refusal::Similar(_) => "refused-similar",
        Refusal::NotCovered { .. } => "refused-not-covered",
        Refusal::AboveDue { .. } => "refused-above-due",
        Refusal::NotSold => "refused-not-sold",
        Refusal::HandedOverAlready => "refused-handed-over-already",
        Refusal::VoidedAlready => "refused-voided-already",
        Refusal::NotPublished => "refused-not-published",
        Refusal::NoWayForMails => "refused-no-mail",
        // Only the command line can get these.
        Refusal::NoMoneyMoved
        | Refusal::CurrencyFixed
        | Refusal::OtherOwner
        | Refusal::HeldElsewhere
        | Refusal::AlreadyReversed
        | Refusal::SaleExists
        | Refusal::NotADraft
        | Refusal::PassNameTaken
        | Refusal::NothingOpen
        | Refusal::PausedAlready
        | Refusal::NotPaused
        | Refusal::FirstLotClosed
        | Refusal::FileExists => "refused-method",
    }
}

/// Returns the sentence of `key`, with the time after which to try again: in seconds, beyond two minutes in whole
/// minutes.
pub fn later(frame: &Frame, key: &str, retry_after_s: u64) -> String {
    let retry_after_s = i64::try_from(retry_after_s).unwrap_or(i64::MAX);
    let is_long = retry_after_s > 120;
    let rounded = if is_long { (retry_after_s + 59) / 60 * 60 } else { retry_after_s };
    frame.words.t1(key, "wait", dates::duration(rounded, frame.words))
}

/// Returns what is wrong with the text that a person typed into a field.
pub fn amiss(frame: &Frame, field: &str, typed: &str) -> String {
    let is_amount = ["amount", "max", "opening", "reserve", "buy_now", "increment", "limit"].contains(&field);
    match frame.currency.parse(typed) {
        Err(why) if is_amount && (why != Unreadable::Empty || field == "max") => unreadable(frame, why),
        _ => need(frame, field),
    }
}

/// The reasons why a picture is refused, each with the key of its sentence.
const PICTURE_FAULTS: [(&str, &str); 7] = [
    (pictures::TOO_LARGE, "picture-too-large"),
    (fault::NO_PICTURE, "picture-no-picture"),
    (fault::HEIC, "picture-heic"),
    (fault::TOO_MANY_PIXELS, "picture-too-many-pixels"),
    (fault::TOO_LARGE_FOR_ITS_KIND, "picture-too-large-for-its-kind"),
    (fault::UNUSUAL_JPEG, "picture-unusual-jpeg"),
    (fault::BROKEN, "picture-broken"),
];

/// Returns what pictures must be, and then what is wrong with each, by what the house said of it.
pub fn pictures_amiss(frame: &Frame, said: &str) -> String {
    let known = PICTURE_FAULTS.iter().filter(|(words, _)| said.contains(words));
    let kinds = fault::other_kinds(said).map(|kind| frame.words.t1("picture-other-kind", "kind", kind));
    let reasons = known.map(|(_, key)| frame.words.t(key)).chain(kinds);
    reasons.fold(need(frame, "picture"), |all, reason| format!("{all} {reason}"))
}

/// Returns what a field with this name must contain.
fn need(frame: &Frame, field: &str) -> String {
    let words = frame.words;
    match field {
        "title" => words.t("need-title"),
        "description" => words.t("need-description"),
        "message" => words.t("need-message"),
        "why" => words.t("need-why"),
        "reference" => words.t("need-reference"),
        "name" => words.t("need-name"),
        "email" => words.t("need-email"),
        "password" | "new" => words.t("need-password"),
        "old" => words.t("need-old-password"),
        "phone" => words.t("need-phone"),
        "limit" => words.t("need-limit"),
        "number" => words.t("need-number"),
        "pin" => words.t("need-pin"),
        "sale" => words.t("need-sale"),
        "picture" => words.t("need-picture"),
        "category" => words.t("need-category"),
        "amount" | "opening" | "increment" => range(frame),
        "max" => words.t("need-max"),
        "reserve" => words.t("need-reserve"),
        "buy_now" => words.t("need-buy-now"),
        "closes_at" | "closes_in_s" => words.t("need-closes"),
        field if field.starts_with("soft_close") => words.t("need-soft-close"),
        _ => words.t("refused-invalid"),
    }
}

/// Returns why a typed amount was not understood, with an example in the house's currency.
pub fn unreadable(frame: &Frame, why: Unreadable) -> String {
    let (words, currency) = (frame.words, &frame.currency);
    let example = frame.money(currency.example());
    match why {
        Unreadable::Empty => words.t1("amount-empty", "example", example),
        Unreadable::NotANumber => words.t1("amount-not-a-number", "example", example),
        Unreadable::TooManyDecimals if currency.decimals == 0 => {
            words.t1("amount-whole-only", "example", example)
        }
        Unreadable::TooManyDecimals => {
            words.t2("amount-decimals", ("n", currency.decimals.to_string()), ("example", example))
        }
        Unreadable::OutOfRange => range(frame),
    }
}

/// Returns the range of amounts.
fn range(frame: &Frame) -> String {
    let (least, most) = (frame.money(1), frame.money(MAX_AMOUNT));
    frame.words.t2("amount-out-of-range", ("least", least), ("most", most))
}

/// Returns every sentence of the script; `%` and a name stand where an amount or a time belongs.
pub(in crate::web) fn for_script(frame: &Frame) -> BTreeMap<String, String> {
    let words = frame.words;
    let spoken = SPOKEN.iter().map(|(name, key)| (name.to_string(), words.t(key)));
    let named = OF_BIDS.iter().map(|refusal| {
        let amount = if let Refusal::BidTooLow { .. } = refusal { "%minimum" } else { "%available" };
        let name = refusal.reason().unwrap_or(refusal.code());
        let words = match refusal {
            Refusal::NotOpenYet { .. } => words.t1(key_of(refusal), "at", "%at"),
            // The script does not know how long to wait.
            Refusal::RateLimited { .. } => words.t("refused-rate-limited"),
            _ => refused(frame, refusal, amount),
        };
        (format!("refused_{name}"), words)
    });
    let of_codes = CODES.iter().map(|(code, key)| (format!("refused_{code}"), words.t(key)));
    let amounts = [
        ("amount_empty", Unreadable::Empty),
        ("amount_not_a_number", Unreadable::NotANumber),
        ("amount_too_many_decimals", Unreadable::TooManyDecimals),
        ("amount_out_of_range", Unreadable::OutOfRange),
    ];
    let amounts = amounts.map(|(name, why)| (name.to_string(), unreadable(frame, why)));
    let others = [
        ("at_least".to_string(), words.t1("bid-at-least", "minimum", "%minimum")),
        ("need_raise".to_string(), words.t1("need-raise", "max", "%max")),
        ("confirm_raise_go".to_string(), words.t1("confirm-raise-go", "max", "%max")),
        ("outage".to_string(), words.t2("outage-said", ("from", "%from"), ("until", "%until"))),
        ("receipt".to_string(), words.t2("receipt", ("seq", "%seq"), ("amount", "%amount"))),
    ];
    spoken.chain(of_codes).chain(named).chain(amounts).chain(others).chain(of_bidding(frame)).collect()
}

/// The script's sentences around a bid: what it comes to, and what keeps a person from it.
fn of_bidding(frame: &Frame) -> impl Iterator<Item = (String, String)> {
    let keys: [(&str, &[(&str, &str)]); 11] = [
        ("comes-to", &[("amount", "%amount"), ("percent", "%percent"), ("total", "%total")]),
        ("comes-to-plain", &[("total", "%total")]),
        ("paddle-total", &[("total", "%total")]),
        ("no-funds", &[("most", "%most")]),
        ("no-funds-need", &[("total", "%total")]),
        ("confirm-most", &[("amount", "%amount")]),
        ("confirm-most-reserve", &[("amount", "%amount")]),
        ("confirm-most-go", &[("max", "%max")]),
        ("confirm-premium", &[("percent", "%percent")]),
        ("confirm-premium-most", &[("percent", "%percent")]),
        ("outbid-at-once", &[("price", "%price")]),
    ];
    let words = frame.words;
    keys.into_iter().map(move |(key, parts)| (key.replace('-', "_"), words.with(key, parts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::i18n::{Lang, Words};

    #[test]
    fn every_sentence_of_the_tables_exists_in_both_languages() {
        for lang in [Lang::En, Lang::Ko] {
            for (_, key) in CODES.iter().chain(SPOKEN).chain(&PICTURE_FAULTS) {
                assert_ne!(Words::new(lang).t(key), *key, "{key}");
            }
        }
    }
}
