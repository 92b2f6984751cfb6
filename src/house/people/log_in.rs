//! Sessions: a token of 32 random bytes, of which only the hash is stored. A session ends after 30 days, on log-out, or
//! when its account has as many newer sessions as the house allows.

use crate::house::people::accounts::account_of;
use crate::house::people::password::{self, Verdict};
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::store::accounts::Account;
use crate::store::sessions::{DeviceHash, Person, TokenHash};
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// How long a session lasts, in seconds.
pub const SESSION_LIFE_S: i64 = 30 * 24 * 3_600;

/// A new session.
pub struct LoggedIn {
    /// For the cookie or the `Authorization` header; never shown again.
    pub token: String,
    pub person: Person,
    /// The account's oldest sessions, which this one has ended.
    pub ended: Vec<TokenHash>,
}

/// What an account's owner has logged in from: a network, or a browser.
#[derive(Clone, Copy, Debug)]
pub enum Device<'a> {
    Network(IpAddr),
    /// By the token in its cookie.
    Browser(&'a str),
}

impl House {
    /// Opens a session, and remembers the devices that the person logs in from. Returns `None` for an unknown account
    /// and for a wrong password alike.
    ///
    /// Takes the time of one password hash, about 30 ms; two or three if the typed password differs from its prepared
    /// form.
    pub fn log_in(&self, email: &str, password: &str, devices: &[Device<'_>]) -> Answer<Option<LoggedIn>> {
        let account = self.read(|snapshot| account_of(snapshot, email))?;
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let verdict = password::verify(password, hash);
        let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
            return Ok(None);
        };
        let to_hash_anew = (verdict == Verdict::RightUnprepared).then(|| account.clone());
        let opened = self.open_session(account, devices)?;
        if let (Some(_), Some(account)) = (&opened, to_hash_anew) {
            self.hash_anew(&account, password)?;
        }
        Ok(opened)
    }

    /// Opens a session for a person whose password has been verified, or who has just set it. Returns `None` if the
    /// password has been changed meanwhile, which ended all sessions.
    pub fn open_session(&self, account: Account, devices: &[Device<'_>]) -> Answer<Option<LoggedIn>> {
        let token = new_token()?;
        let hash = token_hash(&token);
        let id = account.id;
        let devices: Vec<_> = devices.iter().map(|device| device_hash(&account, *device)).collect();
        let verified = account.password_hash;
        let opened = self.write(move |tx| {
            if tx.account(id)?.is_none_or(|now| now.password_hash != verified) {
                return Ok(None);
            }
            let most = Settings::of(tx)?.limits.sessions_per_account;
            let ended = if most == 0 { Vec::new() } else { tx.end_oldest_sessions(id, most - 1)? };
            tx.open_session(&hash, id, tx.now.plus_s(SESSION_LIFE_S), false)?;
            devices.iter().try_for_each(|device| tx.know_device(id, device))?;
            Ok(Some(ended))
        })?;
        let person = Person {
            id,
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            state: account.state,
        };
        Ok(opened.map(|ended| LoggedIn { token, person, ended }))
    }

    /// Stores a hash of the prepared password, unless another password was set meanwhile.
    fn hash_anew(&self, account: &Account, password: &str) -> Answer<()> {
        let (id, old_hash, hash) = (account.id, account.password_hash.clone(), password::hash(password)?);
        self.write(move |tx| {
            if tx.account(id)?.is_some_and(|account| account.password_hash == old_hash) {
                tx.set_password(id, &hash)?;
            }
            Ok(())
        })
    }

    /// Whether the owner of this email's account has logged in from this device before.
    pub fn knows_device(&self, email: &str, device: Device<'_>) -> Result<bool> {
        self.read(|snapshot| match account_of(snapshot, email)? {
            Some(account) => snapshot.knows_device(account.id, &device_hash(&account, device)),
            None => Ok(false),
        })
    }

    /// The person of a session's token, if it holds, or held up to 200 ms ago where another process has ended it.
    pub fn person(&self, token: &str) -> Result<Option<Arc<Person>>> {
        let token = token_hash(token);
        self.session_cache.find(&token, || self.read(|snapshot| snapshot.session(&token, self.now())))
    }

    /// Ends the session of this token, if there is one.
    pub fn log_out(&self, token: &str) -> Answer<()> {
        let hash = token_hash(token);
        self.write(move |tx| {
            tx.end_session(&hash)?;
            Ok(())
        })
    }
}

/// The hash under which a session is stored.
pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Hashes a device, which hides its address from a casual reader, though a thief of the database can try all addresses.
/// The person is part of the hash, so that equal hashes do not show who shares an address.
fn device_hash(account: &Account, device: Device<'_>) -> DeviceHash {
    let person = account.called();
    let text = match device {
        Device::Network(network) => format!("{network} {person}"),
        Device::Browser(token) => format!("browser {token} {person}"),
    };
    Sha256::digest(text).into()
}

/// Returns a random token of 256 bits.
pub fn new_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Opening;
    use crate::house::people::accounts::{By, Joining};
    use crate::store::clock::Clock;

    /// Otherwise a log-in with the old password, under way during the change, would outlive it.
    #[test]
    fn a_password_that_is_changed_meanwhile_opens_no_session() {
        let dir = tempfile::tempdir().unwrap();
        let house = House::open(dir.path(), Opening::Make, Clock::default()).unwrap();
        let (email, name, password) = ("bob@example.org".into(), "Bob".into(), Some("correct horse".into()));
        let joining = Joining { email, name, password, is_admin: false };
        let bob = house.open_account(joining, By::Admin).unwrap();
        assert!(house.open_session(bob.clone(), &[]).unwrap().is_some());
        house.set_password(bob.id, "another horse").unwrap();
        assert!(house.open_session(bob, &[]).unwrap().is_none());
        let log_in = |password| house.log_in("Bob@example.org", password, &[]).unwrap().is_some();
        assert!(log_in("another horse") && !log_in("correct horse"));
    }
}
