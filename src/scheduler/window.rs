//! Which of the wanted entries the scheduler is given: the nearest ones, as many as it can hold. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Entry, minute};

/// The entries to hold, nearest first, at most `window` of them, and how many are left out. One whose time has come is
/// kept while it may still be starting (`held` says that it stands), and never brought in anew.
pub(super) fn nearest(
    wanted: &[Entry],
    now: DateTime<Utc>,
    window: usize,
    held: impl Fn(&Entry) -> bool,
) -> (Vec<Entry>, usize) {
    let coming =
        |entry: &&Entry| entry.fires_at > now || (entry.fires_at + minute::MINUTE > now && held(entry));
    let mut once = BTreeSet::new();
    let mut entries: Vec<Entry> = wanted.iter().filter(coming).copied().collect();
    entries.sort_by_key(|entry| (entry.fires_at, entry.listing));
    entries.retain(|entry| once.insert(entry.listing));
    let beyond = entries.len().saturating_sub(window);
    entries.truncate(window);
    (entries, beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(listing: i64, fires_at: &str) -> Entry {
        let fires_at = format!("2026-11-22T{fires_at}Z").parse().unwrap();
        Entry { listing, closes_at: fires_at, fires_at }
    }

    /// At 18:00:30, of five entries, with room for `window`.
    fn listings(window: usize, held: &[i64]) -> (Vec<i64>, usize) {
        let times = [(5, "19:00:00"), (4, "18:30:00"), (3, "18:30:00"), (2, "18:00:00"), (1, "17:59:00")];
        let wanted = times.map(|(listing, fires_at)| entry(listing, fires_at));
        let now = "2026-11-22T18:00:30Z".parse().unwrap();
        let (entries, beyond) = nearest(&wanted, now, window, |entry| held.contains(&entry.listing));
        (entries.iter().map(|entry| entry.listing).collect(), beyond)
    }

    #[test]
    fn the_nearest_are_taken_and_the_rest_counted() {
        assert_eq!(listings(10, &[]), (vec![3, 4, 5], 0));
        assert_eq!(listings(2, &[]), (vec![3, 4], 1));
        assert_eq!(listings(0, &[]), (vec![], 3));
    }

    #[test]
    fn one_that_is_starting_is_kept_but_not_brought_in_anew() {
        assert_eq!(listings(10, &[2, 1]), (vec![2, 3, 4, 5], 0));
    }

    #[test]
    fn a_listing_has_one_entry_the_nearest() {
        let wanted = [entry(1, "19:00:00"), entry(1, "18:30:00")];
        let now = "2026-11-22T18:00:00Z".parse().unwrap();
        assert_eq!(nearest(&wanted, now, 10, |_| false), (vec![wanted[1]], 0));
    }
}
