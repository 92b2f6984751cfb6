//! Where the phones in a hall find the house: what a board shows, and what the server prints.

use super::app::App;
use super::request::Request;
use crate::gate::own_addresses::{http_address, reachable};
use crate::house::settings::Settings;
use crate::house::settings::public_url::is_loopback;
use std::net::SocketAddr;
use url::{Host, Url};

/// The addresses at which phones find a server that listens on `listens_on`, the likeliest first: `public_url` alone, if
/// it is set and [leads to more than this machine](is_loopback); else the machine's own. None if the server listens to
/// this machine alone.
pub fn phone_addresses(settings: &Settings, listens_on: SocketAddr) -> Vec<String> {
    match public_url(settings) {
        Some(address) => vec![address.to_owned()],
        None => reachable(listens_on).into_iter().map(http_address).collect(),
    }
}

/// The first of these; but where `public_url` does not say it, the address that this visitor used goes before the machine's
/// own, if phones can use it, too, as in a container or behind a proxy. If the server listens to this machine alone, the
/// one that this visitor used, which then leads to this machine.
pub fn phone_address(app: &App, request: &Request) -> String {
    let settings = app.settings();
    let visited = request.visited_address();
    if public_url(&settings).is_none() && leads_here_from_anywhere(&visited) {
        return visited;
    }
    phone_addresses(&settings, app.listens_on).into_iter().next().unwrap_or(visited)
}

fn public_url(settings: &Settings) -> Option<&str> {
    settings.public_url().filter(|address| !is_loopback(address))
}

/// Whether any machine finds the same house there: a bare name, or one that a network gives out itself, is known to few.
fn leads_here_from_anywhere(address: &str) -> bool {
    let host = Url::parse(address).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    let is_known = match host {
        Some(Host::Domain(name)) => name.contains('.') && !name.ends_with(".local"),
        Some(_) => true,
        None => false,
    };
    is_known && !is_loopback(address)
}

#[cfg(test)]
mod tests {
    use super::leads_here_from_anywhere;

    #[test]
    fn a_name_of_this_machine_alone_is_not_shown_to_phones() {
        for (address, expected) in [
            ("http://localhost:8080", false),
            ("http://127.0.0.1:8080", false),
            ("http://0.0.0.0:8080", false),
            ("http://laptop:8080", false),
            ("http://laptop.local:8080", false),
            ("http://192.168.1.5:8080", true),
            ("http://[2001:db8::7]:8080", true),
            ("https://auction.example.org", true),
        ] {
            assert_eq!(leads_here_from_anywhere(address), expected, "{address}");
        }
    }
}
