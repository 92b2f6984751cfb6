//! Sessions, and the devices that an account's owner has logged in from. Only the SHA-256 of a token is kept, so that a
//! stolen database logs nobody in.

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
const END_ALL_SESSIONS: &str = named(FILE, "end_all_sessions");
const END_OLDEST_SESSIONS: &str = named(FILE, "end_oldest_sessions");
const PRUNE_SESSIONS: &str = named(FILE, "prune_sessions");
const KNOWS_DEVICE: &str = named(FILE, "knows_device");
const KNOW_DEVICE: &str = named(FILE, "know_device");
const FORGET_OLDEST_DEVICES: &str = named(FILE, "forget_oldest_devices");
const FORGET_DEVICES_OF: &str = named(FILE, "forget_devices_of");
const PRUNE_DEVICES: &str = named(FILE, "prune_devices");

/// Devices that are known of one account, networks and browsers together; beyond it the one that was not seen for longest is forgotten.
const MAX_DEVICES: i64 = 40;
/// A device that was not seen for so long is forgotten.
pub const DEVICE_LIFE_S: i64 = 180 * 86_400;

/// SHA-256 of a session's token.
pub type TokenHash = [u8; 32];

/// What is kept of a device: the hash of its network, or of its browser's token.
pub type DeviceHash = [u8; 32];

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

    /// Whether the owner of the account with this email, in lower case, has logged in from this device.
    pub fn knows_device(&self, email: &str, device: &DeviceHash) -> Result<bool> {
        let found = self.statement(KNOWS_DEVICE)?.exists(named_params! {":email": email, ":hash": device});
        found.context("look for a known device")
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

    /// Ends everybody's.
    pub fn end_all_sessions(&self) -> Result<()> {
        self.statement(END_ALL_SESSIONS)?.execute([]).context("end all sessions")?;
        Ok(())
    }

    /// Ends the oldest sessions of an account but for the newest `kept`; which they were.
    pub fn end_oldest_sessions(&self, account: AccountId, kept: i64) -> Result<Vec<TokenHash>> {
        let mut statement = self.statement(END_OLDEST_SESSIONS)?;
        let ended = statement
            .query_map(named_params! {":account_id": account, ":kept": kept}, |row| row.get(0))
            .context("end the oldest sessions")?;
        ended.collect::<rusqlite::Result<_>>().context("end the oldest sessions")
    }

    /// Forgets ended sessions, and devices that were not seen for long.
    pub fn prune_sessions(&self) -> Result<()> {
        self.statement(PRUNE_SESSIONS)?
            .execute(named_params! {":now": self.now})
            .context("prune sessions")?;
        self.statement(PRUNE_DEVICES)?
            .execute(named_params! {":seen_before": self.now.plus_s(-DEVICE_LIFE_S)})
            .context("prune the known devices")?;
        Ok(())
    }

    /// The owner of an account has logged in from this device.
    pub fn know_device(&self, account: AccountId, device: &DeviceHash) -> Result<()> {
        self.statement(KNOW_DEVICE)?
            .execute(named_params! {":account_id": account, ":hash": device, ":now": self.now})
            .context("know a device")?;
        self.statement(FORGET_OLDEST_DEVICES)?
            .execute(named_params! {":account_id": account, ":kept": MAX_DEVICES})
            .context("forget the oldest devices")?;
        Ok(())
    }

    pub fn forget_devices_of(&self, account: AccountId) -> Result<()> {
        self.statement(FORGET_DEVICES_OF)?
            .execute(named_params! {":account_id": account})
            .context("forget the known devices")?;
        Ok(())
    }
}
