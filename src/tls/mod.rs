//! TLS at the server’s own socket: the certificate, which can be replaced while connections are open; the files, the public
//! authority or the authority of one’s own that it may be from; and what a handshake is done by. Only this module and
//! `server` name rustls’ server side.
//!
//! HTTP/1.1 is all that is spoken inside (docs/https.md says why).

pub mod acme;
mod certificates;
mod challenges;
mod facts;
mod files;
mod folder;
pub mod home;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    version::{TLS12, TLS13},
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::home::{Home, HomeError, HomeSettings, Machine};
pub use self::{
    certificates::{Certificates, Unusable},
    challenges::{ACME_TLS, Challenges},
    files::{CertificateFiles, FilesError},
    folder::{PrivateFolder, folder_beside},
};
use crate::model::Timestamp;
pub use crate::model::{CertificateStatus, TlsMode};

/// The protocol inside, as it is negotiated (RFC 7301 §6).
const HTTP_1_1: &[u8] = b"http/1.1";
/// How often the files and the end of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(3);
/// At how many days before its end a warning is logged, the soonest first.
const WARN_AT_DAYS: [i64; 3] = [0, 3, 14];

/// Speaks TLS at the server’s socket.
#[derive(Debug)]
pub struct Tls {
    certificates: Arc<Certificates>,
    config: Arc<ServerConfig>,
    /// The files, if the certificate is from files.
    files: Option<CertificateFiles>,
    /// The authority, if the certificate is from the server’s own.
    home: Option<Arc<Home>>,
}

impl Tls {
    /// With certificates from wherever `mode` says. Until one is there, no handshake succeeds.
    ///
    /// # Errors
    /// If the cryptography can’t do what TLS needs, which the versions that this program is built of can.
    pub fn new(mode: TlsMode) -> Result<Arc<Self>, rustls::Error> {
        Ok(Arc::new(Self::build(mode, None)?))
    }

    /// With the certificate and the key in these files.
    ///
    /// # Errors
    /// See [`FilesError`].
    pub fn from_files(files: CertificateFiles) -> Result<Arc<Self>, FilesError> {
        let tls = Self::build(TlsMode::Files, Some(files))?;
        if let Some(files) = &tls.files {
            files.load_into(&tls.certificates)?;
        }
        Ok(Arc::new(tls))
    }

    /// With a certificate of the server’s own authority. Both are made if they aren’t there yet.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn at_home(settings: HomeSettings) -> Result<Arc<Self>, HomeError> {
        let mut tls = Self::build(TlsMode::Home, None)?;
        let certificates = Arc::clone(&tls.certificates);
        let home = Home::open(settings, certificates, &Machine::look(), SystemTime::now())?;
        tls.home = Some(home);
        Ok(Arc::new(tls))
    }

    fn build(mode: TlsMode, files: Option<CertificateFiles>) -> Result<Self, rustls::Error> {
        let certificates = Arc::new(Certificates::new(mode));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificates) as _);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        if mode == TlsMode::Acme {
            config.alpn_protocols.push(ACME_TLS.to_vec());
        }
        Ok(Self {
            certificates,
            config: Arc::new(config),
            files,
            home: None,
        })
    }

    /// Where the certificate is from.
    #[must_use]
    pub fn mode(&self) -> TlsMode {
        self.certificates.mode()
    }

    /// The authority, if the certificate is from the server’s own.
    #[must_use]
    pub fn home(&self) -> Option<&Arc<Home>> {
        self.home.as_ref()
    }

    /// The certificate in use, and its successor.
    #[must_use]
    pub fn certificates(&self) -> &Arc<Certificates> {
        &self.certificates
    }

    /// What does the handshakes.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Takes new files into use as they come, and warns in the log when the certificate comes to its end, until `stopping`
    /// is cancelled.
    pub async fn watch(self: Arc<Self>, stopping: CancellationToken) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut warned = None;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = looks.tick() => {}
            }
            if self.files.is_some() {
                let tls = Arc::clone(&self);
                let look = move || {
                    if let Some(files) = &tls.files {
                        files.load_if_changed(&tls.certificates);
                    }
                };
                if let Err(error) = tokio::task::spawn_blocking(look).await {
                    tracing::error!(%error, "looking for a new certificate failed");
                }
            }
            self.warn_of_its_end(&mut warned);
        }
    }

    /// Warns once for each time of [`WARN_AT_DAYS`] and each certificate. `warned` is what the last warning was about.
    fn warn_of_its_end(&self, warned: &mut Option<(Timestamp, i64)>) {
        let status = self.certificates.status();
        let (Some(end), Some(days)) = (status.expires_at, status.days_left) else {
            return;
        };
        // Who renews it by themselves does so in time, and some certificates are good for days only.
        if self.files.is_none() && status.failure.is_none() && days >= 0 {
            return;
        }
        let Some(at) = WARN_AT_DAYS.into_iter().find(|at| days < *at) else {
            return;
        };
        if *warned == Some((end, at)) {
            return;
        }
        *warned = Some((end, at));
        let names = status.names.join(", ");
        if days < 0 {
            tracing::warn!(names, %end, "the certificate has expired, so browsers refuse it");
        } else {
            tracing::warn!(names, %end, days, "the certificate expires soon");
        }
    }
}

/// The cryptography.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
