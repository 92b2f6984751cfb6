//! Notices: what a person is told outside the pages, which of it they want by mail, and how long one waits before trying
//! again to tell them.

use serde::{Serialize, Serializer};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another leads now.
    Outbid,
    Won,
    /// One's own listing was sold.
    Sold,
    /// It was not; or one led, and the reserve was not met.
    Unsold,
    Cancelled,
    /// The close was moved.
    Extended,
    /// Money was paid in or out, or a sale was reversed.
    Funds,
}

/// A way out of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Mail,
    Webhook,
}

impl Kind {
    /// In the order of their bits.
    pub const ALL: [Kind; 7] =
        [Kind::Outbid, Kind::Won, Kind::Sold, Kind::Unsold, Kind::Cancelled, Kind::Extended, Kind::Funds];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Outbid => "outbid",
            Kind::Won => "won",
            Kind::Sold => "sold",
            Kind::Unsold => "unsold",
            Kind::Cancelled => "cancelled",
            Kind::Extended => "extended",
            Kind::Funds => "funds",
        }
    }

    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its place in a [`Choice`].
    pub fn bit(self) -> i64 {
        1 << self as i64
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Way {
    pub const ALL: [Way; 2] = [Way::Mail, Way::Webhook];

    pub fn name(self) -> &'static str {
        match self {
            Way::Mail => "mail",
            Way::Webhook => "webhook",
        }
    }

    pub fn of(name: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// The kinds that a person wants by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice(pub i64);

impl Choice {
    pub const NONE: Choice = Choice(0);
    /// What a new account gets: all but moved closes.
    pub const USUAL: Choice = Choice(0b101_1111);

    pub fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    pub fn with(self, kind: Kind) -> Choice {
        Choice(self.0 | kind.bit())
    }

    /// Reads `none`, `all`, `usual`, or kinds joined by commas.
    pub fn parse(text: &str) -> Option<Choice> {
        match text {
            "none" => Some(Choice::NONE),
            "usual" => Some(Choice::USUAL),
            "all" => Some(Kind::ALL.into_iter().fold(Choice::NONE, Choice::with)),
            kinds => kinds
                .split(',')
                .try_fold(Choice::NONE, |choice, name| Some(choice.with(Kind::of(name.trim())?))),
        }
    }

    pub fn kinds(self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }
}

/// How long until the next try, in ms: `first_ms` doubled with each fault, up to `most_ms`, and up to a quarter more, as
/// `chance` has it, so that not all come back at once.
pub fn back_off_ms(n_faults: i64, first_ms: i64, most_ms: i64, chance: u8) -> i64 {
    let doublings = u32::try_from((n_faults - 1).clamp(0, 40)).expect("it lies from 0 to 40");
    let usual = first_ms.saturating_mul(1 << doublings).min(most_ms);
    usual + usual / 4 * i64::from(chance) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.name()), Some(kind));
            assert_eq!(Choice::parse(kind.name()).map(Choice::kinds), Some(vec![kind]));
        }
        assert_eq!(Choice::parse("all"), Some(Choice(127)));
        assert_eq!(Choice::parse("none"), Some(Choice::NONE));
        assert_eq!(Choice::parse("won, outbid"), Some(Choice(3)));
        assert_eq!(Choice::parse("won,lost"), None);
        assert_eq!(Choice::parse(""), None);
        assert!(!Choice::USUAL.has(Kind::Extended));
        assert_eq!(Choice::USUAL.kinds().len(), 6);
    }

    #[test]
    fn one_waits_longer_with_each_fault_up_to_a_limit_and_a_little_by_chance() {
        let waits: Vec<i64> = (1..=6).map(|n| back_off_ms(n, 2_000, 30_000, 0)).collect();
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(back_off_ms(1, 2_000, 30_000, 255), 2_500);
        assert_eq!(back_off_ms(1_000, 2_000, 30_000, 255), 37_500);
    }
}
