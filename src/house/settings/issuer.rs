//! `oidc_issuer`: the provider of the single sign-on, by the address that it gives itself.

use super::public_url::is_loopback;
use url::Url;

const MAX_BYTES: usize = 200;

/// Checks the address of an issuer; it is kept to the letter, for the provider's own must be the same. Returns why it is
/// not valid.
pub(super) fn check(text: &str) -> Result<(), String> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && text.contains("://"));
    let Some(url) = url else {
        return Err("none, or an address such as https://login.example.org.".into());
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(text));
    if !is_safe {
        return Err("An https:// address; http:// on this machine alone.".into());
    }
    let is_bare = url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err("An address without a user name, a query (?) or a fragment (#).".into());
    }
    let is_plain = text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
    if is_plain { Ok(()) } else { Err(format!("At most {MAX_BYTES} characters, without spaces.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_by_tls_or_on_this_machine() {
        for good in [
            "https://login.example.org",
            "https://login.example.org/",
            "https://login.example.org/realms/club",
            "http://127.0.0.1:8080",
            "http://localhost:3000/oidc",
            "http://[::1]:3000",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "login.example.org",
            "http://login.example.org",
            "ftp://login.example.org",
            "https://login.example.org?x=1",
            "https://login.example.org/#a",
            "https://ann:p@login.example.org",
            "https://login.example.org/a b",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
