//! A database of an older version, opened by this one: everything is still there, streams go on from
//! where they were, and what is new works on it.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use rusqlite::{Connection, types::Value};
use serde_json::json;
use tempfile::TempDir;
use tincan::server::Config;

use crate::{
    old_database::{of_version_1, of_version_3},
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

/// Whoever did something is named as they are called now, and left out where nobody knows who it was.
#[tokio::test]
async fn what_the_system_has_said_is_said_again_after_its_texts_are_gone() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_3(folder.path());
    let config = Config {
        database: database.clone(),
        ..dev()
    };
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    let page = john.get(&messages("1")).await.expect(200);
    let said: Vec<_> = page
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(|message| message["content"].as_str().expect("a text"))
        .collect();
    assert_eq!(
        said,
        [
            "bob created this room",
            "bobby added john",
            "john added robot",
            "jane joined",
            "bob renamed the room to The sea",
            "bob opened the room to everyone",
            "bob made the room private",
            "bob made jane the owner",
            "jane removed bob",
            "jane left",
            "john is now the owner",
            "robot left with jane",
        ]
    );
    let connection = Connection::open(&database).expect("a database");
    let mut kept = connection
        .prepare("SELECT DISTINCT content FROM messages ORDER BY 1")
        .expect("a statement");
    let kept: Vec<String> = kept
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("texts");
    assert_eq!(kept, ["", "The sea", "bobby", "followed"]);
}

/// A file of the first version that took every migration, and one that was made by `schema.sql`.
#[tokio::test]
async fn a_migrated_database_and_a_new_one_have_the_same_schema() {
    let [old, new] = [(); 2].map(|()| TempDir::new().expect("a folder"));
    let migrated = of_version_1(old.path());
    let made = new.path().join("tincan.db");
    for database in [&migrated, &made] {
        let config = Config {
            database: database.clone(),
            ..dev()
        };
        Server::start(config).await.stop().await;
    }
    let (migrated, made) = (schema(&migrated), schema(&made));
    assert!(made.len() > 100, "{made:#?}");
    let only_migrated: Vec<_> = migrated.difference(&made).collect();
    let only_made: Vec<_> = made.difference(&migrated).collect();
    assert!(
        only_migrated.is_empty() && only_made.is_empty(),
        "only the migrations have {only_migrated:#?}; only schema.sql has {only_made:#?}"
    );
}

/// All that a schema consists of, a line for each piece. `ALTER TABLE` writes a table's columns behind its constraints, so
/// the statements that are kept can't be compared as they are.
fn schema(database: &Path) -> BTreeSet<String> {
    let connection = Connection::open(database).expect("a database");
    let version: i32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("a version");
    let mut pieces = BTreeSet::from([format!("version {version}")]);
    let rows = |sql: &str| -> Vec<Vec<Value>> {
        let mut statement = connection.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        let rows = rows.and_then(Iterator::collect);
        rows.expect("rows")
    };
    for piece in [
        "SELECT 'table', * FROM pragma_table_list t WHERE t.schema = 'main'",
        "SELECT 'column', t.name, c.* FROM pragma_table_list t, pragma_table_xinfo(t.name) c WHERE t.schema = 'main'",
        "SELECT 'foreign key', t.name, f.* FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.schema = 'main'",
        "SELECT 'index', t.name, i.name, i.[unique], i.origin, i.partial FROM pragma_table_list t, pragma_index_list(t.name) i
         WHERE t.schema = 'main'",
        "SELECT 'indexed', i.name, c.* FROM sqlite_schema i, pragma_index_xinfo(i.name) c WHERE i.type = 'index'",
    ] {
        pieces.extend(rows(piece).iter().map(|row| format!("{row:?}")));
    }
    for row in rows("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL") {
        let [Value::Text(kind), Value::Text(name), Value::Text(sql)] = &row[..] else {
            panic!("{row:?}");
        };
        pieces.extend(definitions(sql).map(|definition| format!("{kind} {name}: {definition}")));
    }
    pieces
}

/// The definitions in a `CREATE` statement: its columns and constraints, and what stands around them, without comments and
/// however they are spaced.
fn definitions(sql: &str) -> impl Iterator<Item = String> {
    let lines = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    let words = lines.flat_map(str::split_whitespace);
    let text = words.collect::<Vec<_>>().join(" ").replace('"', "");
    let mut definitions = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match (c, depth) {
            (',' | '(', 1) | (')', 0) => definitions.push(String::new()),
            _ => definitions.last_mut().expect("one").push(c),
        }
    }
    definitions.into_iter().map(|part| part.trim().to_owned())
}
