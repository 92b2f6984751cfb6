//! Checks whether the house is well: readable, served by the scheduler, and not behind.

use crate::house::books::audit::SEARCH;
use crate::house::care::clock_check::ClockState;
use crate::house::care::disk_checks::{self, Room};
use crate::house::care::journal;
use crate::house::closing::following::Seen;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::house::sales::view::SaleLine;
use crate::house::settings::zones;
use crate::house::{Answer, House};
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::outbox::Outbox;
use crate::store::settings::Heartbeat;
use crate::store::timings::PausedSale;
use anyhow::Result;
use serde::Serialize;

/// The most deadlines that are counted.
const MAX_COUNTED: i64 = 100_000;
/// The most settlements whose lateness is considered.
const MAX_SETTLED: i64 = 10_000;
/// A sale that is paused for longer than a day is named.
const FORGOTTEN_PAUSE_MS: i64 = 86_400_000;
/// Passes that open a desk a day after its sale has ended are named: guests collect and pay until then.
const FORGOTTEN_PASS_MS: i64 = 86_400_000;

/// The table that SQLite names if the search index cannot be read.
const SEARCH_TABLE: &str = "search_part";
const REBUILD: &str = "run `auction doctor --rebuild-search`";

/// The state for `/readyz`.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    pub ready: bool,
    pub database: &'static str,
    pub scheduler: &'static str,
    /// `right`, `jumped` or `behind`.
    pub clock: &'static str,
    /// When the wait for the scheduler, or its silence, began.
    pub since: Option<Time>,
    pub proven_at: Option<Time>,
    /// When the scheduler last ran the sweep.
    pub last_at: Option<Time>,
    /// Of a house on several machines: `away`, or how its standby is.
    pub journal: Option<&'static str>,
}

/// The numbers for `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub n_open: i64,
    pub n_paused: i64,
    pub n_overdue: i64,
    pub n_pending: i64,
    pub heartbeat_age_s: Option<i64>,
    pub heartbeat: Option<HeartbeatState>,
    /// How far the clock is ahead of the house's time, in seconds; negative if it is behind.
    pub clock_ahead_s: i64,
    pub has_clock_jumped: bool,
    pub lateness: Option<Lateness>,
    pub outbox: Outbox,
    /// The age of the oldest undelivered notice; 0 if there is none.
    pub outbox_age_s: i64,
    /// The passes that open a desk.
    pub n_passes: i64,
    pub room: Room,
}

/// How long after their closes listings were settled, in ms, over the newest [`MAX_SETTLED`] that reached their close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    pub n: usize,
    pub p50_ms: i64,
    pub p99_ms: i64,
    pub max_ms: i64,
    pub sum_ms: i64,
}

impl House {
    /// Returns the readiness; the scheduler's state is one of [`HeartbeatState::NAMES`].
    pub fn readiness(&self) -> Readiness {
        let journal = self.journal_seen();
        match self.heartbeat().and_then(|heartbeat| Ok((heartbeat, self.clock_state()?))) {
            Ok((heartbeat, clock)) => Readiness::of(heartbeat, clock.name(), journal),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "readiness cannot be checked");
                Readiness {
                    ready: false,
                    database: "unreadable",
                    scheduler: "unknown",
                    ..Readiness::of(HeartbeatState::Off, "unknown", journal)
                }
            }
        }
    }

    /// Returns the numbers for `/metrics`.
    pub fn figures(&self) -> Result<Figures> {
        let now = self.now();
        let (heartbeat, clock) = (Some(self.heartbeat()?), self.clock_state()?);
        self.read(|snapshot| {
            let deadlines = snapshot.nearest_deadlines(now, MAX_COUNTED)?;
            let n_overdue = i64::try_from(snapshot.due(now, now, MAX_COUNTED)?.len())?;
            let n_ahead = i64::try_from(deadlines.len())?;
            let n_armed = i64::try_from(deadlines.iter().filter(|deadline| deadline.armed).count())?;
            let n_paused = snapshot.n_paused(MAX_COUNTED)?;
            let beat = snapshot.heartbeat(Heartbeat::Sweep)?;
            let outbox = crate::house::notices::outbox::look(snapshot, now)?;
            Ok(Figures {
                n_open: n_ahead + n_overdue + n_paused,
                n_paused,
                n_overdue,
                n_pending: n_ahead - n_armed,
                heartbeat_age_s: beat.map(|at| now.ms_since(at) / 1_000),
                heartbeat,
                clock_ahead_s: clock.ahead_ms() / 1_000,
                has_clock_jumped: matches!(clock, ClockState::Jumped { .. }),
                lateness: Lateness::of(snapshot.lateness_ms(MAX_SETTLED)?),
                outbox,
                outbox_age_s: outbox.oldest_at.map_or(0, |oldest| now.ms_since(oldest).max(0) / 1_000),
                n_passes: i64::try_from(snapshot.passes()?.iter().filter(|pass| pass.holds(now)).count())?,
                room: Room::of(self.dir()),
            })
        })
    }

    /// Runs every check, and returns the findings, each with what to do. A check that fails is a finding itself.
    pub fn doctor(&self) -> Result<Vec<Finding>> {
        let mut findings = vec![
            self.database().unwrap_or_else(broken("database")),
            self.books().unwrap_or_else(broken("ledger")),
            self.check_clock_state().unwrap_or_else(broken("clock")),
        ];
        findings.extend(self.check_scheduler().unwrap_or_else(|error| vec![broken("scheduler")(error)]));
        match self.check_heartbeat() {
            Ok(finding) => findings.extend(finding),
            Err(error) => findings.push(broken("heartbeat")(error)),
        }
        findings.push(self.check_public_url().unwrap_or_else(broken("public_url")));
        findings.push(self.check_outbox().unwrap_or_else(broken("notifications")));
        findings
            .extend(self.check_verification().unwrap_or_else(|error| Some(broken("verify_email")(error))));
        findings.extend(self.check_push().unwrap_or_else(|error| Some(broken("push")(error))));
        findings.extend(self.check_pauses().unwrap_or_else(|error| vec![broken("sales")(error)]));
        findings.extend(self.check_passes().unwrap_or_else(|error| vec![broken("desk")(error)]));
        findings.extend(self.check_zone().unwrap_or_else(|error| Some(broken("pages_zone")(error))));
        findings.extend(self.check_terms().unwrap_or_else(|error| Some(broken("terms")(error))));
        findings.extend(self.check_journal().unwrap_or_else(|error| Some(broken("journal")(error))));
        findings.extend(disk_checks::check(self.dir()));
        Ok(findings)
    }

    /// How the journal is, where the house has one.
    fn check_journal(&self) -> Result<Option<Finding>> {
        if !self.has_journal() {
            return Ok(None);
        }
        let (through, status) = self.journal_status()?;
        let behind = (status.head.seq - through).max(0);
        let what_to_do = "see the manual, Several machines";
        Ok(Some(match journal::weakness(status.standby) {
            Some(weakness) => Finding::bad("journal", weakness, what_to_do),
            None => Finding::good(
                "journal",
                format!(
                    "{through} pages are here, {behind} are not yet; {} machines, a standby in sync",
                    status.nodes.len()
                ),
            ),
        }))
    }

    /// Says so where nobody is told on what terms they bid.
    fn check_terms(&self) -> Result<Option<Finding>> {
        let words = "this house has no terms: people join and bid without having accepted any";
        let what_to_do = "publish them by `auction house terms FILE.md`";
        Ok(self.terms_mark()?.is_none().then(|| Finding::advice("terms", words, what_to_do)))
    }

    fn check_zone(&self) -> Result<Option<Finding>> {
        let amiss = zones::amiss(&self.settings()?.zone);
        Ok(amiss.map(|(words, what_to_do)| Finding::advice("pages_zone", words, what_to_do)))
    }

    /// Names each sale that has been paused for more than a day: somebody may have forgotten it.
    fn check_pauses(&self) -> Result<Vec<Finding>> {
        let now = self.now();
        let paused = self.read(|snapshot| snapshot.paused_sales())?;
        let forgotten = paused.into_iter().filter(|sale| now.ms_since(sale.since) > FORGOTTEN_PAUSE_MS);
        let finding = |PausedSale { code, n_lots, since }: PausedSale| {
            let words = format!(
                "the sale {code} is paused since {since}: {n_lots} lots take no bids, and none of them closes"
            );
            Finding::advice("sales", words, format!("run `auction sale resume {code}`, or cancel it"))
        };
        Ok(forgotten.map(finding).collect())
    }

    /// Names each sale that ended more than a day ago and whose desk passes still open: somebody may have forgotten them.
    /// The passes themselves are only counted, for their names may be those of people.
    fn check_passes(&self) -> Result<Vec<Finding>> {
        let now = self.now();
        let mut open = self.passes()?;
        open.retain(|pass| pass.holds(now));
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let mut ended = self.sales()?;
        ended.retain(|sale| sale.n_open == 0 && now.ms_since(sale.last_closes_at) > FORGOTTEN_PASS_MS);
        let finding = |sale: SaleLine| {
            let n = open.iter().filter(|pass| pass.sale_code == sale.code).count();
            let passes = if n == 1 { "1 pass opens".to_owned() } else { format!("{n} passes open") };
            let words = format!("{passes} the desk of {}, which ended at {}", sale.code, sale.last_closes_at);
            let what_to_do =
                "see `auction desk list`, and shut those that nobody needs by `auction desk shut NAME`";
            (n > 0).then(|| Finding::advice("desk", words, what_to_do))
        };
        Ok(ended.into_iter().filter_map(finding).collect())
    }

    /// Rebuilds the search index from the listings.
    pub fn rebuild_search(&self) -> Answer<()> {
        self.write(|tx| Ok(tx.rebuild_search()?))
    }

    fn database(&self) -> Result<Finding> {
        let fault = self.read(|snapshot| snapshot.integrity())?.into_iter().next();
        Ok(match fault {
            None => Finding::good("database", "the file is whole"),
            Some(fault) if fault.contains(SEARCH_TABLE) => Finding::bad("search", fault, REBUILD),
            Some(fault) => Finding::bad("database", fault, "restore the last good backup"),
        })
    }

    fn books(&self) -> Result<Finding> {
        let audit = self.audit()?;
        let (n_listings, n_bids, n_purses) = (audit.n_listings, audit.n_bids, audit.n_purses);
        Ok(match audit.disagreement {
            None => Finding::good(
                "ledger",
                format!("{n_listings} listings, {n_bids} bids and {n_purses} purses agree"),
            ),
            Some(fault) if fault.starts_with(SEARCH) => Finding::bad("search", fault, REBUILD),
            Some(fault) => Finding::bad("ledger", fault, "run `auction audit`, and keep the file as it is"),
        })
    }
}

fn broken(name: &'static str) -> impl FnOnce(anyhow::Error) -> Finding {
    move |error| Finding::bad(name, format!("{error:#}"), "see what the words say; the check itself failed")
}

impl Readiness {
    fn of(heartbeat: HeartbeatState, clock: &'static str, journal: Option<Seen>) -> Readiness {
        let (since, proven_at, last_at) = match heartbeat {
            HeartbeatState::Off | HeartbeatState::Never => (None, None, None),
            HeartbeatState::Waiting { since } => (Some(since), None, None),
            HeartbeatState::Alive { proven_at, last_at } => (None, Some(proven_at), Some(last_at)),
            HeartbeatState::Silent { since, last_at } => (Some(since), None, last_at),
        };
        // A weaker promise is named, and bids are taken: only a journal that does not answer takes none.
        let is_away = journal.is_some_and(|seen| seen.standby.is_none());
        let ready = !matches!(heartbeat, HeartbeatState::Silent { .. }) && clock != "jumped" && !is_away;
        Readiness {
            ready,
            database: "readable",
            scheduler: heartbeat.name(),
            clock,
            since,
            proven_at,
            last_at,
            journal: journal.map(Seen::name),
        }
    }
}

impl Lateness {
    fn of(mut late_ms: Vec<i64>) -> Option<Lateness> {
        late_ms.sort_unstable();
        let rank = |percent: usize| late_ms.get((late_ms.len() * percent).div_ceil(100).max(1) - 1).copied();
        let sum_ms = late_ms.iter().map(|ms| (*ms).max(0)).fold(0, i64::saturating_add);
        Some(Lateness { n: late_ms.len(), p50_ms: rank(50)?, p99_ms: rank(99)?, max_ms: rank(100)?, sum_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_ranked() {
        let of = |late_ms: Vec<i64>| {
            Lateness::of(late_ms).map(|late| (late.n, late.p50_ms, late.p99_ms, late.max_ms))
        };
        assert_eq!(of(vec![]), None);
        assert_eq!(of(vec![7]), Some((1, 7, 7, 7)));
        assert_eq!(of(vec![9, 1]), Some((2, 1, 9, 9)));
        assert_eq!(of((1..=100).rev().collect()), Some((100, 50, 99, 100)));
        assert_eq!(of((1..=200).collect()), Some((200, 100, 198, 200)));
    }
}
