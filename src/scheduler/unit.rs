//! The units of a house for systemd, as text: two template services, the sweep's timer, and a timer for each listing.
//! Pure: every text follows from the wanted entries alone, so that unchanged entries make an unchanged unit, and
//! nothing is reloaded without need.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};

use super::entry::{Entry, Owner};
use super::minute::MINUTE;

/// Above this number the listings of one minute that end in the same second share a timer, which settles all that is
/// due: a process for each would only wait for the others.
const MAX_TIMERS_A_MINUTE: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The name of the file, and of the unit.
    pub name: String,
    /// As [`calendar`] writes it; empty for a service.
    pub when: String,
    /// Empty for the services and the sweep.
    pub listings: Vec<i64>,
    pub text: String,
}

/// Writes a time in UTC to the second, whatever the zone of the machine, and in systemd's own normal form.
pub(super) fn calendar(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Returns the name of the timer that must be active whenever the machine runs.
pub(super) fn sweep(owner: &Owner) -> String {
    named(owner, "sweep.timer")
}

/// Returns a pattern that matches every unit of this house, and perhaps of a house whose name begins like ours.
pub(super) fn pattern(owner: &Owner) -> String {
    named(owner, "*")
}

/// Returns whether this house writes a file of this name.
pub(super) fn is_ours(owner: &Owner, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(&named(owner, "")) else { return false };
    let id = rest.strip_prefix("settle-").and_then(|rest| rest.strip_suffix(".timer"));
    ["settle@.service", "due@.service", "sweep.timer"].contains(&rest)
        || id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns the two services, the sweep, and the listings' timers, nearest first.
pub(super) fn units(owner: &Owner, entries: &[Entry]) -> Result<Vec<Unit>> {
    owner.check()?;
    let command = command(owner)?;
    let mut units = vec![
        service(owner, "settle@.service", "settle listing %i", &format!("{command} settle %i")),
        service(owner, "due@.service", "settle what is due (%i)", &format!("{command} settle --due")),
        sweep_timer(owner),
    ];
    for minute in entries.chunk_by(|a, b| a.fires_in(MINUTE) == b.fires_in(MINUTE)) {
        let is_crowded = minute.len() > MAX_TIMERS_A_MINUTE;
        let second = TimeDelta::seconds(1);
        let shared = minute.chunk_by(|a, b| is_crowded && a.fires_in(second) == b.fires_in(second));
        units.extend(shared.map(|entries| timer(owner, entries)));
    }
    Ok(units)
}

/// Reads when a timer fires and for which listings; `None` for a text that is not a listing's timer.
pub(super) fn read(text: &str) -> Option<(String, Vec<i64>)> {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let listings = value("Listings=")?.split(' ').map(|id| id.parse().ok()).collect::<Option<_>>()?;
    Some((value("OnCalendar=")?.to_owned(), listings))
}

/// Makes a timer without `[Install]`: when the machine has started, the sweep starts those that are still wanted. With
/// `Persistent`, a timer that the machine slept through fires when it is started again.
fn timer(owner: &Owner, entries: &[Entry]) -> Unit {
    let listings: Vec<i64> = entries.iter().map(|entry| entry.listing).collect();
    let ids = listings.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    let (first, when) = (listings[0], calendar(entries[0].fires_at));
    let service = named(owner, if listings.len() == 1 { "settle@" } else { "due@" });
    let what = match listings.len() {
        1 => format!("close of listing {first}"),
        n => format!("close of {n} listings, {first} among them"),
    };
    let text = format!(
        "{}[Timer]\nOnCalendar={when}\nAccuracySec=1us\nPersistent=true\nUnit={service}{first}.service\n\n\
         [X-Auction]\nListings={ids}\n",
        head(owner, &what)
    );
    Unit { name: named(owner, &format!("settle-{first}.timer")), when, listings, text }
}

/// Makes the timer that fires every minute, and when the manager starts. An `OnStartupSec` that is over fires when the
/// timer is first started, so the first sweep proves at once that the manager runs our units.
fn sweep_timer(owner: &Owner) -> Unit {
    let when = "*-*-* *:*:00 UTC".to_owned();
    let text = format!(
        "{}[Timer]\nOnCalendar={when}\nOnStartupSec=1s\nAccuracySec=1us\nUnit={}\n\n[Install]\nWantedBy=timers.target\n",
        head(owner, "sweep"),
        named(owner, "due@sweep.service")
    );
    Unit { name: sweep(owner), when, listings: Vec::new(), text }
}

fn service(owner: &Owner, name: &str, what: &str, command: &str) -> Unit {
    let text =
        format!("{}[Service]\nType=oneshot\nExecStart={command}\nTimeoutStartSec=10min\n", head(owner, what));
    Unit { name: named(owner, name), when: String::new(), listings: Vec::new(), text }
}

/// Sets no limit of starts: late bids move a close, and with it its timer, many times in ten seconds.
fn head(owner: &Owner, what: &str) -> String {
    format!(
        "# Written by auction, and put right by it; see `auction scheduler`.\n\
         [Unit]\nDescription=Auction {}: {what}\nStartLimitIntervalSec=0\n\n",
        owner.house_id
    )
}

/// Returns `auction-<house-id>-<rest>`.
fn named(owner: &Owner, rest: &str) -> String {
    format!("auction-{}-{rest}", owner.house_id)
}

/// Returns `"/abs/auction" --data-dir "/abs/dir"`, after a `:` if there is a `$`, which is then no variable.
fn command(owner: &Owner) -> Result<String> {
    let program = plain(&owner.program)?;
    // Linux appends this to the path of a running program that was replaced.
    ensure!(
        !program.ends_with(" (deleted)"),
        "the program was replaced while it ran: start it again, so that its units name the new one"
    );
    ensure!(
        !program.contains(['"', '\'', '\\']) && !program.chars().any(char::is_control),
        "the program's path {program:?} holds a quote, a '\\' or a control character, which systemd does not run: \
         move or rename it"
    );
    let data_dir = plain(&owner.data_dir)?;
    let colon = if program.contains('$') || data_dir.contains('$') { ":" } else { "" };
    Ok(format!("{colon}{} --data-dir {}", quote(program), quote(data_dir)))
}

fn plain(path: &Path) -> Result<&str> {
    let text = path
        .to_str()
        .with_context(|| format!("the path {} is not UTF-8, which a unit must be", path.display()))?;
    ensure!(path.is_absolute(), "the path {text} is not absolute, and a unit starts in another folder");
    ensure!(!text.contains('\0'), "the path {text:?} holds a NUL, which a unit cannot carry");
    Ok(text)
}

/// Quotes by systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers".
fn quote(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '%' => "%%".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn owner(program: &str, data_dir: &str) -> Owner {
        Owner { house_id: "h1".into(), program: program.into(), data_dir: data_dir.into() }
    }

    fn entry(listing: i64, second: i64) -> Entry {
        let start: DateTime<Utc> = "2026-11-22T18:00:00Z".parse().unwrap();
        let fires_at = start + TimeDelta::seconds(second);
        Entry { listing, closes_at: fires_at, fires_at, turn: 1 }
    }

    fn named(units: &[Unit]) -> Vec<&str> {
        units.iter().map(|unit| &*unit.name).collect()
    }

    #[test]
    fn a_timer_fires_at_its_second_in_utc_and_settles_its_listing() {
        let units = units(&owner("/opt/auction", "/srv/a house"), &[entry(7, 17)]).unwrap();
        let names = [
            "auction-h1-settle@.service",
            "auction-h1-due@.service",
            "auction-h1-sweep.timer",
            "auction-h1-settle-7.timer",
        ];
        assert_eq!(named(&units), names);
        assert!(
            units[0].text.contains("\nExecStart=\"/opt/auction\" --data-dir \"/srv/a house\" settle %i\n")
        );
        assert!(units[1].text.contains(" settle --due\n"));
        for line in [
            "OnCalendar=2026-11-22 18:00:17 UTC",
            "AccuracySec=1us",
            "Persistent=true",
            "Unit=auction-h1-settle@7.service",
        ] {
            assert!(units[3].text.lines().any(|written| written == line), "{line} in {}", units[3].text);
        }
        assert_eq!(read(&units[3].text), Some(("2026-11-22 18:00:17 UTC".into(), vec![7])));
        assert_eq!(read(&units[2].text), None);
    }

    #[test]
    fn past_fifty_in_one_minute_the_listings_of_a_second_share_a_timer() {
        let units = |entries: &[Entry]| units(&owner("/a", "/b"), entries).unwrap();
        let spread: Vec<Entry> = (0..50).map(|n| entry(n + 1, n / 2)).collect();
        assert_eq!(units(&spread).len(), 53);
        let crowd: Vec<Entry> =
            (1..=10_000).map(|listing| entry(listing, 5)).chain([entry(20_000, 6)]).collect();
        let shared = units(&crowd);
        assert_eq!(named(&shared[3..]), ["auction-h1-settle-1.timer", "auction-h1-settle-20000.timer"]);
        assert!(shared[3].text.contains("\nUnit=auction-h1-due@1.service\n"));
        assert_eq!(read(&shared[3].text).unwrap().1.len(), 10_000);
        assert!(shared[4].text.contains("\nUnit=auction-h1-settle@20000.service\n"));
    }

    #[test]
    fn paths_are_quoted_by_the_rules_of_systemd() {
        for (path, quoted) in [
            ("/a b", r#""/a b""#),
            ("/100%", r#""/100%%""#),
            ("/a\"b", r#""/a\"b""#),
            (r"/a\b", r#""/a\\b""#),
            ("/a\nb\tc", r#""/a\nb\x09c""#),
            ("/it's; 집", r#""/it's; 집""#),
            ("/a$b${c}", r#""/a$b${c}""#),
        ] {
            assert_eq!(quote(path), quoted);
        }
        assert_eq!(command(&owner("/a", "/$b")).unwrap(), r#":"/a" --data-dir "/$b""#);
    }

    #[test]
    fn what_systemd_cannot_run_is_refused() {
        for path in ["/a\"b", "/a'b", "/a\\b", "/a\nb", "/a\0b", "relative", "", "/a (deleted)"] {
            assert!(units(&owner(path, "/b"), &[]).is_err(), "{path:?}");
        }
        for path in ["/a\0b", "relative", ""] {
            assert!(units(&owner("/a", path), &[]).is_err(), "{path:?}");
        }
    }

    #[test]
    fn the_units_of_another_house_are_not_ours() {
        let owner = owner("/a", "/b");
        for unit in units(&owner, &[entry(7, 17)]).unwrap() {
            assert!(is_ours(&owner, &unit.name), "{}", unit.name);
        }
        for name in [
            "auction.service",
            "auction-h1-settle-.timer",
            "auction-h1-settle-7a.timer",
            "auction-h1-settle-7.service",
            "auction-h1-settle-sweep.timer",
            "auction-h2-settle-7.timer",
            "auction-h1-2-settle-7.timer",
            "auction-h1-2-sweep.timer",
        ] {
            assert!(!is_ours(&owner, name), "{name}");
        }
    }
}
