//! The sessions of a person as they see them: what each was opened with, and when it was last used.
//!
//! When a session is used is kept in memory until a background task writes it down: no request waits for that, and a
//! busy person costs one write in ten minutes.

use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::own::OwnSession;
use crate::store::sessions::TokenHash;
use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How exactly the last use of a session is stored, in seconds.
const OFTEN_S: i64 = 600;
/// The most sessions that are remembered between two writes; the use of more is noted later.
const MAX_REMEMBERED: usize = 10_000;
/// How long uses wait for others.
const TOGETHER: Duration = Duration::from_secs(10);
/// The most of them that one transaction writes.
const MAX_AT_ONCE: usize = 500;
/// The hexadecimal digits of a session's hash that name it to its owner.
const ID_DIGITS: usize = 16;

/// Sessions that were used, and when.
#[derive(Clone, Default)]
pub(in crate::house) struct SeenSessions(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    at: BTreeMap<TokenHash, Time>,
    written: Option<Instant>,
}

impl SeenSessions {
    /// Notes that a session is used at `now`, unless that is already known to [`OFTEN_S`].
    pub fn note(&self, token: &TokenHash, seen_at: Option<Time>, now: Time) {
        if seen_at.is_some_and(|seen_at| now < seen_at.plus_s(OFTEN_S)) {
            return;
        }
        let mut seen = self.0.lock().expect("nobody panics with it");
        if seen.at.len() < MAX_REMEMBERED {
            seen.at.entry(*token).or_insert(now);
        }
    }

    /// Takes what was noted, once in [`TOGETHER`], so that many share a write.
    fn take(&self) -> Vec<(TokenHash, Time)> {
        let mut seen = self.0.lock().expect("nobody panics with it");
        if seen.at.is_empty() || seen.written.is_some_and(|written| written.elapsed() < TOGETHER) {
            return Vec::new();
        }
        seen.written = Some(Instant::now());
        std::mem::take(&mut seen.at).into_iter().collect()
    }
}

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
