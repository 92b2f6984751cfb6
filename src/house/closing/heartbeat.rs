//! The heartbeat of the operating system's scheduler shows whether it really runs this house's entries. Only the
//! sweep's heartbeat is proof; a running daemon or a line in a crontab is not.
//!
//! The canary is the moment from which a server waits for the sweep: at the first start, after an outage, when the
//! machine wakes up. The sweep runs every minute, so within two minutes the scheduler is either proven or silent.

use crate::house::House;
use crate::house::closing::demo::BY_DEMO;
use crate::rules::time::Time;
use crate::scheduler::{Finding, Scheduler};
use crate::store::Tx;
use crate::store::settings::Heartbeat;
use anyhow::Result;

/// A sweep that has not run for this long is overdue: it should run every minute.
const STALE_S: i64 = 150;
/// The time within which the first sweep must run.
const CANARY_S: i64 = 120;
/// A heartbeat further ahead than this was stamped before the clock was put back, and proves nothing.
const AHEAD_S: i64 = 5;

/// The state of the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatState {
    /// There is none, by choice or because none was found.
    Off,
    /// No entries were ever installed in it.
    Never,
    /// It has two minutes to prove itself.
    Waiting { since: Time },
    /// It runs the house's entries.
    Alive { proven_at: Time, last_at: Time },
    /// It does not run them: the sweep is overdue.
    Silent { since: Time, last_at: Option<Time> },
}

/// The times of the heartbeats.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beats {
    pub sweep: Option<Time>,
    pub canary: Option<Time>,
    pub proven: Option<Time>,
}

impl HeartbeatState {
    /// The names of all states.
    pub const NAMES: [&str; 5] = ["off", "never", "waiting", "alive", "silent"];

    /// The state of a house that has a scheduler.
    pub fn of(beats: Beats, now: Time) -> HeartbeatState {
        let known = |at: Option<Time>| at.filter(|at| at.ms_since(now) <= AHEAD_S * 1_000);
        let (sweep, canary) = (known(beats.sweep), known(beats.canary));
        let is_within = |at: Time, limit_s: i64| now.ms_since(at) <= limit_s * 1_000;
        match (sweep, canary) {
            (Some(last_at), _) if is_within(last_at, STALE_S) => {
                HeartbeatState::Alive { proven_at: known(beats.proven).unwrap_or(last_at), last_at }
            }
            (_, Some(since)) if is_within(since, CANARY_S) => HeartbeatState::Waiting { since },
            (None, None) => HeartbeatState::Never,
            (last_at, canary) => {
                HeartbeatState::Silent { since: last_at.max(canary).expect("one of them is known"), last_at }
            }
        }
    }

    /// The state's name, one of [`HeartbeatState::NAMES`].
    pub fn name(&self) -> &'static str {
        match self {
            HeartbeatState::Off => "off",
            HeartbeatState::Never => "never",
            HeartbeatState::Waiting { .. } => "waiting",
            HeartbeatState::Alive { .. } => "alive",
            HeartbeatState::Silent { .. } => "silent",
        }
    }

    /// Describes the state for a person, for the log and for `doctor`.
    pub fn words(&self) -> String {
        match self {
            HeartbeatState::Off => "no OS scheduler keeps the deadlines".into(),
            HeartbeatState::Never => "the scheduler holds nothing of this house yet".into(),
            HeartbeatState::Waiting { since } => {
                format!(
                    "waiting since {since} for the scheduler to run the sweep: within two minutes it is proven"
                )
            }
            HeartbeatState::Alive { proven_at, last_at } => {
                format!("the scheduler is proven since {proven_at}: it last ran the sweep at {last_at}")
            }
            HeartbeatState::Silent { since, last_at: None } => {
                format!("the scheduler has not run the sweep once since {since}: it does not run our entries")
            }
            HeartbeatState::Silent { last_at: Some(at), .. } => format!(
                "the scheduler has not run the sweep for more than {STALE_S} s, last at {at}: it does not run our entries"
            ),
        }
    }
}

impl House {
    /// Returns the state of this house's scheduler.
    pub fn heartbeat(&self) -> Result<HeartbeatState> {
        if let Scheduler::None = self.scheduler()? {
            return Ok(HeartbeatState::Off);
        }
        let beats = self.read(|snapshot| {
            Ok(Beats {
                sweep: snapshot.heartbeat(Heartbeat::Sweep)?,
                canary: snapshot.heartbeat(Heartbeat::Canary)?,
                proven: snapshot.heartbeat(Heartbeat::Proven)?,
            })
        })?;
        Ok(HeartbeatState::of(beats, self.now()))
    }

    /// Records that the scheduler has run the sweep. Uses the clock itself, not the time of the last event: if the
    /// clock was put back, an old beat must not look fresh.
    pub fn beat_sweep(&self) -> Result<()> {
        let at = self.now();
        Ok(self.write(move |tx| {
            tx.beat_at(Heartbeat::Sweep, at)?;
            let (canary, proven) = (tx.heartbeat(Heartbeat::Canary)?, tx.heartbeat(Heartbeat::Proven)?);
            if proven.is_none_or(|proven| Some(proven) < canary || proven > at) {
                tx.beat_at(Heartbeat::Proven, at)?;
            }
            Ok(())
        })?)
    }

    /// Gives the scheduler two minutes from now to run the sweep.
    pub fn send_canary(&self) -> Result<()> {
        let at = self.now();
        Ok(self.write(move |tx| Ok(tx.beat_at(Heartbeat::Canary, at)?))?)
    }

    /// The finding for `doctor`; `None` if the house has no scheduler.
    pub(in crate::house) fn check_heartbeat(&self) -> Result<Option<Finding>> {
        const NAME: &str = "heartbeat";
        let heartbeat = self.heartbeat()?;
        let words = heartbeat.words();
        Ok(match heartbeat {
            HeartbeatState::Off => None,
            HeartbeatState::Alive { .. } => Some(Finding::good(NAME, words)),
            HeartbeatState::Waiting { .. } => {
                Some(Finding::advice(NAME, words, "run this again in two minutes"))
            }
            HeartbeatState::Never | HeartbeatState::Silent { .. } if self.settings()?.is_demo() => {
                Some(Finding::good(NAME, BY_DEMO))
            }
            HeartbeatState::Never => {
                Some(Finding::bad(NAME, words, "start the server, or run `auction scheduler sync`"))
            }
            HeartbeatState::Silent { .. } => Some(Finding::bad(
                NAME,
                words,
                "see that the daemon runs (for cron: `systemctl status cron`) and what it says of our lines (`journalctl -u cron`)",
            )),
        })
    }
}

/// Starts the wait for a starting server, unless a server ran just before with the same scheduler: otherwise earlier
/// sweeps prove nothing.
pub(in crate::house) fn begin_to_wait(
    tx: &Tx<'_>,
    is_new: bool,
    server: Option<Time>,
    now: Time,
) -> Result<()> {
    let is_away = |at: Time| now.ms_since(at).abs() > STALE_S * 1_000;
    if is_new || server.is_none_or(is_away) || tx.heartbeat(Heartbeat::Canary)?.is_none() {
        tx.beat_at(Heartbeat::Canary, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pulse_is_told_by_the_beats_alone() {
        let now = Time(1_000_000_000);
        let ago = |s: i64| Some(now.plus_s(-s));
        // seconds since the sweep, the canary, the proof
        for (sweep, canary, proven, state) in [
            (None, None, None, "never"),
            (None, ago(0), None, "waiting"),
            (None, ago(120), None, "waiting"),
            (None, ago(121), None, "silent"),
            (ago(0), ago(30), ago(0), "alive"),
            (ago(150), ago(9_000), ago(8_000), "alive"),
            (ago(151), ago(9_000), ago(8_000), "silent"),
            (ago(151), None, None, "silent"),
            // After an outage of the server it gets time again.
            (ago(86_400), ago(20), ago(90_000), "waiting"),
            (ago(86_400), ago(121), ago(90_000), "silent"),
            // A clock that was put back by an hour: its earlier stamps prove nothing.
            (ago(-3_600), ago(-7_200), ago(-3_600), "never"),
            (ago(-3_600), ago(10), ago(-3_600), "waiting"),
            (ago(-3_600), ago(121), ago(-3_600), "silent"),
            (ago(-4), ago(100), ago(-4), "alive"),
        ] {
            let heartbeat = HeartbeatState::of(Beats { sweep, canary, proven }, now);
            assert_eq!(heartbeat.name(), state, "{sweep:?} {canary:?} {proven:?}");
            assert!(HeartbeatState::NAMES.contains(&heartbeat.name()) && !heartbeat.words().is_empty());
        }
    }
}
