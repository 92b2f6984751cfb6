//! Names of people are unique in a house, but for those who had doubles before, and for the guests of the desk.

use crate::house::{Answer, unless_refused};
use crate::rules::listing::AccountId;
use crate::rules::names;
use crate::rules::refusal::Refusal;
use crate::store::accounts::Account;
use crate::store::log::LogLine;
use crate::store::{Snapshot, Tx};
use anyhow::Result;

/// What somebody is called whose name cannot be used.
pub(in crate::house) const NAMELESS: &str = "Member";

/// Refuses `taken` for a name that another account has: see [`names::are_one`]. The account `of` may keep what it is
/// called by, and write it in another way, even if others are called the same.
pub(in crate::house) fn check_free(snapshot: &Snapshot<'_>, name: &str, of: Option<AccountId>) -> Answer<()> {
    let known = snapshot.accounts_named(name)?;
    let is_kept = known.iter().any(|own| Some(own.id) == of && names::key(&own.name) == names::key(name));
    match is_kept || !known.iter().any(|other| Some(other.id) != of && names::are_one(&other.name, name)) {
        true => Ok(()),
        false => Err(Refusal::NameTaken.into()),
    }
}

/// Gives an account another name, and keeps the one before; whether it was another. Refuses `taken` for one that somebody
/// else has.
pub(in crate::house) fn give_name(tx: &Tx<'_>, account: &Account, name: &str) -> Answer<bool> {
    if account.name == name {
        return Ok(false);
    }
    check_free(tx, name, Some(account.id))?;
    tx.keep_earlier_name(account.id, &account.name)?;
    tx.set_name(account.id, name)?;
    tx.log(&LogLine::of("account.rename").account(account.id))?;
    Ok(true)
}

/// The name itself, if it is free; else the first free one of `Ann 2`, `Ann 3` and so on, never one of a former member:
/// somebody called that without a number becomes `Member 2`.
pub(in crate::house) fn free_like(snapshot: &Snapshot<'_>, name: &str) -> Result<String> {
    let mut free = name.to_owned();
    for n in 2.. {
        if unless_refused(check_free(snapshot, &free, None))?.is_some() {
            break;
        }
        free = Some(numbered(name, n))
            .filter(|free| !names::is_former(free))
            .unwrap_or_else(|| numbered(NAMELESS, n));
    }
    Ok(free)
}

fn numbered(name: &str, n: u64) -> String {
    let number = format!(" {n}");
    let kept: String = name.chars().take(names::MAX_NAME - number.len()).collect();
    kept.trim_end().to_owned() + &number
}
