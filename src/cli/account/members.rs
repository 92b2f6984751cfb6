//! Reads the members of a club from a CSV file.

use crate::cli::formula::bare;
use crate::cli::sheet::{Columns, Line, MAX_CHARS, Names, Sheet, trimmed};
use crate::house::listings::lines::LineFaults;
use crate::house::members::plan::MemberLine;

const EMAIL: &str = "email";
const NAME: &str = "name";
/// Other words for a column, which are proposed as that column.
const MEANT: [(&str, &str); 14] = [
    ("e-mail", EMAIL),
    ("mail", EMAIL),
    ("email address", EMAIL),
    ("address", EMAIL),
    ("이메일", EMAIL),
    ("이메일 주소", EMAIL),
    ("메일", EMAIL),
    ("member", NAME),
    ("full name", NAME),
    ("nickname", NAME),
    ("이름", NAME),
    ("성명", NAME),
    ("회원", NAME),
    ("별명", NAME),
];

/// The columns that a file of members has.
pub fn names() -> Names {
    Names { known: vec![EMAIL, NAME], passed_over: &[], meant: &MEANT }
}

/// Finds the columns, or notes what is missing.
pub fn columns(sheet: &Sheet, needs_names: bool, faults: &mut LineFaults) -> Option<Columns> {
    let columns = Columns::of(sheet, &names(), faults)?;
    let before = faults.n;
    for needed in [(EMAIL, true), (NAME, needs_names)] {
        if needed.1 && !columns.has(needed.0) {
            faults.add(sheet.head.line, format!("The column {} is missing.", needed.0));
        }
    }
    (faults.n == before).then_some(columns)
}

/// Reads every line, and notes the faults of those that cannot be read. `raw` leaves apostrophes before formulas.
pub fn people(
    sheet: &Sheet,
    columns: &Columns,
    raw: bool,
    needs_names: bool,
    faults: &mut LineFaults,
) -> Vec<MemberLine> {
    let mut people = Vec::with_capacity(sheet.lines.len());
    for line in &sheet.lines {
        if columns.fit(line, |name| name == EMAIL || needs_names && name == NAME, faults) {
            let email = text(columns, line, EMAIL, raw, faults).unwrap_or_default();
            let name = text(columns, line, NAME, raw, faults);
            let name = if needs_names { Some(name.unwrap_or_default()) } else { name };
            people.push(MemberLine { line: line.line, email, name });
        }
    }
    people
}

/// A cell that is not empty.
fn text(columns: &Columns, line: &Line, name: &str, raw: bool, faults: &mut LineFaults) -> Option<String> {
    let text = trimmed(columns.cell(&line.cells, name)?);
    if text.chars().count() > MAX_CHARS {
        faults.add(line.line, format!("{name}: A cell has at most {MAX_CHARS} characters."));
        return None;
    }
    Some(if raw { text } else { bare(text) }.to_owned())
}
