//! What an admin changes of somebody's account: the name, the address, the language, and whether they are an admin.

use crate::house::notices::letters::{ask_link, void_new_address};
use crate::house::people::accounts::{account_of, check_not_closed};
use crate::house::people::names::give_name;
use crate::house::people::own::{Changes, check};
use crate::house::people::verification::take_address;
use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::verify_email;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::store::accounts::{Account, AccountState};
use crate::store::log::LogLine;
use crate::store::preferences::Preferences;
use crate::store::{Snapshot, Tx};
use serde_json::json;

/// The refusal to leave a house without an admin.
const LAST_ADMIN: &str = "No other admin of the house can log in. Make somebody else one first: `auction account edit EMAIL --admin`.";

/// What an admin changes; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    pub changes: Changes,
    pub is_admin: Option<bool>,
}

/// What has changed of an account.
#[derive(Clone, Debug)]
pub struct Edited {
    pub account: Account,
    /// Some of `name`, `email`, `language`, `admin`; empty if all was so already.
    pub changed: Vec<&'static str>,
    /// Whether a link that verifies the new address is mailed to it.
    pub is_asked: bool,
    /// What the person cannot do before they have verified the new address, if anything: bid, or log in.
    pub before: VerifyEmail,
    /// Whether an invitation that was mailed to the old address is void.
    pub is_uninvited: bool,
}

impl House {
    /// Changes all of it or nothing. A new address counts at once and is not verified; its person is mailed a link if the
    /// house wants addresses verified, the old address is told, and links that were mailed there are void.
    ///
    /// Refuses `invalid`, also for the last admin; `taken` for a name or an address in use; `not_allowed` for an account
    /// that its owner has closed.
    pub fn edit_account(&self, id: AccountId, edits: Edits) -> Answer<Edited> {
        let address = check(&edits.changes)?;
        self.write(move |tx| {
            check_not_closed(tx, id)?;
            let before = tx.account(id)?.ok_or(Refusal::NotFound("account"))?;
            let mut edited = Edited::nothing(before.clone());
            if let Some(name) = &edits.changes.name {
                edited.note("name", give_name(tx, &before, &text::one_line(name))?);
            }
            if let (Some(typed), Some(address)) = (&edits.changes.email, &address) {
                edited.email(tx, &before, typed, address)?;
            }
            if let Some(language) = &edits.changes.language {
                edited.note("language", speak(tx, id, language)?);
            }
            if let Some(is_admin) = edits.is_admin {
                edited.note("admin", promote(tx, &before, is_admin)?);
            }
            edited.account = tx.account(id)?.ok_or(Refusal::NotFound("account"))?;
            Ok(edited)
        })
    }
}

impl Edited {
    fn nothing(account: Account) -> Edited {
        let (changed, before) = (Vec::new(), VerifyEmail::Off);
        Edited { account, changed, is_asked: false, before, is_uninvited: false }
    }

    fn email(&mut self, tx: &Tx<'_>, before: &Account, typed: &str, address: &str) -> Answer<()> {
        let is_invited =
            before.password_hash.is_none() && tx.link(before.id, LinkKind::Invitation)?.is_some();
        if move_to(tx, before, typed, address)? {
            self.note("email", true);
            self.is_uninvited = is_invited;
            self.before = verify_email(tx)?;
            self.is_asked =
                self.before != VerifyEmail::Off && ask_link(tx, before.id, LinkKind::Verify, address)?;
        }
        Ok(())
    }

    fn note(&mut self, what: &'static str, has_changed: bool) {
        if has_changed {
            self.changed.push(what);
        }
    }
}

fn move_to(tx: &Tx<'_>, account: &Account, typed: &str, address: &str) -> Answer<bool> {
    if account_of(tx, typed)?.is_some_and(|other| other.id != account.id) {
        return Err(Refusal::EmailTaken.into());
    }
    if account.email.as_deref() == Some(address) {
        return Ok(false);
    }
    void_new_address(tx, account.id)?;
    take_address(tx, account, address, None)?;
    Ok(true)
}

fn speak(tx: &Tx<'_>, id: AccountId, language: &str) -> Answer<bool> {
    let held = tx.preferences(id)?;
    if held.language.as_deref() == Some(language) {
        return Ok(false);
    }
    tx.set_preferences(id, &Preferences { language: Some(language.to_owned()), ..held })?;
    tx.log(&LogLine::of("account.language").account(id).detail(json!({"language": language})))?;
    Ok(true)
}

/// Makes somebody an admin, or no admin any more: then another must be left who can log in.
fn promote(tx: &Tx<'_>, account: &Account, is_admin: bool) -> Answer<bool> {
    if account.is_admin == is_admin {
        return Ok(false);
    }
    if !is_admin && account.state == AccountState::Active && !another_can_log_in(tx, account.id)? {
        return Err(Refusal::invalid("admin", LAST_ADMIN).into());
    }
    tx.set_admin(account.id, is_admin)?;
    tx.log(&LogLine::of("account.admin").account(account.id).detail(json!({"admin": is_admin})))?;
    Ok(true)
}

/// Whether an admin beside this one has a password, or has logged in by a single sign-on.
fn another_can_log_in(snapshot: &Snapshot<'_>, one: AccountId) -> Answer<bool> {
    for other in snapshot.admins()?.into_iter().filter(|other| *other != one) {
        let account = snapshot.account(other)?;
        if account.is_some_and(|account| account.password_hash.is_some()) || snapshot.has_identity(other)? {
            return Ok(true);
        }
    }
    Ok(false)
}
