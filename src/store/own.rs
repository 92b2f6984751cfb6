//! What people change of their own accounts: names they had before, their sessions, and an address that waits.

use super::named::named;
use super::sessions::TokenHash;
use super::{Snapshot, Tx, first};
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/own.sql");
const KEEP_EARLIER_NAME: &str = named(FILE, "keep_earlier_name");
const EARLIER_NAMES: &str = named(FILE, "earlier_names");
const SESSIONS_OF: &str = named(FILE, "sessions_of");
const SEE_SESSION: &str = named(FILE, "see_session");
const NEW_EMAIL: &str = named(FILE, "new_email");

/// A session of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    pub token: TokenHash,
    /// In words; none for a session from before they were kept.
    pub device: Option<String>,
    /// When it was opened.
    pub at: Time,
    /// When it was last used, to ten minutes.
    pub seen_at: Option<Time>,
}

impl Snapshot<'_> {
    /// What a person was called before, and until when, oldest first.
    pub fn earlier_names(&self, account: AccountId) -> Result<Vec<(String, Time)>> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.rows(EARLIER_NAMES, named_params! {":account_id": account}, read)
            .with_context(|| format!("account {account}: read the earlier names"))
    }

    /// The sessions of an account that hold, those used last first.
    pub fn sessions_of(&self, account: AccountId, now: Time) -> Result<Vec<OwnSession>> {
        let read = |row: &Row<'_>| {
            let (token, device) = (row.get(0)?, row.get(1)?);
            anyhow::Ok(OwnSession { token, device, at: row.get(2)?, seen_at: row.get(3)? })
        };
        self.rows(SESSIONS_OF, named_params! {":account_id": account, ":now": now}, read)
            .with_context(|| format!("account {account}: read the sessions"))
    }

    /// The address that becomes the account's once the link that was mailed to it is opened.
    pub fn new_email(&self, account: AccountId, now: Time) -> Result<Option<String>> {
        self.row(NEW_EMAIL, named_params! {":account_id": account, ":now": now}, first)
            .with_context(|| format!("account {account}: read the new address"))
    }
}

impl Tx<'_> {
    /// Keeps what a person was called until now: past events name them so.
    pub fn keep_earlier_name(&self, account: AccountId, name: &str) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":name": name, ":until": self.now};
        self.execute(KEEP_EARLIER_NAME, parameters)
            .with_context(|| format!("account {account}: keep the earlier name"))?;
        Ok(())
    }

    /// Records when a session was last used, if it still holds.
    pub fn see_session(&self, token: &TokenHash, at: Time) -> Result<()> {
        self.execute(SEE_SESSION, named_params! {":token_hash": token, ":at": at})
            .context("record that a session was used")?;
        Ok(())
    }
}
