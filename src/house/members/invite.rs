//! Invitations: an admin opens accounts without a password; whoever opens the link that is mailed to the address, or that
//! the admin passes on, chooses one.

use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::members::plan::{Known, MemberLine, Planned, Planning};
use crate::house::notices::letters::{ask_link, has_mail};
use crate::house::people::log_in::{new_token, token_hash};
use crate::house::people::names::{NAMELESS, free_like};
use crate::house::settings::Settings;
use crate::house::settings::keys::SignUp;
use crate::rules::listing::AccountId;
use crate::rules::names;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::store::Tx;
use crate::store::accounts::{Account, AccountState, NewAccount};
use crate::store::log::LogLine;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;

/// The most people who are invited at once.
pub const MOST_INVITED: usize = 10_000;

/// How links reach the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The house mails each its own.
    Mail,
    /// They are returned, for an admin to pass on.
    ByHand,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The account is new.
    Invited,
    /// There was an account without a password; a link before this one is void.
    Again,
    /// The person has a password already, and gets no link.
    Joined,
    /// The person was sent several links just now, of which the newest holds, and gets no other yet.
    SentBefore,
}

/// A person who was invited.
#[derive(Clone, Debug, Serialize)]
pub struct Invitation {
    #[serde(skip)]
    pub line: u64,
    pub account: AccountId,
    pub email: String,
    pub name: String,
    pub outcome: Outcome,
    /// The token of the link, for [`Way::ByHand`]; it is stored nowhere.
    #[serde(skip)]
    pub token: Option<String>,
}

impl House {
    /// Invites all of `people` in one transaction, or none if one line has a fault. Somebody without a name is called as
    /// their address begins, with a number behind it if that name is taken. Who has an account without a password gets a
    /// new link.
    ///
    /// Refuses `not_allowed` without a way for mails, and in a house without passwords.
    pub fn invite(&self, people: Vec<MemberLine>, way: Way) -> Result<Vec<Invitation>, NotImported> {
        let n_tokens = if way == Way::ByHand { people.len() } else { 0 };
        let tokens = (0..n_tokens).map(|_| new_token()).collect::<Result<Vec<String>>>()?;
        let invited = self.write(move |tx| {
            check_way(tx, way)?;
            let mut faults = LineFaults::default();
            let planned = Planning::new(tx, Known::Welcome, &mut faults).plan(&people)?;
            if faults.n > 0 { Ok(Err(faults)) } else { Ok(Ok(invite_all(tx, planned, tokens)?)) }
        })?;
        Ok(invited?)
    }
}

impl House {
    /// Opens an account, perhaps an admin's, and mails its person a link to choose a password.
    ///
    /// Refuses what [`House::invite`] refuses, and `taken` for an address that has an account: nobody becomes an admin by
    /// an invitation that was meant for somebody new.
    pub fn invite_new(&self, person: MemberLine, is_admin: bool) -> Result<Invitation, NotImported> {
        let invited = self.write(move |tx| {
            check_way(tx, Way::Mail)?;
            let mut faults = LineFaults::default();
            let planned = Planning::new(tx, Known::Welcome, &mut faults).plan(&[person])?;
            let Some(person) = planned.into_iter().next() else { return Ok(Err(faults)) };
            if person.known.is_some() {
                return Err(Refusal::EmailTaken.into());
            }
            let account = open(tx, &person)?;
            if is_admin {
                tx.set_admin(account.id, true)?;
                tx.log(&LogLine::of("account.admin").account(account.id).detail(json!({"admin": true})))?;
            }
            Ok(Ok(invite_one(tx, account, person.line, true, None)?))
        })?;
        Ok(invited?)
    }
}

/// Refuses what no invitation could be sent for.
pub(super) fn check_way(tx: &Tx<'_>, way: Way) -> Result<(), crate::house::Fault> {
    if Settings::of(tx)?.sign_up == SignUp::Sso {
        return Err(Refusal::SignOnOnly.into());
    }
    if way == Way::Mail && !has_mail(tx)? {
        return Err(Refusal::NoWayForMails.into());
    }
    Ok(())
}

/// Opens the accounts: first of those who have a name, so that nobody else is given it.
fn invite_all(tx: &Tx<'_>, planned: Vec<Planned>, tokens: Vec<String>) -> Result<Vec<Invitation>> {
    let mut tokens = tokens.into_iter();
    let mut invited = Vec::with_capacity(planned.len());
    let (named, others): (Vec<Planned>, Vec<Planned>) =
        planned.into_iter().partition(|person| person.name.is_some());
    for person in named.into_iter().chain(others) {
        let (account, is_new) = match &person.known {
            Some(known) => (known.clone(), false),
            None => (open(tx, &person)?, true),
        };
        invited.push(invite_one(tx, account, person.line, is_new, tokens.next())?);
    }
    invited.sort_by_key(|person| person.line);
    Ok(invited)
}

fn invite_one(
    tx: &Tx<'_>,
    account: Account,
    line: u64,
    is_new: bool,
    token: Option<String>,
) -> Result<Invitation> {
    let (id, email) = (account.id, account.email.context("who is invited has an address")?);
    let (outcome, token) = match (account.password_hash.is_some(), token) {
        (true, _) => (Outcome::Joined, None),
        (false, Some(token)) => {
            arm(tx, id, &email, &token)?;
            (if is_new { Outcome::Invited } else { Outcome::Again }, Some(token))
        }
        (false, None) => (send(tx, id, &email, is_new)?, None),
    };
    if matches!(outcome, Outcome::Invited | Outcome::Again) {
        tx.log(&LogLine::of("account.invite").account(id))?;
    }
    Ok(Invitation { line, account: id, email, name: account.name, outcome, token })
}

/// Asks for the mail with the link.
pub(super) fn send(tx: &Tx<'_>, account: AccountId, email: &str, is_new: bool) -> Result<Outcome> {
    Ok(match (ask_link(tx, account, LinkKind::Invitation, email)?, is_new) {
        (false, _) => Outcome::SentBefore,
        (true, true) => Outcome::Invited,
        (true, false) => Outcome::Again,
    })
}

/// Gives the link a token at once, for no mail will carry it.
fn arm(tx: &Tx<'_>, account: AccountId, email: &str, token: &str) -> Result<()> {
    let kind = LinkKind::Invitation;
    tx.put_link(account, kind, email)?;
    tx.forget_letter(account, kind.letter())?;
    tx.arm_link(account, kind, &token_hash(token), tx.now.plus_s(kind.life_s()))
}

/// Opens an account without a password.
pub(super) fn open(tx: &Tx<'_>, person: &Planned) -> Result<Account> {
    let name = match &person.name {
        Some(name) => name.clone(),
        None => free_like(tx, &as_address_begins(&person.email))?,
    };
    let id = tx.open_account(&NewAccount {
        email: Some(&person.email),
        name: &name,
        password_hash: None,
        is_admin: false,
        state: AccountState::Active,
        credit_limit: Settings::of(tx)?.default_credit(),
        phone: None,
    })?;
    tx.account(id)?.context("it was opened in this transaction")
}

fn as_address_begins(email: &str) -> String {
    let local = email.split(['@', '+']).next().unwrap_or_default();
    let name: String = local.chars().take(names::MAX_NAME).collect();
    if names::amiss(&name).is_none() { name } else { NAMELESS.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_without_a_name_is_called_as_their_address_begins() {
        for (email, name) in [
            ("ann@example.org", "ann"),
            ("ann.lee+auction@example.org", "ann.lee"),
            ("도라@example.org", "도라"),
            ("+x@example.org", "Member"),
        ] {
            assert_eq!(as_address_begins(email), name);
        }
        let long = format!("{}@example.org", "a".repeat(64));
        assert_eq!(as_address_begins(&long), "a".repeat(40));
    }
}
