//! Messages that are pinned in their conversation: who may, who sees them, and how streams learn of it.

use serde_json::{Value, json};

use crate::{
    plain::Browser,
    support::{Client, Server, Talk, dev, participants, text},
};

fn pin(message: &Value) -> String {
    format!("/api/messages/{}/pin", text(&message["id"]))
}

async fn pinned(client: &Client, conversation: &str) -> Vec<String> {
    let path = format!("/api/conversations/{conversation}/pins");
    let list = client.get(&path).await.expect(200);
    let contents = list.as_array().expect("a list").iter();
    contents
        .map(|message| {
            assert!(message["pinnedAt"].is_string(), "{message}");
            text(&message["content"]).to_owned()
        })
        .collect()
}

#[tokio::test]
async fn everybody_in_it_pins_unpins_and_is_told() {
    let talk = Talk::start(dev()).await;
    let (john, jane, place) = (&talk.john, &talk.jane, &talk.conversation);
    let first = john.say(place, "first").await;
    let second = jane.say(place, "second").await;
    let cursor = jane.cursor().await;
    let mut stream = jane.follow(None).await;
    let changed = john.put(&pin(&second)).await.expect(200);
    assert_eq!(changed["content"], "second");
    let live = stream.next_named("update").await;
    assert_eq!(live.data["pinnedAt"], changed["pinnedAt"]);
    jane.put(&pin(&first)).await.expect(200);
    assert_eq!(
        pinned(john, place).await,
        ["first", "second"],
        "the newest first"
    );

    // Twice is once.
    let again = john.put(&pin(&second)).await.expect(200);
    assert_eq!(again["version"], changed["version"]);
    let history = john
        .get(&format!("/api/conversations/{place}/messages"))
        .await;
    assert_eq!(history.expect(200)[0], again);

    // A stream that was away is told how it is now.
    assert_eq!(jane.delete(&pin(&second)).await.status, 204);
    assert_eq!(jane.delete(&pin(&second)).await.status, 204);
    let (missed, _) = jane.poll(&cursor, 0).await;
    let missed: Vec<_> = missed
        .iter()
        .map(|event| {
            (
                event.name.as_str(),
                &event.data["content"],
                event.data["pinnedAt"].is_string(),
            )
        })
        .collect();
    assert_eq!(
        missed,
        [
            ("update", &json!("first"), true),
            ("update", &json!("second"), false)
        ]
    );
    assert_eq!(pinned(jane, place).await, ["first"]);
}

#[tokio::test]
async fn a_deleted_message_is_not_pinned_any_more() {
    let talk = Talk::start(dev()).await;
    let message = talk.john.say(&talk.conversation, "hello").await;
    talk.jane.put(&pin(&message)).await.expect(200);
    let edited = json!({ "content": "hello again" });
    let path = format!("/api/messages/{}", text(&message["id"]));
    talk.john.patch(&path, edited).await.expect(200);
    assert_eq!(
        pinned(&talk.jane, &talk.conversation).await,
        ["hello again"]
    );
    assert_eq!(talk.john.delete(&path).await.status, 204);
    assert!(pinned(&talk.jane, &talk.conversation).await.is_empty());
    talk.jane
        .put(&pin(&message))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn whoever_comes_late_to_a_closed_room_sees_what_is_pinned_from_then_on() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &[], false).await;
    let early = john.say(&room, "early").await;
    john.put(&pin(&early)).await.expect(200);
    let jane_too = json!({ "username": "jane" });
    john.post(&participants(&room), jane_too).await.expect(204);
    let late = john.say(&room, "late").await;
    jane.put(&pin(&late)).await.expect(200);
    jane.put(&pin(&early)).await.refused(404, "not_found");
    jane.delete(&pin(&early)).await.refused(404, "not_found");
    assert_eq!(pinned(&jane, &room).await, ["late"]);
    assert_eq!(pinned(&john, &room).await, ["late", "early"]);
}

#[tokio::test]
async fn a_conversation_has_up_to_20() {
    let talk = Talk::start(dev()).await;
    let mut last = Value::Null;
    for number in 0..20 {
        last = talk.john.say(&talk.conversation, &number.to_string()).await;
        talk.john.put(&pin(&last)).await.expect(200);
    }
    let more = talk.john.say(&talk.conversation, "more").await;
    let refused = talk.john.put(&pin(&more)).await.refused(422, "invalid");
    assert!(text(&refused["errors"]["pin"]).contains("20"), "{refused}");
    assert_eq!(talk.jane.delete(&pin(&last)).await.status, 204);
    talk.john.put(&pin(&more)).await.expect(200);
}

#[tokio::test]
async fn nobody_pins_for_whom_the_conversation_is_closed() {
    let talk = Talk::start(dev()).await;
    let message = talk.john.say(&talk.conversation, "hello").await;
    let block = format!("/api/users/{}/block", talk.john.id);
    assert_eq!(talk.jane.put(&block).await.status, 204);
    talk.john
        .put(&pin(&message))
        .await
        .refused(403, "unreachable");
    talk.jane.put(&pin(&message)).await.refused(403, "blocked");
}

#[tokio::test]
async fn one_pins_and_saves_without_scripts() {
    let talk = Talk::start(dev()).await;
    let said = talk
        .jane
        .say(&talk.conversation, "The **key** is _here_")
        .await;
    let john = Browser::of(&talk.john);
    let place = format!("/plain/conversations/{}", talk.conversation);
    let keep = format!("/plain/messages/{}/keep", text(&said["id"]));
    assert!(
        john.page(&place)
            .await
            .contains(&format!("href=\"{keep}\""))
    );
    let page = john.page(&keep).await;
    assert!(page.contains("The <b>key</b> is <i>here</i>"), "{page}");
    assert!(
        page.contains("name=\"pin\"") && page.contains("name=\"save\""),
        "{page}"
    );

    // What is pinned stands above the messages, and leads to where it was said.
    let (back, page) = john.change(&keep, &[("pin", "Pin for everyone")]).await;
    assert_eq!(back, format!("{place}#m{}", text(&said["id"])));
    assert!(page.contains(">The key is here</a>"), "{page}");
    let (_, link) = page.split_once("class=\"pinned\"").expect("what is pinned");
    let (_, link) = link.split_once("href=\"").expect("a link");
    let (link, _) = link.split_once('#').expect("a message");
    assert!(john.page(link).await.contains("The <b>key</b>"), "{link}");
    let (_, page) = john.change(&keep, &[("save", "Save for yourself")]).await;
    assert!(page.contains("class=\"pinned\""), "{page}");
    let saved = john.page("/plain/saved").await;
    assert!(saved.contains("The <b>key</b>"), "{saved}");

    let page = john.page(&keep).await;
    assert!(
        page.contains("name=\"unpin\"") && page.contains("name=\"unsave\""),
        "{page}"
    );
    john.change(&keep, &[("unpin", "Unpin")]).await;
    john.change(&keep, &[("unsave", "Remove from saved")]).await;
    assert!(!john.page(&place).await.contains("class=\"pinned\""));
    assert!(!john.page("/plain/saved").await.contains("<b>key</b>"));
}
