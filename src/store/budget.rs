//! What one request may spend on reading. A query beyond it is interrupted, so that nobody's request occupies a
//! thread for long. A thread has a budget inside [`within`], and spends it only in
//! [`Store::read`](super::Store::read). The writer, the background tasks and the commands have none, and are never
//! interrupted.

use super::clock::work_of_thread;
use rusqlite::ErrorCode;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Steps of SQLite's machine between two checks of the budget: some 20 µs of work, of which a check is a hundredth.
pub(super) const STEPS: i32 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// CPU time. On a busy machine the same query takes longer, but no more of this.
    pub work: Duration,
    /// Time in all: waiting for a disk costs no CPU time.
    pub time: Duration,
}

/// The rest of a budget, and the thread's clocks when the present read began.
#[derive(Clone, Copy)]
struct Left {
    budget: Budget,
    reads: bool,
    work_at: Duration,
    time_at: Instant,
}

thread_local! {
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

/// Runs `f`, all of whose reads together have this budget.
pub fn within<T>(budget: Budget, f: impl FnOnce() -> T) -> T {
    /// Ends the budget even if `f` panics: the thread's next request has its own.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }
    let _end = End;
    LEFT.set(Some(Left { budget, reads: false, work_at: Duration::ZERO, time_at: Instant::now() }));
    f()
}

/// Begins a read.
pub(super) fn begin() {
    if let Some(left) = LEFT.get() {
        LEFT.set(Some(Left { reads: true, work_at: work_of_thread(), time_at: Instant::now(), ..left }));
    }
}

/// Ends a read, and charges what it took.
pub(super) fn end() {
    if let Some(left) = LEFT.get() {
        let (work, time) = left.spent();
        let budget = Budget {
            work: left.budget.work.saturating_sub(work),
            time: left.budget.time.saturating_sub(time),
        };
        LEFT.set(Some(Left { budget, reads: false, ..left }));
    }
}

/// Whether the present read is to be interrupted.
pub(super) fn is_spent() -> bool {
    LEFT.get().filter(|left| left.reads).is_some_and(|left| {
        let (work, time) = left.spent();
        work > left.budget.work || time > left.budget.time
    })
}

impl Left {
    fn spent(&self) -> (Duration, Duration) {
        (work_of_thread().saturating_sub(self.work_at), self.time_at.elapsed())
    }
}

/// Whether this failed because the request's budget was spent; then nothing is broken.
pub fn is_over(error: &anyhow::Error) -> bool {
    let is_interrupted = |cause: &(dyn std::error::Error + 'static)| {
        let sqlite = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        sqlite == Some(ErrorCode::OperationInterrupted)
    };
    error.chain().any(is_interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::clock::Clock;
    use crate::store::{Patience, Snapshot, Store};
    use anyhow::Result;

    const LITTLE: Budget = Budget { work: Duration::from_millis(20), time: Duration::from_secs(3_600) };

    fn count_to(n: i64) -> impl Fn(&Snapshot<'_>) -> Result<i64> {
        move |snapshot| {
            let counted = "with recursive c(n) as (select 1 union all select n + 1 from c where n < ?1) select max(n) from c";
            Ok(snapshot.conn.query_row(counted, [n], |row| row.get(0))?)
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("auction.db"), true, Clock::default()).unwrap();
        (dir, store)
    }

    #[test]
    fn a_read_beyond_its_budget_is_interrupted_and_the_next_request_reads_again() {
        let (_dir, store) = store();
        let error = within(LITTLE, || store.read(count_to(i64::MAX))).unwrap_err();
        assert!(is_over(&error), "{error:#}");
        assert_eq!(within(LITTLE, || store.read(count_to(10))).unwrap(), 10);
        let slow = Budget { time: Duration::from_millis(20), work: Duration::from_secs(3_600) };
        assert!(is_over(&within(slow, || store.read(count_to(i64::MAX))).unwrap_err()));
    }

    #[test]
    fn all_reads_of_a_request_share_its_budget() {
        let (_dir, store) = store();
        let error = within(LITTLE, || {
            loop {
                if let Err(error) = store.read(count_to(2_000)) {
                    return error;
                }
            }
        });
        assert!(is_over(&error), "{error:#}");
    }

    #[test]
    fn without_a_budget_nothing_is_interrupted() {
        let (_dir, store) = store();
        let before = within(Budget { work: Duration::ZERO, time: Duration::ZERO }, || {
            let writer = store.conn(Patience::Server).unwrap();
            writer.read(count_to(100_000)).unwrap()
        });
        assert_eq!(before, 100_000, "a connection of its own, as the writer's");
        assert_eq!(store.read(count_to(1_000_000)).unwrap(), 1_000_000);
    }

    /// Remembers a text by which guests once stopped a server: each word was compared with a long run of its own
    /// beginnings. No check of the budget interrupts one comparison, so each must be short.
    #[test]
    fn the_worst_word_in_the_longest_text_is_compared_quickly() {
        let (_dir, store) = store();
        let (text, pattern) = (format!("{}b", "ä".repeat(9_999)), format!("%{}b%", "ä".repeat(118)));
        let before = work_of_thread();
        let found: bool = store
            .read(|snapshot| {
                anyhow::Ok(snapshot.conn.query_row(
                    "select ?1 like ?2 escape '\\'",
                    [&text, &pattern],
                    |row| row.get(0),
                )?)
            })
            .unwrap();
        assert!(found && work_of_thread() - before < Duration::from_millis(500));
    }
}
