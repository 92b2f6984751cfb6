//! What a stranger who is asked for help needs to know about a house: versions, settings, findings, counts, sizes.
//!
//! It must never reveal who the house's people are, what they sell or pay, or anything that opens an access: no email,
//! no name, no title, no amount, no token, and no path that names a person.

use crate::house::House;
use crate::house::care::disk_checks::Room;
use crate::scheduler::{Finding, user_name};
use anyhow::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The setting that holds an admin's own words.
const OWN_WORDS: &str = "name";
/// The number of letters and digits in a row that may be a secret: a session's token has 43.
const LIKE_A_SECRET: usize = 24;
/// Folders whose subfolders are named after people.
const HOMES: [&str; 3] = ["/home/", "/Users/", "\\Users\\"];

/// A report that may be shown to a stranger.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub system: String,
    pub schema: i64,
    pub sqlite: String,
    pub scheduler: &'static str,
    /// The heartbeat in words.
    pub heartbeat: String,
    /// The settings that were set, with their values; for the house's name, only that it was set.
    pub settings: Vec<(&'static str, String)>,
    pub findings: Vec<Finding>,
    pub counts: Vec<(String, i64)>,
    pub room: Room,
}

impl House {
    /// Runs all checks of `doctor`, and leaves out whatever is private.
    pub fn report(&self) -> Result<Report> {
        let redaction = Redaction::of(self.dir());
        let (counts, (schema, sqlite)) =
            self.read(|snapshot| Ok((snapshot.counts()?, snapshot.versions()?)))?;
        let heartbeat = self.heartbeat()?;
        let findings = self.doctor()?.into_iter().map(|finding| Finding {
            words: redaction.redact(&finding.words),
            what_to_do: redaction.redact(&finding.what_to_do),
            ..finding
        });
        let settings = self.settings()?.show().into_iter().filter(|shown| shown.source != "default");
        let settings = settings.map(|shown| match shown.key == OWN_WORDS {
            true => (shown.key, "(set)".to_owned()),
            false => (shown.key, shown.value),
        });
        Ok(Report {
            version: env!("CARGO_PKG_VERSION"),
            system: system(),
            schema,
            sqlite,
            scheduler: self.scheduler()?.name(),
            heartbeat: heartbeat.words(),
            settings: settings.collect(),
            findings: findings.collect(),
            counts,
            room: Room::of(self.dir()),
        })
    }
}

/// `linux x86_64, Debian GNU/Linux 12 (bookworm)`.
fn system() -> String {
    let kind = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match name {
        Some(name) => format!("{kind}, {}", name.trim_matches('"')),
        None => kind,
    }
}

/// Private words and their replacements, the longest first.
struct Redaction(Vec<(String, &'static str)>);

impl Redaction {
    fn of(dir: &Path) -> Redaction {
        let mut words = Vec::new();
        let mut add = |text: &str, instead| {
            // A single letter, or root's name or home, reveals nothing.
            if text.len() > 1 && text != "root" && text != "/root" {
                words.push((text.to_owned(), instead));
            }
        };
        for path in [Some(dir.to_owned()), dir.canonicalize().ok()].into_iter().flatten() {
            add(&path.to_string_lossy(), "<data-dir>");
        }
        if let Some(dirs) = directories::BaseDirs::new() {
            add(&dirs.home_dir().to_string_lossy(), "~");
        }
        for user in users(dir) {
            add(&user, "<user>");
        }
        words.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Redaction(words)
    }

    fn redact(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for (word, instead) in &self.0 {
            shown = replace_word(&shown, word, instead);
        }
        for home in HOMES {
            shown = hide_after(&shown, home);
        }
        shown
            .split_inclusive(|c: char| c.is_whitespace() || "()<>,;\"'`".contains(c))
            .map(hide_secret)
            .collect()
    }
}

/// The users who run this program and own the directory.
fn users(dir: &Path) -> Vec<String> {
    let by_environment =
        ["USER", "LOGNAME", "USERNAME", "SUDO_USER"].into_iter().filter_map(std::env::var_os);
    let mut users: Vec<String> =
        by_environment.map(|name| PathBuf::from(name).to_string_lossy().into_owned()).collect();
    users.extend(owner(dir));
    users
}

#[cfg(unix)]
fn owner(dir: &Path) -> Option<String> {
    user_name(std::os::unix::fs::MetadataExt::uid(&dir.metadata().ok()?))
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<String> {
    None
}

/// Replaces `word` where it stands by itself; a path also where it continues.
fn replace_word(text: &str, word: &str, instead: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let alone = !before.ends_with(part) && !after.starts_with(part);
        shown.push_str(before);
        shown.push_str(if alone { instead } else { word });
        rest = after;
    }
    shown + rest
}

/// Hides the name of the folder that follows `home`.
fn hide_after(text: &str, home: &str) -> String {
    let mut parts = text.split(home);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| "/\\'\"`:,; ".contains(c)).unwrap_or(part.len());
        shown.push_str(home);
        shown.push_str("<user>");
        shown.push_str(&part[end..]);
    }
    shown
}

/// Hides a word that is an email address, or long enough for a token or a hash.
fn hide_secret(word: &str) -> String {
    let end = word.trim_end_matches(|c: char| c.is_whitespace() || "()<>,;:.\"'`".contains(c)).len();
    let (core, after) = word.split_at(end);
    let is_email = core.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_+=".contains(c);
    let is_secret = core
        .split(|c| !plain(c))
        .any(|run| run.len() >= LIKE_A_SECRET && run.contains(|c: char| c.is_ascii_digit()));
    match (is_email, is_secret) {
        (true, _) => format!("<email>{after}"),
        (_, true) => format!("<secret>{after}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobody_elses_is_left_away() {
        let word = |text: &str, instead| (text.to_owned(), instead);
        let redaction = Redaction(vec![
            word("/home/ann/sale", "<data-dir>"),
            word("/home/ann", "~"),
            word("ann", "<user>"),
        ]);
        for (text, shown) in [
            ("/home/ann/sale is ours and can be written", "<data-dir> is ours and can be written"),
            ("`chmod 0600 /home/ann/sale/auction.db*`", "`chmod 0600 <data-dir>/auction.db*`"),
            ("the entries call /home/ann/bin/auction", "the entries call ~/bin/auction"),
            ("belongs to ann, and this cannot be", "belongs to <user>, and this cannot be"),
            ("the entries call '/home/bob/bin/auction'", "the entries call '/home/<user>/bin/auction'"),
            ("account cleo@example.org: 1,000", "account <email>: 1,000"),
            ("the @reboot entry is missing", "the @reboot entry is missing"),
            (
                "last ran the sweep at 2026-11-25T15:00:00.000Z",
                "last ran the sweep at 2026-11-25T15:00:00.000Z",
            ),
            ("Bearer qL3vN8sT0xYzA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU", "Bearer <secret>"),
            ("SupplementaryGroups=crontab, see journalctl", "SupplementaryGroups=crontab, see journalctl"),
        ] {
            assert_eq!(redaction.redact(text), shown);
        }
    }
}
