//! Statements composed at compile time: a part that several statements share stands once in its file, under a name in
//! braces, and each of them names it where it belongs.

use super::named::named;

/// The statement of this name, with its parts in their places, as a `&'static str`. Fails the build if one is missing.
macro_rules! composed {
    ($file:expr, $name:literal) => {{
        const TEMPLATE: &str = $crate::store::named::named($file, $name);
        const BYTES: [u8; $crate::store::composed::length(TEMPLATE, $file)] =
            $crate::store::composed::bytes(TEMPLATE, $file);
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("texts and parts are whole characters"),
        }
    }};
}
pub(super) use composed;

/// How long `template` is with its parts.
pub(super) const fn length(template: &'static str, file: &'static str) -> usize {
    let (mut at, mut length) = (0, 0);
    while at < template.len() {
        match part(template, at) {
            Some(name) => (at, length) = (at + name.len(), length + named(file, name).len()),
            None => (at, length) = (at + 1, length + 1),
        }
    }
    length
}

/// `template` with its parts, which come to `N` bytes.
pub(super) const fn bytes<const N: usize>(template: &'static str, file: &'static str) -> [u8; N] {
    let (mut at, mut length, mut bytes) = (0, 0, [0; N]);
    while at < template.len() {
        let (text, step) = match part(template, at) {
            Some(name) => (named(file, name), name.len()),
            None => (slice(template, at, at + 1), 1),
        };
        let mut i = 0;
        while i < text.len() {
            bytes[length] = text.as_bytes()[i];
            (length, i) = (length + 1, i + 1);
        }
        at += step;
    }
    bytes
}

/// The name of the part that begins at `at`, braces included.
const fn part(template: &'static str, at: usize) -> Option<&'static str> {
    if template.as_bytes()[at] != b'{' {
        return None;
    }
    let mut end = at;
    while template.as_bytes()[end] != b'}' {
        end += 1;
    }
    Some(slice(template, at, end + 1))
}

const fn slice(text: &'static str, from: usize, to: usize) -> &'static str {
    let (head, _) = text.split_at(to);
    let (_, tail) = head.split_at(from);
    tail
}

#[cfg(test)]
mod tests {
    const FILE: &str = "-- name: {open}\nstate = 'open'\n\n-- name: one\nselect 1 where {open};\n";

    #[test]
    fn a_part_stands_where_it_is_named() {
        let one: &str = composed!(FILE, "one");
        assert_eq!(one.split_whitespace().collect::<Vec<_>>().join(" "), "select 1 where state = 'open' ;");
    }
}
