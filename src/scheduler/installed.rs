//! What systemd holds of a house: the files in the manager's folder, and what `systemctl show` prints about the units.
//! It must never look at a file of another name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::entry::Owner;
use super::unit::{self, Unit};

/// The texts of the files by name, and the units that the manager shows.
pub(super) struct Installed {
    pub folder: PathBuf,
    pub files: BTreeMap<String, String>,
    shown: HashMap<String, Shown>,
}

/// The properties that [`Installed::read`] reads.
pub(super) const SHOWN: &str = "--property=Id,ActiveState,UnitFileState,NeedDaemonReload,TimersCalendar";

struct Shown {
    is_active: bool,
    is_enabled: bool,
    /// Its file has changed since the manager read it.
    is_outdated: bool,
    calendar: String,
}

impl Installed {
    /// Reads the files; `shown` is what `systemctl show` printed for [`SHOWN`].
    pub fn read(folder: PathBuf, owner: &Owner, shown: &str) -> Result<Installed> {
        Ok(Installed { files: files(&folder, owner)?, folder, shown: blocks(shown).collect() })
    }

    /// Returns whether the file is as it must be and, for a timer, runs.
    pub fn has(&self, unit: &Unit) -> bool {
        self.files.get(&unit.name) == Some(&unit.text)
            && (unit.when.is_empty() || self.runs(&unit.name, &unit.when))
    }

    fn runs(&self, name: &str, when: &str) -> bool {
        let shown = self.shown.get(name);
        shown.is_some_and(|shown| shown.is_active && !shown.is_outdated && shown.calendar == when)
    }

    /// Returns the times and listings of the timers that run.
    pub fn slots(&self) -> HashSet<(String, i64)> {
        self.timers().flat_map(|(_, when, ids)| ids.into_iter().map(move |id| (when.clone(), id))).collect()
    }

    /// Returns the listings' timers that run: name, time, listings.
    pub fn timers(&self) -> impl Iterator<Item = (&String, String, Vec<i64>)> {
        self.files.iter().filter_map(|(name, text)| {
            let (when, listings) = unit::read(text)?;
            self.runs(name, &when).then_some((name, when, listings))
        })
    }

    /// Returns the units of this house that have a file or are shown, without the instances of templates.
    pub fn names(&self, owner: &Owner) -> BTreeSet<&str> {
        let shown = self.shown.keys().filter(|name| unit::is_ours(owner, name));
        self.files.keys().chain(shown).map(String::as_str).collect()
    }

    pub fn shows(&self, name: &str) -> bool {
        self.shown.contains_key(name)
    }

    pub fn is_enabled(&self, name: &str) -> bool {
        self.shown.get(name).is_some_and(|shown| shown.is_enabled)
    }

    pub fn is_outdated(&self) -> bool {
        self.shown.values().any(|shown| shown.is_outdated)
    }
}

/// Reads the files of this house in the manager's folder; there are none where there is no folder yet.
fn files(folder: &Path, owner: &Owner) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let listed = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        listed => listed.with_context(|| format!("look into {}", folder.display()))?,
    };
    for file in listed {
        let Ok(name) = file?.file_name().into_string() else { continue };
        if unit::is_ours(owner, &name) {
            // A file that cannot be read as text is not as it must be.
            let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
            files.insert(name, text);
        }
    }
    Ok(files)
}

/// Returns the blocks of `systemctl show` by the unit's name.
fn blocks(text: &str) -> impl Iterator<Item = (String, Shown)> {
    text.split("\n\n").filter_map(|block| {
        let value = |key: &str| {
            block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default()
        };
        let calendar = value("TimersCalendar").split_once("OnCalendar=").map_or("", |(_, rest)| rest);
        let shown = Shown {
            is_active: value("ActiveState") == "active",
            is_enabled: value("UnitFileState") == "enabled",
            is_outdated: value("NeedDaemonReload") == "yes",
            calendar: calendar.split(" ; ").next().unwrap_or_default().to_owned(),
        };
        Some((value("Id").to_owned(), shown)).filter(|(id, _)| !id.is_empty())
    })
}

/// Splits a list as `systemctl` prints it: words with spaces are in double quotes.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                word.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_come_in_quotes() {
        let printed =
            r#"/run/user/0/systemd/user "/home/an \"old\" house/.config/systemd/user" /etc/systemd/user"#;
        let paths =
            ["/run/user/0/systemd/user", r#"/home/an "old" house/.config/systemd/user"#, "/etc/systemd/user"];
        assert_eq!(words(printed), paths);
    }

    /// As systemd 252 prints them.
    #[test]
    fn a_unit_is_known_by_its_block() {
        let printed = "TimersCalendar={ OnCalendar=2026-11-23 22:57:28 UTC ; next_elapse=(null) }\n\
                       Id=auction-h1-settle-7.timer\nActiveState=active\nUnitFileState=static\nNeedDaemonReload=no\n\n\
                       Id=auction-h1-due@sweep.service\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=yes\n";
        let shown: HashMap<String, Shown> = blocks(printed).collect();
        let timer = &shown["auction-h1-settle-7.timer"];
        assert_eq!((timer.is_active, timer.is_enabled, timer.is_outdated), (true, false, false));
        assert_eq!(timer.calendar, "2026-11-23 22:57:28 UTC");
        let service = &shown["auction-h1-due@sweep.service"];
        assert_eq!((service.is_active, service.is_outdated, &*service.calendar), (false, true, ""));
        assert_eq!(blocks("").count(), 0);
    }
}
