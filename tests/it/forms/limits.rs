//! Forms that are refused, break off or are large: what is left of them, and what their senders hear.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

use serde_json::json;
use tempfile::TempDir;
use tincan::{model::limits::FileLimits, store::PIECE};

use super::{Form, content_type, head, in_chunks, kept, left_are, nothing_is_left, send};
use crate::{
    files::{file, limited},
    support::{Binary, Client, PATIENCE, Server, Talk, bytes, dev, messages, raw, soon, text},
};

#[tokio::test]
async fn of_a_form_that_breaks_off_nothing_is_left() {
    let talk = Talk::start(dev()).await;
    let path = messages(&talk.conversation);
    let whole = bytes(21, 300_000);
    let form = Form::default()
        .field("content", "x")
        .file("whole", &whole)
        .file("half", bytes(22, 600_000))
        .end();
    for (what, end) in [("closes", None), ("is reset", Some(Shutdown::Write))] {
        let head = head(&talk.john, &path, &content_type(), form.len());
        let mut socket = TcpStream::connect(talk.server.address()).expect("a connection");
        socket.write_all(head.as_bytes()).expect("sent");
        socket.write_all(&form[..form.len() - 1000]).expect("sent");
        soon("pieces of the second file", async {
            while kept(&talk.server).2 < 800_000 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        if let Some(end) = end {
            // Whoever still listens is told.
            socket.shutdown(end).expect("a half");
            socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
            let mut answered = String::new();
            let _ = socket.read_to_string(&mut answered);
            assert!(
                answered.is_empty() || answered.contains("400"),
                "{answered}"
            );
        }
        drop(socket);
        println!("who {what}");
        nothing_is_left(&talk.server).await;
    }
    let history = talk.john.get(&path).await.expect(200);
    assert_eq!(history, json!([]));
}

/// Sends a form of which a part of its upload comes from elsewhere between two pieces. Returns whether it came between.
async fn is_completed_from_elsewhere(talk: &Talk, content: &[u8]) -> bool {
    let begun = json!({ "name": "a", "size": 1 });
    let begun = talk.john.post("/api/uploads", begun).await.expect(201);
    let id = text(&begun["id"]);
    let next = id.parse::<i64>().expect("a number") + 1;
    let own = format!("/api/uploads/{id}");
    talk.john.delete(&own).await.expect(204);

    let end = Form::default().end();
    let form = Form::default().file("a", content).end();
    let start = form.len() - end.len() - "\r\n".len() - content.len();
    // All that is announced is reserved for the file.
    let path = messages(&talk.conversation);
    let head = head(&talk.john, &path, &content_type(), content.len());
    let mut socket = TcpStream::connect(talk.server.address()).expect("a connection");
    socket.write_all(head.as_bytes()).expect("sent");
    // Whoever sends a piece has the turn until it is full.
    let (first, rest) = form.split_at(start + PIECE - 1000);
    socket.write_all(first).expect("sent");
    let (john, part) = (talk.john.clone(), content[PIECE..].to_vec());
    let elsewhere =
        tokio::spawn(async move { john.upload_part(&next.to_string(), PIECE, &part).await });
    for _ in 0..10 {
        talk.john.get(&own).await.expect(404);
    }
    socket.write_all(&rest[..2000]).expect("sent");
    // Where the form has the turn again, the part waits until it ends.
    for _ in 0..100 {
        if !elsewhere.is_finished() {
            talk.john.get(&own).await.expect(404);
        }
    }
    let _ = socket
        .write_all(b"\r\n")
        .and_then(|()| socket.write_all(&end));
    let added = elsewhere.await.expect("no panic");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    // What was announced doesn’t all come, so the server doesn’t close at once.
    let mut status = [0; "HTTP/1.1 201".len()];
    socket.read_exact(&mut status).expect("an answer");
    let came_between = added.status == 200;
    assert!(!(came_between && status.ends_with(b"201")), "it was sent");
    came_between
}

/// The upload of a form is the sender’s, as any other. Where the same file is there already, a complete one shares it.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_shortens_what_somebody_else_has_sent() {
    let talk = Talk::start(dev()).await;
    let content = bytes(23, 1_000_000);
    let form = Form::default().file("a", &content);
    let sent = send(&talk.jane, &messages(&talk.conversation), form).await;
    let sent = sent.expect(201);
    let path = file(text(&sent["attachments"][0]["id"]));
    soon("a form whose upload is completed from elsewhere", async {
        while !is_completed_from_elsewhere(&talk, &content).await {}
    })
    .await;
    let read = talk.jane.download(&path, &[]).await;
    assert!(read.bytes == content, "{} bytes are left", read.bytes.len());
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_leaves_nothing() {
    let limits = FileLimits {
        file: 1_000_000,
        total: Some(2_500_000),
        user: Some(1_800_000),
    };
    let server = Server::start(limited(limits)).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let conversation = john.talk_to("jane").await;
    let path = messages(&conversation);
    let of = |sizes: &[usize]| {
        let files = (31..).zip(sizes);
        files.fold(
            Form::default().field("content", "x"),
            |form, (seed, size)| form.file("a", bytes(seed, *size)),
        )
    };
    let large = send(&john, &path, of(&[1_000_001])).await;
    assert_eq!(
        large.refused(413, "too_large")["message"],
        "Files can be up to 1 MB."
    );
    nothing_is_left(&server).await;
    send(&john, &path, of(&[1_000_000, 800_001]))
        .await
        .refused(507, "quota_used_up");
    nothing_is_left(&server).await;
    let many = send(&john, &path, of(&[1; 11]))
        .await
        .refused(422, "invalid");
    assert_eq!(
        many["errors"]["attachments"],
        "Messages can have up to 10 files."
    );
    nothing_is_left(&server).await;

    // To the byte, and more than the limit altogether.
    send(&john, &path, of(&[1_000_000, 800_000]))
        .await
        .expect(201);
    send(&john, &path, of(&[1]))
        .await
        .refused(507, "quota_used_up");
    send(&jane, &path, of(&[700_001]))
        .await
        .refused(507, "storage_full");
    left_are(&server, (0, 2, 1_800_000)).await;
    // In chunks, where nobody knows how much will come.
    let streamed = |size: usize| {
        let form = of(&[size]).end();
        let request = in_chunks(&head(&jane, &path, &content_type(), 0), &form, 50_000);
        raw(server.address(), request)
    };
    streamed(700_001).await.refused(507, "storage_full");
    streamed(1_000_001).await.refused(507, "storage_full");
    left_are(&server, (0, 2, 1_800_000)).await;
    streamed(700_000).await.expect(201);
}

#[tokio::test]
async fn a_form_for_which_there_is_no_room_is_refused_before_it_travels() {
    let limits = FileLimits {
        user: Some(1_000_000),
        ..FileLimits::default()
    };
    let server = Server::start(limited(limits)).await;
    let john = server.sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let path = messages(&conversation);
    let form = Form::default().file("a", bytes(41, 300_000)).0;
    let refused = raw(
        server.address(),
        [
            head(&john, &path, &content_type(), 5_000_000).as_bytes(),
            &form,
        ]
        .concat(),
    );
    refused.await.refused(507, "quota_used_up");
    // Who isn’t in the conversation isn’t let begin, and whoever may only read neither.
    let mary = server.sign_up("mary").await;
    let refused = raw(
        server.address(),
        head(&mary, &path, &content_type(), 5_000_000),
    );
    refused.await.refused(404, "not_found");
    let token = john
        .post("/api/tokens", json!({ "name": "lamp", "scope": "read" }))
        .await
        .expect(201);
    let reader = john.with_token(&token["token"]);
    let refused = raw(
        server.address(),
        head(&reader, &path, &content_type(), 5_000_000),
    );
    refused.await.refused(403, "scope");
    nothing_is_left(&server).await;
}

/// Sends a request to its last byte, and only then listens.
async fn send_whole(server: &Server, request: Vec<u8>) -> String {
    let mut socket = TcpStream::connect(server.address()).expect("a connection");
    let exchange = move || {
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket.write_all(&request).expect("all of it is taken");
        let mut answered = String::new();
        socket.read_to_string(&mut answered).expect("an answer");
        answered
    };
    let exchanged = tokio::task::spawn_blocking(exchange);
    exchanged.await.expect("no panic")
}

/// RFC 9112 §9.6. Many programs listen only when they have sent everything.
#[tokio::test]
async fn who_sends_everything_before_listening_hears_the_refusal() {
    let limits = FileLimits {
        file: 1_000_000,
        ..FileLimits::default()
    };
    let server = Server::start(limited(limits)).await;
    let john = server.sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let own = messages(&conversation);
    let form = Form::default().file("a", vec![7; 30_000_000]).end();
    for (what, client, path, kind, status, code) in [
        (
            "too large a file",
            &john,
            own.as_str(),
            content_type(),
            413,
            "too_large",
        ),
        (
            "no such room",
            &john,
            "/api/conversations/99/messages",
            content_type(),
            404,
            "not_found",
        ),
        (
            "no such hook",
            &john,
            "/api/hooks/x",
            content_type(),
            404,
            "not_found",
        ),
        (
            "nobody",
            &server.nobody(),
            &own,
            content_type(),
            401,
            "unauthorized",
        ),
        (
            "no boundary",
            &john,
            &own,
            "multipart/form-data".to_owned(),
            415,
            "unsupported_media_type",
        ),
        (
            "too much JSON",
            &john,
            &own,
            "application/json".to_owned(),
            413,
            "too_large",
        ),
    ] {
        let head = head(client, path, &kind, form.len());
        let answered = send_whole(&server, [head.as_bytes(), &form].concat()).await;
        let is_refused =
            answered.starts_with(&format!("HTTP/1.1 {status} ")) && answered.contains(code);
        assert!(is_refused, "{what}: {answered}");
    }
    // Who waits to be asked isn’t asked to send what nobody reads.
    let head = head(&john, "/api/hooks/x", &content_type(), form.len());
    let head = head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    raw(server.address(), head).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_large_file_takes_no_memory() {
    let folder = TempDir::new().expect("a folder");
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let john = Client::new(binary.address()).sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let path = messages(&conversation);
    let form = |size| Form::default().file("a", bytes(71, size));
    send(&john, &path, form(1_000_000)).await.expect(201);
    let before = binary.kilobytes("VmHWM");
    send(&john, &path, form(30_000_000)).await.expect(201);
    let grown = binary.kilobytes("VmHWM") - before;
    assert!(grown < 10_000, "{grown} kB for a file of 30 MB");
}
