//! Amounts on the command line: minor units in digits alone, or money in the house's currency. Each answer repeats them
//! as money, so that a misreading is seen.

use super::Stop;
use crate::rules::amount::Unreadable;
use crate::rules::listing::Draft;
use crate::rules::money::{Currency, MAX_AMOUNT, Money};
use crate::rules::refusal::Refusal;

/// Reads the amount called `name`. A text that is no amount is misuse; an amount beyond the limit is refused.
pub fn read(currency: &Currency, name: &'static str, text: &str) -> Result<Money, Stop> {
    currency.parse_minor(text).map_err(|why| match why {
        Unreadable::OutOfRange => {
            Stop::Refused(Refusal::invalid(name, format!("At most {}.", currency.show(MAX_AMOUNT))))
        }
        _ => Stop::Misused(format!("{name}: {}", why.words(currency))),
    })
}

/// Reads an amount that may be left out.
pub fn read_if_given(
    currency: &Currency,
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<Money>, Stop> {
    text.map(|text| read(currency, name, text)).transpose()
}

/// The amounts of a draft as they were read: `opening 25.00 EUR · reserve 40.00 EUR`.
pub fn terms(currency: &Currency, draft: &Draft) -> String {
    let amounts = [
        ("opening", Some(draft.opening)),
        ("reserve", draft.reserve),
        ("buy-now", draft.buy_now),
        ("increment", draft.increment),
    ];
    let given = amounts.iter().filter_map(|(name, amount)| Some((name, (*amount)?)));
    given.map(|(name, amount)| format!("{name} {}", currency.show(amount))).collect::<Vec<_>>().join(" · ")
}

/// The amount as money; `-` if there is none.
pub fn shown(currency: &Currency, amount: Option<Money>) -> String {
    amount.map_or("-".to_owned(), |amount| currency.show(amount))
}
