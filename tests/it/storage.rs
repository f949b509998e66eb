//! What administrators are told of the files that people have sent: how much, by whom and where, and nothing else.

use serde_json::{Value, json};
use tincan::{http::ServerSettings, model::limits::FileLimits, server::Config};

use crate::support::{Client, Server, dev, text};

const STORAGE: &str = "/api/admin/storage";

async fn storage(admin: &Client) -> Value {
    admin.get(STORAGE).await.expect(200)
}

async fn send(client: &Client, conversation: &str, name: &str, size: usize) -> Value {
    let first = name.bytes().next().unwrap_or_default();
    let id = client.upload(name, &vec![first; size]).await;
    client.send_files(conversation, &[&id]).await
}

/// John administers the server. Jane’s closed room is none that he could find.
struct House {
    server: Server,
    john: Client,
    jane: Client,
    kitchen: String,
    garden: String,
    secret: String,
}

impl House {
    async fn new() -> Self {
        let limits = FileLimits {
            total: Some(5_000_000),
            user: Some(2_000_000),
            ..FileLimits::default()
        };
        let config = dev();
        let server = Server::start(Config {
            settings: ServerSettings {
                files: limits,
                ..config.settings
            },
            ..config
        })
        .await;
        let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
        let kitchen = john.make_room("Kitchen", &["jane"], false).await;
        let garden = jane.make_room("Garden", &[], true).await;
        let secret = jane.make_room("Surprise", &[], false).await;
        Self {
            server,
            john,
            jane,
            kitchen,
            garden,
            secret,
        }
    }
}

#[tokio::test]
async fn files_are_told_by_person_and_by_room_the_largest_first() {
    let house = House::new().await;
    let House { john, jane, .. } = &house;
    send(john, &house.kitchen, "a", 1_000).await;
    send(jane, &house.garden, "b", 300_000).await;
    let told = storage(john).await;
    let room = |id: &str, name: &str, bytes: u64, files: u64| json!({ "id": id, "name": name, "bytes": bytes, "files": files });
    assert_eq!(
        told["rooms"],
        json!([
            room(&house.garden, "Garden", 300_000, 1),
            room(&house.kitchen, "Kitchen", 1_000, 1)
        ])
    );
    let user = |client: &Client, bytes: u64, files: u64| {
        json!({
            "user": { "id": client.id, "username": client.username, "avatarURL": null },
            "bytes": bytes, "files": files,
        })
    };
    let users = json!([user(jane, 300_000, 1), user(john, 1_000, 1)]);
    assert_eq!(told["users"], users);
    for (field, expected) in [
        ("files", json!(2)),
        ("bytes", json!(301_000)),
        ("limit", json!(5_000_000)),
        ("userLimit", json!(2_000_000)),
        ("direct", json!({ "bytes": 0, "files": 0 })),
        ("otherRooms", json!({ "bytes": 0, "files": 0 })),
        ("backups", Value::Null),
    ] {
        assert_eq!(told[field], expected, "{field} in {told}");
    }
    assert!(told["freeBytes"].as_u64() > Some(1), "{told}");
}

#[tokio::test]
async fn what_others_have_between_them_is_told_as_a_sum_and_no_files_name_at_all() {
    let house = House::new().await;
    let House { john, jane, .. } = &house;
    let guest = house.server.sign_up("guest").await;
    let direct = jane.talk_to("guest").await;
    send(jane, &direct, "tickets.pdf", 10).await;
    send(&guest, &direct, "answer.pdf", 20).await;
    send(john, &john.talk_to("jane").await, "lake.pdf", 30).await;
    send(jane, &house.secret, "cake.pdf", 40).await;
    let other = guest.make_room("Diary", &[], false).await;
    send(&guest, &other, "today.pdf", 50).await;
    let told = storage(john).await;
    assert_eq!(told["rooms"], json!([]));
    assert_eq!(told["direct"], json!({ "bytes": 60, "files": 3 }));
    assert_eq!(told["otherRooms"], json!({ "bytes": 90, "files": 2 }));
    let words = told.to_string();
    for hidden in ["pdf", "Surprise", "Diary"] {
        assert!(!words.contains(hidden), "{hidden} in {words}");
    }
    // Who is in it knows its name.
    let joined = format!("/api/conversations/{other}/participants");
    guest
        .post(&joined, json!({ "username": "john" }))
        .await
        .expect(204);
    let told = storage(john).await;
    assert_eq!(told["rooms"][0]["name"], "Diary");
    assert_eq!(told["otherRooms"], json!({ "bytes": 40, "files": 1 }));
}

#[tokio::test]
async fn a_file_is_stored_once_and_counts_each_time_as_it_does_against_the_quota() {
    let house = House::new().await;
    let House { john, jane, .. } = &house;
    for room in [&house.kitchen, &house.garden] {
        send(jane, room, "a", 500_000).await;
    }
    send(john, &house.kitchen, "a", 500_000).await;
    // Deletes what is stored twice, which is done later otherwise.
    let cancelled = john.begin_upload("b", 1).await;
    let cancelled = format!("/api/uploads/{cancelled}");
    john.delete(&cancelled).await.expect(204);
    jane.begin_upload("b", 300_000).await;
    let told = storage(john).await;
    assert_eq!(
        (&told["files"], &told["bytes"]),
        (&json!(2), &json!(800_000))
    );
    let sizes = |list: &str| -> Vec<u64> {
        let parts = told[list].as_array().expect("a list").iter();
        parts
            .map(|part| part["bytes"].as_u64().expect("bytes"))
            .collect()
    };
    assert_eq!(sizes("rooms"), [1_000_000, 500_000]);
    assert_eq!(sizes("users"), [1_300_000, 500_000]);
    // What is left of the quota is what is told.
    let upload = |size: u64| json!({ "name": "c", "size": size });
    let refused = jane.post("/api/uploads", upload(700_001)).await;
    refused.refused(507, "quota_used_up");
    jane.post("/api/uploads", upload(700_000)).await.expect(201);
}

#[tokio::test]
async fn what_is_deleted_counts_no_more() {
    let house = House::new().await;
    let House { john, jane, .. } = &house;
    let message = send(jane, &house.kitchen, "a", 1_000).await;
    assert_eq!(storage(john).await["rooms"][0]["bytes"], 1_000);
    let path = format!("/api/messages/{}", text(&message["id"]));
    jane.delete(&path).await.expect(204);
    let told = storage(john).await;
    assert_eq!((&told["rooms"], &told["users"]), (&json!([]), &json!([])));
}
