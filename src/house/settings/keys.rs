//! The keys of the settings: the name of each one, its default, its meaning and the form of its value.

use super::{accent, issuer, public_url, zones};
use crate::rules::amount::Unreadable;
use crate::rules::money::{Currency, MAX_BPS};
use crate::rules::text;

/// Who may open an account by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    Open,
    /// Anyone, once an admin approves the account.
    Approval,
    Closed,
    /// With single sign-on alone; nobody has a password.
    Sso,
}

/// When an address must have been shown to be its person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyEmail {
    Off,
    /// Before a bid.
    Bid,
    /// Before the first log-in.
    Join,
}

impl VerifyEmail {
    const NAMES: [&str; 3] = ["off", "bid", "join"];

    pub(super) fn of(name: &str) -> Option<VerifyEmail> {
        match name {
            "off" => Some(VerifyEmail::Off),
            "bid" => Some(VerifyEmail::Bid),
            "join" => Some(VerifyEmail::Join),
            _ => None,
        }
    }
}

/// Which addresses outside the world's network pushes may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushPrivate {
    No,
    /// This machine's own, by http.
    Loopback,
    /// All of them by https, and this machine's own by http, too.
    Yes,
}

impl PushPrivate {
    const NAMES: [&str; 3] = ["no", "loopback", "yes"];

    pub(super) fn of(name: &str) -> Option<PushPrivate> {
        match name {
            "no" => Some(PushPrivate::No),
            "loopback" => Some(PushPrivate::Loopback),
            "yes" => Some(PushPrivate::Yes),
            _ => None,
        }
    }
}

impl SignUp {
    const NAMES: [&str; 4] = ["open", "approval", "closed", "sso"];

    pub(super) fn of(name: &str) -> Option<SignUp> {
        match name {
            "open" => Some(SignUp::Open),
            "approval" => Some(SignUp::Approval),
            "closed" => Some(SignUp::Closed),
            "sso" => Some(SignUp::Sso),
            _ => None,
        }
    }
}

/// What everyone sees of a bidder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidderNames {
    Name,
    /// `No. 17` in a sale in which the bidder has that number; the masked name elsewhere.
    Number,
    /// `A•••`.
    Masked,
}

impl BidderNames {
    const NAMES: [&str; 3] = ["name", "number", "masked"];

    pub(super) fn of(name: &str) -> Option<BidderNames> {
        match name {
            "name" => Some(BidderNames::Name),
            "number" => Some(BidderNames::Number),
            "masked" => Some(BidderNames::Masked),
            _ => None,
        }
    }
}

/// The languages in which mails are written.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];

const OUTAGE_POLICIES: [&str; 2] = ["settle", "extend"];

/// The form of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text {
        most: usize,
    },
    /// The same, or `none`.
    TextOrNone {
        most: usize,
    },
    Currency,
    Zone,
    /// `none`, or a colour that can be read on the pages.
    Accent,
    /// `none`, or the address at which a browser finds the house.
    PublicUrl,
    /// `none`, or the address of an OpenID Connect provider.
    Issuer,
    Whole {
        least: i64,
        most: i64,
    },
    /// An amount from nothing to the largest one; stored in minor units.
    Amount,
    OneOf(&'static [&'static str]),
}

/// A setting that an admin may change.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    /// The meaning, with the unit.
    pub words: &'static str,
    pub(super) form: Form,
}

const fn key(name: &'static str, default: &'static str, form: Form, words: &'static str) -> Key {
    Key { name, default, words, form }
}

const BPS: Form = Form::Whole { least: 0, most: MAX_BPS };
const RATE: Form = Form::Whole { least: 0, most: 1_000_000 };

/// Every setting, in the order in which `house show` lists them.
pub const KEYS: &[Key] = &[
    key("name", "Auction", Form::Text { most: 60 }, "what the pages call the house"),
    key(
        "zone",
        "localtime",
        Form::Zone,
        "time zone of the pages and mails, by its name in the tz database, such as Asia/Seoul; localtime: the machine's",
    ),
    key(
        "language",
        "en",
        Form::OneOf(&LANGUAGES),
        "of mails to people who have chosen none, and of pages for browsers that ask for neither: en or ko",
    ),
    key(
        "public_url",
        "none",
        Form::PublicUrl,
        "where people find the house, for all links that leave it, such as https://auction.example.org; with a path \
         (https://example.org/auction) the house lies under it",
    ),
    key(
        "accent",
        "none",
        Form::Accent,
        "the house's colour on links and buttons, such as #1d4ed8; it must be readable on the pages",
    ),
    key(
        "welcome",
        "none",
        Form::TextOrNone { most: 300 },
        "a sentence or two on the home page and the page to join",
    ),
    key("currency", "KRW", Form::Currency, "ISO 4217 code; fixed once there is a listing or a posting"),
    key("premium_bps", "0", BPS, "buyer's premium on the hammer price, in basis points, for new listings"),
    key(
        "commission_bps",
        "0",
        BPS,
        "seller's commission on the hammer price, in basis points, for new listings",
    ),
    key(
        "default_credit",
        "0",
        Form::Amount,
        "credit limit of a new account: minor units in digits alone (30000), or money (300.00)",
    ),
    key(
        "sign_up",
        "open",
        Form::OneOf(&SignUp::NAMES),
        "who may join by themselves; sso: with single sign-on alone, without passwords",
    ),
    key(
        "oidc_issuer",
        "none",
        Form::Issuer,
        "the OpenID Connect provider of the single sign-on, such as https://login.example.org",
    ),
    key(
        "verify_email",
        "off",
        Form::OneOf(&VerifyEmail::NAMES),
        "when an address must have been shown to be its person's: never (off), before a bid, or before the first log-in (join)",
    ),
    key(
        "bidder_names",
        "name",
        Form::OneOf(&BidderNames::NAMES),
        "what everyone sees of a bidder: the name, the number in the sale (without one: masked), or masked (A•••)",
    ),
    key(
        "outage",
        "settle",
        Form::OneOf(&OUTAGE_POLICIES),
        "a close before which no server ran: settle it all the same, or extend it; for new listings",
    ),
    key(
        "outage_s",
        "300",
        Form::Whole { least: 1, most: 86_400 },
        "with extend: seconds before the close that must be served, and that it moves to after an outage",
    ),
    key(
        "scheduler",
        "auto",
        Form::OneOf(&["auto", "cron", "schtasks", "systemd", "none"]),
        "who keeps the deadlines",
    ),
    key(
        "mail_window_s",
        "30",
        Form::Whole { least: 0, most: 3_600 },
        "seconds that a notice waits for others to come in the same mail",
    ),
    key(
        "mail_pause_s",
        "300",
        Form::Whole { least: 0, most: 86_400 },
        "seconds of quiet between two mails to a person",
    ),
    key(
        "mail_cap_per_day",
        "50",
        RATE,
        "mails to a person in 24 hours, a tenth of them for what has ended; later notices wait; 0 = no limit",
    ),
    key(
        "push",
        "on",
        Form::OneOf(&["on", "off"]),
        "whether people are notified in their browsers; off also drops what waits, as in a drill with a backup",
    ),
    key(
        "push_private",
        "loopback",
        Form::OneOf(&PushPrivate::NAMES),
        "pushes to addresses that are not the world's: none (no), this machine's own by http (loopback), or any by https as well (yes)",
    ),
    key(
        "limit_sign_ins_per_min",
        "10",
        RATE,
        "failed log-ins: past as many with one account from one address, it waits; with one account, or from one address, only the right password passes; 0 = no limit",
    ),
    key("limit_log_ins_per_min", "30", RATE, "log-ins with the right password per account; 0 = no limit"),
    key(
        "limit_sessions_per_account",
        "20",
        RATE,
        "sessions per account, of which a new one ends the oldest; 0 = no limit",
    ),
    key(
        "limit_sign_ups_per_min",
        "60",
        RATE,
        "sign-ups and changes of address from one address, and as many forgotten passwords; 0 = no limit",
    ),
    key(
        "limit_pushes_per_min",
        "30",
        RATE,
        "browsers that an account subscribes to push or unsubscribes, and pushes that it tries; 0 = no limit",
    ),
    key("limit_bids_per_s", "20", RATE, "bids per account; 0 = no limit"),
    key("limit_open_listings", "1000", RATE, "listings of an account that are open at a time; 0 = no limit"),
    key("limit_listings_per_min", "300", RATE, "listings per account; 0 = no limit"),
    key(
        "limit_listings_per_day",
        "1000",
        RATE,
        "listings per account, counted by a running server; 0 = no limit",
    ),
    key("limit_pictures_per_min", "120", RATE, "pictures sent per account; 0 = no limit"),
    key(
        "limit_pictures_per_day",
        "2000",
        RATE,
        "pictures sent per account, counted by a running server; 0 = no limit",
    ),
    key(
        "limit_connections_per_address",
        "1000",
        RATE,
        "connections per address (IPv6: per /64, four times as many per /56); 0 = no limit",
    ),
];

/// The key with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Returns the value in its stored form, or a sentence that says what it must be.
pub(super) fn check(form: Form, value: &str, currency: &Currency) -> Result<String, String> {
    let checked = match form {
        Form::PublicUrl | Form::Accent | Form::TextOrNone { .. } if value == "none" => Ok(()),
        Form::Amount => {
            let read = currency.parse_minor(value).map_err(|why| match why {
                Unreadable::OutOfRange => currency.range(0),
                _ => why.words(currency),
            });
            return read.map(|amount| amount.to_string());
        }
        Form::Text { most } | Form::TextOrNone { most } => {
            return text::amiss_in_line(value, 1, most).map_or_else(|| Ok(text::one_line(value)), Err);
        }
        Form::Currency => {
            Currency::of(value).map(|_| ()).ok_or_else(|| "A currency code of ISO 4217, such as EUR.".into())
        }
        Form::Zone => return zones::read(value),
        Form::Accent => return accent::normal(value),
        Form::PublicUrl => return public_url::normal(value),
        Form::Issuer if value == "none" => Ok(()),
        Form::Issuer => issuer::check(value),
        Form::Whole { least, most } => {
            let good = value.parse().is_ok_and(|n: i64| (least..=most).contains(&n));
            good.then_some(()).ok_or_else(|| format!("A whole number from {least} to {most}."))
        }
        Form::OneOf(words) => {
            words.contains(&value).then_some(()).ok_or_else(|| format!("One of: {}.", words.join(", ")))
        }
    };
    checked.map(|()| value.to_owned())
}
