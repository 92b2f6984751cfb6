//! Sessions: a token of 32 random bytes, of which only the hash is stored. A session ends after 30 days, on log-out, or
//! when its account has as many newer sessions as the house allows.
//!
//! An email address and a password open one, or a number in a sale and a PIN. A PIN is hashed as a password is; what it
//! opens ends with it, and is never an admin's.

use crate::house::people::accounts::account_of;
use crate::house::people::email;
use crate::house::people::password::{self, Verdict};
use crate::house::settings::Settings;
use crate::house::settings::keys::VerifyEmail;
use crate::house::{Answer, House};
use crate::rules::desk::{pin_typed, takes_pins};
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleId;
use crate::rules::scope::TOKEN_PREFIX;
use crate::rules::time::Time;
use crate::store::accounts::{Account, AccountState};
use crate::store::sessions::{DeviceHash, Person, TokenHash};
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// How long a session lasts, in seconds.
pub const SESSION_LIFE_S: i64 = 30 * 24 * 3_600;

/// The most characters of the words for a device.
const MAX_WORDS: usize = 80;

/// A new session.
pub struct LoggedIn {
    /// For the cookie or the `Authorization` header; never shown again.
    pub token: String,
    pub person: Person,
    /// The account's oldest sessions, which this one has ended.
    pub ended: Vec<TokenHash>,
}

/// Whom a log-in names.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// The owner of an account, who has a password. The address may be typed in any spelling.
    Email(&'a str),
    /// A guest of the sale with this code, who has a PIN.
    Bidder { sale: &'a str, number: i64 },
}

impl Named<'_> {
    /// Returns one key for all spellings that name the same person, for counting tries.
    pub fn key(&self) -> String {
        match self {
            Named::Email(typed) => email::key(typed),
            Named::Bidder { sale, number } => format!("number {number} {sale}"),
        }
    }
}

impl<'a> From<&'a str> for Named<'a> {
    fn from(email: &'a str) -> Named<'a> {
        Named::Email(email)
    }
}

/// A person who is named, and the secret to verify.
struct Claimed {
    account: Account,
    secret: Secret,
}

/// What a person proves with who they are, as it is stored; none where it is not set.
enum Secret {
    Password(Option<String>),
    Pin { sale: SaleId, number: i64, hash: Option<String> },
}

impl Secret {
    fn hash(&self) -> Option<&str> {
        match self {
            Secret::Password(hash) | Secret::Pin { hash, .. } => hash.as_deref(),
        }
    }

    fn is_pin(&self) -> bool {
        matches!(self, Secret::Pin { .. })
    }
}

impl Claimed {
    /// Looks up whom a log-in names at `now`.
    fn of(snapshot: &Snapshot<'_>, named: Named<'_>, now: Time) -> Result<Option<Claimed>> {
        let (sale, number) = match named {
            Named::Email(typed) => return Ok(account_of(snapshot, typed)?.map(Claimed::by_password)),
            Named::Bidder { sale, number } => (sale, number),
        };
        let Some(sale) = snapshot.sale(sale)?.filter(|sale| sale.published_at.is_some()) else {
            return Ok(None);
        };
        let (n_open, last_closes_at) = snapshot.sale_end(sale.id)?;
        if !takes_pins(n_open, last_closes_at.unwrap_or(sale.terms.closes_at), now) {
            return Ok(None);
        }
        let Some((account, hash)) = snapshot.pin_of(sale.id, number)? else { return Ok(None) };
        let secret = Secret::Pin { sale: sale.id, number, hash };
        Ok(snapshot.account(account)?.map(|account| Claimed { account, secret }))
    }

    fn by_password(account: Account) -> Claimed {
        let secret = Secret::Password(account.password_hash.clone());
        Claimed { account, secret }
    }

    /// Whether the secret has not been changed since it was looked up.
    fn still_holds(&self, tx: &Tx<'_>) -> Result<bool> {
        Ok(match &self.secret {
            Secret::Password(hash) => {
                tx.account(self.account.id)?.is_some_and(|now| now.password_hash == *hash)
            }
            Secret::Pin { sale, number, hash } => {
                tx.pin_of(*sale, *number)?.is_some_and(|(_, now)| now == *hash)
            }
        })
    }
}

/// What an account's owner has logged in from: a network, or a browser.
#[derive(Clone, Copy, Debug)]
pub enum Device<'a> {
    Network(IpAddr),
    /// By the token in its cookie.
    Browser(&'a str),
    /// By what it is, in words: kept with the session for its owner, who is not known by it again.
    Called(&'a str),
}

impl House {
    /// Opens a session, and remembers the devices that the person logs in from. Returns `None` for an unknown account,
    /// number or sale, for one without a password or a PIN, and for a wrong one, all alike. Refuses `unverified` for the
    /// right password, if the address must be verified first.
    ///
    /// Takes the time of one password hash, about 30 ms; two or three if the typed password differs from its prepared
    /// form.
    pub fn log_in<'a>(
        &self,
        named: impl Into<Named<'a>>,
        typed: &str,
        devices: &[Device<'_>],
    ) -> Answer<Option<LoggedIn>> {
        let named = named.into();
        let claimed = self.read(|snapshot| Claimed::of(snapshot, named, self.now_in(snapshot)?))?;
        let typed = match named {
            Named::Email(_) => typed.into(),
            // Never different from its prepared form, so that each PIN takes the time of one hash.
            Named::Bidder { .. } => Cow::from(pin_typed(typed)),
        };
        let verdict = password::verify(&typed, claimed.as_ref().and_then(|claimed| claimed.secret.hash()));
        let is_open = |claimed: &Claimed| claimed.account.state != AccountState::Closed;
        let Some(claimed) = claimed.filter(|claimed| verdict != Verdict::Wrong && is_open(claimed)) else {
            return Ok(None);
        };
        let to_hash_anew = (verdict == Verdict::RightUnprepared).then(|| claimed.account.clone());
        let opened = self.open_claimed(claimed, devices)?;
        if let (Some(_), Some(account)) = (&opened, to_hash_anew) {
            self.hash_anew(&account, &typed)?;
        }
        Ok(opened)
    }

    /// Opens a session for a person whose password has been verified, or who has just set it. Returns `None` if the
    /// password has been changed meanwhile, which ended all sessions.
    pub fn open_session(&self, account: Account, devices: &[Device<'_>]) -> Answer<Option<LoggedIn>> {
        self.open_claimed(Claimed::by_password(account), devices)
    }

    fn open_claimed(&self, claimed: Claimed, devices: &[Device<'_>]) -> Answer<Option<LoggedIn>> {
        let token = new_token()?;
        let hash = token_hash(&token);
        let account = &claimed.account;
        let (id, by_pin) = (account.id, claimed.secret.is_pin());
        let words = devices.iter().find_map(|device| match device {
            Device::Called(words) => Some(*words),
            _ => None,
        });
        let devices: Vec<_> = devices.iter().filter_map(|device| device_hash(account, *device)).collect();
        let person = Person {
            id,
            email: account.email.clone(),
            name: account.name.clone(),
            is_admin: account.is_admin && !by_pin,
            state: account.state,
            logged_in_at: self.now(),
            seen_at: None,
            is_verified: account.verified_at.is_some(),
            terms_version: account.terms_version,
            by_pin,
            by_token: None,
        };
        let is_unverified = !by_pin && account.email.is_some() && account.verified_at.is_none();
        let words: Option<String> = words.map(|words| words.chars().take(MAX_WORDS).collect());
        let opened = self.write(move |tx| {
            if !claimed.still_holds(tx)? {
                return Ok(None);
            }
            let settings = Settings::of(tx)?;
            if is_unverified && settings.verify_email == VerifyEmail::Join {
                return Err(Refusal::Unverified.into());
            }
            // Who has logged in needs no new password; a PIN does not show that they know the old one.
            if !by_pin {
                tx.end_link(id, LinkKind::Reset)?;
            }
            let most = settings.limits.sessions_per_account;
            let ended = if most == 0 { Vec::new() } else { tx.end_oldest_sessions(id, most - 1)? };
            tx.open_session(&hash, id, tx.now.plus_s(SESSION_LIFE_S), by_pin, words.as_deref())?;
            devices.iter().try_for_each(|device| tx.know_device(id, device))?;
            Ok(Some(ended))
        })?;
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

    /// Whether the person who is named has logged in from this device before.
    pub fn knows_device(&self, named: Named<'_>, device: Device<'_>) -> Result<bool> {
        self.read(|snapshot| match Claimed::of(snapshot, named, self.now_in(snapshot)?)? {
            Some(Claimed { account, .. }) => match device_hash(&account, device) {
                Some(hash) => snapshot.knows_device(account.id, &hash),
                None => Ok(false),
            },
            None => Ok(false),
        })
    }

    /// The person of a session's token, or of one for programs, if it holds, or held up to 200 ms ago where another
    /// process has ended it.
    pub fn person(&self, token: &str) -> Result<Option<Arc<Person>>> {
        let (hash, is_of_program) = (token_hash(token), token.starts_with(TOKEN_PREFIX));
        let look = |snapshot: &Snapshot<'_>| match is_of_program {
            true => snapshot.person_of_api_token(&hash, self.now()),
            false => snapshot.session(&hash, self.now()),
        };
        let person = self.session_cache.find(&hash, || self.read(look))?;
        match person.as_deref() {
            Some(Person { by_token: Some(token), .. }) => {
                self.used_tokens.note(token.id, token.used_at, self.now())
            }
            Some(person) => self.seen_sessions.note(hash, person.seen_at, self.now()),
            None => {}
        }
        Ok(person)
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
/// The person is part of the hash, so that equal hashes do not show who shares an address. None for what many have.
fn device_hash(account: &Account, device: Device<'_>) -> Option<DeviceHash> {
    let person = account.called();
    let text = match device {
        Device::Network(network) => format!("{network} {person}"),
        Device::Browser(token) => format!("browser {token} {person}"),
        Device::Called(_) => return None,
    };
    Some(Sha256::digest(text).into())
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
        let joining = Joining { email, name, password, ..Joining::default() };
        let bob = house.open_account(joining, By::Admin).unwrap();
        assert!(house.open_session(bob.clone(), &[]).unwrap().is_some());
        house.set_password(bob.id, "another horse").unwrap();
        assert!(house.open_session(bob, &[]).unwrap().is_none());
        let log_in = |password| house.log_in("Bob@example.org", password, &[]).unwrap().is_some();
        assert!(log_in("another horse") && !log_in("correct horse"));
    }
}
