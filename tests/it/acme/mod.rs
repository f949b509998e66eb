//! Certificates that the server gets by itself, from an authority that looks whether its names lead there.

mod authority;

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::authority::{Authority, Ways, certificate};
use crate::{
    home::Home,
    support::{Binary, Client, ended, soon, tls::connect},
    tls_clients::{are_here, expect_trust, plain, run},
};

const NAME: &str = "chat.example";
/// RFC 8737 §6.2.
const ACME_TLS: &[u8] = b"acme-tls/1";

/// An authority that is as usual, and where a server has what it gets from there. None where the test has to be skipped.
async fn usual() -> Option<(Authority, Home)> {
    with(Ways::default()).await
}

async fn with(ways: Ways) -> Option<(Authority, Home)> {
    Some((Authority::start(ways).await?, Home::new()))
}

/// Starts the server with certificates from this authority, which reaches it.
fn start(home: &Home, authority: &Authority, more: &[&str]) -> Binary {
    let binary = unreached(home, authority, more);
    authority.https.lead_to(binary.address());
    binary
}

/// The same; the authority doesn't reach it yet.
fn unreached(home: &Home, authority: &Authority, more: &[&str]) -> Binary {
    let mut command = Binary::command(&["--listen", "127.0.0.1:0", "--log", "error"]);
    command.args(["--acme", NAME, "--db", &home.path("tincan.db")]);
    command.args(authority.arguments()).args(more);
    Binary::run(&mut command)
}

/// Starts it, and waits until it has a certificate; gives back what it tells of that.
async fn certified(home: &Home, authority: &Authority, more: &[&str]) -> (Binary, Value) {
    let server = start(home, authority, more);
    (server, certified_at_last(home).await)
}

async fn certified_at_last(home: &Home) -> Value {
    certificate(home, "a certificate", has_one).await
}

/// The folders with what is kept of each authority.
fn kept(home: &Home) -> Vec<PathBuf> {
    let folders = fs::read_dir(home.file("tincan.db-tls/acme")).expect("a folder");
    folders
        .map(|own| own.expect("an authority's").path())
        .collect()
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
    let Some((mut authority, home)) = usual().await else {
        return;
    };
    let contact = ["--acme-contact", "admin@chat.example"];
    let (server, told) = certified(&home, &authority, &contact).await;
    assert_eq!(told["mode"], "acme");
    assert_eq!(told["failure"], Value::Null);
    assert_eq!(told["daysLeft"], 89);
    let first = shown(server.address(), None).await.expect("a certificate");
    // The challenge is over.
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);

    let own = kept(&home);
    let [own] = &own[..] else {
        panic!("one authority's folder: {own:?}");
    };
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&home.file("tincan.db-tls")), 0o700);
    let mut files = Vec::new();
    for file in fs::read_dir(own).expect("a folder") {
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
    let server = start(&home, &authority, &[]);
    assert_eq!(shown(server.address(), None).await, Some(first));
}

#[tokio::test]
async fn openssl_and_curl_trust_what_it_got() {
    if !are_here() {
        return;
    }
    let Some((authority, home)) = usual().await else {
        return;
    };
    let leads = ["--http-listen", "127.0.0.1:0"];
    let (mut server, _) = certified(&home, &authority, &leads).await;
    let (ca, root) = (authority.ca(), home.file("root.pem"));
    let fetch = [
        "-sSf",
        "--noproxy",
        "*",
        "--cacert",
        plain(&ca),
        "-o",
        plain(&root),
    ];
    let fetched = run("curl", &[&fetch[..], &[&authority.root()]].concat()).await;
    assert_eq!(fetched.code, Some(0), "{}", fetched.stderr);
    expect_trust(&mut server, NAME, &root).await;
}

#[tokio::test]
async fn what_is_kept_is_of_one_authority_alone() {
    let Some((authority, home)) = usual().await else {
        return;
    };
    let (server, _) = certified(&home, &authority, &[]).await;
    server.kill();
    let other = Authority::start(Ways::default())
        .await
        .expect("another one");
    let server = unreached(&home, &other, &[]);
    assert_eq!(shown(server.address(), None).await, None);
}

#[tokio::test]
async fn where_only_plain_http_reaches_the_server_that_is_enough() {
    let Some((authority, home)) = usual().await else {
        return;
    };
    let mut server = unreached(&home, &authority, &["--http-listen", "127.0.0.1:0"]);
    let plain = server.http_address();
    // Nothing leads to an https that nobody could speak yet.
    let asked = Client::new(plain).get("/").await;
    assert_eq!(asked.status.as_u16(), 503, "{}", asked.body);
    authority.http.lead_to(plain);
    certified_at_last(&home).await;
    assert!(shown(server.address(), None).await.is_some());
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_serves() {
    let ways = Ways {
        seconds: 20,
        ..Ways::default()
    };
    let Some((authority, home)) = with(ways).await else {
        return;
    };
    let (server, told) = certified(&home, &authority, &[]).await;
    let first = shown(server.address(), None).await.expect("a certificate");
    let ends = told["expiresAt"].clone();
    let renewed = |told: &Value| has_one(told) && told["expiresAt"] != ends;
    let told = certificate(&home, "another one", renewed).await;
    assert_eq!(told["failure"], Value::Null);
    assert_ne!(
        shown(server.address(), None).await.expect("a certificate"),
        first
    );
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_told_and_tried_again_while_the_server_serves() {
    let Some((authority, home)) = usual().await else {
        return;
    };
    let server = unreached(&home, &authority, &[]);
    let told = certificate(&home, "a failure", has_failed).await;
    assert!(message(&told).contains(NAME), "{told}");
    assert!(message(&told).contains("tls-alpn-01"), "{told}");
    assert_eq!(told["names"], json!([]));
    // It answers commands, and nobody gets a certificate that is none.
    assert_eq!(shown(server.address(), None).await, None);
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);
    authority.https.lead_to(server.address());
    let told = certified_at_last(&home).await;
    assert_eq!(told["failure"], Value::Null);
}

#[tokio::test]
async fn an_authority_that_is_away_or_has_forgotten_the_account_is_asked_again() {
    let Some((mut authority, home)) = usual().await else {
        return;
    };
    let (server, _) = certified(&home, &authority, &[]).await;
    server.kill();
    // An account, but no certificate.
    for own in kept(&home) {
        fs::remove_file(own.join("certificate.pem")).expect("a certificate");
    }
    authority.go_away();
    let server = start(&home, &authority, &[]);
    let told = certificate(&home, "a failure", has_failed).await;
    assert!(message(&told).contains("authority"), "{told}");
    // Pebble keeps nothing: who comes back knows nobody.
    authority.come_back().await;
    let told = certified_at_last(&home).await;
    assert_eq!(told["failure"], Value::Null);
    assert!(shown(server.address(), None).await.is_some());
}

#[tokio::test]
async fn a_kill_in_the_midst_of_an_order_leaves_nothing_behind() {
    let Some((authority, home)) = usual().await else {
        return;
    };
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    authority
        .https
        .lead_to(trap.local_addr().expect("an address"));
    let server = unreached(&home, &authority, &[]);
    // The authority looks: the order is under way.
    let looks = soon("the authority to look", trap.accept()).await;
    assert!(shown(server.address(), Some(ACME_TLS)).await.is_some());
    server.kill();
    drop(looks);
    let (server, _) = certified(&home, &authority, &[]).await;
    assert_eq!(shown(server.address(), Some(ACME_TLS)).await, None);
    for own in kept(&home) {
        let own = fs::read_dir(own).expect("a folder");
        assert_eq!(own.count(), 2);
    }
}

#[tokio::test]
async fn an_authority_that_refuses_nonces_gives_a_certificate_in_the_end() {
    let ways = Ways {
        bad_nonces: 20,
        ..Ways::default()
    };
    let Some((authority, home)) = with(ways).await else {
        return;
    };
    certified(&home, &authority, &[]).await;
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
    let home = Home::new();
    let database = home.path("tincan.db");
    for (name, said) in NO_NAMES {
        let refused = ended(Binary::command(&["--acme", name, "--db", &database])).await;
        assert_eq!(refused.code, Some(2), "{name}");
        assert!(refused.stderr.contains("--acme"), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let pem = home.path("no.pem");
    fs::write(&pem, "nothing").expect("a file");
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
