//! What people have chosen to be told, by which channel and in which language.

use super::named::named;
use super::outbox::FILE;
use super::{Snapshot, Tx};
use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, KindSet, NoticeKind};
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const PREFERENCES: &str = named(FILE, "preferences");
const SET_PREFERENCES: &str = named(FILE, "set_preferences");

/// Which notices a person gets by mail and in their browsers, and in which language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// None until the person chooses one.
    pub language: Option<String>,
    pub mail: KindSet,
    pub push: KindSet,
    /// Whether any browser of the person takes notices.
    pub has_push: bool,
}

impl Preferences {
    /// Whether the person wants this kind by this channel. The webhook gets every kind.
    pub fn wants(&self, channel: Channel, kind: NoticeKind) -> bool {
        match channel {
            Channel::Mail => self.mail.has(kind),
            Channel::Push => self.push.has(kind),
            Channel::Webhook => true,
        }
    }
}

impl Snapshot<'_> {
    pub fn preferences(&self, account: AccountId) -> Result<Preferences> {
        let read = |row: &Row<'_>| {
            let (mail, push) = (KindSet(row.get(1)?), KindSet(row.get(2)?));
            anyhow::Ok(Preferences { language: row.get(0)?, mail, push, has_push: row.get(3)? })
        };
        self.the_row(PREFERENCES, named_params! {":id": account}, read)
            .with_context(|| format!("account {account}: read the preferences"))
    }
}

impl Tx<'_> {
    /// Writes all but `has_push`, which the subscriptions say.
    pub fn set_preferences(&self, account: AccountId, preferences: &Preferences) -> Result<()> {
        let Preferences { language, mail, push, .. } = preferences;
        let parameters = named_params! {
            ":id": account, ":language": language, ":mail_kinds": mail.0, ":push_kinds": push.0,
        };
        self.execute(SET_PREFERENCES, parameters)
            .with_context(|| format!("account {account}: write the preferences"))?;
        Ok(())
    }
}
