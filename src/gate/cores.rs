//! How the server's threads share the cores.

/// From now on the calling thread, and every thread that it starts, waits for its turn when something comes for it, and does not
/// take the core from the thread that has just handed it over (Linux, `SCHED_BATCH`; no privilege is needed, and its share of the
/// time stays the same). The gate's thread hands a request on every few microseconds: interrupted each time, it passed on a
/// third fewer.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = uapi::sched_setscheduler(0, uapi::c::SCHED_BATCH, &uapi::pod_zeroed()) {
        tracing::debug!(%error, "threads take turns as the system has it");
    }
}

/// How much less of a busy core the calling thread takes from now on than others do; see nice(2).
#[cfg(target_os = "linux")]
const STANDING_BACK: i32 = 5;

/// From now on the calling thread works mostly while nobody else has work (Linux, where each thread has a niceness of its own).
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STANDING_BACK) {
        tracing::debug!(%error, "threads take turns as the system has it");
    }
}
