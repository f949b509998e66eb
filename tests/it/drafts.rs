//! What people have begun to write, which follows them from one device to another.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, Talk, answer, dev, participant, participants};

fn path(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/draft")
}

async fn try_to_write(client: &Client, conversation: &str, content: &str) -> Answer {
    let request = client.request(reqwest::Method::PUT, &path(conversation));
    answer(
        request
            .header(
                "user-agent",
                "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            )
            .json(&json!({ "content": content })),
    )
    .await
}

async fn write(client: &Client, conversation: &str, content: &str) -> Value {
    try_to_write(client, conversation, content)
        .await
        .expect(200)
}

#[tokio::test]
async fn a_draft_follows_its_author_and_nobody_else_is_told() {
    let talk = Talk::start(dev()).await;
    let (john, place) = (&talk.john, &talk.conversation);
    let laptop = john.another_device().await;
    let cursor = laptop.cursor().await;
    let (mut own, mut other) = (laptop.follow(None).await, talk.jane.follow(None).await);
    let draft = write(john, place, "  I’ll be\n").await;
    assert_eq!(draft["content"], "  I’ll be\n", "byte for byte");
    assert_eq!(draft["conversationId"], place.as_str());
    let sessions = john.get("/api/sessions").await.expect(200);
    let sessions = sessions.as_array().expect("a list").iter();
    let current = sessions.clone().find(|session| session["current"] == true);
    assert_eq!(draft["device"], current.expect("this session")["device"]);
    let live = own.next_named("draft").await;
    assert_eq!(live.data, draft);
    // The same again is no change.
    assert_eq!(write(john, place, "  I’ll be\n").await, draft);
    let (missed, _) = laptop.poll(&cursor, 0).await;
    assert_eq!(missed, [live]);
    assert_eq!(laptop.get("/api/drafts").await.expect(200), json!([draft]));
    assert_eq!(talk.jane.get("/api/drafts").await.expect(200), json!([]));

    // It ends once, and streams that were away are told that.
    for _ in 0..2 {
        assert_eq!(laptop.delete(&path(place)).await.status, 204);
    }
    assert_eq!(own.next_named("draft").await.data["content"], "");
    let (missed, _) = john.poll(&cursor, 0).await;
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!(missed[0].data["content"], "");
    assert_eq!(john.get("/api/drafts").await.expect(200), json!([]));
    john.say(place, "hello").await;
    assert_eq!(other.next().await.expect("an event").name, "message");
}

#[tokio::test]
async fn a_draft_is_no_longer_than_a_message() {
    let talk = Talk::start(dev()).await;
    let longest = "ä".repeat(4_000);
    write(&talk.john, &talk.conversation, &longest).await;
    for content in [&format!("{longest}ä"), "", " \n", "a\0b"] {
        let refused = try_to_write(&talk.john, &talk.conversation, content).await;
        let refused = refused.refused(422, "invalid");
        assert!(refused["errors"]["content"].is_string(), "{refused}");
    }
}

#[tokio::test]
async fn whoever_leaves_leaves_no_draft() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &["jane"], false).await;
    write(&jane, &room, "by the way").await;
    jane.delete(&participant(&room, "me")).await.expect(204);
    assert_eq!(jane.get("/api/drafts").await.expect(200), json!([]));
    try_to_write(&jane, &room, "by the way")
        .await
        .refused(404, "not_found");
    let back = json!({ "username": "jane" });
    john.post(&participants(&room), back).await.expect(204);
    assert_eq!(jane.get("/api/drafts").await.expect(200), json!([]));
}
