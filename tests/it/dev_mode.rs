//! The guard rails of dev mode, in which anybody may be anybody: only this machine may ask, and
//! only by a name of its own.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Answer, Binary, Server, dev, ended, raw};

/// Asks for a path with these lines in its head, and no others but what HTTP needs.
async fn ask(server: &Server, path: &str, lines: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    raw(server.address(), request).await
}

#[tokio::test]
async fn it_listens_on_this_machine_alone() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:3000"] {
        let mut command: Command = Binary::command(&["--dev", "--listen", address, "--db"]);
        command.arg(&database);
        let refused = ended(command).await;
        assert_eq!(refused.code, Some(78), "{}", refused.stderr);
        assert!(refused.stderr.contains("--dev"), "{}", refused.stderr);
        assert!(refused.stderr.contains(address), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
        assert_eq!(refused.stdout, "", "it was never ready");
    }
    assert!(!database.exists());
}

#[tokio::test]
async fn it_answers_to_the_names_of_this_machine_alone() {
    let server = Server::start(dev()).await;
    let port = server.address().port();
    for host in [
        "localhost".to_owned(),
        "LocalHost".to_owned(),
        "127.0.0.1".to_owned(),
        "[::1]".to_owned(),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ] {
        let answer = ask(&server, "/api/config", &format!("Host: {host}\r\n")).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    // A name that somebody elsewhere points at this machine, and what only looks like a local one.
    for host in [
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:localhost",
        "localhost:evil.example",
        "localhost@evil.example",
        "evillocalhost",
        "[::1].evil.example",
        "192.0.2.1",
        "",
    ] {
        for path in [
            "/api/config",
            "/",
            "/icon.svg",
            "/healthz",
            "/api/nothing",
            "/plain",
            "/plain/sign-in",
        ] {
            let answer = ask(&server, path, &format!("Host: {host}\r\n")).await;
            answer.refused(403, "dev_is_local");
        }
    }
    let request = "GET /api/config HTTP/1.0\r\n\r\n";
    raw(server.address(), request)
        .await
        .refused(403, "dev_is_local");
}

#[tokio::test]
async fn it_answers_nothing_that_came_through_a_proxy() {
    let server = Server::start(dev()).await;
    for header in [
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 127.0.0.1",
        "x-forwarded-host: localhost",
        "X-Forwarded-Proto: https",
        "X-FORWARDED-FOR:",
    ] {
        let lines = format!("Host: localhost\r\n{header}\r\n");
        for path in ["/api/config", "/"] {
            let answer = ask(&server, path, &lines).await;
            answer.refused(403, "dev_is_local");
        }
    }
}

#[tokio::test]
async fn nobody_signs_in_from_elsewhere() {
    let server = Server::start(dev()).await;
    let body = json!({ "username": "john" }).to_string();
    let request = format!(
        "POST /api/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let refusal = raw(server.address(), request).await;
    assert!(!refusal.headers.contains_key("set-cookie"));
    refusal.refused(403, "dev_is_local");

    let body = "username=john";
    let request = format!(
        "POST /plain/sign-in HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let refusal = raw(server.address(), request).await;
    assert!(!refusal.headers.contains_key("set-cookie"));
    refusal.refused(403, "dev_is_local");
}

#[tokio::test]
async fn without_it_other_machines_and_proxies_are_answered() {
    let strict = Config {
        settings: ServerSettings::default(),
        ..dev()
    };
    let server = Server::start(strict).await;
    let lines = "Host: pi.lan\r\nX-Forwarded-For: 192.0.2.1\r\n";
    ask(&server, "/api/config", lines).await.expect(200);
    ask(&server, "/", lines).await.expect(200);
}

#[tokio::test]
async fn it_makes_john_and_jane_once() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.sign_in("jane").await;
    server.restart().await;
    assert_eq!(server.sign_in("john").await.id, john.id);
}
