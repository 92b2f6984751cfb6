//! The session cache: a bidder's requests come in quick succession, and each would ask the database again. Sessions are
//! kept for [`KNOWN_FOR`] at most, and only in memory.
//!
//! Its figure, from `cargo bench --bench bids` on 2 cores with 32 connections, as a share of the no-op: bids on 64
//! listings 0.43 and 0.50 with it, 0.34 and 0.38 without; bids decided on one listing 0.60 and 0.63, without it 0.47
//! and 0.48.

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

/// A person as last read from the database.
#[derive(Clone)]
struct Known {
    person: Arc<Person>,
    at: Instant,
    /// The changes made before that read.
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
    /// Returns the person of a session: from memory if read less than [`KNOWN_FOR`] ago, else by `look`.
    pub fn find(
        &self,
        token: &TokenHash,
        look: impl FnOnce() -> Result<Option<Person>>,
    ) -> Result<Option<Arc<Person>>> {
        // Counted before the look, so that a change during it makes its result stale.
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

    /// Makes all entries stale, after a change that may concern any person.
    pub fn forget(&self) {
        self.n_changes.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::listing::AccountId;
    use crate::rules::time::Time;
    use crate::store::accounts::AccountState;
    use anyhow::bail;

    const TOKEN: TokenHash = [7; 32];

    fn bob() -> Result<Option<Person>> {
        let (email, name) = ("bob@example.org".to_owned(), "Bob".to_owned());
        Ok(Some(Person {
            id: AccountId(2),
            email: Some(email),
            name,
            is_admin: false,
            state: AccountState::Active,
            logged_in_at: Time(0),
            seen_at: None,
            is_verified: true,
            terms_version: None,
            by_pin: false,
            by_token: None,
        }))
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
