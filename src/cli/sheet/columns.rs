//! The names of columns, compared without regard to capitals, blanks and joining signs ("Closes at" is `closes_at`).

use super::{Line, Sheet, trimmed};
use crate::cli::nearest::nearest;
use crate::house::listings::lines::LineFaults;
use csv::StringRecord;

pub const MAX_COLUMNS: usize = 100;
/// Likeness (0 to 1) from which a name is proposed.
const ALIKE: f64 = 0.8;

/// The names that columns may have.
pub struct Names {
    pub known: Vec<&'static str>,
    /// Columns of an export that an import ignores.
    pub passed_over: &'static [&'static str],
    /// Other words for a column, which are proposed as that column.
    pub meant: &'static [(&'static str, &'static str)],
}

impl Names {
    /// Finds a name as the house writes it.
    pub fn find(&self, written: &str) -> Option<&'static str> {
        let key = key(written);
        self.known.iter().chain(self.passed_over).copied().find(|name| self::key(name) == key)
    }

    /// Guesses the name that was meant.
    fn near(&self, written: &str) -> Option<&'static str> {
        let key = key(written);
        let meant = self.meant.iter().find(|(word, _)| self::key(word) == key).map(|(_, name)| *name);
        meant.or_else(|| nearest(self.known.iter().map(|name| (self::key(name), *name)), &key, ALIKE))
    }

    fn unknown(&self, written: &str) -> String {
        let shown: String = trimmed(written).chars().take(60).collect();
        match self.near(written) {
            Some(name) => format!("There is no field {shown:?}; did you mean {name}?"),
            None => format!("There is no field {shown:?}."),
        }
    }
}

/// The letters and digits of a name, in lower case.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column of each name, and how many there are.
pub struct Columns {
    named: Vec<Option<&'static str>>,
    /// Cells of the first line, including empty ones at its end.
    n_cells: usize,
}

impl Columns {
    /// Reads the first line. Refuses unknown names, names given twice, cells in a column without a name, and too many
    /// columns.
    pub fn of(sheet: &Sheet, names: &Names, faults: &mut LineFaults) -> Option<Columns> {
        let (before, line) = (faults.n, sheet.head.line);
        let written: Vec<&str> = sheet.head.cells.iter().collect();
        let n_used = written.iter().rposition(|name| !trimmed(name).is_empty()).map_or(0, |last| last + 1);
        if n_used > MAX_COLUMNS {
            faults.add(line, format!("A file has at most {MAX_COLUMNS} columns; this one has {n_used}."));
            return None;
        }
        let mut columns = Columns { named: Vec::with_capacity(n_used), n_cells: written.len() };
        let mut unknown = Vec::new();
        for name in &written[..n_used] {
            let found = names.find(name);
            match found.and_then(|found| columns.at(found)) {
                Some(first) => faults.add(line, twice(written[first], name)),
                None if found.is_none() && !trimmed(name).is_empty() => unknown.push(names.unknown(name)),
                None => {}
            }
            columns.named.push(found.filter(|found| columns.at(found).is_none()));
        }
        if let Some(last) = unknown.last_mut() {
            *last += &format!(" The columns are {}.", names.known.join(", "));
        }
        unknown.into_iter().for_each(|words| faults.add(line, words));
        (faults.n == before).then_some(columns)
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.named.iter().position(|known| *known == Some(name))
    }

    pub fn has(&self, name: &str) -> bool {
        self.at(name).is_some()
    }

    /// A cell, unless it is empty.
    pub fn cell<'r>(&self, cells: &'r StringRecord, name: &str) -> Option<&'r str> {
        cells.get(self.at(name)?).filter(|cell| !trimmed(cell).is_empty())
    }

    /// Whether the row has a cell for each column that it needs: spreadsheets drop empty cells at the end of a row.
    /// `needed` says of each missing cell's name whether it is one.
    pub fn fit(&self, row: &Line, needed: impl Fn(&str) -> bool, faults: &mut LineFaults) -> bool {
        let (n_cells, n_columns) = (row.cells.len(), self.named.len());
        let filled = |at: usize| row.cells.get(at).is_some_and(|cell| !trimmed(cell).is_empty());
        let n_filled = (0..n_cells).rfind(|at| filled(*at)).map_or(0, |last| last + 1);
        let mut missing = self.named.iter().skip(n_cells).flatten();
        let is_cut_off = n_cells < n_columns && !row.is_ended;
        if is_cut_off || missing.any(|name| needed(name)) {
            let is_open = row.cells.iter().any(|cell| cell.contains(['"', '\r', '\n']));
            let hint = if is_open { " Maybe a quote (\") in it never ends." } else { "" };
            faults.add(row.line, format!("It has {n_cells} cells, the first line has {n_columns}.{hint}"));
            return false;
        }
        if n_filled > self.n_cells {
            let words = format!("It has {n_filled} cells, the first line has {}.", self.n_cells);
            faults.add(row.line, words);
            return false;
        }
        let is_unnamed = |at: usize| self.named.get(at).is_none_or(Option::is_none);
        for at in (0..n_filled).filter(|at| filled(*at) && is_unnamed(*at)) {
            faults.add(row.line, format!("Column {} has no name in the first line.", letters(at)));
        }
        true
    }
}

fn twice(first: &str, second: &str) -> String {
    if trimmed(first) == trimmed(second) {
        format!("There are two columns {:?}.", trimmed(first))
    } else {
        format!("There are two columns for the same: {:?} and {:?}.", trimmed(first), trimmed(second))
    }
}

/// A column as spreadsheets name it: A, B, … Z, AA.
fn letters(at: usize) -> String {
    let last = char::from(b'A' + (at % 26) as u8);
    if at < 26 { last.to_string() } else { format!("{}{last}", letters(at / 26 - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_its_words_are_joined() {
        let names = Names {
            known: vec!["title", "closes_at", "soft_close.window_s", "buy_now", "reserve"],
            passed_over: &["id"],
            meant: &[("마감", "closes_at")],
        };
        for (written, name) in [
            ("title", Some("title")),
            (" TITLE\u{a0}", Some("title")),
            ("\u{feff}Closes at", Some("closes_at")),
            ("ClosesAt", Some("closes_at")),
            ("closes-at", Some("closes_at")),
            ("Soft close: window (s)", Some("soft_close.window_s")),
            ("ID", Some("id")),
            ("titles", None),
            ("", None),
        ] {
            assert_eq!(names.find(written), name, "{written:?}");
        }
        for (written, near) in [
            ("titel", Some("title")),
            ("Reserve price", Some("reserve")),
            ("마감", Some("closes_at")),
            ("xyz", None),
        ] {
            assert_eq!(names.near(written), near, "{written:?}");
        }
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
