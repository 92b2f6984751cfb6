//! `public_url`: the address at which people find the house. Every link in a mail or on paper begins with it; its path,
//! if any, is where the house lies on its host.

use crate::house::House;
use crate::scheduler::Finding;
use anyhow::Result;
use url::{Host, Url};

/// The longest address: a printed code stays readable.
const MAX_BYTES: usize = 200;

/// The first segments of the house's own paths. If `public_url` began its path with one of them, the two could not be
/// told apart once a proxy strips the prefix.
pub const OWN: [&str; 31] = [
    "about",
    "account",
    "api",
    "assets",
    "board",
    "contact",
    "desk",
    "events",
    "favicon.ico",
    "forgotten",
    "healthz",
    "help",
    "invitation",
    "join",
    "listings",
    "login",
    "logo",
    "logout",
    "metrics",
    "offline",
    "payment",
    "pickup",
    "pictures",
    "privacy",
    "readyz",
    "reset",
    "robots.txt",
    "sales",
    "sw.js",
    "terms",
    "verify",
];

/// Returns the stored form of an address, without a slash at its end, or why it is not valid.
pub fn normal(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let Some(url) = url.filter(|_| text.contains("://")) else {
        return Err(
            "none, or an address such as https://auction.example.org or https://example.org/auction.".into(),
        );
    };
    let is_bare = url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err("An address without a user name, a query (?) or a fragment (#).".into());
    }
    let path = url.path().trim_end_matches('/');
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    if !path.is_empty() && !path[1..].split('/').all(is_plain) {
        return Err("Its path may have letters, digits and -._~, and single slashes between.".into());
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    if OWN.contains(&first) {
        return Err(format!("Its path may not begin with /{first}: the house has pages of its own there."));
    }
    let address = format!("{}{path}", url.origin().ascii_serialization());
    let fits = address.len() <= MAX_BYTES;
    fits.then_some(address).ok_or_else(|| format!("At most {MAX_BYTES} characters."))
}

/// The path of an address, without a slash at its end: `/auction`, or an empty string.
pub fn path(address: &str) -> &str {
    let behind_scheme = address.split_once("://").map_or("", |(_, rest)| rest);
    behind_scheme.find('/').map_or("", |at| behind_scheme[at..].trim_end_matches('/'))
}

/// Whether an address leads to the very machine that opens it, so that it finds this house from this machine only.
pub fn is_loopback(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return true };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
        None => true,
    }
}

impl House {
    /// Checks `public_url`. The finding does not quote the address, because a report goes to strangers.
    pub(in crate::house) fn check_public_url(&self) -> Result<Finding> {
        const NAME: &str = "public_url";
        let settings = self.settings()?;
        let Some(address) = settings.public_url() else {
            let words = "none: mails have no links but those that were asked for, which lead to where the server listens, and printed \
                         codes lead where their visitor came from";
            return Ok(Finding::advice(NAME, words, "`auction house set public_url https://…`"));
        };
        Ok(match normal(address) {
            Err(words) => Finding::bad(NAME, words, "`auction house set public_url https://…`"),
            Ok(_) if is_loopback(address) => Finding::advice(
                NAME,
                "links in mails and printed codes lead to this machine alone",
                "set it to the address that people open, once they do",
            ),
            Ok(address) if address.starts_with("http:") => {
                let words = "plain http: passwords and bids can be read on their way";
                Finding::advice(NAME, words, "put nginx or Caddy with TLS in front, and set it to https://…")
            }
            Ok(_) => Finding::good(NAME, "links in mails and printed codes lead to it, by https"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_its_last_slash() {
        for (text, kept, path_of_it) in [
            ("https://auction.example.org", "https://auction.example.org", ""),
            ("https://auction.example.org/", "https://auction.example.org", ""),
            ("http://localhost:8080", "http://localhost:8080", ""),
            ("https://Example.org:443/Auction/", "https://example.org/Auction", "/Auction"),
            ("https://example.org/a/b-c.d_~1", "https://example.org/a/b-c.d_~1", "/a/b-c.d_~1"),
            ("http://[2001:db8::1]:8080/auction", "http://[2001:db8::1]:8080/auction", "/auction"),
            ("https://example.org/listings2", "https://example.org/listings2", "/listings2"),
            ("https://경매.example/auction", "https://xn--289al3w.example/auction", "/auction"),
        ] {
            assert_eq!(normal(text).as_deref(), Ok(kept), "{text}");
            assert_eq!(path(kept), path_of_it);
        }
    }

    #[test]
    fn what_is_no_address_of_a_house_is_refused() {
        let long = format!("https://example.org/{}", "a".repeat(MAX_BYTES));
        for text in [
            "",
            "example.org",
            "//example.org",
            "https:example.org",
            "https://",
            "ftp://example.org",
            "mailto:ann@example.org",
            "https://ann:secret@example.org",
            "https://example.org?x=1",
            "https://example.org/#top",
            "https://example.org/auction?x",
            "https://example.org//auction",
            "https://example.org/a//b",
            "https://example.org/a b",
            "https://example.org/경매",
            "https://example.org/a%2fb",
            "https://example.org/\"onload=x",
            "https://example.org/listings",
            "https://example.org/api/auction",
            "https://exa mple.org",
            "https://example.org:99999",
            &long,
        ] {
            assert!(normal(text).is_err(), "{text}: {:?}", normal(text));
        }
    }

    #[test]
    fn an_address_of_this_machine_alone_is_known() {
        for (address, expected) in [
            ("http://localhost:8080", true),
            ("http://house.localhost/x", true),
            ("http://127.0.0.1:8080/listings/5", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://0.0.0.0:8080", true),
            ("http://192.168.1.5:8080", false),
            ("http://house.local", false),
            ("https://localhost.example.org", false),
            ("https://auction.example.org", false),
        ] {
            assert_eq!(is_loopback(address), expected, "{address}");
        }
    }
}
