//! The cookie by which a browser is recognised where somebody has logged in with it: failed log-ins of others in the
//! same network then do not hold its owner up. It logs nobody in. Behind TLS it has a name that only this host can set.

use super::reply::Reply;
use super::set_cookie::CookieScope;
use crate::store::sessions::DEVICE_LIFE_S;

const NAME: &str = "auction_device";
/// 32 bytes in base64.
const TOKEN_CHARS: usize = 43;

/// Returns the browser's token, where `cookie` finds a valid one by name.
pub fn token(scope: CookieScope<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    cookie(&scope.name(NAME)).filter(|token| token.len() == TOKEN_CHARS && token.bytes().all(is_ours))
}

/// Adds to `reply` the cookie that keeps `token` in the browser.
pub fn keep(reply: Reply, scope: CookieScope<'_>, token: &str) -> Reply {
    reply.with("Set-Cookie", scope.cookie(&scope.name(NAME), token, DEVICE_LIFE_S))
}
