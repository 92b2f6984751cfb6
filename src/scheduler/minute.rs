//! The moment at which an entry must fire so that the scheduler surely runs it. Pure. It must never move an entry that
//! is good where it is, for each move is a write to the crontab.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

pub const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// cron reads its tabs once a minute, in the first two seconds: a line installed this long before a minute is surely
/// loaded for it, lock, wait and install included.
const CRON_MARGIN: TimeDelta = TimeDelta::seconds(10);

/// A task must be registered before it starts, or it counts as missed and starts 10 minutes late.
const TASK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// Returns the minute that contains the deadline or, when its margin has passed, the next one that cron will still
/// load. `armed` is kept if it is between that first minute and what would be chosen now.
pub fn fire_minute(
    closes_at: DateTime<Utc>,
    now: DateTime<Utc>,
    armed: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let first = floor(closes_at, MINUTE);
    let fresh = first.max(ceil(now + CRON_MARGIN, MINUTE));
    keep_or(armed, first, fresh)
}

/// Returns the same for tasks, which start to the second: the second in which the deadline has passed.
pub fn fire_second(
    closes_at: DateTime<Utc>,
    now: DateTime<Utc>,
    armed: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let second = TimeDelta::seconds(1);
    let first = ceil(closes_at, second);
    let fresh = first.max(ceil(now + TASK_MARGIN, second));
    keep_or(armed, first, fresh)
}

/// Returns whether cron may be reading its tabs (seconds 58 to 02): nothing is written then without need.
pub fn is_cron_reading(now: DateTime<Utc>) -> bool {
    now.second() >= 58 || now.second() <= 2
}

fn keep_or(armed: Option<DateTime<Utc>>, first: DateTime<Utc>, fresh: DateTime<Utc>) -> DateTime<Utc> {
    armed.filter(|at| (first..=fresh).contains(at)).unwrap_or(fresh)
}

/// Rounds down; `unit` must be whole seconds.
fn floor(at: DateTime<Utc>, unit: TimeDelta) -> DateTime<Utc> {
    let over = TimeDelta::seconds(at.timestamp().rem_euclid(unit.num_seconds()));
    at - over - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}

fn ceil(at: DateTime<Utc>, unit: TimeDelta) -> DateTime<Utc> {
    let whole = floor(at, unit);
    if whole == at { at } else { whole + unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-22T{text}Z").parse().unwrap()
    }

    #[test]
    fn a_line_stands_in_the_first_minute_that_cron_will_surely_load() {
        // closes at, now, armed, stands at
        for (closes, now, armed, stands) in [
            ("18:00:17", "12:00:00", None, "18:00:00"),
            ("18:00:00", "12:00:00", None, "18:00:00"),
            ("18:00:59.999", "17:59:50", None, "18:00:00"),
            ("18:00:17", "17:59:50.001", None, "18:01:00"),
            ("18:00:17", "18:00:05", None, "18:01:00"),
            ("18:00:55", "18:00:50", None, "18:01:00"),
            ("18:00:55", "18:00:50.5", None, "18:02:00"),
            ("18:00:17", "18:30:00", None, "18:31:00"),
            // armed in time, it stays as the minute comes, and after it
            ("18:00:17", "17:59:59", Some("18:00:00"), "18:00:00"),
            ("18:00:17", "18:00:30", Some("18:00:00"), "18:00:00"),
            ("18:00:17", "18:00:30", Some("18:01:00"), "18:01:00"),
            ("18:00:17", "19:00:00", Some("18:00:00"), "18:00:00"),
            // moved by a soft close: the old minute is too early
            ("18:05:17", "18:00:10", Some("18:00:00"), "18:05:00"),
            // nearer than it was armed for
            ("18:00:17", "17:00:00", Some("18:05:00"), "18:00:00"),
        ] {
            assert_eq!(
                fire_minute(at(closes), at(now), armed.map(at)),
                at(stands),
                "{closes} at {now}, {armed:?}"
            );
        }
    }

    #[test]
    fn a_task_starts_in_the_second_in_which_the_deadline_has_passed() {
        for (closes, now, armed, starts) in [
            ("18:00:17", "12:00:00", None, "18:00:17"),
            ("18:00:17.250", "12:00:00", None, "18:00:18"),
            ("18:00:17", "18:00:13.5", None, "18:00:19"),
            ("18:00:17", "18:00:16", Some("18:00:17"), "18:00:17"),
            ("18:00:37", "18:00:16", Some("18:00:17"), "18:00:37"),
        ] {
            assert_eq!(fire_second(at(closes), at(now), armed.map(at)), at(starts), "{closes} at {now}");
        }
    }

    #[test]
    fn midnight_leap_day_and_year_end_are_minutes_like_others() {
        for (closes, stands) in [
            ("2026-12-31T23:59:59.999Z", "2026-12-31T23:59:00Z"),
            ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02-29T12:30:15Z", "2028-02-29T12:30:00Z"),
        ] {
            let now = at("12:00:00");
            assert_eq!(
                fire_minute(closes.parse().unwrap(), now, None),
                stands.parse::<DateTime<Utc>>().unwrap()
            );
        }
        let late: DateTime<Utc> = "2026-12-31T23:59:51Z".parse().unwrap();
        assert_eq!(fire_minute(late, late, None), "2027-01-01T00:01:00Z".parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn an_armed_minute_never_moves_while_it_is_good() {
        let closes = at("18:00:17");
        let mut armed = None;
        let mut moves = 0;
        for second in 0..120 {
            let next = fire_minute(closes, at("17:58:30") + TimeDelta::seconds(second), armed);
            moves += usize::from(armed != Some(next));
            armed = Some(next);
        }
        assert_eq!(moves, 1);
    }

    #[test]
    fn cron_reads_its_tabs_around_the_full_minute() {
        let reading: Vec<u32> =
            (0..60).filter(|s| is_cron_reading(at("18:00:00") + TimeDelta::seconds(i64::from(*s)))).collect();
        assert_eq!(reading, [0, 1, 2, 58, 59]);
    }
}
