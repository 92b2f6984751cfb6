//! Where an address on the network leads: to the world, to this machine, or into a network that is not the world's. The
//! house sends to addresses that strangers name only where that harms nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The world.
    Public,
    /// This machine.
    Loopback,
    /// A private network, a link, several receivers at once, or nothing that anybody may use.
    Private,
}

impl Reach {
    /// Where an address leads, by the registries of special addresses (RFC 6890 and those after it). An IPv6 address that
    /// stands for an IPv4 one leads where that does.
    pub fn of(address: IpAddr) -> Reach {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => embedded(v6).map_or_else(|| of_v6(v6), of_v4),
        }
    }
}

fn of_v4(v4: Ipv4Addr) -> Reach {
    let [a, b, c, _] = v4.octets();
    let is_private = match (a, b, c) {
        (127, ..) => return Reach::Loopback,
        // This network, private ones, carriers' (RFC 6598), links, and all from multicast on.
        (0 | 10 | 224.., ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) | (169, 254, _) => true,
        // Protocols, documentation, the relays of 6to4, and benchmarks.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) | (198, 18..=19, _) => true,
        _ => false,
    };
    if is_private { Reach::Private } else { Reach::Public }
}

/// Of IPv6, only what is given to the world (2000::/3) is public.
fn of_v6(v6: Ipv6Addr) -> Reach {
    let [a, b, ..] = v6.segments();
    let is_world_s = a & 0xe000 == 0x2000;
    // Teredo and other protocols, benchmarks, ORCHID (2001::/23), and documentation.
    let is_special = a == 0x2001 && (b < 0x0200 || b == 0x0db8) || a == 0x3fff && b < 0x1000;
    match () {
        () if v6.is_loopback() => Reach::Loopback,
        () if is_world_s && !is_special => Reach::Public,
        () => Reach::Private,
    }
}

/// The IPv4 address that a mapped, compatible, translated (NAT64) or 6to4 address stands for.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_world_s_is_told_apart_however_it_is_written() {
        for (reach, addresses) in [
            (
                Reach::Public,
                &[
                    "8.8.8.8",
                    "172.15.0.1",
                    "172.32.0.1",
                    "100.63.255.255",
                    "100.128.0.1",
                    "192.0.1.1",
                    "11.0.0.1",
                ][..],
            ),
            (
                Reach::Public,
                &["2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:4860:4860::8888"],
            ),
            (
                Reach::Loopback,
                &["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"],
            ),
            (
                Reach::Private,
                &["0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
            ),
            (
                Reach::Private,
                &["169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1", "255.255.255.255"],
            ),
            (Reach::Private, &["192.0.2.1", "198.18.0.1", "203.0.113.9", "240.0.0.1", "198.51.100.7"]),
            (
                Reach::Private,
                &["::", "fe80::1", "fc00::1", "fdff::1", "ff02::1", "fec0::1", "::ffff:10.0.0.1"],
            ),
            (
                Reach::Private,
                &["2001:db8::1", "2002:c0a8:0101::1", "64:ff9b::192.168.0.1", "64:ff9b:1::1", "100::1"],
            ),
            (Reach::Private, &["2001::1", "3fff::1", "::10.0.0.1"]),
        ] {
            for address in addresses {
                assert_eq!(Reach::of(address.parse().unwrap()), reach, "{address}");
            }
        }
    }
}
