//! Reads the form for a bid: typed by hand, or scanned from a label and a number card, whichever field was focused.

use crate::house::desk::sale::LotAsked;
use crate::house::views::ListingView;
use crate::rules::desk::{NUMBER_WORDS, SOURCE_WORDS, Source};
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::store::passes::Pass;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::desk::forms::Scanned;
use crate::web::problem::{Outcome, Problem};

/// A lot and a number, as two fields have them together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotAndNumber {
    pub lot: Option<LotAsked>,
    pub number: Option<i64>,
}

/// A bid as it is typed. Amounts are minor units.
pub struct TypedBid {
    pub lot: ListingView,
    pub number: i64,
    pub amount: Money,
    pub max: Option<Money>,
    pub source: Source,
}

impl LotAndNumber {
    /// Reads both fields. A scanned address is of what it says, in either field, and goes before what is typed.
    pub fn read(lot: &str, number: &str) -> LotAndNumber {
        let mut read = LotAndNumber {
            lot: Some(lot.trim().to_owned()).filter(|lot| !lot.is_empty()).map(LotAsked::Code),
            number: Scanned::number(number),
        };
        for (field, text) in [("lot", lot), ("number", number)] {
            match Scanned::read(text) {
                Scanned::Typed(_) => {}
                Scanned::Number(scanned) => {
                    read.number = Some(scanned);
                    if field == "lot" && matches!(read.lot, Some(LotAsked::Code(_))) {
                        read.lot = None;
                    }
                }
                Scanned::Listing(id) => read.lot = Some(LotAsked::Listing(ListingId(id))),
                Scanned::Lot(code) => read.lot = Some(LotAsked::Code(code)),
            }
        }
        read
    }
}

impl TypedBid {
    /// Reads the fields `lot`, `number`, `amount`, `max` and `source`. With a maximum alone, the bid is the least that
    /// the lot takes. Refuses `invalid`, and `not_found` for a lot or a number that the sale of the pass does not have.
    pub fn read(app: &App, pass: &Pass, input: &mut Input) -> Outcome<TypedBid> {
        let (lot, number) = (input.text("lot").unwrap_or_default(), input.text("number").unwrap_or_default());
        let fields = LotAndNumber::read(&lot, &number);
        input.faults.when(fields.lot.is_none(), "lot", "This field is required.");
        input.faults.when(fields.number.is_none(), "number", NUMBER_WORDS);
        let (has_amount, has_max) = (input.text("amount").is_some(), input.text("max").is_some());
        let (amount, max) = (input.amount("amount"), input.amount("max"));
        input.faults.when(!has_amount && !has_max, "amount", "An amount or a maximum.");
        let source = input.needed_word("source", Source::of, SOURCE_WORDS);
        input.done()?;
        let (Some(lot), Some(number), Some(source)) = (fields.lot, fields.number, source) else {
            return Err(Problem::bad_request("The form is unreadable."));
        };
        let lot = app.house.lot_at_desk(pass, &lot)?;
        app.house.guest(pass, number)?;
        // A lot that has ended has no minimum. Whether it still takes the bid is decided where it is placed: this may be
        // the resend of one that was placed before the close.
        let least = lot.minimum.or(lot.price).unwrap_or(lot.opening);
        Ok(TypedBid { amount: amount.unwrap_or(least), lot, number, max, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scanned_is_read_in_whichever_field_it_lands() {
        let code = |code: &str| Some(LotAsked::Code(code.to_owned()));
        let (label, card) =
            ("https://lots.example/listings/42", "https://lots.example/login?number=17&sale=s");
        for (lot, number, expected) in [
            ("a12", "17", (code("a12"), Some(17))),
            (" A12 ", "No. 17", (code("A12"), Some(17))),
            (label, "17", (Some(LotAsked::Listing(ListingId(42))), Some(17))),
            ("a12", card, (code("a12"), Some(17))),
            (card, label, (Some(LotAsked::Listing(ListingId(42))), Some(17))),
            (card, "", (None, Some(17))),
            ("", label, (Some(LotAsked::Listing(ListingId(42))), None)),
            ("https://lots.example/sales/s?lot=b1", "", (code("b1"), None)),
            ("", "", (None, None)),
        ] {
            let read = LotAndNumber::read(lot, number);
            assert_eq!((read.lot, read.number), expected, "{lot}, {number}");
        }
    }
}
