//! The categories that sellers have named. Names that fold to the same are one category, spelled as it was first.

use super::named::named;
use super::recorder::Recorder;
use super::{Snapshot, Tx, folding};
use crate::rules::listing::Draft;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, named_params};

pub const FILE: &str = include_str!("../../sql/categories.sql");
const CATEGORY_ALIKE: &str = named(FILE, "category_alike");
const ADD_CATEGORY: &str = named(FILE, "add_category");
const OPEN_CATEGORIES: &str = named(FILE, "open_categories");

/// Whether two names are the same category.
pub fn is_same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// The folded name; a name of nothing but invisible characters is compared as it is.
fn key(name: &str) -> String {
    let folded = folding::fold(name);
    if folded.is_empty() { name.trim().to_owned() } else { folded }
}

impl Snapshot<'_> {
    /// The first `limit` categories with listings that take bids now, and how many listings each has.
    pub fn open_categories(&self, now: Time, limit: i64) -> Result<Vec<(String, i64)>> {
        let mut statement = self.statement(OPEN_CATEGORIES)?;
        let rows = statement
            .query_map(named_params! {":now": now, ":limit": limit}, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().context("read the categories")
    }

    /// The category of this name, if any listing was ever in it.
    pub(super) fn category_id(&self, name: &str) -> Result<Option<i64>> {
        Ok(alike(self.conn, &key(name))?.map(|(id, _)| id))
    }
}

impl Tx<'_> {
    /// The category of a draft, and its name as the house spells it: "books" joins "Books".
    pub(super) fn category_of(&self, draft: &Draft) -> Result<Option<(i64, String)>> {
        let name = draft.category.as_deref().map(str::trim).filter(|name| !name.is_empty());
        name.map(|name| category(&self.recorder, name)).transpose()
    }
}

/// Finds or makes the category of this name.
pub(super) fn category(recorder: &Recorder<'_>, name: &str) -> Result<(i64, String)> {
    let folded = key(name);
    if let Some(known) = alike(recorder.conn, &folded)? {
        return Ok(known);
    }
    let parameters = named_params! {":folded": folded, ":name": name};
    let id = recorder.insert(ADD_CATEGORY, parameters).context("add a category")?;
    Ok((id, name.to_owned()))
}

fn alike(conn: &Connection, folded: &str) -> Result<Option<(i64, String)>> {
    let mut statement = conn.prepare_cached(CATEGORY_ALIKE)?;
    let known = statement
        .query_row(named_params! {":folded": folded}, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional();
    known.context("read the categories")
}
