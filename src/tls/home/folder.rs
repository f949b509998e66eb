//! The folder beside the database that has the authority’s key and the server’s.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::authority::{Authority, CertificateError, Details, Issued};
use crate::tls::{CertificateStatus, Certificates, PrivateFolder, TlsMode, folder_beside};

const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority-key.pem";
const SERVER: &str = "server.pem";
const SERVER_KEY: &str = "server-key.pem";

/// Why the files can’t be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("can’t use {}: {reason}", .path.display())]
    Io { path: PathBuf, reason: io::Error },
    #[error(
        "can’t use the home authority in {}: {reason}; put its files back from a backup, or make a new authority with: tincan tls reset", .path.display()
    )]
    Authority {
        path: PathBuf,
        reason: CertificateError,
    },
    #[error("can’t make a certificate: {0}")]
    Certificate(#[from] CertificateError),
    #[error("can’t use the certificate: {0}")]
    Unusable(#[from] crate::tls::Unusable),
    #[error("TLS can’t be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// Where the authority and the server’s certificate are kept.
#[derive(Clone, Debug)]
pub struct HomeFolder(PrivateFolder);

impl HomeFolder {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(PrivateFolder::new(path))
    }

    /// The folder that belongs to a database, `<database>-tls/home`.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        Self::new(folder_beside(database).join("home"))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The authority, or none if there isn’t one yet.
    ///
    /// # Errors
    /// If its files can’t be read. It isn’t replaced then, as each device would have to trust another one.
    pub fn authority(&self) -> Result<Option<Authority>, HomeError> {
        // Without a certificate, nobody can trust the key: what makes an authority was interrupted.
        let Some(certificate) = self.read(AUTHORITY)? else {
            return Ok(None);
        };
        let key = self.read(AUTHORITY_KEY)?.unwrap_or_default();
        let authority = Authority::from_pem(&certificate, &key);
        let authority = authority.map_err(|reason| HomeError::Authority {
            path: self.path().to_owned(),
            reason,
        })?;
        Ok(Some(authority))
    }

    /// Keeps an authority, instead of the one that there may be, whose server certificate goes with it.
    ///
    /// # Errors
    /// If the folder can’t be written to. Then the old one is there as a whole, or none is.
    pub fn keep_authority(&self, authority: &Authority) -> Result<(), HomeError> {
        self.0.create().map_err(|reason| self.error("", reason))?;
        self.forget_authority()?;
        self.write(AUTHORITY_KEY, &authority.pair().key_pem())?;
        self.write(AUTHORITY, &authority.pem())
    }

    /// Deletes the authority and what it has signed.
    ///
    /// # Errors
    /// If the folder can’t be written to.
    pub fn forget_authority(&self) -> Result<(), HomeError> {
        // The certificate first: a key without one is no authority.
        for name in [AUTHORITY, AUTHORITY_KEY] {
            self.remove(name)?;
        }
        self.forget_server()
    }

    /// The server’s certificate. None if there is none that can be used, as another one is easily made.
    ///
    /// # Errors
    /// If a file is there, but can’t be read.
    pub fn server(&self) -> Result<Option<(Issued, Details)>, HomeError> {
        let (Some(certificate), Some(key)) = (self.read(SERVER)?, self.read(SERVER_KEY)?) else {
            return Ok(None);
        };
        Ok(Issued::from_pem(&certificate, &key).ok())
    }

    /// How the server’s certificate is doing, while the server isn’t running.
    ///
    /// # Errors
    /// As for [`server`](Self::server), or if the certificate is unusable.
    pub fn certificate_status(&self) -> Result<Option<CertificateStatus>, HomeError> {
        let Some((issued, _)) = self.server()? else {
            return Ok(None);
        };
        let certificates = Certificates::new(TlsMode::Home);
        issued.install_into(&certificates)?;
        let loaded_at = None;
        Ok(Some(CertificateStatus {
            loaded_at,
            ..certificates.status()
        }))
    }

    /// Keeps the server’s certificate, instead of the one that there may be.
    ///
    /// # Errors
    /// If the folder can’t be written to.
    pub fn keep_server(&self, issued: &Issued) -> Result<(), HomeError> {
        self.write(SERVER_KEY, &issued.key_pem())?;
        self.write(SERVER, &issued.certificate_pem())
    }

    /// Deletes the server’s certificate.
    ///
    /// # Errors
    /// If the folder can’t be written to.
    pub fn forget_server(&self) -> Result<(), HomeError> {
        self.remove(SERVER)?;
        self.remove(SERVER_KEY)
    }

    fn read(&self, name: &str) -> Result<Option<String>, HomeError> {
        let text = |bytes| String::from_utf8(bytes).map_err(io::Error::other);
        let read = self.0.read(name);
        read.and_then(|bytes| bytes.map(text).transpose())
            .map_err(|reason| self.error(name, reason))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), HomeError> {
        let written = self.0.write(name, text.as_bytes());
        written.map_err(|reason| self.error(name, reason))
    }

    fn remove(&self, name: &str) -> Result<(), HomeError> {
        let deleted = self.0.delete(name);
        deleted.map_err(|reason| self.error(name, reason))
    }

    fn error(&self, name: &str, reason: io::Error) -> HomeError {
        HomeError::Io {
            path: self.path().join(name),
            reason,
        }
    }
}
