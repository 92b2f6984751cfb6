//! Following the journal: a server repeats what other machines have written as soon as it is in force, and says how far it has
//! come.

use crate::house::{Answer, House};
use crate::rules::time::Time;
use crate::store::Conn;
use crate::store::journal::{Node, Standby};
use anyhow::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A machine that was not heard of for longer does not follow.
const HEARD_WITHIN_MS: i64 = 60_000;
/// How often a machine says how far it has come, and looks how the journal is.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The time before the journal is asked again after it did not answer.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// What a server has seen of its journal at its last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// None while it does not answer.
    pub standby: Option<Standby>,
    /// How many pages this copy lacks.
    pub behind: i64,
    /// How many machines follow that were heard of within a minute, this one among them.
    pub n_nodes: i64,
}

impl Seen {
    /// Each of what [`Seen::name`] says.
    pub const NAMES: [&str; 5] = ["in_sync", "not_waited_for", "not_named", "missing", "away"];

    /// `away`, or one of [`Standby::name`].
    pub fn name(self) -> &'static str {
        self.standby.map_or("away", Standby::name)
    }
}

/// The last look of this process; none without a journal, and before the first look.
pub(in crate::house) type SeenCell = Arc<Mutex<Option<Seen>>>;

impl House {
    /// What this server has last seen of its journal; none if the house has none.
    pub fn journal_seen(&self) -> Option<Seen> {
        let away = Seen { standby: None, behind: 0, n_nodes: 0 };
        self.has_journal().then(|| self.seen().unwrap_or(away))
    }

    fn seen(&self) -> Option<Seen> {
        *self.journal_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows until `ended` is set; `wake` is called when something new is in this copy.
pub fn start(
    house: &House,
    wake: impl Fn() + Send + 'static,
    ended: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>> {
    let (house, conn, ended) = (house.clone(), house.conn()?, ended.clone());
    Ok(std::thread::Builder::new()
        .name("follower".into())
        .spawn(move || follow(&house, &conn, &wake, &ended))?)
}

fn follow(house: &House, conn: &Conn, wake: &impl Fn(), ended: &AtomicBool) {
    let name = name(house);
    let see = |seen| *house.journal_seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    let mut looked = None::<Instant>;
    while !ended.load(Ordering::Relaxed) {
        let is_due = looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        let done = conn.follow().and_then(|is_new| {
            if is_new {
                wake();
            }
            if is_due {
                see(look(conn, &name, house.now())?);
                looked = Some(Instant::now());
            }
            Ok(())
        });
        if let Err(fault) = done {
            if house.seen().is_none_or(|seen| seen.standby.is_some()) {
                tracing::error!(%fault, "the journal cannot be followed");
            }
            see(Seen { standby: None, behind: 0, n_nodes: 0 });
            // Looked at as soon as it is back.
            looked = None;
            std::thread::sleep(TRY_AGAIN);
        }
    }
}

/// Says how far this machine has come, and looks how the journal is.
fn look(conn: &Conn, name: &str, now: Time) -> Answer<Seen> {
    let (through, status) = conn.report_to_journal(name)?;
    let is_here = |node: &&Node| now.ms_since(node.seen_at) < HEARD_WITHIN_MS;
    let n_nodes = i64::try_from(status.nodes.iter().filter(is_here).count()).unwrap_or(i64::MAX);
    Ok(Seen { standby: Some(status.standby), behind: (status.head.seq - through).max(0), n_nodes })
}

/// What a machine is called among those that follow: its host, and the house's directory there.
fn name(house: &House) -> String {
    let host = whoami::hostname().unwrap_or_else(|_| "unnamed".into());
    format!("{host}:{}", house.dir().display())
}
