//! Which addresses are in the public Internet, and which lead into our own network or nowhere.
//!
//! By the special-purpose address registries of IANA.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses at which clouds answer their machines: who may ask, gets secrets.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

/// Why an address is none that a peer can have, not even one in our own network; `None` when it
/// can.
pub(super) fn why_never(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("a metadata address");
    }
    match address {
        _ if address.is_unspecified() => Some("the unspecified address"),
        _ if address.is_multicast() => Some("a multicast address"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some("the broadcast address"),
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => why_never(IpAddr::V4(any_carried_v4(address)?)),
    }
}

/// Why an address is no public one, in a word; `None` when it is one.
pub(super) fn why_not_public(address: IpAddr) -> Option<&'static str> {
    if let Some(kind) = why_never(address) {
        return Some(kind);
    }
    match address {
        IpAddr::V4(address) => why_not_public_v4(address),
        IpAddr::V6(address) => why_not_public_v6(address),
    }
}

fn why_not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let kind = match address.octets() {
        [0, ..] => "an address of this network",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [100, 64..=127, ..] => "a shared address",
        [127, ..] => "a loopback address",
        [169, 254, ..] => "a link-local address",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "an address for documentation",
        [192, 0, 0, _] | [192, 88, 99, _] => "an address for protocols",
        [198, 18..=19, ..] => "an address for benchmarks",
        [240..=255, ..] => "a reserved address",
        _ => return None,
    };
    Some(kind)
}

/// Only the global unicast block is public, and not all of it; and what carries an IPv4 address is
/// as public as that one.
fn why_not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(carried) = carried_v4(address) {
        return why_not_public(IpAddr::V4(carried));
    }
    let kind = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        [0, 0, 0, 0, 0, 0, ..] => "an IPv4-compatible address",
        [0xfc00..=0xfdff, ..] => "a unique local address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        // Teredo, benchmarks and ORCHID are among them.
        [0x2001, 0..=0x01ff, ..] => "an address for protocols",
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => "an address for documentation",
        [0x2000..=0x3fff, ..] => return None,
        _ => "an address outside the global unicast block",
    };
    Some(kind)
}

/// The IPv4 address to which a packet for this one goes in the end: mapped, NAT64, or 6to4.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

/// The same, and what only a translator in our own network makes one of: compatible, translated,
/// and local NAT64.
fn any_carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    carried_v4(address).or_else(|| match address.segments() {
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:200::1",
        "2a00:1450:4001::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ];

    /// Addresses that are not public, and a word of why.
    const NOT_PUBLIC: &[(&str, &str)] = &[
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "this network"),
        ("10.0.0.1", "private"),
        ("10.255.255.255", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),
        ("100.127.255.255", "shared"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.0.1", "link-local"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "protocols"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("192.88.99.1", "protocols"),
        ("198.18.0.1", "benchmarks"),
        ("198.19.255.255", "benchmarks"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::1.1.1.1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:169.254.169.254", "metadata"),
        ("::ffff:168.63.129.16", "metadata"),
        ("::ffff:0:127.0.0.1", "outside the global unicast"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a00:1", "private"),
        ("64:ff9b:1::1", "outside the global unicast"),
        ("2002:7f00:1::1", "loopback"),
        ("2002:c0a8:1::", "private"),
        ("2001::1", "protocols"),
        ("2001:2::1", "protocols"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("100::1", "outside the global unicast"),
        ("fc00::1", "unique local"),
        ("fd00:ec2::254", "metadata"),
        ("fd12:3456::1", "unique local"),
        ("fe80::1", "link-local"),
        ("febf::1", "link-local"),
        ("fec0::1", "outside the global unicast"),
        ("ff02::1", "multicast"),
        ("5f00::1", "outside the global unicast"),
    ];

    /// Holds: C-23.
    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for address in PUBLIC {
            assert_eq!(why_not_public(address.parse().unwrap()), None, "{address}");
        }
        for (address, kind) in NOT_PUBLIC {
            let found = why_not_public(address.parse().unwrap()).unwrap_or("public");
            assert!(found.contains(kind), "{address} is {found}, not {kind}");
        }
    }
}
