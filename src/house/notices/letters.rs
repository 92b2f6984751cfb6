//! Letters: mails that somebody asked for, or must have.

use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, LinkKind};
use crate::store::{Snapshot, Tx};
use anyhow::Result;

/// Writes a link of this kind, and the letter that carries it to `email`. Returns whether a mail goes.
pub(in crate::house) fn ask_link(
    tx: &Tx<'_>,
    account: AccountId,
    kind: LinkKind,
    email: &str,
) -> Result<bool> {
    if !has_mail(tx)? {
        return Ok(false);
    }
    tx.put_link(account, kind, email)?;
    tx.add_letter(account, kind.name(), email)?;
    Ok(true)
}

/// Whether the house has a way for mails.
pub(in crate::house) fn has_mail(snapshot: &Snapshot<'_>) -> Result<bool> {
    Ok(snapshot.channels()?.iter().any(|open| open.channel == Channel::Mail))
}
