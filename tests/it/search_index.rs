//! The index for searches keeps in step with the messages, whatever happens to the server, and nothing is left in it of what
//! was deleted.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    home::Home,
    search::{NEWEST, POSITION, ask, indexed, number, open, search, search_in, talk},
    support::{Binary, text, until},
};

#[tokio::test]
async fn edits_and_deletions_are_found_as_they_are_now() {
    let (_folder, database, talk) = talk().await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    // Each is changed while it is indexed, and while it isn’t yet.
    let one = john.say(conversation, "one walrus").await;
    let two = john.say(conversation, "two walruses").await;
    let path = |message: &Value| format!("/api/messages/{}", text(&message["id"]));
    let edit = async |message: &Value, content: &str| {
        let body = json!({ "content": content });
        john.patch(&path(message), body).await.expect(200);
    };
    edit(&one, "one otter").await;
    assert_eq!(search(john, "walrus").await, ["two walruses"]);
    indexed(&database, john).await;
    assert_eq!(search(john, "one otter").await, ["one otter"]);
    edit(&one, "one badger").await;
    edit(&two, "two badgers").await;
    assert_eq!(search(john, "walrus").await, Vec::<String>::new());
    assert_eq!(search(john, "badger").await, ["two badgers", "one badger"]);
    edit(&one, "one badger").await;
    john.delete(&path(&one)).await.expect(204);
    john.delete(&path(&one)).await.expect(204);
    assert_eq!(search(john, "badger").await, ["two badgers"]);
    let three = john.say(conversation, "three badgers").await;
    john.delete(&path(&three)).await.expect(204);
    indexed(&database, john).await;
    assert_eq!(search(john, "badger").await, ["two badgers"]);
    let verdict: String = open(&database)
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(verdict, "ok");
}

/// How often a text is in the files of a database, and in a fresh backup.
fn traces(files: &[PathBuf], what: &str) -> usize {
    let count = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        let places = bytes.windows(what.len());
        places.filter(|bytes| *bytes == what.as_bytes()).count()
    };
    files.iter().map(count).sum()
}

/// Puts messages into a conversation while no server runs.
fn put(database: &Path, conversation: &str, texts: impl Iterator<Item = String>) {
    let mut connection = open(database);
    let transaction = connection.transaction().expect("a transaction");
    let one = |query: &str| -> i64 {
        let number = transaction.query_row(query, [], |row| row.get(0));
        number.expect(query)
    };
    let (mut id, mut number) = (
        one("SELECT last_id FROM sequence_end"),
        one(&format!(
            "SELECT coalesce(max(number), 0) FROM messages WHERE conversation_id = {conversation}"
        )),
    );
    let author = one(&format!(
        "SELECT min(user_id) FROM participants WHERE conversation_id = {conversation}"
    ));
    let mut insert = transaction
        .prepare(
            "INSERT INTO messages (id, conversation_id, number, author_id, content, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1795196280123)",
        )
        .expect("a statement");
    for content in texts {
        (id, number) = (id + 1, number + 1);
        insert
            .execute((id, conversation, number, author, content))
            .expect("a message");
    }
    drop(insert);
    transaction
        .execute("UPDATE sequence SET last_id = ?1", [id])
        .expect("a number");
    transaction.commit().expect("a commit");
}

/// A stopped server with as many messages in the conversation of john and jane, none of which is indexed.
async fn stopped_with(home: &Home, texts: impl Iterator<Item = String>) -> String {
    let server = Binary::start(&home.file("tincan.db"));
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    server.signal("TERM");
    server.ended().await;
    put(&home.file("tincan.db"), &conversation, texts);
    conversation
}

async fn caught_up(database: &Path) {
    let newest = number(database, NEWEST);
    until("the index to catch up", async || {
        (number(database, POSITION) >= newest).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_word_is_nowhere_in_the_file_the_log_and_a_backup() {
    let home = Home::new();
    let database = home.file("tincan.db");
    // Words that differ at their ends alone. FTS5 keeps some of them outside of its pages, where it would leave them.
    let words = (0..6000).map(|number| format!("note{number:05} meadow{}", number % 7));
    stopped_with(&home, words).await;
    let server = Binary::start(&database);
    let john = server.nobody().sign_in("john").await;
    caught_up(&database).await;
    let connection = open(&database);
    let mut kept = connection
        .prepare("SELECT CAST(substr(term, 2) AS TEXT) FROM search_idx WHERE term BETWEEN CAST('0note' AS BLOB) AND CAST('0notf' AS BLOB)")
        .expect("a statement");
    let kept: Vec<String> = kept
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("words");
    assert!(kept.iter().any(|word| word.len() == 9), "{kept:?}");
    // Those, and what is beside them.
    let mut gone = Vec::new();
    for word in &kept {
        for found in search_in(&john, &[("q", word)]).await.iter().take(3) {
            let word = text(&found["message"]["content"]).split(' ').next();
            gone.push(word.expect("a word").to_owned());
            let path = format!("/api/messages/{}", text(&found["message"]["id"]));
            if gone.len() % 2 == 0 {
                john.delete(&path).await.expect(204);
            } else {
                let body = json!({ "content": "meadow" });
                john.patch(&path, body).await.expect(200);
            }
        }
    }
    let files = [database.clone(), home.file("tincan.db-wal")];
    until("the words to be gone", async || {
        let are_gone = gone.iter().all(|word| traces(&files, word) == 0);
        are_gone.then_some(())
    })
    .await;
    home.done(&["backup", &home.path("backup.db")]).await;
    for word in &gone {
        assert_eq!(traces(&[home.file("backup.db")], word), 0, "{word}");
        assert_eq!(search(&john, word).await, Vec::<String>::new());
    }
    // All others are still found.
    assert_eq!(search(&john, "\"note03333\"").await, ["note03333 meadow1"]);
    let left = 6000 - gone.len();
    assert_eq!(
        search_in(&john, &[("q", "note"), ("limit", "50")])
            .await
            .len(),
        left
    );
    home.done(&["check"]).await;
}

#[tokio::test]
async fn a_server_that_is_killed_while_it_indexes_goes_on_where_it_was() {
    let home = Home::new();
    let database = home.file("tincan.db");
    stopped_with(&home, (0..20_000).map(|number| format!("heron {number}"))).await;
    let (newest, mut before) = (number(&database, NEWEST), 0);
    for round in 0..6 {
        let server = Binary::start(&database);
        let john = server.nobody().sign_in("john").await;
        until("the index to move", async || {
            (number(&database, POSITION) > before).then_some(())
        })
        .await;
        // In the middle of it, as it may be at any moment.
        let found = ask(&john, &[("q", &format!("heron \"{}\"", round * 3000))]).await;
        found.expect(200);
        server.kill();
        before = number(&database, POSITION);
        if before >= newest {
            break;
        }
        assert_eq!(
            number(
                &database,
                "SELECT count(*) FROM search WHERE search MATCH 'heron'"
            ),
            number(
                &database,
                &format!(
                    "SELECT count(*) FROM messages WHERE system IS NULL AND id <= ({POSITION})"
                )
            ),
        );
    }
    let server = Binary::start(&database);
    let john = server.nobody().sign_in("john").await;
    caught_up(&database).await;
    for number in [0, 1, 199, 200, 9_999, 19_999] {
        assert_eq!(
            search(&john, &format!("\"{number}\"")).await,
            [format!("heron {number}")]
        );
    }
    drop(server);
    home.done(&["check"]).await;
}

#[tokio::test]
async fn a_damaged_index_is_built_anew_and_harms_nothing_else() {
    let home = Home::new();
    let database = home.file("tincan.db");
    let conversation =
        stopped_with(&home, (0..3000).map(|number| format!("puffin {number}"))).await;
    let server = Binary::start(&database);
    caught_up(&database).await;
    server.signal("TERM");
    server.ended().await;
    let pages = |connection: &Connection, table: &str| -> (u64, u64) {
        let root = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{table}'");
        let root = connection
            .query_row(&root, [], |row| row.get(0))
            .expect("a page");
        let size = connection.query_row("PRAGMA page_size", [], |row| row.get(0));
        (root, size.expect("a size"))
    };
    let damages: [(&str, &dyn Fn()); 4] = [
        ("words of one page", &|| {
            open(&database)
                .execute(
                    "UPDATE search_data SET block = zeroblob(length(block)) WHERE id > 10",
                    [],
                )
                .map(drop)
                .expect("damage");
        }),
        ("its structure", &|| {
            open(&database)
                .execute(
                    "UPDATE search_data SET block = x'00000001ff000002020202020202' WHERE id = 10",
                    [],
                )
                .map(drop)
                .expect("damage");
        }),
        ("missing blocks", &|| {
            open(&database)
                .execute("DELETE FROM search_data WHERE id > 10 AND id % 2 = 0", [])
                .map(drop)
                .expect("damage");
        }),
        ("a page of the file", &|| {
            let connection = open(&database);
            let (root, size) = pages(&connection, "search_data");
            drop(connection);
            let file = fs::OpenOptions::new()
                .write(true)
                .open(&database)
                .expect("a file");
            let rubbish = vec![0xa5; usize::try_from(size).expect("a size")];
            file.write_all_at(&rubbish, (root - 1) * size)
                .expect("damage");
        }),
    ];
    for (what, damage) in damages {
        damage();
        home.done(&["check"]).await;
        let backup = format!("{}.db", what.replace(' ', "-"));
        home.done(&["backup", &home.path(&backup)]).await;
        let server = Binary::start(&database);
        let john = server.nobody().sign_in("john").await;
        assert_eq!(search(&john, "\"1234\"").await, ["puffin 1234"], "{what}");
        caught_up(&database).await;
        let said = john.say(&conversation, "puffin last").await;
        assert_eq!(search(&john, "\"1234\"").await, ["puffin 1234"], "{what}");
        let path = format!("/api/messages/{}", text(&said["id"]));
        john.delete(&path).await.expect(204);
        assert_eq!(search(&john, "last").await, Vec::<String>::new(), "{what}");
        server.signal("TERM");
        assert!(server.ended().await.0.success(), "{what}");
        let verdict: String = open(&database)
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("a verdict");
        assert_eq!(verdict, "ok", "{what}");
    }
    // A backup with a damaged index is a good backup.
    home.done(&["restore", &home.path("its-structure.db")])
        .await;
    let server = Binary::start(&database);
    let john = server.nobody().sign_in("john").await;
    assert_eq!(search(&john, "\"1234\"").await, ["puffin 1234"]);
}

#[tokio::test]
async fn an_index_that_turns_out_to_be_damaged_while_it_is_used_is_built_anew() {
    let (_folder, database, talk) = talk().await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    let damage = || {
        open(&database)
            .execute(
                "UPDATE search_data SET block = zeroblob(length(block)) WHERE id > 10",
                [],
            )
            .expect("damage");
    };
    let said = john.say(conversation, "lone cormorant").await;
    john.say(conversation, "another cormorant").await;
    indexed(&database, john).await;
    damage();
    assert_eq!(
        search(john, "cormorant").await,
        ["another cormorant", "lone cormorant"]
    );
    indexed(&database, john).await;
    damage();
    let path = format!("/api/messages/{}", text(&said["id"]));
    john.delete(&path).await.expect(204);
    assert_eq!(search(john, "cormorant").await, ["another cormorant"]);
    indexed(&database, john).await;
    assert_eq!(search(john, "cormorant").await, ["another cormorant"]);
}

#[tokio::test]
async fn an_index_by_other_rules_is_built_anew() {
    let home = Home::new();
    let database = home.file("tincan.db");
    stopped_with(&home, (0..100).map(|number| format!("egret {number}"))).await;
    let server = Binary::start(&database);
    caught_up(&database).await;
    server.signal("TERM");
    server.ended().await;
    let former = "UPDATE followers SET name = 'search.0' WHERE name GLOB 'search.*';
        INSERT INTO search (rowid, body, facts) VALUES (1000000, 'relic', 'c1');";
    open(&database)
        .execute_batch(former)
        .expect("an older index");
    let server = Binary::start(&database);
    let john = server.nobody().sign_in("john").await;
    let relics = "SELECT count(*) FROM search WHERE search MATCH 'relic'";
    until("the index to be the present one", async || {
        (number(&database, relics) == 0).then_some(())
    })
    .await;
    caught_up(&database).await;
    assert_eq!(
        number(
            &database,
            "SELECT count(*) FROM followers WHERE name = 'search.0'"
        ),
        0
    );
    assert_eq!(search(&john, "\"77\"").await, ["egret 77"]);
}

#[tokio::test]
async fn a_search_without_end_is_cut_short_and_goes_on() {
    let home = Home::new();
    let database = home.file("tincan.db");
    let chatter = "swift and swallow and martin and ".repeat(10);
    let needle = std::iter::once("needle".to_owned());
    stopped_with(
        &home,
        needle.chain((0..5000).map(|number| format!("{chatter}{number}"))),
    )
    .await;
    // Without an index, every message has to be read.
    let refusal = "CREATE TRIGGER refusal BEFORE INSERT ON followers BEGIN SELECT RAISE(ABORT, 'not now'); END;";
    open(&database).execute_batch(refusal).expect("a trigger");
    let server = Binary::start(&database);
    let john = server.nobody().sign_in("john").await;
    let first = ask(&john, &[("q", "needle")]).await.expect(200);
    assert_eq!(first["results"], json!([]));
    assert!(first["before"].is_string());
    assert_eq!(search(&john, "needle").await, ["needle"]);
}
