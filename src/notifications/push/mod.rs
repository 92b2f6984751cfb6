//! Web push: notices for the browsers that people have asked to be notified in. Several are sent at once, and a push
//! service that does not answer holds up none but its own.

mod guarded;
mod origins;
mod payload;
mod send;
mod vapid;

use crate::house::House;
use crate::house::notices::outbox::{Round, Trouble};
use crate::house::notices::push::Pushed;
use crate::store::push::Push;
use anyhow::Result;
pub use send::Pusher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Instant;
use vapid::Vapid;

/// How many requests are under way at a time.
const N_SENDERS: usize = 8;

/// Gathers and sends what is due until nothing is, or until `until`.
pub(super) fn round(
    house: &House,
    round: &Round,
    pusher: &Pusher,
    until: Instant,
    ended: &AtomicBool,
) -> Result<()> {
    let mut vapid = None;
    while Instant::now() < until && !ended.load(Ordering::Relaxed) {
        let has_more = house.gather_pushes(round, payload::compose)?;
        let due = house.pushes_due(round)?;
        if due.is_empty() {
            if has_more {
                continue;
            }
            return Ok(());
        }
        // The settings are read again for each batch: a change of push_private applies at once.
        let vapid = &*vapid.insert(pusher.prepare(house)?);
        let is_over = || Instant::now() >= until || ended.load(Ordering::Relaxed);
        let tried = send_all(house, pusher, vapid, due, is_over);
        tried.iter().for_each(|(push, pushed)| log(push, pushed));
        house.record_pushes(round, tried)?;
    }
    Ok(())
}

/// Sends a batch, several at once, and returns how each has ended. What has not begun once `is_over` is left for another
/// round.
fn send_all(
    house: &House,
    pusher: &Pusher,
    vapid: &Vapid,
    due: Vec<Push>,
    is_over: impl Fn() -> bool + Sync,
) -> Vec<(Push, Pushed)> {
    let n_senders = N_SENDERS.min(due.len());
    let (give, take) = crossbeam_channel::bounded(due.len());
    due.into_iter().for_each(|push| give.send(push).expect("there is room for all"));
    drop(give);
    let (done, all_done) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..n_senders {
            let (take, done, is_over) = (take.clone(), done.clone(), &is_over);
            scope.spawn(move || {
                for push in take.iter().take_while(|_| !is_over()) {
                    let pushed = pusher.push(&push, vapid, house.now());
                    done.send((push, pushed)).ok();
                }
            });
        }
    });
    drop(done);
    all_done.into_iter().collect()
}

fn log(push: &Push, pushed: &Pushed) {
    let (way, delivery, n_notices) = ("push", push.id, push.n_notices);
    match pushed {
        Pushed::Accepted => tracing::info!(way, delivery, n_notices, "delivered"),
        Pushed::Gone => tracing::info!(way, delivery, "the browser is gone: it is notified no more"),
        Pushed::Late => tracing::info!(way, delivery, "dropped: it came too late"),
        Pushed::PutOff { .. } => {}
        Pushed::Failed(Trouble::Refused(words)) => tracing::error!(way, delivery, "given up: {words}"),
        Pushed::Failed(trouble) => {
            tracing::warn!(way, delivery, "not delivered, trying again: {}", trouble.words())
        }
    }
}
