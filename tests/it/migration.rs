//! A database of an older version, opened by this one: everything is still there, streams go on from
//! where they were, and what is new works on it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;
use tincan::server::Config;

use crate::support::{Binary, Server, dev, messages};

const SCHEMA_1: &str = include_str!("schema-1.sql");
/// `TinC`.
const APPLICATION_ID: i32 = 0x5469_6e43;
/// What people had done with version 1: john and jane talk, and jane has read up to the second.
const TALK: &str = "
    INSERT INTO clock VALUES (1, 10, 6, 0);
    INSERT INTO users VALUES (1, 'john', 'john', NULL, 1000), (2, 'jane', 'jane', NULL, 1000);
    INSERT INTO conversations VALUES (1, 'direct', NULL, 0, 1, 2, 1000);
    INSERT INTO participants VALUES (1, 1, 'member', 0, 3), (1, 2, 'member', 0, 2);
    INSERT INTO events VALUES (1, 1, 'conversation', NULL, NULL), (4, 1, 'read', 2, 1), (5, 1, 'read', 2, 2);
    INSERT INTO messages VALUES (2, 1, 1, 1, 'a', 'one', 2000, NULL, NULL), (3, 1, 2, 1, 'b', 'two', 3000, NULL, NULL),
                                (6, 1, 3, 1, 'c', 'three', 6000, NULL, NULL);";

/// A database as version 1 left it.
fn of_version_1(folder: &TempDir) -> PathBuf {
    let database = folder.path().join("tincan.db");
    let connection = Connection::open(&database).expect("a file");
    connection.execute_batch(SCHEMA_1).expect("the old schema");
    connection.execute_batch(TALK).expect("what was in it");
    for (pragma, value) in [("application_id", APPLICATION_ID), ("user_version", 1)] {
        connection
            .pragma_update(None, pragma, value)
            .expect("a mark");
    }
    database
}

#[tokio::test]
async fn the_copy_of_a_database_is_its_owners_alone() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_1(&folder);
    let binary = Binary::run(&mut Binary::under_a_wide_umask(&database));
    binary.nobody().sign_in("john").await;
    let copy = fs::metadata(folder.path().join("tincan.db.v1")).expect("a copy");
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_database_of_version_1_is_brought_up_to_date_with_everything_in_it() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_1(&folder);
    let server = Server::start(Config { database, ..dev() }).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let listed = jane.get("/api/conversations").await.expect(200);
    assert_eq!(listed[0]["lastMessage"]["content"], "three");
    assert_eq!(listed[0]["unreadCount"], 1);
    assert_eq!(listed[0]["participantCount"], 2);
    let page = jane.get(&messages("1")).await.expect(200);
    let contents: Vec<_> = page
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| &message["content"])
        .collect();
    assert_eq!(contents, ["three", "two", "one"]);

    // A phone that was away since the second message.
    let (events, _) = john.poll("a-3", 0).await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["read", "sent"]);
    assert_eq!(events[0].data["upTo"], 2);
    // And one that knows nothing yet.
    let (events, _) = jane.poll("a-0", 0).await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        ["conversation", "message", "message", "read", "message"]
    );

    let edited = john
        .patch("/api/messages/6", json!({ "content": "3" }))
        .await;
    assert_eq!(edited.expect(200)["content"], "3");
    let liked = jane.put("/api/messages/6/reactions/%F0%9F%91%8D").await;
    assert_eq!(liked.expect(200)["reactions"][0]["users"], json!(["2"]));
    let room = john.make_room("Club", &["jane"], false).await;
    assert_eq!(jane.say(&room, "here").await["number"], 2);
}
