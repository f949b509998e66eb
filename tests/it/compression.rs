//! Which answers of the API are compressed, for whom, and which never.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{Client, Server, dev};

async fn ask(client: &Client, method: Method, path: &str, accepted: &str) -> Response {
    let request = client.request(method, path);
    let request = request.header("accept-encoding", accepted);
    request.send().await.expect("an answer")
}

fn coding(answer: &Response) -> &str {
    let coding = answer.headers().get("content-encoding");
    coding.map_or("", |coding| coding.to_str().expect("a text"))
}

/// Answers over 1 KB, by what clients say that they take (RFC 9110 §12.5.3).
const ACCEPTED: &[(&str, &str)] = &[
    ("gzip", "gzip"),
    ("GZip", "gzip"),
    ("gzip, deflate, br, zstd", "gzip"),
    ("br;q=1, gzip;q=0.1", "gzip"),
    ("*", "gzip"),
    ("*;q=0.1", "gzip"),
    ("gzip;q=0.5, identity;q=0.1", "gzip"),
    ("", ""),
    ("br", ""),
    ("identity", ""),
    ("gzip;q=0", ""),
    ("gzip;q=0, *", ""),
    ("gzip;q=0.1, identity;q=0.5", ""),
    ("gzip;q=high", ""),
];

#[tokio::test]
async fn a_page_of_history_is_compressed_for_whoever_takes_it() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    for number in 0..20 {
        let words = format!("This is message {number}, and it says next to nothing.");
        john.say(&conversation, &words).await;
    }
    let path = format!("/api/conversations/{conversation}/messages");
    let plain = john.get(&path).await.expect(200);
    for (accepted, expected) in ACCEPTED {
        let answer = ask(&john, Method::GET, &path, accepted).await;
        assert_eq!(coding(&answer), *expected, "{accepted:?}");
        assert_eq!(answer.headers()["vary"], "accept-encoding", "{accepted:?}");
        let bytes = answer.bytes().await.expect("a body");
        let mut text = String::new();
        if expected.is_empty() {
            text = String::from_utf8(bytes.to_vec()).expect("text");
        } else {
            let mut decoder = GzDecoder::new(&*bytes);
            decoder.read_to_string(&mut text).expect("gzip");
            assert!(bytes.len() * 3 < text.len(), "{} bytes", bytes.len());
        }
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value, plain, "{accepted:?}");
    }

    // Whoever asks for the head alone is told the same of the body.
    let get = ask(&john, Method::GET, &path, "gzip").await;
    let head = ask(&john, Method::HEAD, &path, "gzip").await;
    for name in ["content-encoding", "content-length", "content-type", "vary"] {
        assert_eq!(get.headers().get(name), head.headers().get(name), "{name}");
    }
    assert!(head.bytes().await.expect("no body").is_empty());
}

#[tokio::test]
async fn a_short_answer_a_refusal_and_what_has_secrets_beside_chosen_words_are_sent_as_they_are() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut conversation = String::new();
    // Long enough for all lists.
    for number in 0..10 {
        let name = format!("somebody-with-a-long-name-{number}");
        server.sign_up(&name).await;
        conversation = john.talk_to(&name).await;
        john.say(&conversation, &"words ".repeat(100)).await;
    }
    let long = ask(&john, Method::GET, "/api/conversations", "gzip").await;
    assert_eq!(coding(&long), "");
    assert!(long.bytes().await.expect("a body").len() > 1024);
    let one = format!("/api/conversations/{conversation}");
    for path in [
        "/api/config",
        "/api/conversations/999/messages",
        "/api/tokens",
        "/api/sessions",
        "/api/usernames?search=some",
        &one,
        &format!("{one}/participants"),
    ] {
        let answer = ask(&john, Method::GET, path, "gzip").await;
        assert_eq!(coding(&answer), "", "{path}");
    }
    let stream = john.request(Method::GET, "/api/messages");
    let stream = stream
        .header("accept-encoding", "gzip")
        .header("accept", "text/event-stream");
    let stream = stream.send().await.expect("a stream");
    assert_eq!(coding(&stream), "");
}
