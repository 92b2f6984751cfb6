//! The cookie that holds a session's token. Behind TLS it has a name that browsers accept only from this host, over TLS
//! and for all of its paths, so that neither a neighbouring host nor a network can plant another session over it. Plain
//! http has no such name. A cookie from before the house had TLS stays valid if it is the only one.
//!
//! A house under a path shares its host with other sites, and no name separates it from them: its cookies are for its
//! path alone, so that two houses on one host do not log each other's people out.

use super::reply::Reply;
use super::set_cookie::CookieScope;
use crate::house::people::log_in::SESSION_LIFE_S;

const NAME: &str = "auction_session";

/// Returns the session's token, where `cookie` finds one by name.
pub fn token(scope: CookieScope<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = |name: &str| cookie(name).filter(|token| !token.is_empty());
    named(&scope.name(NAME)).or_else(|| named(NAME))
}

/// Adds to `reply` the cookie that keeps `token` in the browser.
pub fn keep(reply: Reply, scope: CookieScope<'_>, token: &str) -> Reply {
    let kept = reply.with("Set-Cookie", scope.cookie(&scope.name(NAME), token, SESSION_LIFE_S));
    // The old name may hold another session.
    if scope.tls { kept.with("Set-Cookie", scope.cookie(NAME, "", 0)) } else { kept }
}

/// Adds to `reply` the cookies that remove the token from the browser.
pub fn end(reply: Reply, scope: CookieScope<'_>) -> Reply {
    let ended = reply.with("Set-Cookie", scope.cookie(NAME, "", 0));
    if scope.tls { ended.with("Set-Cookie", scope.cookie(&scope.name(NAME), "", 0)) } else { ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_tls_the_host_s_own_cookie_goes_first_and_an_older_one_stays_good() {
        let found = |tls, base, cookies: &[(&str, &str)]| {
            token(CookieScope { tls, base }, |name| {
                cookies.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
            })
        };
        let (old, new) = ((NAME, "old"), ("__Host-auction_session", "new"));
        for (tls, cookies, expected) in [
            (true, &[old, new][..], Some("new")),
            (true, &[new], Some("new")),
            (true, &[old], Some("old")),
            (true, &[("__Host-auction_session", ""), old], Some("old")),
            (false, &[old, new], Some("old")),
            (false, &[new], None),
            (false, &[], None),
        ] {
            assert_eq!(found(tls, "", cookies).as_deref(), expected, "{tls} {cookies:?}");
        }
        // What a house at the root of the host has set is not another's under a path.
        let of_path = ("__Secure-auction_session", "path's");
        assert_eq!(found(true, "/auction", &[new, of_path]).as_deref(), Some("path's"));
        assert_eq!(found(true, "/auction", &[new]), None);
        assert_eq!(found(true, "", &[of_path]), None);
    }
}
