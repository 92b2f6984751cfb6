//! Names of people are unique in a house, but for those who had doubles before, and for the guests of the desk.

use crate::house::Answer;
use crate::rules::listing::AccountId;
use crate::rules::names;
use crate::rules::refusal::Refusal;
use crate::store::Snapshot;

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
