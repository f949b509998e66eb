//! What a lab’s database begins with: each seed is planted into a file, and the real server shows what is in it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, types::Value as Sql};
use serde_json::Value;
use tempfile::TempDir;
use tincan::{
    lab::seed::{Seed, plant},
    model::{Timestamp, Username},
    server::Config,
    store,
};

use crate::{
    support::{Client, Server, dev, messages, text, until},
    witness::Witness,
};

const RNG: u64 = 7;

fn now() -> Timestamp {
    Timestamp::parse("2027-03-14T15:09:26.535Z").expect("a time")
}

/// A seed in a file of its own.
struct Planted {
    folder: TempDir,
    database: PathBuf,
}

impl Planted {
    fn new(seed: &Seed, people: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("lab.db");
        let people: Vec<_> = people
            .iter()
            .map(|name| Username::new(name).expect("a name"))
            .collect();
        plant(seed, &database, now(), RNG, &people).expect("a database");
        Self { folder, database }
    }

    async fn start(&self) -> Server {
        Server::start(Config {
            database: self.database.clone(),
            ..dev()
        })
        .await
    }

    fn expect_sound(&self) {
        store::check(&self.database).expect("a sound database");
        Witness::of(&self.database).expect_agreement();
    }
}

/// Every row of every table, with the names of the tables.
fn rows(database: &Path) -> Vec<(String, Vec<Sql>)> {
    let connection = Connection::open(database).expect("a database");
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' ORDER BY name")
        .expect("a query");
    let tables = tables.query_map([], |row| row.get(0)).expect("tables");
    let tables: Vec<String> = tables.map(|name| name.expect("a name")).collect();
    let mut all = Vec::new();
    for table in tables {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table}"))
            .expect("a table");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let values = (0..columns).map(|column| row.get(column).expect("a value"));
            all.push((table.clone(), values.collect()));
        }
    }
    all
}

async fn conversations(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    let mut path = "/api/conversations".to_owned();
    loop {
        let page = client.get(&path).await.expect(200);
        let page = page.as_array().cloned().unwrap_or_default();
        let Some(last) = page.last() else {
            return all;
        };
        path = format!("/api/conversations?before={}", text(&last["id"]));
        all.extend(page);
    }
}

fn called<'a>(conversations: &'a [Value], name: &str) -> &'a Value {
    let found = conversations
        .iter()
        .find(|conversation| conversation["name"] == name);
    found.unwrap_or_else(|| panic!("a room called {name}"))
}

/// All messages of a conversation, the newest first.
async fn history(client: &Client, conversation: &Value) -> Vec<Value> {
    let path = messages(text(&conversation["id"]));
    let mut all: Vec<Value> = Vec::new();
    loop {
        let before = all
            .last()
            .map(|last| format!("&before={}", text(&last["id"])));
        let page = format!("{path}?limit=100{}", before.unwrap_or_default());
        let page = client.get(&page).await.expect(200);
        let page = page.as_array().cloned().unwrap_or_default();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[test]
fn the_same_moment_and_chance_give_the_same_rows() {
    for seed in [Seed::Month, Seed::Edges, Seed::Empty] {
        let [one, other] = [(); 2].map(|()| Planted::new(&seed, &["eve"]));
        assert!(rows(&one.database) == rows(&other.database), "{seed}");
    }
    let one = Planted::new(&Seed::Empty, &[]);
    let other = one.folder.path().join("other.db");
    plant(&Seed::Empty, &other, now(), RNG + 1, &[]).expect("a database");
    assert_ne!(rows(&one.database), rows(&other), "another chance");
}

#[tokio::test]
async fn a_month_of_talk_ends_now() {
    let planted = Planted::new(&Seed::Month, &["eve"]);
    planted.expect_sound();
    let server = planted.start().await;
    let john = server.sign_in("john").await;
    let listed = conversations(&john).await;
    let people = Seed::Month.people();
    assert_eq!(people.len(), 8);
    for name in people {
        let own = server.sign_in(name).await.get("/api/auth_user").await;
        assert!(own.expect(200).to_string().contains("avatar?v="), "{name}");
    }
    let unread = |name| called(&listed, name)["unreadCount"].clone();
    assert_eq!(unread("Number 12"), 4);
    assert_eq!(unread("Larder"), 6);
    assert_eq!(unread("Lisbon 🌊"), 0);
    assert_eq!(
        called(&listed, "Number 12")["mentionCount"],
        1,
        "{listed:?}"
    );
    // He came later, and reads from there.
    let house = history(&john, called(&listed, "Number 12")).await;
    assert!(house.len() > 200, "{} messages", house.len());
    assert_eq!(
        house.last().map(|first| &first["system"]),
        Some(&"added".into())
    );
    let with_picture = house
        .iter()
        .find(|message| message["attachments"][0]["width"] == 540);
    let picture = &with_picture.expect("a picture")["attachments"][0];
    let path = format!("/api/files/{}", text(&picture["id"]));
    let file = john.download(&path, &[]).await;
    assert_eq!(file.status, 200);
    let size = imagesize::blob_size(&file.bytes).expect("a picture");
    assert_eq!((size.width, size.height), (540, 720));
    assert_eq!(
        john.download(&format!("{path}/thumb"), &[]).await.status,
        200
    );
    until("the index to have come so far", async || {
        let found = john.get("/api/search?q=turnip").await.expect(200);
        found.to_string().contains("personally").then_some(())
    })
    .await;
    // Whoever was asked for, and is in no script.
    let eve = server.sign_in("eve").await;
    assert!(conversations(&eve).await.is_empty());
    // What comes next comes last.
    let said = john
        .say(text(&called(&listed, "Larder")["id"]), "Looking now.")
        .await;
    assert_eq!(
        history(&john, called(&listed, "Larder")).await[0]["id"],
        said["id"]
    );
}

#[tokio::test]
async fn edges_are_all_there() {
    let planted = Planted::new(&Seed::Edges, &[]);
    planted.expect_sound();
    let server = planted.start().await;
    let john = server.sign_in("john").await;
    for name in Seed::Edges.people() {
        let client = server.sign_in(name).await;
        client.get("/api/auth_user").await.expect(200);
    }
    let listed = conversations(&john).await;
    assert_eq!(listed.len(), 100);
    let long = history(&john, called(&listed, "Long and short")).await;
    let lengths: BTreeSet<_> = long
        .iter()
        .map(|message| text(&message["content"]).chars().count())
        .collect();
    assert!(
        lengths.contains(&4_000) && lengths.contains(&1_500) && lengths.contains(&1),
        "{lengths:?}"
    );
    let reactions = history(&john, called(&listed, "Reactions")).await;
    let most = reactions
        .iter()
        .map(|message| message["reactions"].as_array().map_or(0, Vec::len))
        .max();
    assert_eq!(most, Some(20));
    assert_eq!(called(&listed, "Fifty-one people")["participantCount"], 51);
    let longest = listed
        .iter()
        .filter_map(|each| each["name"].as_str())
        .map(|name| name.chars().count());
    assert_eq!(longest.max(), Some(80));
    let old = called(&listed, "A history of 10,000");
    assert_eq!(old["unreadCount"], 1_234);
    assert_eq!(old["lastMessage"]["number"], 10_000);
    let pictures = history(&john, called(&listed, "Pictures and files")).await;
    let sizes: Vec<_> = pictures
        .iter()
        .filter_map(|message| message["attachments"].as_array())
        .flatten()
        .map(|attachment| (attachment["width"].as_u64(), attachment["height"].as_u64()))
        .collect();
    assert!(sizes.contains(&(Some(1), Some(5_000))) && sizes.contains(&(Some(5_000), Some(1))));
    let gone = history(&john, called(&listed, "Gone people and messages")).await;
    assert!(
        gone.iter()
            .any(|message| message["author"]["deleted"] == true)
    );
    assert!(
        gone.iter()
            .any(|message| message["author"]["username"] == "dana")
    );
    let bursts = history(&john, called(&listed, "Bursts")).await;
    let moments: BTreeSet<_> = bursts
        .iter()
        .map(|message| message["createdAt"].to_string())
        .collect();
    assert_eq!((bursts.len(), moments.len()), (101, 3));
}

#[tokio::test]
async fn an_export_is_a_seed() {
    for seed in [Seed::Month, Seed::Edges] {
        let planted = Planted::new(&seed, &[]);
        let export = planted.folder.path().join("export");
        store::export(&planted.database, &export, None, &mut |_| {
            std::ops::ControlFlow::Continue(())
        })
        .expect("an export");
        let again = Planted::new(&Seed::Folder(export), &["eve"]);
        again.expect_sound();
        let of = |planted: &Planted, kind: &str| {
            let rows = rows(&planted.database).into_iter();
            rows.filter(|(table, _)| table == kind).collect::<Vec<_>>()
        };
        for table in [
            "messages",
            "participants",
            "reactions",
            "mentions",
            "calls",
            "attachments",
            "pins",
            "drafts",
        ] {
            assert_eq!(of(&planted, table), of(&again, table), "{table} of {seed}");
        }
        assert_eq!(of(&again, "users").len(), of(&planted, "users").len() + 1);
    }
}

#[tokio::test]
async fn an_empty_lab_has_those_who_were_asked_for() {
    let planted = Planted::new(&Seed::Empty, &["eve", "адам"]);
    planted.expect_sound();
    let server = planted.start().await;
    for name in ["john", "jane", "eve", "адам"] {
        assert!(
            conversations(&server.sign_in(name).await).await.is_empty(),
            "{name}"
        );
    }
}

#[test]
fn what_is_there_is_not_planted_over() {
    let planted = Planted::new(&Seed::Month, &[]);
    let before = fs::read(&planted.database).expect("a database");
    let refused = plant(&Seed::Empty, &planted.database, now(), RNG, &[]);
    assert!(refused.is_err());
    assert!(fs::read(&planted.database).expect("a database") == before);
    let missing = Seed::Folder(planted.folder.path().join("missing"));
    let refused = plant(
        &missing,
        &planted.folder.path().join("new.db"),
        now(),
        RNG,
        &[],
    );
    assert!(refused.is_err());
}

#[test]
fn a_seed_is_a_word_or_a_folder() {
    for (text, seed) in [
        ("month", Seed::Month),
        ("edges", Seed::Edges),
        ("empty", Seed::Empty),
        ("./month", Seed::Folder("./month".into())),
        ("/tmp/export", Seed::Folder("/tmp/export".into())),
    ] {
        assert_eq!(text.parse::<Seed>(), Ok(seed.clone()));
        assert_eq!(seed.to_string(), text);
    }
}
