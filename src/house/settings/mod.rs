//! The house's rules that bind money and people: kept in the database, changed by an admin, each with a default.

pub mod public_url;
mod zone_meant;
pub mod zone_rules;
pub mod zones;

use crate::house::{Answer, House};
use crate::rules::amount::Unreadable;
use crate::rules::money::{Currency, MAX_BPS, Money};
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::scheduler::Scheduler;
use crate::store::listings::Terms;
use crate::store::{Snapshot, Store};
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;

/// The languages that mails are written in.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];

/// What a value must look like.
#[derive(Clone, Copy, Debug)]
enum Form {
    Text {
        most: usize,
    },
    Currency,
    Zone,
    /// `none`, or where a browser finds the house.
    PublicUrl,
    Whole {
        least: i64,
        most: i64,
    },
    /// Money from nothing to the largest amount; kept in minor units.
    Amount,
    OneOf(&'static [&'static str]),
}

/// A setting that an admin may change.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    /// What it means, with its unit.
    pub words: &'static str,
    form: Form,
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
    key("sign_up", "open", Form::OneOf(&["open", "approval", "closed"]), "who may join by themselves"),
    key(
        "outage",
        "settle",
        Form::OneOf(&["settle", "extend"]),
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
        "sign-ups per address: raise it before a hall joins at once; 0 = no limit",
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

/// A setting as it holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    pub key: &'static str,
    pub value: String,
    /// `default`, or `house` when it was set.
    pub source: &'static str,
    pub words: &'static str,
}

/// The settings at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    set: BTreeMap<String, String>,
}

impl Settings {
    /// As they hold in this view.
    pub(in crate::house) fn of(snapshot: &Snapshot<'_>) -> Result<Settings> {
        Ok(Settings { set: snapshot.settings()? })
    }

    /// The value of `name`, which stands in [`KEYS`].
    pub fn text(&self, name: &str) -> &str {
        let default = || KEYS.iter().find(|key| key.name == name).expect("a known setting").default;
        self.set.get(name).map_or_else(default, String::as_str)
    }

    pub fn whole(&self, name: &str) -> i64 {
        self.text(name).parse().expect("checked when it was set")
    }

    pub fn currency(&self) -> Currency {
        Currency::of(self.text("currency")).expect("checked when it was set")
    }

    /// The value as money, if the setting is an amount.
    pub fn money(&self, name: &str) -> Option<String> {
        let key = KEYS.iter().find(|key| key.name == name)?;
        matches!(key.form, Form::Amount).then(|| self.currency().show(self.whole(name)))
    }

    pub fn terms(&self) -> Terms {
        Terms {
            premium_bps: self.whole("premium_bps"),
            commission_bps: self.whole("commission_bps"),
            outage_s: (self.text("outage") == "extend").then(|| self.whole("outage_s")),
        }
    }

    /// Of `public_url`: `/auction`, or nothing where the house has its host for itself. An address from before its path
    /// mattered, which would be refused today, has none: the house stays where it was, and the doctor says so.
    pub fn base_path(&self) -> &str {
        let sound = self.public_url().filter(|address| public_url::normal(address).is_ok());
        sound.map_or("", public_url::path)
    }

    /// Without a slash at its end.
    pub fn public_url(&self) -> Option<&str> {
        Some(self.text("public_url")).filter(|url| *url != "none")
    }

    pub fn default_credit(&self) -> Money {
        self.whole("default_credit")
    }

    /// The name under which the operating system's scheduler knows the house: eight hexadecimal digits.
    pub fn house_id(&self) -> &str {
        self.set.get(HOUSE_ID).expect("the house was named when it was opened")
    }

    /// The scheduler that keeps the deadlines, by its name; none before any was chosen.
    pub fn scheduler_in_use(&self) -> Option<&str> {
        self.set.get(IN_USE).map(String::as_str)
    }

    /// No scheduler keeps the deadlines: a running server does, and nobody else.
    pub fn is_unscheduled(&self) -> bool {
        self.scheduler_in_use() == Some(Scheduler::None.name())
    }

    pub fn show(&self) -> Vec<Shown> {
        let shown = |key: &Key| Shown {
            key: key.name,
            value: self.text(key.name).to_owned(),
            source: if self.set.contains_key(key.name) { "house" } else { "default" },
            words: key.words,
        };
        KEYS.iter().map(shown).collect()
    }
}

/// Which scheduler was taken last: by a server, by `house set scheduler`, or by a command that put the first entry in.
pub(in crate::house) const IN_USE: &str = "scheduler_in_use";

const HOUSE_ID: &str = "house_id";

impl House {
    pub fn settings(&self) -> Result<Settings> {
        self.read(Settings::of)
    }

    /// Changes a setting. Refuses `invalid` for an unknown key or a value of the wrong form, `not_allowed` for the currency of a
    /// house that has used it.
    pub fn set(&self, name: &str, value: &str) -> Answer<()> {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            return Err(Refusal::invalid("key", format!("The settings are {}.", known.join(", "))).into());
        };
        let value = match check(key.form, value, &self.settings()?.currency()) {
            Ok(value) => value,
            Err(words) => return Err(Refusal::invalid(key.name, words).into()),
        };
        // Where none is in use yet, the first server takes it, and the first command that has an entry to put in.
        if key.name == "scheduler" && self.settings()?.scheduler_in_use().is_some() {
            let choice = value.parse().map_err(|words: String| anyhow!(words))?;
            self.choose_scheduler(Some(choice))?;
            return Ok(());
        }
        self.write(move |tx| {
            if key.name == "currency" && tx.setting("currency")?.as_deref().unwrap_or(key.default) != value {
                let used = !tx.all_listings()?.is_empty() || !tx.sums_of_postings()?.is_empty();
                if used {
                    return Err(Refusal::CurrencyFixed.into());
                }
            }
            tx.put_setting(key.name, &value)?;
            Ok(())
        })
    }
}

/// The value as it is kept, or what it must be.
fn check(form: Form, value: &str, currency: &Currency) -> Result<String, String> {
    let checked = match form {
        Form::Amount => {
            let read = currency.parse_minor(value).map_err(|why| match why {
                Unreadable::OutOfRange => currency.range(0),
                _ => why.words(currency),
            });
            return read.map(|amount| amount.to_string());
        }
        Form::Text { most } => {
            return text::amiss_in_line(value, 1, most).map_or_else(|| Ok(text::one_line(value)), Err);
        }
        Form::Currency => {
            Currency::of(value).map(|_| ()).ok_or_else(|| "A currency code of ISO 4217, such as EUR.".into())
        }
        Form::Zone => return zones::read(value),
        Form::PublicUrl if value == "none" => Ok(()),
        Form::PublicUrl => return public_url::normal(value),
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

/// Gives a new house its own id; an old one keeps it.
pub(in crate::house) fn name_the_house(store: &Store) -> Result<()> {
    if store.read(|snapshot| snapshot.setting(HOUSE_ID))?.is_some() {
        return Ok(());
    }
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    let id = crate::rules::hash::hex(&bytes);
    let conn = store.conn(crate::store::Patience::Beside)?;
    Ok(conn.write(|tx| {
        if tx.setting(HOUSE_ID)?.is_none() {
            tx.put_setting(HOUSE_ID, &id)?;
        }
        Ok(())
    })?)
}
