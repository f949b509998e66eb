//! The feed by long poll: when an answer comes, what is in it, and that nothing gets lost between
//! two, or between a poll and a stream.

use std::time::{Duration, Instant};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    support::{
        Client, Event, PATIENCE, Stream, Talk, answer, at_once, dev, flood, messages, narrow,
    },
    witness::Witness,
};

/// The longest that a poll may wait, in seconds.
const LONGEST: u32 = 30;

fn ids<'a>(messages: impl IntoIterator<Item = &'a Value>) -> Vec<&'a Value> {
    messages.into_iter().map(|message| &message["id"]).collect()
}

fn data(events: &[Event]) -> impl Iterator<Item = &Value> {
    events.iter().map(|event| &event.data)
}

/// Keeps the server busy for a little while, so that a request that was sent before has very likely
/// been read. A test holds either way; this makes it look at a request that waits.
async fn meanwhile(client: &Client) {
    for _ in 0..20 {
        client.get("/api/auth_user").await.expect(200);
    }
}

#[tokio::test]
async fn a_poll_without_a_cursor_is_told_the_present_one_at_once() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    john.say(&conversation, "before").await;
    let end = Witness::of(server.database()).end();
    let start = Instant::now();
    let request = jane.poll_request(&format!("?wait={LONGEST}"));
    let polled = answer(request).await.expect(200);
    assert_eq!(polled, json!({ "cursor": end, "events": [] }));
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_was_missed_is_there_at_once_and_said_as_on_a_stream() {
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

    let before = Instant::now();
    let (events, cursor) = jane.poll(&start, LONGEST).await;
    assert!(before.elapsed() < PATIENCE / 2, "{:?}", before.elapsed());
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["conversation", "message", "sent", "read"]);
    assert_eq!(cursor, Witness::of(server.database()).end());
    let mut streamed = jane.follow(Some(&start)).await.until("caught_up").await;
    streamed.pop();
    assert_eq!(events, streamed);
}

#[tokio::test]
async fn a_message_between_two_polls_is_in_the_second() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut cursor = jane.cursor().await;
    for _ in 0..3 {
        let sent = [
            john.say(&conversation, "one").await,
            john.say(&conversation, "two").await,
        ];
        let (events, next) = jane.poll(&cursor, 0).await;
        assert_eq!(ids(data(&events)), ids(&sent));
        assert_eq!(events.last().map(|event| &event.id), Some(&next));
        assert_eq!(jane.poll(&next, 0).await, (vec![], next.clone()));
        cursor = next;
    }
}

#[tokio::test]
async fn from_poll_to_stream_to_poll_nothing_is_missed_or_told_twice() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut cursor = jane.cursor().await;
    let (mut sent, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        sent.push(john.say(&conversation, "for the poll").await);
        let (events, next) = jane.poll(&cursor, LONGEST).await;
        seen.extend(events.into_iter().map(|event| event.data));

        sent.push(john.say(&conversation, "replayed").await);
        let mut stream = jane.follow(Some(&next)).await;
        let replayed = stream.until("caught_up").await;
        sent.push(john.say(&conversation, "live").await);
        let live = stream.next().await.expect("a message");
        cursor = live.id;
        seen.extend([replayed[0].data.clone(), live.data]);
    }
    assert_eq!(ids(&seen), ids(&sent));
}

#[tokio::test]
async fn a_poll_waits_for_the_first_event() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(narrow()).await;
    let mut cursor = jane.cursor().await;
    let start = Instant::now();
    for _ in 0..10 {
        let speak = async {
            meanwhile(&john).await;
            john.say(&conversation, "hi").await
        };
        let ((events, next), sent) = tokio::join!(jane.poll(&cursor, LONGEST), speak);
        assert_eq!(ids(data(&events)), [&sent["id"]]);
        assert_eq!(events[0].name, "message");
        cursor = next;
    }
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_poll_is_answered_empty_when_it_has_waited() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let alice = server.sign_up("alice").await;
    let cursor = alice.cursor().await;
    // Nothing of hers; yet the next poll needn't look at it again.
    john.say(&conversation, "hi").await;
    jane.say(&conversation, "hi").await;
    let start = Instant::now();
    let (events, next) = alice.poll(&cursor, 1).await;
    let waited = start.elapsed();
    assert_eq!(events, []);
    assert_eq!(next, Witness::of(server.database()).end());
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    assert!(waited < PATIENCE / 2, "{waited:?}");
}

#[tokio::test]
async fn a_poll_that_does_not_say_how_long_does_not_wait() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    let cursor = jane.cursor().await;
    let start = Instant::now();
    let request = jane.poll_request(&format!("?after={cursor}"));
    let polled = answer(request).await.expect(200);
    assert_eq!(polled, json!({ "cursor": cursor, "events": [] }));
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_time_to_wait_that_is_none_is_refused() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let cursor = jane.cursor().await;
    for wait in ["", "soon", "-1", "1.5", "1e1", "9999999999999999999999"] {
        let request = jane.poll_request(&format!("?after={cursor}&wait={wait}"));
        let refusal = answer(request).await.refused(422, "invalid");
        assert!(refusal["errors"]["wait"].is_string(), "{refusal}");
    }
    // More than there is to have is no mistake.
    let sent = john.say(&conversation, "hi").await;
    let (events, _) = jane.poll(&cursor, 3_600).await;
    assert_eq!(ids(data(&events)), [&sent["id"]]);
}

#[tokio::test]
async fn a_cursor_that_makes_no_sense_is_a_410() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let end = Witness::of(server.database()).end();
    let (epoch, id) = end.split_once('-').expect("a cursor");
    let id: i64 = id.parse().expect("an id");
    for place in [
        "nonsense".to_owned(),
        format!("{epoch}-"),
        format!("{epoch}--1"),
        format!("{epoch}-{}", id + 1),
        format!("1{epoch}-{id}"),
        format!("0-{id}"),
        // The same numbers, as nobody was ever told them.
        format!("0{epoch}-{id}"),
        format!("%2B{epoch}-{id}"),
    ] {
        let request = jane.poll_request(&format!("?after={place}&wait={LONGEST}"));
        answer(request).await.refused(410, "reset");
    }
    let by_header = jane.poll_request("").header("last-event-id", "nonsense");
    answer(by_header).await.refused(410, "reset");
}

#[tokio::test]
async fn an_answer_is_bounded_and_the_next_one_goes_on() {
    const COUNT: usize = 40;
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut cursor = jane.cursor().await;
    let content = "🥫".repeat(4_000);
    at_once((0..COUNT).map(|_| {
        let (john, conversation, content) = (john.clone(), conversation.clone(), content.clone());
        async move { john.say(&conversation, &content).await }
    }))
    .await;
    let mut numbers = Vec::new();
    while numbers.len() < COUNT {
        let (events, next) = jane.poll(&cursor, 0).await;
        assert!((1..=5).contains(&events.len()), "{} events", events.len());
        numbers.extend(data(&events).filter_map(|message| message["number"].as_u64()));
        cursor = next;
    }
    let sent: Vec<_> = (1..).take(COUNT).collect();
    assert_eq!(numbers, sent);
}

#[tokio::test]
async fn what_a_request_accepts_decides_the_transport() {
    let Talk {
        server: _server,
        jane,
        ..
    } = Talk::start(dev()).await;
    let request = |accepted: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for accept in accepted {
            headers.append("accept", accept.parse().expect("a header"));
        }
        jane.request(Method::GET, "/api/messages").headers(headers)
    };
    for accepted in [
        &["application/json, text/event-stream"][..],
        &["application/json", "text/event-stream"],
    ] {
        Stream::open(request(accepted)).await;
    }
    for accepted in ["application/json", "text/html, application/json;q=0.9"] {
        answer(request(&[accepted])).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_unknown_may_poll_and_a_token_may_stand_in_the_query() {
    let Talk { server, jane, .. } = Talk::start(dev()).await;
    let nobody = server.nobody();
    answer(nobody.poll_request(""))
        .await
        .refused(401, "unauthorized");
    let token = jane.token.expect("a token");
    let request = nobody.poll_request(&format!("?token={token}"));
    answer(request).await.expect(200);
}

#[tokio::test]
async fn a_waiting_poll_is_refused_when_its_session_ends() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let cursor = jane.cursor().await;
    let request = jane.poll_request(&format!("?after={cursor}&wait={LONGEST}"));
    let start = Instant::now();
    let ending = async {
        meanwhile(&john).await;
        jane.post("/api/logout", json!({})).await.expect(204);
        john.say(&conversation, "not for her").await;
    };
    let (polled, ()) = tokio::join!(answer(request), ending);
    polled.refused(401, "unauthorized");
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_waiting_poll_is_answered_when_the_server_stops_and_its_cursor_holds_afterwards() {
    let Talk {
        mut server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let cursor = jane.cursor().await;
    let polled = loop {
        let request = jane.poll_request(&format!("?after={cursor}&wait={LONGEST}"));
        let poll = tokio::spawn(request.send());
        meanwhile(&john).await;
        server.restart().await;
        // One that came too late to be read isn't answered.
        if let Ok(response) = poll.await.expect("no panic") {
            break response;
        }
    };
    assert_eq!(polled.status(), 200);
    let polled: Value = polled.json().await.expect("JSON");
    assert_eq!(polled, json!({ "cursor": cursor, "events": [] }));
    let sent = john.say(&conversation, "hi").await;
    let (events, _) = jane.poll(&cursor, LONGEST).await;
    assert_eq!(ids(data(&events)), [&sent["id"]]);
}

#[tokio::test]
async fn many_polls_may_wait_at_the_same_time() {
    const POLLS: usize = 300;
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(flood()).await;
    let cursor = jane.cursor().await;
    let polls = at_once((0..POLLS).map(|_| {
        let (jane, cursor) = (jane.clone(), cursor.clone());
        async move { jane.poll(&cursor, LONGEST).await }
    }));
    let speak = async {
        meanwhile(&john).await;
        let draft = json!({ "content": "hi" });
        john.post(&messages(&conversation), draft).await.expect(201)
    };
    let (polls, sent) = tokio::join!(polls, speak);
    for (events, _) in polls {
        assert_eq!(ids(data(&events)), [&sent["id"]]);
    }
}
