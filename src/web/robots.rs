//! `/robots.txt`: programs that read the web may read the pages that everybody may, and nothing that is somebody's own,
//! stays open for ever, or is for other programs.

use crate::web::app::App;
use crate::web::assets::ASK_AGAIN;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The beginnings of the paths that robots leave alone.
const CLOSED: [&str; 15] = [
    "/account",
    "/api/",
    "/desk",
    "/events",
    "/forgotten",
    "/healthz",
    "/invitation",
    "/join",
    "/listings/new",
    "/login",
    "/logout",
    "/metrics",
    "/readyz",
    "/reset",
    "/verify",
];

/// Shows the file. Robots read it at the root of a host; of a house below a path, it has the whole paths, for the proxy to
/// serve it there.
pub fn show(_: &App, request: &Request) -> Outcome<Reply> {
    let reply = Reply::new(200, "text/plain; charset=utf-8", text(&request.base).into_bytes());
    Ok(reply.with("Cache-Control", ASK_AGAIN))
}

fn text(base: &str) -> String {
    let closed: String = CLOSED.iter().map(|path| format!("Disallow: {base}{path}\n")).collect();
    format!("User-agent: *\n{closed}Allow: {base}/\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_may_read_pages_and_nothing_of_a_person() {
        let text = text("/auction");
        assert!(text.starts_with("User-agent: *\nDisallow: /auction/account\n"), "{text}");
        assert!(text.ends_with("Disallow: /auction/verify\nAllow: /auction/\n"), "{text}");
    }
}
