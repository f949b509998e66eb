//! A certificate from files that somebody else renews. New ones are taken into use as they come. Where only one of the two
//! has been replaced yet, or half of it, what was in use stays.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use parking_lot::Mutex;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject},
};

use super::{Certificates, Unusable};
use crate::platform;

/// The files of a certificate, in PEM (RFC 7468).
#[derive(Debug)]
pub struct CertificateFiles {
    chain: PathBuf,
    key: PathBuf,
    /// What the files looked like when they were last loaded. None if that failed.
    loaded: Mutex<Option<[Stamp; 2]>>,
}

/// By what a file that was replaced or written to is told from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    identity: u64,
    bytes: u64,
    modified: SystemTime,
}

/// Why the files can’t be used. The flags name them.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("can’t read {flag} {}: {reason}", .path.display())]
    Unreadable {
        flag: &'static str,
        path: PathBuf,
        reason: io::Error,
    },
    #[error("{flag} {} isn’t valid PEM", .path.display())]
    NotPem { flag: &'static str, path: PathBuf },
    #[error("--tls-cert {} has no certificate; it needs one in PEM, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    #[error("--tls-key {} has no private key that can be used; it needs one in PEM, without a passphrase", .0.display())]
    NoKey(PathBuf),
    #[error("--tls-key {} doesn’t belong to the certificate in --tls-cert {}", .key.display(), .chain.display())]
    OtherKey { chain: PathBuf, key: PathBuf },
    #[error("--tls-cert {}: {reason}", .path.display())]
    Unusable { path: PathBuf, reason: Unusable },
    #[error("TLS can’t be set up: {0}")]
    Setup(#[from] rustls::Error),
}

const CHAIN: &str = "--tls-cert";
const KEY: &str = "--tls-key";

impl CertificateFiles {
    /// `chain` has the server’s certificate and those between it and its authority, `key` has its private key.
    #[must_use]
    pub fn new(chain: PathBuf, key: PathBuf) -> Self {
        Self {
            chain,
            key,
            loaded: Mutex::default(),
        }
    }

    /// Reads both files, and takes what they have into use.
    pub(super) fn load_into(&self, certificates: &Certificates) -> Result<(), FilesError> {
        // Before they are read: whatever changes afterwards is read again.
        let stamps = self.stamps()?;
        let chain = self.chain()?;
        let key = self.key()?;
        certificates
            .install(chain, key)
            .map_err(|unusable| match unusable {
                Unusable::OtherKey => FilesError::OtherKey {
                    chain: self.chain.clone(),
                    key: self.key.clone(),
                },
                Unusable::Key(_) => FilesError::NoKey(self.key.clone()),
                reason => FilesError::Unusable {
                    path: self.chain.clone(),
                    reason,
                },
            })?;
        *self.loaded.lock() = Some(stamps);
        Ok(())
    }

    /// Loads the files if they aren’t what they were. Says in the log why that fails, once.
    pub(super) fn load_if_changed(&self, certificates: &Certificates) {
        let loaded = *self.loaded.lock();
        if loaded.is_some() && self.stamps().ok() == loaded {
            return;
        }
        if let Err(error) = self.load_into(certificates) {
            *self.loaded.lock() = None;
            let message = error.to_string();
            if certificates.failed(message) {
                tracing::warn!(%error, "can’t load the new certificate; keeping the old one");
            }
        }
    }

    fn stamps(&self) -> Result<[Stamp; 2], FilesError> {
        Ok([stamp(CHAIN, &self.chain)?, stamp(KEY, &self.key)?])
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, FilesError> {
        let text = read(CHAIN, &self.chain)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|_| FilesError::NotPem {
                flag: CHAIN,
                path: self.chain.clone(),
            })?;
        if chain.is_empty() {
            return Err(FilesError::NoCertificate(self.chain.clone()));
        }
        Ok(chain)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, FilesError> {
        let text = read(KEY, &self.key)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            pem::Error::NoItemsFound => FilesError::NoKey(self.key.clone()),
            _ => FilesError::NotPem {
                flag: KEY,
                path: self.key.clone(),
            },
        })
    }
}

fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, FilesError> {
    fs::read(path).map_err(|reason| unreadable(flag, path, reason))
}

fn stamp(flag: &'static str, path: &Path) -> Result<Stamp, FilesError> {
    let read = || {
        // Through symbolic links, as ACME clients have a link to the newest.
        let file = fs::metadata(path)?;
        Ok(Stamp {
            identity: platform::identity(&file),
            bytes: file.len(),
            modified: file.modified()?,
        })
    };
    read().map_err(|reason| unreadable(flag, path, reason))
}

fn unreadable(flag: &'static str, path: &Path, reason: io::Error) -> FilesError {
    FilesError::Unreadable {
        flag,
        path: path.to_owned(),
        reason,
    }
}
