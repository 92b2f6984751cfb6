//! Small phrases that several commands print.

use crate::rules::money::Bps;
use crate::rules::timing::{Linked, Timing};
use crate::text::dates::duration;
use crate::text::i18n::Words;

/// `1 lot`, `3 lots`.
pub fn lots(n: u64) -> String {
    format!("{n} {}", if n == 1 { "lot" } else { "lots" })
}

/// `90 s`, `10 min`.
pub fn span(length_s: i64) -> String {
    duration(length_s, Words::default())
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

/// Why a listing closes later than it was to, by the last change of its sale: `postponed by 10 min: the wifi failed`.
pub fn why_later(timings: &[Linked]) -> Option<String> {
    let last = timings.iter().rposition(|timing| timing.link.timing.who().is_some())?;
    match &timings[last].link.timing {
        Timing::Postponement { by_s, why, .. } => Some(format!("postponed by {}: {why}", span(*by_s))),
        Timing::Resume { .. } => {
            let pause = last_pause(&timings[..last])?;
            let paused_s = timings[last].link.at.ms_since(pause.link.at) / 1_000;
            Some(format!("paused for {}: {}", span(paused_s), pause.link.timing.why().unwrap_or_default()))
        }
        Timing::Pause { .. } | Timing::Prolongation { .. } => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_read_as_people_say_them() {
        assert_eq!([0, 1, 2].map(lots), ["0 lots", "1 lot", "2 lots"]);
        assert_eq!([0, 25, 250, 1_000, 1_205].map(percent), ["0 %", "0.25 %", "2.5 %", "10 %", "12.05 %"]);
        assert_eq!([20, 600].map(span), ["20 s", "10 min"]);
    }
}
