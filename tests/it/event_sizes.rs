//! No event is larger than the 64 KiB of the contract, whatever people do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Event, Server, Talk, answer, dev, messages, png, text};

/// What the contract promises of a frame.
const FRAME: usize = 64 * 1024;

/// What a message may have.
const MAX_MENTIONS: usize = 20;
const MAX_CONTROLS: usize = 1_000;

/// A letter of four bytes in UTF-8.
const WIDE: char = '\u{10430}';

fn wide(length: usize) -> String {
    std::iter::repeat_n(WIDE, length).collect()
}

/// The longest message that begins like this, in JSON: with as many control characters as it may have, which take six bytes
/// each (RFC 8259 §7). No other one takes more than four.
fn fullest(beginning: &str) -> String {
    let letters = wide(4000 - MAX_CONTROLS - beginning.chars().count());
    format!("{beginning}{}{letters}", "\u{1}".repeat(MAX_CONTROLS))
}

/// A message whose excerpt is the longest in JSON: 138 characters of six bytes, and one that has all the rest.
fn longest_excerpt() -> String {
    let (controls, marks) = ("\u{1}".repeat(138), "\u{301}".repeat(440));
    format!("{controls}a{marks} and more")
}

/// Someone with the longest names and a picture.
async fn with_the_longest_names(server: &Server, number: usize) -> Client {
    let name = format!("{number}{}", wide(32 - number.to_string().len()));
    let client = server.sign_up(&name).await;
    let names = json!({ "displayName": wide(64) });
    client.patch("/api/auth_user", names).await.expect(200);
    let picture = client.request(Method::PUT, "/api/auth_user/avatar");
    answer(picture.body(png(1, 1))).await.expect(200);
    client
}

/// A file with everything that a sender can tell about one, at its longest.
async fn upload(client: &Client) -> String {
    let file = json!({
        "size": 1,
        // 255 bytes, of which each is two in JSON.
        "name": "\"".repeat(300),
        "alt": wide(375),
        "duration": 86_400_000,
        "thumbhash": "/".repeat(32),
        "waveform": vec![31; 64],
    });
    let begun = client.post("/api/uploads", file).await.expect(201);
    let id = text(&begun["id"]).to_owned();
    client.upload_part(&id, 0, b"x").await.expect(200);
    client.set_thumb(&id, &png(1, 1)).await;
    id
}

/// As a frame of a WebSocket, which says the most beside the data, on a server whose ids are as long as they can be.
fn size(event: &Event) -> usize {
    let frame = json!({ "id": event.id, "event": event.name, "data": event.data });
    frame.to_string().len() + missing_digits(&event.data)
}

/// What ids could be longer by.
fn missing_digits(value: &Value) -> usize {
    match value {
        Value::String(text) if text.parse::<i64>().is_ok() => 19 - text.len(),
        Value::Array(values) => values.iter().map(missing_digits).sum(),
        Value::Object(fields) => fields.values().map(missing_digits).sum(),
        _ => 0,
    }
}

async fn largest(stream: &mut crate::support::Stream, count: usize) -> usize {
    let told = stream.take(count).await;
    for event in &told {
        let size = size(event);
        assert!(size <= FRAME, "{} has {size} bytes", event.name);
    }
    told.iter().map(size).max().expect("an event")
}

#[tokio::test]
async fn the_largest_message_with_the_most_reactions_and_files_fits_a_frame() {
    let server = Server::start(dev()).await;
    let mut people = Vec::new();
    for number in 0..7 {
        people.push(with_the_longest_names(&server, number).await);
    }
    let names: Vec<_> = people[1..].iter().map(|one| &*one.username).collect();
    let author = &people[0];
    let room = author.make_room(&wide(80), &names, true).await;
    let mut stream = author.follow(None).await;
    let original = people[1].say(&room, &longest_excerpt()).await;
    stream.take(1).await;

    let mut files = Vec::new();
    for _ in 0..10 {
        files.push(upload(author).await);
    }
    let mentions = format!("@{} ", names[0]).repeat(MAX_MENTIONS);
    let draft = json!({
        "content": fullest(&mentions), "attachments": files, "clientId": wide(64),
        "replyTo": original["id"],
    });
    let sent = author.post(&messages(&room), draft).await.expect(201);
    let mentioned = sent["mentions"].as_array().map(Vec::len);
    assert_eq!(mentioned, Some(MAX_MENTIONS));
    let excerpt = text(&sent["replyTo"]["excerpt"]);
    assert!(json!(excerpt).to_string().len() > 1_700, "{excerpt:?}");
    let attachments = sent["attachments"].as_array().map(Vec::len);
    assert_eq!(attachments, Some(10));
    let sizes = [largest(&mut stream, 1).await];
    // The families and flags have the longest sequences.
    let emoji = [
        "👩🏽‍❤️‍💋‍👩🏿",
        "👩🏽‍❤️‍💋‍👨🏿",
        "👨🏽‍❤️‍💋‍👨🏿",
        "🧑🏽‍❤️‍💋‍🧑🏿",
        "👩🏻‍❤️‍💋‍👩🏿",
        "👩🏻‍❤️‍💋‍👨🏿",
        "👨🏻‍❤️‍💋‍👨🏿",
        "🧑🏻‍❤️‍💋‍🧑🏿",
        "👩🏼‍❤️‍💋‍👩🏿",
        "👩🏼‍❤️‍💋‍👨🏿",
        "👨🏼‍❤️‍💋‍👨🏿",
        "🧑🏼‍❤️‍💋‍🧑🏿",
        "👩🏾‍❤️‍💋‍👩🏿",
        "👩🏾‍❤️‍💋‍👨🏿",
        "👨🏾‍❤️‍💋‍👨🏿",
        "🧑🏾‍❤️‍💋‍🧑🏿",
        "👩🏽‍❤️‍💋‍👩🏻",
        "👩🏽‍❤️‍💋‍👨🏻",
        "👨🏽‍❤️‍💋‍👨🏻",
        "🧑🏽‍❤️‍💋‍🧑🏻",
    ];
    let id = text(&sent["id"]);
    let mut reacted = Value::Null;
    for one in &people {
        for emoji in emoji {
            let path = format!("/api/messages/{id}/reactions/{}", encoded(emoji));
            reacted = one.put(&path).await.expect(200);
        }
    }
    let reactions = reacted["reactions"].as_array().expect("a list");
    assert_eq!(reactions.len(), 20);
    for reaction in reactions {
        assert_eq!(reaction["count"], 7);
        assert_eq!(reaction["users"].as_array().map(Vec::len), Some(5));
    }
    let mut sizes = sizes.to_vec();
    // A stream that lags is told the last state alone.
    loop {
        let told = stream.take(1).await.remove(0);
        sizes.push(size(&told));
        if told.data["version"] == reacted["version"] {
            break;
        }
    }
    // What else a message can be: edited, and pinned.
    let edit = json!({ "content": fullest(&format!("{mentions}!")) });
    author
        .patch(&format!("/api/messages/{id}"), edit)
        .await
        .expect(200);
    sizes.push(largest(&mut stream, 1).await);
    let pinned = author.put(&format!("/api/messages/{id}/pin")).await;
    pinned.expect(200);
    sizes.push(largest(&mut stream, 1).await);
    // A conversation’s event has its newest message.
    let path = format!("/api/conversations/{room}/settings");
    author
        .patch(&path, json!({ "pinned": true }))
        .await
        .expect(200);
    sizes.push(largest(&mut stream, 1).await);
    // What tells of a room’s longest name, and of who has done it.
    let path = format!("/api/conversations/{room}");
    let name = json!({ "name": format!("{}\"", wide(79)) });
    author.patch(&path, name).await.expect(200);
    sizes.push(largest(&mut stream, 2).await);
    let direct = author.talk_to(names[0]).await;
    stream.take(1).await;
    author.say(&direct, &fullest("")).await;
    sizes.push(largest(&mut stream, 1).await);
    let most = sizes.into_iter().max().expect("a size");
    assert!(most <= FRAME, "{most}");
    // It is the largest indeed: all of its parts are there.
    assert!(most > 55_000, "{most}");
    println!("the largest event has {most} bytes");
}

#[tokio::test]
async fn what_makes_events_larger_than_they_may_be_is_refused() {
    let talk = Talk::start(dev()).await;
    let john = &talk.john;
    let controls = "\u{b}".repeat(MAX_CONTROLS - 1);
    let coloured = format!("\u{1b}[31mred{controls}.");
    john.say(&talk.conversation, &coloured).await;
    let draft = json!({ "content": format!("{coloured}\u{1b}[m") });
    let refused = john.post(&messages(&talk.conversation), draft).await;
    let refused = refused.refused(422, "invalid");
    assert!(refused["errors"]["content"].is_string(), "{refused}");
    // White space that people use is none of them.
    let lines = format!("{coloured}{}.", "\t\r\n".repeat(900));
    john.say(&talk.conversation, &lines).await;

    for (alt, fits) in [
        (wide(375), true),
        (wide(376), false),
        ("한".repeat(500), true),
        ("x".repeat(501), false),
    ] {
        let file = json!({ "name": "a.png", "size": 1, "alt": alt });
        let begun = john.post("/api/uploads", file).await;
        if fits {
            begun.expect(201);
        } else {
            let refused = begun.refused(422, "invalid");
            assert!(refused["errors"]["alt"].is_string(), "{refused}");
        }
    }
}

fn encoded(emoji: &str) -> String {
    let encoded: Vec<_> = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    encoded.concat()
}
