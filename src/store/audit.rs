//! What only an audit reads: sums over whole tables, and the state of the file.

use super::Snapshot;
use super::named::named;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use anyhow::{Context, Result};
use rusqlite::OptionalExtension;
use std::collections::HashMap;

pub const FILE: &str = include_str!("../../sql/audit.sql");
const SUMS_OF_POSTINGS: &str = named(FILE, "sums_of_postings");
const UNBALANCED_TRANSFERS: &str = named(FILE, "unbalanced_transfers");
const UNPLACED_LISTING: &str = named(FILE, "unplaced_listing");
const BASELESS_TRANSFERS: &str = named(FILE, "baseless_transfers");
const SUMS_OF_HOLDS: &str = named(FILE, "sums_of_holds");
const MISNAMED: &str = named(FILE, "misnamed");
const COUNTS: &str = named(FILE, "counts");

impl Snapshot<'_> {
    /// Each purse's balance, from the postings alone.
    pub fn sums_of_postings(&self) -> Result<HashMap<AccountId, Money>> {
        self.sums(SUMS_OF_POSTINGS).context("sum the postings")
    }

    /// What is held for each person's open leads.
    pub fn sums_of_holds(&self) -> Result<HashMap<AccountId, Money>> {
        self.sums(SUMS_OF_HOLDS).context("sum the holds")
    }

    pub fn unbalanced_transfers(&self) -> Result<Vec<i64>> {
        let mut statement = self.statement(UNBALANCED_TRANSFERS)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("look for unbalanced transfers")
    }

    /// The first transfer that neither moves money from or to the outside, nor has a sale as its cause.
    pub fn baseless_transfer(&self) -> Result<Option<i64>> {
        let found = self.statement(BASELESS_TRANSFERS)?.query_row([], |row| row.get(0)).optional();
        found.context("look for transfers without a cause")
    }

    /// The first listing without a standing.
    pub fn unplaced_listing(&self) -> Result<Option<i64>> {
        let found = self.statement(UNPLACED_LISTING)?.query_row([], |row| row.get(0)).optional();
        found.context("look for listings without a standing")
    }

    /// The first account that a kept event names otherwise.
    pub fn misnamed(&self) -> Result<Option<i64>> {
        let found = self.statement(MISNAMED)?.query_row([], |row| row.get(0)).optional();
        found.context("look for other names")
    }

    /// The first table with a broken reference. A missing bid between two others is left to the audit of its chain,
    /// which names it.
    pub fn broken_reference(&self) -> Result<Option<String>> {
        let mut statement = self.conn.prepare(
            "select \"table\", parent from pragma_foreign_key_check where \"table\" <> 'bid' or parent <> 'bid'",
        )?;
        let found = statement.query_row([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{table} refers to a missing {parent}"))
        });
        found.optional().context("check the references")
    }

    /// Row counts of the tables that grow; listings by their state.
    pub fn counts(&self) -> Result<Vec<(String, i64)>> {
        let mut statement = self.statement(COUNTS)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().context("count")
    }

    /// The schema's version, and SQLite's.
    pub fn versions(&self) -> Result<(i64, String)> {
        let mut statement =
            self.conn.prepare("select user_version, sqlite_version() from pragma_user_version")?;
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).context("read the versions")
    }

    /// SQLite's check of the file; empty when all is well.
    pub fn integrity(&self) -> Result<Vec<String>> {
        let mut statement = self.conn.prepare("pragma integrity_check(20)")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let found: Vec<String> = rows.collect::<rusqlite::Result<_>>().context("check the file")?;
        Ok(found.into_iter().filter(|words| words != "ok").collect())
    }

    fn sums(&self, sql: &'static str) -> Result<HashMap<AccountId, Money>> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
