//! The gate's watch over itself: a thread that ended or no longer turns is a fault, said once, loudly, so that
//! the process ends and is started again; a server that is merely deaf would help nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::outlet::Mailbox;

/// Both threads turn many times in this while, if only to look at the time.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// Says the first fault, and no other.
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

impl SelfCheck {
    pub fn start(alarm: Alarm, front: Arc<AtomicU64>, outlet: Arc<Mailbox>) -> Result<SelfCheck> {
        let (stop, stopped) = mpsc::channel();
        let watch = move || {
            let mut before = [u64::MAX; 2];
            while stopped.recv_timeout(CHECK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let turns = [front.load(Ordering::Relaxed), outlet.turns.load(Ordering::Relaxed)];
                for (name, (turns, before)) in ["gate", "outlet"].iter().zip(turns.iter().zip(before)) {
                    if *turns == before {
                        alarm.raise(&format!(
                            "the {name} thread has stood still for {} s",
                            CHECK_EVERY.as_secs()
                        ));
                    }
                }
                before = turns;
            }
        };
        thread::Builder::new()
            .name("gate-check".into())
            .spawn(watch)
            .context("start the gate's self-check")?;
        Ok(SelfCheck { stop })
    }

    pub fn stop(&self) {
        // It may have ended with the alarm.
        let _ = self.stop.send(());
    }
}
