//! Certificates, and clients that trust them.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ALL_VERSIONS, ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use time::{Duration, OffsetDateTime};
use tincan::tls::{CertificateFiles, Tls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Answer, soon};

/// What an authority of a test is called.
pub const AUTHORITY: &str = "Test Authority";

/// A certificate authority of a test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate that it has issued, and its key, in PEM.
pub struct Issued {
    pub chain: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, AUTHORITY);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// A certificate for these names and addresses that ends in so many days, or has ended so many days ago.
    pub fn issue(&self, names: &[&str], days: i32) -> Issued {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        let now = OffsetDateTime::now_utc();
        params.not_before = now - 400 * Duration::DAY;
        // Whole days, however long the test takes until it asks.
        params.not_after = now + days * Duration::DAY + Duration::HOUR;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Issued {
            chain: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// The usual certificate: for `localhost` and 127.0.0.1, good for a while.
    pub fn localhost(&self) -> Issued {
        self.issue(&["localhost", "127.0.0.1"], 60)
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// What a client is configured with that trusts this authority alone.
    pub fn trusted(&self) -> ClientConfig {
        self.trusted_by(ALL_VERSIONS)
    }

    /// The same, for a client that speaks one version alone.
    pub fn trusted_by(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("an authority");
        trusting(roots, versions)
    }
}

/// What a client is configured with that trusts the authority in this PEM alone.
pub fn trusting_pem(authority: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority).expect("a certificate");
    roots.add(authority).expect("an authority");
    trusting(roots, ALL_VERSIONS)
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// Writes both into a folder, and gives back where they are.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        fs::write(&chain, &self.chain).expect("a file");
        fs::write(&key, &self.key).expect("a file");
        (chain, key)
    }

    /// Speaks TLS with it, from files in this folder.
    pub fn tls(&self, folder: &Path) -> Arc<Tls> {
        let (chain, key) = self.write(folder);
        Tls::from_files(CertificateFiles::new(chain, key)).expect("a certificate and its key")
    }
}

/// What a client is configured with that trusts these.
pub(crate) fn trusting(
    roots: RootCertStore,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Sends these bytes as they are over TLS to `name`, and reads until the server closes. They should ask for
/// `Connection: close`.
pub async fn raw_over_tls(
    address: SocketAddr,
    name: &str,
    authority: &Authority,
    request: &str,
) -> Answer {
    let exchange = async {
        let mut stream = connect(address, name, authority.trusted())
            .await
            .expect("TLS");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it can be sent");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.expect("an end");
        Answer::parse(&received)
    };
    soon("an answer", exchange).await
}

/// A connection with TLS to `address`, as a client that is configured so asks for `name`.
pub async fn connect(
    address: SocketAddr,
    name: &str,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}
