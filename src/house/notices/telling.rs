//! Telling many people of one thing: a chunk in a transaction, with a rest between two, so that bids come in between and
//! none waits for thousands of notices. How far it has come is written with each chunk: whoever goes on after a crash
//! begins there.

use crate::rules::listing::AccountId;
use std::time::Duration;

/// The most people told in one transaction.
pub const MAX_PEOPLE: usize = 200;
/// After a chunk, the writer is left to others for so many times as long as the chunk took, queue and disk included, but
/// no longer than [`MAX_REST`].
const REST_TIMES: u32 = 9;
/// The longest rest between two chunks.
const MAX_REST: Duration = Duration::from_millis(250);

/// Lets others write for a while, and returns whether to go on.
pub type Rest<'a> = &'a dyn Fn(Duration) -> bool;

/// Goes on at once: for a command, and for tests.
pub fn no_rest(_: Duration) -> bool {
    true
}

/// How long to rest after a chunk that took so long.
pub(super) fn rest_after(took: Duration) -> Duration {
    took.saturating_mul(REST_TIMES).min(MAX_REST)
}

/// The first people of `left`, as many as fit into `room`; the rest; and the account up to which all have been told
/// then, which is none at the end.
pub(super) fn chunk(left: &[AccountId], room: usize) -> (&[AccountId], &[AccountId], Option<AccountId>) {
    let (now, later) = left.split_at(room.min(left.len()));
    let through = if later.is_empty() { None } else { now.last().copied() };
    (now, later, through)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_takes_what_fits_and_says_how_far_it_came() {
        let people = [1, 2, 3].map(AccountId);
        for (room, n, through) in [(2, 2, Some(AccountId(2))), (3, 3, None), (9, 3, None)] {
            let (now, later, reached) = chunk(&people, room);
            assert_eq!((now.len(), later.len(), reached), (n, 3 - n, through), "{room}");
        }
        assert_eq!(chunk(&[], 5), (&[][..], &[][..], None));
    }

    #[test]
    fn the_writer_is_left_to_others_for_most_of_the_time() {
        assert_eq!(rest_after(Duration::from_millis(2)), Duration::from_millis(18));
        assert_eq!(rest_after(Duration::from_secs(5)), MAX_REST);
    }
}
