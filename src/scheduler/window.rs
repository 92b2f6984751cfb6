//! Chooses the wanted entries that the scheduler is given if it cannot hold all: the nearest ones, and a fair share for
//! every seller. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::entry::Entry;
use super::minute;

/// Returns the entries to hold, nearest first, at most `window` of them ([`share`]), and how many are left out. One
/// whose time has come is kept while it may still be starting, if `held` says that it is installed; it is never
/// installed anew.
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
    (share(entries, window, |entry| entry.turn), beyond)
}

/// Returns as many as there is room for, in the same order, which is nearest first. Half of the room goes to the
/// nearest; the sellers take turns at the other half, so that nobody who lists many things takes all of it.
pub(super) fn share<T>(mut nearest: Vec<T>, room: usize, turn: impl Fn(&T) -> i64) -> Vec<T> {
    let n_nearest = room.div_ceil(2);
    if nearest.len() <= room {
        return nearest;
    }
    let mut others: Vec<usize> = (n_nearest..nearest.len()).collect();
    others.sort_by_key(|at| turn(&nearest[*at]));
    others.truncate(room - n_nearest);
    let others: BTreeSet<usize> = others.into_iter().collect();
    let mut at = 0..;
    nearest.retain(|_| at.next().is_some_and(|at| at < n_nearest || others.contains(&at)));
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(listing: i64, fires_at: &str) -> Entry {
        let fires_at = format!("2026-11-22T{fires_at}Z").parse().unwrap();
        Entry { listing, closes_at: fires_at, fires_at, turn: 1 }
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

    /// One account had taken all entries, and another seller's listing stayed pending.
    #[test]
    fn a_seller_of_many_things_leaves_room_for_the_others() {
        // Ann's ten come first; Bob's two are the farthest off, and Cleo's one before them.
        let ann = (1..=10).map(|n| (n, n));
        let wanted: Vec<Entry> = ann
            .chain([(21, 1), (31, 1), (32, 2)])
            .zip(0..)
            .map(|((listing, turn), minute)| Entry { turn, ..entry(listing, &format!("19:{minute:02}:00")) })
            .collect();
        let now = "2026-11-22T18:00:00Z".parse().unwrap();
        for (window, expected) in [
            (13, vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 21, 31, 32]),
            (8, vec![1, 2, 3, 4, 5, 21, 31, 32]),
            (6, vec![1, 2, 3, 21, 31, 32]),
            (4, vec![1, 2, 21, 31]),
            (1, vec![1]),
            (0, vec![]),
        ] {
            let (entries, beyond) = nearest(&wanted, now, window, |_| false);
            let listings: Vec<i64> = entries.iter().map(|entry| entry.listing).collect();
            assert_eq!((listings, beyond), (expected, 13 - window.min(13)), "{window}");
        }
    }
}
