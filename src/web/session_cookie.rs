//! The cookie that bears a session's token. Behind TLS it goes by a name that browsers take only from this very host, over
//! TLS, and for all of its paths, so that neither a neighbouring host nor a network can plant another session over it. On plain
//! http there is no such name. What was set before the house had TLS stays good, for who has no other.
//!
//! A house under a path shares its host with other sites, from which no name keeps it apart: its cookies are for its
//! path alone, so that two houses on one host do not log each other's people out.

use super::reply::Reply;
use super::set_cookie::Way;
use crate::house::people::log_in::SESSION_LIFE_S;

const NAME: &str = "auction_session";

/// The token among what `cookie` finds by name.
pub fn token(way: Way<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = |name: &str| cookie(name).filter(|token| !token.is_empty());
    named(&way.name(NAME)).or_else(|| named(NAME))
}

/// `reply`, which leaves `token` in the browser.
pub fn keep(reply: Reply, way: Way<'_>, token: &str) -> Reply {
    let kept = reply.with("Set-Cookie", way.cookie(&way.name(NAME), token, SESSION_LIFE_S));
    // Of another session, perhaps.
    if way.tls { kept.with("Set-Cookie", way.cookie(NAME, "", 0)) } else { kept }
}

/// `reply`, after which the browser has no token.
pub fn end(reply: Reply, way: Way<'_>) -> Reply {
    let ended = reply.with("Set-Cookie", way.cookie(NAME, "", 0));
    if way.tls { ended.with("Set-Cookie", way.cookie(&way.name(NAME), "", 0)) } else { ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_tls_the_host_s_own_cookie_goes_first_and_an_older_one_stays_good() {
        let found = |tls, base, cookies: &[(&str, &str)]| {
            token(Way { tls, base }, |name| {
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
