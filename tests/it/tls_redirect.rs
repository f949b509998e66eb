//! From http to https: the listener that leads there, and whoever speaks plain http at the one for https.

use std::net::SocketAddr;

use reqwest::header::HeaderMap;
use tincan::server::Config;

use crate::{
    support::{Answer, Server, raw, strict},
    tls::start,
};

/// Where a request leads that was sent to the listener for http: with its head up to the path, its `Host` and the location,
/// in which `PORT` is the port of https. None where it is refused, with the status.
const LEADS: &[(&str, &str, Result<&str, u16>)] = &[
    ("GET /", "localhost", Ok("https://localhost:PORT/")),
    ("GET /", "localhost:80", Ok("https://localhost:PORT/")),
    ("GET /", "LOCALHOST:8080", Ok("https://LOCALHOST:PORT/")),
    ("HEAD /plain", "pi.local", Ok("https://pi.local:PORT/plain")),
    (
        "GET /a%20b/%2e?c=d&e=%0a",
        "pi",
        Ok("https://pi:PORT/a%20b/%2e?c=d&e=%0a"),
    ),
    ("GET /?", "pi", Ok("https://pi:PORT/?")),
    (
        "POST /api/login",
        "chat.example",
        Ok("https://chat.example:PORT/api/login"),
    ),
    (
        "DELETE /api/sessions/1",
        "chat.example",
        Ok("https://chat.example:PORT/api/sessions/1"),
    ),
    (
        "OPTIONS /",
        "chat.example.",
        Ok("https://chat.example:PORT/"),
    ),
    (
        "GET /",
        "192.168.178.20",
        Ok("https://192.168.178.20:PORT/"),
    ),
    ("GET /x", "[fd12::7]:8080", Ok("https://[fd12::7]:PORT/x")),
    ("GET /x", "[::1]", Ok("https://[::1]:PORT/x")),
    // A path that begins like a host is a path.
    (
        "GET //evil.example/x",
        "pi.local",
        Ok("https://pi.local:PORT//evil.example/x"),
    ),
    (
        "GET /\\evil.example",
        "pi.local",
        Ok("https://pi.local:PORT/\\evil.example"),
    ),
    // RFC 9112 §3.2.2: the target's own authority goes first.
    ("GET http://pi.local/x", "pi", Ok("https://pi.local:PORT/x")),
    ("GET http://evil.example/x", "pi.local", Err(421)),
    ("GET /", "evil.example", Err(421)),
    ("GET /", "evil.example:443", Err(421)),
    ("GET /", "pi.local@evil.example", Err(421)),
    ("GET /", "pi.local:80@evil.example", Err(421)),
    ("GET /", "pi.local:80:80", Err(421)),
    ("GET /", "pi.local/x", Err(421)),
    ("GET /", "[::1", Err(421)),
    ("GET /", "", Err(421)),
    ("OPTIONS *", "pi.local", Err(400)),
];

async fn ask(address: SocketAddr, line: &str, host: &str) -> Answer {
    let head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    raw(address, head).await
}

fn location(headers: &HeaderMap) -> &str {
    headers["location"].to_str().expect("a text")
}

fn both(config: Config) -> Config {
    Config {
        http_listen: Some(([127, 0, 0, 1], 0).into()),
        ..config
    }
}

const NAMES: &[&str] = &["localhost", "chat.example"];

fn port(server: &Server) -> String {
    server.address().port().to_string()
}

#[tokio::test]
async fn plain_http_leads_to_the_same_path_by_https_and_nowhere_else() {
    let (server, _authority, _folder) = start(both(strict()), NAMES).await;
    for (line, host, leads) in LEADS {
        let answered = ask(server.http_address(), line, host).await;
        match leads {
            Ok(url) => {
                assert_eq!(answered.status, 308, "{line} {host}: {}", answered.body);
                let url = url.replace("PORT", &port(&server));
                assert_eq!(location(&answered.headers), url, "{line} {host}");
                assert_eq!(answered.headers["cache-control"], "no-store");
            }
            Err(status) => {
                assert_eq!(answered.status.as_u16(), *status, "{line} {host}");
                assert!(!answered.headers.contains_key("location"), "{line} {host}");
            }
        }
        assert!(answered.headers.contains_key("x-request-id"));
        // RFC 6797 §7.2: it isn't said over plain http.
        assert!(!answered.headers.contains_key("strict-transport-security"));
        assert!(!answered.headers.contains_key("set-cookie"));
    }
    let none = raw(server.http_address(), "GET / HTTP/1.0\r\n\r\n").await;
    none.refused(400, "malformed");
}

#[tokio::test]
async fn who_sends_a_body_reads_where_it_leads() {
    let (server, _authority, _folder) = start(both(strict()), NAMES).await;
    let body = "x".repeat(300_000);
    let request = format!(
        "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let answered = raw(server.http_address(), request).await;
    assert_eq!(answered.status, 308);
}

#[tokio::test]
async fn with_a_public_url_it_leads_there_whatever_was_typed() {
    let mut config = both(strict());
    config.settings.public_url = Some("https://chat.example".parse().expect("an origin"));
    let (server, _authority, _folder) = start(config, NAMES).await;
    for host in ["localhost", "evil.example", "192.168.178.20:3000"] {
        let answered = ask(server.http_address(), "GET /plain?a=b", host).await;
        assert_eq!(
            location(&answered.headers),
            "https://chat.example/plain?a=b",
            "{host}"
        );
        assert_eq!(answered.status, 308, "{host}");
    }
}

#[tokio::test]
async fn who_types_http_at_the_port_of_https_gets_there() {
    let (server, _authority, _folder) = start(strict(), NAMES).await;
    let typed = format!("localhost:{}", server.address().port());
    let answered = ask(server.address(), "GET /plain?a=b", &typed).await;
    assert_eq!(
        location(&answered.headers),
        format!("https://{typed}/plain?a=b")
    );
    assert_eq!(answered.status, 308);
    let refused = ask(server.address(), "GET /", "evil.example").await;
    assert_eq!(refused.status, 421);
}
