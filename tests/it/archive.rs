//! Carrying what a database holds to another server, or to other programs, as text.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::server::Config;

use crate::{
    support::{
        Binary, Client, Ended, PASSWORD, Server, answer, ended, messages, participant,
        participants, png, strict, text,
    },
    witness::Witness,
};

/// Text that a careless writer or reader of lines would break.
const AWKWARD: &str = "“two\nlines”\t\\n \u{2028} {\"a\":1} 🥫";

/// Of two words, in letters that fold, with an emoji of several.
const AWKWARD_NAME: &str = "Carl-Łukasz  “ẞ” 👨‍👩‍👧";

/// A folder with a database, `tincan.db`, that holds a bit of everything.
struct Home {
    folder: TempDir,
    /// In the conversation of anna and bob.
    history: Value,
    conversation: String,
    bob: Client,
}

/// One byte more than a piece of a file has in the database.
const TWO_PIECES: usize = 262_145;

/// Anna has a picture from a provider, and bob has an account there.
fn come_from_a_provider(database: &Path) {
    Connection::open(database)
        .expect("a database")
        .execute_batch(
            "INSERT INTO avatars VALUES (1, 'image/png', x'89504e470d0a1a0a00ff', NULL);
             UPDATE users SET avatar_url = '/api/users/1/picture?v=1' WHERE id = 1;
             INSERT INTO identities VALUES ('https://login.example', '7', 2, 'bobby', 1234567890123)",
        )
        .expect("a picture");
}

/// What is done to a file of an archive.
type Replace<'a> = &'a dyn Fn(&Path);

impl Home {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("tincan.db");
        let mut server = Server::start(Config {
            database: database.clone(),
            ..strict()
        })
        .await;
        let anna = server.set_up("anna").await;
        let (bob, carl) = (anna.invite("bob").await, anna.invite("carl").await);
        let conversation = anna.talk_to("bob").await;
        let draft = json!({ "content": AWKWARD, "clientId": "mine" });
        let path = messages(&conversation);
        let first = anna.post(&path, draft).await.expect(201);
        let second = bob.say(&conversation, "will be edited").await;
        let third = bob.say(&conversation, "will be deleted").await;
        let of = |message: &Value| format!("/api/messages/{}", text(&message["id"]));
        bob.patch(&of(&second), json!({ "content": "edited" }))
            .await
            .expect(200);
        bob.delete(&of(&third)).await;
        for who in [&bob, &anna] {
            who.put(&format!("{}/reactions/%F0%9F%91%8D", of(&first)))
                .await
                .expect(200);
        }
        bob.post(
            &format!("/api/conversations/{conversation}/read_messages"),
            json!({ "upTo": 2 }),
        )
        .await;
        let new = json!({
            "name": "lake.bin", "size": TWO_PIECES, "alt": AWKWARD_NAME, "duration": 7,
            "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI", "waveform": [1, 31],
        });
        let upload = anna.post("/api/uploads", new).await.expect(201);
        let upload = text(&upload["id"]);
        let bytes: Vec<u8> = (0..=250).cycle().take(TWO_PIECES).collect();
        anna.upload_part(upload, 0, &bytes).await.expect(200);
        anna.set_thumb(upload, &png(2, 1)).await;
        anna.send_files(&conversation, &[upload]).await;
        // What isn’t part of a message stays behind.
        anna.upload("unsent", b"unsent").await;
        let room = anna.make_room("Club", &["bob", "carl"], false).await;
        let picture = anna.request(Method::PUT, &format!("/api/conversations/{room}/avatar"));
        answer(picture.body(png(3, 2))).await.expect(200);
        carl.say(&room, "in the club").await;
        // Goes with bob.
        let robot = json!({ "name": "x", "scope": "send", "bot": "robot" });
        bob.post("/api/tokens", robot).await.expect(201);
        let wish = json!({ "username": "robot" });
        bob.post(&participants(&room), wish).await.expect(204);
        bob.delete(&participant(&room, "me")).await;
        let square = anna.make_room("Square", &[], true).await;
        let names = json!({ "displayName": AWKWARD_NAME });
        carl.patch("/api/auth_user", names).await.expect(200);
        for (client, conversation, settings) in [
            (
                &anna,
                &square,
                json!({ "pinned": true, "markedUnread": true }),
            ),
            (
                &anna,
                &room,
                json!({ "archived": true, "notificationLevel": "mentions" }),
            ),
            (&bob, &conversation, json!({ "hidden": true })),
        ] {
            let path = format!("/api/conversations/{conversation}/settings");
            client.patch(&path, settings).await.expect(200);
        }
        let said = carl.say(&room, "who comes?").await;
        let reply = json!({ "content": "@carl! And @all?", "replyTo": said["id"] });
        anna.post(&messages(&room), reply).await.expect(201);
        let settings = json!({ "defaultRoomId": square, "membersMayInvite": true });
        anna.patch("/api/admin/settings", settings)
            .await
            .expect(200);
        carl.put(&format!("/api/users/{}/block", bob.id)).await;
        come_from_a_provider(&database);
        bob.put(&format!("{}/pin", of(&second))).await.expect(200);
        bob.put(&format!("{}/saved", of(&first))).await.expect(200);
        let draft = bob.request(
            Method::PUT,
            &format!("/api/conversations/{conversation}/draft"),
        );
        let draft = draft.json(&json!({ "content": AWKWARD }));
        answer(draft).await.expect(200);
        let history = bob.get(&path).await.expect(200);
        server.stop().await;
        Self {
            folder,
            history,
            conversation,
            bob,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, arguments: &[&str], database: &str) -> Ended {
        let mut command = Binary::command(arguments);
        command
            .args(["--db", database])
            .current_dir(self.folder.path());
        ended(command).await
    }

    async fn done(&self, arguments: &[&str], database: &str) {
        let ended = self.run(arguments, database).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    }

    async fn refused(&self, arguments: &[&str], database: &str, code: i32, why: &str) {
        let ended = self.run(arguments, database).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}

/// Each file of a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("inside").to_owned();
                all.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

#[tokio::test]
async fn what_was_exported_and_imported_is_exported_again_as_it_was() {
    let home = Home::new().await;
    home.done(&["export", "first"], "tincan.db").await;
    home.done(&["import", "first"], "other.db").await;
    home.done(&["export", "second"], "other.db").await;
    let (first, second) = (files(&home.file("first")), files(&home.file("second")));
    assert_eq!(first.len(), 25, "{:?}", first.keys());
    // Nobody has been asked to join a room, nor reported anything.
    let empty = first.values().filter(|bytes| bytes.is_empty()).count();
    assert_eq!(empty, 2);
    for (name, bytes) in &first {
        let again = String::from_utf8_lossy(&second[name]);
        assert_eq!(String::from_utf8_lossy(bytes), again, "{}", name.display());
    }
    assert_eq!(first, second);
    home.done(&["check"], "other.db").await;
}

#[tokio::test]
async fn an_archive_of_before_actors_were_kept_is_taken_in_as_well() {
    let home = Home::new().await;
    home.done(&["export", "now"], "tincan.db").await;
    home.done(&["export", "before"], "tincan.db").await;
    let said = home.file("before").join("messages.jsonl");
    let text = fs::read_to_string(&said).expect("messages");
    let mut older = text.clone();
    for actor in ["null", "\"1\"", "\"2\"", "\"3\""] {
        older = older.replace(&format!(",\"actor\":{actor}"), "");
    }
    assert!(older != text && !older.contains("actor"), "{older}");
    // Nobody could change a room’s picture then.
    let changed = |line: &&str| line.contains("pictureChanged");
    let picture = text.lines().find(changed).expect("a changed picture");
    let without = older.lines().find(changed).expect("the same line");
    let older = older.replace(without, picture);
    fs::write(&said, older).expect("messages");
    home.done(&["import", "before"], "other.db").await;
    home.done(&["export", "again"], "other.db").await;
    assert_eq!(files(&home.file("now")), files(&home.file("again")));
}

/// Version 2 of the format, which knew neither display names nor blocks nor who chose a picture.
#[tokio::test]
async fn an_archive_of_before_people_had_display_names_is_taken_in_as_well() {
    let home = Home::new().await;
    home.done(&["export", "before"], "tincan.db").await;
    let before = home.file("before");
    let rewrite = |name: &str, change: &dyn Fn(&mut Value)| {
        let file = before.join(name);
        let text = fs::read_to_string(&file).expect("a file");
        let lines = text.lines().map(|line| {
            let mut line = serde_json::from_str(line).expect("JSON");
            change(&mut line);
            format!("{line}\n")
        });
        let text: String = lines.collect();
        fs::write(&file, text).expect("a file");
    };
    let without = |line: &mut Value, fields: &[&str]| {
        for field in fields {
            let had = line.as_object_mut().expect("an object").remove(*field);
            assert!(had.is_some(), "{field}");
        }
    };
    rewrite("users.jsonl", &|line| {
        without(line, &["displayName", "deletedAt", "changedId"]);
    });
    rewrite("pictures.jsonl", &|line| without(line, &["chosenAt"]));
    rewrite("conversations.jsonl", &|line| without(line, &["avatarURL"]));
    rewrite("archive.json", &|line| line["tincanArchive"] = json!(2));
    fs::remove_file(before.join("blocks.jsonl")).expect("a file");
    home.done(&["import", "before"], "other.db").await;
    home.done(&["check"], "other.db").await;
    let database = home.file("other.db");
    let server = Server::start(Config {
        database,
        ..strict()
    })
    .await;
    let carl = server.nobody().log_in("carl", PASSWORD).await;
    let user = carl.get("/api/auth_user").await.expect(200);
    assert_eq!(user.get("displayName"), None);
}

#[tokio::test]
async fn requests_reports_and_since_when_a_room_is_open_are_taken_along() {
    let home = Home::new().await;
    let mut server = Server::start(Config {
        database: home.file("tincan.db"),
        ..strict()
    })
    .await;
    let nobody = server.nobody();
    let anna = nobody.clone().log_in("anna", PASSWORD).await;
    let bob = nobody.clone().log_in("bob", PASSWORD).await;
    let carl = nobody.log_in("carl", PASSWORD).await;
    let wish = json!({ "asksFirst": true });
    carl.patch("/api/settings", wish).await.expect(200);
    let hall = anna.make_room("Hall", &["carl"], false).await;
    let open = json!({ "open": true });
    let hall = format!("/api/conversations/{hall}");
    anna.patch(&hall, open).await.expect(200);
    let rude = anna.say(&home.conversation, "rude").await;
    let report = format!("/api/messages/{}/reports", text(&rude["id"]));
    let reason = json!({ "reason": "rude" });
    bob.post(&report, reason).await.expect(204);
    server.stop().await;
    home.done(&["export", "first"], "tincan.db").await;
    home.done(&["import", "first"], "other.db").await;
    home.done(&["export", "second"], "other.db").await;
    let (first, second) = (files(&home.file("first")), files(&home.file("second")));
    assert_eq!(first, second);
    assert!(first.values().all(|bytes| !bytes.is_empty()));

    // Before, only a message said when a room was opened.
    for (name, field) in [
        ("users.jsonl", "asksFirst"),
        ("conversations.jsonl", "openId"),
    ] {
        let file = home.file("first").join(name);
        let text = fs::read_to_string(&file).expect("a file");
        let lines = text.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            let had = line.as_object_mut().expect("an object").remove(field);
            assert!(had.is_some(), "{field}");
            format!("{line}\n")
        });
        let lines: String = lines.collect();
        fs::write(&file, lines).expect("a file");
    }
    let title = home.file("first").join("archive.json");
    let text = fs::read_to_string(&title).expect("a file");
    let text = text.replace("\"tincanArchive\":6", "\"tincanArchive\":5");
    fs::write(&title, text).expect("a file");
    for name in ["room-requests.jsonl", "reports.jsonl"] {
        fs::remove_file(home.file("first").join(name)).expect("a file");
    }
    home.done(&["import", "first"], "before.db").await;
    home.done(&["check"], "before.db").await;
    let since = |name: &str| -> Vec<(String, i64)> {
        let witness = Witness::of(&home.file(name));
        let rooms = "SELECT name, open_id FROM conversations WHERE open = 1 ORDER BY id";
        witness.rows(rooms, [], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let opened = since("before.db");
    assert_eq!(opened.len(), 2);
    // One was open from the beginning.
    assert_eq!(opened[0], ("Square".to_owned(), 0));
    // The room’s change has a number of its own in front of the message about it.
    let exact = &since("tincan.db")[1];
    assert_eq!(opened[1], (exact.0.clone(), exact.1 + 1));
}

#[tokio::test]
async fn an_archive_of_before_there_were_settings_is_taken_in_as_well() {
    let home = Home::new().await;
    home.done(&["export", "before"], "tincan.db").await;
    let before = home.file("before");
    for newer in [
        "settings.jsonl",
        "pins.jsonl",
        "saved.jsonl",
        "drafts.jsonl",
    ] {
        fs::remove_file(before.join(newer)).expect("a file");
    }
    let fields = [
        "pinnedAt",
        "archivedNumber",
        "hiddenNumber",
        "unreadNumber",
        "settingsId",
    ];
    change_lines(&before.join("participants.jsonl"), |line| {
        for field in fields {
            assert!(line.remove(field).is_some(), "{field}");
        }
    });
    change_lines(&before.join("conversations.jsonl"), |line| {
        assert!(line.remove("avatarURL").is_some());
    });
    change_lines(&before.join("archive.json"), |title| {
        title.insert("tincanArchive".to_owned(), json!(2));
    });
    home.done(&["import", "before"], "other.db").await;
    let server = Server::start(Config {
        database: home.file("other.db"),
        ..strict()
    })
    .await;
    let anna = server.nobody().log_in("anna", PASSWORD).await;
    let settings = anna.get("/api/admin/settings").await.expect(200);
    assert_eq!(
        settings,
        json!({ "membersMayInvite": false, "defaultRoomId": null, "adminsNeedSecondFactor": false })
    );
    let pinned = anna.get("/api/conversations?only=pinned").await;
    assert_eq!(pinned.expect(200), json!([]));
}

#[tokio::test]
async fn an_archive_of_before_there_were_answers_and_mentions_is_taken_in_as_well() {
    let home = Home::new().await;
    home.done(&["export", "before"], "tincan.db").await;
    let before = home.file("before");
    for name in ["mentions.jsonl", "calls.jsonl"] {
        fs::remove_file(before.join(name)).expect("a file");
    }
    for (file, field) in [
        ("participants.jsonl", "notificationLevel"),
        ("messages.jsonl", "replyTo"),
    ] {
        change_lines(&before.join(file), |line| {
            assert!(line.remove(field).is_some(), "{field}");
        });
    }
    change_lines(&before.join("archive.json"), |title| {
        title.insert("tincanArchive".to_owned(), json!(5));
    });
    home.done(&["import", "before"], "other.db").await;
    let server = Server::start(Config {
        database: home.file("other.db"),
        ..strict()
    })
    .await;
    let carl = server.nobody().log_in("carl", PASSWORD).await;
    let list = carl.get("/api/conversations").await.expect(200);
    let club = &list[0];
    assert_eq!(club["lastMessage"]["content"], "@carl! And @all?");
    assert_eq!(club["mentionCount"], 0);
    assert!(club["lastMessage"].get("mentions").is_none(), "{club}");
}

/// Changes each line of a file of JSON lines.
fn change_lines(path: &Path, change: impl Fn(&mut serde_json::Map<String, Value>)) {
    let text = fs::read_to_string(path).expect("lines");
    let lines = text.lines().map(|line| {
        let mut line = serde_json::from_str(line).expect("an object");
        change(&mut line);
        serde_json::to_string(&line).expect("JSON") + "\n"
    });
    fs::write(path, lines.collect::<String>()).expect("lines");
}

/// What an archive of anybody’s may call a file, and what it is called once it was imported.
const FILE_NAMES: &[(&str, &str)] = &[
    ("../../etc/passwd", "passwd"),
    (r"..\..\lake.jpg", "lake.jpg"),
    ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
    ("photo\u{202e}gpj.exe", "photogpj.exe"),
    ("..", "file"),
    ("", "file"),
];

#[tokio::test]
async fn files_of_an_archive_have_names_as_uploads_have_them() {
    let home = Home::new().await;
    home.done(&["export", "archive"], "tincan.db").await;
    let lines = home.file("archive/attachments.jsonl");
    let long = (
        format!("{}.jpeg", "写".repeat(100)),
        format!("{}.jpeg", "写".repeat(83)),
    );
    let names = FILE_NAMES.iter().copied().chain([(&*long.0, &*long.1)]);
    for (number, (given, name)) in names.enumerate() {
        change_lines(&lines, |line| {
            line.insert("name".to_owned(), json!(given));
        });
        let database = format!("imported-{number}.db");
        home.done(&["import", "archive"], &database).await;
        let server = Server::start(Config {
            database: home.file(&database),
            ..strict()
        })
        .await;
        let bob = server.nobody().log_in("bob", PASSWORD).await;
        let list = format!("/api/conversations/{}/attachments", home.conversation);
        let listed = bob.get(&list).await.expect(200);
        assert_eq!(listed[0]["attachment"]["name"], name, "{given:?}");
        assert!(name.len() <= 255, "{name}");
    }
}

#[tokio::test]
async fn an_imported_server_has_its_people_and_what_they_said_and_nobodys_session() {
    let home = Home::new().await;
    home.done(&["export", "archive"], "tincan.db").await;
    home.done(&["import", "archive"], "other.db").await;
    let database = home.file("other.db");
    let rights = fs::metadata(&database).expect("a database").permissions();
    assert_eq!(rights.mode() & 0o777, 0o600);
    // Nothing is kept in a language, nor the name of whoever did it: that may change.
    let kept: i64 = Connection::open(&database)
        .and_then(|database| {
            let named = "SELECT count(*) FROM messages WHERE system <> 'renamed' AND content NOT IN ('', 'followed')";
            database.query_row(named, [], |row| row.get(0))
        })
        .expect("a count");
    assert_eq!(kept, 0);
    let server = Server::start(Config {
        database,
        ..strict()
    })
    .await;
    let path = messages(&home.conversation);
    let stale = home.bob.at(server.address());
    stale.get(&path).await.refused(401, "unauthorized");
    let bob = server.nobody().log_in("bob", PASSWORD).await;
    assert_eq!(bob.get(&path).await.expect(200), home.history);
    for (message, content) in ["", "", "edited", AWKWARD].into_iter().enumerate() {
        assert_eq!(home.history[message]["content"], content);
    }
    let sent = &home.history[0]["attachments"][0];
    let path = format!("/api/files/{}", text(&sent["id"]));
    let file = bob.download(&path, &[]).await;
    let bytes: Vec<u8> = (0..=250).cycle().take(TWO_PIECES).collect();
    assert!(file.bytes == bytes, "the same bytes");
    let thumb = bob.download(&format!("{path}/thumb"), &[]).await;
    assert_eq!(thumb.bytes, png(2, 1));
    // No new file has the id of one that came along.
    let upload = bob.upload("new", b"new").await;
    bob.set_thumb(&upload, &png(5, 5)).await;
    let cancelled = bob.delete(&format!("/api/uploads/{upload}")).await;
    cancelled.expect(204);
    let upload = bob.upload("newer", b"newer").await;
    let said = bob.send_files(&home.conversation, &[&upload]).await;
    assert_eq!(said["number"], 5);
    let thumb = bob.download(&format!("{path}/thumb"), &[]).await;
    assert_eq!(thumb.bytes, png(2, 1));
    let found = bob.get("/api/users?search=%E2%80%9Css").await.expect(200);
    assert_eq!(found[0]["displayName"], AWKWARD_NAME);
    let carl = server.nobody().log_in("carl", PASSWORD).await;
    let blocked = carl.get("/api/blocks").await.expect(200);
    assert_eq!(blocked[0]["username"], "bob");
    let anna = server.nobody().log_in("anna", PASSWORD).await;
    let listed = anna.get("/api/conversations").await.expect(200);
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 3);
    let mut pictures = listed.iter().map(|each| &each["avatarURL"]);
    let picture = pictures.find(|url| url.is_string()).expect("the club’s");
    assert_eq!(anna.download(text(picture), &[]).await.bytes, png(3, 2));
}

#[tokio::test]
async fn an_archive_is_its_owners_alone_and_takes_nobodys_place() {
    let home = Home::new().await;
    home.done(&["export", "archive"], "tincan.db").await;
    for name in files(&home.file("archive")).keys() {
        let rights = fs::metadata(home.file("archive").join(name)).expect("a file");
        assert_eq!(rights.permissions().mode() & 0o777, 0o600);
    }
    let folder = fs::metadata(home.file("archive")).expect("a folder");
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    home.refused(&["export", "archive"], "tincan.db", 73, "exists")
        .await;
    home.refused(&["export", "a"], "none.db", 66, "there is no database")
        .await;
    let entries = fs::read_dir(home.folder.path()).expect("a folder");
    let left = entries.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with(".tincan-")
    });
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn an_export_for_a_user_holds_what_they_see_and_becomes_no_database() {
    let home = Home::new().await;
    home.done(&["export", "carls", "--user", "Carl"], "tincan.db")
        .await;
    let files = files(&home.file("carls"));
    let lines = |name: &str| -> Vec<Value> {
        let text = std::str::from_utf8(&files[Path::new(name)]).expect("text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let contents: Vec<_> = lines("messages.jsonl")
        .iter()
        .map(|message| text(&message["content"]).to_owned())
        .collect();
    assert_eq!(
        contents,
        [
            "anna created this room",
            "anna changed the room’s picture",
            "in the club",
            "bob added robot",
            "bob left",
            "robot left with bob",
            "who comes?",
            "@carl! And @all?"
        ],
        "nothing of anna and bob"
    );
    let names = |name, field: &str| -> Vec<Value> {
        lines(name).iter().map(|line| line[field].clone()).collect()
    };
    let everybody = ["anna", "bob", "carl", "robot"];
    assert_eq!(names("users.jsonl", "username"), everybody);
    assert_eq!(
        names("users.jsonl", "admin"),
        json!([null, null, false, null])
            .as_array()
            .expect("a list")
            .as_slice()
    );
    assert_eq!(
        names("conversations.jsonl", "name"),
        [Value::Null, json!("Club")],
        "with who invited carl, and the room"
    );
    assert_eq!(names("pictures.jsonl", "user"), ["1"]);
    let club = names("conversations.jsonl", "id").remove(1);
    assert_eq!(names("room-pictures.jsonl", "conversation"), [club]);
    for field in ["archivedNumber", "settingsId"] {
        let set = names("participants.jsonl", field);
        assert!(set.iter().all(Value::is_null), "what anna has set: {set:?}");
    }
    for nothing in [
        "settings.jsonl",
        "files.jsonl",
        "attachments.jsonl",
        "pins.jsonl",
        "saved.jsonl",
        "drafts.jsonl",
    ] {
        assert_eq!(files[Path::new(nothing)], b"", "{nothing}");
    }
    assert!(files.keys().all(|name| !name.starts_with("files")));
    assert_eq!(names("identities.jsonl", "user"), [] as [Value; 0]);
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("argon2"), "{}", name.display());
    }
    home.refused(&["import", "carls"], "other.db", 65, "one user can see")
        .await;
    assert!(!home.file("other.db").exists());
    home.refused(
        &["export", "x", "--user", "dora"],
        "tincan.db",
        1,
        "user not found",
    )
    .await;
}

/// In which file, what is replaced by what, and what is said of it.
const BAD_LINES: [(&str, &str, &str, &str); 23] = [
    (
        "messages.jsonl",
        "{\"id\"",
        "id",
        "messages.jsonl, line 1: this isn’t",
    ),
    (
        "messages.jsonl",
        "\"edited\"",
        "7",
        "messages.jsonl, line 2: “content”",
    ),
    (
        "messages.jsonl",
        "\"number\":2",
        "\"nummer\":2",
        "line 2: “number” is missing",
    ),
    ("messages.jsonl", "\"number\":3", "\"number\":2", "1, 2, 3"),
    (
        "messages.jsonl",
        "\"number\":3",
        "\"a\":1,\"number\":3",
        "line 3: unknown field “a”",
    ),
    (
        "users.jsonl",
        "\"bob\"",
        "\"anna\"",
        "users.jsonl, line 2: ",
    ),
    (
        "users.jsonl",
        "\"bob\"",
        "\"b o b\"",
        "users.jsonl, line 2: ",
    ),
    (
        "users.jsonl",
        "Z\",",
        "\",",
        "users.jsonl, line 1: “createdAt”",
    ),
    (
        "participants.jsonl",
        "member",
        "king",
        "participants.jsonl, line 1",
    ),
    (
        "reactions.jsonl",
        "\"user\":\"1\"",
        "\"user\":\"9\"",
        "reaction",
    ),
    (
        "archive.json",
        "\"lastId\":",
        "\"lastId\":1, \"x\":",
        "archive.json",
    ),
    (
        "archive.json",
        "\"tincanArchive\":6",
        "\"tincanArchive\":7",
        "newer",
    ),
    (
        "pictures.jsonl",
        "\"user\":\"1\"",
        "\"user\":\"2\"",
        "pictures.jsonl, line 1: ",
    ),
    (
        "files.jsonl",
        "\"size\":262145",
        "\"size\":262144",
        "files.jsonl, line 1: the file has 262145 bytes",
    ),
    (
        "attachments.jsonl",
        "\"thumbhash\":\"",
        "\"thumbhash\":\"!",
        "attachments.jsonl, line 1: “thumbhash”",
    ),
    (
        "attachments.jsonl",
        "\"file\":\"1\"",
        "\"file\":\"9\"",
        "attachment",
    ),
    // One attempt to sign in would take 4 GiB.
    (
        "users.jsonl",
        "m=19456",
        "m=4194304",
        "users.jsonl, line 1: “passwordHash”",
    ),
    (
        "users.jsonl",
        "/api/users/1/picture?v=1",
        "https://tracker.example/1.png",
        "users.jsonl, line 1: “avatarURL”",
    ),
    (
        "users.jsonl",
        "\"displayName\":\"",
        "\"displayName\":\"\\u0007",
        "“displayName”",
    ),
    (
        "conversations.jsonl",
        "\"name\":\"Club\"",
        "\"name\":\" \"",
        "“name”",
    ),
    (
        "files.jsonl",
        "application/octet-stream",
        "text/html\\r\\nX-Header: 1",
        "files.jsonl, line 1: “type”",
    ),
    (
        "pictures.jsonl",
        "image/png",
        "image/svg+xml",
        "not of type image/svg+xml",
    ),
    (
        "messages.jsonl",
        "\"system\":\"created\"",
        "\"system\":\"exploded\"",
        "“system”",
    ),
];

#[tokio::test]
async fn an_archive_that_an_editor_has_saved_is_taken_in_as_well() {
    let home = Home::new().await;
    home.done(&["export", "archive"], "tincan.db").await;
    let good = files(&home.file("archive"));
    for (before, line_end, after) in [
        ("\u{feff}", "\n", ""),
        ("", "\n", "\n"),
        ("\u{feff}", "\r\n", "\r\n \r\n"),
    ] {
        for (name, bytes) in &good {
            if name
                .extension()
                .is_some_and(|kind| kind == "jsonl" || kind == "json")
            {
                let text = String::from_utf8(bytes.clone()).expect("text");
                let text = format!("{before}{}{after}", text.replace('\n', line_end));
                fs::write(home.file("archive").join(name), text).expect("a file");
            }
        }
        home.done(&["import", "archive"], "other.db").await;
        home.done(&["export", "again"], "other.db").await;
        assert_eq!(
            files(&home.file("again")),
            good,
            "{before:?} {line_end:?} {after:?}"
        );
        fs::remove_dir_all(home.file("again")).expect("a folder");
        fs::remove_file(home.file("other.db")).expect("a database");
    }
}

#[tokio::test]
async fn an_import_of_bad_lines_names_the_first_and_changes_nothing() {
    let home = Home::new().await;
    home.done(&["export", "good"], "tincan.db").await;
    for (name, from, to, why) in BAD_LINES {
        let file = home.file("good").join(name);
        let good = fs::read_to_string(&file).expect("a file");
        assert!(good.contains(from), "{name}: {good}");
        fs::write(&file, good.replacen(from, to, 1)).expect("a file");
        home.refused(&["import", "good"], "other.db", 65, why).await;
        assert!(!home.file("other.db").exists());
        fs::write(&file, good).expect("a file");
    }
    fs::remove_file(home.file("good/departures.jsonl")).expect("a file");
    home.refused(&["import", "good"], "other.db", 65, "departures.jsonl")
        .await;
    let entries = fs::read_dir(home.folder.path()).expect("a folder");
    let left = entries.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().contains("partial")
    });
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn an_import_reads_nothing_but_regular_files_of_a_plausible_size() {
    let home = Home::new().await;
    home.done(&["export", "good"], "tincan.db").await;
    let place = home.file("good");
    let secret = home.file("secret");
    fs::write(&secret, "{\"id\":\"1\"}").expect("a file");
    let link = |path: &Path| std::os::unix::fs::symlink(&secret, path).expect("a link");
    let pipe = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo runs").success());
    };
    let huge = |path: &Path| {
        let file = fs::File::create(path).expect("a file");
        file.set_len(1 << 33).expect("a hole");
    };
    let long_line = |path: &Path| fs::write(path, " ".repeat(1 << 19)).expect("a file");
    let too_large = "has more than";
    let not_regular = "isn’t a regular file";
    let cases: [(&str, Replace<'_>, &str); 10] = [
        ("archive.json", &link, not_regular),
        ("archive.json", &pipe, not_regular),
        ("archive.json", &huge, too_large),
        ("users.jsonl", &link, not_regular),
        ("users.jsonl", &pipe, not_regular),
        ("users.jsonl", &long_line, too_large),
        ("pictures/1", &link, not_regular),
        ("pictures/1", &huge, too_large),
        ("files/1", &link, not_regular),
        ("files/1", &huge, "the file has 8589934592 bytes"),
    ];
    for (name, bad, why) in cases {
        let (file, kept) = (place.join(name), home.file("kept"));
        fs::rename(&file, &kept).expect("a file");
        bad(&file);
        home.refused(&["import", "good"], "other.db", 65, why).await;
        assert!(!home.file("other.db").exists(), "{name}");
        fs::rename(&kept, &file).expect("a file");
    }
    fs::rename(place.join("files"), home.file("elsewhere")).expect("a folder");
    std::os::unix::fs::symlink(home.file("elsewhere"), place.join("files")).expect("a link");
    let why = "this isn’t a folder";
    home.refused(&["import", "good"], "other.db", 65, why).await;
}

#[tokio::test]
async fn an_import_takes_only_a_place_where_nobody_has_an_account_and_no_server_runs() {
    let home = Home::new().await;
    home.done(&["export", "archive"], "tincan.db").await;
    let before = fs::read(home.file("tincan.db")).expect("a database");
    home.refused(
        &["import", "archive"],
        "tincan.db",
        1,
        "already has accounts",
    )
    .await;
    assert!(fs::read(home.file("tincan.db")).expect("a database") == before);

    let mut server = Server::start(Config {
        database: home.file("new.db"),
        ..strict()
    })
    .await;
    home.refused(&["import", "archive"], "new.db", 75, "in use")
        .await;
    server.stop().await;
    home.done(&["import", "archive"], "new.db").await;
    server.resume().await;
    server.nobody().log_in("anna", PASSWORD).await;
}
