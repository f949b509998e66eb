//! Rooms: who may come in, who goes, who looks after one, and what each of them gets to see.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{
    Client, Event, Server, Talk, at_once, dev, messages, narrow, participant, participants,
};

/// A server with john, jane, alice and bob.
async fn four() -> (Server, [Client; 4]) {
    let server = Server::start(dev()).await;
    let people = [
        server.sign_in("john").await,
        server.sign_in("jane").await,
        server.sign_up("alice").await,
        server.sign_up("bob").await,
    ];
    (server, people)
}

fn path(room: &str) -> String {
    format!("/api/conversations/{room}")
}

/// Usernames and roles of those in a room, by name.
async fn people(client: &Client, room: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = client.get(&participants(room)).await.expect(200);
    let list = list.as_array().expect("a list").iter();
    list.map(|one| (text(&one["user"]["username"]), text(&one["role"])))
        .collect()
}

fn as_pairs(people: &[(String, String)]) -> Vec<(&str, &str)> {
    people
        .iter()
        .map(|(name, role)| (name.as_str(), role.as_str()))
        .collect()
}

/// What is said in a room, oldest first.
async fn said(client: &Client, room: &str) -> Vec<String> {
    let page = client.get(&format!("{}?limit=100", messages(room))).await;
    let page = page.expect(200);
    let mut said: Vec<_> = page.as_array().expect("a list").iter().collect();
    said.reverse();
    said.iter()
        .map(|message| message["content"].as_str().expect("a text").to_owned())
        .collect()
}

async fn join(client: &Client, room: &str) {
    client
        .post(&participants(room), json!({}))
        .await
        .expect(204);
}

async fn add(client: &Client, room: &str, username: &str) {
    let body = json!({ "username": username });
    client.post(&participants(room), body).await.expect(204);
}

async fn leave(client: &Client, room: &str) {
    client.delete(&participant(room, "me")).await.expect(204);
}

#[tokio::test]
async fn a_room_has_its_people_from_the_beginning() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let body = json!({ "name": "  Kitchen ", "usernames": ["JANE", "alice", "jane", "john"] });
    let room = john.post("/api/conversations", body).await.expect(201);
    let id = room["id"].as_str().expect("an id");
    assert_eq!(
        (&room["kind"], &room["name"], &room["open"]),
        (&json!("room"), &json!("Kitchen"), &json!(false))
    );
    assert_eq!(room["participantCount"], 3);
    assert_eq!(room["role"], "owner");
    assert_eq!(room["otherParticipant"], Value::Null);
    assert_eq!(room["lastMessage"]["system"], "created");
    assert_eq!(room["lastMessage"]["author"], Value::Null);
    assert_eq!(room["lastMessage"]["subject"]["username"], "john");
    assert_eq!(room["unreadCount"], 0);
    assert_eq!(
        as_pairs(&people(&alice, id).await),
        [("alice", "member"), ("jane", "member"), ("john", "owner")]
    );
    // The others have it in their lists, with one message that they haven't read.
    let listed = jane.get("/api/conversations").await.expect(200);
    assert_eq!(listed[0]["id"], room["id"]);
    assert_eq!(listed[0]["role"], "member");
    assert_eq!(listed[0]["unreadCount"], 1);
    assert_eq!(said(&alice, id).await, ["john created this room"]);
    bob.get(&path(id)).await.refused(404, "not_found");
    bob.get(&participants(id)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_room_needs_a_name_that_can_be_seen() {
    let (_server, [john, ..]) = four().await;
    let room = john.make_room("Kitchen", &[], false).await;
    let long = "x".repeat(81);
    for name in [
        "",
        " \t\n",
        "\u{200b}\u{200d}",
        "a\u{7}b",
        "a\nb",
        "a\u{202e}b",
        &long,
    ] {
        let body = json!({ "name": name, "usernames": [] });
        let refusal = john.post("/api/conversations", body).await;
        let refusal = refusal.refused(422, "invalid");
        assert_eq!(
            refusal["errors"],
            json!({ "name": refusal["message"] }),
            "{name:?}"
        );
        let renamed = john.patch(&path(&room), json!({ "name": name })).await;
        renamed.refused(422, "invalid");
    }
    for name in ["x", "🍲", &"ü".repeat(80), "כתובת", "👨‍👩‍👧"] {
        let renamed = john.patch(&path(&room), json!({ "name": name })).await;
        assert_eq!(renamed.expect(200)["name"], name);
    }
}

#[tokio::test]
async fn a_room_can_t_be_made_with_somebody_who_isn_t_there() {
    let (_server, [john, ..]) = four().await;
    let body = json!({ "name": "Kitchen", "usernames": ["jane", "nobody"] });
    let refusal = john.post("/api/conversations", body).await;
    let refusal = refusal.refused(422, "invalid");
    assert_eq!(
        refusal["errors"]["usernames"],
        "Username 2 of the list doesn’t exist."
    );
    assert_eq!(john.get("/api/conversations").await.expect(200), json!([]));
}

#[tokio::test]
async fn open_rooms_are_found_and_joined_and_their_history_is_there() {
    let (_server, [john, jane, alice, _]) = four().await;
    let closed = john.make_room("Closed", &["jane"], false).await;
    let open = john.make_room("Open", &["jane"], true).await;
    let later = jane.make_room("Later", &[], true).await;
    john.say(&open, "before").await;

    let found = alice.get("/api/rooms").await.expect(200);
    let ids: Vec<_> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|room| &room["id"])
        .collect();
    assert_eq!(ids, [&json!(later), &json!(open)]);
    let room = &found[1];
    assert_eq!(
        (&room["role"], &room["lastMessage"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(room["participantCount"], 2);
    let before = alice
        .get(&format!("/api/rooms?before={later}"))
        .await
        .expect(200);
    assert_eq!(before.as_array().map(Vec::len), Some(1));
    alice
        .get("/api/rooms?before=x")
        .await
        .refused(404, "not_found");

    // What one can't see can't be joined, and what one can't read isn't shown.
    for room in [closed.as_str(), "999"] {
        let refusal = alice.post(&participants(room), json!({})).await;
        refusal.refused(404, "not_found");
    }
    alice.get(&messages(&open)).await.refused(404, "not_found");

    join(&alice, &open).await;
    join(&alice, &open).await;
    assert_eq!(
        said(&alice, &open).await,
        ["john created this room", "before", "alice joined"]
    );
    let shown = alice.get(&path(&open)).await.expect(200);
    assert_eq!(
        (&shown["participantCount"], &shown["unreadCount"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(
        alice
            .get("/api/rooms")
            .await
            .expect(200)
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn whoever_is_added_to_a_closed_room_sees_it_from_then_on() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let room = john.make_room("Club", &["jane"], false).await;
    let secret = john.say(&room, "before").await;
    let mut stream = alice.follow(None).await;
    let start = alice.cursor().await;

    // Anybody who is in may add somebody.
    add(&jane, &room, "Alice").await;
    add(&jane, &room, "alice").await;
    let told = stream.take(2).await;
    assert_eq!(told[0].name, "conversation");
    assert_eq!(told[0].data["participantCount"], 3);
    assert_eq!(told[1].data["content"], "jane added alice");
    assert_eq!(told[1].data["subject"]["username"], "alice");
    john.say(&room, "after").await;
    assert_eq!(stream.take(1).await[0].data["content"], "after");

    assert_eq!(said(&alice, &room).await, ["jane added alice", "after"]);
    let (replayed, _) = alice.poll(&start, 0).await;
    let replayed: Vec<_> = replayed
        .iter()
        .filter_map(|event| event.data["content"].as_str())
        .collect();
    assert_eq!(replayed, ["jane added alice", "after"]);

    // Nor by any other way in, live or later.
    let id = secret["id"].as_str().expect("an id");
    let message = format!("/api/messages/{id}");
    let like = format!("{message}/reactions/%F0%9F%91%8D");
    alice.put(&like).await.refused(404, "not_found");
    alice
        .patch(&message, json!({ "content": "x" }))
        .await
        .refused(404, "not_found");
    alice.delete(&message).await.refused(404, "not_found");
    john.put(&like).await.expect(200);
    john.say(&room, "and then").await;
    assert_eq!(stream.take(1).await[0].data["content"], "and then");
    // What becomes of it later isn’t told again to a device that was away, either.
    let (replayed, _) = alice.poll(&start, 0).await;
    let is_of_it = |event: &Event| event.data["id"] == secret["id"];
    assert!(!replayed.iter().any(is_of_it), "{replayed:?}");
    let older = format!(
        "{}?before={}",
        messages(&room),
        told[1].data["id"].as_str().expect("an id")
    );
    assert_eq!(alice.get(&older).await.expect(200), json!([]));
    let top = alice
        .get(&format!("{}?order=top", messages(&room)))
        .await
        .expect(200);
    assert!(!top.to_string().contains("before"), "{top}");

    let nobody = json!({ "username": "nobody" });
    jane.post(&participants(&room), nobody.clone())
        .await
        .refused(404, "not_found");
    bob.post(&participants(&room), nobody)
        .await
        .refused(404, "not_found");
}

/// Whoever comes later, by whatever way, and whatever becomes of them.
#[tokio::test]
async fn what_was_said_while_a_room_was_closed_stays_with_those_who_were_in_it() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let room = john.make_room("Club", &["jane"], true).await;
    john.say(&room, "open at first").await;
    let close = json!({ "open": false });
    john.patch(&path(&room), close.clone()).await.expect(200);
    let secret = john.say(&room, "a secret").await;
    add(&john, &room, "alice").await;
    // A late comer who becomes the owner opens the room, and comes back.
    let owner = json!({ "owner": alice.id });
    john.patch(&path(&room), owner).await.expect(200);
    let open = json!({ "open": true });
    alice.patch(&path(&room), open.clone()).await.expect(200);
    alice.say(&room, "open again").await;
    let since_then = [
        "alice opened the room to everyone",
        "open again",
        "alice left",
    ];
    leave(&alice, &room).await;
    join(&alice, &room).await;
    let shown = said(&alice, &room).await;
    assert_eq!(shown[..3], since_then);
    // Their second account, and their program.
    join(&bob, &room).await;
    assert_eq!(said(&bob, &room).await[..3], since_then);
    let bot = json!({ "name": "reader", "scope": "send", "bot": "reader" });
    let bot = bob.post("/api/tokens", bot).await.expect(201);
    let bot = bob.with_token(&bot["token"]);
    add(&bob, &room, "reader").await;
    assert_eq!(said(&bot, &room).await[..3], since_then);
    // Somebody who was there may read it as long as they stay, and not when they come back.
    assert!(said(&jane, &room).await.contains(&"a secret".to_owned()));
    leave(&jane, &room).await;
    join(&jane, &room).await;
    assert_eq!(said(&jane, &room).await[..3], since_then);
    // Not by asking for it either.
    let id = secret["id"].as_str().expect("an id");
    for late in [&alice, &bob, &jane, &bot] {
        let history = format!("{}?after=1&limit=100", messages(&room));
        let history = late.get(&history).await.expect(200);
        assert_eq!(
            history,
            late.get(&format!("{}?limit=100", messages(&room)))
                .await
                .expect(200)
        );
        for query in ["?order=top&limit=100", "?after=1", &format!("?before={id}")] {
            let page = late.get(&format!("{}{query}", messages(&room))).await;
            assert!(!page.expect(200).to_string().contains("secret"), "{query}");
        }
        late.get(&format!("/api/messages/{id}/reactions"))
            .await
            .refused(404, "not_found");
    }
    // Closed once more, and open once more: the floor is the last one.
    let heir = json!({ "owner": bob.id });
    let owner = people(&bob, &room).await;
    let owner = owner.iter().find(|(_, role)| role == "owner").expect("one");
    assert_eq!(owner.0, "john");
    john.patch(&path(&room), heir).await.expect(200);
    bob.patch(&path(&room), close).await.expect(200);
    bob.say(&room, "between us").await;
    bob.patch(&path(&room), open).await.expect(200);
    leave(&alice, &room).await;
    join(&alice, &room).await;
    assert_eq!(
        said(&alice, &room).await[0],
        "bob opened the room to everyone"
    );
    assert!(said(&bob, &room).await.contains(&"between us".to_owned()));
}

/// A page that begins before the floor of who asks begins at the floor.
#[tokio::test]
async fn history_behind_a_place_begins_where_one_came_in() {
    let (_server, [john, _, alice, _]) = four().await;
    let room = john.make_room("Club", &["jane"], false).await;
    let secret = john.say(&room, "before").await;
    let place = secret["id"].as_str().expect("an id");
    john.say(&room, "before, too").await;
    add(&john, &room, "alice").await;
    john.say(&room, "after").await;
    for after in ["1", place] {
        let page = alice
            .get(&format!("{}?after={after}", messages(&room)))
            .await
            .expect(200);
        let page = page.as_array().expect("a list").iter().rev();
        let contents: Vec<_> = page.map(|message| &message["content"]).collect();
        assert_eq!(contents, ["john added alice", "after"]);
    }
}

#[tokio::test]
async fn whoever_leaves_gets_nothing_later_live_or_replayed() {
    let (_server, [john, jane, alice, _]) = four().await;
    let room = john.make_room("Open", &["jane", "alice"], true).await;
    let mut stream = jane.follow(None).await;
    let start = jane.cursor().await;
    john.say(&room, "one").await;
    assert_eq!(stream.take(1).await[0].data["content"], "one");

    leave(&jane, &room).await;
    let gone = stream.take(1).await.remove(0);
    assert_eq!(
        (gone.name.as_str(), &gone.data),
        ("conversation", &json!({ "id": room, "removed": true }))
    );
    john.say(&room, "two").await;
    let direct = john.talk_to("jane").await;
    john.say(&direct, "three").await;
    // What comes next on the stream is of another conversation.
    let next = stream.take(2).await;
    assert!(
        next.iter()
            .all(|event| event.data.to_string().contains(&format!("\"{direct}\""))),
        "{next:?}"
    );

    let (replayed, _) = jane.poll(&start, 0).await;
    assert_eq!(replayed[0].data, json!({ "id": room, "removed": true }));
    assert_eq!(replayed.len(), 3, "{replayed:?}");
    jane.get(&path(&room)).await.refused(404, "not_found");
    jane.post(&messages(&room), json!({ "content": "x" }))
        .await
        .refused(404, "not_found");
    jane.delete(&participant(&room, "me"))
        .await
        .refused(404, "not_found");
    assert_eq!(
        said(&alice, &room).await.last().map(String::as_str),
        Some("two")
    );

    // Back again, one is told what comes from then on, and reads what was said meanwhile.
    join(&jane, &room).await;
    let back = stream.take(2).await;
    assert_eq!(
        (&back[0].data["id"], &back[1].data["content"]),
        (&json!(room), &json!("jane joined"))
    );
    assert!(said(&jane, &room).await.contains(&"two".to_owned()));
    let (replayed, _) = jane.poll(&start, 0).await;
    assert!(
        !replayed.iter().any(|event| event.data["content"] == "two"),
        "{replayed:?}"
    );
}

#[tokio::test]
async fn who_is_taken_out_by_another_program_writes_and_hears_nothing_more() {
    let (server, [john, jane, ..]) = four().await;
    let room = json!({ "name": "Kitchen", "usernames": ["jane"] });
    let room = john.post("/api/conversations", room).await.expect(201);
    let room = room["id"].as_str().expect("an id");
    let mut stream = jane.follow(None).await;
    // From here on the server knows who is in it.
    jane.say(room, "I'm here").await;
    Connection::open(server.database())
        .and_then(|database| {
            database.execute("DELETE FROM participants WHERE user_id = ?1", [&jane.id])
        })
        .expect("a change");
    let still = json!({ "content": "still here" });
    let refused = jane.post(&messages(room), still).await;
    refused.refused(404, "not_found");
    john.say(room, "are you there?").await;
    let direct = john.talk_to("jane").await;
    john.say(&direct, "you were taken out").await;
    let heard = stream.until("message").await;
    assert_eq!(
        heard.last().map(|event| &event.data["content"]),
        Some(&json!("you were taken out"))
    );
}

#[tokio::test]
async fn the_owner_takes_people_out_and_nobody_else_does() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let room = john.make_room("Club", &["jane", "alice"], false).await;
    let mut stream = alice.follow(None).await;
    jane.delete(&participant(&room, &alice.id))
        .await
        .refused(403, "not_yours");
    bob.delete(&participant(&room, &alice.id))
        .await
        .refused(404, "not_found");
    john.delete(&participant(&room, &bob.id))
        .await
        .refused(404, "not_found");
    john.delete(&participant(&room, "x"))
        .await
        .refused(404, "not_found");

    john.delete(&participant(&room, &alice.id))
        .await
        .expect(204);
    assert_eq!(
        stream.take(1).await[0].data,
        json!({ "id": room, "removed": true })
    );
    assert_eq!(
        as_pairs(&people(&jane, &room).await),
        [("jane", "member"), ("john", "owner")]
    );
    assert_eq!(
        said(&jane, &room).await.last().map(String::as_str),
        Some("john removed alice")
    );
    alice.get(&path(&room)).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_owner_renames_opens_closes_and_hands_over_and_all_are_told() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let room = john.make_room("Club", &["jane"], false).await;
    let mut stream = jane.follow(None).await;
    for change in [
        json!({ "name": "X" }),
        json!({ "open": true }),
        json!({ "owner": jane.id }),
    ] {
        jane.patch(&path(&room), change.clone())
            .await
            .refused(403, "not_yours");
        alice
            .patch(&path(&room), change)
            .await
            .refused(404, "not_found");
    }

    let renamed = john
        .patch(&path(&room), json!({ "name": "Society" }))
        .await
        .expect(200);
    let told = stream.take(2).await;
    assert_eq!(told[0].data["name"], "Society");
    assert_eq!(told[0].data["version"], renamed["version"]);
    assert_eq!(
        (&told[0].data["role"], &renamed["role"]),
        (&json!("member"), &json!("owner"))
    );
    assert_eq!(told[1].data["content"], "john renamed the room to Society");
    assert_eq!(told[1].data["system"], "renamed");

    let opened = john
        .patch(&path(&room), json!({ "open": true, "name": "Society" }))
        .await
        .expect(200);
    assert_eq!(opened["open"], true);
    assert_eq!(stream.take(2).await[1].data["system"], "opened");
    join(&bob, &room).await;
    stream.take(2).await;
    john.patch(&path(&room), json!({ "open": false }))
        .await
        .expect(200);
    assert_eq!(stream.take(2).await[1].data["system"], "closed");
    alice
        .post(&participants(&room), json!({}))
        .await
        .refused(404, "not_found");

    john.patch(&path(&room), json!({ "owner": alice.id }))
        .await
        .refused(404, "not_found");
    john.patch(&path(&room), json!({ "owner": "x" }))
        .await
        .refused(422, "invalid");
    let handed = john
        .patch(&path(&room), json!({ "owner": jane.id }))
        .await
        .expect(200);
    assert_eq!(handed["role"], "member");
    let told = stream.take(2).await;
    assert_eq!(
        (&told[0].data["role"], &told[1].data["system"]),
        (&json!("owner"), &json!("owner"))
    );
    john.patch(&path(&room), json!({ "name": "X" }))
        .await
        .refused(403, "not_yours");
    // What is so already is told to nobody.
    jane.patch(
        &path(&room),
        json!({ "name": "Society", "open": false, "owner": jane.id }),
    )
    .await
    .expect(200);
    jane.patch(&path(&room), json!({ "name": "Last" }))
        .await
        .expect(200);
    assert_eq!(stream.take(1).await[0].data["name"], "Last");
}

#[tokio::test]
async fn a_room_is_never_without_an_owner_while_somebody_is_in_it() {
    let (_server, [john, jane, alice, bob]) = four().await;
    let room = john.make_room("Open", &[], true).await;
    for client in [&alice, &jane, &bob] {
        join(client, &room).await;
    }
    leave(&john, &room).await;
    // Whoever has been there longest.
    assert_eq!(
        as_pairs(&people(&jane, &room).await),
        [("alice", "owner"), ("bob", "member"), ("jane", "member")]
    );
    for client in [&alice, &jane, &bob] {
        leave(client, &room).await;
    }
    assert_eq!(
        john.get("/api/rooms").await.expect(200)[0]["participantCount"],
        0
    );
    join(&jane, &room).await;
    assert_eq!(as_pairs(&people(&jane, &room).await), [("jane", "owner")]);
}

#[tokio::test]
async fn a_conversation_of_two_is_no_room() {
    let talk = Talk::start(dev()).await;
    let (john, id) = (&talk.john, &talk.conversation);
    john.patch(&path(id), json!({ "name": "X" }))
        .await
        .refused(409, "not_a_room");
    john.post(&participants(id), json!({ "username": "jane" }))
        .await
        .refused(409, "not_a_room");
    john.delete(&participant(id, "me"))
        .await
        .refused(409, "not_a_room");
    john.delete(&participant(id, &talk.jane.id))
        .await
        .refused(409, "not_a_room");
    john.post(&participants(id), json!({})).await.expect(204);
    let stranger = talk.server.sign_up("alice").await;
    stranger
        .post(&participants(id), json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_hundred_who_join_and_talk_at_once_are_counted_and_heard_in_one_order() {
    const PEOPLE: usize = 100;
    let server = Server::start(narrow()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("Hall", &[], true).await;
    let mut stream = john.follow(None).await;
    at_once((0..PEOPLE).map(|number| {
        let (nobody, room) = (server.nobody(), room.clone());
        async move {
            let client = nobody.sign_up(&format!("guest{number}")).await;
            join(&client, &room).await;
            client.say(&room, &number.to_string()).await;
        }
    }))
    .await;
    let shown = john.get(&path(&room)).await.expect(200);
    assert_eq!(shown["participantCount"], PEOPLE + 1);
    let mut numbers = Vec::new();
    // What it was made with was before the stream.
    while numbers.len() < 2 * PEOPLE {
        let event = stream.next_named("message").await;
        numbers.push(event.data["number"].as_i64().expect("a number"));
    }
    assert_eq!(numbers, (2..).take(2 * PEOPLE).collect::<Vec<_>>());
    let told = people(&john, &room).await;
    assert_eq!(told.len(), PEOPLE + 1);
    assert_eq!(told.iter().filter(|(_, role)| role == "owner").count(), 1);
}
