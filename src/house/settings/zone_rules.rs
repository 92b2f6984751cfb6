//! A zone's rules, and the offset from UTC that they yield.

use tz::{TimeZone, TimeZoneSettings};

/// Parses a POSIX rule such as `KST-9` or `CET-1CEST,M3.5.0,M10.5.0/3`.
pub(in crate::house) fn posix_rule(text: &str) -> Option<TimeZone> {
    let no_files = TimeZoneSettings::new(&[], |_| Err("no file is read".into()));
    no_files.parse_posix_tz(text).ok()
}

/// The offset at that instant, in seconds east of UTC.
pub fn offset_s(rules: &TimeZone, unix_s: i64) -> i32 {
    rules.find_local_time_type(unix_s).map_or(0, |kind| kind.ut_offset())
}

/// Formats an offset in seconds east of UTC as `UTC+09:00`.
pub fn offset_words(offset_s: i32) -> String {
    let sign = if offset_s < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", offset_s.abs() / 3600, offset_s.abs() / 60 % 60)
}
