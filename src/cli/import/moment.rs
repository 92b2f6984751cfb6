//! Times as spreadsheets write them: `2026-12-05 20:00`, `05.12.2026 20:00`, `2026. 12. 5 오후 8:00:00`,
//! `12/25/2026 8:00 PM`.
//! They are in the house's zone; RFC 3339 is taken as it is. A date that may be two days is refused, not guessed.

use crate::rules::time::Time;
use crate::text::dates::{NoInstant, SKIPPED, Zone};

const WANTED: &str = "A time with its offset, such as 2026-11-22T18:00:00Z, or one of the house's zone, such as 2026-11-22 18:00.";
/// Characters between the numbers of a date and a time.
const BETWEEN: &str = ".-/:,T년월일시분초";
/// The halves of a day as Excel and Google Sheets write them, and whether it is the one from noon on.
const HALVES: [(&str, bool); 8] = [
    ("오전", false),
    ("오후", true),
    ("A.M.", false),
    ("P.M.", true),
    ("AM", false),
    ("PM", true),
    ("上午", false),
    ("下午", true),
];

/// Reads a cell: the instant, and whether its local time comes twice. Then it is the earlier one, unless that has
/// passed by `now`. Refused with a sentence.
pub fn read(text: &str, zone: Option<&Zone>, now: Time) -> Result<(Time, bool), String> {
    if let Some(at) = Time::parse(text) {
        return Ok((at, false));
    }
    let local = local(text)?;
    let zone = zone.ok_or("A time with its offset is needed: the house's zone cannot be read.")?;
    match zone.parse(&local, now.utc()) {
        Ok(typed) => Ok((Time(typed.at.timestamp_millis()), typed.comes_again)),
        Err(NoInstant::Unreadable) => Err(WANTED.to_owned()),
        Err(NoInstant::Skipped) => Err(SKIPPED.to_owned()),
    }
}

/// Rewrites a time as a page's field has it: `2026-12-05T20:00:00`.
pub fn local(text: &str) -> Result<String, String> {
    let upper = text.to_uppercase();
    let half = HALVES.iter().find(|(word, _)| upper.contains(word));
    let digits = half.map_or(upper.clone(), |(word, _)| upper.replacen(word, " ", 1));
    if digits.chars().any(|c| !(c.is_ascii_digit() || c.is_whitespace() || BETWEEN.contains(c))) {
        return Err(WANTED.to_owned());
    }
    let numbers: Vec<&str> = digits.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let [first, second, third, time @ ..] = &numbers[..] else { return Err(WANTED.to_owned()) };
    let mark = digits.trim_start_matches(|c: char| c.is_ascii_digit()).chars().next().unwrap_or(' ');
    let [year, month, day] = date([first, second, third], mark)?;
    let [hour, minute, second] = match time {
        [] => return Err(format!("{WANTED} The time of day is missing here.")),
        [hour] if digits.contains('시') => [*hour, "0", "0"],
        [hour, minute] => [*hour, *minute, "0"],
        [hour, minute, second] => [*hour, *minute, *second],
        _ => return Err(WANTED.to_owned()),
    }
    .map(|n| n.parse::<u32>().unwrap_or(99));
    let hour = match half {
        Some((_, false)) if hour == 12 => 0,
        Some((_, true)) if hour < 12 => hour + 12,
        _ => hour,
    };
    Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// Year, month and day of three numbers, of which the first or the last is the year.
fn date(numbers: [&str; 3], mark: char) -> Result<[u32; 3], String> {
    let lengths = numbers.map(str::len);
    let [first, second, third] = numbers.map(|n| n.parse::<u32>().unwrap_or(0));
    match lengths {
        [4, 1..=2, 1..=2] => Ok([first, second, third]),
        [1..=2, 1..=2, 4] if mark == '.' || first > 12 || first == second => Ok([third, second, first]),
        [1..=2, 1..=2, 4] if second > 12 => Ok([third, first, second]),
        [1..=2, 1..=2, 4] => Err(format!(
            "{} may be two days: write {third}-{second:02}-{first:02} or {third}-{first:02}-{second:02}.",
            numbers.join(&mark.to_string())
        )),
        _ => Err(WANTED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_790_000_000_000);

    #[test]
    fn a_time_reads_as_spreadsheets_write_it() {
        let seoul = Zone::named("KST-9").unwrap();
        for text in [
            "2026-12-05T11:00:00Z",
            "2026-12-05 20:00:00+09:00",
            "2026-12-05 20:00",
            "2026-12-05T20:00:00",
            "2026/12/5 20:00",
            "2026. 12. 5 오후 8:00:00",
            "2026-12-05 오후 8:00",
            "2026년 12월 5일 20시",
            "2026년 12월 5일 오후 8시 00분",
            "05.12.2026 20:00",
            "5.12.2026, 20:00:00",
        ] {
            let read = read(text, Some(&seoul), NOW).map(|(at, _)| at.to_string());
            assert_eq!(read.as_deref(), Ok("2026-12-05T11:00:00.000Z"), "{text}");
        }
        for (text, at) in [
            ("12/25/2026 8:00 PM", "2026-12-25T11:00:00.000Z"),
            ("25/12/2026 12:30 am", "2026-12-24T15:30:00.000Z"),
            ("05/05/2027 12:00 p.m.", "2027-05-05T03:00:00.000Z"),
        ] {
            assert_eq!(
                read(text, Some(&seoul), NOW).map(|(at, _)| at.to_string()).as_deref(),
                Ok(at),
                "{text}"
            );
        }
    }

    #[test]
    fn what_may_be_two_times_or_none_is_refused() {
        let berlin = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (text, words) in [
            ("05/12/2026 20:00", "05/12/2026 may be two days: write 2026-12-05 or 2026-05-12."),
            ("5-12-2026 8 PM", "may be two days"),
            ("2026-12-05", "The time of day is missing"),
            ("2026-03-29 02:30", "go forward"),
            ("2026-02-30 20:00", "A time with its offset"),
            ("2026-12-05 25:00", "A time with its offset"),
            ("05.12.26 20:00", "A time with its offset"),
            ("2026-12-05 20:00 MEZ", "A time with its offset"),
            ("46361,8333", "A time with its offset"),
            ("20:00", "A time with its offset"),
            ("99999999999999999999-1-1 1:1", "A time with its offset"),
            ("tomorrow", "A time with its offset"),
            ("", "A time with its offset"),
        ] {
            let refused = read(text, Some(&berlin), NOW).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
        assert!(read("2026-12-05 20:00", None, NOW).unwrap_err().contains("zone"));
    }

    #[test]
    fn of_a_time_that_comes_twice_the_earlier_is_taken() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let read = |text| read(text, Some(&berlin), NOW).map(|(at, twice)| (at.to_string(), twice));
        assert_eq!(read("2026-10-25 02:30"), Ok(("2026-10-25T00:30:00.000Z".into(), true)));
        assert_eq!(read("2026-10-25 03:30"), Ok(("2026-10-25T02:30:00.000Z".into(), false)));
    }
}
