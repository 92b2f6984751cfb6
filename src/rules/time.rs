//! Instants: whole milliseconds of Unix time, UTC. No clock is read here.

use chrono::{DateTime, Months, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads RFC 3339 with any offset; parts finer than a millisecond are dropped.
    pub fn parse(text: &str) -> Option<Time> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Time(at.timestamp_millis()))
    }

    pub fn plus_s(self, seconds: i64) -> Time {
        self.plus_ms(seconds.saturating_mul(1_000))
    }

    pub fn plus_ms(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// The same day and time a year later; 28 February for the 29th.
    pub fn plus_a_year(self) -> Time {
        Time((self.utc() + Months::new(12)).timestamp_millis())
    }

    /// Milliseconds from `earlier` to this instant; negative if that is later.
    pub fn ms_since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).expect("times of the house lie in chrono's range")
    }
}

/// RFC 3339, UTC, with milliseconds: `2026-11-22T18:00:17.000Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_any_offset_and_shows_utc_with_milliseconds() {
        let at = Time::parse("2026-11-22T18:00:17.25+05:30").unwrap();
        assert_eq!(at.to_string(), "2026-11-22T12:30:17.250Z");
        let leap_day = Time::parse("2028-02-29T00:00:00Z").unwrap();
        assert_eq!(leap_day.plus_a_year().to_string(), "2029-02-28T00:00:00.000Z");
        assert_eq!(Time::parse("tomorrow"), None);
        assert_eq!(Time::parse("2026-11-22T18:00:17"), None, "an offset is needed");
    }
}
