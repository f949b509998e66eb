//! A disk that has no room left, and one that nothing can be written to.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    support::{Binary, ended, messages},
    tools,
};

const CANT_CREATE: i32 = 73;

#[tokio::test]
async fn on_a_full_disk_writes_are_refused_until_there_is_room_again() {
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$1"; shift; exec "$@""#;
    let Some(mut way) = tools::in_namespace("--mount", script) else {
        return;
    };
    let folder = TempDir::new().expect("a folder");
    way.push(folder.path().to_str().expect("a plain path").to_owned());
    let database = folder.path().join("tincan.db");
    let server = Binary::run(&mut Binary::by_way_of("unshare", &way, &database));
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let before = john.say(&conversation, "while there is room").await;
    let jane = server.nobody().sign_in("jane").await;
    let mut stream = jane.follow(None).await;

    // The folder as the server sees it.
    let inside = format!("/proc/{}/root{}", server.id(), folder.path().display());
    let ballast = PathBuf::from(inside).join("ballast");
    let mut file = File::create(&ballast).expect("a file");
    while file.write(&[0; 4096]).is_ok_and(|length| length > 0) {}
    let path = messages(&conversation);
    let draft = json!({ "content": "too much", "clientId": "again" });
    let refused = john.post(&path, draft.clone()).await;
    refused.refused(507, "storage_full");
    assert_eq!(john.get("/healthz").await.status, 503);
    let history = john.get(&path).await.expect(200);
    assert_eq!(history, json!([before]));

    fs::remove_file(&ballast).expect("it can be removed");
    drop(file);
    john.post(&path, draft).await.expect(201);
    john.get("/healthz").await.expect(200);
    let event = stream.next().await.expect("the stream lives on");
    assert_eq!(event.data["content"], "too much");
    assert_eq!(event.data["number"], 2, "nothing came of the refused one");
}

/// Starts the program where this can't be written to, and checks that it says so and changes nothing.
async fn refuses_where_read_only(folder: &Path, read_only: &Path) {
    let script = r#"mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@""#;
    let Some(mut way) = tools::in_namespace("--mount", script) else {
        return;
    };
    way.push(read_only.to_str().expect("a plain path").to_owned());
    let database = folder.join("tincan.db");
    let before = fs::read(&database).ok();
    let mut command = Binary::by_way_of("unshare", &way, &database);
    command.stderr(Stdio::piped());
    let refused = ended(command).await;
    assert_eq!(refused.code, Some(CANT_CREATE), "{}", refused.stderr);
    assert_eq!(refused.stdout, "", "it was never ready");
    let name = folder.to_str().expect("a plain path");
    assert!(refused.stderr.contains(name), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    assert!(fs::read(&database).ok() == before, "the file was changed");
}

#[tokio::test]
async fn where_nothing_can_be_written_it_names_the_place_and_does_not_start() {
    let folder = TempDir::new().expect("a folder");
    refuses_where_read_only(folder.path(), folder.path()).await;
    let database = folder.path().join("tincan.db");
    assert!(!database.exists());
    let binary = Binary::start(&database);
    let john = binary.nobody().sign_in("john").await;
    john.talk_to("jane").await;
    binary.kill();
    // The whole folder, or the file alone.
    for read_only in [folder.path(), &database] {
        refuses_where_read_only(folder.path(), read_only).await;
    }
    Binary::start(&database);
}
