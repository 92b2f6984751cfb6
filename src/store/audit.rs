//! What an audit reads beyond the ordinary: sums over whole tables.

use super::Snapshot;
use super::named::named;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use anyhow::{Context, Result};
use std::collections::HashMap;

pub const FILE: &str = include_str!("../../sql/audit.sql");
const SUMS_OF_POSTINGS: &str = named(FILE, "sums_of_postings");
const UNBALANCED_TRANSFERS: &str = named(FILE, "unbalanced_transfers");
const SUMS_OF_HOLDS: &str = named(FILE, "sums_of_holds");

impl Snapshot<'_> {
    /// Each purse's balance, from the postings alone.
    pub fn sums_of_postings(&self) -> Result<HashMap<AccountId, Money>> {
        self.sums(SUMS_OF_POSTINGS).context("sum the postings")
    }

    /// What each person's open leads hold.
    pub fn sums_of_holds(&self) -> Result<HashMap<AccountId, Money>> {
        self.sums(SUMS_OF_HOLDS).context("sum the holds")
    }

    pub fn unbalanced_transfers(&self) -> Result<Vec<i64>> {
        let mut statement = self.statement(UNBALANCED_TRANSFERS)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("look for unbalanced transfers")
    }

    /// SQLite's own check of the file; empty when all is well.
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
