//! The cookie by which a browser is known again where somebody has logged in by it: who fails on their account from the
//! same network does not hold them up there. It logs nobody in. Behind TLS it goes by a name that only this very host
//! can set.

use super::reply::Reply;
use super::set_cookie::Way;
use crate::store::sessions::DEVICE_LIFE_S;

const NAME: &str = "auction_device";
/// 32 bytes in base64.
const TOKEN_CHARS: usize = 43;

/// The browser's token among what `cookie` finds by name.
pub fn token(way: Way<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    cookie(&way.name(NAME)).filter(|token| token.len() == TOKEN_CHARS && token.bytes().all(is_ours))
}

/// `reply`, which leaves `token` in the browser.
pub fn keep(reply: Reply, way: Way<'_>, token: &str) -> Reply {
    reply.with("Set-Cookie", way.cookie(&way.name(NAME), token, DEVICE_LIFE_S))
}
