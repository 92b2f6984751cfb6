//! Instants as people read them: in the house's zone, which is always named. Reads what a person typed there, too.
//! Never reads a clock.

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, Timelike, Utc};
use tz::TimeZone;

use crate::web::words::{Lang, Words};

/// The zone in which a house shows and reads times.
#[derive(Clone, Debug)]
pub struct Zone {
    pub name: String,
    rules: TimeZone,
}

/// Why a typed local time is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoInstant {
    Unreadable,
    /// The clocks were put forward over it.
    Skipped,
}

impl Zone {
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_string(), rules: TimeZone::utc() }
    }

    /// A zone by its name in the system's zone files, `Asia/Seoul`, or as a POSIX rule. `localtime` is the machine's.
    pub fn named(name: &str) -> Result<Zone> {
        let rules = TimeZone::from_posix_tz(name).with_context(|| format!("time zone {name}"))?;
        Ok(Zone { name: name.to_string(), rules })
    }

    /// Seconds east of UTC at that instant.
    pub fn offset_s(&self, at: DateTime<Utc>) -> i32 {
        self.rules.find_local_time_type(at.timestamp()).map_or(0, |kind| kind.ut_offset())
    }

    /// `KST`, `CEST`, or `UTC+05:30` where the zone has no letters of its own.
    pub fn letters(&self, at: DateTime<Utc>) -> String {
        let kind = self.rules.find_local_time_type(at.timestamp());
        let letters = kind.as_ref().map_or("UTC", |kind| kind.time_zone_designation());
        if letters.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return letters.to_string();
        }
        let offset = self.offset_s(at);
        let sign = if offset < 0 { '−' } else { '+' };
        format!("UTC{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60)
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

    /// `Sun 22 Nov 17:45 KST`, with the seconds where there are any.
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

    /// Reads a `datetime-local` field in this zone. Of an hour that comes twice it takes the first.
    pub fn parse(&self, typed: &str) -> Result<DateTime<Utc>, NoInstant> {
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(typed.trim(), format).ok())
            .ok_or(NoInstant::Unreadable)?;
        // Every offset in force within a day of it is tried; the one that leads back to the same local time is right.
        let near = local.and_utc();
        let mut found: Vec<DateTime<Utc>> = [-1, 0, 1]
            .iter()
            .filter_map(|day| near.checked_add_signed(chrono::TimeDelta::days(*day)))
            .filter_map(|probe| near.checked_sub_signed(seconds(self.offset_s(probe))))
            .filter(|instant| self.local(*instant) == local)
            .collect();
        found.sort();
        found.first().copied().ok_or(NoInstant::Skipped)
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

/// RFC 3339 in UTC with milliseconds, as the contract writes every time.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whole seconds until `at`, begun ones counted whole, never below 0.
pub fn seconds_left(at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let ms = (at - now).num_milliseconds().max(0);
    (ms + 999) / 1000
}

/// `0:42`, `12:05`, `1:02:03`, `2 d 01:02:03`. The script writes the same.
pub fn countdown(left_s: i64, words: Words) -> String {
    let (days, hours, minutes, seconds) =
        (left_s / 86_400, left_s / 3600 % 24, left_s / 60 % 60, left_s % 60);
    if days > 0 {
        return words.t2(
            "countdown-days",
            ("d", days),
            ("rest", format!("{hours:02}:{minutes:02}:{seconds:02}")),
        );
    }
    if hours > 0 {
        return format!("{hours}:{minutes:02}:{seconds:02}");
    }
    format!("{minutes}:{seconds:02}")
}

/// A length of time in its largest even unit: `90 s`, `20 min`, `24 h`, `7 days`.
pub fn duration(length_s: i64, words: Words) -> String {
    for (key, unit_s) in [("span-days", 86_400), ("span-hours", 3600), ("span-minutes", 60)] {
        if length_s >= unit_s && length_s % unit_s == 0 {
            return words.t1(key, "n", length_s / unit_s);
        }
    }
    words.t1("span-seconds", "n", length_s)
}

/// True from midnight to midnight of the house's day; rows of today show the time alone.
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
    fn a_typed_time_is_one_instant_even_on_nights_of_daylight_saving() {
        let berlin = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (typed, expected) in [
            ("2026-06-01T12:00", Ok("2026-06-01T10:00:00Z")),
            ("2026-12-01T12:00:30", Ok("2026-12-01T11:00:30Z")),
            ("2026-03-29T01:59", Ok("2026-03-29T00:59:00Z")),
            ("2026-03-29T02:30", Err(NoInstant::Skipped)),
            ("2026-03-29T03:00", Ok("2026-03-29T01:00:00Z")),
            ("2026-10-25T02:30", Ok("2026-10-25T00:30:00Z")),
            ("tomorrow", Err(NoInstant::Unreadable)),
            ("", Err(NoInstant::Unreadable)),
        ] {
            assert_eq!(berlin.parse(typed), expected.map(instant), "{typed}");
        }
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
            ("2026-11-22T10:57:57Z", "1:02:03"),
            ("2026-11-20T10:57:57Z", "2 d 01:02:03"),
        ] {
            assert_eq!(countdown(seconds_left(closes_at, instant(now)), words), text);
        }
    }
}
