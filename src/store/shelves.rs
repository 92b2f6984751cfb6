//! The shelves of the house: the categories that its sellers have named.

use super::named::named;
use super::{Snapshot, Tx, listings};
use crate::rules::listing::Draft;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

const CATEGORY_ALIKE: &str = named(listings::FILE, "category_alike");
const OPEN_CATEGORIES: &str = named(listings::FILE, "open_categories");

impl Snapshot<'_> {
    /// The first `limit` categories that take bids now, and how many listings are in each.
    pub fn open_categories(&self, now: Time, limit: i64) -> Result<Vec<(String, i64)>> {
        let mut statement = self.statement(OPEN_CATEGORIES)?;
        let rows = statement
            .query_map(named_params! {":now": now, ":limit": limit}, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().context("read the categories")
    }
}

impl Tx<'_> {
    /// The category of a draft as the house writes it: "books" joins "Books".
    pub(super) fn shelf(&self, draft: &Draft) -> Result<Option<String>> {
        let Some(category) = draft.category.as_deref().map(str::trim).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let mut statement = self.statement(CATEGORY_ALIKE)?;
        let known = statement.query_row(named_params! {":category": category}, |row| row.get(0)).optional();
        Ok(Some(known.context("read the categories")?.unwrap_or_else(|| category.to_owned())))
    }
}
