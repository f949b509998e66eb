//! The connection of an event stream, which is the stream’s alone from then on.

use std::net::SocketAddr;

use serde_json::json;
use tincan::bus::Capacity;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    metrics,
    support::{Client, Event, Socket, Talk, at_once, dev, flood, soon},
};

const STREAMS: &str = r#"tincan_streams{transport="sse"}"#;

/// A request for a stream, as it travels.
fn follow(client: &Client) -> String {
    let token = client.token.as_deref().expect("a token");
    format!(
        "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    )
}

async fn connect(address: SocketAddr, requests: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket
        .write_all(requests.as_bytes())
        .await
        .expect("it can be sent");
    socket
}

/// Reads until there is this text, or the end. Gives back all of it.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(text) {
            if socket.read_buf(&mut read).await.expect("no failure") == 0 {
                break;
            }
        }
    };
    soon(text, reading).await;
    String::from_utf8(read).expect("text")
}

/// Waits until that many streams are open.
async fn streams(address: SocketAddr, count: f64) {
    let is_right = |open: f64| (open - count).abs() < f64::EPSILON;
    metrics::until(address, STREAMS, is_right).await;
}

#[tokio::test]
async fn a_stream_is_the_last_answer_of_its_connection() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    // What comes after a stream is nobody’s turn.
    let requests = format!("{0}{0}", follow(&jane));
    let mut socket = connect(server.address(), &requests).await;
    let begun = read_until(&mut socket, "event:hello").await;
    let (head, _) = begun.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let lines: Vec<_> = lines.collect();
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-store, no-transform",
        "x-content-type-options: nosniff",
        "connection: close",
        "transfer-encoding: chunked",
    ] {
        assert!(lines.contains(&line), "{line} isn’t among {lines:?}");
    }
    let date = lines.iter().find_map(|line| line.strip_prefix("date: "));
    assert!(date.is_some_and(|date| date.ends_with(" GMT")), "{lines:?}");

    jane.post("/api/logout", json!({})).await.expect(204);
    let mut rest = String::new();
    soon("the end", socket.read_to_string(&mut rest))
        .await
        .expect("it ends in good order");
    assert!(
        rest.ends_with("\r\n0\r\n\r\n") || rest == "0\r\n\r\n",
        "{rest:?}"
    );
}

#[tokio::test]
async fn what_was_asked_before_a_stream_is_answered_before_it() {
    /// Far more than hyper holds of an answer.
    const BEFORE: usize = 60;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let before = "GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let requests = format!("{}{}", before.repeat(BEFORE), follow(&jane));
    let mut socket = connect(server.address(), &requests).await;
    let read = read_until(&mut socket, "event:hello").await;
    let (documents, stream) = read.rsplit_once("HTTP/1.1 200 OK\r\n").expect("a stream");
    assert!(documents.len() > 4 * 1024 * 1024, "{}", documents.len());
    assert_eq!(documents.matches("HTTP/1.1 200 OK\r\n").count(), BEFORE);
    assert_eq!(documents.matches(r#""openapi":"3."#).count(), BEFORE);
    assert!(stream.contains("text/event-stream"), "{stream}");
    john.say(&conversation, "still there").await;
    read_until(&mut socket, "still there").await;
}

#[tokio::test]
async fn who_sends_while_they_listen_is_heard_out_for_a_while() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = connect(server.address(), &follow(&jane)).await;
    read_until(&mut socket, "event:hello").await;
    let few = [b'x'; 1_000];
    socket.write_all(&few).await.expect("it can be sent");
    john.say(&conversation, "still there").await;
    read_until(&mut socket, "still there").await;
    streams(server.address(), 1.0).await;
    let many = vec![b'x'; 32 * 1024];
    // It may be cut before all of it is sent.
    let _ = socket.write_all(&many).await;
    streams(server.address(), 0.0).await;
}

#[tokio::test]
async fn who_has_gone_is_noticed_at_once() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let mut socket = connect(server.address(), &follow(&jane)).await;
    read_until(&mut socket, "event:hello").await;
    streams(server.address(), 1.0).await;
    drop(socket);
    streams(server.address(), 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_behind_a_little_needs_no_database() {
    const SENDERS: usize = 40;
    const EACH: usize = 20;
    // The first that is late has lagged.
    let mut config = flood();
    config.bus = Capacity {
        channel: 1,
        ..Capacity::default()
    };
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(config).await;
    let mut stream = jane.follow(None).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;
    at_once((0..SENDERS).map(|_| {
        let (john, conversation) = (john.clone(), conversation.clone());
        async move {
            for _ in 0..EACH {
                john.say(&conversation, "at once").await;
            }
        }
    }))
    .await;
    let one_to = |events: &[Event]| {
        let numbers: Vec<_> = events
            .iter()
            .filter_map(|event| event.data["number"].as_u64())
            .collect();
        assert_eq!(numbers, (1..=(SENDERS * EACH) as u64).collect::<Vec<_>>());
    };
    one_to(&stream.take(SENDERS * EACH).await);
    one_to(&socket.take(SENDERS * EACH).await);
    let address = server.address();
    metrics::until(address, "tincan_streams_lagged_total", |lagged| {
        lagged > 0.0
    })
    .await;
    let read = |replayed: f64| replayed < 0.5;
    metrics::until(address, "tincan_events_replayed_total", read).await;
}
