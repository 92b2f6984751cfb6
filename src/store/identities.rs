//! Identities at a single sign-on, and whose they are.

use super::named::named;
use super::{Snapshot, Tx, first};
use crate::rules::listing::AccountId;
use anyhow::{Context, Result};
use rusqlite::named_params;

pub const FILE: &str = include_str!("../../sql/identities.sql");
const ACCOUNT_OF_IDENTITY: &str = named(FILE, "account_of_identity");
const HAS_IDENTITY: &str = named(FILE, "has_identity");
const ADD_IDENTITY: &str = named(FILE, "add_identity");

impl Snapshot<'_> {
    /// The account that an identity logs in to, unless it is closed.
    pub fn account_of_identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>> {
        let parameters = named_params! {":issuer": issuer, ":subject": subject};
        self.row(ACCOUNT_OF_IDENTITY, parameters, first).context("look for an identity")
    }

    /// Whether somebody has logged in to the account by a single sign-on.
    pub fn has_identity(&self, account: AccountId) -> Result<bool> {
        self.the_row(HAS_IDENTITY, named_params! {":account_id": account}, first)
            .context("look for the identities of an account")
    }
}

impl Tx<'_> {
    /// From now on, this identity logs in to this account.
    pub fn add_identity(&self, issuer: &str, subject: &str, account: AccountId) -> Result<()> {
        let parameters = named_params! {
            ":issuer": issuer, ":subject": subject, ":account_id": account, ":now": self.now,
        };
        self.execute(ADD_IDENTITY, parameters).context("add an identity")?;
        Ok(())
    }
}
