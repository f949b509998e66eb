//! What people set for themselves in a conversation: pinned, archived, hidden, marked unread.

use serde_json::{Value, json};

use crate::support::{Client, Server, Talk, dev, text};

fn path(conversation: &str) -> String {
    format!("/api/conversations/{conversation}")
}

async fn set(client: &Client, conversation: &str, settings: Value) -> Value {
    let path = format!("{}/settings", path(conversation));
    client.patch(&path, settings).await.expect(200)
}

/// The settings that are on.
fn on(conversation: &Value) -> Vec<&'static str> {
    let names = ["pinned", "archived", "hidden", "markedUnread"];
    names
        .into_iter()
        .filter(|&name| conversation[name].as_bool().expect("a setting"))
        .collect()
}

async fn shown(client: &Client, conversation: &str) -> Value {
    client.get(&path(conversation)).await.expect(200)
}

async fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/conversations{query}")).await;
    let list = list.expect(200);
    let list = list.as_array().expect("a list").iter();
    list.map(|one| text(&one["id"]).to_owned()).collect()
}

#[tokio::test]
async fn what_one_sets_is_ones_own() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    jane.say(&conversation, "hello").await;
    assert!(on(&shown(&john, &conversation).await).is_empty());
    let pinned = set(&john, &conversation, json!({ "pinned": true })).await;
    assert_eq!(on(&pinned), ["pinned"]);
    assert_eq!(pinned["lastMessage"]["content"], "hello");
    let both = set(&john, &conversation, json!({ "markedUnread": true })).await;
    assert_eq!(on(&both), ["pinned", "markedUnread"]);
    assert_eq!(on(&shown(&john, &conversation).await), on(&both));
    assert!(on(&shown(&jane, &conversation).await).is_empty());
    let none = set(
        &john,
        &conversation,
        json!({ "pinned": false, "markedUnread": false }),
    )
    .await;
    assert!(on(&none).is_empty());
}

#[tokio::test]
async fn a_newer_message_ends_that_it_is_archived_or_hidden() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    jane.say(&conversation, "one").await;
    for setting in ["archived", "hidden"] {
        for sender in [&jane, &john] {
            let view = set(&john, &conversation, json!({ setting: true })).await;
            assert_eq!(on(&view), [setting]);
            assert_eq!(on(&shown(&john, &conversation).await), [setting]);
            sender.say(&conversation, "more").await;
            assert!(on(&shown(&john, &conversation).await).is_empty());
        }
    }
}

#[tokio::test]
async fn one_that_is_hidden_is_off_the_list_until_it_is_started_again() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    jane.say(&conversation, "hello").await;
    set(&john, &conversation, json!({ "hidden": true })).await;
    assert!(listed(&john, "").await.is_empty());
    assert_eq!(listed(&jane, "").await, [conversation.as_str()]);
    let found = john.get("/api/usernames?search=jane").await.expect(200);
    assert_eq!(found, json!(["jane"]));
    let mut stream = john.follow(None).await;
    assert_eq!(john.talk_to("jane").await, conversation);
    assert_eq!(listed(&john, "").await, [conversation.as_str()]);
    assert!(on(&stream.next_named("conversation").await.data).is_empty());

    set(&john, &conversation, json!({ "hidden": true })).await;
    jane.say(&conversation, "again").await;
    assert_eq!(listed(&john, "").await, [conversation.as_str()]);
}

#[tokio::test]
async fn a_room_is_left_and_not_hidden() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("Kitchen", &[], false).await;
    let refused = john
        .patch(
            &format!("{}/settings", path(&room)),
            json!({ "hidden": true }),
        )
        .await
        .refused(422, "invalid");
    assert!(refused["errors"]["hidden"].is_string(), "{refused}");
    assert_eq!(listed(&john, "").await, [room]);
}

#[tokio::test]
async fn reading_ends_that_it_is_marked_unread() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let read = format!("{}/read_messages", path(&conversation));
    for _ in 0..3 {
        jane.say(&conversation, "hello").await;
    }
    let marks = [
        // What reads further, reads as far as it had been read, and reads all.
        (json!({ "upTo": 2 }), 1),
        (json!({ "upTo": 2 }), 1),
        (json!({}), 0),
        (json!({}), 0),
    ];
    for (mark, unread) in marks {
        set(&john, &conversation, json!({ "markedUnread": true })).await;
        // One that comes late says nothing.
        if unread == 0 {
            john.post(&read, json!({ "upTo": 1 })).await.expect(204);
            assert_eq!(
                on(&shown(&john, &conversation).await),
                ["markedUnread"],
                "{mark}"
            );
        }
        john.post(&read, mark.clone()).await.expect(204);
        let view = shown(&john, &conversation).await;
        assert!(on(&view).is_empty(), "{mark}");
        assert_eq!(view["unreadCount"], unread);
    }
    set(&john, &conversation, json!({ "markedUnread": true })).await;
    jane.say(&conversation, "more").await;
    assert_eq!(on(&shown(&john, &conversation).await), ["markedUnread"]);
    // Who answers has read.
    john.say(&conversation, "yes").await;
    assert!(on(&shown(&john, &conversation).await).is_empty());
}

#[tokio::test]
async fn ones_other_devices_are_told_and_nobody_else() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    jane.say(&conversation, "hello").await;
    let before = john.cursor().await;
    let (mut phone, mut others) = (john.follow(None).await, jane.follow(None).await);
    let view = set(&john, &conversation, json!({ "pinned": true })).await;
    let told = phone.next().await.expect("an event");
    assert_eq!((told.name.as_str(), &told.data), ("conversation", &view));
    assert!(
        told.id
            .ends_with(&format!("-{}", text(&told.data["version"])))
    );
    // The same again changes nothing.
    set(&john, &conversation, json!({ "pinned": true })).await;
    let archived = set(&john, &conversation, json!({ "archived": true })).await;
    assert_eq!(phone.next().await.expect("an event").data, archived);
    john.say(&conversation, "bye").await;
    let names: Vec<_> = others.take(1).await;
    assert_eq!(names[0].data["content"], "bye", "{names:?}");

    // One that was away hears of the last, and as it is now.
    let mut tablet = john.follow(Some(&before)).await;
    let missed = tablet.until("caught_up").await;
    let missed: Vec<_> = missed.iter().filter(|e| e.name == "conversation").collect();
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!(missed[0].data["version"], archived["version"]);
    assert!(on(&missed[0].data).is_empty(), "a message has come since");
}

#[tokio::test]
async fn pins_fit_on_a_page_and_are_listed_alone() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut rooms = Vec::new();
    for number in 0..=20 {
        rooms.push(john.make_room(&format!("Room {number}"), &[], false).await);
    }
    for room in &rooms[..20] {
        set(&john, room, json!({ "pinned": true })).await;
    }
    let last = &rooms[20];
    let settings = format!("{}/settings", path(last));
    let refused = john.patch(&settings, json!({ "pinned": true })).await;
    let refused = refused.refused(422, "invalid");
    assert!(refused["errors"]["pinned"].is_string(), "{refused}");
    // One that is pinned stays so; archiving makes room for another.
    set(&john, &rooms[0], json!({ "pinned": true })).await;
    let archived = set(&john, &rooms[0], json!({ "archived": true })).await;
    assert_eq!(on(&archived), ["archived"]);
    set(&john, last, json!({ "pinned": true })).await;

    let newest_first: Vec<_> = rooms[1..].iter().rev().cloned().collect();
    assert_eq!(listed(&john, "?only=pinned").await, newest_first);
    assert_eq!(listed(&john, "?only=archived").await, [rooms[0].as_str()]);
    john.say(&rooms[0], "hello").await;
    assert!(listed(&john, "?only=archived").await.is_empty());
    let unknown = john.get("/api/conversations?only=mine").await;
    unknown.refused(422, "invalid");
    let all = listed(&john, "").await;
    assert_eq!(all.len(), 21);
    // Pinning brings it back to the list.
    set(&john, last, json!({ "pinned": false })).await;
    set(&john, &rooms[0], json!({ "archived": true })).await;
    let pinned = set(&john, &rooms[0], json!({ "pinned": true })).await;
    assert_eq!(on(&pinned), ["pinned"]);
}
