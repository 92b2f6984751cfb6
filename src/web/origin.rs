//! The check against forged writes: a write that a browser sends with the session's cookie must come from a page of
//! this house.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::request::{Method, Request};
use crate::house::settings::public_url;

/// Refuses `forbidden` for a write from another site. `Sec-Fetch-Site` decides if it is sent, otherwise `Origin`, which
/// must name the requested host or the host of `public_url`. A write with the session's cookie and neither header is
/// refused, too. A request with a bearer token passes, because no browser adds one by itself.
pub fn check(app: &App, request: &Request) -> Outcome<()> {
    const WORDS: &str = "This request did not come from a page of this house.";
    let by_bearer = request.token.as_ref().is_some_and(|token| !token.by_cookie);
    if request.method == Method::Get || by_bearer {
        return Ok(());
    }
    let own = match (&request.fetch_site, &request.origin) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let own = is_own(origin, request.host.as_deref())
                || app.settings().public_url().is_some_and(|address| is_of(origin, address));
            if !own {
                app.proxy_hints.tell(origin, request.host.as_deref().unwrap_or_default(), request.client);
                let words = format!(
                    "{WORDS} Its Origin is not its Host: the proxy in front of the house may change that."
                );
                return Err(Problem::new("forbidden", words).because("other_origin"));
            }
            own
        }
        (None, None) => request.token.is_none(),
    };
    own.then_some(()).ok_or_else(|| Problem::new("forbidden", WORDS))
}

/// Whether `origin` (`http://host:port`) names the requested host, with or without its scheme's usual port.
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let (authority, port) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(authority), _) => (authority, ":443"),
        (_, Some(authority)) => (authority, ":80"),
        _ => return false,
    };
    let bare = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    host.is_some_and(|host| !authority.is_empty() && bare(authority) == bare(host))
}

/// Whether `origin` is the origin of this address.
fn is_of(origin: &str, address: &str) -> bool {
    let bare = address.strip_suffix(public_url::path(address)).unwrap_or(address);
    bare.eq_ignore_ascii_case(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_own_only_when_host_and_port_agree() {
        for (origin, host, own) in [
            ("http://lots.example:8080", "lots.example:8080", true),
            ("https://Lots.example", "lots.example", true),
            ("http://lots.example:8081", "lots.example:8080", false),
            ("http://lots.example.evil", "lots.example", false),
            ("null", "lots.example", false),
            ("lots.example", "lots.example", false),
            ("https://lots.example", "lots.example:443", true),
            ("http://lots.example:80", "lots.example", true),
            ("https://lots.example", "lots.example:80", false),
            ("https://lots.example:8443", "lots.example", false),
            ("http://", "", false),
        ] {
            assert_eq!(is_own(origin, Some(host)), own, "{origin} at {host}");
        }
    }

    #[test]
    fn an_origin_is_the_public_address_s_with_or_without_a_path() {
        for (origin, address, expected) in [
            ("https://example.org", "https://example.org", true),
            ("https://example.org", "https://example.org/auction", true),
            ("https://example.org:8443", "https://example.org:8443/auction", true),
            ("http://example.org", "https://example.org", false),
            ("https://example.org.evil", "https://example.org", false),
            ("https://example.org/auction", "https://example.org/auction", false),
            ("null", "https://example.org", false),
            ("", "https://example.org", false),
        ] {
            assert_eq!(is_of(origin, address), expected, "{origin} of {address}");
        }
    }
}
