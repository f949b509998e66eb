//! The doors that development mode opens to pages of this machine’s other origins, and that nothing else opens (Fetch §3.2).

use std::collections::BTreeSet;

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderValue, SET_COOKIE},
};
use serde_json::json;
use tincan::{
    http::{self, ServerSettings},
    server::Config,
};

use crate::{
    support::{
        Answer, Binary, Client, Server, Socket, Talk, answer, dev, ended, messages, png, raw, soon,
        strict,
    },
    tls_home::House,
};

const PAGE: &str = "http://localhost:5173";

/// A server that also lets in the pages of two origins that aren’t this machine’s.
fn with_cors() -> Config {
    let cors = ["https://app.example", "http://192.168.1.7:5173"];
    Config {
        settings: ServerSettings {
            cors: cors.map(|origin| origin.parse().expect("an origin")).into(),
            ..dev().settings
        },
        ..dev()
    }
}

const LET_IN: &[&str] = &[
    "http://localhost:5173",
    "https://localhost:5173",
    "http://localhost",
    "https://localhost",
    "http://w1.localhost:3000",
    "http://127.0.0.1:1",
    "http://127.1.2.3:8080",
    "https://[::1]:5173",
    "http://10.0.2.2:8081",
    "https://app.example",
    "http://192.168.1.7:5173",
];

const LEFT_OUT: &[&str] = &[
    "null",
    "",
    "*",
    "https://evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://sub.app.example",
    "http://192.168.1.7",
    "http://localhost.evil.example",
    "http://evil-localhost",
    "http://127.0.0.1.nip.io",
    "http://2130706433",
    "http://0x7f000001",
    "http://127.1",
    "http://[::2]:5173",
    "http://10.0.2.3",
    "http://localhost:5173/",
    "http://localhost:5173, http://evil.example",
    "http://user@localhost",
    "http://localhost@evil.example",
    "ftp://localhost",
    "file://",
    "localhost:5173",
];

/// The paths of all routes, with something for each parameter, and their methods.
fn paths() -> Vec<(Method, String)> {
    let path = |path: &str| {
        let parts = path.split('/').map(|part| match part.strip_prefix('{') {
            Some("*path}") => "x",
            Some(_) => "1",
            None => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    http::routes()
        .map(|route| (route.method, path(route.path)))
        .collect()
}

fn preflight(client: &Client, path: &str, origin: &str, method: &str) -> RequestBuilder {
    client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type,sentry-trace",
        )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).map(HeaderValue::to_str);
    value.map_or("", |value| value.expect("a text"))
}

fn listed(headers: &HeaderMap, name: &str) -> BTreeSet<String> {
    let lines = headers.get_all(name).iter();
    let lines = lines.map(|line| line.to_str().expect("a text").to_lowercase());
    let lines: Vec<_> = lines.collect();
    lines
        .iter()
        .flat_map(|line| line.split(", ").map(str::to_owned))
        .collect()
}

/// Whether a page of this origin may read the answer, and what a cookie has brought about. Panics where it is half open.
fn is_open(headers: &HeaderMap, origin: &str) -> bool {
    let allowed = headers.keys().filter(|name| {
        let name = name.as_str();
        name.starts_with("access-control-allow-") || name.starts_with("access-control-expose-")
    });
    if allowed.count() == 0 {
        return false;
    }
    assert_eq!(text(headers, "access-control-allow-origin"), origin);
    assert_eq!(text(headers, "access-control-allow-credentials"), "true");
    assert_eq!(
        headers
            .get_all("access-control-allow-origin")
            .iter()
            .count(),
        1
    );
    true
}

#[tokio::test]
async fn without_it_no_answer_opens_anything_and_no_preflight_is_known() {
    let settings = ServerSettings {
        // Nobody gets here by the command line.
        dev: false,
        ..with_cors().settings
    };
    let server = Server::start(Config { settings, ..dev() }).await;
    let nobody = server.nobody();
    for (method, path) in paths() {
        let refusal = answer(preflight(&nobody, &path, PAGE, method.as_str())).await;
        assert!(!is_open(&refusal.headers, PAGE), "OPTIONS {path}");
        assert!(
            !listed(&refusal.headers, "vary").contains("origin"),
            "{path}"
        );
        // Of a lab, there is nothing elsewhere.
        let is_of_lab = path == "/dev" || path.starts_with("/dev/");
        refusal.expect(if is_of_lab { 404 } else { 405 });
        let asked = nobody.request(method.clone(), &path).header("origin", PAGE);
        let response = soon(&path, asked.send()).await.expect("an answer");
        let headers = response.headers();
        assert!(!is_open(headers, PAGE), "{method} {path}");
        assert!(
            !listed(headers, "vary").contains("origin"),
            "{method} {path}"
        );
    }
    for origin in LET_IN {
        let refusal = answer(preflight(&nobody, "/api/login", origin, "POST")).await;
        assert!(!is_open(&refusal.headers, origin), "{origin}");
        refusal.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn a_preflight_says_what_a_resource_takes() {
    let server = Server::start(with_cors()).await;
    let nobody = server.nobody();
    for (method, path) in paths() {
        let answered = answer(preflight(&nobody, &path, PAGE, method.as_str())).await;
        let headers = answered.headers.clone();
        assert_eq!(answered.expect(204), "", "{path}");
        assert!(is_open(&headers, PAGE), "{path}");
        let methods = listed(&headers, "access-control-allow-methods");
        assert!(
            methods.contains(&method.as_str().to_lowercase()),
            "{method} {path}: {methods:?}"
        );
        assert_eq!(
            text(&headers, "access-control-allow-headers"),
            "authorization,content-type,sentry-trace"
        );
        assert_eq!(text(&headers, "access-control-max-age"), "600");
        assert!(listed(&headers, "vary").contains("origin"));
        assert!(!headers.contains_key("access-control-allow-private-network"));
    }
    // A page may read that there is nothing.
    let unknown = answer(preflight(&nobody, "/api/nothing", PAGE, "PATCH")).await;
    assert!(listed(&unknown.headers, "access-control-allow-methods").contains("patch"));
    unknown.expect(204);
    let private = preflight(&nobody, "/api/login", "https://app.example", "POST")
        .header("access-control-request-private-network", "true");
    let private = answer(private).await;
    assert_eq!(
        text(&private.headers, "access-control-allow-private-network"),
        "true"
    );
    // OPTIONS of a program, and of a page that doesn’t ask for leave, are no preflights.
    for request in [
        nobody.request(Method::OPTIONS, "/api/login"),
        nobody
            .request(Method::OPTIONS, "/api/login")
            .header("origin", PAGE),
        nobody
            .request(Method::OPTIONS, "/api/login")
            .header("access-control-request-method", "POST"),
    ] {
        answer(request).await.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn pages_of_this_machine_and_of_named_origins_are_let_in_and_no_others() {
    let server = Server::start(with_cors()).await;
    let nobody = server.nobody();
    let login = |origin: &str| {
        let request = nobody.request(Method::POST, "/api/login");
        let request = request
            .header("origin", origin)
            .header("sec-fetch-site", "same-site")
            .json(&json!({ "username": "john" }));
        answer(request)
    };
    for origin in LET_IN {
        let answered = answer(preflight(&nobody, "/api/login", origin, "POST")).await;
        assert!(is_open(&answered.headers, origin), "{origin}");
        answered.expect(204);
        let answered = login(origin).await;
        assert!(is_open(&answered.headers, origin), "{origin}");
        assert!(answered.headers.contains_key(SET_COOKIE), "{origin}");
        answered.expect(200);
    }
    for origin in LEFT_OUT {
        let answered = answer(preflight(&nobody, "/api/login", origin, "POST")).await;
        assert!(!is_open(&answered.headers, origin), "{origin}");
        assert!(
            listed(&answered.headers, "vary").contains("origin"),
            "{origin}"
        );
        answered.refused(405, "method_not_allowed");
        let answered = login(origin).await;
        assert!(!is_open(&answered.headers, origin), "{origin}");
        assert!(!answered.headers.contains_key(SET_COOKIE), "{origin}");
        answered.refused(403, "cross_origin");
    }
}

#[tokio::test]
async fn a_page_can_read_every_kind_of_answer() {
    let talk = Talk::start(dev()).await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    let upload = john.upload("a.png", &png(3, 3)).await;
    john.send_files(conversation, &[&upload]).await;
    let sent = john.get(&messages(conversation)).await.expect(200);
    let id = sent[0]["attachments"][0]["id"].as_str().expect("an id");
    let file = &format!("/api/files/{id}");
    let etag = {
        let page = john
            .request(Method::GET, "/")
            .send()
            .await
            .expect("an answer");
        text(page.headers(), "etag").to_owned()
    };
    let get = |path: &str| john.request(Method::GET, path);
    let stream = || get("/api/messages").header("accept", "text/event-stream");
    let nobodys = talk.server.nobody().request(Method::GET, "/api/auth_user");
    for (what, request, status, exposed) in [
        ("JSON", get("/api/conversations"), 200, "x-request-id"),
        ("a refusal", nobodys, 401, "www-authenticate"),
        ("nothing", get("/api/nothing"), 404, "x-request-id"),
        (
            "another method",
            john.request(Method::PUT, "/api/login"),
            405,
            "allow",
        ),
        (
            "what one has",
            get("/").header("if-none-match", etag),
            304,
            "etag",
        ),
        ("a file", get(file), 200, "content-disposition"),
        (
            "a part of it",
            get(file).header("range", "bytes=0-3"),
            206,
            "content-range",
        ),
        ("a stream", stream(), 200, "x-accel-buffering"),
        (
            "a page",
            get("/plain/sign-in"),
            200,
            "content-security-policy",
        ),
        ("the health", get("/healthz"), 200, "date"),
        ("a redirect", get("/plain"), 303, "location"),
        (
            "an existing conversation",
            john.request(Method::POST, "/api/conversations")
                .json(&json!({ "username": "jane" })),
            303,
            "location",
        ),
    ] {
        let response = soon(what, request.header("origin", PAGE).send()).await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), status, "{what}");
        assert!(is_open(response.headers(), PAGE), "{what}");
        assert!(
            listed(response.headers(), "vary").contains("origin"),
            "{what}"
        );
        let names = listed(response.headers(), "access-control-expose-headers");
        assert!(names.contains(exposed), "{what}: {names:?}");
        assert!(!names.contains("set-cookie"), "{what}");
    }
    // Something else would be kept for everybody where an answer doesn’t say on what it depends.
    let plain = get("/api/conversations").send().await.expect("an answer");
    assert!(listed(plain.headers(), "vary").contains("origin"));
    assert!(!is_open(plain.headers(), PAGE));
}

/// A person’s cookie, as the browser of a page at [`PAGE`] keeps it.
async fn cookie(server: &Server) -> String {
    let request = server.nobody().request(Method::POST, "/api/login");
    let request = request
        .header("origin", PAGE)
        .header("sec-fetch-site", "same-site")
        .json(&json!({ "username": "john" }));
    kept(&answer(request).await)
}

fn kept(answer: &Answer) -> String {
    let line = text(&answer.headers, "set-cookie");
    assert!(line.contains("SameSite=Lax"), "{line}");
    line.split(';').next().expect("a cookie").to_owned()
}

#[tokio::test]
async fn a_page_let_in_uses_the_cookie_and_a_socket_as_one_of_the_servers_own() {
    let server = Server::start(with_cors()).await;
    let cookie = cookie(&server).await;
    let start = |origin: &str| {
        let request = server.nobody().request(Method::POST, "/api/conversations");
        let request = request
            .header("origin", origin)
            .header("sec-fetch-site", "same-site")
            .header("cookie", &cookie)
            .json(&json!({ "username": "jane" }));
        answer(request)
    };
    start("https://evil.example")
        .await
        .refused(403, "cross_origin");
    start(PAGE).await.expect(201);
    for origin in LET_IN {
        // Vite passes it on so with `changeOrigin`: the origin is the page’s, and the host the server’s.
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_static(origin));
        headers.insert("cookie", cookie.parse().expect("a header"));
        let mut socket = Socket::with(server.address(), "", headers).await;
        assert_eq!(socket.next().await.name, "hello", "{origin}");
    }
    for origin in LEFT_OUT {
        let request = server.nobody().request(Method::GET, "/api/messages");
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("origin", *origin)
            .header("cookie", &cookie);
        answer(request).await.refused(403, "cross_origin");
    }
}

#[tokio::test]
async fn a_name_that_leads_here_is_let_in_no_more_than_before() {
    let server = Server::start(with_cors()).await;
    // A page that rebinds its own name asks as one of the same origin.
    for (host, origin) in [
        ("evil.example:3000", "http://evil.example:3000"),
        ("app.example", "https://app.example"),
        ("localhost.evil.example", "http://localhost.evil.example"),
    ] {
        let request = format!(
            "GET /api/config HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
        );
        raw(server.address(), request)
            .await
            .refused(403, "dev_is_local");
    }
}

/// A proxy that compresses would hold events back (RFC 9111 §5.2.2.6).
#[tokio::test]
async fn a_stream_says_that_nothing_may_change_it() {
    let dev = Server::start(dev()).await;
    let other = Server::start(strict()).await;
    for client in [dev.sign_in("john").await, other.set_up("john").await] {
        let request = client.request(Method::GET, "/api/messages");
        let request = request
            .header("accept", "text/event-stream")
            .header("accept-encoding", "gzip, br");
        let stream = request.send().await.expect("a stream");
        assert_eq!(stream.status(), StatusCode::OK);
        assert_eq!(
            text(stream.headers(), "cache-control"),
            "no-store, no-transform"
        );
        assert!(!stream.headers().contains_key("content-encoding"));
    }
}

#[tokio::test]
async fn https_of_the_own_authority_has_the_same_doors() {
    let house = House::new();
    let server = house.serve(&["--cors", "https://app.example"]);
    let client = house.resident(&server);
    for origin in [
        "https://localhost:5173",
        "http://localhost:5173",
        "https://app.example",
    ] {
        let request = client.request(Method::POST, "/api/login");
        let request = request
            .header("origin", origin)
            .json(&json!({ "username": "john" }));
        let answered = answer(request).await;
        assert!(is_open(&answered.headers, origin), "{origin}");
        assert!(kept(&answered).starts_with("__Host-tincan="), "{origin}");
        answered.expect(200);
    }
    let request = client.request(Method::POST, "/api/login");
    let request = request
        .header("origin", "https://evil.example")
        .json(&json!({ "username": "john" }));
    answer(request).await.refused(403, "cross_origin");
}

#[tokio::test]
async fn flags_for_developers_are_refused_without_it() {
    for (flags, named) in [
        (&["--cors", "http://localhost:5173"][..], "--dev"),
        (&["--ui", "ui", "--ui-csp"], "--dev"),
    ] {
        let refused = ended(Binary::command(flags)).await;
        assert_eq!(refused.code, Some(78), "{}", refused.stderr);
        assert!(refused.stderr.contains(named), "{}", refused.stderr);
        assert_eq!(refused.stdout, "", "it was never ready");
    }
    for origin in ["*", "null", "localhost:5173", "https://app.example/path"] {
        let refused = ended(Binary::command(&["--dev", "--cors", origin])).await;
        assert_eq!(refused.code, Some(2), "{origin}: {}", refused.stderr);
    }
}
