//! One request to the real filter tree: a line with a method and a target, lines with headers, an empty line, and a body,
//! as in `seeds/requests`. Who doesn't say who they are is john; what isn't said to be something else is JSON.
//!
//! Whatever is asked, an answer comes, and it isn't that something went wrong on the server. JSON is JSON, a refusal has
//! its code and its sentence, and no page for browsers without scripts has one.

#![no_main]

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, TRANSFER_ENCODING},
};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use tincan_fuzz::world::{World, with_world};

fuzz_target!(|text: &str| -> Corpus {
    with_world(|world| {
        let Some(request) = read(world, &world.filled(text)) else {
            // No client could send it.
            return Corpus::Reject;
        };
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let (status, headers, body) = world.ask(request, take);
        check(&path, status, &headers);
        if method != Method::HEAD {
            check_body(&path, status, &headers, &body);
        }
        Corpus::Keep
    })
});

fn read(world: &World, text: &str) -> Option<Request<Full<Bytes>>> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        request = request.header(name, value);
    }
    let mut request = request.body(Full::from(body.to_owned())).ok()?;
    let headers = request.headers_mut();
    // hyper's client says what is true of a body, and would trip over anything else.
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    let own = format!("Bearer {}", world.token());
    if !headers.contains_key(COOKIE) {
        headers.entry(AUTHORIZATION).or_insert(own.parse().ok()?);
    }
    headers.entry(HOST).or_insert("localhost".parse().ok()?);
    let json = "application/json".parse().ok()?;
    headers.entry(CONTENT_TYPE).or_insert(json);
    Some(request)
}

/// The answer with its body, where that has an end.
async fn take(response: Response<Incoming>) -> (StatusCode, HeaderMap, Bytes) {
    let (head, body) = response.into_parts();
    let is_stream = head.status == StatusCode::SWITCHING_PROTOCOLS
        || media_type(&head.headers) == "text/event-stream";
    let body = if is_stream {
        Bytes::new()
    } else {
        body.collect().await.expect("the whole answer").to_bytes()
    };
    (head.status, head.headers, body)
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
}

fn check(path: &str, status: StatusCode, headers: &HeaderMap) {
    assert!(!status.is_server_error(), "{status} for {path}");
    assert!(headers.contains_key("x-request-id"), "no id for {path}");
    assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
}

fn check_body(path: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    let is_json = media_type(headers) == "application/json";
    let is_refusal = status.is_client_error();
    if is_json {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        if is_refusal {
            assert!(
                body["code"].is_string() && body["message"].is_string(),
                "{path}: {body}"
            );
            let errors = body.get("errors").map(Value::as_object);
            assert!(
                errors.is_none_or(|errors| errors.is_some()),
                "{path}: {body}"
            );
        }
    }
    if path.starts_with("/api/") && is_refusal {
        assert!(is_json, "{status} for {path} isn't JSON");
    }
    let is_plain = path.split('/').nth(1) == Some("plain");
    if is_plain && media_type(headers) == "text/html" {
        let page = std::str::from_utf8(body).expect("UTF-8");
        assert!(!page.contains("<script"), "{path} has a script: {page}");
    }
}
