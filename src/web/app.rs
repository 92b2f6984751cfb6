//! The state that all requests share: the house, its current settings, the rate limits, the watch hub.

use super::limits::Limits;
use super::log_in_limits::LogInLimits;
use super::own_texts::OwnTexts;
use super::proxy_hints::ProxyHints;
use crate::gate::base_path::BasePath;
use crate::gate::refusals::Refusals;
use crate::house::House;
use crate::house::closing::demo::BY_DEMO;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::{Settings, zones};
use crate::rules::listing::ListingId;
use crate::rules::money::Currency;
use crate::rules::time::Time;
use crate::store::sessions::Person;
use crate::text::dates::Zone;
use crate::text::i18n::Lang;
use crate::web::access_log::AccessLog;
use crate::web::branding::Branding;
use crate::web::live::Hub;
use crate::web::pages::history::handler::Drawn;
use crate::web::sign_on::SignOn;
use crate::web::stats::Stats;
use crate::web::wrong_codes::WrongCodes;
use anyhow::Result;
use crossbeam_channel::Sender;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use tracing_appender::non_blocking::ErrorCounter;

/// One running server.
pub struct App {
    pub house: House,
    pub hub: Hub,
    pub limits: Limits,
    pub log_in_limits: LogInLimits,
    pub wrong_codes: WrongCodes,
    pub sign_on: SignOn,
    pub bid_cache: Drawn,
    pub stats: Arc<Stats>,
    pub access_log: AccessLog,
    pub proxy_hints: ProxyHints,
    /// Counts the requests that the gate refused by itself.
    pub refusals: Arc<Refusals>,
    /// Counts the lines of the log that were dropped.
    pub lost_lines: Option<ErrorCounter>,
    pub started_at: Time,
    /// Where the server listens, as it is bound.
    pub listens_on: SocketAddr,
    /// Wakes the background task that puts entries into the scheduler: for a new listing, or for all after a change of
    /// scheduler.
    pub wake_background: Sender<()>,
    /// The most connections from one address; the gate reads it. 0 is no limit.
    pub per_address: Arc<AtomicUsize>,
    /// The path of the house on its host. The gate takes it off requests; replies have it put before their paths.
    pub base_path: BasePath,
    /// The scheduler's heartbeat as last seen.
    heartbeat: Mutex<Option<HeartbeatState>>,
    current: RwLock<Current>,
    own_texts: RwLock<Arc<OwnTexts>>,
}

/// The settings and what is made from them; replaced as a whole when they change.
#[derive(Clone)]
pub struct Current {
    pub settings: Arc<Settings>,
    pub zone: Arc<Zone>,
    pub currency: Currency,
    pub branding: Arc<Branding>,
}

impl App {
    /// Shares a house, with its settings read and applied.
    pub fn new(
        house: House,
        hub: Hub,
        wake_background: Sender<()>,
        per_address: Arc<AtomicUsize>,
        base_path: BasePath,
        refusals: Arc<Refusals>,
        lost_lines: Option<ErrorCounter>,
    ) -> Result<App> {
        let current = RwLock::new(Current::of(house.settings()?));
        let own_texts = RwLock::new(Arc::new(OwnTexts::of(&house, &OwnTexts::default())?));
        let (stats, started_at) = (Arc::new(Stats::default()), house.now());
        let app = App {
            house,
            hub,
            limits: Limits::default(),
            log_in_limits: LogInLimits::default(),
            wrong_codes: WrongCodes::default(),
            sign_on: SignOn::default(),
            bid_cache: Drawn::default(),
            proxy_hints: ProxyHints::default(),
            access_log: AccessLog::new(stats.clone())?,
            stats,
            refusals,
            lost_lines,
            started_at,
            listens_on: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            wake_background,
            per_address,
            base_path,
            heartbeat: Mutex::new(None),
            current,
            own_texts,
        };
        app.apply();
        Ok(app)
    }

    /// The settings and what is made from them, as they are now.
    pub fn current(&self) -> Current {
        self.current.read().expect("settings are only put in place").clone()
    }

    pub fn settings(&self) -> Arc<Settings> {
        self.current().settings
    }

    /// Whether the person must verify their address before they bid.
    pub fn must_verify(&self, person: &Person) -> bool {
        person.email.is_some() && !person.is_verified && self.settings().verify_email != VerifyEmail::Off
    }

    /// What the house has written, as it is now.
    pub fn own_texts(&self) -> Arc<OwnTexts> {
        self.own_texts.read().expect("texts are only put in place").clone()
    }

    /// The language of the house, for visitors who ask for none.
    pub fn language(&self) -> Lang {
        Lang::from_tag(&self.settings().language).unwrap_or_default()
    }

    /// Reads the settings again and puts them into effect. The watch hub calls it within a second of a change. Settings
    /// that cannot be read are logged, and the last good ones stay.
    pub fn refresh(&self) {
        self.refresh_own_texts();
        let settings = match self.house.settings() {
            Ok(settings) => settings,
            Err(error) => return tracing::error!(error = format!("{error:#}"), "read the settings"),
        };
        let before = self.settings();
        if *before != settings {
            let has_another_scheduler = before.scheduler_in_use() != settings.scheduler_in_use();
            *self.current.write().expect("settings are only put in place") = Current::of(settings);
            self.apply();
            if has_another_scheduler {
                self.wake_background.try_send(()).ok();
            }
        }
    }

    /// Reads what the house has written again, where it has changed.
    pub fn refresh_own_texts(&self) {
        let before = self.own_texts();
        match OwnTexts::of(&self.house, &before) {
            Ok(texts) if texts.is_same(&before) => {}
            Ok(texts) => {
                *self.own_texts.write().expect("texts are only put in place") = Arc::new(texts);
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "read the house's own texts"),
        }
    }

    fn apply(&self) {
        let settings = self.settings();
        self.house.show_bidders(settings.bidder_names);
        self.limits.set(&settings);
        self.log_in_limits.set(&settings);
        self.base_path.set(settings.base_path());
        let per_address = usize::try_from(settings.limits.connections_per_address).unwrap_or(0);
        self.per_address.store(per_address, Ordering::Relaxed);
    }

    /// The key of the sentence that says what is wrong with the deadlines, if anything is. It is for admins, and for
    /// sellers on their own listings. A demo does not warn: see [`App::is_kept_by_demo`].
    pub fn warning(&self) -> Option<&'static str> {
        self.trouble().filter(|_| !self.settings().is_demo())
    }

    /// Whether the server of a demo keeps the deadlines, because no scheduler does.
    pub fn is_kept_by_demo(&self) -> bool {
        self.settings().is_demo() && self.trouble().is_some()
    }

    fn trouble(&self) -> Option<&'static str> {
        match self.last_heartbeat() {
            _ if self.settings().is_unscheduled() => Some("warning-no-scheduler"),
            Some(HeartbeatState::Silent { .. }) => Some("warning-silent-scheduler"),
            _ => None,
        }
    }

    /// Whether the scheduler holds entries but has not run one yet.
    pub fn is_unproven(&self) -> bool {
        matches!(self.last_heartbeat(), Some(HeartbeatState::Never | HeartbeatState::Waiting { .. }))
    }

    fn last_heartbeat(&self) -> Option<HeartbeatState> {
        *self.heartbeat.lock().expect("nobody panics with a copy")
    }

    /// Checks the scheduler's heartbeat, and logs each change once: awaited, proven or silent.
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
            HeartbeatState::Silent { .. } if self.settings().is_demo() => {
                tracing::info!(target: "scheduler", "{BY_DEMO}");
            }
            HeartbeatState::Silent { .. } => {
                tracing::warn!(target: "scheduler", "{}; `auction doctor` says more", heartbeat.words());
            }
            _ => tracing::info!("{}", heartbeat.words()),
        }
    }

    /// Asks the background task to put the entry of a new listing into the scheduler soon.
    pub fn arm(&self, listing: ListingId) {
        if self.wake_background.try_send(()).is_err() {
            tracing::debug!(listing = listing.0, "the background tasks are awake already");
        }
    }
}

impl Current {
    fn of(settings: Settings) -> Current {
        let name = settings.zone.as_str();
        let zone = Zone::named(name).unwrap_or_else(|error| {
            tracing::warn!("{error:#}; the pages show UTC");
            Zone::utc()
        });
        if let Some((words, what_to_do)) = zones::amiss(name) {
            tracing::warn!("{words}; {what_to_do}");
        }
        let currency = settings.currency();
        let branding = Arc::new(Branding::of(&settings));
        Current { settings: Arc::new(settings), zone: Arc::new(zone), currency, branding }
    }
}
