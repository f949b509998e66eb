//! Killing the real server in the moment of one of its writes: each in turn, of a first start, of a
//! migration, and of the writer's work.

use std::{env, fs, path::Path, process::Command};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    old_database::of_version_1,
    support::{Binary, messages},
    tools,
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
        let binary = Binary::start(&database);
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
        let binary = Binary::start(&database);
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
    let binary = Binary::start(&database);
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    binary.kill();
    let mut writers = Writers::new(&people, &conversation);
    let (step, most) = if is_every() { (1, 200) } else { (11, 12) };
    let pages = (40..).step_by(step).take(most);
    let points = pages.map(|count| ("pwrite64", count));
    let points = points.chain((4..10).map(|count| ("fsync", count)));
    for (call, count) in points {
        let binary = Binary::run(&mut killed_at(call, count, &database));
        let left = writers.write(binary.address(), |_| {}).await;
        drop(binary);
        let binary = Binary::start(&database);
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole(), "{call} {count}");
        writers.settle(binary.address(), left).await;
        writers.expect_exactly(&witness);
        binary.kill();
    }
}
