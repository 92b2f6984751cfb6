//! Writes instants as people read them, in the house's zone, which is always named, and reads what people type. Never
//! reads a clock.

use anyhow::Result;
use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use tz::TimeZone;

use crate::house::settings::zones::{self, Known};
use crate::house::settings::{Settings, zone_rules};
use crate::text::i18n::{Lang, Words};

/// The zone in which a house shows and reads times.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The name in the tz database, if it has one.
    name: Option<String>,
    rules: TimeZone,
}

/// The meaning of a typed local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed {
    pub at: DateTime<Utc>,
    /// Whether the clocks are put back over it: it comes twice, and the earlier one is taken.
    pub comes_again: bool,
}

/// A period with one offset, for the script: its start in Unix milliseconds, the seconds east of UTC, and the zone's
/// letters.
pub type Span = (i64, i32, String);

/// The sentence about a local time that is skipped.
pub const SKIPPED: &str = "The clocks go forward then, so this time does not exist.";

/// Why a typed local time names no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoInstant {
    Unreadable,
    /// The clocks are put forward over it.
    Skipped,
}

impl Zone {
    pub fn utc() -> Zone {
        let Known { name, rules } = Known::utc();
        Zone { name, rules }
    }

    /// Reads the setting `zone`. Refused where it names no zone.
    pub fn named(setting: &str) -> Result<Zone> {
        let Known { name, rules } = zones::of_setting(setting)?;
        Ok(Zone { name, rules })
    }

    /// A house's zone; UTC if its setting cannot be read.
    pub fn of(settings: &Settings) -> Zone {
        Zone::named(&settings.zone).unwrap_or_else(|_| Zone::utc())
    }

    /// `Asia/Seoul`, or the letters at that instant if the zone has no name.
    pub fn label(&self, at: DateTime<Utc>) -> String {
        self.name.clone().unwrap_or_else(|| self.letters(at))
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_s(&self, at: DateTime<Utc>) -> i32 {
        zone_rules::offset_s(&self.rules, at.timestamp())
    }

    /// `KST`, `CEST`, or `UTC+05:30` if the zone has no letters of its own.
    pub fn letters(&self, at: DateTime<Utc>) -> String {
        let kind = self.rules.find_local_time_type(at.timestamp());
        let letters = kind.as_ref().map_or("UTC", |kind| kind.time_zone_designation());
        let offset = self.offset_s(at);
        // A POSIX rule may call any offset by any letters.
        let is_false = offset != 0 && ["UTC", "GMT", "Z"].contains(&letters);
        if letters.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_false {
            return letters.to_string();
        }
        zone_rules::offset_words(offset)
    }

    /// `22 Nov 2026, 17:45:36 KST` or `2026년 11월 22일 17:45:36 KST`.
    pub fn full(&self, at: DateTime<Utc>, lang: Lang) -> String {
        let local = self.local(at);
        let (year, month, day) = (local.year(), local.month(), local.day());
        let time = local.format("%H:%M:%S");
        let letters = self.letters(at);
        match lang {
            Lang::En => format!("{day} {} {year}, {time} {letters}", MONTHS[month as usize - 1]),
            Lang::Ko => format!("{year}년 {month}월 {day}일 {time} {letters}"),
        }
    }

    /// `Sun 22 Nov 17:45 KST`, with the seconds if they are not zero.
    pub fn short(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let time = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        format!("{} {}", local.format(&format!("%a %-d %b {time}")), self.letters(at))
    }

    /// `17:45:36`.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%H:%M:%S").to_string()
    }

    /// The value of a `datetime-local` field: `2026-11-22T17:45`.
    pub fn field(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// The offsets in force for `days` days from `from` on, each with its start.
    pub fn spans(&self, from: DateTime<Utc>, days: i64) -> Vec<Span> {
        let mut spans = vec![(from.timestamp_millis(), self.offset_s(from), self.letters(from))];
        let mut before = from;
        // No zone changes twice within a week.
        for probe in (1..=days / 7 + 1).filter_map(|n| from.checked_add_signed(TimeDelta::days(7 * n))) {
            if self.offset_s(probe) != self.offset_s(before) {
                let at = self.change_between(before, probe);
                spans.push((at.timestamp_millis(), self.offset_s(at), self.letters(at)));
            }
            before = probe;
        }
        spans
    }

    /// The first second with the offset of `after`.
    fn change_between(&self, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
        let (mut before_s, mut after_s) = (before.timestamp(), after.timestamp());
        let of = |unix_s| self.offset_s(DateTime::from_timestamp(unix_s, 0).unwrap_or(after));
        while after_s - before_s > 1 {
            let middle_s = before_s + (after_s - before_s) / 2;
            if of(middle_s) == of(after_s) { after_s = middle_s } else { before_s = middle_s }
        }
        DateTime::from_timestamp(after_s, 0).unwrap_or(after)
    }

    /// Reads a `datetime-local` field in this zone. A time that comes twice is the earlier one, unless that has passed
    /// by `now`.
    pub fn parse(&self, typed: &str, now: DateTime<Utc>) -> Result<Typed, NoInstant> {
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(typed.trim(), format).ok())
            .ok_or(NoInstant::Unreadable)?;
        // Tries each offset in force within a day; right is what leads back to the same local time.
        let near = local.and_utc();
        let mut found: Vec<DateTime<Utc>> = [-1, 0, 1]
            .iter()
            .filter_map(|day| near.checked_add_signed(chrono::TimeDelta::days(*day)))
            .filter_map(|probe| near.checked_sub_signed(seconds(self.offset_s(probe))))
            .filter(|instant| self.local(*instant) == local)
            .collect();
        found.sort();
        found.dedup();
        let earlier = *found.first().ok_or(NoInstant::Skipped)?;
        let ahead = found.iter().find(|at| **at > now).copied().unwrap_or(earlier);
        Ok(Typed { at: ahead, comes_again: found.last() != Some(&ahead) })
    }

    fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc().checked_add_signed(seconds(self.offset_s(at))).unwrap_or(at.naive_utc())
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn seconds(offset_s: i32) -> chrono::TimeDelta {
    chrono::TimeDelta::seconds(i64::from(offset_s))
}

/// RFC 3339 in UTC with milliseconds, as in the API.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whole seconds until `at`, rounded up; 0 once it has passed.
pub fn seconds_left(at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let ms = (at - now).num_milliseconds().max(0);
    (ms + 999) / 1000
}

/// `0:42`, `9:59`, `23 min`, `1 h 2 min`, `2 d 1 h`: seconds only in the last ten minutes, so that nobody takes the time
/// left for a time of day. The script writes the same.
pub fn countdown(left_s: i64, words: Words) -> String {
    let (days, hours, minutes) = (left_s / 86_400, left_s / 3600 % 24, left_s / 60 % 60);
    if days > 0 {
        return words.t2("countdown-days", ("d", days), ("h", hours));
    }
    if hours > 0 {
        return words.t2("countdown-hours", ("h", hours), ("min", minutes));
    }
    if minutes >= 10 {
        return words.t1("span-minutes", "n", minutes);
    }
    format!("{minutes}:{:02}", left_s % 60)
}

/// A duration in the largest unit that divides it: `90 s`, `20 min`, `24 h`, `7 days`.
pub fn duration(length_s: i64, words: Words) -> String {
    for (key, unit_s) in [("span-days", 86_400), ("span-hours", 3600), ("span-minutes", 60)] {
        if length_s >= unit_s && length_s % unit_s == 0 {
            return words.t1(key, "n", length_s / unit_s);
        }
    }
    words.t1("span-seconds", "n", length_s)
}

/// Whether two instants fall on one day of the house. Rows of today show the time alone.
pub fn same_day(zone: &Zone, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    let (one, other) = (zone.local(one), zone.local(other));
    one.num_days_from_ce() == other.num_days_from_ce() && one.hour() < 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_reads_in_the_houses_zone() {
        let at = instant("2026-11-22T08:45:36.789Z");
        let seoul = Zone::named("KST-9").unwrap();
        assert_eq!(seoul.full(at, Lang::En), "22 Nov 2026, 17:45:36 KST");
        assert_eq!(seoul.full(at, Lang::Ko), "2026년 11월 22일 17:45:36 KST");
        let kathmandu = Zone::named("<+0545>-5:45").unwrap();
        assert_eq!(kathmandu.full(at, Lang::En), "22 Nov 2026, 14:30:36 UTC+05:45");
        assert_eq!(rfc3339(at), "2026-11-22T08:45:36.789Z");
    }

    #[test]
    fn letters_that_would_mislead_are_not_shown() {
        let at = instant("2026-11-22T08:45:36Z");
        for (setting, letters) in [
            ("Asia/Seoul", "KST"),
            ("Etc/GMT-9", "UTC+09:00"),
            ("UTC+9", "UTC−09:00"), // a rule of an older house, nine hours behind UTC
            ("UTC", "UTC"),
            ("Europe/London", "GMT"),
            ("Africa/Casablanca", "UTC+01:00"),
        ] {
            assert_eq!(Zone::named(setting).unwrap().letters(at), letters, "{setting}");
        }
        assert_eq!(Zone::named("UTC+9").unwrap().label(at), "UTC−09:00");
        assert_eq!(Zone::named("Asia/Seoul").unwrap().label(at), "Asia/Seoul");
    }

    fn check(zone: &str, cases: &[(&str, &str)]) {
        let zone = Zone::named(zone).unwrap();
        for (typed, expected) in cases {
            let read = match zone.parse(typed, instant("2000-01-01T00:00:00Z")) {
                Ok(Typed { at, comes_again: false }) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
                Ok(Typed { at, comes_again: true }) => at.format("%Y-%m-%dT%H:%M:%S twice").to_string(),
                Err(why) => format!("{why:?}"),
            };
            assert_eq!(read, *expected, "{typed} in {zone:?}");
        }
    }

    #[test]
    fn a_typed_time_is_one_instant_even_on_nights_of_daylight_saving() {
        check(
            "Europe/Berlin",
            &[
                ("2026-06-01T12:00", "2026-06-01T10:00:00"),
                (" 2026-12-01T12:00:30 ", "2026-12-01T11:00:30"),
                ("2026-03-29T01:59", "2026-03-29T00:59:00"),
                ("2026-03-29T02:00", "Skipped"),
                ("2026-03-29T02:59:59", "Skipped"),
                ("2026-03-29T03:00", "2026-03-29T01:00:00"),
                ("2026-10-25T01:59:59", "2026-10-24T23:59:59"),
                ("2026-10-25T02:00", "2026-10-25T00:00:00 twice"),
                ("2026-10-25T02:59:59", "2026-10-25T00:59:59 twice"),
                ("2026-10-25T03:00", "2026-10-25T02:00:00"),
                ("tomorrow", "Unreadable"),
                ("", "Unreadable"),
            ],
        );
        check(
            "America/New_York",
            &[
                ("2027-03-14T02:30", "Skipped"),
                ("2027-03-14T03:00", "2027-03-14T07:00:00"),
                ("2026-11-01T01:30", "2026-11-01T05:30:00 twice"),
                ("2026-11-01T02:00", "2026-11-01T07:00:00"),
            ],
        );
        // Half an hour.
        check(
            "Australia/Lord_Howe",
            &[
                ("2026-10-04T02:00", "Skipped"),
                ("2026-10-04T02:29", "Skipped"),
                ("2026-10-04T02:30", "2026-10-03T15:30:00"),
                ("2026-04-05T01:29", "2026-04-04T14:29:00"),
                ("2026-04-05T01:30", "2026-04-04T14:30:00 twice"),
                ("2026-04-05T01:59", "2026-04-04T14:59:00 twice"),
                ("2026-04-05T02:00", "2026-04-04T15:30:00"),
            ],
        );
        check(
            "Asia/Seoul",
            &[("2026-03-29T02:30", "2026-03-28T17:30:00"), ("2026-10-25T02:30", "2026-10-24T17:30:00")],
        );
        // The 30th of December 2011 was left out, when the islands crossed the date line.
        check(
            "Pacific/Apia",
            &[
                ("2011-12-29T23:59", "2011-12-30T09:59:00"),
                ("2011-12-30T00:00", "Skipped"),
                ("2011-12-30T12:00", "Skipped"),
                ("2011-12-31T00:00", "2011-12-30T10:00:00"),
            ],
        );
        // Back for Ramadan, and forward again after it.
        check(
            "Africa/Casablanca",
            &[
                ("2026-02-15T02:30", "2026-02-15T01:30:00 twice"),
                ("2026-02-15T03:00", "2026-02-15T03:00:00"),
                ("2026-03-22T02:30", "Skipped"),
                ("2026-03-22T03:00", "2026-03-22T02:00:00"),
            ],
        );
    }

    /// Within the hour that comes twice, a time of which the earlier one has passed is the later.
    #[test]
    fn a_time_that_has_passed_once_is_the_one_that_is_still_to_come() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let read = |now: &str| berlin.parse("2026-10-25T02:30", instant(now)).unwrap();
        let earlier = Typed { at: instant("2026-10-25T00:30:00Z"), comes_again: true };
        let later = Typed { at: instant("2026-10-25T01:30:00Z"), comes_again: false };
        assert_eq!(read("2026-10-25T00:29:59Z"), earlier);
        assert_eq!(read("2026-10-25T00:30:00Z"), later);
        assert_eq!(read("2026-10-25T02:00:00Z"), earlier, "both have passed");
    }

    #[test]
    fn the_script_knows_every_offset_of_the_year_ahead() {
        let spans = |zone: &str| {
            let spans = Zone::named(zone).unwrap().spans(instant("2026-01-01T12:00:00.500Z"), 400);
            spans
                .into_iter()
                .map(|(from_ms, offset_s, letters)| {
                    let from = DateTime::from_timestamp_millis(from_ms).unwrap();
                    (from.format("%m-%dT%H:%M:%S").to_string(), offset_s / 60, letters)
                })
                .collect::<Vec<_>>()
        };
        let span = |from: &str, offset_min, letters: &str| (from.to_owned(), offset_min, letters.to_owned());
        assert_eq!(spans("Asia/Seoul"), [span("01-01T12:00:00", 540, "KST")]);
        let berlin = [
            span("01-01T12:00:00", 60, "CET"),
            span("03-29T01:00:00", 120, "CEST"),
            span("10-25T01:00:00", 60, "CET"),
        ];
        assert_eq!(spans("Europe/Berlin"), berlin);
        // Two Ramadans begin, and one ends.
        assert_eq!(spans("Africa/Casablanca").len(), 4);
    }

    #[test]
    fn a_countdown_reaches_zero_at_the_instant_itself() {
        let words = Words::default();
        let closes_at = instant("2026-11-22T12:00:00Z");
        for (now, text) in [
            ("2026-11-22T12:00:00Z", "0:00"),
            ("2026-11-22T12:00:05Z", "0:00"),
            ("2026-11-22T11:59:59.999Z", "0:01"),
            ("2026-11-22T11:59:18Z", "0:42"),
            ("2026-11-22T11:50:01Z", "9:59"),
            ("2026-11-22T11:50:00Z", "10 min"),
            ("2026-11-22T11:36:01Z", "23 min"),
            ("2026-11-22T10:57:57Z", "1 h 2 min"),
            ("2026-11-20T10:57:57Z", "2 d 1 h"),
        ] {
            assert_eq!(countdown(seconds_left(closes_at, instant(now)), words), text);
        }
    }
}
