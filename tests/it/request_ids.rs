//! What a request is called, in its answer and in the log.

use std::{collections::HashSet, fs, path::Path, process::Stdio};

use reqwest::{Method, header::HeaderMap};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Answer, Binary, Server, answer, dev, messages, raw, strict, text};

/// The id in an answer's head.
fn id_of(headers: &HeaderMap) -> String {
    let mut ids = headers.get_all("x-request-id").iter();
    let id = ids.next().expect("an id").to_str().expect("a text");
    assert_eq!(ids.next(), None, "one id");
    id.to_owned()
}

/// Asks with this id.
async fn ask_as(server: &Server, id: &str) -> Answer {
    let request = format!(
        "GET /api/config HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n"
    );
    raw(server.address(), request).await
}

#[tokio::test]
async fn every_answer_has_one_of_its_own() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let mut seen = HashSet::new();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::HEAD, "/"),
        (Method::GET, "/icon.svg"),
        (Method::GET, "/nothing.js"),
        (Method::GET, "/healthz"),
        (Method::GET, "/metrics"),
        (Method::GET, "/plain"),
        (Method::GET, "/api/config"),
        (Method::GET, "/api/nothing"),
        (Method::GET, "/api/auth_user"),
        (Method::DELETE, "/api/config"),
    ] {
        let answer = answer(nobody.request(method, path)).await;
        assert!(
            seen.insert(id_of(&answer.headers)),
            "{path}: one of its own"
        );
    }
    let refused = "GET /api/config HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let refused = raw(server.address(), refused).await;
    assert!(seen.insert(id_of(&refused.headers)));
    let john = server.sign_in("john").await;
    let request = john.stream_request().send().await.expect("a stream");
    assert!(seen.insert(id_of(request.headers())));
}

#[tokio::test]
async fn a_trusted_proxy_may_choose_it_where_that_makes_sense() {
    let behind = |trusted: &str| Config {
        settings: ServerSettings {
            trusted_proxies: vec![trusted.parse().expect("a network")],
            ..ServerSettings::default()
        },
        ..strict()
    };
    let trusting = Server::start(behind("127.0.0.1")).await;
    let longest = "x".repeat(64);
    for id in ["7", "0af7651916cd43dd-8448.eb_211", &longest] {
        assert_eq!(id_of(&ask_as(&trusting, id).await.headers), id);
    }
    let too_long = "x".repeat(65);
    for id in [
        "",
        " ",
        "a b",
        "a\tb",
        "a\"b",
        "a,b",
        "\u{e4}",
        "a=b",
        "\u{1b}[31m",
        &too_long,
    ] {
        let answer = ask_as(&trusting, id).await;
        // What isn’t a header at all is refused before.
        if answer.status == 200 {
            assert_ne!(id_of(&answer.headers), id);
        }
    }
    let other = Server::start(behind("192.0.2.1")).await;
    let refused = ask_as(&other, "mine").await;
    assert_ne!(id_of(&refused.headers), "mine", "nobody is trusted");
}

/// Serves with this log, as fields.
fn serve(database: &Path, log: &Path, level: &str) -> Binary {
    let mut command = Binary::command(&[
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log",
        level,
        "--db",
    ]);
    let log = fs::File::create(log).expect("a log");
    Binary::run(command.arg(database).stderr(Stdio::from(log)))
}

/// The lines of a log that are about a request.
fn lines_of(log: &Path, id: &str) -> Vec<Value> {
    let log = fs::read_to_string(log).expect("the log");
    let lines = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines
        .filter(|line: &Value| line["span"]["request_id"] == id)
        .collect()
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_with_its_id() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let server = serve(&folder.path().join("tincan.db"), &log, "debug");
    let nobody = server.nobody();
    let answer = nobody.get("/api/usernames?search=a-searched-name").await;
    let lines = lines_of(&log, &id_of(&answer.headers));
    let line = lines.iter().find(|line| line["message"] == "answered");
    let line = line.expect("a line");
    let shown = json!([line["method"], line["path"], line["status"]]);
    assert_eq!(shown, json!(["GET", "/api/usernames", 401]));
    assert!(line["micros"].is_u64(), "{line}");
}

#[tokio::test]
async fn what_goes_wrong_inside_is_logged_with_the_id_of_the_request() {
    let folder = TempDir::new().expect("a folder");
    let (database, log) = (folder.path().join("tincan.db"), folder.path().join("log"));
    let server = serve(&database, &log, "info");
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let path = messages(&conversation);
    john.say(&conversation, "hello").await;
    let well = john.get(&path).await;
    assert_eq!(lines_of(&log, &id_of(&well.headers)), Vec::<Value>::new());

    let other = Connection::open(&database).expect("a connection");
    other
        .execute_batch("ALTER TABLE messages RENAME TO gone")
        .expect("a defect");
    let read = john.get(&path).await;
    let written = john.post(&path, json!({ "content": "lost" })).await;
    for (answer, method) in [(read, "GET"), (written, "POST")] {
        let lines = lines_of(&log, &id_of(&answer.headers));
        answer.refused(500, "internal");
        let [cause, line] = &lines[..] else {
            panic!("{method}: {lines:?}")
        };
        assert!(text(&cause["error"]).contains("messages"), "{cause}");
        assert_eq!(cause["level"], "ERROR");
        let shown = json!([line["level"], line["method"], line["path"], line["status"]]);
        assert_eq!(shown, json!(["ERROR", method, path, 500]));
    }
}
