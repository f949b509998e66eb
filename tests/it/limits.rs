//! What one account, and what nobody, may cost everybody else: how often somebody may do what, how many streams and bodies
//! they may have open, how much they may write, and what remains for those who have to stop them.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use reqwest::{Method, StatusCode, header::RETRY_AFTER};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{
    http::{ServerSettings, TextLimit},
    model::{
        Rate,
        limits::{STREAMS, UNFINISHED_BODIES},
    },
    server::Config,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    metrics,
    plain::{Browser, html},
    support::{
        Answer, Binary, Client, Server, Socket, Stream, Talk, answer, dev, ended, messages,
        participants, pass, soon, text, until,
    },
};

/// Does something over and over until it is refused, and returns how often it was not.
async fn exhaust(mut act: impl AsyncFnMut(u32) -> Answer) -> (u32, Answer) {
    for count in 0..5_000 {
        let answer = act(count).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return (count, answer);
        }
    }
    panic!("it is never refused")
}

/// After how many seconds somebody may try again.
fn seconds(refusal: &Answer) -> u64 {
    let seconds = refusal.headers[RETRY_AFTER].to_str().expect("a number");
    seconds.parse().expect("a number")
}

/// What is done, and how.
type Deed = (Rate, Method, String, Option<Value>);

/// One deed of each kind, by somebody in a conversation and a room of their own.
async fn deeds(somebody: &Client, conversation: &str, room: &str) -> Vec<Deed> {
    let said = text(&somebody.say(conversation, "hello").await["id"]).to_owned();
    let (post, nothing) = (Method::POST, || Some(json!({})));
    let jane = || Some(json!({ "username": "jane" }));
    let at = |what: &str| format!("/api/conversations/{conversation}/{what}");
    vec![
        (
            Rate::Change,
            Method::PUT,
            format!("/api/messages/{said}/reactions/%F0%9F%91%8D"),
            None,
        ),
        (
            Rate::Delete,
            Method::DELETE,
            "/api/messages/999999".to_owned(),
            None,
        ),
        (
            Rate::Room,
            post.clone(),
            "/api/conversations".to_owned(),
            jane(),
        ),
        (Rate::Add, post.clone(), participants(room), jane()),
        (Rate::Typing, post.clone(), at("typing"), nothing()),
        (
            Rate::Attention,
            Method::PUT,
            "/api/attention".to_owned(),
            Some(json!({ "attentive": true })),
        ),
        (
            Rate::Token,
            post.clone(),
            "/api/tokens".to_owned(),
            Some(json!({ "name": "x" })),
        ),
        (
            Rate::Invite,
            post.clone(),
            "/api/invites".to_owned(),
            nothing(),
        ),
        (
            Rate::Upload,
            post.clone(),
            "/api/uploads".to_owned(),
            Some(json!({ "name": "x", "size": 1 })),
        ),
        (
            Rate::Push,
            post.clone(),
            "/api/push/test".to_owned(),
            nothing(),
        ),
        (
            Rate::Protect,
            Method::DELETE,
            "/api/sessions/999999".to_owned(),
            None,
        ),
        (Rate::Other, post.clone(), at("read_messages"), nothing()),
        (
            Rate::Send,
            post,
            messages(conversation),
            Some(json!({ "content": "again" })),
        ),
    ]
}

async fn ask(client: &Client, (_, method, path, body): &Deed) -> Answer {
    let request = client.request(method.clone(), path);
    answer(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn who_does_too_much_of_anything_has_to_wait_and_nobody_else() {
    let talk = Talk::start(dev()).await;
    let room = talk.john.make_room("Club", &["jane"], false).await;
    let deeds = deeds(&talk.john, &talk.conversation, &room).await;
    assert_eq!(deeds.len(), Rate::ALL.len(), "one of each kind");
    for deed in &deeds {
        let (rate, ..) = deed;
        let (count, refusal) = exhaust(async |_| ask(&talk.john, deed).await).await;
        let burst = rate.allowance().burst.get();
        // Some of it was allowed before, to set the scene.
        assert!(count + 3 >= burst, "{rate:?}: {count} of {burst}");
        let wait = seconds(&refusal);
        assert!(wait >= 1, "{rate:?}");
        let body = refusal.refused(429, "too_fast");
        let sentence = text(&body["message"]).to_owned();
        assert!(
            sentence.contains(&format!("in {wait} second")),
            "{sentence}"
        );
        let series = format!(r#"tincan_limited_total{{kind="{}"}}"#, rate.name());
        metrics::until(talk.server.address(), &series, |times| times >= 1.0).await;
    }
    for deed in &deeds {
        let (rate, ..) = deed;
        let neighbour = ask(&talk.jane, deed).await;
        assert_ne!(neighbour.status, StatusCode::TOO_MANY_REQUESTS, "{rate:?}");
    }
}

#[tokio::test]
async fn the_same_is_said_over_a_socket_and_on_a_page_without_scripts() {
    let talk = Talk::start(dev()).await;
    let page = Browser::of(&talk.john);
    let path = format!("/plain/conversations/{}", talk.conversation);
    let token = page.token().await;
    let draft = json!({ "content": "again" });
    exhaust(async |_| {
        talk.john
            .post(&messages(&talk.conversation), draft.clone())
            .await
    })
    .await;

    let mut socket = Socket::follow(talk.server.address(), &talk.john, None).await;
    let send = json!({
        "op": "send", "conversationId": talk.conversation, "content": "one more", "clientId": "mine",
    });
    let refusal = loop {
        // One may have been allowed meanwhile.
        socket.send(send.clone()).await;
        let (name, data) = socket.answer().await;
        if name == "error" {
            break data;
        }
    };
    assert_eq!(refusal["code"], "too_fast");
    assert_eq!(refusal["clientId"], "mine");
    assert_eq!(refusal["retryAfter"], 1);

    let fields = [("token", token.as_str()), ("content", "by the page")];
    let (_, refused) = exhaust(async |_| page.send(&path, &fields).await).await;
    assert_eq!(seconds(&refused), 1);
    let shown = html(refused, 429);
    assert!(shown.contains("sending messages too fast"), "{shown}");
}

/// What a phone does that was away for a day: it sends all that it has, and waits when it is told to.
#[tokio::test]
async fn hundreds_of_messages_that_waited_all_arrive_in_order() {
    let talk = Talk::start(dev()).await;
    let count = 2 * Rate::Send.allowance().burst.get();
    let mut waits = 0;
    for number in 0..count {
        let draft = json!({ "content": number.to_string(), "clientId": number.to_string() });
        loop {
            let answer = talk
                .john
                .post(&messages(&talk.conversation), draft.clone())
                .await;
            if answer.status != StatusCode::TOO_MANY_REQUESTS {
                answer.expect(201);
                break;
            }
            waits += 1;
            pass(Duration::from_secs(seconds(&answer))).await;
        }
    }
    assert!(waits > 0, "it was never told to wait");
    let last = talk
        .john
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    assert_eq!(last[0]["number"], count);
    assert_eq!(last[0]["content"], (count - 1).to_string());
}

#[tokio::test]
async fn for_load_tests_nobody_is_limited() {
    let mut config = dev();
    config.settings.unlimited = true;
    let talk = Talk::start(config).await;
    for _ in 0..=Rate::Token.allowance().burst.get() {
        let token = json!({ "name": "x", "scope": "read" });
        talk.john.post("/api/tokens", token).await.expect(201);
    }
    let mut streams = Vec::new();
    for _ in 0..=STREAMS {
        streams.push(talk.john.follow(None).await);
    }
    talk.jane.say(&talk.conversation, "to all").await;
    for stream in &mut streams {
        assert_eq!(stream.next_named("message").await.data["content"], "to all");
    }
}

#[tokio::test]
async fn a_stolen_session_can_not_keep_its_owner_from_ending_it() {
    let talk = Talk::start(dev()).await;
    let stolen = talk.john.another_device().await;
    exhaust(async |_| stolen.delete("/api/sessions/999999").await).await;
    talk.john.delete("/api/sessions").await.expect(204);
    stolen.get("/api/auth_user").await.expect(401);
}

/// The rest of a stream as it came.
async fn last_block(stream: &mut Stream) -> String {
    let mut last = String::new();
    while let Some(block) = stream.next_block().await {
        last = block;
    }
    last
}

#[tokio::test]
async fn of_too_many_streams_the_oldest_ends_and_says_why() {
    let talk = Talk::start(dev()).await;
    let (john, address) = (&talk.john, talk.server.address());
    let mut neighbour = talk.jane.follow(None).await;
    let mut oldest = john.follow(None).await;
    let mut second = Socket::follow(address, john, None).await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(john.follow(None).await);
    }
    let bye = last_block(&mut oldest).await;
    // A client that connects again by itself waits for minutes.
    assert!(bye.starts_with("retry:300000\nevent:bye\ndata:"), "{bye}");
    assert!(bye.contains("too many streams"), "{bye}");
    while second.next_json().await["event"] != "bye" {}
    second.closed(4001).await;
    talk.john.say(&talk.conversation, "to the rest").await;
    for stream in &mut streams {
        assert_eq!(
            stream.next_named("sent").await.data["content"],
            "to the rest"
        );
    }
    assert_eq!(
        neighbour.next_named("message").await.data["content"],
        "to the rest"
    );
    let series = r#"tincan_limited_total{kind="streams"}"#;
    metrics::until(address, series, |times| (times - 2.0).abs() < f64::EPSILON).await;
}

#[tokio::test]
async fn of_too_many_polls_the_oldest_is_told_to_stay_away() {
    let talk = Talk::start(dev()).await;
    let cursor = talk.john.cursor().await;
    let poll = |client: Client, cursor: String| {
        tokio::spawn(async move {
            let query = format!("?after={cursor}&wait=30");
            answer(client.poll_request(&query)).await
        })
    };
    let oldest = poll(talk.john.clone(), cursor.clone());
    let series = r#"tincan_streams{transport="long_poll"}"#;
    metrics::until(talk.server.address(), series, |open| open >= 1.0).await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(talk.john.follow(None).await);
    }
    let refused = soon("the oldest to end", oldest).await.expect("no panic");
    assert_eq!(seconds(&refused), 300);
    refused.refused(429, "too_many_streams");
}

/// A connection over which a request was begun: its head, and one byte of its body.
async fn begin(address: SocketAddr, path: &str, headers: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 2000\r\n{headers}\r\n{{"
    );
    // Whom the server doesn’t want any more, it doesn’t listen to.
    let _ = connection.write_all(head.as_bytes()).await;
    connection
}

/// A server with room for so many connections.
fn with_places(folder: &Path, places: u32) -> Binary {
    // What the server keeps for everything else.
    let files = format!("--nofile={0}:{0}", places + 100);
    let database = folder.join("tincan.db");
    Binary::run(&mut Binary::by_way_of("prlimit", &[files], &database))
}

#[tokio::test]
async fn whatever_hangs_the_server_says_at_once_how_it_is() {
    let folder = TempDir::new().expect("a folder");
    let server = with_places(folder.path(), 120);
    let john = server.nobody().sign_in("john").await;
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut streams = Vec::new();
    let follow = async || {
        let mut stream = Stream::open(
            john.nobody()
                .with_token(&json!(john.token))
                .stream_request(),
        )
        .await;
        stream.next_named("hello").await;
        stream
    };
    for _ in 0..220 {
        streams.push(follow().await);
    }
    server.nobody().get("/healthz").await.expect(200);
    let mut bodies = Vec::new();
    for _ in 0..260 {
        bodies.push(begin(server.address(), "/api/login", "").await);
    }
    for _ in 0..3 {
        server.nobody().get("/healthz").await.expect(200);
    }
    // Somebody’s own streams are no reason to wait for.
    let newest = streams.last_mut().expect("a stream");
    jane.nobody()
        .with_token(&json!(jane.token))
        .say(&conversation, "still there?")
        .await;
    let event = newest.next_named("message").await;
    assert_eq!(event.data["content"], "still there?");
}

#[tokio::test]
async fn of_a_users_unfinished_bodies_only_so_many_are_waited_for() {
    let talk = Talk::start(dev()).await;
    let (address, token) = (talk.server.address(), talk.john.token.clone().expect("one"));
    let header = format!("Authorization: Bearer {token}\r\n");
    let path = messages(&talk.conversation);
    let mut bodies = Vec::new();
    let mut refused = 0;
    while refused == 0 {
        assert!(
            bodies.len() < 4 * UNFINISHED_BODIES as usize,
            "none is refused"
        );
        let mut body = begin(address, &path, &header).await;
        let mut start = [0; 12];
        let read = body.read_exact(&mut start);
        match timeout(Duration::from_millis(100), read).await {
            Ok(read) => {
                read.expect("an answer");
                assert_eq!(&start, b"HTTP/1.1 429");
                refused += 1;
            }
            Err(_) => bodies.push(body),
        }
    }
    assert_eq!(bodies.len(), UNFINISHED_BODIES as usize);
    talk.jane.say(&talk.conversation, "unharmed").await;
    drop(bodies);
    soon("the places to be free again", async {
        let draft = json!({ "content": "back" });
        while talk.john.post(&path, draft.clone()).await.status != StatusCode::CREATED {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_not_signed_in_sends_little() {
    let server = Server::start(dev()).await;
    let long = json!({ "username": "x".repeat(8 * 1024) });
    for path in [
        "/api/login",
        "/api/accounts",
        "/api/invites/check",
        "/api/reset",
        "/api/reset/check",
    ] {
        let refused = server.nobody().post(path, long.clone()).await;
        refused.refused(413, "too_large");
    }
    let page = Browser::at(&server);
    let form = page.form("/plain/sign-in", &[("username", &"x".repeat(8 * 1024))]);
    html(answer(form).await, 413);
}

#[tokio::test]
async fn who_has_written_too_much_has_to_delete_something_first() {
    let settings = ServerSettings {
        text: TextLimit(10_000),
        ..dev().settings
    };
    let talk = Talk::start(Config { settings, ..dev() }).await;
    let path = messages(&talk.conversation);
    let long = "é".repeat(2_000);
    let first = talk.john.say(&talk.conversation, &long).await;
    talk.john.say(&talk.conversation, &long).await;
    talk.john.say(&talk.conversation, &long).await;
    let draft = json!({ "content": "one more" });
    pass(Duration::from_secs(30)).await;
    // The clock has closed the connections.
    let john = talk.john.nobody().with_token(&json!(talk.john.token));
    let jane = talk.jane.nobody().with_token(&json!(talk.jane.token));
    let refused = until("it to be counted", async || {
        let answer = john.post(&path, draft.clone()).await;
        (answer.status == StatusCode::INSUFFICIENT_STORAGE).then_some(answer)
    })
    .await;
    let sentence = refused.refused(507, "text_quota_used_up");
    assert!(
        text(&sentence["message"]).contains("Delete some first"),
        "{sentence}"
    );
    let of_first = format!("/api/messages/{}", text(&first["id"]));
    let longer = json!({ "content": format!("{long}!") });
    john.patch(&of_first, longer)
        .await
        .refused(507, "text_quota_used_up");
    jane.say(&talk.conversation, "I still can").await;

    let shorter = json!({ "content": "short" });
    john.patch(&of_first, shorter).await.expect(200);
    john.post(&path, draft).await.expect(201);
}

/// Whether a text is in the database’s file or beside it.
fn is_kept(database: &Path, text: &str) -> bool {
    let mut files = vec![database.to_owned()];
    files.push(database.with_extension("db-wal"));
    files.iter().any(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

/// What is left of somebody’s messages and reactions.
fn left_of(database: &Path, user: &str) -> (i64, i64) {
    let connection = Connection::open(database).expect("a database");
    let count = |sql: &str| {
        connection
            .query_row(sql, [user], |row| row.get::<_, i64>(0))
            .expect("a number")
    };
    (
        count("SELECT count(*) FROM messages WHERE author_id = ?1 AND deleted_at IS NULL"),
        count("SELECT count(*) FROM reactions WHERE user_id = ?1"),
    )
}

async fn until_purged(database: &Path, user: &str) {
    until("all of it to be deleted", async || {
        (left_of(database, user) == (0, 0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_somebody_has_written_is_deleted_for_everybody_and_from_the_file() {
    let talk = Talk::start(dev()).await;
    let (john, jane, server) = (&talk.john, &talk.jane, &talk.server);
    let kept = john.say(&talk.conversation, "by john").await;
    let of_kept = format!("/api/messages/{}", text(&kept["id"]));
    jane.put(&format!("{of_kept}/reactions/%F0%9F%91%8D"))
        .await
        .expect(200);
    for number in 0..50 {
        jane.say(&talk.conversation, &format!("unwanted number {number}"))
            .await;
    }
    let file = jane.upload("lake.bin", b"an unwanted file").await;
    jane.send_files(&talk.conversation, &[&file]).await;
    let robot = json!({ "name": "x", "scope": "send", "bot": "robot" });
    let robot = jane.post("/api/tokens", robot).await.expect(201);
    let room = jane.make_room("Club", &["robot", "john"], false).await;
    jane.nobody()
        .with_token(&robot["token"])
        .say(&room, "unwanted by a robot")
        .await;
    let mut stream = john.follow(None).await;

    jane.post(&format!("/api/admin/users/{}/purge", jane.id), json!({}))
        .await
        .refused(403, "not_admin");
    john.post("/api/admin/users/999/purge", json!({}))
        .await
        .refused(404, "not_found");
    let path = format!("/api/admin/users/{}/purge", jane.id);
    john.post(&path, json!({})).await.expect(202);
    let mut told = 0;
    while told < 53 {
        let event = stream.next_named("update").await;
        assert!(
            event.data["content"] == "" || event.data["id"] == kept["id"],
            "{event:?}"
        );
        told += 1;
    }
    until_purged(server.database(), &jane.id).await;
    let after = jane.say(&talk.conversation, "written later").await;
    let history = john.get(&messages(&talk.conversation)).await.expect(200);
    assert_eq!(history[0]["id"], after["id"]);
    assert_eq!(history[0]["content"], "written later");
    let oldest = john
        .get(&format!("{}?limit=100", messages(&talk.conversation)))
        .await
        .expect(200);
    let oldest = oldest
        .as_array()
        .expect("a list")
        .last()
        .expect("one")
        .clone();
    assert_eq!(
        (&oldest["content"], &oldest["reactions"]),
        (&json!("by john"), &json!([]))
    );
    jane.get(&format!("/api/files/{file}")).await.expect(404);
    let database = server.database();
    until("the text to be gone from the file", async || {
        (!is_kept(database, "unwanted")).then_some(())
    })
    .await;
    assert!(is_kept(database, "written later"), "the rest is there");
}

#[tokio::test]
async fn a_purge_goes_on_after_a_kill_and_works_without_a_server() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let place = database.to_str().expect("a plain path").to_owned();
    let serve = || {
        Binary::spawn(&[
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--db",
            &place,
            "--log",
            "error",
            "--no-limits",
        ])
    };
    let server = serve();
    let john = server.nobody().sign_in("john").await;
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    for number in 0..400 {
        jane.say(&conversation, &format!("unwanted {number}")).await;
    }
    let mut stream = john.follow(None).await;
    let path = format!("/api/admin/users/{}/purge", jane.id);
    john.post(&path, json!({})).await.expect(202);
    stream.next_named("update").await;
    server.kill();
    let (left, _) = left_of(&database, &jane.id);
    assert!(left > 0, "it was over before the kill");

    let server = serve();
    until_purged(&database, &jane.id).await;
    let jane = jane.at(server.address());
    jane.say(&conversation, "once more").await;
    server.kill();
    let mut command = Binary::command(&["user", "purge", "jane", "--yes", "--db", &place]);
    command.stderr(Stdio::piped());
    let done = ended(command).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(left_of(&database, &jane.id), (0, 0));
    let checked = ended(Binary::command(&["check", "--db", &place])).await;
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
}
