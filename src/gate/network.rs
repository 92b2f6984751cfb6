//! The addresses of the house's proxies: single ones, and ranges in CIDR notation.

use ipnet::{IpNet, Ipv4Net};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One address, or a range of them. An IPv4 address is the same when it is mapped into IPv6 (`::ffff:10.1.2.3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

pub fn any_contains(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Refuses text that is neither an address nor a range; an address that names no single machine; a range with bits set
/// below its mask, which may mean an address or a range; and the range of all addresses, in which everybody would be a
/// proxy.
impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            if address.is_unspecified() {
                return Err(format!("{address} is nobody's address; name the proxy's"));
            }
            return Ok(Network(address.into()));
        }
        let parsed: IpNet = text.parse().map_err(|_| {
            format!("{text} is no address such as 127.0.0.1 and no range such as 10.0.0.0/8 or fd00::/8")
        })?;
        let network = canonical(parsed);
        if network.prefix_len() == 0 {
            return Err(format!(
                "{text} is everybody, so anybody could pose as anybody; name the proxy's own network"
            ));
        }
        if network.addr() != network.network() {
            let (address, whole) = (network.addr(), network.trunc());
            return Err(format!(
                "{text} is an address within a range: say {whole} for the range, or {address} for the address"
            ));
        }
        Ok(Network(network))
    }
}

/// Turns a range of IPv4 addresses that are mapped into IPv6 into one of IPv4.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    if let (IpAddr::V4(address), Some(length)) =
        (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED))
        && let (IpNet::V6(_), Ok(mapped)) = (network, Ipv4Net::new(address, length))
    {
        return mapped.into();
    }
    network
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("127.0.0.1", &["127.0.0.1", "::ffff:127.0.0.1"][..], &["127.0.0.2", "::1"][..]),
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                &["11.0.0.0", "9.255.255.255", "::10.1.2.3"],
            ),
            ("172.16.0.0/12", &["172.17.0.1", "172.31.255.255"], &["172.32.0.0", "172.15.255.255"]),
            ("192.168.1.7/32", &["192.168.1.7"], &["192.168.1.8"]),
            ("0.0.0.0/1", &["127.255.255.255"], &["128.0.0.0"]),
            ("fd00::/8", &["fd00::1", "fdff::1"], &["fe80::1", "fc00::1", "10.0.0.1"]),
            ("2001:db8::/64", &["2001:db8::ffff:1"], &["2001:db8:0:1::1"]),
            ("::1", &["::1"], &["127.0.0.1", "::2"]),
            ("::ffff:10.0.0.0/104", &["10.9.9.9", "::ffff:10.9.9.9"], &["11.0.0.1"]),
            ("::ffff:10.1.2.3", &["10.1.2.3"], &["10.1.2.4"]),
            (" 10.0.0.0/8 ", &["10.0.0.1"], &["12.0.0.1"]),
        ] {
            let of: Network = network.parse().unwrap();
            for address in inside {
                assert!(of.contains(address.parse().unwrap()), "{address} in {network}");
            }
            for address in outside {
                assert!(!of.contains(address.parse().unwrap()), "{address} in {network}");
            }
        }
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_was_meant() {
        for (text, says) in [
            ("10.0.0.1/8", "say 10.0.0.0/8 for the range, or 10.0.0.1 for the address"),
            ("fd00::1/8", "say fd00::/8 for the range, or fd00::1 for the address"),
            ("::ffff:10.0.0.1/104", "say 10.0.0.0/8 for the range, or 10.0.0.1 for the address"),
            ("0.0.0.0/0", "everybody"),
            ("::/0", "everybody"),
            ("1.2.3.4/0", "everybody"),
            ("::ffff:0:0/96", "everybody"),
            ("0.0.0.0", "nobody's address"),
            ("::", "nobody's address"),
            ("10.0.0.0/33", "no range such as"),
            ("10.0.0.0/-1", "no range such as"),
            ("10.0.0.0/255.0.0.0", "no range such as"),
            ("10.0.0/8", "no range such as"),
            ("10.0.0.0/", "no range such as"),
            ("10.0.0.0 /8", "no range such as"),
            ("localhost", "no address such as"),
            ("127.0.0.1:8080", "no address such as"),
            ("", "no address such as"),
        ] {
            let refused = text.parse::<Network>().expect_err(text);
            assert!(refused.contains(says), "{text}: {refused}");
        }
    }
}
