//! The time zone in which the cron daemon reads its lines: the machine's `/etc/localtime`, never `$TZ`, which is this
//! process's own. Translates UTC into a line's five fields.
//!
//! Around a clock change a line with a fixed hour cannot be trusted: in the repeated hour it runs in the first pass
//! only, and one that is registered in that hour runs a year later. A line with `*` for the hour is matched against the
//! real time of each minute, so within three hours of a change the hour is written as `*`. The line then runs once in
//! each hour of its day; where its listing is not due, or settled, it does nothing.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tz::TimeZone;

pub(super) struct Zone(TimeZone);

/// How far from a clock change cron may treat fixed hours specially (Debian, cronie: up to 3 h).
const WARY_S: i64 = 3 * 3600;

impl Zone {
    /// Reads the zone anew each time, because a server outlives a change of the machine's zone. A machine without the
    /// file runs in UTC; a file that is not a zone is refused.
    pub fn read(localtime: &Path) -> Result<Zone> {
        match std::fs::read(localtime) {
            Ok(bytes) => TimeZone::from_tz_data(&bytes)
                .map(Zone)
                .with_context(|| format!("{} is not a time zone", localtime.display())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Zone(TimeZone::utc())),
            Err(e) => Err(e).with_context(|| format!("read the time zone {}", localtime.display())),
        }
    }

    /// Finds the zone that a `TZ` variable names: a file of the zone database, or rules such as
    /// `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub fn named(tz: &str) -> Option<Zone> {
        let name = tz.strip_prefix(':').unwrap_or(tz);
        let file = Path::new("/usr/share/zoneinfo").join(name);
        let by_file = std::fs::read(file).ok().and_then(|bytes| TimeZone::from_tz_data(&bytes).ok());
        by_file.or_else(|| TimeZone::from_posix_tz(name).ok()).map(Zone)
    }

    /// Returns whether both show the same time all through a year.
    pub fn agrees_with(&self, other: &Zone) -> bool {
        // Half a month apart, from 2026 on.
        (0..26).map(|n| 1_767_225_600 + n * 14 * 86_400).all(|at| self.offset_s(at) == other.offset_s(at))
    }

    /// Returns the offset from UTC at that time: `+09:00`.
    pub fn offset(&self, at: DateTime<Utc>) -> String {
        let minutes = self.offset_s(at.timestamp()) / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// Returns `M H D Mon *` for the minute that contains this instant. The day of the week is never used: with it,
    /// cron would run the line on either match.
    pub fn when(&self, at: DateTime<Utc>) -> String {
        let local = at + chrono::TimeDelta::seconds(self.offset_s(at.timestamp()));
        if self.is_near_a_change(at.timestamp()) {
            local.format("%-M * %-d %-m *").to_string()
        } else {
            local.format("%-M %-H %-d %-m *").to_string()
        }
    }

    fn is_near_a_change(&self, unix_s: i64) -> bool {
        let here = self.offset_s(unix_s);
        self.offset_s(unix_s - WARY_S) != here || self.offset_s(unix_s + WARY_S) != here
    }

    /// Returns the offset from UTC, in seconds to the east; 0 for instants that the zone's file does not cover.
    pub(super) fn offset_s(&self, unix_s: i64) -> i64 {
        self.0.find_local_time_type(unix_s).map_or(0, |kind| i64::from(kind.ut_offset()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(posix: &str, cases: &[(&str, &str)]) {
        let zone = Zone(TimeZone::from_posix_tz(posix).unwrap());
        for (at, when) in cases {
            assert_eq!(zone.when(at.parse().unwrap()), *when, "{at} in {posix}");
        }
    }

    #[test]
    fn a_line_is_written_in_local_time() {
        check("UTC0", &[("2026-11-22T18:00:17Z", "0 18 22 11 *"), ("2027-01-01T00:00:00Z", "0 0 1 1 *")]);
        check("KST-9", &[("2026-12-31T15:00:00Z", "0 0 1 1 *"), ("2026-12-31T14:59:59Z", "59 23 31 12 *")]);
        check("<+0545>-5:45", &[("2026-11-22T18:17:00Z", "2 0 23 11 *")]);
        check(
            "<-0330>3:30",
            &[("2026-03-01T02:10:00Z", "40 22 28 2 *"), ("2028-03-01T02:10:00Z", "40 22 29 2 *")],
        );
        check("UTC0", &[("2028-02-29T12:30:00Z", "30 12 29 2 *")]);
    }

    #[test]
    fn around_a_change_of_the_clocks_the_hour_is_left_open() {
        // Berlin: 2026-10-25 03:00 +02:00 -> 02:00 +01:00 and 2026-03-29 02:00 -> 03:00, both at 01:00 UTC.
        check(
            "CET-1CEST,M3.5.0,M10.5.0/3",
            &[
                ("2026-10-24T20:59:00Z", "59 22 24 10 *"),
                ("2026-10-25T00:30:00Z", "30 * 25 10 *"), // the first 02:30
                ("2026-10-25T01:30:00Z", "30 * 25 10 *"), // the second
                ("2026-10-25T03:59:00Z", "59 * 25 10 *"),
                ("2026-10-25T04:00:00Z", "0 5 25 10 *"),
                ("2026-03-29T00:59:00Z", "59 * 29 3 *"), // 01:59, the last minute before
                ("2026-03-29T01:00:00Z", "0 * 29 3 *"),  // 03:00
                ("2026-03-29T12:00:00Z", "0 14 29 3 *"),
            ],
        );
        // Lord Howe: half an hour, back at 02:00 on 2026-04-05 (15:00 UTC the day before).
        check(
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            &[("2026-04-04T14:45:00Z", "45 * 5 4 *"), ("2026-04-04T15:15:00Z", "45 * 5 4 *")],
        );
        // Back across midnight: 00:00 becomes 23:00 of the day before, and that day's last hour comes twice.
        check(
            "<-04>4<-03>,M10.1.0/0,M3.4.0/0",
            &[("2026-03-22T02:30:00Z", "30 * 21 3 *"), ("2026-03-22T03:30:00Z", "30 * 21 3 *")],
        );
    }

    #[test]
    fn a_machine_without_a_zone_runs_in_utc_and_a_broken_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        assert_eq!(Zone::read(&file).unwrap().when("2026-11-22T18:00:17Z".parse().unwrap()), "0 18 22 11 *");
        std::fs::write(&file, "no zone").unwrap();
        assert!(Zone::read(&file).is_err());
    }
}
