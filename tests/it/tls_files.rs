//! Certificates from files: those that are of no use, and those that others renew.

use std::{fs, path::Path, process::Command, time::Duration};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    home::Home,
    support::{
        Binary, Server, ended, soon, strict, text,
        tls::{Authority, Issued, connect},
        watch,
    },
};

/// The certificate that the server shows.
async fn shown(server: &Server, authority: &Authority) -> CertificateDer<'static> {
    let stream = connect(server.address(), "localhost", authority.trusted())
        .await
        .expect("TLS");
    let (_, session) = stream.get_ref();
    session.peer_certificates().expect("a chain")[0]
        .clone()
        .into_owned()
}

fn own(issued: &Issued) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(issued.chain.as_bytes()).expect("a certificate")
}

/// Asks again and again until `holds`.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    // The server looks at the files every few seconds.
    let pause = Duration::from_millis(50);
    soon(what, watch(pause, async || holds().await.then_some(()))).await;
}

#[tokio::test]
async fn a_new_certificate_is_taken_into_use_and_open_connections_live_on() {
    let folder = TempDir::new().expect("a folder");
    let authority = Authority::new();
    let (old, new) = (authority.localhost(), authority.localhost());
    let tls = old.tls(folder.path());
    let mut config = strict();
    config.settings.tls = Some(tls.clone());
    let server = Server::start(config).await;
    let setup_token = server.setup_token();
    let account = serde_json::json!({
        "username": "anna", "password": crate::support::PASSWORD, "setupToken": setup_token,
    });
    let anna = server.over_tls(&authority).register(account).await;
    let mut stream = anna.follow(None).await;
    assert_eq!(shown(&server, &authority).await, own(&old));
    let loaded_at = tls.certificates().status().loaded_at;

    // Half of a pair: the old one stays, and administrators are told why.
    fs::write(folder.path().join("chain.pem"), &new.chain).expect("a file");
    let told = async || anna.get("/api/admin/addresses").await.expect(200)["certificate"].clone();
    until("the failure to be told", async || {
        !told().await["failure"].is_null()
    })
    .await;
    let before = told().await["failure"]["message"].clone();
    let message = text(&before);
    assert!(
        message.contains("key.pem") && message.contains("chain.pem"),
        "{message}"
    );
    assert_eq!(shown(&server, &authority).await, own(&old));
    // And half of a file.
    fs::write(folder.path().join("key.pem"), &new.key[..new.key.len() / 2]).expect("a file");
    until("the other failure to be told", async || {
        told().await["failure"]["message"] != before
    })
    .await;
    assert_eq!(shown(&server, &authority).await, own(&old));
    assert_eq!(tls.certificates().status().loaded_at, loaded_at);

    fs::write(folder.path().join("key.pem"), &new.key).expect("a file");
    until("the new certificate", async || {
        shown(&server, &authority).await == own(&new)
    })
    .await;
    assert!(told().await["failure"].is_null());
    // The stream was opened under the old certificate.
    let room = anna.make_room("Kitchen", &[], false).await;
    let event = stream.next_named("message").await;
    assert_eq!(event.data["conversationId"], room.as_str());
}

/// The program with the files in a folder.
fn command(folder: &Path, more: &[&str]) -> Command {
    let mut command = Binary::command(&["--listen", "127.0.0.1:0"]);
    command.arg("--db").arg(folder.join("tincan.db"));
    command.arg("--tls-cert").arg(folder.join("chain.pem"));
    command.arg("--tls-key").arg(folder.join("key.pem"));
    command.args(more);
    command
}

/// Starts it in dev mode. Its log is in the folder, too.
fn start(folder: &Path) -> Binary {
    let log = fs::File::create(folder.join("log")).expect("a log");
    Binary::run(command(folder, &["--dev"]).stderr(log))
}

/// The lines of its log that have this text.
fn lines(folder: &Path, text: &str) -> usize {
    let log = fs::read_to_string(folder.join("log")).expect("a log");
    log.lines().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_said_once() {
    let home = Home::new();
    let folder = home.folder();
    let authority = Authority::new();
    let (chain, key) = authority.issue(&["localhost"], 2).write(folder);
    let _server = start(folder);
    until("the warning", async || {
        lines(folder, "the certificate expires soon") == 1
    })
    .await;

    let new = authority.localhost();
    fs::write(&chain, &new.chain).expect("a file");
    let failed_at = async || {
        let status = home.run(&["status", "--json"]).await;
        let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
        status["certificate"]["failure"]["at"]
            .as_str()
            .map(str::to_owned)
    };
    until("a failure", async || failed_at().await.is_some()).await;
    let first = failed_at().await;
    until("another try", async || failed_at().await != first).await;
    assert_eq!(lines(folder, "can’t load the new certificate"), 1);
    fs::write(&key, &new.key).expect("a file");
    until("the new one", async || {
        lines(folder, "took a certificate into use") == 2
    })
    .await;
    assert_eq!(lines(folder, "can’t load the new certificate"), 1);
    assert_eq!(lines(folder, "the certificate expires soon"), 1);
}

/// What is in the two files, by who has issued it and a second certificate; and what is said about it.
type Spoil = fn(&mut Issued, &Issued);
const OF_NO_USE: &[(&str, Spoil, &str)] = &[
    (
        "an empty certificate",
        |pair, _| pair.chain.clear(),
        "chain.pem has no certificate",
    ),
    (
        "an empty key",
        |pair, _| pair.key.clear(),
        "key.pem has no private key",
    ),
    (
        "the key in the place of the certificate",
        |pair, _| pair.chain = pair.key.clone(),
        "chain.pem has no certificate",
    ),
    (
        "the certificate in the place of the key",
        |pair, _| pair.key = pair.chain.clone(),
        "key.pem has no private key",
    ),
    (
        "another one's key",
        |pair, other| pair.key.clone_from(&other.key),
        "key.pem doesn’t belong to the certificate",
    ),
    (
        "half a key",
        |pair, _| pair.key.truncate(60),
        "key.pem isn’t valid PEM",
    ),
    (
        "no certificate inside",
        |pair, _| {
            pair.chain = pem("CERTIFICATE");
        },
        "chain.pem: the certificate can’t be read",
    ),
    (
        "no key inside",
        |pair, _| {
            pair.key = pem("PRIVATE KEY");
        },
        "key.pem has no private key",
    ),
];

/// PEM that says what it has and has something else (RFC 7468 §2).
fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
}

#[tokio::test]
async fn files_that_are_of_no_use_are_named_before_it_starts() {
    let authority = Authority::new();
    for (what, spoil, said) in OF_NO_USE {
        let folder = TempDir::new().expect("a folder");
        let mut pair = authority.localhost();
        spoil(&mut pair, &authority.localhost());
        pair.write(folder.path());
        let left = try_start(folder.path(), &[]).await;
        assert_eq!(left.0, Some(78), "{what}: {}", left.1);
        assert!(left.1.contains(said), "{what}: {}", left.1);
        assert!(!folder.path().join("tincan.db").exists(), "{what}");
    }
    let nothing = TempDir::new().expect("a folder");
    let (code, said) = try_start(nothing.path(), &[]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("can’t read --tls-cert") && said.contains("chain.pem"),
        "{said}"
    );
}

/// Starts the program with the files in a folder; gives back its exit code and what it said.
async fn try_start(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let left = ended(command(folder, more)).await;
    (left.code, left.stderr)
}

#[tokio::test]
async fn flags_that_do_not_go_together_are_refused() {
    let folder = TempDir::new().expect("a folder");
    Authority::new().localhost().write(folder.path());
    let (code, said) = try_start(folder.path(), &["--public-url", "http://chat.example"]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("--public-url http://chat.example"), "{said}");
    let left = ended(Binary::command(&["--http-listen", "127.0.0.1:0"])).await;
    assert_eq!(left.code, Some(78), "{}", left.stderr);
    assert!(
        left.stderr.contains("--http-listen 127.0.0.1:0"),
        "{}",
        left.stderr
    );
    // In dev mode, both are for this machine alone.
    let more = ["--dev", "--http-listen", "0.0.0.0:0"];
    let (code, said) = try_start(folder.path(), &more).await;
    assert_eq!(code, Some(78), "{said}");
}

#[tokio::test]
async fn an_expired_certificate_is_a_warning() {
    let home = Home::new();
    let folder = home.folder();
    Authority::new().issue(&["localhost"], -3).write(folder);
    let _server = start(folder);
    until("the warning", async || {
        lines(folder, "the certificate has expired") == 1
    })
    .await;
    let status = home.run(&["status"]).await;
    assert!(status.stdout.contains(", expired\n"), "{}", status.stdout);
}
