//! Files of messages: how they are uploaded, who reads them, and what is left of deleted ones.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use tincan::{http::ServerSettings, model::limits::FileLimits, server::Config};

use crate::{
    support::{
        Answer, Client, PLACE, Photo, Server, Talk, answer, bytes, dev, messages, participant,
        participants, png, soon, text,
    },
    witness::Witness,
};

const CHUNK: usize = 256 * 1024;

pub fn limited(limits: FileLimits) -> Config {
    let config = dev();
    Config {
        settings: ServerSettings {
            files: limits,
            ..config.settings
        },
        ..config
    }
}

async fn begin(client: &Client, upload: Value) -> Answer {
    client.post("/api/uploads", upload).await
}

pub fn file(id: &str) -> String {
    format!("/api/files/{id}")
}

/// Whether the database or its log has these bytes.
pub fn is_stored(server: &Server, mark: &[u8]) -> bool {
    let database = server.database();
    let log = database.with_extension("db-wal");
    [database.to_owned(), log].iter().any(|path| {
        let stored = fs::read(path).unwrap_or_default();
        stored.windows(mark.len()).any(|window| window == mark)
    })
}

/// The log is emptied right after an answer.
pub async fn no_trace_is_left(server: &Server, marks: &[&[u8]]) {
    soon("no trace", async {
        while marks.iter().any(|mark| is_stored(server, mark)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_is_uploaded_in_parts_and_read_by_the_others() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let conversation = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;
    let cursor = jane.cursor().await;
    let sent = bytes(1, 5 * CHUNK + 77);
    let new = json!({
        "name": "C:\\lake\\写真.bin", "size": sent.len(), "alt": " A lake ", "duration": 1500,
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI", "waveform": [0, 31, 7],
    });
    let upload = begin(&john, new).await.expect(201);
    let id = text(&upload["id"]);
    assert_eq!(
        upload,
        json!({ "id": id, "name": "写真.bin", "size": sent.len(), "received": 0 })
    );
    let half = 4 * CHUNK;
    let upload = john.upload_part(id, 0, &sent[..half]).await.expect(200);
    assert_eq!(upload["received"], half);
    assert_eq!(
        john.get(&format!("/api/uploads/{id}")).await.expect(200),
        upload
    );
    let upload = john.upload_part(id, half, &sent[half..]).await.expect(200);
    assert_eq!(upload["received"], sent.len());
    john.set_thumb(id, &png(4, 3)).await;

    let message = json!({ "content": "Look", "attachments": [id], "clientId": "a" });
    let message = john.post(&messages(&conversation), message).await;
    let message = message.expect(201);
    let attachment = json!({
        "id": id, "name": "写真.bin", "type": "application/octet-stream", "size": sent.len(),
        "alt": "A lake", "duration": 1500, "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
        "waveform": [0, 31, 7], "hasThumb": true,
    });
    assert_eq!(message["attachments"], json!([attachment]));
    let told = stream.next_named("message").await;
    assert_eq!(told.data["attachments"], message["attachments"]);
    let mut replayed = jane.follow(Some(&cursor)).await;
    let replayed = replayed.next_named("message").await;
    assert_eq!(replayed.data["attachments"], message["attachments"]);
    let history = jane.get(&messages(&conversation)).await.expect(200);
    assert_eq!(history[0]["attachments"], message["attachments"]);

    let read = jane.download(&file(id), &[]).await;
    assert_eq!(read.status, 200);
    assert!(read.bytes == sent, "the same bytes");
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("accept-ranges", "bytes"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=31536000, immutable"),
        (
            "content-disposition",
            "attachment; filename=\"__.bin\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.bin",
        ),
    ] {
        assert_eq!(read.headers[name], value, "{name}");
    }
    let etag = read.headers["etag"].to_str().expect("a tag").to_owned();
    let known = jane.download(&file(id), &[("if-none-match", &etag)]).await;
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
    for (range, start, end) in [
        ("bytes=0-1", 0, 2),
        ("bytes=262140-262150", 262_140, 262_151),
        ("bytes=-7", sent.len() - 7, sent.len()),
    ] {
        let part = jane.download(&file(id), &[("range", range)]).await;
        assert_eq!(part.status, 206, "{range}");
        assert!(part.bytes == sent[start..end], "{range}");
        let expected = format!("bytes {start}-{}/{}", end - 1, sent.len());
        assert_eq!(part.headers["content-range"], expected);
    }
    let beyond = jane
        .download(&file(id), &[("range", "bytes=99999999-")])
        .await;
    assert_eq!(beyond.status, 416);
    let whole = format!("bytes */{}", sent.len());
    assert_eq!(beyond.headers["content-range"], whole);
    let thumb = jane.download(&format!("{}/thumb", file(id)), &[]).await;
    assert_eq!(thumb.headers["content-type"], "image/png");
    assert_eq!(thumb.bytes, png(4, 3));

    let list = format!("/api/conversations/{conversation}/attachments");
    let listed = jane.get(&list).await.expect(200);
    assert_eq!(listed[0]["attachment"], attachment);
    assert_eq!(listed[0]["messageId"], message["id"]);
    assert_eq!(listed[0]["author"]["username"], "john");
    let before = jane.get(&format!("{list}?before={id}")).await.expect(200);
    assert_eq!(before, json!([]));
}

#[tokio::test]
async fn a_part_begins_where_the_last_one_ended() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let id = john.begin_upload("a", 2 * CHUNK + 1).await;
    let part = vec![7; CHUNK];
    john.upload_part(&id, 0, &part).await.expect(200);
    for (what, offset, length, status, code) in [
        ("the first again", 0, CHUNK, 409, "wrong_offset"),
        ("a gap", 2 * CHUNK, 1, 409, "wrong_offset"),
        ("an odd length", CHUNK, CHUNK - 1, 422, "invalid"),
        ("too many bytes", CHUNK, CHUNK + 2, 422, "invalid"),
        ("too large a part", CHUNK, 1024 * 1024 + 1, 413, "too_large"),
    ] {
        let refused = john.upload_part(&id, offset, &vec![7; length]).await;
        println!("{what}");
        refused.refused(status, code);
    }
    let path = format!("/api/uploads/{id}");
    let no_offset = answer(john.request(Method::PUT, &path).body(part.clone())).await;
    no_offset.refused(422, "invalid");
    let upload = john.get(&path).await.expect(200);
    assert_eq!(upload["received"], CHUNK);
    john.upload_part(&id, CHUNK, &vec![7; CHUNK + 1])
        .await
        .expect(200);
    // Who didn't hear the answer asks with nothing more to send.
    let done = john.upload_part(&id, 2 * CHUNK + 1, &[]).await.expect(200);
    assert_eq!(done["received"], 2 * CHUNK + 1);
    john.delete(&path).await.expect(204);
    john.get(&path).await.refused(404, "not_found");
    let gone = john.upload_part(&id, 0, &part).await;
    gone.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_too_much_is_refused_before_it_travels() {
    let limits = FileLimits {
        file: 1_000_000,
        total: Some(2_500_000),
        user: Some(1_800_000),
    };
    let server = Server::start(limited(limits)).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let config = john.get("/api/config").await.expect(200);
    assert_eq!(config["maxFile"], 1_000_000);
    let upload = |size: u64| json!({ "name": "a", "size": size });
    let refused = begin(&john, upload(1_000_001))
        .await
        .refused(413, "too_large");
    assert_eq!(refused["message"], "Files can be up to 1 MB.");
    begin(&john, upload(0)).await.refused(422, "invalid");
    begin(&john, json!({ "name": "a" }))
        .await
        .refused(422, "invalid");
    let first = begin(&john, upload(1_000_000)).await.expect(201);
    let more = begin(&john, upload(800_001)).await;
    more.refused(507, "quota_used_up");
    begin(&john, upload(800_000)).await.expect(201);
    let more = begin(&jane, upload(700_001)).await;
    more.refused(507, "storage_full");
    begin(&jane, upload(700_000)).await.expect(201);
    let cancel = format!("/api/uploads/{}", text(&first["id"]));
    john.delete(&cancel).await.expect(204);
    begin(&jane, upload(1_000_000)).await.expect(201);
}

#[tokio::test]
async fn what_is_told_about_a_file_is_checked() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for (field, value) in [
        ("alt", json!("x".repeat(501))),
        ("alt", json!("a\u{0}b")),
        ("duration", json!(86_400_001)),
        ("thumbhash", json!("not base64!")),
        ("thumbhash", json!("AAAA")),
        ("waveform", json!(vec![1; 65])),
        ("waveform", json!([32])),
    ] {
        let mut upload = json!({ "name": "a", "size": 1 });
        upload[field] = value.clone();
        let refused = begin(&john, upload).await.refused(422, "invalid");
        assert!(refused["errors"][field].is_string(), "{field}: {value}");
    }
}

#[tokio::test]
async fn a_message_takes_whole_files_of_its_author_once() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let conversation = john.talk_to("jane").await;
    let [own, second] = [2, 3].map(|seed| bytes(seed, 10));
    let own = john.upload("a", &own).await;
    let second = john.upload("b", &second).await;
    let hers = jane.upload("c", &bytes(4, 10)).await;
    let begun = john.begin_upload("d", 10).await;
    let path = messages(&conversation);
    let many: Vec<_> = (0..11).map(|_| own.clone()).collect();
    for wrong in [
        json!([begun]),
        json!([hers]),
        json!([own, own]),
        json!(["99999"]),
        json!(["x"]),
        json!(many),
    ] {
        let message = json!({ "content": "Look", "attachments": wrong });
        let refused = john.post(&path, message).await.refused(422, "invalid");
        assert!(refused["errors"]["attachments"].is_string(), "{wrong}");
    }
    let nothing = json!({ "content": " ", "attachments": [] });
    john.post(&path, nothing).await.refused(422, "invalid");

    let message = json!({ "clientId": "one", "attachments": [own, second] });
    let sent = john.post(&path, message.clone()).await.expect(201);
    assert_eq!(sent["content"], "");
    assert_eq!(sent["attachments"][1]["id"], second);
    // Sent again, it is found; with other files it is another message.
    assert_eq!(john.post(&path, message).await.expect(200), sent);
    for other in [json!([own]), json!([second, own]), json!([])] {
        let other = json!({ "clientId": "one", "content": "x", "attachments": other });
        john.post(&path, other)
            .await
            .refused(409, "client_id_reused");
    }
    let again = json!({ "attachments": [own] });
    john.post(&path, again).await.refused(422, "invalid");
    let upload = format!("/api/uploads/{own}");
    john.get(&upload).await.refused(404, "not_found");

    // A text may go where there are files, and not where there are none.
    let edit = format!("/api/messages/{}", text(&sent["id"]));
    let edited = john.patch(&edit, json!({ "content": "Look" })).await;
    assert_eq!(edited.expect(200)["attachments"], sent["attachments"]);
    let emptied = john.patch(&edit, json!({ "content": "" })).await;
    assert_eq!(emptied.expect(200)["content"], "");
    let plain = john.say(&conversation, "hello").await;
    let plain = format!("/api/messages/{}", text(&plain["id"]));
    let emptied = john.patch(&plain, json!({ "content": " " })).await;
    emptied.refused(422, "invalid");
}

#[tokio::test]
async fn who_may_see_the_message_reads_the_file_and_nobody_else() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let [jane, mary, late] = [
        server.sign_up("anna").await,
        server.sign_up("mary").await,
        server.sign_up("late").await,
    ];
    let room = john.make_room("Kitchen", &["anna", "mary"], false).await;
    let id = john.upload("a", b"hello").await;
    // Not before it is part of a message, not even its uploader.
    let path = file(&id);
    john.get(&path).await.refused(404, "not_found");
    john.send_files(&room, &[&id]).await;
    for reader in [&john, &jane, &mary] {
        assert_eq!(reader.download(&path, &[]).await.bytes, b"hello");
    }
    mary.delete(&participant(&room, "me")).await.expect(204);
    let add = json!({ "username": "late" });
    john.post(&participants(&room), add).await.expect(204);
    for stranger in [&mary, &late] {
        stranger.get(&path).await.refused(404, "not_found");
        let thumb = format!("{path}/thumb");
        stranger.get(&thumb).await.refused(404, "not_found");
    }
    let list = format!("/api/conversations/{room}/attachments");
    assert_eq!(late.get(&list).await.expect(200), json!([]));
    mary.get(&list).await.refused(404, "not_found");
}

#[tokio::test]
async fn of_a_deleted_message_no_byte_is_left_unless_somebody_else_sent_the_file() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let (own, shared) = (bytes(5, 3 * CHUNK + 5), bytes(6, CHUNK));
    let own_id = john.upload("own", &own).await;
    let shared_id = john.upload("shared", &shared).await;
    let hers = jane.upload("hers", &shared).await;
    let sent = john.send_files(&conversation, &[&own_id, &shared_id]).await;
    jane.send_files(&conversation, &[&hers]).await;
    let marks = [&own[..64], &own[2 * CHUNK..2 * CHUNK + 64]];
    assert!(marks.iter().all(|mark| is_stored(&server, mark)));
    let path = format!("/api/messages/{}", text(&sent["id"]));
    john.delete(&path).await.expect(204);
    for id in [&own_id, &shared_id] {
        john.get(&file(id)).await.refused(404, "not_found");
    }
    no_trace_is_left(&server, &marks).await;
    let read = john.download(&file(&hers), &[]).await;
    assert!(read.bytes == shared, "the other one is still there");
    let history = jane.get(&messages(&conversation)).await.expect(200);
    assert!(history[1].get("attachments").is_none());
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let sent = bytes(7, 2 * CHUNK);
    let id = john.begin_upload("a", sent.len()).await;
    john.upload_part(&id, 0, &sent[..CHUNK]).await.expect(200);
    server.restart().await;
    let john = john.at(server.address());
    let upload = john.get(&format!("/api/uploads/{id}")).await.expect(200);
    assert_eq!(upload["received"], CHUNK);
    john.upload_part(&id, CHUNK, &sent[CHUNK..])
        .await
        .expect(200);
    john.send_files(&conversation, &[&id]).await;
    server.restart().await;
    let john = john.at(server.address());
    assert!(john.download(&file(&id), &[]).await.bytes == sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_upload_that_is_cancelled_while_it_is_looked_at_nothing_is_left() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let witness = Witness::of(server.database());
    for round in 0..8 {
        let sent = bytes(round, 4 * CHUNK);
        let id = john.begin_upload("a", sent.len()).await;
        let path = format!("/api/uploads/{id}");
        let sender = john.clone();
        let sending = tokio::spawn(async move { sender.upload_part(&id, 0, &sent).await });
        soon("all of it", async {
            while john.get(&path).await.expect(200)["received"] != 4 * CHUNK {}
        })
        .await;
        john.delete(&path).await.expect(204);
        let answer = sending.await.expect("no panic");
        assert!([200, 404].contains(&answer.status.as_u16()), "{answer:?}");
    }
    soon("an empty table", async {
        while witness.number("SELECT count(*) FROM files") > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_photo_is_shown_as_it_was_without_where_it_was_taken() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let Photo { taken, shown } = Photo::new(7, 2 * CHUNK);
    let id = john.upload("lake.jpg", &taken).await;
    let sent = john.send_files(&conversation, &[&id]).await;
    let attachment = &sent["attachments"][0];
    assert_eq!(attachment["type"], "image/jpeg");
    assert_eq!(
        (&attachment["width"], &attachment["height"]),
        (&json!(2), &json!(4))
    );
    let read = jane.download(&file(&id), &[]).await.bytes;
    assert!(read == shown, "neither place nor film");
    no_trace_is_left(&server, &[PLACE, &taken[taken.len() - 99..]]).await;
}
