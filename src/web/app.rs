//! What all requests share: the house, its settings as they hold now, the rates, the watch hub.

use super::limits::Limits;
use super::log_in_limits::LogInLimits;
use super::proxy_hints::ProxyHints;
use crate::gate::base_path::BasePath;
use crate::gate::refusals::Refusals;
use crate::house::House;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::house::settings::{Settings, zones};
use crate::rules::listing::ListingId;
use crate::rules::money::Currency;
use crate::rules::time::Time;
use crate::text::dates::Zone;
use crate::text::i18n::Lang;
use crate::web::access_log::AccessLog;
use crate::web::live::Hub;
use crate::web::pages::history::handler::Drawn;
use crate::web::stats::Stats;
use anyhow::Result;
use crossbeam_channel::Sender;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use tracing_appender::non_blocking::ErrorCounter;

/// One running server.
pub struct App {
    pub house: House,
    pub hub: Hub,
    pub limits: Limits,
    pub log_in_limits: LogInLimits,
    pub bid_cache: Drawn,
    pub stats: Arc<Stats>,
    pub access_log: AccessLog,
    pub proxy_hints: ProxyHints,
    /// What the gate answered by itself.
    pub refusals: Arc<Refusals>,
    /// Counts the lines of the log that were dropped.
    pub lost_lines: Option<ErrorCounter>,
    pub started_at: Time,
    /// Says that a new listing wants its entry, or that all are wanted elsewhere.
    pub wake_keeper: Sender<()>,
    /// Connections from one address, as the gate reads it.
    pub per_address: Arc<AtomicUsize>,
    /// Taken off requests by the gate, and put before the paths of answers.
    pub base_path: BasePath,
    /// Whether the scheduler runs our entries, as last seen.
    heartbeat: Mutex<Option<HeartbeatState>>,
    current: RwLock<Current>,
}

/// What follows from the settings, until they change.
#[derive(Clone)]
pub struct Current {
    pub settings: Arc<Settings>,
    pub zone: Arc<Zone>,
    pub currency: Currency,
}

impl App {
    pub fn new(
        house: House,
        hub: Hub,
        wake_keeper: Sender<()>,
        per_address: Arc<AtomicUsize>,
        base_path: BasePath,
        refusals: Arc<Refusals>,
        lost_lines: Option<ErrorCounter>,
    ) -> Result<App> {
        let current = RwLock::new(Current::of(house.settings()?));
        let (stats, started_at) = (Arc::new(Stats::default()), house.now());
        let app = App {
            house,
            hub,
            limits: Limits::default(),
            log_in_limits: LogInLimits::default(),
            bid_cache: Drawn::default(),
            proxy_hints: ProxyHints::default(),
            access_log: AccessLog::new(stats.clone())?,
            stats,
            refusals,
            lost_lines,
            started_at,
            wake_keeper,
            per_address,
            base_path,
            heartbeat: Mutex::new(None),
            current,
        };
        app.apply();
        Ok(app)
    }

    pub fn current(&self) -> Current {
        self.current.read().expect("settings are only put in place").clone()
    }

    pub fn settings(&self) -> Arc<Settings> {
        self.current().settings
    }

    /// For who asks for none.
    pub fn language(&self) -> Lang {
        Lang::from_tag(self.settings().text("language")).unwrap_or_default()
    }

    /// Reads the settings again; called within a second of their change.
    pub fn refresh(&self) -> Result<()> {
        let settings = self.house.settings()?;
        let before = self.settings();
        if *before != settings {
            let has_another_scheduler = before.scheduler_in_use() != settings.scheduler_in_use();
            *self.current.write().expect("settings are only put in place") = Current::of(settings);
            self.apply();
            if has_another_scheduler {
                self.wake_keeper.try_send(()).ok();
            }
        }
        Ok(())
    }

    fn apply(&self) {
        let settings = self.settings();
        self.limits.set(&settings);
        self.log_in_limits.set(&settings);
        self.base_path.set(settings.base_path());
        let per_address = usize::try_from(settings.whole("limit_connections_per_address")).unwrap_or(0);
        self.per_address.store(per_address, Ordering::Relaxed);
    }

    /// What is amiss with the deadlines, by the key of its sentence: for admins, and for sellers at their own listings.
    pub fn warning(&self) -> Option<&'static str> {
        match self.last_heartbeat() {
            _ if self.settings().is_unscheduled() => Some("warning-no-scheduler"),
            Some(HeartbeatState::Silent { .. }) => Some("warning-silent-scheduler"),
            _ => None,
        }
    }

    /// The scheduler holds entries, and has not run one yet.
    pub fn is_unproven(&self) -> bool {
        matches!(self.last_heartbeat(), Some(HeartbeatState::Never | HeartbeatState::Waiting { .. }))
    }

    fn last_heartbeat(&self) -> Option<HeartbeatState> {
        *self.heartbeat.lock().expect("nobody panics with a copy")
    }

    /// Feels the scheduler's heartbeat, and says once when it is waited for, proven, or silent.
    pub fn look_at_scheduler(&self) {
        let heartbeat = match self.house.heartbeat() {
            Ok(heartbeat) => heartbeat,
            Err(error) => {
                return tracing::error!(error = format!("{error:#}"), "feel the scheduler's heartbeat");
            }
        };
        let before = self.heartbeat.lock().expect("nobody panics with a copy").replace(heartbeat);
        if before.is_some_and(|before| before.name() == heartbeat.name()) {
            return;
        }
        match heartbeat {
            HeartbeatState::Off => {}
            HeartbeatState::Silent { .. } => {
                tracing::warn!(target: "scheduler", "{}; `auction doctor` says more", heartbeat.words());
            }
            _ => tracing::info!("{}", heartbeat.words()),
        }
    }

    /// Has the entry of a new listing put in, soon.
    pub fn arm(&self, listing: ListingId) {
        if self.wake_keeper.try_send(()).is_err() {
            tracing::debug!(listing = listing.0, "the keeper is awake already");
        }
    }
}

impl Current {
    fn of(settings: Settings) -> Current {
        let name = settings.text("zone");
        let zone = Zone::named(name).unwrap_or_else(|error| {
            tracing::warn!("{error:#}; the pages show UTC");
            Zone::utc()
        });
        if let Some((words, what_to_do)) = zones::amiss(name) {
            tracing::warn!("{words}; {what_to_do}");
        }
        let currency = settings.currency();
        Current { settings: Arc::new(settings), zone: Arc::new(zone), currency }
    }
}
