//! The authority of one home: a key that signs certificates for the server’s own names and for private addresses, and is
//! limited to them for good by what its own certificate says (RFC 5280 §4.2.1.10). All that is known of a certificate is
//! read from the certificate itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
    SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use sha2::{Digest, Sha256};
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    prelude::{FromDer, X509Certificate},
};

use super::names::{HomeName, ServerNames, private_networks};
use crate::{
    random::random,
    tls::{Certificates, Unusable, facts::address},
};

const DAY: Duration = Duration::from_hours(24);
/// How long an authority is good. Nobody wants to install another one soon.
const AUTHORITY_DAYS: u32 = 3652;
/// How long a server’s certificate is good. Apple takes 825 days at the most under an authority that people have installed
/// themselves, and browsers 398 under public ones, which this is below in any case.
pub const CERTIFICATE_DAYS: u32 = 397;
/// For how long before it was made a certificate is good, for devices whose clock is slow.
const BEFORE: Duration = DAY;

/// The files don’t make up an authority or a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("not a certificate that can be read")]
    Unreadable,
    #[error("the key belongs to another certificate")]
    OtherKey,
    #[error(transparent)]
    Rcgen(#[from] rcgen::Error),
    #[error("the system has no randomness")]
    NoRandomness,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The subject’s common name.
    pub common_name: String,
    pub not_before: SystemTime,
    pub not_after: SystemTime,
    /// What it is for.
    pub names: ServerNames,
    /// The names that it can sign for, each with those below it.
    pub permitted: Vec<String>,
    /// The public key, as DER of `SubjectPublicKeyInfo`.
    public_key: Vec<u8>,
}

impl Details {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`CertificateError::Unreadable`].
    pub fn read(der: &[u8]) -> Result<Self, CertificateError> {
        let unreadable = |_| CertificateError::Unreadable;
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::Unreadable)?;
        let common_name = certificate.subject().iter_common_name().next();
        let common_name = common_name
            .and_then(|name| name.as_str().ok())
            .unwrap_or_default();
        let alternative = certificate.subject_alternative_name().map_err(unreadable)?;
        let alternative = alternative.map(|found| found.value.general_names.as_slice());
        let permitted = certificate.extensions().iter().find_map(|extension| {
            match extension.parsed_extension() {
                ParsedExtension::NameConstraints(constraints) => {
                    constraints.permitted_subtrees.as_ref()
                }
                _ => None,
            }
        });
        let permitted = permitted
            .into_iter()
            .flatten()
            .filter_map(|tree| host(&tree.base));
        let names = alternative.unwrap_or_default();
        let validity = certificate.validity();
        Ok(Self {
            common_name: common_name.to_owned(),
            not_before: moment(validity.not_before.timestamp()),
            not_after: moment(validity.not_after.timestamp()),
            names: ServerNames {
                hosts: names.iter().filter_map(host).collect(),
                addresses: names.iter().filter_map(address).collect(),
            },
            permitted: permitted.collect(),
            public_key: certificate.public_key().raw.to_vec(),
        })
    }

    /// Whether a certificate has to be renewed: if a third or less of its time is left, if it isn’t good yet because the
    /// clock was wrong when it was made, or if it is for other names.
    #[must_use]
    pub fn is_due(&self, now: SystemTime, wanted: &ServerNames) -> bool {
        let whole = self.not_after.duration_since(self.not_before);
        let left = self.not_after.duration_since(now);
        let is_late = match (whole, left) {
            (Ok(whole), Ok(left)) => left <= whole / 3,
            _ => true,
        };
        is_late || now < self.not_before || self.names != *wanted
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    }
}

fn moment(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// A certificate and its key.
pub struct Issued {
    pub certificate: CertificateDer<'static>,
    pub key: KeyPair,
}

impl Issued {
    /// A pair as it was kept, both as PEM.
    ///
    /// # Errors
    /// If one of them can’t be read, or they don’t belong together.
    pub fn from_pem(certificate: &str, key: &str) -> Result<(Self, Details), CertificateError> {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes());
        let certificate = certificate.map_err(|_| CertificateError::Unreadable)?;
        let key = KeyPair::from_pem(key)?;
        let details = Details::read(&certificate)?;
        if details.public_key != key.subject_public_key_info() {
            return Err(CertificateError::OtherKey);
        }
        Ok((Self { certificate, key }, details))
    }

    /// Takes it into use.
    ///
    /// # Errors
    /// See [`Unusable`]. The one in use stays then.
    pub fn install_into(&self, certificates: &Certificates) -> Result<(), Unusable> {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        certificates.install(vec![self.certificate.clone()], key.into())
    }

    /// The certificate alone, as PEM (RFC 7468 §5).
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        let block = Pem::new("CERTIFICATE", self.certificate.to_vec());
        pem::encode_config(&block, EncodeConfig::new().set_line_ending(LineEnding::LF))
    }

    /// The key as PEM, for a file that only its owner may read.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// The authority of a home.
pub struct Authority {
    pair: Issued,
    details: Details,
}

impl Authority {
    /// A new authority, which can sign for these names and for private addresses, and nothing else.
    ///
    /// # Errors
    /// If the system has no randomness, or a name can’t be in a certificate.
    pub fn create(
        name: &HomeName,
        names: &ServerNames,
        now: SystemTime,
    ) -> Result<Self, CertificateError> {
        let date = humantime::format_rfc3339_seconds(now).to_string();
        let date = date.split('T').next().unwrap_or_default();
        let mut parameters = parameters(now, AUTHORITY_DAYS)?;
        let common_name = format!("Tincan home authority, {name}, {date}");
        parameters
            .distinguished_name
            .push(DnType::CommonName, common_name);
        // It signs nothing that signs others, and nothing but servers: without the latter, the limits on names would say
        // nothing about signatures of mail or programs.
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let hosts = names.hosts.iter().cloned().map(GeneralSubtree::DnsName);
        let networks = private_networks();
        let networks = networks.iter().map(|net| {
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                net.network(),
                net.prefix_len(),
            ))
        });
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: hosts.chain(networks).collect(),
            excluded_subtrees: Vec::new(),
        });
        let key = KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?.der().clone();
        let details = Details::read(&certificate)?;
        let pair = Issued { certificate, key };
        Ok(Self { pair, details })
    }

    /// An authority as it was kept.
    ///
    /// # Errors
    /// As for `Issued::from_pem`.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, CertificateError> {
        let (pair, details) = Issued::from_pem(certificate, key)?;
        Ok(Self { pair, details })
    }

    /// Signs a certificate for a server with these names. It is no longer good than the authority.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn issue(&self, names: &ServerNames, now: SystemTime) -> Result<Issued, CertificateError> {
        let mut parameters = parameters(now, CERTIFICATE_DAYS)?;
        let end = self
            .details
            .not_after
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        parameters.not_after = parameters.not_after.min(date_time_ymd(1970, 1, 1) + end);
        let common_name = names.hosts.first().map_or("localhost", String::as_str);
        parameters
            .distinguished_name
            .push(DnType::CommonName, common_name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        parameters.is_ca = IsCa::ExplicitNoCa;
        let hosts = names
            .hosts
            .iter()
            .map(|host| Ok(SanType::DnsName(host.as_str().try_into()?)));
        let addresses = names
            .addresses
            .iter()
            .map(|address| Ok(SanType::IpAddress(*address)));
        parameters.subject_alt_names = hosts
            .chain(addresses)
            .collect::<Result<_, rcgen::Error>>()?;
        let issuer = Issuer::from_ca_cert_der(&self.pair.certificate, &self.pair.key)?;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &issuer)?.der().clone();
        Ok(Issued { certificate, key })
    }

    /// Whether a certificate is by this authority, and not by one that was there before.
    #[must_use]
    pub fn has_signed(&self, issued: &Issued) -> bool {
        let own = X509Certificate::from_der(self.der());
        let other = X509Certificate::from_der(&issued.certificate);
        let (Ok((_, own)), Ok((_, other))) = (own, other) else {
            return false;
        };
        other.verify_signature(Some(own.public_key())).is_ok()
    }

    #[must_use]
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// The certificate as DER. Its key is not in it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.pair.certificate
    }

    /// The certificate and its key.
    pub(super) fn pair(&self) -> &Issued {
        &self.pair
    }

    /// The certificate as PEM. Its key is not in it.
    #[must_use]
    pub fn pem(&self) -> String {
        self.pair.certificate_pem()
    }

    /// The SHA-256 of the certificate, as systems show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.der())
    }
}

/// The SHA-256 of a certificate, as pairs of hexadecimal digits with colons between them.
#[must_use]
pub fn fingerprint(certificate: &[u8]) -> String {
    let pairs = Sha256::digest(certificate);
    let pairs: Vec<_> = pairs.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// A certificate with a random serial number (RFC 5280 §4.1.2.2) that is good from now on.
fn parameters(now: SystemTime, days: u32) -> Result<CertificateParams, CertificateError> {
    let mut serial = random::<16>().map_err(|_| CertificateError::NoRandomness)?;
    // Positive, and without a zero at its beginning.
    serial[0] = serial[0] & 0x7f | 0x40;
    // Certificates have whole seconds.
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let begins = Duration::from_secs(now.saturating_sub(BEFORE).as_secs());
    let epoch = date_time_ymd(1970, 1, 1);
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    parameters.not_before = epoch + begins;
    // The last second counts, too (RFC 5280 §4.1.2.5).
    parameters.not_after = epoch + begins + DAY * days - Duration::from_secs(1);
    Ok(parameters)
}
