//! Finds out whose request it is: the peer's or, if the peer is a trusted proxy, that of the client whom the proxy
//! names. The `X-Forwarded-For` of anybody else is never believed.

use super::network::{Network, any_contains};
use std::net::IpAddr;

/// The client, as the web layer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// A trusted proxy says that the client uses HTTPS.
    pub tls: bool,
}

/// Returns the rightmost address that is not a trusted proxy's: those right of it are proxies, those left of it
/// hearsay.
pub fn client(peer: IpAddr, trusted: &[Network], headers: &[httparse::Header]) -> Client {
    if !any_contains(trusted, peer) {
        return Client { address: peer, tls: false };
    }
    let mut address = peer;
    for text in named(headers, "X-Forwarded-For").rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
        let Some(hop) = parse(text) else { break };
        address = hop;
        if !any_contains(trusted, hop) {
            break;
        }
    }
    let proto = named(headers, "X-Forwarded-Proto").next_back();
    let nearest = proto.and_then(|value| value.rsplit(|byte| *byte == b',').next());
    Client { address, tls: nearest.is_some_and(|proto| proto.trim_ascii().eq_ignore_ascii_case(b"https")) }
}

fn named<'a>(
    headers: &'a [httparse::Header],
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'a [u8]> + use<'a> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// Reads an address, also with a port or in brackets, as proxies write it.
fn parse(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(bare, _)| bare);
    let parsed: Option<IpAddr> = bare.parse().ok();
    let parsed = parsed.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|with_port| with_port.ip()));
    parsed.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::super::network::Network;
    use super::client;

    fn address_of(peer: &str, forwarded: &[&str]) -> String {
        let trusted: [Network; 3] =
            ["10.0.0.1", "10.0.0.2", "172.16.0.0/12"].map(|text| text.parse().unwrap());
        let headers: Vec<_> = forwarded
            .iter()
            .map(|value| httparse::Header { name: "x-forwarded-for", value: value.as_bytes() })
            .collect();
        client(peer.parse().unwrap(), &trusted, &headers).address.to_string()
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_clients() {
        for (peer, forwarded, expected) in [
            ("1.2.3.4", &["9.9.9.9"][..], "1.2.3.4"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", &["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", &["6.6.6.6, 9.9.9.9, 10.0.0.2"], "9.9.9.9"),
            ("10.0.0.1", &["6.6.6.6", "9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", &["9.9.9.9:4711"], "9.9.9.9"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["9.9.9.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["9.9.9.9, unknown, 10.0.0.2"], "10.0.0.2"),
            // Docker's bridges, however their addresses are written, and a proxy before the proxy.
            ("172.17.0.1", &["9.9.9.9"], "9.9.9.9"),
            ("::ffff:172.17.0.1", &["9.9.9.9"], "9.9.9.9"),
            ("172.32.0.1", &["9.9.9.9"], "172.32.0.1"),
            ("172.17.0.1", &["6.6.6.6, 9.9.9.9, 172.18.0.5, ::ffff:172.19.0.1"], "9.9.9.9"),
            ("172.17.0.1", &["172.18.0.5"], "172.18.0.5"),
            ("10.0.0.3", &["9.9.9.9"], "10.0.0.3"),
        ] {
            assert_eq!(address_of(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_can_say_https() {
        let headers = [httparse::Header { name: "X-Forwarded-Proto", value: b"https" }];
        let proxies: [Network; 1] = ["10.0.0.0/24".parse().unwrap()];
        let (proxy, stranger) = ("10.0.0.1".parse().unwrap(), "1.2.3.4".parse().unwrap());
        assert!(client(proxy, &proxies, &headers).tls);
        assert!(!client(stranger, &proxies, &headers).tls);
    }
}
