//! A database of an older version, opened by this one: everything is still there, streams go on from
//! where they were, and what is new works on it.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;
use tempfile::TempDir;
use tincan::server::Config;

use crate::{
    old_database::of_version_1,
    support::{Binary, Server, dev, messages},
};

#[tokio::test]
async fn the_copy_of_a_database_is_its_owners_alone() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_1(folder.path());
    let binary = Binary::run(&mut Binary::under_a_wide_umask(&database));
    binary.nobody().sign_in("john").await;
    let copy = fs::metadata(folder.path().join("tincan.db.v1")).expect("a copy");
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_database_of_version_1_is_brought_up_to_date_with_everything_in_it() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_1(folder.path());
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
