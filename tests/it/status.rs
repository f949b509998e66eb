//! `tincan status`: how a server is doing, told in a terminal.

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Binary, Ended, ended};

async fn status(database: &str, more: &[&str]) -> Ended {
    let mut command = Binary::command(&["status", "--db", database]);
    command.args(more);
    ended(command).await
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[tokio::test]
async fn it_tells_what_the_server_has_and_does() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Binary::start(&database);
    let database = database.to_str().expect("a plain path");
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "hello").await;
    let stream = john.follow(None).await;

    let told = status(database, &["--json"]).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let told = json(&told);
    let exact = [
        ("running", json!(true)),
        ("healthy", json!(true)),
        ("problem", Value::Null),
        ("address", json!(format!("http://{}", server.address()))),
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("users", json!(2)),
        ("messages", json!(1)),
        ("queuedWrites", json!(0)),
        ("backups", Value::Null),
    ];
    for (field, expected) in exact {
        assert_eq!(told[field], expected, "{field} in {told}");
    }
    let streams = json!({ "sse": 1, "websocket": 0, "long_poll": 0, "follow_page": 0 });
    assert_eq!(told["streams"], streams);
    for (field, least) in [
        ("connections", 1),
        ("commitMicros", 1),
        ("databaseBytes", 2_048),
        ("walBytes", 2_048),
        ("freeBytes", 1),
        ("uptimeSeconds", 0),
    ] {
        assert!(told[field].as_u64() >= Some(least), "{field} in {told}");
    }

    let shown = status(database, &[]).await;
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert_eq!(shown.stderr, "");
    let places = shown.stdout.lines().map(|line| {
        let name = line.find("  ").expect("a name, and what is said of it");
        name + line[name..].len() - line[name..].trim_start().len()
    });
    let mut places: Vec<_> = places.collect();
    places.dedup();
    assert_eq!(places.len(), 1, "aligned: {}", shown.stdout);
    let backups = "\nbackups          none; see --backup-dir\n";
    for part in ["healthy, up ", "1 sse\n", "messages", backups] {
        assert!(shown.stdout.contains(part), "{part} in {}", shown.stdout);
    }
    drop(stream);
}

#[tokio::test]
async fn where_no_server_runs_it_says_so() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let path = database.to_str().expect("a plain path");
    for is_there in [false, true] {
        if is_there {
            let server = Binary::start(&database);
            server.signal("TERM");
            server.ended().await;
        }
        assert_eq!(database.exists(), is_there);
        let told = status(path, &[]).await;
        assert_eq!(told.code, Some(69), "{}", told.stderr);
        assert_eq!(told.stdout, "");
        assert_eq!(
            told.stderr,
            format!("tincan: no server is running on {path}\n")
        );
        let told = status(path, &["--json"]).await;
        assert_eq!(told.code, Some(69));
        assert_eq!(json(&told), json!({ "running": false }));
    }
}

#[tokio::test]
async fn a_server_that_cannot_write_is_not_healthy() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Binary::start(&database);
    let other = Connection::open(&database).expect("a connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let path = database.to_str().expect("a plain path");
    let told = status(path, &[]).await;
    assert_eq!(told.code, Some(1), "{}", told.stdout);
    assert!(
        told.stdout.starts_with("server           unhealthy"),
        "{}",
        told.stdout
    );
    assert!(
        told.stderr.contains("can’t be written to"),
        "{}",
        told.stderr
    );
    other.execute_batch("ROLLBACK").expect("the lock’s end");
    assert_eq!(status(path, &[]).await.code, Some(0));
    drop(server);
}
