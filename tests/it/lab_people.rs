//! The people of a lab who answer, puppets, waiting until nothing is left to be done, the log, and cutting streams.

use std::fs;

use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Binary, Client, Stream, messages, participants, text, tls::trusting_pem, until,
};

/// A lab whose clock stands.
fn standing() -> Binary {
    Binary::lab(&["--rng", "7", "--clock", "2030-01-31T12:00:00Z"])
}

async fn idle(lab: &Binary) {
    lab.nobody().get("/dev/idle?wait=30").await.expect(204);
}

/// Moves the clock, and waits until everything that is due then has been done.
async fn later(lab: &Binary, millis: u64) {
    let change = json!({ "advance": millis });
    lab.nobody().post("/dev/clock", change).await.expect(200);
    idle(lab).await;
}

async fn act(lab: &Binary, act: Value) -> Value {
    lab.nobody().post("/dev/act", act).await.expect(200)
}

/// What is said in a conversation, the oldest first.
async fn history(client: &Client, conversation: &str) -> Vec<Value> {
    let page = client.get(&messages(conversation)).await.expect(200);
    let mut page = page.as_array().expect("a page").clone();
    page.reverse();
    page
}

async fn said(client: &Client, conversation: &str) -> Vec<String> {
    let history = history(client, conversation).await;
    let said = history.iter().map(|message| text(&message["content"]));
    said.map(str::to_owned).collect()
}

/// Whether the other has read everything in a direct conversation.
async fn is_read(client: &Client, conversation: &str, by: &str) -> bool {
    let people = client.get(&participants(conversation)).await.expect(200);
    let mut people = people.as_array().expect("a list").iter();
    let other = people.find(|person| person["user"]["username"] == by);
    other.expect("the other")["lastReadNumber"].as_i64() >= Some(1)
}

#[tokio::test]
async fn everybody_can_be_found_and_says_nothing_by_themselves() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let listed = john.get("/dev/people").await.expect(200);
    let listed = listed["answering"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), 11);
    for person in listed {
        let name = text(&person["username"]);
        let talk = john.talk_to(name).await;
        later(&lab, 60_000).await;
        assert_eq!(said(&john, &talk).await, [""; 0], "{name}");
    }
}

#[tokio::test]
async fn somebody_types_back_within_seconds() {
    let lab = Binary::lab(&[]);
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("echo").await;
    let mut stream = john.follow(None).await;
    john.say(&talk, "Is anybody there?").await;
    let mut typing = stream.next_passing().await.expect("an event");
    while typing.name != "typing" {
        typing = stream.next_passing().await.expect("an event");
    }
    assert_eq!(typing.data["conversationId"], *talk);
    let answer = stream.next_named("message").await;
    assert_eq!(answer.data["content"], "Is anybody there?");
    assert_eq!(answer.data["author"]["username"], "echo");
}

#[tokio::test]
async fn somebody_answers_at_a_lab_that_speaks_tls() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("lab.db");
    let path = database.to_str().expect("a plain path");
    let lab = Binary::lab(&["--tls", "home", "--db", path]);
    let authority = folder.path().join("lab.db-tls/home/authority.pem");
    let authority = fs::read(authority).expect("a certificate");
    let nobody = Client::trusting(trusting_pem(&authority), lab.address());
    let john = nobody.sign_in("john").await;
    let talk = john.talk_to("echo").await;
    let mut stream = john.follow(None).await;
    john.say(&talk, "Is anybody there?").await;
    let answer = stream.next_named("message").await;
    assert_eq!(answer.data["author"]["username"], "echo");
}

/// After how many milliseconds more, and what somebody has said by then.
type Said<'a> = (u64, &'a [&'a str]);

#[tokio::test]
async fn each_answers_in_their_own_way_as_time_passes() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let numbered = (1..=8).map(|number| format!("{number} of 8"));
    let numbered: Vec<String> = numbered.collect();
    let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
    // How much later, and what they have said by then.
    let expected: &[(&str, &[Said])] = &[
        ("echo", &[(900, &[]), (100, &["hello"])]),
        (
            "slow",
            &[
                (11_900, &[]),
                (100, &["Sorry, I had to look for my glasses."]),
            ],
        ),
        (
            "editor",
            &[
                (1_000, &["Teh train leaves at noon"]),
                (2_000, &["The train leaves at noon"]),
                (3_000, &["The train leaves at noon. From platform 4!"]),
            ],
        ),
        (
            "regret",
            &[
                (1_000, &["I never liked that hat of yours."]),
                (3_000, &[""]),
            ],
        ),
        ("burst", &[(400, &[]), (800, &numbered)]),
        ("ghost", &[(60_000, &[])]),
        ("lurker", &[(60_000, &[])]),
        ("reactor", &[(60_000, &[])]),
        (
            "flapper",
            &[(1_000, &["I’m on the train. Two tunnels ahead!"])],
        ),
    ];
    for (name, steps) in expected {
        let talk = john.talk_to(name).await;
        john.say(&talk, "hello").await;
        idle(&lab).await;
        for (millis, answers) in *steps {
            later(&lab, *millis).await;
            let said = said(&john, &talk).await;
            assert_eq!(said[0], "hello");
            assert_eq!(&said[1..], *answers, "{name}");
        }
        assert!(is_read(&john, &talk, name).await, "{name}");
    }
    let talk = john.talk_to("reactor").await;
    let reactions = history(&john, &talk).await[0]["reactions"].clone();
    assert_eq!(reactions.as_array().expect("a list").len(), 1);
    assert_eq!(reactions[0]["emoji"], "🎉");
}

/// Everything that chatty says in two minutes.
async fn chat(lab: &Binary) -> Vec<String> {
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("chatty").await;
    john.say(&talk, "hello").await;
    idle(lab).await;
    for _ in 0..12 {
        later(lab, 10_000).await;
    }
    said(&john, &talk).await
}

#[tokio::test]
async fn who_talks_on_says_the_same_in_every_run_and_after_a_reset() {
    let lab = standing();
    let first = chat(&lab).await;
    assert_eq!(first.len(), 5, "{first:?}");
    lab.nobody().post("/dev/reset", json!({})).await.expect(204);
    assert_eq!(chat(&lab).await, first);
    assert_eq!(chat(&standing()).await, first);
}

#[tokio::test]
async fn a_reset_forgets_what_was_scheduled() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("echo").await;
    lab.nobody().put("/dev/snapshots/talk").await.expect(204);
    john.say(&talk, "before").await;
    idle(&lab).await;
    let jane = json!({ "as": "jane", "in": "john", "do": "send", "text": "late", "afterMs": 500 });
    lab.nobody().post("/dev/act", jane).await.expect(202);
    let back = json!({ "snapshot": "talk" });
    lab.nobody().post("/dev/reset", back).await.expect(204);
    later(&lab, 60_000).await;
    assert_eq!(said(&john, &talk).await, [""; 0]);
    let talks = john.get("/api/conversations").await.expect(200);
    assert_eq!(talks, json!([]), "jane has sent nothing");
    // They listen to the other database now.
    john.say(&talk, "after").await;
    idle(&lab).await;
    later(&lab, 1_000).await;
    assert_eq!(said(&john, &talk).await, ["after", "after"]);
}

#[tokio::test]
async fn the_director_does_as_told() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("director").await;
    let tell = async |order: &str| {
        john.say(&talk, order).await;
        idle(&lab).await;
        later(&lab, 1_000).await;
        said(&john, &talk).await
    };
    let helped = tell("What can you do?").await;
    for order in [
        "flood",
        "typing",
        "react",
        "go offline",
        "cut streams",
        "reset",
    ] {
        assert!(helped[1].contains(order), "{order}");
    }
    let flooded = tell("Flood 30").await;
    assert_eq!(flooded.len(), 25, "a page");
    assert_eq!(flooded[24], "30 of 30");
    tell("react").await;
    let reacted = history(&john, &talk).await;
    let reacted = reacted.last().expect("the order");
    assert_eq!(reacted["reactions"][0]["emoji"], "👍");

    let mut stream = john.follow(None).await;
    tell("cut streams").await;
    stream.rest().await;

    john.say(&talk, "reset").await;
    idle(&lab).await;
    let advance = json!({ "advance": 1_000 });
    lab.nobody().post("/dev/clock", advance).await.expect(200);
    until("the reset", async || {
        let status = john.get("/api/auth_user").await.status;
        (status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn puppets_do_what_people_do() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let room = john.make_room("Kitchen", &[], true).await;
    let jane = |deed: &str, place: &str| json!({ "as": "jane", "in": place, "do": deed });
    let with = |mut act: Value, name: &str, value: &str| {
        act[name] = json!(value);
        act
    };
    act(&lab, jane("join", "Kitchen")).await;
    for place in ["Kitchen", &room] {
        let sent = act(&lab, with(jane("send", place), "text", "soup")).await;
        let newest = history(&john, &room).await.pop().expect("a message");
        assert_eq!(newest["id"], sent["id"]);
        assert_eq!(newest["author"]["username"], "jane");
    }
    let edited = act(&lab, with(jane("edit", &room), "text", "stew")).await;
    let reacted = act(&lab, with(jane("react", &room), "text", "🎉")).await;
    assert_eq!(edited, reacted);
    let newest = history(&john, &room).await.pop().expect("a message");
    assert_eq!(newest["content"], "stew");
    assert_eq!(newest["reactions"][0]["emoji"], "🎉");
    act(&lab, jane("delete", &room)).await;
    let newest = history(&john, &room).await.pop().expect("a message");
    assert_eq!(newest["id"], edited["id"]);
    assert!(newest["deletedAt"].is_string());

    john.say(&room, "done?").await;
    let mut stream = john.follow(None).await;
    act(&lab, jane("read", &room)).await;
    let read = stream.next_named("read").await;
    assert_eq!(read.data["conversationId"], *room);
    act(&lab, jane("type", &room)).await;
    assert_eq!(
        stream.next_passing().await.expect("an event").name,
        "typing"
    );
    act(&lab, json!({ "as": "jane", "do": "online" })).await;
    let presence = stream.next_passing().await.expect("an event");
    assert_eq!(
        (&*presence.name, &presence.data["online"]),
        ("presence", &json!(true))
    );
    act(&lab, json!({ "as": "jane", "do": "offline" })).await;
    let presence = stream.next_passing().await.expect("an event");
    assert_eq!(
        (&*presence.name, &presence.data["online"]),
        ("presence", &json!(false))
    );

    // With somebody, there is a conversation from then on.
    act(&lab, with(jane("send", "john"), "text", "hi")).await;
    let talk = john.talk_to("jane").await;
    assert_eq!(said(&john, &talk).await, ["hi"]);
    act(&lab, jane("leave", &room)).await;

    for (act, status, code) in [
        (jane("send", &room), 422, "invalid"),
        (with(jane("send", "nobody"), "text", "a"), 404, "not_found"),
        (with(jane("send", "999"), "text", "a"), 404, "not_found"),
        (jane("join", "Cellar"), 404, "not_found"),
        (
            json!({ "as": "jane", "do": "send", "text": "a" }),
            422,
            "invalid",
        ),
        (json!({ "as": "nobody", "do": "online" }), 404, "not_found"),
        (jane("dance", &room), 400, "malformed"),
    ] {
        let refused = lab.nobody().post("/dev/act", act.clone()).await;
        assert_eq!(refused.status, status, "{act}: {}", refused.body);
        assert_eq!(refused.body["code"], code, "{act}");
    }
}

#[tokio::test]
async fn what_is_scheduled_happens_when_the_clock_gets_there() {
    let lab = standing();
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("jane").await;
    let late = |text: &str, millis: u64| json!({ "as": "jane", "in": "john", "do": "send", "text": text, "afterMs": millis });
    for (text, millis) in [("second", 2_000), ("first", 1_000)] {
        let scheduled = lab.nobody().post("/dev/act", late(text, millis)).await;
        let at = scheduled.expect(202)["at"].clone();
        assert_eq!(at, format!("2030-01-31T12:00:0{}.000Z", millis / 1_000));
    }
    // It isn’t due, so nothing is pending.
    idle(&lab).await;
    assert_eq!(said(&john, &talk).await, [""; 0]);
    later(&lab, 999).await;
    assert_eq!(said(&john, &talk).await, [""; 0]);
    later(&lab, 1).await;
    assert_eq!(said(&john, &talk).await, ["first"]);
    later(&lab, 1_000).await;
    assert_eq!(said(&john, &talk).await, ["first", "second"]);

    // While the clock runs, it will be due.
    lab.nobody()
        .post("/dev/clock", json!({ "run": true }))
        .await
        .expect(200);
    lab.nobody()
        .post("/dev/act", late("third", 600_000))
        .await
        .expect(202);
    lab.nobody()
        .get("/dev/idle?wait=0")
        .await
        .refused(408, "timeout");
}

#[tokio::test]
async fn the_log_has_requests_and_events_as_they_happen() {
    let lab = Binary::lab(&[]);
    let nobody = lab.nobody();
    let log = nobody.request(reqwest::Method::GET, "/dev/log");
    let mut live = Stream::open(log.header(ACCEPT, "text/event-stream")).await;
    let (john, jane) = (
        lab.nobody().sign_in("john").await,
        lab.nobody().sign_in("jane").await,
    );
    let talk = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;
    john.say(&talk, "hello").await;
    stream.next_named("message").await;
    drop(stream);

    let mut entries = Vec::new();
    loop {
        let entry = live.next().await.expect("an entry");
        assert_eq!(entry.id, entry.data["id"].to_string());
        let is_last = entry.data["kind"] == "stream_closed";
        entries.push(entry.data);
        if is_last {
            break;
        }
    }
    let sent = entries
        .iter()
        .find(|entry| entry["path"] == messages(&talk));
    let sent = sent.expect("the request that sent it");
    assert_eq!(sent["kind"], "request");
    assert_eq!(
        (&sent["method"], &sent["status"]),
        (&json!("POST"), &json!(201))
    );
    assert_eq!(sent["user"], "john");
    let body = r#"{"content":"hello"}"#;
    assert_eq!(sent["request"], json!({ "size": body.len(), "body": body }));
    assert!(text(&sent["response"]["body"]).contains(r#""content":"hello""#));
    assert!(sent["micros"].is_u64() && sent["time"].is_string());
    let of_stream = entries.iter().filter(|entry| entry["stream"].is_u64());
    let of_stream: Vec<_> = of_stream
        .map(|entry| (text(&entry["kind"]), &entry["event"], &entry["user"]))
        .collect();
    let (jane, none) = (json!("jane"), Value::Null);
    let (hello, message) = (json!("hello"), json!("message"));
    for expected in [
        ("stream_opened", &none, &jane),
        ("event", &hello, &jane),
        ("event", &message, &jane),
        ("stream_closed", &none, &jane),
    ] {
        assert!(of_stream.contains(&expected), "{expected:?}: {of_stream:?}");
    }

    // The list has the same, and goes on from any entry.
    let list = nobody.get("/dev/log").await.expect(200);
    let list = list["entries"].as_array().expect("a list").clone();
    assert_eq!(list[..entries.len()], entries);
    let path = format!("/dev/log?after={}", list[0]["id"]);
    let rest = nobody.get(&path).await.expect(200);
    assert_eq!(rest["entries"], json!(list[1..]));
    let own = |entry: &Value| text(&entry["path"]).starts_with("/dev");
    let requests = list.iter().filter(|entry| entry["kind"] == "request");
    assert!(!requests.clone().any(own), "nor is it about itself");
    assert!(requests.count() >= 4);
}

#[tokio::test]
async fn a_long_body_is_cut_in_the_log_and_whole_elsewhere() {
    let lab = Binary::lab(&[]);
    let john = lab.nobody().sign_in("john").await;
    let talk = john.talk_to("jane").await;
    // The cut falls into a character.
    let long = "é".repeat(3_999);
    assert_eq!(john.say(&talk, &long).await["content"], long);
    let list = john.get("/dev/log").await.expect(200);
    let mut list = list["entries"].as_array().expect("a list").iter();
    let sent = list.find(|entry| entry["path"] == messages(&talk));
    let request = &sent.expect("the request")["request"];
    assert_eq!(request["size"], 3_999 * 2 + r#"{"content":""}"#.len());
    let kept = text(&request["body"]);
    assert!((4_090..=4_096).contains(&kept.len()), "{}", kept.len());
}

#[tokio::test]
async fn streams_are_listed_and_cut_and_go_on_where_they_were() {
    let lab = Binary::lab(&[]);
    let (john, jane) = (
        lab.nobody().sign_in("john").await,
        lab.nobody().sign_in("jane").await,
    );
    let talk = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;
    let mut other = john.follow(None).await;
    john.say(&talk, "one").await;
    let seen = stream.next_named("message").await;
    let list = john.get("/dev/streams").await.expect(200);
    let list = list["streams"].as_array().expect("a list").clone();
    assert_eq!(list.len(), 2, "{list:?}");
    let of_jane = list.iter().find(|stream| stream["user"] == "jane");
    let of_jane = of_jane.expect("the stream");
    assert_eq!(of_jane["transport"], "sse");
    assert_eq!(of_jane["cursor"], seen.id);
    let path = format!("/dev/streams/{}", of_jane["id"]);
    john.delete(&path).await.expect(204);
    stream.rest().await;
    until("its end", async || {
        let again = john.delete(&path).await;
        (again.status == 404).then_some(())
    })
    .await;
    john.say(&talk, "two").await;
    let mut stream = jane.follow(Some(&seen.id)).await;
    assert_eq!(stream.next_named("message").await.data["content"], "two");
    other.next_named("sent").await;
}
