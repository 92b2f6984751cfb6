//! Sends a push: encrypted for its browser (RFC 8291), signed by the house (RFC 8292), to the browser's push service
//! (RFC 8030). No redirect is followed, and no proxy of the environment used: it would look up the host itself.

use super::guarded::{self, Allowed, Guarded};
use super::origins::Origins;
use super::vapid::Vapid;
use crate::house::House;
use crate::house::notices::outbox::Trouble;
use crate::house::notices::push::{Pushed, kind_of, life_s};
use crate::house::settings::Settings;
use crate::notifications::config::Config;
use crate::rules::notice::NoticeKind;
use crate::rules::time::Time;
use crate::store::push::{Push, Subscription};
use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lettre::message::Mailbox;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use url::Url;
use web_push_native::p256::PublicKey;
use web_push_native::{Auth, encrypt};

/// From the name of the host to the status of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(5);
/// Whom a push service may write to, where neither mail nor a public https address is configured.
const NOBODY: &str = "mailto:auction@localhost";
/// The characters of a topic (RFC 8030, 5.4: at most 32).
const TOPIC_BYTES: usize = 24;

/// Sends pushes for one house.
pub struct Pusher {
    agent: ureq::Agent,
    allowed: Allowed,
    origins: Origins,
    mail_from: Option<String>,
    vapid: Mutex<Option<Arc<Vapid>>>,
}

impl Pusher {
    /// Connects to nobody yet. The sender of the house's mails, where they are configured, is whom push services may
    /// write to.
    pub fn of(config: &Config) -> Result<Pusher> {
        let from: Option<Mailbox> = config.mail()?.and_then(|mail| mail.from.parse().ok());
        let allowed = Allowed::default();
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(PATIENCE_TO_CONNECT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls)
            .user_agent(concat!("auction/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = ureq::Agent::with_parts(agent, DefaultConnector::default(), Guarded::of(allowed.clone()));
        let mail_from = from.map(|from| format!("mailto:{}", from.email));
        Ok(Pusher { agent, allowed, origins: Origins::default(), mail_from, vapid: Mutex::default() })
    }

    /// Takes over the settings and the key of the house, for the sends that follow.
    pub(super) fn prepare(&self, house: &House) -> Result<Arc<Vapid>> {
        let settings = house.settings()?;
        self.allowed.set(settings.push_private);
        let (key, contact) = (house.push_key()?, self.contact(&settings));
        let mut vapid = self.vapid.lock().expect("nobody panics with the key");
        match vapid.as_ref().filter(|vapid| vapid.is_of(&key, &contact)) {
            Some(vapid) => Ok(vapid.clone()),
            None => Ok(vapid.insert(Arc::new(Vapid::of(&key, contact)?)).clone()),
        }
    }

    fn contact(&self, settings: &Settings) -> String {
        let public_url = settings.public_url().filter(|url| url.starts_with("https://")).map(str::to_owned);
        self.mail_from.clone().or(public_url).unwrap_or_else(|| NOBODY.to_owned())
    }

    /// Tries one push.
    pub(super) fn push(&self, push: &Push, vapid: &Vapid, now: Time) -> Pushed {
        let left_s = life_s(&push.tag) - now.ms_since(push.made_at).max(0) / 1_000;
        if left_s <= 0 {
            return Pushed::Late;
        }
        let origin = match Url::parse(&push.subscription.endpoint) {
            Ok(url) => url.origin().ascii_serialization(),
            Err(_) => return Pushed::Failed(Trouble::Refused("the endpoint is no address".into())),
        };
        if let Err(ms) = self.origins.begin(&origin, Instant::now()) {
            return Pushed::PutOff { ms };
        }
        let pushed = match self.post(push, vapid, &origin, left_s, now) {
            Ok(pushed) => pushed,
            Err(error) => Pushed::Failed(Trouble::Refused(format!("{error:#}"))),
        };
        match &pushed {
            Pushed::Failed(Trouble::Unreached(_)) => {
                let mut chance = [0];
                getrandom::fill(&mut chance).ok();
                self.origins.failed(&origin, Instant::now(), chance[0]);
            }
            _ => self.origins.answered(&origin),
        }
        pushed
    }

    fn post(&self, push: &Push, vapid: &Vapid, origin: &str, left_s: i64, now: Time) -> Result<Pushed> {
        let Subscription { endpoint, auth, .. } = &push.subscription;
        let body = encrypted(push)?;
        let is_urgent = kind_of(&push.tag).is_some_and(NoticeKind::is_urgent);
        // Where a newer push replaces an older one that has not arrived; it tells the push service nothing.
        let topic = Sha256::new().chain_update(auth).chain_update(&push.tag).finalize();
        let request = self
            .agent
            .post(endpoint)
            .header("Authorization", vapid.header(origin, now)?)
            .header("Content-Encoding", "aes128gcm")
            .header("Content-Type", "application/octet-stream")
            .header("TTL", left_s.to_string())
            .header("Urgency", if is_urgent { "high" } else { "normal" })
            .header("Topic", URL_SAFE_NO_PAD.encode(&topic[..TOPIC_BYTES]));
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Ok(match request.send(&body) {
            Ok(answer) => outcome(answer.status().as_u16(), host),
            Err(error) if guarded::is_refusal(&error) => {
                Pushed::Failed(Trouble::Refused(format!("{host} {}", guarded::PRIVATE)))
            }
            // Without the address, by which anybody could try to send to the browser.
            Err(error) => {
                let words = format!("{host}: {error}").replace(endpoint.as_str(), "the endpoint");
                Pushed::Failed(Trouble::Unreached(words))
            }
        })
    }
}

/// What a push service's answer means.
fn outcome(status: u16, host: &str) -> Pushed {
    let words = format!("{host} answers {status}");
    match status {
        200..=299 => Pushed::Accepted,
        404 | 410 => Pushed::Gone,
        408 | 429 | 500..=599 => Pushed::Failed(Trouble::Later(words)),
        _ => Pushed::Failed(Trouble::Refused(words)),
    }
}

fn encrypted(push: &Push) -> Result<Vec<u8>> {
    let Subscription { p256dh, auth, .. } = &push.subscription;
    let key = PublicKey::from_sec1_bytes(p256dh).context("read the browser's key")?;
    let auth: [u8; 16] = auth.as_slice().try_into().context("read the browser's secret")?;
    encrypt(push.payload.clone().into_bytes(), &key, &Auth::from(auth))
        .map_err(|error| anyhow!("encrypt a push: {error}"))
}
