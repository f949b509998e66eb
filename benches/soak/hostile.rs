//! Requests that make no sense or want what isn't theirs. Each is refused, and nothing comes of it.

use fastrand::Rng;
use reqwest::{Method, RequestBuilder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    line::Line,
    support::{Client, messages, soon},
};

/// Bytes of a body that is too large.
const TOO_LARGE: usize = 70 * 1024;

/// Somebody tries something, by their line and in a conversation of theirs.
pub async fn try_something(line: &Line, conversation: &str, rng: &mut Rng) {
    let kind = rng.u8(..16);
    if kind < 3 {
        return talk_nonsense(line, kind, rng).await;
    }
    let (expected, make) = attempt(kind, messages(conversation));
    let (answer, _) = line.ask(make).await;
    assert_eq!(
        answer.status.as_u16(),
        expected,
        "attempt {kind}: {answer:?}"
    );
}

/// A request that somebody makes.
type Attempt = Box<dyn Fn(&Client) -> RequestBuilder>;

/// What is tried, and how it is to be refused.
fn attempt(kind: u8, path: String) -> (u16, Attempt) {
    const JSON: &str = "application/json";
    let post = move |client: &Client, kind: &str, body: String| {
        let request = client.request(Method::POST, &path);
        request.header("content-type", kind).body(body)
    };
    let get = |path: &'static str| move |client: &Client| client.request(Method::GET, path);
    match kind {
        3 => (
            401,
            Box::new(|client| {
                let nobody = client.nobody();
                nobody
                    .request(Method::GET, "/api/auth_user")
                    .bearer_auth("0".repeat(64))
            }),
        ),
        4 => (
            400,
            Box::new(move |client| post(client, JSON, "{\"content\":".to_owned())),
        ),
        5 => (
            400,
            Box::new(move |client| post(client, JSON, "[".repeat(9_000))),
        ),
        6 => (
            415,
            Box::new(move |client| post(client, "text/plain", "hi".to_owned())),
        ),
        7 => (
            422,
            Box::new(move |client| post(client, JSON, r#"{"content":"a\u0000b"}"#.to_owned())),
        ),
        8 => (
            422,
            Box::new(move |client| post(client, JSON, r#"{"content":"  "}"#.to_owned())),
        ),
        9 => (
            413,
            Box::new(move |client| post(client, JSON, " ".repeat(TOO_LARGE))),
        ),
        10 => (
            404,
            Box::new(get("/api/conversations/9223372036854775808/messages")),
        ),
        11 => (404, Box::new(get("/api/conversations/-1"))),
        12 => (404, Box::new(get("/api/..%2f..%2fetc%2fpasswd"))),
        13 => (
            405,
            Box::new(|client| client.request(Method::DELETE, "/api/conversations")),
        ),
        14 => (
            410,
            Box::new(|client| client.poll_request("?after=nonsense")),
        ),
        _ => (404, Box::new(get("/api/messages/1/replies"))),
    }
}

/// Says what is no HTTP, or leaves in the middle of it.
async fn talk_nonsense(line: &Line, kind: u8, rng: &mut Rng) {
    let Ok(mut connection) = TcpStream::connect(line.address()).await else {
        return;
    };
    let mut noise: Vec<u8> = (0..rng.usize(1..4_000)).map(|_| rng.u8(..)).collect();
    if kind > 0 {
        let half = "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Content-Length: 5000\r\n\r\n{\"username\":";
        noise = half.into();
    } else {
        noise.extend_from_slice(b"\r\n\r\n");
    }
    if connection.write_all(&noise).await.is_err() || kind == 1 {
        // A client that is gone before it has said all.
        return;
    }
    // An error of these two is the server's, or a fault's, to have closed first.
    let _ = connection.shutdown().await;
    let mut answer = Vec::new();
    let _ = soon("the end of nonsense", connection.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    let is_refusal = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
    assert!(is_refusal, "nonsense was answered with {answer}");
}
