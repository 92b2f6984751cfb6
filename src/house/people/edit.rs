//! What an admin changes of somebody's account: the name, the address, the language, and whether they are an admin.

use crate::house::notices::letters::{ask_link, tell_old_address, void_new_address};
use crate::house::people::accounts::{account_of, check_not_closed};
use crate::house::people::names::check_free;
use crate::house::people::own::{Changes, check};
use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::verify_email;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::store::Tx;
use crate::store::accounts::{Account, AccountState};
use crate::store::log::LogLine;
use crate::store::preferences::Preferences;
use serde_json::json;

/// The refusal to leave a house without an admin.
const LAST_ADMIN: &str = "This is the only admin of the house. Make somebody else one first: `auction account edit EMAIL --admin`.";

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
            let mut edited = Edited { account: before.clone(), changed: Vec::new(), is_asked: false };
            if let Some(name) = &edits.changes.name {
                edited.note("name", rename(tx, &before, &text::one_line(name))?);
            }
            if let (Some(typed), Some(address)) = (&edits.changes.email, &address) {
                let has_moved = move_to(tx, &before, typed, address)?;
                edited.note("email", has_moved);
                let is_to_verify = has_moved && verify_email(tx)? != VerifyEmail::Off;
                edited.is_asked = is_to_verify && ask_link(tx, id, LinkKind::Verify, address)?;
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
    fn note(&mut self, what: &'static str, has_changed: bool) {
        if has_changed {
            self.changed.push(what);
        }
    }
}

fn rename(tx: &Tx<'_>, account: &Account, name: &str) -> Answer<bool> {
    if account.name == name {
        return Ok(false);
    }
    check_free(tx, name, Some(account.id))?;
    tx.keep_earlier_name(account.id, &account.name)?;
    tx.set_name(account.id, name)?;
    tx.log(&LogLine::of("account.rename").account(account.id))?;
    Ok(true)
}

fn move_to(tx: &Tx<'_>, account: &Account, typed: &str, address: &str) -> Answer<bool> {
    if account_of(tx, typed)?.is_some_and(|other| other.id != account.id) {
        return Err(Refusal::EmailTaken.into());
    }
    if account.email.as_deref() == Some(address) {
        return Ok(false);
    }
    void_new_address(tx, account.id)?;
    tx.end_link(account.id, LinkKind::Reset)?;
    tx.end_link(account.id, LinkKind::Invitation)?;
    tx.set_email(account.id, Some(address), None)?;
    if let Some(old) = &account.email {
        tell_old_address(tx, account.id, old)?;
    }
    tx.log(&LogLine::of("account.email").account(account.id))?;
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
    let is_last = !is_admin
        && account.state == AccountState::Active
        && !tx.admins()?.into_iter().any(|other| other != account.id);
    if is_last {
        return Err(Refusal::invalid("admin", LAST_ADMIN).into());
    }
    tx.set_admin(account.id, is_admin)?;
    tx.log(&LogLine::of("account.admin").account(account.id).detail(json!({"admin": is_admin})))?;
    Ok(true)
}
