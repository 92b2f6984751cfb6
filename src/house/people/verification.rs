//! Verified addresses: whoever opens the link in a mail has its address.

use crate::house::notices::letters::{ask_link, has_mail, next_link_in_s, tell_old_address};
use crate::house::people::accounts::account_of;
use crate::house::people::links::take;
use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::verify_email;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::Tx;
use crate::store::accounts::Account;
use crate::store::log::{Actor, LogLine};
use anyhow::{Context, Error, Result};

impl House {
    /// Reports a house in which nobody can verify an address, though they must.
    pub(in crate::house) fn check_verification(&self) -> Result<Option<Finding>> {
        let is_stuck = self.read(|snapshot| {
            Ok::<_, Error>(verify_email(snapshot)? != VerifyEmail::Off && !has_mail(snapshot)?)
        })?;
        let words =
            "verify_email demands that addresses are verified, but the house sends no mail: nobody can do so";
        let what_to_do = "set smtp_url and mail_from in auction.toml and restart the server, or \
                          `auction house set verify_email off`";
        Ok(is_stuck.then(|| Finding::bad("verify_email", words, what_to_do)))
    }

    /// Asks for a mail with a link that verifies the address of the account; for nothing if it is verified, or if there
    /// is none. Refuses `not_allowed` without a way for mails, and `rate_limited`.
    pub fn ask_verification(&self, account: AccountId) -> Answer<()> {
        self.write(move |tx| {
            let account = tx.account(account)?.context("a person has an account")?;
            let Some(email) = account.email.filter(|_| account.verified_at.is_none()) else {
                return Ok(());
            };
            if !has_mail(tx)? {
                return Err(Refusal::NoWayForMails.into());
            }
            if ask_link(tx, account.id, LinkKind::Verify, &email)? {
                return Ok(());
            }
            let retry_after_s = next_link_in_s(tx, account.id, LinkKind::Verify)?;
            Err(Refusal::RateLimited { retry_after_s }.into())
        })
    }

    /// Counts the address that the link of this token was mailed to as verified, and uses the link up. If the account
    /// has another address until then, this one takes its place, the old one is told, and links that were mailed there are
    /// void. Refuses `invalid` for the link, and `taken` if the address is another account's by now.
    pub fn verify_email(&self, token: &str) -> Answer<AccountId> {
        let token = token.to_owned();
        self.write(move |tx| {
            let link = take(tx, &token, LinkKind::Verify)?;
            let id = link.account.id;
            if account_of(tx, &link.email)?.is_some_and(|other| other.id != id) {
                return Err(Refusal::EmailTaken.into());
            }
            tx.act_as(Some(Actor::Account(id)));
            match link.account.email.as_ref() == Some(&link.email) {
                true => tx.set_email(id, Some(&link.email), Some(tx.now))?,
                false => take_address(tx, &link.account, &link.email, Some(tx.now))?,
            }
            Ok(id)
        })
    }
}

/// Gives an account another address: links that were mailed to the old one are void, and it is told.
pub(super) fn take_address(
    tx: &Tx<'_>,
    account: &Account,
    address: &str,
    verified_at: Option<Time>,
) -> Answer<()> {
    tx.end_link(account.id, LinkKind::Reset)?;
    tx.end_link(account.id, LinkKind::Invitation)?;
    tx.set_email(account.id, Some(address), verified_at)?;
    if let Some(old) = &account.email {
        tell_old_address(tx, account.id, old)?;
    }
    Ok(tx.log(&LogLine::of("account.email").account(account.id))?)
}
