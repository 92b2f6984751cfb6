//! The gate checks itself: a thread that has ended or hangs is a fault, which is reported once, so that the process
//! ends and is started again. A server that no longer hears anybody would help nobody.
//!
//! Time is counted in the check's own wake-ups, never by a clock: after a process was stopped, or the machine slept,
//! the check wakes up once, however long that took, and nothing has failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::outlet::Mailbox;

const CHECK_EVERY: Duration = Duration::from_millis(250);
/// Checks in a row that see no turn of a thread. Both threads turn several times in that time, if only to look at the
/// clock.
const MAX_STILL: u32 = 20;

/// Reports the first fault, and no other.
#[derive(Clone)]
pub(super) struct Alarm {
    fault: Arc<dyn Fn(&str) + Send + Sync>,
    raised: Arc<AtomicBool>,
}

/// Raises the alarm if its thread ends by a panic.
pub(super) struct Guard {
    alarm: Alarm,
    thread: &'static str,
    in_order: bool,
}

pub(super) struct SelfCheck {
    stop: Sender<()>,
}

impl Alarm {
    pub fn new(fault: impl Fn(&str) + Send + Sync + 'static) -> Alarm {
        Alarm { fault: Arc::new(fault), raised: Arc::default() }
    }

    pub fn raise(&self, what: &str) {
        if !self.raised.swap(true, Ordering::Relaxed) {
            tracing::error!("the gate has failed: {what}");
            (self.fault)(what);
        }
    }

    pub fn guard(&self, thread: &'static str) -> Guard {
        Guard { alarm: self.clone(), thread, in_order: false }
    }
}

impl Guard {
    pub fn in_order(mut self) {
        self.in_order = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.in_order {
            self.alarm.raise(&format!("the {} thread panicked", self.thread));
        }
    }
}

/// A thread, and the number of checks in a row that have seen no turn of it.
struct Watched {
    name: &'static str,
    n_turns: u64,
    n_still: u32,
}

impl Watched {
    fn new(name: &'static str) -> Watched {
        Watched { name, n_turns: u64::MAX, n_still: 0 }
    }

    /// Checks once more; returns whether the thread hangs.
    fn stands_still(&mut self, n_turns: u64) -> bool {
        self.n_still = if n_turns == self.n_turns { self.n_still + 1 } else { 0 };
        self.n_turns = n_turns;
        self.n_still >= MAX_STILL
    }
}

impl SelfCheck {
    pub fn start(alarm: Alarm, front: Arc<AtomicU64>, outlet: Arc<Mailbox>) -> Result<SelfCheck> {
        let (stop, stopped) = mpsc::channel();
        let watch = move || {
            let mut watched = [Watched::new("gate"), Watched::new("outlet")];
            while stopped.recv_timeout(CHECK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let n_turns = [front.load(Ordering::Relaxed), outlet.n_turns.load(Ordering::Relaxed)];
                for (thread, n_turns) in watched.iter_mut().zip(n_turns) {
                    if thread.stands_still(n_turns) {
                        let seconds = (CHECK_EVERY * MAX_STILL).as_secs();
                        alarm.raise(&format!("the {} thread has stood still for {seconds} s", thread.name));
                    }
                }
            }
        };
        thread::Builder::new()
            .name("gate-check".into())
            .spawn(watch)
            .context("start the gate's self-check")?;
        Ok(SelfCheck { stop })
    }

    pub fn stop(&self) {
        // The check has ended already if it raised the alarm.
        let _ = self.stop.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_STILL, Watched};

    /// Remembered: a server that was stopped for 6.5 s, as a machine is for a snapshot, ended itself when it went on.
    #[test]
    fn a_thread_stands_still_by_checks_in_a_row_only() {
        let mut gate = Watched::new("gate");
        for n in 0..1_000 {
            // A check that comes before the thread's next turn, such as the first one after a pause.
            assert!(!gate.stands_still(n) && !gate.stands_still(n));
        }
        assert!((1..MAX_STILL - 1).all(|_| !gate.stands_still(999)));
        assert!(gate.stands_still(999));
    }
}
