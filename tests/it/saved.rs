//! Messages that people save for themselves.

use serde_json::{Value, json};

use crate::support::{Client, Server, Talk, dev, participant, participants, text};

fn path(message: &Value) -> String {
    format!("/api/messages/{}/saved", text(&message["id"]))
}

async fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/saved{query}")).await.expect(200);
    let list = list.as_array().expect("a list").iter();
    list.map(|saved| text(&saved["message"]["content"]).to_owned())
        .collect()
}

#[tokio::test]
async fn what_one_saves_is_ones_own_and_on_all_of_ones_devices() {
    let talk = Talk::start(dev()).await;
    let (john, jane) = (&talk.john, &talk.jane);
    let message = jane.say(&talk.conversation, "the address").await;
    let cursor = john.cursor().await;
    let (mut own, mut other) = (john.follow(None).await, jane.follow(None).await);
    let saved = john.put(&path(&message)).await.expect(200);
    assert_eq!(saved["messageId"], message["id"]);
    assert_eq!(saved["conversationId"], talk.conversation.as_str());
    let live = own.next_named("saved").await;
    assert_eq!(live.data, saved);
    assert_eq!(
        john.put(&path(&message)).await.expect(200),
        saved,
        "twice is once"
    );
    let list = john.get("/api/saved").await.expect(200);
    assert_eq!(list[0]["savedAt"], saved["savedAt"]);
    assert_eq!(list[0]["message"]["author"]["username"], "jane");
    let (missed, _) = john.poll(&cursor, 0).await;
    assert_eq!(missed, [live]);

    assert_eq!(john.delete(&path(&message)).await.status, 204);
    assert_eq!(john.delete(&path(&message)).await.status, 204);
    assert_eq!(own.next_named("saved").await.data["savedAt"], Value::Null);
    let (missed, _) = john.poll(&cursor, 0).await;
    assert_eq!(missed.len(), 1, "as it is now: {missed:?}");
    assert_eq!(missed[0].data["savedAt"], Value::Null);
    assert!(listed(john, "").await.is_empty());

    // Jane was told nothing of all this.
    jane.say(&talk.conversation, "still there?").await;
    assert_eq!(other.next().await.expect("an event").name, "sent");
    assert!(listed(jane, "").await.is_empty());
}

#[tokio::test]
async fn the_list_has_what_one_may_see_the_last_saved_first() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &["jane"], false).await;
    let mut messages = Vec::new();
    for content in ["one", "two", "three", "four"] {
        messages.push(john.say(&room, content).await);
    }
    for at in [3, 0, 2, 1] {
        jane.put(&path(&messages[at])).await.expect(200);
    }
    assert_eq!(listed(&jane, "").await, ["two", "three", "one", "four"]);
    let before = format!("?before={}", text(&messages[2]["id"]));
    assert_eq!(listed(&jane, &before).await, ["one", "four"]);
    let gone = format!("/api/messages/{}", text(&messages[0]["id"]));
    assert_eq!(john.delete(&gone).await.status, 204);
    assert_eq!(listed(&jane, "").await, ["two", "three", "four"]);

    // What was said before is nobody’s who has left and comes back.
    jane.delete(&participant(&room, "me")).await.expect(204);
    assert!(listed(&jane, "").await.is_empty());
    jane.put(&path(&messages[1]))
        .await
        .refused(404, "not_found");
    let back = json!({ "username": "jane" });
    john.post(&participants(&room), back).await.expect(204);
    assert!(listed(&jane, "").await.is_empty());
}
