//! Which addresses are part of the public internet, by IANA’s registries of special-purpose addresses (RFC 6890 and its
//! updates) and of IPv6 address space. When in doubt, an address isn’t public: a refused address can be allowed later,
//! but a request that was sent can’t be undone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The IPv4 networks that aren’t public
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml>).
const SPECIAL_V4: [Ipv4Net; 16] = [
    // “This network” (RFC 791); 0.0.0.0 leads to this machine.
    v4([0, 0, 0, 0], 8),
    // Private use (RFC 1918).
    v4([10, 0, 0, 0], 8),
    // Shared address space, for carrier-grade NAT (RFC 6598).
    v4([100, 64, 0, 0], 10),
    // Loopback (RFC 1122).
    v4([127, 0, 0, 0], 8),
    // Link local (RFC 3927); clouds give machines their credentials at 169.254.169.254.
    v4([169, 254, 0, 0], 16),
    // Private use (RFC 1918).
    v4([172, 16, 0, 0], 12),
    // Protocol assignments (RFC 6890), with the anycast addresses in it.
    v4([192, 0, 0, 0], 24),
    // Documentation (RFC 5737).
    v4([192, 0, 2, 0], 24),
    // 6to4 relays (deprecated, RFC 7526).
    v4([192, 88, 99, 0], 24),
    // Private use (RFC 1918).
    v4([192, 168, 0, 0], 16),
    // Benchmarking (RFC 2544).
    v4([198, 18, 0, 0], 15),
    // Documentation (RFC 5737).
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Multicast (RFC 5771).
    v4([224, 0, 0, 0], 4),
    // Reserved (RFC 1112), with the broadcast address in it (RFC 919).
    v4([240, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];

/// Everything assigned for the public internet (RFC 4291 §2.4). Outside of it are loopback, local, mapped, multicast and
/// unassigned addresses.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The networks in it that aren’t public
/// (<https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml>).
const SPECIAL_V6: [Ipv6Net; 4] = [
    // Protocol assignments (RFC 2928): Teredo, benchmarking, ORCHIDs, anycast.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    // Documentation (RFC 3849, RFC 9637).
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    // 6to4 (RFC 3056): leads to any IPv4 address.
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
];

/// The prefix by which IPv6-only networks reach IPv4 addresses (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(address: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(address), prefix)
}

/// Whether the address is part of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(address) => {
            GLOBAL_UNICAST.contains(&address)
                && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    /// The first and last address of each block that the registries list as not globally reachable, and a few more that
    /// aren’t either.
    const SPECIAL: &[&str] = &[
        // IPv4, in the order of the registry.
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.0",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.8",
        "192.0.0.170",
        "192.0.0.255",
        "192.0.2.0",
        "192.0.2.255",
        "192.88.99.0",
        "192.88.99.255",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.0",
        "198.51.100.255",
        "203.0.113.0",
        "203.0.113.255",
        "240.0.0.0",
        "255.255.255.254",
        "255.255.255.255",
        // Multicast, which has a registry of its own.
        "224.0.0.0",
        "239.255.255.255",
        // IPv6, in the order of the registry.
        "::1",
        "::",
        "::ffff:0.0.0.0",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::ffff:169.254.169.254",
        "::ffff:255.255.255.255",
        "64:ff9b::",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::192.168.1.1",
        "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "100:0:0:1::",
        "100::1:ffff:ffff:ffff:ffff",
        "2001::",
        "2001:0:7f00:1::",
        "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:1::",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:2::",
        "2001:2:0:ffff:ffff:ffff:ffff:ffff",
        "2001:10::",
        "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002::",
        "2002:7f00:1::",
        "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f00::",
        "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fc00::",
        "fd12:3456::1",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::",
        "fe80::1",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        // Site local (deprecated, RFC 3879), multicast, IPv4-compatible (deprecated), unassigned.
        "fec0::1",
        "ff02::1",
        "::7f00:1",
        "::10.0.0.1",
        "4000::1",
        "8000::1",
    ];

    /// The addresses just outside of those blocks, and some that are in use.
    const PUBLIC: &[&str] = &[
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
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
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::8.8.8.8",
        "2000::1",
        "2001:200::",
        "2001:4860:4860::8888",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2003::1",
        "2606:4700:4700::1111",
        "2620:4f:8000::1",
        "2a00:1450::1",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
    ];

    #[test]
    fn what_the_registries_call_special_isnt_public_and_all_around_it_is() {
        for (addresses, expected) in [(SPECIAL, false), (PUBLIC, true)] {
            for text in addresses {
                let address = text.parse().expect(text);
                assert_eq!(is_public(address), expected, "{text}");
            }
        }
    }
}
