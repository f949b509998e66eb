//! Mentions: who is named in a message, whom that calls, and of what people want to be notified.

use serde_json::{Value, json};

use crate::{
    plain::Browser,
    support::{Client, Event, Server, Talk, dev, messages, participant, participants, text},
};

/// A room with its owner and two others.
struct Room {
    server: Server,
    john: Client,
    jane: Client,
    kim: Client,
    id: String,
}

impl Room {
    async fn new() -> Self {
        let server = Server::start(dev()).await;
        let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
        let kim = server.sign_up("kim").await;
        let id = john.make_room("Kitchen", &["jane", "kim"], false).await;
        Self {
            server,
            john,
            jane,
            kim,
            id,
        }
    }

    fn path(&self) -> String {
        format!("/api/conversations/{}", self.id)
    }

    async fn seen_by(&self, who: &Client) -> Value {
        who.get(&self.path()).await.expect(200)
    }

    async fn calls(&self, who: &Client) -> i64 {
        let count = &self.seen_by(who).await["mentionCount"];
        count.as_i64().expect("a number")
    }

    async fn read(&self, who: &Client, up_to: &Value) {
        let path = format!("{}/read_messages", self.path());
        let mark = json!({ "upTo": up_to });
        who.post(&path, mark).await.expect(204);
    }
}

/// Where the mentions are, and whom they name.
fn mentions(message: &Value) -> Vec<(i64, i64, &str)> {
    let Some(mentions) = message.get("mentions") else {
        return Vec::new();
    };
    let mentions = mentions.as_array().expect("a list").iter();
    let place = |mention: &Value, end: &str| mention[end].as_i64().expect("a number");
    mentions
        .map(|mention| {
            let who = if mention["all"] == true {
                "all"
            } else {
                text(&mention["user"]["username"])
            };
            (place(mention, "start"), place(mention, "end"), who)
        })
        .collect()
}

fn path_of(message: &Value) -> String {
    format!("/api/messages/{}", text(&message["id"]))
}

#[tokio::test]
async fn people_in_the_conversation_are_named_by_either_name() {
    let room = Room::new().await;
    room.server.sign_up("zoe").await;
    let names = json!({ "displayName": "Jane Doe" });
    room.jane.patch("/api/auth_user", names).await.expect(200);
    for (content, expected) in [
        ("@jane, look", vec![(0, 5, "jane")]),
        ("👍 @JANE and @kim!", vec![(3, 8, "jane"), (13, 17, "kim")]),
        ("ask @jane doe please", vec![(4, 13, "jane")]),
        ("@Doe isn’t a name", vec![]),
        ("@zoe isn’t here", vec![]),
        ("mail@jane.example", vec![]),
        ("no names", vec![]),
    ] {
        let sent = room.john.say(&room.id, content).await;
        assert_eq!(mentions(&sent), expected, "{content}");
        let seen = room.kim.get(&messages(&room.id)).await.expect(200);
        assert_eq!(mentions(&seen[0]), expected, "{content}");
        assert_eq!(seen[0].get("mentions").is_some(), !expected.is_empty());
    }
    // Two of the same name can’t be told apart.
    for who in [&room.jane, &room.kim] {
        let names = json!({ "displayName": "Carol Smith" });
        who.patch("/api/auth_user", names).await.expect(200);
    }
    let sent = room.john.say(&room.id, "@Carol Smith?").await;
    assert_eq!(mentions(&sent), []);
}

#[tokio::test]
async fn a_mention_has_the_name_that_somebody_has_now() {
    let room = Room::new().await;
    let cursor = room.john.cursor().await;
    room.john.say(&room.id, "@jane!").await;
    let answer = room.john.get(&messages(&room.id)).await.expect(200);
    let draft = json!({ "content": "yes", "replyTo": answer[0]["id"] });
    let path = messages(&room.id);
    room.kim.post(&path, draft).await.expect(201);
    let names = json!({ "username": "janine", "displayName": "Janine" });
    room.jane.patch("/api/auth_user", names).await.expect(200);

    let seen = room.kim.get(&path).await.expect(200);
    assert_eq!(seen[1]["mentions"][0]["user"]["displayName"], "Janine");
    assert_eq!(seen[1]["content"], "@jane!");
    assert_eq!(seen[0]["replyTo"]["excerpt"], "@Janine!");
    let (events, _) = room.john.poll(&cursor, 0).await;
    let sent = |event: &&Event| event.name == "sent";
    let sent = events.iter().find(sent).expect("the message");
    assert_eq!(mentions(&sent.data), [(0, 5, "janine")]);
    let place = format!("/plain/conversations/{}", room.id);
    let page = Browser::of(&room.kim).page(&place).await;
    assert!(page.contains("<b>@<bdi>Janine</bdi></b>!"), "{page}");
    // Nobody is called so any more.
    let again = room.john.say(&room.id, "@jane").await;
    assert_eq!(mentions(&again), []);
}

#[tokio::test]
async fn a_mention_and_an_answer_call_until_they_are_read() {
    let room = Room::new().await;
    let (john, jane, kim) = (&room.john, &room.jane, &room.kim);
    let first = jane.say(&room.id, "Dinner at 7?").await;
    assert_eq!(room.calls(jane).await, 0);
    let named = john.say(&room.id, "@jane @jane and @john").await;
    let draft = json!({ "content": "8", "replyTo": first["id"] });
    kim.post(&messages(&room.id), draft).await.expect(201);
    john.say(&room.id, "fine").await;
    // One for each message, and none for one’s own.
    assert_eq!(room.calls(jane).await, 2);
    assert_eq!(room.calls(john).await, 0);
    let plain = Browser::of(jane).page("/plain").await;
    assert!(plain.contains("mentions you"), "{plain}");
    let mut stream = kim.follow(None).await;
    room.read(jane, &named["number"]).await;
    assert_eq!(room.calls(jane).await, 1);
    // What goes out to everybody has each one’s own count.
    let mut own = jane.follow(None).await;
    let name = json!({ "name": "Dining" });
    john.patch(&room.path(), name).await.expect(200);
    assert_eq!(own.next_named("conversation").await.data["mentionCount"], 1);
    let others = stream.next_named("conversation").await.data;
    assert_eq!(others["mentionCount"], 0);
    // Writing reads.
    jane.say(&room.id, "ok").await;
    assert_eq!(room.calls(jane).await, 0);

    let gone = john.say(&room.id, "@jane?").await;
    assert_eq!(room.calls(jane).await, 1);
    assert_eq!(john.delete(&path_of(&gone)).await.status, 204);
    assert_eq!(room.calls(jane).await, 0);
    // Whoever leaves is called by nothing when they come back.
    john.say(&room.id, "@jane!").await;
    jane.delete(&participant(&room.id, "me")).await;
    let wish = json!({ "username": "jane" });
    john.post(&participants(&room.id), wish).await.expect(204);
    assert_eq!(room.calls(jane).await, 0);
}

#[tokio::test]
async fn an_edit_names_anew_and_calls_nobody() {
    let room = Room::new().await;
    let sent = room.john.say(&room.id, "hello kim").await;
    let mut stream = room.kim.follow(None).await;
    let edit = json!({ "content": "hello, @kim and @jane" });
    let edited = room.john.patch(&path_of(&sent), edit).await.expect(200);
    let expected = [(7, 11, "kim"), (16, 21, "jane")];
    assert_eq!(mentions(&edited), expected);
    assert_eq!(mentions(&stream.next_named("update").await.data), expected);
    assert_eq!(room.calls(&room.kim).await, 0);
    let edit = json!({ "content": "hello" });
    let edited = room.john.patch(&path_of(&sent), edit).await.expect(200);
    assert_eq!(mentions(&edited), []);
    let seen = room.kim.get(&messages(&room.id)).await.expect(200);
    assert_eq!(mentions(&seen[0]), []);
}

#[tokio::test]
async fn nobody_is_called_by_somebody_whom_they_have_blocked() {
    let room = Room::new().await;
    let path = format!("/api/users/{}/block", room.john.id);
    room.jane.put(&path).await.expect(204);
    let sent = room.john.say(&room.id, "@jane @kim").await;
    assert_eq!(mentions(&sent).len(), 2);
    room.john.say(&room.id, "@all").await;
    assert_eq!(room.calls(&room.jane).await, 0);
    assert_eq!(room.calls(&room.kim).await, 2);
}

#[tokio::test]
async fn everybody_is_called_by_the_owner_or_where_they_are_few() {
    let room = Room::new().await;
    for (who, others) in [
        (&room.john, [&room.jane, &room.kim]),
        (&room.kim, [&room.john, &room.jane]),
    ] {
        let sent = who.say(&room.id, "@All, dinner").await;
        assert_eq!(mentions(&sent), [(0, 4, "all")]);
        assert!(sent["mentions"][0].get("user").is_none(), "{sent}");
        for other in others {
            assert_eq!(room.calls(other).await, 1);
            room.read(other, &sent["number"]).await;
        }
    }
    // In a conversation of two there is nobody else.
    let direct = room.john.talk_to("jane").await;
    let sent = room.john.say(&direct, "@all").await;
    assert_eq!(mentions(&sent), []);
    let names: Vec<_> = (0..48).map(|n| format!("guest{n}")).collect();
    for name in &names {
        room.server.sign_up(name).await;
        let wish = json!({ "username": name });
        room.john
            .post(&participants(&room.id), wish)
            .await
            .expect(204);
    }
    let sent = room.kim.say(&room.id, "@all").await;
    assert_eq!(mentions(&sent), []);
    let sent = room.john.say(&room.id, "@all").await;
    assert_eq!(mentions(&sent), [(0, 4, "all")]);
    assert_eq!(room.calls(&room.kim).await, 1);
}

#[tokio::test]
async fn a_message_that_names_many_is_bounded() {
    let talk = Talk::start(dev()).await;
    let content = "@jane ".repeat(600);
    let sent = talk.john.say(&talk.conversation, &content).await;
    assert_eq!(mentions(&sent).len(), 20);
    // As many names as can be tried, none of which anybody has.
    let content = "@a b c d e f ".repeat(300);
    let sent = talk.john.say(&talk.conversation, &content).await;
    assert_eq!(mentions(&sent), []);
    assert!(sent.to_string().len() < 64 * 1024);
}

/// The level, and whether it was chosen.
fn level(conversation: &Value) -> (&str, bool) {
    let chosen = conversation["notificationLevelChosen"].as_bool();
    (
        text(&conversation["notificationLevel"]),
        chosen.expect("a flag"),
    )
}

#[tokio::test]
async fn the_level_of_notifications_is_ones_own_and_the_same_on_all_devices() {
    let room = Room::new().await;
    let (john, jane) = (&room.john, &room.jane);
    assert_eq!(level(&room.seen_by(jane).await), ("all", false));
    let settings = format!("{}/settings", room.path());
    let cursor = jane.cursor().await;
    let mut device = jane.another_device().await.follow(None).await;
    let mut others = john.follow(None).await;
    for chosen in ["none", "mentions", "all"] {
        let set = json!({ "notificationLevel": chosen });
        let set = jane.patch(&settings, set).await.expect(200);
        assert_eq!(level(&set), (chosen, true));
        assert_eq!(device.next_named("conversation").await.data, set);
    }
    let (events, _) = jane.poll(&cursor, 0).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(level(&events[0].data), ("all", true));
    assert_eq!(level(&room.seen_by(john).await), ("all", false));
    // What else is set leaves it.
    let pinned = jane.patch(&settings, json!({ "pinned": true })).await;
    assert_eq!(level(&pinned.expect(200)), ("all", true));
    let refused = jane.patch(&settings, json!({ "notificationLevel": "some" }));
    assert!(refused.await.status.is_client_error());
    let usual = json!({ "notificationLevel": null });
    let usual = jane.patch(&settings, usual).await.expect(200);
    assert_eq!(level(&usual), ("all", false));
    // In a room of more than ten, only what is for oneself, unless one wants it otherwise.
    let chosen = json!({ "notificationLevel": "all" });
    john.patch(&settings, chosen).await.expect(200);
    for n in 0..8 {
        let name = format!("guest{n}");
        room.server.sign_up(&name).await;
        let wish = json!({ "username": name });
        john.post(&participants(&room.id), wish).await.expect(204);
    }
    assert_eq!(level(&room.seen_by(jane).await), ("mentions", false));
    assert_eq!(level(&room.seen_by(john).await), ("all", true));
    // Nobody else is told.
    john.say(&room.id, "end").await;
    let heard = others.until("sent").await;
    assert!(heard.iter().all(level_is_own), "{heard:?}");
}

/// Whether an event about a conversation has the level that its receiver has.
fn level_is_own(event: &Event) -> bool {
    event.name != "conversation" || event.data["notificationLevel"] == "all"
}
