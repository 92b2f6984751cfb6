//! The desk of a sale: what a pass lets its holder do, where a bid from the desk comes from, how a payment was made, and
//! the bidder numbers.

use super::time::Time;
use serde::{Serialize, Serializer};
use std::fmt;

/// How an admin at the command line is named, where passes, sellers and links are named: links are public, and name no
/// person. No pass may be called so.
pub const BY_ADMIN: &str = "cli";
/// The highest bidder number.
pub const MAX_NUMBER: i64 = 99_999;
/// What a bidder number is, for whoever typed another.
pub const NUMBER_WORDS: &str = "A number from 1 to 99999.";
/// What the source of a bid is, for whoever named another.
pub const SOURCE_WORDS: &str = "One of paper, phone, absentee, room.";
/// What the method of a payment is, for whoever named another.
pub const METHOD_WORDS: &str = "One of cash, card, bank, other.";
/// The digits of a PIN.
pub const PIN_DIGITS: usize = 6;
/// How long after the last close of a sale its numbers and PINs still log in, in seconds: 7 days, in which guests pay.
const PINS_AFTER_S: i64 = 7 * 86_400;
/// The most seconds that a pass holds: 30 days.
pub const MAX_PASS_S: i64 = 30 * 86_400;
/// The seconds that a pass holds unless it is said: 12 hours.
pub const USUAL_PASS_S: i64 = 12 * 3_600;

/// The digits of a PIN as it is typed, perhaps in groups or on an East Asian keyboard.
pub fn pin_typed(typed: &str) -> String {
    let half_width = |c: char| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        c => Some(c),
    };
    let shown = typed.chars().filter_map(half_width);
    shown.filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// Whether the numbers and PINs of a published sale log in at `now`: while a lot is open, and for 7 days after the last
/// close. A cancelled sale is no exception, for what was bought before is still to be paid.
pub fn takes_pins(n_open: i64, last_closes_at: Time, now: Time) -> bool {
    n_open > 0 || now < last_closes_at.plus_s(PINS_AFTER_S)
}

/// The id of a pass in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassId(pub i64);

/// A word of a fixed few, as it is stored, sent and typed.
macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$of:meta])* $variant:ident => $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$of])* $variant,)*
        }

        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $word,)*
                }
            }

            pub fn of(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

words! {
    /// What a pass may do in its sale.
    Right {
        /// Find and register guests.
        Checkin => "checkin",
        /// Enter bids for registered guests.
        Bid => "bid",
        /// See bills, take and void payments, hand lots over.
        Checkout => "checkout",
    }
}

words! {
    /// Where a bid that the desk enters comes from.
    Source {
        Paper => "paper",
        Phone => "phone",
        Absentee => "absentee",
        Room => "room",
    }
}

words! {
    /// How a payment was made.
    Method {
        Cash => "cash",
        Card => "card",
        Bank => "bank",
        Other => "other",
    }
}

/// The rights of a pass: at least one, each once, in the order of [`Right`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights(Vec<Right>);

impl Rights {
    /// Reads rights as they are typed and stored: names joined by commas; none for anything else.
    pub fn parse(text: &str) -> Option<Rights> {
        let rights: Option<Vec<Right>> = text.split(',').map(|name| Right::of(name.trim())).collect();
        let mut rights = rights?;
        rights.sort();
        rights.dedup();
        Some(Rights(rights))
    }

    pub fn has(&self, right: Right) -> bool {
        self.0.contains(&right)
    }

    pub fn all(&self) -> &[Right] {
        &self.0
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|right| right.name()).collect();
        f.pad(&names.join(","))
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The mark of a bid that the desk entered for its bidder: its link in the chain has both, and is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeskMark {
    /// The name of the pass.
    pub pass: String,
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_in_groups_too() {
        for (typed, pin) in [
            ("012345", "012345"),
            (" 012 345\n", "012345"),
            ("012-345", "012345"),
            ("０１２３４５", "012345"),
            ("abc", "abc"),
            ("", ""),
        ] {
            assert_eq!(pin_typed(typed), pin, "{typed:?}");
        }
    }

    #[test]
    fn pins_open_a_sale_until_a_week_after_its_last_close() {
        let (close, week) = (Time(1_000_000), 7 * 86_400);
        for (n_open, after_s, is_open) in
            [(1, -10, true), (1, 2 * week, true), (0, 0, true), (0, week - 1, true), (0, week, false)]
        {
            assert_eq!(takes_pins(n_open, close, close.plus_s(after_s)), is_open, "{n_open} {after_s}");
        }
    }

    #[test]
    fn rights_are_read_in_any_order_and_kept_in_one() {
        for (typed, kept) in [
            ("checkout,checkin", Some("checkin,checkout")),
            ("bid", Some("bid")),
            (" bid , checkin,bid", Some("checkin,bid")),
            ("", None),
            ("bid,", None),
            ("admin", None),
        ] {
            assert_eq!(Rights::parse(typed).map(|rights| rights.to_string()).as_deref(), kept, "{typed}");
        }
    }
}
