//! A disk that has no room left, and one that nothing can be written to.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    support::{Binary, Stream, bytes, ended, messages, soon, until},
    tools,
};

const CANT_CREATE: i32 = 73;
/// Bytes of a part of a file.
const PART: usize = 1024 * 1024;

/// A folder as the server sees it.
fn inside(server: &Binary, folder: &Path) -> PathBuf {
    format!("/proc/{}/root{}", server.id(), folder.display()).into()
}

/// Fills the disk on which a folder is, with a file.
fn fill(folder: &Path) -> PathBuf {
    let ballast = folder.join("ballast");
    let mut file = File::create(&ballast).expect("a file");
    let zeros = vec![0; 64 * 1024];
    while file.write(&zeros).is_ok_and(|length| length > 0) {}
    ballast
}

/// A server whose database is on a disk of this size, at the folder. None if the test has to be skipped.
fn on_a_small_disk(folder: &Path, size: &str) -> Option<Binary> {
    let script = format!(r#"mount -t tmpfs -o size={size} tmpfs "$1"; shift; exec "$@""#);
    let mut way = tools::in_namespace("--mount", &script)?;
    way.push(tools::plain(folder));
    let database = folder.join("tincan.db");
    Some(Binary::run(&mut Binary::by_way_of(
        "unshare", &way, &database,
    )))
}

#[tokio::test]
async fn on_a_full_disk_writes_are_refused_until_there_is_room_again() {
    let folder = TempDir::new().expect("a folder");
    let Some(server) = on_a_small_disk(folder.path(), "4m") else {
        return;
    };
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let before = john.say(&conversation, "while there is room").await;
    let jane = server.nobody().sign_in("jane").await;
    let mut stream = jane.follow(None).await;

    let ballast = fill(&inside(&server, folder.path()));
    let path = messages(&conversation);
    let draft = json!({ "content": "too much", "clientId": "again" });
    let refused = john.post(&path, draft.clone()).await;
    refused.refused(507, "storage_full");
    assert_eq!(john.get("/healthz").await.status, 503);
    let history = john.get(&path).await.expect(200);
    assert_eq!(history, json!([before]));

    fs::remove_file(&ballast).expect("it can be removed");
    john.post(&path, draft).await.expect(201);
    john.get("/healthz").await.expect(200);
    let event = stream.next().await.expect("the stream lives on");
    assert_eq!(event.data["content"], "too much");
    assert_eq!(event.data["number"], 2, "nothing came of the refused one");
}

/// Somebody has filled the disk. What is left of it is for those who have to stop them.
#[tokio::test]
async fn on_a_nearly_full_disk_one_can_still_sign_in_and_make_room() {
    // A twentieth of it is the reserve: 10 MiB.
    let folder = TempDir::new().expect("a folder");
    let Some(server) = on_a_small_disk(folder.path(), "200m") else {
        return;
    };
    let john = server.nobody().sign_in("john").await;
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    for number in 0..50 {
        jane.say(&conversation, &format!("unwanted {number}")).await;
    }
    let said = john.say(&conversation, "by john").await;
    let room = messages(&john.make_room("House", &[], false).await);
    let ballast = fill(&inside(&server, folder.path()));
    let file = File::options().write(true).open(&ballast).expect("a file");
    let length = file.metadata().expect("a size").len();
    file.set_len(length - 8 * 1024 * 1024).expect("some room");
    drop(file);

    let path = messages(&conversation);
    let draft = json!({ "content": "too much" });
    until("the reserve to be kept", async || {
        (jane.post(&path, draft.clone()).await.status == 507).then_some(())
    })
    .await;
    jane.post(&path, draft.clone())
        .await
        .refused(507, "storage_full");
    let club = json!({ "name": "Club" });
    jane.post("/api/conversations", club)
        .await
        .refused(507, "storage_full");
    let robin = json!({ "username": "robin" });
    server
        .nobody()
        .post("/api/accounts", robin)
        .await
        .refused(507, "storage_full");
    john.get(&path).await.expect(200);

    let again = server.nobody().sign_in("john").await;
    let of_jane = format!("/api/admin/users/{}", jane.id);
    again
        .delete(&format!("{of_jane}/sessions"))
        .await
        .expect(204);
    again
        .patch(&of_jane, json!({ "disabled": true }))
        .await
        .expect(200);
    let of_john = format!("/api/messages/{}", said["id"].as_str().expect("an id"));
    again.delete(&of_john).await.expect(204);
    again
        .post(&format!("{of_jane}/purge"), json!({}))
        .await
        .expect(202);
    let newest = format!("{path}?limit=100");
    until("what she wrote to be gone", async || {
        let history = again.get(&newest).await.expect(200);
        let mut all = history.as_array().expect("a list").iter();
        all.all(|message| message["content"] == "").then_some(())
    })
    .await;
    again.post("/api/logout", json!({})).await.expect(204);

    fs::remove_file(&ballast).expect("it can be removed");
    john.post(&room, draft).await.expect(201);
}

// So that connections which the server closes meanwhile are noticed.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_for_which_the_disk_has_no_room_goes_on_where_it_was() {
    // More than what files leave free for everything else.
    let folder = TempDir::new().expect("a folder");
    let Some(server) = on_a_small_disk(folder.path(), "128m") else {
        return;
    };
    let john = server.nobody().sign_in("john").await;
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let earlier = bytes(1, PART);
    let before = john.upload("earlier", &earlier).await;
    john.send_files(&conversation, &[&before]).await;
    let mut stream = jane.follow(None).await;

    let sent = bytes(2, 20 * PART);
    let id = john.begin_upload("film", sent.len()).await;
    john.upload_part(&id, 0, &sent[..PART]).await.expect(200);
    let ballast = fill(&inside(&server, folder.path()));
    let path = format!("/api/uploads/{id}");
    let mut received = PART;
    // The log may have some room left in it.
    let refused = loop {
        let part = &sent[received..received + PART];
        let answer = john.upload_part(&id, received, part).await;
        if answer.status != 200 {
            break answer;
        }
        received += PART;
    };
    refused.refused(507, "storage_full");
    let too_much = json!({ "name": "another", "size": 1 });
    let too_much = john.post("/api/uploads", too_much).await;
    too_much.refused(507, "storage_full");
    // What is there can be read, and what isn’t kept is told.
    let read = jane.download(&format!("/api/files/{before}"), &[]).await;
    assert!(read.bytes == earlier);
    let history = jane.get(&messages(&conversation)).await.expect(200);
    assert_eq!(history[0]["attachments"][0]["id"], before);
    let typing = format!("/api/conversations/{conversation}/typing");
    john.post(&typing, json!({})).await.expect(204);
    let told = async |stream: &mut Stream| {
        let event = stream.next_passing().await;
        event.expect("the stream lives on").name
    };
    while told(&mut stream).await != "typing" {}

    fs::remove_file(ballast).expect("it can be removed");
    john.say(&conversation, "There is room again.").await;
    let event = stream.next_named("message").await;
    assert_eq!(event.data["content"], "There is room again.");
    // Of the part that was refused some pieces may be there.
    let upload = john.get(&path).await.expect(200);
    let there = upload["received"].as_u64().expect("a number");
    let mut there = usize::try_from(there).expect("a size");
    assert!((received..received + PART).contains(&there), "{upload}");
    while there < sent.len() {
        let end = sent.len().min(there + PART);
        let upload = john.upload_part(&id, there, &sent[there..end]).await;
        assert_eq!(upload.expect(200)["received"], end);
        there = end;
    }
    john.send_files(&conversation, &[&id]).await;
    let read = jane.download(&format!("/api/files/{id}"), &[]).await;
    assert!(read.bytes == sent, "the same bytes");
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

/// A server with a folder for backups, and that folder as the server sees it. The folder of this name is a disk of so
/// many KiB.
fn with_a_small_disk(folder: &Path, disk: &Path, kib: u32) -> Option<(Binary, PathBuf)> {
    let script =
        format!(r#"mount -t tmpfs -o size={kib}k tmpfs "$1"; mkdir -p "$2"; shift 2; exec "$@""#);
    let mut way = tools::in_namespace("--mount", &script)?;
    let backups = folder.join("backups");
    fs::create_dir(&backups).expect("a folder");
    way.extend([disk, &backups].map(tools::plain));
    let mut command = Binary::by_way_of("unshare", &way, &folder.join("tincan.db"));
    let log = File::create(folder.join("log")).expect("a file");
    command.arg("--backup-dir").arg(&backups).stderr(log);
    let server = Binary::run(&mut command);
    let inside = format!("/proc/{}/root{}", server.id(), backups.display());
    Some((server, inside.into()))
}

/// What administrators are told of the backups, once it is this.
async fn is_told(server: &Binary, problem: &str, count: u64) -> Value {
    let john = server.nobody().sign_in("john").await;
    until(problem, async || {
        let told = john.get("/api/admin/storage").await.expect(200)["backups"].clone();
        (told["problem"] == problem && told["count"] == count).then_some(told)
    })
    .await
}

/// The sentence that a terminal shows.
async fn is_warned(database: &Path, sentence: &str) {
    let status = Binary::command(&["status", "--db", &tools::plain(database)]);
    let shown = ended(status).await.stdout;
    let warning = format!("\nwarning          {sentence}\n");
    assert!(shown.contains(&warning), "{shown}");
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

#[tokio::test]
async fn a_backup_that_does_not_fit_is_not_begun() {
    let folder = TempDir::new().expect("a folder");
    let disk = folder.path().join("backups");
    let Some((server, backups)) = with_a_small_disk(folder.path(), &disk, 128) else {
        return;
    };
    let database = folder.path().join("tincan.db");
    let told = is_told(&server, "no_room", 0).await;
    assert_eq!(told["available"], 128 * 1024, "{told}");
    assert!(told["needed"].as_u64() > Some(128 * 1024), "{told}");
    is_warned(&database, "there isn’t enough room for the next backup").await;
    let log = folder.path().join("log");
    until("the log", async || {
        let log = fs::read_to_string(&log).expect("a log");
        log.contains("needed, 128.0 KiB available").then_some(())
    })
    .await;
    let copy = tools::plain(&backups.join("copy.db"));
    let command = Binary::command(&["backup", &copy, "--db", &tools::plain(&database)]);
    let refused = ended(command).await;
    assert_eq!(refused.code, Some(CANT_CREATE), "{}", refused.stderr);
    let sentence = "needed, 128.0 KiB available";
    assert!(refused.stderr.contains(sentence), "{}", refused.stderr);
    assert!(is_empty(&backups));
}

#[tokio::test]
async fn backups_that_will_not_all_fit_are_told_in_time() {
    let folder = TempDir::new().expect("a folder");
    let disk = folder.path().join("backups");
    let Some((server, backups)) = with_a_small_disk(folder.path(), &disk, 1_024) else {
        return;
    };
    is_told(&server, "no_room_for_all", 1).await;
    let sentence = "there isn’t enough room for all backups to keep";
    is_warned(&folder.path().join("tincan.db"), sentence).await;
    assert!(!is_empty(&backups));
}

#[tokio::test]
async fn a_backup_leaves_a_server_on_the_same_disk_some_of_it() {
    let folder = TempDir::new().expect("a folder");
    // There would be room for more than a hundred.
    let Some((server, backups)) = with_a_small_disk(folder.path(), folder.path(), 48 * 1024) else {
        return;
    };
    let told = is_told(&server, "no_room", 0).await;
    assert_eq!(told["available"], 0, "{told}");
    assert!(is_empty(&backups));
}

#[tokio::test]
async fn how_far_a_backup_is_is_told_while_it_is_made() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    Binary::start(&database).kill();
    let ballast = "CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(32000000))";
    let connection = Connection::open(&database).expect("a database");
    connection.execute_batch(ballast).expect("room");
    drop(connection);
    // Every eighth MiB of the copy is synced.
    let slow = "fdatasync:delay_enter=500000";
    let log = folder.path().join("log");
    let mut command = tools::traced("fdatasync", slow, &log, &database);
    let backups = folder.path().join("backups");
    let server = Binary::run(command.arg("--backup-dir").arg(&backups));
    let john = server.nobody().sign_in("john").await;
    soon("a backup that is being made", async {
        loop {
            let told = john.get("/api/admin/storage").await.expect(200);
            let running = &told["backups"]["running"];
            if !running.is_null() {
                let [done, of] = ["done", "of"].map(|part| running[part].as_u64().unwrap_or(0));
                assert!(0 < done && done <= of && of > 32_000_000, "{running}");
                assert_eq!(told["backups"]["problem"], Value::Null, "{told}");
                break;
            }
            assert_eq!(told["backups"]["newest"], Value::Null, "it was too fast");
        }
    })
    .await;
}
