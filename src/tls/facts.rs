//! What a certificate says about itself (RFC 5280).

use std::net::IpAddr;

use x509_parser::{
    extensions::GeneralName,
    parse_x509_certificate,
    x509::{AttributeTypeAndValue, X509Name},
};

use crate::model::Timestamp;

/// What the first certificate of a chain says.
#[derive(Debug)]
pub struct Facts {
    /// The names and addresses that it is for, as its subject alternative names have them. Names are in lower case.
    pub names: Vec<String>,
    pub issuer: Option<String>,
    pub begins_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Facts {
    /// None if it isn’t a certificate.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        let names = certificate.subject_alternative_name().ok()?;
        let names = names.map(|names| &names.value.general_names[..]);
        let validity = certificate.validity();
        let timestamp = |seconds: i64| Timestamp(seconds.saturating_mul(1000));
        Some(Self {
            names: names.unwrap_or(&[]).iter().filter_map(name).collect(),
            issuer: issuer(certificate.issuer()),
            begins_at: timestamp(validity.not_before.timestamp()),
            expires_at: timestamp(validity.not_after.timestamp()),
        })
    }

    /// Whether it is for this host: a name without a dot at its end, or an address without brackets. A `*` stands for one
    /// label (RFC 6125 §6.4.3).
    pub fn has(&self, host: &str) -> bool {
        let parent = host.split_once('.').map(|(_, parent)| parent);
        let is_it = |name: &String| match name.strip_prefix("*.") {
            Some(below) => parent == Some(below),
            None => name == host,
        };
        self.names.iter().any(is_it)
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        other => address(other).map(|address| address.to_string()),
    }
}

/// The address that a certificate is for by this name, if it is one (RFC 5280 §4.2.1.6).
pub(super) fn address(name: &GeneralName<'_>) -> Option<IpAddr> {
    let GeneralName::IPAddress(bytes) = name else {
        return None;
    };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
        .ok()
}

/// The organization, and the name of the authority within it.
fn issuer(name: &X509Name) -> Option<String> {
    let text = |attribute: &AttributeTypeAndValue| attribute.as_str().ok().map(str::to_owned);
    let organization = name.iter_organization().next().and_then(text);
    let own = name.iter_common_name().next().and_then(text);
    match (organization, own) {
        (Some(organization), Some(own)) if own != organization => {
            Some(format!("{organization} ({own})"))
        }
        (organization, own) => organization.or(own),
    }
}
