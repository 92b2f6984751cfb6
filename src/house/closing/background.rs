//! The background tasks of a running server: settling at the instant, keeping the scheduler's entries up to date, the
//! heartbeat, telling people of what ends or opens, and forgetting what is too old. No deadline depends on them: cron
//! settles without any of it.

use crate::house::House;
use crate::house::notices::ending::Lookout;
use crate::house::notices::outbox;
use crate::rules::time::Time;
use crate::scheduler::Scheduler;
use crate::store::Conn;
use crate::store::disk::is_disk_unwritable;
use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The timer never sleeps longer than this, so that it notices a new or moved close.
const LOOK_AGAIN_MS: i64 = 500;
/// How often entries are compared with the scheduler's at least: closes may have moved.
const SYNC_EVERY: Duration = Duration::from_secs(60);
/// The time before a refused entry is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(8);
/// How often a scheduler that does not run the sweep is made to read the entries again.
const NUDGE_EVERY: Duration = Duration::from_secs(120);
/// NTP corrects a clock by less than this at a time.
const JUMP_MS: i64 = 5_000;
/// How often the tasks check for work, which includes entries that were refused to a command.
const LOOK_AROUND: Duration = RETRY_AFTER;
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How often it is looked whom to tell that something ends or opens.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often a task that rests looks whether it should end.
const NAP: Duration = Duration::from_millis(50);
/// The number of events kept for clients that come back; one that is further behind gets `reset`.
const KEPT_EVENTS: i64 = 200_000;
/// The most events forgotten in one transaction.
const PRUNED_AT_ONCE: i64 = 2_000;
/// The most listings forgotten in one transaction of which people were told that they close soon.
const ENDINGS_AT_ONCE: i64 = 500;
/// Answers under an Idempotency-Key are kept for a day.
const KEPT_ANSWERS_S: i64 = 24 * 3_600;

/// How often the write-ahead log is checkpointed while it holds anything. That leaves little for the writer, which does
/// so itself at [`crate::store::connection::CHECKPOINT_PAGES`].
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// The running background tasks. [`Background::stop`] ends them.
pub struct Background {
    wake: Sender<()>,
    ended: Arc<AtomicBool>,
}

impl Background {
    /// Starts the tasks, and returns their threads, too.
    pub fn start(house: &House) -> Result<(Background, [JoinHandle<()>; 5])> {
        let (wake, woken) = bounded(1);
        let ended = Arc::new(AtomicBool::new(false));
        let (timer, chores, log, teller) = (house.clone(), house.clone(), house.conn()?, house.clone());
        let (timer_ended, chores_ended, log_ended) = (ended.clone(), ended.clone(), ended.clone());
        let (teller_ended, pictures, pictures_ended) = (ended.clone(), house.clone(), ended.clone());
        let want_sync = wake.clone();
        let threads = [
            std::thread::Builder::new()
                .name("timer".into())
                .spawn(move || keep_time(&timer, &want_sync, &timer_ended))?,
            std::thread::Builder::new()
                .name("chores".into())
                .spawn(move || do_chores(&chores, &woken, &chores_ended))?,
            std::thread::Builder::new()
                .name("checkpoint".into())
                .spawn(move || keep_log_short(&log, &log_ended))?,
            std::thread::Builder::new()
                .name("teller".into())
                .spawn(move || keep_telling(&teller, &teller_ended))?,
            std::thread::Builder::new()
                .name("pictures".into())
                .spawn(move || keep_pictures(&pictures, &pictures_ended))?,
        ];
        Ok((Background { wake, ended }, threads))
    }

    /// Returns a handle that announces a new listing, whose entry is needed soon.
    pub fn waker(&self) -> Sender<()> {
        self.wake.clone()
    }

    /// Lets the running tasks finish, and begins no more.
    pub fn stop(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.wake.try_send(()).ok();
    }
}

/// Does a server's first write at once. If the disk takes nothing, returns `None` and a thread that tries until it
/// succeeds or `ended` is set.
pub fn write_soon<T: Send + 'static>(
    house: &House,
    ended: &Arc<AtomicBool>,
    write: impl Fn(&House) -> Result<T> + Send + 'static,
) -> Result<(Option<T>, Option<JoinHandle<()>>)> {
    match write(house) {
        Err(error) if is_disk_unwritable(&error) => {}
        written => return written.map(|written| (Some(written), None)),
    }
    let (house, ended) = (house.clone(), ended.clone());
    let thread = std::thread::Builder::new().name("write-soon".into()).spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(LOOK_AGAIN_MS as u64));
            match write(&house) {
                Err(error) if is_disk_unwritable(&error) => {}
                written => return log_failure("write what a server writes first", written.map(drop)),
            }
        }
    })?;
    Ok((None, Some(thread)))
}

fn keep_time(house: &House, want_sync: &Sender<()>, ended: &AtomicBool) {
    let (mut beaten_at, mut trouble) = (None, None::<String>);
    while !ended.load(Ordering::Relaxed) {
        let beaten = match house.is_beat_due(beaten_at) {
            true => beat(house, &mut beaten_at, want_sync).context("beat"),
            false => Ok(()),
        };
        let settled = settle_what_is_due(house).context("settle what is due");
        let nap_ms = *settled.as_ref().unwrap_or(&LOOK_AGAIN_MS);
        // It is tried twice a second, but logged once.
        let words = beaten.err().or(settled.err()).map(|error| format!("{error:#}"));
        if words != trouble {
            match &words {
                Some(words) => tracing::error!("{words}"),
                None => tracing::info!("settling and the heartbeat work again"),
            }
            trouble = words;
        }
        std::thread::sleep(Duration::from_millis(u64::try_from(nap_ms).unwrap_or(0)));
    }
}

/// Settles what is due, and returns how long to sleep, in ms: until the next close, at most [`LOOK_AGAIN_MS`].
fn settle_what_is_due(house: &House) -> Result<i64> {
    let swept = house.settle_overdue()?;
    for settlement in swept.settlements {
        tracing::info!(
            listing = settlement.listing.0,
            outcome = settlement.outcome.name(),
            late_ms = settlement.settled_at.ms_since(settlement.closes_at),
            "settled"
        );
    }
    swept.fault.map_or(Ok(()), Err)?;
    let next = house.read(|snapshot| snapshot.next_close())?;
    let ahead_ms = next.map_or(LOOK_AGAIN_MS, |next| next.ms_since(house.now()));
    Ok(ahead_ms.clamp(1, LOOK_AGAIN_MS))
}

fn keep_log_short(conn: &Conn, ended: &AtomicBool) {
    let mut seen = None;
    while !ended.load(Ordering::Relaxed) {
        std::thread::sleep(CHECKPOINT_EVERY);
        let done = conn.data_version().and_then(|version| {
            if seen == Some(version) {
                return Ok(());
            }
            seen = Some(version);
            conn.checkpoint()
        });
        log_failure("checkpoint", done);
    }
}

/// Tells people of what closes soon, opens, or has given them a bill.
fn keep_telling(house: &House, ended: &AtomicBool) {
    let mut lookout = Lookout::default();
    let mut trouble = None::<String>;
    let rest = |rest: Duration| nap(rest, ended);
    while rest(TELL_EVERY) {
        let told = house
            .tell_ending(&mut lookout, &rest)
            .context("tell what closes soon")
            .and_then(|_| house.tell_of_sales(&rest).context("tell of sales"));
        let words = told.err().map(|error| format!("{error:#}"));
        // It is tried every second, but logged once.
        if let Some(words) = words.as_ref().filter(|words| trouble.as_ref() != Some(words)) {
            tracing::error!("{words}");
        }
        trouble = words;
    }
}

/// Makes the sizes that stored pictures lack, which may take hours in a house of an earlier release; then forgets pictures
/// that no listing took.
fn keep_pictures(house: &House, ended: &AtomicBool) {
    let rest = |rest: Duration| nap(rest, ended);
    log_failure("make the middle sizes of pictures", house.make_middle_pictures(&rest).map(drop));
    while rest(PRUNE_EVERY) {
        log_failure("forget pictures", house.forget_unused_pictures().map(drop));
    }
}

/// Sleeps so long, and returns true; or false as soon as the tasks end.
fn nap(rest: Duration, ended: &AtomicBool) -> bool {
    let until = Instant::now() + rest;
    while !ended.load(Ordering::Relaxed) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(NAP));
    }
    false
}

fn do_chores(house: &House, woken: &Receiver<()>, ended: &AtomicBool) {
    let mut sync_at = Instant::now();
    let mut prune_at = Instant::now() + PRUNE_EVERY;
    let mut trouble: Option<String> = None;
    let mut nudge_at = Instant::now();
    let mut clocks = (house.now(), Instant::now());
    // The first sum reads all transfers: boards find it made.
    log_failure("sum up what was raised", house.raised().map(drop));
    log_failure("look for the scheduler", warn_of_scheduler(house));
    // The previous server's trouble does not concern this one.
    log_failure("note", house.note_trouble(""));
    while !ended.load(Ordering::Relaxed) {
        if has_jumped(&mut clocks, house.now()) {
            tracing::warn!("the clock was set, or the machine was asleep: the entries are checked again");
            log_failure("send the canary", house.send_canary());
            sync_at = Instant::now();
        }
        if Instant::now() >= sync_at || house.has_unarmed().unwrap_or(false) {
            let synced = house.sync_entries(false).map_err(|error| format!("{error:#}"));
            sync_at = Instant::now() + if synced.is_ok() { SYNC_EVERY } else { RETRY_AFTER };
            if say_trouble(&mut trouble, synced.err()) {
                log_failure("note", house.note_trouble(trouble.as_deref().unwrap_or_default()));
            }
        }
        if Instant::now() >= nudge_at {
            match house.nudge_scheduler() {
                Ok(false) => {}
                Ok(true) => nudge_at = Instant::now() + NUDGE_EVERY,
                Err(error) => tracing::debug!(error = format!("{error:#}"), "nudge the scheduler"),
            }
        }
        log_failure("empty the write-ahead log", house.erase_log());
        log_failure("note the uses of sessions", house.keep_seen_sessions().map_err(anyhow::Error::from));
        log_failure("note the uses of tokens", house.keep_uses_of_tokens().map_err(anyhow::Error::from));
        if Instant::now() >= prune_at {
            log_failure("prune", prune(house));
            prune_at = Instant::now() + PRUNE_EVERY;
        }
        let nap = LOOK_AROUND.min(sync_at.saturating_duration_since(Instant::now()));
        match woken.recv_timeout(nap) {
            Ok(()) => sync_at = Instant::now(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// At the start, warns of a scheduler that does not run or may not be used, with what to do. A demo needs none that runs.
fn warn_of_scheduler(house: &House) -> Result<()> {
    let scheduler = house.scheduler()?;
    let is_needed = !house.settings()?.is_demo() || scheduler.seems_to_run();
    if matches!(scheduler, Scheduler::None) || !is_needed {
        return Ok(());
    }
    for finding in house.look_for_daemon()?.iter().filter(|finding| !finding.ok) {
        tracing::warn!(
            target: "scheduler",
            "{}; until that is fixed, deadlines are kept while this server runs. What to do: {}",
            finding.words,
            finding.what_to_do
        );
    }
    Ok(())
}

/// Logs once that the scheduler refuses, and once that it takes entries again. Returns whether that changed.
fn say_trouble(before: &mut Option<String>, now: Option<String>) -> bool {
    match (&before, &now) {
        (None, None) => return false,
        (_, Some(words)) if before.as_ref() != Some(words) => {
            tracing::warn!(
                target: "scheduler",
                "the entries are not taken yet; it is tried again, and this server keeps the deadlines while it runs: {words}"
            );
        }
        (Some(_), None) => tracing::info!("the scheduler takes the entries again"),
        _ => return false,
    }
    *before = now;
    true
}

/// Whether the wall clock and the monotonic clock have diverged since the last comparison: then the scheduler's earlier
/// runs prove nothing.
fn has_jumped(clocks: &mut (Time, Instant), now: Time) -> bool {
    let (wall, watch) = std::mem::replace(clocks, (now, Instant::now()));
    let passed_ms = i64::try_from(clocks.1.duration_since(watch).as_millis()).unwrap_or(i64::MAX);
    (now.ms_since(wall) - passed_ms).abs() > JUMP_MS
}

/// Beats. A server that was suspended for a while notices it here, before it settles anything.
fn beat(house: &House, beaten_at: &mut Option<Time>, want_sync: &Sender<()>) -> Result<()> {
    let now = house.now();
    let prolonged = house.beat()?;
    *beaten_at = Some(now);
    if !prolonged.is_empty() {
        want_sync.try_send(()).ok();
    }
    Ok(())
}

/// Forgets ended sessions, old answers and deliveries, and the oldest events, a little at a time.
fn prune(house: &House) -> Result<()> {
    loop {
        let n_left = house.write(|tx| {
            tx.prune_sessions()?;
            tx.prune_answers(tx.now.plus_s(-KEPT_ANSWERS_S))?;
            tx.prune_desk_answers(tx.now.plus_s(-KEPT_ANSWERS_S))?;
            outbox::prune(tx)?;
            tx.prune_endings(ENDINGS_AT_ONCE)?;
            let first = tx.first_event()?.unwrap_or(0);
            let keep_from = tx.last_event()?.id - KEPT_EVENTS;
            let through = keep_from.min(first + PRUNED_AT_ONCE);
            if through >= first {
                tx.prune_events(through)?;
            }
            Ok(keep_from - through)
        })?;
        if n_left <= 0 {
            return Ok(());
        }
    }
}

fn log_failure(what: &'static str, result: Result<()>) {
    if let Err(error) = result {
        tracing::error!(error = format!("{error:#}"), what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_and_a_machine_that_slept_are_noticed() {
        let start = Time(1_000_000_000_000);
        for (moved_ms, jumped) in
            [(0, false), (3_000, false), (-3_000, false), (60_000, true), (-3_600_000, true)]
        {
            let mut clocks = (start, Instant::now());
            assert_eq!(has_jumped(&mut clocks, start.plus_ms(moved_ms)), jumped, "{moved_ms}");
            assert!(!has_jumped(&mut clocks, start.plus_ms(moved_ms)), "once");
        }
    }

    #[test]
    fn trouble_is_said_when_it_changes() {
        let mut before = None;
        let words = |text: &str| Some(text.to_owned());
        for (now, changed) in [
            (None, false),
            (words("a"), true),
            (words("a"), false),
            (words("b"), true),
            (None, true),
            (None, false),
        ] {
            assert_eq!(say_trouble(&mut before, now.clone()), changed, "{now:?}");
            assert_eq!(before, now);
        }
    }
}
