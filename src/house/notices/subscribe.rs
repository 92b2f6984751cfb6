//! The browsers that a person is notified in: who may subscribe, with what, and how many.

use crate::house::settings::keys::PushPrivate;
use crate::house::{Answer, House};
use crate::rules::address::Reach;
use crate::rules::faults::Faults;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::store::push::{NewSubscription, Subscription};
use crate::store::sessions::TokenHash;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::IpAddr;
use url::{Host, Url};
use web_push_native::p256::PublicKey;

/// The most browsers of one person.
pub const MAX_SUBSCRIPTIONS: usize = 20;
/// The longest endpoint, in bytes.
const MAX_ENDPOINT: usize = 1_000;
const P256DH_BYTES: usize = 65;
const AUTH_BYTES: usize = 16;

/// What a browser sends to subscribe, as the Push API writes it: the keys in base64url.
#[derive(Clone, Debug)]
pub struct Subscribing {
    pub endpoint: String,
    pub p256dh: String,
    pub auth: String,
}

impl PushPrivate {
    /// Whether a push may go to this address.
    pub fn allows(self, is_https: bool, address: IpAddr) -> bool {
        match (Reach::of(address), is_https) {
            (Reach::Public, is_https) => is_https,
            (Reach::Loopback, false) => self != PushPrivate::No,
            (Reach::Loopback | Reach::Private, true) => self == PushPrivate::Yes,
            (Reach::Private, false) => false,
        }
    }
}

impl House {
    /// Has a person notified in the browser that this came from, in this session; returns whether it was not so
    /// before. It ends with that session, unless the session only expires. A browser that another person had subscribed
    /// is this one's from now on.
    ///
    /// Refuses `invalid`, also while the house sends no pushes, and `not_allowed` beyond [`MAX_SUBSCRIPTIONS`].
    pub fn subscribe(
        &self,
        account: AccountId,
        session: TokenHash,
        subscribing: &Subscribing,
    ) -> Answer<bool> {
        let settings = self.settings()?;
        if !settings.push {
            return Err(Refusal::invalid("endpoint", "The house notifies nobody in browsers.").into());
        }
        let new = subscribing.read(settings.push_private)?;
        self.write(move |tx| {
            let held = tx.push_subscriptions_of(account)?;
            let is_new = !held.iter().any(|held| held.endpoint == new.endpoint);
            if is_new && held.len() >= MAX_SUBSCRIPTIONS {
                return Err(Refusal::TooMany { most: MAX_SUBSCRIPTIONS as i64 }.into());
            }
            tx.subscribe_to_push(account, &session, &new)?;
            Ok(is_new)
        })
    }

    /// Notifies a person no longer in the browser with this endpoint; one that is not theirs changes nothing.
    pub fn unsubscribe(&self, account: AccountId, endpoint: &str) -> Answer<()> {
        let endpoint = endpoint.to_owned();
        self.write(move |tx| Ok(tx.unsubscribe_from_push(account, &endpoint)?))
    }

    /// The browsers that a person is notified in, the oldest first.
    pub fn subscriptions(&self, account: AccountId) -> Result<Vec<Subscription>> {
        self.read(|snapshot| snapshot.push_subscriptions_of(account))
    }
}

impl Subscribing {
    /// Reads the keys, and checks that the endpoint is one that the house may send to as far as its text shows; a name is
    /// looked up when something is sent. Refuses `invalid`.
    fn read(&self, private: PushPrivate) -> Result<NewSubscription, Refusal> {
        let mut faults = Faults::default();
        if let Err(words) = check_endpoint(&self.endpoint, private) {
            faults.add("endpoint", words);
        }
        let p256dh =
            decoded(&self.p256dh, P256DH_BYTES).filter(|key| PublicKey::from_sec1_bytes(key).is_ok());
        if p256dh.is_none() {
            faults.add("keys.p256dh", "The base64url of an uncompressed point of P-256: 65 bytes.");
        }
        let auth = decoded(&self.auth, AUTH_BYTES);
        if auth.is_none() {
            faults.add("keys.auth", "The base64url of 16 bytes.");
        }
        faults.done()?;
        let (p256dh, auth) = (p256dh.unwrap_or_default(), auth.unwrap_or_default());
        Ok(NewSubscription { endpoint: self.endpoint.clone(), p256dh, auth })
    }
}

fn decoded(text: &str, n_bytes: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().filter(|bytes| bytes.len() == n_bytes)
}

fn check_endpoint(endpoint: &str, private: PushPrivate) -> Result<(), &'static str> {
    if endpoint.len() > MAX_ENDPOINT {
        return Err("At most 1000 characters.");
    }
    let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none() && endpoint.is_ascii());
    let Some(url) = url else {
        return Err("The https address that the browser's push service gave it.");
    };
    let is_https = url.scheme() == "https";
    let address = match url.host() {
        Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
        Some(Host::Domain("localhost")) => Some(IpAddr::from([127, 0, 0, 1])),
        Some(Host::Domain(_)) => None,
        None => return Err("An address with a host."),
    };
    match address {
        Some(address) if private.allows(is_https, address) => Ok(()),
        Some(address) if is_https && Reach::of(address) != Reach::Public => {
            Err("The house sends nothing to private addresses.")
        }
        None if is_https => Ok(()),
        Some(_) | None => Err("An https address."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_and_http_on_this_machine_alone() {
        use PushPrivate::{Loopback, No, Yes};
        let most = format!("https://push.example.org/{}", "x".repeat(MAX_ENDPOINT - 25));
        for (endpoint, allowed) in [
            ("https://push.example.org/x", &[No, Loopback, Yes][..]),
            (&most, &[No, Loopback, Yes]),
            ("https://8.8.8.8/x", &[No, Loopback, Yes]),
            ("http://127.0.0.1:9/x", &[Loopback, Yes]),
            ("http://[::1]:9/x", &[Loopback, Yes]),
            ("http://localhost:9/x", &[Loopback, Yes]),
            ("https://localhost/x", &[Yes]),
            ("https://127.0.0.1/x", &[Yes]),
            ("https://192.168.1.9/x", &[Yes]),
            ("https://0x7f.1/x", &[Yes]),
            ("https://[::ffff:10.0.0.1]/x", &[Yes]),
            ("http://192.168.1.9/x", &[]),
            ("http://push.example.org/x", &[]),
            ("http://8.8.8.8/x", &[]),
            ("http://0.0.0.0/x", &[]),
            ("ftp://127.0.0.1/x", &[]),
            ("https://bob:hush@push.example.org/x", &[]),
            ("push.example.org", &[]),
            ("", &[]),
            (&format!("{most}x"), &[]),
        ] {
            for private in [No, Loopback, Yes] {
                let is_good = check_endpoint(endpoint, private).is_ok();
                assert_eq!(is_good, allowed.contains(&private), "{endpoint} {private:?}");
            }
        }
    }
}
