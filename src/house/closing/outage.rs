//! Outages: periods in which no server ran, and the listings that are prolonged for them.
//!
//! A running server holds `server.lock`, shared with other servers of the same house, and stamps the heartbeat every 5
//! s and when it ends. An outage begins at the last beat. It ends in the transaction in which a server is back: one
//! that finds that nobody else holds the lock, or one that was silent itself for longer than a running server ever is
//! (because it was stopped or asleep, or because its clock was set ahead, once an admin has accepted that). That
//! transaction prolongs every affected listing and beats, so that each outage counts once, and before that server takes
//! any bid or settles. Nothing about the outage needs to be stored: a listing that is not affected then never will be,
//! because a close only moves away from the outage, and a pause that lasts on keeps what is left until the close.
//!
//! Where the house has a journal, servers on other machines hold no lock here, and a machine that starts is not the first:
//! silence alone is an outage there.
//!
//! Servers ask for the lock inside a write transaction only, so that two that ask at once do not take each other for a
//! running server.

use crate::files::{lock, private};
use crate::house::closing::ending;
use crate::house::closing::retime::retime;
use crate::house::notices::{events, notify};
use crate::house::{Answer, House};
use crate::rules::bidding::Standing;
use crate::rules::listing::{Listing, ListingId};
use crate::rules::outage::Outage;
use crate::rules::settlement::Outcome;
use crate::rules::time::Time;
use crate::rules::timing::{self, Timing, counted};
use crate::store::settings::Heartbeat;
use crate::store::{Conn, Tx};
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The time between two beats of a running server.
const BEAT_EVERY_MS: i64 = 5_000;
/// A server that has not beaten for this long did not run: a slow disk may delay three beats, and a moment more.
const SILENT_AFTER_MS: i64 = 20_000;
/// Windows releases the lock of a closed handle with some delay.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// The last beat of a house that has never had one.
const NEVER: Time = Time(i64::MIN);

/// Tells whether the house is served, by this process or by any other.
#[derive(Clone)]
pub(in crate::house) struct Serving {
    lock: Arc<PathBuf>,
    /// On many machines only the beat tells whether the house is served: a lock is one machine's.
    has_journal: bool,
    own: Option<Arc<Own>>,
}

/// The state of a process that is a server.
struct Own {
    lock: OnceLock<File>,
    ended: AtomicBool,
    /// The last beat of any server before this one.
    seen_before: OnceLock<Option<Time>>,
}

/// A close that was moved.
#[derive(Clone, Copy, Debug)]
pub struct Prolonged {
    pub listing: ListingId,
    pub closes_at: Time,
}

impl Serving {
    /// For a command, which may run beside servers.
    pub(in crate::house) fn beside(dir: &Path, has_journal: bool) -> Serving {
        Serving { lock: Arc::new(dir.join("server.lock")), has_journal, own: None }
    }

    /// For a starting server: an outage ends, unless another server runs. If the disk cannot be written, that happens
    /// as soon as it can, before any other write.
    pub(in crate::house) fn begin(dir: &Path, conn: &Conn) -> Result<Serving> {
        let has_journal = conn.has_journal();
        let mut serving = Serving::beside(dir, has_journal);
        let own = Own { lock: OnceLock::new(), ended: AtomicBool::new(false), seen_before: OnceLock::new() };
        let own = Arc::new(own);
        serving.own = Some(own.clone());
        let path = serving.lock.clone();
        conn.write_first(move |conn| own.begin(&path, has_journal, conn))?;
        Ok(serving)
    }

    /// When a server last ran before this one.
    pub(in crate::house) fn seen_before(&self) -> Option<Time> {
        *self.own.as_ref()?.seen_before.get()?
    }

    /// The end of the time without an outage: now if a server runs, otherwise the last beat.
    pub(in crate::house) fn until(&self, tx: &Tx<'_>) -> Result<Time> {
        let beat = tx.heartbeat(Heartbeat::Server)?.unwrap_or(NEVER);
        let served = !is_silent(beat, tx.now) && (self.has_journal || self.is_own() || self.is_held()?);
        Ok(if served { tx.now } else { beat })
    }

    fn is_own(&self) -> bool {
        self.own.as_ref().is_some_and(|own| !own.ended.load(Ordering::Relaxed))
    }

    fn is_held(&self) -> Result<bool> {
        let is_free = match File::open(&*self.lock) {
            Ok(file) => lock::acquire(&file, File::try_lock, Duration::ZERO),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        };
        Ok(!is_free.with_context(|| format!("look at {}", self.lock.display()))?)
    }
}

impl Own {
    fn begin(&self, path: &Path, has_journal: bool, conn: &Conn) -> Result<()> {
        let lock = private::open(path)?;
        let (prolonged, seen_before) = conn.write(|tx| {
            let is_first = take(&lock, path).with_context(|| format!("lock {}", path.display()))?;
            let seen_before = tx.heartbeat(Heartbeat::Server)?;
            let beat = seen_before.unwrap_or(NEVER);
            let prolonged = if (is_first && !has_journal) || is_silent(beat, tx.now) {
                end(tx, beat)?
            } else {
                Vec::new()
            };
            tx.beat(Heartbeat::Server)?;
            Ok((prolonged, seen_before))
        })?;
        log(&prolonged);
        self.seen_before.set(seen_before).ok();
        self.lock.set(lock).ok();
        Ok(())
    }
}

impl House {
    /// Whether this server's beat is due: every 5 s, and at once if the clock was set.
    pub fn is_beat_due(&self, last: Option<Time>) -> bool {
        last.is_none_or(|last| !(0..BEAT_EVERY_MS).contains(&self.now().ms_since(last)))
    }

    /// Records that this server runs. If none ran until now, prolongs the affected listings and returns them. Does
    /// nothing in a process that is not a server, or no longer is.
    pub fn beat(&self) -> Answer<Vec<Prolonged>> {
        let serving = self.serving.clone();
        let prolonged = self.write(move |tx| {
            let mut prolonged = Vec::new();
            if serving.is_own() {
                let beat = tx.heartbeat(Heartbeat::Server)?.unwrap_or(NEVER);
                if is_silent(beat, tx.now) {
                    prolonged = end(tx, beat)?;
                }
                tx.beat(Heartbeat::Server)?;
            }
            Ok(prolonged)
        })?;
        log(&prolonged);
        Ok(prolonged)
    }

    /// Records this server's last beat and releases its lock.
    pub fn end_serving(&self) -> Result<()> {
        let Some(own) = self.serving.own.clone() else {
            return Ok(());
        };
        own.ended.store(true, Ordering::Relaxed);
        Ok(self.write(move |tx| {
            tx.beat(Heartbeat::Server)?;
            if let Some(lock) = own.lock.get() {
                lock.unlock().context("unlock server.lock")?;
            }
            Ok(())
        })?)
    }
}

/// Takes the lock, which several servers share. Returns whether this server is the first.
fn take(held: &File, path: &Path) -> Result<bool> {
    // Needs a handle of its own: not every system lets one handle change from an exclusive lock to a shared one.
    let asking = private::open(path)?;
    let is_first = lock::acquire(&asking, File::try_lock, Duration::ZERO)?;
    drop(asking);
    ensure!(lock::acquire(held, File::try_lock_shared, LOCK_PATIENCE)?, "another program holds it");
    Ok(is_first)
}

fn is_silent(beat: Time, now: Time) -> bool {
    now.ms_since(beat) > SILENT_AFTER_MS
}

/// Ends an outage now, and returns the prolonged listings. The caller beats in the same transaction.
fn end(tx: &Tx<'_>, from: Time) -> Result<Vec<Prolonged>> {
    let outage = Outage { from, until: tx.now };
    let mut prolonged = Vec::new();
    for id in tx.concerned(outage)? {
        prolonged.extend(prolong(tx, id, outage)?);
    }
    Ok(prolonged)
}

fn prolong(tx: &Tx<'_>, id: ListingId, outage: Outage) -> Result<Option<Prolonged>> {
    let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
    let standing = tx.standing(id)?.standing;
    let outage = counted(&listing, &standing, outage);
    if let Some(why) = tx.cancelled_sale_of(id)? {
        // It closed without a server before its sale was cancelled: it is not offered again.
        if timing::apply(&listing, &standing, &Timing::Prolongation { outage }, tx.now).is_some() {
            ending::end(tx, &listing, &standing, &Outcome::Cancelled { why })?;
            notify::cancelled(tx, &listing)?;
        }
        return Ok(None);
    }
    let Some(after) = retime(tx, &listing, &standing, Timing::Prolongation { outage })? else {
        return Ok(None);
    };
    events::prolonged(tx, id, after.closes_at, outage)?;
    notify::prolonged(tx, &listing)?;
    pause_with_its_sale(tx, &listing, &after)?;
    Ok(Some(Prolonged { listing: id, closes_at: after.closes_at }))
}

/// Pauses a lot that had closed without a server before its sale was paused: otherwise it alone would take bids now.
fn pause_with_its_sale(tx: &Tx<'_>, listing: &Listing, standing: &Standing) -> Result<()> {
    if listing.lot.is_none() || standing.paused_at.is_some() {
        return Ok(());
    }
    let Some((who, why)) = tx.pause_beside(listing.id)? else {
        return Ok(());
    };
    let pause = Timing::Pause { who, why: why.clone() };
    if retime(tx, listing, standing, pause)?.is_some() {
        events::paused(tx, listing.id, &why)?;
    }
    Ok(())
}

fn log(prolonged: &[Prolonged]) {
    for Prolonged { listing, closes_at } in prolonged {
        tracing::info!(listing = listing.0, %closes_at, "prolonged because no server ran before its close");
    }
}
