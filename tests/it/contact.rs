//! Contact that nobody has asked for: being asked before one is added to a room, reporting a message, and how often one may
//! add and report.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, Server, dev, messages, participant, participants, strict, text};

async fn ask_first(client: &Client) {
    let wish = json!({ "asksFirst": true });
    let set = client.patch("/api/settings", wish).await.expect(200);
    assert_eq!(set["asksFirst"], true);
}

async fn add(by: &Client, room: &str, whom: &Client) -> u16 {
    let whom = json!({ "username": whom.username });
    by.post(&participants(room), whom).await.status.as_u16()
}

async fn requests(client: &Client) -> Vec<Value> {
    let requests = client.get("/api/room_requests").await.expect(200);
    requests.as_array().expect("a list").clone()
}

fn answer_to(room: &str) -> String {
    format!("/api/room_requests/{room}")
}

async fn is_in(client: &Client, room: &str) -> bool {
    client
        .get(&format!("/api/conversations/{room}"))
        .await
        .status
        == 200
}

#[tokio::test]
async fn who_wants_to_be_asked_is_in_a_room_only_once_they_have_accepted() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let settings = jane.get("/api/settings").await.expect(200);
    assert_eq!(settings["asksFirst"], false);
    ask_first(&jane).await;
    let mut stream = jane.follow(None).await;
    let start = jane.cursor().await;

    // Neither from the beginning nor later.
    let first = john.make_room("Kitchen", &["jane"], false).await;
    let room = john.make_room("Club", &[], false).await;
    john.say(&room, "before").await;
    assert_eq!(add(&john, &room, &jane).await, 202);
    assert_eq!(add(&john, &room, &jane).await, 202);
    assert!(!is_in(&jane, &room).await && !is_in(&jane, &first).await);
    let open = requests(&jane).await;
    let named: Vec<_> = open.iter().map(|one| text(&one["name"])).collect();
    assert_eq!(named, ["Club", "Kitchen"]);
    assert_eq!(
        (
            &open[0]["conversationId"],
            &open[0]["askedBy"]["username"],
            &open[0]["participantCount"]
        ),
        (&json!(room), &json!("john"), &json!(1))
    );
    let told = stream.take(2).await;
    assert_eq!(told[1].name, "room_request");
    assert_eq!(
        told[1].data,
        json!({ "conversationId": room, "request": open[0] })
    );

    // Nobody else can answer it.
    john.post(&answer_to(&room), json!({}))
        .await
        .refused(404, "not_found");
    let joined = jane.post(&answer_to(&room), json!({})).await.expect(200);
    assert_eq!(
        (&joined["id"], &joined["role"]),
        (&json!(room), &json!("member"))
    );
    let told = stream.take(3).await;
    assert_eq!(
        told[0].data,
        json!({ "conversationId": room, "request": null })
    );
    assert_eq!(told[2].data["content"], "john added jane");
    // As if she had been added now.
    let history = jane.get(&messages(&room)).await.expect(200);
    assert_eq!(history.as_array().map(Vec::len), Some(1));
    jane.post(&answer_to(&room), json!({}))
        .await
        .refused(404, "not_found");

    // A device that was away is told what has come of them.
    let (missed, _) = jane.poll(&start, 0).await;
    let missed: Vec<_> = missed
        .iter()
        .filter(|event| event.name == "room_request")
        .map(|event| {
            (
                text(&event.data["conversationId"]),
                event.data["request"].is_null(),
            )
        })
        .collect();
    assert_eq!(missed, [(&*first, false), (&*room, true)]);
}

#[tokio::test]
async fn who_has_declined_is_not_asked_again_by_the_same() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let alice = server.sign_up("alice").await;
    ask_first(&jane).await;
    let room = john.make_room("Club", &["alice"], false).await;
    add(&john, &room, &jane).await;
    jane.delete(&answer_to(&room)).await.expect(204);
    jane.delete(&answer_to(&room))
        .await
        .refused(404, "not_found");
    assert_eq!(add(&john, &room, &jane).await, 202);
    assert!(requests(&jane).await.is_empty());
    assert!(!is_in(&jane, &room).await);
    add(&alice, &room, &jane).await;
    assert_eq!(requests(&jane).await.len(), 1);
}

#[tokio::test]
async fn a_request_ends_with_the_place_of_who_has_asked_and_when_they_are_blocked() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let (alice, bob) = (server.sign_up("alice").await, server.sign_up("bob").await);
    ask_first(&jane).await;
    let room = john.make_room("Club", &["alice", "bob"], false).await;
    add(&alice, &room, &jane).await;
    let mut stream = jane.follow(None).await;
    john.delete(&participant(&room, &alice.id))
        .await
        .expect(204);
    assert_eq!(
        stream.take(1).await[0].data,
        json!({ "conversationId": room, "request": null })
    );
    jane.post(&answer_to(&room), json!({}))
        .await
        .refused(404, "not_found");

    add(&bob, &room, &jane).await;
    assert_eq!(requests(&jane).await.len(), 1);
    let block = format!("/api/users/{}/block", bob.id);
    assert_eq!(jane.put(&block).await.status, 204);
    assert!(requests(&jane).await.is_empty());
    let again = json!({ "username": "jane" });
    bob.post(&participants(&room), again)
        .await
        .refused(403, "unreachable");

    // Who comes by themselves isn’t asked any more.
    let open = john.make_room("Hall", &["jane"], true).await;
    assert_eq!(requests(&jane).await.len(), 1);
    jane.post(&participants(&open), json!({})).await.expect(204);
    assert!(requests(&jane).await.is_empty());
}

#[tokio::test]
async fn a_reported_message_reaches_the_administrators_as_it_was() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (bob, carl) = (anna.invite("bob").await, anna.invite("carl").await);
    let stranger = anna.invite("dora").await;
    let room = bob.make_room("Club", &["carl"], false).await;
    let file = bob.upload("lake.txt", b"hello").await;
    let rude = json!({ "content": "you are rude", "attachments": [file] });
    let rude = bob.post(&messages(&room), rude).await.expect(201);
    let message = format!("/api/messages/{}", text(&rude["id"]));
    let report = format!("{message}/reports");

    stranger
        .post(&report, json!({}))
        .await
        .refused(404, "not_found");
    bob.post(&report, json!({})).await.refused(403, "not_yours");
    let long = json!({ "reason": "x".repeat(501) });
    carl.post(&report, long).await.refused(422, "invalid");
    let reason = json!({ "reason": "  He  insults me. " });
    carl.post(&report, reason).await.expect(204);
    carl.post(&report, json!({})).await.expect(204);
    // What the author does about it is too late.
    bob.delete(&message).await.expect(204);
    carl.post(&report, json!({}))
        .await
        .refused(404, "not_found");

    carl.get("/api/admin/reports")
        .await
        .refused(403, "not_admin");
    let reports = anna.get("/api/admin/reports").await.expect(200);
    assert_eq!(reports.as_array().map(Vec::len), Some(1));
    let told = &reports[0];
    assert_eq!(
        (
            &told["content"],
            &told["reason"],
            &told["files"],
            &told["room"]
        ),
        (
            &json!("you are rude"),
            &json!("He  insults me."),
            &json!(["lake.txt"]),
            &json!("Club")
        )
    );
    assert_eq!(
        (&told["author"]["username"], &told["reporter"]["username"]),
        (&json!("bob"), &json!("carl"))
    );
    // Once it has been dealt with, nothing is left of it.
    let path = format!("/api/admin/reports/{}", text(&told["id"]));
    carl.delete(&path).await.refused(403, "not_admin");
    anna.delete(&path).await.expect(204);
    anna.delete(&path).await.refused(404, "not_found");
    let reports = anna.get("/api/admin/reports").await.expect(200);
    assert_eq!(reports, json!([]));
}

#[tokio::test]
async fn people_are_added_and_messages_reported_only_so_often_a_day() {
    let mut server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let room = john.make_room("Club", &["jane"], false).await;
    let said = jane.say(&room, "hello").await;
    let today = |what: &str, count: u32| {
        let database = Connection::open(server.database()).expect("a database");
        let row = "INSERT INTO daily_counts VALUES (?1, ?2, unixepoch() / 86400, ?3)
             ON CONFLICT DO UPDATE SET count = ?3";
        let changed = database.execute(row, (&john.id, what, count));
        changed.expect("a change");
    };
    today("add", 499);
    today("report", 19);
    let alice = server.sign_up("alice").await;
    let bob = server.sign_up("bob").await;
    assert_eq!(add(&john, &room, &alice).await, 204);
    // Nothing has come of what is refused, whichever way it is tried, and a restart doesn’t begin anew.
    for _ in 0..2 {
        let whom = json!({ "username": "bob" });
        let john = john.at(server.address());
        let refused = john.post(&participants(&room), whom).await;
        let wait: u64 = refused.headers["retry-after"]
            .to_str()
            .ok()
            .and_then(|wait| wait.parse().ok())
            .expect("seconds");
        assert!((1..=86_400).contains(&wait), "{wait}");
        let refused = refused.refused(429, "daily_limit");
        assert_eq!(
            refused["message"],
            "You’ve added a lot of people today. Try again tomorrow."
        );
        server.restart().await;
    }
    let john = john.at(server.address());
    let room_with_bob = json!({ "name": "Trap", "usernames": ["bob"] });
    john.post("/api/conversations", room_with_bob)
        .await
        .refused(429, "daily_limit");
    let bob = bob.at(server.address());
    assert_eq!(bob.get("/api/conversations").await.expect(200), json!([]));
    // Who is there already costs nothing, nor does a room of one’s own.
    assert_eq!(add(&john, &room, &alice).await, 204);
    john.make_room("Alone", &[], false).await;

    let report = |message: &Value| format!("/api/messages/{}/reports", text(&message["id"]));
    john.post(&report(&said), json!({})).await.expect(204);
    john.post(&report(&said), json!({})).await.expect(204);
    let jane = jane.at(server.address());
    let again = jane.say(&room, "hello again").await;
    john.post(&report(&again), json!({}))
        .await
        .refused(429, "daily_limit");
    // Tomorrow.
    let database = Connection::open(server.database()).expect("a database");
    let changed = database.execute("UPDATE daily_counts SET day = day - 1", []);
    changed.expect("a change");
    assert_eq!(add(&john, &room, &bob).await, 204);
    john.post(&report(&again), json!({})).await.expect(204);
}
