//! Our lines as Debian's cron runs them, over an injected clock and zone: a model of the loop in its `cron.c` (3.0pl1;
//! cronie has the same), which keeps a virtual clock in local minutes and treats fixed hours specially wherever the
//! clock jumps.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use super::minute::{MINUTE, fire_minute};
use super::stand_in::at;
use super::zone::Zone;

/// cron's `MINUTE_COUNT` times 3: beyond it a change of the clock is no change to or from summer time.
const THREE_HOURS: i64 = 3 * 60;

/// For which local minute cron looks for jobs, and whether for those with a `*` in minute or hour, and for the others.
struct Pass {
    /// Minute, hour, day, month.
    local: [u32; 4],
    wild: bool,
    fixed: bool,
}

struct Daemon {
    virtual_minute: i64,
}

impl Daemon {
    /// Wakes in this local minute.
    fn wake(&mut self, running: i64) -> Vec<Pass> {
        let pass = |minute: i64, wild, fixed| {
            let at = DateTime::from_timestamp(minute * 60, 0).unwrap();
            Pass { local: [at.minute(), at.hour(), at.day(), at.month()], wild, fixed }
        };
        let behind = self.virtual_minute + 1..=running;
        match running - self.virtual_minute {
            // A little late: every minute is caught up with.
            1..=5 => {
                self.virtual_minute = running;
                behind.map(|minute| pass(minute, true, true)).collect()
            }
            // Summer time begins: the skipped hour's fixed lines at once.
            6..=THREE_HOURS => {
                self.virtual_minute = running;
                let skipped = behind.map(|minute| pass(minute, false, true));
                std::iter::once(pass(running, true, false)).chain(skipped).collect()
            }
            // Summer time ends: fixed lines have run, and are silent till the virtual clock is caught up with.
            ahead if ahead <= 0 && ahead > -THREE_HOURS => vec![pass(running, true, false)],
            _ => {
                self.virtual_minute = running;
                vec![pass(running, true, true)]
            }
        }
    }
}

/// Every minute in which cron wakes, with the passes it makes. `clock` is what the machine shows.
fn wakes(zone: &Zone, clock: impl IntoIterator<Item = DateTime<Utc>>) -> Vec<(DateTime<Utc>, Vec<Pass>)> {
    let local = |at: DateTime<Utc>| (at.timestamp() + zone.offset_s(at.timestamp())).div_euclid(60);
    let mut clock = clock.into_iter().peekable();
    let first = local(*clock.peek().unwrap());
    let mut daemon = Daemon { virtual_minute: first - 1 };
    clock.map(|at| (at, daemon.wake(local(at)))).collect()
}

/// Each minute from one instant to another.
fn minutes(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    (0..).map(move |n| from + MINUTE * n).take_while(move |at| *at < to)
}

/// The minutes in which cron starts the line `M H D Mon *`.
fn started<'w>(
    when: &str,
    wakes: impl IntoIterator<Item = &'w (DateTime<Utc>, Vec<Pass>)>,
) -> Vec<DateTime<Utc>> {
    let fields: Vec<Option<u32>> = when.split(' ').map(|field| field.parse().ok()).collect();
    let is_wild = fields[0].is_none() || fields[1].is_none();
    let starts = |pass: &Pass| {
        let matches =
            pass.local.iter().zip(&fields).all(|(now, field)| field.is_none_or(|field| field == *now));
        matches && if is_wild { pass.wild } else { pass.fixed }
    };
    wakes.into_iter().filter(|(_, passes)| passes.iter().any(starts)).map(|(at, _)| *at).collect()
}

/// Zone, and instants around which a day is looked at.
const NIGHTS: [(&str, &[&str]); 9] = [
    ("UTC0", &["2026-12-31T23:59:00Z", "2028-02-29T12:00:00Z"]),
    ("KST-9", &["2026-12-31T15:00:00Z", "2028-02-28T15:00:00Z"]),
    ("<+0545>-5:45", &["2026-11-22T18:15:00Z"]),
    // Both nights of Berlin, New York, Lord Howe (half an hour), Santiago (at midnight), Troll (two hours), Havana (at
    // 0:00).
    ("CET-1CEST,M3.5.0,M10.5.0/3", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("EST5EDT,M3.2.0,M11.1.0", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"]),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", &["2026-10-03T15:30:00Z", "2026-04-04T15:00:00Z"]),
    ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", &["2026-09-06T04:00:00Z", "2026-04-05T03:00:00Z"]),
    ("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("CST5CDT,M3.2.0/0,M11.1.0/1", &["2026-03-08T05:00:00Z", "2026-11-01T05:00:00Z"]),
];

/// Whenever it was registered, before the change, in a repeated hour or after it, and whenever it closes.
#[test]
fn a_line_starts_in_the_minute_of_its_deadline_on_every_night_of_the_year() {
    for (posix, nights) in NIGHTS {
        let zone = Zone::named(posix).unwrap();
        for night in nights {
            let night = at(night);
            let wakes = wakes(&zone, minutes(night - TimeDelta::hours(30), night + TimeDelta::hours(30)));
            for closes_at in minutes(night - TimeDelta::hours(7), night + TimeDelta::hours(7)).step_by(7) {
                for ahead_min in [2, 61, 119, 200, 23 * 60] {
                    let armed_at = closes_at - MINUTE * ahead_min;
                    let fires_at = fire_minute(closes_at, armed_at, None);
                    let when = zone.when(fires_at);
                    let started = started(&when, wakes.iter().filter(|(at, _)| *at > armed_at));
                    let words =
                        format!("{when} in {posix}, closes {closes_at}, armed {armed_at}: {started:?}");
                    assert!(started.contains(&fires_at), "{words}");
                    assert!(started.len() <= 26, "{words}");
                }
            }
        }
    }
}

/// Why the hour is left open: with a fixed one the model, as the real one, is an hour early or silent.
#[test]
fn a_fixed_hour_would_be_lost_in_the_repeated_hour() {
    let zone = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
    let wakes = wakes(&zone, minutes(first - TimeDelta::hours(3), second + TimeDelta::hours(3)));
    assert_eq!(started("30 2 25 10 *", &wakes), [first]);
    let ours = started(&zone.when(second), &wakes);
    assert!(ours.contains(&first) && ours.contains(&second), "{ours:?}");
}

/// After a clock that was set, lines with a fixed hour may be silent for hours: the sweep is not.
#[test]
fn the_sweep_starts_in_every_minute_however_the_clock_is_set() {
    let zone = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let noon = at("2026-11-22T12:00:00Z");
    for step_min in [-600, -179, -60, -1, 2, 30, 179, 600] {
        let after = noon + MINUTE * step_min;
        let clock =
            minutes(noon - TimeDelta::hours(2), noon).chain(minutes(after, after + TimeDelta::hours(6)));
        let wakes = wakes(&zone, clock);
        assert_eq!(started("* * * * *", &wakes).len(), wakes.len(), "{step_min} min");
    }
    // A listing that closes an hour after the clock went back by two: its own line is silent, as cron has it.
    let back = noon - TimeDelta::hours(2);
    let clock = minutes(noon - TimeDelta::hours(3), noon).chain(minutes(back, back + TimeDelta::hours(4)));
    let line = zone.when(back + TimeDelta::hours(1));
    assert_eq!(started(&line, &wakes(&zone, clock)).len(), 1, "before the step, and not again");
}

/// A line has no year: one that closes in a year or so may start a year early, when `settle` finds it not due.
#[test]
fn a_deadline_in_the_next_year_starts_then_too() {
    let zone = Zone::named("UTC0").unwrap();
    let closes_at = at("2027-11-22T18:00:17Z");
    let when = zone.when(fire_minute(closes_at, at("2026-11-22T12:00:00Z"), None));
    for year in ["2026", "2027"] {
        let day = at(&format!("{year}-11-22T00:00:00Z"));
        let wakes = wakes(&zone, minutes(day, day + TimeDelta::days(1)));
        assert_eq!(started(&when, &wakes), [at(&format!("{year}-11-22T18:00:00Z"))]);
    }
}
