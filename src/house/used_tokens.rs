//! When tokens for programs were last used, kept in memory until a background task writes it down: so no request waits
//! for that, and a busy program costs one write in [`OFTEN_S`].

use crate::rules::time::Time;
use crate::store::sessions::ByToken;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How exactly the last use of a token is stored, in seconds.
const OFTEN_S: i64 = 600;
/// The most tokens that are remembered between two writes; the use of more is noted later.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Clone, Default)]
pub(in crate::house) struct UsedTokens(Arc<Mutex<BTreeMap<i64, Time>>>);

impl UsedTokens {
    /// Notes that a token is used at `now`, unless that is already known to [`OFTEN_S`].
    pub fn note(&self, token: &ByToken, now: Time) {
        if token.used_at.is_some_and(|used| now < used.plus_s(OFTEN_S)) {
            return;
        }
        let mut used = self.0.lock().expect("nobody panics with it");
        if used.len() < MAX_REMEMBERED {
            used.entry(token.id).or_insert(now);
        }
    }

    /// Takes what was noted: the id of each token, and when it was used.
    pub fn take(&self) -> BTreeMap<i64, Time> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics with it"))
    }
}
