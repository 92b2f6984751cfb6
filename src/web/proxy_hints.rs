//! Explains in the log why a form from another origin than its host was refused. Usually a proxy in front does not pass
//! on the visitor's host, and the hint names the line that its configuration lacks.
//!
//! Anybody can have a form refused. So a pair of origin and host is named once a minute, only a few pairs are named in
//! that time, and only their scheme, host and port are written: no secret, and no line that a stranger made up.

use crate::gate::forwarded::Client;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

const EVERY: Duration = Duration::from_secs(60);
/// The most pairs that are named in that time.
const MAX_PAIRS: usize = 16;
/// The most characters of an origin or a host that are shown.
const MAX_SHOWN: usize = 100;

/// The pairs that were named lately.
#[derive(Default)]
pub struct ProxyHints {
    named: Mutex<HashMap<(String, String), Instant>>,
}

impl ProxyHints {
    /// Logs a hint about a form whose `Origin` and `Host` differ.
    pub fn tell(&self, origin: &str, host: &str, client: Client) {
        let (origin, host) = (shown(origin), shown(&format!("http://{host}")));
        let host = host.strip_prefix("http://").unwrap_or(&host).to_owned();
        if self.is_due((origin.clone(), host.clone()), Instant::now()) {
            let (scheme, client) = (if client.tls { "https" } else { "http" }, client.address);
            tracing::warn!(%origin, %host, scheme, %client, "a form was refused: {}", words(client));
        }
    }

    fn is_due(&self, pair: (String, String), now: Instant) -> bool {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.retain(|_, at| now.duration_since(*at) < EVERY);
        if named.len() >= MAX_PAIRS || named.contains_key(&pair) {
            return false;
        }
        named.insert(pair, now);
        true
    }
}

/// Says what to do. An address is suggested as the proxy's only if it is local, because a stranger may have sent the
/// form.
fn words(client: IpAddr) -> String {
    let is_near = match client {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    };
    let proxy = if is_near { client.to_string() } else { "ADDRESS".to_owned() };
    format!(
        "its page's origin is not the Host that arrived here. If the origin is this house's, the proxy in front changes the Host. \
         nginx: `proxy_set_header Host $http_host;` and `proxy_set_header X-Forwarded-Proto $scheme;`; Caddy sends both by \
         itself. Then name the proxy: `auction serve --trusted-proxy {proxy}`. `auction house set public_url https://…` has the \
         house know its own forms whatever the Host"
    )
}

/// Returns the scheme, host and port of what was sent, and nothing else.
fn shown(sent: &str) -> String {
    let origin = Url::parse(sent).ok().map(|url| url.origin()).filter(|origin| origin.is_tuple());
    let text = origin.map_or("null".to_owned(), |origin| origin.ascii_serialization());
    text.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_was_sent_only_an_address_is_shown() {
        let long = format!("https://{}.example", "a".repeat(300));
        for (sent, expected) in [
            ("https://auction.example.org", "https://auction.example.org"),
            ("https://auction.example.org:8443", "https://auction.example.org:8443"),
            ("https://ann:secret@auction.example.org/x?token=secret#secret", "https://auction.example.org"),
            ("http://h\r\nERROR forged", "null"),
            ("http://h\u{1b}[31m", "null"),
            ("null", "null"),
            ("", "null"),
            ("http://", "null"),
            ("file:///etc/passwd", "null"),
        ] {
            assert_eq!(shown(sent), expected, "{sent:?}");
        }
        assert!(shown(&long).len() <= MAX_SHOWN);
    }

    #[test]
    fn a_pair_is_named_once_a_minute_and_of_many_a_few() {
        let hints = ProxyHints::default();
        let pair = |n: usize| (format!("https://{n}.example"), "h".to_owned());
        let now = Instant::now();
        assert!(hints.is_due(pair(0), now) && !hints.is_due(pair(0), now));
        let n_named = (0..1_000).filter(|n| hints.is_due(pair(*n), now)).count();
        assert_eq!(n_named, MAX_PAIRS - 1);
        assert!(!hints.is_due(pair(0), now + EVERY / 2));
        assert!(hints.is_due(pair(0), now + EVERY));
    }

    #[test]
    fn a_stranger_is_not_proposed_as_a_proxy() {
        for (client, proposed) in [
            ("127.0.0.1", "--trusted-proxy 127.0.0.1`"),
            ("172.17.0.1", "--trusted-proxy 172.17.0.1`"),
            ("fd00::1", "--trusted-proxy fd00::1`"),
            ("203.0.113.7", "--trusted-proxy ADDRESS`"),
            ("2001:db8::1", "--trusted-proxy ADDRESS`"),
        ] {
            assert!(words(client.parse().unwrap()).contains(proposed), "{client}");
        }
    }
}
