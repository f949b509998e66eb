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
        "localhost.".to_owned(),
        "w1.localhost:5173".to_owned(),
        "a.b.LOCALHOST".to_owned(),
        // All of the loopback (RFC 1122 §3.2.1.3), in each form of IPv6 (RFC 4291 §2.2), and from within Android’s emulator.
        "127.8.8.8".to_owned(),
        "[0:0:0:0:0:0:0:1]:80".to_owned(),
        "[::ffff:127.0.0.1]".to_owned(),
        "10.0.2.2:3000".to_owned(),
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
        "evil-localhost",
        "localhost.evil",
        "127.0.0.1.nip.io",
        "nip.io.127.0.0.1",
        // What some programs take for an address of the loopback, and others look up.
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1/",
        "0.0.0.0",
        "[::]",
        "[::2]",
        "[::ffff:10.0.2.2]",
        "[::1",
        "::1",
        "10.0.2.3",
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

/// What servers for developers add to a request that they pass on from this machine to this machine.
const PASSED_ON_HERE: &[&str] = &[
    // Next.js 15, by `rewrites`.
    "x-forwarded-host: localhost:3001\r\nx-forwarded-port: 3001\r\nx-forwarded-proto: http\r\nx-forwarded-for: ::1",
    "X-Forwarded-For: ::ffff:127.0.0.1\r\nX-Forwarded-Host: w1.localhost:3001",
    // What http-proxy adds with `xfwd`, as Vite and webpack-dev-server pass it on; for a WebSocket, too.
    "x-forwarded-for: 127.0.0.1\r\nx-forwarded-port: 5173\r\nx-forwarded-proto: http\r\nx-forwarded-host: localhost:5173",
    "x-forwarded-for: ::1\r\nx-forwarded-port: 5173\r\nx-forwarded-proto: ws",
    // Two of them, one behind the other.
    "x-forwarded-for: ::1, ::ffff:127.0.0.1\r\nx-forwarded-proto: http,https\r\nx-forwarded-port: 5173,3001",
    "x-forwarded-for: 127.0.0.1\r\nx-forwarded-for: [::1]:5173",
    "x-forwarded-for: 127.0.0.1:40000",
    "X-Real-IP: 127.0.0.1",
    "X-Forwarded-Server: localhost\r\nX-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Host: 10.0.2.2:5173",
    // RFC 7239 §4 and §6, RFC 9110 §7.6.3.
    "Forwarded: for=127.0.0.1;host=localhost:5173;proto=https",
    "Forwarded: For=\"[::1]:4711\"; Host=\"w1.localhost:5173\", for=127.0.0.1;by=\"[::1]\"",
    "Via: 1.1 localhost:5173",
    "Via: HTTP/1.1 127.0.0.1, 1.0 [::1]:80 (a proxy)",
    // Somebody’s page, which the browser holds for the server’s own.
    "Sec-Fetch-Site: same-origin\r\nOrigin: https://localhost:5173",
    "Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:5173",
];

/// What tells that a request has been elsewhere, or keeps to itself where it has been. A tunnel to this machine is a door for
/// everybody.
const PASSED_ON_ELSEWHERE: &[&str] = &[
    // ngrok, with and without another `Host`, cloudflared, and what a server for developers makes of it.
    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: a.ngrok.example\r\nX-Forwarded-Proto: https",
    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: localhost:3000\r\nX-Forwarded-Proto: https",
    "X-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: https",
    "X-Forwarded-For: 203.0.113.9, ::1\r\nX-Forwarded-Host: localhost:3001",
    "X-Forwarded-For: ::1, 203.0.113.9",
    "X-Forwarded-For: ::1\r\nX-Forwarded-For: 203.0.113.9",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: a.ngrok.example",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: localhost, a.ngrok.example",
    "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 203.0.113.9",
    "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=203.0.113.9",
    "X-Forwarded-For: 127.0.0.1\r\nVia: 1.1 proxy.example",
    // Networks of a home aren’t this machine.
    "X-Forwarded-For: 192.168.1.7",
    "X-Forwarded-For: 10.0.2.2",
    "X-Real-IP: fe80::1",
    // Not what they seem.
    "X-Forwarded-Host: localhost.evil.example",
    "X-Forwarded-Host: 127.0.0.1.nip.io",
    "X-Forwarded-Host: evil.example:localhost",
    "X-Forwarded-Host: localhost@evil.example",
    "X-Forwarded-Host: evil.example/localhost",
    "X-Forwarded-Host: http://localhost",
    "X-Forwarded-Host: \"localhost\"",
    "X-Forwarded-Host: localhost evil.example",
    "X-Forwarded-Host: localhost;evil.example",
    "X-Forwarded-For: localhost",
    "X-Forwarded-For: 127.0.0.1.nip.io",
    "X-Forwarded-For: 2130706433",
    "X-Forwarded-For: 0x7f000001",
    "X-Forwarded-For: 0177.0.0.1",
    "X-Forwarded-For: 127.1",
    "X-Forwarded-For: ::ffff:203.0.113.9",
    "X-Forwarded-For: ::127.0.0.1",
    "X-Forwarded-For: [::1",
    "X-Forwarded-For: 127.0.0.1:port",
    "X-Forwarded-For: 127.0.0.1;203.0.113.9",
    "X-Forwarded-For: \"127.0.0.1, 203.0.113.9",
    "X-Forwarded-For: unknown",
    "X-Forwarded-For: 127.0.0.1,",
    "X-Forwarded-For:",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host:",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: evil",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Port: evil",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Other: 1",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: \u{fc}",
    "Forwarded: for=192.0.2.1",
    "Forwarded: for=127.0.0.1, for=203.0.113.9",
    "Forwarded: for=127.0.0.1;host=a.ngrok.example",
    "Forwarded: for=\"127.0.0.1;for=203.0.113.9\"",
    "Forwarded: for=_hidden",
    "Forwarded: for=unknown",
    "Forwarded: for=127.0.0.1;by=203.0.113.9",
    "Forwarded: for=127.0.0.1;secret=1",
    "Forwarded: 127.0.0.1",
    "Via: 1.1 vegur",
    "Via: 1.1",
    "Via: localhost",
    "Via: 1.1 localhost, 1.1 proxy.example",
    // Nothing of where it was.
    "X-Forwarded-Proto: https",
    "X-Forwarded-Port: 443",
    "Forwarded: proto=https",
    // The browser holds somebody else’s page for the server’s own.
    "Sec-Fetch-Site: same-origin\r\nOrigin: https://a.ngrok.example",
    "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost.evil.example:5173",
    "Sec-Fetch-Site: same-origin\r\nOrigin: null",
];

#[tokio::test]
async fn it_answers_what_was_passed_on_within_this_machine_and_nothing_else() {
    let server = Server::start(dev()).await;
    for header in PASSED_ON_HERE {
        let lines = format!("Host: localhost:3000\r\n{header}\r\n");
        let answer = ask(&server, "/api/config", &lines).await;
        assert_eq!(answer.status, 200, "{header}");
    }
    for header in PASSED_ON_ELSEWHERE {
        let lines = format!("Host: localhost\r\n{header}\r\n");
        for path in ["/api/config", "/"] {
            let answer = ask(&server, path, &lines).await;
            assert_eq!(answer.status, 403, "{header}");
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
