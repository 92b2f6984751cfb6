//! The house's rules that bind money and people: stored in the database, changed by an admin, each with a default.
//! Verbs read them as fields of [`Settings`]; [`keys`] has their names and forms.

pub mod accent;
mod issuer;
pub mod keys;
pub mod logo;
pub mod public_url;
pub mod push_key;
mod zone_meant;
pub mod zone_rules;
pub mod zones;

use crate::house::{Answer, House};
use crate::rules::colour::Colour;
use crate::rules::money::{Bps, Currency, Money};
use crate::rules::refusal::Refusal;
use crate::scheduler::{Choice, Scheduler};
use crate::store::listings::Terms;
use crate::store::log::LogLine;
use crate::store::values::UnknownWord;
use crate::store::{Patience, Snapshot, Store};
use accent::Accent;
use anyhow::{Result, anyhow};
use keys::{BidderNames, Form, KEYS, PushPrivate, SignUp, VerifyEmail, check, find};
use logo::Logo;
use serde_json::json;
use std::collections::BTreeMap;

/// The id of the house, once it has one.
const HOUSE_ID: &str = "house_id";
/// The scheduler that keeps the deadlines, once one has been chosen.
pub(in crate::house) const IN_USE: &str = "scheduler_in_use";
/// Whether the house was last served as a demo: `yes` or `no`.
pub(in crate::house) const IS_DEMO: &str = "is_demo";
/// Which logo is stored; empty or absent without one.
pub(in crate::house) const LOGO: &str = "logo";
/// The value of a setting that has none.
const NONE: &str = "none";

/// A setting with its current value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    pub key: &'static str,
    pub value: String,
    /// `default`, or `house` if an admin has set it.
    pub source: &'static str,
    pub words: &'static str,
}

/// All settings at one moment. A limit of 0 means no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    /// A name of the tz database, or `localtime`; [`zones`] reads it.
    pub zone: String,
    /// One of [`keys::LANGUAGES`].
    pub language: String,
    public_url: Option<String>,
    pub accent: Option<Accent>,
    /// A few words at the top of the home page.
    pub welcome: Option<String>,
    pub logo: Option<Logo>,
    currency: Currency,
    premium_bps: Bps,
    commission_bps: Bps,
    default_credit: Money,
    pub sign_up: SignUp,
    oidc_issuer: Option<String>,
    pub verify_email: VerifyEmail,
    pub bidder_names: BidderNames,
    /// How long before the close an outage prolongs a listing; `None` with the outage policy `settle`.
    outage_s: Option<i64>,
    /// The scheduler that the admin wants.
    pub scheduler: Choice,
    scheduler_in_use: Option<String>,
    pub mail_window_s: i64,
    pub mail_pause_s: i64,
    pub mail_cap_per_day: i64,
    /// Whether people are notified in their browsers.
    pub push: bool,
    pub push_private: PushPrivate,
    pub limits: Limits,
    house_id: Option<String>,
    is_demo: bool,
    /// The stored values, for [`Settings::show`].
    values: BTreeMap<String, String>,
}

/// The settings `limit_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub sign_ins_per_min: i64,
    pub log_ins_per_min: i64,
    pub sessions_per_account: i64,
    pub sign_ups_per_min: i64,
    pub pushes_per_min: i64,
    pub bids_per_s: i64,
    pub open_listings: i64,
    pub listings_per_min: i64,
    pub listings_per_day: i64,
    pub pictures_per_min: i64,
    pub pictures_per_day: i64,
    pub connections_per_address: i64,
}

/// The stored values by key.
struct Values<'a>(&'a BTreeMap<String, String>);

impl<'a> Values<'a> {
    /// The value of `name`, which must be in [`KEYS`].
    fn text(&self, name: &str) -> &'a str {
        self.0.get(name).map_or_else(|| find(name).expect("a known setting").default, String::as_str)
    }

    /// The value of `name`; none where it is `none`.
    fn text_or_none(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|value| *value != NONE).map(str::to_owned)
    }

    /// Fails with [`UnknownWord`] if `parse` does not know the value, which was checked when it was set.
    fn read<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let value = self.text(name);
        parse(value).ok_or_else(|| UnknownWord::in_setting(name, value).into())
    }

    fn whole(&self, name: &str) -> Result<i64> {
        self.read(name, |value| value.parse().ok())
    }

    fn is(&self, name: &str, word: &str) -> Result<bool> {
        self.one_of(name).map(|value| value == word)
    }

    fn one_of(&self, name: &str) -> Result<&'a str> {
        let Form::OneOf(words) = find(name).expect("a known setting").form else {
            unreachable!("{name} is one of a few words");
        };
        let value = self.text(name);
        self.read(name, |value| words.contains(&value).then_some(())).map(|()| value)
    }

    fn limits(&self) -> Result<Limits> {
        Ok(Limits {
            sign_ins_per_min: self.whole("limit_sign_ins_per_min")?,
            log_ins_per_min: self.whole("limit_log_ins_per_min")?,
            sessions_per_account: self.whole("limit_sessions_per_account")?,
            sign_ups_per_min: self.whole("limit_sign_ups_per_min")?,
            pushes_per_min: self.whole("limit_pushes_per_min")?,
            bids_per_s: self.whole("limit_bids_per_s")?,
            open_listings: self.whole("limit_open_listings")?,
            listings_per_min: self.whole("limit_listings_per_min")?,
            listings_per_day: self.whole("limit_listings_per_day")?,
            pictures_per_min: self.whole("limit_pictures_per_min")?,
            pictures_per_day: self.whole("limit_pictures_per_day")?,
            connections_per_address: self.whole("limit_connections_per_address")?,
        })
    }
}

impl Settings {
    /// Reads all settings. Fails if one has a value that `set` would refuse.
    pub(in crate::house) fn of(snapshot: &Snapshot<'_>) -> Result<Settings> {
        let all = snapshot.settings()?;
        let values = Values(&all);
        let extends = values.is("outage", "extend")?;
        let outage_s = values.whole("outage_s")?;
        Ok(Settings {
            name: values.text("name").to_owned(),
            zone: values.text("zone").to_owned(),
            language: values.one_of("language")?.to_owned(),
            public_url: values.text_or_none("public_url"),
            accent: values.read("accent", read_accent)?,
            welcome: values.text_or_none("welcome"),
            logo: all.get(LOGO).and_then(|stored| Logo::parse(stored)),
            currency: values.read("currency", Currency::of)?,
            premium_bps: values.whole("premium_bps")?,
            commission_bps: values.whole("commission_bps")?,
            default_credit: values.whole("default_credit")?,
            sign_up: values.read("sign_up", SignUp::of)?,
            oidc_issuer: Some(values.text("oidc_issuer")).filter(|url| *url != "none").map(str::to_owned),
            verify_email: values.read("verify_email", VerifyEmail::of)?,
            bidder_names: values.read("bidder_names", BidderNames::of)?,
            outage_s: extends.then_some(outage_s),
            scheduler: values.read("scheduler", |name| name.parse().ok())?,
            scheduler_in_use: all.get(IN_USE).cloned(),
            mail_window_s: values.whole("mail_window_s")?,
            mail_pause_s: values.whole("mail_pause_s")?,
            mail_cap_per_day: values.whole("mail_cap_per_day")?,
            push: values.is("push", "on")?,
            push_private: values.read("push_private", PushPrivate::of)?,
            limits: values.limits()?,
            house_id: all.get(HOUSE_ID).cloned(),
            is_demo: all.get(IS_DEMO).is_some_and(|word| word == "yes"),
            values: all,
        })
    }

    /// The currency of all amounts.
    pub fn currency(&self) -> Currency {
        self.currency.clone()
    }

    /// The terms that a new listing gets.
    pub fn terms(&self) -> Terms {
        Terms { premium_bps: self.premium_bps, commission_bps: self.commission_bps, outage_s: self.outage_s }
    }

    /// The path of `public_url`, such as `/auction`; empty if the house has its host to itself. An address stored
    /// before paths mattered, which would be refused today, counts as having none: the house stays at the same place,
    /// and the doctor reports it.
    pub fn base_path(&self) -> &str {
        let sound = self.public_url().filter(|address| public_url::normal(address).is_ok());
        sound.map_or("", public_url::path)
    }

    /// The public address, without a slash at its end.
    pub fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    /// The provider of the single sign-on.
    pub fn oidc_issuer(&self) -> Option<&str> {
        self.oidc_issuer.as_deref()
    }

    /// The credit limit of a new account, in minor units.
    pub fn default_credit(&self) -> Money {
        self.default_credit
    }

    /// The id by which the operating system's scheduler knows the house: eight hexadecimal digits.
    pub fn house_id(&self) -> &str {
        self.house_id.as_deref().expect("the house was named when it was opened")
    }

    /// The name of the scheduler that keeps the deadlines; `None` until one has been chosen.
    pub fn scheduler_in_use(&self) -> Option<&str> {
        self.scheduler_in_use.as_deref()
    }

    /// Whether no scheduler keeps the deadlines: only a running server does.
    pub fn is_unscheduled(&self) -> bool {
        self.scheduler_in_use() == Some(Scheduler::None.name())
    }

    /// Whether the house was last served as a demo.
    pub fn is_demo(&self) -> bool {
        self.is_demo
    }

    /// The stored value of a key.
    pub fn value(&self, key: &str) -> Option<&str> {
        find(key).map(|key| Values(&self.values).text(key.name))
    }

    /// The value of a key as money; `None` if it is not an amount.
    pub fn money(&self, key: &str) -> Option<String> {
        let key = find(key).filter(|key| matches!(key.form, Form::Amount))?;
        let amount = Values(&self.values).text(key.name).parse().ok()?;
        Some(self.currency.show(amount))
    }

    /// Every setting, in the order of [`KEYS`].
    pub fn show(&self) -> Vec<Shown> {
        let shown = KEYS.iter().map(|key| Shown {
            key: key.name,
            value: Values(&self.values).text(key.name).to_owned(),
            source: if self.values.contains_key(key.name) { "house" } else { "default" },
            words: key.words,
        });
        shown.collect()
    }
}

/// Some if the value is well formed; inside, none for no colour.
fn read_accent(value: &str) -> Option<Option<Accent>> {
    if value == NONE { Some(None) } else { Colour::parse(value).map(|colour| Some(Accent::of(colour))) }
}

/// The house's currency, for sentences of the audit; XXX (none) if the database names no currency.
pub(in crate::house) fn currency_or_none(snapshot: &Snapshot<'_>) -> Result<Currency> {
    let all = snapshot.settings()?;
    let none = || Currency::of("XXX").expect("ISO 4217 knows it");
    Ok(Currency::of(Values(&all).text("currency")).unwrap_or_else(none))
}

/// When an address must have been verified, read alone: each bid of somebody whose address is not verified asks it.
pub(in crate::house) fn verify_email(snapshot: &Snapshot<'_>) -> Result<VerifyEmail> {
    let Some(value) = snapshot.setting("verify_email")? else { return Ok(VerifyEmail::Off) };
    VerifyEmail::of(&value).ok_or_else(|| UnknownWord::in_setting("verify_email", &value).into())
}

impl House {
    /// Reads the settings as they are now.
    pub fn settings(&self) -> Result<Settings> {
        self.read(Settings::of)
    }

    /// The scheduler that keeps the deadlines, by its name; none before any was chosen. Reads no other setting.
    pub fn scheduler_in_use(&self) -> Result<Option<String>> {
        self.read(|snapshot| snapshot.setting(IN_USE))
    }

    /// Changes a setting. Refuses `invalid` for an unknown key or a value of the wrong form, and `not_allowed` for the
    /// currency once the house has used it.
    pub fn set(&self, name: &str, value: &str) -> Answer<()> {
        let Some(key) = find(name) else {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            return Err(Refusal::invalid("key", format!("The settings are {}.", known.join(", "))).into());
        };
        let value = match check(key.form, value, &self.read(currency_or_none)?) {
            Ok(value) => value,
            Err(words) => return Err(Refusal::invalid(key.name, words).into()),
        };
        // Before any is in use, the choice is left to the first server, or to the first command that has an entry to
        // install.
        if key.name == "scheduler" && self.read(|snapshot| snapshot.setting(IN_USE))?.is_some() {
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
            Ok(tx.log(&LogLine::of("house.set").detail(json!({"key": key.name, "value": value})))?)
        })
    }
}

/// Gives a new house its id and its key for pushes; an existing house keeps its own.
pub(in crate::house) fn name_the_house(store: &Store) -> Result<()> {
    let has = |key| store.read(|snapshot| snapshot.setting(key)).map(|value| value.is_some());
    if has(HOUSE_ID)? && has(push_key::PUSH_KEY)? {
        return Ok(());
    }
    let push_key = push_key::PushKey::make()?.text();
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    let id = crate::rules::hash::hex(&bytes);
    let conn = store.conn(Patience::Beside)?;
    Ok(conn.write(|tx| {
        if tx.setting(HOUSE_ID)?.is_none() {
            tx.put_setting(HOUSE_ID, &id)?;
        }
        if tx.setting(push_key::PUSH_KEY)?.is_none() {
            tx.put_setting(push_key::PUSH_KEY, &push_key)?;
        }
        Ok(())
    })?)
}
