//! The cookie by which a browser is known again where somebody has logged in by it: who fails on their account from the same network
//! does not hold them up there. It logs nobody in. Behind TLS it goes by a name that only this very host can set.

use super::reply::Reply;
use super::request::Request;
use crate::store::sessions::DEVICE_LIFE_S;

const NAME: &str = "auction_device";
const NAME_BEHIND_TLS: &str = "__Host-auction_device";
/// 32 bytes in base64.
const TOKEN_CHARS: usize = 43;

/// The browser's token among what `cookie` finds by name.
pub fn token(tls: bool, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    cookie(name(tls)).filter(|token| token.len() == TOKEN_CHARS && token.bytes().all(is_ours))
}

/// `reply`, which leaves `token` in the browser.
pub fn keep(reply: Reply, request: &Request, token: &str) -> Reply {
    let tls = request.client.tls;
    let secure = if tls { "; Secure" } else { "" };
    let cookie =
        format!("{}={token}; Path=/; Max-Age={DEVICE_LIFE_S}; HttpOnly; SameSite=Lax{secure}", name(tls));
    reply.with("Set-Cookie", cookie)
}

fn name(tls: bool) -> &'static str {
    if tls { NAME_BEHIND_TLS } else { NAME }
}
