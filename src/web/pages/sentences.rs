//! Refusals as sentences: what was wrong and what would be right, in the visitor's language. The codes are the contract's.

use std::collections::BTreeMap;

use crate::house::pictures::{self, fault};
use crate::web::figures::Unreadable;
use crate::web::pages::frame::Frame;

/// Every code that a bidder can meet, or reason for one, beside the key of its sentence.
const REFUSALS: [(&str, &str); 23] = [
    ("bad_request", "refused-bad-request"),
    ("unauthenticated", "refused-unauthenticated"),
    ("forbidden", "refused-forbidden"),
    ("not_allowed", "refused-not-allowed"),
    ("own_listing", "refused-own-listing"),
    ("not_found", "refused-not-found"),
    ("method_not_allowed", "refused-method"),
    ("bid_too_low", "refused-bid-too-low"),
    ("listing_closed", "refused-listing-closed"),
    ("already_leading", "refused-already-leading"),
    ("insufficient_funds", "refused-insufficient-funds"),
    ("taken", "refused-taken"),
    ("too_large", "refused-too-large"),
    ("unsupported_media_type", "refused-unsupported"),
    ("invalid", "refused-invalid"),
    ("rate_limited", "refused-rate-limited"),
    ("busy", "refused-busy"),
    ("clock_jumped", "refused-clock-jumped"),
    ("broken", "refused-broken"),
    ("has_bids", "refused-has-bids"),
    ("wrong_login", "refused-wrong-login"),
    ("no_buy_now", "refused-no-buy-now"),
    ("too_many_open", "refused-too-many-open"),
];

/// The sentences that the script says, by the name it knows them under.
const SPOKEN: [(&str, &str); 38] = [
    ("open", "state-open"),
    ("closing", "state-closing"),
    ("receipts_earlier", "receipts-earlier"),
    ("receipt_check", "receipt-check"),
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
    ("at_least", "script-at-least"),
    ("automatic", "bid-automatic"),
    ("outbid", "script-outbid"),
    ("leading", "script-leading"),
    ("leading_unsaid", "done-bid-leading"),
    ("won", "script-won"),
    ("say_price", "script-say-price"),
    ("extended", "script-extended"),
    ("say_left", "script-say-left"),
    ("sold_to", "script-sold-to"),
    ("closed_unsold", "script-closed-unsold"),
    ("closed_cancelled", "script-closed-cancelled"),
    ("confirm_max", "script-confirm-max"),
    ("confirm_go", "script-confirm-go"),
    ("bid", "bid-submit"),
    ("sending", "bid-sending"),
    ("accepted", "script-accepted"),
    ("countdown_days", "script-countdown-days"),
    ("full_time", "script-full-time"),
    ("reserve_met", "reserve-met"),
    ("new_listings", "script-new-listings"),
    ("need_picture", "need-picture"),
    ("need_reserve", "need-reserve"),
    ("need_buy_now", "need-buy-now"),
];

/// The sentence of a refusal by its code, with the figures that the code carries.
pub fn refusal(frame: &Frame, code: &str, minimum: Option<i64>, available: Option<i64>) -> String {
    let key = REFUSALS.iter().find(|(known, _)| *known == code).map_or("refused-broken", |(_, key)| key);
    let minimum = minimum.map_or(String::new(), |minor| frame.money(minor));
    let available = available.map_or(String::new(), |minor| frame.money(minor));
    frame.words.t2(key, ("minimum", minimum), ("available", available))
}

/// What is wrong with what a person typed into a field of that name.
pub fn amiss(frame: &Frame, field: &str, typed: &str) -> String {
    let is_amount = ["amount", "max", "opening", "reserve", "buy_now", "increment"].contains(&field);
    match frame.currency.parse(typed) {
        Err(why) if is_amount && why != Unreadable::Empty => unreadable(frame, why),
        _ => need(frame, field),
    }
}

/// Why a picture is not taken.
const PICTURE_FAULTS: [(&str, &str); 7] = [
    (pictures::TOO_LARGE, "picture-too-large"),
    (fault::NO_PICTURE, "picture-no-picture"),
    (fault::HEIC, "picture-heic"),
    (fault::TOO_MANY_PIXELS, "picture-too-many-pixels"),
    (fault::TOO_LARGE_FOR_ITS_KIND, "picture-too-large-for-its-kind"),
    (fault::UNUSUAL_JPEG, "picture-unusual-jpeg"),
    (fault::BROKEN, "picture-broken"),
];

/// What is wrong with pictures, by what the house said of each, after what they must be.
pub fn pictures_amiss(frame: &Frame, said: &str) -> String {
    let known = PICTURE_FAULTS.iter().filter(|(words, _)| said.contains(words));
    let kinds = fault::other_kinds(said).map(|kind| frame.words.t1("picture-other-kind", "kind", kind));
    let reasons = known.map(|(_, key)| frame.words.t(key)).chain(kinds);
    reasons.fold(need(frame, "picture"), |all, reason| format!("{all} {reason}"))
}

/// What a field of that name must be.
fn need(frame: &Frame, field: &str) -> String {
    let words = frame.words;
    match field {
        "title" => words.t("need-title"),
        "description" => words.t("need-description"),
        "message" => words.t("need-message"),
        "name" => words.t("need-name"),
        "email" => words.t("need-email"),
        "password" => words.t("need-password"),
        "picture" => words.t("need-picture"),
        "category" => words.t("need-category"),
        "amount" | "opening" | "increment" => words.t("need-amount"),
        "max" => words.t("need-max"),
        "reserve" => words.t("need-reserve"),
        "buy_now" => words.t("need-buy-now"),
        "closes_at" | "closes_in_s" => words.t("need-closes"),
        field if field.starts_with("soft_close") => words.t("need-soft-close"),
        _ => words.t("refused-invalid"),
    }
}

/// Why a typed amount was not understood.
pub fn unreadable(frame: &Frame, why: Unreadable) -> String {
    let words = frame.words;
    match why {
        Unreadable::Empty => words.t("amount-empty"),
        Unreadable::NotANumber => {
            let example = if frame.currency.decimals == 0 { "12,000" } else { "1,234.50" };
            words.t1("amount-not-a-number", "example", example)
        }
        Unreadable::TooManyDecimals if frame.currency.decimals == 0 => words.t("amount-whole-only"),
        Unreadable::TooManyDecimals => words.t1("amount-decimals", "n", frame.currency.decimals),
        Unreadable::OutOfRange => words.t("amount-out-of-range"),
    }
}

/// Every sentence of the script; where a figure belongs stands its name after a `%`.
pub(super) fn for_script(frame: &Frame) -> BTreeMap<String, String> {
    let words = frame.words;
    let spoken = SPOKEN.iter().map(|(name, key)| (name.to_string(), words.t(key)));
    let refused = REFUSALS.iter().map(|(code, key)| {
        let text = words.t2(key, ("minimum", "%minimum"), ("available", "%available"));
        (format!("refused_{code}"), text)
    });
    let amounts = [
        ("amount_empty", Unreadable::Empty),
        ("amount_nan", Unreadable::NotANumber),
        ("amount_decimals", Unreadable::TooManyDecimals),
        ("amount_range", Unreadable::OutOfRange),
    ];
    let amounts = amounts.map(|(name, why)| (name.to_string(), unreadable(frame, why)));
    let others = [
        ("need_max".to_string(), words.t("need-max")),
        ("outage".to_string(), words.t2("outage-said", ("from", "%from"), ("until", "%until"))),
        ("receipt".to_string(), words.t2("receipt", ("seq", "%seq"), ("amount", "%amount"))),
    ];
    spoken.chain(refused).chain(amounts).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::{Lang, Words};

    #[test]
    fn every_sentence_of_the_tables_exists_in_both_languages() {
        for lang in [Lang::En, Lang::Ko] {
            for (_, key) in REFUSALS.iter().chain(&SPOKEN).chain(&PICTURE_FAULTS) {
                assert_ne!(Words::new(lang).t(key), *key, "{key}");
            }
        }
    }
}
