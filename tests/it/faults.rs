//! What goes wrong around a server: a disk without room, a start cut short, a link to nowhere, and
//! requests that no client should send.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    plain::{Browser, html},
    support::{Binary, Client, Talk, answer, dev, ended, messages, raw, until},
};

/// Lets a running process make files no longer than this, as a full disk or a quota would.
fn limit_files(server: &Binary, limit: &str) {
    let status = Command::new("prlimit")
        .args([
            &format!("--pid={}", server.id()),
            &format!("--fsize={limit}:"),
        ])
        .status();
    assert!(status.expect("prlimit runs").success());
}

#[tokio::test]
async fn without_room_writes_are_refused_and_reads_go_on_until_there_is_room_again() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    // The signal that goes with the limit would end a process that doesn't ignore it.
    let ignoring = ["-c", r#"trap '' XFSZ; exec "$@""#, "sh"];
    let mut command = Binary::by_way_of("sh", &ignoring, &database);
    let server = Binary::run(&mut command);
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let before = john.say(&conversation, "while there is room").await;
    let jane = server.nobody().sign_in("jane").await;
    let mut stream = jane.follow(None).await;

    limit_files(&server, "4096");
    let path = messages(&conversation);
    let draft = json!({ "content": "too much", "clientId": "again" });
    john.post(&path, draft.clone())
        .await
        .refused(507, "storage_full");
    let health = john.get("/healthz").await;
    assert_eq!(
        health.status, 503,
        "a probe that writes nothing would say ok"
    );
    let history = john.get(&path).await.expect(200);
    assert_eq!(history, json!([before]));
    // So it is where the page would mark it as read, and a form that is refused.
    let page = format!("/plain/conversations/{conversation}");
    let shown = Browser::of(&jane).page(&page).await;
    assert!(shown.contains("while there is room"), "{shown}");
    let refused = Browser::of(&john)
        .send(&page, &[("content", "too much")])
        .await;
    let refused = html(refused, 507);
    assert!(refused.contains(">\ntoo much</textarea>"), "{refused}");

    limit_files(&server, "unlimited");
    john.post(&path, draft).await.expect(201);
    john.get("/healthz").await.expect(200);
    let event = stream.next().await.expect("the stream lives on");
    assert_eq!(event.data["content"], "too much");
    assert_eq!(event.data["number"], 2, "nothing came of the refused one");
}

/// Lets a running process have no more open files than it has now, or as many as it began with.
fn limit_open_files(server: &Binary, is_limited: bool) {
    let folder = format!("/proc/{}/fd", server.id());
    let is_open = |number: &u32| Path::new(&folder).join(number.to_string()).exists();
    let lowest_free = (0..1_000_u32)
        .find(|number| !is_open(number))
        .expect("a number");
    let limit = if is_limited { lowest_free } else { 1_000 };
    let status = Command::new("prlimit")
        .args([
            &format!("--pid={}", server.id()),
            &format!("--nofile={limit}:"),
        ])
        .status();
    assert!(status.expect("prlimit runs").success());
}

#[tokio::test]
async fn without_free_files_streams_live_on_and_newcomers_wait_until_there_are_some() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let arguments = ["--dev", "--listen", "127.0.0.1:0", "--log", "warn", "--db"];
    let mut command = Binary::command(&arguments);
    command.arg(folder.path().join("tincan.db"));
    let server = Binary::run(command.stderr(File::create(&log).expect("a log")));
    let john = server.nobody().sign_in("john").await;
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;
    // So that the connection that it says this over is open already.
    john.say(&conversation, "before").await;
    stream.take(1).await;

    limit_open_files(&server, true);
    let newcomer = server.nobody();
    let waits = tokio::spawn(async move { newcomer.get("/api/config").await });
    until("the system to refuse", async || {
        let told = fs::read_to_string(&log).expect("a log");
        told.contains("can’t accept connections").then_some(())
    })
    .await;
    for number in 0..5 {
        let said = john.say(&conversation, &number.to_string()).await;
        let event = stream.next().await.expect("the stream lives on");
        assert_eq!(event.data["id"], said["id"]);
    }
    assert!(!waits.is_finished(), "there was a file left");

    limit_open_files(&server, false);
    waits.await.expect("no panic").expect(200);
    server.nobody().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn a_database_whose_making_was_cut_short_is_made_again() {
    let folder = TempDir::new().expect("a folder");
    let (making, database) = (
        folder.path().join("making.db"),
        folder.path().join("tincan.db"),
    );
    let connection = Connection::open(&making).expect("a connection");
    // Pages that don't fit the cache are written before the commit: then the journal is hot.
    connection
        .execute_batch("PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))")
        .expect("a transaction under way");
    for suffix in ["", "-journal"] {
        let name = |base: &std::path::Path| format!("{}{suffix}", base.display());
        fs::copy(name(&making), name(&database)).expect("a copy as a power cut would leave it");
    }
    assert!(fs::metadata(&database).expect("a file").len() > 0);
    Binary::start(&database).nobody().sign_in("john").await;
}

#[tokio::test]
async fn a_link_to_a_file_that_is_not_there_yet_has_one_server_too() {
    let folder = TempDir::new().expect("a folder");
    let (target, link) = (
        folder.path().join("target.db"),
        folder.path().join("link.db"),
    );
    symlink(&target, &link).expect("a link");
    let first = Binary::start(&link);
    for name in [&link, &target] {
        let name = name.to_str().expect("a plain path");
        let arguments = ["--dev", "--listen", "127.0.0.1:0", "--db", name];
        let second = ended(Binary::command(&arguments)).await;
        assert_eq!(second.code, Some(75), "{}", second.stderr);
    }
    first.nobody().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn whoever_missed_the_reset_after_a_hello_is_told_again() {
    let talk = Talk::start(dev()).await;
    let mut stream = talk.john.open_stream(Some("no-cursor")).await;
    let hello = stream.next().await.expect("a hello");
    assert_eq!(hello.name, "hello");
    drop(stream);
    let resumed = hello.data["cursor"].as_str().expect("a cursor");
    for cursor in [hello.id.as_str(), resumed] {
        let mut stream = talk.john.follow(Some(cursor)).await;
        assert_eq!(stream.next().await.expect("an event").name, "reset");
    }
}

#[tokio::test]
async fn a_request_names_a_path_and_one_host() {
    let talk = Talk::start(dev()).await;
    let address = talk.server.address();
    let requests = [
        "GET localhost HTTP/1.1\r\nHost: localhost\r\n",
        "HEAD localhost HTTP/1.1\r\nHost: localhost\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n",
        "GET /api/config HTTP/1.1\r\n",
        "GET /api/config HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
    ];
    for request in requests {
        let answer = raw(address, format!("{request}Connection: close\r\n\r\n")).await;
        assert_eq!(answer.status, 400, "{request}");
    }
}

#[tokio::test]
async fn dev_mode_sees_through_proxies_that_tell_of_themselves() {
    let talk = Talk::start(dev()).await;
    let nobody = Client::new(talk.server.address());
    let through: [&[(&str, &str)]; 3] = [
        &[("via", "1.1 proxy")],
        &[("x-real-ip", "192.0.2.1")],
        &[
            ("origin", "https://chat.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ];
    for headers in through {
        let mut request = nobody.request(reqwest::Method::POST, "/api/login");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refused = answer(request.json(&json!({ "username": "john" }))).await;
        refused.refused(403, "dev_is_local");
    }
    let absolute = "GET http://chat.example/api/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    raw(talk.server.address(), absolute)
        .await
        .refused(403, "dev_is_local");
}

#[tokio::test]
async fn a_name_has_no_letters_that_nobody_sees() {
    let talk = Talk::start(dev()).await;
    for name in ["john\u{3164}", "john\u{ffa0}", "\u{115f}", "jo\u{17b4}hn"] {
        let taken = talk
            .john
            .post("/api/accounts", json!({ "username": name }))
            .await;
        taken.refused(422, "invalid");
    }
}

#[tokio::test]
async fn a_send_that_fails_halfway_leaves_nothing() {
    let talk = Talk::start(dev()).await;
    talk.john.say(&talk.conversation, "before").await;
    // Somebody has tinkered with the database: the second thing that a send writes fails.
    let tinkering = Connection::open(talk.server.database()).expect("a database");
    tinkering
        .execute_batch(
            "CREATE TRIGGER tinkered BEFORE UPDATE ON participants BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .expect("a trigger");
    let path = messages(&talk.conversation);
    let draft = json!({ "content": "halfway", "clientId": "halfway" });
    talk.john
        .post(&path, draft.clone())
        .await
        .refused(500, "internal");
    tinkering
        .execute_batch("DROP TRIGGER tinkered")
        .expect("it was there");
    let history = talk.john.get(&path).await.expect(200);
    assert_eq!(history.as_array().map(Vec::len), Some(1), "{history}");
    let sent = talk.john.post(&path, draft).await.expect(201);
    assert_eq!(sent["number"], 2);
}
