//! HTTP in the small: what a request accepts, whose token counts, and what a proxy may do to a stream.

use reqwest::{
    Method,
    header::{
        ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
        COOKIE,
    },
};
use serde_json::json;

use crate::support::{Server, Stream, Talk, answer, dev, messages, raw, text};

const STREAM: &str = "text/event-stream";
const POLL: &str = "application/json";

/// What `Accept` says, and what is then sent (RFC 9110 §12.5.1); none where it accepts neither.
const ACCEPTED: &[(&str, Option<&str>)] = &[
    ("text/event-stream", Some(STREAM)),
    ("Text/Event-Stream", Some(STREAM)),
    ("text/event-stream; charset=utf-8", Some(STREAM)),
    ("text/event-stream;charset=\"UTF-8\"", Some(STREAM)),
    ("text/event-stream ; q=0.1", Some(STREAM)),
    ("text/*", Some(STREAM)),
    ("*/*", Some(STREAM)),
    ("", Some(STREAM)),
    (",,", Some(STREAM)),
    ("text/html, */*;q=0.1", Some(STREAM)),
    ("application/json;q=0.5, text/event-stream", Some(STREAM)),
    ("application/json;q=0, */*", Some(STREAM)),
    ("application/json, text/event-stream", Some(STREAM)),
    (
        "foo/bar;x=\", application/json\", text/event-stream",
        Some(STREAM),
    ),
    ("application/json", Some(POLL)),
    ("APPLICATION/JSON", Some(POLL)),
    ("application/*", Some(POLL)),
    ("application/json, text/event-stream;q=0.9", Some(POLL)),
    ("application/json, text/plain, */*", Some(POLL)),
    ("text/event-stream;q=0, */*", Some(POLL)),
    ("text/*;q=0.2, application/json;q=0.3", Some(POLL)),
    ("*/*;q=0.5, application/json;Q=0.8", Some(POLL)),
    ("text/event-stream;q=0", None),
    ("text/event-stream;q=0.000, application/json; q=0.0", None),
    ("*/*;q=0", None),
    ("text/html", None),
    ("text/event-streams", None),
    ("application/jsonx, text/event-strea", None),
    ("text/event-stream;charset=utf-16", None),
    ("foo/bar;x=\"text/event-stream\"", None),
];

#[tokio::test]
async fn the_feed_is_sent_as_the_client_likes_best() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    for &(accept, expected) in ACCEPTED {
        let request = jane.request(Method::GET, "/api/messages");
        let request = request.header(ACCEPT, accept);
        let response = request.send().await.expect("an answer");
        let status = if expected.is_some() { 200 } else { 406 };
        assert_eq!(response.status(), status, "{accept}");
        if let Some(expected) = expected {
            assert_eq!(response.headers()[CONTENT_TYPE], expected, "{accept}");
        }
    }
}

#[tokio::test]
async fn without_accept_the_feed_is_a_stream() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let token = jane.token.as_deref().expect("a token");
    let head = format!(
        "HEAD /api/messages?token={token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    let answer = raw(server.address(), head).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers[CONTENT_TYPE], STREAM);
}

#[tokio::test]
async fn no_proxy_keeps_or_transforms_a_stream() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    let response = jane.stream_request().send().await.expect("a stream");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store, no-transform");
}

#[tokio::test]
async fn an_empty_cursor_is_none() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let beginning = answer(jane.poll_request("?after=")).await.expect(200);
    assert_eq!(beginning["events"], json!([]));
    let stream = jane.request(Method::GET, "/api/messages?after=");
    let mut stream = Stream::open(stream.header(ACCEPT, STREAM).header("last-event-id", "")).await;
    assert_eq!(
        stream.next_named("hello").await.data["user"]["username"],
        "jane"
    );
    john.say(&conversation, "hi").await;
    // Live at once, as there is nothing to catch up with.
    assert_eq!(stream.next_named("message").await.data["content"], "hi");
}

#[tokio::test]
async fn a_token_that_a_request_names_wins_over_a_cookie() {
    let Talk {
        server: _server,
        john,
        jane,
        ..
    } = Talk::start(dev()).await;
    let cookie = format!("tincan={}", john.token.as_deref().expect("a token"));
    let token = jane.token.as_deref().expect("a token");
    let by_query = jane
        .nobody()
        .request(Method::GET, &format!("/api/messages?token={token}"));
    let by_header = jane.request(Method::GET, "/api/messages?token=wrong");
    for request in [by_query, by_header] {
        let request = request.header(ACCEPT, STREAM).header(COOKIE, &cookie);
        let mut stream = Stream::open(request).await;
        assert_eq!(
            stream.next_named("hello").await.data["user"]["username"],
            "jane"
        );
    }
    // One that is wrong isn’t made good by a cookie, and an empty one is none.
    let wrong = jane
        .nobody()
        .request(Method::GET, "/api/messages?token=wrong");
    let wrong = answer(wrong.header(COOKIE, &cookie)).await;
    wrong.refused(401, "unauthorized");
    let empty = jane.nobody().request(Method::GET, "/api/messages?token=");
    let mut stream = Stream::open(empty.header(ACCEPT, STREAM).header(COOKIE, &cookie)).await;
    assert_eq!(
        stream.next_named("hello").await.data["user"]["username"],
        "john"
    );
}

/// A neighbour at another port of the host shares its cookies with this server, and may write what no header of text has.
#[tokio::test]
async fn whatever_bytes_a_neighbours_cookie_has_the_own_one_is_found() {
    let Talk { server, john, .. } = Talk::start(dev()).await;
    let token = john.token.as_deref().expect("a token");
    for neighbour in [
        &b"theme=gr\xc3\xbcn; "[..],
        b"theme=gr\xfcn; ",
        b"\xff\xfe=\xff; ",
        b"lone; =; ",
    ] {
        let own = format!("tincan={token}\r\nConnection: close\r\n\r\n");
        let head = b"GET /api/auth_user HTTP/1.1\r\nHost: localhost\r\nCookie: ".as_slice();
        let request = [head, neighbour, own.as_bytes()].concat();
        let answer = raw(server.address(), request).await;
        assert_eq!(answer.status, 200, "{neighbour:?}");
    }
}

#[tokio::test]
async fn a_websocket_whose_upgrade_was_dropped_is_told_so() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let version = ("sec-websocket-version", "13");
    let upgrade = ("upgrade", "websocket");
    for headers in [
        &[key, version][..],
        &[key, version, ("connection", "upgrade")],
        &[key],
    ] {
        let mut request = jane.request(Method::GET, "/api/messages");
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        let refusal = answer(request).await.refused(400, "bad_handshake");
        assert!(
            text(&refusal["message"]).starts_with("A proxy dropped"),
            "{refusal}"
        );
    }
    let request = jane
        .request(Method::GET, "/api/messages")
        .header(upgrade.0, upgrade.1);
    let request = request.header(key.0, key.1).header(version.0, version.1);
    answer(request).await.refused(400, "bad_handshake");
}

/// In JSON, these are one number (RFC 8259 §6).
#[tokio::test]
async fn a_whole_number_is_one_however_it_is_written() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    john.say(&conversation, "one").await;
    let path = format!("/api/conversations/{conversation}/read_messages");
    let read = async |path: &str, body: String| {
        let request = jane
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json");
        answer(request.body(body)).await
    };
    for number in ["1", "1.0", "1e0", "10E-1", "1.00", "-0.0", "null"] {
        read(&path, format!(r#"{{"upTo":{number}}}"#))
            .await
            .expect(204);
    }
    for number in [
        "1.5",
        "1e300",
        "9223372036854775808",
        "1e-1",
        "\"1\"",
        "true",
    ] {
        let refusal = read(&path, format!(r#"{{"upTo":{number}}}"#)).await;
        refusal.refused(400, "malformed");
    }
    let invites = async |body: &str| {
        let request = john.request(Method::POST, "/api/tokens");
        answer(
            request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_owned()),
        )
        .await
    };
    invites(r#"{"name":"x","scope":"read","days":7.0}"#)
        .await
        .expect(201);
    invites(r#"{"name":"x","scope":"read","days":-1}"#)
        .await
        .refused(400, "malformed");
}

#[tokio::test]
async fn an_optional_body_may_be_empty_whatever_type_it_would_have() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let path = format!("/api/conversations/{conversation}/read_messages");
    for kind in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        john.say(&conversation, "hi").await;
        let request = jane.request(Method::POST, &path).header(CONTENT_TYPE, kind);
        answer(request.header(CONTENT_LENGTH, "0"))
            .await
            .expect(204);
        let shown = jane
            .get(&format!("/api/conversations/{conversation}"))
            .await;
        assert_eq!(shown.expect(200)["unreadCount"], 0);
    }
}

/// A coding of the body, and whether it is taken (RFC 9110 §8.4.1 and §15.5.16).
const CODINGS: &[(&str, bool)] = &[
    ("", true),
    ("identity", true),
    ("Identity", true),
    ("gzip", false),
    ("GZIP", false),
    ("x-gzip", false),
    ("br", false),
    ("deflate", false),
    ("identity, gzip", false),
];

#[tokio::test]
async fn a_compressed_body_is_told_that_none_is_taken() {
    let Talk {
        server: _server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    for &(coding, is_taken) in CODINGS {
        let request = john.request(Method::POST, &messages(&conversation));
        let request = request
            .header(CONTENT_ENCODING, coding)
            .json(&json!({ "content": "hi" }));
        let answer = answer(request).await;
        if is_taken {
            answer.expect(201);
            continue;
        }
        // Which would be (RFC 9110 §12.5.3).
        assert_eq!(answer.headers[ACCEPT_ENCODING], "identity", "{coding}");
        answer.refused(415, "unsupported_media_type");
    }
}

/// A byte order mark is passed over (RFC 8259 §8.1), and so is what is wrong in fields that nobody reads.
#[tokio::test]
async fn only_what_is_read_of_a_body_has_to_make_sense() {
    let Talk {
        server: _server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let send = async |body: &str| {
        let request = john.request(Method::POST, &messages(&conversation));
        answer(
            request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_owned()),
        )
        .await
    };
    for body in [
        "\u{feff}{\"content\":\"x\"}",
        r#"{"content":"x","aside":1e999}"#,
        r#"{"aside":"\ud83d","content":"x"}"#,
        r#"{"aside":{"of":[-1E+400,"\udc00"]},"content":"x","aside":1}"#,
    ] {
        send(body).await.expect(201);
    }
    for body in [
        r#"{"content":"\ud83d"}"#,
        r#"{"content":"\ud83dx"}"#,
        r#"{"content":"\udc00\ud83d"}"#,
    ] {
        let refusal = send(body).await.refused(400, "malformed");
        assert!(
            text(&refusal["message"]).contains("halves of a character"),
            "{refusal}"
        );
    }
    for body in [
        "{\"content\":\"two\nlines\"}",
        "{\"content\":\"a\ttab\"}",
        "{\"aside\":\"\u{1}\",\"content\":\"x\"}",
    ] {
        let refusal = send(body).await.refused(400, "malformed");
        assert!(
            text(&refusal["message"]).contains("have to be escaped"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_parameter_that_is_no_id_says_which_it_takes() {
    let Talk {
        server: _server,
        jane,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let history = messages(&conversation);
    for (path, message) in [
        (
            format!("{history}?before=a-3"),
            "before takes the id of a message",
        ),
        (
            format!("{history}?after=1.0"),
            "after takes the id of a message",
        ),
        (
            format!("{history}?before="),
            "before takes the id of a message",
        ),
        (
            "/api/conversations?before=jane".to_owned(),
            "before takes the id of a conversation",
        ),
        (
            "/api/conversations?before=99".to_owned(),
            "before takes the id of a conversation",
        ),
        (
            "/api/rooms?before=x".to_owned(),
            "before takes the id of a conversation",
        ),
    ] {
        let refusal = jane.get(&path).await.refused(404, "not_found");
        assert_eq!(refusal["message"], message, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_page_of_ours_is_not_the_page() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for path in [
        "/.well-known/security.txt",
        "/.well-known/openid-configuration",
        "/.well-known/matrix/client",
        "/.well-known/",
        "/.WELL-KNOWN/x",
        "/API/messages",
        "/Api/config",
        "/API/",
        "/API",
        "/PLAIN/rooms",
    ] {
        nobody.get(path).await.expect(404);
    }
    for path in ["/", "/conversations/7", "/apiary", "/settings"] {
        nobody.get(path).await.expect(200);
    }
}

/// What `Accept` says, as Prometheus and others send it, and whether that is OpenMetrics.
const METRICS: &[(&str, bool)] = &[
    ("application/openmetrics-text", true),
    (
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        true,
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
         application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
         application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        true,
    ),
    ("text/plain", false),
    ("TEXT/PLAIN; version=0.0.4", false),
    ("text/plain;version=0.0.4;q=1,*/*;q=0.1", false),
    ("text/*", false),
    (
        "application/openmetrics-text;q=0.4, text/plain;q=0.5",
        false,
    ),
    ("application/openmetrics-text;q=0, */*", false),
    (
        "application/openmetrics-text;version=0.0.1, text/plain;version=0.0.4;q=0.2",
        false,
    ),
];

#[tokio::test]
async fn metrics_are_in_the_format_that_is_asked_for() {
    let server = Server::start(dev()).await;
    // What has been answered is counted.
    server.nobody().get("/healthz").await.expect(200);
    for &(accept, is_open) in METRICS {
        let request = server.nobody().request(Method::GET, "/metrics");
        let answer = answer(request.header(ACCEPT, accept)).await;
        let kind = answer.headers[CONTENT_TYPE]
            .to_str()
            .expect("text")
            .to_owned();
        let shown = text(&answer.expect(200)).to_owned();
        let expected = if is_open {
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        } else {
            "text/plain; version=0.0.4; charset=utf-8"
        };
        assert_eq!(kind, expected, "{accept}");
        assert_eq!(shown.ends_with("# EOF\n"), is_open, "{accept}");
        let counter = if is_open {
            "tincan_http_requests"
        } else {
            "tincan_http_requests_total"
        };
        assert!(
            shown.contains(&format!("# TYPE {counter} counter\n")),
            "{shown}"
        );
        assert!(shown.contains("\ntincan_http_requests_total{"), "{shown}");
        let comments = shown.lines().filter(|line| line.starts_with('#'));
        for line in comments.filter(|_| !is_open) {
            assert!(
                line.starts_with("# HELP ") || line.starts_with("# TYPE "),
                "{line}"
            );
        }
    }
}
