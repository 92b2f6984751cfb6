//! Small phrases that several commands print.

use crate::rules::money::Bps;
use crate::rules::timing::{Linked, Timing};

/// `1 lot`, `3 lots`.
pub fn lots(n: u64) -> String {
    format!("{n} {}", if n == 1 { "lot" } else { "lots" })
}

/// `20 s`, `10 min`, `1 h 30 min`: the two largest units that count.
pub fn span(length_s: i64) -> String {
    const UNITS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut left_s = length_s;
    let mut parts = Vec::new();
    for (unit, unit_s) in UNITS {
        if left_s >= unit_s {
            parts.push(format!("{} {unit}", left_s / unit_s));
            left_s %= unit_s;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// `10 %`, `2.5 %`, `0.25 %`.
pub fn percent(bps: Bps) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{whole} %"),
        (_, 0) => format!("{whole}.{} %", rest / 10),
        _ => format!("{whole}.{rest:02} %"),
    }
}

/// Why a listing closes later than it was to, by the last changes of its sale:
/// `postponed by 10 min: the wifi failed; paused for 5 min: fire alarm`.
pub fn why_later(timings: &[Linked]) -> Option<String> {
    const MAX_SAID: usize = 3;
    let mut said = Vec::new();
    for (n, timing) in timings.iter().enumerate() {
        match &timing.link.timing {
            Timing::Postponement { by_s, why, .. } => {
                said.push(format!("postponed by {}: {why}", span(*by_s)))
            }
            Timing::Resume { .. } => {
                let pause = last_pause(&timings[..n])?;
                let paused_s = timing.link.at.ms_since(pause.link.at) / 1_000;
                let why = pause.link.timing.why().unwrap_or_default();
                said.push(format!("paused for {}: {why}", span(paused_s)));
            }
            Timing::Pause { .. } | Timing::Prolongation { .. } => {}
        }
    }
    let last = &said[said.len().saturating_sub(MAX_SAID)..];
    (!last.is_empty()).then(|| last.join("; "))
}

/// A line for each change of its sale that moved or stopped a listing, as `listing show` prints them.
pub fn change_lines(timings: &[Linked]) -> Vec<String> {
    let line = |timing: &Linked| {
        let at = timing.link.at;
        match &timing.link.timing {
            Timing::Prolongation { .. } => None,
            Timing::Postponement { by_s, who, why } => {
                Some(format!("postponed  by {} at {at} by {who}: {why}", span(*by_s)))
            }
            Timing::Pause { who, why } => Some(format!("paused     at {at} by {who}: {why}")),
            Timing::Resume { who } => Some(format!("resumed    at {at} by {who}")),
        }
    };
    timings.iter().filter_map(line).collect()
}

/// The reason of the last postponement or pause.
pub fn last_why(timings: &[Linked]) -> Option<&str> {
    timings.iter().rev().find_map(|timing| timing.link.timing.why())
}

/// The last pause.
pub fn last_pause(timings: &[Linked]) -> Option<&Linked> {
    timings.iter().rfind(|timing| matches!(timing.link.timing, Timing::Pause { .. }))
}

/// `Cleo (No. 17)`, or the name alone for a bidder without a number in the sale.
pub fn bidder(name: &str, number: Option<i64>) -> String {
    number.map_or(name.to_owned(), |number| format!("{name} (No. {number})"))
}

/// The leader, or a dash.
pub fn leader(name: Option<&str>, number: Option<i64>) -> String {
    name.map_or("-".to_owned(), |name| bidder(name, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_read_as_people_say_them() {
        assert_eq!([0, 1, 2].map(lots), ["0 lots", "1 lot", "2 lots"]);
        assert_eq!([0, 25, 250, 1_000, 1_205].map(percent), ["0 %", "0.25 %", "2.5 %", "10 %", "12.05 %"]);
        let spans = [0, 20, 600, 451, 5_400, 3_601, 90_061];
        assert_eq!(
            spans.map(span),
            ["0 s", "20 s", "10 min", "7 min 31 s", "1 h 30 min", "1 h 1 s", "1 d 1 h"]
        );
    }
}
