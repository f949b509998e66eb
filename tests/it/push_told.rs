//! Telling people of new messages on devices that aren’t open, as a server for notifications hears it: in what words,
//! when, and how often it is tried. Who is told is in `push_model`.

use std::{sync::Arc, time::Duration};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{
    attention::LEASE, http::ServerSettings, model::RelayKind, push::Relay, secret::Secret,
    server::Config,
};

use crate::{
    home::Home,
    old_database::of_version_1,
    push_service::{PushService, pushing},
    relay::{Answers, RelayServer, Told},
    support::{Binary, Client, Server, Talk, answer, dev, ended, pass, text, until},
};

pub const PATH: &str = "/api/push/relay";
pub const ADDRESS: &str = "https://chat.example";

/// A server that tells of each message at once, through `relay`.
pub fn telling(relay: &RelayServer, kind: RelayKind) -> Config {
    let url = relay.url().parse().expect("a URL");
    let token = Some(Secret::from("tk_publish"));
    let public_url = Some(ADDRESS.to_owned());
    let relay = Relay::new(kind, url, token, public_url, Vec::new()).expect("no TLS is needed");
    Config {
        push_delay: Duration::ZERO,
        settings: ServerSettings {
            relay: Some(Arc::new(relay)),
            ..dev().settings
        },
        ..dev()
    }
}

pub async fn turn_on(client: &Client, body: Value) -> Value {
    let request = client.request(reqwest::Method::PUT, PATH).json(&body);
    answer(request).await.expect(200)
}

pub async fn attend(client: &Client, attentive: bool) {
    let request = client.request(reqwest::Method::PUT, "/api/attention");
    let said = answer(request.json(&json!({ "attentive": attentive }))).await;
    said.expect(204);
}

/// The topic that somebody is told under from now on.
pub async fn topic(client: &Client) -> String {
    let state = turn_on(client, json!({})).await;
    text(&state["topic"]).to_owned()
}

/// John, and Jane, who is told through ntfy: through which server, and under which topic.
pub async fn talk() -> (RelayServer, Talk, String) {
    let relay = RelayServer::start().await;
    let talk = Talk::start(telling(&relay, RelayKind::Ntfy)).await;
    let topic = topic(&talk.jane).await;
    (relay, talk, topic)
}

pub fn says(message: &str) -> impl Fn(&Told) -> bool {
    move |told| told.body["message"] == message
}

/// Whether something was told before something else is known only of what comes last, so that is waited for.
pub fn messages_of(relay: &RelayServer) -> Vec<String> {
    let told = relay.told().into_iter();
    told.map(|told| text(&told.body["message"]).to_owned())
        .collect()
}

#[tokio::test]
async fn a_message_is_told_in_the_words_of_the_page() {
    let (relay, talk, topic) = talk().await;
    let (john, jane, conversation) = (&talk.john, &talk.jane, &talk.conversation);
    let room = john.make_room("Kitchen", &["jane"], false).await;
    john.say(conversation, "**Dinner**\n\nat `eight`?").await;
    let told = relay.hears("a message", says("Dinner at eight?")).await;
    assert_eq!(told.path, "/");
    assert_eq!(told.secret.as_deref(), Some("Bearer tk_publish"));
    let click = format!("{ADDRESS}/conversations/{conversation}");
    let expected =
        json!({ "topic": topic, "title": "john", "message": "Dinner at eight?", "click": click });
    assert_eq!(told.body, expected);

    john.patch("/api/auth_user", json!({ "displayName": "John D." }))
        .await
        .expect(200);
    jane.patch("/api/auth_user", json!({ "displayName": "Jane D." }))
        .await
        .expect(200);
    john.say(&room, "Tea, @jane?").await;
    let told = relay
        .hears("a message in a room", says("John D.: Tea, @Jane D.?"))
        .await;
    assert_eq!(told.body["title"], "Kitchen");

    // A hundred characters as people count them, of which the last says that there is more.
    john.say(conversation, &"e\u{301}".repeat(101)).await;
    let cut = "e\u{301}".repeat(99) + "…";
    relay.hears("a long message", says(&cut)).await;

    let file = john.upload("lake.txt", b"water").await;
    john.send_files(conversation, &[&file]).await;
    relay.hears("a file", says("lake.txt")).await;

    let settings = jane
        .patch("/api/settings", json!({ "preview": false }))
        .await;
    assert_eq!(settings.expect(200)["preview"], false);
    john.say(&room, "a secret").await;
    let told = relay
        .hears("a message without its text", says("New message"))
        .await;
    assert_eq!(told.body["title"], "Kitchen");
}

#[tokio::test]
async fn what_could_not_be_sent_is_tried_again_with_the_text_as_it_is_then() {
    let (relay, talk, _) = talk().await;
    let (john, jane, conversation) = (&talk.john, &talk.jane, &talk.conversation);
    let room = john.make_room("Kitchen", &["jane"], false).await;
    let hall = john.make_room("Hall", &["jane"], false).await;
    relay.answer(Answers::After(503, 1));
    let edited = john.say(conversation, "At six").await;
    relay.hears("a first try", says("At six")).await;
    let path = format!("/api/messages/{}", text(&edited["id"]));
    john.patch(&path, json!({ "content": "At eight" }))
        .await
        .expect(200);
    let deleted = john.say(&room, "Wrong room").await;
    john.delete(&format!("/api/messages/{}", text(&deleted["id"])))
        .await
        .expect(204);
    let read = john.say(&hall, "Read elsewhere").await;
    let mark = format!("/api/conversations/{hall}/read_messages");
    jane.post(&mark, json!({ "upTo": read["number"] }))
        .await
        .expect(204);
    relay.answer(Answers::With(200));
    relay.hears("a second try", says("At eight")).await;
    // It has been tried again, and nothing is left to be sent.
    nothing_waits(&Connection::open(talk.server.database()).expect("the database")).await;
    let told = messages_of(&relay);
    let tries = |message: &str| told.iter().filter(|told| *told == message).count();
    assert_eq!((tries("At six"), tries("At eight")), (1, 1), "{told:?}");
    // They may have been tried before they were deleted and read, but not since.
    assert!(tries("Jane: Wrong room") == 0, "{told:?}");
    assert!(
        tries("john: Wrong room") <= 1 && tries("john: Read elsewhere") <= 1,
        "{told:?}"
    );
}

async fn nothing_waits(database: &Connection) {
    waits(database, 0).await;
}

/// Waits until so many messages wait to be sent.
async fn waits(database: &Connection, expected: i64) {
    let is_so = async || (waiting(database) == expected).then_some(());
    until("the queue", is_so).await;
}

/// How many messages wait to be sent.
pub fn waiting(database: &Connection) -> i64 {
    database
        .query_row("SELECT count(*) FROM pushes", [], |row| row.get(0))
        .expect("a count")
}

#[tokio::test]
async fn what_a_relay_refuses_is_not_tried_again() {
    let (relay, talk, _) = talk().await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    relay.answer(Answers::With(401));
    john.say(conversation, "one").await;
    relay.hears("a refused message", says("one")).await;
    let database = Connection::open(talk.server.database()).expect("the database");
    nothing_waits(&database).await;
    relay.answer(Answers::With(200));
    john.say(conversation, "two").await;
    relay.hears("the next", says("two")).await;
    assert_eq!(messages_of(&relay), ["one", "two"]);
}

/// It may have taken it and told them. What it can’t have taken is tried again.
#[tokio::test]
async fn what_a_relay_doesnt_answer_is_not_tried_again() {
    let (relay, talk, _) = talk().await;
    let (john, conversation) = (&talk.john, &talk.conversation);
    relay.answer(Answers::Not);
    john.say(conversation, "one").await;
    relay.hears("a message", says("one")).await;
    pass(Duration::from_secs(10)).await;
    let counted = async || {
        let metrics = talk.server.sign_in("john").await.get("/metrics").await;
        let unanswered = "tincan_pushes_total{outcome=\"unanswered\"} 1\n";
        text(&metrics.expect(200))
            .contains(unanswered)
            .then_some(())
    };
    until("it to be given up", counted).await;
    let database = Connection::open(talk.server.database()).expect("the database");
    nothing_waits(&database).await;
    relay.answer(Answers::With(200));
    let john = talk.server.sign_in("john").await;
    john.say(conversation, "two").await;
    relay.hears("the next", says("two")).await;
    assert_eq!(messages_of(&relay), ["one", "two"]);
}

#[tokio::test]
async fn an_attentive_device_keeps_the_others_silent_as_long_as_it_says_so() {
    let (relay, talk, _) = talk().await;
    let (john, jane, conversation) = (&talk.john, &talk.jane, &talk.conversation);
    let phone = jane.another_device().await;
    attend(jane, true).await;
    attend(&phone, true).await;
    // Of two, one is enough.
    attend(&phone, false).await;
    john.say(conversation, "one").await;
    seen(&talk.server, john, &relay, "a").await;
    attend(jane, false).await;
    john.say(conversation, "two").await;
    relay.hears("a message", says("two")).await;

    attend(jane, true).await;
    john.say(conversation, "three").await;
    seen(&talk.server, john, &relay, "b").await;
    // A device that was left says nothing more.
    pass(LEASE).await;
    // The connections that there were have timed out.
    let john = talk.server.sign_in("john").await;
    john.say(conversation, "four").await;
    relay.hears("a message", says("four")).await;
    let told = messages_of(&relay);
    assert!(
        !told.contains(&"one".to_owned()) && !told.contains(&"three".to_owned()),
        "{told:?}"
    );
}

/// Whoever took a device away doesn’t keep the others silent.
#[tokio::test]
async fn a_device_that_is_signed_out_isnt_attentive_any_more() {
    let (relay, talk, _) = talk().await;
    let (john, jane, conversation) = (&talk.john, &talk.jane, &talk.conversation);
    for (number, from_elsewhere) in [(1, true), (2, false)] {
        let phone = jane.another_device().await;
        attend(&phone, true).await;
        if from_elsewhere {
            jane.delete("/api/sessions").await.expect(204);
        } else {
            phone.post("/api/logout", json!({})).await.expect(204);
        }
        let message = format!("m{number}");
        john.say(conversation, &message).await;
        relay.hears("a message", says(&message)).await;
    }
}

/// Waits until everything that was sent before has been looked at: somebody else is told of something newer.
async fn seen(server: &Server, john: &Client, relay: &RelayServer, name: &str) {
    let other = server.sign_up(&format!("other-{name}")).await;
    turn_on(&other, json!({})).await;
    let conversation = john.talk_to(&other.username).await;
    let message = format!("to-{name}");
    john.say(&conversation, &message).await;
    relay
        .hears("what somebody else is told", says(&message))
        .await;
}

#[tokio::test]
async fn an_upgrade_tells_nobody_of_what_was_there() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_1(folder.path());
    let old = Connection::open(&database).expect("the database");
    old.execute("UPDATE messages SET created_at = unixepoch() * 1000", [])
        .expect("news");
    drop(old);
    let relay = RelayServer::start().await;
    // The wait keeps what is there from being looked at before somebody could be told of it.
    let config = telling(&relay, RelayKind::Ntfy);
    let mut server = Server::start(Config {
        database,
        push_delay: Duration::from_hours(1),
        ..config
    })
    .await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    turn_on(&jane, json!({})).await;
    server.configure(|config| config.push_delay = Duration::ZERO);
    server.restart().await;
    let (john, jane) = (john.at(server.address()), jane.at(server.address()));
    let listed = jane.get("/api/conversations").await.expect(200);
    assert_eq!(listed[0]["unreadCount"], 1, "there is something to tell");
    let room = john.make_room("Club", &["jane"], false).await;
    john.say(&room, "News").await;
    relay.hears("what is new", says("john: News")).await;
    assert_eq!(messages_of(&relay), ["john: News"]);
}

/// While nobody is told of anything, the server notes only now and then how far it has looked.
#[tokio::test]
async fn the_first_to_turn_it_on_is_told_of_nothing_from_before() {
    for kind in ["relay", "browser"] {
        let (relay, service) = (RelayServer::start().await, PushService::start().await);
        let mut config = telling(&relay, RelayKind::Ntfy);
        config.settings.allowed_networks = pushing().settings.allowed_networks;
        let mut talk = Talk::start(config).await;
        talk.john.say(&talk.conversation, "Long ago").await;
        // The wait keeps it from being looked at before somebody could be told of it.
        let hour = Duration::from_hours(1);
        talk.server.configure(|config| config.push_delay = hour);
        talk.server.restart().await;
        if kind == "relay" {
            turn_on(&talk.jane, json!({})).await;
        } else {
            talk.jane.subscribe(&service.browser()).await;
        }
        talk.server
            .configure(|config| config.push_delay = Duration::ZERO);
        talk.server.restart().await;
        let room = talk.john.make_room("Club", &["jane"], false).await;
        talk.john.say(&room, "News").await;
        // Of two, the older comes first.
        if kind == "relay" {
            relay.hears("what is new", says("john: News")).await;
            assert_eq!(messages_of(&relay), ["john: News"]);
        } else {
            assert_eq!(
                service.next().await.body["notification"]["body"],
                "john: News"
            );
        }
    }
}

/// With the real program and its real wait. What is being sent when it is killed may have arrived, so it isn’t sent again;
/// everything else is.
#[tokio::test]
async fn a_killed_server_sends_the_rest_and_nothing_twice() {
    let relay = RelayServer::start().await;
    relay.answer(Answers::Not);
    let home = Home::new();
    let start = || Binary::start_with(&home.file("tincan.db"), &["--ntfy", &relay.url()]);
    let binary = start();
    let john = binary.nobody().sign_in("john").await;
    let jane = binary.nobody().sign_in("jane").await;
    turn_on(&jane, json!({})).await;
    let mut sent = Vec::new();
    for number in 0..24 {
        let room = john
            .make_room(&format!("Room {number}"), &["jane"], false)
            .await;
        john.say(&room, &format!("m{number}")).await;
        sent.push(format!("john: m{number}"));
    }
    // One at a time, to the same person.
    relay.hears("the first", |_| true).await;
    binary.kill();
    let under_way = messages_of(&relay);
    relay.answer(Answers::With(200));
    let binary = start();
    assert_eq!(under_way.len(), 1);
    let is_told = async || (relay.told().len() >= sent.len()).then_some(());
    until("the rest", is_told).await;
    let mut told = messages_of(&relay);
    told.sort();
    sent.sort();
    assert_eq!(told, sent);
    drop(binary);
}

/// Whoever had the database since it was backed up may have told what waited then.
#[tokio::test]
async fn a_restored_backup_tells_nothing_of_what_was_there() {
    let relay = RelayServer::start().await;
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let mut talk = Talk::start(Config {
        database: database.clone(),
        ..telling(&relay, RelayKind::Ntfy)
    })
    .await;
    turn_on(&talk.jane, json!({})).await;
    relay.answer(Answers::After(503, 3_600));
    talk.john.say(&talk.conversation, "Waits").await;
    relay.hears("a first try", says("Waits")).await;
    let open = Connection::open(&database).expect("the database");
    waits(&open, 1).await;
    drop(open);
    talk.server.stop().await;
    let said = async |arguments: &[&str]| {
        let path = database.to_str().expect("a plain path");
        let ended = ended(Binary::command(&[arguments, &["--db", path]].concat())).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().expect("a plain path");
    said(&["backup", backup]).await;
    said(&["restore", backup]).await;
    let open = Connection::open(&database).expect("the database");
    waits(&open, 0).await;
}

#[tokio::test]
async fn quiet_hours_are_kept_for_all_devices() {
    let Talk { jane, server, .. } = Talk::start(dev()).await;
    let settings = jane.get("/api/settings").await.expect(200);
    assert_eq!(
        (&settings["quiet"], &settings["preview"]),
        (&json!(null), &json!(true))
    );
    let quiet = json!({ "from": "22:00", "to": "07:00", "zone": "Europe/Berlin" });
    jane.patch("/api/settings", json!({ "quiet": quiet }))
        .await
        .expect(200);
    let phone = jane.another_device().await;
    let settings = phone
        .patch("/api/settings", json!({ "preview": false }))
        .await;
    assert_eq!(settings.expect(200)["quiet"], quiet);
    for (from, to, zone) in [
        ("22:00", "22:00", "UTC"),
        ("22", "7", "UTC"),
        ("22:00", "07:00", "Mars"),
    ] {
        let wish = json!({ "preview": true, "quiet": { "from": from, "to": to, "zone": zone } });
        let refused = phone
            .patch("/api/settings", wish)
            .await
            .refused(422, "invalid");
        let errors = json!({ "quiet": refused["message"] });
        assert_eq!(refused["errors"], errors, "{from} {to} {zone}");
    }
    let settings = jane
        .patch("/api/settings", json!({ "quiet": null }))
        .await
        .expect(200);
    assert_eq!(
        (&settings["quiet"], &settings["preview"]),
        (&json!(null), &json!(false))
    );
    drop(server);
}
