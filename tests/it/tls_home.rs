//! https at home: the authority, the certificate, and what the command line does with both.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{Certificate, CertificateParams, DistinguishedName, Issuer, KeyPair};
use reqwest::Method;
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    Binary, Client, Ended, ended, text,
    tls::{Authority, connect, trusting_pem},
};

/// A database that is served at home.
pub struct House {
    folder: TempDir,
}

impl House {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { folder }
    }

    fn database(&self) -> String {
        let path = self.folder.path().join("tincan.db");
        path.to_str().expect("a plain path").to_owned()
    }

    /// Where the authority and the certificate are kept.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.folder.path().join("tincan.db-tls/home").join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.kept(name)).expect("a file")
    }

    /// Starts it in dev mode, with these arguments beside.
    pub fn serve(&self, arguments: &[&str]) -> Binary {
        self.serve_strictly(&[&["--dev"], arguments].concat())
    }

    /// The same, as people have it.
    pub fn serve_strictly(&self, arguments: &[&str]) -> Binary {
        let database = self.database();
        let usual = ["--tls", "home", "--listen", "127.0.0.1:0"];
        let own = ["--log", "error", "--db", &database];
        Binary::spawn(&[&usual[..], &own, arguments].concat())
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let database = self.database();
        ended(Binary::command(
            &[&["tls"], arguments, &["--db", &database]].concat(),
        ))
        .await
    }

    async fn show(&self) -> Value {
        let shown = self.run(&["show", "--json"]).await;
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        serde_json::from_str(&shown.stdout).expect("JSON")
    }

    /// Somebody whose device trusts the authority of now.
    pub fn resident(&self, server: &Binary) -> Client {
        Client::trusting(trusting_pem(&self.read("authority.pem")), server.address())
    }
}

async fn is_trusted(client: &Client) -> bool {
    client
        .request(Method::GET, "/api/config")
        .send()
        .await
        .is_ok()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

#[tokio::test]
async fn whoever_trusts_the_authority_trusts_the_server_and_nobody_else_does() {
    let house = House::new();
    let server = house.serve(&[
        "--home-name",
        "Smiths",
        "--host",
        "chat.home.arpa,chat.example",
    ]);
    assert!(is_trusted(&house.resident(&server)).await);
    assert!(!is_trusted(&server.over_tls(&Authority::new())).await);
    let config = trusting_pem(&house.read("authority.pem"));
    for (host, is_good) in [
        ("smiths.local", true),
        ("localhost", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("chat.home.arpa", true),
        ("chat.example", false),
        ("tincan.local", false),
        ("192.0.2.1", false),
    ] {
        let connected = connect(server.address(), host, config.clone()).await;
        assert_eq!(connected.is_ok(), is_good, "{host}: {:?}", connected.err());
    }
}

/// Whoever has copied an authority and its key.
pub struct Thief {
    authority: CertificateDer<'static>,
    pub issuer: Issuer<'static, KeyPair>,
}

impl Thief {
    pub fn of(house: &House) -> Self {
        let [authority, key] = ["authority.pem", "authority-key.pem"]
            .map(|name| String::from_utf8(house.read(name)).expect("a text"));
        let key = KeyPair::from_pem(&key).expect("a key");
        let authority =
            CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
        let issuer = Issuer::from_ca_cert_der(&authority, key).expect("an issuer");
        Self { authority, issuer }
    }

    /// A certificate for this host, which is honest but for this change.
    pub fn sign(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut wanted = CertificateParams::new([host.to_owned()]).expect("a host");
        // OpenSSL takes a common name for a host’s where there is no other.
        wanted.distinguished_name = DistinguishedName::new();
        change(&mut wanted);
        let key = KeyPair::generate().expect("a key");
        wanted.signed_by(&key, &self.issuer).expect("a certificate")
    }
}

/// What the authority of a server for `tincan.local` and `chat.home.arpa` can vouch for, whoever has its key.
pub const VOUCHED_FOR: &[(&str, bool)] = &[
    ("tincan.local", true),
    ("a.tincan.local", true),
    ("chat.home.arpa", true),
    ("localhost", true),
    ("10.9.9.9", true),
    ("172.16.0.1", true),
    ("172.31.255.255", true),
    ("192.168.1.1", true),
    ("169.254.1.1", true),
    ("fe80::1", true),
    ("fd00::1", true),
    ("example.com", false),
    ("local", false),
    ("other.local", false),
    ("home.arpa", false),
    ("xtincan.local", false),
    ("tincan.local.example.com", false),
    ("8.8.8.8", false),
    ("172.15.255.255", false),
    ("172.32.0.0", false),
    ("100.64.0.1", false),
    ("::2", false),
    ("2001:db8::1", false),
];

#[tokio::test]
async fn not_even_its_key_can_vouch_for_anything_else() {
    let house = House::new();
    let _server = house.serve(&["--host", "chat.home.arpa"]);
    let thief = Thief::of(&house);
    let mut roots = RootCertStore::empty();
    roots.add(thief.authority.clone()).expect("an authority");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider);
    let verifier = verifier.build().expect("a verifier");
    for (host, is_good) in VOUCHED_FOR {
        let name = ServerName::try_from(*host).expect("a host");
        let signed = thief.sign(host, |_| {});
        let outcome = verifier.verify_server_cert(signed.der(), &[], &name, &[], UnixTime::now());
        assert_eq!(outcome.is_ok(), *is_good, "{host}: {:?}", outcome.err());
    }
}

#[tokio::test]
async fn only_its_owner_may_read_the_keys() {
    let house = House::new();
    let database = PathBuf::from(house.database());
    let mut command = Binary::under_a_wide_umask(&database);
    let _server = Binary::run(command.args(["--tls", "home"]));
    assert_eq!(mode(&house.kept("")), 0o700);
    for name in [
        "authority.pem",
        "authority-key.pem",
        "server.pem",
        "server-key.pem",
    ] {
        assert_eq!(mode(&house.kept(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_restart_keeps_what_devices_trust() {
    let house = House::new();
    let mut first = house.serve(&[]);
    let (_, fingerprint) = first.trust();
    let kept = [
        "authority.pem",
        "authority-key.pem",
        "server.pem",
        "server-key.pem",
    ];
    let before = kept.map(|name| house.read(name));
    first.signal("TERM");
    first.ended().await;
    let mut second = house.serve(&[]);
    assert_eq!(second.trust().1, fingerprint);
    assert_eq!(kept.map(|name| house.read(name)), before);
}

#[tokio::test]
async fn a_renewed_certificate_is_good_for_all_devices_and_connections_stay_open() {
    let house = House::new();
    let server = house.serve(&[]);
    let john = house.resident(&server).sign_in("john").await;
    let mut stream = john.follow(None).await;
    let (authority, certificate) = (house.read("authority.pem"), house.read("server.pem"));
    let before = house.show().await;
    let renewed = house.run(&["renew"]).await;
    assert_eq!(renewed.code, Some(0), "{}", renewed.stderr);
    assert_eq!(house.read("authority.pem"), authority);
    assert_ne!(house.read("server.pem"), certificate);
    let after = house.show().await;
    assert_eq!(after["home"], before["home"]);
    assert_eq!(after["certificate"]["daysLeft"], 395);

    let jane = house.resident(&server).sign_in("jane").await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Still there?").await;
    stream.next_named("message").await;
}

#[tokio::test]
async fn a_new_authority_has_to_be_trusted_anew() {
    let house = House::new();
    let server = house.serve(&[]);
    // A new one each time: whoever goes on with a session of TLS doesn’t look at the certificate again.
    let authority = house.read("authority.pem");
    let before = || Client::trusting(trusting_pem(&authority), server.address());
    let fingerprint = text(&house.show().await["home"]["fingerprint"]).to_owned();
    let refused = house.run(&["reset"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("Each device has to trust it again"),
        "{}",
        refused.stderr
    );
    assert!(is_trusted(&before()).await);

    assert_eq!(house.run(&["reset", "--yes"]).await.code, Some(0));
    let shown = house.show().await;
    assert_ne!(shown["home"]["fingerprint"], fingerprint);
    assert!(!is_trusted(&before()).await);
    assert!(is_trusted(&house.resident(&server)).await);
}

#[tokio::test]
async fn the_command_line_works_without_the_server() {
    let house = House::new();
    let mut server = house.serve(&[]);
    let (url, fingerprint) = server.trust();
    let port = server.address().port();
    assert_eq!(url, format!("http://tincan.local:{port}/trust"));
    let shown = house.show().await;
    assert_eq!(shown["home"]["fingerprint"], fingerprint);
    assert_eq!(shown["home"]["trustUrl"], url);
    server.signal("TERM");
    server.ended().await;

    let at_rest = house.show().await;
    for field in ["names", "expiresAt", "daysLeft", "issuer"] {
        assert_eq!(
            at_rest["certificate"][field], shown["certificate"][field],
            "{field}"
        );
    }
    assert_eq!(at_rest["home"]["fingerprint"], fingerprint);
    assert_eq!(house.run(&["renew"]).await.code, Some(0));
    assert!(!house.kept("server.pem").exists());
    assert!(house.kept("authority.pem").exists());
    assert_eq!(house.run(&["reset", "--yes"]).await.code, Some(0));
    assert!(!house.kept("authority-key.pem").exists());
    let nothing = house.run(&["show"]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.stderr.contains("--tls home"), "{}", nothing.stderr);
    let mut server = house.serve(&[]);
    assert_ne!(server.trust().1, fingerprint);
}

#[tokio::test]
async fn a_name_that_came_later_waits_for_a_new_authority() {
    let house = House::new();
    house.serve(&[]).kill();
    let _server = house.serve(&["--host", "chat.home.arpa"]);
    assert_eq!(house.show().await["home"]["refused"][0], "chat.home.arpa");
    let shown = house.run(&["show"]).await.stdout;
    assert!(shown.contains("tincan tls reset"), "{shown}");
    let reset = house.run(&["reset", "--yes", "--json"]).await;
    let reset: Value = serde_json::from_str(&reset.stdout).expect("JSON");
    let names = reset["certificate"]["names"].as_array().expect("names");
    assert!(names.iter().any(|name| name == "chat.home.arpa"), "{reset}");
}

#[tokio::test]
async fn other_servers_are_told_what_they_have() {
    let folder = TempDir::new().expect("a folder");
    let run = async |database: &Path, command| {
        let database = database.to_str().expect("a plain path");
        ended(Binary::command(&["tls", command, "--db", database])).await
    };
    let plain = folder.path().join("plain.db");
    let _plain = Binary::start(&plain);
    let shown = run(&plain, "show").await;
    assert_eq!(shown.code, Some(1));
    assert!(shown.stderr.contains("--tls home"), "{}", shown.stderr);

    let files = folder.path().join("files.db");
    let _files = Binary::start_with_tls(&files, &Authority::new(), &[]);
    let shown = run(&files, "show").await;
    assert!(
        shown.stdout.contains("localhost"),
        "{} {}",
        shown.stdout,
        shown.stderr
    );
    let renewed = run(&files, "renew").await;
    assert_eq!(renewed.code, Some(1));
    assert!(renewed.stderr.contains("issued it"), "{}", renewed.stderr);
}

#[tokio::test]
async fn flags_that_do_not_go_together_are_refused() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let database = database.to_str().expect("a plain path");
    for (arguments, named) in [
        (["--tls", "home", "--tls-cert", "x"], "--tls"),
        (["--tls", "home", "--home-name", "a.b"], "--home-name"),
        (
            ["--tls", "home", "--public-url", "http://a.local"],
            "--public-url",
        ),
    ] {
        let refused = ended(Binary::command(
            &[&arguments[..], &["--db", database]].concat(),
        ))
        .await;
        assert_ne!(refused.code, Some(0));
        assert!(refused.stderr.contains(named), "{}", refused.stderr);
    }
}
