//! Reads a table that a spreadsheet saved as text, line by line, and says how it was read. Knows nothing of what the
//! columns mean.

mod columns;
mod encoding;
mod foreign;
mod separator;

pub use columns::{Columns, Names};
pub use encoding::parse_encoding;
pub use separator::{Separator, parse_separator};

use crate::house::listings::lines::LineFaults;
use anyhow::{Context, Result};
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::Encoding;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

pub const MAX_BYTES: u64 = 16 * 1_024 * 1_024;
/// Most lines that are not empty, besides the head.
pub const MAX_LINES: usize = 10_000;
/// Most characters of a cell, as in a spreadsheet.
pub const MAX_CHARS: usize = 32_767;
/// Added after the last line. If it is not read back as a row of its own, a quote in the file never ends.
const END: &str = "\n\u{1}the end\n";

/// What a person said about the file; the rest is recognised.
#[derive(Clone, Copy, Default)]
pub struct Asked {
    pub encoding: Option<&'static Encoding>,
    pub separator: Option<Separator>,
}

pub struct Sheet {
    pub encoding: &'static str,
    pub separator: Separator,
    pub head: Line,
    /// The lines that are not empty.
    pub lines: Vec<Line>,
    /// Row numbers in a spreadsheet by line numbers in an editor, where they differ because a cell above has several
    /// lines.
    pub rows: HashMap<u64, u64>,
}

/// A row of the table, and the line of the file on which it begins.
pub struct Line {
    pub line: u64,
    pub cells: StringRecord,
    /// Whether a line end follows. The last line of a file that was cut off has none.
    pub is_ended: bool,
}

impl Sheet {
    /// Reads `file`, or notes its faults. `is_known` says whether a column has such a name.
    pub fn read(
        file: &Path,
        asked: Asked,
        is_known: impl Fn(&str) -> bool,
        faults: &mut LineFaults,
    ) -> Result<Option<Sheet>> {
        let bytes = read_bytes(file).with_context(|| format!("read {}", file.display()))?;
        if let Some(words) = foreign::kind(&bytes) {
            faults.add(1, words);
            return Ok(None);
        }
        if bytes.len() as u64 > MAX_BYTES {
            faults.add(1, "A file has at most 16 MiB.");
            return Ok(None);
        }
        let text = match encoding::decode(&bytes, asked.encoding) {
            Ok(text) => text,
            Err(fault) => {
                faults.add(fault.line, fault.words);
                return Ok(None);
            }
        };
        if let Some(at) = text.chars.find('\0') {
            let words = "There is a NUL byte: this is not a text file. Save the sheet as \"CSV UTF-8\".";
            faults.add(1 + line_ends(&text.chars[..at]), words);
            return Ok(None);
        }
        Sheet::of_text(&text, asked, is_known, faults)
    }

    fn of_text(
        text: &encoding::Text,
        asked: Asked,
        is_known: impl Fn(&str) -> bool,
        faults: &mut LineFaults,
    ) -> Result<Option<Sheet>> {
        let (stated, table) = match separator::stated(&text.chars) {
            Ok(stated) => stated,
            Err(words) => {
                faults.add(1, words);
                return Ok(None);
            }
        };
        let guess = || separator::guess(table, is_known);
        let separator = asked.separator.or(stated).unwrap_or_else(guess);
        let mut reader = LineReader::new(&text.chars, table, separator);
        let Some(head) = reader.next(faults)? else {
            faults.add(1, "The file is empty; its first line names the columns.");
            return Ok(None);
        };
        let mut lines = Vec::new();
        while let Some(line) = reader.next(faults)? {
            if lines.len() >= MAX_LINES {
                faults.add(line.line, format!("A file has at most {MAX_LINES} lines beside the first."));
                break;
            }
            lines.push(line);
        }
        Ok(Some(Sheet { encoding: text.encoding, separator, head, lines, rows: reader.rows }))
    }

    /// Whether the file has the usual form: UTF-8, with commas.
    pub fn is_plain(&self) -> bool {
        self.encoding == "UTF-8" && self.separator == Separator(b',')
    }

    /// Says how the file was read.
    pub fn read_as(&self) -> String {
        format!("read as {}, separated by {}", self.encoding, self.separator)
    }
}

/// The text without the blanks around it, among them no-break spaces and marks of no width.
pub fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}'))
}

/// Reads up to one byte more than a file may have.
fn read_bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Counts the line ends in `text` as an editor does: CR LF, LF, or a CR alone.
fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let is_end = |at: usize| bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|at| is_end(*at)).count() as u64
}

/// Reads rows and counts lines: the crate `csv` counts neither a CR alone nor blank lines.
struct LineReader<'t> {
    table: &'t str,
    csv: csv::Reader<std::io::Chain<&'t [u8], &'static [u8]>>,
    /// The place in `table` up to which line ends are counted, and how many the file has so far.
    counted: usize,
    n_ends: u64,
    /// Line ends within cells.
    n_within: u64,
    rows: HashMap<u64, u64>,
}

impl<'t> LineReader<'t> {
    /// `table` is the last part of `text`.
    fn new(text: &str, table: &'t str, separator: Separator) -> LineReader<'t> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(separator.0);
        let csv = builder.from_reader(table.as_bytes().chain(END.as_bytes()));
        let n_ends = line_ends(&text[..text.len() - table.len()]);
        LineReader { table, csv, counted: 0, n_ends, n_within: 0, rows: HashMap::new() }
    }

    /// Reads the next row that is not empty.
    fn next(&mut self, faults: &mut LineFaults) -> Result<Option<Line>> {
        let mut cells = StringRecord::new();
        loop {
            if !self.csv.read_record(&mut cells).context("read a line")? || is_end(&cells) {
                return Ok(None);
            }
            let line = self.line_of(&cells);
            if swallowed_the_end(&cells) {
                let open = cells.len() - 1;
                let before: u64 = cells.iter().take(open).map(line_ends).sum();
                faults.add(line + before, "A quote (\") begins here and never ends.");
                return Ok(None);
            }
            self.n_within += cells.iter().map(line_ends).sum::<u64>();
            if cells.iter().any(|cell| !trimmed(cell).is_empty()) {
                let is_ended = self.csv.position().byte() <= self.table.len() as u64;
                return Ok(Some(Line { line, cells, is_ended }));
            }
        }
    }

    /// The line on which a row begins: where the reader started to look for it, past the blank lines there.
    fn line_of(&mut self, cells: &StringRecord) -> u64 {
        let looked = cells.position().map_or(0, csv::Position::byte) as usize;
        let rest = self.table.get(looked..).unwrap_or_default();
        let start = looked + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        self.n_ends += line_ends(&self.table[self.counted..start]);
        self.counted = start;
        let line = self.n_ends + 1;
        if self.n_within > 0 {
            self.rows.insert(line, line - self.n_within);
        }
        line
    }
}

fn swallowed_the_end(cells: &StringRecord) -> bool {
    cells.iter().next_back().is_some_and(|last| last.ends_with(END))
}

fn is_end(cells: &StringRecord) -> bool {
    cells.len() == 1 && cells.get(0).is_some_and(|cell| cell == END.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines and rows of `table`, each with its cells; or the fault.
    fn read(table: &str, separator: u8) -> Result<Vec<(u64, u64, Vec<String>)>, String> {
        let mut faults = LineFaults::default();
        let mut reader = LineReader::new(table, table, Separator(separator));
        let mut lines = Vec::new();
        while let Some(line) = reader.next(&mut faults).unwrap() {
            let row = reader.rows.get(&line.line).copied().unwrap_or(line.line);
            lines.push((line.line, row, line.cells.iter().map(str::to_owned).collect()));
        }
        match faults.named().pop() {
            Some(fault) => Err(format!("{:?}: {}", fault.lines, fault.words)),
            None => Ok(lines),
        }
    }

    #[test]
    fn lines_are_those_of_an_editor_and_rows_those_of_a_spreadsheet() {
        for end in ["\n", "\r\n", "\r"] {
            let table = "a,b\n\n\n1,2\n\"x\n\ny\",3\n,\n \u{a0},\n4,\"\n5\"\n6,7".replace('\n', end);
            let lines: Vec<_> =
                read(&table, b',').unwrap().into_iter().map(|line| (line.0, line.1)).collect();
            assert_eq!(lines, [(1, 1), (4, 4), (5, 5), (10, 8), (12, 9)], "{end:?}");
        }
        assert_eq!(read("", b','), Ok(vec![]));
        assert_eq!(read(";;;\n\n;", b';'), Ok(vec![]));
        let cell = |table: &str| read(table, b',').unwrap().swap_remove(0).2.swap_remove(0);
        assert_eq!(cell("\"a \"\"b\"\"\r\nc\"\n"), "a \"b\"\r\nc");
    }

    #[test]
    fn a_quote_that_never_closes_is_named_where_it_begins() {
        for (table, line) in
            [("a,b\n1,\"2\n3,4\n", 2), ("a,b\r\n\"x\r\ny\",\"2\r\n3,4", 3), ("\"", 1), ("a\n\"b\"\"\n", 2)]
        {
            assert_eq!(
                read(table, b','),
                Err(format!("[{line}]: A quote (\") begins here and never ends.")),
                "{table:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn rows_written_in_any_dialect_are_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("(?s)[a,;\t|\"'\r\n 한é=]{0,6}", 3), 0..12),
            separator in proptest::sample::select(vec![b',', b';', b'\t', b'|']),
            ends_with_cr_lf in proptest::bool::ANY,
        ) {
            let mut writer = csv::WriterBuilder::new();
            writer.delimiter(separator);
            if ends_with_cr_lf {
                writer.terminator(csv::Terminator::CRLF);
            }
            let mut writer = writer.from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let table = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let cells: Vec<_> = read(&table, separator).unwrap().into_iter().map(|line| line.2).collect();
            let filled = |row: &&Vec<String>| row.iter().any(|cell| !trimmed(cell).is_empty());
            proptest::prop_assert_eq!(cells, rows.iter().filter(filled).cloned().collect::<Vec<_>>());
        }
    }
}
