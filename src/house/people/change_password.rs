//! Another password in the place of a person's own.

use crate::house::notices::letters::void_new_address;
use crate::house::people::password::{self, Verdict};
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::store::accounts::Account;
use crate::store::log::{Actor, LogLine};
use crate::store::sessions::TokenHash;
use anyhow::Context;

impl House {
    /// Sets a new password in the place of `old`. Ends all sessions but `kept`, and returns those that it ended; forgets
    /// the known devices; voids a link that sets a password, and a change of address that is not confirmed. Refuses `invalid` for `new`, and for `old`
    /// ([`Refusal::WrongPassword`]) if it is not the password, or has been changed meanwhile.
    pub fn change_password(
        &self,
        account: AccountId,
        old: &str,
        new: &str,
        kept: Option<TokenHash>,
    ) -> Answer<Vec<TokenHash>> {
        if let Some(words) = password::amiss(new) {
            return Err(Refusal::invalid("new", words).into());
        }
        let proven = self.proven(account, old)?.ok_or(Refusal::WrongPassword("old"))?;
        let hash = password::hash(new)?;
        self.write(move |tx| {
            if tx.account(account)?.is_none_or(|now| now.password_hash != proven.password_hash) {
                return Err(Refusal::WrongPassword("old").into());
            }
            tx.act_as(Some(Actor::Account(account)));
            tx.set_password(account, &hash)?;
            tx.forget_devices_of(account)?;
            tx.end_link(account, LinkKind::Reset)?;
            void_new_address(tx, account)?;
            tx.log(&LogLine { what: "account.password", account: Some(account), ..LogLine::default() })?;
            Ok(tx.end_sessions_but(account, kept.as_ref())?)
        })
    }

    /// The account, if `typed` is its password.
    fn proven(&self, id: AccountId, typed: &str) -> Answer<Option<Account>> {
        let account = self.read(|snapshot| snapshot.account(id))?.context("a person has an account")?;
        let verdict = password::verify(typed, account.password_hash.as_deref());
        Ok((verdict != Verdict::Wrong).then_some(account))
    }
}
