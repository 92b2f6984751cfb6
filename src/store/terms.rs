//! The terms by version, and who accepted which. Both are only added to; the database refuses anything else.

use super::named::named;
use super::{Snapshot, Tx, first};
use crate::rules::hash::Hash;
use crate::rules::listing::AccountId;
use crate::rules::terms::TermsMark;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/terms.sql");
const TERMS_MARK: &str = named(FILE, "terms_mark");
const NEWEST_TERMS: &str = named(FILE, "newest_terms");
const TERMS: &str = named(FILE, "terms");
const VERSIONS: &str = named(FILE, "versions");
const PUBLISH: &str = named(FILE, "publish");
const ACCEPT: &str = named(FILE, "accept");
const SET_ACCEPTED: &str = named(FILE, "set_accepted");
const ACCEPTANCES: &str = named(FILE, "acceptances");
const ACCEPTED_AT: &str = named(FILE, "accepted_at");

/// A version of the terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTerms {
    pub mark: TermsMark,
    /// When it was published.
    pub at: Time,
    pub text: String,
}

/// A version, and when it was published, or when somebody accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedTerms {
    pub mark: TermsMark,
    pub at: Time,
}

impl Snapshot<'_> {
    /// The newest version, read without its text.
    pub fn terms_mark(&self) -> Result<Option<TermsMark>> {
        self.row(TERMS_MARK, [], mark).context("read the version of the terms")
    }

    /// This version, or the newest.
    pub fn terms(&self, version: Option<i64>) -> Result<Option<StoredTerms>> {
        let read = |row: &Row<'_>| Ok(StoredTerms { mark: mark(row)?, at: row.get(2)?, text: row.get(3)? });
        let found = match version {
            Some(version) => self.row(TERMS, named_params! {":version": version}, read),
            None => self.row(NEWEST_TERMS, [], read),
        };
        found.context("read the terms")
    }

    /// Up to `limit` versions, the newest first.
    pub fn terms_versions(&self, limit: i64) -> Result<Vec<DatedTerms>> {
        self.rows(VERSIONS, named_params! {":limit": limit}, dated).context("read the versions of the terms")
    }

    /// Up to `limit` versions that this person has accepted, the oldest first.
    pub fn acceptances(&self, account: AccountId, limit: i64) -> Result<Vec<DatedTerms>> {
        let parameters = named_params! {":account_id": account, ":limit": limit};
        self.rows(ACCEPTANCES, parameters, dated)
            .with_context(|| format!("account {account}: read the terms that it accepted"))
    }

    /// When this person accepted this version.
    pub fn accepted_at(&self, account: AccountId, version: i64) -> Result<Option<Time>> {
        let parameters = named_params! {":account_id": account, ":version": version};
        self.row(ACCEPTED_AT, parameters, first)
            .with_context(|| format!("account {account}: read when it accepted the terms"))
    }
}

impl Tx<'_> {
    /// Publishes the next version; its number.
    pub fn publish_terms(&self, text: &str, hash: &Hash) -> Result<i64> {
        let parameters = named_params! {":hash": hash, ":at": self.now, ":text": text};
        self.insert(PUBLISH, parameters).context("publish the terms")
    }

    /// Records that a person has accepted a version that they had not accepted before.
    pub fn accept_terms(&self, account: AccountId, version: i64) -> Result<()> {
        let doing = || format!("account {account}: accept version {version} of the terms");
        let parameters = named_params! {":account_id": account, ":version": version, ":at": self.now};
        self.execute(ACCEPT, parameters).with_context(doing)?;
        self.execute(SET_ACCEPTED, named_params! {":account_id": account, ":version": version})
            .with_context(doing)?;
        Ok(())
    }
}

fn mark(row: &Row<'_>) -> Result<TermsMark> {
    Ok(TermsMark { version: row.get(0)?, hash: row.get(1)? })
}

fn dated(row: &Row<'_>) -> Result<DatedTerms> {
    Ok(DatedTerms { mark: mark(row)?, at: row.get(2)? })
}
