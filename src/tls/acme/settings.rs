//! What an administrator says about an authority and the names that it certifies.

use std::{fmt, str::FromStr};

use ipnet::IpNet;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use url::{Host, Url};

/// The directory of Let’s Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where certificates come from, and for which names.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// At least one. All are in one certificate.
    pub names: Vec<DnsName>,
    /// Whom the authority may write to.
    pub contact: Option<Contact>,
    pub directory: Url,
    /// What the authority’s own https is checked with. None means the authorities of the operating system.
    pub authorities: Option<Authorities>,
    /// Networks outside the public internet that may be connected to, besides the directory’s origin.
    pub allowed: Vec<IpNet>,
}

/// Certificate authorities that are trusted.
#[derive(Clone, Debug)]
pub struct Authorities(pub(super) RootCertStore);

impl Authorities {
    /// From their certificates in PEM. None if there is none, or one that isn’t an authority’s.
    #[must_use]
    pub fn from_pem(text: &[u8]) -> Option<Self> {
        let mut authorities = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(text) {
            authorities.add(certificate.ok()?).ok()?;
        }
        (!authorities.is_empty()).then_some(Self(authorities))
    }
}

/// A name in the domain name system, as certificates have it: in lower case, and in ASCII (RFC 5890 §2.3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DnsName(String);

/// Why a text isn’t a name that a certificate can be had for by these challenges.
#[derive(Debug, thiserror::Error)]
pub enum NotADnsName {
    #[error("a wildcard takes changes to the DNS, which Tincan doesn’t make; name each host")]
    Wildcard,
    #[error("expected a name such as chat.example, not an address")]
    Address,
    #[error("expected a name without a scheme and a port, such as chat.example")]
    Malformed,
}

impl FromStr for DnsName {
    type Err = NotADnsName;

    fn from_str(text: &str) -> Result<Self, NotADnsName> {
        if text.starts_with("*.") {
            return Err(NotADnsName::Wildcard);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        match Host::parse(text) {
            Ok(Host::Domain(name)) if is_host_name(&name) => Ok(Self(name)),
            Ok(Host::Domain(_)) | Err(_) => Err(NotADnsName::Malformed),
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) => Err(NotADnsName::Address),
        }
    }
}

/// Whether it is made of letters, digits and hyphens, in labels of a length that the DNS has (RFC 1123 §2.1, RFC 1035
/// §2.3.4).
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

impl DnsName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One email address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

/// The text isn’t an email address.
#[derive(Debug, thiserror::Error)]
#[error("expected one email address, such as admin@chat.example")]
pub struct NotAContact;

impl FromStr for Contact {
    type Err = NotAContact;

    fn from_str(text: &str) -> Result<Self, NotAContact> {
        // A `mailto` URL may have several addresses, and fields. An authority must refuse both (RFC 8555 §7.3).
        let is_plain = |c: char| c.is_ascii_graphic() && !",?%&#<>\"".contains(c);
        match text.split_once('@') {
            Some((local, domain))
                if !local.is_empty()
                    && text.chars().all(is_plain)
                    && domain.parse::<DnsName>().is_ok() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NotAContact),
        }
    }
}

impl Contact {
    /// As an account has it (RFC 8555 §7.1.2).
    pub(super) fn url(&self) -> String {
        format!("mailto:{}", self.0)
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_dns_has() {
        for (text, name) in [
            ("chat.example", "chat.example"),
            ("Chat.Example.", "chat.example"),
            ("chat", "chat"),
            // RFC 5891 §5: the A-label of a name that isn’t ASCII.
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            let parsed = text.parse::<DnsName>().expect(text);
            assert_eq!(parsed.as_str(), name);
        }
        let long = format!("{}.example", "a".repeat(64));
        for text in [
            "",
            ".",
            "*.example",
            "192.0.2.1",
            "[2001:db8::1]",
            "2001:db8::1",
            "https://chat.example",
            "chat.example:443",
            "chat.example/",
            "a..example",
            "-a.example",
            "a_b.example",
            "a b.example",
            &long,
        ] {
            assert!(text.parse::<DnsName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_contact_is_one_address() {
        let contact = "admin@chat.example".parse::<Contact>();
        assert_eq!(
            contact.expect("an address").url(),
            "mailto:admin@chat.example"
        );
        for text in [
            "",
            "admin",
            "@chat.example",
            "admin@",
            "a@chat.example,b@chat.example",
            "a@chat.example?subject=x",
            "a b@chat.example",
        ] {
            assert!(text.parse::<Contact>().is_err(), "{text:?}");
        }
    }
}
