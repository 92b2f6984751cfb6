//! The sign between cells: by a first line `sep=;`, else the one that makes the most of the head line.

use super::trimmed;
use csv::ReaderBuilder;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separator(pub u8);

/// The separators, in order of preference.
const TRIED: [Separator; 4] = [Separator(b','), Separator(b';'), Separator(b'\t'), Separator(b'|')];
/// Most blank lines before the head.
const MAX_BLANK: usize = 100;

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

/// Reads a sign, or its name: `;`, `semicolon`, `tab`.
pub fn parse_separator(text: &str) -> Result<Separator, String> {
    let byte = match text.to_ascii_lowercase().as_str() {
        "comma" => b',',
        "semicolon" => b';',
        "tab" | "\\t" => b'\t',
        "pipe" => b'|',
        _ => *text.as_bytes().first().filter(|byte| text.len() == 1 && may_separate(**byte)).ok_or(WORDS)?,
    };
    Ok(Separator(byte))
}

const WORDS: &str = "one sign such as , ; | or the word tab";

fn may_separate(byte: u8) -> bool {
    byte == b'\t' || byte.is_ascii_punctuation() && byte != b'"'
}

/// The separator of a first line `sep=;`, and the text after that line; without such a line, all of the text.
pub fn stated(text: &str) -> Result<(Option<Separator>, &str), String> {
    let first = text.split(['\r', '\n']).next().unwrap_or_default();
    let line = first.trim_matches([' ', '"']);
    if !line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep=")) {
        return Ok((None, text));
    }
    let named = &line[4..];
    // A spreadsheet that saved it again may have added separators.
    let separator = named.as_bytes().first().copied().filter(|byte| may_separate(*byte)).map(Separator);
    let separator = separator
        .filter(|Separator(byte)| named.bytes().skip(1).all(|other| other == *byte || other == b'"'));
    let separator = separator.ok_or_else(|| format!("sep= names the separator: {WORDS}, not {named:?}."))?;
    let rest = &text[first.len()..];
    let rest = rest.strip_prefix("\r\n").or(rest.strip_prefix(['\r', '\n'])).unwrap_or(rest);
    Ok((Some(separator), rest))
}

/// Picks the separator with which the head has the most known names, then the most cells.
pub fn guess(table: &str, is_known: impl Fn(&str) -> bool) -> Separator {
    let worth = |separator: Separator| {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(separator.0);
        let mut csv = builder.from_reader(table.as_bytes());
        let mut rows = csv.records().take(MAX_BLANK).flatten();
        match rows.find(|row| row.iter().any(|cell| !trimmed(cell).is_empty())) {
            Some(head) => (head.iter().filter(|name| is_known(name)).count(), head.len()),
            // Nothing but separators.
            None => (0, usize::MAX),
        }
    };
    // Among equals, the first.
    TRIED.into_iter().rev().max_by_key(|separator| worth(*separator)).unwrap_or(TRIED[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_the_separator_is_no_row() {
        for (text, separator, rest) in [
            ("sep=;\r\na;b", Some(b';'), "a;b"),
            ("SEP=\t\na", Some(b'\t'), "a"),
            ("\"sep=|\"\ra", Some(b'|'), "a"),
            ("sep=;;;;\n\na", Some(b';'), "\na"),
            ("sep=,", Some(b','), ""),
            ("a;b\nsep=;", None, "a;b\nsep=;"),
            ("", None, ""),
        ] {
            assert_eq!(stated(text), Ok((separator.map(Separator), rest)), "{text:?}");
        }
        for text in ["sep=\na", "sep=ab\n", "sep=한\n", "sep=;x\n"] {
            assert!(stated(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_head_shows_its_separator() {
        let known = |name: &str| ["title", "seller", "opening"].contains(&name);
        for (table, separator) in [
            ("title,seller,opening\na;b;c;d;e,x,1", b','),
            ("title;seller;opening\n", b';'),
            ("title\tseller\topening\n", b'\t'),
            ("title|seller|opening\n", b'|'),
            ("\n;;;\n\"title\";\"a, b, c, d, e\";seller\n", b';'),
            ("제목;판매자\n", b';'),
            ("title\n", b','),
            ("", b','),
        ] {
            assert_eq!(guess(table, known), Separator(separator), "{table:?}");
        }
        for (text, byte) in
            [("tab", Some(b'\t')), (";", Some(b';')), ("a", None), ("\"", None), (";;", None), ("", None)]
        {
            assert_eq!(parse_separator(text).ok(), byte.map(Separator), "{text:?}");
        }
    }
}
