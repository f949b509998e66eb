//! What the server at home is called: the names and addresses that its certificates are for, and those that its authority
//! can ever vouch for. All of it is a function of what it is given, so that tests can say which addresses a machine has.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::IpNet;

/// The ends of names that nobody can have on the internet (RFC 6762 §3, RFC 8375).
const PRIVATE: [&str; 2] = ["local", "home.arpa"];

/// The networks whose addresses nobody has on the internet: loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), private use
/// (RFC 1918), link-local (RFC 3927, RFC 4291 §2.5.6), and unique local addresses (RFC 4193).
pub fn private_networks() -> [IpNet; 8] {
    let v4 = |a, b, c, d, prefix| IpNet::new_assert(Ipv4Addr::new(a, b, c, d).into(), prefix);
    let v6 =
        |first, prefix| IpNet::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0).into(), prefix);
    [
        v4(127, 0, 0, 0, 8),
        v4(10, 0, 0, 0, 8),
        v4(172, 16, 0, 0, 12),
        v4(192, 168, 0, 0, 16),
        v4(169, 254, 0, 0, 16),
        IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        v6(0xfe80, 10),
        v6(0xfc00, 7),
    ]
}

/// The name that the server has at home: the first label of `NAME.local` (RFC 6762 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeName(String);

/// The text can’t be the first label of a name (RFC 1123 §2.1).
#[derive(Debug, thiserror::Error)]
#[error("expected one word of at most 63 letters a–z, digits and hyphens, such as family")]
pub struct NotAHomeName;

impl Default for HomeName {
    fn default() -> Self {
        Self("tincan".to_owned())
    }
}

impl FromStr for HomeName {
    type Err = NotAHomeName;

    fn from_str(text: &str) -> Result<Self, NotAHomeName> {
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let is_whole = !text.starts_with('-') && !text.ends_with('-');
        if text.is_empty() || text.len() > 63 || !is_whole || !text.chars().all(is_label) {
            return Err(NotAHomeName);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for HomeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HomeName {
    /// `NAME.local`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{self}.local")
    }
}

/// Names and addresses of the server, each once. The first name is the one by which people know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerNames {
    pub hosts: Vec<String>,
    pub addresses: Vec<IpAddr>,
}

impl ServerNames {
    /// What people may type to reach the server. `machine` is what the system is called, `hosts` are further names, of
    /// which only those of home networks count, and `addresses` are those of the machine, of which only private ones do.
    #[must_use]
    pub fn new(
        name: &HomeName,
        machine: &str,
        hosts: &[String],
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Self {
        let machine = machine.to_ascii_lowercase();
        let mut names = vec!["localhost".to_owned()];
        names.extend(hosts.iter().filter(|host| is_private(host)).cloned());
        if is_private(&machine) {
            names.push(machine.clone());
        }
        // What follows the first label may be a public domain.
        let label = machine.split('.').next().unwrap_or_default();
        if let Ok(label) = label.parse::<HomeName>() {
            names.push(label.host());
            if !may_be_public(&label.0) {
                names.push(label.0);
            }
        }
        let networks = private_networks();
        let is_private = |address: &IpAddr| networks.iter().any(|net| net.contains(address));
        let own = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let addresses = addresses.into_iter().map(|address| address.to_canonical());
        let mut addresses: Vec<_> = own
            .into_iter()
            .chain(addresses.filter(is_private))
            .collect();
        names.sort();
        names.dedup();
        names.retain(|other| *other != name.host());
        names.insert(0, name.host());
        addresses.sort();
        addresses.dedup();
        Self {
            hosts: names,
            addresses,
        }
    }

    /// Those that `permitted` allows, by name or below a name (RFC 5280 §4.2.1.10), and the names that it doesn’t.
    #[must_use]
    pub fn within(self, permitted: &[String]) -> (Self, Vec<String>) {
        let is_within = |host: &String| {
            let mut permitted = permitted.iter();
            permitted.any(|end| is_below(host, end))
        };
        let (hosts, refused) = self.hosts.into_iter().partition(is_within);
        let addresses = self.addresses;
        (Self { hosts, addresses }, refused)
    }
}

fn is_private(host: &str) -> bool {
    // `local` alone would be everybody’s.
    PRIVATE
        .iter()
        .any(|end| host != *end && is_below(host, end))
}

fn is_below(host: &str, end: &str) -> bool {
    let rest = host.strip_suffix(end);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a single label could be a top-level domain, as `box` and `dev` are: those have letters only, or are encoded
/// (RFC 1123 §2.1, RFC 5890 §2.3.2.1). A constraint for it would permit everything below it.
fn may_be_public(label: &str) -> bool {
    label.starts_with("xn--") || label.chars().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    fn names(machine: &str, hosts: &[&str], addresses: &[&str]) -> ServerNames {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let addresses = addresses
            .iter()
            .map(|address| address.parse().expect("an address"));
        ServerNames::new(&HomeName::default(), machine, &hosts, addresses)
    }

    #[test]
    fn only_names_that_nobody_has_on_the_internet_count() {
        for (machine, hosts, expected) in [
            ("", [].as_slice(), vec!["tincan.local", "localhost"]),
            (
                "attic",
                &[],
                vec!["tincan.local", "attic.local", "localhost"],
            ),
            (
                "Pi-4",
                &[],
                vec!["tincan.local", "localhost", "pi-4", "pi-4.local"],
            ),
            (
                "nas.example.com",
                &[],
                vec!["tincan.local", "localhost", "nas.local"],
            ),
            ("tincan", &[], vec!["tincan.local", "localhost"]),
            (
                "xn--p1ai",
                &[],
                vec!["tincan.local", "localhost", "xn--p1ai.local"],
            ),
            (
                "",
                &[
                    "chat.home.arpa",
                    "chat.local",
                    "chat.example",
                    "local",
                    "notlocal",
                    "fritz.box",
                ],
                vec!["tincan.local", "chat.home.arpa", "chat.local", "localhost"],
            ),
        ] {
            assert_eq!(
                names(machine, hosts, &[]).hosts,
                expected,
                "{machine} {hosts:?}"
            );
        }
    }

    #[test]
    fn only_private_addresses_count() {
        // The first and last of each block, and what is beside it.
        let private = [
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "169.254.0.1",
            "127.0.0.2",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "::ffff:192.168.1.2",
        ];
        let public = [
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "100.64.0.1",
            "8.8.8.8",
            "::2",
            "fe00::1",
            "fec0::1",
            "2001:db8::1",
            "::ffff:8.8.8.8",
        ];
        for address in private {
            let address: IpAddr = address.parse().expect("an address");
            let found = names("", &[], &[&address.to_string()]).addresses;
            assert!(found.contains(&address.to_canonical()), "{address}");
        }
        assert_eq!(names("", &[], &public), names("", &[], &[]));
    }

    #[test]
    fn a_permitted_name_permits_what_is_below_it() {
        let permitted = ["tincan.local".to_owned(), "localhost".to_owned()];
        let all = names("attic", &["a.tincan.local", "xtincan.local"], &["10.0.0.1"]);
        let (within, refused) = all.within(&permitted);
        assert_eq!(
            within.hosts,
            ["tincan.local", "a.tincan.local", "localhost"]
        );
        assert_eq!(within.addresses.len(), 3);
        assert_eq!(refused, ["attic.local", "xtincan.local"]);
    }

    #[test]
    fn a_home_name_is_one_label() {
        for name in ["tincan", "a", "the-smiths", "4us", &"x".repeat(63)] {
            assert_eq!(
                name.parse::<HomeName>()
                    .map(|name| name.to_string())
                    .ok()
                    .as_deref(),
                Some(name)
            );
        }
        for name in ["", "a.b", "-a", "a-", "a b", "ä", "a_b", &"x".repeat(64)] {
            assert!(name.parse::<HomeName>().is_err(), "{name}");
        }
        assert_eq!(
            "Smiths".parse::<HomeName>().expect("a name").host(),
            "smiths.local"
        );
    }
}
