//! Amounts at the command line: minor units in digits alone, or money in the house's currency. Each answer repeats them as
//! money, so that a wrong reading is seen.

use super::Ending;
use crate::rules::amount::Unreadable;
use crate::rules::money::{Currency, MAX_AMOUNT, Money};
use crate::rules::refusal::Refusal;

/// Reads the amount of that name. What is no amount is misuse; one beyond the limit is refused.
pub fn read(currency: &Currency, name: &'static str, text: &str) -> Result<Money, Ending> {
    currency.parse_minor(text).map_err(|why| match why {
        Unreadable::OutOfRange => {
            Ending::Refused(Refusal::invalid(name, format!("At most {}.", currency.show(MAX_AMOUNT))))
        }
        _ => Ending::Misused(format!("{name}: {}", why.words(currency))),
    })
}

/// The same where it may be left out.
pub fn read_if_given(
    currency: &Currency,
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<Money>, Ending> {
    text.map(|text| read(currency, name, text)).transpose()
}
