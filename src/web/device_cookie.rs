//! The cookie by which a browser is known again where somebody has logged in by it: who fails on their account from the same network
//! does not hold them up there. It logs nobody in. Behind TLS it goes by a name that only this very host can set.

use super::reply::Reply;
use super::request::Request;
use crate::store::sessions::DEVICE_LIFE_S;

const NAME: &str = "auction_device";
const NAME_BEHIND_TLS: &str = "__Host-auction_device";
/// As the session's cookie has it: `__Host-` asks for `Path=/`.
const NAME_UNDER_A_PATH: &str = "__Secure-auction_device";
/// 32 bytes in base64.
const TOKEN_CHARS: usize = 43;

/// The browser's token among what `cookie` finds by name, of a house under `base`.
pub fn token(tls: bool, base: &str, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    cookie(name(tls, base)).filter(|token| token.len() == TOKEN_CHARS && token.bytes().all(is_ours))
}

/// `reply`, which leaves `token` in the browser.
pub fn keep(reply: Reply, request: &Request, token: &str) -> Reply {
    let tls = request.client.tls;
    let (name, path) = (name(tls, &request.base), request.cookie_path());
    let secure = if tls { "; Secure" } else { "" };
    let cookie =
        format!("{name}={token}; Path={path}; Max-Age={DEVICE_LIFE_S}; HttpOnly; SameSite=Lax{secure}");
    reply.with("Set-Cookie", cookie)
}

fn name(tls: bool, base: &str) -> &'static str {
    match (tls, base.is_empty()) {
        (false, _) => NAME,
        (true, true) => NAME_BEHIND_TLS,
        (true, false) => NAME_UNDER_A_PATH,
    }
}
