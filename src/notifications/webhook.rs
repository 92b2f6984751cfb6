//! The webhook: a POST of JSON, signed as <https://www.standardwebhooks.com> specifies. The signature shows its
//! receiver that the house sent it; the timestamp, that nobody replays it; the id, that the house sends it again.

use crate::house::notices::outbox::Trouble;
use crate::notifications::config::{Secret, WebhookSettings};
use crate::rules::time::Time;
use crate::store::outbox::Delivery;
use anyhow::{Result, anyhow, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// From the name of the host to the status of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
const MIN_SECRET_BYTES: usize = 16;

/// Posts deliveries to one address.
pub struct Webhook {
    agent: ureq::Agent,
    url: Secret,
    key: Vec<u8>,
}

impl Webhook {
    /// The secret is `whsec_` and base64, or a text taken as it is; at least 16 bytes. Connects to nobody yet.
    pub fn of(WebhookSettings { url, secret }: &WebhookSettings) -> Result<Webhook> {
        let wrong = || anyhow!("webhook_url must be an https:// or http:// address");
        let parsed: ureq::http::Uri = url.bare().parse().map_err(|_| wrong())?;
        ensure!(matches!(parsed.scheme_str(), Some("https" | "http")) && parsed.host().is_some(), wrong());
        let key = match secret.bare().strip_prefix("whsec_") {
            Some(coded) => {
                STANDARD.decode(coded).map_err(|_| anyhow!("webhook_secret must be base64 after whsec_"))?
            }
            None => secret.bare().as_bytes().to_vec(),
        };
        ensure!(key.len() >= MIN_SECRET_BYTES, "webhook_secret must have at least {MIN_SECRET_BYTES} bytes");
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .user_agent(concat!("auction/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Webhook { agent: agent.into(), url: url.clone(), key })
    }

    /// Posts a delivery. Any answer but 2xx is refused with [`Trouble::Later`]; a redirect is not followed.
    pub fn post(&self, delivery: &Delivery, now: Time) -> Result<(), Trouble> {
        let timestamp = (now.0 / 1_000).to_string();
        let request = self
            .agent
            .post(self.url.bare())
            .header("Content-Type", "application/json")
            .header("webhook-id", &delivery.key)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", self.sign(&delivery.key, &timestamp, &delivery.body));
        match request.send(&delivery.body) {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(Trouble::Later(format!("the webhook answers {}", answer.status()))),
            Err(error) => Err(Trouble::Unreached(self.words(&error))),
        }
    }

    /// HMAC-SHA256 of id, timestamp and body, joined by full stops.
    fn sign(&self, id: &str, timestamp: &str, body: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        let mac = mac.chain_update(format!("{id}.{timestamp}.{body}"));
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// The error without the address, which may be a secret.
    fn words(&self, error: &ureq::Error) -> String {
        format!("the webhook: {error}").replace(self.url.bare(), "its address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example.
    #[test]
    fn a_signature_is_as_others_make_it() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let webhook =
            Webhook::of(&WebhookSettings { url: Secret::new("http://localhost/"), secret }).unwrap();
        let signature = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
