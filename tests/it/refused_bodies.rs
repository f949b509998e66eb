//! Bodies that are refused before they have arrived: who sends them reads the answer all the same (RFC 9112 §9.6).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{PATIENCE, Server, Talk, dev, text};

/// More than the buffers of both ends hold.
const LARGE: usize = 20_000_000;
/// How much of a body is read that nobody wants.
const LIMIT: usize = 256 * 1024 * 1024;
/// What is on its way when the server stops reading: far more than the buffers of both ends hold.
const BUFFERS: usize = 32 * 1024 * 1024;

/// A client that sends all that it has to say before it listens.
struct Talker(BufReader<TcpStream>);

impl Talker {
    fn new(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out");
        Self(BufReader::new(socket))
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// The next answer: its status and its body.
    fn listen(&mut self) -> (u16, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).expect("an answer");
            assert!(read > 0, "no answer, only {head:?}");
        }
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
        self.0.read_exact(&mut body).expect("a body");
        let status = status.expect("a status").parse().expect("a status");
        (status, String::from_utf8(body).expect("text"))
    }

    /// How long the server takes to close the connection.
    fn closed_after(mut self) -> Duration {
        let began = Instant::now();
        let _ = self.0.read_to_end(&mut Vec::new());
        began.elapsed()
    }
}

fn head(request: &str, headers: &str) -> Vec<u8> {
    format!("{request} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

fn announced(length: usize) -> String {
    format!("Content-Length: {length}\r\n")
}

fn whole(request: &str, headers: &str, length: usize) -> Vec<u8> {
    let mut whole = head(request, &format!("{headers}{}", announced(length)));
    whole.resize(whole.len() + length, b'x');
    whole
}

fn chunked(request: &str, headers: &str, length: usize) -> Vec<u8> {
    let mut chunked = head(request, &format!("{headers}Transfer-Encoding: chunked\r\n"));
    let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
    for _ in 0..length / 0x10000 {
        chunked.extend(&chunk);
    }
    chunked.extend(b"0\r\n\r\n");
    chunked
}

/// The answers are read after everything has been sent, and the connection is still good.
#[tokio::test(flavor = "multi_thread")]
async fn who_sends_all_of_a_refused_body_reads_the_answer_and_goes_on() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let session = bearer(john.token.as_deref().expect("a token"));
    let wish = json!({ "name": "a script", "scope": "read" });
    let reader = john.post("/api/tokens", wish).await.expect(201);
    let reader = bearer(text(&reader["token"]));
    let upload = john.begin_upload("a", LARGE).await;

    let send = format!("POST /api/conversations/{conversation}/messages");
    let part = format!("PUT /api/uploads/{upload}?offset=");
    let json = format!("{session}Content-Type: application/json\r\n");
    let coded = format!("{json}Content-Encoding: gzip\r\n");
    for (status, request, headers) in [
        (401, send.as_str(), ""),
        (403, &send, &reader),
        (404, "POST /api/nowhere", ""),
        (405, "POST /nowhere", ""),
        (413, "PUT /api/uploads/999/thumb", &session),
        (405, "DELETE /api/config", ""),
        (404, "POST /plain/nowhere", ""),
        (413, &send, &json),
        (413, &format!("{part}0"), &session),
        (415, &send, &coded),
        (415, &send, &session),
        (422, &format!("{part}x"), &session),
        // Nobody reads it, though nothing is wrong.
        (200, "GET /api/config", ""),
    ] {
        for form in [whole, chunked] {
            let mut talker = Talker::new(server.address());
            let request = form(request, headers, LARGE);
            let what = String::from_utf8_lossy(&request[..99]).into_owned();
            talker.send(&request).expect(&what);
            talker
                .send(&head("GET /api/config", "Connection: close\r\n"))
                .expect(&what);
            let (answered, body) = talker.listen();
            assert_eq!(answered, status, "{what}: {body}");
            assert_eq!(talker.listen().0, 200, "{what}");
        }
    }
}

#[tokio::test]
async fn small_bodies_that_nobody_wants_may_be_sent_one_behind_the_other() {
    let server = Server::start(dev()).await;
    let mut talker = Talker::new(server.address());
    let refused = whole("POST /api/nowhere", "", 100);
    let last = head("GET /api/config", "Connection: close\r\n");
    let requests = [refused.repeat(5), last].concat();
    let answers = tokio::task::spawn_blocking(move || {
        talker.send(&requests).expect("written");
        [(); 6].map(|()| talker.listen().0)
    });
    let answers = answers.await.expect("no panic");
    assert_eq!(answers, [404, 404, 404, 404, 404, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_comes_to_an_end_isn_t_listened_to_for_ever() {
    let server = Server::start(dev()).await;
    let mut talker = Talker::new(server.address());
    let endless = head("POST /api/nowhere", &announced(usize::MAX >> 1));
    talker.send(&endless).expect("written");
    assert_eq!(talker.listen().0, 404, "it is answered at once");
    let megabyte = vec![b'x'; 1024 * 1024];
    let mut sent = 0;
    while talker.send(&megabyte).is_ok() {
        sent += megabyte.len();
        assert!(sent < LIMIT + BUFFERS, "{sent} bytes were taken");
    }
    assert!(sent > LIMIT / 2, "only {sent} bytes were taken");

    // One who says no more is let go soon, and one who says a little now and then isn’t kept for long:
    // see `who_sends_too_slowly_is_not_waited_for`.
    let mut talker = Talker::new(server.address());
    talker.send(&endless).expect("written");
    assert_eq!(talker.listen().0, 404);
    let after = talker.closed_after();
    assert!((4..15).contains(&after.as_secs()), "5 s, not {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_first_is_answered_and_not_told_to_go_on() {
    let server = Server::start(dev()).await;
    let mut talker = Talker::new(server.address());
    let asked = format!("Expect: 100-continue\r\n{}", announced(LARGE));
    let asked = head("POST /api/nowhere", &asked);
    talker.send(&asked).expect("written");
    assert_eq!(talker.listen().0, 404);
    let mut rest = String::new();
    talker.0.read_to_string(&mut rest).expect("the end");
    assert_eq!(rest, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_doesn_t_wait_for_bodies_that_nobody_wants() {
    let mut server = Server::start(dev()).await;
    let mut talker = Talker::new(server.address());
    let unfinished = head("POST /api/nowhere", &announced(LARGE));
    talker.send(&unfinished).expect("written");
    assert_eq!(talker.listen().0, 404);
    let began = Instant::now();
    server.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "it waited for {took:?}");
}
