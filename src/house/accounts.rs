//! Accounts: open, suspend, restore, change the password. `why` is kept with what it explains.

use super::password;
use super::settings::Settings;
use super::shapes::AccountShape;
use super::{Answer, House};
use crate::rules::listing::{AccountId, Faults, check_why};
use crate::rules::refusal::Refusal;
use crate::store::accounts::{Account, AccountState, NewAccount};
use anyhow::Result;

/// Who wants to join.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    pub email: String,
    pub name: String,
    /// None: nobody can log in until a password is set.
    pub password: Option<String>,
    pub is_admin: bool,
}

/// Who opens an account: an admin may at any time, a stranger as the house's `sign_up` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Admin,
    Themselves,
}

impl House {
    /// Opens an account. Refuses `invalid`, `not_allowed` (sign-up is closed), `taken` (the email is in use).
    ///
    /// Takes the time of one password hash, about 30 ms.
    pub fn open_account(&self, joining: Joining, by: By) -> Answer<Account> {
        let email = joining.email.trim().to_lowercase();
        let name = joining.name.trim().to_owned();
        if let Err(refusal) = check(&email, &name, joining.password.as_deref()) {
            return Ok(Err(refusal));
        }
        // Asked first, too: a closed house hashes no stranger's password.
        if let Err(refusal) = state_of(&self.settings()?, by) {
            return Ok(Err(refusal));
        }
        let password_hash = joining.password.as_deref().map(password::hash).transpose()?;
        self.write(move |tx| {
            let settings = Settings::of(tx)?;
            let state = match state_of(&settings, by) {
                Ok(state) => state,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if tx.account_by_email(&email)?.is_some() {
                return Ok(Err(Refusal::Taken("This email address has an account already.")));
            }
            let id = tx.open_account(&NewAccount {
                email: &email,
                name: &name,
                password_hash: password_hash.as_deref(),
                is_admin: joining.is_admin,
                state,
                credit_limit: settings.default_credit(),
            })?;
            Ok(Ok(tx.account(id)?.expect("it was opened in this transaction")))
        })
    }

    /// Whether somebody may open this account by themselves, as far as costs nothing to say. Refuses `invalid` and `not_allowed`.
    pub fn may_join(&self, joining: &Joining) -> Answer<()> {
        let (email, name) = (joining.email.trim().to_lowercase(), joining.name.trim());
        if let Err(refusal) = check(&email, name, joining.password.as_deref()) {
            return Ok(Err(refusal));
        }
        Ok(state_of(&self.settings()?, By::Themselves).map(drop))
    }

    /// The account of an email address, or `not_found`.
    pub fn account_by_email(&self, email: &str) -> Answer<Account> {
        let email = email.trim().to_lowercase();
        let found = self.read(|snapshot| snapshot.account_by_email(&email))?;
        Ok(found.ok_or(Refusal::NotFound("account")))
    }

    pub fn account_shape(&self, account: Account) -> Result<AccountShape> {
        let purse = self.read(|snapshot| snapshot.purse(account.id))?;
        Ok(AccountShape::of(account, purse))
    }

    pub fn accounts(&self) -> Result<Vec<AccountShape>> {
        self.read(|snapshot| {
            let shape = |account: Account| Ok(AccountShape::of(account.clone(), snapshot.purse(account.id)?));
            snapshot.accounts()?.into_iter().map(shape).collect()
        })
    }

    /// Ends all sessions of the account, too, and forgets the devices that it was used from.
    pub fn set_password(&self, account: AccountId, password: &str) -> Answer<()> {
        let mut faults = Faults::default();
        faults.length("password", password, 8, 200);
        if let Err(refusal) = faults.done() {
            return Ok(Err(refusal));
        }
        let hash = password::hash(password)?;
        self.write(move |tx| {
            tx.set_password(account, &hash)?;
            tx.end_sessions_of(account)?;
            tx.forget_devices_of(account)?;
            Ok(Ok(()))
        })
    }

    /// The person may look on and be paid, but neither bid nor list, until restored.
    pub fn suspend(&self, account: AccountId, why: &str) -> Answer<()> {
        self.set_state(account, AccountState::Suspended, Some(why))
    }

    /// Lifts a suspension, and lets in who waits for approval.
    pub fn restore_account(&self, account: AccountId) -> Answer<()> {
        self.set_state(account, AccountState::Active, None)
    }

    fn set_state(&self, account: AccountId, state: AccountState, why: Option<&str>) -> Answer<()> {
        let why = why.map(|why| why.trim().to_owned());
        if let Some(Err(refusal)) = why.as_deref().map(check_why) {
            return Ok(Err(refusal));
        }
        self.write(move |tx| {
            tx.set_account_state(account, state, why.as_deref())?;
            Ok(Ok(()))
        })
    }
}

/// In which state an account begins that someone opens now.
fn state_of(settings: &Settings, by: By) -> Result<AccountState, Refusal> {
    match (by, settings.text("sign_up")) {
        (By::Themselves, "closed") => {
            Err(Refusal::NotAllowed("This house opens accounts by itself; ask its people."))
        }
        (By::Themselves, "approval") => Ok(AccountState::Pending),
        _ => Ok(AccountState::Active),
    }
}

fn check(email: &str, name: &str, password: Option<&str>) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    faults.when(!is_email(email), "email", "An email address, such as ann@example.org.");
    faults.length("name", name, 1, 40);
    faults.one_line("name", name);
    if let Some(password) = password {
        faults.length("password", password, 8, 200);
    }
    faults.done()
}

/// One `@` with something before it, a host after it, no blanks: mail itself is the only real test.
fn is_email(email: &str) -> bool {
    let good = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = email.split_once('@');
    good && parts.is_some_and(|(who, host)| !who.is_empty() && !host.is_empty() && !host.contains('@'))
}
