//! Deleting one's account: who can, what goes, and what stays for the others.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::server::Config;

use crate::support::{
    Answer, Binary, Client, PASSWORD, Server, answer, dev, ended, messages, participant,
    participants, strict, text, witness::Witness,
};

async fn delete(who: &Client, confirmation: Value) -> Answer {
    let request = who.request(reqwest::Method::DELETE, "/api/auth_user");
    answer(request.json(&confirmation)).await
}

#[tokio::test]
async fn it_takes_the_password() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    for wrong in [
        json!({}),
        json!({ "password": "wrong" }),
        json!({ "username": "bob" }),
    ] {
        delete(&bob, wrong).await.refused(403, "wrong_password");
    }
    bob.get("/api/auth_user").await.expect(200);
    let mut stream = bob.follow(None).await;
    let right = json!({ "password": PASSWORD });
    let deleted = delete(&bob, right).await;
    assert_eq!(deleted.status, 204);
    stream.rest().await;
    bob.get("/api/auth_user").await.refused(401, "unauthorized");
    let credentials = json!({ "username": "bob", "password": PASSWORD });
    let refused = bob.nobody().post("/api/login", credentials).await;
    refused.refused(401, "bad_credentials");
    // The name is free at once.
    anna.invite("bob").await;
}

#[tokio::test]
async fn who_has_no_password_types_their_username() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for wrong in [json!({}), json!({ "username": "jane" })] {
        let refused = delete(&john, wrong).await.refused(422, "invalid");
        assert!(refused["errors"]["username"].is_string());
    }
    let typed = json!({ "username": "JOHN" });
    assert_eq!(delete(&john, typed).await.status, 204);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let right = json!({ "password": PASSWORD });
    delete(&anna, right.clone())
        .await
        .refused(409, "last_admin");
    anna.get("/api/admin/users").await.expect(200);
    let bob = anna.invite("bob").await;
    let change = json!({ "admin": true });
    let path = format!("/api/admin/users/{}", bob.id);
    anna.patch(&path, change).await.expect(200);
    let reset = bob
        .post(&format!("/api/admin/users/{}/reset", anna.id), json!({}))
        .await;
    let reset = reset.expect(201);
    assert_eq!(delete(&bob, right).await.status, 204);
    // As for an administrator who becomes none: no link of theirs lets them back in.
    let token = crate::support::token_of(text(&reset["link"]));
    let checked = bob
        .nobody()
        .post("/api/reset/check", json!({ "token": token }))
        .await;
    checked.refused(403, "bad_reset_token");
    // Nor is anybody left to administer who is gone.
    let listed = anna.get("/api/admin/users").await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let enable = json!({ "disabled": false });
    anna.patch(&path, enable).await.refused(404, "not_found");
    let reset = anna.post(&format!("{path}/reset"), json!({})).await;
    reset.refused(404, "not_found");
}

#[tokio::test]
async fn messages_stay_without_a_name() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let names = json!({ "displayName": "John Doe" });
    john.patch("/api/auth_user", names).await.expect(200);
    let direct = john.talk_to("jane").await;
    john.say(&direct, "hi").await;
    let room = john.make_room("Club", &["jane"], false).await;
    john.say(&room, "all").await;
    let cursor = jane.cursor().await;
    let mut stream = jane.follow(None).await;
    let typed = json!({ "username": "john" });
    assert_eq!(delete(&john, typed).await.status, 204);

    let gone = json!({
        "id": john.id, "username": format!("deleted-{}", john.id), "avatarURL": null, "deleted": true,
    });
    assert_eq!(stream.next_named("user").await.data, gone);
    let (events, _) = jane.poll(&cursor, 0).await;
    let mut told = events.iter().filter(|event| event.name == "user");
    assert_eq!(told.next().map(|event| &event.data), Some(&gone));

    let page = jane.get(&messages(&direct)).await.expect(200);
    assert_eq!(
        (&page[0]["content"], &page[0]["author"]),
        (&json!("hi"), &gone)
    );
    let shown = jane.get(&format!("/api/conversations/{direct}")).await;
    assert_eq!(shown.expect(200)["otherParticipant"], gone);
    let draft = json!({ "content": "are you there?" });
    let refused = jane.post(&messages(&direct), draft).await;
    let refused = refused.refused(403, "unreachable");
    assert_eq!(
        refused["message"],
        "Deleted account can’t be reached right now."
    );

    // In the room, it reads as if they had left.
    let page = jane.get(&messages(&room)).await.expect(200);
    let said: Vec<_> = page
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| &message["content"])
        .collect();
    let expected = [
        "jane is now the owner",
        "Deleted account left",
        "all",
        "Deleted account created this room",
    ];
    assert_eq!(said, expected);
    let people = jane.get(&participants(&room)).await.expect(200);
    assert_eq!(people.as_array().map(Vec::len), Some(1));
    assert_eq!(people[0]["role"], "owner");

    // Nobody finds them, or begins anything with them.
    for name in ["john", "doe", "deleted"] {
        let found = jane.get(&format!("/api/users?search={name}")).await;
        assert_eq!(found.expect(200), json!([]), "{name}");
    }
    let add = json!({ "username": gone["username"] });
    let refused = jane.post(&participants(&room), add).await;
    refused.refused(403, "unreachable");
    // The name is another person's now, who begins with nothing.
    let another = server.sign_up("john").await;
    assert_ne!(another.id, john.id);
    assert_eq!(
        another.get("/api/conversations").await.expect(200),
        json!([])
    );
}

#[tokio::test]
async fn what_belongs_to_them_goes() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Server::start(Config {
        database: database.clone(),
        ..strict()
    })
    .await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let promote = json!({ "admin": true });
    anna.patch(&format!("/api/admin/users/{}", bob.id), promote)
        .await
        .expect(200);
    let names = json!({ "displayName": "Bob Unforgettable" });
    bob.patch("/api/auth_user", names).await.expect(200);
    let room = bob.make_room("Club", &["anna"], false).await;
    let hooks = format!("/api/conversations/{room}/hooks");
    let hook = bob
        .post(&hooks, json!({ "bot": "doorbell" }))
        .await
        .expect(201);
    let lamp = json!({ "name": "lamp", "scope": "send", "bot": "lamp" });
    let lamp = bob.post("/api/tokens", lamp).await.expect(201);
    let lamp = bob.with_token(&lamp["token"]);
    let own = json!({ "name": "backup", "scope": "read" });
    let own = bob.post("/api/tokens", own).await.expect(201);
    let own = bob.with_token(&own["token"]);
    let hall = lamp.make_room("Hall", &["anna"], false).await;
    lamp.say(&hall, "on").await;
    let invite = bob.post("/api/invites", json!({})).await.expect(201);
    bob.put(&format!("/api/users/{}/block", anna.id)).await;
    anna.put(&format!("/api/users/{}/block", bob.id)).await;
    let another = bob.nobody().log_in("bob", PASSWORD).await;

    let right = json!({ "password": PASSWORD });
    assert_eq!(delete(&bob, right).await.status, 204);
    for ended in [&lamp, &own, &another] {
        ended
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
    }
    let secret = text(&hook["secret"]);
    let posted = anna
        .nobody()
        .post(
            &format!("/api/hooks/{secret}"),
            json!({ "content": "ding" }),
        )
        .await;
    posted.refused(404, "not_found");
    let invite = crate::support::token_of(text(&invite["link"]));
    let checked = anna
        .nobody()
        .post("/api/invites/check", json!({ "invite": invite }))
        .await;
    checked.refused(403, "bad_invite");
    assert_eq!(anna.get("/api/blocks").await.expect(200), json!([]));
    // The bots have left, too, those that their maker isn't in the room of included.
    for room in [&room, &hall] {
        let people = anna.get(&participants(room)).await.expect(200);
        let names: Vec<_> = people
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["user"]["username"])
            .collect();
        assert_eq!(names, ["anna"], "{room}");
    }
    let page = anna.get(&messages(&hall)).await.expect(200);
    let said = page.as_array().expect("a list").iter();
    let mut said = said.filter(|message| message["content"] == "on");
    let on = said.next().expect("a message");
    assert_eq!(on["author"]["deleted"], true);
    anna.invite("lamp").await;
    assert_eq!(anna.get(&hooks).await.expect(200), json!([]));
    Witness::of(&database).expect_agreement();
    // No trace is left in the file or its log.
    for file in fs::read_dir(folder.path()).expect("a folder") {
        let file = file.expect("a file").path();
        let bytes = fs::read(&file).unwrap_or_default();
        let name = b"Unforgettable";
        let is_there = bytes
            .windows(name.len())
            .any(|part| part.eq_ignore_ascii_case(name));
        assert!(!is_there, "{}", file.display());
    }
}

/// A bot that an administrator has deleted is no reason to stay.
#[tokio::test]
async fn a_bot_that_went_before_is_in_nobodys_way() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Server::start(Config {
        database: database.clone(),
        ..dev()
    })
    .await;
    let john = server.sign_in("john").await;
    let lamp = json!({ "name": "lamp", "scope": "send", "bot": "lamp" });
    john.post("/api/tokens", lamp).await.expect(201);
    let mut command = Binary::command(&["user", "delete", "lamp", "--yes"]);
    command.arg("--db").arg(&database);
    let ended = ended(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(john.get("/api/tokens").await.expect(200), json!([]));
    let deleted = delete(&john, json!({ "username": "john" })).await;
    assert_eq!(deleted.status, 204);
}

/// Whoever took such a name before keeps it.
#[tokio::test]
async fn a_deleted_account_gets_a_name_that_is_free() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let squatter = server.sign_up(&format!("deleted-{}", john.id)).await;
    let direct = john.talk_to(&squatter.username).await;
    john.say(&direct, "hi").await;
    assert_eq!(
        delete(&john, json!({ "username": "john" })).await.status,
        204
    );
    let page = squatter.get(&messages(&direct)).await.expect(200);
    let name = text(&page[0]["author"]["username"]);
    assert_eq!(name, format!("deleted-{}.1", john.id));
    squatter.get("/api/auth_user").await.expect(200);
}

/// A stream that was away when somebody left a room and then deleted their account.
#[tokio::test]
async fn those_whom_they_had_left_before_are_told_too() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &["jane"], false).await;
    jane.say(&room, "hi").await;
    assert_eq!(jane.delete(&participant(&room, "me")).await.status, 204);
    let cursor = john.cursor().await;
    assert_eq!(
        delete(&jane, json!({ "username": "jane" })).await.status,
        204
    );
    let (events, _) = john.poll(&cursor, 0).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (&*event.name, &event.data["deleted"]))
        .collect();
    assert_eq!(told, [("user", &json!(true))]);
}
