//! Reactions: what counts as one, that each is counted once, and the ranking by them.

use serde_json::{Value, json};

use crate::{
    support::{Client, Server, Talk, at_once, dev, messages, narrow},
    witness::Witness,
};

fn encoded(emoji: &str) -> String {
    let encoded: Vec<_> = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    encoded.concat()
}

fn path(message: &Value, emoji: &str) -> String {
    let id = message["id"].as_str().expect("an id");
    format!("/api/messages/{id}/reactions/{}", encoded(emoji))
}

#[tokio::test]
async fn a_reaction_is_shown_with_who_to_everybody_and_twice_is_once() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    let mut stream = talk.john.follow(None).await;
    let liked = talk.jane.put(&path(&sent, "👍")).await.expect(200);
    assert_eq!(
        liked["reactions"],
        json!([{ "emoji": "👍", "count": 1, "mine": true, "users": [talk.jane.id] }])
    );
    assert_eq!(liked["mine"], false);
    let told = stream.take(1).await.remove(0);
    assert_eq!(told.name, "update");
    assert_eq!(
        (&told.data["reactions"], &told.data["version"]),
        (
            &json!([{ "emoji": "👍", "count": 1, "mine": false, "users": [talk.jane.id] }]),
            &liked["version"]
        )
    );
    assert_eq!(told.data["mine"], true);

    assert_eq!(talk.jane.put(&path(&sent, "👍")).await.expect(200), liked);
    talk.john.put(&path(&sent, "🎉")).await.expect(200);
    let both = talk.john.put(&path(&sent, "👍")).await.expect(200);
    assert_eq!(
        both["reactions"],
        json!([
            { "emoji": "👍", "count": 2, "mine": true, "users": [talk.jane.id, talk.john.id] },
            { "emoji": "🎉", "count": 1, "mine": true, "users": [talk.john.id] },
        ])
    );
    let taken = talk.jane.delete(&path(&sent, "👍")).await.expect(200);
    assert_eq!(
        talk.jane.delete(&path(&sent, "👍")).await.expect(200),
        taken
    );
    let page = talk
        .john
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    // In the order of their first use that still stands.
    assert_eq!(
        page[0]["reactions"],
        json!([
            { "emoji": "🎉", "count": 1, "mine": true, "users": [talk.john.id] },
            { "emoji": "👍", "count": 1, "mine": true, "users": [talk.john.id] },
        ])
    );
    let told = stream.take(3).await;
    assert_eq!(told[2].data["reactions"], page[0]["reactions"]);
}

#[tokio::test]
async fn any_single_emoji_is_a_reaction_and_nothing_else() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    for emoji in ["❤️", "👨‍👩‍👧‍👦", "👍🏽", "🇺🇦", "1️⃣", "🏴󠁧󠁢󠁷󠁬󠁳󠁿"]
    {
        let reacted = talk.jane.put(&path(&sent, emoji)).await.expect(200);
        assert_eq!(reacted["reactions"][0]["emoji"], emoji);
        talk.jane.delete(&path(&sent, emoji)).await.expect(200);
    }
    // With and without the selector that makes it colourful, it is one.
    talk.jane.put(&path(&sent, "❤")).await.expect(200);
    let reacted = talk.john.put(&path(&sent, "❤️")).await.expect(200);
    assert_eq!(reacted["reactions"].as_array().map(Vec::len), Some(1));
    for other in [
        "a",
        "1",
        "👍👍",
        "👍a",
        " 👍",
        "ok",
        "<b>",
        "\u{fe0f}",
        "\u{200d}",
        "%00",
        "🏽👍",
        "\u{1f1fa}",
    ] {
        let refusal = talk.jane.put(&path(&sent, other)).await;
        let refusal = refusal.refused(422, "invalid");
        assert_eq!(
            refusal["errors"],
            json!({ "emoji": refusal["message"] }),
            "{other:?}"
        );
    }
    let id = sent["id"].as_str().expect("an id");
    let broken = format!("/api/messages/{id}/reactions/%F0%9F%91");
    talk.jane.put(&broken).await.refused(422, "invalid");
}

#[tokio::test]
async fn a_message_has_twenty_different_reactions_at_most() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    let faces: Vec<_> = ('😀'..).take(21).map(String::from).collect();
    for face in &faces[..20] {
        talk.jane.put(&path(&sent, face)).await.expect(200);
    }
    talk.john
        .put(&path(&sent, &faces[20]))
        .await
        .refused(422, "invalid");
    talk.john.put(&path(&sent, &faces[3])).await.expect(200);
}

#[tokio::test]
async fn what_one_can_t_see_one_can_t_react_to() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    let stranger = talk.server.sign_up("alice").await;
    stranger
        .put(&path(&sent, "👍"))
        .await
        .refused(404, "not_found");
    stranger
        .delete(&path(&sent, "👍"))
        .await
        .refused(404, "not_found");
    let unknown = json!({ "id": "999999" });
    talk.john
        .put(&path(&unknown, "👍"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn two_hundred_who_like_a_message_at_once_are_all_counted_and_the_streams_agree() {
    const PEOPLE: usize = 200;
    let server = Server::start(narrow()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("Hall", &[], true).await;
    let sent = john.say(&room, "like this").await;
    let guests = at_once((0..PEOPLE).map(|number| {
        let (nobody, room) = (server.nobody(), room.clone());
        async move {
            let guest = nobody.sign_up(&format!("guest{number}")).await;
            let path = format!("/api/conversations/{room}/participants");
            guest.post(&path, json!({})).await.expect(204);
            guest
        }
    }))
    .await;
    let mut streams = vec![john.follow(None).await];
    for guest in guests.iter().step_by(50) {
        streams.push(guest.follow(None).await);
    }
    at_once(guests.iter().map(|guest| {
        let (guest, path) = (guest.clone(), path(&sent, "👍"));
        async move { guest.put(&path).await.expect(200) }
    }))
    .await;

    let top = john
        .get(&format!("{}?order=top&limit=1", messages(&room)))
        .await
        .expect(200);
    assert_eq!(top[0]["id"], sent["id"]);
    let reactions = &top[0]["reactions"];
    assert_eq!(reactions[0]["count"], PEOPLE);
    assert_eq!(reactions[0]["users"].as_array().map(Vec::len), Some(5));
    let witness = Witness::of(server.database());
    assert_eq!(
        witness.number("SELECT reaction_count FROM messages WHERE reaction_count > 0"),
        200
    );
    for stream in &mut streams {
        loop {
            let told = stream.next_named("update").await;
            // Everybody has, but only the guests.
            let mut seen = told.data["reactions"].clone();
            seen[0]["mine"] = false.into();
            if seen == *reactions {
                break;
            }
        }
    }
}

#[tokio::test]
async fn each_is_told_whether_they_have_reacted_themselves() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let alice = server.sign_up("alice").await;
    let room = john.make_room("Hall", &["jane", "alice"], false).await;
    let sent = john.say(&room, "like this").await;
    let start = john.cursor().await;
    let mut streams = [
        john.follow(None).await,
        jane.follow(None).await,
        jane.another_device().await.follow(None).await,
        alice.follow(None).await,
    ];
    for (whom, emoji, is_added, mine) in [
        (
            &jane,
            "👍",
            true,
            [&[false][..], &[true], &[true], &[false]],
        ),
        (&alice, "👍", true, [&[false], &[true], &[true], &[true]]),
        (
            &john,
            "🎉",
            true,
            [
                &[false, true],
                &[true, false],
                &[true, false],
                &[true, false],
            ],
        ),
        (
            &jane,
            "👍",
            false,
            [
                &[false, true],
                &[false, false],
                &[false, false],
                &[true, false],
            ],
        ),
        (&alice, "👍", false, [&[true], &[false], &[false], &[false]]),
        (
            &alice,
            "🔥",
            true,
            [
                &[true, false],
                &[false, false],
                &[false, false],
                &[false, true],
            ],
        ),
    ] {
        let path = path(&sent, emoji);
        if is_added {
            whom.put(&path).await.expect(200);
        } else {
            whom.delete(&path).await.expect(200);
        }
        for (stream, mine) in streams.iter_mut().zip(mine) {
            let told = stream.take(1).await.remove(0);
            let reactions = told.data["reactions"].as_array().expect("a list");
            let told: Vec<_> = reactions.iter().map(|one| one["mine"] == true).collect();
            assert_eq!(told, mine, "{emoji}");
        }
    }
    for client in [&john, &jane, &alice] {
        // Later, and in the list, it is the same.
        let (missed, _) = client.poll(&start, 0).await;
        let page = client.get(&messages(&room)).await.expect(200);
        let listed = client.get(&format!("/api/conversations/{room}")).await;
        let listed = &listed.expect(200)["lastMessage"];
        let told = &missed.last().expect("an event").data;
        assert_eq!((told, listed), (&page[0], &page[0]));
    }
    let refused = json!({ "content": "x" });
    let id = sent["id"].as_str().expect("an id");
    jane.patch(&format!("/api/messages/{id}"), refused)
        .await
        .refused(403, "not_yours");
}

#[tokio::test]
async fn all_who_have_reacted_are_listed_page_by_page() {
    const PEOPLE: i64 = 230;
    let mut server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Hall", &["jane"], false).await;
    let sent = john.say(&room, "like this").await;
    let id = sent["id"].as_str().expect("an id").to_owned();
    john.put(&path(&sent, "🎉")).await.expect(200);
    server.stop().await;
    // As many as would take a while otherwise.
    let database = rusqlite::Connection::open(server.database()).expect("a database");
    let many = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})
         INSERT INTO users (id, username, username_key, created_at) SELECT 1000 + i, 'u' || i, 'u' || i, 0 FROM n;
         INSERT INTO reactions SELECT {id}, '👍', id, (SELECT last_id FROM sequence_end) + id FROM users WHERE id > 1000;
         INSERT INTO reaction_counts VALUES ({id}, '👍', {PEOPLE});
         UPDATE messages SET reaction_count = {PEOPLE} + 1 WHERE id = {id};
         UPDATE sequence SET last_id = (SELECT last_id FROM sequence_end) + 2000;"
    );
    database.execute_batch(&many).expect("a change");
    drop(database);
    server.resume().await;
    let (john, jane) = (john.at(server.address()), jane.at(server.address()));
    let liked = jane.put(&path(&sent, "👍")).await.expect(200);
    assert_eq!(liked["reactions"][1]["count"], PEOPLE + 1);
    assert_eq!(
        liked["reactions"][1]["users"],
        json!(["1001", "1002", "1003", "1004", "1005"])
    );
    assert_eq!(liked["reactions"][1]["mine"], true);

    let list = format!("/api/messages/{id}/reactions");
    for (only, expected) in [("", PEOPLE + 2), ("&emoji=%F0%9F%91%8D", PEOPLE + 1)] {
        let (mut after, mut users) = (String::new(), Vec::new());
        loop {
            let page = john.get(&format!("{list}?limit=100{only}{after}")).await;
            let page = page.expect(200);
            let page = page.as_array().expect("a list");
            let Some(end) = page.last() else { break };
            after = format!("&after={}", end["id"].as_str().expect("an id"));
            let named = page.iter().map(|one| one["user"]["username"].to_string());
            users.extend(named);
        }
        assert_eq!(i64::try_from(users.len()), Ok(expected), "{only}");
        assert_eq!(users.last().map(String::as_str), Some("\"jane\""));
        users.sort();
        users.dedup();
        assert_eq!(i64::try_from(users.len()), Ok(expected), "{only}");
    }
    let first = john.get(&list).await.expect(200);
    assert_eq!(first.as_array().map(Vec::len), Some(25));
    assert_eq!(first[0]["emoji"], "🎉");
    for wrong in ["?limit=0", "?limit=101", "?emoji=x"] {
        let refused = john.get(&format!("{list}{wrong}")).await;
        refused.refused(422, "invalid");
    }
    server
        .sign_up("stranger")
        .await
        .get(&list)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn the_top_of_a_conversation_is_what_has_the_most_reactions_then_the_newest() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let conversation = john.talk_to("jane").await;
    let mut sent = Vec::new();
    for number in 1..=6 {
        sent.push(john.say(&conversation, &number.to_string()).await);
    }
    like(&jane, &sent[1], &["👍", "🎉"]).await;
    like(&jane, &sent[0], &["👍"]).await;
    like(&john, &sent[3], &["👍"]).await;
    like(&jane, &sent[4], &["👍"]).await;
    jane.delete(&path(&sent[4], "👍")).await.expect(200);

    let top = |query: &'static str| {
        let path = format!("{}?order=top{query}", messages(&conversation));
        let jane = jane.clone();
        async move {
            let page = jane.get(&path).await.expect(200);
            let page = page.as_array().expect("a list").clone();
            page.iter()
                .map(|message| message["content"].as_str().expect("a text").to_owned())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(top("").await, ["2", "4", "1", "6", "5", "3"]);
    assert_eq!(top("&limit=2").await, ["2", "4"]);
    assert_eq!(top("&limit=4").await, ["2", "4", "1", "6"]);
    let other = format!("{}?order=new", messages(&conversation));
    jane.get(&other).await.refused(422, "invalid");
    // What is deleted has none.
    let id = sent[1]["id"].as_str().expect("an id");
    john.delete(&format!("/api/messages/{id}"))
        .await
        .expect(204);
    assert_eq!(top("&limit=2").await, ["4", "1"]);
}

async fn like(client: &Client, message: &Value, emoji: &[&str]) {
    for emoji in emoji {
        client.put(&path(message, emoji)).await.expect(200);
    }
}
