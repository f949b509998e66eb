//! What many do at the same time comes out as if they had done it one after the other.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::json;
use tincan::{bus::Capacity, server::Config};
use tincan_testing::connection::{self, Transport};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    metrics,
    support::{Server, Talk, at_once, dev, flood, messages, narrow},
    witness::Witness,
};

const TIMES: usize = 50;

/// The outcomes of [`TIMES`] requests that write. They share batches, as nothing can be written before all of them wait.
async fn in_shared_batches<F>(server: &Server, requests: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let lock = Connection::open(server.database()).expect("a database");
    lock.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let outcomes = tokio::spawn(at_once(requests.collect::<Vec<_>>()));
    // However many of them the writer has taken already, before it waits for the lock.
    let all = u32::try_from(TIMES).map_or(0.0, f64::from);
    let is_there = |pending: f64| (pending - all).abs() < f64::EPSILON;
    metrics::until(server.address(), "tincan_queued_writes", is_there).await;
    lock.execute_batch("ROLLBACK").expect("it was locked");
    outcomes.await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_id_sent_many_times_at_once_is_one_message() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut streams = [john.follow(None).await, jane.follow(None).await];
    let answers = at_once((0..TIMES).map(|_| {
        let (john, path) = (john.clone(), messages(&conversation));
        let draft = json!({ "content": "hi", "clientId": "the same" });
        async move { john.post(&path, draft).await }
    }))
    .await;
    let new = answers.iter().filter(|answer| answer.status == 201).count();
    let old = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((new, old), (1, TIMES - 1));
    for answer in &answers {
        assert_eq!(answer.body, answers[0].body);
    }
    let kept = Witness::of(server.database()).messages();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].id, answers[0].body["id"]);

    // Nothing else was told before this.
    let last = john.say(&conversation, "last").await;
    for stream in &mut streams {
        let ids: Vec<_> = stream
            .take(2)
            .await
            .into_iter()
            .map(|event| event.data["id"].clone())
            .collect();
        assert_eq!(ids, [answers[0].body["id"].clone(), last["id"].clone()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_two_start_many_times_at_once_is_one() {
    let Talk { server, john, .. } = Talk::start(dev()).await;
    let alice = server.sign_up("alice").await;
    let mut streams = [john.follow(None).await, alice.follow(None).await];
    let answers = at_once((0..TIMES).map(|time| {
        let (who, with) = match time % 2 {
            0 => (john.clone(), "alice"),
            _ => (alice.clone(), "john"),
        };
        async move {
            who.post("/api/conversations", json!({ "username": with }))
                .await
        }
    }))
    .await;
    let (new, old): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(new.len(), 1, "{answers:?}");
    let id = new[0].body["id"].as_str().expect("an id");
    for answer in old {
        assert_eq!(answer.status, 303);
        assert_eq!(
            answer.headers["location"],
            format!("/api/conversations/{id}")
        );
    }
    let witness = Witness::of(server.database());
    assert_eq!(witness.number("SELECT count(*) FROM conversations"), 2);
    assert_eq!(witness.number("SELECT count(*) FROM participants"), 4);

    let last = john.say(id, "last").await;
    for stream in &mut streams {
        let events = stream.take(2).await;
        assert_eq!(
            (events[0].name.as_str(), &events[0].data["id"]),
            ("conversation", &json!(id))
        );
        assert_eq!(events[1].data["id"], last["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_streams_tell_what_two_people_say_at_once_in_the_same_order() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let start = Witness::of(server.database()).end();
    let mut streams = Vec::new();
    for who in [&john, &jane] {
        for device in [who.clone(), who.another_device().await] {
            streams.push((who, device.follow(None).await));
        }
    }
    at_once((0..4 * TIMES).map(|time| {
        let who = if time % 2 == 0 { &john } else { &jane };
        let (who, conversation) = (who.clone(), conversation.clone());
        async move { who.say(&conversation, &time.to_string()).await }
    }))
    .await;
    let witness = Witness::of(server.database());
    witness.expect_dense_numbers();
    for (who, stream) in &mut streams {
        let expected = witness.events(&who.id, &start);
        assert_eq!(expected.len(), 4 * TIMES);
        assert_eq!(stream.take(4 * TIMES).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_mark_that_many_move_at_once_only_goes_forward() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    for number in 1..=TIMES {
        john.say(&conversation, &number.to_string()).await;
    }
    let mut stream = john.follow(None).await;
    let start = Witness::of(server.database()).end();
    at_once((1..=TIMES).map(|number| {
        // Not in order: 7 and 50 have no divisor in common.
        let up_to = number * 7 % (TIMES + 1);
        let (jane, conversation) = (jane.clone(), conversation.clone());
        async move {
            let path = format!("/api/conversations/{conversation}/read_messages");
            jane.post(&path, json!({ "upTo": up_to })).await.expect(204);
        }
    }))
    .await;
    john.say(&conversation, "last").await;
    let told = stream.until("sent").await;
    let marks: Vec<_> = told
        .iter()
        .filter(|event| event.name == "read")
        .map(|event| event.data["upTo"].as_u64().expect("a number"))
        .collect();
    assert!(marks.is_sorted_by(|one, next| one < next), "{marks:?}");
    assert_eq!(marks.last(), Some(&(TIMES as u64)));
    Witness::of(server.database()).expect_told(&john.id, &start, &told, &BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_opens_amid_messages_tells_all_behind_its_hello() {
    const MESSAGES: usize = 400;
    const STREAMS: usize = 100;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let sending = (0..MESSAGES).map({
        let (john, conversation) = (john.clone(), conversation.clone());
        move |time: usize| {
            let (john, conversation) = (john.clone(), conversation.clone());
            async move { john.say(&conversation, &time.to_string()).await }
        }
    });
    let sending = tokio::spawn(at_once(sending));
    let opened = at_once((0..STREAMS).map(|_| {
        let jane = jane.clone();
        async move {
            let mut stream = jane.open_stream(None).await;
            let hello = stream.next().await.expect("a first event");
            (hello.id, stream)
        }
    }))
    .await;
    sending.await.expect("no panic");
    let witness = Witness::of(server.database());
    for (start, mut stream) in opened {
        let expected = witness.events(&jane.id, &start);
        assert_eq!(stream.take(expected.len()).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_shown_as_it_was_at_one_moment() {
    const MESSAGES: usize = 400;
    let Talk {
        server: _server,
        john,
        conversation,
        ..
    } = Talk::start(flood()).await;
    let path = format!("/api/conversations/{conversation}");
    let looking = at_once((0..4).map(|_| {
        let (john, path) = (john.clone(), path.clone());
        async move {
            let mut last = 0;
            while last < MESSAGES as u64 {
                let shown = john.get(&path).await.expect(200);
                // Whoever writes has read everything, so nothing is ever unread here.
                assert_eq!(shown["unreadCount"], 0, "{shown}");
                last = shown["lastReadNumber"].as_u64().expect("a number");
            }
        }
    }));
    let talking = async {
        for time in 0..MESSAGES {
            john.say(&conversation, &time.to_string()).await;
        }
    };
    tokio::join!(looking, talking);
}

// On one thread, where an answer to a later request means that an earlier one has been taken in.
#[tokio::test]
async fn a_message_whose_sender_hangs_up_is_sent_all_the_same() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut stream = jane.follow(None).await;
    let token = john.token.as_deref().expect("a token");
    // Nothing can be answered before everybody has hung up.
    let lock = Connection::open(server.database()).expect("a database");
    lock.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let mut senders = Vec::new();
    for time in 0..TIMES {
        let body = json!({ "content": time.to_string() }).to_string();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            messages(&conversation),
            body.len()
        );
        let mut sender = TcpStream::connect(server.address())
            .await
            .expect("a connection");
        sender
            .write_all((head + &body).as_bytes())
            .await
            .expect("it is written");
        senders.push(sender);
    }
    for _ in 0..3 {
        john.get("/api/auth_user").await.expect(200);
        john.get("/api/conversations").await.expect(200);
    }
    drop(senders);
    jane.get("/api/conversations").await.expect(200);
    lock.execute_batch("ROLLBACK").expect("it was locked");

    let told = stream.take(TIMES).await;
    let mut contents: Vec<usize> = told
        .iter()
        .map(|event| event.data["content"].as_str().expect("a text"))
        .map(|content| content.parse().expect("a number"))
        .collect();
    contents.sort_unstable();
    assert_eq!(contents, (0..TIMES).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_takes_nothing_of_its_batch_with_it() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let path = messages(&conversation);
    let taken = json!({ "content": "first", "clientId": "taken" });
    john.post(&path, taken).await.expect(201);
    let answers = in_shared_batches(
        &server,
        (0..TIMES).map(|time| {
            let (john, path) = (john.clone(), path.clone());
            async move {
                match time % 3 {
                    0 => john.post(&path, json!({ "content": "more" })).await,
                    1 => {
                        let other = json!({ "content": "another", "clientId": "taken" });
                        john.post(&path, other).await
                    }
                    _ => {
                        let stranger = json!({ "content": "to nobody" });
                        john.post(&messages("999"), stranger).await
                    }
                }
            }
        }),
    )
    .await;

    let mut sent = BTreeSet::new();
    for (time, answer) in answers.into_iter().enumerate() {
        match time % 3 {
            0 => {
                let message = answer.expect(201);
                sent.insert(message["number"].as_u64().expect("a number"));
            }
            1 => drop(answer.refused(409, "client_id_reused")),
            _ => drop(answer.refused(404, "not_found")),
        }
    }
    let last = 1 + sent.len() as u64;
    assert_eq!(sent, (2..=last).collect());
    assert_eq!(
        Witness::of(server.database()).messages().len(),
        1 + sent.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_together_reaches_every_stream_in_order_and_from_memory() {
    for channel in [1, 2, 8, 64] {
        let capacity = Capacity {
            channel,
            ..Capacity::default()
        };
        let config = Config {
            bus: capacity,
            ..dev()
        };
        let Talk {
            server,
            john,
            jane,
            conversation,
        } = Talk::start(config).await;
        let mut connections = Vec::new();
        for client in [&john, &jane, &jane] {
            for transport in [Transport::Events, Transport::Socket] {
                let opened = connection::Connection::open(transport, client, None).await;
                connections.push(opened.expect("a connection").0);
            }
        }
        let answers = in_shared_batches(
            &server,
            (0..TIMES).map(|time| {
                let (john, path) = (john.clone(), messages(&conversation));
                async move {
                    john.post(&path, json!({ "content": time.to_string() }))
                        .await
                }
            }),
        )
        .await;
        for answer in answers {
            answer.expect(201);
        }
        let last = john.say(&conversation, "last").await;
        for connection in &mut connections {
            for number in 1..=TIMES as u64 {
                let event = connection.next().await.expect("a message");
                assert_eq!(event.data["number"], number, "channels of {channel}");
            }
            let event = connection.next().await.expect("a message");
            assert_eq!(event.data["id"], last["id"], "channels of {channel}");
        }
        let is_none = |replayed: f64| replayed.abs() < f64::EPSILON;
        metrics::until(server.address(), "tincan_events_replayed_total", is_none).await;
    }
}
