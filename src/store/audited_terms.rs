//! What only an audit reads of the terms and of who accepted them.

use super::Snapshot;
use super::audit::FILE;
use super::named::named;
use crate::rules::listing::AccountId;
use crate::rules::terms::TermsMark;
use crate::store::terms::StoredTerms;
use anyhow::{Context, Result};
use rusqlite::Row;

const AUDITED_TERMS: &str = named(FILE, "audited_terms");
const EARLY_ACCEPTANCE: &str = named(FILE, "early_acceptance");
const MISACCEPTED: &str = named(FILE, "misaccepted");

/// A person whose account does not say which version they accepted last: what it says, and what it should.
#[derive(Clone, Copy, Debug)]
pub struct Misaccepted {
    pub account: AccountId,
    pub stored: Option<i64>,
    pub due: Option<i64>,
}

impl Snapshot<'_> {
    /// Every version of the terms, the oldest first.
    pub fn audited_terms(&self) -> Result<Vec<StoredTerms>> {
        let read = |row: &Row<'_>| {
            let mark = TermsMark { version: row.get(0)?, hash: row.get(1)? };
            Ok(StoredTerms { mark, at: row.get(2)?, text: row.get(3)? })
        };
        self.rows(AUDITED_TERMS, [], read).context("read the terms")
    }

    /// The first person who accepted a version before it was published, and which.
    pub fn early_acceptance(&self) -> Result<Option<(AccountId, i64)>> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.row(EARLY_ACCEPTANCE, [], read).context("look for early acceptances")
    }

    pub fn misaccepted(&self) -> Result<Option<Misaccepted>> {
        let read =
            |row: &Row<'_>| Ok(Misaccepted { account: row.get(0)?, stored: row.get(1)?, due: row.get(2)? });
        self.row(MISACCEPTED, [], read).context("compare the accounts with the terms that they accepted")
    }
}
