//! What the server does as time passes and its network changes. Times and addresses are what each test says.

#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

use std::time::Duration;

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tempfile::TempDir;

use super::*;
use crate::tls::{TlsMode, provider};

const DAY: Duration = Duration::from_hours(24);

/// A moment in 2026.
fn start() -> SystemTime {
    UNIX_EPOCH + DAY * 20_454
}

fn machine(addresses: &[&str]) -> Machine {
    let addresses = addresses
        .iter()
        .map(|address| address.parse().expect("an address"));
    Machine {
        name: "attic".to_owned(),
        addresses: addresses.collect(),
    }
}

struct Scene {
    folder: TempDir,
    certificates: Arc<Certificates>,
}

impl Scene {
    fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            certificates: Arc::new(Certificates::new(TlsMode::Home)),
        }
    }

    fn open(&self, hosts: &[&str], machine: &Machine, now: SystemTime) -> Arc<Home> {
        let settings = HomeSettings {
            name: HomeName::default(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            folder: HomeFolder::new(self.folder.path().join("tls/home")),
        };
        let certificates = Arc::clone(&self.certificates);
        Home::open(settings, certificates, machine, now).expect("a home")
    }
}

/// The certificate that is kept.
fn kept(home: &Home) -> Vec<u8> {
    let found = home.folder.server().expect("readable");
    let (issued, _) = found.expect("a certificate");
    issued.certificate.to_vec()
}

/// Whether somebody who trusts only `authority` trusts `certificate` for this host at this time (RFC 5280 §6).
fn trusts(authority: &[u8], certificate: &[u8], host: &str, now: SystemTime) -> bool {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.to_vec()))
        .expect("an authority");
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
    let verifier = verifier.build().expect("a verifier");
    let host = ServerName::try_from(host.to_owned()).expect("a host");
    let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).expect("a time"));
    let certificate = CertificateDer::from(certificate.to_vec());
    verifier
        .verify_server_cert(&certificate, &[], &host, &[], now)
        .is_ok()
}

#[test]
fn a_certificate_is_trusted_by_whoever_trusts_the_authority() {
    let scene = Scene::new();
    let home = scene.open(
        &["chat.home.arpa", "chat.example"],
        &machine(&["192.168.1.5", "fd00::5", "8.8.8.8"]),
        start(),
    );
    let (authority, certificate) = (home.authority(), kept(&home));
    for host in [
        "tincan.local",
        "attic.local",
        "localhost",
        "chat.home.arpa",
        "127.0.0.1",
        "::1",
        "192.168.1.5",
        "fd00::5",
    ] {
        assert!(
            trusts(authority.der(), &certificate, host, start()),
            "{host}"
        );
    }
    for host in [
        "chat.example",
        "attic",
        "other.local",
        "192.168.1.6",
        "8.8.8.8",
    ] {
        assert!(
            !trusts(authority.der(), &certificate, host, start()),
            "{host}"
        );
    }
    let other = Scene::new().open(&[], &machine(&[]), start()).authority();
    assert!(!trusts(other.der(), &certificate, "tincan.local", start()));
}

#[test]
fn a_certificate_is_renewed_in_time() {
    let scene = Scene::new();
    let machine = machine(&["192.168.1.5"]);
    let home = scene.open(&[], &machine, start());
    let first = kept(&home);
    // It began a day before, so that two thirds of 397 days end 263 days and 16 hours from now.
    for (hours, is_renewed) in [(0, false), (263 * 24 + 15, false), (263 * 24 + 17, true)] {
        let now = start() + Duration::from_hours(hours);
        home.look(&machine, now).expect("no failure");
        assert_eq!(kept(&home) != first, is_renewed, "after {hours} hours");
    }
    let authority = home.authority();
    assert!(trusts(
        authority.der(),
        &kept(&home),
        "tincan.local",
        start() + DAY * 500
    ));
    assert!(!trusts(
        authority.der(),
        &first,
        "tincan.local",
        start() + DAY * 397
    ));
}

#[test]
fn a_certificate_from_the_future_is_renewed() {
    let scene = Scene::new();
    let home = scene.open(&[], &machine(&[]), start());
    let first = kept(&home);
    home.look(&machine(&[]), start() - DAY * 30)
        .expect("no failure");
    assert_ne!(kept(&home), first);
}

#[test]
fn another_address_renews_the_certificate() {
    let scene = Scene::new();
    let home = scene.open(&[], &machine(&["192.168.1.5"]), start());
    let first = kept(&home);
    // In another order, twice, and with a public one beside it, they are the same.
    home.look(
        &machine(&["8.8.8.8", "192.168.1.5", "192.168.1.5"]),
        start(),
    )
    .expect("no failure");
    assert_eq!(kept(&home), first);
    home.look(&machine(&["10.0.0.7"]), start())
        .expect("no failure");
    let second = kept(&home);
    let authority = home.authority();
    assert!(trusts(authority.der(), &second, "10.0.0.7", start()));
    assert!(!trusts(authority.der(), &second, "192.168.1.5", start()));
    assert!(scene.certificates.names().contains(&"10.0.0.7".to_owned()));
}

#[test]
fn a_restart_keeps_everything() {
    let scene = Scene::new();
    let machine = machine(&["192.168.1.5"]);
    let first = scene.open(&[], &machine, start());
    let (authority, before) = (first.authority().fingerprint(), kept(&first));
    assert!(first.is_new());
    let second = scene.open(&[], &machine, start() + DAY);
    assert!(!second.is_new());
    assert_eq!(second.authority().fingerprint(), authority);
    assert_eq!(kept(&second), before);
}

#[test]
fn a_name_outside_of_the_authority_waits_for_a_new_one() {
    let scene = Scene::new();
    let machine = machine(&[]);
    drop(scene.open(&[], &machine, start()));
    let home = scene.open(&["chat.home.arpa"], &machine, start());
    assert_eq!(home.status().refused, ["chat.home.arpa"]);
    assert!(!scene.certificates.has("chat.home.arpa"));
    let before = home.authority().fingerprint();
    home.reset(&machine, start()).expect("a new authority");
    assert_ne!(home.authority().fingerprint(), before);
    assert_eq!(home.status().refused, [""; 0]);
    assert!(trusts(
        home.authority().der(),
        &kept(&home),
        "chat.home.arpa",
        start()
    ));
}

#[test]
fn a_certificate_of_another_authority_is_replaced() {
    let (scene, other) = (Scene::new(), Scene::new());
    let machine = machine(&[]);
    let home = scene.open(&[], &machine, start());
    let stranger = other.open(&[], &machine, start());
    let (issued, _) = stranger
        .folder
        .server()
        .expect("readable")
        .expect("a certificate");
    home.folder.keep_server(&issued).expect("kept");
    let home = scene.open(&[], &machine, start());
    assert!(trusts(
        home.authority().der(),
        &kept(&home),
        "tincan.local",
        start()
    ));
}

#[test]
fn an_authority_that_cannot_be_read_is_not_replaced() {
    let scene = Scene::new();
    let home = scene.open(&[], &machine(&[]), start());
    let path = home.folder.path().join("authority-key.pem");
    std::fs::write(&path, "not a key").expect("written");
    assert!(matches!(
        home.folder.authority(),
        Err(HomeError::Authority { .. })
    ));
}
