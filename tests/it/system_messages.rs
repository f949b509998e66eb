//! What a system message has, so that a page can say it in its reader’s language.

use serde_json::{Value, json};

use crate::support::{Client, Server, answer, dev, messages, participant, participants, strict};

/// A room’s system messages, oldest first: the kind, and the usernames of the actor and the subject.
async fn told(client: &Client, room: &str) -> Vec<(String, String, String)> {
    let page = client.get(&messages(room)).await.expect(200);
    let mut page = page.as_array().expect("a list").clone();
    page.reverse();
    let name = |user: &Value| user["username"].as_str().unwrap_or("nobody").to_owned();
    let kind = |message: &Value| message["system"].as_str().expect("a kind").to_owned();
    page.iter()
        .map(|message| {
            (
                kind(message),
                name(&message["actor"]),
                name(&message["subject"]),
            )
        })
        .collect()
}

#[tokio::test]
async fn it_says_who_did_what_to_whom_on_every_way() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    server.sign_up("alice").await;
    let start = jane.cursor().await;
    let mut stream = jane.follow(None).await;
    let room = john.make_room("Club", &["jane"], false).await;
    let path = format!("/api/conversations/{room}");
    let alice = json!({ "username": "alice" });
    john.post(&participants(&room), alice).await.expect(204);
    for change in [
        json!({ "open": true }),
        json!({ "open": false }),
        json!({ "owner": jane.id }),
    ] {
        john.patch(&path, change).await.expect(200);
    }
    // The room goes to whoever has been in it for the longest; nobody gives it to them.
    let jane_leaves = participant(&room, &jane.id);
    let renamed = json!({ "name": "Kitchen" });
    jane.patch(&path, renamed).await.expect(200);

    let page = jane.get(&messages(&room)).await.expect(200);
    assert_eq!(page[0]["roomName"], "Kitchen");
    let live: Vec<_> = stream.take(12).await;
    let (replayed, _) = jane.poll(&start, 0).await;
    let listed = jane.get("/api/conversations").await.expect(200);
    let newest = &page[0];
    assert_eq!(&listed[0]["lastMessage"], newest);
    assert!(live.iter().any(|event| &event.data == newest), "{live:?}");
    assert!(
        replayed.iter().any(|event| &event.data == newest),
        "{replayed:?}"
    );
    for message in page.as_array().expect("a list") {
        let is_renamed = message["system"] == "renamed";
        assert_eq!(message.get("roomName").is_some(), is_renamed, "{message}");
        assert_eq!(message.get("followed"), None);
    }

    jane.delete(&jane_leaves).await.expect(204);
    let expected = [
        ("created", "john", "john"),
        ("added", "john", "alice"),
        ("opened", "john", "john"),
        ("closed", "john", "john"),
        ("owner", "john", "jane"),
        ("renamed", "jane", "jane"),
        ("left", "jane", "jane"),
        ("owner", "nobody", "john"),
    ];
    let expected =
        expected.map(|(kind, actor, subject)| (kind.into(), actor.into(), subject.into()));
    assert_eq!(told(&john, &room).await, expected);
}

#[tokio::test]
async fn a_bot_that_leaves_with_its_maker_has_followed_them() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let room = anna.make_room("House", &["bob"], true).await;
    let wish = json!({ "name": "x", "scope": "send", "bot": "robot" });
    bob.post("/api/tokens", wish).await.expect(201);
    let robot = json!({ "username": "robot" });
    bob.post(&participants(&room), robot).await.expect(204);
    let leaves = participant(&room, &bob.id);
    bob.delete(&leaves).await.expect(204);
    let page = anna.get(&messages(&room)).await.expect(200);
    let page = page.as_array().expect("a list").iter();
    let gone = page.filter(|message| message["system"] == "removed");
    let gone: Vec<_> = gone.collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["followed"], true);
    assert_eq!(gone[0]["actor"]["username"], "bob");
    assert_eq!(gone[0]["subject"]["username"], "robot");
}

#[tokio::test]
async fn who_has_deleted_their_account_did_it_without_a_name() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    server.sign_up("alice").await;
    let room = john.make_room("Club", &["jane"], false).await;
    let alice = json!({ "username": "alice" });
    jane.post(&participants(&room), alice).await.expect(204);
    let request = jane.request(reqwest::Method::DELETE, "/api/auth_user");
    let deleted = answer(request.json(&json!({ "username": "jane" }))).await;
    deleted.expect(204);
    let page = john.get(&messages(&room)).await.expect(200);
    let page = page.as_array().expect("a list").iter();
    let mut added = page.filter(|message| message["system"] == "added");
    let actor = &added.next().expect("a message")["actor"];
    assert_eq!(actor["id"], jane.id);
    assert_eq!(actor["deleted"], true);
    assert_ne!(actor["username"], "jane");
}
