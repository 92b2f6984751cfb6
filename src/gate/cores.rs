//! Tells the system how the server's threads share the cores.

/// From now on the calling thread, and every thread that it starts, waits for its turn when it is woken, and does not
/// take the core from the thread that woke it (Linux, `SCHED_BATCH`; it needs no privilege, and the thread's share of
/// the time stays the same). The gate's thread hands a request on every few microseconds: interrupted each time, it
/// passed on a third fewer.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = uapi::sched_setscheduler(0, uapi::c::SCHED_BATCH, &uapi::pod_zeroed()) {
        tracing::debug!(%error, "threads share the cores as the system decides");
    }
}

/// The niceness that [`stand_back`] adds; see nice(2).
#[cfg(target_os = "linux")]
const STANDING_BACK: i32 = 5;

/// From now on the calling thread works mostly while others are idle (Linux, where each thread has a niceness of its
/// own).
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STANDING_BACK) {
        tracing::debug!(%error, "threads share the cores as the system decides");
    }
}
