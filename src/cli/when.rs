//! Times and durations as an admin writes them: `20:30`, `Sat 20:30`, `tomorrow 9:00`, `2026-12-24 20:30`, `+90m`, or
//! RFC 3339. Local ones are in the house's zone, and each answer repeats them, so that a misreading is seen.

use super::Stop;
use super::import::moment;
use super::out::Out;
use crate::house::House;
use crate::rules::time::Time;
use crate::text::dates::{NoInstant, SKIPPED, Typed, Zone};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Weekday};

/// The name of a value that is a time, in the help.
pub const TIME: &str = "TIME";

const WANTED: &str =
    "a time such as 20:30, \"Sat 20:30\", \"2026-12-24 20:30\", +90m or 2026-11-22T18:00:00Z";
const DURATION: &str = "a duration such as 90s, 20m, 2h or 1h30m";
/// The longest that clocks were ever put forward, in minutes: a whole day.
const MAX_GAP_MIN: i64 = 24 * 60;

/// A time as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    text: String,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// With its offset.
    At(Time),
    /// From now, in seconds; below zero for what has passed.
    FromNow(i64),
    /// A time of day, `20:30:00`, on a day; without a time of day the beginning of that day is meant.
    Local { day: Day, time: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Day {
    /// The one on which the time of day comes next, or came last.
    Any,
    /// Days from today.
    Away(i64),
    Of(Weekday),
    Date(NaiveDate),
}

/// Which of several days is meant by a time of day, or by a day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The next one: for what is to come.
    Next,
    /// The last one: for "since".
    Last,
}

impl When {
    /// Reads a text, without the house. Refused with a sentence.
    pub fn parse(text: &str) -> Result<When, String> {
        let typed = text.trim();
        let form = match (Time::parse(typed), typed.chars().next()) {
            (Some(at), _) => Some(Form::At(at)),
            (None, Some('+')) => Some(Form::FromNow(parse_seconds(&typed[1..])?)),
            (None, Some('-')) => Some(Form::FromNow(-parse_seconds(&typed[1..])?)),
            _ => local(typed),
        };
        let form = form.ok_or_else(|| WANTED.to_owned())?;
        Ok(When { text: typed.to_owned(), form })
    }

    /// The instant that is meant. Says which one it is, unless it was written with its offset. Where the clocks go forward
    /// over it, the end of that gap is meant by "since", and for what is to come it is misuse; so it is where the house's
    /// zone cannot be read.
    pub fn resolve(&self, house: &House, side: Side, out: &Out) -> Result<Time, Stop> {
        if let Form::At(at) = self.form {
            return Ok(at);
        }
        let unread =
            |_| Stop::Misused("Write the time with its offset: the house's zone cannot be read.".into());
        let zone = Zone::named(&house.settings()?.zone).map_err(unread)?;
        let read = self.read(&zone, house.now(), side);
        let (at, comes_again) = read.map_err(|words| Stop::Misused(format!("{}: {words}", self.text)))?;
        out.say(format!("{} is {}", self.text, zone.short(at.utc())));
        if comes_again {
            out.say(format!(
                "the clocks go back then, and {} comes twice: the earlier one is taken",
                self.text
            ));
        }
        Ok(at)
    }

    /// The instant, and whether its local time comes again after it.
    fn read(&self, zone: &Zone, now: Time, side: Side) -> Result<(Time, bool), String> {
        let (day, time) = match &self.form {
            Form::At(at) => return Ok((*at, false)),
            Form::FromNow(seconds) => return Ok((now.plus_s(*seconds), false)),
            Form::Local { day, time } => (day, time),
        };
        if time.is_none() && side == Side::Next {
            return Err("The time of day is missing: write it as in \"Sat 20:30\".".to_owned());
        }
        let time = time.as_deref().unwrap_or("00:00:00");
        let today = zone.field(now.utc());
        let today = NaiveDateTime::parse_from_str(&today, "%Y-%m-%dT%H:%M")
            .map_err(|error| error.to_string())?
            .date();
        for date in day.dates(today, side) {
            let local = format!("{date}T{time}");
            let (typed, is_skipped) = match zone.parse(&local, now.utc()) {
                Ok(typed) => (typed, false),
                Err(NoInstant::Skipped) => (after_gap(zone, &local, now).ok_or(SKIPPED)?, true),
                Err(NoInstant::Unreadable) => return Err(WANTED.to_owned()),
            };
            let Typed { at, comes_again } = typed;
            let at = Time(at.timestamp_millis());
            let is_meant = match (day, side) {
                (Day::Any | Day::Of(_), Side::Next) => at > now,
                (Day::Any | Day::Of(_), Side::Last) => at <= now,
                _ => true,
            };
            if is_meant && is_skipped && side == Side::Next {
                return Err(SKIPPED.to_owned());
            }
            if is_meant {
                return Ok((at, comes_again));
            }
        }
        Err(WANTED.to_owned())
    }
}

impl Day {
    /// The days that may be meant, the likeliest first.
    fn dates(&self, today: NaiveDate, side: Side) -> Vec<NaiveDate> {
        let away = |n: i64| match n {
            0.. => today.checked_add_days(Days::new(n.unsigned_abs())),
            _ => today.checked_sub_days(Days::new(n.unsigned_abs())),
        };
        let step = if side == Side::Next { 1 } else { -1 };
        let is_meant = |date: &NaiveDate| match self {
            Day::Of(weekday) => date.weekday() == *weekday,
            _ => true,
        };
        match self {
            Day::Date(date) => vec![*date],
            Day::Away(n) => away(*n).into_iter().collect(),
            Day::Any | Day::Of(_) => (0..=7).filter_map(|n| away(n * step)).filter(is_meant).collect(),
        }
    }
}

/// The instant at which the clocks have gone forward over a local time.
fn after_gap(zone: &Zone, local: &str, now: Time) -> Option<Typed> {
    let skipped = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S").ok()?.with_second(0)?;
    (1..=MAX_GAP_MIN).find_map(|minutes| {
        let local = skipped.checked_add_signed(TimeDelta::minutes(minutes))?;
        zone.parse(&local.format("%Y-%m-%dT%H:%M:%S").to_string(), now.utc()).ok()
    })
}

/// Reads a local time: one of the day, one of a named day, or one with a date in any form that imports take.
fn local(typed: &str) -> Option<Form> {
    let (first, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    if let Some(day) = named_day(first) {
        let rest = rest.trim();
        let rest = rest.strip_prefix("at ").unwrap_or(rest);
        let time = if rest.is_empty() { None } else { Some(time_of_day(rest)?) };
        return Some(Form::Local { day, time });
    }
    if let Some(time) = time_of_day(typed) {
        return Some(Form::Local { day: Day::Any, time: Some(time) });
    }
    let read = |text: &str| {
        let iso = moment::local(text).ok()?;
        NaiveDateTime::parse_from_str(&iso, "%Y-%m-%dT%H:%M:%S").ok()
    };
    if let Some(at) = read(typed) {
        let time = Some(at.format("%H:%M:%S").to_string());
        return Some(Form::Local { day: Day::Date(at.date()), time });
    }
    // A date alone, or with a time of day such as 9pm.
    let (date, time) = if is_date(typed) { (typed, None) } else { (first, Some(time_of_day(rest.trim())?)) };
    let at = read(&format!("{date} 00:00")).filter(|_| is_date(date))?;
    Some(Form::Local { day: Day::Date(at.date()), time })
}

/// Whether a text has three numbers, and nothing that could be a time of day.
fn is_date(text: &str) -> bool {
    let n = text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).count();
    n == 3 && !text.contains(':') && !text.chars().any(char::is_alphabetic)
}

fn named_day(word: &str) -> Option<Day> {
    let word = word.trim_end_matches(',').to_lowercase();
    match word.as_str() {
        "today" | "오늘" => Some(Day::Away(0)),
        "tomorrow" | "내일" => Some(Day::Away(1)),
        "yesterday" | "어제" => Some(Day::Away(-1)),
        _ => {
            const KOREAN: &str = "월화수목금토일";
            let nth = KOREAN.chars().position(|c| word == c.to_string() || word == format!("{c}요일"));
            let korean = nth.and_then(|nth| Weekday::try_from(u8::try_from(nth).ok()?).ok());
            korean.or_else(|| word.parse().ok()).map(Day::Of)
        }
    }
}

/// Reads `20:30`, `20:30:15`, `8:30 pm` or `8pm` as `20:30:00`.
fn time_of_day(typed: &str) -> Option<String> {
    let typed = typed.to_lowercase();
    let (digits, afternoon) = match (typed.strip_suffix("pm"), typed.strip_suffix("am")) {
        (Some(digits), _) => (digits.trim_end(), Some(true)),
        (_, Some(digits)) => (digits.trim_end(), Some(false)),
        _ => (typed.as_str(), None),
    };
    let parts: Vec<&str> = digits.split(':').collect();
    let is_number =
        |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) || parts.len() > 3 || (parts.len() == 1 && afternoon.is_none()) {
        return None;
    }
    let number = |nth: usize| parts.get(nth).map_or(Some(0), |part| part.parse::<u32>().ok());
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    let hour = match afternoon {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(is_afternoon) => hour % 12 + if is_afternoon { 12 } else { 0 },
        None => hour,
    };
    (hour < 24 && minute < 60 && second < 60).then(|| format!("{hour:02}:{minute:02}:{second:02}"))
}

/// Reads a duration, with or without a plus before it, in whole seconds.
pub fn parse_seconds(text: &str) -> Result<i64, String> {
    let typed = text.trim();
    let duration = humantime::parse_duration(typed.strip_prefix('+').unwrap_or(typed));
    let duration = duration.map_err(|error| format!("{error}; write {DURATION}"))?;
    i64::try_from(duration.as_secs()).map_err(|_| "too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, at 16:00 in Seoul and at 8:00 in Berlin.
    const NOW: &str = "2026-11-30T07:00:00Z";

    fn read_at(now: &str, zone: &str, text: &str, side: Side) -> Result<String, String> {
        let (zone, now) = (Zone::named(zone).unwrap(), Time::parse(now).unwrap());
        let (at, twice) = When::parse(text)?.read(&zone, now, side)?;
        Ok(format!("{}{}", at.utc().format("%m-%dT%H:%M:%S"), if twice { " twice" } else { "" }))
    }

    #[track_caller]
    fn check(side: Side, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(read_at(NOW, "Asia/Seoul", text, side).as_deref(), Ok(*expected), "{text}");
        }
    }

    #[test]
    fn a_time_to_come_is_the_next_of_its_kind_in_the_houses_zone() {
        check(
            Side::Next,
            &[
                ("20:30", "11-30T11:30:00"),
                ("20:30:15", "11-30T11:30:15"),
                ("8:30 pm", "11-30T11:30:00"),
                ("9pm", "11-30T12:00:00"),
                ("12:15 am", "11-30T15:15:00"),
                ("15:59", "12-01T06:59:00"),
                ("16:00", "12-01T07:00:00"),
                ("Mon 20:30", "11-30T11:30:00"),
                ("Mon 15:00", "12-07T06:00:00"),
                ("Sat 20:30", "12-05T11:30:00"),
                ("saturday, 20:30", "12-05T11:30:00"),
                ("토 20:30", "12-05T11:30:00"),
                ("토요일 20:30", "12-05T11:30:00"),
                ("today 20:30", "11-30T11:30:00"),
                ("today 9:00", "11-30T00:00:00"),
                ("tomorrow at 9:00", "12-01T00:00:00"),
                ("2026-12-24 20:30", "12-24T11:30:00"),
                ("24.12.2026 20:30", "12-24T11:30:00"),
                ("2026-12-24 9pm", "12-24T12:00:00"),
                ("2026. 12. 24 오후 8:30", "12-24T11:30:00"),
                ("2026-12-24T20:30:00+01:00", "12-24T19:30:00"),
                ("+90m", "11-30T08:30:00"),
                ("+2h", "11-30T09:00:00"),
                (" +1h30m ", "11-30T08:30:00"),
            ],
        );
    }

    #[test]
    fn a_time_since_is_the_last_of_its_kind() {
        check(
            Side::Last,
            &[
                ("15:00", "11-30T06:00:00"),
                ("20:30", "11-29T11:30:00"),
                ("Sat 20:30", "11-28T11:30:00"),
                ("Sat", "11-27T15:00:00"),
                ("Mon", "11-29T15:00:00"),
                ("today", "11-29T15:00:00"),
                ("yesterday", "11-28T15:00:00"),
                ("2026-11-01", "10-31T15:00:00"),
                ("-2h", "11-30T05:00:00"),
            ],
        );
    }

    #[test]
    fn what_is_no_time_is_refused_with_one_that_is() {
        for text in [
            "",
            "soon",
            "25:00",
            "20:60",
            "20",
            "13pm",
            "Someday 20:30",
            "2026-13-01 20:30",
            "2026-02-30 20:30",
        ] {
            assert!(When::parse(text).unwrap_err().contains("Sat 20:30"), "{text}");
        }
        assert!(When::parse("+soon").unwrap_err().contains("20m"));
        let missing = read_at(NOW, "Asia/Seoul", "Sat", Side::Next).unwrap_err();
        assert!(missing.contains("time of day is missing"), "{missing}");
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_refused_and_one_that_comes_twice_is_the_earlier() {
        let berlin = |now: &str, text: &str| read_at(now, "Europe/Berlin", text, Side::Next);
        assert_eq!(berlin("2026-03-28T20:00:00Z", "2:30"), Err(SKIPPED.to_owned()));
        assert_eq!(berlin("2026-03-28T20:00:00Z", "3:30").as_deref(), Ok("03-29T01:30:00"));
        assert_eq!(berlin("2026-10-24T20:00:00Z", "2:30").as_deref(), Ok("10-25T00:30:00 twice"));
        assert_eq!(berlin("2026-10-25T00:45:00Z", "2:30").as_deref(), Ok("10-25T01:30:00"));
    }

    #[test]
    fn a_gap_refuses_no_other_day_and_since_it_is_since_its_end() {
        let [before, after] = ["2026-03-29T00:30:00Z", "2026-03-29T08:00:00Z"];
        for (zone, now, text, side, at) in [
            ("Europe/Berlin", after, "2:30", Side::Next, "03-30T00:30:00"),
            ("Europe/Berlin", after, "Sun 2:30", Side::Next, "04-05T00:30:00"),
            ("Europe/Berlin", before, "2:30:15", Side::Last, "03-28T01:30:15"),
            ("Europe/Berlin", after, "2:30:15", Side::Last, "03-29T01:00:00"),
            // There midnight itself is skipped.
            ("America/Santiago", "2026-09-07T12:00:00Z", "2026-09-06", Side::Last, "09-06T04:00:00"),
            ("America/Santiago", "2026-09-07T12:00:00Z", "Sun", Side::Last, "09-06T04:00:00"),
        ] {
            assert_eq!(read_at(now, zone, text, side).as_deref(), Ok(at), "{text} in {zone}");
        }
        assert_eq!(read_at(before, "Europe/Berlin", "2:30", Side::Next), Err(SKIPPED.to_owned()));
    }
}
