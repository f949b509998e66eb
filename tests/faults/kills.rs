//! Killing the real server in the moment of one of its writes: each in turn, of a first start, of a
//! migration, and of the writer's work.

use std::{env, fs, path::Path, process::Command};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    old_database::of_version_1,
    support::{Binary, Client, Photo, messages, soon},
    tools,
    uploaders::Uploaders,
    witness::Witness,
    writers::Writers,
};

/// What changes a file.
const WRITES: [&str; 4] = ["pwrite64", "fsync", "ftruncate", "unlink"];

/// Whether every write is to be the last once, and not only some.
fn is_every() -> bool {
    env::var_os("EVERY_POINT").is_some()
}

/// Which of the calls of a kind are to be the last: each of the first ones, and then some.
fn points() -> impl Iterator<Item = usize> {
    (1..).filter(|point| *point <= 6 || point % 9 == 0 || is_every())
}

/// `tincan`, killed when a thread of it makes this call for the `count`th time.
fn killed_at(call: &str, count: usize, database: &Path) -> Command {
    let injection = format!("{call}:signal=KILL:when={count}");
    tools::traced(call, &injection, Path::new("/dev/null"), database)
}

/// Starts servers on databases that `prepare` makes, kills each at another write until one comes to
/// be ready, and has `check` look at what is left.
async fn sweep(prepare: impl Fn(&Path), check: impl AsyncFn(&Path)) {
    for call in WRITES {
        let mut kills = 0;
        for count in points() {
            let folder = TempDir::new().expect("a folder");
            prepare(folder.path());
            let database = folder.path().join("tincan.db");
            if Binary::try_run(&mut killed_at(call, count, &database)).is_some() {
                break;
            }
            kills += 1;
            check(folder.path()).await;
        }
        assert!(kills > 0, "no start makes the call {call}");
    }
}

#[tokio::test]
async fn a_first_start_that_is_killed_at_a_write_leaves_what_the_next_can_use() {
    if !tools::have(&["strace"]) {
        return;
    }
    let check = async |folder: &Path| {
        let database = folder.join("tincan.db");
        let binary = Binary::start_for_a_flood(&database);
        let john = binary.nobody().sign_in("john").await;
        let conversation = john.talk_to("jane").await;
        john.say(&conversation, "hi").await;
        assert!(Witness::of(&database).finds_the_file_whole());
    };
    sweep(|_| {}, check).await;
}

#[tokio::test]
async fn a_migration_that_is_killed_at_a_write_is_whole_or_not_begun() {
    if !tools::have(&["strace"]) {
        return;
    }
    let prepare = |folder: &Path| drop(of_version_1(folder));
    let check = async |folder: &Path| {
        expect_old_or_new(folder);
        let database = folder.join("tincan.db");
        let binary = Binary::start_for_a_flood(&database);
        let john = binary.nobody().sign_in("john").await;
        let page = john.get(&messages("1")).await.expect(200);
        let contents = page.as_array().expect("a list").iter();
        let contents: Vec<_> = contents.map(|message| &message["content"]).collect();
        assert_eq!(contents, ["three", "two", "one"]);
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole());
        expect_version_1(&folder.join("tincan.db.v1"));
    };
    sweep(prepare, check).await;
}

/// The database is of the one version or the other; once it is new, the copy of the old is there.
fn expect_old_or_new(folder: &Path) {
    // A look at the files themselves would change them.
    let looked = TempDir::new().expect("a folder");
    for file in fs::read_dir(folder).expect("a folder") {
        let file = file.expect("a file");
        if file.file_type().expect("a type").is_file() {
            fs::copy(file.path(), looked.path().join(file.file_name())).expect("a copy");
        }
    }
    let database = looked.path().join("tincan.db");
    let connection = Connection::open(&database).expect("a database");
    if number(&connection, "PRAGMA user_version") == 1 {
        expect_version_1(&database);
        return;
    }
    assert_eq!(tables(&connection, "events"), 0);
    assert_eq!(tables(&connection, "hooks"), 1);
    assert_eq!(number(&connection, "SELECT count(*) FROM messages"), 3);
    expect_version_1(&looked.path().join("tincan.db.v1"));
}

fn expect_version_1(database: &Path) {
    let connection = Connection::open(database).expect("a database");
    assert_eq!(number(&connection, "PRAGMA user_version"), 1);
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(verdict, "ok");
    assert_eq!(tables(&connection, "events"), 1);
    assert_eq!(tables(&connection, "hooks"), 0);
    assert_eq!(number(&connection, "SELECT count(*) FROM messages"), 3);
}

fn tables(connection: &Connection, name: &str) -> i64 {
    let query = format!("SELECT count(*) FROM sqlite_schema WHERE name = '{name}'");
    number(connection, &query)
}

fn number(connection: &Connection, query: &str) -> i64 {
    let number = connection.query_row(query, [], |row| row.get(0));
    number.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill_at_any_write_of_the_writer() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let binary = Binary::start_for_a_flood(&database);
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    let mut uploaders = Uploaders::new(&people).await;
    binary.kill();
    let mut writers = Writers::new(&people, &conversation);
    let (step, most) = if is_every() { (1, 200) } else { (11, 8) };
    let pages = (40..).step_by(step).take(most);
    // With photos, whose pieces are 128 pages each.
    let (step, most) = if is_every() { (17, 200) } else { (431, 8) };
    let photos = (200..).step_by(step).take(most);
    let points = pages.chain(photos).map(|count| ("pwrite64", count));
    let points = points.chain((4..10).map(|count| ("fsync", count)));
    for (call, count) in points {
        let binary = Binary::run(&mut killed_at(call, count, &database));
        let address = binary.address();
        let (left, unsettled) =
            tokio::join!(writers.write(address, |_| {}), uploaders.work(address));
        drop(binary);
        let binary = Binary::start_for_a_flood(&database);
        let (address, witness) = (binary.address(), Witness::of(&database));
        assert!(witness.finds_the_file_whole(), "{call} {count}");
        writers.settle(address, left).await;
        writers.expect_exactly(&witness);
        uploaders.settle(address, unsettled).await;
        uploaders.expect_exactly(address, &witness).await;
        binary.kill();
    }
}

/// A database with uploads that have expired, a deleted file of which some is left, and a photo that was sent.
async fn with_leftovers(database: &Path) -> (Client, String, Photo) {
    let binary = Binary::start_for_a_flood(database);
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let kept = Photo::new(0, 100_000);
    let id = john.upload("kept.jpg", &kept.taken).await;
    john.send_files(&conversation, &[&id]).await;
    for seed in [2, 4] {
        john.upload("left.jpg", &Photo::new(seed, 150_000).taken)
            .await;
    }
    // The same once more is kept once.
    john.upload("kept.jpg", &kept.taken).await;
    let half = john.begin_upload("half", 300_000).await;
    john.upload_part(&half, 0, &vec![1; 256 * 1024])
        .await
        .expect(200);
    binary.kill();
    let connection = Connection::open(database).expect("a database");
    connection
        .execute_batch(
            "UPDATE uploads SET touched_at = 0;
             INSERT INTO files (id, size) VALUES (99, 600000);
             INSERT INTO chunks (file_id, place, bytes) VALUES (99, 2, zeroblob(75712));",
        )
        .expect("leftovers");
    (john, id, kept)
}

fn is_swept(witness: &Witness) -> bool {
    witness.number("SELECT count(*) FROM uploads") == 0 && witness.orphans() == 0
}

#[tokio::test]
async fn a_sweep_that_is_killed_at_a_write_is_done_by_the_next() {
    if !tools::have(&["strace"]) {
        return;
    }
    let template = TempDir::new().expect("a folder");
    let leftovers = template.path().join("tincan.db");
    let (john, id, kept) = with_leftovers(&leftovers).await;
    let step = if is_every() { 1 } else { 61 };
    let mut kills = 0;
    for count in (1..).step_by(step) {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("tincan.db");
        fs::copy(&leftovers, &database).expect("a copy");
        if let Some(mut binary) = Binary::try_run(&mut killed_at("pwrite64", count, &database)) {
            let witness = Witness::of(&database);
            let is_done = soon("a sweep or a kill", async {
                while binary.is_alive() {
                    if is_swept(&witness) {
                        return true;
                    }
                    tokio::task::yield_now().await;
                }
                is_swept(&witness)
            });
            if is_done.await {
                break;
            }
        }
        kills += 1;
        let binary = Binary::start_for_a_flood(&database);
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole(), "{count}");
        witness.expect_files_agree();
        soon("a sweep", async {
            while !is_swept(&witness) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        witness.expect_files_agree();
        let path = format!("/api/files/{id}");
        let read = john.at(binary.address()).download(&path, &[]).await;
        assert!(read.bytes == kept.shown, "{count}");
    }
    assert!(kills > 3, "only {kills} kills");
}
