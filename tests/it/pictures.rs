//! Pictures that people choose for themselves and for their rooms: which are taken, and that others see them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    files::{is_stored, no_trace_is_left},
    support::{
        Answer, Client, Server, Socket, Talk, answer, dev, messages, participant, participants,
        png, text,
    },
};

const LIMIT: usize = 256 * 1024;
const OWN: &str = "/api/auth_user/avatar";

/// A JPEG: the start of the image and its frame header (ITU-T T.81 §B.2.2).
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\x00\x11\x08".to_vec();
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    file
}

/// An extended WebP, whose header has the size less one in 24 bits (RFC 9649 §2.7).
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    file.extend(&(width - 1).to_le_bytes()[..3]);
    file.extend(&(height - 1).to_le_bytes()[..3]);
    file
}

async fn set(client: &Client, path: &str, picture: Vec<u8>) -> Answer {
    let request = client.request(Method::PUT, path);
    answer(request.body(picture)).await
}

/// Where a room's picture is set.
fn of(room: &str) -> String {
    format!("/api/conversations/{room}/avatar")
}

/// Where the picture is that one has set, as somebody or something tells that has one.
async fn url(client: &Client, path: &str) -> Value {
    let owner = path.strip_suffix("/avatar").expect("a picture’s path");
    client.get(owner).await.expect(200)["avatarURL"].clone()
}

#[tokio::test]
async fn a_picture_is_taken_for_what_it_is() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let of_room = of(&john.make_room("House", &[], false).await);
    let mut largest = png(1024, 1024);
    largest.resize(LIMIT, 0);
    for (picture, media_type) in [
        (png(1, 1), "image/png"),
        (jpeg(512, 512), "image/jpeg"),
        (webp(1024, 64), "image/webp"),
        (largest, "image/png"),
    ] {
        for path in [OWN, &of_room] {
            let owner = set(&john, path, picture.clone()).await.expect(200);
            let shown = john.download(text(&owner["avatarURL"]), &[]).await;
            assert!(shown.bytes == picture, "{media_type}");
            for (name, value) in [
                ("content-type", media_type),
                ("content-security-policy", "default-src 'none'; sandbox"),
                ("cache-control", "private, max-age=31536000, immutable"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(shown.headers[name], value, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let of_room = of(&john.make_room("House", &[], false).await);
    let mut long = png(1, 1);
    long.resize(LIMIT + 1, 0);
    for path in [OWN, &of_room] {
        for (what, picture) in no_pictures() {
            let refused = set(&john, path, picture).await.refused(422, "invalid");
            assert!(refused["errors"]["picture"].is_string(), "{what}");
        }
        let refused = set(&john, path, long.clone()).await;
        refused.refused(413, "too_large");
        assert_eq!(url(&john, path).await, Value::Null);
    }
}

/// What isn't taken, and why.
fn no_pictures() -> [(&'static str, Vec<u8>); 10] {
    [
        ("nothing", Vec::new()),
        ("text", b"hello".to_vec()),
        (
            "a page",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        ),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0".to_vec()),
        ("a signature alone", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("too wide", png(1025, 1)),
        ("too high", jpeg(1, 1025)),
        ("far too large", png(u32::MAX, u32::MAX)),
        ("too large", webp(1025, 1025)),
        ("without a size", png(0, 0)),
    ]
}

#[tokio::test]
async fn the_address_follows_the_picture_and_others_are_told() {
    let talk = Talk::start(dev()).await;
    let cursor = talk.jane.cursor().await;
    let mut stream = talk.jane.follow(None).await;
    let first = set(&talk.john, OWN, png(1, 1)).await.expect(200);
    let told = stream.next_named("user").await;
    assert_eq!(told.data, first);
    let second = set(&talk.john, OWN, png(2, 2)).await.expect(200);
    assert_ne!(first["avatarURL"], second["avatarURL"]);
    assert_eq!(stream.next_named("user").await.data, second);
    // The same again has the same address, and is no news.
    let again = set(&talk.john, OWN, png(2, 2)).await.expect(200);
    assert_eq!(again, second);
    let (events, end) = talk.jane.poll(&cursor, 0).await;
    let told: Vec<_> = events.iter().filter(|event| event.name == "user").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].data, second);

    let path = text(&second["avatarURL"]).to_owned();
    for _ in 0..2 {
        let deleted = talk.john.delete(OWN).await;
        assert_eq!(deleted.expect(200)["avatarURL"], Value::Null);
    }
    talk.jane.get(&path).await.refused(404, "not_found");
    let (events, _) = talk.jane.poll(&end, 0).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (&*event.name, &event.data))
        .collect();
    let john = talk.john.get("/api/auth_user").await.expect(200);
    assert_eq!(told[0], ("user", &john));
}

/// A page of another site can't send a picture with the caller's cookie.
#[tokio::test]
async fn a_picture_comes_from_ones_own_page() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let token = john.token.clone().expect("a token");
    let request = john.nobody().request(Method::PUT, OWN);
    let request = request
        .header("cookie", format!("tincan={token}"))
        .header("sec-fetch-site", "cross-site");
    let refused = answer(request.body(png(1, 1))).await;
    refused.refused(403, "cross_origin");
    let made = json!({ "name": "lamp", "scope": "send" });
    let made = john.post("/api/tokens", made).await.expect(201);
    let program = john.with_token(&made["token"]);
    set(&program, OWN, png(1, 1)).await.refused(403, "scope");
}

#[tokio::test]
async fn a_rooms_picture_is_its_owners_to_choose() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let alice = server.sign_up("alice").await;
    let room = john.make_room("House", &["jane"], false).await;
    let path = of(&room);
    let chosen = set(&john, &path, png(1, 1)).await.expect(200);
    let address = chosen["avatarURL"].clone();
    assert!(text(&address).starts_with(&path), "{address}");
    assert_eq!(
        (&chosen["id"], &chosen["role"]),
        (&json!(room), &json!("owner"))
    );
    for (client, status, code) in [(&jane, 403, "not_yours"), (&alice, 404, "not_found")] {
        set(client, &path, png(2, 2)).await.refused(status, code);
        client.delete(&path).await.refused(status, code);
    }
    assert_eq!(url(&jane, &path).await, address);
    // Of two people each has their own.
    let direct = of(&john.talk_to("jane").await);
    set(&john, &direct, png(1, 1))
        .await
        .refused(409, "not_a_room");
    john.delete(&direct).await.refused(409, "not_a_room");
    john.get(&direct).await.refused(404, "not_found");
    assert_eq!(url(&john, &direct).await, Value::Null);
    // As with its name, a program of theirs may not.
    let made = json!({ "name": "lamp", "scope": "send" });
    let made = john.post("/api/tokens", made).await.expect(201);
    let program = john.with_token(&made["token"]);
    set(&program, &path, png(3, 3)).await.refused(403, "scope");
    // Whoever owns it next has it as it was left, and may change it.
    john.delete(&participant(&room, "me")).await.expect(204);
    assert_ne!(url(&jane, &path).await, Value::Null);
    jane.delete(&path).await.expect(200);
}

#[tokio::test]
async fn a_rooms_picture_is_seen_by_those_who_see_the_room() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let (late, stranger) = (server.sign_up("late").await, server.sign_up("mary").await);
    let room = john.make_room("House", &["jane"], false).await;
    let chosen = set(&john, &of(&room), png(1, 1)).await.expect(200);
    let address = text(&chosen["avatarURL"]);
    for (client, status) in [(&john, 200), (&jane, 200), (&late, 404), (&stranger, 404)] {
        assert_eq!(
            client.get(address).await.status,
            status,
            "{}",
            client.username
        );
    }
    let add = json!({ "username": "late" });
    john.post(&participants(&room), add).await.expect(204);
    jane.delete(&participant(&room, "me")).await.expect(204);
    for (client, status) in [(&late, 200), (&jane, 404), (&stranger, 404)] {
        assert_eq!(
            client.get(address).await.status,
            status,
            "{}",
            client.username
        );
    }
    late.nobody()
        .get(address)
        .await
        .refused(401, "unauthorized");
    // Who may join it sees it in the list of rooms.
    let path = format!("/api/conversations/{room}");
    john.patch(&path, json!({ "open": true })).await.expect(200);
    let rooms = stranger.get("/api/rooms").await.expect(200);
    assert_eq!(rooms[0]["avatarURL"], address);
    assert_eq!(stranger.get(address).await.status, 200);
    let profile = format!("/api/users/{}", late.id);
    let profile = john.get(&profile).await.expect(200);
    assert_eq!(profile["rooms"][0]["avatarURL"], address);
}

#[tokio::test]
async fn everybody_in_a_room_is_told_of_its_picture_on_every_way() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let gone = server.sign_up("gone").await;
    let room = john.make_room("House", &["jane", "gone"], false).await;
    gone.delete(&participant(&room, "me")).await.expect(204);
    let (cursor, gones) = (jane.cursor().await, gone.cursor().await);
    let mut stream = jane.follow(None).await;
    let mut socket = Socket::follow(server.address(), &jane, None).await;

    let path = of(&room);
    let first = set(&john, &path, png(1, 1)).await.expect(200);
    let second = set(&john, &path, png(2, 2)).await.expect(200);
    assert_ne!(first["avatarURL"], second["avatarURL"]);
    // The same again has the same address, and is no news.
    assert_eq!(set(&john, &path, png(2, 2)).await.expect(200), second);
    let shown = text(&second["avatarURL"]);
    for _ in 0..2 {
        let deleted = john.delete(&path).await.expect(200);
        assert_eq!(deleted["avatarURL"], Value::Null);
    }
    john.get(shown).await.refused(404, "not_found");

    let live = stream.take(6).await;
    assert_eq!(socket.take(6).await, live);
    let urls = live.iter().step_by(2).map(|event| &event.data["avatarURL"]);
    let expected = [&first["avatarURL"], &second["avatarURL"], &Value::Null];
    assert!(urls.eq(expected), "{live:?}");
    let said = live.iter().skip(1).step_by(2).map(|event| {
        let [kind, actor, content] = ["system", "actor", "content"].map(|name| &event.data[name]);
        (text(kind), text(&actor["username"]), text(content))
    });
    let said: Vec<_> = said.collect();
    let changed = ("pictureChanged", "john", "john changed the room’s picture");
    let removed = ("pictureRemoved", "john", "john removed the room’s picture");
    assert_eq!(said, [changed, changed, removed]);

    // Who was away is told of the room as it is now, and of what was said.
    let (replayed, end) = jane.poll(&cursor, 0).await;
    assert_eq!(
        replayed,
        [&live[1], &live[3], &live[4], &live[5]].map(Clone::clone)
    );
    assert_eq!(jane.poll(&end, 0).await.0, []);
    assert_eq!(gone.poll(&gones, 0).await.0, []);
    let history = jane.get(&messages(&room)).await.expect(200);
    assert_eq!(history[0], live[5].data);
}

#[tokio::test]
async fn of_a_picture_that_is_replaced_or_removed_no_byte_is_left() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let of_room = of(&john.make_room("House", &[], false).await);
    for path in [OWN, &of_room] {
        for change in ["replaced", "removed"] {
            let mark = format!("a picture of {path} that is {change}").repeat(9);
            let picture = [png(1, 1), mark.clone().into_bytes()].concat();
            set(&john, path, picture).await.expect(200);
            assert!(is_stored(&server, mark.as_bytes()));
            match change {
                "replaced" => set(&john, path, png(2, 2)).await.expect(200),
                _ => john.delete(path).await.expect(200),
            };
            no_trace_is_left(&server, &[mark.as_bytes()]).await;
        }
    }
}
