//! Sessions, and the devices from which people have logged in. Only the SHA-256 of a token is kept, so that a stolen
//! database logs nobody in.

use super::accounts::{AccountState, FILE};
use super::named::named;
use super::{Snapshot, Tx, first};
use crate::rules::listing::AccountId;
use crate::rules::scope::Scopes;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const OPEN_SESSION: &str = named(FILE, "open_session");
const SESSION: &str = named(FILE, "session");
const END_SESSION: &str = named(FILE, "end_session");
const END_SESSIONS_OF: &str = named(FILE, "end_sessions_of");
const END_SESSIONS_BUT: &str = named(FILE, "end_sessions_but");
const END_PIN_SESSIONS_OF: &str = named(FILE, "end_pin_sessions_of");
const PART_PUSHES_FROM_SESSIONS: &str = named(FILE, "part_pushes_from_sessions");
const END_ALL_SESSIONS: &str = named(FILE, "end_all_sessions");
const END_OLDEST_SESSIONS: &str = named(FILE, "end_oldest_sessions");
const PRUNE_SESSIONS: &str = named(FILE, "prune_sessions");
const KNOWS_DEVICE: &str = named(FILE, "knows_device");
const KNOW_DEVICE: &str = named(FILE, "know_device");
const FORGET_OLDEST_DEVICES: &str = named(FILE, "forget_oldest_devices");
const FORGET_DEVICES_OF: &str = named(FILE, "forget_devices_of");
const PRUNE_DEVICES: &str = named(FILE, "prune_devices");

/// The most known devices of an account, networks and browsers together; beyond it, the least recently seen is
/// forgotten.
const MAX_DEVICES: i64 = 40;
/// A device not seen for this long is forgotten.
pub const DEVICE_LIFE_S: i64 = 180 * 86_400;

/// SHA-256 of a session's token.
pub type TokenHash = [u8; 32];

/// A known device: the hash of its network, or of its browser's token.
pub type DeviceHash = [u8; 32];

/// A person who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: AccountId,
    /// None for a guest whom the desk has registered without one.
    pub email: Option<String>,
    pub name: String,
    /// Never for a session that a number and a PIN have opened.
    pub is_admin: bool,
    pub state: AccountState,
    /// When the session was opened.
    pub logged_in_at: Time,
    /// When the session was last used, to ten minutes.
    pub seen_at: Option<Time>,
    /// Whether the address was shown to be the person's.
    pub is_verified: bool,
    /// The newest version of the terms that the person has accepted.
    pub terms_version: Option<i64>,
    /// Whether a number and a PIN have opened the session.
    pub by_pin: bool,
    /// For a program: the token by which it acts for the person; none for a session.
    pub by_token: Option<ByToken>,
}

/// What a request by a token for programs needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByToken {
    pub id: i64,
    pub may: Scopes,
    pub ends_at: Option<Time>,
    pub used_at: Option<Time>,
    /// Whether its owner is an admin.
    pub is_of_admin: bool,
}

impl Snapshot<'_> {
    /// The person of a session that has not expired.
    pub fn session(&self, token: &TokenHash, now: Time) -> Result<Option<Person>> {
        let person = |row: &Row<'_>| {
            let id = row.get(0)?;
            anyhow::Ok(Person {
                id,
                email: row.get(1)?,
                name: row.get(2)?,
                is_admin: row.get(3)?,
                state: AccountState::read(row, 4, id)?,
                logged_in_at: row.get(5)?,
                seen_at: row.get(6)?,
                is_verified: row.get(7)?,
                terms_version: row.get(8)?,
                by_pin: row.get(9)?,
                by_token: None,
            })
        };
        self.row(SESSION, named_params! {":token_hash": token, ":now": now}, person).context("read a session")
    }

    /// Whether the owner of the account has logged in from this device.
    pub fn knows_device(&self, account: AccountId, device: &DeviceHash) -> Result<bool> {
        let parameters = named_params! {":account_id": account, ":hash": device};
        let found = self.statement(KNOWS_DEVICE)?.exists(parameters);
        found.context("look for a known device")
    }
}

impl Tx<'_> {
    /// Opens a session; `by_pin` if a number and a PIN have opened it. `device` says in words what with.
    pub fn open_session(
        &self,
        token: &TokenHash,
        account: AccountId,
        expires_at: Time,
        by_pin: bool,
        device: Option<&str>,
    ) -> Result<()> {
        let parameters = named_params! {
            ":token_hash": token, ":account_id": account, ":created_at": self.now, ":expires_at": expires_at,
            ":by_pin": by_pin, ":device": device,
        };
        self.execute(OPEN_SESSION, parameters).context("open a session")?;
        Ok(())
    }

    pub fn end_session(&self, token: &TokenHash) -> Result<()> {
        self.execute(END_SESSION, named_params! {":token_hash": token}).context("end a session")?;
        Ok(())
    }

    /// Ends all sessions of an account, and its pushes with them, those of expired sessions too.
    pub fn end_sessions_of(&self, account: AccountId) -> Result<()> {
        self.forget_push_subscriptions_of(account)?;
        self.execute(END_SESSIONS_OF, named_params! {":account_id": account}).context("end sessions")?;
        Ok(())
    }

    /// Ends all sessions of an account but `kept`, and its pushes with them, those of expired sessions too; returns those
    /// that it ended.
    pub fn end_sessions_but(&self, account: AccountId, kept: Option<&TokenHash>) -> Result<Vec<TokenHash>> {
        self.forget_push_subscriptions_but(account, kept)?;
        let parameters = named_params! {":account_id": account, ":kept": kept};
        self.returning(END_SESSIONS_BUT, parameters, first).context("end sessions")
    }

    /// Ends the sessions of an account that a number and a PIN have opened.
    pub fn end_pin_sessions_of(&self, account: AccountId) -> Result<()> {
        self.execute(END_PIN_SESSIONS_OF, named_params! {":account_id": account})
            .context("end the sessions of a PIN")?;
        Ok(())
    }

    /// Ends all sessions of everyone. Browsers that are notified by push go on being notified.
    pub fn end_all_sessions(&self) -> Result<()> {
        self.part_pushes_from_sessions(None)?;
        self.execute(END_ALL_SESSIONS, &[]).context("end all sessions")?;
        Ok(())
    }

    /// Ends all sessions of an account but the newest `kept`; returns those that it ended.
    pub fn end_oldest_sessions(&self, account: AccountId, kept: i64) -> Result<Vec<TokenHash>> {
        let parameters = named_params! {":account_id": account, ":kept": kept};
        self.returning(END_OLDEST_SESSIONS, parameters, first).context("end the oldest sessions")
    }

    /// Keeps the subscriptions to push that were made in sessions that have expired by `by`, or in any session, when
    /// these are deleted.
    fn part_pushes_from_sessions(&self, by: Option<Time>) -> Result<()> {
        self.execute(PART_PUSHES_FROM_SESSIONS, named_params! {":now": by}).context("keep the pushes")?;
        Ok(())
    }

    /// Forgets expired sessions, and devices not seen for [`DEVICE_LIFE_S`].
    pub fn prune_sessions(&self) -> Result<()> {
        self.part_pushes_from_sessions(Some(self.now))?;
        self.execute(PRUNE_SESSIONS, named_params! {":now": self.now}).context("prune sessions")?;
        let seen_before = self.now.plus_s(-DEVICE_LIFE_S);
        self.execute(PRUNE_DEVICES, named_params! {":seen_before": seen_before})
            .context("prune the known devices")?;
        Ok(())
    }

    /// Records that the owner of an account has logged in from this device.
    pub fn know_device(&self, account: AccountId, device: &DeviceHash) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":hash": device, ":now": self.now};
        self.execute(KNOW_DEVICE, parameters).context("remember a device")?;
        self.execute(FORGET_OLDEST_DEVICES, named_params! {":account_id": account, ":kept": MAX_DEVICES})
            .context("forget the oldest devices")?;
        Ok(())
    }

    pub fn forget_devices_of(&self, account: AccountId) -> Result<()> {
        self.execute(FORGET_DEVICES_OF, named_params! {":account_id": account})
            .context("forget the known devices")?;
        Ok(())
    }
}
