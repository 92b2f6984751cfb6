//! Notices: what people hear outside the pages, which notices they want by mail, and how long a failed delivery waits
//! before the next try.

use serde::{Serialize, Serializer};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Somebody else leads now.
    Outbid,
    Won,
    /// The person's listing was sold.
    Sold,
    /// The person's listing was not sold, or they led and the reserve was not met.
    Unsold,
    Cancelled,
    /// The close was moved.
    Extended,
    /// Money was paid in or out, or a sale was reversed.
    Funds,
}

/// How notices leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Mail,
    Webhook,
}

impl NoticeKind {
    /// In the order of their bits.
    pub const ALL: [NoticeKind; 7] = [
        NoticeKind::Outbid,
        NoticeKind::Won,
        NoticeKind::Sold,
        NoticeKind::Unsold,
        NoticeKind::Cancelled,
        NoticeKind::Extended,
        NoticeKind::Funds,
    ];

    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::Outbid => "outbid",
            NoticeKind::Won => "won",
            NoticeKind::Sold => "sold",
            NoticeKind::Unsold => "unsold",
            NoticeKind::Cancelled => "cancelled",
            NoticeKind::Extended => "extended",
            NoticeKind::Funds => "funds",
        }
    }

    pub fn of(name: &str) -> Option<NoticeKind> {
        NoticeKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its place in a [`KindSet`].
    pub fn bit(self) -> i64 {
        1 << self as i64
    }
}

impl Serialize for NoticeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Channel {
    pub const ALL: [Channel; 2] = [Channel::Mail, Channel::Webhook];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Webhook => "webhook",
        }
    }

    pub fn of(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// A set of kinds of notices, a bit each: those that a person wants by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSet(pub i64);

impl KindSet {
    pub const NONE: KindSet = KindSet(0);
    /// The set of a new account: all but moved closes.
    pub const USUAL: KindSet = KindSet(0b101_1111);

    pub fn has(self, kind: NoticeKind) -> bool {
        self.0 & kind.bit() != 0
    }

    pub fn with(self, kind: NoticeKind) -> KindSet {
        KindSet(self.0 | kind.bit())
    }

    /// Reads `none`, `all`, `usual`, or kinds joined by commas.
    pub fn parse(text: &str) -> Option<KindSet> {
        match text {
            "none" => Some(KindSet::NONE),
            "usual" => Some(KindSet::USUAL),
            "all" => Some(NoticeKind::ALL.into_iter().fold(KindSet::NONE, KindSet::with)),
            kinds => kinds
                .split(',')
                .try_fold(KindSet::NONE, |choice, name| Some(choice.with(NoticeKind::of(name.trim())?))),
        }
    }

    pub fn kinds(self) -> Vec<NoticeKind> {
        NoticeKind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }
}

/// Milliseconds until the next try: `first_ms`, doubled with each further fault up to `most_ms`. `chance` adds up to a
/// quarter, so that not all tries come at once.
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
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::of(kind.name()), Some(kind));
            assert_eq!(KindSet::parse(kind.name()).map(KindSet::kinds), Some(vec![kind]));
        }
        assert_eq!(KindSet::parse("all"), Some(KindSet(127)));
        assert_eq!(KindSet::parse("none"), Some(KindSet::NONE));
        assert_eq!(KindSet::parse("won, outbid"), Some(KindSet(3)));
        assert_eq!(KindSet::parse("won,lost"), None);
        assert_eq!(KindSet::parse(""), None);
        assert!(!KindSet::USUAL.has(NoticeKind::Extended));
        assert_eq!(KindSet::USUAL.kinds().len(), 6);
    }

    #[test]
    fn one_waits_longer_with_each_fault_up_to_a_limit_and_a_little_by_chance() {
        let waits: Vec<i64> = (1..=6).map(|n| back_off_ms(n, 2_000, 30_000, 0)).collect();
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(back_off_ms(1, 2_000, 30_000, 255), 2_500);
        assert_eq!(back_off_ms(1_000, 2_000, 30_000, 255), 37_500);
    }
}
