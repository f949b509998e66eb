//! Blocking somebody: what they can't do any more, what they are told, and that it can be taken back.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, Talk, dev, messages, participants, text};

fn path(whom: &Client) -> String {
    format!("/api/users/{}/block", whom.id)
}

async fn block(who: &Client, whom: &Client) {
    assert_eq!(who.put(&path(whom)).await.status, 204);
}

async fn unblock(who: &Client, whom: &Client) {
    assert_eq!(who.delete(&path(whom)).await.status, 204);
}

async fn try_to_say(who: &Client, conversation: &str) -> Answer {
    let draft = json!({ "content": "hello?" });
    who.post(&messages(conversation), draft).await
}

#[tokio::test]
async fn neither_of_the_two_can_write_until_it_is_taken_back() {
    let talk = Talk::start(dev()).await;
    let sent = json!({ "content": "hi", "clientId": "1" });
    let path = messages(&talk.conversation);
    let before = talk.john.post(&path, sent.clone()).await.expect(201);
    block(&talk.jane, &talk.john).await;
    let refused = try_to_say(&talk.john, &talk.conversation).await;
    let refused = refused.refused(403, "unreachable");
    assert_eq!(refused["message"], "jane can’t be reached right now.");
    let refused = try_to_say(&talk.jane, &talk.conversation).await;
    let refused = refused.refused(403, "blocked");
    assert_eq!(
        refused["message"],
        "You blocked john. Unblock them to send a message."
    );
    // What was sent before is found again, by a device that has had no answer.
    let again = talk.john.post(&path, sent).await.expect(200);
    assert_eq!(again, before);
    // Other ways to say something.
    let message = format!("/api/messages/{}", text(&before["id"]));
    let edit = json!({ "content": "answer me!" });
    let refused = talk.john.patch(&message, edit).await;
    refused.refused(403, "unreachable");
    let emoji = format!("{message}/reactions/%F0%9F%91%8D");
    talk.john.put(&emoji).await.refused(403, "unreachable");
    // What is there can still be read and deleted.
    talk.john.get(&path).await.expect(200);
    assert_eq!(talk.john.delete(&message).await.status, 204);
    let again = json!({ "username": "jane" });
    let found = talk.john.post("/api/conversations", again).await;
    assert_eq!(found.status, 303);

    block(&talk.jane, &talk.john).await;
    unblock(&talk.jane, &talk.john).await;
    unblock(&talk.jane, &talk.john).await;
    try_to_say(&talk.john, &talk.conversation).await.expect(201);
    try_to_say(&talk.jane, &talk.conversation).await.expect(201);
}

/// The writer keeps in memory what a send asks for. A new start forgets it.
#[tokio::test]
async fn it_outlasts_a_restart() {
    let mut talk = Talk::start(dev()).await;
    talk.john.say(&talk.conversation, "hi").await;
    block(&talk.jane, &talk.john).await;
    talk.server.restart().await;
    let john = talk.john.at(talk.server.address());
    let refused = try_to_say(&john, &talk.conversation).await;
    refused.refused(403, "unreachable");
}

#[tokio::test]
async fn whoever_is_blocked_can_neither_begin_nor_add_them() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &[], false).await;
    block(&jane, &john).await;
    let direct = json!({ "username": "jane" });
    let added = john.post(&participants(&room), direct.clone()).await;
    added.refused(403, "unreachable");
    let begun = john.post("/api/conversations", direct).await;
    begun.refused(403, "unreachable");
    let made = json!({ "name": "Trap", "usernames": ["jane"] });
    let made = john.post("/api/conversations", made).await;
    made.refused(403, "unreachable");
    let back = json!({ "username": "john" });
    let begun = jane.post("/api/conversations", back).await;
    begun.refused(403, "blocked");
    assert_eq!(jane.get("/api/conversations").await.expect(200), json!([]));

    // Nor do their bots do it for them.
    let bot = json!({ "name": "lamp", "scope": "send", "bot": "lamp" });
    let token = john.post("/api/tokens", bot).await.expect(201);
    let lamp = john.with_token(&token["token"]);
    let begun = lamp
        .post("/api/conversations", json!({ "username": "jane" }))
        .await;
    begun.refused(403, "unreachable");
}

/// A bot that wrote before is blocked with its maker.
#[tokio::test]
async fn a_bot_is_blocked_with_its_maker() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let bot = json!({ "name": "lamp", "scope": "send", "bot": "lamp" });
    let token = john.post("/api/tokens", bot).await.expect(201);
    let lamp = john.with_token(&token["token"]);
    let conversation = lamp.talk_to("jane").await;
    lamp.say(&conversation, "on").await;
    block(&jane, &john).await;
    let refused = try_to_say(&lamp, &conversation).await;
    refused.refused(403, "unreachable");
    unblock(&jane, &john).await;
    lamp.say(&conversation, "off").await;
}

/// So that nobody learns from the words that they were blocked.
#[tokio::test]
async fn it_looks_like_an_account_that_was_disabled() {
    let server = Server::start(crate::support::strict()).await;
    let anna = server.set_up("anna").await;
    let (bob, carl) = (anna.invite("bob").await, anna.invite("carl").await);
    let dora = anna.invite("dora").await;
    let with_carl = bob.talk_to("carl").await;
    let with_dora = bob.talk_to("dora").await;
    for conversation in [&with_carl, &with_dora] {
        bob.say(conversation, "hi").await;
    }
    block(&carl, &bob).await;
    let disabled = json!({ "disabled": true });
    let account = format!("/api/admin/users/{}", dora.id);
    anna.patch(&account, disabled).await.expect(200);
    let as_if = |answer: Answer, name: &str| {
        let body = answer.refused(403, "unreachable").to_string();
        body.replace(name, "somebody")
    };
    let blocked = as_if(try_to_say(&bob, &with_carl).await, "carl");
    assert_eq!(as_if(try_to_say(&bob, &with_dora).await, "dora"), blocked);
    let eve = anna.invite("eve").await;
    block(&carl, &eve).await;
    let begin = async |name: &str| {
        let begun = eve
            .post("/api/conversations", json!({ "username": name }))
            .await;
        as_if(begun, name)
    };
    assert_eq!(begin("carl").await, begin("dora").await);
    let enabled = json!({ "disabled": false });
    anna.patch(&account, enabled).await.expect(200);
    bob.say(&with_dora, "welcome back").await;
}

#[tokio::test]
async fn ones_own_devices_are_told_and_nobody_else() {
    let talk = Talk::start(dev()).await;
    let cursors = [talk.jane.cursor().await, talk.john.cursor().await];
    let mut stream = talk.jane.another_device().await.follow(None).await;
    block(&talk.jane, &talk.john).await;
    // Twice is once.
    block(&talk.jane, &talk.john).await;
    let john = talk.john.get("/api/auth_user").await.expect(200);
    let event = stream.next_named("block").await;
    assert_eq!(event.data, json!({ "user": john, "blocked": true }));
    let (missed, _) = talk.jane.poll(&cursors[0], 0).await;
    let told: Vec<_> = missed
        .iter()
        .map(|event| (&event.id, &event.data))
        .collect();
    assert_eq!(told, [(&event.id, &event.data)]);
    let (missed, _) = talk.john.poll(&cursors[1], 0).await;
    assert!(missed.is_empty(), "{missed:?}");
    let list = async || talk.jane.get("/api/blocks").await.expect(200);
    assert_eq!(list().await, json!([john]));
    let profile = format!("/api/users/{}", talk.john.id);
    assert_eq!(talk.jane.get(&profile).await.expect(200)["blocked"], true);
    let profile = format!("/api/users/{}", talk.jane.id);
    assert_eq!(talk.john.get(&profile).await.expect(200)["blocked"], false);

    unblock(&talk.jane, &talk.john).await;
    assert_eq!(stream.next_named("block").await.data["blocked"], false);
    let (missed, _) = talk.jane.poll(&cursors[0], 0).await;
    let told: Vec<_> = missed.iter().map(|event| &event.data["blocked"]).collect();
    assert_eq!(told, [false]);
    assert_eq!(list().await, json!([]));
    talk.jane.put(&path(&talk.jane)).await.refused(403, "self");
    talk.jane
        .put("/api/users/4711/block")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn neither_sees_there_what_the_other_is_doing() {
    let talk = Talk::start(dev()).await;
    let mut jane = talk.jane.follow(None).await;
    let _john = talk.john.follow(None).await;
    let presence = |online: bool| json!({ "userId": talk.john.id, "online": online });
    let seen = jane.next_passing().await.expect("an event");
    assert_eq!(seen.data, presence(true));
    block(&talk.jane, &talk.john).await;
    let seen = jane.next_passing().await.expect("an event");
    assert_eq!(seen.data, presence(false));
    let list = talk.jane.get(&participants(&talk.conversation)).await;
    let list = list.expect(200);
    let john = |list: &Value| {
        let mut people = list.as_array().expect("a list").iter();
        let john = people.find(|person| person["user"]["id"] == talk.john.id.as_str());
        john.expect("john")["online"].clone()
    };
    assert_eq!(john(&list), false);
    let typing = format!("/api/conversations/{}/typing", talk.conversation);
    talk.john.post(&typing, json!({})).await.expect(204);
    // The next that passes by is that he is there again, not that he typed.
    unblock(&talk.jane, &talk.john).await;
    let seen = jane.next_passing().await.expect("an event");
    assert_eq!((&*seen.name, &seen.data), ("presence", &presence(true)));
}

/// In a room, both are there for the others.
#[tokio::test]
async fn a_room_that_both_are_in_stays_as_it_is() {
    let talk = Talk::start(dev()).await;
    let room = talk.john.make_room("Club", &["jane"], false).await;
    block(&talk.jane, &talk.john).await;
    talk.john.say(&room, "all of you").await;
    talk.jane.say(&room, "yes?").await;
}
