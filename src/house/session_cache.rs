//! Whose sessions were looked up a moment ago: a bidder's requests come in quick succession, and each would ask the
//! database again. Nothing here is needed by another server, and nobody is known for longer than [`KNOWN_FOR`] without
//! a look.

use crate::store::sessions::{Person, TokenHash};
use anyhow::Result;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a session may outlive its end by another process (a new password, a suspension); what this process ends
/// holds at once. A bid asks the database about its bidder in any case.
const KNOWN_FOR: Duration = Duration::from_millis(200);
/// Sessions that are kept.
const MAX_KNOWN: usize = 10_000;

/// A person, as a look found them.
#[derive(Clone)]
struct Known {
    person: Arc<Person>,
    at: Instant,
    /// Changes that had been made before the look.
    n_changes: u64,
}

#[derive(Clone)]
pub(in crate::house) struct SessionCache {
    known: Arc<Cache<TokenHash, Known>>,
    /// Changes by this process that may concern a person.
    n_changes: Arc<AtomicU64>,
}

impl Default for SessionCache {
    fn default() -> SessionCache {
        SessionCache { known: Arc::new(Cache::new(MAX_KNOWN)), n_changes: Arc::default() }
    }
}

impl SessionCache {
    /// The person of a session, from memory if they were looked up a moment ago, else by `look`.
    pub fn find(
        &self,
        token: &TokenHash,
        look: impl FnOnce() -> Result<Option<Person>>,
    ) -> Result<Option<Arc<Person>>> {
        // Read before the look, so that a change during it makes what it found stale.
        let (n_changes, at) = (self.n_changes.load(Ordering::SeqCst), Instant::now());
        if let Some(known) = self.known.get(token)
            && known.n_changes == n_changes
            && at.duration_since(known.at) < KNOWN_FOR
        {
            return Ok(Some(known.person));
        }
        let person = look()?.map(Arc::new);
        match &person {
            Some(person) => self.known.insert(*token, Known { person: person.clone(), at, n_changes }),
            None => drop(self.known.remove(token)),
        }
        Ok(person)
    }

    /// Makes everything stale, after a change that may concern anyone.
    pub fn forget(&self) {
        self.n_changes.fetch_add(1, Ordering::SeqCst);
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
