//! Backing up, restoring and checking from the command line.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    home::Home,
    old_database::{of_version_1, of_version_3},
    support::{Binary, Client, at_once, ended, messages, on_path, skip, text},
};

impl Home {
    fn serve(&self) -> Binary {
        Binary::start_for_a_flood(&self.file("tincan.db"))
    }

    async fn refused(&self, arguments: &[&str], code: i32, why: &str) {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }

    /// The names in the folder.
    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder()).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        entries
            .map(|entry| name(entry).into_string().expect("a plain name"))
            .collect()
    }

    /// Where a restore has put the database that was there before.
    fn kept(&self) -> PathBuf {
        let files = self.files();
        let kept: Vec<_> = files
            .iter()
            .filter(|name| name.starts_with("tincan.db.before-") && name.ends_with('Z'))
            .collect();
        assert_eq!(kept.len(), 1, "{files:?}");
        self.file(kept[0])
    }

    /// A database in which john has said this to jane, and that no server has; and what follows a stream's last event.
    async fn with_messages(&self, contents: &[&str]) -> String {
        let server = self.serve();
        let cursor = talk(&server, contents).await.cursor().await;
        server.signal("TERM");
        server.ended().await;
        cursor
    }
}

/// John, who has said this to jane.
async fn talk(server: &Binary, contents: &[&str]) -> Client {
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    for content in contents {
        john.say(&conversation, content).await;
    }
    john
}

/// The messages that a database holds, which is whole.
fn contents(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).expect("a database");
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(verdict, "ok");
    let mut statement = connection
        .prepare("SELECT content FROM messages ORDER BY id")
        .expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<rusqlite::Result<_>>().expect("texts")
}

/// So much besides, that copying takes many steps.
fn add_ballast(database: &Path) {
    Connection::open(database)
        .expect("a database")
        .execute_batch(
            "CREATE TABLE ballast (x);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
             INSERT INTO ballast SELECT randomblob(1000000) FROM n",
        )
        .expect("room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_constant_sends_holds_what_was_answered_before_and_no_hole() {
    let home = Home::new();
    home.with_messages(&[]).await;
    add_ballast(&home.file("tincan.db"));
    let server = home.serve();
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let before = john.say(&conversation, "before").await;
    let enough = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (john, conversation, enough) =
                (john.clone(), conversation.clone(), Arc::clone(&enough));
            async move {
                let mut count = 0;
                while !enough.load(Ordering::Acquire) {
                    john.say(&conversation, "meanwhile").await;
                    count += 1;
                }
                count
            }
        })
        .collect();
    let writing = tokio::spawn(at_once(writers));
    home.done(&["backup", &home.path("backup.db")]).await;
    enough.store(true, Ordering::Release);
    let counts: Vec<i64> = writing.await.expect("no panic");
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");

    let rows = |name| -> Vec<(i64, i64, String)> {
        let connection = Connection::open(home.file(name)).expect("a database");
        let mut statement = connection
            .prepare("SELECT id, number, content FROM messages ORDER BY id")
            .expect("a statement");
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .expect("rows");
        rows.collect::<rusqlite::Result<_>>().expect("messages")
    };
    let (all, copied) = (rows("tincan.db"), rows("backup.db"));
    assert!(!copied.is_empty());
    assert_eq!(copied, all[..copied.len()], "a prefix");
    assert_eq!(copied[0].0.to_string(), text(&before["id"]));
    let numbers = copied.iter().map(|(_, number, _)| *number);
    assert!(numbers.eq(1..=i64::try_from(copied.len()).expect("a few")));
    assert_eq!(contents(&home.file("backup.db")).len(), copied.len());
}

#[tokio::test]
async fn a_backup_is_one_file_of_its_owners_alone_and_takes_nobodys_place() {
    let home = Home::new();
    let server = home.serve();
    talk(&server, &["one"]).await;
    let before = home.files();
    home.done(&["backup", &home.path("backup.db")]).await;
    let backup = fs::metadata(home.file("backup.db")).expect("a backup");
    assert_eq!(backup.permissions().mode() & 0o777, 0o600);
    let mut after = home.files();
    assert!(after.remove("backup.db"));
    assert_eq!(after, before, "nothing else is left");

    let whole = fs::read(home.file("backup.db")).expect("a backup");
    home.refused(&["backup", &home.path("backup.db")], 73, "exists")
        .await;
    assert_eq!(fs::read(home.file("backup.db")).expect("a backup"), whole);
    home.refused(&["backup", &home.path("nowhere/backup.db")], 73, "nowhere")
        .await;
}

#[tokio::test]
async fn a_stopped_server_is_backed_up_and_a_missing_database_isnt_made() {
    let home = Home::new();
    home.refused(&["backup", &home.path("b.db")], 66, "there is no database")
        .await;
    home.refused(&["restore", &home.path("b.db")], 66, "there is no database")
        .await;
    home.refused(&["check"], 66, "there is no database").await;
    assert_eq!(home.files(), BTreeSet::new());
    home.with_messages(&["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    assert_eq!(contents(&home.file("backup.db")), ["one"]);
}

#[tokio::test]
async fn a_restore_brings_the_backup_back_keeps_the_old_database_and_is_told_to_streams() {
    let home = Home::new();
    let server = home.serve();
    let john = talk(&server, &["one", "two"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    talk(&server, &["three"]).await;
    let cursor = john.cursor().await;
    // Then the newest message stands in the log alone.
    server.kill();
    assert!(
        fs::metadata(home.file("tincan.db-wal"))
            .expect("a log")
            .len()
            > 0
    );

    let said = home.done(&["restore", &home.path("backup.db")]).await;
    let kept = home.kept();
    assert!(
        said.contains(kept.to_str().expect("a plain path")),
        "{said}"
    );
    assert_eq!(contents(&kept), ["one", "two", "three"]);
    assert_eq!(contents(&home.file("tincan.db")), ["one", "two"]);
    let rights = fs::metadata(home.file("tincan.db")).expect("a database");
    assert_eq!(rights.permissions().mode() & 0o777, 0o600);

    let server = home.serve();
    let john = john.at(server.address());
    let mut stream = john.follow(Some(&cursor)).await;
    assert_eq!(stream.next().await.expect("an event").name, "reset");
    let conversation = john.talk_to("jane").await;
    assert_eq!(john.say(&conversation, "three again").await["number"], 3);
    let history = john.get(&messages(&conversation)).await.expect(200);
    assert_eq!(history.as_array().expect("a list").len(), 3);
}

#[tokio::test]
async fn a_backup_of_an_older_version_is_restored_and_brought_up_to_date() {
    for (older, said) in [
        (of_version_1 as fn(&Path) -> PathBuf, "three"),
        (of_version_3, "robot left with jane"),
    ] {
        let folder = TempDir::new().expect("a folder");
        let backup = older(folder.path());
        let home = Home::new();
        home.done(&["restore", backup.to_str().expect("a plain path")])
            .await;
        let server = home.serve();
        let john = server.nobody().sign_in("john").await;
        let page = john.get(&messages("1")).await.expect(200);
        assert_eq!(page[0]["content"], said);
    }
}

#[tokio::test]
async fn a_restore_needs_no_database_to_be_there() {
    let home = Home::new();
    home.with_messages(&["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    for name in home.files() {
        if name != "backup.db" {
            fs::remove_file(home.file(&name)).expect("a file");
        }
    }
    home.done(&["restore", &home.path("backup.db")]).await;
    assert_eq!(contents(&home.file("tincan.db")), ["one"]);
}

/// Makes everybody an administrator who changes their name.
const TRIGGER: &str = "CREATE TRIGGER helpful AFTER UPDATE ON users BEGIN UPDATE users SET admin = 1 WHERE id = new.id; END";

#[tokio::test]
async fn a_backup_that_is_no_good_is_refused_and_nothing_is_changed() {
    let home = Home::new();
    home.with_messages(&["one"]).await;
    home.done(&["backup", &home.path("good.db")]).await;
    let good = fs::read(home.file("good.db")).expect("a backup");
    let mut torn = good.clone();
    torn[5000..9000].fill(0xaa);
    let changed = |sql: &str| {
        let path = home.file("changed.db");
        fs::write(&path, &good).expect("a copy");
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"))
            .expect("a change");
        drop(connection);
        fs::read(&path).expect("a copy")
    };
    let bad = [
        (torn, "can’t use the backup"),
        (good[..good.len() / 2].to_vec(), "can’t use the backup"),
        (
            b"Dear diary, this is no database at all.".to_vec(),
            "can’t use the backup",
        ),
        (Vec::new(), "can’t use the backup"),
        (changed("PRAGMA user_version = 999"), "newer version"),
        (changed("PRAGMA application_id = 7"), "not Tincan’s"),
        (
            changed("UPDATE participants SET since_id = 1000"),
            "can’t use the backup",
        ),
        (
            changed("DELETE FROM users WHERE id = 2"),
            "can’t use the backup",
        ),
        (changed(TRIGGER), "trigger helpful has"),
        (
            changed("CREATE TABLE _litestream_lock (id INTEGER, x INTEGER)"),
            "table _litestream_lock has “x INTEGER”",
        ),
    ];
    fs::remove_file(home.file("changed.db")).expect("a file");
    let (files, database) = (home.files(), fs::read(home.file("tincan.db")));
    let database = database.expect("a database");
    for (bytes, why) in bad {
        fs::write(home.file("bad.db"), bytes).expect("a file");
        home.refused(&["restore", &home.path("bad.db")], 65, why)
            .await;
        fs::remove_file(home.file("bad.db")).expect("a file");
        assert_eq!(home.files(), files, "{why}");
        let now = fs::read(home.file("tincan.db")).expect("a database");
        assert!(now == database, "{why}");
    }
}

#[tokio::test]
async fn a_database_that_litestream_follows_is_whole_and_its_backup_is_restored() {
    let home = Home::new();
    home.with_messages(&["one"]).await;
    let connection = Connection::open(home.file("tincan.db")).expect("a database");
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
             CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER);
             INSERT INTO _litestream_seq VALUES (1, 1)",
        )
        .expect("its tables");
    drop(connection);
    home.done(&["check"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    home.done(&["restore", &home.path("backup.db")]).await;
    assert_eq!(contents(&home.file("tincan.db")), ["one"]);
}

/// What sqlite3 prints about a database.
fn dump(database: &Path) -> Option<Vec<u8>> {
    if on_path("sqlite3").is_none() {
        skip("sqlite3 isn't on the path");
        return None;
    }
    let dumped = Command::new("sqlite3").arg(database).arg(".dump").output();
    Some(dumped.expect("sqlite3 runs").stdout)
}

/// A database of these statements.
fn made_of(sql: &[u8], database: &Path) {
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(database).stdin(Stdio::piped());
    let mut sqlite = sqlite.spawn().expect("sqlite3 runs");
    let mut input = sqlite.stdin.take().expect("its input");
    input.write_all(sql).expect("it reads");
    drop(input);
    assert!(sqlite.wait().expect("it ends").success());
}

#[tokio::test]
async fn a_database_that_was_dumped_is_taken_again_once_it_is_marked_as_the_error_says() {
    let home = Home::new();
    home.with_messages(&["one", "two"]).await;
    let Some(dumped) = dump(&home.file("tincan.db")) else {
        return;
    };
    let again = home.path("again.db");
    made_of(&dumped, &home.file("again.db"));
    let database = home.path("tincan.db");
    let refused = [
        &["check", "--db", &again][..],
        &["user", "list", "--db", &again],
        &["restore", &again, "--db", &database],
    ];
    let mut said = String::new();
    for arguments in refused {
        let refused = ended(Binary::command(arguments)).await;
        assert_eq!(refused.code, Some(65), "{arguments:?} {}", refused.stderr);
        said = refused.stderr;
    }
    let command = said.lines().find(|line| line.starts_with("  sqlite3 "));
    let marked = Command::new("sh")
        .args(["-c", command.expect(&said)])
        .status();
    assert!(marked.expect("sh runs").success());
    let checked = ended(Binary::command(&["check", "--db", &again])).await;
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    home.done(&["restore", &again]).await;
    assert_eq!(contents(&home.file("tincan.db")), ["one", "two"]);
    home.done(&["check"]).await;
}

#[tokio::test]
async fn an_older_database_that_was_dumped_is_marked_with_its_own_version() {
    let home = Home::new();
    let older = of_version_3(home.folder());
    let Some(dumped) = dump(&older) else {
        return;
    };
    made_of(&dumped, &home.file("again.db"));
    let again = home.path("again.db");
    let refused = ended(Binary::command(&["check", "--db", &again])).await;
    assert_eq!(refused.code, Some(65), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("PRAGMA user_version = 3'"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn a_restore_beside_a_running_server_is_refused_and_names_it() {
    let home = Home::new();
    let server = home.serve();
    let john = talk(&server, &["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    let files = home.files();
    let who = format!("process {}", server.id());
    home.refused(&["restore", &home.path("backup.db")], 75, &who)
        .await;
    assert_eq!(home.files(), files);
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "two").await;
}

#[tokio::test]
async fn a_restore_is_refused_while_another_program_has_the_database_open() {
    let home = Home::new();
    home.with_messages(&["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    let other = Connection::open(home.file("tincan.db")).expect("a database");
    let count: i64 = other
        .query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(count, 1);
    home.refused(&["restore", &home.path("backup.db")], 75, "another program")
        .await;
    drop(other);
    home.done(&["restore", &home.path("backup.db")]).await;
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept() {
    let home = Home::new();
    let server = home.serve();
    talk(&server, &["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    server.signal("TERM");
    server.ended().await;
    fs::write(home.file("tincan.db"), [0xaa; 9000]).expect("a file");
    home.done(&["restore", &home.path("backup.db")]).await;
    assert_eq!(fs::read(home.kept()).expect("the old file"), [0xaa; 9000]);
    assert_eq!(contents(&home.file("tincan.db")), ["one"]);
    home.serve().nobody().sign_in("john").await;
}

#[tokio::test]
async fn the_log_of_a_database_that_is_lost_is_kept_and_not_taken_for_the_new_ones() {
    let home = Home::new();
    let server = home.serve();
    talk(&server, &["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    talk(&server, &["two"]).await;
    server.kill();
    let log = fs::read(home.file("tincan.db-wal")).expect("a log");
    assert!(!log.is_empty());
    fs::write(home.file("tincan.db"), "").expect("a file");
    home.done(&["restore", &home.path("backup.db")]).await;
    let files = home.files();
    let kept = files
        .iter()
        .find(|name| name.starts_with("tincan.db.before-") && name.ends_with("-wal"));
    let kept = kept.unwrap_or_else(|| panic!("no log is kept: {files:?}"));
    assert!(fs::read(home.file(kept)).expect("a log") == log);
    assert_eq!(contents(&home.file("tincan.db")), ["one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_the_old_database_or_the_new_one() {
    const ROUNDS: u32 = 24;
    let home = Home::new();
    home.with_messages(&["one"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    let server = home.serve();
    talk(&server, &["two"]).await;
    server.kill();
    let beginning = home.path("beginning.db");
    home.done(&["backup", &beginning]).await;
    let begun = Instant::now();
    home.done(&["restore", &home.path("backup.db")]).await;
    let whole = begun.elapsed();
    for round in 0..ROUNDS {
        home.done(&["restore", &beginning]).await;
        let database = home.path("tincan.db");
        let mut command = Binary::command(&["restore", &home.path("backup.db"), "--db", &database]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().expect("tincan starts");
        // At another point each time, from the first to one after the last.
        tokio::time::sleep(whole * round / (ROUNDS * 3 / 4)).await;
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
        let found = contents(&home.file("tincan.db"));
        assert!(found == ["one", "two"] || found == ["one"], "{found:?}");
    }
}

#[tokio::test]
async fn a_check_beside_a_running_server_finds_its_database_whole() {
    let home = Home::new();
    let server = home.serve();
    let john = talk(&server, &["one", "two"]).await;
    let room = john.make_room("Club", &["jane"], true).await;
    let said = john.say(&room, "here").await;
    let id = text(&said["id"]);
    john.put(&format!("/api/messages/{id}/reactions/%F0%9F%91%8D"))
        .await
        .expect(200);
    let jane = server.nobody().sign_in("jane").await;
    jane.post(
        &format!("/api/conversations/{room}/read_messages"),
        json!({}),
    )
    .await;
    john.delete(&format!("/api/messages/{id}")).await;
    assert!(home.done(&["check"]).await.contains("no damage found"));
    drop(server);
    assert!(home.done(&["check"]).await.contains("no damage found"));
}

#[tokio::test]
async fn a_check_finds_what_is_wrong_changes_nothing_and_says_how_to_go_on() {
    let home = Home::new();
    home.with_messages(&["one", "two"]).await;
    home.done(&["backup", &home.path("backup.db")]).await;
    let good = fs::read(home.file("backup.db")).expect("a backup");
    let reaction = "INSERT INTO reactions VALUES";
    let wrong = [
        (
            "UPDATE participants SET since_id = 1000",
            "the sequence is behind",
        ),
        ("UPDATE sequence SET epoch = -1", "missing or invalid"),
        ("DELETE FROM sequence", "missing or invalid"),
        ("UPDATE messages SET number = 5 WHERE number = 2", "1, 2, 3"),
        ("UPDATE messages SET number = 1", "1, 2, 3"),
        ("UPDATE messages SET number = 3 - number", "out of order"),
        ("UPDATE messages SET author_id = 7", "a missing user"),
        ("UPDATE messages SET conversation_id = 7", "no conversation"),
        (
            &format!("{reaction} (99, 'x', 1, 1)"),
            "no message or no user",
        ),
        (
            "UPDATE messages SET reaction_count = 2",
            "reactions are miscounted",
        ),
        (
            "UPDATE conversations SET participant_count = 3",
            "participants are",
        ),
        (
            "UPDATE conversations SET avatar_url = '/api/conversations/1/avatar?v=1'",
            "a room’s picture is missing",
        ),
        (
            "INSERT INTO room_pictures VALUES (1, 'image/png', x'00')",
            "a room’s picture is missing",
        ),
        (
            "UPDATE participants SET last_read_number = 9",
            "past the last message",
        ),
        ("DELETE FROM users WHERE id = 2", "refers to none of users"),
        (
            "INSERT INTO files (hash, size, type) VALUES (x'00', 0, 'x')",
            "nobody has sent",
        ),
        (
            "INSERT INTO files (id, size) VALUES (1, 5); \
             INSERT INTO uploads (user_id, file_id, name, received, touched_at) VALUES (1, 1, 'a', 5, 0)",
            "more or less than it says",
        ),
        (
            "INSERT INTO thumbs VALUES (1, 'x', x'00')",
            "belongs to no file",
        ),
        (TRIGGER, "trigger helpful has"),
        (
            "CREATE VIEW everybody AS SELECT * FROM users",
            "view everybody has",
        ),
        ("CREATE TABLE more (x)", "table more has"),
        (
            "DROP INDEX users_by_skeleton",
            "index users_by_skeleton lacks",
        ),
        (
            "ALTER TABLE users ADD COLUMN extra TEXT",
            "table users has “extra TEXT”",
        ),
        (
            "INSERT INTO text_usage VALUES (1, 1000)",
            "the text that somebody has written is miscounted",
        ),
    ];
    for (sql, why) in wrong {
        fs::write(home.file("tincan.db"), &good).expect("a copy");
        let connection = Connection::open(home.file("tincan.db")).expect("a database");
        connection
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"))
            .expect("a change");
        drop(connection);
        let before = fs::read(home.file("tincan.db")).expect("a database");
        home.refused(&["check"], 65, why).await;
        home.refused(&["check"], 65, "tincan restore").await;
        assert!(fs::read(home.file("tincan.db")).expect("a database") == before);
    }
    let mut torn = good.clone();
    torn[5000..9000].fill(0xaa);
    fs::write(home.file("tincan.db"), torn).expect("a copy");
    home.refused(&["check"], 65, "is damaged").await;
}
