//! The client’s address behind trusted proxies. Only what trusted proxies report is believed.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;
use warp::http::HeaderMap;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// A network, or a single address.
#[derive(Clone, Copy, Debug)]
pub struct Network(IpNet);

impl From<Network> for IpNet {
    fn from(Network(network): Network) -> Self {
        network
    }
}

/// The text is neither a network nor an address.
#[derive(Debug, thiserror::Error)]
#[error("expected an address or a network, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let one = || text.parse().map(|one: IpAddr| one.to_canonical().into());
        let network = text.parse().or_else(|_| one());
        network.map(Self).map_err(|_| NotANetwork)
    }
}

/// The client’s address: the peer’s, unless the peer is a trusted proxy. Then it is the rightmost hop in
/// `X-Forwarded-For` that isn’t a trusted proxy. An invalid hop ends the search, because the hops to the left of it
/// weren’t reported by a trusted proxy.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut address = peer.to_canonical();
    while is_trusted(address, trusted) {
        match hops.next().and_then(hop) {
            Some(before) => address = before,
            None => break,
        }
    }
    address
}

/// Whether a trusted proxy has this address.
pub fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    let address = address.to_canonical();
    trusted
        .iter()
        .any(|Network(proxies)| proxies.contains(&address))
}

/// An address as proxies write it, with or without a port.
pub fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse();
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    let address: IpAddr = address.or_else(|_| with_port()).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use warp::http::{HeaderValue, header::FORWARDED};

    use super::*;

    const TRUSTED: [&str; 4] = ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "127.0.0.1"];

    /// The client’s address for a request from `peer` with these lines of `X-Forwarded-For`.
    fn seen(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED, HeaderValue::from_static("for=198.51.100.66"));
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().expect("a value"));
        }
        let trusted = TRUSTED.map(|network| network.parse().expect("a network"));
        let peer = peer.parse().expect("an address");
        client(peer, &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_can_tell_whose_request_it_is() {
        for (peer, client) in [
            ("203.0.113.9", "203.0.113.9"),
            ("192.0.2.8", "192.0.2.8"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("10.1.2.3", "198.51.100.1"),
            ("::ffff:10.1.2.3", "198.51.100.1"),
            ("192.0.2.7", "198.51.100.1"),
            ("fd12::1", "198.51.100.1"),
        ] {
            assert_eq!(seen(peer, &["198.51.100.1"]), client, "{peer}");
        }
        let headers = HeaderMap::from_iter([(
            X_FORWARDED_FOR.parse().expect("a name"),
            HeaderValue::from_static("198.51.100.1"),
        )]);
        let peer = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(client(peer, &headers, &[]), peer, "nobody is trusted");
    }

    #[test]
    fn it_is_the_rightmost_hop_that_is_no_trusted_proxy() {
        for (lines, client) in [
            (&["198.51.100.1, 198.51.100.2"][..], "198.51.100.2"),
            (&["198.51.100.1,10.0.0.2 , 10.0.0.3"], "198.51.100.1"),
            (&["6.6.6.6, 198.51.100.1", "10.0.0.2"], "198.51.100.1"),
            (&["198.51.100.1", "198.51.100.2"], "198.51.100.2"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", lines), client, "{lines:?}");
        }
    }

    #[test]
    fn a_hop_may_have_a_port() {
        for (line, client) in [
            ("1.2.3.4:567", "1.2.3.4"),
            ("[2001:db8::1]:567", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("1.2.3.4, [::ffff:10.0.0.2]:80", "1.2.3.4"),
        ] {
            assert_eq!(seen("10.0.0.1", &[line]), client, "{line}");
        }
    }

    #[test]
    fn a_hop_that_makes_no_sense_ends_the_walk() {
        for line in [
            "unknown",
            "",
            "1.2.3.4, unknown",
            "1.2.3.4, _hidden",
            "1.2.3.4,",
            "1.2.3.4:port",
            "1.2.3.4:99999",
            "1.2.3",
            "[1.2.3.4",
            "fe80::1%eth0",
            "\"1.2.3.4\"",
            "1.2.3.4 5.6.7.8",
            "1.2.3.4, \u{e4}",
        ] {
            assert_eq!(seen("10.0.0.1", &[line]), "10.0.0.1", "{line:?}");
            let more = format!("{line}, 10.0.0.2");
            assert_eq!(seen("10.0.0.1", &[&more]), "10.0.0.2", "{more:?}");
        }
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix() {
        for text in ["10.0.0.0/8", "10.0.0.1", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert!(text.parse::<Network>().is_ok(), "{text}");
        }
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0",
            "localhost",
            "::1/129",
            "10.0.0.1:80",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
