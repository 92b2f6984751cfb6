//! Where the phones in a hall find the house: what a board shows.

use super::app::App;
use super::request::Request;
use crate::gate::own_addresses::{http_address, reachable};
use crate::house::settings::public_url::is_loopback;
use url::{Host, Url};

/// The address of the house for phones: `public_url`; else the one that this visitor used, if phones can use it, too,
/// as in a container or behind a proxy; else the machine's own. If the server listens to this machine alone, the one that
/// this visitor used, which then [leads to this machine](is_loopback).
pub fn phone_address(app: &App, request: &Request) -> String {
    let settings = app.settings();
    let address = request.public_address(&settings);
    if settings.public_url().is_some() || leads_here_from_anywhere(&address) {
        return address;
    }
    reachable(app.listens_on).first().map_or(address, |own| http_address(*own))
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
