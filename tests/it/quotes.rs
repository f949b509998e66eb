//! Answers to a message: what is shown of it, to whom, and that it is shown as it is now.

use serde_json::{Value, json};

use crate::{
    plain::Browser,
    support::{Client, Server, Socket, Talk, dev, messages, participants, text},
};

/// Answers a message, and gives back the answer.
async fn reply(who: &Client, conversation: &str, original: &Value, content: &str) -> Value {
    let draft = json!({ "content": content, "replyTo": original["id"] });
    who.post(&messages(conversation), draft).await.expect(201)
}

async fn newest(who: &Client, conversation: &str) -> Value {
    let path = format!("{}?limit=1", messages(conversation));
    who.get(&path).await.expect(200)[0].clone()
}

fn path_of(message: &Value) -> String {
    format!("/api/messages/{}", text(&message["id"]))
}

#[tokio::test]
async fn an_answer_shows_what_it_answers_as_that_is_now() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let original = jane.say(&conversation, "Pizza\nor  pasta?").await;
    let mut stream = john.follow(None).await;
    let cursor = john.cursor().await;
    let answer = reply(&john, &conversation, &original, "Pizza!").await;
    let quote = json!({
        "id": original["id"], "number": 1, "author": original["author"], "excerpt": "Pizza or pasta?",
        "hasAttachment": false,
    });
    assert_eq!(answer["replyTo"], quote);
    assert!(original.get("replyTo").is_none(), "{original}");
    assert_eq!(stream.next_named("sent").await.data, answer);
    let list = jane.get("/api/conversations").await.expect(200);
    assert_eq!(list[0]["lastMessage"]["replyTo"], quote);

    let names = json!({ "displayName": "Jane Doe" });
    jane.patch("/api/auth_user", names).await.expect(200);
    let edited = json!({ "content": "Soup?" });
    jane.patch(&path_of(&original), edited).await.expect(200);
    let shown = newest(&jane, &conversation).await;
    assert_eq!(shown["replyTo"]["excerpt"], "Soup?");
    assert_eq!(shown["replyTo"]["author"]["displayName"], "Jane Doe");
    // A stream that was away gets it as it is now, too.
    let (events, _) = john.poll(&cursor, 0).await;
    let sent = events.iter().find(|event| event.name == "sent");
    let sent = sent.expect("the answer");
    assert_eq!(sent.data["replyTo"]["excerpt"], "Soup?");

    jane.delete(&path_of(&original)).await;
    let shown = newest(&jane, &conversation).await;
    assert_eq!(shown["replyTo"]["excerpt"], "");
    assert!(shown["replyTo"]["deletedAt"].is_string(), "{shown}");
    // It may be answered all the same: it was there when the answer was written.
    let late = reply(&john, &conversation, &original, "Why not?").await;
    assert_eq!(late["replyTo"]["id"], original["id"]);
    // Of a deleted answer, nothing is left.
    john.delete(&path_of(&late)).await;
    let shown = newest(&jane, &conversation).await;
    assert!(shown.get("replyTo").is_none(), "{shown}");
}

#[tokio::test]
async fn an_excerpt_has_140_characters_and_says_that_there_are_files() {
    let talk = Talk::start(dev()).await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    let upload = john.upload("a.txt", b"hello").await;
    let file = john.send_files(conversation, &[&upload]).await;
    let answer = reply(john, conversation, &file, "That one").await;
    assert_eq!(answer["replyTo"]["excerpt"], "");
    assert_eq!(answer["replyTo"]["hasAttachment"], true);
    let flags = john.say(conversation, &"🇩🇪".repeat(200)).await;
    let answer = reply(john, conversation, &flags, "Where?").await;
    let expected = format!("{}…", "🇩🇪".repeat(127));
    let excerpt = text(&answer["replyTo"]["excerpt"]);
    assert!(excerpt.len() <= 1_024, "{}", excerpt.len());
    assert_eq!(excerpt, expected);
}

#[tokio::test]
async fn only_a_message_of_the_conversation_that_one_may_see_is_answered() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let room = john.make_room("Kitchen", &["jane"], false).await;
    let elsewhere = john.say(&room, "elsewhere").await;
    let created = john.get(&messages(&room)).await.expect(200);
    let created = created.as_array().expect("a list").last().cloned();
    let before = john.say(&room, "before kim").await;
    let kim = server.sign_up("kim").await;
    let wish = json!({ "username": "kim" });
    john.post(&participants(&room), wish).await.expect(204);
    let created = created.expect("a system message");
    for (what, who, place, id) in [
        (
            "another conversation’s",
            &jane,
            &conversation,
            &elsewhere["id"],
        ),
        ("what the system says", &jane, &room, &created["id"]),
        ("what was before", &kim, &room, &before["id"]),
        ("one that isn’t there", &jane, &room, &json!("999999")),
        ("no id", &jane, &room, &json!("x")),
    ] {
        let draft = json!({ "content": "?", "replyTo": id });
        let refused = who.post(&messages(place), draft).await;
        let refused = refused.refused(422, "invalid");
        assert!(
            refused["errors"]["replyTo"].is_string(),
            "{what}: {refused}"
        );
    }
}

/// Whoever came later sees an answer, and nothing of what it answers, by whatever way.
#[tokio::test]
async fn an_answer_shows_nothing_that_the_reader_may_not_see() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let kim = server.sign_up("kim").await;
    let room = john.make_room("Kitchen", &["jane"], false).await;
    let secret = john.say(&room, "the secret recipe").await;
    let wish = json!({ "username": "kim" });
    john.post(&participants(&room), wish).await.expect(204);
    let cursor = kim.cursor().await;
    let mut streams = [kim.follow(None).await, jane.follow(None).await];
    let answer = reply(&john, &room, &secret, "@kim knows").await;
    john.patch(&path_of(&answer), json!({ "content": "@kim knows it" }))
        .await
        .expect(200);

    let [ref mut late, ref mut early] = streams;
    for name in ["message", "update"] {
        let seen = late.next_named(name).await.data;
        assert!(seen.get("replyTo").is_none(), "{name}: {seen}");
        let seen = early.next_named(name).await.data;
        assert_eq!(seen["replyTo"]["excerpt"], "the secret recipe");
    }
    let thumb = format!("{}/reactions/%F0%9F%91%8D", path_of(&answer));
    let (events, _) = kim.poll(&cursor, 0).await;
    let plain = Browser::of(&kim);
    let seen = [
        newest(&kim, &room).await,
        kim.get(&format!("{}?order=top", messages(&room)))
            .await
            .body,
        kim.get("/api/conversations").await.body,
        kim.get(&format!("/api/conversations/{room}")).await.body,
        kim.put(&thumb).await.expect(200),
        json!(events.iter().map(|event| &event.data).collect::<Vec<_>>()),
        json!(plain.page(&format!("/plain/conversations/{room}")).await),
    ];
    for seen in seen {
        let seen = seen.to_string();
        assert!(seen.contains("knows it"), "{seen}");
        assert!(!seen.contains("secret"), "{seen}");
    }
}

#[tokio::test]
async fn sending_again_is_the_same_only_with_the_same_answer() {
    let talk = Talk::start(dev()).await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    let one = john.say(conversation, "one").await;
    let other = john.say(conversation, "other").await;
    let path = messages(conversation);
    let draft =
        |original: &Value| json!({ "content": "yes", "clientId": "1", "replyTo": original });
    let sent = john.post(&path, draft(&one["id"])).await.expect(201);
    let again = john.post(&path, draft(&one["id"])).await.expect(200);
    assert_eq!(again, sent);
    for different in [&other["id"], &Value::Null] {
        let refused = john.post(&path, draft(different)).await;
        refused.refused(409, "client_id_reused");
    }
    let mut socket = Socket::follow(talk.server.address(), john, None).await;
    let frame = json!({
        "op": "send", "conversationId": conversation, "content": "no", "clientId": "2", "replyTo": other["id"],
    });
    let ack = socket.ask(frame).await;
    assert_eq!(ack["replyTo"]["excerpt"], "other");
}

#[tokio::test]
async fn one_can_answer_without_scripts() {
    let talk = Talk::start(dev()).await;
    let original = talk.jane.say(&talk.conversation, "Pizza <or> pasta?").await;
    let john = Browser::of(&talk.john);
    let place = format!("/plain/conversations/{}", talk.conversation);
    let page = john.page(&place).await;
    let link = format!("{place}?replyTo={}#end", text(&original["id"]));
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    let form = john.page(link.trim_end_matches("#end")).await;
    assert!(form.contains("Pizza &lt;or&gt; pasta?"), "{form}");
    let id = text(&original["id"]);
    let fields = [("content", "Pizza"), ("clientId", "1"), ("replyTo", id)];
    john.change(&place, &fields).await;
    let answer = newest(&talk.jane, &talk.conversation).await;
    assert_eq!(answer["replyTo"]["id"], original["id"]);
    let page = john.page(&place).await;
    let after: i64 = id.parse().expect("a number");
    let quote = format!("href=\"{place}?before={}#m{id}\"", after + 1);
    assert!(page.contains(&quote), "{page}");
}
