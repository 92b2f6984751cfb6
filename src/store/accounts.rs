//! People and their purses.

use super::named::named;
use super::values::{WordColumn, as_word};
use super::{Snapshot, Tx, first};
use crate::rules::bidding::Purse;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::rules::names;
use crate::rules::refusal::Refusal;
use crate::rules::terms::TermsMark;
use crate::rules::time::Time;
use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, Row, named_params};

pub const FILE: &str = include_str!("../../sql/accounts.sql");
const OPEN_PURSE: &str = named(FILE, "open_purse");
const OPEN_ACCOUNT: &str = named(FILE, "open_account");
const ACCOUNT: &str = named(FILE, "account");
const ACCOUNT_BY_EMAIL: &str = named(FILE, "account_by_email");
const ACCOUNTS: &str = named(FILE, "accounts");
const ACCOUNTS_NAMED: &str = named(FILE, "accounts_named");
const CLEAR_PASSWORD: &str = named(FILE, "clear_password");
const WAITING_ACCOUNTS: &str = named(FILE, "waiting_accounts");
const N_WAITING_ACCOUNTS: &str = named(FILE, "n_waiting_accounts");
const SET_NAME: &str = named(FILE, "set_name");
const SET_EMAIL: &str = named(FILE, "set_email");
const SET_ADMIN: &str = named(FILE, "set_admin");
const ADMINS: &str = named(FILE, "admins");
const PURSE: &str = named(FILE, "purse");
const PURSES: &str = named(FILE, "purses");
const BIDDER: &str = named(FILE, "bidder");
const HOLD: &str = named(FILE, "hold");
const SET_CREDIT_LIMIT: &str = named(FILE, "set_credit_limit");
const SET_PASSWORD: &str = named(FILE, "set_password");
const SET_ACCOUNT_STATE: &str = named(FILE, "set_account_state");

const STATE: WordColumn = WordColumn { table: "account", name: "state" };

/// A person as the house knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// None for a guest whom the desk has registered without one.
    pub email: Option<String>,
    pub name: String,
    /// None until a password is set: nobody can log in.
    pub password_hash: Option<String>,
    pub is_admin: bool,
    pub state: AccountState,
    pub why: Option<String>,
    pub created_at: Time,
    pub phone: Option<String>,
    /// When a link that was mailed to the address was opened.
    pub verified_at: Option<Time>,
    /// The newest version of the terms that the person has accepted.
    pub terms_version: Option<i64>,
}

impl Account {
    /// What an admin calls the person by: the email address; for a guest without one the account's number and the name.
    pub fn called(&self) -> String {
        self.email.clone().unwrap_or_else(|| format!("account {} ({})", self.id, self.name))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Active,
    /// Waits for an admin's approval.
    Pending,
    Suspended,
    /// Closed by its owner: nobody can log in.
    Closed,
}

impl AccountState {
    const ALL: [AccountState; 4] =
        [AccountState::Active, AccountState::Pending, AccountState::Suspended, AccountState::Closed];

    pub fn name(self) -> &'static str {
        match self {
            AccountState::Active => "active",
            AccountState::Pending => "pending",
            AccountState::Suspended => "suspended",
            AccountState::Closed => "closed",
        }
    }

    /// Refuses, with the reason, a person who may neither bid nor list.
    pub fn may_take_part(self) -> Result<(), Refusal> {
        match self {
            AccountState::Active => Ok(()),
            AccountState::Pending => Err(Refusal::AwaitingApproval),
            AccountState::Suspended => Err(Refusal::Suspended),
            AccountState::Closed => Err(Refusal::AccountClosed),
        }
    }

    pub(super) fn of(name: &str) -> Option<AccountState> {
        AccountState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state in a row of an account, at index `at`.
    pub(super) fn read(row: &Row<'_>, at: usize, id: AccountId) -> Result<AccountState> {
        STATE.read(row, at, id, AccountState::of)
    }
}

as_word!(AccountState);

/// An account to open.
pub struct NewAccount<'a> {
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
    pub is_admin: bool,
    pub state: AccountState,
    pub credit_limit: Money,
    pub phone: Option<&'a str>,
}

/// What a bid depends on in its bidder.
pub struct Bidder {
    pub name: String,
    pub state: AccountState,
    pub purse: Purse,
    /// Whether a link that was mailed to the address was opened, or there is no address.
    pub is_verified: bool,
    /// The newest version of the terms that the person has accepted.
    pub terms_version: Option<i64>,
    /// The terms of the house as they are now.
    pub terms: Option<TermsMark>,
}

impl Bidder {
    /// Refuses `terms_not_accepted` for who has not accepted the terms as they are now.
    pub fn check_terms(&self) -> Result<(), Refusal> {
        match self.terms.filter(|terms| self.terms_version != Some(terms.version)) {
            Some(TermsMark { version, hash }) => Err(Refusal::TermsNotAccepted { version, hash }),
            None => Ok(()),
        }
    }
}

impl Snapshot<'_> {
    pub fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.row(ACCOUNT, named_params! {":id": id}, account).with_context(|| format!("account {id}: read"))
    }

    /// The account with this email, which is in lower case.
    pub fn account_by_email(&self, email: &str) -> Result<Option<Account>> {
        self.row(ACCOUNT_BY_EMAIL, named_params! {":email": email}, account)
            .context("read an account by its email")
    }

    /// The accounts whose name has this key or looks like it: see [`names`].
    pub fn accounts_named(&self, name: &str) -> Result<Vec<Account>> {
        let parameters = named_params! {":name_key": names::key(name), ":name_look": names::look(name)};
        self.rows(ACCOUNTS_NAMED, parameters, account).context("read the accounts of a name")
    }

    /// The active admins.
    pub fn admins(&self) -> Result<Vec<AccountId>> {
        self.rows(ADMINS, [], first).context("read the admins")
    }

    /// Those who wait for approval, the longest first.
    pub fn waiting_accounts(&self) -> Result<Vec<Account>> {
        self.rows(WAITING_ACCOUNTS, [], account).context("read who waits for approval")
    }

    pub fn n_waiting_accounts(&self) -> Result<i64> {
        self.the_row(N_WAITING_ACCOUNTS, [], first).context("count who waits for approval")
    }

    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.rows(ACCOUNTS, [], account).context("read the accounts")
    }

    pub fn purse(&self, id: AccountId) -> Result<Purse> {
        self.the_row(PURSE, named_params! {":id": id}, |row| purse(row, 0))
            .with_context(|| format!("account {id}: read the purse"))
    }

    pub fn purses(&self) -> Result<Vec<(AccountId, Purse)>> {
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, purse(row, 1)?));
        self.rows(PURSES, [], read).context("read the purses")
    }

    pub fn bidder(&self, id: AccountId) -> Result<Option<Bidder>> {
        let read = |row: &Row<'_>| {
            let state = AccountState::read(row, 1, id)?;
            let (is_verified, terms_version) = (row.get(5)?, row.get(6)?);
            let version: Option<i64> = row.get(7)?;
            let terms =
                version.map(|version| anyhow::Ok(TermsMark { version, hash: row.get(8)? })).transpose()?;
            let (name, purse) = (row.get(0)?, purse(row, 2)?);
            anyhow::Ok(Bidder { name, state, purse, is_verified, terms_version, terms })
        };
        self.row(BIDDER, named_params! {":id": id}, read)
            .with_context(|| format!("account {id}: read the bidder"))
    }
}

impl Tx<'_> {
    pub fn open_account(&self, new: &NewAccount<'_>) -> Result<AccountId> {
        let purse = named_params! {":credit_limit": new.credit_limit};
        let id = AccountId(self.insert(OPEN_PURSE, purse).context("open a purse")?);
        let account = named_params! {
            ":id": id, ":email": new.email, ":name": new.name, ":password_hash": new.password_hash,
            ":is_admin": new.is_admin, ":state": new.state, ":created_at": self.now, ":phone": new.phone,
            ":name_key": names::key(new.name), ":name_look": names::look(new.name),
        };
        self.execute(OPEN_ACCOUNT, account).context("open an account")?;
        Ok(id)
    }

    pub fn set_name(&self, id: AccountId, name: &str) -> Result<()> {
        let (key, look) = (names::key(name), names::look(name));
        let parameters = named_params! {":id": id, ":name": name, ":name_key": key, ":name_look": look};
        self.execute(SET_NAME, parameters).with_context(|| format!("account {id}: set the name"))?;
        self.renames.set(true);
        Ok(())
    }

    /// Takes the password away: nobody logs in with one until it is set anew.
    pub fn clear_password(&self, id: AccountId) -> Result<()> {
        self.execute(CLEAR_PASSWORD, named_params! {":id": id})
            .with_context(|| format!("account {id}: no password"))?;
        Ok(())
    }

    /// Sets the address, or takes it away; `verified_at` says when it was shown to be the person's.
    pub fn set_email(&self, id: AccountId, email: Option<&str>, verified_at: Option<Time>) -> Result<()> {
        let parameters = named_params! {":id": id, ":email": email, ":verified_at": verified_at};
        self.execute(SET_EMAIL, parameters).with_context(|| format!("account {id}: set the email"))?;
        Ok(())
    }

    /// Makes somebody an admin, or no admin any more.
    pub fn set_admin(&self, id: AccountId, is_admin: bool) -> Result<()> {
        self.execute(SET_ADMIN, named_params! {":id": id, ":is_admin": is_admin})
            .with_context(|| format!("account {id}: set whether it is an admin's"))?;
        Ok(())
    }

    /// Holds `amount` more in a purse; less, if negative. Fails if there is no such purse.
    pub fn hold(&self, id: AccountId, amount: Money) -> Result<()> {
        let n = self.execute(HOLD, named_params! {":id": id, ":amount": amount});
        ensure!(n.with_context(|| format!("account {id}: hold"))? == 1, "account {id} has no purse");
        Ok(())
    }

    pub fn set_credit_limit(&self, id: AccountId, credit_limit: Money) -> Result<()> {
        let parameters = named_params! {":id": id, ":credit_limit": credit_limit};
        self.execute(SET_CREDIT_LIMIT, parameters)
            .with_context(|| format!("account {id}: set the credit limit"))?;
        Ok(())
    }

    pub fn set_password(&self, id: AccountId, password_hash: &str) -> Result<()> {
        let parameters = named_params! {":id": id, ":password_hash": password_hash};
        self.execute(SET_PASSWORD, parameters).with_context(|| format!("account {id}: set the password"))?;
        Ok(())
    }

    pub fn set_account_state(&self, id: AccountId, state: AccountState, why: Option<&str>) -> Result<()> {
        let parameters = named_params! {":id": id, ":state": state, ":why": why};
        self.execute(SET_ACCOUNT_STATE, parameters)
            .with_context(|| format!("account {id}: set the state"))?;
        Ok(())
    }
}

/// Gives each account what its name is compared by; part of migration 10.
pub(super) fn fill_name_keys(conn: &Connection) -> Result<()> {
    let mut accounts = conn.prepare("select id, name from account")?;
    let named = accounts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named: Vec<(i64, String)> = named.collect::<rusqlite::Result<_>>()?;
    let mut fill = conn.prepare("update account set name_key = ?2, name_look = ?3 where id = ?1")?;
    for (id, name) in named {
        fill.execute((id, names::key(&name), names::look(&name)))?;
    }
    Ok(())
}

fn purse(row: &Row<'_>, at: usize) -> Result<Purse> {
    Ok(Purse { balance: row.get(at)?, held: row.get(at + 1)?, credit_limit: row.get(at + 2)? })
}

fn account(row: &Row<'_>) -> Result<Account> {
    let id = row.get(0)?;
    Ok(Account {
        id,
        email: row.get(1)?,
        name: row.get(2)?,
        password_hash: row.get(3)?,
        is_admin: row.get(4)?,
        state: AccountState::read(row, 5, id)?,
        why: row.get(6)?,
        created_at: row.get(7)?,
        phone: row.get(8)?,
        verified_at: row.get(9)?,
        terms_version: row.get(10)?,
    })
}
