//! The same-origin check: a write that a browser sends with the session's cookie must come from a page of this house.

use super::problem::{Outcome, Problem};
use super::request::{Method, Request};

/// Refuses `forbidden` for a write from elsewhere. `Sec-Fetch-Site` decides where there is one, else `Origin`; a write that
/// bears the cookie and names neither is refused, too. A bearer token is no browser's doing, and passes.
pub fn check(request: &Request) -> Outcome<()> {
    let by_bearer = request.token.as_ref().is_some_and(|token| !token.by_cookie);
    if request.method == Method::Get || by_bearer {
        return Ok(());
    }
    let own = match (&request.fetch_site, &request.origin) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_own(origin, request.host.as_deref()),
        (None, None) => request.token.is_none(),
    };
    own.then_some(())
        .ok_or_else(|| Problem::new("forbidden", "This request did not come from a page of this house."))
}

/// Whether `origin` (`http://host:port`) names the host that was asked.
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match (authority, host) {
        (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
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
        ] {
            assert_eq!(is_own(origin, Some(host)), own, "{origin} at {host}");
        }
    }
}
