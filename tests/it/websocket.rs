//! The feed over a WebSocket: what comes and what may be sent, who may open one, and how it ends.
//! What its frames must look like is `websocket_protocol`'s.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use tincan::server::Config;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

use crate::{
    frames::{CLOSE, FINAL, PING, PONG, Raw, TEXT, frame},
    support::{
        Answer, Binary, Client, Event, Server, Socket, Stream, Talk, answer, at_once, dev, flood,
        messages, narrow, pass, raw, soon, strict,
    },
    witness::Witness,
};

pub const GOING_AWAY: u16 = 1001;
const PROTOCOL_ERROR: u16 = 1002;
const UNSUPPORTED: u16 = 1003;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;
const INTERNAL_ERROR: u16 = 1011;

/// Seconds between two pings.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The request of a handshake, which is to be refused.
fn handshake(client: &Client, query: &str) -> RequestBuilder {
    let path = format!("/api/messages{query}");
    let request = client.request(Method::GET, &path);
    request
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

fn send_op(conversation: &str, content: &str, client_id: &str) -> Value {
    json!({ "op": "send", "conversationId": conversation, "content": content, "clientId": client_id })
}

fn numbers(events: &[Event]) -> Vec<i64> {
    let number = |event: &Event| event.data["number"].as_i64();
    events.iter().filter_map(number).collect()
}

fn one_to(count: usize) -> Vec<i64> {
    (1..).take(count).collect()
}

#[tokio::test]
async fn it_says_what_a_stream_says() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let start = Witness::of(server.database()).cursor(0);
    john.say(&conversation, "1").await;
    jane.say(&conversation, "2").await;
    let read = format!("/api/conversations/{conversation}/read_messages");
    john.post(&read, json!({ "upTo": 2 })).await.expect(204);

    for cursor in [None, Some(start.as_str()), Some("nonsense")] {
        let mut stream = jane.open_stream(cursor).await;
        let mut socket = Socket::open(server.address(), &jane, "", cursor).await;
        john.say(&conversation, "live").await;
        let last = john.say(&conversation, "last").await;
        loop {
            let event = stream.next().await.expect("an event");
            assert_eq!(socket.next().await, event);
            if event.data["id"] == last["id"] {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_event_has_an_id_a_name_and_its_data() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;
    let mut sent = john.say(&conversation, "hi").await;
    sent["mine"] = false.into();
    let cursor = Witness::of(server.database()).end();
    let expected = json!({ "id": cursor, "event": "message", "data": sent });
    assert_eq!(socket.next_json().await, expected);
}

#[tokio::test]
async fn a_reconnecting_socket_misses_nothing() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let address = server.address();
    let mut socket = Socket::follow(address, &jane, None).await;
    for content in ["1", "2"] {
        john.say(&conversation, content).await;
    }
    let seen = socket.take(2).await;
    drop(socket);
    john.say(&conversation, "3").await;
    let cursor = &seen[0].id;
    for (query, header) in [
        (String::new(), Some(cursor.as_str())),
        (format!("?after={cursor}"), None),
        ("?after=nonsense".to_owned(), Some(cursor)),
    ] {
        let mut socket = Socket::open(address, &jane, &query, header).await;
        let hello = socket.next().await;
        assert_eq!((hello.name.as_str(), &hello.id), ("hello", cursor));
        let missed = socket.until("caught_up").await;
        assert_eq!(missed[0], seen[1]);
        assert_eq!(numbers(&missed), [2, 3]);
    }
}

#[tokio::test]
async fn from_one_transport_to_another_nothing_is_missed_or_told_twice() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut cursor = Witness::of(server.database()).end();
    let mut seen = Vec::new();
    for _ in 0..3 {
        john.say(&conversation, "for the poll").await;
        let (events, next) = jane.poll(&cursor, 0).await;
        seen.extend(numbers(&events));

        john.say(&conversation, "for the socket").await;
        let mut socket = Socket::follow(server.address(), &jane, Some(&next)).await;
        let replayed = socket.until("caught_up").await;
        john.say(&conversation, "live").await;
        let live = socket.next().await;
        seen.extend(numbers(&replayed));

        john.say(&conversation, "for the stream").await;
        let mut stream = jane.follow(Some(&live.id)).await;
        seen.extend(numbers(&[live]));
        let replayed = stream.until("caught_up").await;
        seen.extend(numbers(&replayed));
        cursor = replayed.last().expect("an end").id.clone();
    }
    assert_eq!(seen, one_to(12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_lags_reads_the_database_and_misses_nothing() {
    const COUNT: usize = 500;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;
    at_once((0..COUNT).map(|_| {
        let (john, conversation) = (john.clone(), conversation.clone());
        async move { john.say(&conversation, "hi").await }
    }))
    .await;
    assert_eq!(numbers(&socket.take(COUNT).await), one_to(COUNT));
}

#[tokio::test]
async fn a_message_that_is_acknowledged_is_kept_and_told_to_everybody() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    let mut telephone = john.another_device().await.follow(None).await;
    let mut janes = Socket::follow(server.address(), &jane, None).await;
    let sent = socket.ask(send_op(&conversation, "\nhi ", "draft")).await;
    assert_eq!(sent["content"], "hi");
    assert_eq!(
        (&sent["mine"], &sent["clientId"]),
        (&json!(true), &json!("draft"))
    );
    let kept = Witness::of(server.database()).number("SELECT count(*) FROM messages");
    assert_eq!(kept, 1);
    let history = john.get(&messages(&conversation)).await.expect(200);
    assert_eq!(history, json!([sent]));

    let told = telephone.next().await.expect("an event");
    assert_eq!((told.name.as_str(), &told.data), ("sent", &sent));
    assert_eq!(janes.next().await.data["id"], sent["id"]);
    // The socket itself is one of the author's, too, and hears of the message once.
    let again = socket.ask(send_op(&conversation, "hi", "draft")).await;
    assert_eq!(again, sent);
    let other = socket.ask(send_op(&conversation, "other", "other")).await;
    let told = telephone.next().await.expect("an event");
    assert_eq!(told.data, other);
    assert_eq!(janes.next().await.data["id"], other["id"]);
}

#[tokio::test]
async fn a_message_needs_no_client_id() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    let draft = json!({ "op": "send", "conversationId": conversation, "content": "hi" });
    let sent = socket.ask(draft).await;
    assert_eq!((&sent["number"], sent.get("clientId")), (&json!(1), None));
}

#[tokio::test]
async fn who_types_is_told_to_the_others() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    let mut janes = Socket::follow(server.address(), &jane, None).await;
    let frame = json!({ "op": "typing", "conversationId": conversation, "clientId": "x" });
    let done = socket.ask(frame).await;
    let expected = json!({ "op": "typing", "conversationId": conversation, "clientId": "x" });
    assert_eq!(done, expected);
    let told = janes.next_json().await;
    let typing = json!({ "conversationId": conversation, "userId": john.id });
    assert_eq!(told, json!({ "event": "typing", "data": typing }));
}

#[tokio::test]
async fn a_read_mark_is_kept_and_told() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    for content in ["1", "2", "3"] {
        john.say(&conversation, content).await;
    }
    let mut johns = Socket::follow(server.address(), &john, None).await;
    let mut janes = Socket::follow(server.address(), &jane, None).await;
    let read =
        |up_to: Value| json!({ "op": "read", "conversationId": conversation, "upTo": up_to });
    for (frame, up_to) in [
        (read(json!(2)), 2),
        (json!({ "op": "read", "conversationId": conversation }), 3),
    ] {
        let done = janes.ask(frame).await;
        let expected = json!({ "op": "read", "conversationId": conversation });
        assert_eq!(done, expected);
        let mark = johns.next().await;
        let expected = json!({ "conversationId": conversation, "userId": jane.id, "upTo": up_to });
        assert_eq!((mark.name.as_str(), mark.data), ("read", expected));
    }
    // What changes nothing is acknowledged all the same, with the client's own name for it.
    let mut frame = read(Value::Null);
    frame["clientId"] = "mark".into();
    assert_eq!(janes.ask(frame).await["clientId"], "mark");
}

#[tokio::test]
async fn what_can_not_be_done_is_refused_as_over_http_and_the_socket_goes_on() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let alice = server.sign_up("alice").await;
    let foreign = alice.talk_to("jane").await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    socket.ask(send_op(&conversation, "first", "used")).await;
    let long = "x".repeat(4_001);
    let long_id = "x".repeat(65);
    for (conversation, content, client_id) in [
        (conversation.as_str(), "", "a"),
        (&conversation, " \n ", "b"),
        (&conversation, &long, "c"),
        (&conversation, "a\0b", "d"),
        (&conversation, "hi", ""),
        (&conversation, "hi", "line\nbreak"),
        (&conversation, "hi", &long_id),
        (&conversation, "other", "used"),
        (&foreign, "hi", "e"),
        ("9223372036854775807", "hi", "f"),
    ] {
        let draft = json!({ "content": content, "clientId": client_id });
        let mut over_http = john.post(&messages(conversation), draft).await.body;
        over_http["clientId"] = client_id.into();
        let code = over_http["code"].as_str().expect("a code");
        let frame = send_op(conversation, content, client_id).to_string();
        let refusal = socket.refused(&frame, code).await;
        assert_eq!(refusal, over_http);
    }
    let read = |id: &str, up_to: i64| {
        json!({ "op": "read", "conversationId": id, "upTo": up_to, "clientId": "x" }).to_string()
    };
    let refusal = socket.refused(&read(&conversation, -1), "invalid").await;
    assert!(refusal["errors"]["upTo"].is_string(), "{refusal}");
    assert_eq!(refusal["clientId"], "x");
    socket.refused(&read(&foreign, 1), "not_found").await;
    for id in ["abc", "-1", "+5", "", "9223372036854775808", "01"] {
        socket.refused(&read(id, 1), "not_found").await;
    }
    let sent = socket.ask(send_op(&conversation, "next", "next")).await;
    assert_eq!(sent["number"], 2);
}

#[tokio::test]
async fn a_frame_that_makes_no_sense_is_refused_and_the_socket_goes_on() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep = format!(r#"{{"op":"send","ignored":{nested}}}"#);
    for text in [
        "",
        " ",
        "hi",
        "{",
        "[]",
        "null",
        r#""send""#,
        r#"["send"]"#,
        r#"{"op":"send"} {"op":"send"}"#,
        &nested,
        &deep,
        r#"{"op":1}"#,
        r#"{"op":["send"]}"#,
        r#"{"op":"send","op":"read"}"#,
        r#"{"op":"send","conversationId":1}"#,
        r#"{"op":"send","content":{}}"#,
        r#"{"op":"send","content":"\ud800"}"#,
        r#"{"op":"read","upTo":"1"}"#,
        r#"{"op":"read","upTo":1.5}"#,
        r#"{"op":"read","upTo":9223372036854775808}"#,
    ] {
        let refusal = socket.refused(text, "malformed").await;
        let message = refusal["message"].as_str().expect("a sentence");
        for inner in ["serde", "expected", "line", "column", "struct"] {
            assert!(!message.contains(inner), "{message}");
        }
    }
    for op in [json!("Send"), json!(""), json!("delete"), Value::Null] {
        let frame = json!({ "op": op, "conversationId": conversation, "clientId": "x" });
        let refusal = socket.refused(&frame.to_string(), "invalid").await;
        assert!(refusal["errors"]["op"].is_string(), "{refusal}");
        assert_eq!(refusal["clientId"], "x", "{refusal}");
    }
    let refusal = socket.refused("{}", "invalid").await;
    assert_eq!(refusal.get("clientId"), None);
    for op in ["send", "read", "typing"] {
        let frame = json!({ "op": op, "content": "hi" }).to_string();
        let refusal = socket.refused(&frame, "invalid").await;
        assert!(refusal["errors"]["conversationId"].is_string(), "{refusal}");
    }
    // The client finds its frame by its client id, whatever else is wrong with it.
    let wrong = r#"{"op":"send","clientId":"mine","content":1}"#;
    assert_eq!(socket.refused(wrong, "malformed").await["clientId"], "mine");
    let wrong = r#"{"op":"send","clientId":1}"#;
    let refusal = socket.refused(wrong, "malformed").await;
    assert_eq!(refusal.get("clientId"), None);
    // A name that means nothing is passed over.
    let mut frame = send_op(&conversation, "hi", "x");
    frame["unknown"] = json!([1]);
    assert_eq!(socket.ask(frame).await["number"], 1);
}

#[tokio::test]
async fn frames_are_done_and_answered_in_order() {
    const COUNT: i64 = 100;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &john, None).await;
    let mut janes = Socket::follow(server.address(), &jane, None).await;
    for number in 1..=COUNT {
        let (number, client_id) = (number.to_string(), format!("draft {number}"));
        socket
            .send(send_op(&conversation, &number, &client_id))
            .await;
        socket.send_text("nonsense").await;
    }
    let (mut acknowledged, mut sent) = (0, 0);
    while acknowledged < COUNT || sent < COUNT {
        let event = socket.next_json().await;
        let data = &event["data"];
        match event["event"].as_str().expect("a name") {
            "ack" => {
                acknowledged += 1;
                assert_eq!(data["content"], acknowledged.to_string());
                assert_eq!(data["number"], acknowledged);
                let refusal = loop {
                    let next = socket.next_json().await;
                    if next["event"] != "sent" {
                        break next;
                    }
                    sent += 1;
                };
                assert_eq!(refusal["event"], "error", "{refusal}");
            }
            "sent" => {
                sent += 1;
                assert_eq!(data["number"], sent);
            }
            _ => panic!("{event}"),
        }
    }
    let count = usize::try_from(COUNT).expect("a length");
    assert_eq!(numbers(&janes.take(count).await), one_to(count));
}

#[tokio::test]
async fn a_session_is_named_by_header_by_query_or_by_a_page_of_the_server() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let address = server.address();
    let token = jane.token.as_deref().expect("a token");
    let header = |text: &str| HeaderValue::try_from(text).expect("a header");
    let bearer = ("authorization", header(&format!("Bearer {token}")));
    let cookie = ("cookie", header(&format!("tincan={token}")));
    let own = ("origin", header(&format!("http://{address}")));
    let foreign = ("origin", header("http://127.0.0.1:1"));
    let in_query = format!("?token={token}");
    for (query, headers) in [
        ("", vec![bearer.clone()]),
        (&in_query, vec![]),
        (&in_query, vec![foreign.clone()]),
        ("", vec![bearer, foreign]),
        ("", vec![cookie.clone(), own]),
        ("", vec![cookie, ("sec-fetch-site", header("same-origin"))]),
    ] {
        println!("{query} {headers:?}");
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.parse().expect("a name"), value))
            .collect();
        let mut socket = Socket::with(address, query, headers).await;
        let hello = socket.next().await;
        assert_eq!(hello.data["user"]["id"], jane.id.as_str());
        // The same session sends.
        socket.refused("{}", "invalid").await;
    }
}

#[tokio::test]
async fn a_page_of_another_origin_can_not_use_a_cookie() {
    let server = Server::start(strict()).await;
    let jane = server.set_up("jane").await;
    let port = server.address().port();
    let token = jane.token.clone().expect("a token");
    let cookie = format!("tincan={token}");
    let by_cookie = || handshake(&server.nobody(), "").header("cookie", &cookie);
    let localhost = format!("http://localhost:{port}");
    let secure = format!("https://127.0.0.1:{port}");
    for origin in [
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        &localhost,
        &secure,
        "https://evil.example",
        "null",
        "",
    ] {
        let request = by_cookie().header("origin", origin);
        answer(request).await.refused(403, "cross_origin");
    }
    // A cookie that comes without an origin is no page's.
    answer(by_cookie()).await.refused(403, "cross_origin");
    // A token in the address is one that the page knows itself: the cookie doesn’t count beside it.
    let both = handshake(&server.nobody(), &format!("?token={token}"));
    let both = both.header("cookie", &cookie).send().await;
    assert_eq!(both.expect("an answer").status(), 101);
    for site in ["cross-site", "same-site", "none"] {
        let request = by_cookie()
            .header("sec-fetch-site", site)
            .header("origin", format!("http://127.0.0.1:{port}"));
        answer(request).await.refused(403, "cross_origin");
    }
}

#[tokio::test]
async fn behind_tls_the_origin_is_the_public_one() {
    let config = Config {
        settings: tincan::http::ServerSettings {
            public_url: Some("https://localhost".parse().expect("an origin")),
            ..strict().settings
        },
        ..dev()
    };
    let server = Server::start(config).await;
    let jane = server.set_up("jane").await;
    let token = jane.token.clone().expect("a token");
    let cookie = format!("__Host-tincan={token}");
    let plain = format!("http://{}", server.address());
    let refused = handshake(&server.nobody(), "")
        .header("cookie", &cookie)
        .header("origin", plain);
    answer(refused).await.refused(403, "cross_origin");
    let mut headers = HeaderMap::new();
    headers.insert("cookie", cookie.parse().expect("a header"));
    headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    let mut socket = Socket::with(server.address(), "", headers).await;
    assert_eq!(socket.next().await.name, "hello");
}

#[tokio::test]
async fn nobody_unknown_gets_a_socket() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let refused = async |request| answer(request).await.refused(401, "unauthorized");
    refused(handshake(&server.nobody(), "")).await;
    refused(handshake(&server.nobody(), "?token=0")).await;
    let stranger = jane.with_token(&json!("0".repeat(64)));
    refused(handshake(&stranger, "")).await;
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let token = jane.token.as_deref().expect("a token");
    let shake = async |headers: &[&str]| -> Answer {
        let request = format!(
            "GET /api/messages?token={token} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n",
            headers.join("\r\n")
        );
        raw(server.address(), request).await
    };
    let (connection, upgrade) = ("Connection: Upgrade, close", "Upgrade: websocket");
    let (version, key) = (
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    );
    for wrong in [
        "",
        "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Version: 14",
        "Sec-WebSocket-Version: x",
    ] {
        let headers: Vec<_> = [connection, upgrade, key, wrong]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        let refusal = shake(&headers).await;
        let told = ["sec-websocket-version", "upgrade"].map(|name| refusal.headers[name].clone());
        assert_eq!(told, ["13", "websocket"]);
        refusal.refused(426, "websocket_version");
    }
    for wrong in [
        vec![connection, upgrade, version],
        vec![connection, upgrade, version, "Sec-WebSocket-Key: "],
        vec![connection, upgrade, version, "Sec-WebSocket-Key: c2hvcnQ="],
        vec![
            connection,
            upgrade,
            version,
            "Sec-WebSocket-Key: !GhlIHNhbXBsZSBub25jZQ==",
        ],
        vec!["Connection: close", upgrade, version, key],
    ] {
        shake(&wrong).await.refused(400, "bad_handshake");
    }
    // What asks for something else doesn't ask for a socket.
    let other = [
        "Connection: Upgrade, close",
        "Upgrade: h2c",
        "Accept: text/html",
        version,
        key,
    ];
    shake(&other).await.refused(406, "not_acceptable");
}

#[tokio::test]
async fn what_can_not_become_a_socket_is_answered_as_ever() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let token = jane.token.as_deref().expect("a token");
    let upgrade = "Host: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    for (line, status) in [
        (format!("HEAD /api/messages?token={token} HTTP/1.1"), 200),
        (format!("GET /api/messages?token={token} HTTP/1.0"), 400),
        (format!("POST /api/messages?token={token} HTTP/1.1"), 405),
        ("GET /healthz HTTP/1.1".to_owned(), 200),
        ("GET /api/config HTTP/1.1".to_owned(), 200),
        ("GET /api/nothing HTTP/1.1".to_owned(), 404),
    ] {
        let request = format!("{line}\r\n{upgrade}\r\n\r\n");
        raw(server.address(), request).await.expect(status);
    }
    let mut stream = Stream::open(jane.stream_request().header("upgrade", "h2c")).await;
    assert_eq!(stream.next().await.expect("an event").name, "hello");
}

#[tokio::test]
async fn binary_and_what_is_too_long_close_the_socket() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;
    let binary = socket.0.send(Message::binary(&b"{}"[..])).await;
    binary.expect("it can be sent");
    socket.closed(UNSUPPORTED).await;

    let mut socket = Socket::follow(server.address(), &jane, None).await;
    let fits = format!("{{}}{}", " ".repeat(64 * 1024 - 2));
    assert_eq!(fits.len(), 64 * 1024);
    socket.refused(&fits, "invalid").await;
    // Far more than that is taken, so that no reset keeps the client from hearing why.
    let mut raw = Raw::open(server.address(), &jane).await;
    assert!(raw.is_taken(frame(TEXT, vec![b' '; 8 << 20])).await);
    raw.closed(TOO_BIG).await;
}

#[tokio::test]
async fn the_end_of_a_session_closes_its_sockets_and_no_others() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let address = server.address();
    let mut other = Socket::follow(address, &jane, None).await;
    for way in ["logout", "delete", "refresh"] {
        let device = jane.another_device().await;
        let mut sockets = [
            Socket::follow(address, &device, None).await,
            Socket::follow(address, &device, None).await,
        ];
        let start = Instant::now();
        match way {
            "logout" => drop(device.post("/api/logout", json!({})).await.expect(204)),
            "delete" => {
                let sessions = device.get("/api/sessions").await.expect(200);
                let mut sessions = sessions.as_array().expect("a list").iter();
                let current = sessions.find(|session| session["current"] == true);
                let id = current.expect("the present one")["id"].as_str();
                let path = format!("/api/sessions/{}", id.expect("an id"));
                jane.delete(&path).await.expect(204);
            }
            _ => drop(
                device
                    .post("/api/refresh_token", json!({}))
                    .await
                    .expect(200),
            ),
        }
        let sent = john.say(&conversation, way).await;
        for socket in &mut sockets {
            let closed = soon("a close", socket.0.next()).await;
            let closed = closed.expect("a message").expect("a message");
            let Message::Close(Some(frame)) = closed else {
                panic!("{way}: {closed:?}");
            };
            assert_eq!(u16::from(frame.code), POLICY, "{way}");
        }
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{way}: {:?}",
            start.elapsed()
        );
        assert_eq!(other.next().await.data["id"], sent["id"], "{way}");
    }
}

#[tokio::test]
async fn nothing_is_done_for_a_session_that_has_ended() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    for number in 0..20 {
        let device = jane.another_device().await;
        let mut socket = Socket::follow(server.address(), &device, None).await;
        device.post("/api/logout", json!({})).await.expect(204);
        // Whichever it sees first, the frame or the end.
        let frame = send_op(&conversation, "too late", &number.to_string());
        let _ = socket.0.send(Message::text(frame.to_string())).await;
        socket.closed(POLICY).await;
    }
    let history = john.get(&messages(&conversation)).await.expect(200);
    assert_eq!(history, json!([]));
}

#[tokio::test]
async fn a_feed_that_can_not_be_read_closes_the_socket() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let start = Witness::of(server.database()).cursor(0);
    let database = rusqlite::Connection::open(server.database()).expect("a database");
    let damage = database.execute_batch("ALTER TABLE messages RENAME TO gone");
    damage.expect("it can be damaged");
    let mut socket = Socket::follow(server.address(), &jane, Some(&start)).await;
    socket.closed(INTERNAL_ERROR).await;
}

#[tokio::test]
async fn sockets_are_closed_when_the_server_stops_and_go_on_where_they_were() {
    let Talk {
        mut server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;
    let mut idle = Socket::follow(server.address(), &john, None).await;
    let cursor = {
        john.say(&conversation, "1").await;
        socket.next().await.id
    };
    tokio::join!(
        server.stop(),
        socket.closed(GOING_AWAY),
        idle.closed(GOING_AWAY)
    );

    server.resume().await;
    let mut socket = Socket::follow(server.address(), &jane, Some(&cursor)).await;
    john.say(&conversation, "2").await;
    assert_eq!(numbers(&socket.until("message").await), [2]);
}

#[tokio::test]
async fn the_process_waits_until_its_sockets_have_closed() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(Socket::follow(binary.address(), &john, None).await);
    }
    sockets[0]
        .send(send_op(&conversation, "last words", "x"))
        .await;
    binary.signal("TERM");
    for mut socket in sockets {
        socket.closed(GOING_AWAY).await;
    }
    let (status, _) = binary.ended().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_client_that_does_not_close_does_not_hold_up_the_stop() {
    let Talk {
        mut server, jane, ..
    } = Talk::start(dev()).await;
    let mut deaf = Raw::open(server.address(), &jane).await;
    let stop = async {
        let close = deaf.next().await.expect("a close frame");
        assert_eq!(close.first_byte, FINAL | CLOSE);
        assert_eq!(close.payload[..2], GOING_AWAY.to_be_bytes());
        // It would have to say the same, and doesn't.
        pass(Duration::from_secs(6)).await;
        deaf.ended().await;
    };
    let start = Instant::now();
    tokio::join!(server.stop(), stop);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_socket_is_pinged_and_stays_open_while_it_answers() {
    let Talk {
        server,
        jane,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let mut raw = Raw::open(server.address(), &jane).await;
    for number in 0..6 {
        pass(HEARTBEAT).await;
        let ping = raw.next().await.expect("a ping");
        assert_eq!(ping.first_byte, FINAL | PING, "{ping:?}");
        // Every second one is enough.
        if number % 2 == 1 {
            raw.send(frame(PONG, ping.payload)).await;
            // An answer shows that the pong has been read.
            raw.send(frame(TEXT, "{}")).await;
            assert_eq!(raw.event().await["event"], "error");
        }
    }
    let sent = send_op(&conversation, "hi", "x").to_string();
    raw.send(frame(TEXT, sent)).await;
    let names = [
        raw.event().await["event"].take(),
        raw.event().await["event"].take(),
    ];
    assert!(names.contains(&json!("ack")), "{names:?}");
}

#[tokio::test]
async fn a_socket_that_leaves_two_pings_unanswered_is_closed() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let mut raw = Raw::open(server.address(), &jane).await;
    for _ in 0..2 {
        pass(HEARTBEAT).await;
        let ping = raw.next().await.expect("a ping");
        assert_eq!(ping.first_byte, FINAL | PING, "{ping:?}");
        // What else it says doesn't count.
        raw.send(frame(TEXT, "{}")).await;
        assert_eq!(raw.event().await["event"], "error");
    }
    pass(HEARTBEAT).await;
    raw.closed(PROTOCOL_ERROR).await;
}

/// Sends `count` messages of the longest kind, over several connections.
async fn send_long(john: &Client, conversation: &str, count: usize) {
    const CONNECTIONS: usize = 20;
    at_once((0..CONNECTIONS).map(|_| {
        let (john, conversation) = (john.clone(), conversation.to_owned());
        async move {
            let content = "🥫".repeat(4_000);
            for _ in 0..count / CONNECTIONS {
                john.say(&conversation, &content).await;
            }
        }
    }))
    .await;
}

/// So many of them are more than the system keeps for a client that lets it keep little.
const MANY: usize = 400;

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed_and_goes_on_by_its_cursor() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let mut stuck = Raw::open_narrow(server.address(), &jane).await;
    send_long(&john, &conversation, MANY).await;
    // The server has waited for it in vain; twice, in case it hadn't begun to.
    for _ in 0..2 {
        pass(Duration::from_secs(31)).await;
        Socket::follow(server.address(), &jane, None).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    while let Some(next) = stuck.next().await {
        assert_eq!(next.first_byte, FINAL | TEXT, "{next:?}");
        let mut event: Value = serde_json::from_slice(&next.payload).expect("JSON");
        seen.push(event["data"]["number"].as_i64().expect("a number"));
        cursor = event["id"].take();
    }
    assert!(seen.len() < MANY, "all {} came", seen.len());
    assert_eq!(seen, one_to(seen.len()));
    let cursor = cursor.as_str().expect("a cursor");
    let mut again = Socket::follow(server.address(), &jane, Some(cursor)).await;
    seen.extend(numbers(&again.until("caught_up").await));
    assert_eq!(seen, one_to(MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_holds_up_nobody() {
    let Talk {
        mut server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let mut stuck = Raw::open_narrow(server.address(), &jane).await;
    let mut prompt = Socket::follow(server.address(), &jane, None).await;
    let ((), seen) = tokio::join!(send_long(&john, &conversation, MANY), prompt.take(MANY));
    assert_eq!(numbers(&seen), one_to(MANY));
    // Not even the stop, though it can't be told of it.
    let start = Instant::now();
    tokio::join!(server.stop(), prompt.closed(GOING_AWAY));
    assert!(
        start.elapsed() < Duration::from_secs(7),
        "{:?}",
        start.elapsed()
    );
    let mut count = 0;
    while let Some(next) = stuck.next().await {
        assert_eq!(next.first_byte, FINAL | TEXT);
        count += 1;
    }
    assert!(count < MANY, "all {count} came");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pings_and_does_not_read_costs_no_memory() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let jane = binary.nobody().sign_in("jane").await;
    let mut flood = Raw::open_narrow(binary.address(), &jane).await;
    let before = binary.kilobytes("VmHWM");
    let pings = frame(PING, [0; 125]).repeat(500);
    let mut taken = 0;
    // Until nothing is taken any more, or more than the system could hold.
    while taken < 100 << 20
        && timeout(Duration::from_secs(1), flood.send(&pings))
            .await
            .is_ok()
    {
        taken += pings.len();
    }
    assert!(taken < 100 << 20, "{taken} bytes were taken");
    // The most that there ever was. The program’s own pages are in it, so what counts is the difference.
    let grown = binary.kilobytes("VmHWM") - before;
    assert!(grown < 5_000, "{grown} kB");
}

#[tokio::test]
async fn a_socket_is_one_of_the_connections_that_are_counted() {
    /// Connections where there are 110 files: the rest is for everything else.
    const MOST: usize = 10;
    let folder = tempfile::TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let mut command = Binary::by_way_of("prlimit", &["--nofile=110:110"], &database);
    let binary = Binary::run(&mut command);
    let jane = binary.nobody().sign_in("jane").await;
    let address = binary.address();
    let mut sockets = Vec::new();
    // One is the client's that signed in.
    for _ in 1..MOST {
        sockets.push(Socket::follow(address, &jane, None).await);
    }
    let waits = tokio::spawn(async move { Socket::follow(address, &jane, None).await });
    // Time enough for one more, if there were room.
    for _ in 0..25 {
        for socket in &mut sockets {
            socket.refused("{}", "invalid").await;
        }
    }
    assert!(!waits.is_finished(), "there was room for one more");
    drop(sockets.pop());
    soon("room", waits).await.expect("no panic");
}
