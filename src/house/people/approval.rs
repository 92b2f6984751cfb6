//! Approval: with the setting `sign_up approval`, who joins may log in and look on, but bids and sells only once an admin
//! has approved the account.

use crate::house::notices::letters::tell_approved;
use crate::house::people::accounts::{account_view, check_not_closed};
use crate::house::views::AccountView;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::store::Tx;
use crate::store::accounts::AccountState;
use crate::store::log::LogLine;
use anyhow::Result;

impl House {
    /// Approves all of `accounts`, or none, and tells each by mail. Returns for each whether it waited until now: who is
    /// approved already stays so. Refuses `not_found`; and `not_allowed` for one that is suspended or closed, which
    /// waits for nothing.
    pub fn approve(&self, accounts: Vec<AccountId>) -> Answer<Vec<bool>> {
        self.write(move |tx| accounts.iter().map(|account| approve_in(tx, *account)).collect())
    }

    /// Lifts a suspension, or approves an account that waits for approval, as [`House::approve`] does.
    pub fn restore_account(&self, account: AccountId) -> Answer<()> {
        self.write(move |tx| {
            if tx.account(account)?.is_some_and(|known| known.state == AccountState::Pending) {
                return approve_in(tx, account).map(drop);
            }
            check_not_closed(tx, account)?;
            tx.set_account_state(account, AccountState::Active, None)?;
            Ok(tx.log(&LogLine::of("account.restore").account(account))?)
        })
    }

    /// Those who wait for approval, the longest first.
    pub fn unapproved(&self) -> Result<Vec<AccountView>> {
        self.read(|snapshot| {
            let waiting = snapshot.waiting_accounts()?.into_iter();
            waiting.map(|account| account_view(snapshot, account)).collect()
        })
    }

    /// How many wait for approval.
    pub fn n_unapproved(&self) -> Result<i64> {
        self.read(|snapshot| snapshot.n_waiting_accounts())
    }
}

/// Approves an account that waits; returns whether it did.
fn approve_in(tx: &Tx<'_>, account: AccountId) -> Answer<bool> {
    let known = tx.account(account)?.ok_or(Refusal::NotFound("account"))?;
    match known.state {
        AccountState::Pending => {}
        AccountState::Active => return Ok(false),
        AccountState::Suspended => return Err(Refusal::Suspended.into()),
        AccountState::Closed => return Err(Refusal::AccountClosed.into()),
    }
    tx.set_account_state(account, AccountState::Active, None)?;
    if let Some(email) = &known.email {
        tell_approved(tx, account, email)?;
    }
    tx.log(&LogLine::of("account.approve").account(account))?;
    Ok(true)
}
