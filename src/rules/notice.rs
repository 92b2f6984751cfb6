//! Notices: what people hear outside the pages, which notices they want by mail, and how long a failed delivery waits
//! before the next try.

use super::listing::{AccountId, ListingId};
use super::sale::SaleId;
use serde::{Serialize, Serializer};

/// What a link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// To set a forgotten password anew.
    Reset,
    /// To show that an address is the person's.
    Verify,
    /// To choose a password for an account that an admin has opened.
    Invitation,
}

impl LinkKind {
    pub const ALL: [LinkKind; 3] = [LinkKind::Reset, LinkKind::Verify, LinkKind::Invitation];

    pub fn name(self) -> &'static str {
        match self {
            LinkKind::Reset => "reset",
            LinkKind::Verify => "verify",
            LinkKind::Invitation => "invitation",
        }
    }

    pub fn of(name: &str) -> Option<LinkKind> {
        LinkKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How long it can be opened after its mail was sent, in seconds. A mail that cannot be sent within as long after it
    /// was asked for is not sent at all.
    pub fn life_s(self) -> i64 {
        match self {
            LinkKind::Reset => 30 * 60,
            LinkKind::Verify => 24 * 3_600,
            LinkKind::Invitation => 14 * 24 * 3_600,
        }
    }

    /// The page that it leads to.
    pub fn path(self) -> &'static str {
        match self {
            LinkKind::Reset => "/reset",
            LinkKind::Verify => "/verify",
            LinkKind::Invitation => "/invitation",
        }
    }

    /// The letter that carries it.
    pub fn letter(self) -> LetterKind {
        match self {
            LinkKind::Reset => LetterKind::Reset,
            LinkKind::Verify => LetterKind::Verify,
            LinkKind::Invitation => LetterKind::Invitation,
        }
    }
}

/// What a mail says that somebody asked for, or must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LetterKind {
    Reset,
    Verify,
    Invitation,
    /// To the address that an account had before.
    AddressChanged,
    /// To somebody who waited for approval.
    Approved,
}

impl LetterKind {
    pub const ALL: [LetterKind; 5] = [
        LetterKind::Reset,
        LetterKind::Verify,
        LetterKind::Invitation,
        LetterKind::AddressChanged,
        LetterKind::Approved,
    ];

    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Reset => "reset",
            LetterKind::Verify => "verify",
            LetterKind::Invitation => "invitation",
            LetterKind::AddressChanged => "address_changed",
            LetterKind::Approved => "approved",
        }
    }

    pub fn of(name: &str) -> Option<LetterKind> {
        LetterKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The link in it.
    pub fn link(self) -> Option<LinkKind> {
        LinkKind::ALL.into_iter().find(|link| link.letter() == self)
    }
}

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
    /// What the person watches or has bid on closes soon.
    Ending,
    /// A sale opens of which the person watches a lot.
    Opens,
    /// The last lot of a sale has closed, and the person has bought something in it.
    Bill,
    /// Somebody waits for approval; to admins.
    Pending,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Listing(ListingId),
    Sale(SaleId),
    Account(AccountId),
    /// The person's funds.
    Funds,
}

/// How notices leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Mail,
    Webhook,
    /// To the browsers in which the person has asked for it.
    Push,
}

impl NoticeKind {
    /// In the order of their bits.
    pub const ALL: [NoticeKind; 11] = [
        NoticeKind::Outbid,
        NoticeKind::Won,
        NoticeKind::Sold,
        NoticeKind::Unsold,
        NoticeKind::Cancelled,
        NoticeKind::Extended,
        NoticeKind::Funds,
        NoticeKind::Ending,
        NoticeKind::Opens,
        NoticeKind::Bill,
        NoticeKind::Pending,
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
            NoticeKind::Ending => "ending",
            NoticeKind::Opens => "opens",
            NoticeKind::Bill => "bill",
            NoticeKind::Pending => "pending",
        }
    }

    pub fn of(name: &str) -> Option<NoticeKind> {
        NoticeKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a notice of this kind is about, by the id that its row has.
    pub fn about(self, id: i64) -> About {
        match self {
            NoticeKind::Funds => About::Funds,
            NoticeKind::Opens | NoticeKind::Bill => About::Sale(SaleId(id)),
            NoticeKind::Pending => About::Account(AccountId(id)),
            NoticeKind::Outbid
            | NoticeKind::Won
            | NoticeKind::Sold
            | NoticeKind::Unsold
            | NoticeKind::Cancelled
            | NoticeKind::Extended
            | NoticeKind::Ending => About::Listing(ListingId(id)),
        }
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

impl About {
    /// The id that stands in the row of a notice; 0 for funds.
    pub fn id(self) -> i64 {
        match self {
            About::Listing(id) => id.0,
            About::Sale(id) => id.0,
            About::Account(id) => id.0,
            About::Funds => 0,
        }
    }

    pub fn listing(self) -> Option<ListingId> {
        match self {
            About::Listing(id) => Some(id),
            About::Sale(_) | About::Account(_) | About::Funds => None,
        }
    }
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Mail, Channel::Webhook, Channel::Push];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Webhook => "webhook",
            Channel::Push => "push",
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
    pub const USUAL: KindSet = KindSet(0b111_1101_1111);

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
        assert_eq!(KindSet::parse("all"), Some(KindSet(2_047)));
        assert_eq!(KindSet::parse("none"), Some(KindSet::NONE));
        assert_eq!(KindSet::parse("won, outbid"), Some(KindSet(3)));
        assert_eq!(KindSet::parse("won,lost"), None);
        assert_eq!(KindSet::parse(""), None);
        assert!(!KindSet::USUAL.has(NoticeKind::Extended));
        assert_eq!(KindSet::USUAL.kinds().len(), 10);
    }

    #[test]
    fn one_waits_longer_with_each_fault_up_to_a_limit_and_a_little_by_chance() {
        let waits: Vec<i64> = (1..=6).map(|n| back_off_ms(n, 2_000, 30_000, 0)).collect();
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(back_off_ms(1, 2_000, 30_000, 255), 2_500);
        assert_eq!(back_off_ms(1_000, 2_000, 30_000, 255), 37_500);
    }
}
