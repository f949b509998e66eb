//! What holds for every call: methods, sessions, ids, bodies, limits and time-outs, and what a
//! refusal looks like.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Client, Server, Talk, answer, dev, raw};

/// Every address of this version, with the methods that it has. `{id}` stands for a conversation's
/// or a session's.
const ROUTES: &[(&str, &[&str])] = &[
    ("/api/config", &["GET"]),
    ("/api/login", &["POST"]),
    ("/api/accounts", &["POST"]),
    ("/api/logout", &["POST"]),
    ("/api/auth_user", &["GET"]),
    ("/api/refresh_token", &["POST"]),
    ("/api/sessions", &["GET", "DELETE"]),
    ("/api/sessions/{id}", &["DELETE"]),
    ("/api/usernames", &["GET"]),
    ("/api/conversations", &["GET", "POST"]),
    ("/api/conversations/{id}", &["GET", "PATCH"]),
    ("/api/conversations/{id}/other_participant", &["GET"]),
    ("/api/conversations/{id}/participants", &["GET", "POST"]),
    ("/api/conversations/{id}/participants/{id}", &["DELETE"]),
    ("/api/conversations/{id}/participants/me", &["DELETE"]),
    ("/api/conversations/{id}/messages", &["GET", "POST"]),
    ("/api/conversations/{id}/read_messages", &["POST"]),
    ("/api/conversations/{id}/typing", &["POST"]),
    ("/api/rooms", &["GET"]),
    ("/api/messages", &["GET"]),
    ("/api/messages/{id}", &["PATCH", "DELETE"]),
    (
        "/api/messages/{id}/reactions/%F0%9F%91%8D",
        &["PUT", "DELETE"],
    ),
    ("/api/settings", &["GET", "PATCH"]),
    ("/healthz", &["GET"]),
    ("/", &["GET"]),
    ("/icon.svg", &["GET"]),
];

/// What needs no session.
const OPEN: &[&str] = &["/api/config", "/api/login", "/api/accounts"];

/// What takes a body.
const WITH_BODY: &[&str] = &[
    "/api/login",
    "/api/accounts",
    "/api/conversations",
    "/api/conversations/{id}/messages",
    "/api/conversations/{id}/participants",
    "/api/conversations/{id}/read_messages",
];

/// The ends of those that may be without one, whatever type it would have.
const OPTIONAL_BODY: &[&str] = &["/participants", "/read_messages"];

fn with_id(path: &str, id: &str) -> String {
    path.replace("{id}", id)
}

fn method(name: &str) -> Method {
    name.parse().expect("a method")
}

/// A request with a body as it is, declared as JSON.
fn with_bytes(client: &Client, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .body(body)
}

/// The head of a raw request to send a message, up to the headers that describe its body.
fn head_of_send(talk: &Talk) -> String {
    format!(
        "POST /api/conversations/{}/messages HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nConnection: close\r\n",
        talk.conversation,
        talk.server.address(),
        talk.john.token.as_deref().expect("a token"),
    )
}

#[tokio::test]
async fn a_known_path_with_another_method_says_which_ones_it_has() {
    let talk = Talk::start(dev()).await;
    for &(path, methods) in ROUTES {
        // `contract` asks those of the API, as its document has them.
        if path.starts_with("/api") {
            continue;
        }
        let mut allowed: BTreeSet<_> = methods.iter().copied().collect();
        if allowed.contains("GET") {
            allowed.insert("HEAD");
        }
        let path = with_id(path, &talk.conversation);
        for name in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
        ] {
            if allowed.contains(name) {
                continue;
            }
            let refusal = answer(talk.john.request(method(name), &path)).await;
            let allow = refusal.headers["allow"].to_str().expect("a text");
            let said: BTreeSet<_> = allow.split(", ").collect();
            assert_eq!(said, allowed, "{name} {path}");
            if name == "HEAD" {
                refusal.expect(405);
            } else {
                refusal.refused(405, "method_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let talk = Talk::start(dev()).await;
    let token = talk.john.token.as_deref().expect("a token");
    for &(path, methods) in ROUTES {
        // The feed has no end that a HEAD could tell the length of.
        if !methods.contains(&"GET") || path == "/api/messages" {
            continue;
        }
        let path = with_id(path, &talk.conversation);
        let ask = async |method: &str| {
            let request = format!(
                "{method} {path}?search=j HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
                 Connection: close\r\n\r\n"
            );
            let mut answer = raw(talk.server.address(), request).await;
            for its_own in ["date", "x-request-id"] {
                answer.headers.remove(its_own);
            }
            answer
        };
        let (get, head) = (ask("GET").await, ask("HEAD").await);
        assert_eq!(get.status, 200, "{path}: {}", get.body);
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.headers, get.headers, "{path}");
        assert_ne!(get.body, "", "{path}");
        assert_eq!(head.body, "", "{path}");
    }
}

#[tokio::test]
async fn without_a_session_nothing_else_is_said() {
    let talk = Talk::start(dev()).await;
    let stranger = talk.server.nobody().with_token(&json!("0".repeat(64)));
    for &(path, methods) in ROUTES {
        if !path.starts_with("/api/") || OPEN.contains(&path) {
            continue;
        }
        for name in methods {
            // The body is no JSON at all: who asks comes before what they ask.
            let path = with_id(path, &talk.conversation);
            for somebody in [&talk.server.nobody(), &stranger] {
                let request = somebody.request(method(name), &path).body("{");
                let refusal = answer(request).await;
                assert_eq!(refusal.headers["www-authenticate"], "Bearer", "{path}");
                refusal.refused(401, "unauthorized");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_as_json() {
    let talk = Talk::start(dev()).await;
    for path in [
        "/api/",
        "/api/nothing",
        "/api/config/more",
        "/api/conversations/1/nothing",
        "/api/conversations/1/messages/1",
        "/api/sessions/1/more",
        "/api/index.html",
        "/api/openapi.yaml",
        "/api//config",
        "/api/CONFIG",
    ] {
        for name in ["GET", "POST", "DELETE"] {
            let refusal = answer(talk.john.request(method(name), path)).await;
            assert_eq!(refusal.headers["content-type"], "application/json");
            refusal.refused(404, "not_found");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_not_found_anywhere() {
    let talk = Talk::start(dev()).await;
    let long = "9".repeat(2_000);
    for id in [
        "abc",
        "-1",
        "+5",
        "0",
        "01",
        "1.0",
        "1e3",
        "0x1",
        "%201",
        "1%20",
        "%00",
        "1%00",
        "..%2f",
        "%2e%2e%2f1",
        "%EF%BC%91",
        "%ff",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        long.as_str(),
    ] {
        for &(path, methods) in ROUTES.iter().filter(|(path, _)| path.contains("{id}")) {
            for name in methods {
                let path = with_id(path, id);
                let request = talk.john.request(method(name), &path);
                let request = request.json(&json!({ "content": "x" }));
                answer(request).await.refused(404, "not_found");
            }
        }
        // A plus in a query is a space; neither is an id.
        let history = format!("/api/conversations/{}/messages", talk.conversation);
        for path in [
            format!("{history}?before={id}"),
            format!("{history}?after={id}"),
            format!("/api/conversations?before={id}"),
        ] {
            talk.john.get(&path).await.refused(404, "not_found");
        }
    }
    // The largest id there can be is one, and nothing has it.
    for &(path, methods) in ROUTES.iter().filter(|(path, _)| path.contains("{id}")) {
        for name in methods {
            let path = with_id(path, "9223372036854775807");
            let request = talk.john.request(method(name), &path);
            let request = request.json(&json!({ "content": "x" }));
            answer(request).await.refused(404, "not_found");
        }
    }
}

#[tokio::test]
async fn nothing_below_api_is_kept_by_a_cache() {
    let talk = Talk::start(dev()).await;
    let nobody = talk.server.nobody();
    let mut statuses = BTreeSet::new();
    let mut check = async |request: RequestBuilder| {
        let response = request.send().await.expect("an answer");
        let path = response.url().path().to_owned();
        let control = response.headers().get("cache-control");
        let control = control.and_then(|control| control.to_str().ok());
        let kind = response.headers().get("content-type");
        let expected = if kind.is_some_and(|kind| kind == "text/event-stream") {
            "no-store, no-transform"
        } else {
            "no-store"
        };
        assert_eq!(control, Some(expected), "{path}: {}", response.status());
        statuses.insert(response.status().as_u16());
    };
    for &(path, _) in ROUTES.iter().filter(|(path, _)| path.starts_with("/api/")) {
        let path = with_id(path, &talk.conversation);
        for name in ["GET", "HEAD", "PUT"] {
            for somebody in [&nobody, &talk.john] {
                let request = somebody.request(method(name), &path);
                check(request.header("accept", "text/event-stream")).await;
            }
        }
        let body = json!({ "username": "jane", "content": "x" });
        check(nobody.request(Method::POST, &path).json(&body)).await;
    }
    let start = talk.john.request(Method::POST, "/api/conversations");
    check(start.json(&json!({ "username": "jane" }))).await;
    let send = format!("/api/conversations/{}/messages", talk.conversation);
    for body in ["{", r#"{"content":""}"#, r#"{"content":"x"}"#] {
        check(with_bytes(&talk.john, &send, body)).await;
    }
    for path in ["/api", "/api/", "/api/nothing"] {
        check(nobody.request(Method::GET, path)).await;
    }
    let missing = talk.john.request(Method::DELETE, "/api/sessions/999999");
    check(missing).await;
    let logout = talk.john.request(Method::POST, "/api/logout");
    check(logout).await;
    let seen: Vec<_> = statuses.into_iter().collect();
    assert_eq!(
        seen,
        [200, 201, 204, 303, 400, 401, 404, 405, 409, 422],
        "every kind of answer was looked at"
    );
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let talk = Talk::start(dev()).await;
    for path in WITH_BODY {
        let path = with_id(path, &talk.conversation);
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application/ld+json",
        ] {
            if content_type.starts_with("multipart/") && path.ends_with("/messages") {
                // Forms are for files there.
                continue;
            }
            let request = talk
                .john
                .request(Method::POST, &path)
                .header("content-type", content_type)
                .body(r#"{"username":"jane","content":"x"}"#);
            answer(request).await.refused(415, "unsupported_media_type");
        }
        let request = talk.john.request(Method::POST, &path);
        let request = request.body(r#"{"username":"jane","content":"x"}"#);
        answer(request).await.refused(415, "unsupported_media_type");
    }
    let path = format!("/api/conversations/{}/messages", talk.conversation);
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ;charset=utf-8",
    ] {
        let request = talk
            .john
            .request(Method::POST, &path)
            .header("content-type", content_type)
            .body(r#"{"content":"x"}"#);
        answer(request).await.expect(201);
    }
}

#[tokio::test]
async fn a_body_must_be_a_json_object_of_the_right_types() {
    let talk = Talk::start(dev()).await;
    let deep = format!(
        r#"{{"content":{}{}}}"#,
        "[".repeat(3_000),
        "]".repeat(3_000)
    );
    let deep_aside = format!(
        r#"{{"content":"x","username":"jane","aside":{}{}}}"#,
        "[".repeat(3_000),
        "]".repeat(3_000)
    );
    let bodies: &[&[u8]] = &[
        b"",
        b"{",
        b"null",
        b"[]",
        br#"["x"]"#,
        br#"[{"content":"x"}]"#,
        br#""content""#,
        b"42",
        br#"{"content":"x","username":"jane"} trailing"#,
        br#"{"content":"x","username":"jane",}"#,
        br#"{content:"x",username:"jane"}"#,
        b"{\"content\":\"\xff\",\"username\":\"\xff\",\"upTo\":\"\xff\"}",
        br#"{"content":"\ud800","username":"\ud800","upTo":"\ud800"}"#,
        br#"{"content":"\udc00","username":"\udc00","upTo":"\udc00"}"#,
        b"{\"content\":\"a\nb\",\"username\":\"a\nb\",\"upTo\":\"a\nb\"}",
        br#"{"content":1,"username":1,"upTo":"x"}"#,
        br#"{"content":{},"username":[],"upTo":true}"#,
        br#"{"content":"x","content":"y","username":"jane","username":"jane","upTo":1,"upTo":1}"#,
        deep.as_bytes(),
        deep_aside.as_bytes(),
    ];
    for path in WITH_BODY {
        let path = with_id(path, &talk.conversation);
        for &body in bodies {
            let refusal = answer(with_bytes(&talk.john, &path, body.to_vec())).await;
            let shown = String::from_utf8_lossy(body.get(..80).unwrap_or(body)).into_owned();
            if body.is_empty() && OPTIONAL_BODY.iter().any(|end| path.ends_with(end)) {
                assert_eq!(refusal.status, 204, "{path}");
                continue;
            }
            assert_eq!(refusal.status, 400, "{path} {shown}: {}", refusal.body);
            refusal.refused(400, "malformed");
        }
    }
    let client_id = json!({ "content": "x", "clientId": 1 });
    let path = format!("/api/conversations/{}/messages", talk.conversation);
    talk.john
        .post(&path, client_id)
        .await
        .refused(400, "malformed");
    let history = talk.john.get(&path).await.expect(200);
    assert_eq!(history, json!([]), "nothing came of any of them");
}

#[tokio::test]
async fn a_name_that_means_nothing_is_passed_over() {
    let talk = Talk::start(dev()).await;
    let path = format!("/api/conversations/{}/messages", talk.conversation);
    let body = json!({ "content": "x", "colour": { "of": ["the", "sky"] } });
    talk.john.post(&path, body).await.expect(201);
}

/// A body of that many bytes that is JSON, and short once it is trimmed.
fn padded(size: usize) -> String {
    let body = r#"{"content":"x"}"#;
    format!("{body}{}", " ".repeat(size - body.len()))
}

#[tokio::test]
async fn a_body_is_64_kibibytes_at_most_however_it_is_sent() {
    const MOST: usize = 64 * 1024;
    let talk = Talk::start(dev()).await;
    let (address, head) = (talk.server.address(), head_of_send(&talk));
    let whole = |size| {
        let body = padded(size);
        format!("{head}Content-Length: {size}\r\n\r\n{body}")
    };
    let chunked = |size| {
        let body = padded(size);
        let chunks = body.as_bytes().chunks(10_000).map(|chunk| {
            let text = std::str::from_utf8(chunk).expect("ASCII");
            format!("{:x}\r\n{text}\r\n", chunk.len())
        });
        let chunks: String = chunks.collect();
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
    };
    raw(address, whole(MOST)).await.expect(201);
    raw(address, chunked(MOST)).await.expect(201);
    raw(address, whole(MOST + 1))
        .await
        .refused(413, "too_large");
    raw(address, chunked(MOST + 1))
        .await
        .refused(413, "too_large");
    // Announced alone, it is refused before a byte of it is sent.
    let announced = format!("{head}Content-Length: 99999999999\r\n\r\n");
    raw(address, announced).await.refused(413, "too_large");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(dev()).await;
    let request = |length| {
        format!(
            "GET /api/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: {}\r\n\r\n",
            "x".repeat(length)
        )
    };
    raw(server.address(), request(8 * 1024)).await.expect(200);
    raw(server.address(), request(32 * 1024)).await.expect(431);
    let many = format!(
        "GET /api/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n",
        "X: x\r\n".repeat(1_000)
    );
    raw(server.address(), many).await.expect(431);
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let server = Server::start(dev()).await;
    for request in [
        "GARBAGE\r\n\r\n",
        "GET /api/config\r\n\r\n",
        "GET /api/config HTTP/1.1\r\nHost localhost\r\n\r\n",
        "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let refusal = raw(server.address(), request).await;
        assert_eq!(refusal.status, 400, "{request:?}");
    }
    server.nobody().get("/api/config").await.expect(200);
}

#[tokio::test]
async fn a_body_that_ends_early_changes_nothing() {
    let talk = Talk::start(dev()).await;
    let request = format!(
        "{}Content-Length: 100\r\n\r\n{}",
        head_of_send(&talk),
        r#"{"content":"half"}"#
    );
    let mut socket = TcpStream::connect(talk.server.address()).expect("a connection");
    socket.write_all(request.as_bytes()).expect("written");
    drop(socket);
    // Whatever came of it came before this.
    let said = talk.john.say(&talk.conversation, "whole").await;
    assert_eq!(said["number"], 1);
}

/// What a server answered to one who sends a byte a second, and after how long.
fn drip(address: SocketAddr, start: &str) -> (String, Duration) {
    send_slowly(address, start, b"x")
}

/// What a server answered to one who sends a piece a second, and after how long.
fn send_slowly(address: SocketAddr, start: &str, piece: &[u8]) -> (String, Duration) {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .expect("a time-out");
    let began = Instant::now();
    socket.write_all(start.as_bytes()).expect("written");
    let mut received = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "the server waits for ever"
        );
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => received.extend_from_slice(&buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let _ = socket.write_all(piece);
            }
            // The server has closed while a byte was on its way.
            Err(_) => break,
        }
    }
    let text = String::from_utf8(received).expect("text");
    (text, began.elapsed())
}

/// Bytes that take more than half a minute at 3,000 a second.
const STEADY: usize = 3000 * 35;

/// In one test, so that all take their time at once.
#[tokio::test]
async fn who_sends_too_slowly_is_not_waited_for() {
    let talk = Talk::start(dev()).await;
    let address = talk.server.address();
    let body = format!("{}Content-Length: 1000\r\n\r\n{{", head_of_send(&talk));
    let steady = talk.john.begin_upload("a", STEADY).await;
    let steady = format!(
        "PUT /api/uploads/{steady}?offset=0 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {STEADY}\r\nConnection: close\r\n\r\n",
        talk.john.token.as_deref().expect("a token"),
    );
    let steady = tokio::task::spawn_blocking(move || send_slowly(address, &steady, &[0; 3000]));
    let slow_body = tokio::task::spawn_blocking(move || drip(address, &body));
    let slow_head = tokio::task::spawn_blocking(move || {
        drip(
            address,
            "GET /api/config HTTP/1.1\r\nHost: localhost\r\nX: ",
        )
    });
    let unwanted = tokio::task::spawn_blocking(move || {
        drip(
            address,
            "POST /api/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
        )
    });
    let (text, after) = slow_head.await.expect("no panic");
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 408 "),
        "{text}"
    );
    assert!(
        (9..20).contains(&after.as_secs()),
        "the head's time is 10 s, not {after:?}"
    );
    // One slow client is nobody else's matter.
    talk.john.say(&talk.conversation, "meanwhile").await;
    let (text, after) = slow_body.await.expect("no panic");
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(text.contains(r#""code":"timeout""#), "{text}");
    assert!(
        (29..40).contains(&after.as_secs()),
        "the body's time is 30 s, not {after:?}"
    );
    let (text, after) = unwanted.await.expect("no panic");
    assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    assert!(
        (29..40).contains(&after.as_secs()),
        "a body that nobody wants is read for 30 s, not {after:?}"
    );
    // A phone in a lift comes through.
    let (text, after) = steady.await.expect("no panic");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(after.as_secs() > 30, "{after:?} were no trial");
}

#[tokio::test]
async fn several_requests_share_a_connection() {
    let server = Server::start(dev()).await;
    let get = "GET /api/config HTTP/1.1\r\nHost: localhost\r\n";
    let both = format!("{get}\r\n{get}Connection: close\r\n\r\n");
    let first = raw(server.address(), both).await;
    // `raw` takes all that follows the first head for its body.
    let rest = match first.body {
        Value::String(rest) => rest,
        other => panic!("one answer only: {other}"),
    };
    assert_eq!(rest.matches("HTTP/1.1 200 OK").count(), 1);
}
