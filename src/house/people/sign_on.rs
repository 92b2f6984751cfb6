//! Log-ins by a single sign-on: whose account an identity is, and a new account for one that nobody has.

use crate::house::notices::letters::{ask_link, has_mail};
use crate::house::notices::notify;
use crate::house::people::accounts::account_of;
use crate::house::people::email;
use crate::house::people::names::{NAMELESS, free_like};
use crate::house::settings::Settings;
use crate::house::settings::keys::{SignUp, VerifyEmail};
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::{names, text};
use crate::store::Tx;
use crate::store::accounts::{Account, AccountState, NewAccount};
use crate::store::log::{Actor, LogLine};
use anyhow::{Context, Result};
use serde_json::json;

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

/// Somebody whom the single sign-on has logged in.
#[derive(Clone, Debug)]
pub struct SignedOn {
    pub account: Account,
    /// Whether the account was opened just now.
    pub is_new: bool,
}

impl House {
    /// The account of an identity: the one that it has logged in to before; else the one with its address, if the
    /// provider has verified that; else a new one.
    ///
    /// An account whose address was never verified here may have been opened by somebody else in advance. Its password,
    /// sessions, tokens and any change of its address end when it is linked.
    ///
    /// Refuses `not_allowed` (sign-up is closed), `taken` (an account has the address, and the provider has not verified
    /// it), and `unverified` (the house wants addresses verified before the first log-in, and this one is not). After
    /// `unverified` in a house with a way for mails, the account is there all the same, and is mailed a link that verifies
    /// its address.
    pub fn sign_on(&self, identity: Identity) -> Answer<SignedOn> {
        let (signed_on, is_let_in) = self.write(move |tx| {
            let known = tx.account_of_identity(&identity.issuer, &identity.subject)?;
            let (id, is_new) = match known {
                Some(known) => (known, false),
                None => link_or_open(tx, &identity)?,
            };
            if known.is_none() {
                tx.add_identity(&identity.issuer, &identity.subject, id)?;
            }
            verify(tx, id, &identity)?;
            let account = tx.account(id)?.context("it was found in this transaction")?;
            let is_let_in = ask_to_verify(tx, &account, is_new)?;
            Ok((SignedOn { account, is_new }, is_let_in))
        })?;
        if is_let_in { Ok(signed_on) } else { Err(Refusal::Unverified.into()) }
    }
}

/// Mails the link that verifies the address, if the house wants that and the provider has not done it: to who is new, and
/// to who cannot log in before. Returns whether they may log in.
fn ask_to_verify(tx: &Tx<'_>, account: &Account, is_new: bool) -> Answer<bool> {
    let wanted = Settings::of(tx)?.verify_email;
    let Some(email) = account.email.as_deref().filter(|_| account.verified_at.is_none()) else {
        return Ok(true);
    };
    let is_let_in = wanted != VerifyEmail::Join;
    if !is_let_in && !has_mail(tx)? {
        return Err(Refusal::Unverified.into());
    }
    if !is_let_in || is_new && wanted == VerifyEmail::Bid {
        ask_link(tx, account.id, LinkKind::Verify, email)?;
    }
    Ok(is_let_in)
}

/// The account of an identity that nobody has logged in by before, and whether it is new.
fn link_or_open(tx: &Tx<'_>, identity: &Identity) -> Answer<(AccountId, bool)> {
    let address = identity.email.as_deref().and_then(|typed| email::read(typed).ok());
    let Some(known) = address.as_deref().map(|address| account_of(tx, address)).transpose()?.flatten() else {
        return Ok((open(tx, identity, address.as_deref())?, true));
    };
    if !identity.is_verified {
        return Err(Refusal::EmailTaken.into());
    }
    if known.verified_at.is_none() {
        tx.clear_password(known.id)?;
        tx.end_sessions_of(known.id)?;
        tx.forget_devices_of(known.id)?;
        tx.revoke_api_tokens_of(known.id)?;
        // They may have asked for another address, too.
        tx.end_link(known.id, LinkKind::Verify)?;
    }
    tx.act_as(Some(Actor::Account(known.id)));
    let detail = json!({"issuer": identity.issuer});
    tx.log(&LogLine {
        what: "account.link",
        account: Some(known.id),
        detail: Some(detail),
        ..LogLine::default()
    })?;
    Ok((known.id, false))
}

fn open(tx: &Tx<'_>, identity: &Identity, address: Option<&str>) -> Answer<AccountId> {
    let settings = Settings::of(tx)?;
    let state = match settings.sign_up {
        SignUp::Closed => return Err(Refusal::SignUpClosed.into()),
        SignUp::Approval => AccountState::Pending,
        SignUp::Open | SignUp::Sso => AccountState::Active,
    };
    let name = free_name(tx, identity.name.as_deref().unwrap_or_default())?;
    let id = tx.open_account(&NewAccount {
        email: address,
        name: &name,
        password_hash: None,
        is_admin: false,
        state,
        credit_limit: settings.default_credit(),
        phone: None,
    })?;
    if state == AccountState::Pending {
        notify::pending(tx, id)?;
    }
    Ok(id)
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
    let cut: String = text::one_line(&shown).chars().take(names::MAX_NAME).collect();
    let name = if names::amiss(&cut).is_none() { cut.trim_end() } else { NAMELESS };
    free_like(tx, name)
}
