//! Closing one's account. The books stay: bids, purchases, sales and money keep their account, which is called a former
//! member from then on. All else of the person is forgotten.

use crate::house::bought::Unpaid;
use crate::house::people::former::Former;
use crate::house::people::password::{self, Verdict};
use crate::house::people::scrub::Found;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::names;
use crate::rules::refusal::{InUse, Refusal};
use crate::store::accounts::{Account, AccountState};
use crate::store::log::{Actor, LogLine};
use crate::store::sessions::TokenHash;
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use std::sync::atomic::Ordering;

impl House {
    /// Closes an account for its owner, who has given the password; an account without one takes none. Returns the
    /// sessions and the tokens for programs that ended.
    ///
    /// Refuses `in_use` while the account leads, owes, is owed, or sells something that is open or a lot of a draft;
    /// `invalid` for a wrong password.
    pub fn close_own(&self, id: AccountId, typed: Option<&str>) -> Answer<Vec<TokenHash>> {
        let account = self.open_account_of(id)?;
        self.answer(|snapshot| check_unused(snapshot, id))?;
        let hash = account.password_hash.clone();
        if hash.is_some() && password::verify(typed.unwrap_or_default(), hash.as_deref()) == Verdict::Wrong {
            return Err(Refusal::WrongPassword("password").into());
        }
        let found = self.search_for(&account)?;
        let ended = self.write(move |tx| {
            tx.act_as(Some(Actor::Account(id)));
            let account = tx.account(id)?.filter(|account| account.state != AccountState::Closed);
            let account = account.ok_or(Refusal::AccountClosed)?;
            if account.password_hash != hash {
                return Err(Refusal::WrongPassword("password").into());
            }
            check_unused(tx, id)?;
            Ok(close(tx, &account, found)?)
        })?;
        self.has_to_erase.store(true, Ordering::SeqCst);
        self.erase_log()?;
        Ok(ended)
    }

    /// Empties the write-ahead log, if it may hold something of a closed account. A background task tries again while
    /// readers keep it busy.
    pub(in crate::house) fn erase_log(&self) -> Result<()> {
        if self.has_to_erase.load(Ordering::SeqCst) && self.conn()?.empty_log()? {
            self.has_to_erase.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    fn open_account_of(&self, id: AccountId) -> Answer<Account> {
        let account = self.read(|snapshot| snapshot.account(id))?;
        let account = account.filter(|account| account.state != AccountState::Closed);
        Ok(account.ok_or(Refusal::AccountClosed)?)
    }

    /// Looks through all that may name them, which takes a while in a large house, and is done before anybody waits for
    /// it. No request's budget holds for it.
    fn search_for(&self, account: &Account) -> Result<Found> {
        self.conn()?.read(|snapshot| Found::of(snapshot, &Former::of(snapshot, account, String::new())?))
    }
}

/// Refuses `in_use` with the first reason that there is.
fn check_unused(snapshot: &Snapshot<'_>, id: AccountId) -> Answer<()> {
    let balance = snapshot.purse(id)?.balance;
    let why = match () {
        () if snapshot.leads(id)? => InUse::Leads,
        () if balance < 0 || Unpaid::of(snapshot, id)?.total() > 0 => InUse::Owes,
        () if balance > 0 => InUse::IsOwed,
        () if snapshot.sells(id)? => InUse::Sells,
        () => return Ok(()),
    };
    Err(Refusal::AccountInUse(why).into())
}

fn close(tx: &Tx<'_>, account: &Account, found: Found) -> Result<Vec<TokenHash>> {
    tx.erase()?;
    let id = account.id;
    let former = Former::of(tx, account, next_name(tx)?)?;
    let sessions = tx.sessions_of(id, tx.now)?.into_iter().map(|session| session.token);
    let ended = sessions.chain(tx.api_tokens_of(id)?.into_iter().map(|token| token.hash)).collect();
    found.scrub(tx, &former)?;
    tx.close_account(id)?;
    tx.set_credit_limit(id, 0)?;
    tx.set_name(id, &former.called)?;
    tx.log(&LogLine { what: "account.close", account: Some(id), ..LogLine::default() })?;
    tx.erase_less()?;
    Ok(ended)
}

/// `former member N`: in the order in which accounts are closed. A house may have had members of such a name.
fn next_name(tx: &Tx<'_>) -> Result<String> {
    let mut n = tx.n_closed()? + 1;
    while !tx.accounts_named(&names::former(n))?.is_empty() {
        n += 1;
    }
    Ok(names::former(n))
}
