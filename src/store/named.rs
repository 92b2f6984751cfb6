//! Statements bound at compile time: each stands in `sql/` under a line `-- name: …`, and a name that is not there
//! fails the build.

/// The text of the statement called `name` in `file`: all that follows its heading, up to the next heading or the end.
///
/// Panics, at compile time where the result is a constant, if there is no such statement.
pub const fn named(file: &'static str, name: &str) -> &'static str {
    let bytes = file.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = line_end(bytes, at);
        if is_heading(bytes, at) && same(bytes, at + HEADING.len(), end, name.as_bytes()) {
            return slice(file, end, next_heading(bytes, end));
        }
        at = end + 1;
    }
    panic!("no statement of this name")
}

const HEADING: &[u8] = b"-- name: ";

const fn line_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'\n' {
        at += 1;
    }
    at
}

const fn is_heading(bytes: &[u8], at: usize) -> bool {
    at + HEADING.len() <= bytes.len() && same(bytes, at, at + HEADING.len(), HEADING)
}

const fn next_heading(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        if bytes[at] == b'\n' && is_heading(bytes, at + 1) {
            return at;
        }
        at += 1;
    }
    at
}

const fn same(bytes: &[u8], from: usize, to: usize, other: &[u8]) -> bool {
    if to - from != other.len() {
        return false;
    }
    let mut i = 0;
    while i < other.len() {
        if bytes[from + i] != other[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn slice(text: &'static str, from: usize, to: usize) -> &'static str {
    let (head, _) = text.split_at(to);
    let (_, tail) = head.split_at(from);
    tail
}

/// Every statement of `file`, with its name, for the tests that prepare them all.
pub fn all(file: &'static str) -> Vec<(&'static str, &'static str)> {
    file.lines()
        .filter_map(|line| line.strip_prefix("-- name: "))
        .map(|name| (name, named(file, name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- name: one\nselect 1;\n\n-- name: two\nselect 2\nfrom t;\n";

    #[test]
    fn a_statement_is_found_by_its_name() {
        const TWO: &str = named(FILE, "two");
        assert_eq!(TWO.trim(), "select 2\nfrom t;");
        assert_eq!(named(FILE, "one").trim(), "select 1;");
        assert_eq!(all(FILE).len(), 2);
    }
}
