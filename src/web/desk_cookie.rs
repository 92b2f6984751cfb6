//! The cookie by which a browser holds a pass. It reaches the desk's pages and nothing else: its path is `/desk`. Behind
//! TLS its name can only be set over TLS; `__Host-` would need the path of the whole host.

use super::reply::Reply;
use super::set_cookie::CookieScope;
use crate::rules::desk::MAX_PASS_S;

const NAME: &str = "auction_desk";

fn name(scope: CookieScope<'_>) -> String {
    if scope.tls { format!("__Secure-{NAME}") } else { NAME.to_owned() }
}

/// Returns the token of the pass, where `cookie` finds it by name.
pub fn token(scope: CookieScope<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    cookie(&name(scope)).filter(|token| !token.is_empty())
}

/// Adds to `reply` the cookie that keeps the pass in the browser; the pass itself says when it ends.
pub fn keep(reply: Reply, scope: CookieScope<'_>, token: &str) -> Reply {
    reply.with("Set-Cookie", cookie(scope, token, MAX_PASS_S))
}

/// Adds to `reply` the cookie that takes the pass from the browser.
pub fn end(reply: Reply, scope: CookieScope<'_>) -> Reply {
    reply.with("Set-Cookie", cookie(scope, "", 0))
}

fn cookie(scope: CookieScope<'_>, value: &str, life_s: i64) -> String {
    let (name, secure) = (name(scope), if scope.tls { "; Secure" } else { "" });
    let path = format!("{}/desk", scope.base);
    format!("{name}={value}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_reaches_the_desk_only_and_behind_tls_needs_tls() {
        for (tls, base, name, path) in [
            (false, "", "auction_desk", "/desk"),
            (false, "/auction", "auction_desk", "/auction/desk"),
            (true, "", "__Secure-auction_desk", "/desk"),
            (true, "/auction", "__Secure-auction_desk", "/auction/desk"),
        ] {
            let scope = CookieScope { tls, base };
            let set = cookie(scope, "T", 60);
            assert!(
                set.starts_with(&format!("{name}=T; Path={path}; Max-Age=60; HttpOnly; SameSite=Lax")),
                "{set}"
            );
            assert_eq!(set.ends_with("; Secure"), tls, "{set}");
            let found = |sent: &'static str| token(scope, |asked| (asked == sent).then(|| "T".to_owned()));
            assert_eq!(found(name).as_deref(), Some("T"));
            let other = if tls { "auction_desk" } else { "__Secure-auction_desk" };
            assert_eq!(found(other), None, "one that a network could have planted");
        }
    }
}
