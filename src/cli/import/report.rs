//! Reports of an import: what it would list, and the faults of its file.

use crate::cli::amount;
use crate::cli::out::{Format, Out, complain, table};
use crate::cli::sheet::Sheet;
use crate::house::listings::lines::{LineFault, LineFaults, NewListing};
use crate::house::settings::Settings;
use crate::rules::listing::Draft;
use crate::rules::money::Currency;
use crate::rules::time::Time;
use crate::text::dates::Zone;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Most runs of lines that a sentence names.
const MAX_RUNS: usize = 12;
/// Most listings that are repeated once they are listed.
const MAX_SENTENCES: usize = 20;

/// Prints the faults, each kind once, and that `nothing` was done; as JSON, too, for a program that asked for a check.
pub fn refused(
    file: &Path,
    sheet: Option<&Sheet>,
    faults: LineFaults,
    check: bool,
    nothing: &str,
    out: &Out,
) -> Result<()> {
    let n_faults = faults.n;
    let named = faults.named();
    for fault in &named {
        match fault.lines[..] {
            [] => complain(&fault.words),
            _ => complain(format!("{}, {}", file.display(), sentence(fault, sheet))),
        }
    }
    let n_named: usize = named.iter().map(|fault| fault.lines.len().max(1)).sum();
    let more = n_faults - n_named;
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let word = if n_named == 1 { "fault" } else { "faults" };
    complain(format!("{n_named} {word}{more}; {nothing}"));
    if check && out.format() == Format::Json {
        let report = json!({
            "n": sheet.map_or(0, |sheet| sheet.lines.len()),
            "checked": true,
            "encoding": sheet.map(|sheet| sheet.encoding),
            "separator": sheet.map(|sheet| sheet.separator.to_string()),
            "n_faults": n_faults,
            "faults": named,
        });
        out.data(&report, String::new)?;
    }
    Ok(())
}

fn sentence(fault: &LineFault, sheet: Option<&Sheet>) -> String {
    let row = |line: &u64| sheet.and_then(|sheet| sheet.rows.get(line)).copied().unwrap_or(*line);
    let rows: Vec<u64> = fault.lines.iter().map(row).collect();
    let lines = runs("line", &fault.lines);
    let words = &fault.words;
    if rows == fault.lines {
        format!("{lines}: {words}")
    } else {
        format!("{lines}: {words} ({})", runs("row", &rows))
    }
}

/// `line 3`, `lines 3, 5–9`; the rest of many is counted.
fn runs(what: &str, numbers: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let shown = runs.iter().take(MAX_RUNS);
    let words = shown.clone().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}–{last}"),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let n_shown: u64 = shown.map(|(first, last)| last - first + 1).sum();
    let more = numbers.len() as u64 - n_shown;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let plural = if numbers.len() == 1 { "" } else { "s" };
    format!("{what}{plural} {words}{more}")
}

/// The columns of [`Shown::cells`].
pub const HEAD: [&str; 8] = ["line", "title", "opening", "reserve", "buy now", "closes", "picture", "seller"];

/// Prints what would be listed, and what a person should look at.
pub fn checked(
    file: &Path,
    sheet: &Sheet,
    lots: &[NewListing],
    look_at: &[String],
    shown: &Shown,
    out: &Out,
) -> Result<()> {
    let listings: Vec<Value> = lots.iter().map(|lot| shown.json(lot)).collect();
    let rows = || table(HEAD, lots.iter().map(|lot| shown.cells(lot)));
    print_checked(file, sheet, Checked { what: "listings", lines: listings, look_at }, rows, out)
}

/// What a file without faults would make.
pub struct Checked<'c> {
    /// The field of the JSON that has the lines.
    pub what: &'static str,
    pub lines: Vec<Value>,
    /// What a person should look at.
    pub look_at: &'c [String],
}

/// Prints what would be made as JSON, or the table of `rows`.
pub fn print_checked(
    file: &Path,
    sheet: &Sheet,
    Checked { what, lines, look_at }: Checked<'_>,
    rows: impl FnOnce() -> String,
    out: &Out,
) -> Result<()> {
    let n = lines.len();
    let report = json!({
        "n": n,
        "checked": true,
        "encoding": sheet.encoding,
        "separator": sheet.separator.to_string(),
        "look_at": (!look_at.is_empty()).then(|| look_at.join("\n")),
        what: lines,
    });
    out.data(&report, || {
        let lines_word = if n == 1 { "line" } else { "lines" };
        let mut words =
            format!("{}: {n} {lines_word}, nothing is wrong; {}", file.display(), sheet.read_as());
        for doubt in look_at {
            words += &format!("\n{doubt}");
        }
        if n == 0 { words } else { format!("{words}\n{}", rows()) }
    })
}

/// Shows listings as the house does: amounts as money, closes in its zone.
pub struct Shown {
    currency: Currency,
    zone: Zone,
    now: Time,
}

impl Shown {
    pub fn of(settings: &Settings, now: Time) -> Shown {
        Shown { currency: settings.currency(), zone: Zone::of(settings), now }
    }

    /// A sentence for each lot, if they are not too many.
    pub fn sentences(&self, lots: &[NewListing]) -> Vec<String> {
        let said = lots.iter().take(MAX_SENTENCES);
        let mut said: Vec<String> =
            said.map(|lot| self.words(&lot.draft, self.closes_at(&lot.draft))).collect();
        let n_more = lots.len() - said.len();
        if n_more > 0 {
            said.push(format!("… and {n_more} more"));
        }
        said
    }

    pub fn cells(&self, lot: &NewListing) -> [String; 8] {
        let money = |amount| amount::shown(&self.currency, amount);
        let draft = &lot.draft;
        [
            lot.line.to_string(),
            draft.title.clone(),
            self.currency.show(draft.opening),
            money(draft.reserve),
            money(draft.buy_now),
            self.closes_at(draft).map_or("-".to_owned(), |at| self.zone.short(at.utc())),
            names(lot).map_or("-".to_owned(), |names| format!("{} found", names.join(", "))),
            lot.seller.clone(),
        ]
    }

    pub fn json(&self, lot: &NewListing) -> Value {
        let draft = &lot.draft;
        let closes_at = self.closes_at(draft);
        json!({
            "line": lot.line,
            "title": draft.title,
            "seller": lot.seller,
            "opening": draft.opening,
            "reserve": draft.reserve,
            "buy_now": draft.buy_now,
            "currency": self.currency.code,
            "closes_at": closes_at,
            "pictures": names(lot).unwrap_or_default(),
            "words": self.words(draft, closes_at),
        })
    }

    /// `Brass lamp · opening 25.00 EUR · closes Sat 5 Dec 20:00 KST`.
    fn words(&self, draft: &Draft, closes_at: Option<Time>) -> String {
        let mut words = vec![draft.title.clone(), amount::terms(&self.currency, draft)];
        words.extend(closes_at.map(|at| format!("closes {}", self.zone.short(at.utc()))));
        words.join(" · ")
    }

    fn closes_at(&self, draft: &Draft) -> Option<Time> {
        draft.closes.map(|closes| closes.at(self.now))
    }
}

fn names(lot: &NewListing) -> Option<Vec<String>> {
    let name = |path: &std::path::PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    (!lot.pictures.is_empty()).then(|| lot.pictures.iter().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_by_their_runs() {
        for (numbers, words) in [
            (vec![3], "line 3"),
            (vec![3, 5, 6, 7, 9], "lines 3, 5–7, 9"),
            ((2..=251).collect(), "lines 2–251"),
            (
                (1..=50).map(|n| 2 * n).collect(),
                "lines 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 38 more",
            ),
        ] {
            assert_eq!(runs("line", &numbers), words);
        }
    }
}
