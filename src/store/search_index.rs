//! What the search reads: each listing's folded text, and the parts of its words in SQLite's full-text index. Both are
//! written in the transaction that makes the listing; migration 7 and `auction doctor --rebuild-search` rebuild them.
//!
//! A part is a run of one to three characters of a word, so that any part of a word is found, in any script. The
//! index only narrows: what it finds is compared with the text.

use super::named::named;
use super::recorder::Recorder;
use super::{Snapshot, Tx, audit, categories, folding};
use crate::rules::listing::ListingId;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

pub const FILE: &str = include_str!("../../sql/search.sql");
const ADD_TEXT: &str = named(FILE, "add_text");
const ADD_PARTS: &str = named(FILE, "add_parts");
const KEEP_CATEGORY: &str = named(FILE, "keep_category");
const PLACE_IN_CATEGORY: &str = named(FILE, "place_in_category");
const COUNT_OPEN: &str = named(FILE, "count_open");
const COPY_OPENINGS: &str = named(FILE, "copy_openings");
const UNPLACE_ALL: &str = named(FILE, "unplace_all");
const FORGET_CATEGORIES: &str = named(FILE, "forget_categories");
const FORGET_TEXTS: &str = named(FILE, "forget_texts");
const FORGET_PARTS: &str = named(FILE, "forget_parts");
const MISCOUNTED_CATEGORY: &str = named(audit::FILE, "miscounted_category");
const MISPLACED_LISTING: &str = named(audit::FILE, "misplaced_listing");
const SEARCHED_TEXTS: &str = named(audit::FILE, "searched_texts");
const N_SEARCHED: &str = named(audit::FILE, "n_searched");

/// The longest part, in characters.
const LONGEST: usize = 3;
/// The most parts of one question: the text decides, so more would only cost time.
const MAX_ASKED: usize = 48;
/// ASCII signs of a part are moved here: the tokenizer then takes them for letters, and none ends a question. Unicode
/// leaves these code points to us.
const PRIVATE: u32 = 0xe000;

/// The text of a listing that is searched.
fn text(title: &str, description: &str, category: Option<&str>) -> String {
    folding::fold(&format!("{title}\n{description}\n{}", category.unwrap_or_default()))
}

/// A part; a short one is filled up with NULs, which no text holds.
type Part = [char; LONGEST];

/// Every part of a folded text, once, with spaces between them; and how many they are.
fn parts(folded: &str) -> (String, usize) {
    let mut all = Vec::with_capacity(LONGEST * folded.len());
    for word in folded.split(' ') {
        (1..=LONGEST).for_each(|length| add_parts(word, length, &mut all));
    }
    all.sort_unstable();
    all.dedup();
    let mut text = String::with_capacity((LONGEST + 1) * all.len());
    for part in &all {
        text.extend(characters(part).chain([' ']));
    }
    (text, all.len())
}

/// What the full-text index is asked for: the longest parts of each word, all of which it must hold.
pub(super) fn question(words: &[String]) -> String {
    let mut all = Vec::new();
    for word in words {
        add_parts(word, word.chars().count().clamp(1, LONGEST), &mut all);
    }
    all.sort_unstable();
    all.dedup();
    let quoted =
        all.iter().take(MAX_ASKED).map(|part| format!("\"{}\"", String::from_iter(characters(part))));
    quoted.collect::<Vec<_>>().join(" ")
}

fn add_parts(word: &str, length: usize, all: &mut Vec<Part>) {
    let letters: Vec<char> = word.chars().map(token_character).collect();
    all.extend(letters.windows(length).map(|letters| {
        let mut part = ['\0'; LONGEST];
        part[..length].copy_from_slice(letters);
        part
    }));
}

fn characters(part: &Part) -> impl Iterator<Item = char> {
    part.iter().copied().filter(|c| *c != '\0')
}

fn token_character(c: char) -> char {
    let moved = if c.is_ascii() && !c.is_ascii_alphanumeric() {
        char::from_u32(PRIVATE + u32::from(c))
    } else {
        None
    };
    moved.unwrap_or(c)
}

impl Tx<'_> {
    /// Adds a new listing to the search.
    pub(super) fn add_to_search(
        &self,
        id: ListingId,
        title: &str,
        description: &str,
        category: Option<&str>,
    ) -> Result<()> {
        enter(&self.recorder, id.0, &text(title, description, category))
            .with_context(|| format!("listing {id}: enter it into the search"))
    }

    /// Rebuilds what the search reads from the listings.
    pub fn rebuild_search(&self) -> Result<()> {
        fill(&self.recorder)
    }
}

fn enter(recorder: &Recorder<'_>, id: i64, folded: &str) -> Result<()> {
    recorder.execute(ADD_TEXT, named_params! {":listing_id": id, ":folded": folded})?;
    let (parts, _) = parts(folded);
    recorder.execute(ADD_PARTS, named_params! {":listing_id": id, ":parts": parts})?;
    Ok(())
}

/// Makes the texts, their parts, the categories and their counts from the listings, in the transaction that is open.
pub(super) fn fill(recorder: &Recorder<'_>) -> Result<()> {
    let conn = recorder.conn;
    for sql in [FORGET_PARTS, FORGET_TEXTS, UNPLACE_ALL, FORGET_CATEGORIES, COPY_OPENINGS] {
        recorder.execute(sql, &[])?;
    }
    let mut listings =
        conn.prepare("select id, category from listing where category is not null order by id")?;
    let named = listings.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named: Vec<(i64, String)> = named.collect::<rusqlite::Result<_>>()?;
    for (id, category) in named {
        let (category_id, name) = categories::category(recorder, &category)?;
        recorder.execute(KEEP_CATEGORY, named_params! {":listing_id": id, ":name": name})?;
        let placed = named_params! {":listing_id": id, ":category_id": category_id};
        recorder.execute(PLACE_IN_CATEGORY, placed)?;
    }
    recorder.execute(COUNT_OPEN, &[])?;
    let mut listings = conn.prepare("select id, title, description, category from listing order by id")?;
    let mut rows = listings.query([])?;
    while let Some(row) = rows.next()? {
        let category = row.get_ref(3)?.as_str_or_null()?;
        enter(recorder, row.get(0)?, &text(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?, category))?;
    }
    Ok(())
}

impl Snapshot<'_> {
    /// The first difference between what the search reads and the listings.
    pub fn search_fault(&self) -> Result<Option<String>> {
        let found: Option<String> =
            self.statement(MISCOUNTED_CATEGORY)?.query_row([], |row| row.get(0)).optional()?;
        if let Some(name) = found {
            return Ok(Some(format!(
                "the open listings of the category {} are miscounted",
                name.escape_debug()
            )));
        }
        let found: Option<ListingId> =
            self.statement(MISPLACED_LISTING)?.query_row([], |row| row.get(0)).optional()?;
        if let Some(id) = found {
            return Ok(Some(format!("listing {id} is sorted by another opening or category than its own")));
        }
        let mut statement = self.statement(SEARCHED_TEXTS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let category = row.get_ref(3)?.as_str_or_null()?;
            let due = text(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?, category);
            let n_parts = row.get_ref(5)?.as_blob_or_null()?.and_then(varint);
            if row.get_ref(4)?.as_str_or_null()? != Some(&due) || n_parts != Some(parts(&due).1) {
                let id: ListingId = row.get(0)?;
                return Ok(Some(format!("listing {id} is not searched by its own words")));
            }
        }
        let (texts, parts, listings): (i64, i64, i64) =
            self.statement(N_SEARCHED)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(((texts, parts) != (listings, listings)).then(|| "it holds listings that do not exist".to_owned()))
    }
}

/// SQLite's integer of as many bytes as it needs, seven bits each.
fn varint(bytes: &[u8]) -> Option<usize> {
    let mut number = 0;
    for byte in bytes.iter().take(4) {
        number = number << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_part_of_a_word_that_is_asked_for_is_among_the_parts_of_its_text() {
        let text = folding::fold("A brass lamp, 100% \"new\" — 중고 자전거 (red)");
        let held: BTreeSet<String> = parts(&text).0.split_whitespace().map(str::to_owned).collect();
        for asked in ["lamp", "la", "l", "자전", "자", "전거", "100%", "\"", "—", "(red)"] {
            let question = question(&[asked.to_owned()]);
            let asked_for: Vec<&str> = question.split(' ').map(|part| part.trim_matches('"')).collect();
            assert!(
                !asked_for.is_empty() && asked_for.iter().all(|part| held.contains(*part)),
                "{asked}: {question}"
            );
        }
        assert_eq!(
            question(&["\"*^".into()]).matches('"').count(),
            2,
            "nothing but the quotes around a part"
        );
        assert_eq!(question(&[]), "");
    }

    #[test]
    fn a_varint_is_read() {
        for (bytes, number) in
            [(&[5][..], Some(5)), (&[0x81, 0x00], Some(128)), (&[0x8a, 0x34], Some(1_332)), (&[], None)]
        {
            assert_eq!(varint(bytes), number);
        }
    }
}
