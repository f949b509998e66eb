//! What a stream says and to whom, and that nothing gets lost on the way.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Method, header::HeaderValue};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::Semaphore,
};

use crate::{
    support::{
        Binary, Client, Event, Stream, Talk, answer, at_once, dev, flood, messages, narrow, pass,
        soon,
    },
    witness::Witness,
};

/// So many messages of 16 kB that a stream that nobody reads must be held up: the sockets between
/// server and client hold less.
const MANY: usize = 800;

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

/// Sends messages named by their numbers, one after the other.
async fn send_numbered(john: &Client, conversation: &str, numbers: std::ops::RangeInclusive<i64>) {
    for number in numbers {
        let sent = john.say(conversation, &number.to_string()).await;
        assert_eq!(sent["number"], number);
    }
}

/// A request for a stream with its cursor in the query, as a page's first one has it.
fn stream_after(client: &Client, cursor: &str) -> reqwest::RequestBuilder {
    client
        .request(Method::GET, &format!("/api/messages?after={cursor}"))
        .header("accept", "text/event-stream")
}

/// The numbers of the messages among these events.
fn numbers(events: &[Event]) -> Vec<i64> {
    let number = |event: &Event| event.data["number"].as_i64();
    events.iter().filter_map(number).collect()
}

fn one_to(count: usize) -> Vec<i64> {
    (1..).take(count).collect()
}

/// The next `count` events are messages 1 to `count`.
async fn expect_all(stream: &mut Stream, count: usize) {
    assert_eq!(numbers(&stream.take(count).await), one_to(count));
}

/// The same for a stream that nobody has read for a while. The server closes it after half a minute, and a busy machine may
/// need longer for what was sent meanwhile: such a reader goes on by its cursor, as clients do.
async fn expect_all_of_unread(reader: &Client, stream: &mut Stream, count: usize) {
    let mut seen = Vec::with_capacity(count);
    while seen.len() < count
        && let Some(event) = stream.next().await
    {
        seen.push(event);
    }
    if let Some(last) = seen.last()
        && seen.len() < count
    {
        let mut again = reader.follow(Some(&last.id)).await;
        seen.extend(again.take(count - seen.len()).await);
    }
    assert_eq!(numbers(&seen), one_to(count));
}

#[tokio::test]
async fn a_stream_begins_with_hello_and_says_once_when_to_come_back() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let cursor = Witness::of(server.database()).end();
    let mut stream = jane.open_stream(None).await;
    let hello = stream.next_block().await.expect("a first block");
    let retry = hello.lines().find_map(|line| line.strip_prefix("retry:"));
    let retry: u32 = retry.and_then(|ms| ms.parse().ok()).expect("milliseconds");
    assert!((500..1_500).contains(&retry), "{retry}");

    let mut same = jane.open_stream(None).await;
    let hello = same.next().await.expect("a first event");
    let expected = json!({
        "cursor": cursor, "heartbeat": 15,
        "user": { "id": jane.id, "username": "jane", "avatarURL": null },
    });
    assert_eq!(
        (hello.id, hello.name.as_str(), hello.data),
        (cursor, "hello", expected)
    );

    john.say(&conversation, "hi").await;
    let later = stream.next_block().await.expect("a message");
    assert!(!later.contains("retry"), "{later}");
}

#[tokio::test]
async fn a_message_is_unnamed_for_the_other_person() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    john.say(&conversation, "hi").await;
    let block = stream.next_block().await.expect("a message");
    assert!(
        !block.lines().any(|line| line.starts_with("event")),
        "{block}"
    );
}

#[tokio::test]
async fn ones_own_message_comes_as_sent_to_every_device_of_ones_own() {
    let Talk {
        server: _server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let telephone = john.another_device().await;
    let mut streams = [john.follow(None).await, telephone.follow(None).await];
    let draft = json!({ "content": "hi", "clientId": "draft" });
    let sent = john.post(&messages(&conversation), draft).await.expect(201);
    assert_eq!(sent["clientId"], "draft");
    for stream in &mut streams {
        let event = stream.next().await.expect("an event");
        assert_eq!((event.name.as_str(), event.data), ("sent", sent.clone()));
    }
}

#[tokio::test]
async fn a_client_id_is_not_shown_to_others_live_or_replayed() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.open_stream(None).await;
    let hello = stream.next().await.expect("a first event");
    let draft = json!({ "content": "hi", "clientId": "draft" });
    let mut seen = john.post(&messages(&conversation), draft).await.expect(201);
    seen["mine"] = false.into();
    seen.as_object_mut().expect("an object").remove("clientId");
    let live = stream.next().await.expect("a message");
    let replayed = jane.follow(Some(&hello.id)).await.next().await;
    assert_eq!(live.data, seen);
    assert_eq!(replayed, Some(live));
}

#[tokio::test]
async fn a_new_conversation_and_a_read_mark_are_told_to_both() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let alice = server.sign_up("alice").await;
    let mut streams = [
        (&john, john.follow(None).await),
        (&jane, jane.follow(None).await),
    ];
    john.say(&conversation, "hi").await;
    let read = format!("/api/conversations/{conversation}/read_messages");
    jane.post(&read, json!({ "upTo": 1 })).await.expect(204);
    for (_, stream) in &mut streams {
        let event = stream.next_named("read").await;
        let expected = json!({ "conversationId": conversation, "userId": jane.id, "upTo": 1 });
        assert_eq!(event.data, expected);
    }

    let mut streams = [
        (&john, john.follow(None).await),
        (&alice, alice.follow(None).await),
    ];
    let started = alice.talk_to("john").await;
    for (who, stream) in &mut streams {
        let event = stream.next().await.expect("an event");
        let expected = who
            .get(&format!("/api/conversations/{started}"))
            .await
            .expect(200);
        assert_eq!(
            (event.name.as_str(), event.data),
            ("conversation", expected)
        );
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let draft = json!({ "content": "hi", "clientId": "draft" });
    john.post(&messages(&conversation), draft.clone())
        .await
        .expect(201);
    let read = format!("/api/conversations/{conversation}/read_messages");
    jane.post(&read, json!({ "upTo": 1 })).await.expect(204);

    let mut stream = jane.follow(None).await;
    john.post(&messages(&conversation), draft).await.expect(200);
    jane.post(&read, json!({ "upTo": 1 })).await.expect(204);
    jane.talk_to("john").await;
    let last = john.say(&conversation, "the next event").await;
    assert_eq!(
        stream.next().await.expect("an event").data["id"],
        last["id"]
    );
}

#[tokio::test]
async fn a_reconnecting_stream_misses_nothing() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    send_numbered(&john, &conversation, 1..=2).await;
    let seen = stream.take(2).await;
    drop(stream);
    send_numbered(&john, &conversation, 3..=4).await;

    let cursor = &seen[0].id;
    for (way, request) in [
        (
            "by header",
            jane.stream_request().header("last-event-id", cursor),
        ),
        ("by query", stream_after(&jane, cursor)),
        (
            "by header before query",
            stream_after(&jane, "nonsense").header("last-event-id", cursor),
        ),
    ] {
        let mut stream = Stream::open(request).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!((hello.name.as_str(), &hello.id), ("hello", cursor), "{way}");
        let missed = stream.until("caught_up").await;
        assert_eq!(missed[0], seen[1], "{way}");
        let caught_up = missed.last().expect("an end");
        assert_eq!(caught_up.data, json!({ "cursor": caught_up.id }), "{way}");
        let so_far = numbers(&missed);
        let next = john.say(&conversation, "live").await;
        assert_eq!(
            stream.next().await.expect("a message").data["id"],
            next["id"],
            "{way}"
        );
        assert_eq!(
            so_far,
            (2..next["number"].as_i64().expect("a number")).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_replay_of_any_length_is_whole() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let start = Witness::of(server.database()).end();
    let mut sent = 0;
    // Around whole pages of what is read at a time.
    for count in [0, 1, 63, 64, 65, 127, 128, 129] {
        send_numbered(&john, &conversation, sent + 1..=count).await;
        sent = count;
        let missed = jane.follow(Some(&start)).await.until("caught_up").await;
        let count = usize::try_from(count).expect("a length");
        assert_eq!(numbers(&missed), one_to(count));
        assert_eq!(missed.len(), count + 1);
    }
}

#[tokio::test]
async fn being_caught_up_spares_the_next_replay_what_others_said() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let alice = server.sign_up("alice").await;
    let start = Witness::of(server.database()).end();
    john.say(&conversation, "hi").await;
    let mut stream = alice.follow(Some(&start)).await;
    let caught_up = stream.next().await.expect("an event");
    assert_eq!(caught_up.name, "caught_up");
    assert_eq!(caught_up.id, Witness::of(server.database()).end());
}

#[tokio::test]
async fn a_place_that_makes_no_sense_is_a_reset_and_then_goes_live() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    send_numbered(&john, &conversation, 1..=3).await;
    let end = Witness::of(server.database()).end();
    let (epoch, id) = end.split_once('-').expect("a cursor");
    let id: i64 = id.parse().expect("an id");
    let places = [
        "nonsense".to_owned(),
        "-".to_owned(),
        "1".to_owned(),
        epoch.to_owned(),
        format!("{epoch}-"),
        format!("{epoch}--1"),
        format!("{epoch}-01"),
        format!("{epoch}-1.5"),
        format!("{epoch}-{}", id + 1),
        format!("{epoch}-{}", i64::MAX),
        format!("{epoch}-9223372036854775808"),
        format!("{epoch}-{}", "9".repeat(1_000)),
        format!("{}-1", "f".repeat(1_000)),
        format!("1{epoch}-{id}"),
        format!("0-{id}"),
        "' OR 1=1 --".to_owned(),
    ];
    let by_header = |place: &HeaderValue| jane.stream_request().header("last-event-id", place);
    let header = |place: &String| HeaderValue::try_from(place).expect("a header");
    let no_text = HeaderValue::from_bytes(b"\xff\xfe").expect("a header");
    let requests = places
        .iter()
        .map(|place| by_header(&header(place)))
        .chain(places.iter().map(|place| stream_after(&jane, place)))
        .chain([by_header(&no_text)]);

    let mut resets = Vec::new();
    for request in requests {
        let shown = format!("{request:?}");
        let mut stream = Stream::open(request).await;
        assert_eq!(stream.next().await.expect("a first event").name, "hello");
        let reset = stream.next().await.expect("a second event");
        assert_eq!((reset.name.as_str(), &reset.id), ("reset", &end), "{shown}");
        assert!(reset.data["reason"].is_string(), "{reset:?}");
        resets.push((stream, reset));
    }
    let next = john.say(&conversation, "live").await;
    for (mut stream, reset) in resets {
        let live = stream.next().await.expect("a message");
        assert_eq!(live.data["id"], next["id"]);
        let mut later = jane.follow(Some(&reset.id)).await;
        assert_eq!(later.next().await, Some(live));
    }
}

#[tokio::test]
async fn a_request_that_does_not_accept_a_stream_is_refused() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    for accept in ["application/xml", "text/html"] {
        let request = jane.request(Method::GET, "/api/messages");
        let request = request.header("accept", accept);
        let refusal = answer(request).await.refused(406, "not_acceptable");
        assert_eq!(
            refusal["message"],
            "Accept text/event-stream or application/json, or open a WebSocket."
        );
    }
}

#[tokio::test]
async fn nobody_unknown_gets_a_stream() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let refused = |client: Client| async move {
        answer(client.stream_request())
            .await
            .refused(401, "unauthorized")
    };
    refused(server.nobody()).await;
    let mut stranger = jane;
    stranger.token = Some("0".repeat(64));
    refused(stranger).await;
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_streams_and_no_others() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut other = jane.follow(None).await;
    for way in ["logout", "delete", "refresh"] {
        let device = jane.another_device().await;
        let mut streams = [device.follow(None).await, device.follow(None).await];
        let before = john.say(&conversation, "before").await;
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
            _ => {
                let refreshed = device
                    .post("/api/refresh_token", json!({}))
                    .await
                    .expect(200);
                let mut refreshed_device = device.clone();
                refreshed_device.token = refreshed["token"].as_str().map(str::to_owned);
                refreshed_device.follow(None).await;
            }
        }
        let after = john.say(&conversation, "after").await;
        for stream in &mut streams {
            let rest = stream.rest().await;
            assert_eq!(rest.len(), 1, "{way}: {rest:?}");
            assert_eq!(rest[0].data["id"], before["id"], "{way}");
        }
        answer(device.stream_request())
            .await
            .refused(401, "unauthorized");
        device
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
        for message in [before, after] {
            let event = other.next().await.expect("the other stream goes on");
            assert_eq!(event.data["id"], message["id"], "{way}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_stops_where_its_session_ends() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let start = Witness::of(server.database()).end();
    send_long(&john, &conversation, MANY).await;
    let mut stream = jane.follow(Some(&start)).await;
    // Nobody reads, so the replay can't have got to its end.
    jane.post("/api/logout", json!({})).await.expect(204);
    let seen = stream.rest().await;
    assert!(seen.len() < MANY, "all {} were replayed", seen.len());
    assert_eq!(numbers(&seen), one_to(seen.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_has_fallen_behind_ends_with_its_session() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let mut stream = jane.follow(None).await;
    send_long(&john, &conversation, MANY).await;
    jane.post("/api/logout", json!({})).await.expect(204);
    // The channel forgets over these that the session has ended.
    send_long(&john, &conversation, 20).await;
    let seen = stream.rest().await;
    assert!(seen.len() < MANY, "{} messages came", seen.len());
    assert_eq!(numbers(&seen), one_to(seen.len()));
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_is_alive() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    let start = Instant::now();
    let block = stream.next_block().await.expect("a comment");
    let silence = start.elapsed();
    assert!(
        block
            .lines()
            .all(|line| line.starts_with(':') || line.is_empty()),
        "{block}"
    );
    assert!(silence > Duration::from_secs(5), "after {silence:?}");
    assert!(silence < Duration::from_secs(17), "after {silence:?}");
    john.say(&conversation, "hi").await;
    expect_all(&mut stream, 1).await;
}

#[tokio::test]
async fn what_strangers_say_never_arrives() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let start = Witness::of(server.database()).cursor(0);
    let mut live = jane.follow(None).await;
    let alice = server.sign_up("alice").await;
    let bob = server.sign_up("bob").await;
    let theirs = alice.talk_to("bob").await;
    let johns = john.talk_to("alice").await;
    for foreign in [&theirs, &johns] {
        alice.say(foreign, "between us").await;
        let read = format!("/api/conversations/{foreign}/read_messages");
        bob.post(&read, json!({})).await;
        john.post(&read, json!({})).await;
    }
    john.say(&conversation, "hi").await;
    expect_all(&mut live, 1).await;
    let replayed = jane.follow(Some(&start)).await.until("caught_up").await;
    let names: Vec<_> = replayed.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["conversation", "message", "caught_up"]);
    assert_eq!(replayed[0].data["id"], conversation.as_str());
    assert_eq!(replayed[1].data["conversationId"], conversation.as_str());
}

#[tokio::test]
async fn streams_end_when_the_server_stops_and_go_on_where_they_were() {
    let Talk {
        mut server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    let mut idle = john.follow(None).await;
    john.say(&conversation, "1").await;
    let seen = stream.take(1).await;
    server.stop().await;
    assert_eq!(stream.rest().await, []);
    assert_eq!(idle.rest().await.len(), 1);

    server.resume().await;
    let mut stream = jane.follow(Some(&seen[0].id)).await;
    john.say(&conversation, "2").await;
    assert_eq!(numbers(&stream.until("message").await), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lags_reads_the_database_and_misses_nothing() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let mut stream = jane.follow(None).await;
    send_long(&john, &conversation, MANY).await;
    expect_all(&mut stream, MANY).await;
    // It has come back to the channel, and isn't told that it was away.
    let last = john.say(&conversation, "live").await;
    let event = stream.next().await.expect("a message");
    assert_eq!(event.data["id"], last["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_reconnect_at_once_and_all_catch_up() {
    const STREAMS: u32 = 1_000;
    const MISSED: usize = 10;
    const LIVE: usize = 20;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let start = Witness::of(server.database()).end();
    send_numbered(&john, &conversation, 1..=10).await;
    let greeted = Arc::new(Semaphore::new(0));
    let streams = at_once((0..STREAMS).map(|_| {
        let (jane, start, greeted) = (jane.clone(), start.clone(), Arc::clone(&greeted));
        async move {
            let mut stream = jane.follow(Some(&start)).await;
            greeted.add_permits(1);
            // What is said meanwhile comes before `caught_up` or behind it.
            stream.take(MISSED + LIVE + 1).await
        }
    }));
    // All the while that they come back, somebody talks.
    let talking = async {
        for number in 11..=30 {
            let some = greeted.acquire_many(STREAMS / 20).await;
            some.expect("it is never closed").forget();
            send_numbered(&john, &conversation, number..=number).await;
        }
    };
    let (streams, ()) = tokio::join!(streams, talking);
    for events in streams {
        assert_eq!(numbers(&events), one_to(MISSED + LIVE));
        let caught_up = events.iter().position(|event| event.name == "caught_up");
        assert!(caught_up.is_some_and(|place| place >= MISSED), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_holds_up_nobody_and_misses_nothing() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let mut stuck = jane.open_stream(None).await;
    let hello = stuck.next().await.expect("a first event");
    let mut prompt = jane.another_device().await.follow(None).await;
    for _ in 0..4 {
        // Each part arrives before the next is sent.
        let ((), seen) = tokio::join!(
            send_long(&john, &conversation, MANY / 4),
            prompt.take(MANY / 4)
        );
        assert!(seen.iter().all(|event| event.name == "message"));
    }
    expect_all_of_unread(&jane, &mut stuck, MANY).await;
    let mut again = jane.follow(Some(&hello.id)).await;
    expect_all(&mut again, MANY).await;
}

/// A stream's socket that lets the system keep next to nothing for it.
async fn narrow_stream(address: SocketAddr, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut socket = socket.connect(address).await.expect("a connection");
    let request = format!(
        "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.expect("written");
    socket
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed_and_goes_on_by_its_cursor() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let token = jane.token.clone().expect("a token");
    let mut stuck = narrow_stream(server.address(), &token).await;
    let mut received = Vec::new();
    while !received.ends_with(b"\n\n\r\n") {
        let read = soon("a hello", stuck.read_buf(&mut received)).await;
        assert_ne!(read.expect("it can be read"), 0);
    }
    send_long(&john, &conversation, MANY).await;
    // By a connection of its own: those from before are closed while the time passes.
    let anew = || server.nobody().with_token(&json!(token));
    // The server has waited for it in vain; twice, in case it hadn't begun to.
    for _ in 0..2 {
        pass(Duration::from_secs(31)).await;
        anew().follow(None).await;
    }
    // It may be reset or merely end.
    let _ = soon("the end", stuck.read_to_end(&mut received)).await;
    let received = String::from_utf8_lossy(&received);
    // The last has come in part, perhaps.
    let (whole, _) = received.rsplit_once("\n\n").expect("an event");
    let came = whole.matches("\ndata:").count() - 1;
    assert!(came < MANY, "all {came} came");
    let (_, last) = whole.rsplit_once("\nid:").expect("an id");
    let cursor = last.lines().next().expect("a cursor");
    let mut again = anew().follow(Some(cursor)).await;
    let missed = numbers(&again.until("caught_up").await);
    let expected: Vec<_> = (1..).skip(came).take(MANY - came).collect();
    assert_eq!(missed, expected);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_cost_no_memory_for_what_they_miss() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let binary = Binary::start_for_a_flood(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let jane = binary.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut stuck = Vec::new();
    for _ in 0..3 {
        stuck.push(jane.follow(None).await);
    }
    // Until caches are warm and the sockets full.
    send_long(&john, &conversation, MANY).await;
    let before = binary.kilobytes("VmRSS");
    send_long(&john, &conversation, MANY).await;
    let grown = binary.kilobytes("VmRSS").saturating_sub(before);
    // What was sent and not read is 12,500 for all of them together, were it held just once.
    assert!(grown < 6_000, "{grown} kB more than before");
    for stream in &mut stuck {
        expect_all_of_unread(&jane, stream, 2 * MANY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_in_the_database_before_a_stream_shows_it() {
    const COUNT: i64 = 200;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    let witness = Witness::of(server.database());
    let check = async {
        for number in 1..=COUNT {
            let event = stream.next().await.expect("a message");
            assert_eq!(event.data["number"], number);
            let newest = witness.number("SELECT coalesce(max(number), 0) FROM messages");
            assert!(
                newest >= number,
                "{newest} messages are kept, {number} shown"
            );
        }
    };
    tokio::join!(check, send_numbered(&john, &conversation, 1..=COUNT));
}
