//! The one clock. Nothing else in the house reads the time.
//!
//! A wall clock can be set; the kernel's boot time cannot, and it counts suspend, too. Where both are known, a
//! [`Mark`] in the database records their difference at the last heartbeat. A wall clock that has since moved further
//! ahead than time has passed has *jumped*. Until it is back, or an admin accepts it, the house's time follows the
//! boot time, and whatever depends on deadlines is refused ([`Jump`]). So nothing is ever stamped with the jumped
//! time.
//!
//! After a reboot, and wherever the boot time is unknown (everywhere but on Linux), there is nothing to compare with,
//! and the wall clock is believed.

use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use chrono::Utc;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How far a wall clock may move ahead of the time that has passed. Leap seconds (1 s), slewing (below 1 ms a second)
/// and the first synchronisation after a boot (a hardware clock is off by seconds) stay below it; a wrong hour does
/// not.
pub const TOLERANCE_MS: i64 = 60_000;
/// A clock set back is believed after this long. If it returns sooner, that is no jump ahead.
const BELIEVED_AFTER_MS: i64 = 3_600_000;
/// Both clocks are read within this time of each other: a process stopped in between reads them again.
#[cfg(target_os = "linux")]
const READ_WITHIN_MS: i64 = 100;
#[cfg(target_os = "linux")]
const N_READINGS: usize = 10;
/// When a refused person may try again.
const RETRY_AFTER_S: u64 = 5;

/// The system's clocks, moved by offsets that tests may set, or clocks that only these offsets move; with the mark of
/// one house's database.
#[derive(Clone, Default)]
pub struct Clock {
    source: Arc<Source>,
    mark: Arc<Mutex<Option<Mark>>>,
}

#[derive(Default)]
struct Source {
    stands: bool,
    /// Moves both clocks.
    offset_ms: AtomicI64,
    /// Moves the wall clock alone.
    step_ms: AtomicI64,
}

/// Both clocks at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    wall: Time,
    boot: Option<Boot>,
}

/// How long the machine has been up since this boot, suspended or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Boot {
    id: u128,
    up_ms: i64,
}

/// The difference of the clocks when the wall clock was last believed. As text: the boot's id, the time of the boot
/// by the wall clock, and how long the machine had been up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    boot: u128,
    booted_at_ms: i64,
    up_ms: i64,
}

/// How much further the wall clock has moved ahead than time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    pub ahead_ms: i64,
}

/// The clock as one house sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The wall clock's time; after a jump, the time that it would show without the jump.
    pub now: Time,
    pub jump: Option<Jump>,
    /// What to record with the next heartbeat.
    pub(super) mark: Option<Mark>,
    /// What to record if an admin accepts the clock as it is.
    pub(super) accepted: Option<Mark>,
}

impl Clock {
    /// Clocks that stand at 1970 and are moved by [`Clock::set_ahead`] alone, so that a simulation can be run again.
    pub fn standing() -> Clock {
        Clock { source: Arc::new(Source { stands: true, ..Source::default() }), ..Clock::default() }
    }

    /// The same clock for another house, which has its own mark.
    pub(super) fn for_house(&self) -> Clock {
        Clock { source: self.source.clone(), ..Clock::default() }
    }

    pub fn now(&self) -> Time {
        self.look().now
    }

    pub fn look(&self) -> Look {
        let mark = *self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        Look::of(mark, self.source.read())
    }

    /// Refuses after a jump.
    pub fn check(&self) -> Result<(), Refusal> {
        self.look().check()
    }

    /// Sets what the clock is compared with from now on.
    pub fn compare_with(&self, mark: Option<Mark>) {
        *self.mark.lock().unwrap_or_else(PoisonError::into_inner) = mark;
    }

    /// Moves this clock and its clones ahead of the system's, or of 1970 if it stands, as if that time had passed;
    /// behind, if negative.
    pub fn set_ahead(&self, ms: i64) {
        self.source.offset_ms.store(ms, Ordering::Relaxed);
    }

    /// Sets the wall clock alone ahead of where it would be, as a person or a wrong time server does.
    pub fn step(&self, ms: i64) {
        self.source.step_ms.store(ms, Ordering::Relaxed);
    }
}

impl Source {
    fn read(&self) -> Reading {
        let standing = Reading { wall: Time(0), boot: Some(Boot { id: 0, up_ms: 0 }) };
        let Reading { wall, boot } = if self.stands { standing } else { system() };
        let offset_ms = self.offset_ms.load(Ordering::Relaxed);
        let wall = wall.plus_ms(offset_ms).plus_ms(self.step_ms.load(Ordering::Relaxed));
        let boot = boot.map(|boot| Boot { up_ms: boot.up_ms.saturating_add(offset_ms), ..boot });
        Reading { wall, boot }
    }
}

#[cfg(target_os = "linux")]
fn system() -> Reading {
    static ID: std::sync::OnceLock<Option<u128>> = std::sync::OnceLock::new();
    let id = *ID.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        u128::from_str_radix(&text.trim().replace('-', ""), 16).ok()
    });
    let up_ms = || {
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        up.tv_sec.saturating_mul(1_000).saturating_add(up.tv_nsec / 1_000_000)
    };
    let mut before_ms = up_ms();
    for _ in 1..N_READINGS {
        let (wall, after_ms) = (wall(), up_ms());
        if after_ms - before_ms <= READ_WITHIN_MS {
            return Reading { wall, boot: id.map(|id| Boot { id, up_ms: after_ms }) };
        }
        before_ms = after_ms;
    }
    Reading { wall: wall(), boot: id.map(|id| Boot { id, up_ms: up_ms() }) }
}

#[cfg(not(target_os = "linux"))]
fn system() -> Reading {
    Reading { wall: wall(), boot: None }
}

fn wall() -> Time {
    Time(Utc::now().timestamp_millis())
}

impl Look {
    /// The same at the time of a journal, whose clock is the clock of all machines: this one's does not count.
    pub(super) fn at(self, now: Time) -> Look {
        Look { now, jump: None, ..self }
    }

    /// Refuses after a jump.
    pub fn check(self) -> Result<(), Refusal> {
        let refusal = |Jump { ahead_ms }| Refusal::ClockJumped {
            ahead_s: ahead_ms / 1_000,
            retry_after_s: RETRY_AFTER_S,
        };
        self.jump.map_or(Ok(()), |jump| Err(refusal(jump)))
    }

    fn of(mark: Option<Mark>, Reading { wall, boot }: Reading) -> Look {
        let Some(boot) = boot else {
            return Look { now: wall, jump: None, mark: None, accepted: None };
        };
        let here = Mark { boot: boot.id, booted_at_ms: wall.0.saturating_sub(boot.up_ms), up_ms: boot.up_ms };
        let sure = Look { now: wall, jump: None, mark: Some(here), accepted: Some(here) };
        let Some(mark) = mark.filter(|mark| mark.boot == boot.id) else {
            return sure;
        };
        let expected = Time(mark.booted_at_ms).plus_ms(boot.up_ms);
        match wall.ms_since(expected) {
            ahead_ms if ahead_ms > TOLERANCE_MS => {
                Look { now: expected, jump: Some(Jump { ahead_ms }), mark: None, ..sure }
            }
            ahead_ms if ahead_ms < -TOLERANCE_MS && boot.up_ms - mark.up_ms < BELIEVED_AFTER_MS => {
                Look { mark: None, ..sure }
            }
            _ => sure,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x} {} {}", self.boot, self.booted_at_ms, self.up_ms)
    }
}

/// Fails for anything that no [`Mark`] is written as.
impl FromStr for Mark {
    type Err = ();

    fn from_str(text: &str) -> Result<Mark, ()> {
        let mut parts = text.split(' ');
        let boot = parts.next().and_then(|id| u128::from_str_radix(id, 16).ok()).ok_or(())?;
        let mut number = || parts.next().and_then(|number| number.parse().ok()).ok_or(());
        Ok(Mark { boot, booted_at_ms: number()?, up_ms: number()? })
    }
}

/// The CPU time of the calling thread: it stands still while the thread waits for a core, or the process is stopped.
#[cfg(target_os = "linux")]
pub(super) fn work_of_thread() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(spent.tv_sec).unwrap_or(0), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

/// Elapsed time, where CPU time cannot be read without unsafe code.
#[cfg(not(target_os = "linux"))]
pub(super) fn work_of_thread() -> Duration {
    static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOON: Time = Time(1_000_000_000_000);

    #[test]
    fn a_jump_is_what_the_boot_time_does_not_explain() {
        let mark = Mark { boot: 7, booted_at_ms: NOON.0 - 500_000, up_ms: 500_000 };
        // how far the wall clock and the boot time went since the mark, the boot, the jump, whether it is recorded
        for (wall_ms, boot_ms, boot, jumped_ms, noted) in [
            (0, 0, 7, None, true),
            (5_000, 5_000, 7, None, true),
            // a week of suspend, or of no server
            (168 * HOUR, 168 * HOUR, 7, None, true),
            // a leap second, a first synchronisation
            (6_000, 5_000, 7, None, true),
            (65_000, 5_000, 7, None, true),
            (65_001, 5_000, 7, Some(60_001), false),
            (HOUR, 0, 7, Some(HOUR), false),
            (168 * HOUR + HOUR, 168 * HOUR, 7, Some(HOUR), false),
            // another boot, or another machine: nothing to compare with
            (HOUR, 0, 8, None, true),
            (168 * HOUR, -500_000, 8, None, true),
            // put back: not noted, so that its return is no jump, but for one that stays
            (-4_000, 1_000, 7, None, true),
            (-HOUR, 0, 7, None, false),
            (-HOUR, HOUR - 1, 7, None, false),
            (0, HOUR, 7, None, true),
            (HOUR - 1, HOUR - 1, 7, None, true),
            // what a test's clock does
            (-HOUR, -HOUR, 7, None, true),
        ] {
            let boot = Some(Boot { id: boot, up_ms: mark.up_ms + boot_ms });
            let reading = Reading { wall: NOON.plus_ms(wall_ms), boot };
            let look = Look::of(Some(mark), reading);
            let case = format!("{wall_ms} {boot_ms} {boot:?}: {look:?}");
            assert_eq!(look.jump.map(|jump| jump.ahead_ms), jumped_ms, "{case}");
            assert_eq!(look.mark.is_some(), noted, "{case}");
            let now = reading.wall.plus_ms(-jumped_ms.unwrap_or(0));
            assert_eq!(look.now, now, "the time goes on without the jump: {case}");
            assert_eq!(Look::of(look.accepted, reading).jump, None, "accepted: {case}");
            let unknown = Look::of(None, reading);
            assert_eq!((unknown.now, unknown.jump), (reading.wall, None), "{case}");
            let elsewhere = Look::of(Some(mark), Reading { boot: None, ..reading });
            assert_eq!((elsewhere.now, elsewhere.mark), (reading.wall, None), "{case}");
        }
    }

    #[test]
    fn a_jump_lasts_until_the_clock_is_back() {
        let clock = Clock::standing();
        clock.compare_with(clock.look().mark);
        for (passed_ms, step_ms, jumped) in [
            (1_000, 0, false),
            (1_000, HOUR, true),
            (4_000, HOUR, true),
            (4_000, 0, false),
            (9_000, -HOUR, false),
            (14_000, 0, false),
        ] {
            clock.set_ahead(passed_ms);
            clock.step(step_ms);
            let look = clock.look();
            assert_eq!(look.jump.is_some(), jumped, "{passed_ms} {step_ms}");
            assert_eq!(look.now, Time(passed_ms + step_ms.min(0)));
            if let Some(mark) = look.mark {
                clock.compare_with(Some(mark));
            }
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = Clock::default().look().accepted;
        assert_eq!(mark.is_some(), cfg!(target_os = "linux"));
        let mark = mark.unwrap_or(Mark { boot: u128::MAX, booted_at_ms: -5, up_ms: 0 });
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in ["", "7", "7 1", "x 1 2", "7 1 two"] {
            assert_eq!(text.parse::<Mark>(), Err(()), "{text}");
        }
    }
}
