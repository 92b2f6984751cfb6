//! The forms of the desk: the key of each, and what is typed or scanned into their fields.

use crate::rules::hash::hex;
use crate::web::problem::Outcome;
use percent_encoding::percent_decode_str;

/// Returns a random key, by which a second press of the button is the same write.
pub fn fresh_key() -> Outcome<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(anyhow::Error::from)?;
    Ok(hex(&bytes))
}

/// What a scanner reads from a number card or from the label of a lot, or what somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// A bidder number: from the address on a number card, `…/login?number=17&sale=CODE`.
    Number(i64),
    /// A listing: from the address on the label of a lot, `…/listings/42`.
    Listing(i64),
    /// The code of a lot: from an address such as `…/sales/CODE?lot=a12`.
    Lot(String),
    /// Anything else, as it was typed.
    Typed(String),
}

impl Scanned {
    /// Reads what is in a field. Only an address counts as scanned.
    pub fn read(text: &str) -> Scanned {
        let text = text.trim();
        let typed = || Scanned::Typed(text.to_owned());
        let is_address = ["http://", "https://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        if !is_address {
            return typed();
        }
        let (path, query) = text.split('#').next().unwrap_or_default().split_once('?').unwrap_or((text, ""));
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.into_iter().find(|(known, _)| *known == name)?.1;
            Some(percent_decode_str(found).decode_utf8_lossy().trim().to_owned())
        };
        let last = path.rsplit_once("/listings/").map(|(_, last)| last.trim_end_matches('/'));
        if let Some(number) = value("number").and_then(|number| number.parse().ok()) {
            Scanned::Number(number)
        } else if let Some(lot) = value("lot").filter(|lot| !lot.is_empty()) {
            Scanned::Lot(lot)
        } else if let Some(listing) = last.and_then(|id| id.parse().ok()) {
            Scanned::Listing(listing)
        } else {
            typed()
        }
    }

    /// Reads a field for a bidder number, which may also be typed as `17`, `No. 17` or `#17`.
    pub fn number(text: &str) -> Option<i64> {
        match Scanned::read(text) {
            Scanned::Number(number) => Some(number),
            Scanned::Typed(typed) => {
                let bare = typed.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_end_matches('번');
                let prefix =
                    &typed[..typed.len() - typed.trim_start_matches(|c: char| !c.is_ascii_digit()).len()];
                let is_known = ["", "no", "no.", "nr", "nr.", "#", "№"];
                let prefix = prefix.trim().to_lowercase();
                bare.trim().parse().ok().filter(|_| is_known.contains(&prefix.as_str()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanned_address_says_what_it_is_of() {
        let typed = |text: &str| Scanned::Typed(text.to_owned());
        for (text, expected) in [
            ("https://lots.example/login?number=17&sale=spring", Scanned::Number(17)),
            ("HTTP://lots.example/auction/login?sale=spring&number=17", Scanned::Number(17)),
            (" https://lots.example/listings/42 ", Scanned::Listing(42)),
            ("https://lots.example/auction/listings/42?lang=ko#bids", Scanned::Listing(42)),
            ("https://lots.example/sales/spring?lot=a12", Scanned::Lot("a12".to_owned())),
            ("https://lots.example/sales/spring?lot=a%2012", Scanned::Lot("a 12".to_owned())),
            ("https://lots.example/login?number=x", typed("https://lots.example/login?number=x")),
            ("A12", typed("A12")),
            ("17", typed("17")),
            ("경매", typed("경매")),
            ("", typed("")),
        ] {
            assert_eq!(Scanned::read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (text, expected) in [
            ("17", Some(17)),
            (" No. 17", Some(17)),
            ("#17", Some(17)),
            ("17번", Some(17)),
            ("https://lots.example/login?number=17&sale=spring", Some(17)),
            ("https://lots.example/listings/17", None),
            ("A17", None),
            ("Kim", None),
            ("17 18", None),
            ("", None),
        ] {
            assert_eq!(Scanned::number(text), expected, "{text}");
        }
    }
}
