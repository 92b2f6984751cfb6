//! The cookie that bears a session's token. Behind TLS it goes by a name that browsers take only from this very host, over
//! TLS, and for all of its paths, so that neither a neighbouring host nor a network can plant another session over it. On plain
//! http there is no such name. What was set before the house had TLS stays good, for who has no other.
//!
//! A house under a path shares its host with other sites, from which no name keeps it apart: its cookies are for its path alone,
//! so that two houses on one host do not log each other's people out.

use super::reply::Reply;
use super::request::Request;
use crate::house::log_in::SESSION_LIFE_S;

const NAME: &str = "auction_session";
/// RFC 6265bis, 4.1.3.2: `Secure`, `Path=/`, no `Domain`.
const NAME_BEHIND_TLS: &str = "__Host-auction_session";
/// RFC 6265bis, 4.1.3.1: `Secure`, for any path.
const NAME_UNDER_A_PATH: &str = "__Secure-auction_session";

fn name_behind_tls(base: &str) -> &'static str {
    if base.is_empty() { NAME_BEHIND_TLS } else { NAME_UNDER_A_PATH }
}

/// The token among what `cookie` finds by name, of a house under `base`.
pub fn token(tls: bool, base: &str, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = |name| cookie(name).filter(|token| !token.is_empty());
    tls.then(|| named(name_behind_tls(base))).flatten().or_else(|| named(NAME))
}

/// `reply`, which leaves `token` in the browser.
pub fn keep(reply: Reply, request: &Request, token: &str) -> Reply {
    if !request.client.tls {
        return reply.with("Set-Cookie", cookie(request, NAME, token, SESSION_LIFE_S));
    }
    let kept =
        reply.with("Set-Cookie", cookie(request, name_behind_tls(&request.base), token, SESSION_LIFE_S));
    // Of another session, perhaps.
    kept.with("Set-Cookie", cookie(request, NAME, "", 0))
}

/// `reply`, after which the browser has no token.
pub fn end(reply: Reply, request: &Request) -> Reply {
    let ended = reply.with("Set-Cookie", cookie(request, NAME, "", 0));
    if request.client.tls {
        return ended.with("Set-Cookie", cookie(request, name_behind_tls(&request.base), "", 0));
    }
    ended
}

fn cookie(request: &Request, name: &str, value: &str, life_s: i64) -> String {
    let secure = if request.client.tls { "; Secure" } else { "" };
    let path = request.cookie_path();
    format!("{name}={value}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_tls_the_host_s_own_cookie_goes_first_and_an_older_one_stays_good() {
        let found = |tls, base, cookies: &[(&str, &str)]| {
            token(tls, base, |name| {
                cookies.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
            })
        };
        let (old, new) = ((NAME, "old"), (NAME_BEHIND_TLS, "new"));
        for (tls, cookies, expected) in [
            (true, &[old, new][..], Some("new")),
            (true, &[new], Some("new")),
            (true, &[old], Some("old")),
            (true, &[(NAME_BEHIND_TLS, ""), old], Some("old")),
            (false, &[old, new], Some("old")),
            (false, &[new], None),
            (false, &[], None),
        ] {
            assert_eq!(found(tls, "", cookies).as_deref(), expected, "{tls} {cookies:?}");
        }
        // What a house at the root of the host has set is not another's under a path.
        let of_path = (NAME_UNDER_A_PATH, "path's");
        assert_eq!(found(true, "/auction", &[new, of_path]).as_deref(), Some("path's"));
        assert_eq!(found(true, "/auction", &[new]), None);
        assert_eq!(found(true, "", &[of_path]), None);
    }
}
