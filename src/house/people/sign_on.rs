//! Log-ins by a single sign-on: whose account an identity is, and a new account for one that nobody has.

use crate::house::people::accounts::account_of;
use crate::house::people::email;
use crate::house::settings::Settings;
use crate::house::settings::keys::{SignUp, VerifyEmail};
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::rules::{names, text};
use crate::store::Tx;
use crate::store::accounts::{Account, AccountState, NewAccount};
use crate::store::log::{Actor, LogLine};
use anyhow::{Context, Result};
use serde_json::json;

/// The longest name; a number that tells it from others' fits in, too.
const MAX_NAME: usize = 40;
/// What somebody is called whose name cannot be used here.
const NAMELESS: &str = "Member";

/// Somebody as the provider of the single sign-on knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// Their name for the provider, which never changes.
    pub subject: String,
    pub email: Option<String>,
    /// Whether the provider has made sure that the address is theirs.
    pub is_verified: bool,
    pub name: Option<String>,
}

impl House {
    /// The account of an identity: the one that it has logged in to before; else the one with its address, if the
    /// provider has verified that; else a new one.
    ///
    /// An account whose address was never verified here may have been opened by somebody else in advance. Its password,
    /// sessions and tokens end when it is linked.
    ///
    /// Refuses `not_allowed` (sign-up is closed), `taken` (an account has the address, and the provider has not verified
    /// it), and `unverified` (the house wants addresses verified before the first log-in, and this one is not).
    pub fn sign_on(&self, identity: Identity) -> Answer<Account> {
        self.write(move |tx| {
            let id = match tx.account_of_identity(&identity.issuer, &identity.subject)? {
                Some(known) => known,
                None => {
                    let id = link_or_open(tx, &identity)?;
                    tx.add_identity(&identity.issuer, &identity.subject, id)?;
                    id
                }
            };
            verify(tx, id, &identity)?;
            let account = tx.account(id)?.context("it was found in this transaction")?;
            let is_unverified = account.email.is_some() && account.verified_at.is_none();
            if is_unverified && Settings::of(tx)?.verify_email == VerifyEmail::Join {
                return Err(Refusal::Unverified.into());
            }
            Ok(account)
        })
    }
}

fn link_or_open(tx: &Tx<'_>, identity: &Identity) -> Answer<AccountId> {
    let address = identity.email.as_deref().and_then(|typed| email::read(typed).ok());
    let Some(known) = address.as_deref().map(|address| account_of(tx, address)).transpose()?.flatten() else {
        return open(tx, identity, address.as_deref());
    };
    if !identity.is_verified {
        return Err(Refusal::EmailTaken.into());
    }
    if known.verified_at.is_none() {
        tx.clear_password(known.id)?;
        tx.end_sessions_of(known.id)?;
        tx.forget_devices_of(known.id)?;
        tx.revoke_api_tokens_of(known.id)?;
    }
    tx.act_as(Some(Actor::Account(known.id)));
    let detail = json!({"issuer": identity.issuer});
    tx.log(&LogLine {
        what: "account.link",
        account: Some(known.id),
        detail: Some(detail),
        ..LogLine::default()
    })?;
    Ok(known.id)
}

fn open(tx: &Tx<'_>, identity: &Identity, address: Option<&str>) -> Answer<AccountId> {
    let settings = Settings::of(tx)?;
    let state = match settings.sign_up {
        SignUp::Closed => return Err(Refusal::SignUpClosed.into()),
        SignUp::Approval => AccountState::Pending,
        SignUp::Open | SignUp::Sso => AccountState::Active,
    };
    let name = free_name(tx, identity.name.as_deref().unwrap_or_default())?;
    Ok(tx.open_account(&NewAccount {
        email: address,
        name: &name,
        password_hash: None,
        is_admin: false,
        state,
        credit_limit: settings.default_credit(),
        phone: None,
    })?)
}

/// Notes that the account's address is verified, if the provider says so of the same address.
fn verify(tx: &Tx<'_>, id: AccountId, identity: &Identity) -> Result<()> {
    let account = tx.account(id)?.context("an identity has an account")?;
    let said = identity.email.as_deref().filter(|_| identity.is_verified);
    let is_same = said.is_some_and(|said| account.email.as_deref().map(email::key) == Some(email::key(said)));
    if is_same && account.verified_at.is_none() {
        tx.set_email(id, account.email.as_deref(), Some(tx.now))?;
    }
    Ok(())
}

/// The name as the provider has it, made fit for this house; with a number if somebody else is called so.
fn free_name(tx: &Tx<'_>, given: &str) -> Result<String> {
    let shown: String = given.chars().filter(|c| *c == ' ' || !text::is_invisible(*c)).collect();
    let line = text::one_line(&shown);
    let fits = text::amiss_in_line(&line, 1, usize::MAX).is_none() && !names::is_former(&line);
    let base = if fits { line.as_str() } else { NAMELESS };
    for n in 1_u32.. {
        let number = if n == 1 { String::new() } else { format!(" {n}") };
        let room = MAX_NAME - number.len();
        let cut: String = base.chars().take(room).collect();
        let name = format!("{}{number}", cut.trim_end());
        if tx.accounts_named(&name)?.is_empty() {
            return Ok(name);
        }
    }
    unreachable!("there are more numbers than people")
}
