//! No event is larger than the 64 KiB of the contract, whatever people do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Event, Server, answer, dev, messages, png, text};

/// What the contract promises of a frame.
const FRAME: usize = 64 * 1024;

/// A letter of four bytes in UTF-8.
const WIDE: char = '\u{20000}';

fn wide(length: usize) -> String {
    std::iter::repeat_n(WIDE, length).collect()
}

/// Takes six bytes for each character in JSON (RFC 8259 §7).
fn controls(length: usize) -> String {
    // White space at the ends would be cut off, and what shows nothing is no message.
    format!("x{}x", "\u{1}".repeat(length - 2))
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
        "alt": wide(500),
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

/// As a frame of a WebSocket, which says the most beside the data.
fn size(event: &Event) -> usize {
    json!({ "id": event.id, "event": event.name, "data": event.data })
        .to_string()
        .len()
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

    let mut files = Vec::new();
    for _ in 0..10 {
        files.push(upload(author).await);
    }
    let draft = json!({
        "content": controls(4000), "attachments": files, "clientId": wide(64),
    });
    let sent = author.post(&messages(&room), draft).await.expect(201);
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
    author.say(&direct, &controls(4000)).await;
    sizes.push(largest(&mut stream, 1).await);
    let most = sizes.into_iter().max().expect("a size");
    assert!(most <= FRAME, "{most}");
    // It is the largest indeed: all of its parts are there.
    assert!(most > 50_000, "{most}");
    println!("the largest event has {most} bytes");
}

fn encoded(emoji: &str) -> String {
    let encoded: Vec<_> = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    encoded.concat()
}
