//! Editing and deleting what was sent, and that a deleted text is gone for good.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tokio::task::yield_now;

use crate::support::{Talk, dev, expect_timestamp, messages, soon};

fn path(message: &Value) -> String {
    format!("/api/messages/{}", message["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn an_edited_message_keeps_its_place_and_everybody_is_told() {
    let talk = Talk::start(dev()).await;
    let draft = json!({ "content": "helo", "clientId": "a-1" });
    let sent = talk
        .john
        .post(&messages(&talk.conversation), draft.clone())
        .await
        .expect(201);
    talk.john.say(&talk.conversation, "next").await;
    let mut stream = talk.jane.follow(None).await;
    let edited = talk
        .john
        .patch(&path(&sent), json!({ "content": "\nhello " }))
        .await
        .expect(200);
    let expected = json!({
        "id": sent["id"], "number": 1, "content": "hello", "createdAt": sent["createdAt"], "clientId": "a-1",
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&edited[name], value);
    }
    expect_timestamp(&edited["editedAt"]);
    assert_ne!(edited["version"], sent["version"]);
    let told = stream.take(1).await.remove(0);
    assert_eq!(
        (told.name.as_str(), &told.data["content"]),
        ("update", &json!("hello"))
    );
    assert_eq!(told.data.get("clientId"), None);
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    assert_eq!(
        (&page[1]["content"], &page[1]["editedAt"]),
        (&json!("hello"), &edited["editedAt"])
    );

    // The same content is no change, and the first send again finds it as it is now.
    let again = talk
        .john
        .patch(&path(&sent), json!({ "content": "hello" }))
        .await;
    assert_eq!(again.expect(200), edited);
    let resent = talk.john.post(&messages(&talk.conversation), draft).await;
    assert_eq!(resent.expect(200), edited);
}

#[tokio::test]
async fn only_the_author_edits_and_only_what_can_be_a_message() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    let other = json!({ "content": "other" });
    talk.jane
        .patch(&path(&sent), other.clone())
        .await
        .refused(403, "not_yours");
    talk.jane
        .delete(&path(&sent))
        .await
        .refused(403, "not_yours");
    let stranger = talk.server.sign_up("alice").await;
    stranger
        .patch(&path(&sent), other.clone())
        .await
        .refused(404, "not_found");
    stranger
        .delete(&path(&sent))
        .await
        .refused(404, "not_found");
    for content in ["", " \n ", "a\0b", &"x".repeat(4_001)] {
        let body = json!({ "content": content });
        talk.john
            .patch(&path(&sent), body)
            .await
            .refused(422, "invalid");
    }
    talk.john
        .patch(&path(&sent), json!({}))
        .await
        .refused(422, "invalid");
    talk.john
        .patch(&path(&sent), json!({ "content": 7 }))
        .await
        .refused(400, "malformed");
    for id in ["0", "-1", "x", "999", "9223372036854775808"] {
        talk.john
            .patch(&format!("/api/messages/{id}"), other.clone())
            .await
            .refused(404, "not_found");
    }
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    assert_eq!(
        (&page[0]["content"], &page[0]["editedAt"]),
        (&json!("hi"), &Value::Null)
    );
}

#[tokio::test]
async fn a_deleted_message_leaves_its_place_and_nothing_else() {
    let talk = Talk::start(dev()).await;
    let draft = json!({ "content": "oops", "clientId": "a-1" });
    let sent = talk
        .john
        .post(&messages(&talk.conversation), draft.clone())
        .await
        .expect(201);
    talk.jane
        .put(&format!("{}/reactions/%F0%9F%91%8D", path(&sent)))
        .await
        .expect(200);
    let mut stream = talk.jane.follow(None).await;
    talk.john.delete(&path(&sent)).await.expect(204);
    talk.john.delete(&path(&sent)).await.expect(204);
    let next = talk.john.say(&talk.conversation, "next").await;
    assert_eq!(next["number"], 2);

    let told = stream.take(2).await;
    assert_eq!(told[0].name, "update");
    assert_eq!(told[1].data["content"], "next");
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    let deleted = &page[1];
    assert_eq!(deleted, &told[0].data);
    assert_eq!(
        (
            &deleted["number"],
            &deleted["content"],
            &deleted["reactions"]
        ),
        (&json!(1), &json!(""), &json!([]))
    );
    expect_timestamp(&deleted["deletedAt"]);

    let like = format!("{}/reactions/%F0%9F%91%8D", path(&sent));
    talk.jane.put(&like).await.refused(404, "not_found");
    talk.john
        .patch(&path(&sent), json!({ "content": "back" }))
        .await
        .refused(404, "not_found");
    // A send whose answer was lost finds out what became of it.
    let resent = talk
        .john
        .post(&messages(&talk.conversation), draft)
        .await
        .expect(200);
    assert_eq!(resent["deletedAt"], deleted["deletedAt"]);
}

#[tokio::test]
async fn the_owner_of_a_room_deletes_what_others_wrote() {
    let talk = Talk::start(dev()).await;
    let room = talk.john.make_room("Club", &["jane"], false).await;
    let sent = talk.jane.say(&room, "spam").await;
    talk.john
        .patch(&path(&sent), json!({ "content": "ham" }))
        .await
        .refused(403, "not_yours");
    talk.john.delete(&path(&sent)).await.expect(204);
    let own = talk.john.say(&room, "mine").await;
    talk.jane
        .delete(&path(&own))
        .await
        .refused(403, "not_yours");
    // The archive's own lines stay.
    let page = talk.john.get(&messages(&room)).await.expect(200);
    talk.john
        .delete(&path(&page[2]))
        .await
        .refused(403, "not_yours");
    assert_eq!(page[1]["content"], "");
}

#[tokio::test]
async fn replays_show_what_is_left_and_tell_each_change_once() {
    let talk = Talk::start(dev()).await;
    let start = talk.jane.cursor().await;
    let one = talk.john.say(&talk.conversation, "secret one").await;
    let two = talk.john.say(&talk.conversation, "two").await;
    talk.john
        .patch(&path(&two), json!({ "content": "two a" }))
        .await
        .expect(200);
    talk.john
        .patch(&path(&two), json!({ "content": "two b" }))
        .await
        .expect(200);
    talk.john.delete(&path(&one)).await.expect(204);
    let (events, _) = talk.jane.poll(&start, 0).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.name.as_str(),
                event.data["content"].as_str().expect("a text"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("message", ""),
            ("message", "two b"),
            ("update", "two b"),
            ("update", "")
        ]
    );
}

/// How often a text stands in the files of a database, the log among them.
fn count(database: &Path, text: &str) -> usize {
    let log = format!("{}-wal", database.display());
    [database, Path::new(&log)]
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .map(|bytes| {
            bytes
                .windows(text.len())
                .filter(|bytes| *bytes == text.as_bytes())
                .count()
        })
        .sum()
}

#[tokio::test]
async fn a_deleted_or_edited_text_is_gone_from_the_files_too() {
    let talk = Talk::start(dev()).await;
    // One on a page among others, and one so long that it needs pages of its own.
    let (short, long) = (
        "quixotic marmalade".to_owned(),
        "wistful ocarina ".repeat(240),
    );
    let mut sent = Vec::new();
    for content in ["before", &short, "between", &long, "after"] {
        sent.push(talk.john.say(&talk.conversation, content).await);
    }
    let database = talk.server.database();
    assert!(count(database, "quixotic") > 0 && count(database, "wistful ocarina") > 0);
    talk.john.delete(&path(&sent[1])).await.expect(204);
    talk.john
        .patch(&path(&sent[3]), json!({ "content": "short" }))
        .await
        .expect(200);
    soon("the texts to be gone", async {
        while count(database, "quixotic") + count(database, "wistful ocarina") > 0 {
            yield_now().await;
        }
    })
    .await;
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    let left: Vec<_> = page
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(|message| &message["content"])
        .collect();
    assert_eq!(left, ["before", "", "between", "short", "after"]);
}
