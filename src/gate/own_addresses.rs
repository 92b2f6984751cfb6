//! The machine's own addresses, at which phones in the same network may reach the server. They are read from the system:
//! nothing is sent.

use if_addrs::IfOperStatus;
use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The beginnings of the names of networks that no phone in the room is in: containers, virtual machines, VPNs.
const VIRTUAL: [&str; 20] = [
    "docker",
    "podman",
    "br-",
    "veth",
    "cni",
    "lxc",
    "lxd",
    "incus",
    "virbr",
    "vmnet",
    "vboxnet",
    "vEthernet",
    "tun",
    "tap",
    "utun",
    "wg",
    "tailscale",
    "zt",
    "ppp",
    "ipsec",
];
/// Addresses for documentation: the system says by which of its own it would go there, and nobody is there.
const FAR_OFF: [(IpAddr, IpAddr); 2] = [
    (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1))),
    (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
];

/// An address of one of the machine's networks.
#[derive(Clone, Debug)]
struct Own {
    network: String,
    address: IpAddr,
    /// Whether it leads to one other machine alone, as a VPN does.
    is_tunnel: bool,
}

/// The addresses of a server that listens on `listens_on`, the likeliest first: IPv4 before IPv6, the network that leads
/// to the rest of the world before others, and the networks of VPNs and containers last. None if the server listens to
/// this machine alone.
pub fn reachable(listens_on: SocketAddr) -> Vec<SocketAddr> {
    let ip = listens_on.ip().to_canonical();
    if ip.is_loopback() {
        return Vec::new();
    }
    if !ip.is_unspecified() {
        return vec![SocketAddr::new(ip, listens_on.port())];
    }
    // Elsewhere than on Windows, a listener on all addresses of IPv6 takes IPv4, too.
    let takes = |address: &IpAddr| address.is_ipv4() == ip.is_ipv4() || (ip.is_ipv6() && !cfg!(windows));
    let outward: Vec<IpAddr> = FAR_OFF.iter().filter_map(|(from, to)| way_out(*from, *to)).collect();
    let found = best_first(own(), &outward).into_iter().filter(takes);
    found.map(|address| SocketAddr::new(address, listens_on.port())).collect()
}

/// `http://192.168.1.5:8080`, as people type it.
pub fn http_address(address: SocketAddr) -> String {
    match (address.port(), address.ip()) {
        (80, IpAddr::V4(ip)) => format!("http://{ip}"),
        _ => format!("http://{address}"),
    }
}

/// The addresses of the networks that are up.
fn own() -> Vec<Own> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::debug!(%error, "read this machine's addresses");
        Vec::new()
    });
    let is_up = |status: &IfOperStatus| !matches!(status, IfOperStatus::Down | IfOperStatus::NotPresent);
    let found = found.into_iter().filter(|own| is_up(&own.oper_status));
    found.map(|own| Own { address: own.ip(), is_tunnel: own.is_p2p(), network: own.name }).collect()
}

/// The address by which the system would send to `to`. To connect a socket of UDP sends nothing.
fn way_out(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn best_first(mut own: Vec<Own>, outward: &[IpAddr]) -> Vec<IpAddr> {
    own.retain(|own| may_be_typed(own.address));
    own.sort_by_key(|own| (is_virtual(own), own.address.is_ipv6(), Reverse(outward.contains(&own.address))));
    own.into_iter().map(|own| own.address).collect()
}

/// Whether the address alone says which machine is meant: a link-local one needs a network beside it.
fn may_be_typed(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !is_link_local
}

fn is_virtual(own: &Own) -> bool {
    // Addresses that a provider shares among its customers (RFC 6598). VPNs such as Tailscale use them, too.
    let is_shared =
        matches!(own.address, IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64);
    own.is_tunnel || is_shared || VIRTUAL.iter().any(|name| own.network.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(networks: &[(&str, &str)], outward: &str) -> Vec<String> {
        let own = |(network, address): &(&str, &str)| Own {
            network: (*network).to_owned(),
            address: address.parse().unwrap(),
            is_tunnel: *network == "corp0",
        };
        let found = best_first(networks.iter().map(own).collect(), &[outward.parse().unwrap()]);
        found.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn what_phones_can_type_comes_first_and_vpns_and_containers_last() {
        let all = [
            ("lo", "127.0.0.1"),
            ("lo", "::1"),
            ("docker0", "172.17.0.1"),
            ("br-0123456789ab", "172.18.0.1"),
            ("tailscale0", "100.101.1.2"),
            ("corp0", "10.8.0.2"),
            ("wlan0", "fe80::1"),
            ("wlan0", "2001:db8::7"),
            ("usb0", "169.254.3.4"),
            ("eth1", "10.1.2.3"),
            ("wlan0", "192.168.1.5"),
        ];
        assert_eq!(
            ordered(&all, "192.168.1.5"),
            ["192.168.1.5", "10.1.2.3", "2001:db8::7", "172.17.0.1", "172.18.0.1", "100.101.1.2", "10.8.0.2"]
        );
        // The way out by a VPN is not the way that phones come.
        assert_eq!(ordered(&all, "10.8.0.2")[..2], ["10.1.2.3", "192.168.1.5"]);
        assert_eq!(ordered(&all[..3], "10.8.0.2"), ["172.17.0.1"]);
    }

    #[test]
    fn a_server_is_reached_where_it_listens() {
        for (listens_on, expected) in [
            ("127.0.0.1:8080", &[][..]),
            ("[::1]:8080", &[]),
            ("192.168.1.5:8080", &["192.168.1.5:8080"]),
            ("[::ffff:192.168.1.5]:80", &["192.168.1.5:80"]),
        ] {
            let found = reachable(listens_on.parse().unwrap());
            assert_eq!(found.iter().map(SocketAddr::to_string).collect::<Vec<_>>(), expected, "{listens_on}");
        }
        for listens_on in ["0.0.0.0:8080", "[::]:8080"] {
            for own in reachable(listens_on.parse().unwrap()) {
                assert!(may_be_typed(own.ip()) && own.port() == 8080, "{own}");
                assert!(own.is_ipv4() || listens_on.starts_with('['), "{own}");
            }
        }
    }

    #[test]
    fn the_port_of_the_web_is_not_typed() {
        for (address, typed) in [
            ("192.168.1.5:80", "http://192.168.1.5"),
            ("192.168.1.5:8080", "http://192.168.1.5:8080"),
            ("[2001:db8::7]:8080", "http://[2001:db8::7]:8080"),
        ] {
            assert_eq!(http_address(address.parse().unwrap()), typed);
        }
    }
}
