//! Whose sessions were looked up a moment ago: a bidder's requests come in quick succession, and each would ask the database
//! again. Nothing here is needed by another server, and nobody is known for longer than [`KNOWN_FOR`] without a look.

use crate::store::sessions::{Person, TokenHash};
use anyhow::Result;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// So long may a session live on that another process has ended (a new password, a suspension); this process's own log-out
/// holds at once. A bid asks the database about its bidder in any case.
const KNOWN_FOR: Duration = Duration::from_millis(200);
/// Beyond it all are forgotten.
const MAX_KNOWN: usize = 10_000;

/// Each person, and when they were looked up.
type Known = HashMap<TokenHash, (Arc<Person>, Instant)>;

#[derive(Clone, Default)]
pub(in crate::house) struct SessionCache {
    known: Arc<RwLock<Known>>,
    /// Grows with each change of this process that may concern a person.
    changes: Arc<AtomicU64>,
}

impl SessionCache {
    /// The person of a session, from memory if it was asked a moment ago, else by `look`.
    pub fn find(
        &self,
        token: &TokenHash,
        look: impl FnOnce() -> Result<Option<Person>>,
    ) -> Result<Option<Arc<Person>>> {
        if let Some((person, at)) = self.known.read().expect("no reader panics here").get(token)
            && at.elapsed() < KNOWN_FOR
        {
            return Ok(Some(person.clone()));
        }
        let (before, at) = (self.changes.load(Ordering::SeqCst), Instant::now());
        let person = look()?.map(Arc::new);
        let mut known = self.known.write().expect("no writer panics here");
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        match &person {
            // What was seen before a change is not kept past it.
            Some(person) if self.changes.load(Ordering::SeqCst) == before => {
                known.insert(*token, (person.clone(), at));
            }
            _ => drop(known.remove(token)),
        }
        Ok(person)
    }

    /// After a change that may concern anyone.
    pub fn forget(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.known.write().expect("no writer panics here").clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::listing::AccountId;
    use crate::store::accounts::AccountState;
    use anyhow::bail;

    const TOKEN: TokenHash = [7; 32];

    fn bob() -> Result<Option<Person>> {
        let (email, name) = ("bob@example.org".to_owned(), "Bob".to_owned());
        Ok(Some(Person { id: AccountId(2), email, name, is_admin: false, state: AccountState::Active }))
    }

    #[test]
    fn a_person_is_looked_up_once_and_again_after_a_change() {
        let people = SessionCache::default();
        assert_eq!(people.find(&TOKEN, bob).unwrap().unwrap().name, "Bob");
        let known = people.find(&TOKEN, || bail!("asked again")).unwrap();
        assert_eq!(known.unwrap().id, AccountId(2));
        people.forget();
        assert_eq!(people.find(&TOKEN, || Ok(None)).unwrap(), None);
    }

    #[test]
    fn what_was_seen_before_a_change_is_not_kept() {
        let people = SessionCache::default();
        let meanwhile = || {
            people.forget();
            bob()
        };
        assert!(people.find(&TOKEN, meanwhile).unwrap().is_some());
        assert_eq!(people.find(&TOKEN, || Ok(None)).unwrap(), None);
    }
}
