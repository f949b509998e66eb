//! Faults on demand: what a client of the lab sees of each, on the wire.

use std::io::{self, ErrorKind};

use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::{Value, json};
use tincan::http;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::lab::{contents, talking};
use crate::support::{
    Answer, Binary, Client, Server, Socket, answer, dev, messages, raw, soon, strict, text,
    try_answer, until,
};

/// Puts a fault into force.
async fn fault(lab: &Binary, fault: Value) -> Value {
    let added = lab.nobody().post("/dev/faults", fault).await;
    added.expect(201)["faults"].take()
}

async fn no_faults(lab: &Binary) {
    lab.nobody().delete("/dev/faults").await.expect(204);
}

async fn faults(lab: &Binary) -> Value {
    lab.nobody().get("/dev/faults").await.expect(200)
}

/// Sends a message with this fault in its header.
async fn send_with(client: &Client, talk: &str, fault: &str, body: Value) -> Option<Answer> {
    let request = client.request(Method::POST, &messages(talk)).json(&body);
    try_answer(request.header("tincan-fault", fault)).await
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
enum End {
    Fin,
    Rst,
}

/// A connection, byte by byte.
struct Wire(TcpStream);

impl Wire {
    /// Opens a stream and waits for its first event.
    async fn follow(client: &Client) -> Self {
        let mut stream = Self::stream(client).await;
        stream.until("event:hello").await;
        stream.until("\n\n").await;
        stream
    }

    async fn stream(client: &Client) -> Self {
        let mut stream = TcpStream::connect(client.address()).await.expect("a lab");
        let token = client.token.as_deref().expect("a token");
        let request = format!(
            "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is sent");
        Self(stream)
    }

    /// Reads until there is this.
    async fn until(&mut self, wanted: &str) -> String {
        let mut seen = String::new();
        soon(wanted, async {
            while !seen.contains(wanted) {
                let byte = self.0.read_u8().await.expect("more to read");
                seen.push(char::from(byte));
            }
        })
        .await;
        seen
    }

    /// What has come by now.
    fn pending(&self) -> String {
        let mut bytes = vec![0; 65_536];
        match self.0.try_read(&mut bytes) {
            Ok(read) => String::from_utf8_lossy(&bytes[..read]).into_owned(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => String::new(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Reads until the end.
    async fn rest(mut self) -> (String, End) {
        let mut seen = Vec::new();
        let ended = soon("the end", self.0.read_to_end(&mut seen)).await;
        let end = match ended {
            Ok(_) => End::Fin,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Rst,
            Err(error) => panic!("{error}"),
        };
        (String::from_utf8_lossy(&seen).into_owned(), end)
    }
}

/// Sends a message over a connection of its own, with this fault in its header, and reads until the end.
async fn send_raw(client: &Client, talk: &str, fault: &str, body: &Value) -> (String, End) {
    let body = body.to_string();
    let token = client.token.as_deref().expect("a token");
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nTincan-Fault: {fault}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        messages(talk),
        body.len()
    );
    let mut stream = TcpStream::connect(client.address()).await.expect("a lab");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is sent");
    Wire(stream).rest().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_from_elsewhere_is_refused_before_anything_happens() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    let mut stream = john.follow(None).await;
    // As a page does whose name leads here meanwhile (DNS rebinding).
    let request = lab.nobody().request(Method::GET, "/api/config");
    let request = request.header("host", "evil.example");
    let refused = answer(request.header("tincan-fault", "restart")).await;
    assert!(!refused.headers.contains_key("tincan-fault"));
    refused.refused(403, "dev_is_local");
    jane.say(&talk, "still here").await;
    let event = stream.next_named("message").await;
    assert_eq!(event.data["content"], "still here");
}

#[tokio::test]
async fn a_refusal_is_the_servers_own_and_nothing_is_done() {
    let lab = Binary::lab(&[]);
    let (john, _, talk) = talking(&lab).await;
    for (status, code, retry_after) in [
        (401, "unauthorized", None),
        (403, "not_yours", None),
        (413, "too_large", None),
        (429, "too_fast", Some("2")),
        (500, "internal", None),
        (503, "busy", Some("1")),
        (507, "storage_full", None),
    ] {
        let fault = format!("status={status}");
        let refused = send_with(&john, &talk, &fault, json!({ "content": "never" })).await;
        let refused = refused.expect("an answer");
        assert_eq!(refused.headers["tincan-fault"], "status");
        assert!(refused.headers.contains_key("x-request-id"));
        let seconds = refused.headers.get(RETRY_AFTER);
        let seconds = seconds.map(|seconds| seconds.to_str().expect("a text"));
        assert_eq!(seconds, retry_after, "{status}");
        refused.refused(status, code);
    }
    // The header is for one request alone.
    john.say(&talk, "there").await;
    assert_eq!(contents(&john, &talk).await, ["there"]);
    assert_eq!(faults(&lab).await["byHeader"], 7);
}

#[tokio::test]
async fn a_connection_ends_before_anything_is_done() {
    let lab = Binary::lab(&[]);
    let (john, _, talk) = talking(&lab).await;
    for (fault, end) in [
        ("disconnect", End::Fin),
        ("disconnect=fin", End::Fin),
        ("disconnect=rst", End::Rst),
    ] {
        let seen = send_raw(&john, &talk, fault, &json!({ "content": "never" })).await;
        assert_eq!(seen, (String::new(), end), "{fault}");
    }
    assert_eq!(contents(&john, &talk).await, [""; 0]);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_commit_and_sending_again_gives_the_same_message() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    for (fault, end) in [("lost-answer", End::Fin), ("lost-answer=rst", End::Rst)] {
        let body = json!({ "content": fault, "clientId": fault });
        let mut stream = jane.follow(None).await;
        let seen = send_raw(&john, &talk, fault, &body).await;
        assert_eq!(seen, (String::new(), end), "{fault}");
        let sent = stream.next_named("message").await.data;
        let again = john.post(&messages(&talk), body).await;
        assert!(again.status.is_success(), "{}", again.body);
        assert_eq!(again.body["id"], sent["id"], "{fault}");
    }
    let all = contents(&john, &talk).await;
    assert_eq!(all.len(), 2, "each is there once: {all:?}");
}

#[tokio::test]
async fn a_fault_happens_to_those_it_is_for_as_often_as_it_says() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    for operation in ["send", "POST", "POST /api/conversations/{id}/messages"] {
        let added = fault(
            &lab,
            json!({ "fault": "status", "status": 507, "operation": operation, "user": "john", "after": 1, "times": 2 }),
        )
        .await;
        let mut statuses = Vec::new();
        for client in [&john, &jane, &john, &jane, &john, &jane, &john] {
            let sent = client
                .post(&messages(&talk), json!({ "content": operation }))
                .await;
            statuses.push(sent.status.as_u16());
        }
        assert_eq!(statuses, [201, 201, 507, 201, 507, 201, 201], "{operation}");
        // Another operation of the same person.
        john.get("/api/auth_user").await.expect(200);
        let now = &faults(&lab).await["faults"][0];
        assert_eq!(now["id"], added[0]["id"]);
        assert_eq!((&now["seen"], &now["applied"]), (&json!(4), &json!(2)));
        let id = &added[0]["id"];
        let path = format!("/dev/faults/{id}");
        lab.nobody().delete(&path).await.expect(204);
        lab.nobody().delete(&path).await.refused(404, "not_found");
    }
    assert_eq!(faults(&lab).await["faults"], json!([]));
}

#[tokio::test]
async fn chance_is_the_same_in_every_run() {
    async fn drawn(lab: &Binary) -> Vec<u16> {
        let john = lab.nobody().sign_in("john").await;
        fault(
            lab,
            json!({ "fault": "status", "operation": "whoAmI", "probability": 0.5 }),
        )
        .await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(john.get("/api/auth_user").await.status.as_u16());
        }
        statuses
    }
    let lab = Binary::lab(&["--rng", "7"]);
    let first = drawn(&lab).await;
    lab.nobody().post("/dev/reset", json!({})).await.expect(204);
    assert_eq!(drawn(&lab).await, first, "after a reset");
    assert_eq!(drawn(&Binary::lab(&["--rng", "7"])).await, first);
    assert_ne!(drawn(&Binary::lab(&["--rng", "8"])).await, first);
    let refused = first.iter().filter(|status| **status == 503).count();
    assert!((5..=35).contains(&refused), "{first:?}");
}

#[tokio::test]
async fn a_stream_is_cut_by_any_transport() {
    let lab = Binary::lab(&[]);
    let (john, jane, _) = talking(&lab).await;
    let mut johns = john.follow(None).await;
    for (how, end) in [("fin", End::Fin), ("rst", End::Rst)] {
        let cut = json!({ "fault": "cut", "how": how, "user": "jane", "times": 1 });
        let stream = Wire::follow(&jane).await;
        fault(&lab, cut.clone()).await;
        let (seen, ended) = stream.rest().await;
        assert_eq!(ended, end, "{how}");
        assert!(!seen.contains("\r\n0\r\n"), "it isn’t complete: {seen}");

        let cursor = jane.cursor().await;
        let mut socket = Socket::follow(lab.address(), &jane, None).await;
        fault(&lab, cut.clone()).await;
        assert_eq!(socket.heard().await, None);

        // One that is opened while it is in force.
        fault(&lab, cut).await;
        let polled = jane.try_poll(&cursor, 30).await;
        assert!(matches!(polled, Err(None)), "the poll was answered");
        no_faults(&lab).await;
    }
    let talk = john.talk_to("jane").await;
    john.say(&talk, "still there").await;
    johns.next_named("sent").await;
}

#[tokio::test]
async fn a_stalled_stream_stays_open_and_has_nothing() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    let mut johns = john.follow(None).await;
    let stream = Wire::follow(&jane).await;
    let stall = json!({ "fault": "stall", "user": "jane" });
    fault(&lab, stall.clone()).await;
    john.say(&talk, "first").await;
    johns.next_named("sent").await;
    assert!(!stream.pending().contains("first"));
    // Opened while it is in force, not even the head comes.
    let other = Wire::stream(&jane).await;
    soon("the other", async {
        while faults(&lab).await["faults"][0]["applied"] != 2 {}
    })
    .await;
    assert_eq!(other.pending(), "");
    // They end without what was lost.
    no_faults(&lab).await;
    for stream in [stream, other] {
        let (seen, end) = stream.rest().await;
        assert!(!seen.contains("first"), "{seen}");
        assert_eq!(end, End::Fin);
    }
}

#[tokio::test]
async fn what_is_held_comes_in_a_burst() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    let mut johns = john.follow(None).await;
    let mut stream = Wire::follow(&jane).await;
    fault(
        &lab,
        json!({ "fault": "hold", "user": "jane", "ms": 600_000 }),
    )
    .await;
    for content in ["one", "two"] {
        john.say(&talk, content).await;
        johns.next_named("sent").await;
        assert!(!stream.pending().contains(content));
    }
    no_faults(&lab).await;
    let seen = stream.until("two").await;
    assert!(seen.contains("one"), "{seen}");
}

#[tokio::test]
async fn a_proxy_refuses_streams() {
    let lab = Binary::lab(&[]);
    let (_, jane, _) = talking(&lab).await;
    for status in [200, 400, 502] {
        fault(&lab, json!({ "fault": "refuse", "status": status })).await;
        let socket = Socket::try_open(lab.address(), &jane, "", None).await;
        let refused = socket.err().flatten().expect("a refusal");
        assert_eq!(refused, status);
        let stream = answer(jane.stream_request()).await;
        assert_eq!(stream.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(stream.status, status);
        jane.cursor().await;
        no_faults(&lab).await;
    }
}

#[tokio::test]
async fn only_polls_pass_the_proxy_of_the_preset() {
    let lab = Binary::lab(&["--fault", "corporate-proxy"]);
    let (john, jane, talk) = talking(&lab).await;
    let cursor = jane.cursor().await;
    let socket = Socket::try_open(lab.address(), &jane, "", None).await;
    assert_eq!(socket.err(), Some(Some(StatusCode::BAD_GATEWAY)));
    let stream = Wire::stream(&jane).await;
    john.say(&talk, "hello").await;
    let (events, _) = jane.poll(&cursor, 30).await;
    assert!(events.iter().any(|event| event.data["content"] == "hello"));
    assert_eq!(stream.pending(), "");
}

#[tokio::test]
async fn a_cursor_is_unknown_once() {
    let lab = Binary::lab(&[]);
    let (_, jane, _) = talking(&lab).await;
    let cursor = jane.cursor().await;
    let open = Wire::follow(&jane).await;
    let reset = json!({ "fault": "reset", "user": "jane", "times": 1 });
    fault(&lab, reset.clone()).await;
    assert_eq!(open.rest().await.1, End::Fin, "it is to come again");
    let mut stream = jane.follow(Some(&cursor)).await;
    assert_eq!(stream.next().await.expect("an event").name, "reset");
    let mut stream = jane.follow(Some(&cursor)).await;
    assert_eq!(stream.next().await.expect("an event").name, "caught_up");
    drop(stream);

    fault(&lab, reset.clone()).await;
    let polled = jane.try_poll(&cursor, 0).await;
    assert_eq!(polled.err(), Some(Some(StatusCode::GONE)));
    fault(&lab, reset).await;
    let mut socket = Socket::open(lab.address(), &jane, "", Some(&cursor)).await;
    assert_eq!(socket.next().await.name, "hello");
    assert_eq!(socket.next().await.name, "reset");
}

#[tokio::test]
async fn a_session_ends_in_the_midst() {
    let lab = Binary::lab(&[]);
    let (john, jane, _) = talking(&lab).await;
    let mut stream = jane.follow(None).await;
    fault(
        &lab,
        json!({ "fault": "end-session", "user": "jane", "times": 1 }),
    )
    .await;
    assert_eq!(stream.next().await, None);
    jane.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    let request = john.request(Method::GET, "/api/auth_user");
    let ended = answer(request.header("tincan-fault", "end-session")).await;
    ended.refused(401, "unauthorized");
    john.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn the_server_starts_anew_before_a_request() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    let mut stream = jane.follow(None).await;
    let cursor = jane.cursor().await;
    let sent = send_with(&john, &talk, "restart", json!({ "content": "after" })).await;
    sent.expect("an answer").expect(201);
    assert_eq!(stream.rest().await, []);
    let mut stream = jane.follow(Some(&cursor)).await;
    let message = stream.next_named("message").await;
    assert_eq!(message.data["content"], "after");
}

#[tokio::test]
async fn an_event_comes_before_the_answer() {
    let lab = Binary::lab(&[]);
    let (john, _, talk) = talking(&lab).await;
    let stream = Wire::follow(&john).await;
    let sent = send_with(&john, &talk, "sent-first", json!({ "content": "mine" })).await;
    sent.expect("an answer").expect(201);
    stream.0.readable().await.expect("a socket");
    let seen = stream.pending();
    assert!(seen.contains("mine"), "{seen}");
}

#[tokio::test]
async fn people_come_and_go_and_type_for_ever() {
    let lab = Binary::lab(&["--clock", "2030-01-31T12:00:00Z"]);
    let (john, jane, talk) = talking(&lab).await;
    john.say(&talk, "hello").await;
    let mut stream = jane.follow(None).await;
    fault(
        &lab,
        json!({ "fault": "presence-flaps", "user": "john", "ms": 0 }),
    )
    .await;
    for online in [false, true, false] {
        let event = stream.next_passing().await.expect("an event");
        assert_eq!(event.name, "presence");
        assert_eq!(event.data, json!({ "userId": john.id, "online": online }));
    }
    no_faults(&lab).await;
    fault(
        &lab,
        json!({ "fault": "endless-typing", "user": "john", "ms": 0 }),
    )
    .await;
    let mut typed = 0;
    while typed < 2 {
        let event = stream.next_passing().await.expect("an event");
        if event.name == "typing" {
            assert_eq!(
                event.data,
                json!({ "conversationId": talk, "userId": john.id })
            );
            typed += 1;
        }
    }
    for (ms, now) in [
        (600_000, "2030-01-31T12:10:00.000Z"),
        (-600_000, "2030-01-31T11:50:00.000Z"),
    ] {
        no_faults(&lab).await;
        fault(&lab, json!({ "fault": "clock", "ms": ms })).await;
        let clock = lab.nobody().get("/dev/clock").await.expect(200);
        assert_eq!(clock["now"], now);
    }
    no_faults(&lab).await;
    let clock = lab.nobody().get("/dev/clock").await.expect(200);
    assert_eq!(clock["now"], "2030-01-31T12:00:00.000Z");
}

#[tokio::test]
async fn whoever_seemed_to_be_gone_is_there_when_the_fault_ends() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    john.say(&talk, "hello").await;
    let _johns = john.follow(None).await;
    let mut stream = jane.follow(None).await;
    for ends_all in [false, true] {
        let flaps = json!({ "fault": "presence-flaps", "user": "john", "ms": 600_000 });
        let id = fault(&lab, flaps).await[0]["id"].clone();
        let gone = json!({ "userId": john.id, "online": false });
        while stream.next_passing().await.expect("an event").data != gone {}
        if ends_all {
            no_faults(&lab).await;
        } else {
            let path = format!("/dev/faults/{id}");
            lab.nobody().delete(&path).await.expect(204);
        }
        let event = stream.next_passing().await.expect("an event");
        assert_eq!(event.data, json!({ "userId": john.id, "online": true }));
    }
}

/// Sends a request over a connection that may have had others.
async fn send(wire: &mut Wire, header: &str) -> io::Result<()> {
    let request = format!("GET /api/config HTTP/1.1\r\nHost: localhost\r\n{header}\r\n");
    wire.0.write_all(request.as_bytes()).await
}

/// The same, and reads the answer. Gives back whether the connection stays.
async fn ask(wire: &mut Wire, header: &str) -> bool {
    send(wire, header).await.expect("it is sent");
    let head = wire.until("\r\n\r\n").await.to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let (_, size) = head.split_once("content-length: ").expect("a length");
    let size = size.lines().next().expect("a line").parse();
    let mut body = vec![0; size.expect("a number")];
    wire.0.read_exact(&mut body).await.expect("the body");
    !head.contains("connection: close")
}

async fn connect(lab: &Binary) -> Wire {
    Wire(TcpStream::connect(lab.address()).await.expect("a lab"))
}

#[tokio::test]
async fn connections_stay_until_a_fault_may_end_them() {
    let lab = Binary::lab(&[]);
    for ending in ["disconnect", "lost-answer", "cut", "stall"] {
        let mut kept = connect(&lab).await;
        fault(&lab, json!({ "fault": "latency", "ms": 1 })).await;
        for _ in 0..2 {
            assert!(ask(&mut kept, "").await, "before {ending}");
        }
        fault(&lab, json!({ "fault": ending, "operation": "send" })).await;
        // It has ended by now, so nothing more is answered there.
        let _ = send(&mut kept, "").await;
        assert_eq!(kept.rest().await.0, "", "{ending}");
        let mut only = connect(&lab).await;
        assert!(!ask(&mut only, "").await, "during {ending}");
        assert_eq!(only.rest().await, (String::new(), End::Fin), "{ending}");
        no_faults(&lab).await;
    }
}

#[tokio::test]
async fn what_happens_to_the_bytes_of_one_answer_doesnt_happen_to_the_next() {
    let lab = Binary::lab(&[]);
    for (fault, stays) in [("latency=1", true), ("drip=0; bytes=4096", false)] {
        let mut wire = connect(&lab).await;
        let header = format!("Tincan-Fault: {fault}\r\n");
        assert_eq!(ask(&mut wire, &header).await, stays, "{fault}");
    }
}

#[tokio::test]
async fn a_stalled_poll_ends_with_the_fault_even_if_it_was_answered() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    let cursor = jane.cursor().await;
    fault(&lab, json!({ "fault": "stall", "user": "jane" })).await;
    let ending = async {
        let polls = async || {
            let list = lab.nobody().get("/dev/streams").await.expect(200);
            list["streams"].as_array().expect("a list").len()
        };
        until("the poll", async || (polls().await == 1).then_some(())).await;
        john.say(&talk, "never").await;
        until("its end", async || (polls().await == 0).then_some(())).await;
        no_faults(&lab).await;
    };
    let (polled, ()) = tokio::join!(jane.try_poll(&cursor, 30), ending);
    assert!(matches!(polled, Err(None)), "the poll was answered");
}

#[tokio::test]
async fn bytes_come_late_and_in_drops_and_all_of_them() {
    let lab = Binary::lab(&[]);
    let (john, _, talk) = talking(&lab).await;
    john.say(&talk, "whole").await;
    for fault in ["latency=20; jitter=20", "drip=1; bytes=64"] {
        let request = john.request(Method::GET, &messages(&talk));
        let page = answer(request.header("tincan-fault", fault)).await;
        assert_eq!(page.expect(200)[0]["content"], "whole", "{fault}");
    }
}

#[tokio::test]
async fn a_request_is_never_answered_and_the_next_is() {
    let lab = Binary::lab(&[]);
    let (john, _, talk) = talking(&lab).await;
    fault(
        &lab,
        json!({ "fault": "hang", "operation": "send", "times": 1 }),
    )
    .await;
    let mut hanging = Box::pin(john.say(&talk, "never"));
    let applied = async { while faults(&lab).await["faults"][0]["applied"] != 1 {} };
    tokio::select! {
        _ = &mut hanging => panic!("it was answered"),
        () = applied => {}
    }
    john.say(&talk, "there").await;
    drop(hanging);
    assert_eq!(contents(&john, &talk).await, ["there"]);
}

#[tokio::test]
async fn faults_of_the_start_come_back_with_a_reset_and_never_meet_the_controls() {
    let lab = Binary::lab(&["--fault", "full-disk"]);
    let (john, _, talk) = talking(&lab).await;
    let (path, hello) = (messages(&talk), json!({ "content": "hello" }));
    let full = john.post(&path, hello.clone()).await;
    full.refused(507, "storage_full");
    no_faults(&lab).await;
    john.post(&path, hello).await.expect(201);
    fault(&lab, json!({ "fault": "disconnect" })).await;
    lab.nobody().get("/").await.expect(200);
    lab.nobody().post("/dev/reset", json!({})).await.expect(204);
    let (john, _, talk) = talking(&lab).await;
    john.post(&messages(&talk), json!({ "content": "hello" }))
        .await
        .refused(507, "storage_full");
    let names = faults(&lab).await["presets"].take();
    let names = names.as_array().expect("a list").iter();
    let names: Vec<_> = names.map(|preset| text(&preset["name"])).collect();
    for name in &names {
        fault(&lab, json!({ "fault": name, "user": "jane" })).await;
    }
    assert_eq!(names.len(), 6);
}

#[tokio::test]
async fn what_isnt_a_fault_is_refused() {
    let lab = Binary::lab(&[]);
    for wrong in [
        json!({ "fault": "fire" }),
        json!({ "fault": "status", "status": 418 }),
        json!({ "fault": "refuse", "status": 503 }),
        json!({ "fault": "hang", "ms": 1 }),
        json!({ "fault": "cut", "status": 503 }),
        json!({ "fault": "latency", "ms": -1 }),
        json!({ "fault": "latency", "ms": 600_001 }),
        json!({ "fault": "drip", "bytes": 0 }),
        json!({ "fault": "status", "probability": 1.5 }),
        json!({ "fault": "status", "operation": "fly" }),
        json!({ "fault": "status", "operation": "PATCH /api/nowhere" }),
        json!({ "fault": "presence-flaps" }),
        json!({ "fault": "clock", "user": "john" }),
        json!({ "fault": "endless-typing", "user": "john", "times": 1 }),
        json!({ "fault": "flaky", "ms": 1 }),
    ] {
        let refused = lab.nobody().post("/dev/faults", wrong.clone()).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.body);
        refused.refused(422, "invalid");
    }
    for wrong in [
        json!({ "fault": "cut", "colour": "red" }),
        json!({ "fault": "cut", "transport": "pigeon" }),
        json!({}),
    ] {
        let refused = lab.nobody().post("/dev/faults", wrong.clone()).await;
        assert!(refused.status.is_client_error(), "{wrong}");
    }
    assert_eq!(faults(&lab).await["faults"], json!([]));
    for wrong in [
        "fire",
        "status=418",
        "cut=slowly",
        "latency=x",
        "clock",
        "hang; ms=1",
        "cut; user=john",
    ] {
        let request = lab.nobody().request(Method::GET, "/api/config");
        let refused = answer(request.header("tincan-fault", wrong)).await;
        assert_eq!(refused.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn without_a_lab_a_fault_is_a_header_like_any_other_and_nothing_is_below_dev() {
    for (config, is_dev) in [(dev(), true), (strict(), false)] {
        let server = Server::start(config).await;
        let nobody = server.nobody();
        let config = nobody.request(Method::GET, "/api/config");
        let config = answer(config.header("tincan-fault", "status=503")).await;
        assert_eq!(config.status, 200);
        let paths = http::routes().map(|route| route.path);
        let paths = paths.filter(|path| path.starts_with("/dev"));
        for path in paths.chain(["/dev", "/dev/nothing"]) {
            let path = path.replace(['{', '}'], "");
            let mut methods = vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
            // In development mode, pages at other ports may ask, and learn that there is nothing.
            methods.extend((!is_dev).then_some("OPTIONS"));
            for method in methods {
                let request = format!(
                    "{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: http://localhost:5173\r\n\
                     Access-Control-Request-Method: POST\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    server.address()
                );
                let there = raw(server.address(), request).await;
                assert_eq!(there.status, 404, "{method} {path}");
                assert_eq!(has_cors(&there.headers), is_dev, "{method} {path}");
            }
        }
    }
}

fn has_cors(headers: &HeaderMap) -> bool {
    let mut names = headers.keys();
    names.any(|name| name.as_str().starts_with("access-control-"))
}
