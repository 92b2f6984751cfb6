//! The sessions of a person as they see them: what each was opened with, and when it was last used.

use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::store::own::OwnSession;
use crate::store::sessions::TokenHash;
use anyhow::Result;

/// The most uses that one transaction writes.
const MAX_AT_ONCE: usize = 500;
/// The hexadecimal digits of a session's hash that name it to its owner.
const ID_DIGITS: usize = 16;

/// What a session is called by its owner. Nothing of the token can be learned from it.
pub fn session_id(token: &TokenHash) -> String {
    hex(token).chars().take(ID_DIGITS).collect()
}

impl House {
    /// The sessions of an account, those used last first.
    pub fn sessions_of(&self, account: AccountId) -> Result<Vec<OwnSession>> {
        self.read(|snapshot| snapshot.sessions_of(account, self.now_in(snapshot)?))
    }

    /// Ends the session of an account that is called `id`; returns it, so that its streams end, too. Refuses
    /// `not_found`.
    pub fn end_session_called(&self, account: AccountId, id: &str) -> Answer<TokenHash> {
        let id = id.to_owned();
        self.write(move |tx| {
            let mut sessions = tx.sessions_of(account, tx.now)?.into_iter();
            let found = sessions.find(|session| session_id(&session.token) == id);
            let token = found.ok_or(Refusal::NotFound("session"))?.token;
            tx.end_session(&token)?;
            Ok(token)
        })
    }

    /// Writes down when sessions were last used.
    pub(in crate::house) fn keep_seen_sessions(&self) -> Answer<()> {
        for part in self.seen_sessions.take().chunks(MAX_AT_ONCE) {
            let part = part.to_vec();
            self.write(move |tx| Ok(part.iter().try_for_each(|(token, at)| tx.see_session(token, *at))?))?;
        }
        Ok(())
    }
}
