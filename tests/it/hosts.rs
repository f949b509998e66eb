//! The names by which a server answers that has no public URL, and how it learns that it should have one.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tincan::http::{Origin, ServerSettings};

use crate::support::{Binary, Client, Server, answer, raw, strict};

/// What people at home type, and what can’t be anybody’s on the internet.
const AT_HOME: &[&str] = &[
    "127.0.0.1:3000",
    "192.168.178.20",
    "10.0.0.7:80",
    "100.101.102.103:3000",
    "[::1]:3000",
    "[fd12::7]",
    "localhost",
    "LOCALHOST:3000",
    "raspberrypi",
    "my_nas:3000",
    "pi.local",
    "Pi.Local:3000",
    "pi.local.",
    "pi.lan",
    "pi.kitchen.lan",
    "pi.home.arpa",
    "pi.home",
    "pi.internal",
    "tincan.default.svc.cluster.local",
    "pi.localdomain",
    "pi.fritz.box",
    "fritz.box",
    "chat.example",
    "a.second.example:3000",
];

/// What a page on the internet can have lead here, and what no browser sends.
const ELSEWHERE: &[&str] = &[
    "evil.example",
    "evil.example:3000",
    "x.chat.example",
    "chat.example.evil.example",
    "192.168.178.20.nip.io",
    "evil.box",
    "notfritz.box",
    "evillocal.example",
    "local.evil.example",
    "pi.local.evil.example",
    "[::1",
    "[pi.local]",
    "pi.local:3000:1",
    "@pi.example",
    "",
];

async fn server() -> Server {
    let hosts = ["chat.example", "A.Second.Example"];
    let mut config = strict();
    config.settings.hosts = hosts.map(|name| name.parse().expect("a name")).into();
    Server::start(config).await
}

#[tokio::test]
async fn it_answers_to_names_that_nobody_can_have_on_the_internet_and_to_those_it_was_told() {
    let server = server().await;
    let nobody = server.nobody();
    for host in AT_HOME {
        let request = nobody.request(Method::GET, "/api/config");
        let answered = answer(request.header("host", *host)).await;
        assert_eq!(answered.status, StatusCode::OK, "{host}: {}", answered.body);
    }
    for host in ELSEWHERE {
        for path in ["/api/config", "/", "/plain", "/healthz"] {
            let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answered = raw(server.address(), head).await;
            assert_eq!(answered.status.as_u16(), 421, "{host:?} {path}");
            let told = answered.refused(421, "misdirected")["message"].to_string();
            assert!(
                told.contains("--public-url") && told.contains("--host"),
                "{told}"
            );
        }
    }
    // The target’s own authority counts as well (RFC 9112 §3.2.2).
    let absolute = "GET http://evil.example/api/config HTTP/1.1\r\nHost: pi.local\r\nConnection: close\r\n\r\n";
    raw(server.address(), absolute)
        .await
        .refused(421, "misdirected");
    let none = "GET /api/config HTTP/1.0\r\n\r\n";
    raw(server.address(), none).await.expect(200);
}

#[tokio::test]
async fn with_a_public_url_every_name_is_the_proxys_affair() {
    let url: Origin = "https://chat.example".parse().expect("an origin");
    let mut config = strict();
    config.settings = ServerSettings {
        public_url: Some(url),
        ..ServerSettings::default()
    };
    let server = Server::start(config).await;
    let request = server.nobody().request(Method::GET, "/api/config");
    answer(request.header("host", "other.example"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_person_reads_it_as_a_page_in_their_language() {
    let server = server().await;
    for (language, words) in [
        ("de-AT,de;q=0.9", "Dieser Server"),
        ("ja", "このサーバー"),
        ("xx", "This server"),
    ] {
        let request = server.nobody().request(Method::GET, "/");
        let request = request
            .header("host", "evil.example")
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("accept-language", language);
        let page = answer(request).await;
        assert_eq!(page.status.as_u16(), 421);
        assert_eq!(page.headers[CONTENT_TYPE], "text/html; charset=utf-8");
        let page = page.body.to_string();
        assert!(page.contains(words) && page.contains("--host"), "{page}");
    }
}

/// What administrators are told of how people reach the server.
async fn told(administrator: &Client) -> (Value, Value) {
    let addresses = administrator.get("/api/admin/addresses").await.expect(200);
    (
        addresses["refusedNames"].clone(),
        addresses["tlsWithoutPublicUrl"].clone(),
    )
}

#[tokio::test]
async fn administrators_learn_which_names_were_refused() {
    let server = server().await;
    let anna = server.set_up("anna").await;
    assert_eq!(told(&anna).await, (json!([]), json!(false)));
    let nobody = server.nobody();
    // A stranger can’t fill it up, nor put anything into it that isn’t a name.
    for host in [
        "Evil.example:3000",
        "evil.example",
        "<b>.example",
        "another.example",
    ] {
        let request = nobody.request(Method::GET, "/api/config");
        answer(request.header("host", host))
            .await
            .refused(421, "misdirected");
    }
    let (names, _) = told(&anna).await;
    assert_eq!(names, json!(["another.example", "evil.example"]));
    for n in 0..50 {
        let request = nobody.request(Method::GET, "/api/config");
        let request = request.header("host", format!("evil-{n}.example"));
        answer(request).await.refused(421, "misdirected");
    }
    let (names, _) = told(&anna).await;
    assert_eq!(names.as_array().map(Vec::len), Some(20));
    let metrics = nobody.get("/metrics").await.expect(200);
    assert!(
        metrics
            .to_string()
            .contains("tincan_misdirected_requests_total 54")
    );
}

/// How proxies and browsers say that there is TLS in front.
const TLS: &[(&str, &str)] = &[
    ("x-forwarded-proto", "https"),
    ("x-forwarded-proto", "HTTPS"),
    ("x-forwarded-ssl", "on"),
    ("forwarded", "for=192.0.2.1;proto=https;by=203.0.113.43"),
    ("forwarded", "for=192.0.2.1, for=10.0.0.7; proto=https"),
    ("origin", "https://pi.local"),
];
/// What says nothing of the kind.
const NO_TLS: &[(&str, &str)] = &[
    ("x-forwarded-proto", "http"),
    ("x-forwarded-ssl", "off"),
    ("forwarded", "for=192.0.2.1;proto=http"),
    ("origin", "https://elsewhere.example"),
    ("origin", "http://pi.local"),
    ("referer", "https://pi.local/"),
];

#[tokio::test]
async fn tls_in_front_of_a_server_that_does_not_know_of_it_is_noticed() {
    for (headers, is_noticed) in [(TLS, true), (NO_TLS, false)] {
        for (name, value) in headers {
            let server = server().await;
            let anna = server.set_up("anna").await;
            let request = server.nobody().request(Method::GET, "/api/config");
            let request = request.header("host", "pi.local").header(*name, *value);
            answer(request).await.expect(200);
            assert_eq!(told(&anna).await.1, json!(is_noticed), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn the_log_and_the_status_name_what_was_refused() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    };
    let (database, log) = (path("tincan.db"), path("log"));
    let log_file = std::fs::File::create(&log).expect("a file");
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--db",
        &database,
        "--host",
        "chat.example",
    ];
    let binary = Binary::run(Binary::command(&arguments).stderr(log_file));
    for host in ["chat.example", "evil.example", "evil.example"] {
        let request = binary.nobody().request(Method::GET, "/api/config");
        let request = request
            .header("host", host)
            .header("x-forwarded-proto", "https");
        answer(request).await;
    }
    let status = crate::support::ended(Binary::command(&["status", "--db", &database])).await;
    assert_eq!(status.code, Some(0));
    let named = "refused names    evil.example; to let one in, use --public-url or --host";
    assert!(status.stdout.contains(named), "{}", status.stdout);
    assert!(
        status.stdout.contains("people reach it by https"),
        "{}",
        status.stdout
    );
    let logged = std::fs::read_to_string(&log).expect("a log");
    assert_eq!(logged.matches("--host evil.example").count(), 1, "{logged}");
    assert_eq!(
        logged.matches("--public-url https://").count(),
        1,
        "{logged}"
    );
}
