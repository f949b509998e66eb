//! The certificate in use. Another one can take its place at any time: connections that are open keep theirs, and the next
//! handshake has the new one.

use std::{fmt, sync::Arc};

use parking_lot::RwLock;
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::{Challenges, challenges, facts::Facts, provider};
use crate::model::{CertificateFailure, CertificateStatus, Timestamp, TlsMode};

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The certificate of a server, and how it is doing.
pub struct Certificates {
    mode: TlsMode,
    current: RwLock<Option<Current>>,
    failure: RwLock<Option<CertificateFailure>>,
    challenges: Arc<Challenges>,
}

struct Current {
    key: Arc<CertifiedKey>,
    facts: Facts,
    loaded_at: Timestamp,
}

/// Why a chain and a key can’t be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("there is no certificate")]
    NoCertificate,
    #[error("the certificate can’t be read")]
    NotACertificate,
    #[error("the key doesn’t belong to the certificate")]
    OtherKey,
    #[error("the key can’t be used: {0}")]
    Key(rustls::Error),
}

impl Certificates {
    /// None yet.
    #[must_use]
    pub fn new(mode: TlsMode) -> Self {
        Self {
            mode,
            current: RwLock::default(),
            failure: RwLock::default(),
            challenges: Arc::default(),
        }
    }

    /// What an authority is answered that wants to see whether a name leads here.
    #[must_use]
    pub fn challenges(&self) -> &Arc<Challenges> {
        &self.challenges
    }

    /// Where they are from.
    #[must_use]
    pub fn mode(&self) -> TlsMode {
        self.mode
    }

    /// Takes a chain, which begins with the server’s own certificate, and its key into use, and forgets the last failure.
    ///
    /// # Errors
    /// See [`Unusable`]. The one in use stays then.
    pub fn install(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), Unusable> {
        let own = chain.first().ok_or(Unusable::NoCertificate)?;
        let facts = Facts::of(own).ok_or(Unusable::NotACertificate)?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => Unusable::OtherKey,
            rustls::Error::InvalidCertificate(_) => Unusable::NotACertificate,
            other => Unusable::Key(other),
        })?;
        let Facts {
            names, expires_at, ..
        } = &facts;
        tracing::info!(names = names.join(", "), %expires_at, "took a certificate into use");
        *self.current.write() = Some(Current {
            key: Arc::new(key),
            facts,
            loaded_at: Timestamp::now(),
        });
        *self.failure.write() = None;
        Ok(())
    }

    /// Records that a certificate couldn’t be loaded or renewed. Returns whether the last failure was another one, so that
    /// the log says it once.
    pub fn failed(&self, message: String) -> bool {
        let mut failure = self.failure.write();
        let is_new = failure.as_ref().is_none_or(|last| last.message != message);
        *failure = Some(CertificateFailure {
            at: Timestamp::now(),
            message,
        });
        is_new
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> CertificateStatus {
        let current = self.current.read();
        let facts = current.as_ref().map(|current| &current.facts);
        let expires_at = facts.map(|facts| facts.expires_at);
        CertificateStatus {
            mode: self.mode,
            names: facts.map(|facts| facts.names.clone()).unwrap_or_default(),
            issuer: facts.and_then(|facts| facts.issuer.clone()),
            expires_at,
            days_left: expires_at.map(|end| (end.0 - Timestamp::now().0).div_euclid(DAY)),
            loaded_at: current.as_ref().map(|current| current.loaded_at),
            failure: self.failure.read().clone(),
        }
    }

    /// Whether there is one. Without, no handshake succeeds.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.current.read().is_some()
    }

    /// The names and addresses that the certificate is for. Empty as long as there is none.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let current = self.current.read();
        let names = current.as_ref().map(|current| current.facts.names.clone());
        names.unwrap_or_default()
    }

    /// Whether the certificate is for this host: a name in lower case without a dot at its end, or an address without
    /// brackets.
    #[must_use]
    pub fn has(&self, host: &str) -> bool {
        let current = self.current.read();
        current
            .as_ref()
            .is_some_and(|current| current.facts.has(host))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if challenges::is_challenge(&hello) {
            return self.challenges.certificate(&hello);
        }
        let current = self.current.read();
        current.as_ref().map(|current| Arc::clone(&current.key))
    }
}

/// Without keys.
impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("mode", &self.mode)
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}
