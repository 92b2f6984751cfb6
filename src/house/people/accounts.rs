//! Accounts: open, suspend, restore, change the password. Each suspension is stored with its reason, `why`.

use crate::house::bought::Unpaid;
use crate::house::notices::letters::{ask_link, void_new_address};
use crate::house::notices::notify;
use crate::house::people::names::check_free;
use crate::house::people::{email, password, terms};
use crate::house::settings::Settings;
use crate::house::settings::keys::{SignUp, VerifyEmail};
use crate::house::views::AccountView;
use crate::house::{Answer, House};
use crate::rules::faults::{Faults, check_why};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::terms::TermsMark;
use crate::rules::{names, text};
use crate::store::accounts::{Account, AccountState, NewAccount};
use crate::store::log::LogLine;
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use serde_json::json;

/// The details of a person who wants to join.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    pub email: String,
    pub name: String,
    /// `None`: nobody can log in until a password is set.
    pub password: Option<String>,
    pub is_admin: bool,
    /// The version of the terms that they accept; an admin accepts none for somebody else.
    pub terms: Option<i64>,
}

/// Who opens the account: an admin may at any time, a stranger only as the setting `sign_up` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Admin,
    Themselves,
}

impl House {
    /// Opens an account; somebody who joins by themselves is sent a link that verifies their address, if the house wants
    /// that. Refuses `invalid`, `not_allowed` (sign-up is closed), `terms_not_accepted` for somebody who joins without the
    /// newest terms, `taken` (the email or the name is in use).
    ///
    /// Takes the time of one password hash, about 30 ms.
    pub fn open_account(&self, joining: Joining, by: By) -> Answer<Account> {
        let email = check(&joining)?;
        let name = text::one_line(&joining.name);
        // Checked here as well, so that a house with closed sign-up hashes no stranger's password.
        state_of(&self.settings()?, by)?;
        let password_hash = joining.password.as_deref().map(password::hash).transpose()?;
        self.write(move |tx| {
            let settings = Settings::of(tx)?;
            let state = state_of(&settings, by)?;
            let terms = tx.terms_mark()?.filter(|_| by == By::Themselves);
            terms::check_newest(terms, joining.terms)?;
            if account_of(tx, &joining.email)?.is_some() {
                return Err(Refusal::EmailTaken.into());
            }
            check_free(tx, &name, None)?;
            let id = tx.open_account(&NewAccount {
                email: Some(&email),
                name: &name,
                password_hash: password_hash.as_deref(),
                is_admin: joining.is_admin,
                state,
                credit_limit: settings.default_credit(),
                phone: None,
            })?;
            if state == AccountState::Pending {
                notify::pending(tx, id)?;
            }
            let detail = json!({"admin": joining.is_admin});
            tx.log(&LogLine::of("account.add").account(id).detail(detail))?;
            if by == By::Themselves && settings.verify_email != VerifyEmail::Off {
                ask_link(tx, id, LinkKind::Verify, &email)?;
            }
            if let Some(TermsMark { version, .. }) = terms {
                terms::accept(tx, id, version)?;
            }
            Ok(tx.account(id)?.expect("it was opened in this transaction"))
        })
    }

    /// Checks, at little cost, whether somebody may open this account by themselves. Refuses `invalid`, `not_allowed` and
    /// `terms_not_accepted`.
    pub fn may_join(&self, joining: &Joining) -> Answer<()> {
        check(joining)?;
        state_of(&self.settings()?, By::Themselves)?;
        Ok(terms::check_newest(self.terms_mark()?, joining.terms)?)
    }

    /// The account of an email address in any spelling. Refuses `not_found`.
    pub fn account_by_email(&self, email: &str) -> Answer<Account> {
        let found = self.read(|snapshot| account_of(snapshot, email))?;
        Ok(found.ok_or(Refusal::NotFound("account"))?)
    }

    /// The account that an admin calls by its email address in any spelling, or by its number: guests may have no
    /// address. Refuses `not_found`.
    pub fn account_called(&self, called: &str) -> Answer<Account> {
        let is_number = !called.is_empty() && called.bytes().all(|byte| byte.is_ascii_digit());
        let Some(id) = called.parse().ok().filter(|_| is_number).map(AccountId) else {
            return self.account_by_email(called);
        };
        let found = self.read(|snapshot| snapshot.account(id))?;
        Ok(found.ok_or(Refusal::NotFound("account"))?)
    }

    /// An account as an admin sees it.
    pub fn account_view(&self, account: Account) -> Result<AccountView> {
        self.read(|snapshot| account_view(snapshot, account))
    }

    /// All accounts as an admin sees them.
    pub fn accounts(&self) -> Result<Vec<AccountView>> {
        self.read(|snapshot| {
            snapshot.accounts()?.into_iter().map(|account| account_view(snapshot, account)).collect()
        })
    }

    /// Sets a new password, ends all sessions of the account, voids a link that sets one and a change of address that is
    /// not confirmed, and forgets the known devices.
    pub fn set_password(&self, account: AccountId, password: &str) -> Answer<()> {
        if let Some(words) = password::amiss(password) {
            return Err(Refusal::invalid("password", words).into());
        }
        let hash = password::hash(password)?;
        self.write(move |tx| {
            check_not_closed(tx, account)?;
            tx.set_password(account, &hash)?;
            tx.end_sessions_of(account)?;
            tx.end_link(account, LinkKind::Reset)?;
            void_new_address(tx, account)?;
            tx.forget_devices_of(account)?;
            Ok(tx.log(&LogLine::of("account.password").account(account))?)
        })
    }

    /// Suspends an account: until restored, the person may look on and be paid, but neither bid nor list.
    pub fn suspend(&self, account: AccountId, why: &str) -> Answer<()> {
        let why = text::one_line(why);
        check_why(&why)?;
        self.write(move |tx| {
            check_not_closed(tx, account)?;
            tx.set_account_state(account, AccountState::Suspended, Some(&why))?;
            Ok(tx.log(&LogLine::of("account.suspend").account(account).why(&why))?)
        })
    }
}

/// Refuses `not_allowed` for an account that its owner has closed.
pub(super) fn check_not_closed(tx: &Tx<'_>, account: AccountId) -> Answer<()> {
    match tx.account(account)?.is_some_and(|account| account.state == AccountState::Closed) {
        true => Err(Refusal::AccountClosed.into()),
        false => Ok(()),
    }
}

pub(super) fn account_view(snapshot: &Snapshot<'_>, account: Account) -> Result<AccountView> {
    let purse = snapshot.purse(account.id)?;
    let owed = Unpaid::of(snapshot, account.id)?.total();
    Ok(AccountView::of(account, purse, owed))
}

/// The initial state of an account opened now.
fn state_of(settings: &Settings, by: By) -> Result<AccountState, Refusal> {
    match (by, settings.sign_up) {
        (By::Themselves, SignUp::Closed) => Err(Refusal::SignUpClosed),
        (By::Themselves, SignUp::Sso) => Err(Refusal::SignOnOnly),
        (By::Themselves, SignUp::Approval) => Ok(AccountState::Pending),
        _ => Ok(AccountState::Active),
    }
}

/// The account of a typed address. An exact match takes precedence over an equivalent one.
pub(in crate::house) fn account_of(snapshot: &Snapshot<'_>, typed: &str) -> Result<Option<Account>> {
    for form in email::forms(typed) {
        if let Some(account) = snapshot.account_by_email(&form)? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// Checks all fields, and returns the address in its stored form.
fn check(joining: &Joining) -> Result<String, Refusal> {
    let mut faults = Faults::default();
    let email = email::read(&joining.email);
    if let Err(words) = email {
        faults.add("email", words);
    }
    if let Some(words) = names::amiss(&joining.name) {
        faults.add("name", words);
    }
    if let Some(words) = joining.password.as_deref().and_then(password::amiss) {
        faults.add("password", words);
    }
    faults.done().map(|()| email.unwrap_or_default())
}
