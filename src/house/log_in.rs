//! Sessions: a token of 32 random bytes, of which only the hash is kept. A session ends after 30 days, on log-out, or when
//! its account has as many newer ones as the house allows.

use super::accounts::account_of;
use super::password::{self, Verdict};
use super::settings::Settings;
use super::{Answer, House};
use crate::rules::refusal::Refusal;
use crate::store::accounts::Account;
use crate::store::sessions::{DeviceHash, Person, TokenHash};
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// A session ends by itself after so long.
pub const SESSION_LIFE_S: i64 = 30 * 24 * 3_600;

/// A new session.
pub struct LoggedIn {
    /// For the cookie or the `Authorization` header; told once.
    pub token: String,
    pub person: Person,
    /// The account's oldest sessions, which this one has ended.
    pub ended: Vec<TokenHash>,
}

impl House {
    /// Opens a session, and remembers the network that the person logs in from. None: no such account, or not its
    /// password; the two are not told apart.
    ///
    /// Takes the time of one password hash, about 30 ms; of two or three where the password is written otherwise than it is compared.
    pub fn log_in(&self, email: &str, password: &str, network: Option<IpAddr>) -> Answer<Option<LoggedIn>> {
        let account = self.read(|snapshot| account_of(snapshot, email))?;
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let verdict = password::verify(password, hash);
        let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
            return Ok(Ok(None));
        };
        let hashed_anew = match verdict {
            Verdict::RightUnprepared => Some(password::hash(password)?),
            _ => None,
        };
        let token = new_token()?;
        let kept = token_hash(&token);
        let id = account.id;
        let device = network.map(|network| device_hash(&account.email, network));
        let old_hash = account.password_hash.clone();
        let opened = self.write(move |tx| {
            let most = Settings::of(tx)?.whole("limit_sessions_per_account");
            let ended = if most == 0 { Vec::new() } else { tx.end_oldest_sessions(id, most - 1)? };
            tx.open_session(&kept, id, tx.now.plus_s(SESSION_LIFE_S))?;
            device.map_or(Ok(()), |device| tx.know_device(id, &device))?;
            // Unless another password was set meanwhile.
            if let Some(hash) = &hashed_anew
                && tx.account(id)?.is_some_and(|account| account.password_hash == old_hash)
            {
                tx.set_password(id, hash)?;
            }
            Ok(Ok(ended))
        })?;
        let person = Person {
            id,
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            state: account.state,
        };
        Ok(opened.map(|ended| Some(LoggedIn { token, person, ended })))
    }

    /// Whether the owner of this email's account has logged in from this network before.
    pub fn knows_device(&self, email: &str, network: IpAddr) -> Result<bool> {
        self.read(|snapshot| match account_of(snapshot, email)? {
            Some(Account { email, .. }) => snapshot.knows_device(&email, &device_hash(&email, network)),
            None => Ok(false),
        })
    }

    /// The person of a session's token, if it holds, or held a moment ago.
    pub fn person(&self, token: &str) -> Result<Option<Arc<Person>>> {
        let token = token_hash(token);
        self.known_people.find(&token, || self.read(|snapshot| snapshot.session(&token, self.now())))
    }

    pub fn log_out(&self, token: &str) -> Result<Result<(), Refusal>> {
        let hash = token_hash(token);
        self.write(move |tx| {
            tx.end_session(&hash)?;
            Ok(Ok(()))
        })
    }
}

pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Keeps addresses from whoever only looks; who has the database can try all of them. The email is part of it, so that equal hashes
/// tell nothing of who shares an address.
fn device_hash(email: &str, network: IpAddr) -> DeviceHash {
    Sha256::digest(format!("{network} {email}")).into()
}

fn new_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
