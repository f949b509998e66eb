//! What people are called and look like, how they are found, and that others hear of a change.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tincan::server::Config;

use crate::support::{Answer, Client, Server, Talk, dev, messages, participant, strict, text};

async fn call_oneself(client: &Client, name: &str) -> Answer {
    let names = json!({ "displayName": name });
    client.patch("/api/auth_user", names).await
}

async fn found(client: &Client, search: &str) -> Vec<String> {
    let search = utf8_percent_encode(search, NON_ALPHANUMERIC);
    let found = client.get(&format!("/api/users?search={search}")).await;
    let found = found.expect(200);
    let users = found.as_array().expect("a list").iter();
    users
        .map(|user| text(&user["username"]).to_owned())
        .collect()
}

#[tokio::test]
async fn a_display_name_may_be_in_any_script() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let longest = "ä".repeat(64);
    for (typed, kept) in [
        ("Jane Doe", "Jane Doe"),
        ("  Jane   Doe\n", "Jane   Doe"),
        ("यामिनी कृष्णमूर्ति", "यामिनी कृष्णमूर्ति"),
        ("เพื่อน", "เพื่อน"),
        ("שִׁירָה", "שִׁירָה"),
        ("محمد عبد الله", "محمد عبد الله"),
        ("نازنین\u{200c}ها", "نازنین\u{200c}ها"),
        ("田中さん", "田中さん"),
        ("O’Brien-Łukasz, Jr.", "O’Brien-Łukasz, Jr."),
        ("👨‍👩‍👧 Family", "👨‍👩‍👧 Family"),
        ("🥫", "🥫"),
        ("👍🏽", "👍🏽"),
        // Kept composed, so that two spellings of a letter look the same to every program.
        ("Ame\u{301}lie", "Amélie"),
        (
            "e\u{300}\u{316}\u{317}\u{318}\u{319}",
            "è\u{316}\u{317}\u{318}\u{319}",
        ),
        (&longest, &longest),
    ] {
        let user = call_oneself(&john, typed).await.expect(200);
        assert_eq!(user["displayName"], kept, "{typed:?}");
        assert_eq!(john.get("/api/auth_user").await.expect(200), user);
    }
    let removed = json!({ "displayName": null });
    let user = john.patch("/api/auth_user", removed).await.expect(200);
    assert_eq!(user.get("displayName"), None);
}

#[tokio::test]
async fn a_display_name_can_be_seen_and_keeps_to_its_place() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    call_oneself(&john, "John").await.expect(200);
    let too_long = "a".repeat(65);
    for typed in [
        "",
        "   ",
        "\u{200b}",
        "\u{200b}\u{2060}\u{feff}",
        "\u{3164}",
        "\u{301}",
        "\u{2800}",
        &too_long,
        "a\nb",
        "a\u{2028}b",
        "a\u{0}b",
        "a\u{7f}b",
        "\u{202e}nhoj",
        "a\u{2067}b",
        "a\u{200f}b",
        "Z\u{35f}\u{340}\u{321}\u{322}\u{323}\u{32d}algo",
    ] {
        let refused = call_oneself(&john, typed).await.refused(422, "invalid");
        assert!(refused["errors"]["displayName"].is_string(), "{typed:?}");
    }
    let user = john.get("/api/auth_user").await.expect(200);
    assert_eq!(user["displayName"], "John");
}

#[tokio::test]
async fn people_are_found_by_either_name() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let ada = server.sign_up("countess").await;
    call_oneself(&ada, "Ada King  LOVELACE").await.expect(200);
    let grace = server.sign_up("grace").await;
    call_oneself(&grace, "Ädmiral Hopper").await.expect(200);
    server.sign_up("adam").await;
    for (search, names) in [
        ("ada", vec!["adam", "countess"]),
        ("KING", vec!["countess"]),
        ("king love", vec!["countess"]),
        ("lovelace", vec!["countess"]),
        ("ovelace", vec![]),
        ("count", vec!["countess"]),
        ("äd", vec!["grace"]),
        ("A\u{308}D", vec!["grace"]),
        ("hopp", vec!["grace"]),
        ("%", vec![]),
    ] {
        assert_eq!(found(&john, search).await, names, "{search:?}");
    }
    let names = john.get("/api/usernames?search=love").await.expect(200);
    assert_eq!(names, json!(["countess"]));
    // Not oneself, nor by a name of before.
    assert_eq!(found(&ada, "ada").await, ["adam"]);
    call_oneself(&ada, "Ada Byron").await.expect(200);
    assert_eq!(found(&john, "love").await, [""; 0]);
    assert_eq!(found(&john, "byr").await, ["countess"]);
    john.get("/api/users").await.refused(422, "invalid");
}

/// However many people, and however many words of a name begin so.
#[tokio::test]
async fn a_search_finds_five_people_and_each_once() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for n in 0..6 {
        let somebody = server.sign_up(&format!("u{n}")).await;
        let name = format!("Pa{n} Pa{n}");
        call_oneself(&somebody, &name).await.expect(200);
    }
    let mut five = found(&john, "p").await;
    five.sort();
    five.dedup();
    assert_eq!(five.len(), 5, "{five:?}");
    assert_eq!(found(&john, "u5").await, ["u5"]);
}

#[tokio::test]
async fn a_new_username_is_ones_own_and_the_old_one_free() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let rename = |name: &str| json!({ "username": name });
    let taken = bob.patch("/api/auth_user", rename("ANNA")).await;
    taken.refused(409, "username_taken");
    let invalid = bob.patch("/api/auth_user", rename("two words")).await;
    let reason = &invalid.refused(422, "invalid")["errors"]["username"];
    assert!(reason.is_string());
    let renamed = bob.patch("/api/auth_user", rename("robert")).await;
    assert_eq!(renamed.expect(200)["username"], "robert");
    anna.invite("bob").await;
    let lamp = json!({ "name": "lamp", "scope": "send" });
    let lamp = bob.post("/api/tokens", lamp).await.expect(201);
    let program = bob.with_token(&lamp["token"]);
    let refused = program.patch("/api/auth_user", rename("lamp")).await;
    refused.refused(403, "scope");
}

/// The bylines that others have loaded can follow, also on a device that was away.
#[tokio::test]
async fn everybody_who_shares_a_conversation_hears_of_a_change() {
    let talk = Talk::start(dev()).await;
    let alice = talk.server.sign_up("alice").await;
    let bob = talk.server.sign_up("bob").await;
    let stranger = talk.server.sign_up("stranger").await;
    let room = talk.john.make_room("Club", &["alice", "bob"], false).await;
    // Who has left is still to be seen in the history of those who stay.
    talk.john.say(&room, "hello").await;
    let people = [&talk.john, &talk.jane, &alice, &stranger];
    let mut streams = Vec::new();
    for who in people {
        streams.push((who.follow(None).await, who.cursor().await));
    }
    let bobs = bob.cursor().await;
    let left = bob.delete(&participant(&room, "me")).await;
    assert_eq!(left.status, 204);
    let names = json!({ "username": "johnny", "displayName": "John Doe" });
    let john = talk.john.patch("/api/auth_user", names).await.expect(200);
    let mut ids = Vec::new();
    for (stream, _) in &mut streams[..3] {
        let event = stream.next_named("user").await;
        assert_eq!(event.data, john);
        ids.push(event.id);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    for (who, (_, cursor)) in people.iter().zip(&streams) {
        let (events, _) = who.poll(cursor, 0).await;
        let told: Vec<_> = events.iter().filter(|event| event.name == "user").collect();
        if who.id == stranger.id {
            assert!(told.is_empty(), "{told:?}");
        } else {
            assert_eq!(told.len(), 1, "{}", who.username);
            assert_eq!((&told[0].id, &told[0].data), (&ids[0], &john));
        }
    }
    let (events, _) = bob.poll(&bobs, 0).await;
    assert!(
        events.iter().all(|event| event.name != "user"),
        "{events:?}"
    );

    // Those who are left behind hear of who has left, whose messages they still see.
    let cursor = alice.cursor().await;
    let mut stream = alice.follow(None).await;
    let bob = call_oneself(&bob, "Bob").await.expect(200);
    assert_eq!(stream.next_named("user").await.data, bob);
    let (events, _) = alice.poll(&cursor, 0).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (&*event.name, &event.data))
        .collect();
    assert_eq!(told, [("user", &bob)]);
}

/// The same names again are no news.
#[tokio::test]
async fn what_did_not_change_is_told_to_nobody() {
    let talk = Talk::start(dev()).await;
    let names = json!({ "username": "john", "displayName": "John" });
    talk.john
        .patch("/api/auth_user", names.clone())
        .await
        .expect(200);
    let cursor = talk.jane.cursor().await;
    talk.john.patch("/api/auth_user", names).await.expect(200);
    talk.john
        .patch("/api/auth_user", json!({}))
        .await
        .expect(200);
    let (events, _) = talk.jane.poll(&cursor, 0).await;
    assert!(events.is_empty(), "{events:?}");
}

#[tokio::test]
async fn names_are_shown_wherever_people_are() {
    let talk = Talk::start(dev()).await;
    call_oneself(&talk.john, "John Doe").await.expect(200);
    let said = talk.john.say(&talk.conversation, "hi").await;
    assert_eq!(said["author"]["displayName"], "John Doe");
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    assert_eq!(page[0]["author"], said["author"]);
    let listed = talk.jane.get("/api/conversations").await.expect(200);
    assert_eq!(listed[0]["otherParticipant"], said["author"]);
    let room = talk.john.make_room("Club", &["jane"], false).await;
    let page = talk.jane.get(&messages(&room)).await.expect(200);
    assert_eq!(page[0]["content"], "John Doe created this room");
    assert_eq!(page[0]["subject"], said["author"]);
}

#[tokio::test]
async fn a_profile_says_what_the_caller_shares_with_somebody() {
    let talk = Talk::start(dev()).await;
    let club = talk.john.make_room("Club", &["jane"], false).await;
    talk.john.make_room("Alone", &[], false).await;
    let path = format!("/api/users/{}", talk.jane.id);
    let jane = talk.jane.get("/api/auth_user").await.expect(200);
    let profile = talk.john.get(&path).await.expect(200);
    assert_eq!(
        profile,
        json!({
            "user": jane, "bot": false, "maker": null, "rooms": [{ "id": club, "name": "Club", "avatarURL": null }],
            "conversationId": talk.conversation, "blocked": false,
        })
    );
    let stranger = talk.server.sign_up("stranger").await;
    let profile = stranger.get(&path).await.expect(200);
    assert_eq!(profile["rooms"], json!([]));
    assert_eq!(profile["conversationId"], Value::Null);

    let bot = json!({ "name": "lamp", "scope": "send", "bot": "lamp" });
    let bot = talk.jane.post("/api/tokens", bot).await.expect(201);
    let path = format!("/api/users/{}", text(&bot["user"]["id"]));
    let profile = stranger.get(&path).await.expect(200);
    assert_eq!(profile["bot"], true);
    assert_eq!(profile["maker"], jane);
    stranger
        .get("/api/users/4711")
        .await
        .refused(404, "not_found");
}

/// A name is free for everybody as soon as it is given up, also after a restart.
#[tokio::test]
async fn names_are_kept() {
    let mut server = Server::start(Config { ..dev() }).await;
    let john = server.sign_in("john").await;
    call_oneself(&john, "John Doe").await.expect(200);
    server.restart().await;
    let john = john.at(server.address());
    let user = john.get("/api/auth_user").await.expect(200);
    assert_eq!(user["displayName"], "John Doe");
}
