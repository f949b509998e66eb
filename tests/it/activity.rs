//! What people see of one another while it happens: who types, who is there, who has read what; and
//! that one can keep it to oneself.

use serde_json::{Value, json};

use crate::support::{Client, Server, Stream, Talk, dev, participant, participants};

async fn type_in(client: &Client, conversation: &str) {
    let path = format!("/api/conversations/{conversation}/typing");
    client.post(&path, json!({})).await.expect(204);
}

/// The next event that passes by on a stream: its name and data.
async fn passing(stream: &mut Stream) -> (String, Value) {
    let event = stream.next_passing().await.expect("an event");
    (event.name, event.data)
}

fn presence(client: &Client, online: bool) -> (String, Value) {
    (
        "presence".into(),
        json!({ "userId": client.id, "online": online }),
    )
}

async fn show_activity(client: &Client, shows: bool) {
    let body = json!({ "showsActivity": shows });
    let changed = client.patch("/api/settings", body).await.expect(200);
    assert_eq!(changed["showsActivity"], shows);
    assert_eq!(client.get("/api/settings").await.expect(200), changed);
}

/// What `client` is shown of somebody in a conversation.
async fn seen(client: &Client, conversation: &str, whom: &Client) -> Value {
    let list = client.get(&participants(conversation)).await.expect(200);
    let mut list = list.as_array().expect("a list").iter();
    list.find(|one| one["user"]["id"] == whom.id.as_str())
        .expect("a participant")
        .clone()
}

#[tokio::test]
async fn who_types_is_told_to_the_others_and_kept_nowhere() {
    const TOLD: usize = 50;

    let talk = Talk::start(dev()).await;
    let mut jane = talk.jane.follow(None).await;
    let mut john = talk.john.follow(None).await;
    assert_eq!(passing(&mut jane).await, presence(&talk.john, true));
    type_in(&talk.john, &talk.conversation).await;
    let typing = json!({ "conversationId": talk.conversation, "userId": talk.john.id });
    assert_eq!(passing(&mut jane).await, ("typing".into(), typing.clone()));
    // Not to oneself: the next that passes by is of somebody else.
    type_in(&talk.jane, &talk.conversation).await;
    assert_eq!(passing(&mut john).await.1["userId"], talk.jane.id.as_str());

    // Nor once for each time that somebody's client says so, up to what comes behind.
    for _ in 0..TOLD {
        type_in(&talk.jane, &talk.conversation).await;
    }
    let alice = talk.server.sign_up("alice").await;
    let room = alice.make_room("Hall", &["john"], true).await;
    type_in(&alice, &room).await;
    let mut heard = 0;
    while passing(&mut john).await.1["userId"] != alice.id.as_str() {
        heard += 1;
    }
    assert!(heard < TOLD, "{heard} times");

    let stranger = talk.server.sign_up("bob").await;
    let path = format!("/api/conversations/{}/typing", talk.conversation);
    stranger
        .post(&path, json!({}))
        .await
        .refused(404, "not_found");
    // A replay knows nothing of it.
    let sent = talk.john.say(&talk.conversation, "hi").await;
    let next = jane.next().await.expect("an event");
    assert_eq!(next.data["id"], sent["id"]);
}

#[tokio::test]
async fn who_comes_and_goes_is_told_to_those_they_talk_with() {
    let talk = Talk::start(dev()).await;
    let stranger = talk.server.sign_up("alice").await;
    let mut alice = stranger.follow(None).await;
    let mut jane = talk.jane.follow(None).await;
    assert_eq!(
        seen(&talk.jane, &talk.conversation, &talk.john).await["online"],
        false
    );

    let first = talk.john.follow(None).await;
    assert_eq!(passing(&mut jane).await, presence(&talk.john, true));
    assert_eq!(
        seen(&talk.jane, &talk.conversation, &talk.john).await["online"],
        true
    );
    // Another stream, or the page loaded anew, is no news.
    let second = talk.john.follow(None).await;
    drop(first);
    drop(second);
    let third = talk.john.follow(None).await;
    drop(third);
    assert_eq!(passing(&mut jane).await, presence(&talk.john, false));
    assert_eq!(
        seen(&talk.jane, &talk.conversation, &talk.john).await["online"],
        false
    );

    // Somebody who has nothing to do with them has heard none of it.
    let direct = talk.jane.talk_to("alice").await;
    type_in(&talk.jane, &direct).await;
    assert_eq!(passing(&mut alice).await.0, "typing");
}

#[tokio::test]
async fn what_one_has_read_is_shown_to_the_others() {
    let talk = Talk::start(dev()).await;
    talk.john.say(&talk.conversation, "one").await;
    talk.john.say(&talk.conversation, "two").await;
    let mut john = talk.john.follow(None).await;
    let path = format!("/api/conversations/{}/read_messages", talk.conversation);
    talk.jane
        .post(&path, json!({ "upTo": 1 }))
        .await
        .expect(204);
    let told = john.next_named("read").await.data;
    assert_eq!(
        told,
        json!({ "conversationId": talk.conversation, "userId": talk.jane.id, "upTo": 1 })
    );
    assert_eq!(
        seen(&talk.john, &talk.conversation, &talk.jane).await["lastReadNumber"],
        1
    );
}

#[tokio::test]
async fn whoever_keeps_it_to_themselves_is_neither_seen_typing_nor_there_nor_reading() {
    let talk = Talk::start(dev()).await;
    talk.john.say(&talk.conversation, "one").await;
    assert_eq!(
        talk.jane.get("/api/settings").await.expect(200)["showsActivity"],
        true
    );
    let mut john = talk.john.follow(None).await;
    let mut own = talk.jane.follow(None).await;
    assert_eq!(passing(&mut john).await, presence(&talk.jane, true));
    let start = talk.john.cursor().await;

    show_activity(&talk.jane, false).await;
    // For others it is as if they had gone.
    assert_eq!(passing(&mut john).await, presence(&talk.jane, false));
    type_in(&talk.jane, &talk.conversation).await;
    let path = format!("/api/conversations/{}/read_messages", talk.conversation);
    talk.jane.post(&path, json!({})).await.expect(204);
    // One's own devices follow all the same.
    assert_eq!(own.next_named("read").await.data["upTo"], 1);
    let hidden = seen(&talk.john, &talk.conversation, &talk.jane).await;
    assert_eq!(
        (&hidden["online"], &hidden["lastReadNumber"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        seen(&talk.jane, &talk.conversation, &talk.jane).await["lastReadNumber"],
        1
    );
    talk.jane.say(&talk.conversation, "two").await;
    assert_eq!(john.next().await.expect("an event").name, "message");
    let (replayed, _) = talk.john.poll(&start, 0).await;
    assert!(
        replayed.iter().all(|event| event.name != "read"),
        "{replayed:?}"
    );

    show_activity(&talk.jane, true).await;
    assert_eq!(passing(&mut john).await, presence(&talk.jane, true));
}

#[tokio::test]
async fn among_many_nobody_is_told_what_each_is_doing() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let mut names = vec!["jane".to_owned()];
    for number in 0..49 {
        names.push(server.sign_up(&format!("guest{number}")).await.username);
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let room = john.make_room("Hall", &names, true).await;
    let mut stream = john.follow(None).await;
    let _here = jane.follow(None).await;
    type_in(&jane, &room).await;
    let path = format!("/api/conversations/{room}/read_messages");
    jane.post(&path, json!({})).await.expect(204);
    let shown = seen(&john, &room, &jane).await;
    assert_eq!(
        (&shown["online"], &shown["lastReadNumber"]),
        (&json!(false), &Value::Null)
    );

    // With one less they would be few.
    let guest = server.sign_in("guest0").await;
    guest.delete(&participant(&room, "me")).await.expect(204);
    assert_eq!(stream.next().await.expect("an event").name, "conversation");
    stream.next().await.expect("the archive's line");
    type_in(&jane, &room).await;
    assert_eq!(passing(&mut stream).await.0, "typing");
    assert_eq!(seen(&john, &room, &jane).await["online"], true);
}
