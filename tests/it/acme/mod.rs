//! Certificates that the server gets by itself, from an authority that looks whether its names lead there.

mod authority;

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path};

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use self::authority::{Authority, Ways, certificate, plain};
use crate::support::{Binary, Client, ended, soon, tls::connect};

const NAME: &str = "chat.example";
/// RFC 8737 §6.2.
const ACME_TLS: &[u8] = b"acme-tls/1";

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

/// Starts the server with certificates from this authority, which reaches it.
fn start(database: &Path, authority: &Authority, more: &[&str]) -> Binary {
    let binary = unreached(database, authority, more);
    authority.https.lead_to(binary.address());
    binary
}

/// The same; the authority doesn't reach it yet.
fn unreached(database: &Path, authority: &Authority, more: &[&str]) -> Binary {
    let mut command = Binary::command(&["--listen", "127.0.0.1:0", "--log", "error"]);
    command.args(["--acme", NAME, "--db", &plain(database)]);
    command.args(authority.arguments()).args(more);
    Binary::run(&mut command)
}

fn has_one(told: &Value) -> bool {
    told["names"] == json!([NAME])
}

fn has_failed(told: &Value) -> bool {
    !told["failure"].is_null()
}

fn message(told: &Value) -> &str {
    told["failure"]["message"].as_str().expect("a message")
}

/// A client that takes any certificate, as nobody knows the authority.
fn trusting(protocol: Option<&[u8]>) -> ClientConfig {
    #[derive(Debug)]
    struct Anybody;
    impl ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            let provider = ring::default_provider();
            provider
                .signature_verification_algorithms
                .supported_schemes()
        }
    }

    let mut config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(std::sync::Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = protocol.into_iter().map(<[u8]>::to_vec).collect();
    config
}

/// The certificate that a handshake shows, if it succeeds.
async fn shown(address: SocketAddr, protocol: Option<&[u8]>) -> Option<Vec<u8>> {
    let stream = soon("a handshake", connect(address, NAME, trusting(protocol)))
        .await
        .ok()?;
    let (_, session) = stream.get_ref();
    Some(session.peer_certificates()?.first()?.to_vec())
}

#[tokio::test]
async fn the_first_certificate_comes_by_itself_and_is_kept() {
    let Some(mut authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let server = start(
        &database,
        &authority,
        &["--acme-contact", "admin@chat.example"],
    );
    let told = certificate(&database, "a certificate", has_one).await;
    assert_eq!(told["mode"], "acme");
    assert_eq!(told["failure"], Value::Null);
    assert_eq!(told["daysLeft"], 89);
    let first = shown(server.address(), None).await.expect("a certificate");
    // The challenge is over.
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);

    let kept = folder.path().join("tincan.db-tls/acme");
    let own: Vec<_> = fs::read_dir(&kept).expect("a folder").collect();
    let [Ok(own)] = &own[..] else {
        panic!("one authority's folder: {own:?}");
    };
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&folder.path().join("tincan.db-tls")), 0o700);
    let mut files = Vec::new();
    for file in fs::read_dir(own.path()).expect("a folder") {
        let file = file.expect("a file");
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        files.push(file.file_name());
    }
    files.sort();
    assert_eq!(files, ["account.json", "certificate.pem"]);

    // A restart has it at once, without the authority.
    authority.go_away();
    server.signal("TERM");
    let (status, _) = server.ended().await;
    assert_eq!(status.code(), Some(0));
    let server = start(&database, &authority, &[]);
    assert_eq!(shown(server.address(), None).await, Some(first));
}

#[tokio::test]
async fn what_is_kept_is_of_one_authority_alone() {
    let Some(authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let server = start(&database, &authority, &[]);
    certificate(&database, "a certificate", has_one).await;
    server.kill();
    let other = Authority::start(Ways::default())
        .await
        .expect("another one");
    let server = unreached(&database, &other, &[]);
    assert_eq!(shown(server.address(), None).await, None);
}

#[tokio::test]
async fn where_only_plain_http_reaches_the_server_that_is_enough() {
    let Some(authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let mut server = unreached(&database, &authority, &["--http-listen", "127.0.0.1:0"]);
    let plain = server.http_address();
    // Nothing leads to an https that nobody could speak yet.
    let asked = Client::new(plain).get("/").await;
    assert_eq!(asked.status.as_u16(), 503, "{}", asked.body);
    authority.http.lead_to(plain);
    certificate(&database, "a certificate", has_one).await;
    assert!(shown(server.address(), None).await.is_some());
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_serves() {
    let ways = Ways {
        seconds: 20,
        ..Ways::default()
    };
    let Some(authority) = Authority::start(ways).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let server = start(&database, &authority, &[]);
    let told = certificate(&database, "a certificate", has_one).await;
    let first = shown(server.address(), None).await.expect("a certificate");
    let ends = told["expiresAt"].clone();
    let renewed = |told: &Value| has_one(told) && told["expiresAt"] != ends;
    let told = certificate(&database, "another one", renewed).await;
    assert_eq!(told["failure"], Value::Null);
    assert_ne!(
        shown(server.address(), None).await.expect("a certificate"),
        first
    );
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_told_and_tried_again_while_the_server_serves() {
    let Some(authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let server = unreached(&database, &authority, &[]);
    let told = certificate(&database, "a failure", has_failed).await;
    assert!(message(&told).contains(NAME), "{told}");
    assert!(message(&told).contains("tls-alpn-01"), "{told}");
    assert_eq!(told["names"], json!([]));
    // It answers commands, and nobody gets a certificate that is none.
    assert_eq!(shown(server.address(), None).await, None);
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);
    authority.https.lead_to(server.address());
    let told = certificate(&database, "a certificate", has_one).await;
    assert_eq!(told["failure"], Value::Null);
}

#[tokio::test]
async fn an_authority_that_is_away_or_has_forgotten_the_account_is_asked_again() {
    let Some(mut authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let server = start(&database, &authority, &[]);
    certificate(&database, "a certificate", has_one).await;
    server.kill();
    // An account, but no certificate.
    let kept = fs::read_dir(folder.path().join("tincan.db-tls/acme")).expect("a folder");
    for own in kept {
        let own = own.expect("an authority's").path();
        fs::remove_file(own.join("certificate.pem")).expect("a certificate");
    }
    authority.go_away();
    let server = start(&database, &authority, &[]);
    let told = certificate(&database, "a failure", has_failed).await;
    assert!(message(&told).contains("authority"), "{told}");
    // Pebble keeps nothing: who comes back knows nobody.
    authority.come_back().await;
    let told = certificate(&database, "a certificate", has_one).await;
    assert_eq!(told["failure"], Value::Null);
    assert!(shown(server.address(), None).await.is_some());
}

#[tokio::test]
async fn a_kill_in_the_midst_of_an_order_leaves_nothing_behind() {
    let Some(authority) = Authority::start(Ways::default()).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    authority
        .https
        .lead_to(trap.local_addr().expect("an address"));
    let server = unreached(&database, &authority, &[]);
    // The authority looks: the order is under way.
    let looks = soon("the authority to look", trap.accept()).await;
    assert!(shown(server.address(), Some(ACME_TLS)).await.is_some());
    server.kill();
    drop(looks);
    let server = start(&database, &authority, &[]);
    certificate(&database, "a certificate", has_one).await;
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);
    let kept = fs::read_dir(folder.path().join("tincan.db-tls/acme")).expect("a folder");
    for own in kept {
        let own = fs::read_dir(own.expect("an authority's").path()).expect("a folder");
        assert_eq!(own.count(), 2);
    }
}

#[tokio::test]
async fn an_authority_that_refuses_nonces_gives_a_certificate_in_the_end() {
    let ways = Ways {
        bad_nonces: 20,
        ..Ways::default()
    };
    let Some(authority) = Authority::start(ways).await else {
        return;
    };
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let _server = start(&database, &authority, &[]);
    certificate(&database, "a certificate", has_one).await;
}

/// What isn't a name that can be certified, and what is said about it.
const NO_NAMES: &[(&str, &str)] = &[
    ("*.chat.example", "wildcard"),
    ("192.0.2.1", "not an address"),
    ("[2001:db8::1]", "not an address"),
    ("https://chat.example", "without a scheme"),
    ("chat.example:443", "without a scheme"),
];

#[tokio::test]
async fn what_can_not_be_certified_is_refused_at_the_start() {
    let folder = folder();
    let database = plain(&folder.path().join("tincan.db"));
    for (name, said) in NO_NAMES {
        let refused = ended(Binary::command(&["--acme", name, "--db", &database])).await;
        assert_eq!(refused.code, Some(2), "{name}");
        assert!(refused.stderr.contains("--acme"), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let pem = folder.path().join("no.pem");
    fs::write(&pem, "nothing").expect("a file");
    let pem = plain(&pem);
    for (more, code, said) in [
        (&["--acme-ca", &pem][..], 78, "has no certificate"),
        (&["--acme-ca", "/nowhere.pem"], 78, "can’t read --acme-ca"),
        (
            &["--acme-directory", "http://ca.example/dir"],
            78,
            "must be https",
        ),
        (&["--acme-contact", "nobody"], 2, "one email address"),
        (
            &["--tls-cert", &pem, "--tls-key", &pem],
            2,
            "cannot be used with",
        ),
        (&["--public-url", "http://chat.example"], 78, "plain http"),
    ] {
        let mut command = Binary::command(&["--acme", NAME, "--db", &database]);
        command.args(more);
        let refused = ended(command).await;
        assert_eq!(refused.code, Some(code), "{more:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}
