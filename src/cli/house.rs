//! `auction house`: the settings of the house, and its logo.

use super::nearest::nearest;
use super::out::{Out, table};
use super::settle::put_right;
use super::{Common, Ending, Ran, Stop, config, finish, house_check, own_texts, sign_on};
use crate::house::House;
use crate::house::listings::pictures;
use crate::house::settings::Shown;
use crate::house::settings::keys::KEYS;
use crate::rules::refusal::Refusal;
use anyhow::Context;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// How much a key must be like another to be proposed.
const ALIKE: f64 = 0.8;

#[derive(Subcommand)]
pub enum HouseCommand {
    /// Show the settings and the source of each value
    #[command(after_help = "Example:\n  auction house show")]
    Show,
    /// Change a setting; a running server follows within a second
    #[command(
        after_help = "`auction house show` says what each setting means, and its unit.\n\nExamples:\n  auction house set currency EUR\n  auction house set zone Europe/Berlin\n  auction house set default_credit 300.00"
    )]
    Set {
        /// A setting, as `auction house show` lists them
        key: String,
        /// Its new value; `none` clears those that may be empty
        value: String,
    },
    /// Check what a first evening still lacks; exit status 1 if something essential is missing
    ///
    /// Essential are an address that phones can open, a scheduler that runs, a clock that is right, something to bid on,
    /// and people who may bid; mail, where addresses must be verified. Advised are terms, how to pay, where to collect, how
    /// to reach you, mail, a backup of the last two days, and an admin. Each that is missing has the command that brings it.
    #[command(after_help = "Examples:\n  auction house check\n  auction house check --format json")]
    Check,
    Terms(own_texts::Terms),
    Page(own_texts::Page),
    /// Give the house a logo, for pages, tabs, home screens and mails
    #[command(
        after_help = "A PNG, JPEG or WebP of at most 10 MiB, from 16 pixels a side to 16,000.\n\nExamples:\n  auction house logo logo.png\n  auction house logo --remove"
    )]
    Logo {
        /// The picture
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        file: Option<PathBuf>,
        /// Take the logo away: the drawn paddle stands in its place again
        #[arg(long)]
        remove: bool,
    },
}

impl HouseCommand {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        match self {
            HouseCommand::Show => {
                let house = common.open()?;
                let known = house.settings()?;
                let mut settings = known.show();
                settings.extend(config::notifications(house.dir())?.show());
                settings.extend(sign_on::show(house.dir())?);
                out.data(&settings, || {
                    let row = |shown: &Shown| {
                        let money = known.money(shown.key).map(|money| format!("{} ({money})", shown.value));
                        let value = money.unwrap_or_else(|| shown.value.clone());
                        [shown.key.to_owned(), value, shown.source.to_owned(), shown.words.to_owned()]
                    };
                    table(["key", "value", "source", ""], settings.iter().map(row))
                })?;
                Ok(Ending::Done)
            }
            HouseCommand::Check => house_check::run(&common.open()?, out),
            HouseCommand::Terms(terms) => terms.run(common, out),
            HouseCommand::Page(page) => page.run(common, out),
            HouseCommand::Logo { file: Some(file), .. } => set_logo(&common.make()?, file, out),
            HouseCommand::Logo { file: None, .. } => finish(common.open()?.remove_logo(), |had_one| {
                let words = if had_one { "the logo is removed" } else { "there was no logo" };
                out.done(&json!({"logo": null, "removed": had_one}), || words.to_owned())
            }),
            HouseCommand::Set { key, value } => {
                check_key(key)?;
                let house = common.make()?;
                let before = house.scheduler_in_use()?;
                finish(house.set(key, value), |()| {
                    // Moves the entries to the new scheduler at once.
                    if before.is_some() && before != house.scheduler_in_use()? {
                        put_right(&house);
                    }
                    // Another setting may still be unreadable: this one is repaired all the same.
                    let Ok(settings) = house.settings() else {
                        return out
                            .done(&json!({"key": key, "value": value}), || format!("{key} is {value}"));
                    };
                    let kept = settings.value(key).unwrap_or_default();
                    // The default credit keeps its minor units when the currency changes, so show it again as money.
                    let credit =
                        (key == "currency" && settings.default_credit() > 0).then_some("default_credit");
                    if let Some(name) = credit.or(settings.money(key).is_some().then_some(key)) {
                        out.say(format!("{name}: {}", settings.money(name).unwrap_or_default()));
                    }
                    out.done(&json!({"key": key, "value": kept}), || format!("{key} is {kept}"))
                })
            }
        }
    }
}

/// Refuses a key that is not known, with the likeliest one that is.
fn check_key(typed: &str) -> Result<(), Stop> {
    if KEYS.iter().any(|key| key.name == typed) {
        return Ok(());
    }
    let plain = typed.to_lowercase().replace('-', "_");
    let words = match nearest(KEYS.iter().map(|key| (key.name, key.name)), &plain, ALIKE) {
        Some(near) => format!("There is no setting {typed}. Did you mean `{near}`?"),
        None => {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            format!("There is no setting {typed}. The settings are {}.", known.join(", "))
        }
    };
    Err(Refusal::invalid("key", words).into())
}

fn set_logo(house: &House, file: &Path, out: &Out) -> Ran {
    let bytes = pictures::read(file).with_context(|| format!("read {}", file.display()))?;
    finish(house.set_logo(&bytes), |logo| {
        let shown = json!({"logo": {"hash": logo.hash, "width": logo.width, "height": logo.height}});
        out.done(&shown, || format!("the logo is set: {} × {} pixels", logo.width, logo.height))
    })
}
