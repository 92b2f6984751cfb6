//! Sessions: only the SHA-256 of a token is kept, so that a stolen database logs nobody in.

use super::accounts::{AccountState, FILE};
use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

const OPEN_SESSION: &str = named(FILE, "open_session");
const SESSION: &str = named(FILE, "session");
const END_SESSION: &str = named(FILE, "end_session");
const END_SESSIONS_OF: &str = named(FILE, "end_sessions_of");
const PRUNE_SESSIONS: &str = named(FILE, "prune_sessions");

/// SHA-256 of a session's token.
pub type TokenHash = [u8; 32];

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub is_admin: bool,
    pub state: AccountState,
}

impl Snapshot<'_> {
    /// The person of a session that has not expired.
    pub fn session(&self, token: &TokenHash, now: Time) -> Result<Option<Person>> {
        let mut statement = self.statement(SESSION)?;
        let found = statement.query_row(named_params! {":token_hash": token, ":now": now}, |row| {
            let state = AccountState::of(row.get_ref(4)?.as_str()?);
            Ok(Person {
                id: row.get(0)?,
                email: row.get(1)?,
                name: row.get(2)?,
                is_admin: row.get(3)?,
                state,
            })
        });
        found.optional().context("read a session")
    }
}

impl Tx<'_> {
    pub fn open_session(&self, token: &TokenHash, account: AccountId, expires_at: Time) -> Result<()> {
        self.statement(OPEN_SESSION)?
            .execute(named_params! {
                ":token_hash": token, ":account_id": account, ":created_at": self.now, ":expires_at": expires_at,
            })
            .context("open a session")?;
        Ok(())
    }

    pub fn end_session(&self, token: &TokenHash) -> Result<()> {
        self.statement(END_SESSION)?
            .execute(named_params! {":token_hash": token})
            .context("end a session")?;
        Ok(())
    }

    pub fn end_sessions_of(&self, account: AccountId) -> Result<()> {
        self.statement(END_SESSIONS_OF)?
            .execute(named_params! {":account_id": account})
            .context("end sessions")?;
        Ok(())
    }

    pub fn prune_sessions(&self) -> Result<()> {
        self.statement(PRUNE_SESSIONS)?
            .execute(named_params! {":now": self.now})
            .context("prune sessions")?;
        Ok(())
    }
}
