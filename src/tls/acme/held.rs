//! The certificate that is kept: its file, and what is known about it.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use instant_acme::CertificateIdentifier;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::{
    schedule::{self, Lifetime},
    settings::DnsName,
};
use crate::{
    model::Timestamp,
    tls::{Certificates, facts::Facts},
};

/// What is known about the certificate in use.
pub struct Held {
    names: BTreeSet<String>,
    pub lifetime: Lifetime,
    /// What the authority knows it by. None if the certificate doesn’t say who signed it.
    pub identifier: Option<CertificateIdentifier<'static>>,
    /// Where within the time for its renewal it is renewed, from 0 to 1.
    pub place: f64,
}

/// A chain and its key, and what is known about them.
pub struct Bundle {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    pub held: Held,
}

impl Bundle {
    /// From one text in PEM. `obtained` is when the certificate was issued, if that was just now.
    ///
    /// # Errors
    /// Why it can’t be used.
    pub fn parse(pem: &[u8], obtained: Option<SystemTime>) -> Result<Self, String> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| "it isn’t valid PEM")?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "there is no key for it")?;
        let own = chain.first().ok_or("there is none")?;
        let facts = Facts::of(own).ok_or("it can’t be read")?;
        let identifier = CertificateIdentifier::try_from(own).ok();
        let held = Held {
            names: facts.names.into_iter().collect(),
            lifetime: Lifetime {
                not_before: system_time(facts.begins_at),
                not_after: system_time(facts.expires_at),
                obtained,
            },
            identifier: identifier.map(CertificateIdentifier::into_owned),
            place: schedule::random_place(),
        };
        Ok(Self { chain, key, held })
    }

    /// Takes it into use.
    ///
    /// # Errors
    /// Why it can’t be used. The one in use stays then.
    pub fn install(self, certificates: &Certificates) -> Result<Held, String> {
        let Self { chain, key, held } = self;
        certificates
            .install(chain, key)
            .map_err(|unusable| unusable.to_string())?;
        Ok(held)
    }
}

impl Held {
    /// Whether it is for these names and no others.
    pub fn is_for(&self, names: &[DnsName]) -> bool {
        let names: BTreeSet<_> = names.iter().map(DnsName::as_str).collect();
        self.names.iter().map(String::as_str).eq(names)
    }
}

fn system_time(time: Timestamp) -> SystemTime {
    let millis = u64::try_from(time.0).unwrap_or(0);
    UNIX_EPOCH + Duration::from_millis(millis)
}
